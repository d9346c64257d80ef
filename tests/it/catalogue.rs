//! What is sold, as those see it who may: by name, by category, by words, each with their own prices.

mod finding;
mod pictures;
mod remembering;
mod shop;

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::json;

use crate::house::{ADA, Answer, CAT, DAN, House};
use crate::orders::product;
use crate::page_rules::{HEAVIEST_PAGE, packed};
use shop::{Shop, items, order, put, round_trips};

/// What the tea costs, in an answer of either kind; nothing where no price is told.
fn told(answer: &Answer) -> Vec<&'static str> {
    let is_api = answer.header("content-type").starts_with("application/json");
    let all = [("£7.77", 777), ("£8.88", 888), ("£10.00", 1000)];
    let tells = |(shown, minor): &(&str, i64)| {
        if is_api { items(answer).iter().any(|item| item["price"]["minor"] == *minor) } else { answer.text.contains(shown) }
    };
    all.iter().filter(|price| tells(price)).map(|(shown, _)| *shown).collect()
}

#[tokio::test]
async fn everybody_sees_the_prices_that_are_for_them_and_no_others() {
    for (shown, to_strangers) in [("nothing", None), ("no_prices", Some(vec![])), ("all", Some(vec!["£10.00"]))] {
        let shop = Shop::open(shown).await;
        let house = &shop.house;
        let (ada, cat, dan) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await, house.customer("acme", DAN).await);
        let nobody = house.browser("acme");
        for path in shop.paths() {
            assert_eq!(told(&ada.get(&path).await), ["£7.77"], "{shown}: their own at {path}");
            assert_eq!(told(&cat.get(&path).await), ["£8.88"], "{shown}: their list's at {path}");
        }
        let fields = [("business_name", "Dan's Deli"), ("contact_name", "Dan")];
        assert_eq!(dan.form("/registration-requests", &fields).await.status, StatusCode::SEE_OTHER);
        house.change("update account_access a set status = 'suspended' from trade_accounts t where t.account_id = a.account_id and t.account_number = 'A-1'").await;
        for (who, browser, without) in [("nobody", &nobody, 401), ("one who waits", &dan, 403), ("one who is shut out", &ada, 403)] {
            for path in shop.paths() {
                let answer = browser.get(&path).await;
                let what = format!("{shown}: {who} at {path}");
                match &to_strangers {
                    Some(prices) => {
                        assert_eq!(answer.status, StatusCode::OK, "{what}: {answer:?}");
                        assert_eq!(&told(&answer), prices, "{what}");
                        assert!(answer.text.contains("Assam tea"), "{what}: {answer:?}");
                        assert!(!answer.text.contains("\"/basket"), "{what} cannot order");
                    }
                    None if path.starts_with("/api") => assert_eq!(answer.status.as_u16(), without, "{what}: {answer:?}"),
                    None => assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"), "{what}: {answer:?}"),
                }
                assert_eq!(answer.header("cache-control"), "private, no-store", "{what}");
            }
            for path in ["/usuals", "/account"] {
                let answer = browser.get(path).await;
                assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"), "{shown}: {who} at {path}");
            }
        }
        let door = nobody.get("/").await.text;
        assert_eq!(door.contains("href=\"/products\""), to_strangers.is_some(), "{shown}: what the door leads to");
    }
}

#[tokio::test]
async fn a_product_without_a_price_is_shown_and_cannot_be_ordered() {
    let shop = Shop::open("nothing").await;
    let ada = shop.house.customer("acme", ADA).await;
    let page = ada.get("/products?query=odd").await.text;
    assert!(page.contains("Ask for a price") && !page.contains("name=\"more\""), "{page}");
    let item = items(&ada.get("/api/v1/products?query=odd").await).remove(0);
    assert!(item["price"].is_null() && item["price_inc_tax"].is_null() && item.get("price").is_some(), "{item}");
}

#[tokio::test]
async fn a_page_of_goods_is_read_in_three_round_trips() {
    let shop = Shop::open("all").await;
    let house = &shop.house;
    for number in 0..5 {
        put(house, "acme", &format!("CUP-{number}"), "Cup", ("", ""), Some(100)).await;
    }
    let (ada, nobody) = (house.customer("acme", ADA).await, house.browser("acme"));
    ada.get("/account").await;
    let show = format!("/products/{}", shop.tea);
    for path in ["/products", "/api/v1/products", "/products?query=cup", "/api/v1/products?query=cup", &show, "/usuals"] {
        // Whether it is remembered or not; a search that finds little, and asks what else was meant, takes more.
        house.app.remembered.forget_all();
        for _ in 0..2 {
            let answer = ada.get(path).await;
            let trips: u32 = round_trips(&answer).parse().expect("a number");
            assert!(answer.status == StatusCode::OK && trips <= 3, "{path}: {trips}, beginning, session, page");
            let trips: u32 = round_trips(&nobody.get(path).await).parse().expect("a number");
            assert!(trips <= 3, "{path} for a stranger: {trips}, beginning, how often it has changed, page");
        }
    }
}

