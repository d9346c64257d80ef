//! The OpenAPI document: as a picture, against the contract, against what is really answered, and as a page.

use http::Method;
use serde_json::{Value, json};
use tradecounter::routes;
use tradecounter::tenancy::Hosts;

use crate::authenticator::Device;
use crate::house::{ADA, Answer, CAT, DAN, House};

fn document() -> Value {
    routes::openapi(&Hosts::parse("https://tradecounter.example").expect("a base"))
}

fn follow<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = schema.pointer("/allOf/0").unwrap_or(schema);
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("what is referred to"),
        None => schema,
    }
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}

fn body_schema<'a>(document: &'a Value, described: &'a Value, media_type: &str) -> &'a Value {
    follow(document, &described["content"][media_type]["schema"])
}

#[test]
fn the_document_is_as_it_was() {
    insta::assert_snapshot!("openapi", serde_json::to_string_pretty(&document()).expect("JSON"));
}

#[test]
fn the_consoles_document_is_as_it_was() {
    let document = routes::console_openapi(&Hosts::parse("https://tradecounter.example").expect("a base"));
    insta::assert_snapshot!("openapi_console", serde_json::to_string_pretty(&document).expect("JSON"));
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!((&schemes["operator"]["name"], &schemes["token"]["scheme"]), (&json!("__Host-operator"), &json!("bearer")));
    let servers = document["paths"].as_object().expect("paths").values().map(|path| &path["servers"][0]["url"]);
    assert!(servers.into_iter().all(|url| *url == json!("https://admin.tradecounter.example")), "every path is at the console");
}

