//! `tradecounter message test`: one text through each gateway, and what each said, in words.

use std::time::Duration;

use crate::companions::{Directory, Program, free_port};
use crate::counterparts::{ACCOUNT_SID, Doing, Listener, PASSWORD, acceptance};
use tradecounter::messages::sms::GatewayName;

/// The status, what was printed, and what was said beside.
async fn message_test(directory: &Directory, name: &str, gateways: &str, number: &str) -> (Option<i32>, String, String) {
    let mut command = Program::tradecounter(&["message", "test", number, "--config"]);
    command.arg(directory.join("production.toml")).env("TRADECOUNTER__SMS__GATEWAYS", gateways);
    for secret in ["TWILIO__AUTH_TOKEN", "VONAGE__API_SECRET", "SNS__SECRET_ACCESS_KEY", "KANNEL__PASSWORD"] {
        command.env(format!("TRADECOUNTER__SMS__{secret}"), PASSWORD);
    }
    let mut program = Program::start(command.env("TRADECOUNTER__LOG__FILTER", "trace"), &directory.0, name);
    let status = program.ended(Duration::from_secs(60)).await;
    let (said, complained) = (program.said(), program.complained());
    assert!(!said.contains(PASSWORD) && !complained.contains(PASSWORD), "{said}{complained}");
    assert!(!said.contains("447400123477") && !complained.contains("447400123477"), "{said}{complained}");
    (status.code(), said, complained)
}

fn without_seconds(said: &str) -> String {
    regex::Regex::new(r"\d+\.\d\d s").expect("a pattern").replace_all(said, "[seconds]").into_owned()
}

#[tokio::test]
async fn each_gateway_is_tried_and_what_it_said_is_told_in_words() {
    let directory = Directory::new("message-test");
    let twilio = Listener::start(acceptance(GatewayName::Twilio)).await;
    let vonage = Listener::start(Doing::say(200, r#"{"messages":[{"status":"4"}]}"#)).await;
    let kannel = Listener::start(acceptance(GatewayName::Kannel)).await;
    let config = format!(
        "[sms.twilio]\nurl = '{}'\naccount_sid = '{ACCOUNT_SID}'\nsender = 'Counter'\n\
         [sms.vonage]\nurl = '{}/sms/json'\napi_key = 'abcd1234'\n\
         [sms.sns]\nurl = 'http://127.0.0.1:{}/'\nregion = 'eu-west-2'\naccess_key_id = 'AKIDEXAMPLE'\n\
         [sms.kannel]\nurl = '{}/cgi-bin/sendsms'\nusername = 'tester'\n",
        twilio.base(),
        vonage.base(),
        free_port(),
        kannel.base()
    );
    std::fs::write(directory.join("production.toml"), config).expect("a configuration");
    let (status, said, _) = message_test(&directory, "all", "twilio,vonage,sns,kannel", "+447400123477").await;
    assert_eq!(
        without_seconds(&said),
        "twilio: accepted in [seconds], as SM0123456789abcdef0123456789abcdef\n\
         vonage: it refuses our credentials\n\
         sns: it cannot be reached\n\
         kannel: accepted in [seconds]\n"
    );
    assert_eq!(status, Some(1), "not all of them work");
    assert_eq!((twilio.heard().len(), vonage.heard().len(), kannel.heard().len()), (1, 1, 1));
    assert!(twilio.heard()[0].contains("To=%2B447400123477&") && twilio.heard()[0].contains("a+test+message+from+twilio."));

    let (status, said, _) = message_test(&directory, "good", "kannel, twilio", "+44 (0)7400 123-477").await;
    assert_eq!(status, Some(0), "{said}");
    assert!(said.starts_with("kannel: accepted in ") && said.contains("\ntwilio: accepted in "), "in the order that is configured: {said}");
}

#[tokio::test]
async fn what_cannot_be_tried_is_said_and_nothing_is_sent() {
    let directory = Directory::new("message-test-wrong");
    let kannel = Listener::start(acceptance(GatewayName::Kannel)).await;
    let config = format!("[sms.kannel]\nurl = '{}/cgi-bin/sendsms'\n", kannel.base());
    std::fs::write(directory.join("production.toml"), config).expect("a configuration");
    for (number, words) in
        [("07400", "plus and the country"), ("+44", "too short"), ("+44 7400 12345O", "letters"), ("", "plus and the country")]
    {
        let (status, said, complained) = message_test(&directory, "number", "kannel", number).await;
        assert!(status == Some(2) && said.is_empty() && complained.contains(words), "{number:?}: {status:?} {said} {complained}");
    }
    for (gateways, words) in [
        ("kannel,twilio", "[sms.twilio] account_sid"),
        ("kannel,kannel", "names kannel twice"),
        ("", "names none"),
        ("kannel,pigeons", "pigeons is no gateway"),
    ] {
        let (status, said, complained) = message_test(&directory, "config", gateways, "+447400123477").await;
        assert!(status == Some(1) && said.is_empty() && complained.contains(words), "{gateways:?}: {status:?} {said} {complained}");
    }
    assert_eq!(kannel.heard().len(), 0);
}
