//! The basket, what was ordered, and the order desk.

use serde_json::json;

use super::snapshot;
use crate::house::{ADA, House};
use crate::orders::{form_of, number, order, put, send};

#[tokio::test]
async fn a_basket_and_its_orders() {
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update tenants set minimum_order_minor = 1000, updated_at = now() where slug = 'acme'").await;
    house.app.house.tenants.forget("acme").await;
    let ada = house.customer("acme", ADA).await;
    snapshot("basket-show_empty", &ada.get("/basket").await);
    snapshot("orders-index_empty", &ada.get("/orders").await);
    put(&house, &ada, "TEA-1", 3).await;
    snapshot("basket-show_below_minimum", &ada.get("/basket").await);
    put(&house, &ada, "CUP-1", 3).await;
    put(&house, &ada, "OLD-1", 1).await;
    put(&house, &ada, "TEA-2", 11).await;
    snapshot("basket-show_misfits", &ada.get("/basket").await);
    put(&house, &ada, "OLD-1", 0).await;
    put(&house, &ada, "CUP-1", 4).await;
    put(&house, &ada, "TEA-2", 2).await;
    let page = ada.get("/basket").await;
    snapshot("basket-show", &page);
    house.change("update prices set minor = 460 where minor = 450").await;
    let mut form = form_of(&page);
    form.push(("reference".to_owned(), "For <Monday>".to_owned()));
    form.push(("note".to_owned(), "Ring twice.\nThank you".to_owned()));
    let moved = send(&ada, &form).await;
    snapshot("basket-show_moved", &moved);
    form.retain(|(name, _)| matches!(name.as_str(), "reference" | "note"));
    let mut again = form_of(&moved);
    again.append(&mut form);
    let sent = send(&ada, &again).await;
    let shown = ada.get(sent.header("location")).await;
    snapshot("orders-show_sent", &shown);
    snapshot("orders-index", &ada.get("/orders").await);
    again.retain(|(name, _)| name != "note");
    snapshot("basket-show_sent_already", &send(&ada, &again).await);
    house.run_jobs().await;
}

#[tokio::test]
async fn the_order_desk() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, sales) = (house.customer("acme", ADA).await, house.staff("acme", "sales").await);
    snapshot("office_orders-index_empty", &sales.get("/office/orders").await);
    let lines = json!([{ "sku": "CUP-1", "quantity": 4 }, { "sku": "TEA-1", "quantity": 1 }]);
    let first = number(&order(&ada, "one", lines.clone()).await);
    let second = number(&order(&ada, "two", lines).await);
    snapshot("office_orders-index", &sales.get("/office/orders").await);
    snapshot("office_orders-index_none", &sales.get("/office/orders?status=delivered").await);
    snapshot("office_orders-show", &sales.get(&format!("/office/orders/{first}")).await);
    snapshot("office_orders-show_wrong", &sales.form(&format!("/office/orders/{first}/refusal"), &[("reason", "")]).await);
    let accepted = sales.form(&format!("/office/orders/{first}/acceptance"), &[]).await;
    snapshot("office_orders-show_accepted", &sales.get(accepted.header("location")).await);
    let declined = sales.form(&format!("/office/orders/{second}/refusal"), &[("reason", "No van.\nSorry <all>")]).await;
    snapshot("office_orders-show_declined", &sales.get(declined.header("location")).await);
    snapshot("orders-show_accepted", &ada.get(&format!("/orders/{first}")).await);
    snapshot("orders-show_declined", &ada.get(&format!("/orders/{second}")).await);
    house.run_jobs().await;
}
