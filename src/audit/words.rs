//! The one place that says in words what was done. Every action that is ever written down has its words here: a test
//! looks for those that have none.

mod trade;

use serde_json::Value;

use crate::tenancy::session::StaffRole;

/// What somebody did, as a sentence without its subject, and what is otherwise since then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub sentence: String,
    pub changes: Vec<Change>,
}

/// One thing that is otherwise since then. Empty where there was or is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub what: String,
    pub before: String,
    pub after: String,
}

/// What is looked up when an entry is read, because it must not stand in it.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// The customer whom it is about.
    pub customer: String,
    /// Why their request was turned down.
    pub reason: String,
}

/// How a customer is called of whom nothing is known any more.
pub const ERASED: &str = "a customer who has been erased";

/// A kind of thing to filter by: its word in an address, its name, and what its actions begin with.
pub struct Thing {
    pub word: &'static str,
    pub name: &'static str,
    pub nouns: &'static [&'static str],
}

/// In a tenant's log,
pub const OF_TENANTS: &[Thing] = &[
    Thing { word: "requests", name: "Requests for an account", nouns: &["registration_request"] },
    Thing { word: "customers", name: "Customers", nouns: &["account_access", "customer"] },
    Thing { word: "orders", name: "Orders", nouns: &["order"] },
    Thing { word: "goods", name: "Goods and prices", nouns: &["product", "stock", "category", "price_list", "prices", "account"] },
    Thing { word: "imports", name: "Imports", nouns: &["import"] },
    Thing { word: "team", name: "The team", nouns: &["staff", "invitation", "passkey"] },
    Thing { word: "settings", name: "Settings", nouns: &["settings", "order_settings", "message_template", "text_limits"] },
    Thing { word: "messages", name: "Messages", nouns: &["message"] },
    Thing { word: "support", name: "Support looking in", nouns: &["support"] },
    Thing { word: "counter", name: "The counter itself", nouns: &["tenant", "samples", "domain"] },
];

/// and in the platform's.
pub const OF_PLATFORM: &[Thing] = &[
    Thing { word: "wholesalers", name: "Wholesalers", nouns: &["tenant", "domain"] },
    Thing { word: "operators", name: "Operators", nouns: &["operator", "support", "passkey"] },
    Thing { word: "tokens", name: "Tokens", nouns: &["token"] },
    Thing { word: "jobs", name: "What was given up", nouns: &["job"] },
];

/// What was done, in words. An action without any, as of a version after this one, is told as it is.
pub fn tell(action: &str, details: &Value, named: &Named) -> Words {
    words(action, details, named).unwrap_or_else(|| Words { sentence: action.to_owned(), changes: Vec::new() })
}

/// The words of an action; None for one that has none.
pub fn words(action: &str, details: &Value, named: &Named) -> Option<Words> {
    let details = Details(details);
    let (noun, _) = action.split_once('.')?;
    match noun {
        "registration_request" | "account_access" | "customer" => of_customers(action, &details, named),
        "staff" | "invitation" => of_team(action, &details),
        "tenant" | "samples" | "settings" | "message_template" | "domain" => of_tenant(action, &details),
        "operator" | "token" | "job" => of_platform(action, &details),
        "support" => of_support(action, &details),
        "passkey" => of_passkeys(action, &details),
        "order" => trade::of_orders(action, &details),
        "product" | "stock" | "category" | "price_list" | "prices" | "account" | "order_settings" | "import" | "message"
        | "text_limits" => trade::of_goods(action, &details),
        _ => None,
    }
}

fn of_customers(action: &str, details: &Details<'_>, named: &Named) -> Option<Words> {
    let customer = if named.customer.is_empty() { ERASED } else { &named.customer };
    let access = |before: &str, after: &str| vec![change("access", before, after)];
    Some(match action {
        "registration_request.made" => plain(format!("Asked for an account: {customer}")),
        "registration_request.withdrawn" => plain(format!("Took the request for an account back: {customer}")),
        "registration_request.approved" => Words {
            sentence: format!("Let {customer} in{}", with(", with account ", details.text("account_number"))),
            changes: access("", "active"),
        },
        "registration_request.rejected" => plain(format!("Turned down the request of {customer}{}", with(": ", &named.reason))),
        "account_access.suspended" => Words {
            sentence: format!("Suspended {customer}{}", with(": ", details.text("reason"))),
            changes: access("active", "suspended"),
        },
        "account_access.restored" => Words { sentence: format!("Let {customer} in again"), changes: access("suspended", "active") },
        "account_access.confirmed" => plain(format!("Confirmed who they are, after a long silence: {customer}")),
        "account_access.number_given_up" => plain(format!("Has the number that was {customer}’s, and says that they are somebody else")),
        "account_access.number_changed" => plain(format!("Changed their number: {customer}")),
        "account_access.two_became_one" => plain(format!("Came under two numbers, and now comes under one: {customer}")),
        "account_access.moved" => {
            plain(format!("Moved {customer} to another number{}", with(", with account ", details.text("account_number"))))
        }
        "customer.erased" => plain("Had everything about them erased".to_owned()),
        _ => return None,
    })
}

