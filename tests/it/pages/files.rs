//! Pictures of files that are brought in, and of the day in numbers.

use http::StatusCode;
use regex::Regex;

use super::snapshot;
use crate::dashboard::order;
use crate::house::{Answer, DAN, House};
use crate::imports::{act, chosen, read, upload};

const LIST: &[u8] =
    "SKU;Name;Price;VAT;Colour\nTEA-1;Breakfast <tea>;1,10;20 %;\nNEW-1;Mug;3,00;20;red\nCUP-1;Paper cups, 50;3,33;standard;\n".as_bytes();

#[tokio::test]
async fn files_on_their_way() {
    let house = House::open().await;
    house.goods("acme").await;
    let manager = house.staff("acme", "manager").await;
    snapshot("imports-index_empty", &manager.get("/office/imports").await);
    snapshot("imports-index_refused", &upload(&manager, "prices", "list.xlsx", b"PK\x03\x04[Content_Types].xml").await);
    let columns = upload(&manager, "products", "list.csv", LIST).await.header("location").to_owned();
    let page = manager.get(&columns).await;
    snapshot("imports-columns", &page);
    snapshot("imports-columns_wrong", &manager.form(&columns, &[("column-0", "name"), ("column-1", "name")]).await);
    let said = chosen(&page.text);
    let fields: Vec<(&str, &str)> = said.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let path = manager.form(&columns, &fields).await.header("location").to_owned();
    snapshot("imports-show_reading", &manager.get(&path).await);
    house.run_jobs().await;
    snapshot("imports-show_ready", &manager.get(&path).await);
    act(&house, &manager, &path, "application").await;
    snapshot("imports-show_applied", &manager.get(&path).await);
    act(&house, &manager, &path, "undoing").await;
    snapshot("imports-show_undone", &manager.get(&path).await);
    let path = read(&house, &manager, "products", b"sku,price\nTEA-1,free\nTEA-2,1.00\n").await;
    snapshot("imports-show_wrong", &manager.get(&format!("{path}?rows=wrong")).await);
    let refused = act(&house, &manager, &path, "application").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    snapshot("imports-show_refused", &refused);
    snapshot("imports-index", &manager.get("/office/imports").await);
}

#[tokio::test]
async fn the_day_in_numbers() {
    let house = House::open().await;
    house.goods("acme").await;
    let (owner, picker) = (house.staff("acme", "owner").await, house.staff("acme", "picker").await);
    let weekday = Regex::new(r"<p class=.soft.>\w+day, ").expect("a pattern");
    let lasting = |page: Answer| Answer { text: weekday.replace(&page.text, "<p class=\"soft\">[weekday], ").into_owned(), ..page };
    snapshot("dashboard-index_empty", &lasting(owner.get("/office/dashboard").await));
    order(&house, "acme", 0, "submitted", "TEA-1", 10, 1_000).await;
    order(&house, "acme", 0, "delivered", "CUP-1", 2, 666).await;
    house.request("acme", DAN, "pending").await;
    snapshot("dashboard-index", &lasting(owner.get("/office/dashboard").await));
    snapshot("dashboard-index_picker", &lasting(picker.get("/office/dashboard").await));
}
