//! Mail that comes back: the message that it is about is marked as failed, and news to a mailbox that is not there end. What somebody
//! made up does nothing, and nothing is ever sent.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;
use tradecounter::ids::{MessageId, TenantId};
use tradecounter::messages::bounces::{self, READ_BYTES, Taken};
use uuid::Uuid;

use crate::companions::{Directory, Smtp, TRADECOUNTER};
use crate::house::{ADA, House};
use crate::letters::post_office;
use crate::orders::order;
use crate::unsubscriptions::house_with_news;

const STANDS: &str = "select concat_ws(' ', order_news, news_ended_why) from trade_accounts where account_number = 'A-1'";
const MESSAGE: &str = "select concat_ws(' ', status, problem, failed_at is not null) from messages where news_of is not null";

/// As Postfix writes it.
fn report(to: &str, action: &str, status: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example (Mail Delivery System)\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         To: {to}\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"4T1.1/mx.example\"\r\n\r\n\
         This is a MIME-encapsulated message.\r\n\r\n--4T1.1/mx.example\r\nContent-Description: Notification\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\r\nI'm sorry to have to inform you that your message could not be delivered.\r\n\r\n\
         --4T1.1/mx.example\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.example\r\nX-Postfix-Queue-ID: 4T1\r\nArrival-Date: Sun, 29 Nov 2026 12:00:00 +0000 (UTC)\r\n\r\n\
         Final-Recipient: rfc822; ada@shop.example\r\nOriginal-Recipient: rfc822;ada@shop.example\r\nAction: {action}\r\nStatus: {status}\r\n\
         Remote-MTA: dns; mail.shop.example\r\nDiagnostic-Code: smtp; 550 5.1.1 <ada@shop.example>: no such user\r\n\r\n\
         --4T1.1/mx.example\r\nContent-Description: Undelivered Message\r\nContent-Type: message/rfc822\r\n\r\n\
         From: Acme <counter@tradecounter.example>\r\nTo: ada@shop.example\r\nSubject: Your order\r\n\r\nHello\r\n--4T1.1/mx.example--\r\n"
    )
}

async fn take(house: &House, mail: &[u8], recipient: Option<&str>) -> Taken {
    let app = &house.app.house;
    bounces::take(app.db(), &app.config.keys, mail, recipient, app.now()).await.expect("it is taken")
}

/// An order, the letter about it, and the address that the letter comes back to.
async fn letter(house: &House) -> (MessageId, String) {
    let ada = house.customer("acme", ADA).await;
    order(&ada, "one", json!([{ "sku": "TEA-1", "quantity": 1 }])).await;
    house.run_jobs().await;
    let message: MessageId = house.value::<Uuid>("select message_id from messages where news_of is not null").await.into();
    let tenant: TenantId = house.tenant("acme").await.into();
    let token = bounces::token(&house.app.house.config.keys, tenant, message).expect("a token");
    (message, format!("bounces+{token}@tradecounter.example"))
}

#[tokio::test]
async fn a_mailbox_that_is_not_there_is_not_written_to_again_and_the_office_sees_why() {
    let house = house_with_news().await;
    let (message, address) = letter(&house).await;
    assert_eq!(take(&house, report(&address, "failed", "5.1.1").as_bytes(), None).await, Taken::Failed(message));
    assert_eq!(house.value::<String>(MESSAGE).await, "failed the mailbox does not exist (5.1.1) t");
    assert_eq!(house.value::<String>(STANDS).await, "none the mailbox does not exist (5.1.1)");
    let replayed = report(&address, "failed", "5.7.1");
    assert_eq!(take(&house, replayed.as_bytes(), None).await, Taken::KnownAlready);
    assert_eq!(house.value::<String>(MESSAGE).await, "failed the mailbox does not exist (5.1.1) t", "a second report says nothing new");
    assert_eq!(house.value::<i64>("select count(*) from audit_events where action = 'account.news_ended'").await, 1);
    let owner = house.staff("acme", "owner").await;
    let listed = owner.get("/api/v1/office/messages?show=troubled").await.value();
    assert_eq!(listed["items"][0]["problem"], "the mailbox does not exist (5.1.1)", "{listed}");
    assert!(owner.get("/office/messages?show=troubled").await.text.contains("the mailbox does not exist (5.1.1)"));
    let account: Uuid = house.value("select account_id from trade_accounts where account_number = 'A-1'").await;
    let page = owner.get(&format!("/office/accounts/{account}")).await;
    assert!(page.text.contains("the mailbox does not exist (5.1.1)"), "{page:?}");
    house.change(&format!("update trade_accounts set order_news = 'email' where account_id = '{account}'")).await;
    assert_eq!(take(&house, replayed.as_bytes(), None).await, Taken::KnownAlready, "an old report ends nothing that was begun anew");
    assert!(house.value::<String>(STANDS).await.starts_with("email"));
    house.run_jobs().await;
}

