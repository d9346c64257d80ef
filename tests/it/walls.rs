//! What the database itself refuses, asked in SQL as the server's own roles: what an injected statement, a
//! forgotten `where` or a wrong id would meet. Each wall is shown with the row behind it that its owner does see.

use sqlx::{AssertSqlSafe, Connection, Row};
use tradecounter::db::connect::SERVER_ROLES;
use tradecounter::db::grants::GRANTS;
use uuid::Uuid;

use crate::furniture::{Outcome, Person, Seat, TENANT_ROLES, code, furnish, refused, tenant_tables};
use crate::house::{ADA, BEN, CAT, House};

const RIGHTS: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/// A furnished house with Ada of acme and Ben of bravo.
async fn open() -> (House, Person, Person) {
    let house = House::open().await;
    furnish(&house).await;
    let (ada, ben) = (Person::of(&house, "acme", ADA).await, Person::of(&house, "bravo", BEN).await);
    (house, ada, ben)
}

/// Whether the role has this right on the table at all; for which column, if not for the whole.
fn granted(role: &str, table: &str, right: &str) -> Option<Option<&'static str>> {
    let grant = GRANTS.iter().find(|grant| grant.role == role && grant.table == table && grant.rights.contains(&right))?;
    Some(grant.columns.first().copied())
}

/// A statement that needs this right and touches whatever it can.
fn statement(role: &str, table: &str, right: &str, tenant: Uuid) -> String {
    let column = granted(role, table, right).flatten().unwrap_or("tenant_id");
    match right {
        "SELECT" => format!("select 1 from {table}"),
        "INSERT" => format!("insert into {table} (tenant_id) values ('{tenant}')"),
        "UPDATE" => format!("update {table} set {column} = {column}"),
        _ => format!("delete from {table}"),
    }
}

