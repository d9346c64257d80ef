//! Many products changed with one stroke: shown first, done when it still is what was shown.

use http::StatusCode;
use uuid::Uuid;

use crate::house::{Answer, Browser, House};

const CHANGES: &str = "/office/products/changes";

async fn shop() -> (House, Browser) {
    let house = House::open().await;
    house.goods("acme").await;
    let manager = house.staff("acme", "manager").await;
    (house, manager)
}

async fn id_of(house: &House, sku: &str) -> String {
    house.value::<Uuid>(&format!("select product_id from products where sku = '{sku}'")).await.to_string()
}

/// What was shown, as the form brings it back.
fn seen(page: &Answer) -> String {
    let value = page.text.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    value.unwrap_or_else(|| panic!("nothing was shown: {page:?}")).to_owned()
}

async fn send(browser: &Browser, chosen: &[(&str, &str)], change: &[(&str, &str)]) -> Answer {
    browser.form(CHANGES, &[chosen, change].concat()).await
}

#[tokio::test]
async fn what_would_become_of_them_is_shown_and_then_done() {
    let (house, manager) = shop().await;
    let (tea, mugs) = (id_of(&house, "TEA-1").await, id_of(&house, "CUP-2").await);
    let chosen = [("product", tea.as_str()), ("product", mugs.as_str())];
    house.change(&format!("insert into prices (tenant_id, price_list_id, product_id, from_quantity, minor) select tenant_id, tenant_id, product_id, 500, 90 from products where product_id = '{tea}'")).await;
    let form = manager.get(&format!("{CHANGES}/new?which=ticked&product={tea}&product={mugs}")).await;
    assert!(form.status == StatusCode::OK && form.text.contains("2 products, which you ticked"), "{form:?}");
    let change = [("percent", "-2,5"), ("status", "unlisted")];
    let shown = send(&manager, &chosen, &change).await;
    for words in ["2 products would be changed", "£1.00", "£0.98", "£19.99", "£19.49", "Unlisted"] {
        assert!(shown.text.contains(words), "{words} in {shown:?}");
    }
    let stands =
        "select string_agg(sku || ' ' || status || ' ' || minor, ', ' order by sku) from products join prices using (tenant_id, product_id)
                   where price_list_id = tenant_id and from_quantity = 1 and sku in ('TEA-1', 'CUP-2')";
    assert_eq!(house.value::<String>(stands).await, "CUP-2 listed 1999, TEA-1 listed 100", "nothing was done yet");
    let seen = seen(&shown);
    let done = send(&manager, &chosen, &[change[0], change[1], ("step", "apply"), ("seen", &seen)]).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/office/products?done=changed&count=2"), "{done:?}");
    assert_eq!(house.value::<String>(stands).await, "CUP-2 unlisted 1949, TEA-1 unlisted 98");
    assert_eq!(house.value::<i64>("select minor from prices where from_quantity = 500").await, 88, "what more of them cost moves along");
    assert!(manager.get("/office/products?done=changed&count=2").await.text.contains("2 products are changed."));
    let entry: String = house.value("select details::text from audit_events where action = 'product.many_changed'").await;
    assert!(entry.contains("\"count\": 2") && entry.contains("TEA-1") && entry.contains("0.98"), "{entry}");
    // Sent once more, it is not what was seen any more.
    let again = send(&manager, &chosen, &[change[0], change[1], ("step", "apply"), ("seen", &seen)]).await;
    assert!(again.status == StatusCode::CONFLICT && again.text.contains("Something of this has changed since you looked"), "{again:?}");
    assert_eq!(house.value::<String>(stands).await, "CUP-2 unlisted 1949, TEA-1 unlisted 98", "nobody pays less twice");
}

#[tokio::test]
async fn whoever_changes_something_meanwhile_is_not_written_over() {
    let (house, manager) = shop().await;
    let tea = id_of(&house, "TEA-1").await;
    let chosen = [("product", tea.as_str())];
    let seen = seen(&send(&manager, &chosen, &[("percent", "10")]).await);
    house
        .change(&format!("update prices set minor = 200 where product_id = '{tea}' and price_list_id = tenant_id and from_quantity = 1"))
        .await;
    let late = send(&manager, &chosen, &[("percent", "10"), ("step", "apply"), ("seen", &seen)]).await;
    assert!(late.status == StatusCode::CONFLICT && late.text.contains("£2.20"), "it is shown anew: {late:?}");
    // What is sold meanwhile is nobody's contradiction, and stays sold.
    let seen = self::seen(&late);
    house.change(&format!("update stock set reserved = reserved + 7 where product_id = '{tea}'")).await;
    let done = send(&manager, &chosen, &[("percent", "10"), ("step", "apply"), ("seen", &seen)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{done:?}");
    let stock = format!("select on_hand || ' ' || reserved from stock where product_id = '{tea}'");
    assert_eq!(house.value::<String>(&stock).await, "100 7");
}

#[tokio::test]
async fn all_that_a_list_finds_are_changed_and_mistakes_are_said() {
    let (house, manager) = shop().await;
    let found = [("which", "found"), ("query", "tea"), ("category_slug", ""), ("status_now", "")];
    let shown = send(&manager, &found, &[("category", "Tableware"), ("tax_class", "reduced")]).await;
    assert!(shown.text.contains("3 products would be changed"), "{shown:?}");
    let seen = seen(&shown);
    let change = [("category", "Tableware"), ("tax_class", "reduced"), ("step", "apply"), ("seen", seen.as_str())];
    assert_eq!(send(&manager, &found, &change).await.header("location"), "/office/products?done=changed&count=3");
    let left = "select count(*) from products join categories using (tenant_id, category_id) where slug = 'drinks'";
    assert_eq!(house.value::<i64>(left).await, 1);
    let none = send(&manager, &found, &[("category", "-")]).await;
    assert!(none.text.contains("3 products would be changed"), "{none:?}");
    for (change, words) in [
        ([("percent", "a lot")], "Write a percentage such as 5 or -2.5"),
        ([("percent", "-100")], "Prices cannot fall by all of it, or more."),
        ([("status", "gone")], "Choose one of the list."),
        ([("percent", "")], "Say what is to become of them."),
    ] {
        let refused = send(&manager, &found, &change).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains(words), "{words}: {refused:?}");
    }
    // Another wholesaler's are none of theirs, also by their ids.
    house.goods("bravo").await;
    let theirs: Uuid =
        house.value(&format!("select product_id from products where tenant_id = '{}' limit 1", house.tenant("bravo").await)).await;
    let shown = send(&manager, &[("product", &theirs.to_string())], &[("status", "discontinued")]).await;
    assert!(shown.text.contains("0 products would be changed"), "{shown:?}");
    let sales = house.staff("acme", "sales").await;
    assert_eq!(send(&sales, &found, &[("status", "discontinued")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(manager.get(&format!("{CHANGES}/new?which=ticked")).await.header("location"), "/office/products?done=none-ticked");
}
