//! The goods on a desk: a list to look through, and one form for each product.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::form::ProductForm;
use super::{Counted, Filter, Found, Listed, PAGE, Typed, add, change, count, find, list};
use crate::categories::{self, Category};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::ids::ProductId;
use crate::office_requests;
use crate::products::{Measure, Status};
use crate::tax::TaxClass;
use crate::tenancy::extract::{GoodsKeeper, Member, RoleRule, Seller, Staff};
use crate::values::money::many;
use crate::values::text::LONGEST_QUERY;
use crate::values::{Country, DecimalMark, Money};
use crate::web::address::encode;
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "office_products/index.html")]
struct IndexPage {
    shell: Shell,
    query: String,
    categories: Vec<Choice>,
    statuses: Vec<Choice>,
    items: Vec<Item>,
    next_href: String,
    counted: String,
    is_filtered: bool,
    may_change: bool,
    /// The same as the list's filter, for changing all that it finds.
    category: String,
    status: &'static str,
    notice: String,
}

/// An option of a list.
struct Choice {
    value: String,
    name: String,
    is_chosen: bool,
}

impl Choice {
    fn new(value: &str, name: &str, chosen: &str) -> Self {
        Self { value: value.to_owned(), name: name.to_owned(), is_chosen: value == chosen }
    }
}

struct Item {
    id: Uuid,
    sku: String,
    name: String,
    category: String,
    pack: String,
    price: String,
    status: &'static str,
    stock: String,
    stock_tag: &'static str,
}

impl Item {
    fn of(product: &Listed, member: &Member) -> Self {
        let price = |minor| Money::new(minor, member.tenant.currency).shown_in(member.tenant.country);
        let left = product.on_hand.map(|on_hand| on_hand - product.reserved.unwrap_or(0));
        Self {
            id: product.id,
            sku: product.sku.clone(),
            name: product.name.clone(),
            category: product.category.clone().unwrap_or_default(),
            pack: product.pack.clone(),
            price: product.price_minor.map(price).unwrap_or_default(),
            status: if product.status == Status::Listed.word() { "" } else { status_name(&product.status) },
            stock: left.map(|left| left.to_string()).unwrap_or_default(),
            stock_tag: match left {
                Some(..=0) => "out",
                Some(left) if left <= product.low_at.unwrap_or(0) => "low",
                _ => "",
            },
        }
    }
}

/// What a status is called.
pub fn status_name(word: &str) -> &'static str {
    match Status::parse(word) {
        Some(Status::Listed) | None => "Listed",
        Some(Status::Unlisted) => "Unlisted",
        Some(Status::Discontinued) => "Discontinued",
    }
}

/// What to look for, and where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    query: String,
    category: String,
    status: String,
    after: Option<Uuid>,
    done: String,
    count: u32,
}

/// The filter that an address, or a form, says.
pub fn filter_of(query: &str, category: &str, status: &str) -> Filter {
    let words: String = query.trim().chars().filter(|c| !c.is_control()).take(LONGEST_QUERY).collect();
    Filter { words, category: Some(category.to_owned()).filter(|slug| !slug.is_empty()), status: Status::parse(status) }
}

/// `GET /office/products`
#[handler]
pub async fn index(mut staff: Staff<Seller>, Query(query): Query<IndexQuery>) -> Result<Page> {
    let filter = filter_of(&query.query, &query.category, &query.status);
    let products = list(&mut staff.tx, &filter, query.after.map(ProductId::from)).await?;
    let counted = count(&mut staff.tx).await?;
    let categories = categories::list(&mut staff.tx).await?;
    let waiting = office_requests::waiting(&mut staff.tx, &staff.member).await?;
    let is_full = i64::try_from(products.len()).is_ok_and(|length| length == PAGE);
    let status = filter.status.map_or("", Status::word);
    let next_href = match products.last() {
        Some(last) if is_full => {
            let (words, category) = (encode(&filter.words), encode(&query.category));
            format!("/office/products?query={words}&category={category}&status={status}&after={}", last.id)
        }
        _ => String::new(),
    };
    Page::of(&IndexPage {
        shell: Shell::of_staff(&staff, "Products", "products", waiting),
        categories: categories.iter().map(|one| Choice::new(&one.slug, &one.name, &query.category)).collect(),
        statuses: Status::ALL.map(|one| Choice::new(one.word(), status_name(one.word()), status)).into(),
        items: products.iter().map(|product| Item::of(product, &staff.member)).collect(),
        next_href,
        counted: counted.in_words(staff.tenant.country),
        is_filtered: !filter.words.is_empty() || filter.category.is_some() || filter.status.is_some(),
        query: filter.words,
        category: query.category.clone(),
        status,
        may_change: GoodsKeeper::allows(staff.session.role),
        notice: match (query.done.as_str(), query.count) {
            ("added", _) => "Added. Customers find it now.".to_owned(),
            ("changed", 0) => "Nothing was otherwise, so nothing is changed.".to_owned(),
            ("changed", 1) => "1 product is changed.".to_owned(),
            ("changed", count) => format!("{count} products are changed."),
            ("none-ticked", _) => "Tick the products first that you want to change.".to_owned(),
            _ => String::new(),
        },
    })
}

