//! Declared tenants against the database: what is planned is done, once, and what people have decided stays.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Row};
use tradecounter::clock::Clock;
use tradecounter::db::Db;
use tradecounter::db::connect::Address;
use tradecounter::tenants::{self, Plan, declared};

use crate::companions::{Directory, Program};
use crate::declared_tenants::{CUSTOMERS, TENANT, Tenants};
use crate::house::fresh_database;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tenants")
}

/// A migrated database without a tenant.
pub struct Empty {
    pub address: Address,
    pub db: Db,
}

impl Empty {
    pub async fn new() -> Self {
        let address = fresh_database().await;
        let db = address.open(2).await.expect("the five roles are let in");
        Self { address, db }
    }

    pub async fn plan(&self, folder: &Path) -> Plan {
        let declared = declared::read(folder).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        tenants::plan(&self.db, &declared, Clock::system().now()).await.expect("a plan")
    }

    /// Applies, and makes sure that plan and deed say the same, and that afterwards nothing is left to do.
    pub async fn apply(&self, folder: &Path) -> Plan {
        let declared = declared::read(folder).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let planned = self.plan(folder).await;
        let done = tenants::apply(&self.db, &Clock::system(), &declared).await.expect("applied");
        assert_eq!(planned, done);
        assert!(self.plan(folder).await.is_empty(), "{}", self.plan(folder).await);
        done
    }

    pub async fn value<T>(&self, sql: &str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        let mut admin = self.address.as_administrator().connect().await.expect("the administrator");
        sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut admin).await.expect(sql).get(0)
    }

    pub async fn execute(&self, sql: &'static str) {
        let mut admin = self.address.as_administrator().connect().await.expect("the administrator");
        admin.execute(sql).await.expect(sql);
    }
}

/// Rows of a file but its first line.
fn rows(file: &Path) -> Vec<String> {
    std::fs::read_to_string(file).expect("a file").lines().skip(1).map(str::to_owned).collect()
}

fn distinct(rows: &[String], field: impl Fn(&str) -> String) -> i64 {
    let mut values: Vec<String> = rows.iter().map(|row| field(row)).collect();
    values.sort();
    values.dedup();
    i64::try_from(values.len()).expect("few")
}

#[tokio::test]
async fn the_repository_s_own_tenants_are_applied_whole_and_a_second_time_changes_nothing() {
    let empty = Empty::new().await;
    let plan = empty.apply(&repository()).await;
    assert!(plan.tenants.len() == 3 && plan.tenants.iter().all(|tenant| tenant.is_new), "{plan}");
    let mut all_rows = Vec::new();
    for slug in ["fromagerie", "spiceroute", "unionjack"] {
        let rows = rows(&repository().join(slug).join("customers.csv"));
        let of = |table: &str| format!("select count(*) from {table} where tenant_id = (select id from tenants where slug = '{slug}')");
        assert_eq!(empty.value::<i64>(&of("account_access")).await, i64::try_from(rows.len()).expect("few"), "{slug}");
        let accounts = distinct(&rows, |row| row.split(',').next().unwrap_or_default().to_owned());
        assert_eq!(empty.value::<i64>(&of("trade_accounts")).await, accounts, "{slug}");
        assert!(empty.value::<i64>(&of("staff")).await >= 2, "{slug}");
        all_rows.extend(rows);
    }
    // No quoted field of theirs holds a plus.
    let people = distinct(&all_rows, |row| row.split(",+").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_default().to_owned());
    assert_eq!(empty.value::<i64>("select count(*) from customers").await, people, "one person for one phone, everywhere");
    let events = "select count(*) from audit_events";
    assert_eq!(empty.value::<i64>(events).await, 3);
    let stamp = "select string_agg(updated_at::text, ' ' order by slug) from tenants";
    let before: String = empty.value(stamp).await;
    assert!(empty.apply(&repository()).await.is_empty());
    assert_eq!((empty.value::<i64>(events).await, empty.value::<String>(stamp).await), (3, before), "nothing was written");
    let told = "select string_agg(concat_ws(' ', action, details->>'subdomain', actor_name), ', ' order by details->>'subdomain') from operator_events";
    let created = ["fromagerie", "spiceroute", "unionjack"].map(|slug| format!("tenant.created {slug} the command line"));
    assert_eq!(empty.value::<String>(told).await, created.join(", "), "the platform's own log has them as well");
}

