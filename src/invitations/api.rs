//! Asking somebody to join, by the API.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{Invitation, NewInvitation, invite, waiting, withdraw};
use crate::api::once::{KeyHeader, read_key};
use crate::api::typed::{Body, Id, Text};
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::tenancy::extract::{Fresh, Staff, TeamKeeper};
use crate::values::email::LONGEST_EMAIL;
use crate::values::text::LONGEST_NAME;

pub struct InvitationsApi;

/// Somebody was asked to join.
#[derive(Object)]
pub struct InvitationAnswer {
    id: Uuid,
    name: String,
    email: String,
    /// `owner`, `manager`, `sales` or `picker`.
    role: String,
    invited_by: String,
    /// `open` or `expired`.
    status: String,
    created_at: String,
    expires_at: String,
}

impl From<Invitation> for InvitationAnswer {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.invitation_id,
            name: invitation.name,
            email: invitation.email.as_str().to_owned(),
            role: invitation.role.word().to_owned(),
            invited_by: invitation.invited_by,
            status: invitation.state.word().to_owned(),
            created_at: time(invitation.created_at),
            expires_at: time(invitation.expires_at),
        }
    }
}

/// Those that wait.
#[derive(Object)]
pub struct InvitationList {
    items: Vec<InvitationAnswer>,
    next: Option<String>,
}

/// Whom to ask, as what.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct InvitationBody {
    /// What colleagues will call them.
    name: Text<1, LONGEST_NAME>,
    email: Text<1, LONGEST_EMAIL>,
    /// `owner`, `manager`, `sales` or `picker`.
    role: Text<1, 16>,
}

#[derive(ApiResponse)]
pub enum InvitationMade {
    /// The letter is on its way. Whoever signs in with the address within the week has joined.
    #[oai(status = 201)]
    Created(Json<InvitationAnswer>),
}

#[derive(ApiResponse)]
pub enum InvitationWithdrawn {
    /// Nobody can accept it any more.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl InvitationsApi {
    /// Invitations that nobody has accepted yet
    #[oai(path = "/office/invitations", method = "get")]
    async fn list_invitations(&self, mut staff: Staff<TeamKeeper>) -> Result<Json<InvitationList>> {
        let now = staff.house.now();
        let items = waiting(&mut staff.tx, now).await?.into_iter().map(Into::into).collect();
        Ok(Json(InvitationList { items, next: None }))
    }

    /// Invite somebody to work here
    ///
    /// Owners invite as anything, managers as sales people and pickers. An address has one invitation at a time, so that a
    /// request sent twice writes to nobody twice.
    #[oai(path = "/office/invitations", method = "post")]
    async fn create_invitation(
        &self,
        staff: Staff<Fresh<TeamKeeper>>,
        /// Of visible ASCII characters.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: KeyHeader,
        body: Body<InvitationBody>,
    ) -> Result<InvitationMade> {
        let key = read_key(&staff.headers, &idempotency_key)?;
        let (new, member) = (NewInvitation::parse(&body.name, &body.email, &body.role)?, staff.leave().await?);
        let scope = member.house.office(&member.tenant);
        let made = scope.write(async |tx| invite(tx, &member, new, key.as_ref()).await).await?;
        Ok(InvitationMade::Created(Json(made.into())))
    }

    /// Withdraw an invitation
    #[oai(path = "/office/invitations/:id", method = "delete")]
    async fn delete_invitation(&self, staff: Staff<Fresh<TeamKeeper>>, id: Path<Id>) -> Result<InvitationWithdrawn> {
        let member = staff.leave().await?;
        member.house.office(&member.tenant).write(async |tx| withdraw(tx, &member, id.uuid()).await).await?;
        Ok(InvitationWithdrawn::Done)
    }
}