/// Every right on every tenant's table, tried from this seat: what it has a grant for is refused as `expected`.
async fn try_everything(seat: &mut Seat, settings: &str, role: &str, tables: &[String], tenant: Uuid, expected: &str) {
    for table in tables {
        for right in RIGHTS {
            let outcome = seat.run_under(settings, &statement(role, table, right, tenant)).await;
            // Without a grant it fails as well, whichever of the two PostgreSQL notices first.
            let missing_grant = granted(role, table, right).is_none() && code(&outcome) == "42501";
            assert!(missing_grant || code(&outcome) == expected, "{role} {right} {table} under «{settings}»: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn where_nothing_is_set_every_statement_on_a_tenants_table_fails_loudly() {
    let (house, ada, _) = open().await;
    let tables = tenant_tables(&mut house.admin().await).await;
    assert_eq!(tables.len(), 35, "a new table wants a row in furniture.rs: {tables:?}");
    for role in TENANT_ROLES {
        let mut seat = Seat::unset(&house, role).await;
        try_everything(&mut seat, "", role, &tables, ada.tenant, "42704").await;
        // PostgreSQL leaves an empty text behind a `set local` that has ended.
        seat.use_up(&ada.settings(role)).await;
        try_everything(&mut seat, "", role, &tables, ada.tenant, "22P02").await;
        for table in tables.iter().filter(|table| granted(role, table, "SELECT").is_some()) {
            let seen = seat.run_under(&ada.settings(role), &format!("select 1 from {table}")).await;
            assert!(matches!(seen, Ok(1..)), "{role} does see {table} when all is set: {seen:?}");
        }
    }
}

#[tokio::test]
async fn a_tenant_that_is_no_id_fails_and_an_id_that_is_no_tenants_sees_nothing() {
    let (house, ada, _) = open().await;
    let tables = tenant_tables(&mut house.admin().await).await;
    let nobody = Uuid::now_v7();
    for role in TENANT_ROLES {
        let mut seat = Seat::unset(&house, role).await;
        let whole = ada.settings(role);
        let (right, subject) = if role == "tc_identity" { (ada.customer, "app.customer_id") } else { (ada.tenant, "app.tenant_id") };
        for table in tables.iter().filter(|table| granted(role, table, "SELECT").is_some()) {
            let select = format!("select 1 from {table}");
            for wrong in ["", "null", "not-an-id", "00000000-0000-0000-0000-00000000000g"] {
                let settings = format!("{whole}; set local {subject} = '{wrong}'");
                let outcome = seat.run_under(&settings, &select).await;
                assert_eq!(code(&outcome), "22P02", "{role} {table} under {wrong:?}: {outcome:?}");
            }
            let strange = seat.run_under(&format!("{whole}; set local {subject} = '{nobody}'"), &select).await;
            assert_eq!(strange, Ok(0), "{role} {table}");
            let own = seat.run_under(&format!("{whole}; set local {subject} = '{right}'"), &select).await;
            assert!(matches!(own, Ok(1..)), "{role} {table}: {own:?}");
        }
    }
}

#[tokio::test]
async fn no_way_of_asking_shows_a_row_of_the_other_tenant() {
    let (house, ada, ben) = open().await;
    let mut admin = house.admin().await;
    let (acme, bravo) = (ada.tenant, ben.tenant);
    for role in TENANT_ROLES {
        let mut seat = Seat::of(&house, role, &ada).await;
        for t in tenant_tables(&mut admin).await {
            if granted(role, &t, "SELECT").is_none() {
                continue;
            }
            let own = seat.run(&format!("select 1 from {t} where tenant_id = '{acme}'")).await;
            assert!(matches!(own, Ok(1..)), "{role} sees its own {t}: {own:?}");
            // Of the audit log a customer's role sees where it ends, and no other column.
            let is_end_alone = t == "audit_events" && role == "tc_counter";
            let key = match t.as_str() {
                "idempotency_keys" => "key".to_owned(),
                "audit_events" if is_end_alone => "hash".to_owned(),
                // A person may be asked at both, and both may be closed on a day.
                "confirmations" => "(tenant_id::text || customer_id::text)".to_owned(),
                "order_days" => "(tenant_id::text || method)".to_owned(),
                "closed_days" => "(tenant_id::text || day::text)".to_owned(),
                "message_templates" => "(tenant_id::text || kind)".to_owned(),
                "import_mappings" => "(tenant_id::text || heading)".to_owned(),
                "catalogue_states" => "tenant_id".to_owned(),
                // The office sees what is in baskets, and not whose they are.
                "basket_lines" if role == "tc_office" => "product_id".to_owned(),
                _ => key_column(&mut admin, &t).await,
            };
            let theirs: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("select {key}::text from {t} where tenant_id = $1")))
                .bind(bravo)
                .fetch_all(&mut admin)
                .await
                .expect("bravo's rows");
            let theirs = theirs.join("','");
            for question in [
                format!("select 1 from {t} where tenant_id = '{bravo}'"),
                format!("select 1 from {t} where {key}::text in ('{theirs}')"),
                format!("select 1 from {t} where tenant_id in ('{acme}', '{bravo}') and tenant_id <> '{acme}'"),
                format!("select 1 from {t} mine join {t} other on other.tenant_id <> mine.tenant_id"),
                format!("select 1 from {t} mine right join {t} other using (tenant_id) where other.tenant_id <> '{acme}'"),
                format!("with seen as materialized (select tenant_id from {t}) select 1 from seen where tenant_id <> '{acme}'"),
                format!("select 1 from {t} where tenant_id = '{bravo}' union all select 1 from {t} where tenant_id <> '{acme}'"),
                format!("select 1 from (select 1) one, lateral (select tenant_id from {t}) seen where seen.tenant_id <> '{acme}'"),
                format!("select 1 from (select count(*) filter (where tenant_id <> '{acme}') as n from {t}) counted where n > 0"),
                format!("select 1 from (select tenant_id, row_number() over () from {t}) seen where tenant_id <> '{acme}'"),
                format!("select 1 where exists (select from {t} where tenant_id = '{bravo}')"),
                // A condition that would tell by failing runs behind the policy, never before it.
                format!("select 1 from {t} where 1 / (case when tenant_id = '{bravo}' then 0 else 1 end) = 0"),
                format!("select 1 from {t} where (case when tenant_id = '{bravo}' then {key}::text else '1' end)::int = 0"),
            ] {
                assert_eq!(seat.run(&question).await, Ok(0), "{role}: {question}");
            }
        }
    }
}

async fn key_column(admin: &mut sqlx::PgConnection, table: &str) -> String {
    sqlx::query_scalar(
        "select a.attname::text from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[1]
          where i.indrelid = $1::regclass and i.indisprimary",
    )
    .bind(table)
    .fetch_one(admin)
    .await
    .expect("a primary key of two columns")
}

#[tokio::test]
async fn a_customers_connection_sees_that_customer_and_nobody_else_of_the_same_tenant() {
    let (house, ada, _) = open().await;
    let cat = Person::of(&house, "acme", CAT).await;
    assert_eq!(ada.tenant, cat.tenant);
    let mut seat = Seat::of(&house, "tc_counter", &ada).await;
    for (table, column, own, other) in [
        ("trade_accounts", "account_id", ada.account, cat.account),
        ("account_access", "access_id", ada.access, cat.access),
        ("sessions", "session_id", ada.session, cat.session),
        ("registration_requests", "request_id", ada.request, cat.request),
        ("idempotency_keys", "customer_id", ada.customer, cat.customer),
    ] {
        assert_eq!(seat.run(&format!("select 1 from {table}")).await, Ok(1), "{table}");
        assert_eq!(seat.run(&format!("select 1 from {table} where {column} = '{own}'")).await, Ok(1), "{table}");
        assert_eq!(seat.run(&format!("select 1 from {table} where {column} = '{other}'")).await, Ok(0), "{table}");
    }
    for (own, other) in [
        ("update sessions set ended_at = now()", format!("update sessions set ended_at = now() where session_id = '{}'", cat.session)),
        (
            "update registration_requests set status = 'withdrawn'",
            format!("update registration_requests set status = 'withdrawn' where request_id = '{}'", cat.request),
        ),
    ] {
        assert_eq!((seat.run(own).await, seat.run(&other).await), (Ok(1), Ok(0)), "{own}");
    }
    let for_cat = format!(
        "insert into registration_requests (tenant_id, request_id, customer_id, phone, business_name, contact_name, status, created_at)
         values ('{}', gen_random_uuid(), '{}', '{}', 'x', 'x', 'pending', now())",
        cat.tenant, cat.customer, cat.phone
    );
    assert_eq!(code(&seat.run(&for_cat).await), "42501", "nobody asks in another's name");
    assert_eq!(seat.run(&for_cat.replace(&cat.customer.to_string(), &ada.customer.to_string()).replace(CAT, ADA)).await, Ok(1));
}

#[tokio::test]
async fn the_identity_door_sees_the_set_customer_at_every_tenant_and_no_other_customer() {
    let (house, ada, ben) = open().await;
    let cat = Person::of(&house, "acme", CAT).await;
    let mut seat = Seat::of(&house, "tc_identity", &cat).await;
    for table in ["account_access", "sessions", "registration_requests", "messages", "confirmations"] {
        assert_eq!(seat.run(&format!("select 1 from {table}")).await, Ok(2), "Cat buys at both: {table}");
        for other in [&ada, &ben] {
            assert_eq!(seat.run(&format!("select 1 from {table} where customer_id = '{}'", other.customer)).await, Ok(0), "{table}");
        }
    }
    // What a person may have erased, or moved to another number, is theirs alone.
    for table in ["account_access", "registration_requests", "messages"] {
        assert_eq!(seat.run(&format!("delete from {table}")).await, Ok(2), "{table}");
        let of_ada = format!("delete from {table} where customer_id = '{}'", ada.customer);
        assert_eq!(seat.run(&of_ada).await, Ok(0), "{table}");
    }
    let let_in = |person: &Person| {
        format!(
            "insert into account_access (tenant_id, access_id, account_id, customer_id, phone, contact_name, role, status, created_at)
             values ('{}', gen_random_uuid(), '{}', '{}', '{}', 'x', 'buyer', 'active', now()) on conflict do nothing",
            ada.tenant, ada.account, person.customer, person.phone
        )
    };
    assert_eq!((seat.run(&let_in(&cat)).await, code(&seat.run(&let_in(&ben)).await)), (Ok(0), "42501"));
    let ending = "update sessions set ended_at = now()";
    assert_eq!(seat.run(ending).await, Ok(2));
    assert_eq!(seat.run(&format!("{ending} where session_id = '{}'", ada.session)).await, Ok(0));
    let begin = |person: &Person| {
        format!(
            "insert into sessions (tenant_id, session_id, customer_id, phone, token_hash, user_agent, created_at, last_seen_at, expires_at)
             values ('{}', gen_random_uuid(), '{}', '{}', sha256('new'), '', now(), now(), now())",
            person.tenant, person.customer, person.phone
        )
    };
    assert_eq!((seat.run(&begin(&cat)).await, code(&seat.run(&begin(&ada)).await)), (Ok(1), "42501"));
}

#[tokio::test]
async fn a_role_can_do_nothing_that_is_not_on_its_list() {
    let (house, ada, _) = open().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')",
    )
    .fetch_all(&mut house.admin().await)
    .await
    .expect("the catalog");
    for role in SERVER_ROLES {
        let mut seat = Seat::of(&house, role, &ada).await;
        for table in &tables {
            for (right, sql) in [
                ("SELECT", format!("select * from {table}")),
                ("INSERT", format!("insert into {table} default values")),
                ("DELETE", format!("delete from {table}")),
                ("TRUNCATE", format!("truncate {table}")),
                ("ownership", format!("drop table {table}")),
            ] {
                if granted(role, table, right) == Some(None) {
                    continue;
                }
                let outcome = seat.run(&sql).await;
                assert_eq!(code(&outcome), "42501", "{role} {right} {table}: {outcome:?}");
            }
            let columns: Vec<String> = sqlx::query_scalar(
                "select attname::text from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped",
            )
            .bind(table)
            .fetch_all(&mut house.admin().await)
            .await
            .expect("columns");
            for column in columns.iter().filter(|column| !may_update(role, table, column)) {
                let outcome = seat.run(&format!("update {table} set {column} = default")).await;
                assert_eq!(code(&outcome), "42501", "{role} UPDATE {table}.{column}: {outcome:?}");
            }
        }
    }
}

