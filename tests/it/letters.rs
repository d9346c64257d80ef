//! Letters as a real mail server gets them: text and HTML, and the headers that mail programs go by.

use std::fs;
use std::process::Command;

use regex::Regex;
use serde_json::{Value, json};
use tradecounter::config::MailCarrierName;
use tradecounter::messages::dkim::{DkimConfig, Signer};
use tradecounter::messages::email::{Mailer, Smtp as SmtpClient, SmtpConfig, SmtpTls};
use tradecounter::messages::letters::{Mail, News};
use uuid::Uuid;

use crate::carriers::letter;
use crate::companions::{Directory, Smtp};
use crate::house::{ADA, House};
use crate::orders::order;

pub const TO: &str = "owner@shop.example";
const BOUNCES: &str = "bounces@tradecounter.example";

pub fn config(server: &Smtp) -> SmtpConfig {
    SmtpConfig {
        host: "localhost".to_owned(),
        port: server.port,
        tls: SmtpTls::Starttls,
        username: Some("tester".to_owned()),
        password: Some("secret".into()),
        from: "counter@tradecounter.example".to_owned(),
        bounce_address: Some(BOUNCES.to_owned()),
        timeout_seconds: 10,
        root_certificate: Some(server.authority()),
    }
}

pub fn mailer(server: &Smtp, dkim: &DkimConfig) -> Mailer {
    Mailer::Smtp(Box::new(SmtpClient::new(config(server), dkim).expect("a client")))
}

/// A process beside this house that hands its mail to this server.
pub async fn post_office(house: &House, server: &Smtp) -> House {
    signing_post_office(house, server, &DkimConfig::default()).await
}

/// The same that signs it.
pub async fn signing_post_office(house: &House, server: &Smtp, dkim: &DkimConfig) -> House {
    let (smtp, dkim) = (config(server), dkim.clone());
    house
        .beside_with(move |config| {
            config.email.carrier = MailCarrierName::Smtp;
            config.email.smtp = smtp;
            config.email.dkim = dkim;
        })
        .await
}

/// Every value that a header of this name has.
pub fn header<'a>(received: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = received["headers"].as_array().expect("headers");
    headers.iter().filter(|pair| pair[0].as_str().expect("a name").eq_ignore_ascii_case(name)).filter_map(|pair| pair[1].as_str()).collect()
}

pub fn news(mail: Mail, ends_at: &str) -> Mail {
    Mail { news: Some(News { ends_at: ends_at.to_owned(), reply_to: "trade@acme.example".to_owned() }), ..mail }
}

#[tokio::test]
async fn a_letter_is_text_and_html_and_has_the_headers_that_programs_go_by() {
    let directory = Directory::new("letters");
    let server = Smtp::start(&directory, "starttls").await;
    let mail = mailer(&server, &DkimConfig::default());
    let name = "Hurtownia «Żółta Łódź», Kraków: ser, chleb; wino <i> piwo – 卸売り問屋";
    let subject = "Ihre Bestellung für das Café am Süßen Grund ist angenommen und wird am Donnerstag ausgeliefert ".repeat(3);
    let text = "Fish & <b>chips</b>\nare £5.\n\nSee https://acme.example/orders/AW-1.";
    let first = letter(TO, name, subject.trim(), text);
    assert!(mail.send(&first).await.is_ok());
    assert!(mail.send(&first).await.is_ok());
    let received = server.received();
    let one = &received[0];
    assert_eq!((&one["kind"], &one["defects"]), (&json!("multipart/alternative"), &json!([])), "{one}");
    assert_eq!(one["subject"], subject.trim());
    assert_eq!(one["text"].as_str().expect("a text").replace("\r\n", "\n").trim_end(), text);
    let html = one["html"].as_str().expect("some HTML");
    assert!(html.contains("Fish &#38; &#60;b&#62;chips&#60;/b&#62;<br>are £5."), "{html}");
    assert!(html.contains("<a href=\"https://acme.example/orders/AW-1\">https://acme.example/orders/AW-1</a>."), "{html}");
    assert!(header(one, "from")[0].contains("Żółta Łódź") && header(one, "from")[0].ends_with("<counter@tradecounter.example>"), "{one}");
    assert_eq!(header(one, "message-id"), [format!("<{}@tradecounter.example>", first.id)]);
    assert_eq!(header(&received[1], "message-id"), header(one, "message-id"), "sent twice it is the same mail");
    assert_eq!(header(one, "auto-submitted"), ["auto-generated"]);
    for absent in ["list-unsubscribe", "list-unsubscribe-post", "reply-to", "dkim-signature", "bcc", "x-mailer"] {
        assert!(header(one, absent).is_empty(), "{absent}: {one}");
    }
    let eml = fs::read(server.eml(1)).expect("the mail");
    assert!(eml.is_ascii() && eml.split(|byte| *byte == b'\n').all(|line| line.len() <= 998), "as every mail server takes it");
}

