//! A thousand declared tenants: quickly, interrupted twice, and gone on with.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, Connection, PgConnection, Row};
use tradecounter::db::connect::Address;

use crate::companions::{Directory, Program, signal};
use crate::declared_tenants::TENANT;
use crate::house::fresh_database;

const ALL: i64 = 1_000;
/// Far more than it takes, even where two processors do everything at once.
const WITHIN: Duration = Duration::from_secs(90);

/// Folders of so many wholesalers, each with three customers; every second customer of one is one of the next as well.
fn declare(directory: &Path) {
    for number in 0..ALL {
        let folder = directory.join(format!("w{number:04}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        let tenant = TENANT.replace("acme.example", &format!("w{number}.example")).replace("logo = \"logo.svg\"\n", "");
        std::fs::write(folder.join("tenant.toml"), tenant).expect("a file");
        let mut customers = "account_number,business_name,contact_name,phone,role,town,country\n".to_owned();
        for row in 0..3 {
            customers += &format!("A-{row},Shop {row},Ada King,+4474{:08},owner,Leeds,GB\n", 2 * number + row);
        }
        std::fs::write(folder.join("customers.csv"), customers).expect("a file");
    }
}

async fn count(db: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query(sql).fetch_one(db).await.expect(sql).get(0)
}

fn apply(address: &Address, directory: &Directory, name: &str) -> Program {
    let socket = std::env::var("TRADECOUNTER_TEST_SOCKET").expect("a cluster");
    let mut command = Program::tradecounter(&["tenant", "apply"]);
    command.arg(directory.join("declared")).env("DATABASE_URL", format!("postgres:///{}?host={socket}&user=postgres", address.database()));
    Program::start(&mut command, &directory.0, name)
}

/// Starts to apply, and waits until so many tenants are there.
async fn apply_until(address: &Address, directory: &Directory, name: &str, tenants: i64) -> Program {
    let mut db = address.as_administrator().connect().await.expect("the administrator");
    let program = apply(address, directory, name);
    let give_up = Instant::now() + WITHIN;
    while count(&mut db, "select count(*) from tenants").await < tenants {
        assert!(Instant::now() < give_up, "{}", program.complained());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    db.close().await.expect("closed");
    program
}

#[tokio::test]
async fn a_thousand_tenants_are_applied_however_often_it_is_interrupted() {
    let (address, directory) = (fresh_database().await, Directory::new("bulk"));
    declare(&directory.join("declared"));
    let mut db = address.as_administrator().connect().await.expect("the administrator");

    let mut interrupted = apply_until(&address, &directory, "interrupted", 100).await;
    signal(interrupted.pid(), "INT");
    let status = interrupted.ended(WITHIN).await;
    let there = count(&mut db, "select count(*) from tenants").await;
    assert_eq!(status.code(), Some(130), "{}", interrupted.complained());
    assert_eq!(interrupted.complained(), format!("Stopped after {there} of 1000. Apply again: it goes on from here.\n"));
    let whole = "select count(*) from tenants t
                  where declared_hash is not null and (select count(*) from staff s where s.tenant_id = t.id) = 2
                    and (select count(*) from account_access a where a.tenant_id = t.id) = 3";
    assert_eq!(count(&mut db, whole).await, there, "what was begun is whole");

    let mut killed = apply_until(&address, &directory, "killed", there + 50).await;
    killed.kill();

    let (before, started) = (count(&mut db, whole).await, Instant::now());
    let mut last = apply(&address, &directory, "last");
    let status = last.ended(WITHIN).await;
    assert!(status.success(), "{}", last.complained());
    let made = ALL - before;
    println!("{made} tenants in {:?}", started.elapsed());
    assert_eq!(count(&mut db, whole).await, ALL);
    assert_eq!(count(&mut db, "select count(*) from customers").await, 2 * ALL + 1, "one person for one phone");

    let started = Instant::now();
    let mut again = apply(&address, &directory, "again");
    assert!(again.ended(WITHIN).await.success() && again.said().starts_with("Nothing to change"), "{}", again.said());
    println!("and nothing to do in {:?}", started.elapsed());
}