#[tokio::test]
async fn what_a_report_says_decides_what_becomes_of_the_message_and_of_the_news() {
    let failed = |words: &str| Some(words.to_owned());
    for (action, status, message, news) in [
        ("delayed", "4.4.1", None, "email"),
        ("delivered", "2.0.0", None, "email"),
        ("relayed", "2.0.0", None, "email"),
        ("failed", "2.0.0", None, "email"),
        ("failed", "no.such.status", None, "email"),
        ("failed", "", None, "email"),
        ("FAILED", "5.1.1", failed("the mailbox does not exist (5.1.1)"), "none"),
        ("failed", "5.1.10 (null MX)", failed("the address leads to no mail server (5.1.10)"), "none"),
        ("failed", "5.2.2", failed("the mailbox is full (5.2.2)"), "none"),
        ("failed", "5.4.4", failed("the address leads to no mail server (5.4.4)"), "none"),
        // Not the mailbox's doing.
        ("failed", "5.7.1", failed("the mail server refuses mail from here (5.7.1)"), "email"),
        ("failed", "5.3.4", failed("the mail is too large for the mailbox (5.3.4)"), "email"),
        ("failed", "5.0.0", failed("the mail server could not deliver it (5.0.0)"), "email"),
        ("failed", "4.4.7", failed("the mail server could not be reached for days (4.4.7)"), "email"),
    ] {
        let house = house_with_news().await;
        let (id, address) = letter(&house).await;
        let taken = take(&house, report(&address, action, status).as_bytes(), None).await;
        let stands = house.value::<String>(MESSAGE).await;
        match message {
            Some(problem) => assert_eq!((taken, stands), (Taken::Failed(id), format!("failed {problem} t")), "{action} {status}"),
            None => assert_eq!((taken, stands.as_str()), (Taken::NoFailure, "sent  f"), "{action} {status}"),
        }
        let said = house.value::<String>(STANDS).await;
        assert_eq!(said.split(' ').next(), Some(news), "{action} {status}");
    }
}

#[tokio::test]
async fn the_address_is_found_wherever_mail_servers_put_it() {
    let plain = report("somebody@tradecounter.example", "failed", "5.1.1");
    for header in ["Delivered-To", "X-Original-To", "Envelope-To", "delivered-to", "To"] {
        let house = house_with_news().await;
        let (id, address) = letter(&house).await;
        let written = if header == "To" { format!("\"Bounces\" <{address}>") } else { address.clone() };
        assert_eq!(take(&house, format!("{header}: {written}\r\n{plain}").as_bytes(), None).await, Taken::Failed(id), "{header}");
    }
    let house = house_with_news().await;
    let (id, address) = letter(&house).await;
    assert_eq!(take(&house, plain.as_bytes(), None).await, Taken::NotOurs);
    let shouted = address.to_uppercase();
    let piped = format!("From MAILER-DAEMON  Sun Nov 29 12:00:00 2026\n{}", plain.replace("\r\n", "\n"));
    assert_eq!(take(&house, piped.as_bytes(), Some(&shouted)).await, Taken::Failed(id), "as an argument, in capitals");
}

#[tokio::test]
async fn what_is_forged_broken_or_of_another_tenant_does_nothing() {
    let house = house_with_news().await;
    let (message, address) = letter(&house).await;
    let keys = &house.app.house.config.keys;
    let of_bravo = bounces::token(keys, house.tenant("bravo").await.into(), message).expect("a token");
    let unknown = bounces::token(keys, house.tenant("acme").await.into(), MessageId::new()).expect("a token");
    let token = address.split(['+', '@']).nth(1).expect("a token").to_owned();
    assert_eq!(token.len(), 52);
    let at = |token: &str| format!("bounces+{token}@tradecounter.example");
    let bad = |address: &str| report(address, "failed", "5.1.1");
    // The version of the key, the tenant, the message, the proof.
    for place in [0, 2, 5, 12, 20, 38, 42, 50] {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'a' { b'b' } else { b'a' };
        let forged = String::from_utf8(bytes).expect("letters");
        assert_eq!(take(&house, bad(&at(&forged)).as_bytes(), None).await, Taken::NotOurs, "place {place}");
    }
    assert_eq!(take(&house, bad(&at(&unknown)).as_bytes(), None).await, Taken::KnownAlready, "a message that is gone");
    assert_eq!(take(&house, bad(&at(&of_bravo)).as_bytes(), None).await, Taken::KnownAlready, "there is none of that id at bravo");
    let good = bad(&address);
    let broken: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\0\xff\xfe".repeat(50),
        format!("To: {address}\r\n\r\nPlease stop.").into_bytes(),
        good.replace("message/delivery-status", "text/plain").into_bytes(),
        good.replace("Action: failed\r\n", "").into_bytes(),
        good.replace("--4T1", "--5T1").into_bytes(),
        good.replace("Return-Path", &"a".repeat(READ_BYTES)).into_bytes(),
        good.as_bytes()[..good.len() / 3].to_vec(),
        format!("To: {address}\r\n{}", "Content-Type: message/rfc822\r\n\r\n".repeat(READ_BYTES / 30)).into_bytes(),
        format!("To: {address}\r\n{}", "Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\n".repeat(READ_BYTES / 50)).into_bytes(),
    ];
    for (place, mail) in broken.iter().enumerate() {
        let taken = take(&house, mail, None).await;
        assert!(matches!(taken, Taken::NotOurs | Taken::NoFailure), "{place}: {taken:?}");
    }
    assert_eq!(house.value::<String>(MESSAGE).await, "sent  f");
    assert!(house.value::<String>(STANDS).await.starts_with("email"));
    let endless = [good.as_bytes(), &b"x".repeat(4 * READ_BYTES)].concat();
    assert_eq!(take(&house, &endless, None).await, Taken::Failed(message), "what comes behind the report is not read");
    house.run_jobs().await;
    assert_eq!(house.value::<i64>("select count(*) from jobs").await, 0, "nothing is sent for mail that comes back");
}

