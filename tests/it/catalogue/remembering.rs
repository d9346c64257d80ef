//! What this process remembers of a catalogue is shown to those it is for, and only for as long as it is so.

use chrono::Duration;
use serde_json::Value;

use super::shop::{Shop, account, items, price, put, round_trips};
use super::told;
use crate::house::{ADA, BEN, Browser, CAT, House};

const GOODS: &str = "/api/v1/products";

async fn first(browser: &Browser) -> Value {
    items(&browser.get(GOODS).await).remove(0)
}

#[tokio::test]
async fn two_customers_and_a_stranger_never_see_each_others_prices_in_what_is_remembered() {
    let shop = Shop::open("all").await;
    let house = &shop.house;
    let (ada, cat, nobody) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await, house.browser("acme"));
    let everybody = [(&ada, "£7.77"), (&cat, "£8.88"), (&nobody, "£10.00")];
    // Whoever comes first is whose page is remembered: each of them once, and then all of them in turns.
    for begin in 0..3 {
        house.app.remembered.forget_all();
        for turn in 0..9 {
            let (browser, price) = everybody[(begin + turn / 2) % 3];
            for path in shop.paths() {
                assert_eq!(told(&browser.get(&path).await), [price], "beginning with {begin}, turn {turn}: {path}");
            }
        }
    }
    // All three pages were there each time: nothing above was read where it could have been remembered.
    assert_eq!(house.app.remembered.count(), 9, "three lists of prices, each with all goods and two searches");
    assert_eq!(round_trips(&ada.get(GOODS).await), "2");
}

#[tokio::test]
async fn those_who_pay_the_same_are_shown_one_page_and_it_is_not_read_again() {
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update tenants set prices_shown = 'all', stock_shown = 'nothing'; update trade_accounts set price_list_id = null; delete from prices p using price_lists l where l.price_list_id = p.price_list_id and l.kind = 'account'").await;
    let (ada, cat, nobody) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await, house.browser("acme"));
    let seen = ada.get(GOODS).await;
    assert_eq!(round_trips(&seen), "3");
    for browser in [&ada, &cat, &nobody] {
        let again = browser.get(GOODS).await;
        assert_eq!((again.text.as_str(), round_trips(&again).as_str()), (seen.text.as_str(), "2"));
    }
    assert_eq!(house.app.remembered.count(), 1);
    let page = cat.get("/products").await;
    assert_eq!((round_trips(&page).as_str(), house.app.remembered.count()), ("3", 1), "what is in the basket is always asked for");
}

#[tokio::test]
async fn whatever_changes_is_on_the_next_page_though_this_process_was_not_told() {
    let shop = Shop::open("all").await;
    let house = &shop.house;
    let (ada, cat, nobody) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await, house.browser("acme"));
    let all = async || [told(&ada.get(GOODS).await), told(&cat.get(GOODS).await), told(&nobody.get(GOODS).await)];
    assert_eq!(all().await, [["£7.77"], ["£8.88"], ["£10.00"]]);
    house.change(&format!("update prices set minor = 888 where price_list_id = '{}'", account(house, "A-1").await)).await;
    assert_eq!(all().await, [["£8.88"], ["£8.88"], ["£10.00"]], "a price");
    house.change(&format!("delete from prices where price_list_id = '{}'", account(house, "A-1").await)).await;
    assert_eq!(all().await, [["£10.00"], ["£8.88"], ["£10.00"]], "the last price of one's own");
    house.change(&format!("update trade_accounts set price_list_id = '{}' where account_number = 'A-1'", shop.gold)).await;
    assert_eq!(all().await, [["£8.88"], ["£8.88"], ["£10.00"]], "who is on which list");
    price(house, "acme", account(house, "A-2").await, "account", shop.tea, 1, 777).await;
    assert_eq!(all().await, [["£8.88"], ["£7.77"], ["£10.00"]], "the first price of one's own");
    house.change("update tenants set prices_shown = 'no_prices'").await;
    house.app.house.tenants.forget("acme").await;
    assert_eq!(told(&nobody.get(GOODS).await), Vec::<&str>::new(), "what strangers may see");
    assert!(first(&nobody).await["price"].is_null());
    for (change, of, to) in [
        ("update products set name = 'Ceylon tea', name_key = 'ceylon tea' where sku = 'TEA-1'", "name", "Ceylon tea"),
        ("update products set pack = 'box of 80' where sku = 'TEA-1'", "pack", "box of 80"),
        ("update products set status = 'unlisted' where sku = 'TEA-1'", "sku", "MUG-2"),
        (
            "insert into products (tenant_id, product_id, sku, sku_key, name, name_key, created_at, updated_at) select id, gen_random_uuid(), 'A', 'A', 'A', 'a', now(), now() from tenants where slug = 'acme'",
            "sku",
            "A",
        ),
    ] {
        let before = first(&ada).await;
        house.change(change).await;
        let after = first(&ada).await;
        assert!(before[of] != after[of] && after[of] == to, "{change}: {after}");
    }
    house.change("update tenants set tax_rates = '[{\"country\": \"GB\", \"tax_class\": \"standard\", \"from\": \"2020-01-01\", \"basis_points\": 1000}]'").await;
    house.app.house.tenants.forget("acme").await;
    let mug = items(&cat.get("/api/v1/products?query=mug").await).remove(0);
    assert_eq!((mug["price"]["minor"].as_i64(), mug["price_inc_tax"]["minor"].as_i64()), (Some(500), Some(550)), "the rate of VAT");
}

