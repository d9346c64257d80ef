//! Signatures under mail, as dkimpy sees them, which is what others check them with: every mail that leaves is signed so that they are good,
//! and nothing of it can be changed, taken away or added without their being bad. And the record that goes with the key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tradecounter::messages::dkim::{DkimConfig, Record, Signer};
use tradecounter::messages::letters::Mail;

use crate::carriers::letter;
use crate::companions::{Directory, Program, Smtp};
use crate::house::ADA;
use crate::letters::{TO, dkim as dkim_of, key, mailer, news, signing_post_office};
use crate::orders::order;
use crate::unsubscriptions::house_with_news;

const RSA: &[&str] = &["genrsa", "2048"];
const ED25519: &[&str] = &["genpkey", "-algorithm", "ED25519"];
const ENDS_AT: &str = "https://acme.example/unsubscriptions/AAEBk1HkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn record(dkim: &DkimConfig) -> Record {
    Signer::new(dkim, "tradecounter.example").expect("a key").expect("a signer").record().clone()
}

/// What dkimpy says of each of them, where this is the only record.
fn said(record: &Record, mails: &[PathBuf]) -> Vec<String> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dkim/verify.py");
    // `make test` puts an interpreter that has dkimpy first on the path.
    let mut command = Command::new("python3");
    let done = command.arg(program).args([&record.name, &record.value]).args(mails).output().expect("an interpreter");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).lines().map(str::to_owned).collect()
}

fn mails() -> Vec<(&'static str, Mail)> {
    let french = "Votre commande « Épicerie fine » est acceptée – livraison jeudi ";
    vec![
        ("plain", letter(TO, "Acme", "It is on its way", "It is on its way.\nSee you on Thursday.")),
        ("news", news(letter(TO, "Acme", "News of your order", "It is on its way."), ENDS_AT)),
        ("no text", letter(TO, "Acme", "", "")),
        ("not in ASCII", letter(TO, "Hurtownia «Żółta Łódź», 卸売り問屋; <i>", "Ñandú 😀 £5", "Żółta  \t \nłódź \n\n.\n..dots\n\n\n")),
        ("a long subject", letter(TO, "Acme", &"an order of twenty cases of tea ".repeat(12), "x")),
        ("a long subject in French", letter(TO, "Épicerie", &french.repeat(5), &"mot ".repeat(400))),
        ("a first word that needs a line", letter(TO, &"N".repeat(90), &"W".repeat(120), &"line of text without an end ".repeat(80))),
        ("odd blanks", letter(TO, "  Acme   Foods ", " a  b   c ", "  a  b \n \n")),
        ("a long address", news(letter(&format!("{}@{}.example", "a".repeat(64), "b".repeat(60)), "Acme", "x", "x"), ENDS_AT)),
    ]
}

#[tokio::test]
async fn what_is_sent_by_smtp_is_good_whatever_stands_in_it() {
    for (algorithm, arguments) in [("rsa", RSA), ("ed25519", ED25519)] {
        let directory = Directory::new(&format!("dkim-{algorithm}"));
        let server = Smtp::start(&directory, "starttls").await;
        let dkim = dkim_of(&key(&directory, "dkim.pem", arguments));
        let post = mailer(&server, &dkim);
        let mails = mails();
        for (name, mail) in &mails {
            assert!(post.send(mail).await.is_ok(), "{name}");
        }
        let received: Vec<PathBuf> = (1..=mails.len()).map(|number| server.eml(number)).collect();
        let all = said(&record(&dkim), &received);
        for ((name, _), said) in mails.iter().zip(&all) {
            assert_eq!(said, "good", "{algorithm}: {name}");
        }
        assert_eq!(all.len(), mails.len());
        let other = Directory::new(&format!("dkim-{algorithm}-other"));
        let others = record(&dkim_of(&key(&other, "dkim.pem", arguments)));
        assert_eq!(said(&others, &received[..1]), ["bad"], "under another key");
    }
}

