//! The team on a desk: everybody, one of them with what may be done, and what each role may do.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path, Query};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{Colleague, change_role, choose_role, find, list, remove};
use crate::audit::{self, Named, tell};
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::invitations::{self, Invitation, State};
use crate::office_requests;
use crate::tenancy::StaffRole;
use crate::tenancy::extract::{AnyRole, Fresh, Member, RoleGiver, RoleRule, Staff, TeamKeeper};
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "team/index.html")]
struct IndexPage {
    shell: Shell,
    items: Vec<Item>,
    may_invite: bool,
    invitations: Vec<Waiting>,
    notice: String,
    refusal: String,
}

struct Item {
    staff_id: Uuid,
    name: String,
    email: String,
    role: StaffRole,
    is_oneself: bool,
    since: String,
    since_exact: String,
    last_seen: String,
    last_seen_exact: String,
}

impl Item {
    fn of(colleague: Colleague, member: &Member) -> Self {
        let (now, zone) = (member.house.now(), member.tenant.time_zone);
        Self {
            staff_id: colleague.staff_id,
            is_oneself: colleague.staff_id == member.session.staff_id.uuid(),
            name: colleague.name,
            email: colleague.email,
            role: colleague.role,
            since: when::ago(colleague.since, now, zone),
            since_exact: when::exact(colleague.since, zone),
            last_seen: colleague.last_seen_at.map_or("never".to_owned(), |at| when::ago(at, now, zone)),
            last_seen_exact: colleague.last_seen_at.map(|at| when::exact(at, zone)).unwrap_or_default(),
        }
    }
}

struct Waiting {
    invitation_id: Uuid,
    name: String,
    email: String,
    role: StaffRole,
    invited_by: String,
    /// How long it is still good for; empty when it is not.
    left: String,
    may_change: bool,
}

impl Waiting {
    fn of(invitation: Invitation, member: &Member) -> Self {
        let left = invitation.left(member.house.now());
        Self {
            invitation_id: invitation.invitation_id,
            left: if invitation.state == State::Open { when::length(left) } else { String::new() },
            may_change: member.session.role.may_appoint(invitation.role),
            name: invitation.name,
            email: invitation.email.as_str().to_owned(),
            role: invitation.role,
            invited_by: invitation.invited_by,
        }
    }
}

/// What was done just now.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IndexQuery {
    written: Option<Uuid>,
}

/// `GET /office/team`
#[handler]
pub async fn index(mut staff: Staff<AnyRole>, Query(query): Query<IndexQuery>) -> Result<Page> {
    team_page(&mut staff.tx, &staff.member, query.written, "").await
}

/// The team, with what was done just now, or why it was not.
pub async fn team_page(tx: &mut Tx<Office>, member: &Member, written: Option<Uuid>, refusal: &str) -> Result<Page> {
    let may_invite = TeamKeeper::allows(member.session.role);
    let items = list(tx).await?.into_iter().map(|colleague| Item::of(colleague, member)).collect();
    let waiting = if may_invite { invitations::waiting(tx, member.house.now()).await? } else { Vec::new() };
    let invitations: Vec<Waiting> = waiting.into_iter().map(|invitation| Waiting::of(invitation, member)).collect();
    // Only of an invitation that is there: an address cannot say what was not done.
    let told = invitations.iter().find(|waiting| Some(waiting.invitation_id) == written);
    let notice = told.map(|waiting| format!("A letter to {} is on its way to {}.", waiting.name, waiting.email)).unwrap_or_default();
    let shell = Shell::of_staff(member, "Team", "team", office_requests::waiting(tx, member).await?);
    Page::of(&IndexPage { shell, items, may_invite, invitations, notice, refusal: sentence(refusal) })
}

fn sentence(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!("{words}.") }
}

#[derive(Template)]
#[template(path = "team/roles.html")]
struct RolesPage {
    shell: Shell,
    roles: [StaffRole; 4],
    own: StaffRole,
}

/// `GET /office/team/roles`
#[handler]
pub async fn what_roles_may(mut staff: Staff<AnyRole>) -> Result<Page> {
    let waiting = office_requests::waiting(&mut staff.tx, &staff.member).await?;
    let shell = Shell::of_staff(&staff, "What each role may do", "team", waiting);
    Page::of(&RolesPage { shell, roles: StaffRole::ALL, own: staff.session.role })
}