fn may_update(role: &str, table: &str, column: &str) -> bool {
    let mut grants = GRANTS.iter().filter(|grant| grant.role == role && grant.table == table && grant.rights.contains(&"UPDATE"));
    grants.any(|grant| grant.columns.is_empty() || grant.columns.contains(&column))
}

#[tokio::test]
async fn no_server_role_changes_or_removes_an_audit_event_and_the_platform_reaches_no_tenants_table() {
    let (house, ada, _) = open().await;
    let tables = tenant_tables(&mut house.admin().await).await;
    for role in SERVER_ROLES {
        let mut seat = Seat::of(&house, role, &ada).await;
        for change in ["update audit_events set action = 'x'", "delete from audit_events", "truncate audit_events"] {
            let outcome = seat.run(change).await;
            // Purging has the right, and no row to use it on.
            let finds_none = role == "tc_platform" && change.starts_with("delete") && outcome == Ok(0);
            assert!(finds_none || code(&outcome) == "42501", "{role}: {change}");
        }
    }
    assert!(matches!(Seat::of(&house, "tc_office", &ada).await.run("select 1 from audit_events").await, Ok(1..)));
    let mut platform = Seat::unset(&house, "tc_platform").await;
    for table in &tables {
        let settings = ada.settings("tc_platform");
        for sql in [format!("select * from {table}"), format!("update {table} set tenant_id = tenant_id"), format!("truncate {table}")] {
            assert_eq!(code(&platform.run_under(&settings, &sql).await), "42501", "{sql}");
        }
        assert_eq!(platform.run_under(&settings, &format!("delete from {table}")).await, Ok(0), "{table}: a counter that trades");
        // Of an audit log it sees where the chain ends, so that it can add to it.
        if table != "audit_events" {
            let seen = platform.run_under(&settings, &format!("select tenant_id from {table}")).await;
            assert_eq!(seen, Ok(0), "{table}: a counter that trades");
        }
        // Making a tenant writes its owner and the first entry of its log, asking for access the question, and nothing else.
        let written = granted("tc_platform", table, "INSERT").is_some();
        assert_eq!(written, matches!(table.as_str(), "staff" | "audit_events" | "support_requests"), "{table}");
    }
    assert_eq!(platform.run("select 1 from tenants").await, Ok(2), "it does see who the tenants are");
    for role in ["tc_counter", "tc_office"] {
        let mut seat = Seat::of(&house, role, &ada).await;
        for table in ["customers", "challenges", "address_counters", "known_browsers", "hand_overs", "tenants"] {
            // The office sees one tenant, its own: see settings.rs.
            let expected = if (role, table) == ("tc_office", "tenants") { "" } else { "42501" };
            assert_eq!(code(&seat.run(&format!("select 1 from {table}")).await), expected, "{role}: {table}");
        }
    }
}