#[tokio::test]
async fn what_differs_is_a_line_of_the_plan_and_is_applied() {
    let (empty, files) = (Empty::new().await, Tenants::with_acme());
    empty.apply(&files.0).await;
    let tenant = TENANT
        .replace("#1E3A8A", "#14532d")
        .replace("Acme Gifts", "Acme Gifts & Cards")
        .replace("trade@acme.example", "hello@acme.example")
        .replace("Kit Marlowe", "Christopher Marlowe")
        .replace("[\"GB\", \"IE\"]", "[\"GB\", \"FR\"]");
    files.write("acme/tenant.toml", tenant);
    files.write(
        "acme/customers.csv",
        CUSTOMERS.replace("Dijon,FR", "Beaune,FR").replace(
            "A-1,Corner Shop,Bea King,+447400123465,buyer,Leeds,GB",
            "A-2,\"Plum, Pear & Co\",Bea Queen,+447400123465,owner,Beaune,FR",
        ) + "A-3,New Shop,Di New,+447400123999,owner,York,GB\n",
    );
    let said = empty.apply(&files.0).await.to_string();
    for line in [
        "~ tenant acme",
        "  ~ business_name Acme Gifts → Acme Gifts & Cards",
        "  ~ brand_colour #1e3a8a → #14532d",
        "  ~ sms_countries GB IE → GB FR",
        "  ~ contact email trade@acme.example → hello@acme.example",
        "  ~ staff picker@acme.example name Kit Marlowe → Christopher Marlowe",
        "  + 1 trade account",
        "  ~ account A-2 town Dijon → Beaune",
        "  + 1 customer",
    ] {
        assert!(said.lines().any(|said| said == line), "{line:?} in\n{said}");
    }
    assert!(said.contains(" account A-1 → A-2\n") && said.contains(" contact_name Bea King → Bea Queen\n"), "{said}");
    assert!(!said.contains("7400123465"), "no whole number is printed: {said}");
    let row: String = empty.value("select business_name || brand_colour || contact_email from tenants").await;
    assert_eq!(row, "Acme Gifts & Cards#14532dhello@acme.example");
    let told = "select action || ' ' || (details->>'settings_changed') from operator_events order by position desc limit 1";
    assert_eq!(empty.value::<String>(told).await, "tenant.applied 4");
    let moved = "select account_number || contact_name || role from account_access join trade_accounts using (tenant_id, account_id)
                  where phone = '+447400123465'";
    assert_eq!(empty.value::<String>(moved).await, "A-2Bea Queenowner");
}

#[tokio::test]
async fn what_people_have_decided_stays() {
    let (empty, files) = (Empty::new().await, Tenants::with_acme());
    empty.apply(&files.0).await;
    empty.execute("update account_access set status = 'suspended' where phone = '+447400123456'").await;
    empty.execute("update staff set removed_at = now() where email = 'picker@acme.example'").await;
    empty
        .execute(
            "insert into staff (tenant_id, staff_id, email, name, role, created_at)
             select id, gen_random_uuid(), 'invited@acme.example', 'Ivy', 'sales', now() from tenants",
        )
        .await;
    assert!(empty.plan(&files.0).await.is_empty(), "{}", empty.plan(&files.0).await);
    files.write("acme/customers.csv", CUSTOMERS.replace("Ada King", "Ada Lovelace"));
    empty.apply(&files.0).await;
    let ada = "select contact_name || ' ' || status from account_access where phone = '+447400123456'";
    assert_eq!(empty.value::<String>(ada).await, "Ada Lovelace suspended");
    let staff = "select string_agg(email, ' ' order by email) from staff where removed_at is null";
    assert_eq!(empty.value::<String>(staff).await, "invited@acme.example owner@acme.example");
    // A row that is no longer declared is nobody's order to shut somebody out.
    files.write("acme/customers.csv", CUSTOMERS.lines().next().expect("a first line").to_owned() + "\n");
    assert!(empty.apply(&files.0).await.is_empty());
    assert_eq!(empty.value::<i64>("select count(*) from account_access").await, 3);
}

