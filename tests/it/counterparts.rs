//! Gateways as tests have them: clients of each kind, and a listener in the place of any of them, which does what no real gateway
//! can be brought to do.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tradecounter::clock::Clock;
use tradecounter::messages::sms::{GatewayName, Gateways, Kannel, SmsConfig, SmsGateway, Sns, Twilio, Vonage};

pub const ACCOUNT_SID: &str = "AC0123456789abcdef0123456789abcdef";
/// What all of them are opened with.
pub const PASSWORD: &str = "hunter2hunter2";

/// Those that are reached by HTTP.
pub const REAL: [GatewayName; 4] = [GatewayName::Twilio, GatewayName::Vonage, GatewayName::Sns, GatewayName::Kannel];

/// Where each has its form.
fn path(name: GatewayName) -> &'static str {
    match name {
        GatewayName::Vonage => "/sms/json",
        GatewayName::Kannel => "/cgi-bin/sendsms",
        _ => "",
    }
}

/// A client of this gateway at this address, such as `http://127.0.0.1:1234`.
pub fn gateway(name: GatewayName, base: &str, timeout_seconds: u64) -> SmsGateway {
    gateway_with(name, base, timeout_seconds, PASSWORD)
}

/// The same with this password.
pub fn gateway_with(name: GatewayName, base: &str, timeout_seconds: u64, password: &str) -> SmsGateway {
    let url = format!("url='{base}{}'\ntimeout_seconds={timeout_seconds}", path(name));
    let said = match name {
        GatewayName::Twilio => {
            let config =
                format!("{url}\naccount_sid='{ACCOUNT_SID}'\nauth_token='{password}'\nsender='+447400000000'\nmessaging_service_sid=''");
            Twilio::new(toml::from_str(&config).expect("a configuration")).map(SmsGateway::Twilio)
        }
        GatewayName::Vonage => {
            let config = format!("{url}\napi_key='abcd1234'\napi_secret='{password}'\nsignature_secret=''\nsender='Acme'");
            Vonage::new(toml::from_str(&config).expect("a configuration")).map(SmsGateway::Vonage)
        }
        GatewayName::Sns => {
            let config = format!("{url}\nregion='eu-west-2'\naccess_key_id='AKIDEXAMPLE'\nsecret_access_key='{password}'\nsender='Acme'");
            Sns::new(toml::from_str(&config).expect("a configuration"), Clock::system()).map(SmsGateway::Sns)
        }
        GatewayName::Kannel => {
            let config = format!("{url}\nusername='tester'\npassword='{password}'\nsender='Acme'");
            Kannel::new(toml::from_str(&config).expect("a configuration")).map(SmsGateway::Kannel)
        }
        GatewayName::Inbox => panic!("it is asked for nothing"),
    };
    said.expect("a client")
}

/// Only this one.
pub fn alone(gateway: SmsGateway) -> Gateways {
    Gateways::new(vec![gateway], Duration::from_secs(4), Clock::system())
}