#[tokio::test]
async fn a_careless_policy_that_lets_everything_through_opens_nothing() {
    let (house, ada, ben) = open().await;
    let mut admin = house.admin().await;
    let tables = tenant_tables(&mut admin).await;
    for table in &tables {
        let careless = format!("create policy careless on {table} as permissive for all to public using (true) with check (true)");
        sqlx::query(AssertSqlSafe(careless)).execute(&mut admin).await.expect("a careless policy");
    }
    for role in TENANT_ROLES {
        let mut seat = Seat::of(&house, role, &ada).await;
        for table in tables.iter().filter(|table| granted(role, table, "SELECT").is_some()) {
            let theirs = format!("select 1 from {table} where tenant_id = '{}'", ben.tenant);
            assert_eq!(seat.run(&theirs).await, Ok(0), "{role} {table}");
            let column = granted(role, table, "UPDATE").map(|column| column.unwrap_or("tenant_id"));
            if let Some(column) = column {
                let change = format!("update {table} set {column} = {column} where tenant_id = '{}'", ben.tenant);
                assert_eq!(seat.run(&change).await, Ok(0), "{role} {table}");
            }
            let floor = format!("drop policy {role}_floor on {table}");
            sqlx::query(AssertSqlSafe(floor)).execute(&mut admin).await.expect("the floor goes");
            assert!(matches!(seat.run(&theirs).await, Ok(1..)), "the floor alone held {table} against {role}");
        }
    }
}

