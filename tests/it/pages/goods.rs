//! Pictures of what is sold: to those who have prices, to those who only look, and of one product.

use super::snapshot;
use crate::house::{ADA, CAT, House};

#[tokio::test]
async fn what_is_sold() {
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update tenants set stock_shown = 'numbers', minimum_order_minor = 5000 where slug = 'acme'").await;
    house
        .change(
            "update products set content_thousandths = 80000, content_measure = 'each', pack = 'box of 80', description = 'Strong.
From Assam.',
                    barcode = '5012345678900' where sku = 'TEA-1';
             insert into baskets (tenant_id, account_id, submission_id, changed_at)
             select tenant_id, account_id, gen_random_uuid(), now() from trade_accounts where account_number = 'A-2';
             insert into basket_lines (tenant_id, account_id, product_id, quantity, changed_at)
             select b.tenant_id, b.account_id, p.product_id, 12, now() from baskets b join products p using (tenant_id) where p.sku in ('TEA-1', 'CUP-1')",
        )
        .await;
    let (ada, cat) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await);
    let tea: String = house.value("select product_id::text from products where sku = 'TEA-1'").await;
    let old: String = house.value("select product_id::text from products where sku = 'OLD-1'").await;
    snapshot("home-home", &cat.get("/").await);
    snapshot("catalogue-index", &ada.get("/products").await);
    snapshot("catalogue-index_category", &cat.get("/products?category=drinks").await);
    snapshot("catalogue-index_found", &cat.get("/products?query=cofee+beens").await);
    snapshot("catalogue-index_nothing_found", &cat.get("/products?query=%3Cb%3Exyz").await);
    snapshot("catalogue-show", &cat.get(&format!("/products/{tea}")).await);
    snapshot("catalogue-show_discontinued", &cat.get(&format!("/products/{old}")).await);
}

#[tokio::test]
async fn what_strangers_see() {
    let house = House::open().await;
    house.goods("acme").await;
    house.goods("bravo").await;
    house.change("update tenants set prices_shown = case slug when 'acme' then 'all' else 'no_prices' end").await;
    let tea: String = house
        .value("select product_id::text from products p join tenants t on t.id = p.tenant_id where sku = 'TEA-1' and slug = 'acme'")
        .await;
    snapshot("catalogue-index_stranger", &house.browser("acme").get("/products").await);
    snapshot("catalogue-show_stranger", &house.browser("acme").get(&format!("/products/{tea}")).await);
    snapshot("catalogue-index_without_prices", &house.browser("bravo").get("/products?category=drinks").await);
    snapshot("web-offline", &house.browser("bravo").get("/offline").await);
    snapshot("sign_in-sign_in_goods", &house.browser("bravo").get("/").await);
}