#[tokio::test]
async fn a_price_begins_with_its_day() {
    let shop = Shop::open("all").await;
    let nobody = shop.house.browser("acme");
    shop.house.change("insert into prices (tenant_id, price_list_id, product_id, valid_from, minor) select tenant_id, price_list_id, product_id, current_date + 2, 777 from prices where minor = 1000").await;
    assert_eq!(told(&nobody.get(GOODS).await), ["£10.00"]);
    shop.house.wait(Duration::days(3));
    assert_eq!(told(&nobody.get(GOODS).await), ["£7.77"], "nothing was written meanwhile");
}

#[tokio::test]
async fn how_much_there_is_and_what_is_in_the_basket_are_told_as_they_are_now() {
    let house = House::open().await;
    house.goods("acme").await;
    house.change("update tenants set stock_shown = 'numbers'").await;
    let cat = house.customer("acme", CAT).await;
    let stock = async || items(&cat.get("/api/v1/products?query=breakfast").await)[0]["stock"].clone();
    let bar = async || {
        let page = cat.get("/products").await.text;
        page.split("class=\"basket\"").nth(1).expect("a basket").split("</p>").next().unwrap_or_default().to_owned()
    };
    assert_eq!((stock().await, bar().await.contains("Nothing in your basket")), (100.into(), true));
    house.change("update stock set on_hand = 60, reserved = 11 where on_hand = 100").await;
    assert_eq!(stock().await, 49, "sold meanwhile, which is no change of the catalogue");
    house
        .change(
            "insert into baskets (tenant_id, account_id, submission_id, changed_at)
             select tenant_id, account_id, gen_random_uuid(), now() from trade_accounts where account_number = 'A-2';
             insert into basket_lines (tenant_id, account_id, product_id, quantity, changed_at)
             select b.tenant_id, b.account_id, p.product_id, 12, now() from baskets b join products p using (tenant_id) where p.sku in ('TEA-1', 'LID-1')",
        )
        .await;
    let remembered = house.app.remembered.count();
    // Twelve of tea at 0.85 and of lids, which are not on the page, at 0.33.
    assert!(bar().await.contains("£14.16"), "{}", bar().await);
    let page = cat.get("/products").await;
    assert!(page.text.contains("49 in stock") && page.text.contains("value=\"12\""), "{}", page.text);
    assert_eq!((round_trips(&page).as_str(), house.app.remembered.count()), ("3", remembered));
    house.change("update basket_lines set quantity = 1").await;
    assert!(bar().await.contains("£1.28"), "{}", bar().await);
}

#[tokio::test]
async fn what_is_forgotten_is_of_one_wholesaler_and_the_database_tells_when() {
    let house = House::open().await;
    for slug in ["acme", "bravo"] {
        put(&house, slug, "TEA-1", "Assam tea", ("", ""), Some(1000)).await;
    }
    let (ada, ben) = (house.customer("acme", ADA).await, house.customer("bravo", BEN).await);
    let both = async || (round_trips(&ada.get(GOODS).await), round_trips(&ben.get(GOODS).await));
    both().await;
    assert_eq!((both().await, house.app.remembered.count()), (("2".to_owned(), "2".to_owned()), 2));
    house.app.remembered.forget(house.tenant("acme").await.into());
    assert_eq!(both().await, ("3".to_owned(), "2".to_owned()));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (app, address) = (house.app.clone(), house.address.clone());
    let running = tokio::spawn(async move { app.run(address, listener, stopped).await });
    // It forgets everything when it begins to listen, as something may have been missed.
    until(async || house.app.remembered.count() == 0).await;
    both().await;
    house.change("update prices set minor = minor + 1 where tenant_id = (select id from tenants where slug = 'acme')").await;
    until(async || house.app.remembered.count() == 1).await;
    assert_eq!(both().await, ("3".to_owned(), "2".to_owned()), "it is bravo's that is left");
    stop.send_replace(true);
    running.await.expect("it ends");
}

async fn until(is_so: impl AsyncFn() -> bool) {
    for _ in 0..100 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it never came to be so");
}

#[tokio::test]
async fn where_nothing_is_to_be_remembered_nothing_is() {
    let house = House::open_with(|config| config.catalogue.remembered_bytes = 0).await;
    put(&house, "acme", "TEA-1", "Assam tea", ("", ""), Some(1000)).await;
    let ada = house.customer("acme", ADA).await;
    for _ in 0..3 {
        assert_eq!(round_trips(&ada.get(GOODS).await), "3");
    }
    assert_eq!(house.app.remembered.count(), 0);
}

#[tokio::test]
async fn what_is_remembered_has_a_bound() {
    let house = House::open_with(|config| config.catalogue.remembered_bytes = 20_000).await;
    for number in 0..60 {
        put(&house, "acme", &format!("T-{number}"), &format!("Thing {number}"), ("", ""), Some(1000)).await;
    }
    let ada = house.customer("acme", ADA).await;
    for number in 0..60 {
        assert_eq!(
            items(&ada.get(&format!("{GOODS}?query=thing+{number}")).await).len(),
            if (1..6).contains(&number) { 11 } else { 1 },
            "{number}"
        );
    }
    let kept = house.app.remembered.count();
    assert!((1..60).contains(&kept), "{kept} pages");
}
