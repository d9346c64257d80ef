//! What the database refuses to write, and the side doors by which an injected statement would change who it is.

use tradecounter::db::connect::SERVER_ROLES;
use uuid::Uuid;

use crate::furniture::{Outcome, Person, Seat, code, furnish, refused};
use crate::house::{ADA, BEN, House};

async fn open() -> (House, Person, Person) {
    let house = House::open().await;
    furnish(&house).await;
    let (ada, ben) = (Person::of(&house, "acme", ADA).await, Person::of(&house, "bravo", BEN).await);
    (house, ada, ben)
}

/// One insert for each role and table, for a tenant, with the ids that are given.
fn inserts(person: &Person, tenant: Uuid, id: Uuid, text: &str) -> Vec<(&'static str, String)> {
    let Person { account, customer, phone, staff, .. } = person;
    let values = |role, into: &str, values: String| (role, format!("insert into {into} values ('{tenant}', {values})"));
    let staff_columns = "staff (tenant_id, staff_id, email, name, role, created_at)";
    let office_session = "staff_sessions (tenant_id, session_id, staff_id, token_hash, user_agent, created_at, last_seen_at, expires_at)";
    let account_columns = "trade_accounts (tenant_id, account_id, account_number, business_name, country, created_at)";
    let message_columns = "messages (tenant_id, message_id, channel, recipient, text, status, created_at)";
    let event_columns = "audit_events (tenant_id, event_id, at, actor_kind, actor_name, action, subject_kind, subject_id)";
    let request_columns =
        "registration_requests (tenant_id, request_id, customer_id, phone, business_name, contact_name, status, created_at)";
    let key_columns = "idempotency_keys (tenant_id, customer_id, key, request_hash, answer, created_at)";
    let session_columns =
        "sessions (tenant_id, session_id, customer_id, phone, token_hash, user_agent, created_at, last_seen_at, expires_at)";
    let hash = format!("sha256('{text}'::bytea)");
    let times = "now(), now(), now()";
    vec![
        values("tc_office", staff_columns, format!("'{id}', '{text}', 'x', 'sales', now()")),
        values("tc_office", office_session, format!("'{id}', '{staff}', {hash}, '', {times}")),
        values("tc_office", account_columns, format!("'{id}', '{text}', 'x', 'GB', now()")),
        values("tc_office", message_columns, format!("'{id}', 'sms', 'x', 'x', 'waiting', now()")),
        values("tc_office", event_columns, format!("'{id}', now(), 'system', 'x', 'x', 'x', '{account}'")),
        values("tc_counter", event_columns, format!("'{id}', now(), 'system', 'x', 'x', 'x', '{account}'")),
        values("tc_counter", request_columns, format!("'{id}', '{customer}', '{phone}', 'x', 'x', 'pending', now()")),
        values("tc_counter", key_columns, format!("'{customer}', '{text}', {hash}, '{{}}', now()")),
        values("tc_identity", session_columns, format!("'{id}', '{customer}', '{phone}', {hash}, '', {times}")),
    ]
}

/// Leaves a row of this person's with this id and this text in every one of these tables.
async fn leave(house: &House, person: &Person, id: Uuid, text: &str) {
    for (_, insert) in inserts(person, person.tenant, id, text) {
        house.change(&format!("{insert} on conflict do nothing")).await;
    }
}

/// What somebody at acme could learn of a key by trying to take it: the key exists at bravo, or nowhere.
#[tokio::test]
async fn taking_an_id_that_the_other_tenant_has_is_like_taking_a_free_one() {
    let (house, ada, ben) = open().await;
    let (theirs, free) = (Uuid::now_v7(), Uuid::now_v7());
    leave(&house, &ben, theirs, "theirs").await;
    let (taken, untaken) = (inserts(&ada, ada.tenant, theirs, "theirs"), inserts(&ada, ada.tenant, free, "free"));
    for ((role, taken), (_, untaken)) in taken.into_iter().zip(untaken) {
        let mut seat = Seat::of(&house, role, &ada).await;
        assert_eq!((seat.run(&taken).await, seat.run(&untaken).await), (Ok(1), Ok(1)), "{role}: {taken}");
        let or_nothing = |insert: &str| format!("{insert} on conflict do nothing");
        assert_eq!((seat.run(&or_nothing(&taken)).await, seat.run(&or_nothing(&untaken)).await), (Ok(1), Ok(1)), "{role}: {taken}");
    }
}

