//! The products of a counter, for its customers, and for strangers as far as the wholesaler shows them anything.

use askama::Template;
use poem::handler;
use poem::web::{Data, Path, Query};
use serde::Deserialize;
use uuid::Uuid;

use super::shown::{self, Row, View};
use super::{Ask, Beside, Detail, Remembered, Shelf, one, usuals as read_usuals};
use crate::error::{Error, Result};
use crate::pictures::Size;
use crate::products::Status;
use crate::tenancy::Tenant;
use crate::tenancy::extract::{Buyer, Shopper, Shows};
use crate::tenancy::terms::Terms;
use crate::values::Money;
use crate::web::address::with;
use crate::web::{Page, Shell};

#[derive(Template)]
#[template(path = "catalogue/index.html")]
struct IndexPage {
    shell: Shell,
    shelf: ShelfView,
}

/// A list of products with what stands around it: the way to the others, and the basket.
pub struct ShelfView {
    pub title: String,
    pub tabs: Vec<Tab>,
    pub rows: Vec<Row>,
    /// Whether any of them has a picture.
    pub is_pictured: bool,
    /// Where this page is, to come back to.
    pub here: String,
    pub next_href: String,
    /// What was looked for instead.
    pub shown_for: String,
    /// Why there is nothing here, and what to do.
    pub empty: &'static str,
    pub empty_hint: &'static str,
    pub basket: Option<BasketBar>,
}

/// One of the ways to the others.
pub struct Tab {
    pub name: String,
    pub href: String,
    pub is_here: bool,
}

/// What is in the basket, in short. Empty texts mean «none».
pub struct BasketBar {
    pub net: String,
    pub lines: usize,
    /// What is missing to the least that is ordered at once.
    pub missing: String,
}

/// Which of the lists this is.
#[derive(Clone, Copy)]
pub enum List<'a> {
    Usuals,
    Found(&'a Ask),
}

impl ShelfView {
    /// Of what was read.
    pub fn of(shelf: &Shelf, list: List<'_>, view: View<'_>, tenant: &Tenant) -> Self {
        let rows: Vec<Row> = shelf.goods.iter().map(|goods| Row::of(goods, shelf.in_basket(goods), view)).collect();
        let (empty, empty_hint) = match list {
            List::Found(ask) if !ask.query.is_empty() => ("Nothing was found", "Try fewer words, another one, or the SKU."),
            List::Found(ask) if !ask.category.is_empty() => ("There is nothing here", "The other products are under “All”."),
            List::Found(_) => ("There are no products yet", "When there are some to order, they stand here."),
            List::Usuals => ("Nothing has been ordered yet", "What you order most will stand here."),
        };
        Self {
            title: title(shelf, list),
            tabs: tabs(shelf, list, view.orders),
            is_pictured: rows.iter().any(|row| !row.picture_href.is_empty()),
            rows,
            here: address(list, &shelf_cursor(list)),
            next_href: shelf.next.as_ref().map(|next| address(list, &next.cursor())).unwrap_or_default(),
            shown_for: shelf.shown_for.clone(),
            empty,
            empty_hint,
            basket: view.orders.then(|| BasketBar::of(shelf, view, tenant)),
        }
    }
}

impl BasketBar {
    /// What is in the basket, at what it costs now.
    pub fn of(shelf: &Shelf, view: View<'_>, tenant: &Tenant) -> Self {
        let net = shelf.worth(view.terms);
        let missing = Money { minor: tenant.minimum_order.minor.saturating_sub(net.minor), ..net };
        let is_missing = missing.minor > 0 && !shelf.basket.is_empty();
        Self { net: view.money(net), lines: shelf.basket.len(), missing: if is_missing { view.money(missing) } else { String::new() } }
    }
}

fn title(shelf: &Shelf, list: List<'_>) -> String {
    match list {
        List::Usuals => "Your usuals".to_owned(),
        List::Found(ask) if !ask.query.is_empty() => format!("“{}”", ask.query),
        List::Found(ask) if !ask.category.is_empty() => {
            let category = shelf.categories.iter().find(|category| category.slug == ask.category);
            category.map_or_else(|| "Products".to_owned(), |category| category.name.clone())
        }
        List::Found(_) => "All products".to_owned(),
    }
}

fn tabs(shelf: &Shelf, list: List<'_>, has_usuals: bool) -> Vec<Tab> {
    let category = match list {
        List::Found(ask) if ask.query.is_empty() => Some(ask.category.as_str()),
        List::Found(_) | List::Usuals => None,
    };
    let tab = |name: &str, href: String, is_here: bool| Tab { name: name.to_owned(), href, is_here };
    let mut tabs = Vec::new();
    if has_usuals {
        tabs.push(tab("Usuals", "/usuals".to_owned(), matches!(list, List::Usuals)));
    }
    tabs.push(tab("All", "/products".to_owned(), category == Some("")));
    tabs.extend(shelf.categories.iter().map(|other| {
        let href = with("/products", &[("category", &other.slug)]);
        tab(&other.name, href, category == Some(other.slug.as_str()))
    }));
    tabs
}

