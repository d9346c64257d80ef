//! The carriers against the real things: Kannel with its fake SMS centre, and a mail server with TLS. What they take arrives
//! as it was written; what they refuse is told apart; nothing of it is in any log.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tradecounter::clock::Clock;
use tradecounter::config::Config;
use tradecounter::messages::dkim::DkimConfig;
use tradecounter::messages::email::{Mailer, Smtp as SmtpClient, SmtpConfig};
use tradecounter::messages::letters::{Mail, Sender};
use tradecounter::messages::sms::{Accepted, Encoding, GatewayName, Gateways, Refusal, Sent, Urgency, segments};
use uuid::Uuid;

use crate::companions::{Directory, Kannel, Smtp, free_port, signal};
use crate::counterparts::{alone, gateway_with};
use crate::letters::key;

const TO: &str = "+447400123456";
const CODE: &str = "Acme: your code is 493817. Never share it.\n\n@acme.example #493817";

/// The gateway at this port, with this password.
fn kannel_at(port: u16, password: &str, timeout_seconds: u64) -> Gateways {
    alone(gateway_with(GatewayName::Kannel, &format!("http://127.0.0.1:{port}"), timeout_seconds, password))
}

async fn text(sms: &Gateways, to: &str, text: &str) -> Result<Sent, Refusal> {
    sms.send(to, text, Urgency::Ordinary).await
}

/// A client of the mail server that listens at this port.
fn mailer(port: u16, tls: &str, password: Option<&str>, authority: Option<&Path>, timeout_seconds: u64) -> Mailer {
    let mut config =
        format!("host='localhost'\nport={port}\ntls='{tls}'\nfrom='counter@tradecounter.example'\ntimeout_seconds={timeout_seconds}\n");
    if let Some(password) = password {
        config += &format!("username='tester'\npassword='{password}'\n");
    }
    if let Some(authority) = authority {
        config += &format!("root_certificate='{}'\n", authority.display());
    }
    let config: SmtpConfig = toml::from_str(&config).expect("a configuration");
    Mailer::Smtp(Box::new(SmtpClient::new(config, &DkimConfig::default()).expect("a client")))
}

async fn post(mailer: &Mailer, to: &str) -> Result<Accepted, Refusal> {
    mailer.send(&letter(to, "Acme Foods", "Your code", "Your code: 493817\n.\n..dots\nÑandú 😀 £5\nFrom here\n")).await
}

/// A plain mail.
pub fn letter(to: &str, from: &str, subject: &str, text: &str) -> Mail {
    Mail {
        id: Uuid::now_v7(),
        to: to.to_owned(),
        sender: Sender { name: from.to_owned(), colour: "#14532d".to_owned(), pages: vec!["https://acme.example".to_owned()] },
        subject: subject.to_owned(),
        text: text.to_owned(),
        news: None,
        return_token: String::new(),
    }
}

/// Everything that this thread logs, down to the last trace.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn begin(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let lines = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(move || log.clone());
        tracing::subscriber::set_default(lines.finish())
    }

    fn words(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("a log")).into_owned()
    }

    pub fn assert_holds_nothing_of(&self, secrets: &[&str]) {
        let text = self.words();
        assert!(!text.is_empty(), "something was logged, so that there is something to look at");
        for secret in secrets {
            assert!(!text.contains(secret), "{secret:?} is in the log:\n{text}");
        }
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn kannel_carries_each_text_as_it_was_written_and_says_what_it_refuses() {
    let directory = Directory::new("carriers-kannel");
    let log = Log::default();
    let _guard = log.begin();
    let kannel = Kannel::start(&directory, free_port()).await;
    let sms = kannel_at(kannel.port, "secret", 10);

    assert_eq!(text(&sms, TO, CODE).await, Ok(Sent { gateway: GatewayName::Kannel, provider_reference: None }));
    let gsm = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ÄÖÑÜ§¿äöñüà^{}\\[~]|€";
    for words in [gsm, "Ñandú ’ 😀", "a & b = c + d % 20 # end"] {
        assert!(text(&sms, TO, words).await.is_ok(), "{words}");
    }
    for words in [CODE, gsm, "a & b = c + d % 20 # end"] {
        kannel.until_received(&format!(" {TO} text {words}\n")).await;
    }
    // In the form of the fake SMS centre: "Ñandú ’ 😀" in UTF-16.
    kannel.until_received(&format!(" {TO} ucs-2 %00%D1%00a%00n%00d%00%FA%00++%19%00+%D8%3D%DE%00\n")).await;
    assert_eq!(kannel.count_to(TO), 4, "{}", kannel.received());

    assert_eq!(text(&kannel_at(kannel.port, "wrongpass", 10), TO, CODE).await, Err(Refusal::Authentication));
    assert!(matches!(text(&sms, "+447400900001", CODE).await, Err(Refusal::Rejected(_))), "no route to that number");
    for bad in ["", "+", "447400123456", "+447400123456 +447400123457", "+44740012345a", "+07400123456", "+4474001234561234"] {
        assert_eq!(text(&sms, bad, CODE).await, Err(Refusal::InvalidRecipient), "{bad:?}");
    }

    kannel.set_centre_down(true);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(text(&sms, TO, "queued while the centre is down").await.is_ok(), "it is the gateway's to deliver");
    kannel.set_centre_down(false);
    kannel.until_received("queued while the centre is down").await;

    signal(kannel.smsbox(), "STOP");
    let slow = text(&kannel_at(kannel.port, "secret", 1), TO, "slow").await;
    signal(kannel.smsbox(), "CONT");
    assert_eq!(slow, Err(Refusal::TimedOut), "it may be on its way");
    assert!(slow.is_err_and(|refusal| refusal.outcome_is_unknown() && !refusal.may_retry()));

    drop(kannel);
    let gone = text(&sms, TO, CODE).await;
    assert_eq!(gone, Err(Refusal::Unreachable), "it certainly was not handed over");
    assert!(gone.is_err_and(|refusal| refusal.may_retry()));
    log.assert_holds_nothing_of(&["493817", "447400123456", "secret", "wrongpass", "acme.example", "Ñandú"]);
}

/// Speaks as a mail server does until it hears of the recipient, and then says something that is no answer.
#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_logged() {
    let log = Log::default();
    let _guard = log.begin();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serving = async {
        let (stream, _) = listener.accept().await.expect("a client");
        let mut stream = BufReader::new(stream);
        let mut said = "220 here".to_owned();
        while !said.is_empty() {
            stream.write_all(format!("{said}\r\n").as_bytes()).await.expect("it listens");
            let mut heard = String::new();
            stream.read_line(&mut heard).await.expect("it speaks");
            said = match heard.split_once(' ') {
                Some(("EHLO", _)) => "250 here",
                Some(("MAIL", _)) => "250 fine",
                Some(("RCPT", _)) => "owner@shop.example? Never heard of",
                _ => "",
            }
            .to_owned();
        }
    };
    let mail = mailer(port, "none", None, None, 10);
    let (answer, ()) = tokio::join!(post(&mail, "owner@shop.example"), serving);
    assert_eq!(answer, Err(Refusal::Unreachable));
    log.assert_holds_nothing_of(&["owner@shop"]);
}