#[derive(Template)]
#[template(path = "team/show.html")]
struct ShowPage {
    shell: Shell,
    item: Item,
    roles: [StaffRole; 4],
    may_change: bool,
    may_remove: bool,
    role_error: String,
    refusal: String,
    events: Vec<EventLine>,
}

struct EventLine {
    at: String,
    at_exact: String,
    what: String,
    who: String,
}

/// `GET /office/team/:staff_id`
#[handler]
pub async fn show(mut staff: Staff<Fresh<TeamKeeper>>, Path(staff_id): Path<Uuid>) -> Result<Page> {
    show_page(&mut staff.tx, &staff.member, staff_id, String::new(), "").await
}

/// What the form of a role sends.
#[derive(Deserialize)]
pub struct RoleForm {
    #[serde(default)]
    role: String,
}

/// `POST /office/team/:staff_id/role`
#[handler]
pub async fn role_change(staff: Staff<Fresh<RoleGiver>>, Path(staff_id): Path<Uuid>, Form(form): Form<RoleForm>) -> Result<Response> {
    let member = staff.leave().await?;
    let scope = member.house.office(&member.tenant);
    let done = match choose_role(&form.role) {
        Ok(role) => scope.write(async |tx| change_role(tx, &member, staff_id, role).await).await.map(drop),
        Err(error) => Err(error),
    };
    // Who is not an owner any more may not open the page they come from.
    let is_oneself = staff_id == member.session.staff_id.uuid();
    let next = if is_oneself { "/office/team".to_owned() } else { format!("/office/team/{staff_id}") };
    after(&member, staff_id, done, next).await
}

/// What the form of a removal sends.
#[derive(Deserialize)]
pub struct RemovalForm {
    #[serde(default)]
    leaving: String,
}

/// `POST /office/team/:staff_id/removal`
#[handler]
pub async fn removal(staff: Staff<Fresh<TeamKeeper>>, Path(staff_id): Path<Uuid>, Form(form): Form<RemovalForm>) -> Result<Response> {
    let member = staff.leave().await?;
    let scope = member.house.office(&member.tenant);
    let done = scope.write(async |tx| remove(tx, &member, staff_id, form.leaving == "yes").await).await;
    after(&member, staff_id, done, "/office/team".to_owned()).await
}

/// On to the next page, or the colleague again with why nothing was done.
async fn after(member: &Member, staff_id: Uuid, done: Result<()>, next: String) -> Result<Response> {
    let (status, role_error, refusal) = match done {
        Ok(()) => return Ok(Redirect::to(next).into_response()),
        Err(Error::Invalid(fields)) => (StatusCode::UNPROCESSABLE_ENTITY, fields.of("role"), ""),
        Err(Error::Conflict(refusal)) => (StatusCode::CONFLICT, String::new(), refusal),
        Err(error) => return Err(error),
    };
    let scope = member.house.office(&member.tenant);
    let page = scope.read(async |tx| show_page(tx, member, staff_id, role_error, refusal).await).await?;
    Ok(page.with_status(status).into_response())
}

async fn show_page(tx: &mut Tx<Office>, member: &Member, staff_id: Uuid, role_error: String, refusal: &str) -> Result<Page> {
    let (now, zone) = (member.house.now(), member.tenant.time_zone);
    let colleague = find(tx, staff_id).await?;
    let entries = audit::about(tx, staff_id).await?;
    let waiting = office_requests::waiting(tx, member).await?;
    let acting = member.session.role;
    Page::of(&ShowPage {
        shell: Shell::of_staff(member, &colleague.name, "team", waiting),
        may_change: RoleGiver::allows(acting),
        may_remove: acting.may_appoint(colleague.role),
        item: Item::of(colleague, member),
        roles: StaffRole::ALL,
        role_error,
        refusal: sentence(refusal),
        events: entries
            .into_iter()
            .map(|entry| EventLine {
                at: when::ago(entry.at, now, zone),
                at_exact: when::exact(entry.at, zone),
                what: tell(&entry.action, &entry.details, &Named::default()).sentence,
                who: entry.actor_name,
            })
            .collect(),
    })
}
