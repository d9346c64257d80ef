//! The catalog as it must be, asked by hand, and the proof that the checks at the start see each single thing
//! that could be taken away from it.
//!
//! Every change is made in a transaction that looks at itself as each of the server's roles and is then taken
//! back, so that even changes to roles, which all databases of a cluster share, disturb nobody.

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row};
use tradecounter::db::connect::{Address, SERVER_ROLES};
use tradecounter::db::grants::GRANTS;
use tradecounter::db::guard;

use crate::furniture::tenant_tables;
use crate::house::fresh_database;

const TENANT_TABLES: &str =
    "with t as (select c.oid, c.relname::text as name, c.relrowsecurity, c.relforcerowsecurity, a.attnum, a.attnotnull
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p'))";

async fn scratch() -> (Address, PgConnection) {
    let address = fresh_database().await;
    let admin = address.as_administrator().connect().await.expect("the administrator is let in");
    (address, admin)
}

async fn names(admin: &mut PgConnection, question: &str) -> Vec<String> {
    let question = AssertSqlSafe(format!("{TENANT_TABLES} {question}"));
    sqlx::query_scalar(question).fetch_all(admin).await.expect("the catalog answers")
}

/// What the checks of the first role that finds anything find once these statements are done; then they are undone.
async fn found_after(admin: &mut PgConnection, statements: &str) -> Vec<String> {
    let mut tx = admin.begin().await.expect("a transaction");
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut *tx).await.unwrap_or_else(|error| panic!("{statements}: {error}"));
    let mut found = Vec::new();
    for role in SERVER_ROLES {
        sqlx::raw_sql(AssertSqlSafe(format!("set local role {role}"))).execute(&mut *tx).await.expect("its role");
        found = guard::findings_as(&mut tx, role).await.unwrap_or_else(|error| panic!("{statements}: {error:#}"));
        if !found.is_empty() {
            break;
        }
    }
    tx.rollback().await.expect("back to how it was");
    found
}

/// Each statement alone must be found.
async fn each_is_found(admin: &mut PgConnection, statements: impl IntoIterator<Item = String>) {
    assert_eq!(found_after(admin, "select 1").await, Vec::<String>::new(), "before anything is tried");
    let mut missed = Vec::new();
    let mut tried = 0;
    for statement in statements {
        tried += 1;
        if found_after(admin, &statement).await.is_empty() {
            missed.push(statement);
        }
    }
    assert!(tried > 0, "nothing was tried");
    assert!(missed.is_empty(), "{} of {tried} were not found:\n{}", missed.len(), missed.join("\n"));
}

#[tokio::test]
async fn a_fresh_database_has_nothing_to_find() {
    let (address, mut admin) = scratch().await;
    assert_eq!(guard::findings(&address).await.expect("the roles are let in"), Vec::<String>::new());
    assert_eq!(found_after(&mut admin, "select 1").await, Vec::<String>::new());
    sqlx::raw_sql("alter table staff no force row level security").execute(&mut admin).await.expect("a hole");
    assert_eq!(guard::findings(&address).await.expect("the roles are let in").len(), 1, "the start would find it");
    assert!(guard::insist(&address).await.is_err());
}