#[tokio::test]
async fn all_products_are_listed_once_and_in_order_over_all_pages() {
    let house = House::open().await;
    let mut names = BTreeSet::new();
    for number in 0..120 {
        // Several of one name: their ids say which comes first.
        let name = format!("Thing {:02}", number / 3);
        names.insert((name.clone(), put(&house, "acme", &format!("T-{number}"), &name, ("", ""), Some(100 + number)).await));
    }
    put(&house, "acme", "GONE-1", "Thing 00 gone", ("", ""), Some(1)).await;
    house.change("update products set status = 'unlisted' where sku = 'GONE-1'").await;
    let ada = house.customer("acme", ADA).await;
    for begin in ["/api/v1/products?", "/api/v1/products?query=thing&"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = ada.get(&format!("{begin}cursor={cursor}")).await.value();
            let items = page["items"].as_array().expect("items");
            assert!(items.len() <= 50, "{}", items.len());
            seen.extend(
                items.iter().map(|item| (item["name"].as_str().expect("a name").to_owned(), item["id"].as_str().unwrap().parse().unwrap())),
            );
            let Some(next) = page["next"].as_str() else { break };
            cursor = next.to_owned();
        }
        assert_eq!(seen, names.iter().cloned().collect::<Vec<_>>(), "{begin}");
    }
    let (mut path, mut rows) = ("/products".to_owned(), 0);
    loop {
        let page = ada.get(&path).await.text;
        rows += page.matches("<li id=\"line-").count();
        let Some(next) =
            page.split("Show more").next().filter(|_| page.contains("Show more")).and_then(|before| before.rsplit("href=\"").next())
        else {
            break;
        };
        path = next.split('"').next().expect("an address").replace("&amp;", "&").replace("&#38;", "&");
    }
    assert_eq!(rows, 120);
}

#[tokio::test]
async fn a_category_has_its_own_list_and_an_unknown_one_has_nothing() {
    let house = House::open().await;
    let (cup, _) =
        (put(&house, "acme", "CUP-1", "Cup", ("", ""), Some(100)).await, put(&house, "acme", "BAG-1", "Bag", ("", ""), Some(100)).await);
    house
        .change(&format!(
            "insert into categories (tenant_id, category_id, slug, name, place) select id, gen_random_uuid(), 'kitchen', 'Kitchen & dining', 1 from tenants where slug = 'acme';
             insert into categories (tenant_id, category_id, slug, name, place) select id, gen_random_uuid(), 'empty', 'Empty', 2 from tenants where slug = 'acme';
             update products set category_id = (select category_id from categories where slug = 'kitchen') where product_id = '{cup}'"
        ))
        .await;
    let ada = house.customer("acme", ADA).await;
    let names = async |path: &str| -> Vec<String> {
        items(&ada.get(path).await).iter().map(|item| item["sku"].as_str().expect("a SKU").to_owned()).collect()
    };
    assert_eq!(names("/api/v1/products?category=kitchen").await, ["CUP-1"]);
    assert_eq!(names("/api/v1/products?category=kitchen&query=bag").await, Vec::<String>::new());
    assert_eq!(names("/api/v1/products?category=kitchen&query=cup").await, ["CUP-1"]);
    for unknown in ["nothing", "Kitchen", "%00", "%27", "x%E2%80%AEy"] {
        assert_eq!(names(&format!("/api/v1/products?category={unknown}")).await, Vec::<String>::new(), "{unknown}");
        assert_eq!(ada.get(&format!("/products?category={unknown}")).await.status, StatusCode::OK, "{unknown}");
    }
    let page = ada.get("/products?category=kitchen").await.text;
    assert!(
        page.contains("Kitchen &#38; dining") && !page.contains(">Empty<") && page.contains("CUP-1") && !page.contains("BAG-1"),
        "{page}"
    );
}

