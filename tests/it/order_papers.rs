//! An order as a PDF: what the page says, for those who may read the page.

use http::StatusCode;
use serde_json::json;

use crate::house::{ADA, CAT, House};
use crate::orders::{number, order};

#[tokio::test]
async fn an_order_is_had_on_paper_by_whoever_may_read_it() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, cat, sales) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await, house.staff("acme", "sales").await);
    house.change("update products set name = 'Thé Łódź (fort)' where sku = 'SUG-1'").await;
    let number = number(&order(&ada, "one", json!([{ "sku": "TEA-1", "quantity": 2 }, { "sku": "CUP-1", "quantity": 4 }, { "sku": "SUG-1", "quantity": 1 }])).await);
    let path = format!("/orders/{number}/order.pdf");
    let paper = ada.get(&path).await;
    assert_eq!((paper.status, paper.header("content-type")), (StatusCode::OK, "application/pdf"));
    assert_eq!(paper.header("content-disposition"), format!("inline; filename=\"order-{number}.pdf\""));
    assert!(paper.header("cache-control").contains("no-store"), "{paper:?}");
    // The file is not packed, so that its texts can be read in it; £ is 0xA3 there and becomes U+FFFD in text.
    for words in [number.as_str(), "(TEA-1)", "(\u{fffd}0.80)", "(\u{fffd}1.60)", "(\u{fffd}17.58)", "20\u{fffd}%", "Th\u{fffd}", "L\u{fffd}dz"] {
        assert!(paper.text.contains(words), "{words} in {}", paper.text);
    }
    assert!(!paper.text.contains("1.00)"), "nobody else's price");
    let office = sales.get(&format!("/office{path}")).await;
    assert_eq!((office.status, office.text == paper.text), (StatusCode::OK, true), "the same paper");
    assert_eq!(cat.get(&path).await.status, StatusCode::NOT_FOUND);
    let picker = house.staff("acme", "picker").await;
    assert_eq!(picker.get(&format!("/office{path}")).await.status, StatusCode::FORBIDDEN);
    house.run_jobs().await;
}
