//! The platform's console: who may come in, what programs may do with a token, and counters made by hand.

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::house::{ADA, Answer, Browser, DAN, House};
use crate::secrecy;

pub const OLGA: &str = "olga@platform.example";
const OWNER: &str = "nora@nordic.example";

pub fn body(subdomain: &str) -> Value {
    json!({ "business_name": "Nordic Larder", "subdomain": subdomain, "owner_email": OWNER, "country": "GB" })
}

/// Asks the console's API as a program that shows this token.
pub async fn as_program(house: &House, method: Method, path: &str, token: &str, body: Option<Value>) -> Answer {
    let shown = format!("Bearer {token}");
    let body = body.map(|body| ("application/json", body.to_string()));
    house.browser("admin").send(method, path, &[("authorization", &shown)], body).await
}

async fn make_token(operator: &Browser, scope: &str) -> (String, String) {
    let made = operator.post("/api/v1/tokens", json!({ "name": "nightly", "scope": scope })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let (id, token) = (made.value()["id"].as_str().expect("an id").to_owned(), made.value()["token"].as_str().expect("a token").to_owned());
    secrecy::hold(&token);
    (id, token)
}

#[tokio::test]
async fn an_operator_signs_in_by_a_code_and_out_again() {
    let house = House::open().await;
    let operator = house.operator(OLGA).await;
    let me = operator.get("/api/v1/me").await.value();
    assert_eq!(me, json!({ "kind": "operator", "name": "Olga", "email": OLGA, "scope": "write" }));
    let cookie = operator.cookie("__Host-operator").expect("a session");
    assert_eq!(operator.delete("/api/v1/sessions/current").await.status, StatusCode::NO_CONTENT);
    operator.plant("__Host-operator", &cookie);
    assert_eq!(operator.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED, "it has ended, whoever still holds it");
    let again = house.operator(OLGA).await;
    house.wait(TimeDelta::hours(house.app.house.config.sessions.staff_idle_hours) + TimeDelta::minutes(1));
    assert_eq!(again.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED, "nobody was there for so long");
    let third = house.operator(OLGA).await;
    house.change("update operators set removed_at = now()").await;
    assert_eq!(third.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED, "an operator no more");
    assert_eq!(third.get("/").await.header("location"), "/sign-in");
}

#[tokio::test]
async fn whether_an_address_is_an_operators_nobody_is_told_and_mail_goes_to_operators_alone() {
    let house = House::open().await;
    house.invite(OLGA).await;
    let mut said = Vec::new();
    for email in [OLGA, "owner@acme.example", "nobody@example.com"] {
        let browser = house.browser("admin");
        let asked = browser.post("/api/v1/codes", json!({ "email": email })).await;
        let again = browser.post("/api/v1/codes", json!({ "email": email })).await;
        let wrong = browser.post("/api/v1/sessions", json!({ "email": email, "code": "000000" })).await;
        let page = house.browser("admin");
        page.form("/codes", &[("email", email)]).await;
        let page = page.get("/code").await.text.replace(email, "ADDRESS").replace(&house.at.port().to_string(), "PORT");
        let problem = |answer: &Answer| (answer.value()["type"].clone(), answer.value()["detail"].clone());
        said.push((asked.status, asked.text, again.status, wrong.status, problem(&wrong), page));
        house.run_jobs().await;
    }
    assert!(said.windows(2).all(|two| two[0] == two[1]), "{said:?}");
    assert_eq!(house.sent_to(OLGA).len(), 2);
    assert!(house.sent_to("owner@acme.example").is_empty() && house.sent_to("nobody@example.com").is_empty());
}

#[tokio::test]
async fn a_code_is_good_once_in_its_browser_at_the_console_and_guessing_ends() {
    let house = House::open().await;
    house.invite(OLGA).await;
    let browser = house.browser("admin");
    browser.post("/api/v1/codes", json!({ "email": OLGA })).await;
    let code = house.code_for(OLGA).await;
    let with = json!({ "email": OLGA, "code": code });
    assert_eq!(house.browser("admin").post("/api/v1/sessions", with.clone()).await.status, StatusCode::UNAUTHORIZED, "another browser");
    let counter = house.browser("acme");
    counter.plant("__Host-pending", &browser.cookie("__Host-pending").expect("a name"));
    assert_eq!(counter.post("/api/v1/office/sessions", with.clone()).await.status, StatusCode::UNAUTHORIZED, "another host");
    assert_eq!(browser.post("/api/v1/sessions", with.clone()).await.status, StatusCode::CREATED);
    assert_eq!(browser.post("/api/v1/sessions", with).await.status, StatusCode::UNAUTHORIZED, "a second time");

    // A wholesaler's own staff get no code here, and an operator none at an office where they do not work.
    let office = house.browser("acme");
    office.post("/api/v1/office/codes", json!({ "email": OLGA })).await;
    house.run_jobs().await;
    assert_eq!(house.sent_to(OLGA).len(), 1);

    let guesser = house.browser("admin");
    guesser.post("/api/v1/codes", json!({ "email": OLGA })).await;
    let code = house.code_for(OLGA).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..house.app.house.config.codes.guesses_per_code {
        guesser.post("/api/v1/sessions", json!({ "email": OLGA, "code": wrong })).await;
    }
    let late = guesser.post("/api/v1/sessions", json!({ "email": OLGA, "code": code })).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED, "the right code comes too late");
}

