//! Pictures of what is sold: named by what is in them, kept for good, and each wholesaler's own.

use http::StatusCode;

use super::shop::put;
use crate::house::{ADA, House};

const HASH: &str = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";

/// A tenant's picture of this name, on its product of this id.
async fn draw(house: &House, product: uuid::Uuid) {
    house
        .change(&format!(
            "insert into pictures (tenant_id, picture_hash, small, large, created_at)
             select tenant_id, '\\x{HASH}', 'small one', 'large one', now() from products where product_id = '{product}';
             update products set picture_hash = '\\x{HASH}' where product_id = '{product}'"
        ))
        .await;
}

#[tokio::test]
async fn a_picture_is_kept_for_good_by_whoever_has_seen_it() {
    let house = House::open().await;
    let tea = put(&house, "acme", "TEA-1", "Assam tea", ("", ""), Some(1000)).await;
    put(&house, "acme", "MUG-2", "Mug", ("", ""), Some(1000)).await;
    draw(&house, tea).await;
    let ada = house.customer("acme", ADA).await;
    let list = ada.get("/products").await.text;
    let small = format!("<img class=\"pic\" src=\"/pictures/{HASH}?size=small\" alt=\"\" width=\"56\" height=\"56\" loading=\"lazy\"");
    assert_eq!((list.matches(&small).count(), list.matches("<img class=\"pic\"").count()), (1, 1), "{list}");
    let page = ada.get(&format!("/products/{tea}")).await.text;
    assert!(page.contains(&format!("src=\"/pictures/{HASH}\"")), "{page}");
    for browser in [&ada, &house.browser("acme")] {
        for (path, bytes) in [(format!("/pictures/{HASH}"), "large one"), (format!("/pictures/{HASH}?size=small"), "small one")] {
            let answer = browser.get(&path).await;
            assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, bytes), "{path}");
            let told = ["content-type", "cache-control", "x-content-type-options", "set-cookie"].map(|name| answer.header(name));
            assert_eq!(told, ["image/jpeg", "public, max-age=31536000, immutable", "nosniff", ""], "{path}");
        }
    }
    let capitals = HASH.to_uppercase();
    for other in [&HASH[2..], &capitals, "x", "%00", "..%2F..", &format!("{HASH}00"), &format!("{HASH}?size=huge"), &"0".repeat(64)] {
        let answer = ada.get(&format!("/pictures/{other}")).await;
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::NOT_FOUND, "private, no-store"), "{other}");
    }
    assert_eq!(house.browser("bravo").get(&format!("/pictures/{HASH}")).await.status, StatusCode::NOT_FOUND, "it is acme's");
}