#[tokio::test]
async fn nothing_is_written_for_the_other_tenant_whether_the_row_is_there_or_not() {
    let (house, ada, ben) = open().await;
    let (theirs, free) = (Uuid::now_v7(), Uuid::now_v7());
    leave(&house, &ben, theirs, "theirs").await;
    for (taken, untaken) in inserts(&ben, ben.tenant, theirs, "theirs").into_iter().zip(inserts(&ben, ben.tenant, free, "free")) {
        let mut seat = Seat::of(&house, taken.0, &ada).await;
        for clause in ["", "on conflict do nothing"] {
            let (there, nowhere) = (seat.run(&format!("{} {clause}", taken.1)).await, seat.run(&format!("{} {clause}", untaken.1)).await);
            assert_eq!(code(&there), "42501", "{}: {there:?}", taken.1);
            assert_eq!(there, nowhere, "{} {clause}", taken.1);
        }
    }
}

#[tokio::test]
async fn a_row_cannot_be_moved_to_the_other_tenant_and_theirs_cannot_be_touched() {
    let (house, ada, ben) = open().await;
    let mut seat = Seat::of(&house, "tc_office", &ada).await;
    let (acme, bravo) = (ada.tenant, ben.tenant);
    // With the right column by column not even that is tried; so they are given the whole, as a careless grant would.
    for (table, column) in [("staff", "name"), ("staff_sessions", "ended_at"), ("trade_accounts", "town"), ("account_access", "role")] {
        assert_eq!(code(&seat.run(&format!("update {table} set tenant_id = '{bravo}'")).await), "42501", "{table}");
        let changed = seat.run(&format!("update {table} set {column} = {column} where tenant_id = '{acme}'")).await;
        assert!(matches!(changed, Ok(1..)), "{table}: {changed:?}");
        house.change(&format!("grant update on {table} to tc_office")).await;
        let moved = seat.run(&format!("update {table} set tenant_id = '{bravo}'")).await;
        assert_eq!(code(&moved), "42501", "{table}: {moved:?}");
        assert_eq!(
            moved.map_err(|refused| refused.message.contains("row-level security")),
            Err(true),
            "the policy says so, not a missing grant"
        );
        let touched = seat.run(&format!("update {table} set created_at = now() where tenant_id = '{bravo}' returning 1")).await;
        assert_eq!(touched, Ok(0), "{table}");
        assert!(matches!(seat.run(&format!("update {table} set created_at = now() where tenant_id = '{acme}'")).await, Ok(1..)), "{table}");
    }
    for (table, set) in [("sessions", "ended_at = now()"), ("registration_requests", "reason = 'x'"), ("messages", "status = 'failed'")] {
        assert_eq!(code(&seat.run(&format!("update {table} set tenant_id = '{bravo}'")).await), "42501", "{table}");
        assert_eq!(seat.run(&format!("update {table} set {set} where tenant_id = '{bravo}'")).await, Ok(0), "{table}");
        assert!(matches!(seat.run(&format!("update {table} set {set} where tenant_id = '{acme}'")).await, Ok(1..)), "{table}");
    }
    let merge = format!(
        "merge into trade_accounts t using (select '{}'::uuid as id) s on t.account_id = s.id
         when matched then update set business_name = 'stolen' when not matched then do nothing",
        ben.account
    );
    assert_eq!(seat.run(&merge).await, Ok(0));
    assert_eq!(seat.run(&merge.replace(&ben.account.to_string(), &ada.account.to_string())).await, Ok(1));
}