fn address(list: List<'_>, cursor: &str) -> String {
    match list {
        List::Usuals => "/usuals".to_owned(),
        List::Found(ask) => with("/products", &[("query", &ask.query), ("category", &ask.category), ("after", cursor)]),
    }
}

fn shelf_cursor(list: List<'_>) -> String {
    match list {
        List::Usuals => String::new(),
        List::Found(ask) => ask.after.cursor(),
    }
}

/// What is asked of the list.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    query: String,
    category: String,
    after: String,
}

/// `GET /products`
#[handler]
pub async fn index(mut shopper: Shopper, Data(remembered): Data<&Remembered>, Query(asked): Query<IndexQuery>) -> Result<Page> {
    let ask = Ask::read(&asked.query, &asked.category, &asked.after)?;
    let terms = shopper.terms();
    let beside = if shopper.buyer.is_some() { Beside::Basket } else { Beside::Nothing };
    let shelf = remembered.page(&mut shopper, &terms, &ask, beside).await?;
    let shelf = ShelfView::of(&shelf, List::Found(&ask), view(&shopper, &terms), &shopper.visitor.tenant);
    let shell = Shell { query: ask.query.clone(), ..Shell::of_shopper(&shopper, &shelf.title, "products") };
    Page::of(&IndexPage { shell, shelf })
}

/// `GET /usuals`
#[handler]
pub async fn usuals(mut buyer: Buyer) -> Result<Page> {
    let terms = buyer.terms();
    let shelf = read_usuals(&mut buyer.tx, &terms).await?;
    let shelf = ShelfView::of(&shelf, List::Usuals, View::of_buyer(&buyer, &terms), &buyer.tenant);
    Page::of(&IndexPage { shell: Shell::of_customer(&buyer, "Your usuals", "products"), shelf })
}

fn view<'a>(shopper: &Shopper, terms: &'a Terms) -> View<'a> {
    View::of(terms, &shopper.visitor.tenant, shopper.buyer.is_some(), shopper.shows == Shows::Prices)
}

#[derive(Template)]
#[template(path = "catalogue/show.html")]
struct ShowPage {
    shell: Shell,
    row: Row,
    description: String,
    barcode: String,
    category_href: String,
    category: String,
    unit_price: String,
    reason: String,
    breaks: Vec<BreakShown>,
    vat: String,
    replaced_by: String,
    replaced_href: String,
    picture_href: String,
    here: String,
}

/// What one costs from a quantity on.
struct BreakShown {
    from: u32,
    net: String,
    gross: String,
}

/// `GET /products/:product_id`
#[handler]
pub async fn show(mut shopper: Shopper, Path(product_id): Path<String>) -> Result<Page> {
    let product_id = Uuid::parse_str(&product_id).map_err(|_| Error::NotFound)?;
    let terms = shopper.terms();
    let view = view(&shopper, &terms);
    let Detail { goods, description, barcode, category, shelf } = one(&mut shopper.tx, &terms, product_id.into()).await?;
    // Whoever is nobody's customer sees what is listed, and nothing else.
    if shopper.buyer.is_none() && goods.status != Status::Listed {
        return Err(Error::NotFound);
    }
    let row = Row::of(&goods, shelf.in_basket(&goods), view);
    let offer = goods.offer(row.quantity, &terms).filter(|_| view.prices && goods.status != Status::Discontinued);
    let breaks = if offer.is_some() { goods.breaks(&terms) } else { Vec::new() };
    let breaks = breaks.into_iter().map(|(from, offer)| BreakShown { from, net: view.money(offer.net), gross: view.money(offer.gross) });
    Page::of(&ShowPage {
        shell: Shell::of_shopper(&shopper, &goods.name, "products"),
        category_href: category.as_ref().map(|category| with("/products", &[("category", &category.slug)])).unwrap_or_default(),
        category: category.map(|category| category.name).unwrap_or_default(),
        unit_price: offer.as_ref().map(|offer| shown::unit_price(&goods, offer, view)).unwrap_or_default(),
        reason: offer.as_ref().map(shown::reason).unwrap_or_default(),
        vat: offer.as_ref().map(|offer| shown::percent(offer.rate.basis_points)).unwrap_or_default(),
        breaks: breaks.collect(),
        replaced_href: with("/products", &[("query", &goods.replaced_by)]),
        replaced_by: goods.replaced_by.clone(),
        picture_href: shown::picture_href(&goods, Size::Large),
        here: format!("/products/{product_id}"),
        row,
        description,
        barcode,
    })
}
