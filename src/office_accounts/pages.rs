//! A trade account on a desk: who buys for it, what was agreed, and its own prices.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{Account, OrderNews, Person, TypedTerms, change_terms, find, people};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::ids::AccountId;
use crate::office_requests;
use crate::price_lists::table::{PriceForm, PriceTable, RemovalForm, TableQuery};
use crate::price_lists::{put, take_off};
use crate::pricing::{self, ListKey};
use crate::tenancy::extract::{GoodsKeeper, Member, RoleRule, Seller, Staff};
use crate::values::{Country, DecimalMark};
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "office_accounts/show.html")]
struct ShowPage {
    shell: Shell,
    account: Account,
    country: String,
    people: Vec<Person>,
    lists: Vec<Choice>,
    news: Vec<Choice>,
    /// How news of orders goes, in words.
    news_shown: &'static str,
    /// The day on which news by e-mail ended; empty when it has not.
    news_ended_on: String,
    form: TermsForm,
    table: PriceTable,
    may_change: bool,
    wrong: FieldErrors,
    conflict: String,
    notice: &'static str,
}

/// An option of a list.
struct Choice {
    value: String,
    name: String,
    is_chosen: bool,
}

/// What the form of what was agreed sends, and shows again.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct TermsForm {
    version: String,
    price_list: String,
    route: String,
    order_news: String,
    order_email: String,
}

impl TermsForm {
    fn of(account: &Account) -> Self {
        Self {
            version: account.version(),
            price_list: account.price_list.map(|id| id.to_string()).unwrap_or_default(),
            route: account.route.clone(),
            order_news: account.order_news.clone(),
            order_email: account.order_email.clone(),
        }
    }

    fn typed(&self) -> TypedTerms {
        let Self { price_list, route, order_news, order_email, .. } = self.clone();
        TypedTerms { price_list: Some(price_list), route: Some(route), order_news: Some(order_news), order_email: Some(order_email) }
    }
}

/// What has just been done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// `GET /office/accounts/:account_id`
#[handler]
pub async fn show(
    mut staff: Staff<Seller>,
    Path(account_id): Path<Uuid>,
    Query(query): Query<TableQuery>,
    Query(done): Query<Done>,
) -> Result<Page> {
    let mut page = page_of(&mut staff.tx, &staff.member, account_id.into(), &query).await?;
    page.notice = match done.done.as_str() {
        "agreed" => "Saved. It holds from the next order on.",
        "put" => "The price is theirs now.",
        "off" => "The price is theirs no more.",
        _ => "",
    };
    Page::of(&page)
}

/// `POST /office/accounts/:account_id`
#[handler]
pub async fn update(staff: Staff<GoodsKeeper>, Path(account_id): Path<Uuid>, Form(form): Form<TermsForm>) -> Result<Response> {
    let (member, id) = (staff.member.clone(), AccountId::from(account_id));
    match staff.write(async |tx, member| change_terms(tx, member, id, &form.typed(), Some(&form.version)).await).await {
        Ok(()) => Ok(Redirect::to(format!("/office/accounts/{id}?done=agreed")).into_response()),
        Err(error) => again(&member, id, error, Typed::Terms(form)).await,
    }
}

/// `POST /office/accounts/:account_id/prices`
#[handler]
pub async fn put_price(staff: Staff<GoodsKeeper>, Path(account_id): Path<Uuid>, Form(form): Form<PriceForm>) -> Result<Response> {
    let (member, id) = (staff.member.clone(), AccountId::from(account_id));
    match staff
        .write(async |tx, member| put(tx, member, ListKey::Account(id), &form.typed(), DecimalMark::of(member.tenant.country)).await)
        .await
    {
        Ok(_) => Ok(Redirect::to(format!("/office/accounts/{id}?done=put")).into_response()),
        Err(error) => again(&member, id, error, Typed::Price(form)).await,
    }
}

/// `POST /office/accounts/:account_id/prices/removal`
#[handler]
pub async fn remove_price(staff: Staff<GoodsKeeper>, Path(account_id): Path<Uuid>, Form(form): Form<RemovalForm>) -> Result<Redirect> {
    let id = AccountId::from(account_id);
    staff.write(async |tx, member| take_off(tx, member, ListKey::Account(id), &form.typed()).await).await?;
    Ok(Redirect::to(format!("/office/accounts/{id}?done=off")))
}

/// Of the page's two forms the one that was sent.
enum Typed {
    Terms(TermsForm),
    Price(PriceForm),
}

/// The page with what was typed, and why it was not taken.
async fn again(member: &Member, id: AccountId, refusal: Error, typed: Typed) -> Result<Response> {
    let status = match refusal {
        Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Conflict(_) => StatusCode::CONFLICT,
        error => return Err(error),
    };
    let work = async |tx: &mut Tx<Office>| {
        let mut page = page_of(tx, member, id, &TableQuery::default()).await?;
        match typed {
            Typed::Price(form) => page.table.form = form,
            // Whoever sends it once more has read that they write over something.
            Typed::Terms(form) if status == StatusCode::CONFLICT => page.take(TermsForm { version: page.account.version(), ..form }),
            Typed::Terms(form) => page.take(form),
        }
        page.wrong = refusal.fields();
        page.conflict = if status == StatusCode::CONFLICT { refusal.to_string() } else { String::new() };
        Page::of(&page)
    };
    let page = member.house.office(&member.tenant).read(work).await?;
    Ok(page.with_status(status).into_response())
}

impl ShowPage {
    /// Shows the form with what was typed.
    fn take(&mut self, form: TermsForm) {
        for choice in &mut self.lists {
            choice.is_chosen = choice.value == form.price_list;
        }
        for choice in &mut self.news {
            choice.is_chosen = choice.value == form.order_news;
        }
        self.form = form;
    }
}

async fn page_of(tx: &mut Tx<Office>, member: &Member, id: AccountId, query: &TableQuery) -> Result<ShowPage> {
    let account = find(tx, id).await?;
    let table = PriceTable::read(tx, member, ListKey::Account(id), format!("/office/accounts/{id}"), query).await?;
    let lists = pricing::lists(tx).await?;
    let people = people(tx, id).await?;
    let waiting = office_requests::waiting(tx, member).await?;
    let form = TermsForm::of(&account);
    let lists = lists.into_iter().map(|list| (list.id.to_string(), list.name));
    let choice = |value: String, name: String, chosen: &str| Choice { is_chosen: value == chosen, value, name };
    Ok(ShowPage {
        shell: Shell::of_staff(member, &account.business_name, "customers", waiting),
        country: Country::parse(&account.country).map(|country| country.name().to_owned()).unwrap_or_default(),
        lists: lists.map(|(value, name)| choice(value, name, &form.price_list)).collect(),
        news: OrderNews::ALL.map(|news| choice(news.word().to_owned(), news_in_words(news).to_owned(), &form.order_news)).into(),
        news_ended_on: account
            .news_ended_at
            .map(|at| at.with_timezone(&member.tenant.time_zone).format("%-d %B %Y").to_string())
            .unwrap_or_default(),
        news_shown: OrderNews::parse(&account.order_news).map_or("", news_in_words),
        may_change: GoodsKeeper::allows(member.session.role),
        account,
        people,
        form,
        table,
        wrong: FieldErrors::new(),
        conflict: String::new(),
        notice: "",
    })
}

fn news_in_words(news: OrderNews) -> &'static str {
    match news {
        OrderNews::Text => "By text, to whoever has ordered",
        OrderNews::Email => "By e-mail, to one address",
        OrderNews::None => "Nowhere",
    }
}
