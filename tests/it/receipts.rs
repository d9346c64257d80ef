//! What gateways report of texts: believed when it is signed as its provider signs, only ever carried forward, and never of use to
//! whoever wants to know which texts there are.

use std::process::Command;
use std::time::Duration;

use http::{Method, StatusCode};
use tradecounter::ids::{MessageId, TenantId};
use tradecounter::messages::receipts::Subject;
use tradecounter::messages::sms::GatewayName;
use uuid::Uuid;

use crate::companions::{Directory, Kannel, free_port};
use crate::house::{ADA, Answer, Browser, House};

const AUTH_TOKEN: &str = "0123456789abcdef0123456789abcdef";
const SIGNATURE_SECRET: &str = "a secret that signs reports";
const SID: &str = "SM0123456789abcdef0123456789abcdef";

/// A house that hears of its texts from three providers, and sends by none of them.
async fn hearing() -> House {
    House::open_with(|config| {
        config.sms.gateways = vec![GatewayName::Inbox, GatewayName::Twilio, GatewayName::Vonage, GatewayName::Kannel];
        config.sms.twilio.account_sid = "AC0123456789abcdef0123456789abcdef".to_owned();
        config.sms.twilio.auth_token = AUTH_TOKEN.into();
        config.sms.twilio.sender = "Counter".to_owned();
        config.sms.vonage.api_key = "key".to_owned();
        config.sms.vonage.api_secret = "secret".into();
        config.sms.vonage.signature_secret = SIGNATURE_SECRET.into();
    })
    .await
}

/// A text of a tenant that this gateway has taken over.
async fn sent_by(house: &House, slug: &str, gateway: &str, status: &str) -> Subject {
    let (tenant, message) = (house.tenant(slug).await, Uuid::now_v7());
    house
        .change(&format!(
            "insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at, gateway, provider_reference)
             values ('{tenant}', '{message}', 'sms', '{ADA}', 'Your order', '{status}', now(), '{gateway}', '{SID}')"
        ))
        .await;
    Subject { tenant: TenantId::from(tenant), message: MessageId::from(message) }
}

async fn status(house: &House, subject: Subject) -> String {
    house.value(&format!("select status from messages where message_id = '{}'", subject.message.uuid())).await
}

fn path(house: &House, gateway: &str, subject: Subject) -> String {
    format!("/receipts/{gateway}/{}", subject.token(&house.app.house.config.keys).expect("a token"))
}

/// What Twilio's own library makes of it.
fn signed_by_twilio(token: &str, url: &str, fields: &[(&str, &str)]) -> String {
    let program = "import sys, json; from twilio.request_validator import RequestValidator as V; \
                   print(V(sys.argv[1]).compute_signature(sys.argv[2], dict(json.loads(sys.argv[3]))))";
    python(&[program, token, url, &serde_json::to_string(fields).expect("a list")])
}

fn python(arguments: &[&str]) -> String {
    let done = Command::new("python3").arg("-c").args(arguments).output().expect("an interpreter");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

async fn twilio(house: &House, path: &str, signature: &str, fields: &[(&str, &str)]) -> Answer {
    let body = serde_urlencoded(fields);
    let headers = [("x-twilio-signature", signature)];
    house.browser("").send(Method::POST, path, &headers, Some(("application/x-www-form-urlencoded", body))).await
}

fn serde_urlencoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[tokio::test]
async fn twilio_is_believed_when_it_signs_as_its_own_library_does_and_nobody_else() {
    let house = hearing().await;
    let subject = sent_by(&house, "acme", "twilio", "sent").await;
    let (path, base) = (path(&house, "twilio", subject), house.app.house.hosts.public_url());
    let fields = |state: &'static str| {
        [("MessageSid", SID), ("MessageStatus", state), ("To", "+447400123456"), ("ErrorCode", ""), ("From", "a & b=c")]
    };
    let sign = |state: &'static str| signed_by_twilio(AUTH_TOKEN, &format!("{base}{path}"), &fields(state));

    for (signature, state) in [
        (signed_by_twilio("another token of 32 characters!!", &format!("{base}{path}"), &fields("delivered")), "delivered"),
        (signed_by_twilio(AUTH_TOKEN, &format!("{base}/receipts/twilio/other"), &fields("delivered")), "delivered"),
        (sign("sent"), "delivered"),
        (String::new(), "delivered"),
        ("AAAA".to_owned(), "delivered"),
    ] {
        let answer = twilio(&house, &path, &signature, &fields(state)).await;
        assert_eq!((answer.status, status(&house, subject).await.as_str()), (StatusCode::NOT_FOUND, "sent"), "{signature}");
    }
    // In whatever order they come, and however often.
    for (state, becomes) in [
        ("queued", "sent"),
        ("a new word", "sent"),
        ("undelivered", "undelivered"),
        ("sent", "undelivered"),
        ("delivered", "delivered"),
        ("sent", "delivered"),
        ("failed", "delivered"),
        ("delivered", "delivered"),
    ] {
        let answer = twilio(&house, &path, &sign(state), &fields(state)).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""), "{state}: {answer:?}");
        assert_eq!(status(&house, subject).await, becomes, "after {state}");
    }
}