#[tokio::test]
async fn every_tenants_table_is_bound_and_the_tenant_leads_its_keys() {
    let (_, mut admin) = scratch().await;
    assert_eq!(tenant_tables(&mut admin).await.len(), 35);
    for (what, question) in [
        ("not bound by row-level security", "select name from t where not (relrowsecurity and relforcerowsecurity)"),
        ("may be without a tenant", "select name from t where not attnotnull"),
        ("has no primary key", "select name from t where oid not in (select indrelid from pg_index where indisprimary)"),
        (
            "is a key that the tenant does not lead",
            "select c.conname::text from t join pg_constraint c on c.conrelid = t.oid where c.contype in ('p', 'u') and c.conkey[1] <> t.attnum",
        ),
        (
            "is an index that the tenant does not lead, and is not for the person across tenants",
            "select x.relname::text from t join pg_index i on i.indrelid = t.oid join pg_class x on x.oid = i.indexrelid
              where i.indkey[0] <> t.attnum and x.relname not in ('account_access_customer', 'sessions_customer',
                'registration_requests_person', 'messages_customer', 'idempotency_keys_customer', 'confirmations_customer', 'confirmations_former')",
        ),
        (
            "refers to another tenant's table without the tenant",
            "select c.conname::text from t child join pg_constraint c on c.conrelid = child.oid and c.contype = 'f'
               join t parent on parent.oid = c.confrelid where c.conkey[1] <> child.attnum or c.confkey[1] <> parent.attnum",
        ),
        (
            "is a view or a function with its owner's rights",
            "select proname::text from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
            union all select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')",
        ),
    ] {
        assert_eq!(names(&mut admin, question).await, Vec::<String>::new(), "{what}");
    }
    let between_tenants_tables = "select c.conname::text from t child join pg_constraint c on c.conrelid = child.oid and c.contype = 'f' join t parent on parent.oid = c.confrelid";
    assert!(names(&mut admin, between_tenants_tables).await.len() >= 2, "there are such keys to look at");
}

#[tokio::test]
async fn every_role_with_a_grant_has_a_floor_and_a_policy_and_nobody_else_has_any() {
    let (_, mut admin) = scratch().await;
    let mut expected: Vec<(String, String, bool)> = Vec::new();
    for table in tenant_tables(&mut admin).await {
        for role in SERVER_ROLES {
            if GRANTS.iter().any(|grant| grant.role == role && grant.table == table) {
                expected.extend([(table.clone(), role.to_owned(), false), (table.clone(), role.to_owned(), true)]);
            }
        }
    }
    expected.extend(["tc_office", "tc_import"].map(|role| ("tenants".to_owned(), role.to_owned(), false)));
    expected.extend(["tc_office", "tc_identity", "tc_platform", "tc_import"].map(|role| ("tenants".to_owned(), role.to_owned(), true)));
    let purge: Vec<String> =
        sqlx::query_scalar("select polrelid::regclass || ' ' || polname from pg_policy where polcmd <> '*' order by 1")
            .fetch_all(&mut admin)
            .await
            .expect("policies");
    assert_eq!(purge, ["audit_events tc_platform_purge", "tenants tc_platform_purge"], "what the platform may not delete yet");
    let policies = sqlx::query_as::<_, (String, String, bool)>(
        "select p.polrelid::regclass::text, array_to_string(array(select rolname from pg_roles where oid = any(p.polroles)), ','), p.polpermissive
           from pg_policy p where p.polcmd = '*' order by 1, 2, 3",
    )
    .fetch_all(&mut admin)
    .await
    .expect("policies");
    expected.sort();
    assert_eq!(policies, expected);
    let all: i64 = sqlx::query_scalar("select count(*) from pg_policy").fetch_one(&mut admin).await.expect("a count");
    assert_eq!(usize::try_from(all).expect("a small number"), expected.len() + purge.len());
}

#[tokio::test]
async fn each_role_may_do_what_its_list_says_and_not_less() {
    let (_, mut admin) = scratch().await;
    for grant in GRANTS {
        for right in grant.rights {
            let whole = sqlx::query_scalar::<_, bool>("select has_table_privilege($1, $2, $3)");
            let whole = whole.bind(grant.role).bind(grant.table).bind(right).fetch_one(&mut admin).await.expect("an answer");
            assert_eq!(whole, grant.columns.is_empty(), "{} {right} {}", grant.role, grant.table);
            for column in grant.columns {
                let part = sqlx::query_scalar::<_, bool>("select has_column_privilege($1, $2, $3, $4)");
                let part = part.bind(grant.role).bind(grant.table).bind(column).bind(right).fetch_one(&mut admin).await.expect("an answer");
                assert!(part, "{} {right} {}({column})", grant.role, grant.table);
            }
        }
    }
}

