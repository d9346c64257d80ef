//! The messages and what they cost, by the API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{HIGHEST_LIMIT_MINOR, Limits, Month, Row, Shown, let_go, list, month, read_limits, resend, save};
use crate::api::money::{MoneyAnswer, MoneyBody};
use crate::api::typed::{Body, Id, Text};
use crate::api::{Chapter, time};
use crate::error::{Error, Result};
use crate::lists::read_cursor;
use crate::messages::cost::Cost;
use crate::messages::texts::percent_of;
use crate::tenancy::extract::{Member, SettingsKeeper, Staff};
use crate::values::{Country, Money};

pub struct OfficeMessagesApi;

/// A message that was said in the wholesaler's name.
#[derive(Object)]
pub struct SaidMessage {
    id: Uuid,
    /// `sms` or `email`.
    channel: String,
    /// The end of a number, or the beginning and the host of an address.
    to: String,
    /// Its subject, or its text; of a code neither.
    what: String,
    is_code: bool,
    /// `waiting`, `sent`, `delivered`, `undelivered`, `unknown`, `failed`, `held` or `dropped`.
    status: String,
    /// Why it did not arrive, in words; empty when it did, as far as is known.
    problem: String,
    /// So many texts on the phone it came to; 0 of what has not gone by text.
    segments: i16,
    /// In millionths of the currency in which texts are paid.
    cost_micros: i64,
    written_at: String,
    sent_at: Option<String>,
    /// When a gateway last said what became of it.
    heard_at: Option<String>,
}

impl SaidMessage {
    fn of(row: Row, none: Cost) -> Self {
        Self {
            id: row.message_id,
            to: row.to(),
            what: row.what().to_owned(),
            problem: row.why().to_owned(),
            cost_micros: row.cost(none).micros,
            channel: row.channel,
            is_code: row.is_code,
            status: row.status,
            segments: row.segments,
            written_at: time(row.created_at),
            sent_at: row.sent_at.map(time),
            heard_at: row.receipt_at.map(time),
        }
    }
}

/// A page of messages.
#[derive(Object)]
pub struct SaidMessageList {
    items: Vec<SaidMessage>,
    /// Pass it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// What the month's texts cost, and may.
#[derive(Object)]
pub struct TextLimits {
    /// Since the month began, where the wholesaler is.
    spent: MoneyAnswer,
    /// For a month. At 80 percent the owners are told; at 100 only codes for customers who were let in still go.
    limit: MoneyAnswer,
    percent_used: i64,
    /// Where texts may go, as in `GB`.
    countries: Vec<String>,
}

impl TextLimits {
    fn of(month: &Month, countries: Vec<String>) -> Self {
        let Month { spent, limit, percent, .. } = month;
        Self { spent: spent.rounded().into(), limit: (*limit).into(), percent_used: *percent, countries }
    }
}

/// What they may.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct TextLimitsBody {
    limit: MoneyBody,
    /// The wholesaler's own among them.
    #[oai(validator(max_items = 250))]
    countries: Vec<Text<2, 2>>,
}

#[derive(ApiResponse)]
pub enum MessageTended {
    #[oai(status = 204)]
    Done,
}

fn read(body: &TextLimitsBody, member: &Member) -> Result<Limits> {
    let currency = member.house.config.sms.cost.none().currency;
    let limit = body.limit.read("limit", currency).map_err(|_| Error::invalid("limit", format!("Texts are paid in {currency}.")))?;
    if !(0..=HIGHEST_LIMIT_MINOR).contains(&limit.minor) {
        return Err(Error::invalid("limit", "That is more than a month may cost."));
    }
    let countries: Vec<&str> = body.countries.iter().map(|country| &**country).collect();
    Ok(Limits { limit_minor: limit.minor, ..read_limits("0", &countries.join(" "), member)? })
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl OfficeMessagesApi {
    /// The messages, the newest first
    #[oai(path = "/office/messages", method = "get")]
    async fn list_messages(
        &self,
        mut staff: Staff<SettingsKeeper>,
        /// `all`, which it is when it is not said, or `troubled`: those that did not arrive, as far as is known.
        show: Query<Option<String>>,
        /// The `next` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<SaidMessageList>> {
        let shown = Shown::parse(show.0.as_deref().unwrap_or_default())?;
        let part = list(&mut staff.tx, shown, read_cursor(cursor.0.as_deref())?).await?;
        let none = staff.member.house.config.sms.cost.none();
        let items = part.items.into_iter().map(|row| SaidMessage::of(row, none)).collect();
        Ok(Json(SaidMessageList { items, next: part.next.map(|next| next.to_string()) }))
    }

    /// Send a message once more
    ///
    /// One that did not arrive, as far as is known; not a code.
    #[oai(path = "/office/messages/:id/resending", method = "post")]
    async fn create_resending(&self, staff: Staff<SettingsKeeper>, id: Path<Id>) -> Result<MessageTended> {
        staff.write(async |tx, member| resend(tx, member, id.uuid().into()).await).await?;
        Ok(MessageTended::Done)
    }

    /// Let a message go that did not arrive
    #[oai(path = "/office/messages/:id/dropping", method = "post")]
    async fn create_dropping(&self, staff: Staff<SettingsKeeper>, id: Path<Id>) -> Result<MessageTended> {
        staff.write(async |tx, member| let_go(tx, member, id.uuid().into()).await).await?;
        Ok(MessageTended::Done)
    }

    /// What the month's texts cost, and may
    #[oai(path = "/office/messages/limits", method = "get")]
    async fn get_text_limits(&self, mut staff: Staff<SettingsKeeper>) -> Result<Json<TextLimits>> {
        let month = month(&mut staff.tx, &staff.member).await?;
        let countries = staff.member.tenant.sms_countries.iter().map(Country::to_string).collect();
        Ok(Json(TextLimits::of(&month, countries)))
    }

    /// Change what they may cost, and where they go
    #[oai(path = "/office/messages/limits", method = "put")]
    async fn put_text_limits(&self, staff: Staff<SettingsKeeper>, body: Body<TextLimitsBody>) -> Result<Json<TextLimits>> {
        let limits = read(&body, &staff.member)?;
        let month = staff
            .write(async |tx, member| {
                save(tx, member, &limits).await?;
                month(tx, member).await
            })
            .await?;
        let limit = Money::new(limits.limit_minor, month.limit.currency);
        let percent = percent_of(month.spent, limits.limit_minor);
        Ok(Json(TextLimits::of(&Month { limit, percent, ..month }, limits.countries.into_iter().collect())))
    }
}
