//! A browser as the tests need one: it speaks real HTTP to one host, and keeps its cookies.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use crate::house::House;
use crate::secrecy;

/// Something that speaks HTTP to one host and keeps its cookies, as a browser does.
pub struct Browser {
    at: SocketAddr,
    pub host: String,
    cookies: Mutex<BTreeMap<String, String>>,
    client: reqwest::Client,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.text)
    }
}

impl Answer {
    /// The body as JSON.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// One header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Browser {
    /// A browser that nobody is signed in with, at the server that listens there.
    pub fn facing(at: SocketAddr, slug: &str) -> Self {
        Self::facing_host(at, &if slug.is_empty() { "localhost".to_owned() } else { format!("{slug}.localhost") })
    }

    /// The same, at any host.
    pub fn facing_host(at: SocketAddr, host: &str) -> Self {
        Self { at, host: format!("{host}:{}", at.port()), cookies: Mutex::default(), client: reqwest_client() }
    }

    /// Sends a request with these headers beside the cookies, and keeps the cookies of the answer.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<(&str, String)>) -> Answer {
        self.exchange(method, path, headers, body.map(|(media_type, body)| (media_type, body.into_bytes()))).await
    }

    /// Sends a file, as a page of the same origin.
    pub async fn send_bytes(&self, method: Method, path: &str, media_type: &str, body: Vec<u8>) -> Answer {
        self.exchange(method, path, &[("sec-fetch-site", "same-origin")], Some((media_type, body))).await
    }

    async fn exchange(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<(&str, Vec<u8>)>) -> Answer {
        let mut request = self.client.request(method, format!("http://{}{path}", self.at)).header("host", &self.host);
        let cookies =
            self.cookies.lock().expect("cookies").iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((media_type, body)) = body {
            request = request.header("content-type", media_type).body(body);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        if let Some((_, ticket)) = headers.get("location").and_then(|place| place.to_str().ok()?.split_once("ticket=")) {
            secrecy::hold(ticket);
        }
        for line in headers.get_all("set-cookie") {
            self.keep(line.to_str().expect("a cookie of letters"));
        }
        let bytes = response.bytes().await.expect("a body").to_vec();
        Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes }
    }

    fn keep(&self, line: &str) {
        let (pair, attributes) = line.split_once(';').expect("attributes");
        let (name, value) = pair.split_once('=').expect("a value");
        let mut cookies = self.cookies.lock().expect("cookies");
        if attributes.contains("Max-Age=0") {
            cookies.remove(name);
        } else {
            secrecy::hold(value);
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// Sends a form, as a page of the same origin.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = fields.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect::<Vec<_>>().join("&");
        let same_origin = [("sec-fetch-site", "same-origin")];
        self.send(Method::POST, path, &same_origin, Some(("application/x-www-form-urlencoded", body))).await
    }

    pub async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        self.send(method, path, &[], Some(("application/json", body.to_string()))).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Signs a customer in by the API; answers with how their access stands.
    pub async fn sign_in(&self, house: &House, phone: &str) -> String {
        let code = self.ask(house, phone).await;
        let opened = self.answer(phone, &code).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
        opened.value()["access"].as_str().expect("access").to_owned()
    }

    /// Where it connects to, whatever host it names.
    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// Asks for a code and reads it in the text that comes.
    pub async fn ask(&self, house: &House, phone: &str) -> String {
        let asked = self.post("/api/v1/codes", json!({ "phone": phone })).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
        house.code_for(phone).await
    }

    /// Says that this is the code.
    pub async fn answer(&self, phone: &str, code: &str) -> Answer {
        self.post("/api/v1/sessions", json!({ "phone": phone, "code": code })).await
    }

    /// The value of a cookie it holds.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("cookies").get(name).cloned()
    }

    /// Drops every cookie.
    pub fn forget(&self) {
        self.cookies.lock().expect("cookies").clear();
    }

    /// Puts a cookie in, as an attacker would.
    pub fn plant(&self, name: &str, value: &str) {
        self.cookies.lock().expect("cookies").insert(name.to_owned(), value.to_owned());
    }
}

/// For a form's value.
pub fn percent_encode(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn reqwest_client() -> reqwest::Client {
    // Plain HTTP only, but the client wants a provider all the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(std::time::Duration::from_secs(60))
        .build()
        .expect("a client")
}
