//! Goods are found by what people type, however they type it, and by an index.

use http::StatusCode;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use super::shop::{items, put};
use crate::furniture::Person;
use crate::house::{ADA, BEN, House};

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
async fn what_was_found_for_a_mistyped_word_goes_on_page_by_page() {
    let house = House::open().await;
    house
        .change(
            "insert into products (tenant_id, product_id, sku, sku_key, name, name_key, created_at, updated_at)
             select t.id, gen_random_uuid(), 'CH-' || n, 'CH-' || n, 'Christmas star ' || lpad(n::text, 3, '0'), 'christmas star ' || lpad(n::text, 3, '0'), now(), now()
               from tenants t, generate_series(1, 120) n where t.slug = 'acme';
             insert into search_words (tenant_id, word, product_id)
             select tenant_id, w, product_id from products, unnest(array['christmas', 'star', lower(sku)]) w where sku like 'CH-%'",
        )
        .await;
    let ada = house.customer("acme", ADA).await;
    for typed in ["christmas", "chirstmas"] {
        let (mut cursor, mut seen) = (String::new(), std::collections::BTreeSet::new());
        for page in 0..3 {
            let answer = ada.get(&format!("/api/v1/products?query={typed}&cursor={cursor}")).await;
            let found = items(&answer);
            assert_eq!(found.len(), [50, 50, 20][page], "{typed}, page {page}: {answer:?}");
            seen.extend(found.iter().map(|item| item["sku"].to_string()));
            cursor = answer.value()["next"].as_str().unwrap_or_default().to_owned();
        }
        assert_eq!((seen.len(), cursor.as_str()), (120, ""), "{typed}");
    }
    let page = ada.get("/products?query=chirstmas").await.text;
    let more = page.split("after=").nth(1).and_then(|rest| rest.split('"').next()).expect("a way on");
    let second = ada.get(&format!("/products?query=chirstmas&after={more}")).await.text;
    assert!(second.contains("Christmas star 051") && second.contains("Shown for <strong>christmas</strong>"), "{second}");
}

#[tokio::test]
async fn goods_are_found_and_counted_by_an_index_behind_the_policies() {
    let house = House::open().await;
    // Of what is not yet written to disk no vacuum knows that everybody sees it.
    house.change(
        "set synchronous_commit = on;
         insert into products (tenant_id, product_id, sku, sku_key, name, name_key, created_at, updated_at)
         select t.id, gen_random_uuid(), 'P-' || n, 'P-' || n, 'Product ' || n, 'product ' || n, now(), now() from tenants t, generate_series(1, 3000) n;
         insert into search_words (tenant_id, word, product_id)
         select tenant_id, w, product_id from products, lateral (values ('product'), (lower(sku)), (md5(sku))) as v (w);
         insert into sessions (tenant_id, session_id, customer_id, phone, token_hash, user_agent, created_at, last_seen_at, expires_at)
         select tenant_id, gen_random_uuid(), customer_id, phone, sha256(access_id::text::bytea), 'Test', now(), now(), now() + interval '1 day' from account_access;
         insert into baskets (tenant_id, account_id, submission_id, changed_at) select tenant_id, account_id, gen_random_uuid(), now() from trade_accounts;
         insert into registration_requests (tenant_id, request_id, customer_id, phone, business_name, contact_name, status, created_at)
         select tenant_id, gen_random_uuid(), customer_id, phone, 'Shop', 'Contact', 'approved', now() from account_access",
    )
    .await;
    house.change("vacuum (analyze) search_words").await;
    house.change("analyze").await;
    let ada = Person::of(&house, "acme", ADA).await;
    let nil = Uuid::nil();
    let values =
        format!("'{}', '{nil}', '{nil}', '{nil}', '2026-01-01', '{{0}}', '{{prod}}', '{{proe}}', '{{2}}', 1, '', 51, 0", ada.tenant);
    let types = "uuid, uuid, uuid, uuid, date, int[], text[], text[], int[], bigint, text, bigint, bigint";
    let plan = plan(&house, &ada, &statement("hits as (select a.slot"), types, &values).await;
    assert!(plan.contains("Index Only Scan using search_words_pkey on search_words s"), "{plan}");
    let condition =
        plan.split("search_words_pkey on search_words s").nth(1).and_then(|rest| rest.split("Index Cond:").nth(1)).unwrap_or_default();
    let condition = condition.lines().next().unwrap_or_default();
    for part in ["tenant_id = ", "word >= ", "word < "] {
        assert!(condition.contains(part), "{part} in {condition}\n{plan}");
    }
    // What is asked beside a page that is remembered looks each product up that is in the basket, and no other.
    let values = format!("'{}', '{}', '{nil}', '{nil}', '2026-01-01', '{{{nil}}}'", ada.tenant, ada.account);
    let now = statement("select product_id, quantity, minor_when_added from basket_lines where tenant_id = $1 and account_id = $2)");
    let plan = self::plan(&house, &ada, &now, "uuid, uuid, uuid, uuid, date, uuid[]", &values).await;
    assert!(plan.contains("Index Scan using products_pkey on products") && !plan.contains("Seq Scan on products"), "{plan}");
    assert!(!plan.contains("Hash Join") && !plan.contains("Hash Left Join"), "all goods of a tenant are put together first: {plan}");
}

/// How PostgreSQL answers a statement, whatever its values are, on this customer's connection.
async fn plan(house: &House, person: &Person, statement: &str, types: &str, values: &str) -> String {
    let mut db = house.role("tc_counter").await;
    let begin = format!(
        "begin; {}; set local plan_cache_mode = force_generic_plan; set local enable_seqscan = on; prepare asked ({types}) as {statement}",
        person.settings("tc_counter")
    );
    sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut db).await.expect("the statement");
    let rows = sqlx::raw_sql(AssertSqlSafe(format!("explain (costs off) execute asked ({values})"))).fetch_all(&mut db).await;
    rows.expect("a plan").iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
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
