//! Subdomains that tenants choose for themselves.

use std::fmt;

/// The first label of a tenant's host name: 3 to 63 of `a`–`z`, `0`–`9` and inner hyphens.
///
/// Shape alone; whether it may be given to a tenant is [`Slug::is_reserved`] and the database's to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

/// Why a text is no subdomain, in words for the person who chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SlugError {
    #[error("A subdomain has at least 3 characters.")]
    TooShort,
    #[error("A subdomain has at most 63 characters.")]
    TooLong,
    #[error("A subdomain is made of small letters a to z, digits and hyphens.")]
    Character,
    #[error("A subdomain does not begin or end with a hyphen.")]
    EdgeHyphen,
    #[error("A subdomain does not have two hyphens as its third and fourth characters.")]
    DoubleHyphen,
    #[error("A subdomain needs at least one letter.")]
    NumbersOnly,
}

impl Slug {
    /// Reads a subdomain. Capitals are refused: the caller decides whether to make them small.
    pub fn parse(text: &str) -> Result<Slug, SlugError> {
        if !text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            return Err(SlugError::Character);
        }
        match text.len() {
            ..3 => return Err(SlugError::TooShort),
            3..=63 => {}
            _ => return Err(SlugError::TooLong),
        }
        if text.starts_with('-') || text.ends_with('-') {
            return Err(SlugError::EdgeHyphen);
        }
        // RFC 5891 §4.2.3.1: such labels are kept for encodings, of which `xn--` is one.
        if text.get(2..4) == Some("--") {
            return Err(SlugError::DoubleHyphen);
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SlugError::NumbersOnly);
        }
        Ok(Slug(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name stands on the list itself: no host of it is ever a tenant's, whatever the database holds.
    pub fn is_listed(&self) -> bool {
        RESERVED.binary_search(&self.as_str()).is_ok()
    }

    /// Whether the name is ours to keep: hosts of our own now or later, names that mail and network software asks for
    /// unbidden, their plurals, numbered sisters and look-alikes, and names that would let a tenant speak as the platform.
    pub fn is_reserved(&self) -> bool {
        let name = self.as_str();
        let stem = name.trim_end_matches(|character: char| character.is_ascii_digit());
        is_kept(name) || is_kept(stem.strip_suffix('-').unwrap_or(stem)) || looks_like_the_platform(name)
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether a name is on the list, in the singular or the plural, or looks like one that is.
fn is_kept(name: &str) -> bool {
    let singular = [name.strip_suffix('s'), name.strip_suffix("es")];
    let with_y = name.strip_suffix("ies").map(|stem| format!("{stem}y"));
    is_listed(name)
        || is_listed(&format!("{name}s"))
        || singular.into_iter().flatten().any(is_listed)
        || with_y.is_some_and(|name| is_listed(&name))
        || ["l", "i"].iter().any(|one| is_listed(&undisguised(name, one)))
}

fn is_listed(name: &str) -> bool {
    RESERVED.binary_search(&name).is_ok() || TWO_LETTERS.contains(&name)
}

/// What a name is taken for that has digits in the place of letters, or a hyphen where nobody expects one: `supp0rt`. Who
/// reads a 1 reads a small L or an I.
fn undisguised(name: &str, one: &str) -> String {
    let letters = name.replace('-', "").replace('1', one);
    let letters: String = letters.chars().map(letter_of).collect();
    letters.replace("rn", "m").replace("vv", "w")
}

/// The letter that a digit is taken for.
fn letter_of(character: char) -> char {
    match character {
        '0' => 'o',
        '1' => 'l',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        '8' => 'b',
        other => other,
    }
}

/// Whether people would take the name for the platform's own: it has our name in it, or some of its words are one slip of
/// the finger from it.
fn looks_like_the_platform(name: &str) -> bool {
    const OURS: &str = "tradecounter";
    let words: Vec<&str> = name.split('-').collect();
    let runs = (0..words.len()).flat_map(|from| (from + 1..=words.len()).map(move |to| from..to));
    let is_a_slip = |run: &str| {
        let stem = run.trim_end_matches(|character: char| character.is_ascii_digit());
        [run, stem, stem.trim_end_matches('s')].iter().any(|run| strsim::osa_distance(&undisguised(run, "l"), OURS) <= 1)
    };
    undisguised(name, "l").contains(OURS) || runs.filter_map(|run| words.get(run)).any(|run| is_a_slip(&run.concat()))
}

/// Hosts of networks that are numbered, `ns3` and `mx-10`, and too short to be a name themselves.
const TWO_LETTERS: &[&str] = &["db", "mx", "ns", "ww"];

/// Sorted. Names of one or two characters need no place here, they are no slugs.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "about", "abuse", "academy", "account", "accounts", "acme-challenge", "adm", "admin", "administrator",
    "administrators", "admins", "affiliate", "affiliates", "all", "alpha", "any", "anyone", "api", "apis", "app",
    "application", "apps", "arpa", "asset", "assets", "audit", "auth", "autoconfig", "autodiscover", "backup",
    "backups", "bank", "banking", "basket", "beta", "billing", "bimi", "blog", "blogs", "bounce", "bounces",
    "broadcasthost", "build", "cache", "caddy", "caldav", "caldavs", "card", "carddav", "carddavs", "cards",
    "careers", "cart", "cdn", "cdns", "cert", "certificate", "certificates", "certs", "checkout", "cname", "code",
    "codes", "community", "compliance", "console", "contact", "content", "contents", "cookies", "corp", "counter",
    "counters", "cpanel", "cpcalendars", "cpcontacts", "crl", "css", "customer", "customers", "daemon", "dashboard",
    "dashboards", "data", "database", "demo", "demos", "deploy", "dev", "developer", "developers", "devs", "dhcp",
    "directory", "dkim", "dmarc", "dns", "dnssec", "doc", "docs", "documentation", "domainkey", "download",
    "downloads", "dpo", "email", "emails", "enterpriseenrollment", "enterpriseregistration", "everyone", "example",
    "examples", "false", "favicon", "feedback", "file", "files", "firewall", "fonts", "forum", "forums", "ftp",
    "gateway", "gateways", "gdpr", "git", "grafana", "graphql", "guest", "guests", "health", "healthz", "help",
    "helpcenter", "helpcentre", "helpdesk", "home", "hook", "hooks", "hostmaster", "identity", "image", "images",
    "imap", "imap4", "imaps", "img", "imprint", "inbox", "info", "internal", "intranet", "invalid", "invoice",
    "invoices", "isatap", "jabber", "jobs", "js-assets", "kerberos", "lan", "ldap", "ldaps", "learn", "legal",
    "letsencrypt", "lists", "listserv", "local", "localdomain", "localhost", "log", "login", "logins", "logout",
    "logs", "lyncdiscover", "mail", "mailer", "mailer-daemon", "mailhost", "mailman", "mails", "mailserver",
    "market", "marketing", "marketplace", "markets", "media", "message", "messages", "metrics", "mobile", "monitor",
    "monitoring", "msoid", "mta", "mta-sts", "mytradecounter", "nameserver", "new", "news", "newsletter",
    "newsletters", "nil", "no-reply", "nobody", "noc", "node", "none", "noreply", "ntp", "null", "oauth", "oauth2",
    "ocsp", "office", "offices", "official", "oidc", "onion", "operator", "operators", "order", "orders", "otp",
    "outbox", "owner", "packages", "partner", "partners", "passkey", "passkeys", "password", "passwords", "pay",
    "payment", "payments", "pkg", "pki", "platform", "plesk", "pop", "pop3", "pop3s", "portal", "portals",
    "postgres", "postgresql", "postmaster", "press", "preview", "privacy", "private", "prod", "production",
    "prometheus", "proxy", "public", "push", "qa-test", "queue", "readyz", "redis", "refund", "refunds", "register",
    "registration", "registrations", "registry", "relay", "repo", "repos", "resolver", "robots", "root", "router",
    "safety", "sales", "saml", "sample", "samples", "sandbox", "search", "secure", "securities", "security",
    "selector", "self", "server", "service", "services", "session", "sessions", "sftp", "shop", "shops", "sign-in",
    "sign-out", "sign-up", "signin", "signout", "signup", "sip", "sips", "sitemap", "smarthost", "sms", "smtp",
    "smtps", "socket", "spf", "ssh", "ssl", "sso", "staff", "stage", "staging", "start", "static", "statics",
    "status", "statuses", "store", "stores", "stun", "stuns", "superuser", "support", "supports", "svn", "sysadmin",
    "system", "systems", "team", "tenant", "tenants", "terms", "test", "testing", "tests", "tls", "token", "tokens",
    "tracing", "tradcounter", "trade-counter", "trade-counter-app", "trade-counters", "tradecounter",
    "tradecounter-admin", "tradecounter-app", "tradecounter-help", "tradecounter-id", "tradecounter-login",
    "tradecounter-pay", "tradecounter-support", "tradecounterapp", "tradecounters", "tradecountr", "true", "trust",
    "turns", "undefined", "unknown", "unsubscribe", "upload", "uploads", "usenet", "user", "users", "uucp",
    "verification", "verify", "void", "vpn", "wallet", "web", "webdisk", "webhook", "webhooks", "webmail",
    "webmaster", "webs", "website", "websocket", "well-known", "whm", "wholesaler", "wholesalers", "wiki", "wpad",
    "www", "wwww", "xmpp", "you",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        for text in ["abc", "unionjack", "a-b", "spice-route-2", "3com", "a1b", "abc--d", &"a".repeat(63)] {
            assert_eq!(Slug::parse(text).as_ref().map(Slug::as_str), Ok(text));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        use SlugError::*;
        for (text, error) in [
            ("", TooShort),
            ("ab", TooShort),
            (&"a".repeat(64), TooLong),
            ("Acme", Character),
            ("ac me", Character),
            ("ac.me", Character),
            ("ac_me", Character),
            ("café", Character),
            ("acme\n", Character),
            ("-acme", EdgeHyphen),
            ("acme-", EdgeHyphen),
            ("xn--caf-dma", DoubleHyphen),
            ("ab--cd", DoubleHyphen),
            ("12345", NumbersOnly),
        ] {
            assert_eq!(Slug::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn reserved_names_are_sorted_slugs() {
        assert!(RESERVED.is_sorted_by(|one, next| one < next));
        for name in RESERVED {
            assert!(Slug::parse(name).unwrap().is_reserved(), "{name}");
        }
        for free in [
            "acme",
            "unionjack",
            "spiceroute",
            "fromagerie",
            "counter-culture",
            "trade-corner",
            "trade-country",
            "trade-centre-24",
            "webbs",
            "nsk-foods",
            "vpnz",
            "mailroom7",
            "the-mall",
            "7up-depot",
            "modern-barn",
        ] {
            assert!(!Slug::parse(free).unwrap().is_reserved(), "{free}");
        }
    }

    #[test]
    fn sisters_and_look_alikes_of_reserved_names_are_reserved() {
        for name in
            "wpad wpads wpad2 autodiscover autodiscovers lyncdiscover mta-sts mta-sts1 ns1 ns17 nss mx-4 mxs www9 web2 imap1 sip ldap \
            selector1 cpanel invalid onion admins admin1 admin-2 logins login24 statuse registries proxies inboxes supp0rt adm1n l0gin \
            b1lling log-in adrnin 0ffice webrnail"
                .split_whitespace()
        {
            assert!(Slug::parse(name).unwrap().is_reserved(), "{name}");
        }
        assert!(!Slug::parse("boxs").unwrap().is_reserved());
        for ours in [
            "tradecounter",
            "trade-counter",
            "trade-counters",
            "tradec0unter",
            "trade-counter-billing",
            "my-tradecounter",
            "tradecuonter",
            "tradecountre",
            "tradeccounter",
            "tradec0unt3r",
            "tradecountr-support",
            "login-trade-countre",
            "tradecuonter24",
            "tradecountres-uk",
        ] {
            assert!(Slug::parse(ours).unwrap().is_reserved(), "{ours}");
        }
    }
}
