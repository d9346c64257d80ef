//! The checklist on a desk.

use askama::Template;
use poem::handler;

use super::{Progress, progress, remove_samples};
use crate::error::Result;
use crate::tenancy::extract::{Keeper, Staff};
use crate::web::{Page, Redirect, Shell};

#[derive(Template)]
#[template(path = "getting_started/index.html")]
struct IndexPage {
    shell: Shell,
    progress: Progress,
    counter_href: String,
    counter_shown: String,
}

/// `GET /office/getting-started`
#[handler]
pub async fn index(staff: Staff<Keeper>) -> Result<Page> {
    let member = staff.member.clone();
    // Its transaction ends before others are opened: a request holds one connection at a time.
    drop(staff);
    let progress = progress(&member).await?;
    let hosts = &member.house.hosts;
    Page::of(&IndexPage {
        shell: Shell::of_staff(&member, "Getting started", "getting-started", progress.waiting),
        counter_href: member.tenant.main_url(hosts),
        counter_shown: member.tenant.main_host(hosts),
        progress,
    })
}

/// `POST /office/samples/removal`
#[handler]
pub async fn samples_removal(staff: Staff<Keeper>) -> Result<Redirect> {
    let member = staff.member.clone();
    drop(staff);
    remove_samples(&member).await?;
    Ok(Redirect::to("/office/getting-started"))
}