#[tokio::test]
async fn a_program_does_with_a_token_what_its_scope_allows_until_it_is_revoked() {
    let house = House::open().await;
    let operator = house.operator(OLGA).await;
    let ((reader, reads), (writer, writes)) = (make_token(&operator, "read").await, make_token(&operator, "write").await);
    let tried = as_program(&house, Method::POST, "/api/v1/tenants", &writes, Some(body("acme"))).await;
    assert_eq!(tried.status, StatusCode::CONFLICT, "{tried:?}");
    let noted = "select count(*) from operator_tokens where scope = 'write' and last_used_at is not null";
    assert_eq!(house.value::<i64>(noted).await, 1, "used is used, also when nothing came of it");
    for token in [&reads, &writes] {
        let listed = as_program(&house, Method::GET, "/api/v1/tenants", token, None).await;
        assert_eq!(listed.value()["items"].as_array().map(Vec::len), Some(2), "{listed:?}");
    }
    let me = as_program(&house, Method::GET, "/api/v1/me", &reads, None).await.value();
    assert_eq!(me, json!({ "kind": "token", "name": "nightly", "email": null, "scope": "read" }));
    let refused = as_program(&house, Method::POST, "/api/v1/tenants", &reads, Some(body("nordic"))).await;
    assert!(refused.status == StatusCode::FORBIDDEN && refused.text.contains("read and nothing else"), "{refused:?}");
    assert_eq!(as_program(&house, Method::DELETE, &format!("/api/v1/tokens/{writer}"), &reads, None).await.status, StatusCode::FORBIDDEN);
    let made = as_program(&house, Method::POST, "/api/v1/tenants", &writes, Some(body("nordic"))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    // What is about a browser is not for programs, and neither is what is for people at a counter.
    assert_eq!(as_program(&house, Method::DELETE, "/api/v1/sessions/current", &writes, None).await.status, StatusCode::FORBIDDEN);
    let shown = format!("Bearer {writes}");
    let at_acme = house.browser("acme").send(Method::GET, "/api/v1/office/customers", &[("authorization", &shown)], None).await;
    assert_eq!(at_acme.status, StatusCode::UNAUTHORIZED);
    let elsewhere = [("authorization", shown.as_str()), ("sec-fetch-site", "same-site")];
    let body = Some(("application/json", body("nordic-two").to_string()));
    let cross_site = house.browser("admin").send(Method::POST, "/api/v1/tenants", &elsewhere, body).await;
    assert_eq!(cross_site.status, StatusCode::FORBIDDEN, "a page of another site, with a token or without");

    let items = operator.get("/api/v1/tokens").await.value()["items"].clone();
    let of = |id: &str| items.as_array().expect("items").iter().find(|item| item["id"] == id).cloned().expect("listed");
    assert!(of(&reader)["last_used_at"].is_string() && of(&reader)["scope"] == "read" && of(&reader)["made_by"] == "Olga", "{items}");
    assert!(!items.to_string().contains(&reads), "told once");
    let used = "select last_used_at::text from operator_tokens where scope = 'read'";
    let before: String = house.value(used).await;
    house.wait(TimeDelta::seconds(30));
    as_program(&house, Method::GET, "/api/v1/me", &reads, None).await;
    assert_eq!(house.value::<String>(used).await, before, "noted once a minute at the most");
    house.wait(TimeDelta::seconds(31));
    as_program(&house, Method::GET, "/api/v1/me", &reads, None).await;
    assert_ne!(house.value::<String>(used).await, before);

    for _ in 0..2 {
        assert_eq!(operator.delete(&format!("/api/v1/tokens/{writer}")).await.status, StatusCode::NO_CONTENT, "again is no harm");
    }
    assert_eq!(operator.delete(&format!("/api/v1/tokens/{}", Uuid::now_v7())).await.status, StatusCode::NOT_FOUND);
    let after = as_program(&house, Method::GET, "/api/v1/me", &writes, None).await;
    assert_eq!((after.status, after.header("www-authenticate").starts_with("Bearer")), (StatusCode::UNAUTHORIZED, true), "{after:?}");
    let events = "select string_agg(action, ' ' order by id) from operator_events";
    assert_eq!(
        house.value::<String>(events).await,
        "operator.invited token.made token.made tenant.created token.revoked",
        "what was done is written down, once"
    );
}

#[tokio::test]
async fn a_counter_made_by_hand_answers_and_its_owner_signs_in() {
    let house = House::open().await;
    let operator = house.operator(OLGA).await;
    assert_eq!(house.browser("nordic").get("/").await.status, StatusCode::NOT_FOUND);
    let made = operator.post("/api/v1/tenants", body("Nordic")).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let tenant = made.value();
    let url = format!("http://nordic.localhost:{}", house.at.port());
    assert_eq!((&tenant["subdomain"], &tenant["status"], &tenant["url"]), (&json!("nordic"), &json!("active"), &json!(url)), "{tenant}");
    let id = tenant["id"].as_str().expect("an id");
    assert_eq!(operator.get(&format!("/api/v1/tenants/{id}")).await.value(), tenant);
    assert_eq!(operator.get(&format!("/api/v1/tenants/{}", Uuid::now_v7())).await.status, StatusCode::NOT_FOUND);

    assert!(house.browser("nordic").get("/").await.text.contains("Nordic Larder"));
    let owner = house.browser("nordic");
    owner.post("/api/v1/office/codes", json!({ "email": OWNER })).await;
    let code = house.code_for(OWNER).await;
    let opened = owner.post("/api/v1/office/sessions", json!({ "email": OWNER, "code": code })).await;
    assert_eq!(opened.value()["role"], "owner", "{opened:?}");
    assert_eq!(owner.get("/api/v1/office/customers").await.value()["items"], json!([]), "no samples");
    house.run_jobs().await;
    let told = "select actor_kind || ' ' || actor_name from audit_events where action = 'tenant.created'";
    assert_eq!(house.value::<String>(told).await, "operator Olga, Tradecounter", "the wholesaler's own log says who it was");
    let page = operator.get(&format!("/tenants/{id}")).await;
    assert!(page.status == StatusCode::OK && page.text.contains("Opened the counter Nordic Larder at nordic"), "{page:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_counter_is_said_beside_it() {
    let house = House::open().await;
    let operator = house.operator(OLGA).await;
    for (field, value, status) in [
        ("subdomain", "admin", 422),
        ("subdomain", "a b", 422),
        ("subdomain", "acme", 409),
        ("business_name", " ", 422),
        ("owner_email", "nora", 422),
        ("country", "XX", 422),
        ("colour", "red", 422),
    ] {
        let mut body = body("nordic");
        body[field] = json!(value);
        let answer = operator.post("/api/v1/tenants", body).await;
        assert_eq!(answer.status.as_u16(), status, "{field} {value}: {answer:?}");
        if status == 422 {
            assert_eq!(answer.value()["errors"][0]["field"], field, "{answer:?}");
        }
    }
    let typed =
        [("business_name", "Nordic Larder"), ("subdomain", "acme"), ("country", "IE"), ("owner_name", "Nora"), ("owner_email", OWNER)];
    let taken = operator.form("/tenants", &typed).await;
    assert!(taken.status == StatusCode::CONFLICT && taken.text.contains("taken") && taken.text.contains(OWNER), "{taken:?}");
    assert_eq!(house.value::<i64>("select count(*) from tenants").await, 2);
}

#[tokio::test]
async fn of_two_who_make_one_name_one_does_and_the_other_is_told() {
    let house = House::open().await;
    let operator = house.operator(OLGA).await;
    let made = futures_util::future::join_all((0..6).map(|_| operator.post("/api/v1/tenants", body("nordic")))).await;
    let mut statuses: Vec<u16> = made.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409], "{made:?}");
    let told = operator.post("/api/v1/tenants", body("nordic")).await.value();
    assert_eq!(told["detail"], "That address is taken. Choose another one.", "one full stop");
    assert_eq!(house.value::<i64>("select count(*) from tenants where slug = 'nordic'").await, 1);
    assert_eq!(house.value::<i64>("select count(*) from staff where email = 'nora@nordic.example'").await, 1);
    assert_eq!(house.value::<i64>("select count(*) from operator_events where action = 'tenant.created'").await, 1);
}

