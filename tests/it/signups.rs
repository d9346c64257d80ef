//! A stranger becomes a wholesaler: names, the code, the race for a name, a kill half-way, the way into the office, the samples.

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::house::{Answer, Browser, DAN, House, let_in};

const EMAIL: &str = "nora@nordic.example";

fn body(subdomain: &str, email: &str) -> Value {
    json!({ "business_name": "Nordic Larder", "subdomain": subdomain, "email": email, "country": "GB" })
}

async fn begin(house: &House, subdomain: &str, email: &str) -> (String, String) {
    let begun = house.browser("").post("/api/v1/signups", body(subdomain, email)).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{begun:?}");
    (begun.value()["id"].as_str().expect("an id").to_owned(), house.code_for(email).await)
}

async fn confirm(house: &House, id: &str, code: &str) -> Answer {
    house.browser("").post(&format!("/api/v1/signups/{id}/confirmation"), json!({ "code": code })).await
}

/// A signed-in owner at the office of a counter.
async fn owner(house: &House, slug: &str, email: &str) -> Browser {
    let browser = house.browser(slug);
    assert_eq!(browser.post("/api/v1/office/codes", json!({ "email": email })).await.status, StatusCode::ACCEPTED);
    let code = house.code_for(email).await;
    let opened = browser.post("/api/v1/office/sessions", json!({ "email": email, "code": code })).await;
    assert_eq!((opened.status, opened.value()["role"].as_str()), (StatusCode::CREATED, Some("owner")), "{opened:?}");
    browser
}

/// The path and query of where an answer leads.
fn way(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    let place = answer.header("location");
    match place.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/".to_owned(), |at| rest[at..].to_owned()),
        None => place.to_owned(),
    }
}

