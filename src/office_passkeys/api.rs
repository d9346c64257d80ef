//! One's own passkeys at the office, by the API.

use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;

use super::{add, ask_for_new, list, remove, rename};
use crate::api::Chapter;
use crate::api::typed::{Body, Id};
use crate::error::Result;
use crate::passkeys::api::{PasskeyAdded, PasskeyAnswer, PasskeyAsked, PasskeyList, PasskeyMadeBody, PasskeyNameBody, PasskeyRemoved};
use crate::passkeys::list::{name_of_new, read_name};
use crate::tenancy::extract::{AnyRole, Fresh, Staff};

pub struct OfficePasskeysApi;

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl OfficePasskeysApi {
    /// Your passkeys
    #[oai(path = "/office/passkeys", method = "get")]
    async fn list_office_passkeys(&self, mut staff: Staff<AnyRole>) -> Result<Json<PasskeyList>> {
        let items = list(&mut staff.tx, &staff.member).await?.into_iter().map(Into::into).collect();
        Ok(Json(PasskeyList { items, next: None }))
    }

    /// Ask for a new passkey
    #[oai(path = "/office/passkey-registrations", method = "post")]
    async fn create_office_passkey_registration(&self, staff: Staff<Fresh<AnyRole>>) -> Result<PasskeyAsked> {
        Ok(ask_for_new(&staff.leave().await?).await?.into())
    }

    /// Keep the new passkey
    #[oai(path = "/office/passkeys", method = "post")]
    async fn create_office_passkey(&self, staff: Staff<Fresh<AnyRole>>, body: Body<PasskeyMadeBody>) -> Result<PasskeyAdded> {
        let member = staff.leave().await?;
        let name = name_of_new(body.name.as_deref().unwrap_or_default(), &member)?;
        Ok(PasskeyAdded::Created(Json(add(&member, &body.challenge, &body.credential, name).await?.into())))
    }

    /// Give a passkey another name
    #[oai(path = "/office/passkeys/:id", method = "patch")]
    async fn update_office_passkey(
        &self,
        staff: Staff<Fresh<AnyRole>>,
        id: Path<Id>,
        body: Body<PasskeyNameBody>,
    ) -> Result<Json<PasskeyAnswer>> {
        let name = read_name(&body.name)?;
        Ok(Json(staff.write(async |tx, member| rename(tx, member, id.uuid(), name).await).await?.into()))
    }

    /// Remove a passkey
    #[oai(path = "/office/passkeys/:id", method = "delete")]
    async fn delete_office_passkey(&self, staff: Staff<Fresh<AnyRole>>, id: Path<Id>) -> Result<PasskeyRemoved> {
        staff.write(async |tx, member| remove(tx, member, id.uuid()).await).await?;
        Ok(PasskeyRemoved::Done)
    }
}
