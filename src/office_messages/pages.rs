//! The messages on a desk, what they cost, and how much they may.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{Limits, Month, Row, Shown, let_go, list, month, read_limits, resend, save, troubled};
use crate::error::{Error, FieldErrors, Result};
use crate::lists::read_cursor;
use crate::messages::cost::Cost;
use crate::office_requests;
use crate::tenancy::extract::{Member, SettingsKeeper, Staff};
use crate::values::Country;
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "office_messages/index.html")]
struct IndexPage {
    shell: Shell,
    notice: &'static str,
    tabs: Vec<Tab>,
    items: Vec<Item>,
    next_href: String,
    is_troubled: bool,
    month_name: String,
    spent: String,
    limit: String,
    percent: i64,
    wrong: FieldErrors,
    typed_limit: String,
    currency: &'static str,
    typed_countries: String,
}

struct Tab {
    word: &'static str,
    title: &'static str,
    count: i64,
    is_here: bool,
}

struct Item {
    message_id: Uuid,
    to: String,
    what: String,
    written: String,
    written_exact: String,
    state: &'static str,
    tone: &'static str,
    /// Why it did not arrive.
    why: String,
    /// When that was heard of; empty when nobody has said anything.
    heard: String,
    segments: String,
    cost: String,
    can_be_resent: bool,
    /// Sent again it may arrive twice.
    may_have_gone: bool,
}

impl Item {
    fn of(row: Row, none: Cost, member: &Member) -> Self {
        let (now, zone) = (member.house.now(), member.tenant.time_zone);
        let (state, tone) = state(&row.status, &row.channel);
        let is_paid = row.channel == "sms" && row.segments > 0;
        Self {
            message_id: row.message_id,
            to: row.to(),
            what: row.what().to_owned(),
            written: when::ago(row.created_at, now, zone),
            written_exact: when::exact(row.created_at, zone),
            state,
            tone,
            why: row.why().to_owned(),
            heard: row.receipt_at.map(|at| when::ago(at, now, zone)).unwrap_or_default(),
            segments: match row.segments {
                1 if is_paid => "1 text".to_owned(),
                segments if is_paid => format!("{segments} texts"),
                _ => String::new(),
            },
            cost: if is_paid { row.cost(none).shown_in(member.tenant.country) } else { String::new() },
            can_be_resent: row.can_be_resent(),
            may_have_gone: row.status == "unknown",
        }
    }
}

/// A message's state in words, and how it looks.
fn state(status: &str, channel: &str) -> (&'static str, &'static str) {
    match (status, channel) {
        ("waiting", _) => ("Waiting", ""),
        ("sent", "sms") => ("On its way", ""),
        ("sent", _) => ("Sent", "good"),
        ("delivered", _) => ("Arrived", "good"),
        ("undelivered", _) => ("Not delivered", "bad"),
        ("unknown", _) => ("Unclear", "warn"),
        ("failed", _) => ("Not sent", "bad"),
        ("held", _) => ("Held", "warn"),
        ("dropped", _) => ("Let go", ""),
        _ => ("", ""),
    }
}

/// Which of them, and where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    show: String,
    after: String,
    done: String,
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LimitsForm {
    limit: String,
    countries: String,
}

/// `GET /office/messages`
#[handler]
pub async fn index(staff: Staff<SettingsKeeper>, Query(query): Query<IndexQuery>) -> Result<Page> {
    let notice = match query.done.as_str() {
        "saved" => "Saved.",
        "resent" => "It is sent once more.",
        "dropped" => "Let go.",
        _ => "",
    };
    show(staff, &query, notice, LimitsForm::default(), FieldErrors::new()).await
}

async fn show(
    mut staff: Staff<SettingsKeeper>,
    query: &IndexQuery,
    notice: &'static str,
    typed: LimitsForm,
    wrong: FieldErrors,
) -> Result<Page> {
    let (member, tx) = (&staff.member, &mut staff.tx);
    let shown = Shown::parse(&query.show)?;
    let part = list(tx, shown, read_cursor(Some(&query.after))?).await?;
    let troubled = troubled(tx).await?;
    let Month { since, spent, limit, percent } = month(tx, member).await?;
    let none = member.house.config.sms.cost.none();
    let waiting = office_requests::waiting(tx, member).await?;
    let is_typed = wrong.iter().next().is_some();
    let countries = member.tenant.sms_countries.iter().map(Country::as_str).collect::<Vec<_>>().join(", ");
    Page::of(&IndexPage {
        shell: Shell::of_staff(member, "Messages", "messages", waiting),
        notice,
        tabs: Shown::ALL
            .map(|tab| Tab {
                word: tab.word(),
                title: if tab == Shown::All { "All" } else { "Not delivered" },
                count: if tab == Shown::Troubled { troubled } else { 0 },
                is_here: tab == shown,
            })
            .into_iter()
            .collect(),
        next_href: part.next.map(|next| format!("/office/messages?show={}&after={next}", shown.word())).unwrap_or_default(),
        items: part.items.into_iter().map(|row| Item::of(row, none, member)).collect(),
        is_troubled: shown == Shown::Troubled,
        month_name: since.with_timezone(&member.tenant.time_zone).format("%B").to_string(),
        spent: spent.shown_in(member.tenant.country),
        limit: limit.shown_in(member.tenant.country),
        percent,
        typed_limit: if is_typed { typed.limit } else { limit.plain() },
        currency: limit.currency.as_str(),
        typed_countries: if is_typed { typed.countries } else { countries },
        wrong,
    })
}

/// `POST /office/messages/limits`
#[handler]
pub async fn limits(staff: Staff<SettingsKeeper>, Form(form): Form<LimitsForm>) -> Result<Response> {
    let limits: Limits = match read_limits(&form.limit, &form.countries, &staff.member) {
        Ok(limits) => limits,
        Err(Error::Invalid(wrong)) => {
            let page = show(staff, &IndexQuery::default(), "", form, wrong).await?;
            return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
        }
        Err(error) => return Err(error),
    };
    staff.write(async |tx, member| save(tx, member, &limits).await).await?;
    Ok(Redirect::to("/office/messages?done=saved").into_response())
}

/// `POST /office/messages/:message_id/resending`
#[handler]
pub async fn resending(staff: Staff<SettingsKeeper>, Path(message_id): Path<String>) -> Result<Redirect> {
    let message = Uuid::parse_str(&message_id).map_err(|_| Error::NotFound)?;
    staff.write(async |tx, member| resend(tx, member, message.into()).await).await?;
    Ok(Redirect::to("/office/messages?show=troubled&done=resent"))
}

/// `POST /office/messages/:message_id/dropping`
#[handler]
pub async fn dropping(staff: Staff<SettingsKeeper>, Path(message_id): Path<String>) -> Result<Redirect> {
    let message = Uuid::parse_str(&message_id).map_err(|_| Error::NotFound)?;
    staff.write(async |tx, member| let_go(tx, member, message.into()).await).await?;
    Ok(Redirect::to("/office/messages?show=troubled&done=dropped"))
}
