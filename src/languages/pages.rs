//! Where a customer chooses the language of the messages to them.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{choose, chosen};
use crate::error::Result;
use crate::tenancy::extract::{Caller, SignedIn};
use crate::values::Language;
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "languages/index.html")]
struct IndexPage {
    shell: Shell,
    notice: &'static str,
    wrong: &'static str,
    choices: Vec<Choice>,
}

struct Choice {
    /// Empty for none.
    code: &'static str,
    name: &'static str,
    is_chosen: bool,
}

fn page(caller: &Caller, language: Option<Language>) -> IndexPage {
    let each = Language::ALL.map(|one| Choice { code: one.code(), name: one.own_name(), is_chosen: language == Some(one) });
    let none = Choice { code: "", name: "Each wholesaler’s own", is_chosen: language.is_none() };
    IndexPage {
        shell: Shell::of_customer(caller, "Language", "my-data"),
        notice: "",
        wrong: "",
        choices: each.into_iter().chain([none]).collect(),
    }
}

/// What has just been done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// `GET /language`
#[handler]
pub async fn index(customer: SignedIn, Query(done): Query<Done>) -> Result<Page> {
    let caller = customer.leave().await?;
    let mut page = page(&caller, chosen(&caller).await?);
    page.notice = if done.done == "saved" { "Saved. All your wholesalers write to you like this now." } else { "" };
    Page::of(&page)
}

/// What was chosen.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LanguageForm {
    language: String,
}

/// `POST /language`
#[handler]
pub async fn update(customer: SignedIn, Form(form): Form<LanguageForm>) -> Result<Response> {
    let language = Language::parse(&form.language);
    if language.is_none() && !form.language.is_empty() {
        let caller = customer.leave().await?;
        let page = IndexPage { wrong: "Choose one of these.", ..page(&caller, chosen(&caller).await?) };
        return Ok(Page::of(&page)?.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
    }
    choose(customer, language).await?;
    Ok(Redirect::to("/language?done=saved").into_response())
}
