//! What is taken along is what is read again.

use http::StatusCode;

use crate::house::House;
use crate::imports::{counts, read};

#[tokio::test]
async fn whatever_is_exported_is_unchanged_when_it_is_brought_in() {
    let house = House::open().await;
    house.goods("acme").await;
    house
        .change(
            "update products set name = '=HYPERLINK(\"http://x\")', description = E'Line one\\nline \"two\"; three', keywords = '''=1, é' where sku = 'TEA-1';
             update products set name = '-5 % Käse', pack = '''90s tea', content_thousandths = 125, content_measure = 'kg', barcode = '04000001' where sku = 'TEA-2';
             update stock set on_hand = -3 where product_id = (select product_id from products where sku = 'TEA-2' limit 1);
             update products set category_id = null where sku = 'CAN-1';
             update prices set valid_until = '2031-05-31' where from_quantity = 12;
             insert into prices (tenant_id, price_list_id, product_id, from_quantity, valid_from, minor)
             select tenant_id, tenant_id, product_id, 24, '2027-01-01', 250 from products where sku = 'SUG-1';
             update trade_accounts set business_name = '+Plus & Söhne', town = '', route = '@North' where account_number = 'A-1';
             insert into trade_accounts (tenant_id, account_id, account_number, business_name, country, created_at)
             select id, gen_random_uuid(), '=N-1', 'Nobody''s', 'FR', now() from tenants where slug = 'acme'",
        )
        .await;
    let manager = house.staff("acme", "manager").await;
    for (kind, rows) in [("products", 10), ("prices", 15), ("customers", 3)] {
        let file = manager.get(&format!("/office/exports/{kind}.csv")).await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"), "{file:?}");
        assert!(file.header("content-disposition").starts_with(&format!("attachment; filename=\"acme-{kind}-")), "{file:?}");
        assert!(file.text.starts_with('\u{feff}') && file.text.contains("\r\n"), "{}", file.text);
        let mut table = csv::Reader::from_reader(file.text.trim_start_matches('\u{feff}').as_bytes());
        for record in table.records() {
            for cell in &record.expect("a row") {
                assert!(!cell.starts_with(['=', '+', '-', '@']), "a formula: {cell}");
            }
        }
        let path = read(&house, &manager, kind, file.text.as_bytes()).await;
        assert_eq!(counts(&house).await, format!("read 0 0 {rows} 0"), "{kind}: {}", manager.get(&format!("{path}?rows=wrong")).await.text);
        assert!(manager.get(&path).await.text.contains("Everything in this file stands as it is already."));
    }
}

#[tokio::test]
async fn a_wholesaler_takes_along_what_is_its_own() {
    let house = House::open().await;
    house.goods("acme").await;
    house.goods("bravo").await;
    house.change("update products set name = 'Of bravo' where tenant_id = (select id from tenants where slug = 'bravo')").await;
    let manager = house.staff("acme", "manager").await;
    for kind in ["products", "prices", "customers"] {
        let file = manager.get(&format!("/office/exports/{kind}.csv")).await.text;
        assert!(!file.contains("Of bravo") && !file.contains("B-1") && file.lines().count() > 2, "{file}");
    }
    for role in ["sales", "picker"] {
        let other = house.staff("acme", role).await;
        assert_eq!(other.get("/office/exports/products.csv").await.status, StatusCode::FORBIDDEN, "{role}");
    }
}