#[tokio::test]
async fn every_policy_that_is_dropped_or_weakened_is_found() {
    let (_, mut admin) = scratch().await;
    let policies: Vec<(String, String)> = sqlx::query_as("select polrelid::regclass::text, polname::text from pg_policy order by 1, 2")
        .fetch_all(&mut admin)
        .await
        .expect("policies");
    let weaker = [
        "drop policy NAME on TABLE",
        "alter policy NAME on TABLE using (true)",
        "alter policy NAME on TABLE with check (true)",
        "alter policy NAME on TABLE using (tenant_id = current_setting('app.tenant_id')::uuid or true)",
        "alter policy NAME on TABLE to public",
    ];
    // Two roles see every tenant's own row: for them these words are no weaker.
    let shows_all = |table: &str, name: &str| table == "tenants" && !name.starts_with("tc_office") && !name.starts_with("tc_import");
    // What deletes, checks nothing.
    let fits = |name: &str, text: &str| name != "tc_platform_purge" || !text.contains("with check");
    let each = policies.iter().flat_map(|(table, name)| {
        let weaker = weaker.into_iter().filter(move |text| fits(name, text) && (!shows_all(table, name) || !text.ends_with("(true)")));
        let key = if table == "tenants" { "id" } else { "tenant_id" };
        weaker.map(move |text| text.replace("(tenant_id", &format!("({key}")).replace("NAME", name).replace("TABLE", table))
    });
    let each = each.chain(["alter table tenants disable row level security".to_owned()]);
    let each = each.chain(["create policy careless on tenants using (true)".to_owned()]);
    let a_customer_decides =
        "alter policy tc_counter on registration_requests with check (tenant_id = current_setting('app.tenant_id')::uuid
        and customer_id = current_setting('app.customer_id')::uuid)";
    let each = each.chain(["", "_floor"].map(|suffix| a_customer_decides.replace("tc_counter on", &format!("tc_counter{suffix} on"))));
    // A customer who accepts an order, and one who sees prices of other lists, or of fewer than are theirs.
    let of_lists = |lists: &str| format!("tenant_id = current_setting('app.tenant_id')::uuid and price_list_id in ({lists})");
    let all_three =
        "current_setting('app.account_id')::uuid, current_setting('app.price_list_id')::uuid, current_setting('app.base_list_id')::uuid";
    let goods = ["", "_floor"].into_iter().flat_map(|suffix| {
        [
            format!(
                "alter policy tc_counter{suffix} on orders with check (tenant_id = current_setting('app.tenant_id')::uuid
                   and account_id = current_setting('app.account_id')::uuid)"
            ),
            format!(
                "alter policy tc_counter{suffix} on orders with check (tenant_id = current_setting('app.tenant_id')::uuid
                   and account_id = current_setting('app.account_id')::uuid and status in ('submitted', 'cancelled', 'accepted'))"
            ),
            format!("alter policy tc_counter{suffix} on prices using (tenant_id = current_setting('app.tenant_id')::uuid)"),
            format!("alter policy tc_counter{suffix} on prices using ({} or true)", of_lists(all_three)),
            format!("alter policy tc_counter{suffix} on prices using ({})", of_lists(&format!("{all_three}, tenant_id"))),
            format!("alter policy tc_counter{suffix} on prices using ({})", of_lists("current_setting('app.account_id')::uuid")),
            format!("alter policy tc_counter{suffix} on prices using (price_list_id in ({all_three}))"),
        ]
    });
    let each = each.chain(goods);
    // An operator who sees the tenant without a grant, who reads another's, or gives themselves what has ended.
    let of_tenant = "tenant_id = current_setting('app.tenant_id')::uuid";
    let support = [
        format!("alter policy tc_support on messages using ({of_tenant})"),
        format!("alter policy tc_support_floor on audit_events with check ({of_tenant})"),
        format!("alter policy tc_support on support_requests using ({of_tenant})"),
        format!(
            "alter policy tc_support on support_requests with check ({of_tenant}
               and operator_id = current_setting('app.operator_id')::uuid)"
        ),
    ];
    each_is_found(&mut admin, each.chain(support)).await;
}

