//! An operator's own passkeys, by the API.

use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;

use super::{add, ask_for_new, list, remove, rename};
use crate::api::Chapter;
use crate::api::typed::{Body, Id};
use crate::error::Result;
use crate::passkeys::api::{PasskeyAdded, PasskeyAnswer, PasskeyAsked, PasskeyList, PasskeyMadeBody, PasskeyNameBody, PasskeyRemoved};
use crate::passkeys::list::{name_of_new, read_name};
use crate::tenancy::extract::{Enrolling, FreshPerson, Operator, Person};

pub struct ConsolePasskeysApi;

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Console")]
impl ConsolePasskeysApi {
    /// Your passkeys
    #[oai(path = "/passkeys", method = "get")]
    async fn list_operator_passkeys(&self, mut operator: Operator<Person>) -> Result<Json<PasskeyList>> {
        let items = list(&mut operator.tx, &operator.agent).await?.into_iter().map(Into::into).collect();
        Ok(Json(PasskeyList { items, next: None }))
    }

    /// Ask for a new passkey
    ///
    /// The first one also with a session that a code has begun.
    #[oai(path = "/passkey-registrations", method = "post")]
    async fn create_operator_passkey_registration(&self, operator: Operator<Enrolling>) -> Result<PasskeyAsked> {
        Ok(ask_for_new(&operator.leave().await?).await?.into())
    }

    /// Keep the new passkey
    #[oai(path = "/passkeys", method = "post")]
    async fn create_operator_passkey(&self, operator: Operator<Enrolling>, body: Body<PasskeyMadeBody>) -> Result<PasskeyAdded> {
        let agent = operator.leave().await?;
        let name = name_of_new(body.name.as_deref().unwrap_or_default(), &agent)?;
        Ok(PasskeyAdded::Created(Json(add(&agent, &body.challenge, &body.credential, name).await?.into())))
    }

    /// Give a passkey another name
    #[oai(path = "/passkeys/:id", method = "patch")]
    async fn update_operator_passkey(
        &self,
        operator: Operator<FreshPerson>,
        id: Path<Id>,
        body: Body<PasskeyNameBody>,
    ) -> Result<Json<PasskeyAnswer>> {
        let name = read_name(&body.name)?;
        Ok(Json(operator.write(async |tx, agent| rename(tx, agent, id.uuid(), name).await).await?.into()))
    }

    /// Remove a passkey
    ///
    /// Not the last one: 409.
    #[oai(path = "/passkeys/:id", method = "delete")]
    async fn delete_operator_passkey(&self, operator: Operator<FreshPerson>, id: Path<Id>) -> Result<PasskeyRemoved> {
        operator.write(async |tx, agent| remove(tx, agent, id.uuid()).await).await?;
        Ok(PasskeyRemoved::Done)
    }
}
