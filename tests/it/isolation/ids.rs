//! The ids of things at a tenant, put into the paths of routes.

use uuid::Uuid;

use super::routes::Guarded;

/// What the ids in a path may name.
pub struct Ids {
    pub request: String,
    pub active: String,
    pub suspended: String,
    pub session: String,
    pub slug: String,
    pub colleague: String,
    pub invitation: String,
    pub domain: String,
    pub asked: String,
    pub granted: String,
    pub passkey: String,
    pub product: String,
    /// The number of an order that nobody has answered.
    pub order: String,
    pub category: String,
    pub price_list: String,
    pub files: [String; 2],
    pub account: String,
    /// A message that did not arrive.
    pub message: String,
}

impl Ids {
    pub fn nowhere() -> Self {
        let new = || Uuid::now_v7().to_string();
        let slug = "nowhere".to_owned();
        Self {
            request: new(),
            active: new(),
            suspended: new(),
            session: new(),
            slug,
            colleague: new(),
            invitation: new(),
            domain: new(),
            asked: new(),
            granted: new(),
            passkey: new(),
            product: new(),
            order: "AW-222-222".to_owned(),
            category: new(),
            price_list: new(),
            files: [new(), new()],
            account: new(),
            message: new(),
        }
    }

    /// The path with its ids.
    pub fn fill(&self, route: &Guarded) -> String {
        let access = if route.path.ends_with("restoration") || route.method == "DELETE" { &self.suspended } else { &self.active };
        let ends = route.path.ends_with("/end") || route.method == "DELETE";
        let id = match route.path {
            path if path.contains("/passkeys") => &self.passkey,
            path if path.contains("/support") => [&self.asked, &self.granted][usize::from(ends)],
            path if path.contains("/devices/") => &self.session,
            path if path.contains("/customers/") => access,
            path if path.contains("/team/") => &self.colleague,
            path if path.contains("/invitations/") => &self.invitation,
            path if path.contains("/domains/") => &self.domain,
            path if path.contains("/office/products/") => &self.product,
            path if path.contains("/office/price-lists/") => &self.price_list,
            path if path.contains("/office/accounts/") => &self.account,
            path if path.contains("/office/messages/") => &self.message,
            _ => &self.request,
        };
        let named = [
            (":number", &self.order),
            (":request_id", &self.request),
            (":access_id", access),
            (":session_id", &self.session),
            (":staff_id", &self.colleague),
            (":invitation_id", &self.invitation),
            (":domain_id", &self.domain),
            (":product_id", &self.product),
            (":category_id", &self.category),
            (":price_list_id", &self.price_list),
            (":import_id", &self.files[usize::from(route.path.ends_with("/undoing"))]),
            (":account_id", &self.account),
            (":message_id", &self.message),
            (":slug", &self.slug),
            (":kind", &"account_rejected".to_owned()),
            (":language", &"fr".to_owned()),
            (":id", id),
        ];
        let path = if ["GET", "DELETE"].contains(&route.method) { format!("{}{}", route.path, route.body) } else { route.path.to_owned() };
        named.into_iter().fold(path, |path, (name, value)| path.replace(name, value))
    }

    pub fn all(&self) -> [&String; 19] {
        let Self { request, active, suspended, session, slug, colleague, invitation, order, .. } = self;
        let Self { domain, asked, granted, passkey, product, category, price_list, files: [file, applied], account, message, .. } = self;
        [
            request, active, suspended, session, slug, colleague, invitation, domain, asked, granted, passkey, product, order, category,
            price_list, file, applied, account, message,
        ]
    }
}