impl Counted {
    /// «1,455 listed, 3 unlisted».
    fn in_words(&self, country: Country) -> String {
        let all = [(self.listed, "listed"), (self.unlisted, "unlisted"), (self.discontinued, "discontinued")];
        let said = all.into_iter().filter(|(count, what)| *count > 0 || *what == "listed");
        said.map(|(count, what)| format!("{} {what}", many(count, country))).collect::<Vec<_>>().join(", ")
    }
}

#[derive(Template)]
#[template(path = "office_products/edit.html")]
struct EditPage {
    shell: Shell,
    /// Where the form is sent.
    action: String,
    is_new: bool,
    /// What it is called as it stands.
    name: String,
    form: ProductForm,
    wrong: FieldErrors,
    notice: &'static str,
    conflict: String,
    /// In words: when it was last changed.
    changed: String,
    changed_exact: String,
    /// Empty for one that is not there yet.
    why_href: String,
    /// Empty without a picture.
    picture_href: String,
    reserved: i64,
    categories: Vec<Category>,
    currency: String,
    price_label: String,
    measures: Vec<Choice>,
    tax_classes: Vec<Choice>,
    statuses: Vec<Choice>,
}

/// `GET /office/products/new`
#[handler]
pub async fn new(mut staff: Staff<GoodsKeeper>) -> Result<Page> {
    let form = ProductForm::of(Typed::empty(), String::new());
    Page::of(&page_of(&mut staff.tx, &staff.member, None, form).await?)
}

/// `POST /office/products`
#[handler]
pub async fn create(staff: Staff<GoodsKeeper>, Form(form): Form<ProductForm>) -> Result<Response> {
    let member = staff.member.clone();
    let read = form.typed().read(member.tenant.currency, DecimalMark::of(member.tenant.country));
    let done = match read {
        Ok(product) => staff.write(async |tx, member| add(tx, member, &product, None).await).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => Ok(Redirect::to("/office/products?done=added").into_response()),
        Err(error) => again(&member, None, form, error).await,
    }
}

/// What has just been done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// `GET /office/products/:product_id`
#[handler]
pub async fn show(mut staff: Staff<GoodsKeeper>, Path(product_id): Path<Uuid>, Query(done): Query<Done>) -> Result<Page> {
    let found = find(&mut staff.tx, ProductId::from(product_id)).await?;
    let form = ProductForm::of(Typed::of(&found.product, staff.tenant.currency), found.version());
    let mut page = page_of(&mut staff.tx, &staff.member, Some(&found), form).await?;
    page.notice = match done.done.as_str() {
        "saved" => "Saved. Your counter shows it now.",
        "picture" => "Your counter shows the new picture now.",
        "no-picture" => "The picture is gone.",
        _ => "",
    };
    Page::of(&page)
}

/// `POST /office/products/:product_id`
#[handler]
pub async fn update(staff: Staff<GoodsKeeper>, Path(product_id): Path<Uuid>, Form(form): Form<ProductForm>) -> Result<Response> {
    let (member, id) = (staff.member.clone(), ProductId::from(product_id));
    let is_counted = form.stock.trim() != form.stock_shown.trim();
    let read = form.typed().read(member.tenant.currency, DecimalMark::of(member.tenant.country));
    let done = match read {
        Ok(product) => staff.write(async |tx, member| change(tx, member, id, Some(&form.version), &product, is_counted).await).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(Redirect::to(format!("/office/products/{id}?done=saved")).into_response()),
        Err(error) => again(&member, Some(id), form, error).await,
    }
}

