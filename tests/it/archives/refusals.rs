//! Archives that are not brought back, each told why in words of its own, and nothing is left of any.

use std::io::{Cursor, Write};

use regex::Regex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tradecounter::archives::Refusal;
use tradecounter::tenants::lifecycle;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{exported, furnished, imported, slug, unpacked};
use crate::house::House;
use crate::lifecycle::{id, operator};
use crate::secrecy;

/// The files of an archive, to be changed.
struct Forged(Vec<(String, Vec<u8>)>);

impl Forged {
    fn of(archive: &[u8]) -> Self {
        Self(unpacked(archive))
    }

    fn file(&mut self, name: &str) -> &mut Vec<u8> {
        &mut self.0.iter_mut().find(|(file, _)| file == name).unwrap_or_else(|| panic!("no {name}")).1
    }

    /// Changes a text once.
    fn replace(mut self, name: &str, from: &str, to: &str) -> Self {
        let text = String::from_utf8(self.file(name).clone()).expect("a text");
        assert!(text.contains(from), "{from} in {name}: {text}");
        *self.file(name) = text.replacen(from, to, 1).into_bytes();
        self
    }

    fn manifest(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut manifest = serde_json::from_slice(self.file("manifest.json")).expect("JSON");
        change(&mut manifest);
        *self.file("manifest.json") = manifest.to_string().into_bytes();
        self
    }

    /// As somebody who knows how it is made would: each sum is that of its file, each count that of its rows.
    fn sealed(mut self) -> Self {
        let files = self.0.clone();
        let find = |name: &Value| files.iter().find(|(file, _)| file == name.as_str().expect("a name")).map(|(_, bytes)| bytes);
        self = self.manifest(|manifest| {
            for file in manifest["files"].as_array_mut().expect("files") {
                if let Some(bytes) = find(&file["name"]) {
                    file["bytes"] = json!(bytes.len());
                    file["sha256"] = json!(hex::encode(Sha256::digest(bytes)));
                }
            }
        });
        self
    }

    fn with(mut self, name: &str, bytes: &[u8]) -> Self {
        self.0.push((name.to_owned(), bytes.to_vec()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.file(name);
        self.0.retain(|(file, _)| file != name);
        self
    }

    fn packed(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &self.0 {
            zip.start_file(name.as_str(), SimpleFileOptions::default()).expect("a file");
            zip.write_all(bytes).expect("its bytes");
        }
        zip.finish().expect("a zip").into_inner()
    }
}

/// A line of a file, without the comma behind it.
fn line(forged: &mut Forged, name: &str, at: usize) -> String {
    let text = String::from_utf8(forged.file(name).clone()).expect("a text");
    text.lines().nth(at).expect("a line").trim_end_matches(',').to_owned()
}

/// What is wrong with how these are refused: each in these words, and nothing of any may be there afterwards.
async fn wrongly_refused(house: &House, archives: impl IntoIterator<Item = (&str, Vec<u8>, &str)>) -> Vec<String> {
    let before = secrecy::everything(&house.address).await;
    let mut wrong = Vec::new();
    for (what, archive, words) in archives {
        match imported(house, &archive, None).await {
            Ok(_) => wrong.push(format!("{what} was brought back")),
            Err(why) if !why.to_string().contains(words) => wrong.push(format!("{what}: {why}")),
            Err(_) => {}
        }
    }
    if secrecy::everything(&house.address).await != before {
        wrong.push("something is left of them".to_owned());
    }
    wrong
}

#[tokio::test]
async fn a_file_that_is_no_archive_of_ours_or_not_whole_is_refused() {
    let archive = exported(&furnished().await, "acme").await;
    let house = House::empty().await;
    let forged = || Forged::of(&archive);
    let of_format = |format: &'static str, version: u64| {
        forged().manifest(move |manifest| {
            manifest["format"] = json!(format);
            manifest["version"] = json!(version);
            manifest["more"] = json!({});
        })
    };
    let zeros = vec![b' '; 64 * 1024 * 1024];
    let mut torn = archive.clone();
    let at = torn.len() / 2;
    torn[at] ^= 0x20;
    let wrong = wrongly_refused(
        &house,
        [
            ("a text", b"hello".to_vec(), "no archive"),
            ("nothing", Vec::new(), "no archive"),
            ("half of it", archive[..archive.len() / 2].to_vec(), "no archive"),
            ("a zip without a manifest", forged().without("manifest.json").packed(), "manifest.json is missing"),
            ("a manifest that is none", forged().replace("manifest.json", "{", "[").packed(), "no archive"),
            ("something else's", of_format("tradecounter-shop", 1).packed(), "manifest is of something else"),
            ("one of a later version", of_format("tradecounter-tenant", 2).packed(), "of format 2, and this program reads format 1"),
            ("a manifest with more in it", of_format("tradecounter-tenant", 1).packed(), "unknown field"),
            ("without a file", forged().without("staff.json").packed(), "staff.json is missing"),
            ("without a file for people", forged().without("staff.csv").packed(), "staff.csv is missing"),
            ("without the logo", forged().without("logo.png").packed(), "logo.png is missing"),
            (
                "without the sum of a file",
                forged().manifest(|m| drop(m["files"].as_array_mut().expect("files").remove(0))).packed(),
                "does not belong",
            ),
            ("a changed row", forged().replace("staff.json", "owner of acme", "Owner of acme").packed(), "staff.json was changed"),
            ("a changed cell", forged().replace("staff.csv", "owner of acme", "Owner of acme").packed(), "staff.csv was changed"),
            ("a changed logo", forged().replace_byte("logo.png").packed(), "logo.png was changed"),
            // Where it falls is chance: no row any more, or another one.
            ("a changed byte of the file itself", torn, ""),
            ("a longer file", forged().replace("staff.csv", "owner of acme", "the owner of acme").packed(), "staff.csv was changed"),
            ("a path out of it", forged().with("../../etc/passwd", b"x").packed(), "\"../../etc/passwd\" in this archive"),
            ("an absolute path", forged().with("/etc/passwd", b"x").packed(), "/etc/passwd"),
            (
                "a path in the manifest",
                forged().manifest(|m| m["files"][0]["name"] = json!("../tenants.json")).packed(),
                "\"../tenants.json\" in this archive",
            ),
            ("a bomb", forged().with_instead("staff.csv", &zeros).sealed().packed(), "would unpack to"),
            ("a bomb that says otherwise", forged().with_instead("staff.csv", &zeros).packed(), "staff.csv was changed"),
        ],
    )
    .await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    imported(&house, &forged().sealed().packed(), None).await.expect("what is only packed anew is good");
}

impl Forged {
    fn with_instead(mut self, name: &str, bytes: &[u8]) -> Self {
        *self.file(name) = bytes.to_vec();
        self
    }

