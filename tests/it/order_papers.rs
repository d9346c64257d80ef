//! An order as a PDF: what the page says, for those who may read the page.

use encoding_rs::WINDOWS_1252;
use http::StatusCode;
use regex::Regex;
use serde_json::json;

use crate::house::{ADA, CAT, House};
use crate::orders::{number, order};

/// What is written on a paper, text by text: what is not all ASCII stands there in hexadecimal digits.
pub fn texts(pdf: &str) -> Vec<String> {
    let shown = Regex::new(r"(?:\((.*)\)|<([0-9A-F]*)>) Tj").expect("a pattern");
    let text = |found: regex::Captures<'_>| match (found.get(1), found.get(2)) {
        (None, Some(digits)) => WINDOWS_1252.decode(&hex::decode(digits.as_str()).expect("digits")).0.into_owned(),
        (plain, _) => plain.map_or("", |plain| plain.as_str()).to_owned(),
    };
    shown.captures_iter(pdf).map(text).collect()
}

#[tokio::test]
async fn an_order_is_had_on_paper_by_whoever_may_read_it() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, cat, sales) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await, house.staff("acme", "sales").await);
    house.change("update products set name = 'Thé Łódź (fort)' where sku = 'SUG-1'").await;
    let number = number(
        &order(
            &ada,
            "one",
            json!([{ "sku": "TEA-1", "quantity": 2 }, { "sku": "CUP-1", "quantity": 4 }, { "sku": "SUG-1", "quantity": 1 }]),
        )
        .await,
    );
    let path = format!("/orders/{number}/order.pdf");
    let paper = ada.get(&path).await;
    assert_eq!((paper.status, paper.header("content-type")), (StatusCode::OK, "application/pdf"));
    assert_eq!(paper.header("content-disposition"), format!("inline; filename=\"order-{number}.pdf\""));
    assert!(paper.header("cache-control").contains("no-store"), "{paper:?}");
    let texts = texts(&paper.text);
    for words in [&*format!("Order {number}"), "TEA-1", "Breakfast tea, 80 bags,", "£0.80", "£1.60", "£18.78", "20%", "VAT 20% of £13.32"]
    {
        assert!(texts.iter().any(|text| text.contains(words)), "{words} in {texts:?}");
    }
    // Letters that are none of Western Europe's are written with the nearest ones.
    assert!(texts.iter().any(|text| text == "Thé Lódz (fort)"), "{texts:?}");
    assert!(!texts.iter().any(|text| text == "£1.00"), "nobody else's price: {texts:?}");
    let office = sales.get(&format!("/office{path}")).await;
    assert_eq!((office.status, office.text == paper.text), (StatusCode::OK, true), "the same paper");
    assert_eq!(cat.get(&path).await.status, StatusCode::NOT_FOUND);
    let picker = house.staff("acme", "picker").await;
    assert_eq!(picker.get(&format!("/office{path}")).await.status, StatusCode::FORBIDDEN);
    house.run_jobs().await;
}
