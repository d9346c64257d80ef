//! A request with a body that fits its address.

use http::Method;

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
    if body == PICTURE {
        let picture = pictures::png(40, 20);
        return if path.starts_with("/api/") {
            browser.send_bytes(method, path, "image/png", picture).await
        } else {
            pictures::upload_to(browser, path, &picture).await
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