fn of_team(action: &str, details: &Details<'_>) -> Option<Words> {
    let name = details.text("name");
    let (before, after) = (details.role("before"), details.role("after"));
    let withdrawn = match details.number("invitations_withdrawn") {
        0 => String::new(),
        1 => ", and an invitation of theirs was withdrawn".to_owned(),
        number => format!(", and {number} invitations of theirs were withdrawn"),
    };
    let role = |before: Option<StaffRole>, after: Option<StaffRole>| {
        let word = |role: Option<StaffRole>| role.map_or("", StaffRole::word);
        vec![change("role", word(before), word(after))]
    };
    let invited = || format!("{name}{} as {}", in_brackets(details.text("email")), in_a_sentence(details.role("role")));
    Some(match action {
        "staff.joined" => Words { sentence: format!("Joined the team as {}", in_a_sentence(after)), changes: role(None, after) },
        "staff.role_changed" => {
            Words { sentence: format!("Made {name} {}{withdrawn}", in_a_sentence(after)), changes: role(before, after) }
        }
        "staff.removed" => Words { sentence: format!("Removed {name} from the team{withdrawn}"), changes: role(before, None) },
        "staff.left" => Words { sentence: format!("Left the team{withdrawn}"), changes: role(before, None) },
        "invitation.made" => plain(format!("Invited {}", invited())),
        "invitation.sent_again" => plain(format!("Sent the invitation again of {}", invited())),
        "invitation.withdrawn" => plain(format!("Withdrew the invitation of {}", invited())),
        _ => return None,
    })
}

fn of_tenant(action: &str, details: &Details<'_>) -> Option<Words> {
    let (from, to, domain) = (details.text("from"), details.text("to"), details.text("domain"));
    let reason = with(": ", details.text("reason"));
    let to_state = |sentence: String| Words { sentence, changes: vec![change("state", from, to)] };
    Some(match action {
        "tenant.created" => plain(format!(
            "Opened the counter {}{}{}",
            details.text("business_name"),
            with(" at ", details.text("subdomain")),
            with(" for ", details.text("owner"))
        )),
        "tenant.applied" => Words { sentence: "Applied what is declared in files".to_owned(), changes: counted(details) },
        "tenant.exported" => plain("Took everything along as one file".to_owned()),
        "tenant.imported" => plain("Brought the counter back from its archive".to_owned()),
        "tenant.activated" => to_state("Opened the counter for real".to_owned()),
        "tenant.suspended" => to_state(format!("Suspended the counter{reason}")),
        "tenant.reactivated" => to_state("Opened the counter again".to_owned()),
        "tenant.closed" => to_state(format!("Began to close the counter{reason}")),
        "tenant.reopened" => to_state("Took the closing of the counter back".to_owned()),
        "tenant.purged" => to_state("Erased the counter".to_owned()),
        "tenant.renamed" => {
            // The platform's log said it in another way at first.
            let to = if to.is_empty() { details.text("subdomain") } else { to };
            Words { sentence: "Gave the counter another address".to_owned(), changes: vec![change("address", from, to)] }
        }
        "domain.added" => plain(format!("Added the domain {domain}")),
        "domain.verified" => plain(format!("Proved that the domain {domain} is the wholesaler’s")),
        "domain.made_primary" => plain(format!("Had links and texts name {domain}")),
        "domain.primary_ended" => plain(format!("Had links and texts name the subdomain again, and not {domain}")),
        "domain.missing" => plain(format!("Warned that the record of {domain} is gone")),
        "domain.lost" => plain(format!("Took {domain} out of service: its record is gone")),
        "domain.expired" => plain(format!("Gave up waiting for the record of {domain}")),
        "domain.removed" => plain(format!("Removed the domain {domain}")),
        "samples.removed" => match details.number("accounts") {
            1 => plain("Took the samples away, with 1 account".to_owned()),
            number => plain(format!("Took the samples away, with {number} accounts")),
        },
        "settings.changed" => of_settings(details),
        "message_template.changed" => plain(format!("Wrote the message “{}” in {}", details.text("message"), details.text("language"))),
        "message_template.restored" => {
            plain(format!("Went back to our words of the message “{}” in {}", details.text("message"), details.text("language")))
        }
        _ => return None,
    })
}

