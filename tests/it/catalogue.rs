//! What is sold, as those see it who may: by name, by category, by words, each with their own prices.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};
use tradecounter::catalogue::words::words_of;
use uuid::Uuid;

use crate::furniture::Person;
use crate::house::{ADA, Answer, BEN, CAT, DAN, House};
use crate::page_rules::{HEAVIEST_PAGE, packed};
use crate::secrecy;

/// A product behind the office's back, with the words it is found by and, if it has one, its base price.
async fn put(house: &House, slug: &str, sku: &str, name: &str, beside: (&str, &str), minor: Option<i64>) -> Uuid {
    let (keywords, barcode) = beside;
    let id = Uuid::now_v7();
    let mut db = house.admin().await;
    let tenant = house.tenant(slug).await;
    sqlx::query(
        "insert into products (tenant_id, product_id, sku, sku_key, name, name_key, keywords, barcode, created_at, updated_at)
         values ($1, $2, $3, upper($3), $4, $5, $6, $7, now(), now())",
    )
    .bind(tenant)
    .bind(id)
    .bind(sku)
    .bind(name)
    .bind(deunicoded(name))
    .bind(keywords)
    .bind(barcode)
    .execute(&mut db)
    .await
    .expect("a product");
    let words: Vec<String> = words_of(sku, name, keywords, barcode).into_iter().collect();
    sqlx::query("insert into search_words (tenant_id, word, product_id) select $1, word, $2 from unnest($3::text[]) as w (word)")
        .bind(tenant)
        .bind(id)
        .bind(words)
        .execute(&mut db)
        .await
        .expect("its words");
    if let Some(minor) = minor {
        price(house, slug, tenant, "base", id, 1, minor).await;
    }
    id
}

/// As the office makes it of a name, where names are in plain letters.
fn deunicoded(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// A price in one of a tenant's lists, which is made if it is not there.
async fn price(house: &House, slug: &str, list: Uuid, kind: &str, product: Uuid, from: i32, minor: i64) {
    let name = if kind == "list" { "Gold" } else { "" };
    house
        .change(&format!(
            "insert into price_lists (tenant_id, price_list_id, kind, name, created_at)
             select id, '{list}', '{kind}', '{name}', now() from tenants where slug = '{slug}' on conflict do nothing;
             insert into prices (tenant_id, price_list_id, product_id, from_quantity, minor)
             select id, '{list}', '{product}', {from}, {minor} from tenants where slug = '{slug}'"
        ))
        .await;
}

async fn account(house: &House, number: &str) -> Uuid {
    house.value(&format!("select account_id from trade_accounts where account_number = '{number}'")).await
}

/// Three products with prices of all kinds at acme: Ada's account has a price of its own, Cat's shares the list Gold.
struct Shop {
    house: House,
    tea: Uuid,
}

impl Shop {
    async fn open(prices_shown: &str) -> Self {
        let house = House::open().await;
        house.change(&format!("update tenants set prices_shown = '{prices_shown}' where slug = 'acme'")).await;
        let tea = put(&house, "acme", "TEA-1", "Assam tea", ("", ""), Some(1000)).await;
        put(&house, "acme", "MUG-2", "Mug, blue", ("", ""), Some(500)).await;
        put(&house, "acme", "ODD-3", "Odd thing", ("", ""), None).await;
        price(&house, "acme", account(&house, "A-1").await, "account", tea, 1, 777).await;
        let gold = Uuid::now_v7();
        price(&house, "acme", gold, "list", tea, 1, 888).await;
        house.change(&format!("update trade_accounts set price_list_id = '{gold}' where account_number = 'A-2'")).await;
        Self { house, tea }
    }

    fn paths(&self) -> [String; 5] {
        let show = format!("/products/{}", self.tea);
        ["/products", &show, "/products?query=tea", "/api/v1/products", "/api/v1/products?query=assam"].map(str::to_owned)
    }
}

/// What the tea costs, in an answer of either kind; nothing where no price is told.
fn told(answer: &Answer) -> Vec<&'static str> {
    let is_api = answer.header("content-type").starts_with("application/json");
    let all = [("£7.77", 777), ("£8.88", 888), ("£10.00", 1000)];
    let tells = |(shown, minor): &(&str, i64)| {
        if is_api { items(answer).iter().any(|item| item["price"]["minor"] == *minor) } else { answer.text.contains(shown) }
    };
    all.iter().filter(|price| tells(price)).map(|(shown, _)| *shown).collect()
}

