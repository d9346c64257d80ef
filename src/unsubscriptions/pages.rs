//! The link in a letter of news: a page with one button, because mail scanners open every link, and what the button or a mail program sends.

use askama::Template;
use poem::handler;
use poem::web::Path;

use crate::error::Result;
use crate::messages::news;
use crate::tenancy::Visitor;
use crate::web::{Contact, Page, Shell};

#[derive(Template)]
#[template(path = "unsubscriptions/show.html")]
struct ShowPage {
    shell: Shell,
    /// Whether there is anything to end.
    is_on: bool,
    contact: Contact,
}

/// `GET /unsubscriptions/:token`
#[handler]
pub async fn show(visitor: Visitor, Path(token): Path<String>) -> Result<Page> {
    let keys = &visitor.house.config.keys;
    let standing = visitor.house.office(&visitor.tenant).read(async |tx| news::look_up(tx, keys, &token).await).await?;
    page(&visitor, standing.is_on)
}

/// `POST /unsubscriptions/:token`: the button, or a mail program in its reader's name, without a cookie and without following a redirect
/// (RFC 8058 §3.1). That it was sent says everything; what was sent is not read.
#[handler]
pub async fn create(visitor: Visitor, Path(token): Path<String>) -> Result<Page> {
    let (house, now) = (&visitor.house, visitor.house.now());
    house.office(&visitor.tenant).write(async |tx| news::unsubscribe(tx, &house.config.keys, &token, now).await).await?;
    page(&visitor, false)
}

fn page(visitor: &Visitor, is_on: bool) -> Result<Page> {
    let title = if is_on { "End e-mails about orders" } else { "No more e-mails about orders" };
    Page::of(&ShowPage { shell: Shell::of(visitor, title), is_on, contact: Contact::of(&visitor.tenant) })
}