/// Words that headers are folded between, encoded, or quoted for, in every order.
#[test]
fn names_and_subjects_of_any_words_are_signed_as_others_read_them() {
    let directory = Directory::new("dkim-words");
    let dkim = dkim_of(&key(&directory, "dkim.pem", ED25519));
    let signer = Signer::new(&dkim, "tradecounter.example").expect("a key");
    let long = ["W".repeat(70), "Ł".repeat(70), "q".repeat(120), "é".repeat(300)];
    let words = ["a", "of tea", "Żółta", "卸売り", "😀", "\"quoted\"", "(x)", "a,b;", "\\", "=?utf-8?q?x?=", "  ", "£5", "x\r\nBcc: y", ""];
    let words: Vec<&str> = words.into_iter().chain(long.iter().map(String::as_str)).collect();
    let text =
        |seed: usize| (0..seed % 7 + 1).map(|at| words[(seed * 31 + at * (seed / 7 + 5)) % words.len()]).collect::<Vec<_>>().join(" ");
    let mut files = Vec::new();
    for seed in 0..300 {
        let mail = letter(TO, &text(seed), &text(seed * 13 + 3), &text(seed + 1));
        let from = "counter@tradecounter.example".parse().expect("an address");
        let written = mail.compose(&from, TO.parse().expect("an address"), signer.as_ref()).expect("a mail");
        files.push(directory.join(&format!("{seed}.eml")));
        fs::write(&files[seed], written).expect("a file");
    }
    let bad: Vec<String> = said(&record(&dkim), &files)
        .iter()
        .zip(&files)
        .filter(|(said, _)| *said != "good")
        .map(|(_, file)| fs::read_to_string(file).expect("a mail"))
        .collect();
    assert!(bad.is_empty(), "{} of {}: {}", bad.len(), files.len(), bad[0]);
}

/// A mail, changed on its way.
fn changed(mail: &str) -> Vec<(&'static str, String, &'static str)> {
    let (head, body) = mail.split_once("\r\n\r\n").expect("a head and a body");
    let whole = |head: &str, body: &str| format!("{head}\r\n\r\n{body}");
    let instead = |from: &str, to: &str| {
        assert!(head.contains(from), "{from}: {head}");
        whole(&head.replacen(from, to, 1), body)
    };
    let without = |name: &str| {
        let at = head.find(&format!("\r\n{name}: ")).expect(name);
        let rest = &head[at + 2..];
        let end = rest.match_indices("\r\n").find(|(end, _)| !rest[end + 2..].starts_with([' ', '\t'])).map_or(rest.len(), |(end, _)| end);
        whole(&format!("{}{}", &head[..at], &rest[end..]), body)
    };
    let in_front = |line: &str| format!("{line}\r\n{mail}");
    let behind = |line: &str| whole(&format!("{head}\r\n{line}"), body);
    vec![
        ("nothing", mail.to_owned(), "good"),
        ("who has passed it on", in_front("Received: from a.example by b.example; Sun, 29 Nov 2026 12:00:00 +0000"), "good"),
        ("blanks at the ends of lines", whole(head, &body.replace("\r\n", "  \r\n")), "good"),
        ("the body", whole(head, &body.replacen("on its way", "at our rival", 1)), "bad"),
        ("more body", whole(head, &format!("{body}Call +447400123456 instead.\r\n")), "bad"),
        ("the subject", instead("Subject: News", "Subject: Olds"), "bad"),
        ("a second subject in front", in_front("Subject: You have won"), "bad"),
        ("a second subject behind", behind("Subject: You have won"), "bad"),
        ("the sender", instead("From: Acme", "From: Zcme"), "bad"),
        ("the sender's address", instead("counter@tradecounter.example", "evil@tradecounter.example"), "bad"),
        ("a second sender in front", in_front("From: Acme <evil@evil.example>"), "bad"),
        ("the recipient", instead(TO, "everybody@shop.example"), "bad"),
        ("another recipient", in_front("Cc: everybody@shop.example"), "bad"),
        ("the reader of answers", instead("trade@acme.example", "trade@evil.example"), "bad"),
        ("the day", without("Date"), "bad"),
        ("the id", without("Message-ID"), "bad"),
        ("no link that ends news", without("List-Unsubscribe"), "bad"),
        ("no click that ends news", without("List-Unsubscribe-Post"), "bad"),
        ("a second link that ends news", in_front("List-Unsubscribe: <https://evil.example>"), "bad"),
        ("that it is in parts", instead("multipart/alternative", "multipart/mixed"), "bad"),
        ("other parts", in_front("Content-Type: multipart/alternative; boundary=\"other\""), "bad"),
        ("no kind at all", without("Content-Type"), "bad"),
        ("how it is written", instead("Content-Transfer-Encoding: 7bit", "Content-Transfer-Encoding: base64"), "bad"),
        ("the signature", without("DKIM-Signature"), "bad"),
    ]
}