#[tokio::test]
async fn smtp_carries_each_letter_as_it_was_written_and_says_what_it_refuses() {
    let directory = Directory::new("carriers-smtp");
    let log = Log::default();
    let _guard = log.begin();
    let server = Smtp::start(&directory, "starttls").await;
    let ca = server.authority();
    let mail = mailer(server.port, "starttls", Some("secret"), Some(&ca), 10);

    assert!(post(&mail, "owner@shop.example").await.is_ok_and(|accepted| accepted.provider_reference.is_some()));
    let received = server.received();
    let letter = &received[0];
    assert_eq!((&letter["tls"], &letter["authenticated"]), (&true.into(), &true.into()));
    assert_eq!(letter["subject"], "Your code");
    assert_eq!(
        letter["text"].as_str().map(|text| text.replace("\r\n", "\n").trim_end().to_owned()).as_deref(),
        Some("Your code: 493817\n.\n..dots\nÑandú 😀 £5\nFrom here")
    );

    let (name, subject) = ("Evil\r\nBcc: a@b.example\r\n", "Hi\r\nBcc: c@d.example\n\nbody\u{2028}x");
    let forged = self::letter("owner@shop.example", name, subject, "t\r\n.\r\nMAIL FROM:<x@y>\r\n");
    assert!(mail.send(&forged).await.is_ok());
    let received = server.received();
    let names: Vec<&str> = received[1]["headers"].as_array().expect("headers").iter().filter_map(|pair| pair[0].as_str()).collect();
    assert!(!names.iter().any(|name| name.eq_ignore_ascii_case("bcc")), "a name cannot add a header: {names:?}");
    assert_eq!((received.len(), received[1]["envelope_to"].as_array().map(Vec::len)), (2, Some(1)));

    assert_eq!(post(&mail, "refused@shop.example").await, Err(Refusal::InvalidRecipient), "550 5.1.1");
    assert_eq!(post(&mail, "old@shop.example").await, Err(Refusal::InvalidRecipient), "550 without a detail");
    assert_eq!(post(&mail, "relay@shop.example").await, Err(Refusal::Rejected("550 5.7.1".to_owned())), "not the recipient's fault");
    assert_eq!(post(&mail, "later@shop.example").await, Err(Refusal::RateLimited), "451");
    assert_eq!(post(&mail, "spam@shop.example").await, Err(Refusal::Rejected("554 5.7.1".to_owned())));
    assert!(post(&mail, "broken@shop.example").await.is_err_and(|refusal| refusal.outcome_is_unknown()));
    for bad in ["", "x", "a b@c.example", "a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example,c@d.example", "ü@c.example"] {
        assert_eq!(post(&mail, bad).await, Err(Refusal::InvalidRecipient), "{bad:?}");
    }
    let hasty = mailer(server.port, "starttls", Some("secret"), Some(&ca), 1);
    assert_eq!(post(&hasty, "slow@shop.example").await, Err(Refusal::Unreachable), "not handed over yet");
    assert_eq!(post(&hasty, "stuck@shop.example").await, Err(Refusal::TimedOut), "handed over, and no answer");
    assert!(post(&hasty, "owner@shop.example").await.is_ok(), "the next one is none the worse");

    let wrong = mailer(server.port, "starttls", Some("wrongpass"), Some(&ca), 5);
    assert_eq!(post(&wrong, "owner@shop.example").await, Err(Refusal::Authentication));
    let nobody = mailer(server.port, "starttls", None, Some(&ca), 5);
    assert_eq!(post(&nobody, "owner@shop.example").await, Err(Refusal::Authentication));
    let distrustful = mailer(server.port, "starttls", Some("secret"), None, 5);
    assert_eq!(post(&distrustful, "owner@shop.example").await, Err(Refusal::Unreachable), "signed by nobody we know");
    let arrived = server.received().into_iter().filter(|letter| letter["envelope_to"][0] == "owner@shop.example").count();
    assert_eq!(arrived, 3);
    drop(server);
    assert_eq!(post(&mail, "owner@shop.example").await, Err(Refusal::Unreachable), "an idle connection is not believed in");
    log.assert_holds_nothing_of(&["493817", "owner@shop", "refused@shop", "secret", "wrongpass", "dots"]);
}