#[tokio::test]
async fn a_table_that_is_unbound_or_gets_a_careless_policy_is_found() {
    let (_, mut admin) = scratch().await;
    let tables = tenant_tables(&mut admin).await;
    let holes = [
        "alter table TABLE no force row level security",
        "alter table TABLE disable row level security",
        "create policy careless on TABLE using (true)",
        "create policy careless on TABLE for insert to tc_office with check (true)",
        "create policy careless on TABLE for select to tc_counter using (tenant_id = current_setting('app.tenant_id')::uuid)",
    ];
    each_is_found(&mut admin, tables.iter().flat_map(|table| holes.map(|text| text.replace("TABLE", table)))).await;
    let new_tables = [
        "create table notes (tenant_id uuid not null, note_id uuid, primary key (tenant_id, note_id))",
        "create table notes (tenant_id uuid not null, note_id uuid, primary key (tenant_id, note_id)); grant select on notes to tc_office",
        "create table notes (tenant_id uuid, note text); alter table notes enable row level security, force row level security",
        "create table notes (a uuid, b uuid, foreign key (a, b) references staff (tenant_id, staff_id))",
        "create view all_staff as select * from staff",
        "create materialized view all_staff as select * from staff",
        "create function all_staff() returns setof staff language sql security definer as 'select * from staff'",
    ];
    each_is_found(&mut admin, new_tables.map(str::to_owned)).await;
}

#[tokio::test]
async fn a_key_that_loses_its_tenant_is_found() {
    let (_, mut admin) = scratch().await;
    let keys = sqlx::query(
        "select i.indrelid::regclass::text as on_table, i.indexrelid::regclass::text as name, i.indisprimary as is_primary,
                c.oid is not null as is_constraint, a.attname::text as second
           from pg_index i
           join pg_attribute t on t.attrelid = i.indrelid and t.attname = 'tenant_id'
           join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[1]
           left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('p', 'u')
          where i.indisunique and i.indrelid::regclass::text in (select relname::text from pg_class where relnamespace = 'public'::regnamespace)",
    )
    .fetch_all(&mut admin)
    .await
    .expect("keys");
    let mut changes = Vec::new();
    for key in &keys {
        let (table, name, second): (String, String, String) = (key.get("on_table"), key.get("name"), key.get("second"));
        let gone = if key.get("is_constraint") {
            format!("alter table {table} drop constraint {name} cascade")
        } else {
            format!("drop index {name}")
        };
        changes.push(format!("{gone}; create unique index single on {table} ({second})"));
        if key.get("is_primary") {
            changes.push(gone);
        }
    }
    assert!(keys.len() > 14, "primary keys, unique keys and unique indexes: {}", keys.len());
    let foreign = sqlx::query(
        "select f.conrelid::regclass::text as child, f.confrelid::regclass::text as parent, f.conname::text as name, a.attname::text as column_name,
                b.attname::text as parents_column
           from pg_constraint f
           join pg_attribute t on t.attrelid = f.confrelid and t.attname = 'tenant_id'
           join pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[2]
           join pg_attribute b on b.attrelid = f.confrelid and b.attnum = f.confkey[2] where f.contype = 'f'",
    )
    .fetch_all(&mut admin)
    .await
    .expect("foreign keys");
    assert!(!foreign.is_empty());
    for key in &foreign {
        let (child, parent): (String, String) = (key.get("child"), key.get("parent"));
        let (name, column, theirs): (String, String, String) = (key.get("name"), key.get("column_name"), key.get("parents_column"));
        let single = format!(
            "create unique index single on {parent} ({theirs}); alter table {child} drop constraint {name},
             add constraint {name} foreign key ({column}) references {parent} ({theirs})"
        );
        let found = found_after(&mut admin, &single).await;
        assert!(found.iter().any(|text| text.starts_with(&format!("{name} points"))), "{single}: {found:?}");
    }
    each_is_found(&mut admin, changes).await;
}