#[tokio::test]
async fn a_name_says_whether_it_can_be_had() {
    let house = House::open().await;
    let public = house.browser("");
    for (name, available, reason) in [
        ("nordic-larder", true, Value::Null),
        ("Nordic-Larder", true, Value::Null),
        ("acme", false, json!("in_use")),
        ("ACME", false, json!("in_use")),
        ("admin", false, json!("reserved")),
        ("wpad", false, json!("reserved")),
        ("ns12", false, json!("reserved")),
        ("tradec0unter", false, json!("reserved")),
        ("a", false, json!("malformed")),
        ("xn--caf-dma", false, json!("malformed")),
        ("a.b", false, json!("malformed")),
    ] {
        let answer = public.get(&format!("/api/v1/subdomains/{name}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {answer:?}");
        assert_eq!((&answer.value()["available"], &answer.value()["reason"]), (&json!(available), &reason), "{name}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_sign_up_is_said_beside_it() {
    let house = House::open().await;
    let public = house.browser("");
    for (field, value, status) in [
        ("subdomain", "admin", 422),
        ("subdomain", "a b", 422),
        ("subdomain", "acme", 409),
        ("business_name", " ", 422),
        ("email", "nora", 422),
        ("country", "XX", 422),
    ] {
        let mut body = body("nordic", EMAIL);
        body[field] = json!(value);
        let answer = public.post("/api/v1/signups", body).await;
        assert_eq!(answer.status.as_u16(), status, "{field} {value}: {answer:?}");
        if status == 422 {
            assert_eq!(answer.value()["errors"][0]["field"], field, "{answer:?}");
        }
    }
    let all_at_once =
        public.post("/api/v1/signups", json!({ "business_name": "Nordic", "subdomain": "admin", "email": "n", "country": "XX" }));
    let told = all_at_once.await.value();
    let fields: Vec<&str> = told["errors"].as_array().expect("errors").iter().filter_map(|error| error["field"].as_str()).collect();
    assert_eq!(fields, ["subdomain", "email", "country"], "{told}");
    assert!(house.sent_to(EMAIL).is_empty());
    assert_eq!(house.value::<i64>("select count(*) from signups").await, 0);
}

#[tokio::test]
async fn a_code_opens_a_working_counter_and_opens_it_once() {
    let house = House::open().await;
    let (id, code) = begin(&house, "nordic", EMAIL).await;
    assert_eq!(house.browser("nordic").get("/").await.status, StatusCode::NOT_FOUND);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert_eq!(confirm(&house, &id, wrong).await.status, StatusCode::UNAUTHORIZED);
    let first = confirm(&house, &id, &code).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    let url = first.value()["url"].as_str().expect("a url").to_owned();
    assert_eq!(url, format!("http://nordic.localhost:{}", house.at.port()));
    let again = confirm(&house, &id, &code).await;
    assert_eq!((again.status, again.value()), (StatusCode::CREATED, first.value()));
    assert_eq!(house.value::<i64>("select count(*) from tenants where slug = 'nordic'").await, 1);

    let front = house.browser("nordic").get("/").await;
    assert!(front.status == StatusCode::OK && front.text.contains("Nordic Larder"), "{front:?}");
    let owner = owner(&house, "nordic", EMAIL).await;
    let requests = owner.get("/api/v1/office/registration-requests?status=pending").await.value();
    assert_eq!(requests["items"].as_array().map(Vec::len), Some(3), "{requests}");
    let customers = owner.get("/api/v1/office/customers").await.value();
    assert_eq!(customers["items"].as_array().map(Vec::len), Some(5), "{customers}");
    // Work that is left over finds nothing to do.
    house.run_jobs().await;
    assert_eq!(house.value::<i64>("select count(*) from account_access where phone like '+447700900%'").await, 5);
}

#[tokio::test]
async fn of_two_who_want_one_name_one_gets_it_and_the_other_is_told() {
    let house = House::open().await;
    let (first, first_code) = begin(&house, "nordic", EMAIL).await;
    let (second, second_code) = begin(&house, "nordic", "otto@other.example").await;
    let (one, other) = tokio::join!(confirm(&house, &first, &first_code), confirm(&house, &second, &second_code));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{one:?} {other:?}");
    let told = if one.status == StatusCode::CONFLICT { one } else { other };
    assert!(told.value()["detail"].as_str().is_some_and(|detail| detail.contains("taken")), "{told:?}");
    assert_eq!(house.value::<i64>("select count(*) from tenants where slug = 'nordic'").await, 1);
    assert_eq!(house.value::<i64>("select count(*) from staff s join tenants t on t.id = s.tenant_id where t.slug = 'nordic'").await, 1);
}

#[tokio::test]
async fn twenty_confirmations_at_once_open_one_counter() {
    let house = House::open_with(|config| config.codes.guesses_per_code = 50).await;
    let (id, code) = begin(&house, "nordic", EMAIL).await;
    house.wait(TimeDelta::seconds(1));
    let answers = futures_util::future::join_all((0..9).map(|_| confirm(&house, &id, &code))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::CREATED), "{answers:?}");
    assert!(answers.iter().all(|answer| answer.text == answers[0].text), "{answers:?}");
    assert_eq!(house.value::<i64>("select count(*) from tenants where slug = 'nordic'").await, 1);
}

#[tokio::test]
async fn a_sign_up_that_fails_half_way_leaves_nothing_and_goes_on_later() {
    let house = House::open().await;
    let (id, code) = begin(&house, "nordic", EMAIL).await;
    for table in ["staff", "audit_events", "jobs"] {
        house.change(&format!("alter table {table} add constraint broken check (false) not valid")).await;
        let failed = confirm(&house, &id, &code).await;
        assert!(failed.status.is_server_error(), "{table}: {failed:?}");
        assert_eq!(house.value::<i64>("select count(*) from tenants where slug = 'nordic'").await, 0, "{table}");
        house.change(&format!("alter table {table} drop constraint broken")).await;
    }
    // The samples are not worth failing for: the counter opens, and their job makes them.
    house.change("alter table trade_accounts add constraint broken check (false) not valid").await;
    assert_eq!(confirm(&house, &id, &code).await.status, StatusCode::CREATED);
    assert_eq!(house.value::<i64>("select count(*) from account_access where phone like '+447700900%'").await, 0);
    house.change("alter table trade_accounts drop constraint broken").await;
    house.run_jobs().await;
    assert_eq!(house.value::<i64>("select count(*) from account_access where phone like '+447700900%'").await, 5);
}

#[tokio::test]
async fn the_pages_lead_from_the_public_site_into_the_office() {
    let house = House::open().await;
    let public = house.browser("");
    let form = public.get("/signups/new?business_name=Nordic%20Larder%20Ltd").await;
    assert!(form.status == StatusCode::OK && form.text.contains(r#"value="nordiclarder""#), "{form:?}");
    let fields = |subdomain: &'static str| {
        [("business_name", "Nordic Larder Ltd"), ("subdomain", subdomain), ("country", "IE"), ("owner_name", "Nora"), ("email", EMAIL)]
    };
    let taken = public.form("/signups", &fields("acme")).await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "{taken:?}");
    assert!(taken.text.contains("taken") && taken.text.contains(EMAIL) && taken.text.contains("Nora"), "what was typed is kept: {taken:?}");

    let page = way(&public.form("/signups", &fields("nordic")).await);
    let code = house.code_for(EMAIL).await;
    assert!(public.get(&page).await.text.contains("nordic.localhost"));
    // Somebody who signs up as well, and so has a cookie for a sign-up of their own.
    let stranger = house.browser("");
    let other = [
        ("business_name", "Other"),
        ("subdomain", "other-foods"),
        ("country", "IE"),
        ("owner_name", "Otto"),
        ("email", "otto@other.example"),
    ];
    assert!(way(&stranger.form("/signups", &other).await).starts_with("/signups/"));
    assert_eq!(stranger.get(&page).await.status, StatusCode::NOT_FOUND, "a sign-up is for the browser that began it");
    assert_eq!(stranger.form(&format!("{page}/confirmation"), &[("code", &code)]).await.status, StatusCode::NOT_FOUND);
    let again = public.form(&format!("{page}/codes"), &[]).await;
    assert!(public.get(&way(&again)).await.text.contains("on its way again. You can ask once more in 30 seconds."), "{again:?}");

    let counter = house.browser("nordic");
    let arrival = way(&public.form(&format!("{page}/confirmation"), &[("code", &code)]).await);
    let departure = way(&counter.get(&arrival).await);
    assert_eq!(stranger.get(&departure).await.status, StatusCode::NOT_FOUND, "no ticket for another browser");
    let ticket = way(&public.get(&departure).await);
    assert_eq!(way(&house.browser("nordic").get(&ticket).await), "/office/sign-in", "no session for another browser");
    assert_eq!(way(&counter.get(&ticket).await), "/office/getting-started");
    let welcome = counter.get("/office/getting-started").await;
    assert!(welcome.status == StatusCode::OK && welcome.text.contains("Nordic Larder Ltd is open"), "{welcome:?}");
    assert_eq!(way(&counter.get(&ticket).await), "/office/sign-in", "a ticket is good once");
    assert_eq!(house.value::<String>("select currency from tenants where slug = 'nordic'").await, "EUR");
}

#[tokio::test]
async fn whoever_came_too_late_keeps_what_was_typed_and_chooses_another_name() {
    let house = House::open().await;
    let public = house.browser("");
    let fields = [("business_name", "Nordic Larder"), ("subdomain", "nordic"), ("country", "GB"), ("owner_name", "Nora"), ("email", EMAIL)];
    let page = way(&public.form("/signups", &fields).await);
    let code = house.code_for(EMAIL).await;
    let (id, other_code) = begin(&house, "nordic", "otto@other.example").await;
    assert_eq!(confirm(&house, &id, &other_code).await.status, StatusCode::CREATED);

    let early = public.form(&format!("{page}/subdomain"), &[("subdomain", "nordic-two")]).await;
    assert_eq!(way(&early), "/", "not before the code");
    assert_eq!(house.value::<i64>("select count(*) from tenants where slug = 'nordic-two'").await, 0);
    let late = public.form(&format!("{page}/confirmation"), &[("code", &code)]).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{late:?}");
    assert!(late.text.contains("taken") && late.text.contains("Nordic Larder"), "{late:?}");
    for (name, why) in [("acme", "taken"), ("admin", "reserved"), ("-", "hyphen")] {
        let refused = public.form(&format!("{page}/subdomain"), &[("subdomain", name)]).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains(why), "{name}: {refused:?}");
    }
    assert!(way(&public.form(&format!("{page}/subdomain"), &[("subdomain", "nordic-two")]).await).starts_with("/office/arrivals/new"));
    assert_eq!(house.browser("nordic-two").get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn by_the_api_as_well_the_code_comes_again_and_another_name_can_be_chosen() {
    let house = House::open().await;
    let public = house.browser("");
    let (mine, first_code) = begin(&house, "nordic", EMAIL).await;
    let too_soon = public.post(&format!("/api/v1/signups/{mine}/codes"), json!({})).await;
    assert_eq!(too_soon.status, StatusCode::ACCEPTED, "{too_soon:?}");
    assert!(too_soon.value()["resend_in_seconds"].as_i64().is_some_and(|seconds| seconds > 0), "{too_soon:?}");
    house.wait(TimeDelta::seconds(31));
    assert_eq!(public.post(&format!("/api/v1/signups/{mine}/codes"), json!({})).await.status, StatusCode::ACCEPTED);
    assert_eq!((house.code_for(EMAIL).await, house.sent_to(EMAIL).len()), (first_code.clone(), 2), "the same one, once more");

    let (theirs, code) = begin(&house, "nordic", "otto@other.example").await;
    assert_eq!(confirm(&house, &theirs, &code).await.status, StatusCode::CREATED);
    let other = |name: &str| json!({ "subdomain": name });
    let choose = async |name: &str| public.post(&format!("/api/v1/signups/{mine}/subdomain"), other(name)).await;
    assert_eq!(choose("nordic-two").await.status, StatusCode::UNAUTHORIZED, "not before the code");
    let late = confirm(&house, &mine, &first_code).await;
    assert_eq!((late.status, &late.value()["detail"]), (StatusCode::CONFLICT, &json!("That address is taken. Choose another one.")));
    for (name, status) in [("nordic", 409), ("admin", 422), ("-", 422)] {
        assert_eq!(choose(name).await.status.as_u16(), status, "{name}");
    }
    let opened = choose("Nordic-Two").await;
    assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
    let again = choose("nordic-three").await;
    assert_eq!((again.status, again.text), (StatusCode::CREATED, opened.text), "it is open already, and opens once");
    assert_eq!(house.value::<i64>("select count(*) from tenants where slug like 'nordic%'").await, 2);
}

#[tokio::test]
async fn a_name_that_was_given_up_meanwhile_says_so() {
    let house = House::open().await;
    let (id, code) = begin(&house, "nordic", EMAIL).await;
    house
        .change("insert into retired_names (slug, tenant, retired_at, free_at) select 'nordic', id, now(), now() + interval '90 days' from tenants where slug = 'acme'")
        .await;
    let late = confirm(&house, &id, &code).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{late:?}");
    assert!(late.value()["detail"].as_str().is_some_and(|detail| detail.contains("another business’s until lately")), "{late:?}");
}

#[tokio::test]
async fn whoever_has_to_wait_keeps_what_was_typed_and_is_told_until_when() {
    let house = House::open_with(|config| {
        config.codes.emails_per_day = 2;
        config.codes.guesses_per_day = 2;
    })
    .await;
    let public = house.browser("");
    let fields = [("business_name", "Nordic Larder"), ("subdomain", "nordic"), ("country", "IE"), ("owner_name", "Nora"), ("email", EMAIL)];
    let page = way(&public.form("/signups", &fields).await);
    house.code_for(EMAIL).await;
    house.wait(TimeDelta::seconds(31));
    assert_eq!(way(&public.form(&format!("{page}/codes"), &[]).await), format!("{page}?again_in=30"));
    house.wait(TimeDelta::seconds(31));
    let refused = public.form("/signups", &fields).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{refused:?}");
    assert!(!refused.header("retry-after").is_empty() && refused.text.contains("You can try again"), "{refused:?}");
    for typed in ["value=\"Nordic Larder\"", "value=\"nordic\"", "value=\"IE\" selected", "value=\"Nora\"", EMAIL] {
        assert!(refused.text.contains(typed), "{typed} is kept: {refused:?}");
    }
    let again = public.form(&format!("{page}/codes"), &[]).await;
    assert!(again.status == StatusCode::TOO_MANY_REQUESTS && again.text.contains("Type the code"), "{again:?}");
    let code = house.code_for(EMAIL).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for status in [422, 422, 429] {
        let guess = public.form(&format!("{page}/confirmation"), &[("code", wrong)]).await;
        assert!(guess.status.as_u16() == status && guess.text.contains("Type the code"), "{status}: {guess:?}");
    }
}

#[tokio::test]
async fn whoever_is_proven_and_finds_the_name_still_free_only_sends_it_once_more() {
    let house = House::open().await;
    let public = house.browser("");
    let fields = [("business_name", "Nordic Larder"), ("subdomain", "nordic"), ("country", "GB"), ("owner_name", "Nora"), ("email", EMAIL)];
    let page = way(&public.form("/signups", &fields).await);
    let code = house.code_for(EMAIL).await;
    house.change("alter table staff add constraint broken check (false) not valid").await;
    assert!(public.form(&format!("{page}/confirmation"), &[("code", &code)]).await.status.is_server_error());
    house.change("alter table staff drop constraint broken").await;
    let shown = public.get(&page).await;
    assert!(shown.text.contains("Only the last step is missing") && !shown.text.contains("took that address"), "{shown:?}");
    assert!(way(&public.form(&format!("{page}/subdomain"), &[("subdomain", "nordic")]).await).starts_with("/office/arrivals/new"));
}

#[tokio::test]
async fn samples_are_told_nothing_and_go_with_all_that_became_of_them() {
    let house = House::open().await;
    let (id, code) = begin(&house, "nordic", EMAIL).await;
    assert_eq!(confirm(&house, &id, &code).await.status, StatusCode::CREATED);
    let owner = owner(&house, "nordic", EMAIL).await;
    let requests = owner.get("/api/v1/office/registration-requests?status=pending").await.value();
    let request = requests["items"][0]["id"].as_str().expect("a request").to_owned();
    let approved = owner.post(&format!("/api/v1/office/registration-requests/{request}/approval"), json!({})).await;
    assert_eq!(approved.status, StatusCode::OK, "{approved:?}");
    let other = requests["items"][1]["id"].as_str().expect("a request").to_owned();
    let rejected = owner.post(&format!("/api/v1/office/registration-requests/{other}/rejection"), json!({ "reason": "No" })).await;
    assert_eq!(rejected.status, StatusCode::OK, "{rejected:?}");
    let tenant = house.tenant("nordic").await;
    let_in(&mut house.admin().await, tenant, "REAL-1", DAN).await;
    house.run_jobs().await;
    let sent = house.app.inbox.as_ref().expect("an inbox").list(None);
    assert!(sent.iter().all(|message| !message.to.starts_with("+447700900")), "nobody has these numbers");
    let goods = format!("select count(*) from products where tenant_id = '{tenant}' and sku like 'SAMPLE-%'");
    assert_eq!(house.value::<i64>(&goods).await, 12, "a counter with something on its shelves");
    // Something real beside them, and one of the samples has been ordered by somebody real.
    let category = format!("select category_id from categories where tenant_id = '{tenant}' and slug = 'pantry'");
    house
        .change(&format!(
            "insert into products (tenant_id, product_id, sku, sku_key, name, name_key, category_id, created_at, updated_at)
             values ('{tenant}', gen_random_uuid(), 'MINE-1', 'MINE-1', 'Mine', 'mine', ({category}), now(), now())"
        ))
        .await;
    let order = Uuid::now_v7();
    house
        .change(&format!(
            "insert into orders (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, currency,
                                 vat_rounding, tax_country, net_minor, tax_minor)
             select '{tenant}', '{order}', account_id, 'NO-222-333', 'submitted', now(), now(), 'customer', 'GBP', 'line', 'GB', 110, 0
               from trade_accounts where tenant_id = '{tenant}' and account_number = 'REAL-1'"
        ))
        .await;
    house
        .change(&format!(
            "insert into order_lines (tenant_id, order_id, line, account_id, product_id, sku, name, pack, tax_class, tax_basis_points,
                                      unit_minor, price_source, price_from_quantity, ordered, net_minor)
             select '{tenant}', '{order}', 1, o.account_id, p.product_id, p.sku, p.name, p.pack, p.tax_class, 0, 110, 'base', 1, 1, 110
               from orders o, products p where o.order_id = '{order}' and p.tenant_id = '{tenant}' and p.sku = 'SAMPLE-SUG-1'"
        ))
        .await;

    assert_eq!(way(&owner.form("/office/samples/removal", &[]).await), "/office/getting-started");
    for (table, left) in [("registration_requests", 0), ("account_access", 1), ("trade_accounts", 1)] {
        let count = format!("select count(*) from {table} where tenant_id = '{tenant}'");
        assert_eq!(house.value::<i64>(&count).await, left, "{table}");
    }
    let left = format!("select string_agg(sku || ' ' || status, ', ' order by sku) from products where tenant_id = '{tenant}'");
    assert_eq!(house.value::<String>(&left).await, "MINE-1 listed, SAMPLE-SUG-1 discontinued", "what was ordered stays on its order");
    let categories = format!("select string_agg(slug, ' ') from categories where tenant_id = '{tenant}'");
    assert_eq!(house.value::<String>(&categories).await, "pantry", "something real is under it");
    for table in ["prices", "stock", "search_words", "product_costs"] {
        let of_samples = format!(
            "select count(*) from {table} join products using (tenant_id, product_id) where sku like 'SAMPLE-%' and sku <> 'SAMPLE-SUG-1'"
        );
        assert_eq!(house.value::<i64>(&of_samples).await, 0, "{table}");
    }
    assert_eq!(house.value::<String>("select status from tenants where slug = 'nordic'").await, "active");
    house.run_jobs().await;
    assert_eq!(house.value::<i64>(&format!("select count(*) from trade_accounts where tenant_id = '{tenant}'")).await, 1, "they stay away");
    assert!(!owner.get("/office/getting-started").await.text.contains("samples away"));
}

#[tokio::test]
async fn a_sign_up_is_forgotten_after_a_day() {
    let house = House::open().await;
    let (id, code) = begin(&house, "nordic", EMAIL).await;
    house.wait(TimeDelta::hours(25));
    assert_eq!(confirm(&house, &id, &code).await.status, StatusCode::NOT_FOUND);
    tradecounter::signups::sweep(&house.app.house).await.expect("a sweep");
    assert_eq!(house.value::<i64>("select count(*) from signups").await, 0);
}
