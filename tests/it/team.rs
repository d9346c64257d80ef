//! The team of a wholesaler: invitations, roles, removals, and the owner who is always left.

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Answer, Browser, House};
use crate::same_answer;

const ROLES: [&str; 4] = ["owner", "manager", "sales", "picker"];
const NEW: &str = "invite@acme.example";

async fn invite(browser: &Browser, email: &str, role: &str) -> Answer {
    browser.post("/api/v1/office/invitations", json!({ "name": "Ivy Invited", "email": email, "role": role })).await
}

/// The id of one whose address this is, among the team that this browser sees.
async fn id_of(browser: &Browser, email: &str) -> Option<String> {
    let team = browser.get("/api/v1/office/team").await.value();
    let items = team["items"].as_array().expect("items").clone();
    items.iter().find(|member| member["email"] == email).map(|member| member["id"].as_str().expect("an id").to_owned())
}

async fn change_role(browser: &Browser, email: &str, role: &str) -> Answer {
    let id = id_of(browser, email).await.expect("a colleague");
    browser.json(Method::PATCH, &format!("/api/v1/office/team/{id}"), json!({ "role": role })).await
}

async fn remove(browser: &Browser, email: &str) -> Answer {
    let id = id_of(browser, email).await.expect("a colleague");
    browser.delete(&format!("/api/v1/office/team/{id}")).await
}

/// Somebody tries to sign in at an office with the code that comes to this address.
async fn sign_in(house: &House, slug: &str, email: &str) -> (Browser, Answer) {
    let browser = house.browser(slug);
    assert_eq!(browser.post("/api/v1/office/codes", json!({ "email": email })).await.status, StatusCode::ACCEPTED);
    let code = house.code_for(email).await;
    let answer = browser.post("/api/v1/office/sessions", json!({ "email": email, "code": code })).await;
    (browser, answer)
}

/// Whether a code would come to this address.
async fn gets_a_code(house: &House, slug: &str, email: &str) -> bool {
    let before = codes_to(house, email);
    house.browser(slug).post("/api/v1/office/codes", json!({ "email": email })).await;
    house.run_jobs().await;
    codes_to(house, email) > before
}

fn codes_to(house: &House, email: &str) -> usize {
    house.sent_to(email).iter().filter(|text| text.contains("our code")).count()
}

async fn told(house: &House, action: &str) -> Vec<Value> {
    let all = format!(
        "select coalesce(jsonb_agg(details || jsonb_build_object('by', actor_name) order by at, event_id), '[]') from audit_events where action = '{action}'"
    );
    house.value::<Value>(&all).await.as_array().expect("a list").clone()
}

async fn sessions_open(house: &House, email: &str) -> i64 {
    let open = "select count(*) from staff_sessions e join staff s using (tenant_id, staff_id) where e.ended_at is null and s.email = ";
    house.value(&format!("{open}'{email}'")).await
}