/// Runs the command with a mail at its standard input: its status, and what it said.
fn command(url: &str, directory: &Directory, recipient: &[&str], mail: &[u8]) -> (Option<i32>, String) {
    let keys = [("CODES__1", "0f1e2d3c4b5a69788796a5b4c3d2e1f0aa"), ("COUNTERS", "a0b1c2d3e4f5061728394a5b6c7d8e9f00")];
    let mut program = Command::new(TRADECOUNTER);
    program.args(["message", "bounce"]).args(recipient).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    program.env("DATABASE_URL", url).envs(keys.map(|(name, key)| (format!("TRADECOUNTER__KEYS__{name}"), key))).current_dir(&directory.0);
    let mut running = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program");
    running.stdin.take().expect("an input").write_all(mail).expect("all of it is taken");
    let output = running.wait_with_output().expect("an end");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn a_mail_server_hands_what_came_back_to_a_command_that_never_has_it_sent_back() {
    let (house, directory) = (house_with_news().await, Directory::new("bounce-command"));
    let (message, address) = letter(&house).await;
    let socket = std::env::var("TRADECOUNTER_TEST_SOCKET").expect("a cluster");
    let url = format!("postgres:///{}?host={socket}&user=postgres", house.address.database());
    for (mail, recipient, says) in [
        (b"nonsense".repeat(READ_BYTES), vec![], "no address that anything was sent from"),
        (report("x@y.example", "failed", "5.1.1").into_bytes(), vec![address.as_str()], "is marked as failed"),
        (report(&address, "failed", "5.1.1").into_bytes(), vec![], "of which that was known"),
        (report(&address, "delayed", "4.4.1").into_bytes(), vec![], "nothing of a failure"),
    ] {
        let (status, said) = command(&url, &directory, &recipient, &mail);
        assert!(status == Some(0) && said.contains(says), "{status:?}: {said}");
        assert!(!said.contains("shop.example") && said.lines().count() == 1, "one line, without an address: {said}");
        assert!(!says.contains("marked") || said.contains(&message.to_string()), "{said}");
    }
    assert_eq!(house.value::<String>(MESSAGE).await, "failed the mailbox does not exist (5.1.1) t");
    let (status, said) = command("postgres://nobody@127.0.0.1:1/nowhere", &directory, &[], report(&address, "failed", "5.1.1").as_bytes());
    assert_eq!(status, Some(75), "the mail server keeps it for later: {said}");
}

#[tokio::test]
async fn a_mailbox_that_is_refused_at_once_is_not_written_to_again() {
    let directory = Directory::new("bounces-refused");
    let server = Smtp::start(&directory, "starttls").await;
    let house = house_with_news().await;
    let post = post_office(&house, &server).await;
    let ada = house.customer("acme", ADA).await;
    for (address, stands, news) in [
        ("refused@shop.example", "failed the mailbox does not exist t", "none the mailbox does not exist"),
        ("spam@shop.example", "failed the carrier refuses the message: 554 5.7.1 t", "email "),
    ] {
        house
            .change(&format!(
                "delete from messages; delete from jobs;
                 update trade_accounts set order_news = 'email', order_email = '{address}', news_ended_at = null, news_ended_why = ''
                  where account_number = 'A-1'"
            ))
            .await;
        order(&ada, address, json!([{ "sku": "TEA-1", "quantity": 1 }])).await;
        post.run_jobs().await;
        assert_eq!(house.value::<String>(MESSAGE).await, stands);
        assert_eq!(house.value::<String>(STANDS).await, news);
    }
    house.change("delete from jobs").await;
    assert!(server.received().is_empty());
}