/// The page as it stands, and why a picture was not taken.
pub async fn again_after_upload(member: &Member, id: ProductId, refusal: Error) -> Result<Response> {
    let found = member.house.office(&member.tenant).read(async |tx| find(tx, id).await).await?;
    let form = ProductForm::of(Typed::of(&found.product, member.tenant.currency), found.version());
    again(member, Some(id), form, refusal).await
}

/// The page with what was typed, and why it was not taken.
async fn again(member: &Member, id: Option<ProductId>, form: ProductForm, refusal: Error) -> Result<Response> {
    let status = match refusal {
        Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Conflict(_) => StatusCode::CONFLICT,
        error => return Err(error),
    };
    let work = async |tx: &mut Tx<Office>| {
        let found = match id {
            Some(id) => Some(find(tx, id).await?),
            None => None,
        };
        let mut page = page_of(tx, member, found.as_ref(), form).await?;
        page.wrong = refusal.fields();
        if let (StatusCode::CONFLICT, Some(found)) = (status, &found) {
            page.conflict = refusal.to_string();
            // Whoever sends it once more has read that they write over something.
            page.form.version = found.version();
        }
        Page::of(&page)
    };
    let page = member.house.office(&member.tenant).read(work).await?;
    Ok(page.with_status(status).into_response())
}

async fn page_of(tx: &mut Tx<Office>, member: &Member, found: Option<&Found>, form: ProductForm) -> Result<EditPage> {
    let waiting = office_requests::waiting(tx, member).await?;
    let name = found.map_or_else(|| "New product".to_owned(), |found| found.product.name.clone());
    let (now, zone) = (member.house.now(), member.tenant.time_zone);
    Ok(EditPage {
        shell: Shell::of_staff(member, &name, "products", waiting),
        action: found.map_or_else(|| "/office/products".to_owned(), |found| format!("/office/products/{}", found.id)),
        is_new: found.is_none(),
        name,
        wrong: FieldErrors::new(),
        notice: "",
        conflict: String::new(),
        changed: found.map(|found| when::ago(found.updated_at, now, zone)).unwrap_or_default(),
        changed_exact: found.map(|found| when::exact(found.updated_at, zone)).unwrap_or_default(),
        why_href: found.map(|found| format!("/office/why-this-price?sku={}", encode(found.product.sku.as_str()))).unwrap_or_default(),
        picture_href: found.and_then(Found::picture_href).unwrap_or_default(),
        reserved: found.map_or(0, |found| found.reserved),
        categories: categories::list(tx).await?,
        currency: member.tenant.currency.to_string(),
        price_label: format!("Base price ({})", member.tenant.currency.sign_in(member.tenant.country)),
        measures: MEASURES.map(|(measure, name)| Choice::new(measure.word(), name, &form.measure)).into(),
        tax_classes: TAX_CLASSES.map(|(class, name)| Choice::new(class.word(), name, &form.tax_class)).into(),
        statuses: STATUSES.map(|(status, name)| Choice::new(status.word(), name, &form.status)).into(),
        form,
    })
}

const MEASURES: [(Measure, &str); 4] =
    [(Measure::Each, "pieces"), (Measure::Kilogram, "kilograms"), (Measure::Litre, "litres"), (Measure::Metre, "metres")];

/// What each class is called.
pub const TAX_CLASSES: [(TaxClass, &str); 6] = [
    (TaxClass::Standard, "Standard rate"),
    (TaxClass::Intermediate, "Intermediate rate"),
    (TaxClass::Reduced, "Reduced rate"),
    (TaxClass::SuperReduced, "Super-reduced rate"),
    (TaxClass::Zero, "Zero rate"),
    (TaxClass::Exempt, "Exempt"),
];

/// What each status means.
pub const STATUSES: [(Status, &str); 3] = [
    (Status::Listed, "Listed: shown, found and sold"),
    (Status::Unlisted, "Unlisted: sold to who knows the SKU"),
    (Status::Discontinued, "Discontinued: not sold any more"),
];
