//! Everything of a wholesaler in one file: what is in it and what is not, whom it is for, and that it brings the
//! wholesaler back just as it was. What is not brought back is in `archives/refusals.rs`.

mod refusals;

use std::fs::File;
use std::io::{Cursor, Read, Seek, Write};
use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Row};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tradecounter::archives::{self, Imported, Refusal};
use tradecounter::values::Slug;
use zip::ZipArchive;

use crate::companions::{Directory, Program};
use crate::furniture::furnish;
use crate::house::{ADA, BEN, Browser, CAT, DAN, House};
use crate::lifecycle::{id, operator};

/// What may be in a row: what CSV, JSON and spreadsheets each have their own way with.
const ODD: &str = "
  update trade_accounts set business_name = '=HYPERLINK(\"http://x\",\"é,\n\t“Deli” \\ '')' where account_number = 'A-1';
  update trade_accounts set town = E'+1\\r\\n', created_at = '2020-02-29 23:59:59.100001+00' where account_number = 'A-1';
  update tenants set logo = '\\x89504e470d0a1a0a00ff', logo_type = 'image/png', opening_text = 'Crème', second_colour = '#112233'
   where slug = 'acme';
  update staff set removed_at = '1999-12-31 23:59:59.999999+00' where role = 'picker';
  insert into audit_events (tenant_id, event_id, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, details)
  select id, gen_random_uuid(), now(), 'staff', id, 'A', 'odd', 'tenant', id,
         '{\"z\": 1.10, \"a\": [null, true, 12345678901234567890.123], \"é\\\\u0007\": {}}' from tenants where slug = 'acme';";

fn slug(name: &str) -> Slug {
    Slug::parse(name).expect("a name")
}

/// A file that is read from its beginning.
pub fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("room");
    file.rewind().expect("a beginning");
    file
}

/// The archive of a tenant, as the command line makes it.
pub async fn exported(house: &House, name: &str) -> Vec<u8> {
    let made = archives::export(house.app.house.db(), &slug(name), &house.clock).await;
    let mut archive = made.expect("an archive").expect("a tenant");
    let mut bytes = Vec::new();
    archive.file.read_to_end(&mut bytes).expect("a file");
    assert_eq!(archive.bytes, bytes.len() as u64);
    bytes
}

pub async fn imported(house: &House, archive: &[u8], name: Option<&str>) -> Result<Imported, Refusal> {
    let name = name.map(slug);
    archives::import(house.app.house.db(), file_of(archive), name.as_ref(), house.clock.now()).await
}

/// Its files, by name.
pub fn unpacked(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(Cursor::new(archive)).expect("a zip");
    let files = (0..zip.len()).map(|at| {
        let mut file = zip.by_index(at).expect("a file");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("its bytes");
        (file.name().expect("a name").into_owned(), bytes)
    });
    files.collect()
}

pub fn text_of(archive: &[u8], name: &str) -> String {
    let found = unpacked(archive).into_iter().find(|(file, _)| file == name).unwrap_or_else(|| panic!("no {name}"));
    String::from_utf8(found.1).expect("a text")
}

/// A house whose tenants have one of everything, and acme odd things as well.
pub async fn furnished() -> House {
    let house = House::open().await;
    furnish(&house).await;
    house.change(ODD).await;
    house
}