    fn replace_byte(mut self, name: &str) -> Self {
        self.file(name)[3] ^= 1;
        self
    }
}

#[tokio::test]
async fn rows_that_cannot_be_are_refused_whoever_sealed_them() {
    let archive = exported(&furnished().await, "acme").await;
    let house = House::empty().await;
    let forged = || Forged::of(&archive);
    let twice = |name: &str| {
        let mut forged = forged();
        let row = line(&mut forged, name, 1);
        forged.replace(name, "[\n", &format!("[\n{row},\n"))
    };
    let own_row = twice("tenants.json");
    let mut none = forged();
    *none.file("tenants.json") = b"[\n]\n".to_vec();
    let other_table = forged()
        .manifest(|m| {
            m["tables"].as_array_mut().expect("tables").push(json!({ "name": "sessions", "rows": 0, "columns": ["session_id"] }));
        })
        .with("sessions.json", b"[\n]\n");
    let column = |column: &'static str| {
        forged().manifest(move |m| {
            let table = m["tables"].as_array_mut().expect("tables").iter_mut().find(|table| table["name"] == "account_access");
            table.expect("a table")["columns"].as_array_mut().expect("columns").push(json!(column));
        })
    };
    let forged = [
        ("two wholesalers", own_row, "not of one wholesaler"),
        ("no wholesaler", none, "not of one wholesaler"),
        (
            "a row of another one",
            forged().replace("staff.json", "{", "{\"tenant_id\":\"0196f3a0-0000-7000-8000-000000000000\","),
            "staff.json, line 2: there is \"tenant_id\"",
        ),
        ("another table", other_table, "no table \"sessions\""),
        ("another column", column("customer_id"), "no column \"customer_id\" of account_access"),
        ("the same column again", column("phone"), "no column \"phone\" of account_access"),
        ("a key twice", twice("staff.json"), "staff.json, between line 2 and line 6: the same thing is there twice"),
        ("an address twice", forged().replace("staff.json", "manager@acme.example", "owner@acme.example"), "the same thing is there twice"),
        ("a person twice", forged().replace("account_access.json", "+447400123003", "+447400123001"), "the same thing is there twice"),
        ("a row without a value", forged().replace("staff.json", ",\"role\":\"owner\"", ""), "there is no role"),
        ("a number for a text", forged().replace("staff.json", "\"owner of acme\"", "5"), "name is no text"),
        (
            "a text for a number",
            forged().replace("invitations.json", "\"times_sent\":1", "\"times_sent\":\"1\""),
            "times_sent is no smallint",
        ),
        ("a broken number", forged().replace("invitations.json", "\"times_sent\":1", "\"times_sent\":1.5"), "times_sent is no smallint"),
        (
            "a large number",
            forged().replace("invitations.json", "\"times_sent\":1", "\"times_sent\":70000"),
            "a value is not of its column's type",
        ),
        ("texts of numbers", forged().replace("tenants.json", "[\"GB\",\"FR\"]", "[\"GB\",5]"), "sms_countries is no text[]"),
        (
            "a time that is none",
            forged().replace("staff.json", "\"created_at\":\"", "\"created_at\":\"the "),
            "a value is not of its column's type",
        ),
        (
            "a time of no phone's",
            forged().replace("account_access.json", "\"created_at\":\"", "\"created_at\":\"the "),
            "created_at is no time",
        ),
        ("a time in other words", forged().replace("staff.json", "+00:00\"", "Z\""), "is not what it was in the archive"),
        (
            "an id that is none",
            forged().replace("staff.json", "\"staff_id\":\"", "\"staff_id\":\"x"),
            "a value is not of its column's type",
        ),
        ("a word that is not allowed", forged().replace("staff.json", "\"role\":\"owner\"", "\"role\":\"king\""), "a value is not allowed"),
        ("a phone that is none", forged().replace("account_access.json", "+447400123003", "07400123003"), "a value is not allowed"),
        ("nothing where something must be", forged().replace("staff.json", "\"owner of acme\"", "null"), "a value is not allowed"),
        (
            "an account that is not there",
            forged().replace("account_access.json", "\"account_id\":\"0", "\"account_id\":\"1"),
            "is not in the archive",
        ),
        ("a line that is no row", forged().replace("staff.json", "{", "{{"), "staff.json, line 2: this is no row"),
        ("a value twice", forged().replace("staff.json", "{", "{\"name\":\"Mallory\","), "is not what it was in the archive"),
        ("a count of other rows", forged().manifest(|m| m["tables"][0]["rows"] = json!(9)), "is not what it was in the archive"),
        ("another picture", forged().replace("tenants.json", "image/png", "image/svg+xml"), "\"logo.png\" in this archive"),
        ("a picture of nothing", forged().replace("tenants.json", "\"image/png\"", "null"), "\"logo.png\" in this archive"),
    ];
    let wrong = wrongly_refused(&house, forged.map(|(what, forged, words)| (what, forged.sealed().packed(), words))).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    imported(&house, &archive, None).await.expect("it was only them");
}