#[tokio::test]
async fn tenants_are_found_by_name_and_state_and_a_long_list_goes_on() {
    let house = House::open().await;
    house
        .change(
            "insert into tenants (id, slug, business_name, status, before_suspension, country, currency, time_zone, brand_colour, sms_countries, created_at, updated_at)
             select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'depot' || n, 'Dépôt Numéro ' || n,
                    case when n % 10 = 0 then 'suspended' else 'active' end, case when n % 10 = 0 then 'active' end, 'FR', 'EUR', 'Europe/Paris', '#14532d', '{FR}', now(), now()
               from generate_series(1, 120) n",
        )
        .await;
    let operator = house.operator(OLGA).await;
    let slugs = |page: &Value| -> Vec<String> {
        page["items"].as_array().expect("items").iter().map(|item| item["subdomain"].as_str().expect("a name").to_owned()).collect()
    };
    for (asked, found) in [
        ("query=acm", vec!["acme"]),
        ("query=ACME%20Whole", vec!["acme"]),
        ("query=depot120", vec!["depot120"]),
        ("query=NUM%C3%89RO%2012&status=suspended", vec!["depot120"]),
        ("query=%25", vec![]),
        ("status=closing", vec![]),
        (
            "query=depot7&status=active",
            vec!["depot79", "depot78", "depot77", "depot76", "depot75", "depot74", "depot73", "depot72", "depot71", "depot7"],
        ),
    ] {
        assert_eq!(slugs(&operator.get(&format!("/api/v1/tenants?{asked}")).await.value()), found, "{asked}");
    }
    for wrong in ["status=open", "cursor=x"] {
        assert_eq!(operator.get(&format!("/api/v1/tenants?{wrong}")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let (mut all, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = operator.get(&format!("/api/v1/tenants?query={cursor}")).await.value();
        all.extend(slugs(&page));
        pages += 1;
        // Whoever comes meanwhile stands before what was read, and is neither skipped nor seen twice.
        house.change(&format!("update tenants set business_name = business_name || ' {pages}' where slug = 'depot60'")).await;
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((all.len(), pages), (122, 3));
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 122, "each once");
    let page = operator.get("/?query=depot").await.text;
    assert!(page.contains("120 of 122 wholesalers") && page.contains(">Show more</a>"), "{page}");
    let next = page
        .split("href=\"/?")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a way on")
        .replace("&amp;", "&")
        .replace("&#38;", "&");
    assert!(operator.get(&format!("/?{next}")).await.text.contains("depot70.localhost"), "{next}");
}

#[tokio::test]
async fn one_tenants_page_has_its_numbers_and_nothing_of_its_people() {
    let house = House::open().await;
    house.customer("acme", ADA).await;
    house.request("acme", DAN, "pending").await;
    let operator = house.operator(OLGA).await;
    let page = operator.get(&format!("/tenants/{}", house.tenant("acme").await)).await;
    let number = |words: &str| {
        let before = page.text.split(&format!(">{words}</dt><dd><strong>")).nth(1).unwrap_or_else(|| panic!("{words} in {page:?}"));
        before.split('<').next().unwrap_or_default().to_owned()
    };
    assert_eq!([number("customers"), number("staff")], ["2", "4"]);
    assert!(page.text.contains("1 request in 30 days"), "{page:?}");
    assert!(page.text.contains("just now"), "somebody was there: {page:?}");
    for secret in ["Ada", "Deli", "Shop A-1", "400123001", "400 123001", "owner of acme", "owner@acme.example"] {
        assert!(!page.text.contains(secret), "{secret}: {page:?}");
    }
    let mut platform = house.role("tc_platform").await;
    for table in ["account_access", "trade_accounts", "registration_requests", "messages", "staff", "sessions"] {
        let set = format!("set app.tenant_id = '{}'", house.tenant("acme").await);
        sqlx::query(AssertSqlSafe(set)).execute(&mut platform).await.expect("a setting");
        let refused = sqlx::query(AssertSqlSafe(format!("select * from {table}"))).execute(&mut platform).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("permission denied")), "{table}, even with the tenant named");
        let counted: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
            .fetch_one(&mut platform)
            .await
            .expect("a count of what is shown");
        assert_eq!(counted, 0, "{table} has no rows for the platform");
    }
}

#[tokio::test]
async fn the_operators_tables_are_closed_to_wholesalers_roles_and_what_was_done_stays() {
    let house = House::open().await;
    house.invite(OLGA).await;
    for (role, tables) in [
        ("tc_counter", &["operators", "operator_sessions", "operator_tokens", "operator_events"][..]),
        ("tc_office", &["operators", "operator_sessions", "operator_tokens", "operator_events"][..]),
        ("tc_identity", &["operator_tokens", "operator_events"][..]),
    ] {
        let mut connection = house.role(role).await;
        for table in tables {
            let refused = sqlx::query(AssertSqlSafe(format!("select 1 from {table}"))).execute(&mut connection).await;
            assert!(refused.is_err_and(|error| error.to_string().contains("permission denied")), "{role} {table}");
        }
    }
    let mut platform = house.role("tc_platform").await;
    for statement in ["update operator_events set action = ''", "delete from operator_events", "update operator_tokens set scope = 'write'"]
    {
        let refused = sqlx::query(statement).execute(&mut platform).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("permission denied")), "{statement}");
    }
}
