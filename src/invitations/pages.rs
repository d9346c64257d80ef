//! Asking somebody to join from the office, and what the letter's link shows.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Path};
use poem::{IntoResponse, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

use super::{NewInvitation, State, find, invite, send_again, withdraw};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::office_requests;
use crate::team::pages::team_page;
use crate::tenancy::extract::{Fresh, Member, Staff, TeamKeeper};
use crate::tenancy::{StaffRole, Visitor};
use crate::web::failure::in_words;
use crate::web::{Page, Redirect, Shell, when};

#[derive(Template)]
#[template(path = "invitations/new.html")]
struct NewPage {
    shell: Shell,
    typed: InvitationForm,
    roles: Vec<StaffRole>,
    name_error: String,
    email_error: String,
    role_error: String,
    has_errors: bool,
    /// Why nobody can be invited just now.
    refusal: String,
}

/// What the form of an invitation sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct InvitationForm {
    name: String,
    email: String,
    role: String,
}

/// `GET /office/team/invitations/new`
#[handler]
pub async fn new(mut staff: Staff<Fresh<TeamKeeper>>) -> Result<Page> {
    new_page(&mut staff.tx, &staff.member, InvitationForm::default(), &FieldErrors::new(), String::new()).await
}

/// `POST /office/team/invitations`
#[handler]
pub async fn create(staff: Staff<Fresh<TeamKeeper>>, Form(form): Form<InvitationForm>) -> Result<Response> {
    let member = staff.leave().await?;
    let scope = member.house.office(&member.tenant);
    let made = match NewInvitation::parse(&form.name, &form.email, &form.role) {
        Ok(asked) => scope.write(async |tx| invite(tx, &member, asked, None).await).await,
        Err(error) => Err(error),
    };
    let again = async |wrong: FieldErrors, refusal: String| scope.read(async |tx| new_page(tx, &member, form, &wrong, refusal).await).await;
    let page = match made {
        Ok(made) => return Ok(Redirect::to(format!("/office/team?written={}", made.invitation_id)).into_response()),
        Err(Error::Invalid(fields)) => again(fields, String::new()).await?.with_status(StatusCode::UNPROCESSABLE_ENTITY),
        Err(Error::Conflict(why)) => {
            let wrong = Error::invalid("email", format!("{why}.")).fields();
            again(wrong, String::new()).await?.with_status(StatusCode::CONFLICT)
        }
        Err(refusal @ Error::SlowDown { .. }) => again(FieldErrors::new(), in_words(&refusal)).await?.with_refusal(&refusal),
        Err(error) => return Err(error),
    };
    Ok(page.into_response())
}

async fn new_page(tx: &mut Tx<Office>, member: &Member, typed: InvitationForm, wrong: &FieldErrors, refusal: String) -> Result<Page> {
    let acting = member.session.role;
    Page::of(&NewPage {
        shell: Shell::of_staff(member, "Invite somebody", "team", office_requests::waiting(tx, member).await?),
        roles: StaffRole::ALL.into_iter().filter(|role| acting.may_appoint(*role)).collect(),
        name_error: wrong.of("name"),
        email_error: wrong.of("email"),
        role_error: wrong.of("role"),
        has_errors: wrong.iter().next().is_some(),
        typed,
        refusal,
    })
}

/// `POST /office/team/invitations/:invitation_id/letters`: the letter again.
#[handler]
pub async fn letter(staff: Staff<Fresh<TeamKeeper>>, Path(invitation_id): Path<Uuid>) -> Result<Response> {
    let member = staff.leave().await?;
    let done = member.house.office(&member.tenant).write(async |tx| send_again(tx, &member, invitation_id).await).await;
    after(&member, done, format!("/office/team?written={invitation_id}")).await
}

/// `POST /office/team/invitations/:invitation_id/withdrawal`
#[handler]
pub async fn withdrawal(staff: Staff<Fresh<TeamKeeper>>, Path(invitation_id): Path<Uuid>) -> Result<Response> {
    let member = staff.leave().await?;
    let done = member.house.office(&member.tenant).write(async |tx| withdraw(tx, &member, invitation_id).await).await;
    after(&member, done, "/office/team".to_owned()).await
}

/// On to the team, or the team with why nothing was done.
async fn after(member: &Member, done: Result<()>, next: String) -> Result<Response> {
    let scope = member.house.office(&member.tenant);
    let refused = async |why: &str| scope.read(async |tx| team_page(tx, member, None, why).await).await;
    let page = match done {
        Ok(()) => return Ok(Redirect::to(next).into_response()),
        Err(Error::Conflict(why)) => refused(why).await?.with_status(StatusCode::CONFLICT),
        Err(refusal @ Error::SlowDown { .. }) => refused("Too many letters for today: try again later").await?.with_refusal(&refusal),
        Err(error) => return Err(error),
    };
    Ok(page.into_response())
}

#[derive(Template)]
#[template(path = "invitations/show.html")]
struct ShowPage {
    shell: Shell,
    state: State,
    inviter: String,
    role: StaffRole,
    /// Enough of the address to know it by.
    address: String,
    left: String,
}

/// `GET /office/invitations/:invitation_id`: where the letter's link leads. It tells what it is about, and opens nothing.
#[handler]
pub async fn show(visitor: Visitor, Path(invitation_id): Path<Uuid>) -> Result<Page> {
    let now = visitor.house.now();
    let invitation = visitor.house.office(&visitor.tenant).read(async |tx| find(tx, invitation_id, now).await).await?;
    let page = ShowPage {
        shell: Shell { private: true, ..Shell::of(&visitor, "Invitation") },
        state: invitation.state,
        left: when::length(invitation.left(now)),
        inviter: invitation.invited_by,
        role: invitation.role,
        address: invitation.email.to_string(),
    };
    Page::of(&page)?.with_pending_cookie(&visitor)
}