#[tokio::test]
async fn a_name_that_cannot_be_had_and_a_wholesaler_who_is_here_are_refused() {
    let first = furnished().await;
    let archive = exported(&first, "acme").await;
    let wrong = wrongly_refused(&first, [("the same one", archive.clone(), "is here already, as acme")]).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    let house = House::open().await;
    lifecycle::rename(&house.app.house, id(&house, "bravo").await, &slug("brave"), operator()).await.expect("another name");
    for (name, words) in [("acme", "taken"), ("bravo", "until lately"), ("admin", "reserved")] {
        let before = secrecy::everything(&house.address).await;
        match imported(&house, &archive, Some(name)).await {
            Err(Refusal::Name(why)) => assert!(why.contains(words), "{name}: {why}"),
            other => panic!("{name}: {:?}", other.map(drop)),
        }
        assert!(secrecy::everything(&house.address).await == before, "{name}");
    }
    // Of two at once under one name, one comes back; who is a customer of both is one person.
    let (one, two) = tokio::join!(imported(&house, &archive, Some("acme-one")), imported(&house, &archive, Some("acme-one")));
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{:?} {:?}", one.map(drop), two.map(drop));
    assert_eq!(house.value::<i64>("select count(*) from customers where phone = '+447400123003'").await, 1);
    assert_eq!(house.value::<i64>("select count(distinct tenant_id) from account_access where phone = '+447400123003'").await, 3);
}

#[tokio::test]
async fn one_that_was_made_before_a_column_was_there_comes_back_without_it() {
    let archive = exported(&furnished().await, "acme").await;
    let mut before = Forged::of(&archive);
    let rows = String::from_utf8(before.file("messages.json").clone()).expect("a text");
    let without = Regex::new(r#""phone":(null|"[^"]*"),"#).expect("a pattern").replace_all(&rows, "").into_owned();
    assert!(without.len() < rows.len(), "{rows}");
    *before.file("messages.json") = without.into_bytes();
    let before = before.manifest(|manifest| {
        let tables = manifest["tables"].as_array_mut().expect("tables");
        let messages = tables.iter_mut().find(|table| table["name"] == "messages").expect("messages");
        messages["columns"].as_array_mut().expect("columns").retain(|column| column != "phone");
    });
    let house = House::empty().await;
    imported(&house, &before.sealed().packed(), None).await.expect("it comes back");
    let told: String = house.value("select count(*) || ' ' || count(customer_id) from messages").await;
    assert_eq!(told, "2 0", "its messages are nobody's");
}
