//! Many people of both tenants at once, on connections that they have to share.

use futures_util::future::join_all;
use http::StatusCode;

use crate::house::{ADA, BEN, Browser, CAT, House};

/// One of the crowd: what they ask for, what must be in the answer, what must not.
struct Visit<'a> {
    browser: &'a Browser,
    path: &'static str,
    own: &'static [&'static str],
    foreign: &'static [&'static str],
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_requests_of_two_tenants_on_two_connections_each_get_their_own_answer() {
    let house = House::open_with(|config| config.database.connections_per_role = 2).await;
    let (ada, ben) = (house.customer("acme", ADA).await, house.customer("bravo", BEN).await);
    let cat_at_acme = house.customer("acme", CAT).await;
    let cat_at_bravo = house.customer("bravo", CAT).await;
    let (acme, bravo) = (house.staff("acme", "owner").await, house.staff("bravo", "owner").await);
    let visits = [
        Visit { browser: &ada, path: "/api/v1/me", own: &["\"A-1\"", ADA], foreign: &["A-2", "B-1", "B-2", BEN, CAT] },
        Visit { browser: &ada, path: "/", own: &["Shop A-1"], foreign: &["Shop A-2", "Shop B-1", "Shop B-2"] },
        Visit { browser: &ben, path: "/api/v1/me", own: &["\"B-1\"", BEN], foreign: &["A-1", "A-2", "B-2", ADA, CAT] },
        Visit { browser: &ben, path: "/", own: &["Shop B-1"], foreign: &["Shop A-1", "Shop A-2", "Shop B-2"] },
        Visit { browser: &cat_at_acme, path: "/api/v1/me", own: &["\"A-2\"", CAT], foreign: &["A-1", "B-1", "B-2", ADA, BEN] },
        Visit { browser: &cat_at_bravo, path: "/api/v1/me", own: &["\"B-2\"", CAT], foreign: &["A-1", "A-2", "B-1", ADA, BEN] },
        Visit {
            browser: &acme,
            path: "/api/v1/office/customers",
            own: &["\"A-1\"", "\"A-2\"", ADA, CAT],
            foreign: &["\"B-1\"", "\"B-2\"", BEN],
        },
        Visit {
            browser: &bravo,
            path: "/api/v1/office/customers",
            own: &["\"B-1\"", "\"B-2\"", BEN, CAT],
            foreign: &["\"A-1\"", "\"A-2\"", ADA],
        },
    ];
    let crowd = (0..25).flat_map(|_| &visits).map(async |visit| (visit, visit.browser.get(visit.path).await));
    let answers = join_all(crowd).await;
    assert_eq!(answers.len(), 200);
    for (visit, answer) in answers {
        assert_eq!(answer.status, StatusCode::OK, "{}: {answer:?}", visit.path);
        for own in visit.own {
            assert!(answer.text.contains(own), "{} at {} lacks {own}: {}", visit.path, visit.browser.host, answer.text);
        }
        for foreign in visit.foreign {
            assert!(!answer.text.contains(foreign), "{} at {} tells {foreign}: {}", visit.path, visit.browser.host, answer.text);
        }
    }
}
