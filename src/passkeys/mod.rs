//! Passkeys (W3C Web Authentication, level 3): a key in somebody's device that signs what one host asks it to, after the
//! device has made sure that it is its owner. Here is what staff and operators have in common: what a device is asked, once,
//! and whether what came back is right. Whose a key is, and what it opens, is the office's and the console's own.

pub mod api;
pub mod list;

use chrono::TimeDelta;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Url,
    Webauthn, WebauthnBuilder, WebauthnError,
};

use crate::error::{Error, Result};
use crate::ids::PasskeyChallengeId;
use crate::tenancy::token::{PENDING_COOKIE, Token};
use crate::tenancy::{Here, House};

/// As long as a code: whoever has walked away in front of the question is asked anew.
const LIFE: TimeDelta = TimeDelta::minutes(5);

/// How many somebody may have at one wholesaler, or at the console.
pub const MOST: usize = 20;

/// The longest answer of a device that is read, in characters; real ones have about a thousand.
pub const LONGEST_CREDENTIAL: usize = 16 * 1024;

/// Whom a key is made for, and how their device will call them.
pub struct Holder<'a> {
    pub id: Uuid,
    pub email: &'a str,
    pub name: &'a str,
}

/// What a device is asked.
pub struct Asked {
    pub id: Uuid,
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON()` or `….parseRequestOptionsFromJSON()`.
    pub options: Map<String, Value>,
    /// The browser that asked: only what it brings back is taken.
    pub browser: Token,
}

/// A key that somebody has just made.
pub struct Made {
    pub credential_id: Vec<u8>,
    pub credential: Value,
}

/// A key that somebody shows, before it is known whose it is.
pub struct Shown {
    /// Who it says that its owner is.
    pub holder: Uuid,
    pub credential_id: Vec<u8>,
    shown: PublicKeyCredential,
    asked: DiscoverableAuthentication,
}

/// Asks for a new key, which its owner can show without typing who they are. Keys that they have already are named, so that no
/// device makes a second one.
pub async fn ask_for_new(here: &Here, holder: Holder<'_>, before: Vec<Vec<u8>>) -> Result<Asked> {
    let (asked, state) =
        relying_party(here)?.start_passkey_registration(holder.id, holder.email, holder.name, Some(before)).map_err(unusable)?;
    let mut options = fields(&asked.public_key)?;
    // The library leaves it to the device whether its owner has to say who they are. Keys here are found without.
    if let Some(selection) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
        selection.insert("residentKey".to_owned(), "required".into());
        selection.insert("requireResidentKey".to_owned(), true.into());
    }
    ask(here, Some(holder.id), options, json(&state)?).await
}

/// Takes the new key, for whom it was asked.
///
/// # Errors
/// [`Error::Invalid`] when it is not what was asked for here, of them, in this browser, within five minutes.
pub async fn take_new(here: &Here, holder: Uuid, challenge: &str, credential: &str) -> Result<Made> {
    take_made(here, holder, challenge, credential).await.map_err(|error| match error {
        Error::WrongPasskey => Error::invalid("credential", "No passkey was made, or it took too long. Try again."),
        other => other,
    })
}

async fn take_made(here: &Here, holder: Uuid, challenge: &str, credential: &str) -> Result<Made> {
    let credential: RegisterPublicKeyCredential = read(credential)?;
    let state: PasskeyRegistration = answered(here, Some(holder), challenge).await?;
    let key = relying_party(here)?.finish_passkey_registration(&credential, &state).map_err(wrong)?;
    Ok(Made { credential_id: key.cred_id().clone(), credential: json(&key)? })
}

/// Asks for any key that is good here.
pub async fn ask_for_one(here: &Here) -> Result<Asked> {
    let (asked, state) = relying_party(here)?.start_discoverable_authentication().map_err(unusable)?;
    ask(here, None, fields(&asked.public_key)?, json(&state)?).await
}

/// Takes what a device has signed.
///
/// # Errors
/// [`Error::WrongPasskey`] when it was not asked for in this browser within five minutes, or cannot be read.
pub async fn take_shown(here: &Here, challenge: &str, credential: &str) -> Result<Shown> {
    let shown: PublicKeyCredential = read(credential)?;
    let asked = answered(here, None, challenge).await?;
    let (holder, credential_id) = relying_party(here)?.identify_discoverable_authentication(&shown).map_err(wrong)?;
    let credential_id = credential_id.to_vec();
    Ok(Shown { holder, credential_id, shown, asked })
}

impl Shown {
    /// Whether this key has signed it; answers with what is to be kept of it from now on, for a copy of a key to be found out
    /// by the number of times that it was used.
    ///
    /// # Errors
    /// [`Error::WrongPasskey`] when it has not.
    pub fn verify(self, here: &Here, credential: Value) -> Result<Value> {
        let mut key: Passkey = serde_json::from_value(credential).map_err(|error| Error::Internal(error.into()))?;
        let signed = relying_party(here)?
            .finish_discoverable_authentication_v2(&self.shown, self.asked, DiscoverableKey::from(&key))
            .map_err(wrong)?;
        key.update_credential(&signed);
        json(&key)
    }
}

/// Removes questions that nobody has answered in time, a part at a time.
pub async fn sweep(house: &House) -> Result<()> {
    const AT_ONCE: u64 = 2_000;
    let identity = house.db().identity();
    loop {
        let old = identity.write(async |tx| {
            let old = sqlx::query!(
                "delete from passkey_challenges where id in
                   (select id from passkey_challenges where expires_at < $1 limit $2 for update skip locked)",
                house.now(),
                AT_ONCE.cast_signed()
            );
            Ok(old.execute(&mut *tx).await?.rows_affected())
        });
        if old.await? < AT_ONCE {
            return Ok(());
        }
    }
}

/// The host is the relying party: a key that was made at one wholesaler's is shown to no other.
fn relying_party(here: &Here) -> Result<Webauthn> {
    let origin = Url::parse(&here.house.hosts.url(&here.host)).map_err(|error| Error::Internal(error.into()))?;
    WebauthnBuilder::new(&here.host, &origin).and_then(WebauthnBuilder::build).map_err(unusable)
}

async fn ask(here: &Here, holder: Option<Uuid>, options: Map<String, Value>, state: Value) -> Result<Asked> {
    let id = PasskeyChallengeId::new().uuid();
    let browser = here.token(PENDING_COOKIE).map_or_else(Token::new, Ok)?;
    here.house
        .db()
        .identity()
        .write(async |tx| {
            sqlx::query!(
                "insert into passkey_challenges (id, host, holder, browser_hash, state, expires_at) values ($1, $2, $3, $4, $5, $6)",
                id,
                here.host,
                holder,
                &browser.hash()[..],
                state,
                here.house.now() + LIFE
            )
            .execute(&mut *tx)
            .await?;
            Ok(())
        })
        .await?;
    Ok(Asked { id, options, browser })
}

/// What was asked under this id, which is answered now and never again.
async fn answered<T: DeserializeOwned>(here: &Here, holder: Option<Uuid>, challenge: &str) -> Result<T> {
    let id = Uuid::parse_str(challenge).map_err(|_| Error::WrongPasskey)?;
    let browser = here.token(PENDING_COOKIE).ok_or(Error::WrongPasskey)?;
    let state = here
        .house
        .db()
        .identity()
        .write(async |tx| {
            let state = sqlx::query_scalar!(
                "delete from passkey_challenges
                  where id = $1 and host = $2 and holder is not distinct from $3 and browser_hash = $4 and expires_at > $5
                 returning state",
                id,
                here.host,
                holder,
                &browser.hash()[..],
                here.house.now()
            );
            Ok(state.fetch_optional(&mut *tx).await?)
        })
        .await?;
    serde_json::from_value(state.ok_or(Error::WrongPasskey)?).map_err(|error| Error::Internal(error.into()))
}

fn read<T: DeserializeOwned>(credential: &str) -> Result<T> {
    serde_json::from_str(credential).map_err(|_| Error::WrongPasskey)
}

fn json(what: &impl Serialize) -> Result<Value> {
    serde_json::to_value(what).map_err(|error| Error::Internal(error.into()))
}

fn fields(what: &impl Serialize) -> Result<Map<String, Value>> {
    let Value::Object(fields) = json(what)? else { return Err(Error::Internal(anyhow::anyhow!("a device is asked for an object"))) };
    Ok(fields)
}

fn wrong(why: WebauthnError) -> Error {
    tracing::info!(%why, "a passkey was not taken");
    Error::WrongPasskey
}

fn unusable(why: WebauthnError) -> Error {
    Error::Internal(anyhow::anyhow!("passkeys cannot be asked for here: {why}"))
}