#[tokio::test]
async fn a_role_that_is_given_more_is_found() {
    let (address, mut admin) = scratch().await;
    let database = address.database();
    let mut gifts: Vec<String> = SERVER_ROLES
        .iter()
        .flat_map(|role| {
            [
                format!("grant temp on database {database} to {role}"),
                format!("grant create on schema public to {role}"),
                format!("grant execute on function pg_catalog.set_config(text, text, boolean) to {role}"),
                format!("grant execute on function pg_catalog.lo_from_bytea(oid, bytea) to {role}"),
                format!("grant usage on language plpgsql to {role}"),
                format!("grant tc_owner to {role}"),
                format!("grant pg_read_all_data to {role}"),
                format!("alter role {role} bypassrls"),
                format!("alter role {role} superuser"),
                format!("alter role {role} createrole"),
                format!("alter role {role} createdb"),
                format!("alter role {role} replication"),
                format!("grant create on schema public to {role}; alter table messages owner to {role}"),
                format!("grant update on audit_events to {role}"),
                format!("grant update (details) on audit_events to {role}"),
                format!("grant truncate on staff to {role}"),
                format!("grant references on staff to {role}"),
                format!("grant trigger on staff to {role}"),
                format!("grant update (id) on customers to {role}"),
                format!("grant truncate on customers to {role}"),
            ]
        })
        .collect();
    // The platform deletes entries of a tenant that is purged, and whoever knows the person a person whom nobody knows.
    gifts.extend(["tc_counter", "tc_office", "tc_identity"].map(|role| format!("grant delete on audit_events to {role}")));
    gifts.extend(["tc_counter", "tc_office", "tc_platform"].map(|role| format!("grant delete on customers to {role}")));
    for role in ["tc_counter", "tc_office", "tc_platform", "tc_support"] {
        gifts.push(format!("grant select on customers to {role}"));
        gifts.push(format!("grant select (phone) on customers to {role}"));
    }
    for to_everybody in [
        &format!("grant temp on database {database} to public"),
        "grant execute on function pg_catalog.set_config(text, text, boolean) to public",
        "grant usage on language plpgsql to public",
        "grant create on schema public to public",
        "grant select on trade_accounts to public",
        "grant select (phone) on customers to public",
        "grant select on trade_accounts to tc_platform",
        "grant select (phone) on sessions to tc_platform",
        "drop policy tc_platform_purge on tenants",
        "drop policy tc_platform_purge on audit_events",
        "alter policy tc_platform_purge on tenants using (status = 'closing')",
        "alter policy tc_platform on staff using (tenant_id = current_setting('app.tenant_id')::uuid)",
        "alter policy tc_platform_floor on messages using (true)",
        "grant update (token_hash) on staff_sessions to tc_office",
        "grant update (access_id) on account_access to tc_office",
        "grant update on staff to tc_office",
        "grant delete on staff to tc_office",
        "grant insert (decided_by) on registration_requests to tc_counter",
        "grant insert on registration_requests to tc_counter",
        "grant delete on idempotency_keys to tc_counter",
        "grant insert (granted_until) on support_requests to tc_platform",
        "grant insert (status) on support_requests to tc_platform",
        "grant select on support_requests to tc_platform",
        "grant update (granted_until) on support_requests to tc_support",
        "grant select (text) on messages to tc_support",
        "grant select (customer_id) on account_access to tc_support",
        "grant select on staff to tc_support",
        "grant select on product_costs to tc_counter",
        "grant select (name) on price_lists to tc_counter",
        "grant update (price_list_id) on order_lines to tc_counter",
        "grant select (office_note) on orders to tc_counter",
        "grant update (accepted) on order_lines to tc_counter",
        "grant update (on_hand) on stock to tc_counter",
        "grant update (ordered) on order_lines to tc_office",
        "grant delete on orders to tc_office",
        "grant select on orders to tc_support",
        "grant select on prices to tc_support",
    ] {
        gifts.push(to_everybody.to_owned());
    }
    each_is_found(&mut admin, gifts).await;
}
