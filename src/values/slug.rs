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

    /// Whether the name is ours to keep: hosts of our own now or later, names that mail and network software asks for
    /// unbidden, their plurals and numbered sisters, and names that would let a tenant speak as the platform.
    pub fn is_reserved(&self) -> bool {
        let name = self.as_str();
        let singular = [name.strip_suffix('s'), name.strip_suffix("es")];
        let numbered = name.trim_end_matches(|character: char| character.is_ascii_digit());
        let numbered = numbered.strip_suffix('-').unwrap_or(numbered);
        is_listed(name)
            || is_listed(&format!("{name}s"))
            || singular.into_iter().flatten().any(is_listed)
            || (numbered.len() < name.len() && NUMBERED.contains(&numbered))
            || looks_like_the_platform(name)
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_listed(name: &str) -> bool {
    RESERVED.binary_search(&name).is_ok()
}

/// What the name looks like at a glance: without hyphens, with one letter for all that are taken for it.
fn at_a_glance(name: &str) -> String {
    let letters: String = name
        .chars()
        .filter(|character| *character != '-')
        .map(|character| match character {
            '0' => 'o',
            '1' | 'i' => 'l',
            '3' => 'e',
            '4' => 'a',
            '5' => 's',
            '7' => 't',
            '8' => 'b',
            other => other,
        })
        .collect();
    letters.replace("rn", "m").replace("vv", "w")
}

/// Whether people would take the name for the platform's own: it has our name in it, or is one slip of the finger from it.
fn looks_like_the_platform(name: &str) -> bool {
    let (seen, ours) = (at_a_glance(name), at_a_glance("tradecounter"));
    seen.contains(&ours) || strsim::osa_distance(&seen, &ours) <= 1
}

/// Hosts of networks are numbered: `ns3`, `mx-10`.
const NUMBERED: &[&str] = &["db", "dns", "mail", "mx", "node", "ns", "proxy", "relay", "server", "smtp", "vpn", "web", "ww", "www"];

/// Sorted. Names of one or two characters need no place here, they are no slugs.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "about", "abuse", "academy", "account", "accounts", "acme-challenge", "adm", "admin", "administrator",
    "administrators", "admins", "affiliate", "affiliates", "all", "alpha", "any", "anyone", "api", "apis", "app",
    "application", "apps", "asset", "assets", "audit", "auth", "autoconfig", "autodiscover", "backup", "backups",
    "bank", "banking", "basket", "beta", "billing", "bimi", "blog", "blogs", "bounce", "bounces", "broadcasthost",
    "build", "cache", "caldav", "card", "carddav", "cards", "careers", "cart", "cdn", "cdns", "cert", "certificate",
    "certificates", "certs", "checkout", "code", "codes", "community", "compliance", "console", "contact",
    "content", "contents", "cookies", "counter", "counters", "crl", "css", "customer", "customers", "daemon",
    "dashboard", "dashboards", "data", "database", "db1", "db2", "demo", "demos", "deploy", "dev", "developer",
    "developers", "devs", "dkim", "dmarc", "dns", "dns1", "dns2", "doc", "docs", "documentation", "download",
    "downloads", "dpo", "email", "emails", "everyone", "example", "examples", "false", "favicon", "file", "files",
    "firewall", "fonts", "forum", "forums", "ftp", "gateway", "gateways", "gdpr", "git", "grafana", "graphql",
    "guest", "guests", "health", "healthz", "help", "helpcenter", "helpcentre", "helpdesk", "home", "hook", "hooks",
    "hostmaster", "identity", "image", "images", "imap", "imaps", "img", "imprint", "inbox", "info", "internal",
    "intranet", "invoice", "invoices", "isatap", "jobs", "js-assets", "learn", "legal", "local", "localdomain",
    "localhost", "log", "login", "logins", "logout", "logs", "mail", "mailer", "mailer-daemon", "mails",
    "mailserver", "market", "marketing", "marketplace", "markets", "media", "message", "messages", "metrics",
    "mobile", "monitor", "monitoring", "mta", "mta-sts", "mx1", "mx2", "mx3", "mytradecounter", "nameserver", "new",
    "news", "newsletter", "newsletters", "no-reply", "nobody", "noc", "none", "noreply", "ns1", "ns2", "ns3", "ns4",
    "ns5", "ns6", "null", "oauth", "oauth2", "ocsp", "office", "offices", "official", "oidc", "operator",
    "operators", "order", "orders", "otp", "outbox", "owner", "packages", "partner", "partners", "passkey",
    "passkeys", "password", "passwords", "pay", "payment", "payments", "pkg", "pki", "platform", "pop", "pop3",
    "portal", "portals", "postgres", "postgresql", "postmaster", "press", "preview", "privacy", "private", "prod",
    "production", "prometheus", "proxy", "public", "push", "qa-test", "queue", "readyz", "redis", "refund",
    "refunds", "register", "registration", "registrations", "registry", "repo", "repos", "robots", "root", "router",
    "safety", "sales", "saml", "sample", "samples", "sandbox", "search", "securities", "security", "self",
    "service", "services", "session", "sessions", "sftp", "shop", "shops", "sign-in", "sign-out", "sign-up",
    "signin", "signout", "signup", "sitemap", "sms", "smtp", "smtps", "socket", "spf", "ssh", "ssl", "sso", "staff",
    "stage", "staging", "start", "static", "statics", "status", "statuses", "store", "stores", "superuser",
    "support", "supports", "svn", "sysadmin", "system", "systems", "team", "tenant", "tenants", "terms", "test",
    "testing", "tests", "tls", "token", "tokens", "tracing", "tradcounter", "trade-counter", "trade-counter-app",
    "trade-counters", "tradecounter", "tradecounter-admin", "tradecounter-app", "tradecounter-help",
    "tradecounter-id", "tradecounter-login", "tradecounter-pay", "tradecounter-support", "tradecounterapp",
    "tradecounters", "tradecountr", "true", "trust", "undefined", "unknown", "unsubscribe", "upload", "uploads",
    "usenet", "user", "users", "uucp", "verification", "verify", "void", "vpn", "wallet", "web", "webhook",
    "webhooks", "webmail", "webmaster", "webs", "website", "websocket", "well-known", "wholesaler", "wholesalers",
    "wiki", "wpad", "www", "www1", "www2", "www3", "wwww", "you",
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
        for free in ["unionjack", "spiceroute", "fromagerie", "counter-culture", "trade-corner", "webbs", "nsk-foods", "vpnz", "mailroom7"]
        {
            assert!(!Slug::parse(free).unwrap().is_reserved(), "{free}");
        }
    }

    #[test]
    fn sisters_and_look_alikes_of_reserved_names_are_reserved() {
        for name in
            ["wpad", "wpads", "autodiscover", "mta-sts", "ns1", "ns17", "mx-4", "www9", "web2", "admins", "logins", "statuse", "boxs"]
        {
            assert_eq!(Slug::parse(name).unwrap().is_reserved(), name != "boxs", "{name}");
        }
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
        ] {
            assert!(Slug::parse(ours).unwrap().is_reserved(), "{ours}");
        }
    }
}
