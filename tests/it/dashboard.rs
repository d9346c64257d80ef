//! The day and the weeks in numbers: for whom, of what, and by which indexes.

use http::StatusCode;
use regex::Regex;
use sqlx::{AssertSqlSafe, Executor, Row};

use crate::house::House;

/// An order of so much, so many days ago, in this state, of so many of a product.
pub async fn order(house: &House, slug: &str, days_ago: i64, status: &str, sku: &str, quantity: i32, net_minor: i64) {
    let number: String =
        house.value("select 'XX-' || translate(substr(md5(random()::text), 1, 3), '01', '22') from generate_series(1, 1)").await;
    let number = number.to_uppercase().replace(['I', 'O', 'L', 'U'], "X");
    house
        .change(&format!(
            "with o as (
               insert into orders (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, currency, vat_rounding,
                                   tax_country, net_minor, tax_minor)
               select a.tenant_id, gen_random_uuid(), a.account_id, '{number}-' || translate(upper(substr(md5(random()::text), 1, 3)), '01', '22'), '{status}', now(), now() - interval '{days_ago} days', 'customer',
                      'GBP', 'line', 'GB', {net_minor}, 0
                 from trade_accounts a join tenants t on t.id = a.tenant_id where t.slug = '{slug}' order by account_number limit 1 returning *)
             insert into order_lines (tenant_id, order_id, line, account_id, product_id, sku, name, pack, tax_class, tax_basis_points, unit_minor,
                                      price_source, price_from_quantity, ordered, net_minor)
             select o.tenant_id, o.order_id, 1, o.account_id, p.product_id, p.sku, p.name, '', 'zero', 0, 1, 'base', 1, {quantity}, {net_minor}
               from o join products p on p.tenant_id = o.tenant_id and p.sku = '{sku}'"
        ))
        .await;
}

