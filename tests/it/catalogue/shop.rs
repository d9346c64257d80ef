//! Goods to look at, put there behind the office's back.

use serde_json::Value;
use tradecounter::catalogue::words::words_of;
use uuid::Uuid;

use crate::house::{Answer, House};
use crate::secrecy;

/// A product behind the office's back, with the words it is found by and, if it has one, its base price.
pub async fn put(house: &House, slug: &str, sku: &str, name: &str, beside: (&str, &str), minor: Option<i64>) -> Uuid {
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
pub async fn price(house: &House, slug: &str, list: Uuid, kind: &str, product: Uuid, from: i32, minor: i64) {
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

/// The trade account of this number.
pub async fn account(house: &House, number: &str) -> Uuid {
    house.value(&format!("select account_id from trade_accounts where account_number = '{number}'")).await
}

/// Three products with prices of all kinds at acme: Ada's account has a price of its own, Cat's shares the list Gold.
pub struct Shop {
    pub house: House,
    pub tea: Uuid,
    /// The list that Cat's account is on.
    pub gold: Uuid,
}

impl Shop {
    pub async fn open(prices_shown: &str) -> Self {
        let house = House::open().await;
        house.change(&format!("update tenants set prices_shown = '{prices_shown}' where slug = 'acme'")).await;
        let tea = put(&house, "acme", "TEA-1", "Assam tea", ("", ""), Some(1000)).await;
        put(&house, "acme", "MUG-2", "Mug, blue", ("", ""), Some(500)).await;
        put(&house, "acme", "ODD-3", "Odd thing", ("", ""), None).await;
        price(&house, "acme", account(&house, "A-1").await, "account", tea, 1, 777).await;
        let gold = Uuid::now_v7();
        price(&house, "acme", gold, "list", tea, 1, 888).await;
        house.change(&format!("update trade_accounts set price_list_id = '{gold}' where account_number = 'A-2'")).await;
        Self { house, tea, gold }
    }

    pub fn paths(&self) -> [String; 5] {
        let show = format!("/products/{}", self.tea);
        ["/products", &show, "/products?query=tea", "/api/v1/products", "/api/v1/products?query=assam"].map(str::to_owned)
    }
}

/// What an operation's answer lists.
pub fn items(answer: &Answer) -> Vec<Value> {
    answer.value()["items"].as_array().expect("items").clone()
}

/// How often the request of this answer went to the database, as its line in the log says.
pub fn round_trips(answer: &Answer) -> String {
    let id = answer.header("x-request-id").to_owned();
    let log = secrecy::log();
    let line = log.lines().find(|line| line.contains(&id) && line.contains(" queries=")).expect("a line in the log");
    line.split(" queries=").nth(1).and_then(|rest| rest.split(' ').next()).expect("a number").to_owned()
}

/// An order of one of each of these, behind everybody's back.
pub async fn order(house: &House, account: &str, number: &str, status: &str, days_ago: i32, skus: &[&str]) {
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
