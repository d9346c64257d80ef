//! What operators do to a counter that is there, by the API: shut it, open it, give it another name.

use http::{Method, StatusCode};
use serde_json::json;

use crate::house::{ADA, House};

#[tokio::test]
async fn an_operator_shuts_a_counter_opens_it_again_and_gives_it_another_name() {
    let house = House::open().await;
    let (operator, ada) = (house.operator("olga@platform.example").await, house.customer("acme", ADA).await);
    let path = format!("/api/v1/tenants/{}", house.tenant("acme").await);
    for body in [json!({}), json!({ "reason": " " })] {
        let refused = operator.post(&format!("{path}/suspension"), body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    }
    let shut = operator.post(&format!("{path}/suspension"), json!({ "reason": "Unpaid" })).await;
    assert_eq!((shut.status, shut.value()["status"].as_str()), (StatusCode::OK, Some("suspended")), "{shut:?}");
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::FORBIDDEN);
    assert_eq!(operator.post(&format!("{path}/suspension"), json!({ "reason": "Again" })).await.status, StatusCode::CONFLICT);
    assert_eq!(operator.delete(&format!("{path}/suspension")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::OK);
    assert_eq!(operator.delete(&format!("{path}/suspension")).await.status, StatusCode::CONFLICT);

    let rename = async |subdomain: &str| operator.post(&format!("{path}/rename"), json!({ "subdomain": subdomain })).await;
    for (name, status) in [("admin", 422), ("a b", 422), ("bravo", 409), ("acme", 409)] {
        assert_eq!(rename(name).await.status.as_u16(), status, "{name}");
    }
    let renamed = rename("acme-two").await;
    assert_eq!((renamed.status, renamed.value()["subdomain"].as_str()), (StatusCode::OK, Some("acme-two")), "{renamed:?}");
    let old = house.browser("acme").get("/devices?x=1").await;
    assert_eq!(old.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(old.header("location"), format!("http://acme-two.localhost:{}/devices?x=1", house.at.port()));
    assert_eq!(house.browser("acme-two").get("/").await.status, StatusCode::OK);
    let state = house.browser("").get("/api/v1/subdomains/acme").await.value();
    assert_eq!((&state["available"], &state["reason"]), (&json!(false), &json!("quarantined")));

    let nobody = operator.send(Method::POST, "/api/v1/tenants/00000000-0000-0000-0000-000000000000/rename", &[], None).await;
    assert!(nobody.status.is_client_error(), "{nobody:?}");
    let told: Vec<String> =
        sqlx::query_scalar("select action from operator_events order by at, id").fetch_all(&mut house.admin().await).await.expect("events");
    assert!(told.ends_with(&["tenant.suspended", "tenant.reactivated", "tenant.renamed"].map(str::to_owned)), "{told:?}");
}
