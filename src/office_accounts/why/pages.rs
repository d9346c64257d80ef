//! Why something costs somebody what it does, on a desk.

use askama::Template;
use http::StatusCode;
use poem::web::Query;
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;

use super::{Asked, Why, why};
use crate::error::{Error, FieldErrors, Result};
use crate::office_requests;
use crate::price_lists::table::in_words;
use crate::pricing::Verdict;
use crate::tax::TaxCountry;
use crate::tenancy::extract::{Member, Seller, Staff};
use crate::values::Money;
use crate::web::{Page, Shell};

#[derive(Template)]
#[template(path = "office_accounts/why.html")]
struct WhyPage {
    shell: Shell,
    form: WhyForm,
    wrong: FieldErrors,
    /// None before anything is asked.
    answer: Option<Answer>,
}

/// What the page's form sends, and shows again.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct WhyForm {
    account: String,
    sku: String,
    quantity: String,
    day: String,
}

impl WhyForm {
    fn asked(&self) -> Asked {
        let Self { account, sku, quantity, day } = self.clone();
        Asked { account, sku, quantity, day }
    }
}

struct Answer {
    account_href: String,
    business_name: String,
    account_number: String,
    product: String,
    sku: String,
    quantity: u32,
    day: String,
    /// Empty when they cannot order it.
    price: String,
    inc_tax: String,
    tax: String,
    reason: String,
    steps: Vec<Line>,
}

struct Line {
    whose: String,
    from_quantity: u32,
    price: String,
    days: String,
    why: String,
    wins: bool,
}

/// `GET /office/why-this-price`
#[handler]
pub async fn show(mut staff: Staff<Seller>, Query(form): Query<WhyForm>) -> Result<Response> {
    let mut page = WhyPage {
        shell: Shell::of_staff(
            &staff.member,
            "Why this price?",
            "customers",
            office_requests::waiting(&mut staff.tx, &staff.member).await?,
        ),
        wrong: FieldErrors::new(),
        answer: None,
        form,
    };
    // Somebody who comes from an account, or from a product, has yet to say the other.
    if page.form.account.trim().is_empty() || page.form.sku.trim().is_empty() {
        return Ok(Page::of(&page)?.into_response());
    }
    match why(&mut staff.tx, &staff.member, &page.form.asked()).await {
        Ok(found) => {
            page.answer = Some(Answer::of(&found, &staff.member));
            Ok(Page::of(&page)?.into_response())
        }
        Err(Error::Invalid(wrong)) => {
            page.wrong = wrong;
            Ok(Page::of(&page)?.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
        }
        Err(error) => Err(error),
    }
}

impl Answer {
    fn of(why: &Why, member: &Member) -> Self {
        let money = |minor: i64| Money::new(minor, why.terms.currency).shown_in(member.tenant.country);
        let steps = why.steps.iter().map(|step| Line {
            whose: step.row.source.words(why.audience()),
            from_quantity: step.row.from_quantity,
            price: money(step.row.minor),
            days: in_words(step.row.valid_from, step.row.valid_until),
            why: step.words(why.price.as_ref()),
            wins: step.verdict == Verdict::Wins,
        });
        Self {
            account_href: format!("/office/accounts/{}", why.account.id),
            business_name: why.account.business_name.clone(),
            account_number: why.account.account_number.clone(),
            product: why.product.name.clone(),
            sku: why.product.sku.as_str().to_owned(),
            quantity: why.quantity.get(),
            day: why.day.format("%-d %B %Y").to_string(),
            price: why.price.map(|price| money(price.unit_minor)).unwrap_or_default(),
            inc_tax: why.inc_tax_minor().map(money).unwrap_or_default(),
            tax: match why.rate.country {
                TaxCountry::Export => "No VAT: the goods leave the country.".to_owned(),
                TaxCountry::In(country) => format!("{} VAT of {}.", percent(why.rate.basis_points), country.name_in_sentence()),
            },
            reason: why.price.map(|price| price.reason(why.audience())).unwrap_or_default(),
            steps: steps.collect(),
        }
    }
}

/// `20%`, `5.5%`.
fn percent(basis_points: u32) -> String {
    let text = format!("{}.{:02}", basis_points / 100, basis_points % 100);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}
