//! Who may see goods and prices, and who may order: the two extractors, and what their transactions see.

use std::sync::Arc;

use http::HeaderMap;
use poem::{FromRequest, Request, RequestBody};
use tradecounter::db::{Counter, Tx};
use tradecounter::error::Error;
use tradecounter::tenancy::extract::{Buyer, Here, Place, Shopper, Shows};

use crate::house::{ADA, Browser, CAT, DAN, House};

/// A request at acme's counter, as the door hands it on.
async fn request(house: &House, browser: &Browser) -> Request {
    let mut headers = HeaderMap::new();
    if let Some(token) = browser.cookie("__Host-session") {
        headers.insert("cookie", format!("__Host-session={token}").parse().expect("a header"));
    }
    let house = Arc::clone(&house.app.house);
    let tenant = house.tenants.find("acme").await.expect("an answer").expect("acme");
    let here = Here {
        house,
        host: "acme.localhost".to_owned(),
        place: Place::Counter(tenant),
        own_domain: None,
        client: [127, 0, 0, 1].into(),
        user_agent: String::new(),
        request_id: String::new(),
        writes: false,
        headers: Arc::new(headers),
    };
    let mut request = Request::builder().uri_str("/products").finish();
    request.extensions_mut().insert(here);
    request
}

async fn minors(tx: &mut Tx<Counter>) -> Vec<i64> {
    let prices =
        sqlx::query_scalar("select minor from prices join products using (tenant_id, product_id) where sku = 'TEA-1' order by minor");
    prices.fetch_all(tx).await.expect("prices")
}

fn word(error: &poem::Error) -> &'static str {
    match error.downcast_ref::<Error>() {
        Some(Error::Unauthenticated) => "who are you",
        Some(Error::NoAccount) => "not let in",
        other => panic!("{other:?}"),
    }
}

/// What somebody sees of TEA-1: prices, no price, or why nothing at all.
async fn seen(house: &House, browser: &Browser) -> (&'static str, Vec<i64>) {
    let request = request(house, browser).await;
    match Shopper::from_request(&request, &mut RequestBody::default()).await {
        Ok(mut shopper) => {
            let terms = shopper.terms();
            assert_eq!(shopper.buyer.is_none(), terms.own_list.is_nil(), "strangers have no list of their own");
            assert_eq!(shopper.shows == Shows::Goods, terms.base_list.is_nil());
            let shows = if shopper.buyer.is_some() { "theirs" } else { "everybody's" };
            (shows, minors(&mut shopper.tx).await)
        }
        Err(error) => (word(&error), vec![]),
    }
}

/// The same who may order.
async fn buys(house: &House, browser: &Browser) -> (&'static str, Vec<i64>) {
    let request = request(house, browser).await;
    match Buyer::from_request(&request, &mut RequestBody::default()).await {
        Ok(mut buyer) => {
            let terms = buyer.terms();
            assert_eq!((terms.currency.as_str(), terms.at.as_str(), terms.of_account.as_str()), ("GBP", "GB", "GB"));
            assert_eq!((terms.own_list, terms.base_list), (buyer.access.account_id.uuid(), buyer.tenant.id.uuid()));
            ("theirs", minors(&mut buyer.tx).await)
        }
        Err(error) => (word(&error), vec![]),
    }
}

#[tokio::test]
async fn what_somebody_sees_is_what_the_wholesaler_shows_to_such_as_them() {
    let house = House::open().await;
    house.goods("acme").await;
    let (ada, cat, dan) = (house.customer("acme", ADA).await, house.customer("acme", CAT).await, house.customer("acme", DAN).await);
    let stranger = house.browser("acme");
    house.change("update account_access set status = 'suspended' where phone = '+447400123001'").await;
    for (shown, to_strangers, to_proven) in [
        ("nothing", ("who are you", vec![]), ("not let in", vec![])),
        ("no_prices", ("everybody's", vec![]), ("everybody's", vec![])),
        ("all", ("everybody's", vec![90, 100]), ("everybody's", vec![90, 100])),
    ] {
        house.change(&format!("update tenants set prices_shown = '{shown}'")).await;
        house.app.house.tenants.forget("acme").await;
        assert_eq!(seen(&house, &stranger).await, to_strangers, "{shown}");
        assert_eq!(seen(&house, &dan).await, to_proven, "{shown}, to somebody who is nobody's customer");
        assert_eq!(seen(&house, &ada).await, to_proven, "{shown}, to somebody who is shut out, whose own price is another");
        assert_eq!(seen(&house, &cat).await, ("theirs", vec![85, 90, 95, 100]), "{shown}");
        assert_eq!(buys(&house, &cat).await, ("theirs", vec![85, 90, 95, 100]), "{shown}");
        assert_eq!(buys(&house, &stranger).await, ("who are you", vec![]), "{shown}");
        for other in [&dan, &ada] {
            assert_eq!(buys(&house, other).await, ("not let in", vec![]), "{shown}");
        }
    }
    house.change("update account_access set status = 'active'").await;
    assert_eq!(buys(&house, &ada).await, ("theirs", vec![80, 90, 100]));
}
