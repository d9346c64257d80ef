//! A pasted list, a file, and an order that is ordered once more.

use http::{Method, StatusCode};
use serde_json::json;

use crate::house::{ADA, Answer, Browser, CAT, House};
use crate::orders::{number, order, put};

/// Sends the form with these lines, typed or in a file.
async fn look(browser: &Browser, lines: &str, file: &str) -> Answer {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"lines\"\r\n\r\n{lines}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"order.csv\"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n--b--\r\n"
    );
    browser.send_bytes(Method::POST, "/quick-order", "multipart/form-data; boundary=b", body.into_bytes()).await
}

#[tokio::test]
async fn each_line_is_found_or_says_why_not() {
    let house = House::open().await;
    house.goods("acme").await;
    let ada = house.customer("acme", ADA).await;
    put(&house, &ada, "TEA-1", 1).await;
    let lines = "tea-1 12\nNO-1 3\nSUG-1 0\nCUP-1, 3\nLID-1\t24\nOLD-1 1\n<b> 2";
    let shown = look(&ada, lines, "SKU;Quantity\r\ntea-1;2\r\n").await;
    assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
    for words in [
        "Breakfast tea, 80 bags",
        "£9.60",
        "<strong>NO-1 3</strong><span class=\"wrong line\">We have no product with this SKU.",
        "Write the quantity as a whole number, such as 12.",
        "This comes in packs of 2. You can put it right in the basket.",
        "Not sold any more. Instead there is CAN-1.",
        "&#60;b&#62; 2",
        "4 of 8 found",
        "Add 4 to basket",
    ] {
        assert!(shown.text.contains(words), "{words} in {}", shown.text);
    }
    crate::pages::snapshot("quick_orders-show", &shown);
    assert_eq!(house.value::<i64>("select count(*) from basket_lines").await, 1, "nothing is written yet");
    let all = format!("{lines}\nSKU;Quantity\r\ntea-1;2");
    let taken = ada.form("/quick-order/lines", &[("lines", &all)]).await;
    assert_eq!((taken.status, taken.header("location")), (StatusCode::SEE_OTHER, "/basket"));
    let basket: String = house
        .value("select string_agg(sku || ' ' || quantity, ', ' order by sku) from basket_lines join products using (tenant_id, product_id)")
        .await;
    assert_eq!(basket, "CUP-1 3, LID-1 24, TEA-1 15", "on top of what was in it");
    let none = look(&ada, "", "").await;
    assert!(none.text.contains("Please type, paste or choose some lines."), "{none:?}");
    let many = look(&ada, &"TEA-1 1\n".repeat(501), "").await;
    assert!(many.text.contains("These are more than 500 lines."), "{many:?}");
}

#[tokio::test]
async fn a_quantity_in_letters_is_told_from_a_sku_with_a_blank_in_it() {
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update products set sku = 'SUG BAG', sku_key = 'SUG BAG' where sku = 'SUG-1'").await;
    let ada = house.customer("acme", ADA).await;
    let shown = look(&ada, "TEA-1 twelve\nSUG BAG\nSUG BAG two\nNO-1 twelve", "").await;
    let quantity = "Write the quantity as a whole number, such as 12.";
    for (line, why) in [("TEA-1 twelve", quantity), ("SUG BAG two", quantity), ("NO-1 twelve", "We have no product with this SKU.")] {
        let words = format!("<strong>{line}</strong><span class=\"wrong line\">{why}");
        assert!(shown.text.contains(&words), "{words} in {}", shown.text);
    }
    assert!(shown.text.contains("1 of 4 found") && shown.text.contains("<span class=\"digits\">SUG BAG</span> · 1"), "{}", shown.text);
}

