//! Passkeys of staff and operators: made after a code, good at one host, for one person, once for each question.

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::authenticator::Device;
use crate::companions::{Directory, Program};
use crate::house::{Answer, Browser, House};
use crate::isolation::console_routes::CONSOLE;
use crate::isolation::scene::send;

const OLGA: &str = "olga@platform.example";

/// Whose: the office's or the console's.
#[derive(Clone, Copy)]
struct At(&'static str);
const OFFICE: At = At("/api/v1/office");
const CONSOLE_API: At = At("/api/v1");

impl At {
    async fn ask_for_new(self, browser: &Browser) -> Value {
        let asked = browser.post(&format!("{}/passkey-registrations", self.0), json!({})).await;
        assert_eq!(asked.status, StatusCode::CREATED, "{asked:?}");
        asked.value()
    }

    async fn bring_new(self, browser: &Browser, question: &Value, credential: &str) -> Answer {
        browser
            .post(&format!("{}/passkeys", self.0), json!({ "challenge": question["id"], "credential": credential, "name": "Phone" }))
            .await
    }

    /// Makes one in this device, and keeps it.
    async fn make(self, browser: &Browser, device: &mut Device) -> Value {
        let question = self.ask_for_new(browser).await;
        let made = self.bring_new(browser, &question, &device.make(&question["options"])).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        made.value()
    }

    async fn ask(self, browser: &Browser) -> Value {
        let asked = browser.post(&format!("{}/passkey-challenges", self.0), json!({})).await;
        assert_eq!(asked.status, StatusCode::CREATED, "{asked:?}");
        asked.value()
    }

    async fn bring(self, browser: &Browser, question: &Value, credential: &str) -> Answer {
        browser.post(&format!("{}/passkey-sessions", self.0), json!({ "challenge": question["id"], "credential": credential })).await
    }

    async fn sign_in(self, browser: &Browser, device: &mut Device) -> Answer {
        let question = self.ask(browser).await;
        self.bring(browser, &question, &device.show(&question["options"])).await
    }
}

/// Puts one there for everybody of that table's people, which nobody could sign in with.
pub async fn put(house: &House, table: &str, host: &str, name: &str) {
    // As the server's own ids, these begin with the time: the newest is listed first.
    let (columns, people) = match table {
        "operator_passkeys" => ("id, operator_id", "select $2, id, $1 from operators"),
        _ => ("passkey_id, tenant_id, staff_id", "select $2, tenant_id, staff_id, $1 from staff"),
    };
    let milliseconds = "(extract(epoch from clock_timestamp()) * 1000)::bigint";
    let id = format!("(lpad(to_hex({milliseconds}), 12, '0') || substr(md5(random()::text), 13))::uuid");
    let values = format!("'{host}', gen_random_uuid()::text::bytea, '{{}}', '{name}', now()");
    house
        .change(&format!(
            "insert into {table} ({columns}, host, credential_id, credential, name, created_at) {}",
            people.replace("$1", &values).replace("$2", &id)
        ))
        .await;
}

fn device_at(browser: &Browser) -> Device {
    Device::at(&format!("http://{}", browser.host))
}

fn is_refused(answer: &Answer, why: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{why}: {answer:?}");
    assert_eq!(answer.value()["type"], "urn:tradecounter:problem:wrong-passkey", "{why}");
    assert!(!answer.header("set-cookie").contains("__Host-office="), "{why}");
}

#[tokio::test]
async fn staff_make_one_after_their_first_code_and_then_sign_in_without_saying_who_they_are() {
    let house = House::open().await;
    let sales = house.staff("acme", "sales").await;
    let mut phone = device_at(&sales);
    let question = OFFICE.ask_for_new(&sales).await;
    let selection = &question["options"]["authenticatorSelection"];
    assert_eq!((&selection["residentKey"], &selection["userVerification"]), (&json!("required"), &json!("required")));
    assert_eq!(question["options"]["rp"]["id"], "acme.localhost");
    let made = OFFICE.bring_new(&sales, &question, &phone.make(&question["options"])).await.value();
    assert_eq!((&made["name"], &made["host"], &made["last_used_at"]), (&json!("Phone"), &json!("acme.localhost"), &Value::Null));

    let elsewhere = house.browser("acme");
    let question = OFFICE.ask(&elsewhere).await;
    assert_eq!(question["options"]["allowCredentials"], json!([]), "no key is named, so that nobody is asked who they are");
    let opened = OFFICE.bring(&elsewhere, &question, &phone.show(&question["options"])).await;
    assert_eq!((opened.status, opened.value()), (StatusCode::CREATED, json!({ "role": "sales" })));
    let listed = elsewhere.get("/api/v1/office/passkeys").await.value();
    assert_ne!(listed["items"][0]["last_used_at"], Value::Null);

    // A second device, another name, and away with the first: who came in by it is out, but for who removes it.
    let id = made["id"].as_str().expect("an id");
    OFFICE.make(&elsewhere, &mut device_at(&elsewhere)).await;
    let renamed = sales.json(Method::PATCH, &format!("/api/v1/office/passkeys/{id}"), json!({ "name": "Old phone" })).await;
    assert_eq!(renamed.value()["name"], "Old phone");
    let third = house.browser("acme");
    assert_eq!(OFFICE.sign_in(&third, &mut phone).await.status, StatusCode::CREATED);
    assert_eq!(third.delete(&format!("/api/v1/office/passkeys/{id}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(third.get("/api/v1/office/passkeys").await.value()["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(elsewhere.get("/api/v1/office/passkeys").await.status, StatusCode::UNAUTHORIZED, "their session began with it");
    assert_eq!(sales.get("/api/v1/office/passkeys").await.status, StatusCode::OK, "theirs began with a code");
    is_refused(&OFFICE.sign_in(&house.browser("acme"), &mut phone).await, "removed");
    let told: Value = house.value("select jsonb_agg(action order by position) from audit_events where action like 'passkey.%'").await;
    assert_eq!(told, json!(["passkey.added", "passkey.added", "passkey.renamed", "passkey.removed"]));
}

#[tokio::test]
async fn an_answer_is_good_once_in_its_browser_at_its_host_within_five_minutes_and_from_its_owner() {
    let house = House::open().await;
    let sales = house.staff("acme", "sales").await;
    let mut phone = device_at(&sales);
    OFFICE.make(&sales, &mut phone).await;
    let browser = house.browser("acme");

    let question = OFFICE.ask(&browser).await;
    let credential = phone.show(&question["options"]);
    is_refused(&OFFICE.bring(&house.browser("acme"), &question, &credential).await, "a browser without a name");
    let other = house.browser("acme");
    OFFICE.ask(&other).await;
    is_refused(&OFFICE.bring(&other, &question, &credential).await, "a browser that asked something else");
    let at_bravo = house.browser("bravo");
    at_bravo.plant("__Host-pending", &browser.cookie("__Host-pending").expect("a name"));
    is_refused(&OFFICE.bring(&at_bravo, &question, &credential).await, "another wholesaler's host");
    assert_eq!(OFFICE.bring(&browser, &question, &credential).await.status, StatusCode::CREATED);
    is_refused(&OFFICE.bring(&browser, &question, &credential).await, "a second time");

    let question = OFFICE.ask(&browser).await;
    let credential = phone.show(&question["options"]);
    house.wait(TimeDelta::minutes(5) + TimeDelta::seconds(1));
    is_refused(&OFFICE.bring(&browser, &question, &credential).await, "too late");

    phone.origin = format!("http://{}", at_bravo.host);
    is_refused(&OFFICE.sign_in(&browser, &mut phone).await, "a page of another wholesaler asked for it");
    phone.origin = format!("http://{}", browser.host);
    phone.verifies = false;
    is_refused(&OFFICE.sign_in(&browser, &mut phone).await, "nobody knows who held the device");
    phone.verifies = true;
    let question = OFFICE.ask(&at_bravo).await;
    is_refused(&OFFICE.bring(&at_bravo, &question, &phone.show(&question["options"])).await, "a key of another wholesaler's");
    let question = OFFICE.ask(&browser).await;
    let mut made_up = device_at(&browser);
    made_up.make(&json!({ "rp": { "id": "acme.localhost" }, "user": { "id": "AZrOz-PoeoCQ0hu3Ir2cRw" }, "challenge": "" }));
    is_refused(&OFFICE.bring(&browser, &question, &made_up.show(&question["options"])).await, "a key that nobody knows");
    for nonsense in ["{}", "[]", "null", "{\"id\":\"x\"}", "not json"] {
        let question = OFFICE.ask(&browser).await;
        is_refused(&OFFICE.bring(&browser, &question, nonsense).await, nonsense);
    }
    let unasked = json!({ "id": "00000000-0000-0000-0000-000000000000" });
    is_refused(&OFFICE.bring(&browser, &unasked, &phone.show(&json!({ "challenge": "AAAA" }))).await, "nobody asked");

    // A copy of the key that was used less often than it.
    assert_eq!(OFFICE.sign_in(&browser, &mut phone).await.status, StatusCode::CREATED);
    phone.keys[0].count = 1;
    is_refused(&OFFICE.sign_in(&browser, &mut phone).await, "a copy");
}

#[tokio::test]
async fn a_new_one_is_kept_for_whom_it_was_asked_and_once() {
    let house = House::open().await;
    let (sales, picker) = (house.staff("acme", "sales").await, house.staff("acme", "picker").await);
    let mut phone = device_at(&sales);
    let question = OFFICE.ask_for_new(&sales).await;
    let credential = phone.make(&question["options"]);
    picker.plant("__Host-pending", &sales.cookie("__Host-pending").expect("a name"));
    assert_eq!(OFFICE.bring_new(&picker, &question, &credential).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a colleague");
    assert_eq!(OFFICE.bring_new(&sales, &question, &credential).await.status, StatusCode::CREATED);
    assert_eq!(OFFICE.bring_new(&sales, &question, &credential).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a second time");
    phone.verifies = false;
    let question = OFFICE.ask_for_new(&sales).await;
    assert_eq!(question["options"]["excludeCredentials"].as_array().map(Vec::len), Some(1));
    let unverified = OFFICE.bring_new(&sales, &question, &phone.make(&question["options"])).await;
    assert_eq!(unverified.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody knows who held the device");

    // Whose it is nobody else can see or touch, a colleague as little as anybody.
    let listed = sales.get("/api/v1/office/passkeys").await.value();
    let id = listed["items"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(picker.get("/api/v1/office/passkeys").await.value()["items"], json!([]));
    assert_eq!(picker.delete(&format!("/api/v1/office/passkeys/{id}")).await.status, StatusCode::NOT_FOUND);
    let renamed = picker.json(Method::PATCH, &format!("/api/v1/office/passkeys/{id}"), json!({ "name": "Mine" })).await;
    assert_eq!(renamed.status, StatusCode::NOT_FOUND);
    assert_eq!(sales.get("/api/v1/office/passkeys").await.value(), listed);
}

#[tokio::test]
async fn who_does_not_work_there_any_more_comes_in_with_none_and_begins_anew_when_invited_again() {
    let house = House::open().await;
    let (owner, sales) = (house.staff("acme", "owner").await, house.staff("acme", "sales").await);
    let mut phone = device_at(&sales);
    OFFICE.make(&sales, &mut phone).await;
    let staff_id: uuid::Uuid = house.value("select staff_id from staff where email = 'sales@acme.example'").await;
    house.change(&format!("update staff set removed_at = now() where staff_id = '{staff_id}'")).await;
    is_refused(&OFFICE.sign_in(&house.browser("acme"), &mut phone).await, "gone, however it came about");
    house.change("update staff set removed_at = null").await;
    assert_eq!(OFFICE.sign_in(&house.browser("acme"), &mut phone).await.status, StatusCode::CREATED);
    assert_eq!(owner.delete(&format!("/api/v1/office/team/{staff_id}")).await.status, StatusCode::NO_CONTENT);
    is_refused(&OFFICE.sign_in(&house.browser("acme"), &mut phone).await, "removed");
    house.change("update staff set removed_at = null").await;
    is_refused(&OFFICE.sign_in(&house.browser("acme"), &mut phone).await, "back, by another way");
}

#[tokio::test]
async fn an_operator_without_a_passkey_can_make_one_and_nothing_else() {
    let house = House::open().await;
    let operator = house.operator_with_a_code(OLGA).await;
    let cookie = vec![("__Host-operator", operator.cookie("__Host-operator").expect("a session"))];
    const WAYS_IN_AND_OUT: [&str; 8] = [
        "/sessions/current/end",
        "/api/v1/sessions/current",
        "/api/v1/me",
        "/proof",
        "/passkeys",
        "/api/v1/passkey-registrations",
        "/passkeys/:id/name",
        "/passkeys/:id/removal",
    ];
    let mut tried = 0;
    for route in CONSOLE.iter().filter(|route| !WAYS_IN_AND_OUT.contains(&route.path)) {
        if route.path == "/api/v1/passkeys" && route.method == "POST" {
            continue;
        }
        let id = house.tenant("acme").await.to_string();
        let path = route.path.replace(":id", &id).replace(":domain_id", &id).replace(":request_id", &id);
        let answer = send(&operator, route.method, &path, route.body, &cookie).await;
        if path.starts_with("/api/") {
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {path}: {answer:?}", route.method);
            assert_eq!(answer.value()["type"], "urn:tradecounter:problem:passkey-needed", "{path}");
        } else {
            assert_eq!(answer.header("location"), format!("/proof?to={path}"), "{} {path}: {answer:?}", route.method);
        }
        tried += 1;
    }
    assert!(tried > 50, "{tried}");
    assert_eq!(operator.get("/proof?to=/tokens").await.header("location"), "/passkeys");
    assert!(operator.get("/passkeys").await.text.contains("Make your passkey"));
    let mut phone = device_at(&operator);
    CONSOLE_API.make(&operator, &mut phone).await;
    assert_eq!(operator.get("/api/v1/tenants").await.status, StatusCode::OK, "at once, with the session that made it");

    // From now on a code alone opens nothing, not even the making of another.
    let by_code = house.operator_with_a_code(OLGA).await;
    assert_eq!(by_code.get("/api/v1/tenants").await.status, StatusCode::FORBIDDEN);
    let another = by_code.post("/api/v1/passkey-registrations", json!({})).await;
    assert_eq!(another.value()["type"], "urn:tradecounter:problem:passkey-needed", "{another:?}");
    assert!(!by_code.get("/proof").await.text.contains("E-mail me a code"));
    let by_passkey = house.browser("admin");
    assert_eq!(CONSOLE_API.sign_in(&by_passkey, &mut phone).await.value(), json!({ "name": "Olga" }));
    assert_eq!(by_passkey.get("/api/v1/tenants").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_makes_the_first_passkey_for_as_long_as_it_is_fresh() {
    let house = House::open().await;
    let operator = house.operator_with_a_code(OLGA).await;
    house.wait(TimeDelta::minutes(21));
    let late = operator.post("/api/v1/passkey-registrations", json!({})).await;
    assert_eq!(late.value()["type"], "urn:tradecounter:problem:proof-needed", "{late:?}");
    assert_eq!(operator.get("/passkeys").await.header("location"), "/proof?to=/passkeys");
    assert!(operator.get("/proof?to=/passkeys").await.text.contains("E-mail me a code"), "and no circle");
}

#[tokio::test]
async fn the_last_passkey_of_an_operator_stays_also_when_two_remove_the_other_one() {
    let house = House::open().await;
    let operator = house.operator_with_a_code(OLGA).await;
    let first = CONSOLE_API.make(&operator, &mut device_at(&operator)).await["id"].as_str().expect("an id").to_owned();
    let path = |id: &str| format!("/api/v1/passkeys/{id}");
    assert_eq!(operator.delete(&path(&first)).await.status, StatusCode::CONFLICT);
    for _ in 0..8 {
        CONSOLE_API.make(&operator, &mut device_at(&operator)).await;
        let listed = operator.get("/api/v1/passkeys").await.value();
        let ids: Vec<String> =
            listed["items"].as_array().expect("items").iter().filter_map(|one| Some(path(one["id"].as_str()?))).collect();
        let (one, other) = tokio::join!(operator.delete(&ids[0]), operator.delete(&ids[1]));
        let mut both = [one.status, other.status];
        both.sort_unstable();
        assert_eq!(both, [StatusCode::NO_CONTENT, StatusCode::CONFLICT]);
    }
}

#[tokio::test]
async fn team_export_and_closing_ask_once_more_who_it_is() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let staff_id: uuid::Uuid = house.value("select staff_id from staff where email = 'picker@acme.example'").await;
    let (member, by_page) = (format!("/api/v1/office/team/{staff_id}"), format!("/office/team/{staff_id}"));
    house.wait(TimeDelta::minutes(11));
    for page in [by_page.as_str(), "/office/team/invitations/new", "/office/export", "/office/closing", "/office/passkeys"] {
        assert_eq!(owner.get(page).await.header("location"), format!("/office/proof?to={page}"), "{page}");
    }
    assert_eq!(owner.get("/office/team").await.status, StatusCode::OK, "whoever looks is not asked");
    let invited = json!({ "name": "Ivy", "email": "ivy@example.com", "role": "picker" });
    assert_eq!(owner.post("/api/v1/office/invitations", invited.clone()).await.status, StatusCode::CREATED, "what was begun can be sent");

    house.wait(TimeDelta::minutes(10));
    let acts = [
        (Method::PATCH, member.as_str(), json!({ "role": "sales" })),
        (Method::DELETE, member.as_str(), json!({})),
        (Method::POST, "/api/v1/office/invitations", invited),
        (Method::POST, "/api/v1/office/export", json!({})),
        (Method::POST, "/api/v1/office/closure", json!({ "reason": "We retire", "confirmation": "acme" })),
        (Method::DELETE, "/api/v1/office/closure", json!({})),
        (Method::POST, "/api/v1/office/passkey-registrations", json!({})),
    ];
    for (method, path, body) in acts {
        let answer = owner.json(method.clone(), path, body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}: {answer:?}");
        assert_eq!(answer.value()["type"], "urn:tradecounter:problem:proof-needed", "{method} {path}");
    }
    for path in [format!("{by_page}/removal"), format!("{by_page}/role"), "/office/export".to_owned(), "/office/closing".to_owned()] {
        assert_eq!(owner.form(&path, &[("role", "sales")]).await.header("location"), format!("/office/proof?to={path}"));
    }

    // By a code, and on to where they were going.
    let proof = owner.get("/office/proof?to=/office/export").await;
    assert!(proof.text.contains("Show that it is you") && proof.text.contains("owner@acme.example"), "{proof:?}");
    let asked = owner.form("/office/codes", &[("email", "owner@acme.example"), ("to", "/office/export")]).await;
    assert_eq!(asked.header("location"), "/office/code?to=/office/export");
    let code = house.code_for("owner@acme.example").await;
    let back = [("email", "owner@acme.example"), ("code", code.as_str()), ("to", "/office/export")];
    assert_eq!(owner.form("/office/sessions", &back).await.header("location"), "/office/export");
    assert_eq!(owner.get("/office/export").await.status, StatusCode::OK);
    // Where they were going can only be here.
    for elsewhere in ["https://evil.example/", "//evil.example", "/devices", "/office/../devices"] {
        let page = owner.get(&format!("/office/proof?to={elsewhere}")).await;
        assert!(!page.text.contains("evil.example") && !page.text.contains("devices"), "{elsewhere}: {page:?}");
    }
    assert_eq!(owner.json(Method::PATCH, &member, json!({ "role": "sales" })).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_an_operator_cannot_take_back_asks_once_more_who_it_is() {
    let house = House::open().await;
    let operator = house.operator(OLGA).await;
    let acme = house.tenant("acme").await;
    let (wholesaler, closure) = (format!("/tenants/{acme}"), format!("/api/v1/tenants/{acme}/closure"));
    assert!(operator.get(&wholesaler).await.text.contains("Type its subdomain to confirm"));
    house.wait(TimeDelta::minutes(21));
    let page = operator.get(&wholesaler).await;
    assert!(page.text.contains(&format!("/proof?to={wholesaler}")) && !page.text.contains("Type its subdomain to confirm"), "{page:?}");
    for (path, body) in [
        (closure.as_str(), json!({ "reason": "Unpaid" })),
        (&format!("/api/v1/tenants/{acme}/purge"), json!({ "confirmation": "acme" })),
        ("/api/v1/tokens", json!({ "name": "nightly" })),
    ] {
        let answer = operator.post(path, body).await;
        assert_eq!(answer.value()["type"], "urn:tradecounter:problem:proof-needed", "{path}: {answer:?}");
    }
    let suspended = operator.post(&format!("/api/v1/tenants/{acme}/suspension"), json!({ "reason": "Unpaid" })).await;
    assert_eq!(suspended.status, StatusCode::OK, "what can be taken back is done");
}

#[tokio::test]
async fn whoever_has_lost_every_passkey_is_helped_by_the_command_line() {
    let house = House::open().await;
    let operator = house.operator_with_a_code(OLGA).await;
    let mut phone = device_at(&operator);
    CONSOLE_API.make(&operator, &mut phone).await;
    let directory = Directory::new("forget-passkeys");
    let socket = std::env::var("TRADECOUNTER_TEST_SOCKET").expect("beside a PostgreSQL");
    let url = format!("postgres:///{}?host={socket}&user=postgres", house.address.database());
    let forget = |email: &str| {
        let mut command = Program::tradecounter(&["operator", "forget-passkeys", email]);
        command.env("DATABASE_URL", &url).current_dir(&directory.0).output().expect("a run")
    };
    let nobody = forget("nobody@platform.example");
    assert!(!nobody.status.success() && String::from_utf8_lossy(&nobody.stderr).contains("is an operator"), "{nobody:?}");
    let done = forget(OLGA);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(operator.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    is_refused(&CONSOLE_API.sign_in(&house.browser("admin"), &mut phone).await, "forgotten");
    let again = house.operator_with_a_code(OLGA).await;
    CONSOLE_API.make(&again, &mut device_at(&again)).await;
    assert_eq!(again.get("/api/v1/tenants").await.status, StatusCode::OK);
}
