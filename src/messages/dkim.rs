//! Signatures under mail (DKIM, RFC 6376), by which others see that it is ours and unchanged.

use std::path::PathBuf;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use lettre::message::Message;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig as Signing, DkimSigningAlgorithm as Algorithm, DkimSigningKey,
};
use lettre::message::header::HeaderName;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _, LineEnding};
use rsa::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{RsaPrivateKey, RsaPublicKey};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

/// What cannot be changed, added or taken away under a signature. Each is named twice there: once for the header, and once for the second
/// one that there is not, so that nobody puts one in front that mail programs show instead (RFC 6376 §5.4.2, §8.15). A name that a mail does not
/// have is signed as missing; the two for ending news have to be among them (RFC 8058 §4).
const SIGNED: [&str; 13] = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Cc",
];

/// Shorter ones can be broken (RFC 8301 §3.2).
const SHORTEST_RSA_BYTES: usize = 2048 / 8;

/// With which key mail is signed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimConfig {
    /// The name of the key in the domain's records; empty for no signature.
    pub selector: String,
    /// Whose mail it is: the domain of the address that mail comes from, or one above it.
    pub domain: String,
    /// In PEM form, RSA or Ed25519; line breaks may be written `\n`.
    pub private_key: SecretString,
    /// A file with the same, instead.
    pub private_key_file: Option<PathBuf>,
}

/// Signs mail.
pub struct Signer {
    signing: Signing,
    record: Record,
}

/// What the domain's owner sets, so that others can check signatures (RFC 6376 §3.6.1, RFC 8463 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub name: String,
    /// Of a TXT record.
    pub value: String,
}

impl Record {
    /// A line of a zone file, which has no text of more than 255 bytes in one piece (RFC 1035 §3.3, RFC 6376 §3.6.2.2).
    pub fn in_a_zone_file(&self) -> String {
        const LONGEST_PIECE: usize = 255;
        // All of it is ASCII.
        let pieces = self.value.as_bytes().chunks(LONGEST_PIECE).map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece)));
        format!("{}. IN TXT ( {} )", self.name, pieces.collect::<Vec<_>>().join(" "))
    }
}

impl Signer {
    /// As configured; None when mail is not signed. Reads the file of the key.
    ///
    /// # Errors
    /// Says what is missing or wrong, without the key.
    pub fn new(config: &DkimConfig, from_domain: &str) -> anyhow::Result<Option<Self>> {
        let DkimConfig { selector, domain, .. } = config;
        let key = key_of(config)?;
        if selector.is_empty() && domain.is_empty() && key.is_empty() {
            return Ok(None);
        }
        anyhow::ensure!(
            !selector.is_empty() && !domain.is_empty() && !key.is_empty(),
            "[email.dkim] selector, domain and private_key (or private_key_file) go together"
        );
        let is_name = |name: &str| name.split('.').all(|label| !label.is_empty() && label.bytes().all(is_of_a_label));
        anyhow::ensure!(is_name(selector) && is_name(domain), "[email.dkim] selector and domain are host names");
        // Else receivers take the mail for somebody else's (DMARC, RFC 7489 §3.1.1).
        let is_ours = from_domain == domain || from_domain.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'));
        anyhow::ensure!(is_ours, "[email.dkim] domain must be that of [email.smtp] from, or one above it");
        let (key, kind, public) = read_key(&key)?;
        let relaxed = DkimCanonicalizationType::Relaxed;
        let headers = SIGNED.iter().flat_map(|name| [*name; 2]).map(HeaderName::new_from_ascii_str).collect();
        let canonicalization = DkimCanonicalization { header: relaxed, body: relaxed };
        Ok(Some(Self {
            signing: Signing::new(selector.clone(), domain.clone(), key, headers, canonicalization),
            record: Record {
                name: format!("{selector}._domainkey.{domain}"),
                value: format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(public)),
            },
        }))
    }

    /// Puts the signature to it. All of its headers have to stand in the message's own: lettre (0.11.23) signs none of those that come
    /// with a body of several parts.
    pub fn sign(&self, message: &mut Message) {
        message.sign(&self.signing);
    }

    /// The record that goes with the key.
    pub fn record(&self) -> &Record {
        &self.record
    }
}

fn is_of_a_label(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
}

fn key_of(config: &DkimConfig) -> anyhow::Result<String> {
    let written = config.private_key.expose_secret();
    match &config.private_key_file {
        Some(_) if !written.is_empty() => anyhow::bail!("[email.dkim] has both private_key and private_key_file"),
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("[email.dkim] private_key_file {}", path.display())),
        // Where the environment is a file, a value has one line.
        None => Ok(written.replace("\\n", "\n")),
    }
}

/// The key as lettre takes it, and the public half of it as it is published. The reasons of a failure may hold parts of the key.
fn read_key(pem: &str) -> anyhow::Result<(DkimSigningKey, &'static str, Vec<u8>)> {
    let bad = || anyhow::anyhow!("[email.dkim] the private key is no RSA or Ed25519 key in PEM form");
    if let Ok(key) = SigningKey::from_pkcs8_pem(pem) {
        let signing = DkimSigningKey::new(&STANDARD.encode(key.to_bytes()), Algorithm::Ed25519).map_err(|_| bad())?;
        return Ok((signing, "ed25519", key.verifying_key().to_bytes().to_vec()));
    }
    let key = RsaPrivateKey::from_pkcs8_pem(pem).or_else(|_| RsaPrivateKey::from_pkcs1_pem(pem)).map_err(|_| bad())?;
    anyhow::ensure!(key.size() >= SHORTEST_RSA_BYTES, "[email.dkim] the RSA key is shorter than 2048 bits (RFC 8301)");
    let public = RsaPublicKey::from(&key).to_public_key_der().map_err(|_| bad())?;
    let one_form = key.to_pkcs1_pem(LineEnding::LF).map_err(|_| bad())?;
    let signing = DkimSigningKey::new(&one_form, Algorithm::Rsa).map_err(|_| bad())?;
    Ok((signing, "rsa", public.into_vec()))
}