fn items(answer: &Answer) -> Vec<Value> {
    answer.value()["items"].as_array().expect("items").clone()
}

#[tokio::test]
async fn everybody_sees_the_prices_that_are_for_them_and_no_others() {
    for (shown, to_strangers) in [("nothing", None), ("no_prices", Some(vec![])), ("all", Some(vec!["£10.00"]))] {
        let shop = Shop::open(shown).await;
        let house = &shop.house;
        let (ada, cat, dan) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await, house.customer("acme", DAN).await);
        let nobody = house.browser("acme");
        for path in shop.paths() {
            assert_eq!(told(&ada.get(&path).await), ["£7.77"], "{shown}: their own at {path}");
            assert_eq!(told(&cat.get(&path).await), ["£8.88"], "{shown}: their list's at {path}");
        }
        let fields = [("business_name", "Dan's Deli"), ("contact_name", "Dan")];
        assert_eq!(dan.form("/registration-requests", &fields).await.status, StatusCode::SEE_OTHER);
        house.change("update account_access a set status = 'suspended' from trade_accounts t where t.account_id = a.account_id and t.account_number = 'A-1'").await;
        for (who, browser, without) in [("nobody", &nobody, 401), ("one who waits", &dan, 403), ("one who is shut out", &ada, 403)] {
            for path in shop.paths() {
                let answer = browser.get(&path).await;
                let what = format!("{shown}: {who} at {path}");
                match &to_strangers {
                    Some(prices) => {
                        assert_eq!(answer.status, StatusCode::OK, "{what}: {answer:?}");
                        assert_eq!(&told(&answer), prices, "{what}");
                        assert!(answer.text.contains("Assam tea"), "{what}: {answer:?}");
                        assert!(!answer.text.contains("/basket"), "{what} cannot order");
                    }
                    None if path.starts_with("/api") => assert_eq!(answer.status.as_u16(), without, "{what}: {answer:?}"),
                    None => assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"), "{what}: {answer:?}"),
                }
                assert_eq!(answer.header("cache-control"), "private, no-store", "{what}");
            }
            for path in ["/usuals", "/account"] {
                let answer = browser.get(path).await;
                assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"), "{shown}: {who} at {path}");
            }
        }
        let door = nobody.get("/").await.text;
        assert_eq!(door.contains("href=\"/products\""), to_strangers.is_some(), "{shown}: what the door leads to");
    }
}

#[tokio::test]
async fn a_product_without_a_price_is_shown_and_cannot_be_ordered() {
    let shop = Shop::open("nothing").await;
    let ada = shop.house.customer("acme", ADA).await;
    let page = ada.get("/products?query=odd").await.text;
    assert!(page.contains("Ask for a price") && !page.contains("name=\"more\""), "{page}");
    let item = items(&ada.get("/api/v1/products?query=odd").await).remove(0);
    assert!(item["price"].is_null() && item["price_inc_tax"].is_null() && item.get("price").is_some(), "{item}");
}

#[tokio::test]
async fn a_price_that_changes_is_on_the_next_page() {
    let shop = Shop::open("all").await;
    let cat = shop.house.customer("acme", CAT).await;
    let nobody = shop.house.browser("acme");
    for browser in [&cat, &nobody] {
        browser.get("/products").await;
    }
    shop.house.change("update prices set minor = minor + 1").await;
    assert!(cat.get("/products").await.text.contains("£8.89"));
    assert!(nobody.get("/products").await.text.contains("£10.01"));
}

