//! Migrating, on a PostgreSQL that has never seen us: several at once, and what is said about it.

use ::secrecy::ExposeSecret;
use sqlx::{ConnectOptions, Executor};
use tradecounter::audit::chain::{self, Chain};
use tradecounter::db::cluster::Cluster;
use tradecounter::db::connect::{Address, OWNER_ROLE, SERVER_ROLES};
use tradecounter::db::{guard, migrate};

use crate::companions::Directory;
use crate::secrecy;

/// A server of its own, as its roles belong to the whole of it.
async fn unused_server(directory: &Directory) -> (Cluster, Address) {
    let data_dir = directory.join("data");
    let started = tokio::task::spawn_blocking(move || Cluster::start_for_tests(&data_dir)).await.expect("no panic");
    let cluster = started.expect("a server");
    let url = format!("postgres:///tradecounter?host={}&user=postgres", cluster.socket_dir().display());
    let address = Address::of_url(&url, Some("the secret of the roles".to_owned().into())).expect("an address");
    (cluster, address)
}

#[tokio::test]
async fn several_may_migrate_at_once_and_nothing_of_it_is_in_the_log() {
    secrecy::keep_the_log();
    let directory = Directory::new("migrations");
    let (mut cluster, address) = unused_server(&directory).await;
    for done in futures_util::future::join_all((0..4).map(|_| migrate::migrate(&address))).await {
        done.expect("migrated");
    }
    guard::insist(&address).await.expect("nothing to find");

    let mut admin = address.as_administrator().connect().await.expect("the administrator");
    for gift in ["superuser", "bypassrls", "createrole", "createdb", "replication"] {
        for role in SERVER_ROLES {
            admin.execute(sqlx::AssertSqlSafe(format!("alter role {role} {gift}"))).await.expect("a gift");
        }
        assert!(guard::insist(&address).await.is_err(), "{gift}");
        migrate::migrate(&address).await.expect("migrated");
        guard::insist(&address).await.unwrap_or_else(|error| panic!("{gift} was taken back: {error:#}"));
    }

    // The log keeps what sqlx says of every statement, unless the connection says that it should not.
    let log = secrecy::log();
    for role in SERVER_ROLES.into_iter().chain([OWNER_ROLE]) {
        let secret = address.role_secret(role).expect("a secret");
        assert!(!log.contains(secret.expose_secret()), "the secret of {role} is in the log");
    }
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("alter role") || line.contains("WARN")).collect();
    assert_eq!(lines, [""; 0]);
    tokio::task::spawn_blocking(move || cluster.stop()).await.expect("no panic").expect("stopped");
}

#[tokio::test]
async fn entries_from_before_the_chain_are_chained_and_lose_what_is_a_customers() {
    let directory = Directory::new("migrations-chain");
    let (mut cluster, address) = unused_server(&directory).await;
    migrate::migrate(&address).await.expect("migrated");
    let mut admin = address.as_administrator().connect().await.expect("the administrator");
    admin.execute(BACK_BEFORE_THE_CHAIN).await.expect("as it was, with entries");
    migrate::migrate(&address).await.expect("migrated again");
    guard::insist(&address).await.expect("nothing to find");
    let told: Vec<String> = sqlx::query_scalar(
        "select concat_ws(' ', e.position, e.actor_name, e.action, e.details, (e.hash = audit_hash(e))::text,
                          (e.previous_hash = coalesce(lag(e.hash) over (partition by tenant_id order by position), ''))::text)
           from audit_events e join tenants t on t.id = e.tenant_id order by t.slug, e.position",
    )
    .fetch_all(&mut admin)
    .await
    .expect("entries");
    let wanted = [
        "1  registration_request.made {} true true",
        "2 Olive registration_request.rejected {} true true",
        "3 Olive account_access.suspended {\"reason\": \"Unpaid\"} true true",
        "1 Olive settings.changed {} true true",
    ];
    assert_eq!(told, wanted);
    let db = address.open(2).await.expect("the four roles are let in");
    let found = chain::verify(&db, Chain::Platform, &[]).await.expect("read");
    assert_eq!((found.entries, found.fault), (2, None));
    db.close().await;
    drop(admin);
    tokio::task::spawn_blocking(move || cluster.stop()).await.expect("no panic").expect("stopped");
}

/// Takes the chain away again, and writes what the version before would have written.
const BACK_BEFORE_THE_CHAIN: &str = "
  revoke select (tenant_id, position, hash) on audit_events from tc_counter, tc_platform;
  drop trigger audit_events_chained on audit_events;
  drop trigger operator_events_chained on operator_events;
  drop function audit_hash(audit_events), audit_hash(operator_events);
  alter table audit_events drop column position, drop column previous_hash, drop column hash;
  alter table operator_events drop column position, drop column previous_hash, drop column hash;
  alter table audit_events add constraint audit_events_tenant_id_fkey foreign key (tenant_id) references tenants (id);
  delete from _sqlx_migrations where version = 10;
  insert into tenants (id, slug, business_name, country, currency, time_zone, brand_colour, sms_countries, created_at, updated_at)
  select gen_random_uuid(), slug, slug, 'GB', 'GBP', 'Europe/London', '#14532d', '{GB}', now(), now() from (values ('acme'), ('bravo')) v (slug);
  insert into audit_events (tenant_id, event_id, at, actor_kind, actor_name, action, subject_kind, subject_id, details)
  select t.id, gen_random_uuid(), now() + after * interval '1 second', kind, name, action, 'thing', gen_random_uuid(), details::jsonb
    from tenants t join (values
      ('acme', 2, 'staff', 'Olive', 'registration_request.rejected', '{\"reason\": \"Too far\", \"business_name\": \"Deli\"}'),
      ('acme', 1, 'customer', '+44 •••• 3004', 'registration_request.made', '{\"business_name\": \"Deli\"}'),
      ('bravo', 1, 'staff', 'Olive', 'settings.changed', '{}'),
      ('acme', 3, 'staff', 'Olive', 'account_access.suspended', '{\"reason\": \"Unpaid\"}')
    ) v (slug, after, kind, name, action, details) on v.slug = t.slug;
  insert into operator_events (id, at, actor_kind, actor_name, action, subject_id)
  select gen_random_uuid(), now(), 'system', 'x', 'token.made', gen_random_uuid() from generate_series(1, 2);";