#[tokio::test]
async fn smtp_without_tls_is_only_for_this_machine() {
    let directory = Directory::new("carriers-plain");
    let server = Smtp::start(&directory, "none").await;
    for password in [None, Some("secret")] {
        let stripped = mailer(server.port, "starttls", password, None, 5);
        assert_eq!(post(&stripped, "owner@shop.example").await, Err(Refusal::Unreachable), "STARTTLS is missing");
    }
    assert_eq!(server.received().len(), 0);
    assert!(post(&mailer(server.port, "none", None, None, 5), "owner@shop.example").await.is_ok());
    for host in ["mail.example", "127.evil.example", "10.0.0.1"] {
        let config: SmtpConfig =
            toml::from_str(&format!("host='{host}'\nport=25\ntls='none'\nfrom='a@b.example'")).expect("a configuration");
        assert!(SmtpClient::new(config, &DkimConfig::default()).is_err(), "{host}");
    }
}

/// What is given to operators to begin with must be something that the carriers' clients take.
#[test]
fn the_configuration_files_name_carriers_that_can_be_built() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/production.example.toml");
    for (file, gateways) in [(None, 1), (Some(example.as_path()), 4)] {
        let mut config = Config::read(file).expect("a configuration");
        let sms = &mut config.sms;
        for secret in [&mut sms.twilio.auth_token, &mut sms.vonage.api_secret, &mut sms.sns.secret_access_key] {
            *secret = "from the environment".into();
        }
        let built = Gateways::configured(&config.sms, None, &Clock::system());
        assert_eq!(built.map(|gateways| gateways.seen().len()).ok(), Some(gateways), "{file:?}");
        let (mut smtp, mut dkim) = (config.email.smtp, config.email.dkim);
        smtp.password = smtp.username.as_ref().map(|_| "from the environment".into());
        if !dkim.selector.is_empty() {
            dkim.private_key = key(&Directory::new("carriers-files"), "dkim.pem", &["genpkey", "-algorithm", "ED25519"]).into();
        }
        assert!(SmtpClient::new(smtp, &dkim).is_ok(), "{file:?}");
    }
}

#[test]
fn segments_are_counted_as_gateways_charge_them() {
    let count = |text: &str| {
        let segments = segments(text);
        (segments.encoding, segments.units, segments.count)
    };
    let (gsm, ucs) = (Encoding::Gsm7, Encoding::Ucs2);
    for (text, expected) in [
        (String::new(), (gsm, 0, 1)),
        (CODE.to_owned(), (gsm, CODE.len(), 1)),
        ("a".repeat(160), (gsm, 160, 1)),
        ("a".repeat(161), (gsm, 161, 2)),
        ("a".repeat(306), (gsm, 306, 2)),
        ("a".repeat(307), (gsm, 307, 3)),
        ("€".repeat(80), (gsm, 160, 1)),
        ("€".repeat(81), (gsm, 162, 2)),
        // A character of two units is never cut: 76 of them fill a segment of 153.
        ("€".repeat(152), (gsm, 304, 2)),
        ("€".repeat(153), (gsm, 306, 3)),
        ("ù".to_owned(), (gsm, 1, 1)),
        ("ú".to_owned(), (ucs, 1, 1)),
        ("ç".to_owned(), (ucs, 1, 1)),
        ("ж".repeat(70), (ucs, 70, 1)),
        ("ж".repeat(71), (ucs, 71, 2)),
        ("ж".repeat(135), (ucs, 135, 3)),
        ("😀".repeat(35), (ucs, 70, 1)),
        ("😀".repeat(66), (ucs, 132, 2)),
        ("😀".repeat(67), (ucs, 134, 3)),
    ] {
        assert_eq!(count(&text), expected, "{text}");
    }
}