/// How often the request of this answer went to the database, as its line in the log says.
fn round_trips(answer: &Answer) -> String {
    let id = answer.header("x-request-id").to_owned();
    let log = secrecy::log();
    let line = log.lines().find(|line| line.contains(&id) && line.contains(" queries=")).expect("a line in the log");
    line.split(" queries=").nth(1).and_then(|rest| rest.split(' ').next()).expect("a number").to_owned()
}

#[tokio::test]
async fn a_page_of_goods_is_read_in_three_round_trips() {
    let shop = Shop::open("all").await;
    let (ada, nobody) = (shop.house.customer("acme", ADA).await, shop.house.browser("acme"));
    ada.get("/products").await;
    for path in shop.paths() {
        // A search that finds little asks for what else was meant: no ordinary one.
        if path.contains("query") {
            continue;
        }
        let answer = ada.get(&path).await;
        assert_eq!((answer.status, round_trips(&answer).as_str()), (StatusCode::OK, "3"), "{path}: begin, session, page");
        assert_eq!(round_trips(&nobody.get(&path).await), "2", "{path}: nobody has a session");
    }
    for number in 0..5 {
        put(&shop.house, "acme", &format!("CUP-{number}"), "Cup", ("", ""), Some(100)).await;
    }
    for path in ["/products?query=cup", "/api/v1/products?query=cup", "/usuals"] {
        assert_eq!(round_trips(&ada.get(path).await), "3", "{path}");
    }
}

#[tokio::test]
async fn all_products_are_listed_once_and_in_order_over_all_pages() {
    let house = House::open().await;
    let mut names = BTreeSet::new();
    for number in 0..120 {
        // Several of one name: their ids say which comes first.
        let name = format!("Thing {:02}", number / 3);
        names.insert((name.clone(), put(&house, "acme", &format!("T-{number}"), &name, ("", ""), Some(100 + number)).await));
    }
    put(&house, "acme", "GONE-1", "Thing 00 gone", ("", ""), Some(1)).await;
    house.change("update products set status = 'unlisted' where sku = 'GONE-1'").await;
    let ada = house.customer("acme", ADA).await;
    for begin in ["/api/v1/products?", "/api/v1/products?query=thing&"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = ada.get(&format!("{begin}cursor={cursor}")).await.value();
            let items = page["items"].as_array().expect("items");
            assert!(items.len() <= 50, "{}", items.len());
            seen.extend(
                items.iter().map(|item| (item["name"].as_str().expect("a name").to_owned(), item["id"].as_str().unwrap().parse().unwrap())),
            );
            let Some(next) = page["next"].as_str() else { break };
            cursor = next.to_owned();
        }
        assert_eq!(seen, names.iter().cloned().collect::<Vec<_>>(), "{begin}");
    }
    let (mut path, mut rows) = ("/products".to_owned(), 0);
    loop {
        let page = ada.get(&path).await.text;
        rows += page.matches("<li id=\"line-").count();
        let Some(next) =
            page.split("Show more").next().filter(|_| page.contains("Show more")).and_then(|before| before.rsplit("href=\"").next())
        else {
            break;
        };
        path = next.split('"').next().expect("an address").replace("&amp;", "&").replace("&#38;", "&");
    }
    assert_eq!(rows, 120);
}