#[tokio::test]
async fn news_say_how_they_end_and_who_reads_answers() {
    let directory = Directory::new("letters-news");
    let server = Smtp::start(&directory, "starttls").await;
    let mail = mailer(&server, &DkimConfig::default());
    let ends_at = "https://acme.example/unsubscriptions/AAEBk1HkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert!(mail.send(&news(letter(TO, "Acme", "News", "It is on its way."), ends_at)).await.is_ok());
    assert!(mail.send(&news(letter(TO, "Acme", "News", "It is on its way."), &ends_at.replace("https", "http"))).await.is_ok());
    let received = server.received();
    let one = &received[0];
    assert_eq!(header(one, "list-unsubscribe"), [format!("<{ends_at}>")]);
    assert_eq!(header(one, "list-unsubscribe-post"), ["List-Unsubscribe=One-Click"]);
    assert_eq!(header(one, "reply-to"), ["trade@acme.example"]);
    assert!(
        one["text"].as_str().is_some_and(|text| text.contains(ends_at)) && one["html"].as_str().is_some_and(|html| html.contains(ends_at))
    );
    assert_eq!(header(&received[1], "list-unsubscribe-post").len(), 0, "one click is for links that nobody can change");
    let eml = fs::read_to_string(server.eml(1)).expect("the mail");
    let written = eml.lines().find(|line| line.starts_with("List-Unsubscribe: ") || line.contains("unsubscriptions/"));
    assert!(written.is_some_and(|line| line.trim_end().ends_with("AAA>")), "in one piece, as mail programs want it: {written:?}");
}

#[tokio::test]
async fn what_comes_back_comes_to_an_address_of_its_own() {
    let directory = Directory::new("letters-bounces");
    let server = Smtp::start(&directory, "starttls").await;
    let mail = mailer(&server, &DkimConfig::default());
    let token = "a".repeat(52);
    assert!(mail.send(&Mail { return_token: token.clone(), ..letter(TO, "Acme", "One", "x") }).await.is_ok());
    assert!(mail.send(&letter(TO, "Acme", "Two", "x")).await.is_ok());
    let without = SmtpClient::new(SmtpConfig { bounce_address: None, ..config(&server) }, &DkimConfig::default()).expect("a client");
    assert!(Mailer::Smtp(Box::new(without)).send(&Mail { return_token: token.clone(), ..letter(TO, "Acme", "Three", "x") }).await.is_ok());
    let from: Vec<Value> = server.received().iter().map(|mail| mail["envelope_from"].clone()).collect();
    assert_eq!(from, [&format!("bounces+{token}@tradecounter.example"), BOUNCES, "counter@tradecounter.example"]);
}

/// A key as operators make it, in a file.
pub fn key(directory: &Directory, name: &str, arguments: &[&str]) -> String {
    let path = directory.join(name);
    let made = Command::new("openssl").arg(arguments[0]).arg("-out").arg(&path).args(&arguments[1..]).output().expect("openssl");
    assert!(made.status.success(), "{made:?}");
    fs::read_to_string(path).expect("a key")
}

pub fn dkim(key: &str) -> DkimConfig {
    DkimConfig { selector: "mail2026".into(), domain: "tradecounter.example".into(), private_key: key.into(), private_key_file: None }
}

#[test]
fn a_key_that_would_not_do_is_refused_and_not_repeated() {
    let directory = Directory::new("letters-keys");
    let good = key(&directory, "good.pem", &["genpkey", "-algorithm", "ED25519"]);
    let short = key(&directory, "short.pem", &["genrsa", "1024"]);
    let signer = |dkim: &DkimConfig, from: &str| Signer::new(dkim, from).map_err(|error| format!("{error:#}"));
    let from = "tradecounter.example";
    assert!(signer(&DkimConfig::default(), from).is_ok_and(|signer| signer.is_none()), "nothing set, nothing signed");
    assert!(signer(&dkim(&good), "mail.tradecounter.example").is_ok_and(|signer| signer.is_some()), "of a domain above");
    assert!(signer(&dkim(&good.replace('\n', "\\n")), from).is_ok(), "in one line, as the environment has it");
    let filed = DkimConfig { private_key_file: Some(directory.join("good.pem")), ..dkim("") };
    assert!(signer(&filed, from).is_ok_and(|signer| signer.is_some()));
    let refused = [
        (dkim("not a key"), from, "no RSA or Ed25519 key"),
        (dkim(""), from, "go together"),
        (DkimConfig { selector: String::new(), ..dkim(&good) }, from, "go together"),
        (DkimConfig { selector: "two words".into(), ..dkim(&good) }, from, "host names"),
        (dkim(&short), from, "shorter than 2048"),
        (dkim(&good), "other.example", "must be that of"),
        (dkim(&good), "eviltradecounter.example", "must be that of"),
        (DkimConfig { private_key: good.as_str().into(), ..filed }, from, "both"),
        (DkimConfig { private_key_file: Some(directory.join("none.pem")), ..dkim("") }, from, "none.pem"),
    ];
    for (config, from, says) in refused {
        let why = signer(&config, from).err().unwrap_or_else(|| panic!("{says}: {config:?}"));
        assert!(why.contains(says) && !why.contains("PRIVATE") && !format!("{config:?}").contains("MC4CAQ"), "{why}");
    }
}

