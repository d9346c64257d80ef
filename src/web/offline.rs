//! What a phone shows that cannot fetch a page: its basket, as it was last seen. The page is the same for everybody; what stands on
//! it the phone knows itself.

use askama::Template;
use poem::handler;

use super::{Page, Shell};
use crate::error::Result;
use crate::tenancy::extract::Visitor;

#[derive(Template)]
#[template(path = "web/offline.html")]
struct OfflinePage {
    shell: Shell,
}

/// `GET /offline`
#[handler]
pub fn page(visitor: Visitor) -> Result<Page> {
    Page::of(&OfflinePage { shell: Shell::of(&visitor, "No signal") })
}