#[tokio::test]
async fn a_category_has_its_own_list_and_an_unknown_one_has_nothing() {
    let house = House::open().await;
    let (cup, _) =
        (put(&house, "acme", "CUP-1", "Cup", ("", ""), Some(100)).await, put(&house, "acme", "BAG-1", "Bag", ("", ""), Some(100)).await);
    house
        .change(&format!(
            "insert into categories (tenant_id, category_id, slug, name, place) select id, gen_random_uuid(), 'kitchen', 'Kitchen & dining', 1 from tenants where slug = 'acme';
             insert into categories (tenant_id, category_id, slug, name, place) select id, gen_random_uuid(), 'empty', 'Empty', 2 from tenants where slug = 'acme';
             update products set category_id = (select category_id from categories where slug = 'kitchen') where product_id = '{cup}'"
        ))
        .await;
    let ada = house.customer("acme", ADA).await;
    let names = async |path: &str| -> Vec<String> {
        items(&ada.get(path).await).iter().map(|item| item["sku"].as_str().expect("a SKU").to_owned()).collect()
    };
    assert_eq!(names("/api/v1/products?category=kitchen").await, ["CUP-1"]);
    assert_eq!(names("/api/v1/products?category=kitchen&query=bag").await, Vec::<String>::new());
    assert_eq!(names("/api/v1/products?category=kitchen&query=cup").await, ["CUP-1"]);
    for unknown in ["nothing", "Kitchen", "%00", "%27", "x%E2%80%AEy"] {
        assert_eq!(names(&format!("/api/v1/products?category={unknown}")).await, Vec::<String>::new(), "{unknown}");
        assert_eq!(ada.get(&format!("/products?category={unknown}")).await.status, StatusCode::OK, "{unknown}");
    }
    let page = ada.get("/products?category=kitchen").await.text;
    assert!(
        page.contains("Kitchen &#38; dining") && !page.contains(">Empty<") && page.contains("CUP-1") && !page.contains("BAG-1"),
        "{page}"
    );
}

