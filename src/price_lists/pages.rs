//! The price lists on a desk: which there are, and the prices on one.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::table::{PriceForm, PriceTable, RemovalForm, TableQuery};
use super::{Shared, add, list_of, name_of, put, rename, shared, take_off};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::office_requests;
use crate::pricing::ListKey;
use crate::tenancy::extract::{GoodsKeeper, Member, Staff};
use crate::values::DecimalMark;
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
    let waiting = office_requests::waiting(tx, member).await?;
    let shell = Shell::of_staff(member, "Price lists", "price-lists", waiting);
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
    match staff.write(async |tx, member| add(tx, member, &form.name, None).await).await {
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
    table: PriceTable,
    new_name: String,
    wrong: FieldErrors,
    notice: &'static str,
}

/// What has just been done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// `GET /office/price-lists/:price_list_id`
#[handler]
pub async fn show(
    mut staff: Staff<GoodsKeeper>,
    Path(word): Path<String>,
    Query(query): Query<TableQuery>,
    Query(done): Query<Done>,
) -> Result<Page> {
    let mut page = page_of(&mut staff.tx, &staff.member, &word, &query).await?;
    page.notice = match done.done.as_str() {
        "put" => "The price stands on the list now.",
        "off" => "The price is off the list.",
        "named" => "The list has its new name.",
        _ => "",
    };
    Page::of(&page)
}

async fn page_of(tx: &mut Tx<Office>, member: &Member, word: &str, query: &TableQuery) -> Result<ShowPage> {
    let list = list_of(word)?;
    let name = name_of(tx, list).await?;
    let table = PriceTable::read(tx, member, list, format!("/office/price-lists/{word}"), query).await?;
    let waiting = office_requests::waiting(tx, member).await?;
    Ok(ShowPage {
        shell: Shell::of_staff(member, &name, "price-lists", waiting),
        is_base: list == ListKey::Base,
        table,
        word: word.to_owned(),
        new_name: name.clone(),
        name,
        wrong: FieldErrors::new(),
        notice: "",
    })
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
    match staff.write(async |tx, member| put(tx, member, list, &form.typed(), DecimalMark::of(member.tenant.country)).await).await {
        Ok(_) => Ok(Redirect::to(format!("/office/price-lists/{word}?done=put")).into_response()),
        Err(error) => again(&member, &word, error, form, None).await,
    }
}

/// `POST /office/price-lists/:price_list_id/prices/removal`
#[handler]
pub async fn remove_price(staff: Staff<GoodsKeeper>, Path(word): Path<String>, Form(form): Form<RemovalForm>) -> Result<Redirect> {
    let list = list_of(&word)?;
    staff.write(async |tx, member| take_off(tx, member, list, &form.typed()).await).await?;
    Ok(Redirect::to(format!("/office/price-lists/{word}?done=off")))
}

/// The page with what was typed, and why it was not taken.
async fn again(member: &Member, word: &str, refusal: Error, form: PriceForm, new_name: Option<String>) -> Result<Response> {
    if !matches!(refusal, Error::Invalid(_)) {
        return Err(refusal);
    }
    let work = async |tx: &mut Tx<Office>| {
        let mut page = page_of(tx, member, word, &TableQuery::default()).await?;
        page.table.form = form;
        page.new_name = new_name.unwrap_or(page.new_name);
        page.wrong = refusal.fields();
        Page::of(&page)
    };
    let page = member.house.office(&member.tenant).read(work).await?;
    Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
}