#[tokio::test]
async fn a_door_may_not_change_what_it_has_no_use_for() {
    let (house, ada, _) = open().await;
    let mut office = Seat::of(&house, "tc_office", &ada).await;
    for change in [
        "update staff_sessions set token_hash = sha256('mine')",
        "update staff_sessions set staff_id = staff_id",
        "update account_access set access_id = access_id",
        "update account_access set created_at = created_at",
        "update registration_requests set contact_name = 'Me'",
        "update messages set recipient = recipient",
        "update confirmations set former_customer_id = former_customer_id",
        "update staff set email = 'me@acme.example'",
        "update staff set created_at = now()",
        "update trade_accounts set account_number = 'A-9'",
        "update invitations set role = 'owner'",
        "update invitations set email = 'me@acme.example'",
        "delete from staff",
    ] {
        assert_eq!(code(&office.run(change).await), "42501", "{change}");
    }
    let mut counter = Seat::of(&house, "tc_counter", &ada).await;
    let asked = |status: &str, column: &str, value: &str| {
        format!(
            "insert into registration_requests
               (tenant_id, request_id, customer_id, phone, business_name, contact_name, status, created_at{column})
             values ('{}', gen_random_uuid(), '{}', '{}', 'x', 'x', '{status}', now(){value})",
            ada.tenant, ada.customer, ada.phone
        )
    };
    assert_eq!(counter.run(&asked("pending", "", "")).await, Ok(1));
    for status in ["approved", "rejected"] {
        assert_eq!(code(&counter.run(&asked(status, "", "")).await), "42501", "asked as {status}");
        let decided = counter.run(&format!("update registration_requests set status = '{status}'")).await;
        assert_eq!(code(&decided), "42501", "{status} by the customer: {decided:?}");
    }
    for (column, value) in [(", decided_by", ", 'the owner'"), (", reason", ", ''"), (", decided_at", ", now()")] {
        assert_eq!(code(&counter.run(&asked("pending", column, value)).await), "42501", "{column}");
    }
    assert_eq!(counter.run("update registration_requests set status = 'withdrawn', decided_at = now()").await, Ok(1));
}

#[tokio::test]
async fn a_child_of_the_other_tenants_parent_fails_as_a_child_of_nobody_does() {
    let (house, ada, ben) = open().await;
    let mut seat = Seat::of(&house, "tc_office", &ada).await;
    let nowhere = Uuid::now_v7();
    let session = |staff: Uuid| {
        format!(
            "insert into staff_sessions (tenant_id, session_id, staff_id, token_hash, user_agent, created_at, last_seen_at, expires_at)
             values ('{}', gen_random_uuid(), '{staff}', sha256('x'), '', now(), now(), now())",
            ada.tenant
        )
    };
    let account = |account: Uuid| format!("update account_access set account_id = '{account}' where access_id = '{}'", ada.access);
    for (own, theirs, missing) in
        [(session(ada.staff), session(ben.staff), session(nowhere)), (account(ada.account), account(ben.account), account(nowhere))]
    {
        assert_eq!(seat.run(&own).await, Ok(1), "{own}");
        let (theirs, missing) = (seat.run(&theirs).await, seat.run(&missing).await);
        assert_eq!(code(&theirs), "23503", "{theirs:?}");
        assert_eq!(theirs, missing);
    }
}

