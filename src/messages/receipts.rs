//! What a gateway reports of a text that it has taken over. Each text has an address of its own for that, which only whoever carries it
//! knows; who reports proves itself besides, where its provider signs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::sms::GatewayName;
use crate::config::Keys;
use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::ids::{MessageId, TenantId};
use crate::tenancy::House;

/// As much of an HMAC as nobody guesses.
const PROOF_BYTES: usize = 12;

/// Which text a receipt is for. As text it is the last part of the address that it is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    pub tenant: TenantId,
    pub message: MessageId,
}

/// Where the receipts of one text go.
pub struct ReceiptAddress(String);

/// What is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub state: Delivery,
    /// How the gateway calls the text, where it says so.
    pub provider_reference: Option<String>,
}

/// How far a text has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    OnItsWay,
    Delivered,
    Undelivered,
    /// In a word that is not known here.
    Unclear,
}

impl Subject {
    /// The text that proves that it was made here.
    ///
    /// # Errors
    /// [`Error::Internal`] when there is no key.
    pub fn token(self, keys: &Keys) -> Result<String> {
        let proof = self.proof(keys)?;
        Ok(URL_SAFE_NO_PAD.encode([self.tenant.uuid().as_bytes(), self.message.uuid().as_bytes(), &proof[..]].concat()))
    }

    /// Reads such a text.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it was not made here.
    pub fn read(token: &str, keys: &Keys) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Error::NotFound)?;
        let id = |from: usize| bytes.get(from..from + 16).and_then(|id| Uuid::from_slice(id).ok()).ok_or(Error::NotFound);
        let subject = Self { tenant: id(0)?.into(), message: id(16)?.into() };
        let is_ours = bytes.get(32..).is_some_and(|proof| subject.proof(keys).is_ok_and(|own| bool::from(own[..].ct_eq(proof))));
        if is_ours { Ok(subject) } else { Err(Error::NotFound) }
    }

    fn proof(self, keys: &Keys) -> Result<[u8; PROOF_BYTES]> {
        let whole = keys.derive_counter(&[b"receipt", self.tenant.uuid().as_bytes(), self.message.uuid().as_bytes()])?;
        let mut proof = [0; PROOF_BYTES];
        proof.iter_mut().zip(whole).for_each(|(byte, own)| *byte = own);
        Ok(proof)
    }
}

impl ReceiptAddress {
    /// Of this text, on the public site.
    ///
    /// # Errors
    /// [`Error::Internal`] when there is no key.
    pub fn of(house: &House, subject: Subject) -> Result<Self> {
        Ok(Self(format!("{}/receipts/{{gateway}}/{}", house.hosts.public_url(), subject.token(&house.config.keys)?)))
    }

    /// For this gateway.
    pub fn at(&self, gateway: GatewayName) -> String {
        self.0.replace("{gateway}", gateway.word())
    }
}

/// Takes a report. One that comes twice, late, or for a text that is not there or was carried by another changes nothing.
pub async fn receive(house: &House, subject: Subject, gateway: GatewayName, receipt: &Receipt) -> Result<()> {
    let now = house.now();
    let changed = house.db().office(subject.tenant).write(async |tx| note(tx, subject.message, gateway, receipt, now).await).await?;
    metrics::counter!("sms_receipts", "gateway" => gateway.word(), "changed" => if changed { "yes" } else { "no" }).increment(1);
    Ok(())
}

/// Only forward: what has arrived stays arrived, and what has failed can turn out to have arrived.
async fn note(tx: &mut Tx<Office>, message: MessageId, gateway: GatewayName, receipt: &Receipt, now: DateTime<Utc>) -> Result<bool> {
    let (status, from) = match receipt.state {
        Delivery::Delivered => ("delivered", &["waiting", "sent", "unknown", "undelivered"][..]),
        Delivery::Undelivered => ("undelivered", &["waiting", "sent", "unknown"][..]),
        Delivery::OnItsWay => ("sent", &["unknown"][..]),
        Delivery::Unclear => return Ok(false),
    };
    let from: Vec<String> = from.iter().map(|&status| status.to_owned()).collect();
    let changed = sqlx::query!(
        "update messages set status = $3, receipt_at = $4
          where tenant_id = $1 and message_id = $2 and channel = 'sms' and status = any($5) and gateway in ($6, '')
            and ($7::text is null or coalesce(provider_reference, $7) = $7)",
        tx.tenant().uuid(),
        message.uuid(),
        status,
        now,
        &from,
        gateway.word(),
        receipt.provider_reference.as_deref()
    )
    .execute(&mut *tx)
    .await?;
    Ok(changed.rows_affected() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_makes_an_address_but_this_house() {
        let keys = |counters: &str| Keys {
            current_version: 1,
            codes: std::collections::BTreeMap::default(),
            counters: counters.to_owned().into(),
        };
        let ours = keys("a0b1c2d3e4f5061728394a5b6c7d8e9f");
        let subject = Subject { tenant: Uuid::now_v7().into(), message: Uuid::now_v7().into() };
        let token = subject.token(&ours).unwrap();
        assert_eq!(Subject::read(&token, &ours).unwrap(), subject);
        assert!(Subject::read(&token, &keys("00b1c2d3e4f5061728394a5b6c7d8e9f")).is_err());
        let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert!(Subject::read(&URL_SAFE_NO_PAD.encode(&bytes), &ours).is_err(), "{at}");
            bytes[at] ^= 1;
        }
        for wrong in ["", "AAAA", &token[..token.len() - 1], &format!("{token}AAAA"), "%%%"] {
            assert!(Subject::read(wrong, &ours).is_err(), "{wrong}");
        }
    }
}