fn snapshot(name: &str, html: &str) {
    assert!(html.len() < 20 * 1024, "{name} weighs {} bytes", html.len());
    let fetched = Regex::new(r#"(?i)<(?:img|link|script|iframe|object|video|audio|form)\b|url\(|@import|\ssrc="#).expect("a pattern");
    assert!(!fetched.is_match(html), "{name}: nothing is fetched: {html}");
    let mut text = html.replace("\r\n", "\n");
    for (pattern, instead) in [
        (r"localhost:\d+", "localhost:[port]"),
        (r"[0-9a-f]{8}-[0-9a-f-]{27}", "[id]"),
        (r"/unsubscriptions/[\w-]+", "/unsubscriptions/[token]"),
        (r">\d{6}<", ">[code]<"),
        (r"\bAS-[2-9A-Z]{3}-[2-9A-Z]{3}\b", "AS-[number]"),
    ] {
        text = Regex::new(pattern).expect("a pattern").replace_all(&text, instead).into_owned();
    }
    insta::assert_snapshot!(name, text);
}

#[tokio::test]
async fn every_kind_of_letter_is_in_the_colours_of_who_writes() {
    let directory = Directory::new("letters-html");
    let server = Smtp::start(&directory, "starttls").await;
    let house = House::open().await;
    house.goods("acme").await;
    house
        .change(
            "update trade_accounts set order_news = 'email', order_email = 'ada@shop.example' where account_number = 'A-1';
             update tenants set brand_colour = '#f2c14e', business_name = 'Acme & <Söhne>', contact_email = 'trade@acme.example'
              where slug = 'acme'",
        )
        .await;
    house.app.house.tenants.forget_all();
    let (ada, owner) = (house.customer("acme", ADA).await, house.staff("acme", "owner").await);
    let post = post_office(&house, &server).await;
    order(&ada, "one", json!([{ "sku": "TEA-1", "quantity": 1 }])).await;
    post.run_jobs().await;
    owner.post("/api/v1/office/invitations", json!({ "name": "Ivy", "email": "ivy@acme.example", "role": "sales" })).await;
    house.browser("acme").post("/api/v1/office/codes", json!({ "email": "owner@acme.example" })).await;
    let signup = json!({ "business_name": "Nordic", "subdomain": "nordic", "email": "nora@nordic.example", "country": "GB" });
    house.browser("").post("/api/v1/signups", signup).await;
    // What one process has written leads to its own port; in production all have the same address.
    house
        .change(&format!("update messages set text = replace(text, 'localhost:{}', 'localhost:{}')", house.at.port(), post.at.port()))
        .await;
    post.run_jobs().await;
    let received = server.received();
    let to =
        |address: &str| received.iter().find(|mail| mail["envelope_to"][0] == address).unwrap_or_else(|| panic!("nothing to {address}"));
    for (name, address) in [
        ("order_news", "ada@shop.example"),
        ("invited", "ivy@acme.example"),
        ("code", "owner@acme.example"),
        ("signup", "nora@nordic.example"),
    ] {
        snapshot(name, to(address)["html"].as_str().expect("some HTML"));
    }
    let news = to("ada@shop.example");
    let ends_at = header(news, "list-unsubscribe")[0].trim_matches(['<', '>']).to_owned();
    assert!(
        ends_at.starts_with("http://acme.localhost:") && ends_at.contains("/unsubscriptions/"),
        "on the wholesaler's own host: {ends_at}"
    );
    assert_eq!(header(news, "reply-to"), ["trade@acme.example"]);
    let message: Uuid = house.value("select message_id from messages where news_of is not null").await;
    assert_eq!(header(news, "message-id"), [format!("<{message}@tradecounter.example>")], "the same when it is sent again after a crash");
    for other in ["ivy@acme.example", "owner@acme.example", "nora@nordic.example"] {
        assert!(header(to(other), "list-unsubscribe").is_empty() && header(to(other), "reply-to").is_empty(), "{other}");
    }
}