#[tokio::test]
async fn each_role_may_do_to_the_team_what_the_table_says() {
    let house = House::open().await;
    for (at, role) in ROLES.into_iter().enumerate() {
        let browser = house.staff("acme", role).await;
        assert_eq!(browser.get("/api/v1/office/team").await.status, StatusCode::OK, "{role}");
        assert_eq!(browser.get("/office/team/roles").await.status, StatusCode::OK, "{role}");
        for (which, other) in ROLES.into_iter().enumerate() {
            let email = format!("{role}-{other}@acme.example");
            let add = format!(
                "insert into staff (tenant_id, staff_id, email, name, role, created_at)
                 select id, gen_random_uuid(), '{email}', 'Sam', '{other}', now() from tenants where slug = 'acme'"
            );
            house.change(&add).await;
            let appoints = at == 0 || (at == 1 && which >= 2);
            let expected = |done: StatusCode| if appoints { done } else { StatusCode::FORBIDDEN };
            let invited = invite(&browser, &format!("new-{email}"), other).await;
            assert_eq!(invited.status, expected(StatusCode::CREATED), "{role} invites {other}: {invited:?}");
            let page = [("name", "Ivy"), ("email", &format!("page-{email}")), ("role", other)];
            let invited = browser.form("/office/team/invitations", &page).await;
            assert_eq!(invited.status, expected(StatusCode::SEE_OTHER), "{role} invites {other} by the page: {invited:?}");
            let changed = change_role(&browser, &email, if other == "sales" { "picker" } else { "sales" }).await;
            let gives = if at == 0 { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(changed.status, gives, "{role} changes {other}: {changed:?}");
            let removed = remove(&browser, &email).await;
            assert_eq!(removed.status, expected(StatusCode::NO_CONTENT), "{role} removes {other}: {removed:?}");
            assert_eq!(id_of(&browser, &email).await.is_none(), appoints, "{role} removes {other}");
        }
    }
}

#[tokio::test]
async fn a_manager_leaves_an_owners_invitation_alone() {
    let house = House::open().await;
    let (owner, manager) = (house.staff("acme", "owner").await, house.staff("acme", "manager").await);
    let id = invite(&owner, NEW, "owner").await.value()["id"].as_str().expect("an id").to_owned();
    house.wait(TimeDelta::minutes(16));
    assert_eq!(manager.delete(&format!("/api/v1/office/invitations/{id}")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(manager.form(&format!("/office/team/invitations/{id}/letters"), &[]).await.status, StatusCode::FORBIDDEN);
    let page = manager.get("/office/team").await.text;
    assert!(page.contains(NEW) && !page.contains(&id), "it is seen, without buttons: {page}");
    assert_eq!(owner.form(&format!("/office/team/invitations/{id}/letters"), &[]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn whoever_is_invited_joins_by_proving_the_address() {
    let house = House::open().await;
    let manager = house.staff("acme", "manager").await;
    assert!(!gets_a_code(&house, "acme", NEW).await, "a stranger gets none");
    let made = invite(&manager, &NEW.to_uppercase(), "picker").await;
    assert_eq!((made.status, made.value()["status"].as_str()), (StatusCode::CREATED, Some("open")), "{made:?}");
    assert_eq!(invite(&manager, NEW, "sales").await.status, StatusCode::CONFLICT, "one at a time");
    assert_eq!(invite(&manager, "owner@acme.example", "sales").await.status, StatusCode::CONFLICT, "who works here is not invited");
    house.run_jobs().await;
    let letters = house.sent_to(NEW);
    assert_eq!(letters.len(), 1, "{letters:?}");
    let link = letters[0].split_whitespace().find(|word| word.starts_with("http")).expect("a link").to_owned();
    let path = link.split_once(&house.browser("acme").host).expect("at the counter").1.to_owned();
    assert_eq!(path, format!("/office/invitations/{}", made.value()["id"].as_str().expect("an id")));
    let reader = house.browser("acme");
    let page = reader.get(&path).await;
    assert!(
        page.status == StatusCode::OK && page.text.contains("manager of acme invites you") && page.text.contains("a picker"),
        "{page:?}"
    );
    assert!(reader.cookie("__Host-office").is_none() && !page.text.contains(NEW), "the link opens nothing: {page:?}");
    assert_eq!(house.browser("bravo").get(&path).await.status, StatusCode::NOT_FOUND);

    let (ivy, opened) = sign_in(&house, "acme", NEW).await;
    assert_eq!((opened.status, opened.value()["role"].as_str()), (StatusCode::CREATED, Some("picker")), "{opened:?}");
    assert!(id_of(&ivy, NEW).await.is_some());
    assert!(reader.get(&path).await.text.contains("You have joined already"));
    let waiting = manager.get("/api/v1/office/invitations").await.value();
    assert_eq!(waiting["items"], json!([]), "{waiting}");
    let joined = told(&house, "staff.joined").await;
    assert_eq!(joined, [json!({ "name": "Ivy Invited", "email": NEW, "after": "picker", "by": "Ivy Invited" })]);
    let made = told(&house, "invitation.made").await;
    assert_eq!(made, [json!({ "name": "Ivy Invited", "email": NEW, "role": "picker", "by": "manager of acme" })]);
    let (_, again) = sign_in(&house, "acme", NEW).await;
    assert_eq!(again.status, StatusCode::CREATED, "and comes back as anybody does");
    assert_eq!(house.value::<i64>(&format!("select count(*) from staff where email = '{NEW}'")).await, 1);
}

#[tokio::test]
async fn two_devices_that_accept_at_once_make_one_member() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    invite(&owner, NEW, "sales").await;
    let (one, other) = (house.browser("acme"), house.browser("acme"));
    let mut codes = Vec::new();
    for browser in [&one, &other] {
        browser.post("/api/v1/office/codes", json!({ "email": NEW })).await;
        codes.push(house.code_for(NEW).await);
    }
    let bring = |browser, code: &String| {
        let body = json!({ "email": NEW, "code": code });
        async move { Browser::post(browser, "/api/v1/office/sessions", body).await.status }
    };
    let both = tokio::join!(bring(&one, &codes[0]), bring(&other, &codes[1]));
    assert_eq!(both, (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(told(&house, "staff.joined").await.len(), 1);
}

#[tokio::test]
async fn an_invitation_that_has_expired_or_was_withdrawn_says_so_and_lets_nobody_in() {
    let house = House::open().await;
    let mut owner = house.staff("acme", "owner").await;
    let page = |made: &Answer| format!("/office/invitations/{}", made.value()["id"].as_str().expect("an id"));
    let first = page(&invite(&owner, NEW, "sales").await);
    let second = page(&invite(&owner, "other@acme.example", "sales").await);
    let withdrawal = second.replace("/office/", "/office/team/") + "/withdrawal";
    assert_eq!(owner.form(&withdrawal, &[]).await.status, StatusCode::SEE_OTHER);
    let twice = owner.form(&withdrawal, &[]).await;
    assert!(twice.status == StatusCode::CONFLICT && twice.text.contains("withdrawn already"), "{twice:?}");
    let anybody = house.browser("acme");
    assert!(anybody.get(&second).await.text.contains("This invitation was withdrawn"));
    assert!(!gets_a_code(&house, "acme", "other@acme.example").await);

    house.wait(TimeDelta::days(7) - TimeDelta::minutes(3));
    // Asked for in time, brought too late.
    let late = house.browser("acme");
    late.post("/api/v1/office/codes", json!({ "email": NEW })).await;
    let code = house.code_for(NEW).await;
    house.wait(TimeDelta::minutes(4));
    let brought = late.post("/api/v1/office/sessions", json!({ "email": NEW, "code": code })).await;
    assert_eq!(brought.status, StatusCode::UNAUTHORIZED, "{brought:?}");
    assert!(anybody.get(&first).await.text.contains("This invitation has expired"));
    assert!(!gets_a_code(&house, "acme", NEW).await);
    owner = house.staff("acme", "owner").await;
    assert_eq!(owner.get("/api/v1/office/invitations").await.value()["items"][0]["status"], "expired");

    // Sent again it is good for another week; after that the address may be invited anew.
    let letters = first.replace("/office/", "/office/team/") + "/letters";
    assert_eq!(owner.form(&letters, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(owner.form(&letters, &[]).await.status, StatusCode::CONFLICT, "not twice at once");
    assert!(gets_a_code(&house, "acme", NEW).await);
    house.wait(TimeDelta::days(8));
    owner = house.staff("acme", "owner").await;
    assert_eq!(invite(&owner, NEW, "picker").await.status, StatusCode::CREATED);
    let (_, opened) = sign_in(&house, "acme", NEW).await;
    assert_eq!(opened.value()["role"], "picker", "{opened:?}");
    house.wait(TimeDelta::days(40));
    tradecounter::sweep::the_rest(&house.app.house).await.expect("swept");
    assert_eq!(house.value::<i64>("select count(*) from invitations").await, 1, "what nobody accepted is forgotten");
}

#[tokio::test]
async fn a_wholesaler_cannot_write_to_the_world() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    for number in 0..40 {
        assert_eq!(invite(&owner, &format!("new{number}@acme.example"), "picker").await.status, StatusCode::CREATED, "{number}");
    }
    let refused = invite(&owner, NEW, "picker").await;
    assert!(refused.status == StatusCode::TOO_MANY_REQUESTS && refused.header("retry-after") == "3600", "{refused:?}");
    let page = owner.form("/office/team/invitations", &[("name", "Ivy"), ("email", NEW), ("role", "picker")]).await;
    assert!(page.status == StatusCode::TOO_MANY_REQUESTS && page.text.contains(NEW), "what was typed is kept: {page:?}");
    let elsewhere = house.staff("bravo", "owner").await;
    assert_eq!(invite(&elsewhere, NEW, "picker").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_person_works_for_two_wholesalers_and_neither_knows() {
    let house = House::open().await;
    let (acme, bravo) = (house.staff("acme", "owner").await, house.staff("bravo", "owner").await);
    let both = "picker@bravo.example";
    let (unknown, known) = (invite(&acme, "nobody@bravo.example", "sales").await, invite(&acme, both, "sales").await);
    let blank = |answer: &Answer| {
        let mut value = answer.value();
        for field in ["id", "email", "created_at", "expires_at"] {
            value[field] = json!("");
        }
        value
    };
    assert_eq!((known.status, blank(&known)), (unknown.status, blank(&unknown)), "who works elsewhere is invited like anybody");
    let (at_acme, opened) = sign_in(&house, "acme", both).await;
    assert_eq!((opened.status, opened.value()["role"].as_str()), (StatusCode::CREATED, Some("sales")), "{opened:?}");
    let (at_bravo, opened) = sign_in(&house, "bravo", both).await;
    assert_eq!((opened.status, opened.value()["role"].as_str()), (StatusCode::CREATED, Some("picker")), "{opened:?}");
    let (team, page) = (bravo.get("/api/v1/office/team").await.text, bravo.get("/office/team").await.text);
    assert!(!team.contains("Ivy") && !page.contains("Ivy") && !page.contains("cme"), "{page}");
    assert_eq!(remove(&bravo, both).await.status, StatusCode::NO_CONTENT);
    assert_eq!(at_bravo.get("/api/v1/office/team").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(at_acme.get("/api/v1/office/team").await.status, StatusCode::OK, "the other one goes on");
    assert!(gets_a_code(&house, "acme", both).await && !gets_a_code(&house, "bravo", both).await);
}

#[tokio::test]
async fn whoever_is_removed_is_out_at_the_next_click_and_may_be_invited_again() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let manager = house.staff("acme", "manager").await;
    let elsewhere = house.staff("acme", "manager").await;
    let id = id_of(&owner, "manager@acme.example").await.expect("a manager");
    let pending = invite(&manager, NEW, "sales").await.value()["id"].as_str().expect("an id").to_owned();
    let done = owner.form(&format!("/office/team/{id}/removal"), &[]).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/office/team"), "{done:?}");
    for browser in [&manager, &elsewhere] {
        assert_eq!(browser.get("/office/customers").await.header("location"), "/office/sign-in");
    }
    assert_eq!(sessions_open(&house, "manager@acme.example").await, 0);
    assert!(!gets_a_code(&house, "acme", "manager@acme.example").await);
    assert!(
        house.browser("acme").get(&format!("/office/invitations/{pending}")).await.text.contains("was withdrawn"),
        "with what they began"
    );
    let removed = told(&house, "staff.removed").await;
    assert_eq!(
        (&removed[0]["before"], &removed[0]["name"], &removed[0]["by"]),
        (&json!("manager"), &json!("manager of acme"), &json!("owner of acme"))
    );
    assert_eq!((&removed[0]["sessions_ended"], &removed[0]["invitations_withdrawn"]), (&json!(2), &json!(1)));

    assert_eq!(invite(&owner, "manager@acme.example", "picker").await.status, StatusCode::CREATED);
    assert_eq!(manager.get("/api/v1/office/team").await.status, StatusCode::UNAUTHORIZED, "an old session stays dead");
    let (back, opened) = sign_in(&house, "acme", "manager@acme.example").await;
    assert_eq!(opened.value()["role"], "picker", "{opened:?}");
    assert_eq!(manager.get("/api/v1/office/team").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(id_of(&back, "manager@acme.example").await, Some(id.clone()), "the same person, with their past");
    let page = owner.get(&format!("/office/team/{id}")).await.text;
    assert!(page.contains("Removed manager of acme from the team") && page.contains("Joined the team as a picker"), "{page}");
}

#[tokio::test]
async fn a_role_that_changes_counts_at_the_next_click() {
    let house = House::open().await;
    let (owner, sales) = (house.staff("acme", "owner").await, house.staff("acme", "sales").await);
    assert_eq!(invite(&sales, NEW, "picker").await.status, StatusCode::FORBIDDEN);
    let id = id_of(&owner, "sales@acme.example").await.expect("sales");
    for (role, status) in [("boss", StatusCode::UNPROCESSABLE_ENTITY), ("manager", StatusCode::SEE_OTHER)] {
        assert_eq!(owner.form(&format!("/office/team/{id}/role"), &[("role", role)]).await.status, status, "{role}");
    }
    assert_eq!(invite(&sales, NEW, "picker").await.status, StatusCode::CREATED);
    let changed = told(&house, "staff.role_changed").await;
    assert_eq!((&changed[0]["before"], &changed[0]["after"]), (&json!("sales"), &json!("manager")));
    assert_eq!(change_role(&owner, "sales@acme.example", "manager").await.status, StatusCode::OK, "the same again is nothing");
    assert_eq!(told(&house, "staff.role_changed").await.len(), 1);
    assert_eq!(change_role(&owner, "sales@acme.example", "picker").await.status, StatusCode::OK);
    assert_eq!(sales.get("/office/customers").await.status, StatusCode::FORBIDDEN);
    assert_eq!(owner.get("/api/v1/office/invitations").await.value()["items"], json!([]), "pickers invite nobody");
}

#[tokio::test]
async fn the_last_owner_stays_and_nobody_leaves_by_mistake() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let id = id_of(&owner, "owner@acme.example").await.expect("an owner");
    let (api, page) = (format!("/api/v1/office/team/{id}"), format!("/office/team/{id}"));
    for path in [api.clone(), format!("{api}?leaving=yes")] {
        let refused = owner.delete(&path).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.text.contains("last owner"), "{refused:?}");
    }
    for role in ["manager", "sales", "picker"] {
        let refused = owner.form(&format!("{page}/role"), &[("role", role)]).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.text.contains("The last owner stays an owner"), "{refused:?}");
    }
    assert_eq!(change_role(&owner, "manager@acme.example", "owner").await.status, StatusCode::OK);
    let refused = owner.form(&format!("{page}/removal"), &[]).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.text.contains("This is you"), "{refused:?}");
    assert_eq!(owner.delete(&api).await.status, StatusCode::CONFLICT);
    assert_eq!(owner.form(&format!("{page}/removal"), &[("leaving", "yes")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(owner.get("/office/team").await.header("location"), "/office/sign-in");
    assert_eq!(told(&house, "staff.left").await.len(), 1);
}

/// Of owners who act on each other at the same instant one is always left.
#[tokio::test]
async fn two_owners_who_remove_or_demote_each_other_at_once_leave_one() {
    let house = House::open().await;
    house.change("update staff set role = 'owner' where email = 'manager@acme.example'").await;
    let emails = ["owner@acme.example", "manager@acme.example"];
    let owners = "select count(*) from staff s join tenants t on t.id = s.tenant_id
                   where t.slug = 'acme' and s.role = 'owner' and s.removed_at is null";
    for round in 0..12 {
        let (one, other) = (house.staff("acme", "owner").await, house.staff("acme", "manager").await);
        let (first, second) = (id_of(&one, emails[0]).await.expect("one"), id_of(&one, emails[1]).await.expect("another"));
        let act = |browser, id: &String| {
            let path = format!("/api/v1/office/team/{id}");
            async move {
                if round % 2 == 0 {
                    Browser::delete(browser, &path).await
                } else {
                    Browser::json(browser, Method::PATCH, &path, json!({ "role": "sales" })).await
                }
            }
        };
        // Both have been idle for a while, so that both requests note their use as well.
        house.wait(TimeDelta::minutes(6));
        let (did, did_too) = tokio::join!(act(&one, &second), act(&other, &first));
        let done = [did.status, did_too.status].into_iter().filter(StatusCode::is_success).count();
        assert_eq!((done, house.value::<i64>(owners).await), (1, 1), "round {round}: {did:?} {did_too:?}");
        assert!([&did, &did_too].iter().all(|answer| !answer.status.is_server_error()), "round {round}: {did:?} {did_too:?}");
        house
            .change(&format!("update staff set role = 'owner', removed_at = null where email in ('{}', '{}')", emails[0], emails[1]))
            .await;
    }
}

#[tokio::test]
async fn an_invited_address_gets_the_answers_that_an_unknown_one_gets() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    assert_eq!(invite(&owner, NEW, "sales").await.status, StatusCode::CREATED);
    let unknown = same_answer::steps(&house, "/office", "email", "nobody@acme.example").await;
    let invited = same_answer::steps(&house, "/office", "email", NEW).await;
    assert_eq!(invited, unknown);
}