#[tokio::test]
async fn a_cursor_that_is_none_of_ours_is_refused_and_nothing_else_happens() {
    let shop = Shop::open("nothing").await;
    let ada = shop.house.customer("acme", ADA).await;
    let nul = "WyJhXHUwMDAwIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0";
    for cursor in ["x", "-1", "0", "99999999999", "WyJhIl0", "%00", nul] {
        let answer = ada.get(&format!("/api/v1/products?cursor={cursor}")).await;
        assert_eq!(
            (answer.status, answer.value()["errors"][0]["field"].as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some("cursor")),
            "{cursor}: {answer:?}"
        );
        assert_eq!(ada.get(&format!("/products?after={cursor}")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{cursor}");
    }
    assert_eq!(ada.get(&format!("/api/v1/products?query={}", "x".repeat(101))).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn goods_are_found_by_what_people_type() {
    let house = House::open().await;
    for (sku, name, beside) in [
        ("85123A", "White hanging heart T-light holder", ("tealight", "5012345678900")),
        ("SR-TUR-400", "Turmeric, ground", ("haldi", "0012345678905")),
        ("CHO-1", "Chocolate bar", ("", "")),
        ("CHO-2", "Chocolate cake", ("", "")),
        ("CHO-3", "Chocolate egg", ("", "")),
        ("CHO-4", "Chocolate, Comté flavour", ("", "")),
    ] {
        put(&house, "acme", sku, name, beside, Some(100)).await;
    }
    put(&house, "bravo", "CHO-9", "Chocolate of bravo", ("", ""), Some(100)).await;
    let ada = house.customer("acme", ADA).await;
    let found = async |typed: &str| -> Vec<String> {
        let answer = ada.get(&format!("/api/v1/products?query={}", crate::house::percent_encode(typed))).await;
        items(&answer).iter().map(|item| item["sku"].as_str().expect("a SKU").to_owned()).collect()
    };
    let (holder, turmeric) = (["85123A"], ["SR-TUR-400"]);
    for typed in
        ["heart white", "hang", "t-light", "t light", "tlight", "85123a", "85123", "5012345678900", "05012345678900", "5 012345 678900"]
    {
        assert_eq!(found(typed).await, holder, "{typed}");
    }
    for typed in ["sr-tur-400", "SRTUR400", "sr tur 400", "haldi", "turmerics", "12345678905", "turmreic", "tumeric"] {
        assert_eq!(found(typed).await, turmeric, "{typed}");
    }
    let chocolate = ["CHO-1", "CHO-2", "CHO-3", "CHO-4"];
    for typed in ["chocolate", "choc", "choclate", "hocolate", "chocolaet"] {
        assert_eq!(found(typed).await, chocolate, "{typed}");
    }
    assert_eq!(found("COMTE choc").await, ["CHO-4"]);
    assert_eq!(found("white egg").await, Vec::<String>::new(), "each word counts");
    for nothing in ["zzzz", "85124", "%", "'", "\\", "₿", "\u{202e}", " "] {
        let answer = ada.get(&format!("/products?query={}", crate::house::percent_encode(nothing))).await;
        assert!([StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY].contains(&answer.status), "{nothing:?}: {answer:?}");
    }
    let page = ada.get("/products?query=choclate").await.text;
    assert!(page.contains("Shown for <strong>chocolate</strong>") && page.contains("value=\"choclate\""), "{page}");
    assert!(!ada.get("/products?query=chocolate").await.text.contains("Shown for"));
    let ben = house.customer("bravo", BEN).await;
    assert_eq!(items(&ben.get("/api/v1/products?query=choclate").await).len(), 1, "each wholesaler's own words");
}

#[tokio::test]
async fn a_search_reads_the_index_of_words_behind_the_policies() {
    let house = House::open().await;
    house.change(
        "insert into products (tenant_id, product_id, sku, sku_key, name, name_key, created_at, updated_at)
         select t.id, gen_random_uuid(), 'P-' || n, 'P-' || n, 'Product ' || n, 'product ' || n, now(), now() from tenants t, generate_series(1, 3000) n;
         insert into search_words (tenant_id, word, product_id)
         select tenant_id, w, product_id from products, lateral (values ('product'), (lower(sku)), (md5(sku))) as v (w);
         insert into sessions (tenant_id, session_id, customer_id, phone, token_hash, user_agent, created_at, last_seen_at, expires_at)
         select tenant_id, gen_random_uuid(), customer_id, phone, sha256(access_id::text::bytea), 'Test', now(), now(), now() + interval '1 day' from account_access;
         insert into registration_requests (tenant_id, request_id, customer_id, phone, business_name, contact_name, status, created_at)
         select tenant_id, gen_random_uuid(), customer_id, phone, 'Shop', 'Contact', 'approved', now() from account_access",
    )
    .await;
    house.change("vacuum (analyze) search_words").await;
    house.change("analyze").await;
    let ada = Person::of(&house, "acme", ADA).await;
    let statement = statement("from asked a");
    let mut db = house.role("tc_counter").await;
    let begin = format!(
        "begin; {}; set local plan_cache_mode = force_generic_plan; set local enable_seqscan = on;
         prepare search (uuid, uuid, uuid, uuid, date, int[], text[], text[], int[], bigint, text, bigint, bigint) as {statement}",
        ada.settings("tc_counter")
    );
    sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut db).await.expect("the statement");
    let nil = Uuid::nil();
    let run = format!(
        "explain (costs off) execute search ('{}', '{nil}', '{nil}', '{nil}', '2026-01-01', '{{0}}', '{{prod}}', '{{proe}}', '{{2}}', 1, '', 51, 0)",
        ada.tenant
    );
    let plan: Vec<String> =
        sqlx::raw_sql(AssertSqlSafe(run)).fetch_all(&mut db).await.expect("a plan").iter().map(|row| row.get::<String, _>(0)).collect();
    let plan = plan.join("\n");
    assert!(plan.contains("Index Only Scan using search_words_pkey on search_words s"), "{plan}");
    let condition =
        plan.split("search_words_pkey on search_words s").nth(1).and_then(|rest| rest.split("Index Cond:").nth(1)).unwrap_or_default();
    let condition = condition.lines().next().unwrap_or_default();
    for part in ["tenant_id = ", "word >= ", "word < "] {
        assert!(condition.contains(part), "{part} in {condition}\n{plan}");
    }
}

/// A statement of the program, as it was checked when it was compiled.
fn statement(part: &str) -> String {
    let found: Vec<String> = std::fs::read_dir(".sqlx")
        .expect("checked statements")
        .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok())
        .filter_map(|text| serde_json::from_str::<Value>(&text).ok()?["query"].as_str().map(str::to_owned))
        .filter(|query| query.contains(part))
        .collect();
    assert_eq!(found.len(), 1, "statements with {part:?}");
    found.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_full_page_is_light_enough_for_a_poor_signal() {
    let house = House::open().await;
    let kinds =
        ["heart T-light holder", "alarm clock Bakelike", "jumbo bag, owls", "reindeer lights", "cake stand", "lunch box", "picture frame"];
    let colours = ["White", "Green", "Pink", "Ivory", "Red retrospot", "Blue", "Vintage", "Assorted", "Black", "Silver"];
    for (number, (kind, colour)) in kinds.iter().flat_map(|kind| colours.iter().map(move |colour| (kind, colour))).enumerate() {
        let sku = format!("{}{}", 20_000 + number * 37 % 5000, ["", "A", "B"][number % 3]);
        put(&house, "acme", &sku, &format!("{colour} {kind}"), ("", ""), Some(85 + number as i64 * 71 % 1700)).await;
    }
    house.change("update products set pack = 'pack of 6', minimum = 12, multiple = 6").await;
    let ada = house.customer("acme", ADA).await;
    let page = ada.get("/products").await.text;
    assert_eq!(page.matches("<li id=\"line-").count(), 50);
    assert!(packed(&page) <= HEAVIEST_PAGE / 2, "{} bytes packed", packed(&page));
}

/// An order of one of each of these, behind everybody's back.
async fn order(house: &House, account: &str, number: &str, status: &str, days_ago: i32, skus: &[&str]) {
    let skus = skus.join("','");
    house
        .change(&format!(
            "insert into orders (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, currency, vat_rounding,
                                 tax_country, net_minor, tax_minor)
             select tenant_id, gen_random_uuid(), account_id, '{number}', '{status}', now(), now() - interval '{days_ago} days', 'customer', 'GBP', 'line',
                    'GB', 0, 0 from trade_accounts where account_number = '{account}';
             insert into order_lines (tenant_id, order_id, line, account_id, product_id, sku, name, pack, tax_class, tax_basis_points, unit_minor,
                                      price_source, price_from_quantity, ordered, net_minor)
             select o.tenant_id, o.order_id, row_number() over (), o.account_id, p.product_id, p.sku, p.name, '', 'zero', 0, 1, 'base', 1, 1, 1
               from orders o join products p using (tenant_id) where o.number = '{number}' and p.sku in ('{skus}')"
        ))
        .await;
}

#[tokio::test]
async fn the_usuals_are_what_the_account_orders_most() {
    let house = House::open().await;
    house.goods("acme").await;
    order(&house, "A-1", "AC-222-222", "delivered", 9, &["SUG-1", "CAN-1", "OLD-1"]).await;
    order(&house, "A-1", "AC-222-223", "submitted", 5, &["SUG-1", "LID-1"]).await;
    order(&house, "A-1", "AC-222-224", "cancelled", 1, &["CUP-1"]).await;
    order(&house, "A-2", "AC-222-225", "delivered", 1, &["CUP-2", "CUP-2"]).await;
    let ada = house.customer("acme", ADA).await;
    for path in ["/", "/usuals"] {
        let page = ada.get(path).await.text;
        let rows: Vec<&str> =
            page.split("class=\"digits\">").skip(1).filter_map(|rest| rest.split('<').next()).filter(|sku| sku.contains('-')).collect();
        assert_eq!(
            rows,
            ["SUG-1", "LID-1", "CAN-1"],
            "{path}: the most often first, then the newest; none that is not sold, none that was not wanted"
        );
        assert!(page.contains("Your usuals"), "{page}");
    }
    let cat = house.customer("acme", CAT).await.get("/").await.text;
    assert!(cat.contains("CUP-2") && !cat.contains("SUG-1"), "each account its own: {cat}");
    let another = House::open().await;
    another.goods("acme").await;
    let new = another.customer("acme", ADA).await.get("/").await.text;
    assert!(
        new.contains("All products") && new.contains("SUG-1") && !new.contains("LID-1"),
        "who has ordered nothing sees what is listed: {new}"
    );
}

#[tokio::test]
async fn a_product_says_what_it_costs_from_how_many_and_what_is_sold_instead() {
    let house = House::open().await;
    house.goods("acme").await;
    let cat = house.customer("acme", CAT).await;
    let page_of = async |sku: &str| {
        let id: String = house.value(&format!("select product_id::text from products where sku = '{sku}'")).await;
        cat.get(&format!("/products/{id}")).await.text
    };
    let tea = page_of("TEA-1").await;
    for part in ["£0.95", "<td>12</td><td class=\"num\">£0.85</td>", "Your price", "In stock"] {
        assert!(tea.contains(part), "{part}: {tea}");
    }
    let old = page_of("OLD-1").await;
    assert!(
        old.contains("Not sold any more") && old.contains("/products?query=CAN-1") && !old.contains("£") && !old.contains("name=\"more\""),
        "{old}"
    );
    let unlisted = page_of("LID-1").await;
    assert!(unlisted.contains("£0.33") && unlisted.contains("in twelves"), "who knows it may order it: {unlisted}");
    house.change("update tenants set prices_shown = 'all'").await;
    for (sku, status) in [("LID-1", StatusCode::NOT_FOUND), ("OLD-1", StatusCode::NOT_FOUND), ("CUP-1", StatusCode::OK)] {
        let id: String = house.value(&format!("select product_id::text from products where sku = '{sku}'")).await;
        assert_eq!(house.browser("acme").get(&format!("/products/{id}")).await.status, status, "{sku} to a stranger");
    }
}

#[tokio::test]
async fn how_much_there_is_is_told_as_the_wholesaler_wants_it() {
    for (shown, pieces, word, page) in
        [("numbers", Some(10), Some("low"), "10 left"), ("words", None, Some("low"), "Few left"), ("nothing", None, None, "Earl Grey")]
    {
        let house = House::open().await;
        house.goods("acme").await;
        house.change(&format!("update tenants set stock_shown = '{shown}', prices_shown = 'all' where slug = 'acme'")).await;
        let ada = house.customer("acme", ADA).await;
        let item = items(&ada.get("/api/v1/products?query=grey").await).remove(0);
        assert_eq!((item["stock"].as_i64(), item.get("stock").is_some()), (pieces, pieces.is_some()), "{shown}: {item}");
        assert_eq!((item["availability"].as_str(), item.get("availability").is_some()), (word, word.is_some()), "{shown}: {item}");
        assert!(ada.get("/products?query=grey").await.text.contains(page), "{shown}");
        let untracked = items(&ada.get("/api/v1/products?query=sugar").await).remove(0);
        assert!(untracked.get("stock").is_none() && untracked.get("availability").is_none(), "{shown}: {untracked}");
        let gone = ada.get("/products?query=coffee").await.text;
        assert_eq!(gone.contains("name=\"more\""), shown == "nothing", "{shown}: what is out of stock is not ordered, where that is told");
        let stranger = house.browser("acme").get("/api/v1/products?query=grey").await.value();
        assert!(stranger["items"][0].get("stock").is_none(), "{shown}: strangers are told no numbers: {stranger}");
    }
}
