//! Goods, prices and orders from files: what is planned is done, once, and what the wholesaler counts stays counted.

use std::io::Read;

use tradecounter::archives;
use tradecounter::clock::Clock;
use tradecounter::db::Db;
use tradecounter::error::Error;
use tradecounter::ids::TenantId;
use tradecounter::pricing::{self, ListKey, NewPrice, Written};
use tradecounter::products::{self, NewProduct, NewStock};
use tradecounter::values::{Quantity, Sku, Slug};
use uuid::Uuid;

use crate::archives::{file_of, unpacked};
use crate::declared_goods::{ORDERS, PRICES, PRODUCTS, TRADING, customers_with, tenant_with, with_goods};
use crate::declared_tenants::CUSTOMERS;
use crate::tenants::Empty;

const VERSIONS: &str = "select coalesce(sum(version + words_version), 0)::bigint from catalogue_states";

#[tokio::test]
async fn goods_prices_and_orders_are_applied_whole_and_a_second_time_changes_nothing() {
    let (empty, files) = (Empty::new().await, with_goods());
    let said = empty.apply(&files.0).await.to_string();
    for line in ["  + price list Gold", "  + 3 products", "  + 4 prices", "  + 2 order days", "  + 2 orders"] {
        assert!(said.lines().any(|said| said == line), "{line:?} in\n{said}");
    }
    for (what, sql, expected) in [
        ("prices", "select string_agg(kind || ' ' || from_quantity || ' ' || minor, ', ' order by kind, from_quantity, minor)
                      from prices join price_lists using (tenant_id, price_list_id)",
         "account 1 240, base 1 285, base 1 1590, base 12 260, list 1 270, list 12 250"),
        ("terms", "select string_agg(account_number || ' ' || coalesce(l.name, '-') || ' ' || route, ', ' order by account_number)
                     from trade_accounts t left join price_lists l using (tenant_id, price_list_id)", "A-1 Gold North, A-2 - "),
        ("trading", "select concat_ws(' ', prices_shown, stock_shown, vat_rounding, minimum_order_minor) from tenants",
         "no_prices numbers rate_group 7500"),
        ("stock", "select string_agg(sku || ' ' || stock_mode || ' ' || on_hand || ' ' || reserved || ' ' || low_at || ' ' || back_order_limit, ', ' order by sku)
                     from stock join products using (tenant_id, product_id)", "TEA-1 tracked 40 12 10 0, TEA-1C6 back_order 12 2 4 20"),
        // Twelve at 2.50 and two at 15.90; both are food. The others went to France, where no VAT is due here.
        ("orders", "select string_agg(concat_ws(' ', number, status, net_minor, tax_minor, tax_country), ', ' order by number) from orders",
         "AG-222-333 delivered 280 0 export, AG-7K3-94Q accepted 6180 0 GB"),
        ("lines", "select string_agg(concat_ws(' ', sku, ordered, coalesce(accepted, -1), coalesce(delivered, -1), reserved), ', ' order by number, line)
                     from order_lines join orders using (tenant_id, order_id)", "TEA-1 1 1 1 0, TEA-1 12 12 -1 12, TEA-1C6 2 2 -1 2"),
        ("events", "select string_agg(move, ' ' order by number, at, event_id) from order_events join orders using (tenant_id, order_id)",
         "submitted accepted picking_started dispatched delivered submitted accepted"),
        ("categories", "select string_agg(slug || ' ' || name, ', ') from categories", "drinks Drinks"),
        ("messages", "select count(*)::text from messages", "0"),
    ] {
        assert_eq!(empty.value::<String>(sql).await, expected, "{what}");
    }
    let of_words =
        "select count(*) from search_words join products using (tenant_id, product_id) where word in ('tea', 'cuppa') and sku = 'TEA-1'";
    assert_eq!(empty.value::<i64>(of_words).await, 2);
    let (events, versions) = ("select count(*) from audit_events", empty.value::<i64>(VERSIONS).await);
    assert_eq!(empty.value::<i64>(events).await, 1);
    // Nobody knows any more that these files were applied, so all of it is compared.
    empty.execute("update tenants set declared_hash = null").await;
    assert!(empty.apply(&files.0).await.is_empty());
    assert_eq!((empty.value::<i64>(events).await, empty.value::<i64>(VERSIONS).await), (1, versions), "nothing was written");
}

#[tokio::test]
async fn what_differs_is_planned_without_being_written_and_then_applied() {
    let (empty, files) = (Empty::new().await, with_goods());
    empty.apply(&files.0).await;
    files.write(
        "acme/products.csv",
        PRODUCTS.replace("2.85", "2.95").replace("Drinks,case", "Tea & coffee,case")
            + "NEW-1,Biscuits,,,,,,standard,1.00,,,,,,,listed,,,\n",
    );
    files.write("acme/prices.csv", PRICES.replace("2.60", "2.61") + "Silver,,NEW-1,6,0.90,,\n");
    files.write("acme/orders.csv", ORDERS.to_owned() + "AG-444-555,A-2,1,10:00,submitted,,NEW-1,6,0.95\n");
    files.write("acme/customers.csv", customers_with([",South", ",South", "Silver,"]));
    files.write("acme/tenant.toml", tenant_with(&TRADING.replace("75.00", "80.00").replace("weekday = 2", "weekday = 3")));
    let before: i64 = empty.value(VERSIONS).await;
    empty.plan(&files.0).await;
    assert_eq!(empty.value::<i64>(VERSIONS).await, before, "a plan writes nothing");
    let said = empty.apply(&files.0).await.to_string();
    for line in [
        "  ~ minimum_order 75.00 → 80.00",
        "  + price list Silver",
        "  ~ account A-1 price_list Gold → (nothing)",
        "  ~ account A-1 route North → South",
        "  ~ account A-2 price_list (nothing) → Silver",
        "  + 1 product",
        "  ~ 2 products",
        "  + 1 price",
        "  ~ 1 price",
        "  + 2 order days",
        "  + 1 order",
    ] {
        assert!(said.lines().any(|said| said == line), "{line:?} in\n{said}");
    }
    let lists = "select string_agg(account_number || ' ' || coalesce(l.name, '-'), ', ' order by account_number)
                   from trade_accounts t left join price_lists l using (tenant_id, price_list_id)";
    assert_eq!(empty.value::<String>(lists).await, "A-1 -, A-2 Silver");
    // Files that do not say it leave it as it is.
    files.write("acme/customers.csv", CUSTOMERS.replace("Ada King", "Ada Lovelace"));
    files.write("acme/tenant.toml", crate::declared_tenants::TENANT.replace("Gifts for shops.", "Gifts."));
    let said = empty.apply(&files.0).await.to_string();
    assert!(!said.contains("price_list") && !said.contains("minimum_order"), "{said}");
    assert_eq!(empty.value::<String>(lists).await, "A-1 -, A-2 Silver");
    assert_eq!(empty.value::<i64>("select count(*) from order_days where weekday = 3").await, 2);
}

#[tokio::test]
async fn what_the_wholesaler_has_counted_stays_counted() {
    let (empty, files) = (Empty::new().await, with_goods());
    empty.apply(&files.0).await;
    empty.execute("update stock set on_hand = 7 where product_id = (select product_id from products where sku = 'TEA-1')").await;
    files.write("acme/products.csv", PRODUCTS.replace("2.85", "2.95"));
    empty.apply(&files.0).await;
    let stock = "select on_hand || ' ' || reserved from stock join products using (tenant_id, product_id) where sku = 'TEA-1'";
    assert_eq!(empty.value::<String>(stock).await, "7 12");
}

fn product(sku: &str, name: &str) -> NewProduct {
    NewProduct { price_minor: Some(100), cost_minor: Some(60), ..NewProduct::named(Sku::parse(sku).unwrap(), name.to_owned()) }
}

#[tokio::test]
async fn only_what_differs_is_written_of_a_product() {
    let (empty, files) = (Empty::new().await, with_goods());
    empty.apply(&files.0).await;
    let tenant = TenantId::from(empty.value::<Uuid>("select id from tenants").await);
    let (office, now) = (empty.db.office(tenant), Clock::system().now());
    let put = async |rows: &[NewProduct]| office.write(async |tx| products::put_all(tx, rows, now).await).await;

    let one = product("BUN-1", "Currant bun");
    assert_eq!(put(std::slice::from_ref(&one)).await.unwrap(), Written { added: 1, changed: 0 });
    let before: i64 = empty.value(VERSIONS).await;
    assert_eq!(put(std::slice::from_ref(&one)).await.unwrap(), Written::default());
    assert_eq!(empty.value::<i64>(VERSIONS).await, before, "not even the catalogue's version");
    let twice = put(&[one.clone(), NewProduct { sku: Sku::parse("bun-1").unwrap(), ..one.clone() }]).await;
    assert!(matches!(twice, Err(Error::Invalid(_))), "{twice:?}");

    // Without a price, a cost and a count, and under another name.
    let counted = NewProduct { stock: NewStock::Counted { on_hand: 5, low_at: 2, back_orders: None }, ..one.clone() };
    assert_eq!(put(&[counted]).await.unwrap(), Written { added: 0, changed: 1 });
    let bare = NewProduct { price_minor: None, cost_minor: None, name: "Raisin bun".to_owned(), ..one };
    assert_eq!(put(&[bare]).await.unwrap(), Written { added: 0, changed: 1 });
    let of_it =
        |table: &str| format!("select count(*) from {table} where product_id = (select product_id from products where sku = 'BUN-1')");
    assert_eq!((empty.value::<i64>(&of_it("prices")).await, empty.value::<i64>(&of_it("product_costs")).await), (0, 0));
    assert_eq!(empty.value::<i64>(&of_it("stock")).await, 1, "orders of before may hold some of it");
    let words =
        "select string_agg(word, ' ' order by word) from search_words join products using (tenant_id, product_id) where sku = 'BUN-1'";
    assert_eq!(empty.value::<String>(words).await, "1 bun bun1 raisin");
}

#[tokio::test]
async fn prices_are_put_where_they_differ_and_lists_have_names_of_their_own() {
    let (empty, files) = (Empty::new().await, with_goods());
    empty.apply(&files.0).await;
    let tenant = TenantId::from(empty.value::<Uuid>("select id from tenants").await);
    let tea = empty.value::<Uuid>("select product_id from products where sku = 'TEA-1'").await.into();
    let (office, now) = (empty.db.office(tenant), Clock::system().now());
    let put = async |list, rows: &[NewPrice]| office.write(async |tx| pricing::put_all(tx, list, rows, now).await).await;
    let at = |quantity, minor| NewPrice { from_quantity: Quantity::new(quantity).unwrap(), ..NewPrice::of_one(tea, minor) };

    let list = office.write(async |tx| pricing::make_list(tx, "Silver", now).await).await.unwrap();
    assert_eq!(put(ListKey::List(list), &[at(1, 90), at(6, 80)]).await.unwrap(), Written { added: 2, changed: 0 });
    assert_eq!(put(ListKey::List(list), &[at(1, 90), at(6, 81)]).await.unwrap(), Written { added: 0, changed: 1 });
    assert_eq!(put(ListKey::List(list), &[at(1, 90)]).await.unwrap(), Written::default());
    assert!(matches!(put(ListKey::List(list), &[at(1, 90), at(1, 91)]).await, Err(Error::Invalid(_))));
    assert!(matches!(put(ListKey::List(Uuid::now_v7().into()), &[at(1, 90)]).await, Err(Error::NotFound)));
    for name in ["silver", "GOLD", ""] {
        let made = office.write(async |tx| pricing::make_list(tx, name, now).await).await;
        assert!(matches!(made, Err(Error::Invalid(_))), "{name}: {made:?}");
        let renamed = office.write(async |tx| pricing::rename(tx, list, name).await).await;
        assert_eq!(renamed.is_ok(), name == "silver", "{name}: {renamed:?}");
    }
}

/// The rows of an archive that are of goods, of prices and of orders.
async fn rows_of_trade(db: &Db) -> (Vec<u8>, Vec<(String, Vec<u8>)>) {
    let slug = Slug::parse("acme").expect("a name");
    let mut made = archives::export(db, &slug, &Clock::system()).await.expect("an archive").expect("a tenant");
    let mut archive = Vec::new();
    made.file.read_to_end(&mut archive).expect("a file");
    let tables = [
        "categories",
        "products",
        "product_costs",
        "stock",
        "search_words",
        "prices",
        "price_lists",
        "order_days",
        "orders",
        "order_lines",
        "order_events",
    ];
    let mut files = unpacked(&archive);
    files.retain(|(name, _)| tables.iter().any(|table| name.contains(&format!("{table}."))));
    assert!(files.len() >= tables.len(), "{:?}", files.iter().map(|(name, _)| name).collect::<Vec<_>>());
    (archive, files)
}

#[tokio::test]
async fn goods_prices_and_orders_come_back_from_an_archive_byte_for_byte() {
    let (first, second, files) = (Empty::new().await, Empty::new().await, with_goods());
    first.apply(&files.0).await;
    let (archive, before) = rows_of_trade(&first.db).await;
    assert!(before.iter().any(|(name, rows)| name.contains("products") && String::from_utf8_lossy(rows).contains("TEA-1C6")));
    archives::import(&second.db, file_of(&archive), None, Clock::system().now()).await.expect("it comes back");
    let (_, after) = rows_of_trade(&second.db).await;
    for ((name, before), (_, after)) in before.iter().zip(&after) {
        assert!(before == after, "{name} is otherwise");
    }
    // What came back is what the files say still.
    second.execute("update tenants set declared_hash = null").await;
    let plan = second.plan(&files.0).await.to_string();
    assert!(!plan.contains("product") && !plan.contains("price") && !plan.contains("order"), "{plan}");
}