#[tokio::test]
async fn what_the_office_has_set_stays_until_the_folder_changes() {
    let (empty, files) = (Empty::new().await, Tenants::with_acme());
    empty.apply(&files.0).await;
    empty.execute("update tenants set business_name = 'Acme & Daughters', opening_text = 'Closed in August.'").await;
    empty.execute("update staff set role = 'manager' where email = 'picker@acme.example'").await;
    assert!(empty.apply(&files.0).await.is_empty(), "nobody has written in the folder");
    let names = "select business_name || ' ' || opening_text || ' ' || (select role from staff where email like 'picker@%') from tenants";
    assert_eq!(empty.value::<String>(names).await, "Acme & Daughters Closed in August. manager");
    files.write("acme/tenant.toml", TENANT.replace("Gifts for shops.", "Gifts and cards for shops."));
    let said = empty.apply(&files.0).await.to_string();
    assert!(said.contains("~ business_name Acme & Daughters → Acme Gifts"), "{said}");
    assert_eq!(empty.value::<String>(names).await, "Acme Gifts Gifts and cards for shops. picker");
}

#[tokio::test]
async fn a_folder_whose_tenant_is_going_or_gone_is_left_alone() {
    let (empty, files) = (Empty::new().await, Tenants::with_acme());
    empty.apply(&files.0).await;
    empty.execute("update tenants set status = 'closing', before_closing = 'active', status_changed_at = now()").await;
    files.write("acme/customers.csv", CUSTOMERS.replace("Ada King", "Ada Byron"));
    files.write("bravo/tenant.toml", TENANT.replace("logo = \"logo.svg\"\n", ""));
    files.write("bravo/customers.csv", CUSTOMERS);
    empty
        .execute(
            "insert into retired_names (slug, tenant, retired_at, free_at)
             select 'bravo', id, now(), now() + interval '1 day' from tenants",
        )
        .await;
    let declared = declared::read(&files.0).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let done = tenants::apply(&empty.db, &Clock::system(), &declared).await.expect("applied").to_string();
    assert_eq!(done, empty.plan(&files.0).await.to_string());
    assert_eq!(done.lines().filter(|line| line.starts_with("= tenant ")).count(), 2, "{done}");
    assert_eq!(empty.value::<i64>("select count(*) from tenants").await, 1);
}

#[tokio::test]
async fn a_person_whom_another_tenant_knows_is_the_same_person() {
    let (empty, files) = (Empty::new().await, Tenants::with_acme());
    empty.apply(&files.0).await;
    let person = "select customer_id::text from account_access where phone = '+447400123456' order by created_at desc limit 1";
    let before: String = empty.value(person).await;
    files.write("bravo/tenant.toml", TENANT.replace("acme.example", "bravo.example").replace("logo = \"logo.svg\"\n", ""));
    files.write("bravo/customers.csv", CUSTOMERS.replace("A-", "B-"));
    let said = empty.apply(&files.0).await.to_string();
    assert!(said.starts_with("+ tenant bravo\n"), "{said}");
    assert_eq!(empty.value::<String>(person).await, before);
    assert_eq!(empty.value::<i64>("select count(*) from customers").await, 3);
    assert_eq!(empty.value::<i64>("select count(*) from account_access").await, 6);
}

