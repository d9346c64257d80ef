//! What is sold, what it costs and for whom, on the office's pages.

use http::StatusCode;
use serde_json::json;

use super::snapshot;
use crate::house::House;
use crate::settings::pictures::png;

#[tokio::test]
async fn the_goods() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    snapshot("office_products-index_empty", &owner.get("/office/products").await);
    snapshot("categories-index_empty", &owner.get("/office/categories").await);
    house.goods("acme").await;
    house.change("update products set updated_at = '2026-01-05 10:00:00+00'").await;
    snapshot("office_products-index", &owner.get("/office/products?query=tea").await);
    snapshot("office_products-index_nothing", &owner.get("/office/products?query=nothing&status=listed").await);
    snapshot("categories-index", &owner.get("/office/categories").await);
    snapshot("categories-index_taken", &owner.form("/office/categories", &[("name", "Drinks")]).await);
    snapshot("office_products-edit_new", &owner.get("/office/products/new").await);
    snapshot("office_products-edit_wrong", &owner.form("/office/products", &[("sku", ""), ("price", "free")]).await);
    let tea: uuid::Uuid = house.value("select product_id from products where sku = 'TEA-1'").await;
    let path = format!("/office/products/{tea}");
    owner.send_bytes(http::Method::PUT, &format!("/api/v1{path}/picture"), "image/png", png(40, 20)).await;
    house.change("update products set updated_at = '2026-01-05 10:00:00+00'").await;
    snapshot("office_products-edit", &owner.get(&path).await);
    let late = owner.form(&path, &[("sku", "TEA-1"), ("name", "Tea"), ("tax_class", "zero"), ("status", "listed"), ("version", "0")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    snapshot("office_products-edit_late", &late);
    let sales = house.staff("acme", "sales").await;
    snapshot("office_products-index_of_sales", &sales.get("/office/products?query=tea").await);
    snapshot("office_products-bulk", &owner.get("/office/products/changes/new?which=found&query=tea").await);
    let found = [("which", "found"), ("query", "tea"), ("percent", "5"), ("status", "unlisted")];
    snapshot("office_products-bulk_shown", &owner.form("/office/products/changes", &found).await);
    snapshot("office_products-bulk_wrong", &owner.form("/office/products/changes", &[("which", "found"), ("percent", "a lot")]).await);
}

#[tokio::test]
async fn prices_and_accounts() {
    let house = House::open().await;
    house.goods("acme").await;
    let owner = house.staff("acme", "owner").await;
    snapshot("price_lists-index", &owner.get("/office/price-lists").await);
    snapshot("price_lists-index_taken", &owner.form("/office/price-lists", &[("name", "gold")]).await);
    let gold: uuid::Uuid = house.value("select price_list_id from price_lists where name = 'Gold'").await;
    let list = format!("/office/price-lists/{gold}");
    let price = json!({ "sku": "SUG-1", "from_quantity": 6, "price": { "minor": 110, "currency": "GBP" }, "valid_until": "2040-03-31" });
    owner.json(http::Method::PUT, &format!("/api/v1{list}/prices"), price).await;
    snapshot("price_lists-show", &owner.get(&list).await);
    snapshot("price_lists-show_nothing", &owner.get(&format!("{list}?query=nothing")).await);
    snapshot("price_lists-show_wrong", &owner.form(&format!("{list}/prices"), &[("sku", "TEA-9"), ("price", "free")]).await);
    snapshot("price_lists-show_base", &owner.get("/office/price-lists/base?query=tea").await);
    let account: uuid::Uuid = house.value("select account_id from trade_accounts where account_number = 'A-1'").await;
    let path = format!("/office/accounts/{account}");
    snapshot("office_accounts-show", &owner.get(&path).await);
    snapshot("office_accounts-show_wrong", &owner.form(&path, &[("order_news", "email"), ("price_list", "none")]).await);
    let sales = house.staff("acme", "sales").await;
    snapshot("office_accounts-show_of_sales", &sales.get(&path).await);
    snapshot("office_accounts-why_before", &owner.get("/office/why-this-price?account=A-1").await);
    let asked = "/office/why-this-price?account=A-2&sku=TEA-1&quantity=12&day=2026-03-02";
    snapshot("office_accounts-why", &owner.get(asked).await);
    snapshot("office_accounts-why_wrong", &owner.get("/office/why-this-price?account=Z&sku=Z&quantity=none").await);
}
