//! Where gateways report. Whoever is not who they say, and whoever asks for a text that is not there, is answered alike; and whoever is
//! right is not told whether anything was changed.

use std::sync::Arc;

use http::StatusCode;
use poem::web::{Data, Path};
use poem::{Body, Request, handler};

use crate::error::{Error, Result};
use crate::messages::receipts::{Subject, receive};
use crate::messages::sms::{Callback, GatewayName, Gateways};
use crate::tenancy::extract::Public;

/// No report is longer; the door takes no larger body of anybody.
const LONGEST_BYTES: usize = 64 * 1024;

/// `GET` and `POST /receipts/:gateway/:token`
#[handler]
pub async fn create(
    Public(here): Public,
    Data(gateways): Data<&Arc<Gateways>>,
    Path((gateway, token)): Path<(String, String)>,
    request: &Request,
    body: Body,
) -> Result<StatusCode> {
    let name = GatewayName::parse(&gateway).ok_or(Error::NotFound)?;
    let subject = Subject::read(&token, &here.house.config.keys)?;
    let body = body.into_bytes_limit(LONGEST_BYTES).await.map_err(|_| Error::NotFound)?;
    let uri = request.original_uri();
    let callback = Callback {
        public_url: here.house.hosts.public_url(),
        target: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        query: fields(uri.query().unwrap_or_default().as_bytes()),
        form: fields(&body),
        signature: request.header("x-twilio-signature").map(str::to_owned),
    };
    let receipt = gateways.read_receipt(name, &callback).ok_or(Error::NotFound)?;
    receive(&here.house, subject, name, &receipt).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn fields(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}