/// What a command answers: its status, what it printed, what it complained of.
async fn command(address: &Address, directory: &Directory, verb: &str, folder: &Path) -> (Option<i32>, String, String) {
    let socket = std::env::var("TRADECOUNTER_TEST_SOCKET").expect("a cluster");
    let url = format!("postgres:///{}?host={socket}&user=postgres", address.database());
    let mut command = Program::tradecounter(&["tenant", verb]);
    command.arg(folder).env("DATABASE_URL", url);
    let mut program = Program::start(&mut command, &directory.0, verb);
    let status = program.ended(Duration::from_secs(30)).await;
    (status.code(), program.said(), program.complained())
}

#[tokio::test]
async fn the_commands_plan_and_apply_and_say_so() {
    let (empty, files, directory) = (Empty::new().await, Tenants::with_acme(), Directory::new("tenant-command"));
    let new = "+ tenant acme\n  + staff owner@acme.example\n  + staff picker@acme.example\n  + 2 trade accounts\n  + 3 customers\n";
    let nothing = "Nothing to change: everything is as declared.\n";
    let run = async |verb: &str| command(&empty.address, &directory, verb, &files.0).await;
    assert_eq!(run("plan").await, (Some(0), new.to_owned(), String::new()));
    assert_eq!(empty.value::<i64>("select count(*) from tenants").await, 0, "a plan writes nothing");
    assert_eq!(run("apply").await, (Some(0), new.to_owned(), String::new()));
    assert_eq!(run("apply").await, (Some(0), nothing.to_owned(), String::new()));
    assert_eq!(run("plan").await, (Some(0), nothing.to_owned(), String::new()));

    files.write("acme/customers.csv", CUSTOMERS.replace("buyer", "boss").replace("Ada King", "Ada Byron"));
    let mistake = format!("{}/acme/customers.csv:3:5: the role is owner or buyer\n", files.0.display());
    assert_eq!(run("plan").await, (Some(1), String::new(), mistake.clone()));
    assert_eq!(run("apply").await, (Some(1), String::new(), mistake));
    let ada: String = empty.value("select contact_name from account_access where phone = '+447400123456'").await;
    assert_eq!(ada, "Ada King", "with a mistake in the files nothing is written, not even what is right");
    let (status, _, complaint) = command(&empty.address, &directory, "plan", &files.0.join("nowhere")).await;
    assert!(status == Some(1) && complaint.contains("nowhere: cannot be read"), "{complaint}");
}

#[tokio::test]
async fn a_data_directory_that_is_named_is_the_one_that_is_written_to() {
    let (empty, files, directory) = (Empty::new().await, Tenants::with_acme(), Directory::new("tenant-data-dir"));
    let socket = std::env::var("TRADECOUNTER_TEST_SOCKET").expect("a cluster");
    let mut command = Program::tradecounter(&["tenant", "apply"]);
    command.arg(&files.0).arg("--data-dir").arg(directory.join("data"));
    command.env("DATABASE_URL", format!("postgres:///{}?host={socket}&user=postgres", empty.address.database()));
    let mut program = Program::start(&mut command, &directory.0, "apply");
    let status = program.ended(Duration::from_secs(90)).await;
    assert!(status.success() && program.said().contains("+ tenant acme"), "{} {}", program.said(), program.complained());
    assert!(directory.join("data/postgres").exists());
    assert_eq!(empty.value::<i64>("select count(*) from tenants").await, 0, "not to the server that the environment names");
    let mut both = Program::tradecounter(&["tenant", "plan"]);
    both.arg(&files.0).arg("--data-dir").arg(directory.join("data")).args(["--config", "config/production.example.toml"]);
    let mut program = Program::start(&mut both, &directory.0, "both");
    let status = program.ended(Duration::from_secs(90)).await;
    assert!(!status.success() && program.complained().contains("cannot be used with"), "{}", program.complained());
}