#[tokio::test]
async fn a_report_of_something_else_changes_nothing_and_is_not_told_so() {
    let house = hearing().await;
    let base = house.app.house.hosts.public_url();
    let ours = sent_by(&house, "acme", "twilio", "sent").await;
    let theirs = sent_by(&house, "bravo", "twilio", "sent").await;
    let by_kannel = sent_by(&house, "acme", "kannel", "sent").await;
    let report = async |subject: Subject, sid: &str| {
        let path = path(&house, "twilio", subject);
        let fields = [("MessageSid", sid), ("MessageStatus", "delivered")];
        let answer = twilio(&house, &path, &signed_by_twilio(AUTH_TOKEN, &format!("{base}{path}"), &fields), &fields).await;
        (answer.status, answer.text)
    };
    let nothing = (StatusCode::NO_CONTENT, String::new());
    // Of a text that is not there, of the other tenant's under this one's name, of another text's name, of one that Kannel carries.
    let nowhere = Subject { message: MessageId::new(), ..ours };
    let crossed = Subject { tenant: ours.tenant, message: theirs.message };
    for (subject, sid) in [(nowhere, SID), (crossed, SID), (ours, "SM99999999999999999999999999999999"), (by_kannel, SID)] {
        assert_eq!(report(subject, sid).await, nothing);
    }
    for subject in [ours, theirs, by_kannel] {
        assert_eq!(status(&house, subject).await, "sent");
    }
    assert_eq!(report(ours, SID).await, nothing, "and the right one is answered alike");
    assert_eq!((status(&house, ours).await.as_str(), status(&house, theirs).await.as_str()), ("delivered", "sent"));

    // An address that was not made here, or is for a gateway that is none of ours.
    let token = path(&house, "twilio", ours);
    let token = token.rsplit('/').next().expect("a token");
    for path in [
        format!("/receipts/kannel/{}", &token[1..]),
        "/receipts/kannel/x".to_owned(),
        format!("/receipts/sns/{token}"),
        format!("/receipts/no/{token}"),
    ] {
        let answer = house.browser("").get(&format!("{path}?state=1")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn vonage_signs_with_a_secret_of_its_own() {
    let house = hearing().await;
    let subject = sent_by(&house, "acme", "vonage", "unknown").await;
    let path = path(&house, "vonage", subject);
    // As its documentation describes it, in words of another language.
    let sign = |fields: &[(&str, &str)]| {
        let program = "import sys, json, hmac, hashlib; f = sorted(map(tuple, json.loads(sys.argv[2]))); \
                       t = ''.join('&' + k + '=' + v.replace('&', '_').replace('=', '_') for k, v in f); \
                       print(hmac.new(sys.argv[1].encode(), t.encode(), hashlib.sha256).hexdigest().upper())";
        python(&[program, SIGNATURE_SECRET, &serde_json::to_string(fields).expect("a list")])
    };
    let fields = |state: &'static str| {
        vec![("messageId", SID), ("status", state), ("err-code", "0"), ("text", "a=b&c"), ("timestamp", "1764450000")]
    };
    let report = async |state: &'static str, sig: &str| {
        let query = serde_urlencoded(&[fields(state), vec![("sig", sig)]].concat());
        house.browser("").get(&format!("{path}?{query}")).await.status
    };
    let wrong = sign(&fields("accepted"));
    assert_eq!(report("delivered", &wrong).await, StatusCode::NOT_FOUND);
    assert_eq!(report("delivered", "").await, StatusCode::NOT_FOUND);
    assert_eq!(status(&house, subject).await, "unknown");
    for (state, becomes) in [("accepted", "sent"), ("expired", "undelivered"), ("delivered", "delivered"), ("buffered", "delivered")] {
        assert_eq!(report(state, &sign(&fields(state))).await, StatusCode::NO_CONTENT);
        assert_eq!(status(&house, subject).await, becomes, "{state}");
    }
    let posted = sent_by(&house, "acme", "vonage", "sent").await;
    let fields = fields("rejected");
    let body = serde_urlencoded(&[fields.clone(), vec![("sig", &sign(&fields))]].concat());
    let path = self::path(&house, "vonage", posted);
    let answer = house.browser("").send(Method::POST, &path, &[], Some(("application/x-www-form-urlencoded", body))).await;
    assert_eq!((answer.status, status(&house, posted).await.as_str()), (StatusCode::NO_CONTENT, "undelivered"));
}

#[tokio::test]
async fn kannel_says_of_a_text_that_it_has_arrived() {
    let directory = Directory::new("receipts-kannel");
    let kannel = Kannel::start(&directory, free_port()).await;
    let url = format!("http://127.0.0.1:{}/cgi-bin/sendsms", kannel.port);
    let house = House::open_with(|config| {
        config.sms.gateways = vec![GatewayName::Kannel];
        config.sms.kannel.url = url;
        config.sms.kannel.username = "tester".to_owned();
        config.sms.kannel.password = "secret".into();
    })
    .await;
    let browser: Browser = house.browser("acme");
    let asked = browser.post("/api/v1/codes", serde_json::json!({ "phone": ADA })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    house.run_jobs().await;
    for _ in 0..500 {
        let status: String = house.value("select status from messages").await;
        if status == "delivered" {
            break;
        }
        assert_eq!(status, "sent");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let row: String = house
        .value("select concat_ws(' ', status, gateway, segments, cost_micros, is_code, recipient, '[' || text || ']') from messages")
        .await;
    assert_eq!(row, "delivered kannel 1 40000 t +44 7400 ••• 001 []", "and neither the code nor the number is kept");
}
