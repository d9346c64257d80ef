//! The goods on a desk: what is found, what is refused and said, who comes second, and what a save writes and leaves.

use http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::house::{Answer, Browser, House};

const PRODUCTS: &str = "/api/v1/office/products";

async fn shop() -> (House, Browser) {
    let house = House::open().await;
    house.goods("acme").await;
    let manager = house.staff("acme", "manager").await;
    (house, manager)
}

async fn id_of(house: &House, sku: &str) -> Uuid {
    house.value(&format!("select product_id from products where tenant_id = '{}' and sku = '{sku}'", house.tenant("acme").await)).await
}

/// What a form's fields hold, as the page shows them.
fn shown(page: &str, name: &str) -> String {
    let field = page.split(&format!("name=\"{name}\"")).nth(1).unwrap_or_else(|| panic!("{name} in {page}"));
    let field = field.split(['>', '<']).next().unwrap_or_default();
    field.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

const TEXTS: [&str; 17] = [
    "version",
    "stock_shown",
    "sku",
    "name",
    "category",
    "barcode",
    "keywords",
    "replaced_by",
    "pack",
    "content",
    "minimum",
    "multiple",
    "price",
    "cost",
    "stock",
    "low_at",
    "back_orders",
];

/// The form of a product as it stands, with these fields otherwise.
async fn filled(browser: &Browser, path: &str, other: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let page = browser.get(path).await.text;
    let mut fields: Vec<(&'static str, String)> = TEXTS.iter().map(|name| (*name, shown(&page, name))).collect();
    fields.extend(
        [("tax_class", "standard"), ("status", "listed"), ("measure", ""), ("description", "")]
            .map(|(name, value)| (name, value.to_owned())),
    );
    for (name, value) in other {
        fields.iter_mut().find(|(known, _)| known == name).expect(name).1 = (*value).to_owned();
    }
    fields
}

async fn save(browser: &Browser, path: &str, fields: &[(&'static str, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.form(path, &fields).await
}

#[tokio::test]
async fn products_are_found_by_parts_of_what_they_are_called_and_filtered() {
    let (_house, manager) = shop().await;
    let found = async |query: &str| {
        let answer = manager.get(&format!("{PRODUCTS}?{query}")).await.value();
        answer["items"].as_array().expect("a list").iter().map(|item| item["sku"].as_str().expect("a SKU").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("").await.len(), 10);
    assert_eq!(found("query=tea").await, ["TEA-1", "TEA-2", "OLD-1"]);
    assert_eq!(found("query=bags+tea-1").await, ["TEA-1"]);
    assert_eq!(found("query=tea&status=discontinued").await, ["OLD-1"]);
    assert_eq!(found("category=drinks").await.len(), 3);
    assert_eq!(found("category=no-such").await, [""; 0]);
    assert_eq!(manager.get(&format!("{PRODUCTS}?status=gone")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = manager.get("/office/products?query=tea").await.text;
    assert!(page.contains("Breakfast tea, 80 bags") && page.contains("£1.00") && !page.contains("Mugs"), "{page}");
    assert!(manager.get("/office/products?query=nothing+of+it").await.text.contains("Nothing found"));
}

#[tokio::test]
async fn a_product_is_added_and_shown_with_what_was_typed_when_it_is_refused() {
    let (house, manager) = shop().await;
    let fields = filled(&manager, "/office/products/new", &[("sku", "tea-1"), ("name", "Another tea"), ("price", "3.20")]).await;
    let refused = save(&manager, "/office/products", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert!(refused.text.contains("There is a product with this SKU already.") && refused.text.contains("Another tea"), "{refused:?}");
    let other = [("sku", "TEA-3"), ("name", "Green tea"), ("price", "free"), ("category", "Teas"), ("stock", "12"), ("content", "2,5")];
    let fields = filled(&manager, "/office/products/new", &other).await;
    let refused = save(&manager, "/office/products", &fields).await;
    assert!(refused.text.contains("Write an amount in digits") && refused.text.contains("in what it is measured"), "{refused:?}");
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| match name {
            "price" => (name, "£3.20".to_owned()),
            "measure" => (name, "kg".to_owned()),
            _ => (name, value),
        })
        .collect();
    let added = save(&manager, "/office/products", &fields).await;
    assert_eq!((added.status, added.header("location")), (StatusCode::SEE_OTHER, "/office/products?done=added"), "{added:?}");
    let product = manager.get(&format!("{PRODUCTS}/{}", id_of(&house, "TEA-3").await)).await.value();
    assert_eq!((&product["price"]["minor"], &product["category"], &product["on_hand"]), (&json!(320), &json!("Teas"), &json!(12)));
    assert_eq!((&product["content"], &product["measure"]), (&json!("2.5"), &json!("kg")));
    let words = "select count(*) from search_words join products using (tenant_id, product_id) where sku = 'TEA-3' and word = 'green'";
    assert_eq!(house.value::<i64>(words).await, 1);
    let entry: String = house.value("select details::text from audit_events where action = 'product.added'").await;
    assert!(entry.contains("TEA-3") && entry.contains("Green tea"), "{entry}");
}

#[tokio::test]
async fn whoever_comes_second_is_told_and_what_nobody_counted_stays() {
    let (house, manager) = shop().await;
    let id = id_of(&house, "TEA-1").await;
    let path = format!("/office/products/{id}");
    let mine = filled(&manager, &path, &[("price", "1.10")]).await;
    let theirs = filled(&house.staff("acme", "owner").await, &path, &[("name", "Builder's tea")]).await;
    // Meanwhile ten have left the shelf.
    house.change(&format!("update stock set on_hand = on_hand - 10 where product_id = '{id}'")).await;
    assert_eq!(save(&manager, &path, &theirs).await.status, StatusCode::SEE_OTHER);
    let refused = save(&manager, &path, &mine).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    assert!(refused.text.contains("Somebody else has changed this product meanwhile") && refused.text.contains("1.10"), "{refused:?}");
    let again: Vec<_> = mine
        .into_iter()
        .map(|(name, value)| if name == "version" { (name, shown(&refused.text, "version")) } else { (name, value) })
        .collect();
    assert_eq!(save(&manager, &path, &again).await.status, StatusCode::SEE_OTHER);
    let stands = format!("select name || ' ' || on_hand || ' ' || minor from products join stock using (tenant_id, product_id)
                            join prices using (tenant_id, product_id) where product_id = '{id}' and price_list_id = tenant_id and from_quantity = 1");
    assert_eq!(house.value::<String>(&stands).await, "Breakfast tea, 80 bags 90 110", "what was sold meanwhile is not put back");
    let counted = filled(&manager, &path, &[("stock", "77")]).await;
    assert_eq!(save(&manager, &path, &counted).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.value::<String>(&stands).await, "Breakfast tea, 80 bags 77 110");
    let actions = "select string_agg(action, ' ' order by position) from audit_events where subject_kind = 'product'";
    assert_eq!(house.value::<String>(actions).await, "product.changed product.changed stock.counted");
    // Nothing is otherwise, so nothing is said.
    assert_eq!(save(&manager, &path, &filled(&manager, &path, &[]).await).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.value::<String>(actions).await, "product.changed product.changed stock.counted");
}

#[tokio::test]
async fn a_product_of_another_sku_is_found_under_it() {
    let (house, manager) = shop().await;
    let id = id_of(&house, "TEA-1").await;
    let path = format!("{PRODUCTS}/{id}");
    let taken = manager.json(Method::PATCH, &path, json!({ "sku": "tea-2" })).await;
    assert_eq!((taken.status, &taken.value()["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("sku")));
    let renamed = manager.json(Method::PATCH, &path, json!({ "sku": "BRK-80", "price": { "minor": 125, "currency": "GBP" } })).await;
    assert_eq!((renamed.status, &renamed.value()["sku"]), (StatusCode::OK, &json!("BRK-80")), "{renamed:?}");
    let words = format!("select string_agg(word, ' ' order by word) from search_words where product_id = '{id}'");
    let words: String = house.value(&words).await;
    assert!(words.contains("brk80") && words.contains("breakfast") && !words.contains("tea1"), "{words}");
    let counted = manager.json(Method::PUT, &format!("{path}/stock"), json!({ "on_hand": 5, "back_order_limit": 3 })).await.value();
    assert_eq!((&counted["on_hand"], &counted["back_order_limit"], &counted["price"]["minor"]), (&json!(5), &json!(3), &json!(125)));
    let wrong = manager.json(Method::PATCH, &path, json!({ "price": { "minor": 1, "currency": "EUR" } })).await;
    assert_eq!((wrong.status, &wrong.value()["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("price")));
}

#[tokio::test]
async fn sales_people_look_and_pickers_do_not() {
    let (house, _) = shop().await;
    let path = format!("/office/products/{}", id_of(&house, "TEA-1").await);
    let sales = house.staff("acme", "sales").await;
    assert_eq!(sales.get("/office/products").await.status, StatusCode::OK);
    assert!(!sales.get("/office/products").await.text.contains("/office/products/new"));
    for closed in [path.as_str(), "/office/products/new", "/office/categories", "/office/price-lists"] {
        assert_eq!(sales.get(closed).await.status, StatusCode::FORBIDDEN, "{closed}");
    }
    let picker = house.staff("acme", "picker").await;
    assert_eq!(picker.get("/office/products").await.status, StatusCode::FORBIDDEN);
    assert_eq!(picker.get(PRODUCTS).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn categories_are_added_renamed_and_removed_without_their_products() {
    let (house, manager) = shop().await;
    let drinks: Uuid = house.value("select category_id from categories where slug = 'drinks'").await;
    let named = async |path: &str, name: &str| manager.form(path, &[("name", name)]).await;
    assert_eq!(named("/office/categories", "Household").await.status, StatusCode::SEE_OTHER);
    let taken = named("/office/categories", "DRINKS").await;
    assert!(taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.text.contains("of this name already"), "{taken:?}");
    let path = format!("/office/categories/{drinks}");
    assert_eq!(named(&path, "Household").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(named(&path, "Tea & coffee").await.status, StatusCode::SEE_OTHER);
    let page = manager.get("/office/categories").await.text;
    assert!(page.contains("Tea &#38; coffee") || page.contains("Tea &amp; coffee"), "{page}");
    assert_eq!(manager.form(&format!("{path}/removal"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.value::<i64>("select count(*) from products where sku = 'TEA-1' and category_id is null").await, 1);
    assert_eq!(manager.form(&format!("{path}/removal"), &[]).await.status, StatusCode::NOT_FOUND);
    let actions = "select string_agg(action, ' ' order by position) from audit_events where subject_kind = 'category'";
    assert_eq!(house.value::<String>(actions).await, "category.added category.renamed category.removed");
}

#[tokio::test]
async fn prices_are_set_on_a_list_and_taken_off_it() {
    let (_house, manager) = shop().await;
    let made = manager.form("/office/price-lists", &[("name", "Silver")]).await;
    let list = made.header("location").to_owned();
    assert!(list.starts_with("/office/price-lists/") && made.status == StatusCode::SEE_OTHER, "{made:?}");
    let price = [("sku", "tea-1"), ("from_quantity", "12"), ("price", "0.88"), ("valid_from", "2026-03-01"), ("valid_until", "2026-02-01")];
    let refused = manager.form(&format!("{list}/prices"), &price).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("ends before it begins"), "{refused:?}");
    let unknown = manager.form(&format!("{list}/prices"), &[("sku", "TEA-9"), ("price", "1")]).await;
    assert!(unknown.text.contains("There is no product with this SKU."), "{unknown:?}");
    let price = [price[0], price[1], price[2], price[3], ("valid_until", "2026-03-31")];
    assert_eq!(manager.form(&format!("{list}/prices"), &price).await.status, StatusCode::SEE_OTHER);
    let page = manager.get(&list).await.text;
    assert!(page.contains("£0.88") && page.contains("1 Mar 2026 to 31 Mar 2026"), "{page}");
    let key = [("sku", "TEA-1"), ("from_quantity", "12"), ("valid_from", "2026-03-01")];
    assert_eq!(manager.form(&format!("{list}/prices/removal"), &key).await.status, StatusCode::SEE_OTHER);
    assert_eq!(manager.form(&format!("{list}/prices/removal"), &key).await.status, StatusCode::NOT_FOUND);
    assert!(manager.get(&list).await.text.contains("No prices yet"));
    assert!(manager.get("/office/price-lists/base").await.text.contains("Breakfast tea"));
    for nothing in ["/office/price-lists/nonsense", &format!("/office/price-lists/{}", Uuid::now_v7())] {
        assert_eq!(manager.get(nothing).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
}
