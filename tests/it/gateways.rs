//! Each gateway by itself: what it is asked, against the real thing where there is one to be had here; what its answers mean; and
//! every way it can fail, told apart, with nothing of a text in any log. Kannel itself is in `carriers.rs`.

use std::time::Duration;

use tradecounter::clock::Clock;
use tradecounter::messages::sms::{GatewayName, Gateways, Kannel, Refusal, Sent, SmsGateway, Sns, Twilio, Urgency, Vonage};
use tradecounter::values::PhoneNumber;

use crate::carriers::Log;
use crate::companions::{Directory, Moto, Prism, Smtp, free_port};
use crate::counterparts::{ACCOUNT_SID, Doing, Listener, PASSWORD, REAL, acceptance, alone, gateway, reference};

const TO: &str = "+447400123456";
const CODE: &str = "Acme: your code is 493817. Never share it.\n\n@acme.example #493817";
const BROKE: &str = "the connection broke before the answer";

async fn send(gateways: &Gateways, text: &str) -> Result<Sent, Refusal> {
    gateways.send(TO, text, Urgency::Ordinary).await
}

fn unknown<T>(words: &str) -> Result<T, Refusal> {
    Err(Refusal::Unknown(words.to_owned()))
}

#[tokio::test]
async fn prism_takes_for_twilio_what_twilios_own_document_describes() {
    let directory = Directory::new("gateways-prism");
    let prism = Prism::start(&directory).await;
    let base = format!("http://127.0.0.1:{}", prism.port);
    let log = Log::default();
    let _guard = log.begin();
    let by_number = alone(gateway(GatewayName::Twilio, &base, 10));
    let config = format!(
        "url='{base}'\naccount_sid='{ACCOUNT_SID}'\nauth_token='{PASSWORD}'\nsender=''\n\
         messaging_service_sid='MG0123456789abcdef0123456789abcdef'\ntimeout_seconds=10"
    );
    let by_service = alone(SmsGateway::Twilio(Twilio::new(toml::from_str(&config).expect("a configuration")).expect("a client")));
    for twilio in [by_number, by_service] {
        for text in [CODE, "Ñandú ’ 😀"] {
            let sent = send(&twilio, text).await.expect("it is as the document says");
            // The example of the document.
            let example = "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned();
            assert_eq!((sent.gateway, sent.provider_reference), (GatewayName::Twilio, Some(example)));
        }
    }
    let asked = |fields: &'static [(&str, &str)], credentials: bool| {
        let request = reqwest::Client::new().post(format!("{base}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json")).form(fields);
        let request = if credentials { request.basic_auth(ACCOUNT_SID, Some(PASSWORD)) } else { request };
        async move { request.send().await.expect("an answer").status().as_u16() }
    };
    assert_eq!(asked(&[("To", TO), ("Body", "x")], true).await, 201);
    assert_eq!(asked(&[("Body", "x")], true).await, 422, "it does look");
    assert_eq!(asked(&[("To", TO), ("Body", "x")], false).await, 401);
    log.assert_holds_nothing_of(&["493817", "447400123456", PASSWORD, "acme.example", "Ñandú"]);
}

