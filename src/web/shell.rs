//! What stands around every page: whose counter it is, where one is, and the way around.

use std::sync::Arc;

use crate::error::Error;
use crate::tenancy::extract::{Agent, Caller, Decider, Here, Keeper, LogReader, Member, Place, RoleRule, Seller, Shopper, SupportGiver};
use crate::tenancy::session::Access;
use crate::tenancy::states::{Role, State};
use crate::tenancy::token::SESSION_COOKIE;
use crate::tenancy::{PricesShown, Tenant, Visitor};
use crate::values::PhoneNumber;
use crate::web::assets;
use crate::web::failure::{only_to_be_read, until_erased};

/// The frame of a page. Empty texts mean «none».
#[expect(clippy::struct_excessive_bools, reason = "each is one entry of the menu that is there or not")]
#[derive(Default, Clone)]
pub struct Shell {
    pub title: String,
    pub business_name: String,
    pub initials: String,
    pub logo_href: String,
    pub style_href: String,
    pub brand_href: String,
    pub script_href: String,
    pub basket_script_href: String,
    /// Under which name a phone keeps what is tapped while it has no signal: another for each account of each wholesaler.
    pub basket: String,
    /// Only for whom it was made: the browser must not show it again from memory.
    pub private: bool,
    /// Which entry of the menu is this page.
    pub place: String,
    pub phone: String,
    /// The trade account's name, of a customer who is let in.
    pub account: String,
    /// Whether there are goods for them to see,
    pub looks: bool,
    /// what of them they look for,
    pub query: String,
    /// and whether somebody to whom this page is nobody's has been here before.
    pub is_known: bool,
    pub staff_name: String,
    pub staff_role: String,
    pub pending_requests: i64,
    /// Orders that nobody has answered yet.
    pub new_orders: i64,
    /// Whether this member of staff sells, and so sees orders and prices.
    pub sells: bool,
    /// Whether this member of staff decides about requests, and sees the customers.
    pub decides: bool,
    /// Whether they run the counter, as owners and managers do.
    pub keeps: bool,
    /// Whether they read the audit log.
    pub reads_log: bool,
    /// Why nothing can be changed at this office just now.
    pub suspension: String,
    /// Who of the platform may look at this office just now,
    pub support_let_in: String,
    /// and who asks to: for those who answer.
    pub support_asked_by: String,
    /// Where that is answered; empty for those who do not.
    pub support_href: String,
    pub demo_inbox_href: String,
}

impl Shell {
    /// Around a page for anybody, wherever they are.
    pub fn of(here: &Here, title: &str) -> Self {
        let tenant = match &here.place {
            Place::Counter(tenant) => Some(Arc::clone(tenant)),
            Place::Public | Place::Console => None,
        };
        let name = tenant.as_ref().map_or("Tradecounter", |tenant| tenant.business_name.as_str());
        let inbox = if here.house.config.uses_inbox() { format!("{}/inbox", here.house.hosts.public_url()) } else { String::new() };
        Self {
            title: title.to_owned(),
            business_name: name.to_owned(),
            initials: initials(name),
            logo_href: tenant.as_ref().map(|tenant| logo_href(tenant)).unwrap_or_default(),
            style_href: assets::style_href(),
            brand_href: tenant.as_ref().map(|tenant| format!("/brand.css?v={}", tenant.version())).unwrap_or_default(),
            script_href: assets::script_href(),
            basket_script_href: assets::basket_script_href(),
            demo_inbox_href: inbox,
            ..Self::default()
        }
    }

    /// Around a signed-in customer's page.
    pub fn of_customer(caller: &Caller, title: &str, place: &str) -> Self {
        Self {
            private: true,
            place: place.to_owned(),
            phone: caller.session.phone.national(caller.tenant.country),
            account: caller.session.active_access().map(|access| access.business_name.clone()).unwrap_or_default(),
            basket: caller.session.active_access().map(|access| basket_name(caller, access)).unwrap_or_default(),
            looks: caller.session.active_access().is_some() || caller.tenant.prices_shown != PricesShown::Nothing,
            ..Self::of(caller, title)
        }
    }

