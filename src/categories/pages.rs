//! The categories on a desk.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{Category, add, list, remove, rename};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::CategoryId;
use crate::office_requests;
use crate::tenancy::extract::{GoodsKeeper, Member, Staff};
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "categories/index.html")]
struct IndexPage {
    shell: Shell,
    items: Vec<Category>,
    name: String,
    /// Which one is called otherwise; empty for a new one.
    renamed: String,
    name_error: String,
}

/// `GET /office/categories`
#[handler]
pub async fn index(mut staff: Staff<GoodsKeeper>) -> Result<Page> {
    page_of(&mut staff.tx, &staff.member, NameForm::default(), String::new(), String::new()).await
}

/// How one is to be called.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct NameForm {
    name: String,
}

/// `POST /office/categories`
#[handler]
pub async fn create(staff: Staff<GoodsKeeper>, Form(form): Form<NameForm>) -> Result<Response> {
    let member = staff.member.clone();
    let done = staff.write(async |tx, member| add(tx, member, &form.name, None).await).await.map(drop);
    after(&member, done, form, String::new()).await
}

/// `POST /office/categories/:category_id`
#[handler]
pub async fn update(staff: Staff<GoodsKeeper>, Path(category_id): Path<Uuid>, Form(form): Form<NameForm>) -> Result<Response> {
    let (member, id) = (staff.member.clone(), CategoryId::from(category_id));
    let done = staff.write(async |tx, member| rename(tx, member, id, &form.name).await).await;
    after(&member, done, form, id.to_string()).await
}

/// `POST /office/categories/:category_id/removal`
#[handler]
pub async fn removal(staff: Staff<GoodsKeeper>, Path(category_id): Path<Uuid>) -> Result<Redirect> {
    let id = CategoryId::from(category_id);
    staff.write(async |tx, member| remove(tx, member, id).await).await?;
    Ok(Redirect::to("/office/categories"))
}

async fn after(member: &Member, done: Result<()>, form: NameForm, renamed: String) -> Result<Response> {
    match done {
        Ok(()) => Ok(Redirect::to("/office/categories").into_response()),
        Err(error @ Error::Invalid(_)) => {
            let why = error.fields().of("name");
            let page = member.house.office(&member.tenant).read(async |tx| page_of(tx, member, form, renamed, why).await).await?;
            Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
        }
        Err(error) => Err(error),
    }
}

async fn page_of(tx: &mut Tx<Office>, member: &Member, form: NameForm, renamed: String, name_error: String) -> Result<Page> {
    let waiting = office_requests::waiting(tx, member).await?;
    Page::of(&IndexPage {
        shell: Shell::of_staff(member, "Categories", "products", waiting),
        items: list(tx).await?,
        name: form.name,
        renamed,
        name_error,
    })
}
