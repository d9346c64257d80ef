//! The pages on which a person looks after what is held about them, as HTML.

use crate::house::{ADA, CAT, DAN, House};
use crate::pages::snapshot;

#[tokio::test]
async fn my_data() {
    let house = House::open().await;
    let cat = house.customer("acme", CAT).await;
    snapshot("my_data-index", &cat.get("/my-data").await);
    snapshot("languages-index", &cat.get("/language").await);
    snapshot("languages-index_wrong", &cat.form("/language", &[("language", "Klingon")]).await);
    cat.form("/erasures", &[]).await;
    snapshot("my_data-erase", &cat.get("/erasures/confirmation").await);
    snapshot("my_data-erase_wrong", &cat.form("/erasures/confirmation", &[("code", "12")]).await);
    snapshot("number_changes-new", &cat.get("/number-changes/new").await);
    snapshot("number_changes-new_wrong", &cat.form("/number-changes", &[("phone", "<b>07400</b>")]).await);
    cat.form("/number-changes", &[("phone", DAN)]).await;
    snapshot("number_changes-codes", &cat.get("/number-changes/confirmation").await);
    let codes = [("phone", DAN), ("old_code", "12"), ("new_code", "")];
    snapshot("number_changes-codes_wrong", &cat.form("/number-changes/confirmation", &codes).await);
    snapshot("my_data-index_changed", &cat.get("/my-data?done=number&kept=acme").await);
    let code = house.code_for(CAT).await;
    let to_erase = house.sent_to(CAT).iter().find(|text| text.contains("to erase")).and_then(|text| crate::secrecy::code_in(text));
    let erased = cat.form("/erasures/confirmation", &[("code", &to_erase.unwrap_or(code))]).await;
    assert_eq!(erased.header("location"), "/?done=erased", "{erased:?}");
    snapshot("sign_in-sign_in_erased", &cat.get("/?done=erased").await);
    house.run_jobs().await;
    let owner = house.staff("acme", "owner").await;
    snapshot("office_customers-index_deserted", &owner.get("/office/customers").await);
}

#[tokio::test]
async fn coming_back() {
    let house = House::open().await;
    house.customer("acme", ADA).await;
    house.wait(chrono::Duration::days(366));
    let ada = house.customer("acme", ADA).await;
    snapshot("confirmations-show", &ada.get("/").await);
    snapshot("confirmations-show_wrong", &ada.form("/confirmation", &[("account", "<Shop>")]).await);
    ada.form("/confirmation", &[("account", "Shop")]).await;
    snapshot("confirmations-show_last", &ada.form("/confirmation", &[("account", "Shop A-2")]).await);
    snapshot("registrations-new_return", &ada.get("/registration-requests/new?kind=return").await);
    let fields = [("kind", "return"), ("business_name", "Shop A-1"), ("contact_name", "Ada"), ("message", "Same number, new phone.")];
    ada.form("/registration-requests", &fields).await;
    snapshot("registrations-state_return", &ada.get("/").await);
    let owner = house.staff("acme", "owner").await;
    snapshot("office_requests-index_return", &owner.get("/office").await);
    let id = owner.get("/api/v1/office/registration-requests").await.value()["items"][0]["id"].as_str().expect("an id").to_owned();
    let one = format!("/office/registration-requests/{id}");
    snapshot("office_requests-show_return", &owner.get(&one).await);
    snapshot("office_requests-show_return_nobody", &owner.form(&format!("{one}/approval"), &[]).await);
    owner.form(&format!("{one}/rejection"), &[("reason", "Who are you?")]).await;
    snapshot("registrations-state_return_rejected", &ada.get("/").await);
}