/// What a gateway says that has taken a text.
pub fn acceptance(name: GatewayName) -> Doing {
    match name {
        GatewayName::Twilio => Doing::say(201, r#"{"sid": "SM0123456789abcdef0123456789abcdef", "status": "queued", "error_code": null}"#),
        GatewayName::Vonage => Doing::say(
            200,
            r#"{"message-count":"1","messages":[{"to":"447400123456","message-id":"0A0000000123ABCD1","status":"0","network":"23410"}]}"#,
        ),
        GatewayName::Sns => Doing::say(
            200,
            "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0\
             </MessageId></PublishResult><ResponseMetadata><RequestId>d74b8436</RequestId></ResponseMetadata></PublishResponse>",
        ),
        GatewayName::Kannel | GatewayName::Inbox => Doing::say(202, "0: Accepted for delivery"),
    }
}

/// The name under which it has taken it.
pub fn reference(name: GatewayName) -> Option<String> {
    match name {
        GatewayName::Twilio => Some("SM0123456789abcdef0123456789abcdef".to_owned()),
        GatewayName::Vonage => Some("0A0000000123ABCD1".to_owned()),
        GatewayName::Sns => Some("567910cd-659e-55d4-8ccb-5aaf14679dc0".to_owned()),
        GatewayName::Kannel | GatewayName::Inbox => None,
    }
}

/// What a listener does with whoever has said all they have to say.
#[derive(Clone)]
pub enum Doing {
    /// Says this, and hangs up: to have heard all of it and to say nothing is to accept and die.
    Say(String),
    /// The same after a while.
    SayLate(Duration, String),
    /// Says nothing, and keeps the connection.
    Hang,
    /// Keeps nobody waiting for a request: says this at once, as something does that speaks another protocol.
    Interrupt(&'static str),
}

impl Doing {
    /// An answer with this status and body.
    pub fn say(status: u16, body: &str) -> Self {
        Self::Say(format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()))
    }

    /// An answer that comes late.
    pub fn late(self, by: Duration) -> Self {
        let Self::Say(said) = self else { panic!("it says nothing") };
        Self::SayLate(by, said)
    }
}

/// Listens where a gateway should be. What it does can be changed while it listens.
pub struct Listener {
    pub port: u16,
    doing: Arc<Mutex<Doing>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    pub async fn start(doing: Doing) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (doing, heard) = (Arc::new(Mutex::new(doing)), Arc::new(Mutex::new(Vec::new())));
        let (does, hears) = (Arc::clone(&doing), Arc::clone(&heard));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (doing, heard) = (does.lock().expect("a way").clone(), Arc::clone(&hears));
                tokio::spawn(receive(stream, doing, heard));
            }
        });
        Self { port, doing, heard }
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn does(&self, doing: Doing) {
        *self.doing.lock().expect("a way") = doing;
    }

    /// Everything that was said to it, whole requests in their order.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("what was heard").clone()
    }

    /// The lines of a configuration that say it is Vonage.
    pub fn vonage_toml(&self) -> String {
        format!("[sms.vonage]\nurl = '{}/sms/json'\napi_key = 'abcd1234'\napi_secret = '{PASSWORD}'", self.base())
    }

    /// Puts it into the place of this gateway.
    pub fn stands_in(&self, sms: &mut SmsConfig, name: GatewayName) {
        let url = format!("{}{}", self.base(), path(name));
        match name {
            GatewayName::Twilio => {
                (sms.twilio.url, sms.twilio.account_sid, sms.twilio.sender) = (url, ACCOUNT_SID.to_owned(), "Acme".to_owned());
                sms.twilio.auth_token = PASSWORD.into();
            }
            GatewayName::Vonage => {
                (sms.vonage.url, sms.vonage.api_key, sms.vonage.api_secret) = (url, "abcd1234".to_owned(), PASSWORD.into());
            }
            GatewayName::Sns => {
                (sms.sns.url, sms.sns.region, sms.sns.access_key_id) = (url, "eu-west-2".to_owned(), "AKIDEXAMPLE".to_owned());
                sms.sns.secret_access_key = PASSWORD.into();
            }
            GatewayName::Kannel => (sms.kannel.url, sms.kannel.username, sms.kannel.password) = (url, "tester".to_owned(), PASSWORD.into()),
            GatewayName::Inbox => panic!("nobody listens for it"),
        }
    }
}

async fn receive(mut stream: TcpStream, doing: Doing, heard: Arc<Mutex<Vec<String>>>) {
    if let Doing::Interrupt(said) = doing {
        let _ = stream.write_all(said.as_bytes()).await;
    }
    let request = read_request(&mut stream).await;
    // Those who only look whether somebody is there have said nothing.
    if !request.is_empty() {
        heard.lock().expect("what was heard").push(request);
    }
    match doing {
        Doing::Say(said) => drop(stream.write_all(said.as_bytes()).await),
        Doing::SayLate(by, said) => {
            tokio::time::sleep(by).await;
            drop(stream.write_all(said.as_bytes()).await);
        }
        Doing::Hang => tokio::time::sleep(Duration::from_secs(60)).await,
        Doing::Interrupt(_) => {}
    }
}

/// The head, and as much of a body as it promises.
async fn read_request(stream: &mut TcpStream) -> String {
    let (mut said, mut piece) = (Vec::new(), [0; 4_096]);
    loop {
        let text = String::from_utf8_lossy(&said).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let promised =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").and_then(|length| length.parse().ok()));
            if body.len() >= promised.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut piece).await {
            Ok(length) if length > 0 => said.extend(&piece[..length]),
            _ => return text,
        }
    }
}
