//! A device that makes passkeys and signs with them, as far as a server can tell it from a real one: ES256, no attestation.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

/// A key in it.
pub struct Key {
    id: Vec<u8>,
    owner: String,
    relying_party: String,
    pair: EcdsaKeyPair,
    /// How often it was used.
    pub count: u32,
}

/// The device, and what it says of what goes on around it.
pub struct Device {
    /// The origin of the page that asks.
    pub origin: String,
    /// Whether it has made sure that it is its owner.
    pub verifies: bool,
    pub keys: Vec<Key>,
}

impl Device {
    /// One that is asked by pages of this origin.
    pub fn at(origin: &str) -> Self {
        Self { origin: origin.to_owned(), verifies: true, keys: Vec::new() }
    }

    /// Makes a key, and answers as `JSON.stringify(credential)` does.
    pub fn make(&mut self, options: &Value) -> String {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &SystemRandom::new()).expect("a key");
        let id = Uuid::new_v4().as_bytes().repeat(2);
        let relying_party = options["rp"]["id"].as_str().expect("a relying party").to_owned();
        let owner = options["user"]["id"].as_str().expect("a user").to_owned();

        let point = pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        // Of a COSE key: EC2, ES256, P-256, and the point (RFC 9053, 7.1.1).
        let cose = [&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20][..], x, &[0x22, 0x58, 0x20], y].concat();
        let length = u16::try_from(id.len()).expect("short").to_be_bytes();
        let credential = [&[0; 16][..], &length, &id, &cose].concat();
        let data = [self.about(&relying_party, HAS_CREDENTIAL, 0), credential].concat();
        let data_length = u16::try_from(data.len()).expect("short").to_be_bytes();
        let attestation =
            [&[0xa3, 0x63][..], b"fmt", &[0x64], b"none", &[0x67], b"attStmt", &[0xa0, 0x68], b"authData", &[0x59], &data_length, &data]
                .concat();
        let client = self.client_data("webauthn.create", options);
        let response = json!({
            "attestationObject": BASE64URL.encode(attestation), "clientDataJSON": BASE64URL.encode(client), "transports": ["internal"],
        });
        let said = said(&id, response);
        self.keys.push(Key { id, owner, relying_party, pair, count: 0 });
        said
    }

    /// Signs with the newest key, whoever asks.
    pub fn show(&mut self, options: &Value) -> String {
        let client = self.client_data("webauthn.get", options);
        let key = self.keys.last_mut().expect("a key");
        key.count += 1;
        let (id, count, relying_party) = (key.id.clone(), key.count, key.relying_party.clone());
        let data = self.about(&relying_party, 0, count);
        let key = self.keys.last().expect("a key");
        let signed = [data.clone(), Sha256::digest(&client).to_vec()].concat();
        let signature = key.pair.sign(&SystemRandom::new(), &signed).expect("a signature");
        let response = json!({
            "authenticatorData": BASE64URL.encode(&data), "clientDataJSON": BASE64URL.encode(&client),
            "signature": BASE64URL.encode(signature.as_ref()), "userHandle": key.owner,
        });
        said(&id, response)
    }

    /// The relying party, what the device knows of its owner, and the count.
    fn about(&self, relying_party: &str, flags: u8, count: u32) -> Vec<u8> {
        let flags = flags | USER_PRESENT | if self.verifies { USER_VERIFIED } else { 0 };
        [&Sha256::digest(relying_party)[..], &[flags], &count.to_be_bytes()].concat()
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false }).to_string().into_bytes()
    }
}

fn said(id: &[u8], response: Value) -> String {
    let id = BASE64URL.encode(id);
    json!({ "id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {} }).to_string()
}