#[tokio::test]
async fn a_plan_made_under_one_tenant_shows_the_next_its_own_rows() {
    let (house, ada, ben) = open().await;
    let mut seat = Seat::unset(&house, "tc_office").await;
    sqlx::raw_sql("set plan_cache_mode = force_generic_plan").execute(seat.connection()).await.expect("a setting of one's own");
    for _ in 0..3 {
        for (person, numbers) in [(&ada, ["A-1", "A-2"]), (&ben, ["B-1", "B-2"])] {
            let mut tx = seat.connection().begin().await.expect("a transaction");
            sqlx::raw_sql(AssertSqlSafe(person.settings("tc_office"))).execute(&mut *tx).await.expect("settings");
            let rows = sqlx::query("select account_number from trade_accounts order by 1").fetch_all(&mut *tx).await.expect("rows");
            let seen: Vec<String> = rows.into_iter().map(|row| row.get(0)).collect();
            assert_eq!(seen, numbers);
            // A savepoint that is taken back changes nothing about who is asking.
            sqlx::raw_sql("savepoint here").execute(&mut *tx).await.expect("a savepoint");
            assert_eq!(code(&as_outcome(sqlx::query("select 1 / 0").execute(&mut *tx).await)), "22012");
            sqlx::raw_sql("rollback to savepoint here").execute(&mut *tx).await.expect("back to it");
            let again: Vec<String> = sqlx::query("select account_number from trade_accounts order by 1")
                .fetch_all(&mut *tx)
                .await
                .expect("rows")
                .into_iter()
                .map(|row| row.get(0))
                .collect();
            assert_eq!(again, numbers);
            tx.rollback().await.expect("back to nothing");
        }
    }
}

fn as_outcome(done: Result<sqlx::postgres::PgQueryResult, sqlx::Error>) -> Outcome {
    done.map(|done| done.rows_affected()).map_err(|error| refused(&error))
}
