//! What is held about the signed-in customer, and having it erased, by the API.

use poem_openapi::payload::{Json, Response};
use poem_openapi::{Object, OpenApi};

use super::{Account, AtWholesaler, Entry, Held, Letter, Order, Request, Session, Text as Said, erasure, held};
use crate::api::signing::{CodeAccepted, CodeSent, SessionEnded, code_accepted, session_ended};
use crate::api::typed::{Body, Text};
use crate::api::{Chapter, time};
use crate::challenges::ProvenBrowser;
use crate::challenges::code::{Code, LONGEST_CODE};
use crate::devices::device_name;
use crate::error::Result;
use crate::tenancy::Hosts;
use crate::tenancy::extract::SignedIn;
use crate::tenancy::token::SESSION_COOKIE;

pub struct MyDataApi;

/// Everything that is held about the person behind a number, at every wholesaler.
#[derive(Object)]
pub struct MyData {
    /// E.164.
    phone: String,
    known_since: String,
    /// When a code for the number was last entered.
    last_proven_at: String,
    /// In which they want to be written to, such as `fr`; null: each wholesaler writes in its own.
    language: Option<String>,
    /// Browsers in which that was done, and which are known by it.
    known_browsers: Vec<HeldBrowser>,
    wholesalers: Vec<HeldByWholesaler>,
}

/// A browser in which the number was confirmed.
#[derive(Object)]
struct HeldBrowser {
    /// At whose counter.
    host: String,
    confirmed_at: String,
}

/// What one wholesaler holds.
#[derive(Object)]
struct HeldByWholesaler {
    business_name: String,
    url: String,
    account: Option<HeldAccount>,
    requests: Vec<HeldRequest>,
    sessions: Vec<HeldSession>,
    messages: Vec<HeldMessage>,
    /// What its own people were told of them by e-mail.
    letters: Vec<HeldLetter>,
    /// Orders that they placed, with what they wrote on them.
    orders: Vec<HeldOrder>,
    /// What was done, and by which kind of people.
    history: Vec<HeldEntry>,
}

/// What lets them in.
#[derive(Object)]
struct HeldAccount {
    account_number: String,
    business_name: String,
    contact_name: String,
    role: String,
    status: String,
    since: String,
}

/// What they asked, and what was decided.
#[derive(Object)]
struct HeldRequest {
    kind: String,
    business_name: String,
    contact_name: String,
    message: String,
    status: String,
    reason: String,
    asked_at: String,
    decided_at: Option<String>,
}

/// Where they were signed in.
#[derive(Object)]
struct HeldSession {
    device: String,
    /// What the browser called itself.
    user_agent: String,
    signed_in_at: String,
    last_seen_at: String,
    ended_at: Option<String>,
}

/// What they were told by text message.
#[derive(Object)]
struct HeldMessage {
    to: String,
    text: String,
    /// `waiting`, `sent` or `failed`.
    status: String,
    written_at: String,
    sent_at: Option<String>,
}

/// A letter about them.
#[derive(Object)]
struct HeldLetter {
    subject: String,
    text: String,
    written_at: String,
}

/// An order that they placed.
#[derive(Object)]
struct HeldOrder {
    number: String,
    reference: String,
    note: String,
    placed_at: String,
}

/// An entry of the audit log.
#[derive(Object)]
struct HeldEntry {
    at: String,
    /// `customer`, `staff`, `operator` or `system`.
    by: String,
    action: String,
}

impl MyData {
    /// As the API and the file that is downloaded say it.
    pub fn of(held: Held, hosts: &Hosts) -> Self {
        Self {
            phone: held.phone,
            known_since: time(held.known_since),
            last_proven_at: time(held.last_proven_at),
            language: held.language.map(|language| language.code().to_owned()),
            known_browsers: held.known_browsers.into_iter().map(HeldBrowser::of).collect(),
            wholesalers: held.wholesalers.into_iter().map(|place| HeldByWholesaler::of(place, hosts)).collect(),
        }
    }
}

