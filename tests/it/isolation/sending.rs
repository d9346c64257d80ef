//! A request with a body that fits its address, and what is said to it.

use http::{HeaderMap, Method, StatusCode};

use super::files::{self, FILE};
use super::ids::Ids;
use super::routes::{LIST, PICTURE};
use super::scene::Cookie;
use crate::house::{Answer, Browser};
use crate::settings::pictures;

pub async fn send(browser: &Browser, method: &str, path: &str, body: &str, cookies: &[Cookie]) -> Answer {
    browser.forget();
    for (name, value) in cookies {
        browser.plant(name, value);
    }
    let method: Method = method.parse().expect("a method");
    if body == FILE {
        return files::send(browser).await;
    }
    if body == PICTURE {
        let picture = pictures::png(40, 20);
        return if path.starts_with("/api/") {
            browser.send_bytes(method, path, "image/png", picture).await
        } else {
            let field = if path.ends_with("/picture") { "picture" } else { "logo" };
            pictures::upload_part(browser, path, field, &picture).await
        };
    }
    if body == LIST {
        let list = "--b\r\nContent-Disposition: form-data; name=\"lines\"\r\n\r\nSUG-1 1\r\n--b--\r\n";
        return browser.send_bytes(method, path, "multipart/form-data; boundary=b", list.into()).await;
    }
    let media_type = if path.starts_with("/api/") { "application/json" } else { "application/x-www-form-urlencoded" };
    let body = ["POST", "PUT", "PATCH"].contains(&method.as_str()).then(|| (media_type, body.to_owned()));
    browser.send(method, path, &[], body).await
}

/// What an answer says, without what differs between any two answers and without the ids that were asked for.
pub fn said(answer: &Answer, ids: &Ids) -> (StatusCode, Vec<(String, String)>, String) {
    let blank = |text: &str| {
        let text = ids.all().into_iter().fold(text.to_owned(), |text, id| text.replace(id, "ID"));
        let request = answer.header("x-request-id");
        // Pages show its end.
        let end = request.get(request.len().saturating_sub(8)..).unwrap_or_default();
        text.replace(request, "REQUEST").replace(end, "REQUEST")
    };
    let headers: &HeaderMap = &answer.headers;
    let headers = headers.iter().filter(|(name, _)| !["date", "x-request-id", "content-length"].contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), blank(value.to_str().unwrap_or_default())));
    (answer.status, headers.collect(), blank(&answer.text))
}