#[tokio::test]
async fn nothing_of_a_mail_by_smtp_can_be_changed_added_or_taken_away() {
    let directory = Directory::new("dkim-changed");
    let server = Smtp::start(&directory, "starttls").await;
    for (number, arguments) in [(1, RSA), (2, ED25519)] {
        let dkim = dkim_of(&key(&directory, "dkim.pem", arguments));
        let mail = news(letter(TO, "Acme", "News of your order", "It is on its way."), ENDS_AT);
        assert!(mailer(&server, &dkim).send(&mail).await.is_ok());
        let changes = changed(&fs::read_to_string(server.eml(number)).expect("the mail"));
        let files: Vec<PathBuf> = (0..changes.len()).map(|at| directory.join(&format!("changed-{at}.eml"))).collect();
        for (file, (_, mail, _)) in files.iter().zip(&changes) {
            fs::write(file, mail).expect("a file");
        }
        let said = said(&record(&dkim), &files);
        for ((what, _, expected), said) in changes.iter().zip(&said) {
            assert_eq!(said, expected, "{arguments:?}: {what}");
        }
    }
}

#[tokio::test]
async fn codes_and_news_of_orders_go_signed_by_smtp() {
    let directory = Directory::new("dkim-house");
    let server = Smtp::start(&directory, "starttls").await;
    let dkim = dkim_of(&key(&directory, "dkim.pem", RSA));
    let house = house_with_news().await;
    let ada = house.customer("acme", ADA).await;
    let post = signing_post_office(&house, &server, &dkim).await;
    order(&ada, "one", json!([{ "sku": "TEA-1", "quantity": 1 }])).await;
    house.browser("acme").post("/api/v1/office/codes", json!({ "email": "owner@acme.example" })).await;
    post.run_jobs().await;
    post.run_jobs().await;
    let received = server.received();
    let to = |address: &str| received.iter().any(|mail| mail["envelope_to"][0] == address);
    assert!(to("ada@shop.example") && to("owner@acme.example"), "{received:?}");
    let files: Vec<PathBuf> = (1..=received.len()).map(|number| server.eml(number)).collect();
    assert!(said(&record(&dkim), &files).iter().all(|said| said == "good"), "{received:?}");
}

/// The status, what was printed, and what was said beside.
async fn dkim_record(directory: &Directory, name: &str, dkim: &str) -> (Option<i32>, String, String) {
    let file = directory.join(&format!("{name}.toml"));
    fs::write(&file, format!("[email.smtp]\nfrom = 'no-reply@tradecounter.example'\n{dkim}")).expect("a configuration");
    let mut command = Program::tradecounter(&["message", "dkim-record", "--config"]);
    let mut program = Program::start(command.arg(&file), &directory.0, name);
    let status = program.ended(std::time::Duration::from_secs(30)).await;
    (status.code(), program.said(), program.complained())
}

#[tokio::test]
async fn the_record_is_printed_as_forms_and_zone_files_want_it() {
    let directory = Directory::new("dkim-record");
    for (kind, arguments) in [("rsa", RSA), ("ed25519", ED25519)] {
        let pem = key(&directory, &format!("{kind}.pem"), arguments);
        let path = directory.join(&format!("{kind}.pem")).display().to_string();
        let configured = format!("[email.dkim]\nselector = 'mail2026'\ndomain = 'tradecounter.example'\nprivate_key_file = '{path}'\n");
        let (status, printed, complained) = dkim_record(&directory, kind, &configured).await;
        assert_eq!(status, Some(0), "{complained}");
        let record = record(&dkim_of(&pem));
        assert!(record.value.starts_with(&format!("v=DKIM1; k={kind}; p=")), "{record:?}");
        let in_form = format!("Name:  mail2026._domainkey.tradecounter.example\nType:  TXT\nValue: {}\n\nIn a zone file:\n", record.value);
        let zone = printed.strip_prefix(&in_form).unwrap_or_else(|| panic!("{printed}"));
        let pieces: Vec<&str> = zone.split('"').skip(1).step_by(2).collect();
        assert_eq!(pieces.concat(), record.value);
        assert!(pieces.iter().all(|piece| piece.len() <= 255), "{zone}");
        assert!(zone.starts_with("mail2026._domainkey.tradecounter.example. IN TXT ( \"") && zone.ends_with("\" )\n"), "{zone}");
        let secret = pem.lines().nth(1).expect("a line of the key");
        assert!(!printed.contains(secret) && !complained.contains(secret), "only the public half");
    }
    let (status, printed, complained) = dkim_record(&directory, "none", "").await;
    assert!(status == Some(1) && printed.is_empty() && complained.contains("[email.dkim] has no key"), "{complained}");
    let (status, _, complained) = dkim_record(&directory, "half", "[email.dkim]\nselector = 'mail2026'\n").await;
    assert!(status == Some(1) && complained.contains("go together"), "{complained}");
}