/// Method, path, fields sent (`?` after what may be missing), status, fields answered at least.
type Row = (&'static str, &'static str, &'static [&'static str], &'static str, &'static [&'static str]);

const CONTRACT: &[Row] = &[
    ("post", "/codes", &["phone"], "202", &["expires_in_seconds", "resend_in_seconds"]),
    ("post", "/sessions", &["phone", "code"], "201", &["access"]),
    ("get", "/me", &[], "200", &["phone", "access", "account"]),
    ("delete", "/sessions/current", &[], "204", &[]),
    ("post", "/registration-requests", &["kind?", "business_name", "contact_name", "message?"], "201", &["id", "status"]),
    ("get", "/registration-requests/current", &[], "200", &["id", "status"]),
    ("post", "/office/codes", &["email"], "202", &["expires_in_seconds", "resend_in_seconds"]),
    ("post", "/office/sessions", &["email", "code"], "201", &["role"]),
    ("get", "/office/registration-requests", &[], "200", &["items", "next"]),
    ("post", "/office/registration-requests/{id}/approval", &["account_number?", "customer?"], "200", &[]),
    ("post", "/office/registration-requests/{id}/rejection", &["reason"], "200", &[]),
    ("get", "/inbox", &[], "200", &["items", "next"]),
];

/// The contract's lists: path, query, fields of an item at least.
const LISTS: &[(&str, &str, &[&str])] = &[
    ("/office/registration-requests", "status", &["id", "phone", "business_name", "contact_name", "status"]),
    ("/inbox", "to", &["to", "channel", "text", "sent_at"]),
];

#[test]
fn the_contract_stands_in_the_document_field_by_field() {
    let document = document();
    for (method, path, sent, status, answered) in CONTRACT {
        let operation = &document["paths"][format!("/api/v1{path}")][method];
        assert!(operation.is_object(), "{method} {path} is missing");
        let body = body_schema(&document, &operation["requestBody"], "application/json; charset=utf-8");
        let mut fields: Vec<String> = keys(&body["properties"]).into_iter().map(str::to_owned).collect();
        for field in fields.iter_mut().filter(|field| !names(&body["required"]).contains(&field.as_str())) {
            field.push('?');
        }
        let mut wanted = sent.to_vec();
        wanted.sort_unstable();
        fields.sort_unstable();
        assert_eq!(fields, wanted, "{method} {path} takes");
        assert!(sent.is_empty() || body["additionalProperties"] == json!(false), "{method} {path} takes nothing else");
        let answer = &operation["responses"][status];
        assert!(answer.is_object(), "{method} {path} answers {:?}", keys(&operation["responses"]));
        let schema = body_schema(&document, answer, "application/json; charset=utf-8");
        for field in *answered {
            assert!(schema["properties"][field].is_object(), "{method} {path} {status} has {:?}", keys(&schema["properties"]));
        }
        assert!(keys(&operation["responses"]).contains(&"default"), "{method} {path} can fail");
    }
    for (path, query, fields) in LISTS {
        let operation = &document["paths"][format!("/api/v1{path}")]["get"];
        let parameters: Vec<&str> =
            operation["parameters"].as_array().expect("parameters").iter().filter_map(|p| p["name"].as_str()).collect();
        assert!(parameters.contains(query), "{path} takes {parameters:?}");
        let list = body_schema(&document, &operation["responses"]["200"], "application/json; charset=utf-8");
        let item = follow(&document, &list["properties"]["items"]["items"]);
        for field in *fields {
            assert!(item["properties"][field].is_object(), "{path} items have {:?}", keys(&item["properties"]));
        }
    }
    let create = &document["paths"]["/api/v1/registration-requests"]["post"];
    assert!(create["parameters"].to_string().contains("Idempotency-Key"));
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!((&schemes["session"]["name"], &schemes["office"]["name"]), (&json!("__Host-session"), &json!("__Host-office")));
}

/// That an answer is one the document describes: its status, no field more, no required field less.
fn is_described(document: &Value, method: &str, path: &str, answer: &Answer) {
    let responses = &document["paths"][format!("/api/v1{path}")][method]["responses"];
    let status = answer.status.as_u16().to_string();
    let fails = answer.status.is_client_error();
    let described = if fails { &responses["default"] } else { &responses[&status] };
    assert!(described.is_object(), "{method} {path} answers {status}, which is not described");
    let content = described["content"].as_object();
    let Some((media_type, media)) = content.and_then(|content| content.iter().next()) else {
        return assert_eq!(answer.text, "", "{method} {path}: no body is described");
    };
    assert_eq!(answer.header("content-type"), media_type, "{method} {path}");
    matches_schema(document, &media["schema"], &answer.value(), &format!("{method} {path} {status}"));
}

fn matches_schema(document: &Value, schema: &Value, value: &Value, what: &str) {
    let nullable = schema["nullable"] == json!(true);
    let schema = follow(document, schema);
    match value {
        Value::Null => assert!(nullable || schema["nullable"] == json!(true), "{what} may not be null"),
        Value::Object(fields) => {
            assert_eq!(schema["type"], "object", "{what}");
            for (name, field) in fields {
                // What a browser takes as it is, for itself.
                if schema["additionalProperties"].is_object() {
                    continue;
                }
                assert!(schema["properties"][name].is_object(), "{what}: {name} is not described");
                matches_schema(document, &schema["properties"][name], field, &format!("{what}.{name}"));
            }
            for name in names(&schema["required"]) {
                assert!(fields.contains_key(name), "{what}: {name} is missing");
            }
        }
        Value::Array(items) => {
            assert_eq!(schema["type"], "array", "{what}");
            items.iter().for_each(|item| matches_schema(document, &schema["items"], item, &format!("{what}[]")));
        }
        Value::String(_) => assert_eq!(schema["type"], "string", "{what}"),
        Value::Bool(_) => assert_eq!(schema["type"], "boolean", "{what}"),
        Value::Number(_) => assert_eq!(schema["type"], "integer", "{what}"),
    }
}

#[tokio::test]
async fn what_is_answered_is_what_is_described() {
    let (house, document) = (House::open().await, document());
    let check = |method: &str, path: &str, answer: &Answer| is_described(&document, method, path, answer);
    let dan = house.browser("acme");
    check("get", "/me", &dan.get("/api/v1/me").await);
    check("post", "/codes", &dan.post("/api/v1/codes", json!({ "phone": "1" })).await);
    check("post", "/codes", &dan.post("/api/v1/codes", json!({})).await);
    let asked = dan.post("/api/v1/codes", json!({ "phone": DAN })).await;
    check("post", "/codes", &asked);
    assert!(asked.header("set-cookie").starts_with("__Host-pending="), "{:?}", asked.headers);
    check("post", "/sessions", &dan.post("/api/v1/sessions", json!({ "phone": DAN, "code": "000000" })).await);
    let code = house.code_for(DAN).await;
    let opened = dan.post("/api/v1/sessions", json!({ "phone": DAN, "code": code })).await;
    check("post", "/sessions", &opened);
    assert!(opened.header("set-cookie").starts_with("__Host-session="), "{:?}", opened.headers);
    check("get", "/me", &dan.get("/api/v1/me").await);
    check("get", "/registration-requests/current", &dan.get("/api/v1/registration-requests/current").await);
    let request = json!({ "business_name": "Dan's Deli", "contact_name": "Dan" });
    let made = dan.post("/api/v1/registration-requests", request.clone()).await;
    check("post", "/registration-requests", &made);
    check("post", "/registration-requests", &dan.post("/api/v1/registration-requests", request.clone()).await);
    check("get", "/registration-requests/current", &dan.get("/api/v1/registration-requests/current").await);

    let owner = house.staff("acme", "owner").await;
    let again = owner.post("/api/v1/office/codes", json!({ "email": "owner@acme.example" })).await;
    check("post", "/office/codes", &again);
    let queue = "/office/registration-requests";
    check("get", queue, &owner.get("/api/v1/office/registration-requests?status=pending").await);
    check("get", queue, &owner.get("/api/v1/office/registration-requests?status=nonsense").await);
    let id = made.value()["id"].as_str().expect("an id").to_owned();
    let one = format!("/api/v1{queue}/{id}");
    check("get", &format!("{queue}/{{id}}"), &owner.get(&one).await);
    let rejection = format!("{queue}/{{id}}/rejection");
    check("post", &rejection, &owner.post(&format!("{one}/rejection"), json!({ "reason": "" })).await);
    check("post", &rejection, &owner.post(&format!("{one}/rejection"), json!({ "reason": "No" })).await);
    check("post", &format!("{queue}/{{id}}/approval"), &owner.post(&format!("{one}/approval"), json!({})).await);
    check("get", queue, &owner.get("/api/v1/office/registration-requests?status=all").await);
    let second = dan.post("/api/v1/registration-requests", request.clone()).await.value()["id"].as_str().expect("an id").to_owned();
    let approved = owner.post(&format!("/api/v1{queue}/{second}/approval"), json!({})).await;
    check("post", &format!("{queue}/{{id}}/approval"), &approved);
    check("get", "/me", &dan.get("/api/v1/me").await);

    let customers = owner.get("/api/v1/office/customers?query=A-1").await;
    check("get", "/office/customers", &customers);
    let id = customers.value()["items"][0]["id"].as_str().expect("an id").to_owned();
    check("get", "/office/customers/{id}", &owner.get(&format!("/api/v1/office/customers/{id}")).await);
    let suspension = format!("/api/v1/office/customers/{id}/suspension");
    check("post", "/office/customers/{id}/suspension", &owner.post(&suspension, json!({ "reason": "Unpaid" })).await);
    check("delete", "/office/customers/{id}/suspension", &owner.delete(&suspension).await);
    check("get", "/office/team", &owner.get("/api/v1/office/team").await);
    let ivy = json!({ "name": "Ivy", "email": "ivy@acme.example", "role": "sales" });
    let invited = owner.post("/api/v1/office/invitations", ivy.clone()).await;
    check("post", "/office/invitations", &invited);
    check("post", "/office/invitations", &owner.post("/api/v1/office/invitations", ivy).await);
    check("get", "/office/invitations", &owner.get("/api/v1/office/invitations").await);
    let invitation = format!("/api/v1/office/invitations/{}", invited.value()["id"].as_str().expect("an id"));
    check("delete", "/office/invitations/{id}", &owner.delete(&invitation).await);
    let team = owner.get("/api/v1/office/team").await.value();
    let picker = format!("/api/v1/office/team/{}", team["items"][3]["id"].as_str().expect("an id"));
    let role = async |role: &str| owner.json(http::Method::PATCH, &picker, json!({ "role": role })).await;
    check("patch", "/office/team/{id}", &role("sales").await);
    check("patch", "/office/team/{id}", &role("boss").await);
    check("delete", "/office/team/{id}", &owner.delete(&picker).await);
    check("get", "/office/settings", &owner.get("/api/v1/office/settings").await);
    let grey = json!({ "brand_colour": "#808080" });
    check("patch", "/office/settings", &owner.json(http::Method::PATCH, "/api/v1/office/settings", grey).await);
    let picture = crate::settings::pictures::png(40, 20);
    let put = owner.send_bytes(http::Method::PUT, "/api/v1/office/settings/logo", "image/png", picture).await;
    check("put", "/office/settings/logo", &put);
    check("get", "/office/settings", &owner.get("/api/v1/office/settings").await);
    check("delete", "/office/settings/logo", &owner.delete("/api/v1/office/settings/logo").await);
    check("delete", "/office/sessions/current", &owner.delete("/api/v1/office/sessions/current").await);

    let cat = house.customer("acme", CAT).await;
    check("get", "/wholesalers", &cat.get("/api/v1/wholesalers").await);
    let devices = cat.get("/api/v1/devices").await;
    check("get", "/devices", &devices);
    check("delete", "/sessions/current", &cat.delete("/api/v1/sessions/current").await);
    let ada = house.customer("acme", ADA).await;
    let here = ada.get("/api/v1/devices").await.value()["items"][0]["id"].as_str().expect("an id").to_owned();
    check("delete", "/devices/{id}", &ada.delete(&format!("/api/v1/devices/{here}")).await);
    check("get", "/inbox", &house.browser("").get("/api/v1/inbox").await);
    house.wait(chrono::Duration::days(2));
    let eve = house.customer("bravo", DAN).await;
    eve.post("/api/v1/registration-requests", request).await;
    check("delete", "/registration-requests/current", &eve.delete("/api/v1/registration-requests/current").await);
}

#[tokio::test]
async fn every_site_gives_its_document_and_a_page_that_shows_every_operation() {
    let house = House::open().await;
    let served = house.browser("acme").get("/api/v1/openapi.json").await;
    assert_eq!(served.header("content-type"), "application/json");
    let document = routes::openapi(&house.app.house.hosts);
    assert_eq!(served.value(), document);
    assert_eq!(house.browser("").get("/api/v1/openapi.json").await.value(), document);
    shows_every_operation(&document, &house.browser("acme").get("/api/docs").await.text);

    let console = routes::console_openapi(&house.app.house.hosts);
    assert_eq!(house.browser("admin").get("/api/v1/openapi.json").await.value(), console);
    shows_every_operation(&console, &house.browser("admin").get("/api/docs").await.text);
}

#[tokio::test]
async fn what_the_console_answers_is_what_is_described() {
    let house = House::open().await;
    let document = routes::console_openapi(&house.app.house.hosts);
    let check = |method: &str, path: &str, answer: &Answer| is_described(&document, method, path, answer);
    let (email, operator) = ("olga@platform.example", house.browser("admin"));
    house.invite(email).await;
    check("get", "/me", &operator.get("/api/v1/me").await);
    check("post", "/codes", &operator.post("/api/v1/codes", json!({ "email": "olga" })).await);
    check("post", "/codes", &operator.post("/api/v1/codes", json!({ "email": email })).await);
    let code = house.code_for(email).await;
    check("post", "/sessions", &operator.post("/api/v1/sessions", json!({ "email": email, "code": code })).await);
    check("get", "/me", &operator.get("/api/v1/me").await);
    check("get", "/tenants", &operator.get("/api/v1/tenants").await);
    let mut device = Device::at(&format!("http://{}", operator.host));
    let asked = operator.post("/api/v1/passkey-registrations", json!({})).await;
    check("post", "/passkey-registrations", &asked);
    let made = json!({ "challenge": asked.value()["id"], "credential": device.make(&asked.value()["options"]) });
    let made = operator.post("/api/v1/passkeys", made).await;
    check("post", "/passkeys", &made);
    check("get", "/passkeys", &operator.get("/api/v1/passkeys").await);
    let passkey = format!("/api/v1/passkeys/{}", made.value()["id"].as_str().expect("an id"));
    check("patch", "/passkeys/{id}", &operator.json(Method::PATCH, &passkey, json!({ "name": "Key" })).await);
    check("delete", "/passkeys/{id}", &operator.delete(&passkey).await);
    let asked = operator.post("/api/v1/passkey-challenges", json!({})).await;
    check("post", "/passkey-challenges", &asked);
    let shown = json!({ "challenge": asked.value()["id"], "credential": device.show(&asked.value()["options"]) });
    check("post", "/passkey-sessions", &operator.post("/api/v1/passkey-sessions", shown.clone()).await);
    check("post", "/passkey-sessions", &operator.post("/api/v1/passkey-sessions", shown).await);
    let counter = json!({ "business_name": "Nordic", "subdomain": "nordic", "owner_email": "nora@nordic.example", "country": "GB" });
    let made = operator.post("/api/v1/tenants", counter.clone()).await;
    check("post", "/tenants", &made);
    check("post", "/tenants", &operator.post("/api/v1/tenants", counter).await);
    check("post", "/tenants", &operator.post("/api/v1/tenants", json!({})).await);
    check("get", "/tenants", &operator.get("/api/v1/tenants?query=nordic").await);
    let id = made.value()["id"].as_str().expect("an id").to_owned();
    check("get", "/tenants/{id}", &operator.get(&format!("/api/v1/tenants/{id}")).await);
    check("get", "/tenants/{id}", &operator.get("/api/v1/tenants/nonsense").await);
    let made = operator.post("/api/v1/tokens", json!({ "name": "nightly", "scope": "read" })).await;
    check("post", "/tokens", &made);
    check("get", "/tokens", &operator.get("/api/v1/tokens").await);
    let id = made.value()["id"].as_str().expect("an id").to_owned();
    check("delete", "/tokens/{id}", &operator.delete(&format!("/api/v1/tokens/{id}")).await);
    check("get", "/tokens", &operator.get("/api/v1/tokens").await);
    check("delete", "/sessions/current", &operator.delete("/api/v1/sessions/current").await);
}

fn shows_every_operation(document: &Value, page: &str) {
    let shown: Vec<String> = page
        .split("<span class=\"tag\">")
        .skip(1)
        .map(|rest| rest.split("</code>").next().unwrap_or_default().replace("</span> <code>", " "))
        .map(|operation| operation.replace("&#123;", "{").replace("&#125;", "}"))
        .collect();
    let mut missing: Vec<String> = Vec::new();
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| methods[method].is_object()) {
            operations += 1;
            let operation = format!("{} {path}", method.to_uppercase());
            if !shown.contains(&operation) {
                missing.push(operation);
            }
        }
    }
    assert!(missing.is_empty() && operations == shown.len(), "missing on the page: {missing:?}; shown: {shown:?}");
}

#[test]
fn no_two_bodies_or_answers_have_one_name() {
    let mut seen = std::collections::BTreeMap::new();
    let pattern = regex::Regex::new(r"(?s)#\[derive\((?:Object|Union|Enum)[^\]]*\)\](?:\s*#\[[^\]]*\])*\s*pub (?:struct|enum) (\w+)")
        .expect("a pattern");
    for (path, text) in crate::tidy::files_under(std::path::Path::new("src"), &["rs"]) {
        for name in pattern.captures_iter(&text) {
            let other = seen.insert(name[1].to_owned(), path.clone());
            assert_eq!(other, None, "{} is also in {path}: in the document one would lie over the other", &name[1]);
        }
    }
    assert!(seen.len() > 100, "{}", seen.len());
}