#[tokio::test]
async fn a_cursor_that_is_none_of_ours_is_refused_and_nothing_else_happens() {
    let shop = Shop::open("nothing").await;
    let ada = shop.house.customer("acme", ADA).await;
    let nul = "WyJhXHUwMDAwIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0";
    for cursor in ["x", "-1", "0", "99999999999", "WyJhIl0", "%00", nul] {
        let answer = ada.get(&format!("/api/v1/products?cursor={cursor}")).await;
        assert_eq!(
            (answer.status, answer.value()["errors"][0]["field"].as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some("cursor")),
            "{cursor}: {answer:?}"
        );
        assert_eq!(ada.get(&format!("/products?after={cursor}")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{cursor}");
    }
    assert_eq!(ada.get(&format!("/api/v1/products?query={}", "x".repeat(101))).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_full_page_is_light_enough_for_a_poor_signal() {
    let house = House::open().await;
    let kinds =
        ["heart T-light holder", "alarm clock Bakelike", "jumbo bag, owls", "reindeer lights", "cake stand", "lunch box", "picture frame"];
    let colours = ["White", "Green", "Pink", "Ivory", "Red retrospot", "Blue", "Vintage", "Assorted", "Black", "Silver"];
    for (number, (kind, colour)) in kinds.iter().flat_map(|kind| colours.iter().map(move |colour| (kind, colour))).enumerate() {
        let sku = format!("{}{}", 20_000 + number * 37 % 5000, ["", "A", "B"][number % 3]);
        put(&house, "acme", &sku, &format!("{colour} {kind}"), ("", ""), Some(85 + number as i64 * 71 % 1700)).await;
    }
    house.change("update tenants set stock_shown = 'numbers'").await;
    house
        .change(
            "update products set pack = 'pack of 6', minimum = 12, multiple = 6, content_thousandths = 450, content_measure = 'kg', stock_mode = 'tracked';
             insert into stock (tenant_id, product_id, on_hand, counted_at) select tenant_id, product_id, 7, now() from products;
             insert into prices (tenant_id, price_list_id, product_id, from_quantity, minor)
             select tenant_id, price_list_id, product_id, 24, minor - 5 from prices;
             insert into pictures (tenant_id, picture_hash, small, large, created_at)
             select tenant_id, sha256(sku::bytea), 'small', 'large', now() from products;
             update products set picture_hash = sha256(sku::bytea)",
        )
        .await;
    let ada = house.customer("acme", ADA).await;
    // Each picture's name is 64 digits that nothing makes shorter.
    let page = ada.get("/products").await.text;
    assert_eq!((page.matches("<li id=\"line-").count(), page.matches("<img class=\"pic\"").count()), (50, 50));
    for part in ["a kg", "from 24", "7 left", "in sixes, at least 12"] {
        assert_eq!(page.matches(part).count(), 50, "{part}");
    }
    assert!(packed(&page) <= HEAVIEST_PAGE / 2, "{} bytes packed", packed(&page));
}

#[tokio::test]
async fn what_has_a_price_from_twelve_on_is_sold_from_twelve_on() {
    let house = House::open().await;
    house.goods("acme").await;
    let tea = product(&house, "acme", "TEA-1").await;
    house.change("delete from prices where price_list_id <> tenant_id or from_quantity > 1; update prices set from_quantity = 12").await;
    house.change("insert into prices (tenant_id, price_list_id, product_id, from_quantity, minor) select tenant_id, price_list_id, product_id, 48, 10 from prices where from_quantity = 12").await;
    let ada = house.customer("acme", ADA).await;
    let page = ada.get(&format!("/products/{tea}")).await.text;
    assert!(page.contains("at least 12") && page.contains("data-least=\"12\"") && !page.contains("Ask for a price"), "{page}");
    let found = ada.get("/api/v1/products?query=TEA-1").await.value();
    assert_eq!((&found["items"][0]["minimum"], found["items"][0]["price"].is_null()), (&json!(12), false), "{found}");

    let put = ada.form("/basket/lines", &[(&format!("q.{tea}"), "6")]).await;
    assert_eq!(put.status, StatusCode::SEE_OTHER);
    let basket = ada.get("/basket").await.text;
    assert!(basket.contains("You can order this from 12 on.") && basket.contains("Take 12"), "{basket}");
    let refused = ada.post("/api/v1/orders", json!({ "lines": [{ "sku": "TEA-1", "quantity": 6 }] })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert!(refused.text.contains("from 12 on"), "{refused:?}");
}

#[tokio::test]
async fn the_usuals_are_what_the_account_orders_most() {
    let house = House::open().await;
    house.goods("acme").await;
    order(&house, "A-1", "AC-222-222", "delivered", 9, &["SUG-1", "CAN-1", "OLD-1"]).await;
    order(&house, "A-1", "AC-222-223", "submitted", 5, &["SUG-1", "LID-1"]).await;
    order(&house, "A-1", "AC-222-224", "cancelled", 1, &["CUP-1"]).await;
    order(&house, "A-2", "AC-222-225", "delivered", 1, &["CUP-2", "CUP-2"]).await;
    let ada = house.customer("acme", ADA).await;
    for path in ["/", "/usuals"] {
        let page = ada.get(path).await.text;
        let rows: Vec<&str> =
            page.split("class=\"digits\">").skip(1).filter_map(|rest| rest.split('<').next()).filter(|sku| sku.contains('-')).collect();
        assert_eq!(
            rows,
            ["SUG-1", "LID-1", "CAN-1"],
            "{path}: the most often first, then the newest; none that is not sold, none that was not wanted"
        );
        assert!(page.contains("Your usuals"), "{page}");
    }
    let cat = house.customer("acme", CAT).await.get("/").await.text;
    assert!(cat.contains("CUP-2") && !cat.contains("SUG-1"), "each account its own: {cat}");
    let another = House::open().await;
    another.goods("acme").await;
    let new = another.customer("acme", ADA).await.get("/").await.text;
    assert!(
        new.contains("All products") && new.contains("SUG-1") && !new.contains("LID-1"),
        "who has ordered nothing sees what is listed: {new}"
    );
}

#[tokio::test]
async fn a_product_says_what_it_costs_from_how_many_and_what_is_sold_instead() {
    let house = House::open().await;
    house.goods("acme").await;
    let cat = house.customer("acme", CAT).await;
    let page_of = async |sku: &str| {
        let id: String = house.value(&format!("select product_id::text from products where sku = '{sku}'")).await;
        cat.get(&format!("/products/{id}")).await.text
    };
    let tea = page_of("TEA-1").await;
    for part in ["£0.95", "<td>12</td><td class=\"num\">£0.85</td>", "Your price", "In stock"] {
        assert!(tea.contains(part), "{part}: {tea}");
    }
    let old = page_of("OLD-1").await;
    assert!(
        old.contains("Not sold any more") && old.contains("/products?query=CAN-1") && !old.contains("£") && !old.contains("name=\"more\""),
        "{old}"
    );
    let unlisted = page_of("LID-1").await;
    assert!(unlisted.contains("£0.33") && unlisted.contains("in twelves"), "who knows it may order it: {unlisted}");
    house.change("update tenants set prices_shown = 'all'").await;
    house.app.house.tenants.forget("acme").await;
    for (sku, status) in [("LID-1", StatusCode::NOT_FOUND), ("OLD-1", StatusCode::NOT_FOUND), ("CUP-1", StatusCode::OK)] {
        let id: String = house.value(&format!("select product_id::text from products where sku = '{sku}'")).await;
        assert_eq!(house.browser("acme").get(&format!("/products/{id}")).await.status, status, "{sku} to a stranger");
    }
}

#[tokio::test]
async fn how_much_there_is_is_told_as_the_wholesaler_wants_it() {
    for (shown, pieces, word, page) in
        [("numbers", Some(10), Some("low"), "10 left"), ("words", None, Some("low"), "Few left"), ("nothing", None, None, "Earl Grey")]
    {
        let house = House::open().await;
        house.goods("acme").await;
        house.change(&format!("update tenants set stock_shown = '{shown}', prices_shown = 'all' where slug = 'acme'")).await;
        let ada = house.customer("acme", ADA).await;
        let item = items(&ada.get("/api/v1/products?query=grey").await).remove(0);
        assert_eq!((item["stock"].as_i64(), item.get("stock").is_some()), (pieces, pieces.is_some()), "{shown}: {item}");
        assert_eq!((item["availability"].as_str(), item.get("availability").is_some()), (word, word.is_some()), "{shown}: {item}");
        assert!(ada.get("/products?query=grey").await.text.contains(page), "{shown}");
        let untracked = items(&ada.get("/api/v1/products?query=sugar").await).remove(0);
        assert!(untracked.get("stock").is_none() && untracked.get("availability").is_none(), "{shown}: {untracked}");
        let gone = ada.get("/products?query=coffee").await.text;
        assert_eq!(gone.contains("name=\"more\""), shown == "nothing", "{shown}: what is out of stock is not ordered, where that is told");
        let stranger = house.browser("acme").get("/api/v1/products?query=grey").await.value();
        assert!(stranger["items"][0].get("stock").is_none(), "{shown}: strangers are told no numbers: {stranger}");
    }
}