fn of_settings(details: &Details<'_>) -> Words {
    let changes = listed(details);
    let sentence = match changes.as_slice() {
        [one] => format!("Changed the settings: {}", one.what),
        several => format!("Changed {} settings", several.len()),
    };
    Words { sentence, changes }
}

/// What is otherwise since then, one by one.
fn listed(details: &Details<'_>) -> Vec<Change> {
    let list = details.0.get("changes").and_then(Value::as_array).into_iter().flatten();
    let each = list.map(|one| {
        let one = Details(one);
        change(one.text("what"), one.text("before"), one.text("after"))
    });
    each.collect()
}

/// What was declared in files, and how many of each were written.
fn counted(details: &Details<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (key, what, after) in [
        ("settings_changed", "settings", "changed"),
        ("staff_added", "staff", "added"),
        ("staff_changed", "staff", "changed"),
        ("accounts_added", "accounts", "added"),
        ("accounts_changed", "accounts", "changed"),
        ("customers_added", "customers", "added"),
        ("customers_changed", "customers", "changed"),
    ] {
        let number = details.number(key);
        if number > 0 {
            changes.push(change(what, "", &format!("{number} {after}")));
        }
    }
    changes.extend(listed(details));
    changes
}

fn of_support(action: &str, details: &Details<'_>) -> Option<Words> {
    let operator = details.text("operator");
    Some(plain(match action {
        "support.asked" => format!("Asked to look at the office: “{}”", details.text("reason")),
        "support.granted" => format!("Let {operator} in for an hour"),
        "support.declined" => format!("Did not let {operator} in"),
        "support.ended" if operator.is_empty() => "Was done, and left".to_owned(),
        "support.ended" => format!("Ended the access of {operator}"),
        "support.looked" => format!("Looked at {}", details.text("at")),
        _ => return None,
    }))
}

fn of_passkeys(action: &str, details: &Details<'_>) -> Option<Words> {
    let name = details.text("name");
    Some(match action {
        "passkey.added" => plain(format!("Made the passkey “{name}”")),
        "passkey.renamed" => {
            Words { sentence: "Gave a passkey another name".to_owned(), changes: vec![change("name", details.text("before"), name)] }
        }
        "passkey.removed" => plain(format!("Removed the passkey “{name}”")),
        "passkey.forgotten" => plain(format!("Took all passkeys from {name}, who makes a new one at the next sign-in")),
        _ => return None,
    })
}

fn of_platform(action: &str, details: &Details<'_>) -> Option<Words> {
    let (name, email) = (details.text("name"), details.text("email"));
    Some(match action {
        "operator.invited" => plain(format!("Let {name}{} sign in to the console", in_brackets(email))),
        "operator.removed" => plain(format!("Let {name}{} sign in to the console no more", in_brackets(email))),
        "operator.renamed" => {
            Words { sentence: format!("Gave the operator {email} another name"), changes: vec![change("name", "", name)] }
        }
        "token.made" => {
            let may = if details.text("scope") == "read" { "may read" } else { "may read and write" };
            plain(format!("Made the token “{name}”, which {may}"))
        }
        "job.retried" => plain(format!("Had something tried again that was given up: {}", details.text("job"))),
        "job.dropped" => plain(format!("Let something go that was given up: {}", details.text("job"))),
        "token.revoked" => plain(format!("Revoked the token “{name}”")),
        _ => return None,
    })
}

fn plain(sentence: String) -> Words {
    Words { sentence, changes: Vec::new() }
}

fn change(what: &str, before: &str, after: &str) -> Change {
    Change { what: what.to_owned(), before: before.to_owned(), after: after.to_owned() }
}

/// What follows, when there is something.
fn with(before: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{before}{text}") }
}

fn in_brackets(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" ({text})") }
}

fn in_a_sentence(role: Option<StaffRole>) -> &'static str {
    role.map_or("a colleague", StaffRole::in_a_sentence)
}

/// What stands in an entry, whatever it may lack.
struct Details<'a>(&'a Value);

impl<'a> Details<'a> {
    fn text(&self, key: &str) -> &'a str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, key: &str) -> u64 {
        self.0.get(key).and_then(Value::as_u64).unwrap_or_default()
    }

    fn whole(&self, key: &str) -> Option<i64> {
        self.0.get(key).and_then(Value::as_i64)
    }

    fn role(&self, key: &str) -> Option<StaffRole> {
        StaffRole::parse(self.text(key))
    }
}