impl HeldByWholesaler {
    fn of(place: AtWholesaler, hosts: &Hosts) -> Self {
        Self {
            url: hosts.counter_url(&place.slug),
            business_name: place.business_name,
            account: place.account.map(HeldAccount::of),
            requests: place.requests.into_iter().map(HeldRequest::of).collect(),
            sessions: place.sessions.into_iter().map(HeldSession::of).collect(),
            messages: place.messages.into_iter().map(HeldMessage::of).collect(),
            letters: place.letters.into_iter().map(HeldLetter::of).collect(),
            orders: place.orders.into_iter().map(HeldOrder::of).collect(),
            history: place.history.into_iter().map(HeldEntry::of).collect(),
        }
    }
}

impl HeldBrowser {
    fn of(browser: ProvenBrowser) -> Self {
        Self { host: browser.host, confirmed_at: time(browser.at) }
    }
}

impl HeldAccount {
    fn of(account: Account) -> Self {
        let Account { account_number, business_name, contact_name, role, status, since, .. } = account;
        Self { account_number, business_name, contact_name, role, status, since: time(since) }
    }
}

impl HeldRequest {
    fn of(request: Request) -> Self {
        let Request { kind, business_name, contact_name, message, status, reason, asked_at, decided_at, .. } = request;
        let (asked_at, decided_at) = (time(asked_at), decided_at.map(time));
        Self { kind, business_name, contact_name, message, status, reason, asked_at, decided_at }
    }
}

impl HeldSession {
    fn of(session: Session) -> Self {
        Self {
            device: device_name(&session.user_agent),
            user_agent: session.user_agent,
            signed_in_at: time(session.signed_in_at),
            last_seen_at: time(session.last_seen_at),
            ended_at: session.ended_at.map(time),
        }
    }
}

impl HeldMessage {
    fn of(message: Said) -> Self {
        let Said { recipient, text, status, written_at, sent_at, .. } = message;
        Self { to: recipient, text, status, written_at: time(written_at), sent_at: sent_at.map(time) }
    }
}

impl HeldLetter {
    fn of(letter: Letter) -> Self {
        Self { subject: letter.subject, text: letter.text, written_at: time(letter.written_at) }
    }
}

impl HeldOrder {
    fn of(order: Order) -> Self {
        let Order { number, reference, note, placed_at } = order;
        Self { number, reference, note, placed_at: time(placed_at) }
    }
}

impl HeldEntry {
    fn of(entry: Entry) -> Self {
        Self { at: time(entry.at), by: entry.by, action: entry.action }
    }
}

/// The code that came.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct ErasureBody {
    /// Six digits.
    code: Text<1, LONGEST_CODE>,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Customer")]
impl MyDataApi {
    /// Everything that is held about this customer
    ///
    /// At every wholesaler, complete; what is asked at one counter is about all of them.
    #[oai(path = "/my-data", method = "get")]
    async fn get_my_data(&self, customer: SignedIn) -> Result<Json<MyData>> {
        let caller = customer.leave().await?;
        Ok(Json(MyData::of(held(&caller).await?, &caller.house.hosts)))
    }

    /// Ask for the code that erasing takes
    #[oai(path = "/erasures", method = "post")]
    async fn create_erasure(&self, customer: SignedIn) -> Result<CodeAccepted> {
        let asked = erasure::request_code(customer).await?;
        let sent = CodeSent { expires_in_seconds: asked.expires_in_seconds, resend_in_seconds: asked.resend_in_seconds };
        Ok(code_accepted(sent, &asked.browser))
    }

    /// Erase everything about this customer
    ///
    /// At every wholesaler, at once and for good. Trade accounts stay, without the person.
    #[oai(path = "/erasures/confirmation", method = "post")]
    async fn create_erasure_confirmation(&self, customer: SignedIn, body: Body<ErasureBody>) -> Result<Response<SessionEnded>> {
        erasure::erase(customer, &Code::parse(&body.code)?).await?;
        Ok(session_ended(SESSION_COOKIE))
    }
}
