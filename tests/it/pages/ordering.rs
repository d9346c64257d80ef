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

#[tokio::test]
async fn an_order_that_is_changed() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, sales) = (house.customer("acme", ADA).await, house.staff("acme", "sales").await);
    let number = number(&order(&ada, "one", json!([{ "sku": "CUP-1", "quantity": 4 }, { "sku": "TEA-1", "quantity": 2 }])).await);
    let edit = format!("/orders/{number}/edit");
    snapshot("orders-edits-new", &ada.get(&edit).await);
    let typed = [("revision", "1"), ("quantity.1", "4"), ("quantity.2", "3"), ("more", "SUG-1 2"), ("note", "Ring <twice>")];
    snapshot("orders-edits-new_outcome", &ada.form(&edit, &typed).await);
    snapshot("orders-edits-new_wrong", &ada.form(&edit, &[("revision", "1"), ("quantity.1", "3"), ("more", "NO-1 2")]).await);
    let amendment = format!("/office/orders/{number}/amendment");
    snapshot("amendments-new", &sales.get(&amendment).await);
    let typed = [
        ("revision", "1"),
        ("quantity.1", "2"),
        ("why.1", "Few <left>"),
        ("quantity.2", "2"),
        ("sku.1", "CAN-1"),
        ("count.1", "1"),
        ("instead.1", "1"),
    ];
    let outcome = sales.form(&amendment, &typed).await;
    snapshot("amendments-new_outcome", &outcome);
    snapshot(
        "amendments-new_wrong",
        &sales.form(&amendment, &[("revision", "1"), ("quantity.1", "many"), ("sku.1", "NO-1"), ("count.1", "1")]).await,
    );
    let done = crate::amendments::send_to(&sales, &amendment, &crate::amendments::outcome_of(&outcome)).await;
    snapshot("office_orders-show_amended", &sales.get(done.header("location")).await);
    snapshot("orders-show_amended", &ada.get(&format!("/orders/{number}")).await);
    house.run_jobs().await;
}

#[tokio::test]
async fn picking() {
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update trade_accounts set route = 'North' where account_number = 'A-1'").await;
    let (ada, sales, picker) = (house.customer("acme", ADA).await, house.staff("acme", "sales").await, house.staff("acme", "picker").await);
    snapshot("picking-index_empty", &picker.get("/office/picking").await);
    snapshot("picking-list_empty", &picker.get("/office/picking/list").await);
    let lines = json!([{ "sku": "CUP-1", "quantity": 4 }, { "sku": "TEA-1", "quantity": 2 }]);
    for key in ["one", "two"] {
        let number = number(&order(&ada, key, lines.clone()).await);
        sales.post(&format!("/api/v1/office/orders/{number}/acceptance"), json!({})).await;
        if key == "one" {
            let page = format!("/office/picking/{number}");
            snapshot("picking-show", &picker.get(&page).await);
            picker.form(&format!("{page}/start"), &[]).await;
            snapshot("picking-show_picking", &picker.get(&page).await);
            let short = [("quantity.1", "3"), ("quantity.2", "2"), ("sku", "NO-1"), ("count", "1"), ("instead", "1")];
            snapshot("picking-show_wrong", &picker.form(&format!("{page}/lines"), &short).await);
            picker
                .form(&format!("{page}/lines"), &[("quantity.1", "2"), ("why.1", "Few left"), ("quantity.2", "2"), ("dispatch", "1")])
                .await;
            snapshot("picking-show_dispatched", &picker.get(&page).await);
        }
    }
    snapshot("picking-index", &picker.get("/office/picking").await);
    snapshot("picking-list", &picker.get("/office/picking/list").await);
    snapshot("picking-list_categories", &picker.get("/office/picking/list?by=category").await);
    house.run_jobs().await;
}

#[tokio::test]
async fn ordering_for_a_customer_and_how_one_sells() {
    let house = House::open().await;
    house.goods("acme").await;
    let (sales, manager) = (house.staff("acme", "sales").await, house.staff("acme", "manager").await);
    snapshot("phone_orders-index", &sales.get("/office/orders/new").await);
    snapshot("phone_orders-new", &sales.get("/office/orders/new?account=A-1").await);
    let typed = [
        ("account", "A-1"),
        ("submission_id", "00000000-0000-7000-8000-000000000001"),
        ("lines", "TEA-1 3\nCUP-1 2"),
        ("note", "As <always>"),
    ];
    snapshot("phone_orders-new_outcome", &sales.form("/office/orders", &typed).await);
    let sells = "/office/settings/orders";
    snapshot("order_settings-index", &manager.get(sells).await);
    let wrong = [
        ("minimum_order", "a lot"),
        ("stock_shown", "words"),
        ("vat_rounding", "line"),
        ("delivery.2", "1"),
        ("delivery.2.before", "20"),
        ("delivery.2.cut_off", "16:00"),
        ("closed", "Christmas"),
        ("rates", "FR cheap"),
    ];
    snapshot("order_settings-index_wrong", &manager.form(sells, &wrong).await);
}

#[tokio::test]
async fn what_customers_are_told() {
    let house = House::open().await;
    let manager = house.staff("acme", "manager").await;
    let messages = "/office/settings/messages";
    snapshot("message_templates-index", &manager.get(messages).await);
    snapshot("message_templates-index_french", &manager.get(&format!("{messages}?language=fr")).await);
    snapshot("message_templates-edit", &manager.get(&format!("{messages}/order_accepted?language=fr")).await);
    snapshot("message_templates-edit_code", &manager.get(&format!("{messages}/sign_in_code")).await);
    let dear = [("language", "fr"), ("sms", "{business_name} : commande {number} prête – {total}. <Merci>"), ("email_subject", "Merci")];
    snapshot("message_templates-edit_preview", &manager.form(&format!("{messages}/order_ready/preview"), &dear).await);
    let wrong = [("language", "en"), ("sms", "Order {nmber}"), ("email_subject", "{"), ("email_text", "}")];
    snapshot("message_templates-edit_wrong", &manager.form(&format!("{messages}/order_ready"), &wrong).await);
    let saved =
        manager.form(&format!("{messages}/access_moved"), &[("language", "en"), ("sms", "It has moved, says {business_name}.")]).await;
    snapshot("message_templates-edit_own", &manager.get(saved.header("location")).await);
}
