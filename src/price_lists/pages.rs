//! The price lists on a desk: which there are, and the prices on one.

use askama::Template;
use chrono::NaiveDate;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{PAGE, Shared, Typed, add, name_of, prices, put, rename, shared, take_off};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::office_customers::pages::encode;
use crate::office_requests::pages::figures_now;
use crate::pricing::{ALWAYS, ListKey, PriceKey};
use crate::tenancy::extract::{GoodsKeeper, Member, Staff};
use crate::values::text::LONGEST_QUERY;
use crate::values::{Money, Quantity};
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "price_lists/index.html")]
struct IndexPage {
    shell: Shell,
    items: Vec<Shared>,
    name: String,
    name_error: String,
}

/// `GET /office/price-lists`
#[handler]
pub async fn index(mut staff: Staff<GoodsKeeper>) -> Result<Page> {
    index_page(&mut staff.tx, &staff.member, String::new(), String::new()).await
}

async fn index_page(tx: &mut Tx<Office>, member: &Member, name: String, name_error: String) -> Result<Page> {
    let figures = figures_now(tx, member).await?;
    let shell = Shell::of_staff(member, "Price lists", "price-lists", figures.waiting);
    Page::of(&IndexPage { shell, items: shared(tx).await?, name, name_error })
}

/// How one is to be called.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct NameForm {
    name: String,
}

/// `POST /office/price-lists`
#[handler]
pub async fn create(staff: Staff<GoodsKeeper>, Form(form): Form<NameForm>) -> Result<Response> {
    let member = staff.member.clone();
    match staff.write(async |tx, member| add(tx, member, &form.name).await).await {
        Ok(id) => Ok(Redirect::to(format!("/office/price-lists/{id}")).into_response()),
        Err(error @ Error::Invalid(_)) => {
            let why = error.fields().of("name");
            let page = member.house.office(&member.tenant).read(async |tx| index_page(tx, &member, form.name, why).await).await?;
            Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
        }
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "price_lists/show.html")]
struct ShowPage {
    shell: Shell,
    /// `base`, or an id.
    word: String,
    name: String,
    is_base: bool,
    query: String,
    items: Vec<Item>,
    next_href: String,
    form: PriceForm,
    new_name: String,
    wrong: FieldErrors,
    currency: String,
    notice: &'static str,
}

struct Item {
    product_id: Uuid,
    sku: String,
    name: String,
    from_quantity: i32,
    price: String,
    days: String,
    valid_from: String,
}

/// A price as the page's form sends it, and shows it again.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct PriceForm {
    sku: String,
    from_quantity: String,
    price: String,
    valid_from: String,
    valid_until: String,
}

/// Which prices, and where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ShowQuery {
    query: String,
    after: i64,
    done: String,
}

fn list_of(word: &str) -> Result<ListKey> {
    match word {
        "base" => Ok(ListKey::Base),
        id => Uuid::parse_str(id).map(|id| ListKey::List(id.into())).map_err(|_| Error::NotFound),
    }
}

/// `GET /office/price-lists/:price_list_id`
#[handler]
pub async fn show(mut staff: Staff<GoodsKeeper>, Path(word): Path<String>, Query(query): Query<ShowQuery>) -> Result<Page> {
    let mut page = page_of(&mut staff.tx, &staff.member, &word, &query).await?;
    page.notice = match query.done.as_str() {
        "put" => "The price stands on the list now.",
        "off" => "The price is off the list.",
        "named" => "The list has its new name.",
        _ => "",
    };
    Page::of(&page)
}