#[tokio::test]
async fn a_file_is_read_whichever_program_wrote_it() {
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update products set sku = 'THÉ-1', sku_key = 'THÉ-1' where sku = 'SUG-1'").await;
    let ada = house.customer("acme", ADA).await;
    let text = "SKU;Menge;Name\r\ntea-1;12,00;\"Tee; schwarz\"\r\nthé-1;3;\r\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, file) in [
        ("UTF-8 with its mark", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("UTF-16", [b"\xff\xfe".to_vec(), little].concat()),
        ("Windows", text.chars().map(|letter| u8::try_from(letter).expect("a letter of Latin-1")).collect()),
    ] {
        let head = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"order.csv\"\r\nContent-Type: text/csv\r\n\r\n";
        let body = [&head[..], &file, b"\r\n--b--\r\n"].concat();
        let shown = ada.send_bytes(Method::POST, "/quick-order", "multipart/form-data; boundary=b", body).await;
        for words in ["All found", "<span class=\"digits\">TEA-1</span> · 12", "<span class=\"digits\">THÉ-1</span> · 3"] {
            assert!(shown.text.contains(words), "{words}, from {name}: {}", shown.text);
        }
    }
}

#[tokio::test]
async fn an_order_is_ordered_again_with_what_has_changed_since() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, cat) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await);
    let lines = json!([{ "sku": "TEA-1", "quantity": 3 }, { "sku": "CUP-1", "quantity": 2 }, { "sku": "CAN-1", "quantity": 1 }]);
    let first = number(&order(&ada, "one", lines).await);
    let again = ada.form(&format!("/orders/{first}/reorder"), &[]).await;
    assert_eq!(again.header("location"), format!("/basket?from={first}"));
    let shown = ada.get(again.header("location")).await;
    assert!(shown.text.contains("at today’s prices.</p>"), "nothing has changed since: {shown:?}");
    ada.form("/basket/emptying", &[]).await;
    house.change("update prices set minor = 85 where minor = 80; update products set status = 'discontinued', replaced_by = 'SUG-1' where sku = 'CAN-1'").await;
    let again = ada.form(&format!("/orders/{first}/reorder"), &[]).await;
    let shown = ada.get(again.header("location")).await;
    for words in ["Breakfast tea, 80 bags: £0.80 → £0.85", "Candle: Not sold any more. Instead there is SUG-1."] {
        assert!(shown.text.contains(words), "{words} in {shown:?}");
    }
    let basket: String = house
        .value("select string_agg(sku || ' ' || quantity, ', ' order by sku) from basket_lines join products using (tenant_id, product_id)")
        .await;
    assert_eq!(basket, "CUP-1 2, TEA-1 3");
    let of_another = cat.form(&format!("/orders/{first}/reorder"), &[]).await;
    assert_eq!(of_another.status, StatusCode::NOT_FOUND);
    assert_eq!(cat.get(&format!("/basket?from={first}")).await.status, StatusCode::NOT_FOUND);
    house.run_jobs().await;
}

#[tokio::test]
async fn what_is_added_twice_by_a_double_tap_is_added_once() {
    let house = House::open().await;
    house.goods("acme").await;
    let ada = house.customer("acme", ADA).await;
    let first = number(&order(&ada, "one", json!([{ "sku": "TEA-1", "quantity": 3 }])).await);
    let seen = |page: &Answer| {
        let text = page.text.split("name=\"basket\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a version");
        text.to_owned()
    };
    let quantity = async || house.value::<i64>("select coalesce(sum(quantity), 0)::bigint from basket_lines").await;
    let version = seen(&ada.get(&format!("/orders/{first}")).await);
    let form = [("basket", version.as_str())];
    let path = format!("/orders/{first}/reorder");
    let taps = futures_util::future::join_all((0..4).map(|_| ada.form(&path, &form))).await;
    let added = taps.iter().filter(|tap| tap.header("location") == format!("/basket?from={first}")).count();
    assert_eq!((added, quantity().await), (1, 3));
    let told = ada.get("/basket?done=unchanged").await.text;
    assert!(told.contains("Nothing was added"), "{told}");
    let again = seen(&ada.get(&format!("/orders/{first}")).await);
    ada.form(&path, &[("basket", again.as_str())]).await;
    assert_eq!(quantity().await, 6, "whoever has seen it may add it again");
    let shown = look(&ada, "TEA-1 2", "").await;
    let version = seen(&shown);
    let form = [("lines", "TEA-1 2"), ("basket", version.as_str())];
    assert_eq!(ada.form("/quick-order/lines", &form).await.header("location"), "/basket");
    assert_eq!(ada.form("/quick-order/lines", &form).await.header("location"), "/basket?done=unchanged");
    assert_eq!(quantity().await, 8);
}