/// What would let an expression, or a whole injected statement, change who is asking.
fn side_doors(bravo: Uuid) -> Vec<String> {
    [
        "select set_config('app.tenant_id', 'BRAVO', true)",
        "select 1 from trade_accounts where set_config('app.tenant_id', 'BRAVO', true) is not null",
        "select query_to_xml('set local app.tenant_id = ''BRAVO''', true, true, '')",
        "select query_to_xml('select set_config(''app.tenant_id'', ''BRAVO'', true)', true, true, '')",
        "select * from ts_stat('set local app.tenant_id = ''BRAVO''')",
        "select * from ts_stat('select set_config(''app.tenant_id'', ''BRAVO'', true)::tsvector')",
        "update pg_settings set setting = '1' where name = 'work_mem'",
        "do $$ begin null; end $$",
        "create temp table mine (x int)",
        "create table mine (x int)",
        "create table public.mine (x int)",
        "create schema mine",
        "create function mine() returns int language sql as 'select 1'",
        "create function pg_temp.mine() returns int language sql as 'select 1'",
        "create extension dblink",
        "create publication mine",
        "create server mine foreign data wrapper nothing",
        "set role tc_owner",
        "set role postgres",
        "set session authorization tc_owner",
        "set session authorization postgres",
        "grant tc_owner to current_user",
        "alter role current_user bypassrls",
        "alter role current_user superuser",
        "alter role current_user set app.tenant_id = 'BRAVO'",
        "alter database postgres set app.tenant_id = 'BRAVO'",
        "alter system set app.tenant_id = 'BRAVO'",
        "alter table trade_accounts disable row level security",
        "alter table trade_accounts no force row level security",
        "drop policy tc_office on trade_accounts",
        "create policy mine on trade_accounts using (true)",
        "create view mine as select 1",
        "copy trade_accounts to '/tmp/tradecounter-walls'",
        "copy trade_accounts from '/etc/passwd'",
        "copy trade_accounts to program 'cat'",
        "select pg_read_file('/etc/passwd')",
        "select pg_read_binary_file('/etc/passwd')",
        "select pg_ls_dir('.')",
        "select pg_stat_file('/etc/passwd')",
        "select pg_reload_conf()",
        "select lo_import('/etc/passwd')",
        "select lo_export(1, '/tmp/tradecounter-walls')",
        "select lo_create(0)",
        "select lo_creat(-1)",
        "select lo_from_bytea(0, 'kept for another tenant')",
        "select lo_get(1)",
        "select lo_open(1, 262144)",
        "select lo_put(1, 0, 'x')",
        "select lo_unlink(1)",
        "select 1 from pg_authid",
        "select 1 from pg_statistic",
        "select 1 from pg_largeobject",
        "select 1 from pg_user_mapping",
    ]
    .map(|text| text.replace("BRAVO", &bravo.to_string()))
    .into()
}

#[tokio::test]
async fn the_side_doors_are_shut_to_every_role() {
    let (house, ada, ben) = open().await;
    for role in SERVER_ROLES {
        let mut seat = Seat::of(&house, role, &ada).await;
        let mut open = Vec::new();
        for door in side_doors(ben.tenant) {
            if let Ok(rows) = seat.run(&door).await {
                open.push(format!("{door} ({rows} rows)"));
            }
        }
        assert!(open.is_empty(), "{role} may:\n{}", open.join("\n"));
        // These are allowed and gain nothing.
        for harmless in ["reset role", "reset session authorization", "set role none", "set session authorization default"] {
            assert!(seat.run(harmless).await.is_ok(), "{role}: {harmless}");
            let still: String = sqlx::query_scalar("select current_user::text").fetch_one(seat.connection()).await.expect("a name");
            assert_eq!(still, role);
        }
    }
}

#[tokio::test]
async fn switching_row_level_security_off_is_an_error_and_copying_shows_only_ones_own() {
    let (house, ada, ben) = open().await;
    let mut seat = Seat::of(&house, "tc_office", &ada).await;
    let off = format!("{}; set local row_security = off", ada.settings("tc_office"));
    assert_eq!(code(&seat.run_under(&off, "select 1 from trade_accounts").await), "42501");
    assert_eq!(seat.run("select 1 from trade_accounts").await, Ok(2));
    let into = seat.connection().copy_in_raw("copy trade_accounts from stdin").await;
    let into: Outcome = into.map(|_| 0).map_err(|error| refused(&error));
    assert_eq!(code(&into), "0A000", "{into:?}");
    let copied = copied_out(&mut seat, &ada).await;
    assert!(copied.contains("A-1") && copied.contains(&ada.tenant.to_string()), "{copied}");
    assert!(!copied.contains("B-1") && !copied.contains(&ben.tenant.to_string()), "{copied}");
}

async fn copied_out(seat: &mut Seat, person: &Person) -> String {
    use futures_util::TryStreamExt;
    use sqlx::Connection;
    let mut tx = seat.connection().begin().await.expect("a transaction");
    sqlx::raw_sql(sqlx::AssertSqlSafe(person.settings("tc_office"))).execute(&mut *tx).await.expect("settings");
    let rows: Vec<_> = tx.copy_out_raw("copy trade_accounts to stdout").await.expect("a copy").try_collect().await.expect("rows");
    rows.iter().map(|row| String::from_utf8_lossy(row).into_owned()).collect()
}