async fn page_of(tx: &mut Tx<Office>, member: &Member, word: &str, query: &ShowQuery) -> Result<ShowPage> {
    let list = list_of(word)?;
    let name = name_of(tx, list).await?;
    let words: String = query.query.trim().chars().filter(|c| !c.is_control()).take(LONGEST_QUERY).collect();
    let offset = query.after.clamp(0, 1_000_000);
    let found = prices(tx, list, &words, offset).await?;
    let figures = figures_now(tx, member).await?;
    let is_full = i64::try_from(found.len()).is_ok_and(|length| length == PAGE);
    let (currency, country) = (member.tenant.currency, member.tenant.country);
    Ok(ShowPage {
        shell: Shell::of_staff(member, &name, "price-lists", figures.waiting),
        is_base: list == ListKey::Base,
        items: found
            .into_iter()
            .map(|price| Item {
                product_id: price.product_id,
                sku: price.sku,
                name: price.name,
                from_quantity: price.from_quantity,
                price: Money::new(price.minor, currency).shown_in(country),
                days: in_words(price.valid_from, price.valid_until),
                valid_from: price.valid_from.to_string(),
            })
            .collect(),
        next_href: if is_full {
            format!("/office/price-lists/{word}?query={}&after={}", encode(&words), offset + PAGE)
        } else {
            String::new()
        },
        query: words,
        word: word.to_owned(),
        new_name: name.clone(),
        name,
        form: PriceForm::default(),
        wrong: FieldErrors::new(),
        currency: currency.to_string(),
        notice: "",
    })
}

/// When a price is good; nothing when it always is.
fn in_words(from: NaiveDate, until: Option<NaiveDate>) -> String {
    let day = |day: NaiveDate| day.format("%-d %b %Y").to_string();
    match (Some(from).filter(|from| *from != ALWAYS), until) {
        (None, None) => String::new(),
        (None, Some(until)) => format!("until {}", day(until)),
        (Some(from), None) => format!("from {}", day(from)),
        (Some(from), Some(until)) => format!("{} to {}", day(from), day(until)),
    }
}

/// `POST /office/price-lists/:price_list_id`
#[handler]
pub async fn update(staff: Staff<GoodsKeeper>, Path(word): Path<String>, Form(form): Form<NameForm>) -> Result<Response> {
    let member = staff.member.clone();
    let ListKey::List(id) = list_of(&word)? else { return Err(Error::NotFound) };
    match staff.write(async |tx, member| rename(tx, member, id, &form.name).await).await {
        Ok(()) => Ok(Redirect::to(format!("/office/price-lists/{word}?done=named")).into_response()),
        Err(error) => again(&member, &word, error, PriceForm::default(), Some(form.name)).await,
    }
}

/// `POST /office/price-lists/:price_list_id/prices`
#[handler]
pub async fn put_price(staff: Staff<GoodsKeeper>, Path(word): Path<String>, Form(form): Form<PriceForm>) -> Result<Response> {
    let (member, list) = (staff.member.clone(), list_of(&word)?);
    let PriceForm { sku, from_quantity, price, valid_from, valid_until } = form.clone();
    let typed = Typed { sku, from_quantity, price, valid_from, valid_until };
    match staff.write(async |tx, member| put(tx, member, list, &typed).await).await {
        Ok(()) => Ok(Redirect::to(format!("/office/price-lists/{word}?done=put")).into_response()),
        Err(error) => again(&member, &word, error, form, None).await,
    }
}

/// Which price is to go.
#[derive(Deserialize)]
pub struct RemovalForm {
    product_id: Uuid,
    from_quantity: u32,
    valid_from: NaiveDate,
}

/// `POST /office/price-lists/:price_list_id/prices/removal`
#[handler]
pub async fn remove_price(staff: Staff<GoodsKeeper>, Path(word): Path<String>, Form(form): Form<RemovalForm>) -> Result<Redirect> {
    let list = list_of(&word)?;
    let from_quantity = Quantity::new(form.from_quantity).map_err(|_| Error::NotFound)?;
    let key = PriceKey { product: form.product_id.into(), from_quantity, valid_from: form.valid_from };
    staff.write(async |tx, member| take_off(tx, member, list, key).await).await?;
    Ok(Redirect::to(format!("/office/price-lists/{word}?done=off")))
}

/// The page with what was typed, and why it was not taken.
async fn again(member: &Member, word: &str, refusal: Error, form: PriceForm, new_name: Option<String>) -> Result<Response> {
    if !matches!(refusal, Error::Invalid(_)) {
        return Err(refusal);
    }
    let work = async |tx: &mut Tx<Office>| {
        let mut page = page_of(tx, member, word, &ShowQuery::default()).await?;
        page.form = form;
        page.new_name = new_name.unwrap_or(page.new_name);
        page.wrong = refusal.fields();
        Page::of(&page)
    };
    let page = member.house.office(&member.tenant).read(work).await?;
    Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
}
