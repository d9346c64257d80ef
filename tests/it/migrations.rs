//! Migrating, on a PostgreSQL that has never seen us: several at once, and what is said about it.

use ::secrecy::ExposeSecret;
use sqlx::{ConnectOptions, Executor};
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
