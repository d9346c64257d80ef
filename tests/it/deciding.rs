//! Two members of staff decide about the same request at the same moment.

use futures_util::future::join;
use http::StatusCode;
use serde_json::json;

use crate::house::House;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_decide_at_once_one_does_and_the_other_is_told() {
    let house = House::open().await;
    let (owner, manager) = (house.staff("acme", "owner").await, house.staff("acme", "manager").await);
    let mut approvals = 0;
    for round in 0..20 {
        let phone = format!("+4474001250{round:02}");
        let request = house.request("acme", &phone, "pending").await;
        let path = format!("/api/v1/office/registration-requests/{request}");
        let (yes, no) = (format!("{path}/approval"), format!("{path}/rejection"));
        // Who sends first takes turns.
        let (approved, rejected) = if round % 2 == 0 {
            join(owner.post(&yes, json!({})), manager.post(&no, json!({ "reason": "Too far" }))).await
        } else {
            let (rejected, approved) = join(manager.post(&no, json!({ "reason": "Too far" })), owner.post(&yes, json!({}))).await;
            (approved, rejected)
        };
        let statuses = (approved.status, rejected.status);
        let won = match statuses {
            (StatusCode::OK, StatusCode::CONFLICT) => "approved",
            (StatusCode::CONFLICT, StatusCode::OK) => "rejected",
            _ => panic!("{statuses:?} in round {round}: {approved:?} {rejected:?}"),
        };
        approvals += i64::from(won == "approved");
        let status: String = house.value(&format!("select status from registration_requests where request_id = '{request}'")).await;
        assert_eq!(status, won);
        let decided: String =
            house.value(&format!("select string_agg(action, ' ') from audit_events where subject_id = '{request}'")).await;
        assert_eq!(decided, format!("registration_request.{won}"), "one line in the audit log");
        house.run_jobs().await;
        let texts = house.sent_to(&phone);
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert_eq!(texts[0].contains("is open"), won == "approved", "{texts:?}");
    }
    let let_in: i64 = house.value("select count(*) from account_access where phone like '+4474001250%'").await;
    assert_eq!(let_in, approvals, "nobody is let in by a request that was rejected");
}