#[tokio::test]
async fn what_is_taken_along_comes_back_the_same_in_an_empty_installation_and_works_there() {
    let first = furnished().await;
    let owner = first.staff("acme", "owner").await;
    tradecounter::tenants::lifecycle::suspend(&first.app.house, id(&first, "acme").await, "Unpaid", operator()).await.expect("suspended");
    let before: i64 = first.value("select count(*) from audit_events where action <> 'tenant.exported'").await;
    let answer = owner.form("/office/export", &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/zip");
    assert_eq!(answer.header("content-length"), answer.bytes.len().to_string());
    let name = answer.header("content-disposition");
    assert!(name.starts_with("attachment; filename=\"acme-20") && name.ends_with(".zip\""), "{name}");
    let by_api = owner.send(Method::POST, "/api/v1/office/export", &[], None).await;
    assert_eq!(by_api.header("content-disposition").len(), name.len());
    assert_eq!(by_api.header("content-length"), by_api.bytes.len().to_string());
    let written =
        "select string_agg(actor_name || ' ' || (details->>'rows'), ', ' order by at) from audit_events where action = 'tenant.exported'";
    let rows: i64 =
        first.value("select (details->>'rows')::bigint from audit_events where action = 'tenant.exported' order by at limit 1").await;
    assert_eq!(
        first.value::<String>(written).await,
        format!("owner of acme {rows}, owner of acme {}", rows + 1),
        "with what was written of the first"
    );

    let second = House::empty().await;
    let done = imported(&second, &answer.bytes, None).await.expect("it comes back");
    assert_eq!((done.subdomain.as_str(), i64::try_from(done.rows)), ("acme", Ok(rows)));
    assert!(exported(&second, "acme").await == answer.bytes, "byte for byte");
    assert_eq!(
        second.value::<i64>("select count(*) from audit_events where action <> 'tenant.exported'").await,
        before - 2,
        "without bravo's"
    );
    assert_eq!(second.value::<String>("select action || ' ' || actor_name from operator_events").await, "tenant.imported the command line");
    assert_eq!(second.value::<String>("select status from tenants").await, "active", "what state it is in is said where it is");
    assert_eq!(second.value::<i64>("select count(*) from sessions").await, 0);
    let known = "select bool_and(last_proven_at in (select created_at from account_access where phone = c.phone)) and count(*) = 2 from customers c";
    assert!(second.value::<bool>(known).await, "nobody has proven a number here");

    let (owner, ada) = (second.staff("acme", "owner").await, second.customer("acme", ADA).await);
    assert_eq!(owner.get("/api/v1/office/customers").await.value()["items"].as_array().map(Vec::len), Some(2));
    assert!(ada.get("/api/v1/me").await.text.contains("A-1"));
    assert_eq!(second.browser("acme").get("/logos/acme").await.bytes, b"\x89PNG\r\n\x1a\n\x00\xff");
    let removed = second.browser("acme").post("/api/v1/office/codes", json!({ "email": "picker@acme.example" })).await;
    assert_eq!(removed.status, StatusCode::ACCEPTED);
    second.run_jobs().await;
    assert!(second.sent_to("picker@acme.example").is_empty(), "who was removed stays so");
}

#[tokio::test]
async fn what_was_said_to_a_person_and_about_them_is_theirs_where_it_is_brought_back_as_well() {
    let first = House::open().await;
    let dan = first.customer("acme", DAN).await;
    let asked = json!({ "business_name": "Deli", "contact_name": "Dan Drew", "message": "Ring me" });
    let request = dan.post("/api/v1/registration-requests", asked).await.value()["id"].as_str().expect("an id").to_owned();
    let owner = first.staff("acme", "owner").await;
    let approval = owner.post(&format!("/api/v1/office/registration-requests/{request}/approval"), json!({})).await;
    assert_eq!(approval.status, StatusCode::OK, "{approval:?}");
    first.run_jobs().await;
    // Told by text at the number they had, they come under another one since; the old one is somebody else's, who buys here too.
    let new = "+447400123050";
    let changed = crate::number_changes::change(&first, &dan, DAN, new).await;
    assert_eq!(changed.status, StatusCode::CREATED, "{changed:?}");
    first.run_jobs().await;
    crate::house::let_in(&mut first.admin().await, first.tenant("acme").await, "A-8", DAN).await;
    let archive = exported(&first, "acme").await;

    let second = House::empty().await;
    imported(&second, &archive, None).await.expect("it comes back");
    assert!(exported(&second, "acme").await == archive, "byte for byte");
    let stranger = second.customer("acme", DAN).await.get("/api/v1/my-data").await.value();
    assert_eq!(stranger["wholesalers"][0]["messages"], json!([]), "what was said to who had the number before: {stranger}");
    let dan = second.customer("acme", new).await;
    let data = dan.get("/api/v1/my-data").await.value();
    assert_eq!(data["wholesalers"][0]["messages"].as_array().map(Vec::len), Some(2), "approved, and told of the change: {data}");
    crate::my_data::erase(&second, &dan, new).await;
    second.run_jobs().await;
    for word in ["Dan Drew", "Ring me"] {
        let left: i64 = second.value(&format!("select count(*) from messages where strpos(text, '{word}') > 0")).await;
        assert_eq!(left, 0, "{word} stands in a letter still");
    }
}

#[tokio::test]
async fn whoever_is_known_where_it_is_brought_back_is_the_same_person() {
    let (first, second) = (House::open().await, House::open().await);
    let before: String = second.value("select string_agg(c::text, ' ' order by phone) from customers c").await;
    imported(&second, &exported(&first, "acme").await, Some("acme-two")).await.expect("it comes back");
    assert_eq!(second.value::<String>("select string_agg(c::text, ' ' order by phone) from customers c").await, before);
    let cat = second.customer("bravo", CAT).await;
    let there = cat.get("/api/v1/wholesalers").await.value();
    let names: Vec<&Value> = there["items"].as_array().expect("items").iter().map(|item| &item["business_name"]).collect();
    assert_eq!(names, ["Acme Wholesale", "Acme Wholesale", "Bravo Wholesale"], "{there}");
}

#[tokio::test]
async fn it_holds_what_is_the_wholesalers_and_nothing_that_opens_anything_or_is_of_others() {
    let house = furnished().await;
    house.staff("acme", "owner").await;
    house.customer("acme", CAT).await;
    let archive = exported(&house, "acme").await;
    let all: Vec<u8> = unpacked(&archive).into_iter().flat_map(|(_, bytes)| bytes).collect();
    let all = String::from_utf8_lossy(&all);
    for what in [
        "select id::text from customers",
        "select encode(token_hash, 'hex') from sessions union all select encode(token_hash, 'hex') from staff_sessions",
        "select session_id::text from sessions union all select session_id::text from staff_sessions",
        "select id::text from challenges",
        "select id::text from tenants where slug = 'bravo'",
        "select staff_id::text from staff where email like '%bravo%'",
        "select account_id::text from trade_accounts where account_number like 'B%'",
    ] {
        let secrets = sqlx::query(AssertSqlSafe(what)).fetch_all(&mut house.admin().await).await.expect(what);
        assert!(!secrets.is_empty(), "{what}");
        for secret in secrets {
            assert!(!all.contains(&secret.get::<String, _>(0)), "{what}");
        }
    }
    assert!(!all.contains(BEN) && all.contains(ADA));
    let csv = text_of(&archive, "trade_accounts.csv");
    assert!(
        csv.starts_with(
            "\u{feff}account_id,account_number,business_name,town,country,created_at,price_list_id,route,order_news,order_email,\
             news_ended_at,news_ended_why\r\n"
        ),
        "{csv}"
    );
    assert!(csv.contains("\"'=HYPERLINK(\"\"http://x\"\",\"\"é,\n\t“Deli” \\ ')\"") && csv.contains("\"'+1\r\n\""), "{csv}");
    let rows: Value = serde_json::from_str(&text_of(&archive, "trade_accounts.json")).expect("JSON");
    assert!(rows.to_string().contains("\"=HYPERLINK"), "the exact one has it as it is: {rows}");
    let manifest: Value = serde_json::from_str(&text_of(&archive, "manifest.json")).expect("JSON");
    // A column that is new stands here, or it is not taken along.
    let columns: Vec<String> =
        manifest["tables"].as_array().expect("tables").iter().map(|table| format!("{}: {}", table["name"], table["columns"])).collect();
    insta::assert_snapshot!("tables", columns.join("\n").replace('"', ""));
    assert_eq!(text_of(&archive, "tenants.json").lines().count(), 3, "an array, each row on a line");
}

#[tokio::test]
async fn what_is_written_meanwhile_is_in_it_whole_or_not_at_all() {
    let (house, second) = (furnished().await, House::empty().await);
    let acme = house.tenant("acme").await;
    let mut admin = house.admin().await;
    let mut writing = admin.begin().await.expect("a transaction");
    // The accounts are read before who may buy for them: the export waits between the two.
    sqlx::query("lock table account_access").execute(&mut *writing).await.expect("a lock");
    let db = house.app.house.db().clone();
    let clock = house.clock.clone();
    let export = tokio::spawn(async move { archives::export(&db, &slug("acme"), &clock).await });
    let waiting = "select exists (select from pg_locks where not granted and relation = 'account_access'::regclass)";
    let give_up = Instant::now() + Duration::from_secs(20);
    while !house.value::<bool>(waiting).await {
        assert!(Instant::now() < give_up && !export.is_finished(), "the export does not wait");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    crate::house::let_in(&mut writing, acme, "A-9", "+447400123009").await;
    writing.commit().await.expect("written");
    let mut archive = export.await.expect("no panic").expect("an archive").expect("a tenant");
    let mut bytes = Vec::new();
    archive.file.read_to_end(&mut bytes).expect("a file");
    assert!(!text_of(&bytes, "account_access.json").contains("400123009"), "it was not there yet");
    imported(&second, &bytes, None).await.expect("one moment, in which all fits together");
    drop(archive);
    assert!(text_of(&exported(&house, "acme").await, "account_access.json").contains("400123009"));
}

#[tokio::test]
async fn packing_may_take_longer_than_any_other_answer_and_not_for_ever() {
    for (patience, status) in [(20, StatusCode::OK), (1, StatusCode::SERVICE_UNAVAILABLE)] {
        let house = House::open_with(|config| {
            (config.http.request_timeout_seconds, config.http.export_timeout_seconds) = (1, patience);
        })
        .await;
        let owner = house.staff("acme", "owner").await;
        let mut holder = house.admin().await;
        sqlx::raw_sql("begin; lock table account_access in access exclusive mode").execute(&mut holder).await.expect("a lock");
        let export = owner.form("/office/export", &[]);
        let other = async {
            let late = owner.get("/api/v1/office/customers").await;
            assert_eq!(late.status, StatusCode::SERVICE_UNAVAILABLE, "{late:?}");
            tokio::time::sleep(Duration::from_millis(500)).await;
            sqlx::raw_sql("rollback").execute(&mut holder).await.expect("the lock is given back");
        };
        let (export, ()) = tokio::join!(export, other);
        assert_eq!(export.status, status, "{patience} s");
        let written: i64 = house.value("select count(*) from audit_events where action = 'tenant.exported'").await;
        assert_eq!(written, i64::from(status == StatusCode::OK));
        assert_eq!(owner.form("/office/export", &[]).await.status, StatusCode::OK, "its turn is over");
    }
}

/// A house where a connection is idle for so long at most, whose acme has more than fits between two sockets.
async fn large(idle_timeout_seconds: u64) -> House {
    let house = House::open_with(|config| config.http.idle_timeout_seconds = idle_timeout_seconds).await;
    // It cannot be packed by much.
    house
        .change(
            "insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at)
             select t.id, gen_random_uuid(), 'email', 'x@example.com',
                    (select string_agg(md5(random()::text || n || m), '') from generate_series(1, 3000) m), 'sent', now()
               from tenants t, generate_series(1, 120) n where t.slug = 'acme'",
        )
        .await;
    house
}

/// Asks for the archive by a line that takes little at a time.
async fn ask_slowly(house: &House, owner: &Browser) -> TcpStream {
    let cookie = owner.cookie("__Host-office").expect("a session");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(16 * 1024).expect("a small buffer");
    let mut line = socket.connect(house.at).await.expect("a connection");
    let head = format!("Host: {}\r\nCookie: __Host-office={cookie}\r\nContent-Length: 0\r\nConnection: close", owner.host);
    line.write_all(format!("POST /api/v1/office/export HTTP/1.1\r\n{head}\r\n\r\n").as_bytes()).await.expect("asked");
    line
}

#[tokio::test]
async fn a_wholesaler_has_one_archive_at_a_time_and_whoever_stops_fetching_loses_it() {
    let house = large(1).await;
    let (owner, other) = (house.staff("acme", "owner").await, house.staff("bravo", "owner").await);
    let mut line = ask_slowly(&house, &owner).await;
    let mut beginning = [0; 4096];
    let length = line.read(&mut beginning).await.expect("an answer");
    let beginning = String::from_utf8_lossy(&beginning[..length]).into_owned();
    assert!(beginning.starts_with("HTTP/1.1 200 OK"), "{beginning}");
    let refused = owner.send(Method::POST, "/api/v1/office/export", &[], None).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    let page = owner.form("/office/export", &[]).await;
    assert!(page.status == StatusCode::CONFLICT && page.text.contains("An archive is on its way already"), "{page:?}");
    assert_eq!(other.form("/office/export", &[]).await.status, StatusCode::OK, "others are not kept waiting");
    let idle = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'";
    assert_eq!(house.value::<i64>(idle).await, 0, "who reads slowly holds no transaction");
    let give_up = Instant::now() + Duration::from_secs(30);
    while owner.send(Method::POST, "/api/v1/office/export", &[], None).await.status != StatusCode::OK {
        assert!(Instant::now() < give_up, "its turn is never over");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn whoever_goes_on_fetching_gets_all_of_it_however_long_it_takes() {
    let house = large(3).await;
    let owner = house.staff("acme", "owner").await;
    let mut line = ask_slowly(&house, &owner).await;
    let (mut all, mut piece, begun) = (Vec::new(), vec![0; 256 * 1024], Instant::now());
    loop {
        let length = line.read(&mut piece).await.expect("more of it");
        if length == 0 {
            break;
        }
        all.extend_from_slice(&piece[..length]);
        if begun.elapsed() < Duration::from_secs(7) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let head = all.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4;
    assert!(unpacked(&all[head..]).len() > 10);
}

#[tokio::test]
async fn the_command_line_takes_along_and_brings_back_beside_a_running_server() {
    let (house, directory) = (furnished().await, Directory::new("archives-command"));
    let second = House::empty().await;
    let socket = std::env::var("TRADECOUNTER_TEST_SOCKET").expect("a cluster");
    let run = async |house: &House, name: &str, arguments: &[&str]| {
        let url = format!("postgres:///{}?host={socket}&user=postgres", house.address.database());
        let mut program = Program::tradecounter(&["tenant"]);
        program.args(arguments).env("DATABASE_URL", url).current_dir(&directory.0);
        let mut program = Program::start(&mut program, &directory.0, name);
        let status = program.ended(Duration::from_secs(60)).await;
        (status.code(), program.said(), program.complained())
    };
    let (status, said, complained) = run(&house, "export", &["export", "acme", "--to", "acme.zip"]).await;
    assert!(status == Some(0) && said.starts_with("acme is in acme.zip: "), "{said}{complained}");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(directory.join("acme.zip")).expect("a file"));
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(house.value::<String>("select actor_name from audit_events where action = 'tenant.exported'").await, "tenant export");
    let (status, _, complained) = run(&house, "again", &["export", "acme", "--to", "acme.zip"]).await;
    assert!(status == Some(1) && complained.contains("acme.zip is there already"), "{complained}");
    let (status, _, complained) = run(&house, "nobody", &["export", "nobody", "--to", "nobody.zip"]).await;
    assert!(
        status == Some(1) && complained.contains("there is no tenant nobody") && !directory.join("nobody.zip").exists(),
        "{complained}"
    );

    // A name that a process has looked for in vain is there at once.
    assert_eq!(second.browser("acme-two").get("/").await.status, StatusCode::NOT_FOUND);
    let (status, said, complained) = run(&second, "import", &["import", "acme.zip", "--subdomain", "acme-two"]).await;
    assert!(status == Some(0) && said.starts_with("acme-two is here and open, with "), "{said}{complained}");
    second.app.house.tenants.forget_all();
    assert_eq!(second.browser("acme-two").get("/").await.status, StatusCode::OK);
    let (status, said, complained) = run(&second, "twice", &["import", "acme.zip"]).await;
    assert_eq!((status, said.as_str()), (Some(1), ""));
    assert!(complained.contains("acme.zip: nothing was done: the wholesaler of this archive is here already, as acme-two"), "{complained}");
}
