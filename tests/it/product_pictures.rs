//! Pictures of products: drawn anew once, in two sizes, named by what is in them, and shown to those who see the goods.

use http::{Method, StatusCode};
use image::GenericImageView;
use uuid::Uuid;

use crate::house::{Browser, House};
use crate::settings::pictures::{png, transparent_png, upload_part};

async fn shop() -> (House, Browser, Uuid) {
    let house = House::open().await;
    house.goods("acme").await;
    let manager = house.staff("acme", "manager").await;
    let tea =
        house.value(&format!("select product_id from products where tenant_id = '{}' and sku = 'TEA-1'", house.tenant("acme").await)).await;
    (house, manager, tea)
}

async fn put(browser: &Browser, product: Uuid, picture: Vec<u8>) -> crate::house::Answer {
    browser.send_bytes(Method::PUT, &format!("/api/v1/office/products/{product}/picture"), "image/png", picture).await
}

fn size_of(jpeg: &[u8]) -> (u32, u32) {
    assert!(jpeg.starts_with(&[0xFF, 0xD8]), "a JPEG");
    image::load_from_memory(jpeg).expect("a picture").dimensions()
}

#[tokio::test]
async fn a_picture_is_kept_in_two_sizes_under_the_name_of_what_is_in_it() {
    let (house, manager, tea) = shop().await;
    let uploaded = upload_part(&manager, &format!("/office/products/{tea}/picture"), "picture", &png(1200, 600)).await;
    assert_eq!(
        (uploaded.status, uploaded.header("location")),
        (StatusCode::SEE_OTHER, &*format!("/office/products/{tea}?done=picture")),
        "{uploaded:?}"
    );
    let href =
        manager.get(&format!("/api/v1/office/products/{tea}")).await.value()["picture_href"].as_str().expect("an address").to_owned();
    let hash: String = house.value("select encode(sha256(large), 'hex') from pictures").await;
    assert_eq!(href, format!("/pictures/{hash}"));
    let large = manager.get(&href).await;
    assert_eq!((large.header("content-type"), large.header("cache-control")), ("image/jpeg", "public, max-age=31536000, immutable"));
    assert_eq!(large.header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!((size_of(&large.bytes), size_of(&manager.get(&format!("{href}?size=small")).await.bytes)), ((480, 240), (112, 56)));
    assert!(manager.get(&format!("/office/products/{tea}")).await.text.contains(&href));
    // Another product with the same picture keeps no second copy, and its going takes nothing from the first.
    let sugar: Uuid = house.value("select product_id from products where sku = 'SUG-1'").await;
    assert_eq!(put(&manager, sugar, png(1200, 600)).await.status, StatusCode::OK);
    assert_eq!(house.value::<i64>("select count(*) from pictures").await, 1);
    assert_eq!(manager.form(&format!("/office/products/{sugar}/picture/removal"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.value::<i64>("select count(*) from pictures").await, 1);
    // Small ones are not blown up, and what can be seen through is white.
    assert_eq!(put(&manager, tea, transparent_png(40, 20)).await.status, StatusCode::OK);
    let href =
        manager.get(&format!("/api/v1/office/products/{tea}")).await.value()["picture_href"].as_str().expect("an address").to_owned();
    let drawn = image::load_from_memory(&manager.get(&href).await.bytes).expect("a picture");
    assert_eq!(drawn.dimensions(), (40, 20));
    assert!(drawn.get_pixel(1, 1).0[..3].iter().all(|colour| *colour > 250), "{:?}", drawn.get_pixel(1, 1));
    assert_eq!(house.value::<i64>("select count(*) from pictures").await, 1, "the one that nobody has any more is gone");
    let gone = manager.delete(&format!("/api/v1/office/products/{tea}/picture")).await;
    assert_eq!((gone.status, house.value::<i64>("select count(*) from pictures").await), (StatusCode::OK, 0));
    let entries = "select count(*) from audit_events where action = 'product.changed' and details::text like '%picture%'";
    assert_eq!(house.value::<i64>(entries).await, 5);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_beside_the_field() {
    let (house, manager, tea) = shop().await;
    for (file, words) in [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "That is an SVG drawing"),
        (b"hello".to_vec(), "That is not a PNG, JPEG or WebP picture"),
        (png(1200, 600)[..200].to_vec(), "That picture is damaged"),
        (Vec::new(), "Choose a picture first."),
    ] {
        let refused = upload_part(&manager, &format!("/office/products/{tea}/picture"), "picture", &file).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains(words), "{words}: {refused:?}");
        assert!(refused.text.contains("id=\"picture-error\""), "beside the field");
    }
    assert_eq!(house.value::<i64>("select count(*) from pictures").await, 0);
    let nothing = put(&manager, Uuid::now_v7(), png(10, 10)).await;
    assert_eq!((nothing.status, house.value::<i64>("select count(*) from pictures").await), (StatusCode::NOT_FOUND, 0), "{nothing:?}");
}