#[tokio::test]
async fn moto_takes_for_sns_what_is_signed_by_whoever_may_publish() {
    let directory = Directory::new("gateways-moto");
    let moto = Moto::start(&directory).await;
    let log = Log::default();
    let _guard = log.begin();
    let client = |(id, secret): (String, String), sender: &str| {
        let config = format!(
            "url='http://127.0.0.1:{}/'\nregion='eu-west-2'\naccess_key_id='{id}'\nsecret_access_key='{secret}'\nsender='{sender}'\ntimeout_seconds=10",
            moto.port
        );
        alone(SmsGateway::Sns(Sns::new(toml::from_str(&config).expect("a configuration"), Clock::system()).expect("a client")))
    };
    let (id, secret) = moto.key("publisher");
    let sns = client((id.clone(), secret.clone()), "Acme");
    let texts = [CODE, "Ñandú ’ 😀", "a & b = c + d % 20 # end"];
    let mut references = Vec::new();
    for text in texts {
        references.push(send(&sns, text).await.expect("it is signed as it must be").provider_reference.expect("a name"));
    }
    let without_a_name = client((id.clone(), secret.clone()), "");
    assert!(send(&without_a_name, "from whatever number").await.is_ok());
    let published = moto.published().await;
    for (text, (published, reference)) in texts.iter().zip(published.iter().zip(&references)) {
        assert_eq!((published["message"].as_str(), published["phone_number"].as_str()), (Some(*text), Some(TO)));
        assert_eq!(published["message_id"].as_str(), Some(reference.as_str()));
    }
    assert_eq!(published.len(), 4);

    let wrong = format!("{}x", &secret[1..]);
    assert_eq!(send(&client((id, wrong), "Acme"), CODE).await, Err(Refusal::Authentication), "another secret");
    assert_eq!(send(&client(("AKIANOBODY".to_owned(), secret.clone()), "Acme"), CODE).await, Err(Refusal::Authentication), "nobody's key");
    assert_eq!(send(&client(moto.key("stranger"), "Acme"), CODE).await, Err(Refusal::Authentication), "who may not publish");
    assert_eq!(moto.published().await.len(), 4);
    log.assert_holds_nothing_of(&["493817", "447400123456", &secret, "acme.example", "Ñandú"]);
}

/// Nothing here speaks Vonage, and Prism does not read what it is told: this is what goes over the wire, word by word.
#[tokio::test]
async fn what_is_said_to_each_is_what_its_manual_says() {
    let unicode = "Ñandú & 1";
    for (name, text, expected) in [
        (GatewayName::Vonage, "a & b", vec!["POST /sms/json HTTP/1.1", "&from=Acme&to=447400123456&text=a+%26+b&type=text"]),
        (GatewayName::Vonage, "a & b", vec!["api_key=abcd1234&api_secret=hunter2hunter2&"]),
        (GatewayName::Vonage, unicode, vec!["&text=%C3%91and%C3%BA+%26+1&type=unicode"]),
        (
            GatewayName::Twilio,
            unicode,
            vec![
                "POST /2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json HTTP/1.1",
                "To=%2B447400123456&From=%2B447400000000&Body=%C3%91and%C3%BA+%26+1",
                "authorization: Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjpodW50ZXIyaHVudGVyMg==",
            ],
        ),
        (
            GatewayName::Sns,
            "a & b",
            vec![
                "Action=Publish&Version=2010-03-31&PhoneNumber=%2B447400123456&Message=a+%26+b&",
                "Name=AWS.SNS.SMS.SMSType&MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=Transactional",
                "Name=AWS.SNS.SMS.SenderID&MessageAttributes.entry.2.Value.DataType=String&MessageAttributes.entry.2.Value.StringValue=Acme",
            ],
        ),
        (
            GatewayName::Kannel,
            unicode,
            vec!["GET /cgi-bin/sendsms?username=tester&", "&to=%2B447400123456&", "&charset=UTF-8&coding=2 HTTP/1.1"],
        ),
    ] {
        let listener = Listener::start(acceptance(name)).await;
        assert!(send(&alone(gateway(name, &listener.base(), 5)), text).await.is_ok(), "{name}");
        let heard = listener.heard();
        assert_eq!(heard.len(), 1, "{name}");
        for words in expected {
            assert!(heard[0].contains(words), "{name}: no {words:?} in\n{}", heard[0]);
        }
    }
}

