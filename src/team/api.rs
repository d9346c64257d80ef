//! The people of a wholesaler, by the API.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::{Colleague, change_role, choose_role, list, remove};
use crate::api::typed::{Body, Id, Text};
use crate::api::{Chapter, time};
use crate::error::Result;
use crate::tenancy::extract::{AnyRole, Fresh, RoleGiver, Staff, TeamKeeper};

pub struct TeamApi;

/// Somebody who works here.
#[derive(Object)]
pub struct TeamMember {
    id: Uuid,
    name: String,
    email: String,
    /// `owner`, `manager`, `sales` or `picker`.
    role: String,
    since: String,
    last_seen_at: Option<String>,
}

impl From<Colleague> for TeamMember {
    fn from(colleague: Colleague) -> Self {
        Self {
            id: colleague.staff_id,
            name: colleague.name,
            email: colleague.email,
            role: colleague.role.word().to_owned(),
            since: time(colleague.since),
            last_seen_at: colleague.last_seen_at.map(time),
        }
    }
}

/// Everybody.
#[derive(Object)]
pub struct TeamList {
    items: Vec<TeamMember>,
    next: Option<String>,
}

/// What somebody is from now on.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct RoleBody {
    /// `owner`, `manager`, `sales` or `picker`.
    role: Text<1, 16>,
}

#[derive(ApiResponse)]
pub enum MemberRemoved {
    /// They do not work here any more, and are signed out.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl TeamApi {
    /// Who works here
    #[oai(path = "/office/team", method = "get")]
    async fn list_team(&self, mut staff: Staff<AnyRole>) -> Result<Json<TeamList>> {
        let items = list(&mut staff.tx).await?.into_iter().map(Into::into).collect();
        Ok(Json(TeamList { items, next: None }))
    }

    /// Change somebody's role
    ///
    /// For owners. The last owner stays one.
    #[oai(path = "/office/team/:id", method = "patch")]
    async fn update_team_member(&self, staff: Staff<Fresh<RoleGiver>>, id: Path<Id>, body: Body<RoleBody>) -> Result<Json<TeamMember>> {
        let (role, member) = (choose_role(&body.role)?, staff.leave().await?);
        let scope = member.house.office(&member.tenant);
        Ok(Json(scope.write(async |tx| change_role(tx, &member, id.uuid(), role).await).await?.into()))
    }

    /// Remove somebody
    ///
    /// Ends their sessions at once. Owners remove anybody, managers sales people and pickers; the last owner cannot be removed.
    #[oai(path = "/office/team/:id", method = "delete")]
    async fn delete_team_member(
        &self,
        staff: Staff<Fresh<TeamKeeper>>,
        id: Path<Id>,
        /// `yes` when it is oneself, so that nobody shuts themselves out by mistake.
        leaving: Query<Option<Text<0, 3>>>,
    ) -> Result<MemberRemoved> {
        let (is_leaving, member) = (leaving.0.as_deref() == Some("yes"), staff.leave().await?);
        let scope = member.house.office(&member.tenant);
        scope.write(async |tx| remove(tx, &member, id.uuid(), is_leaving).await).await?;
        Ok(MemberRemoved::Done)
    }
}
