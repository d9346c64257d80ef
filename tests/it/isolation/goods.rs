//! What is sold, and what it costs: the routes of the office, and what they are asked about.

use super::routes::{Door, Guarded, PICTURE, office};
use super::scene::Scene;

const PRICE: &str = "sku=TEA-1&from_quantity=1&valid_from=2000-01-01";
const PRICE_JSON: &str = r#"{"sku":"TEA-1","price":{"minor":100,"currency":"GBP"}}"#;

/// For those who sell, and for those who keep the goods.
pub const GOODS: &[Guarded] = &[
    office(Door::Decider, "GET", "/office/products", "?query=tea", 200),
    office(Door::Keeper, "GET", "/office/products/new", "", 200),
    office(Door::Keeper, "POST", "/office/products", "sku=NEW-1&name=New&tax_class=standard&status=listed", 303),
    office(Door::Keeper, "GET", "/office/products/:product_id", "", 200),
    office(
        Door::Keeper,
        "POST",
        "/office/products/:product_id",
        "sku=TEA-1&name=Tea&tax_class=standard&status=listed&version=1767571200000000",
        303,
    ),
    office(Door::Keeper, "GET", "/office/categories", "", 200),
    office(Door::Keeper, "POST", "/office/categories", "name=More", 303),
    office(Door::Keeper, "POST", "/office/categories/:category_id", "name=Other", 303),
    office(Door::Keeper, "POST", "/office/categories/:category_id/removal", "", 303),
    office(Door::Keeper, "GET", "/office/price-lists", "", 200),
    office(Door::Keeper, "POST", "/office/price-lists", "name=Silver", 303),
    office(Door::Keeper, "GET", "/office/price-lists/:price_list_id", "", 200),
    office(Door::Keeper, "POST", "/office/price-lists/:price_list_id", "name=Bronze", 303),
    office(Door::Keeper, "POST", "/office/price-lists/:price_list_id/prices", "sku=TEA-1&price=1.00", 303),
    office(Door::Keeper, "POST", "/office/price-lists/:price_list_id/prices/removal", PRICE, 303),
    office(Door::Decider, "GET", "/api/v1/office/products", "?query=tea", 200),
    office(Door::Keeper, "POST", "/api/v1/office/products", r#"{"sku":"NEW-2","name":"New"}"#, 201),
    office(Door::Keeper, "GET", "/api/v1/office/products/:id", "", 200),
    office(Door::Keeper, "PATCH", "/api/v1/office/products/:id", r#"{"name":"Tea"}"#, 200),
    office(Door::Keeper, "PUT", "/api/v1/office/products/:id/stock", r#"{"on_hand":5}"#, 200),
    office(Door::Decider, "GET", "/api/v1/office/categories", "", 200),
    office(Door::Keeper, "POST", "/api/v1/office/categories", r#"{"name":"Yet more"}"#, 201),
    office(Door::Decider, "GET", "/office/accounts/:account_id", "", 200),
    office(Door::Keeper, "POST", "/office/accounts/:account_id", "order_news=text", 303),
    office(Door::Keeper, "POST", "/office/accounts/:account_id/prices", "sku=TEA-1&price=1.00", 303),
    office(Door::Keeper, "POST", "/office/accounts/:account_id/prices/removal", PRICE, 303),
    office(Door::Decider, "GET", "/office/why-this-price", "", 200),
    office(Door::Keeper, "POST", "/office/products/:product_id/picture", PICTURE, 303),
    office(Door::Keeper, "POST", "/office/products/:product_id/picture/removal", "", 303),
    office(Door::Keeper, "GET", "/office/products/changes/new", "?which=found", 200),
    office(Door::Keeper, "POST", "/office/products/changes", "which=found&status=listed", 200),
    office(Door::Keeper, "GET", "/api/v1/office/price-lists", "", 200),
    office(Door::Keeper, "POST", "/api/v1/office/price-lists", r#"{"name":"Copper"}"#, 201),
    office(Door::Keeper, "PATCH", "/api/v1/office/price-lists/:id", r#"{"name":"Tin"}"#, 200),
    office(Door::Keeper, "GET", "/api/v1/office/price-lists/:id/prices", "", 200),
    office(Door::Keeper, "PUT", "/api/v1/office/price-lists/:id/prices", PRICE_JSON, 200),
    office(Door::Keeper, "DELETE", "/api/v1/office/price-lists/:id/prices", "?sku=TEA-1", 204),
    office(Door::Decider, "GET", "/api/v1/office/accounts", "", 200),
    office(Door::Decider, "GET", "/api/v1/office/accounts/:id", "", 200),
    office(Door::Keeper, "PATCH", "/api/v1/office/accounts/:id", r#"{"route":"North"}"#, 200),
    office(Door::Decider, "GET", "/api/v1/office/accounts/:id/prices", "", 200),
    office(Door::Keeper, "PUT", "/api/v1/office/accounts/:id/prices", PRICE_JSON, 200),
    office(Door::Keeper, "DELETE", "/api/v1/office/accounts/:id/prices", "?sku=TEA-1", 204),
    office(Door::Decider, "GET", "/api/v1/office/price-explanations", "?account=A-1&sku=TEA-1", 200),
    office(Door::Keeper, "PUT", "/api/v1/office/products/:id/picture", PICTURE, 200),
    office(Door::Keeper, "DELETE", "/api/v1/office/products/:id/picture", "", 200),
];

impl Scene {
    /// Something that is sold.
    pub async fn product(&mut self, slug: &str) -> String {
        sqlx::query_scalar(
            "insert into products (tenant_id, product_id, sku, sku_key, name, name_key, created_at, updated_at)
             select id, gen_random_uuid(), 'TEA-1', 'TEA-1', 'Tea', 'tea', now(), '2026-01-05 00:00Z' from tenants where slug = $1
             on conflict (tenant_id, sku_key) do update set updated_at = excluded.updated_at returning product_id::text",
        )
        .bind(slug)
        .fetch_one(&mut self.db)
        .await
        .expect("a product")
    }

    /// Something to gather products under; each time another one.
    pub async fn category(&mut self, slug: &str) -> String {
        sqlx::query_scalar(
            "insert into categories (tenant_id, category_id, slug, name)
             select id, gen_random_uuid(), gen_random_uuid()::text, 'Things' from tenants where slug = $1 returning category_id::text",
        )
        .bind(slug)
        .fetch_one(&mut self.db)
        .await
        .expect("a category")
    }

    /// A list that accounts may share, with a price on it; each time another one.
    pub async fn price_list(&mut self, slug: &str) -> String {
        sqlx::query_scalar(
            "with list as (insert into price_lists (tenant_id, price_list_id, kind, name, created_at)
                           select id, gen_random_uuid(), 'list', gen_random_uuid()::text, now() from tenants where slug = $1 returning *),
                  price as (insert into prices (tenant_id, price_list_id, product_id, minor)
                            select list.tenant_id, list.price_list_id, p.product_id, 90 from list join products p using (tenant_id)
                             where p.sku = 'TEA-1')
             select price_list_id::text from list",
        )
        .bind(slug)
        .fetch_one(&mut self.db)
        .await
        .expect("a price list")
    }

    /// The first trade account, with a price of its own.
    pub async fn account(&mut self, slug: &str) -> String {
        sqlx::query_scalar(
            "with account as (select t.tenant_id, t.account_id from trade_accounts t join tenants on id = t.tenant_id
                               where slug = $1 order by account_number limit 1),
                  list as (insert into price_lists (tenant_id, price_list_id, kind, created_at)
                           select tenant_id, account_id, 'account', now() from account on conflict do nothing),
                  price as (insert into prices (tenant_id, price_list_id, product_id, minor)
                            select a.tenant_id, a.account_id, p.product_id, 90 from account a join products p using (tenant_id)
                             where p.sku = 'TEA-1' on conflict do nothing)
             select account_id::text from account",
        )
        .bind(slug)
        .fetch_one(&mut self.db)
        .await
        .expect("an account")
    }
}