#[tokio::test]
async fn it_counts_what_was_ordered_what_sells_what_runs_out_and_who_waits() {
    let house = House::open().await;
    house.goods("acme").await;
    house.goods("bravo").await;
    for (days_ago, status, sku, quantity, net) in [
        (0, "submitted", "TEA-1", 10, 1_000),
        (0, "picking", "CUP-1", 3, 999),
        (0, "cancelled", "CUP-2", 50, 99_950),
        (20, "delivered", "CUP-1", 20, 6_660),
        (70, "delivered", "KIT-1", 1, 1_050),
        (200, "delivered", "SUG-1", 900, 108_000),
    ] {
        order(&house, "acme", days_ago, status, sku, quantity, net).await;
    }
    order(&house, "bravo", 0, "submitted", "TEA-1", 77, 777_777).await;
    house.request("acme", crate::house::DAN, "pending").await;
    let sales = house.staff("acme", "sales").await;
    let page = sales.get("/office/dashboard").await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let text = &page.text;
    for said in [
        "<dd><strong>2</strong></dd>",
        "<strong>£19.99</strong>",
        "£97.09 ex VAT in 12 weeks",
        "4 orders in 12 weeks",
        "<td>New</td><td class=\"num\">1</td><td class=\"num\">£10.00</td>",
        "<td>Cancelled</td>",
        "Paper cups, 50",
        "£76.59",
        "Coffee beans",
        "Deli",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(text.matches("<rect x=").count(), 3 + 3, "a bar for each week with an order, of sales and of orders");
    for silent in ["7,777", "Coal", "Sugar"] {
        assert!(!text.contains(silent), "{silent}: {text}");
    }
    // What sells stands in the order of what it comes to.
    assert!(text.find("Paper cups").expect("cups") < text.find("Breakfast tea").expect("tea"), "{text}");

    let picker = house.staff("acme", "picker").await;
    let seen = picker.get("/office/dashboard").await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(
        !seen.text.contains('£') && !seen.text.contains("VAT") && !seen.text.contains("Deli"),
        "no money, and nobody who asks: {}",
        seen.text
    );
    assert!(seen.text.contains("Coffee beans") && seen.text.contains("Orders by week"), "{}", seen.text);
}

#[tokio::test]
async fn a_day_is_the_wholesalers_own() {
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update tenants set time_zone = 'Pacific/Auckland' where slug = 'acme'").await;
    order(&house, "acme", 0, "submitted", "TEA-1", 10, 1_000).await;
    // Half a day away it is another day, on one of its sides.
    house
        .change("update orders set placed_at = date_trunc('day', now() at time zone 'Pacific/Auckland') at time zone 'Pacific/Auckland'")
        .await;
    let owner = house.staff("acme", "owner").await;
    assert!(owner.get("/office/dashboard").await.text.contains("<strong>£10.00</strong>"));
    house.change("update orders set placed_at = placed_at - interval '1 minute'").await;
    assert!(owner.get("/office/dashboard").await.text.contains("No order yet today."));
}

/// The statements of the dashboard as they stand in its source.
fn statements() -> Vec<String> {
    let source = include_str!("../../src/dashboard/mod.rs");
    let statement = Regex::new("(?s)r#\"(.*?)\"#").expect("a pattern");
    let name = Regex::new(" as \"(\\w+)!\"").expect("a pattern");
    statement.captures_iter(source).map(|found| name.replace_all(&found[1], " as $1").into_owned()).collect()
}

#[tokio::test]
async fn each_statement_is_answered_by_an_index_of_the_tenants() {
    let house = House::open().await;
    house.goods("acme").await;
    house.goods("bravo").await;
    // Many orders and goods of others, and some of one's own.
    house
        .change(
            "insert into tenants (id, slug, business_name, country, currency, time_zone, brand_colour, sms_countries, created_at, updated_at)
             select gen_random_uuid(), 'many-' || n, 'Many', 'GB', 'GBP', 'Europe/London', '#14532d', '{GB}', now(), now() from generate_series(1, 50) n;
             insert into trade_accounts (tenant_id, account_id, account_number, business_name, country, created_at)
             select id, gen_random_uuid(), 'M-1', 'Shop', 'GB', now() from tenants where slug like 'many-%';
             insert into products (tenant_id, product_id, sku, sku_key, name, name_key, stock_mode, created_at, updated_at)
             select t.id, gen_random_uuid(), 'P-' || n, 'P-' || n, 'Thing', 'thing', 'tracked', now(), now() from tenants t, generate_series(1, 200) n
              where t.slug like 'many-%';
             insert into stock (tenant_id, product_id, on_hand, counted_at) select tenant_id, product_id, 5, now() from products where sku like 'P-%';
             insert into orders (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, currency, vat_rounding,
                                 tax_country, net_minor, tax_minor)
             select a.tenant_id, gen_random_uuid(), a.account_id,
                    'XX-' || translate(upper(lpad(to_hex(n / 4096), 3, '2')), '01', 'XY') || '-' || translate(upper(lpad(to_hex(n % 4096), 3, '2')), '01', 'XY'),
                    'delivered', now(), now() - n * interval '20 minutes', 'customer', 'GBP', 'line', 'GB', 600, 120
               from generate_series(1, 200) n, trade_accounts a where a.account_number = 'M-1'
             on conflict do nothing;
             insert into order_lines (tenant_id, order_id, line, account_id, product_id, sku, name, pack, tax_class, tax_basis_points, unit_minor,
                                      price_source, price_from_quantity, ordered, net_minor)
             select o.tenant_id, o.order_id, 1, o.account_id, p.product_id, p.sku, p.name, '', 'standard', 2000, 100, 'base', 1, 6, 600
               from orders o join products p on p.tenant_id = o.tenant_id and p.sku = 'P-1';
             insert into customers (id, phone, created_at, last_proven_at)
             select gen_random_uuid(), '+4470009' || lpad(n::text, 5, '0'), now(), now() from generate_series(1, 100) n;
             insert into registration_requests (tenant_id, request_id, customer_id, phone, business_name, contact_name, status, created_at)
             select t.id, gen_random_uuid(), c.id, c.phone, 'Shop', 'Somebody', 'pending', now() from tenants t, customers c
              where t.slug like 'many-%' and c.phone like '+4470009%';
             analyze",
        )
        .await;
    order(&house, "acme", 0, "submitted", "TEA-1", 10, 1_000).await;
    let tenant = house.tenant("acme").await;
    let found = statements();
    assert_eq!(found.len(), 5);
    let mut office = house.role("tc_office").await;
    office
        .execute(AssertSqlSafe(format!("set app.tenant_id = '{tenant}'; set plan_cache_mode = force_generic_plan")))
        .await
        .expect("settings");
    let index = Regex::new(r"(?:Index Only Scan|Index Scan|Bitmap Index Scan)[^\n]* (?:using|on) (\w+)").expect("a pattern");
    for (at, statement) in found.iter().enumerate() {
        let (types, values) = match statement.matches("$3").count() {
            0 if statement.contains("limit $2") => ("(uuid, bigint)", format!("('{tenant}', 8)")),
            0 => ("(uuid, timestamptz)", format!("('{tenant}', now())")),
            _ if statement.contains("at time zone $3") => ("(uuid, timestamptz, text)", format!("('{tenant}', now(), 'Europe/London')")),
            _ => ("(uuid, timestamptz, bigint, boolean)", format!("('{tenant}', now(), 8, true)")),
        };
        office
            .execute(AssertSqlSafe(format!("prepare p{at} {types} as {statement}")))
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
        let plan = sqlx::query(AssertSqlSafe(format!("explain execute p{at} {values}"))).fetch_all(&mut office).await.expect("a plan");
        let plan = plan.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n");
        let used: Vec<&str> = index.captures_iter(&plan).map(|found| found.get(1).expect("a name").as_str()).collect();
        assert!(!used.is_empty(), "{statement}\n{plan}");
        for big in ["orders", "order_lines", "products"] {
            assert!(!Regex::new(&format!(r"Seq Scan on {big}\b")).expect("a pattern").is_match(&plan), "{statement}\n{plan}");
        }
    }
}