    /// Around a page of goods, for whoever may see them.
    pub fn of_shopper(shopper: &Shopper, title: &str, place: &str) -> Self {
        match &shopper.buyer {
            Some((caller, _)) => Self::of_customer(caller, title, place),
            None => Self { looks: true, is_known: shopper.token(SESSION_COOKIE).is_some(), ..Self::of(shopper, title) },
        }
    }

    /// Around a page of the office.
    pub fn of_staff(member: &Member, title: &str, place: &str, pending_requests: i64) -> Self {
        let lets_support_in = SupportGiver::allows(member.session.role);
        Self {
            private: true,
            place: place.to_owned(),
            staff_name: member.session.name.clone(),
            staff_role: member.session.role.word().to_owned(),
            pending_requests,
            new_orders: member.session.waiting.orders,
            sells: Seller::allows(member.session.role),
            decides: Decider::allows(member.session.role),
            keeps: Keeper::allows(member.session.role),
            reads_log: LogReader::allows(member.session.role),
            suspension: suspension(&member.tenant),
            support_let_in: member.session.support.let_in.clone(),
            support_asked_by: if lets_support_in { member.session.support.asked_by.clone() } else { String::new() },
            support_href: if lets_support_in { "/office/support".to_owned() } else { String::new() },
            ..Self::of(member, title)
        }
    }

    /// Around a page of the platform's console.
    pub fn of_operator(agent: &Agent, title: &str, place: &str) -> Self {
        Self { private: true, place: place.to_owned(), staff_name: agent.name().to_owned(), ..Self::of(agent, title) }
    }
}

/// Nobody learns from it whose basket it is, and no two accounts have the same.
fn basket_name(caller: &Caller, access: &Access) -> String {
    let (tenant, account) = (caller.tenant.id.uuid(), access.account_id.uuid());
    let name = caller.house.config.keys.derive_counter(&[b"basket of a phone", tenant.as_bytes(), account.as_bytes()]);
    name.ok().and_then(|name| name.get(..12).map(hex::encode)).unwrap_or_default()
}

/// What stands above every page of an office whose counter is shut.
fn suspension(tenant: &Tenant) -> String {
    if tenant.serves(Role::StaffWriting) {
        return String::new();
    }
    match tenant.state {
        State::Closing => format!("{}. {}", Error::Closing { until: String::new() }, until_erased(&tenant.erased_on())),
        _ => format!("{}. {}", Error::Suspended { reason: String::new() }, only_to_be_read(&tenant.state_reason)),
    }
}

/// How to reach the wholesaler.
#[derive(Default, Clone)]
pub struct Contact {
    pub email: String,
    /// As people of the tenant's country write it.
    pub phone: String,
    pub phone_href: String,
    pub address: String,
    pub opening_text: String,
}

impl Contact {
    /// The tenant's.
    pub fn of(tenant: &Tenant) -> Self {
        let digits: String = tenant.contact_phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        let shown = PhoneNumber::from_e164(&digits).map_or_else(|_| tenant.contact_phone.clone(), |number| number.national(tenant.country));
        Self {
            email: tenant.contact_email.clone(),
            phone: shown,
            phone_href: if digits.is_empty() { String::new() } else { format!("tel:{digits}") },
            address: tenant.contact_address.clone(),
            opening_text: tenant.opening_text.clone(),
        }
    }
}

/// Where the tenant's logo is; empty when it has none.
pub fn logo_href(tenant: &Tenant) -> String {
    if tenant.has_logo { logo_address(tenant.slug.as_str(), tenant.version()) } else { String::new() }
}

/// The address of a logo: the same on every site, and another one whenever the tenant changes.
pub fn logo_address(slug: &str, version: i64) -> String {
    format!("/logos/{slug}?v={version}")
}

/// The first letters of the first two words.
pub fn initials(name: &str) -> String {
    name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric())).take(2).collect::<String>().to_uppercase()
}

/// The example of a number, as people in the tenant's country write it.
pub fn phone_example(visitor: &Visitor) -> &'static str {
    match visitor.tenant.country.as_str() {
        "GB" => "07400 123456",
        "FR" => "06 12 34 56 78",
        "IE" => "085 012 3456",
        "DE" => "01512 3456789",
        _ => "+44 7400 123456",
    }
}