#[tokio::test]
async fn each_answer_means_what_its_manual_says() {
    let rejected = |words: &str| Refusal::Rejected(words.to_owned());
    let twilio = |status: u16, code: u32| {
        Doing::say(status, &format!(r#"{{"code": {code}, "message": "about +447400123456", "status": {status}}}"#))
    };
    let vonage = |status: &str| {
        Doing::say(200, &format!(r#"{{"message-count":"1","messages":[{{"status":"{status}","error-text":"about +447400123456"}}]}}"#))
    };
    let parts = |first: &str, second: &str| {
        Doing::say(200, &format!(r#"{{"messages":[{{"status":"{first}","message-id":"A"}},{{"status":"{second}","message-id":"B"}}]}}"#))
    };
    let sns = |status: u16, code: &str, words: &str| {
        Doing::say(
            status,
            &format!("<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message></Error></ErrorResponse>"),
        )
    };
    let (of_twilio, of_vonage, of_sns, of_kannel) = (GatewayName::Twilio, GatewayName::Vonage, GatewayName::Sns, GatewayName::Kannel);
    for (name, answer, refusal) in [
        (of_twilio, twilio(400, 21211), Refusal::InvalidRecipient),
        (of_twilio, twilio(400, 21614), Refusal::InvalidRecipient),
        (of_twilio, twilio(400, 21610), rejected("HTTP 400, code 21610")),
        (of_twilio, twilio(403, 21408), rejected("HTTP 403, code 21408")),
        (of_twilio, twilio(403, 20005), Refusal::Authentication),
        (of_twilio, twilio(401, 20003), Refusal::Authentication),
        (of_twilio, twilio(429, 20429), Refusal::RateLimited),
        (of_twilio, twilio(404, 20404), Refusal::Unreachable),
        (of_twilio, twilio(500, 20500), Refusal::Unknown("HTTP 500".to_owned())),
        (of_twilio, twilio(503, 20503), Refusal::Unknown("HTTP 503".to_owned())),
        (of_twilio, Doing::say(201, "{}"), Refusal::Unknown("HTTP 201 without a sid".to_owned())),
        (of_twilio, Doing::say(201, r#"{"sid": "see +447400123456"}"#), Refusal::Unknown("HTTP 201 without a sid".to_owned())),
        (of_vonage, vonage("1"), Refusal::RateLimited),
        (of_vonage, vonage("4"), Refusal::Authentication),
        (of_vonage, vonage("5"), Refusal::Unknown("status 5".to_owned())),
        (of_vonage, vonage("6"), rejected("status 6")),
        (of_vonage, vonage("7"), rejected("status 7")),
        (of_vonage, vonage("9"), Refusal::Authentication),
        (of_vonage, vonage("15"), rejected("status 15")),
        (of_vonage, vonage("29"), rejected("status 29")),
        (of_vonage, vonage("33"), Refusal::InvalidRecipient),
        (of_vonage, vonage("see +447400123456"), Refusal::Unknown("HTTP 200 without a status".to_owned())),
        (of_vonage, Doing::say(200, r#"{"messages":[]}"#), Refusal::Unknown("HTTP 200 without a status".to_owned())),
        (of_vonage, parts("0", "1"), Refusal::Unknown("a part of the text was refused".to_owned())),
        (of_sns, sns(400, "InvalidParameter", "Invalid parameter: PhoneNumber Reason: +44 is not valid"), Refusal::InvalidRecipient),
        (of_sns, sns(400, "InvalidParameter", "Invalid parameter: Message too long"), rejected("HTTP 400, InvalidParameter")),
        (of_sns, sns(400, "Throttling", "Rate exceeded"), Refusal::RateLimited),
        (of_sns, sns(403, "SignatureDoesNotMatch", "x"), Refusal::Authentication),
        (of_sns, sns(400, "OptInRequired", "x"), Refusal::Authentication),
        (of_sns, sns(500, "InternalFailure", "x"), Refusal::Unknown("HTTP 500".to_owned())),
        (of_sns, sns(503, "ServiceUnavailable", "x"), Refusal::Unknown("HTTP 503".to_owned())),
        (of_sns, Doing::say(200, "<MessageId>see +447400123456</MessageId>"), Refusal::Unknown("HTTP 200 without a message id".to_owned())),
        (of_kannel, Doing::say(503, "Tempora"), Refusal::RateLimited),
        (of_kannel, Doing::say(400, "Number(s) has/have been denied by white- and/or black-lists."), Refusal::InvalidRecipient),
        (of_kannel, Doing::say(403, "Not routable."), rejected("HTTP 403, no route to this number")),
        (of_kannel, Doing::say(202, "hey"), Refusal::Unknown("HTTP 202".to_owned())),
    ] {
        let listener = Listener::start(answer).await;
        let said = send(&alone(gateway(name, &listener.base(), 5)), CODE).await.map(|_| name);
        assert!(!format!("{said:?}").contains("447400123456"), "{name} repeats the number: {said:?}");
        assert_eq!(said, Err(refusal), "{name}");
    }
    let listener = Listener::start(parts("0", "0")).await;
    let both = send(&alone(gateway(of_vonage, &listener.base(), 5)), CODE).await;
    assert_eq!(both.map(|sent| sent.provider_reference), Ok(Some("A".to_owned())), "a long text has several");
}

/// Each fault at each gateway: what it means, that it was asked once, and that nothing of the text is told.
#[tokio::test]
async fn every_fault_of_every_gateway_is_told_apart() {
    let log = Log::default();
    let _guard = log.begin();
    let elsewhere = Listener::start(Doing::say(200, "")).await;
    let mut wrong = Vec::new();
    for name in REAL {
        let sent = Ok(Sent { gateway: name, provider_reference: reference(name) });
        let half = "HTTP/1.1 201 x\r\nContent-Length: 300\r\n\r\n0: Acc";
        for (fault, doing, verdict) in [
            ("none", acceptance(name), sent),
            ("500", Doing::say(500, "see +447400123456"), unknown("HTTP 500")),
            ("429", Doing::say(429, ""), Err(Refusal::RateLimited)),
            ("401", Doing::say(401, ""), Err(Refusal::Authentication)),
            (
                "leads elsewhere",
                Doing::Say(format!("HTTP/1.1 307 x\r\nLocation: {}/\r\nContent-Length: 0\r\n\r\n", elsewhere.base())),
                Err(Refusal::Unreachable),
            ),
            ("404", Doing::say(404, ""), Err(Refusal::Unreachable)),
            ("garbage", Doing::Say("hello there, +447400123456\r\n\r\n".to_owned()), unknown(BROKE)),
            ("accepts and dies", Doing::Say(String::new()), unknown(BROKE)),
            ("accepts and dies while it says so", Doing::Say(half.to_owned()), unknown(BROKE)),
            ("hangs", Doing::Hang, Err(Refusal::TimedOut)),
        ] {
            let listener = Listener::start(doing).await;
            let gateways = alone(gateway(name, &listener.base(), 1));
            let (said, heard) = (send(&gateways, CODE).await, listener.heard().len());
            if said != verdict || heard != 1 {
                wrong.push(format!("{name}: {fault}: asked {heard} times, {said:?}"));
            }
        }
        let nobody = format!("http://127.0.0.1:{}", free_port());
        let said = send(&alone(gateway(name, &nobody, 1)), CODE).await;
        if said != Err(Refusal::Unreachable) {
            wrong.push(format!("{name}: nobody is there: {said:?}"));
        }
        for doing in [Doing::Hang, Doing::Interrupt("HTTP/1.1 400 This is no TLS\r\n\r\n")] {
            let listener = Listener::start(doing).await;
            let private = alone(gateway(name, &listener.base().replace("http:", "https:"), 2));
            let said = send(&private, CODE).await;
            // It may hang with what it hears of TLS in its hands.
            let in_plain = listener.heard().iter().any(|heard| heard.contains("HTTP/1.1"));
            if said != Err(Refusal::Unreachable) || in_plain {
                wrong.push(format!("{name}: no TLS: in plain {in_plain}, {said:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(elsewhere.heard().len(), 0, "whoever leads elsewhere is not followed");
    log.assert_holds_nothing_of(&["493817", "447400123456", PASSWORD, "acme.example"]);
}

/// Any server with TLS will do, as long as its certificate leads to nobody whom everybody trusts.
#[tokio::test]
async fn a_certificate_of_nobody_known_is_no_smtp_nor_any_other_gateways() {
    let directory = Directory::new("gateways-tls");
    let server = Smtp::start(&directory, "implicit").await;
    for name in REAL {
        for host in ["localhost", "127.0.0.1"] {
            let gateways = alone(gateway(name, &format!("https://{host}:{}", server.port), 5));
            assert_eq!(send(&gateways, CODE).await, Err(Refusal::Unreachable), "{name} at {host}");
        }
    }
}

#[tokio::test]
async fn every_number_that_a_customer_can_have_is_a_number_to_each_gateway_and_nothing_else_is() {
    for name in REAL {
        let listener = Listener::start(acceptance(name)).await;
        let gateways = alone(gateway(name, &listener.base(), 5));
        for number in ["+2905123", "+447400123456", "+123456789012345"] {
            assert!(PhoneNumber::from_e164(number).is_ok(), "{number}");
            assert!(gateways.send(number, CODE, Urgency::Code).await.is_ok(), "{name}: {number}");
        }
        for bad in ["", "+", "447400123456", "+447400123456 +447400123457", "+44740012345a", "+07400123456", "+4474001234561234"] {
            for said in [gateways.send(bad, CODE, Urgency::Code).await, gateways.send_through(name, bad, CODE).await] {
                assert_eq!(said, Err(Refusal::InvalidRecipient), "{bad:?}");
            }
        }
        assert_eq!(listener.heard().len(), 3, "{name}");
    }
}

#[test]
fn texts_without_tls_are_only_for_this_machine() {
    let build = |name: GatewayName, url: &str| match name {
        GatewayName::Twilio => {
            let config = format!(
                "url='{url}'\naccount_sid='{ACCOUNT_SID}'\nauth_token='x'\nsender='Acme'\nmessaging_service_sid=''\ntimeout_seconds=1"
            );
            Twilio::new(toml::from_str(&config).expect("a configuration")).map(drop)
        }
        GatewayName::Vonage => {
            let config = format!("url='{url}'\napi_key='x'\napi_secret='x'\nsignature_secret=''\nsender='Acme'\ntimeout_seconds=1");
            Vonage::new(toml::from_str(&config).expect("a configuration")).map(drop)
        }
        GatewayName::Sns => {
            let config =
                format!("url='{url}'\nregion='eu-west-2'\naccess_key_id='x'\nsecret_access_key='x'\nsender='Acme'\ntimeout_seconds=1");
            Sns::new(toml::from_str(&config).expect("a configuration"), Clock::system()).map(drop)
        }
        _ => {
            let config = format!("url='{url}'\nusername='x'\npassword='x'\nsender='Acme'\ntimeout_seconds=1");
            Kannel::new(toml::from_str(&config).expect("a configuration")).map(drop)
        }
    };
    for name in REAL {
        for url in ["https://sms.example/send", "http://localhost:13013/send", "http://127.0.0.1/send", "http://[::1]:13013/send"] {
            assert!(build(name, url).is_ok(), "{name} at {url}");
        }
        for url in [
            "http://sms.example/send",
            "http://10.0.0.1/send",
            "http://127.evil.example/send",
            "http://localhost.example/",
            "ftp://localhost/",
            "sms.example",
        ] {
            assert!(build(name, url).is_err(), "{name} at {url}");
        }
    }
}

/// While a connection comes about nothing has been handed over: that must be known also where it takes too long.
#[tokio::test]
async fn a_connection_that_does_not_come_about_in_time_was_no_sending() {
    // It accepts and says nothing, not even of TLS.
    let listener = Listener::start(Doing::Hang).await;
    let private = alone(gateway(GatewayName::Twilio, &listener.base().replace("http:", "https:"), 20));
    let began = std::time::Instant::now();
    assert_eq!(private.send(TO, CODE, Urgency::Code).await, Err(Refusal::Unreachable));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}
