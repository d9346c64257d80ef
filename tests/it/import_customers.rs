//! Files of customers: whom they let in, and what is left of them.

use http::{Method, StatusCode};
use serde_json::json;

use crate::house::{ADA, Browser, CAT, DAN, House};
use crate::imports::{act, counts, everything, read};

async fn shop() -> (House, Browser) {
    let house = House::open().await;
    house.goods("acme").await;
    let manager = house.staff("acme", "manager").await;
    (house, manager)
}

/// Dan is new, with an account that is new; Ada's account moves, and she buys for another one; Cat stays as she is.
fn list() -> String {
    format!(
        "Account number;Business name;Contact;Mobile number;Role;Town;Country;Price list;Route\n\
         D-1;Dan’s Deli;Dan Dee;07400 123004;owner;Leeds;GB;gold;North\n\
         D-1;Dan’s Deli;Eve Dee;+33612345678;buyer;Leeds;GB;Gold;North\n\
         A-2;Shop A-2;Ada;{ADA};buyer;Ludlow;GB;Gold;\n\
         A-2;Shop A-2;Contact of A-2;{CAT};owner;Ludlow;GB;Gold;\n\
         N-1;Nobody’s yet;;;;York;UK;;\n"
    )
}

#[tokio::test]
async fn people_are_let_in_and_gone_again() {
    let (house, manager) = shop().await;
    let before = everything(&house).await;
    let path = read(&house, &manager, "customers", list().as_bytes()).await;
    let page = manager.get(&path).await.text;
    assert_eq!(counts(&house).await, "read 3 1 1 0", "{page}");
    assert!(page.contains("<del>A-1</del> → <ins>A-2</ins>"), "{page}");
    assert_eq!(house.value::<i64>(&format!("select count(*) from customers where phone = '{DAN}'")).await, 0, "nobody is made by looking");
    act(&house, &manager, &path, "application").await;
    assert!(counts(&house).await.starts_with("applied "), "{}", manager.get(&path).await.text);
    let accounts: String = house
        .value(
            "select string_agg(concat_ws('/', t.account_number, t.town, l.name, t.route, a.contact_name, a.phone, a.role, a.status), ' ' order by t.account_number, a.phone)
               from trade_accounts t left join account_access a using (tenant_id, account_id) left join price_lists l using (tenant_id, price_list_id)
              where t.tenant_id = (select id from tenants where slug = 'acme') and t.account_number in ('D-1', 'A-2', 'N-1')",
        )
        .await;
    assert_eq!(
        accounts,
        format!(
            "A-2/Ludlow/Gold//Ada/{ADA}/buyer/active A-2/Ludlow/Gold//Contact of A-2/{CAT}/owner/active \
             D-1/Leeds/Gold/North/Eve Dee/+33612345678/buyer/active D-1/Leeds/Gold/North/Dan Dee/{DAN}/owner/active N-1/York/"
        )
    );
    let told: String = house.value("select details::text from audit_events where action = 'import.applied'").await;
    assert!(!told.contains("Dan") && !told.contains(DAN), "{told}");
    act(&house, &manager, &path, "undoing").await;
    assert_eq!(everything(&house).await, before, "{}", manager.get(&path).await.text);
    assert_eq!(house.value::<i64>(&format!("select count(*) from customers where phone = '{DAN}'")).await, 0, "nobody knows Dan any more");
    assert_eq!(house.value::<i64>(&format!("select count(*) from customers where phone in ('{ADA}', '{CAT}')")).await, 2);
}

#[tokio::test]
async fn whoever_has_signed_in_since_stays() {
    let (house, manager) = shop().await;
    let path = read(&house, &manager, "customers", list().as_bytes()).await;
    act(&house, &manager, &path, "application").await;
    let dan = house.customer("acme", DAN).await;
    assert_eq!(dan.get("/api/v1/me").await.value()["access"], "active", "Dan is let in");
    act(&house, &manager, &path, "undoing").await;
    let page = manager.get(&path).await.text;
    assert!(page.contains("row 2: this person has signed in since"), "{page}");
    assert_eq!(house.value::<i64>("select count(*) from trade_accounts where account_number in ('D-1', 'N-1')").await, 2, "all or nothing");
}

#[tokio::test]
async fn rows_of_one_account_agree_and_numbers_are_mobiles() {
    let (house, manager) = shop().await;
    let list = "account_number,business_name,contact_name,phone,role,town,country,price_list\n\
                D-1,Dan's Deli,Dan,07400 123004,owner,Leeds,GB,\n\
                D-1,Dan's Other Deli,Eve,+33612345678,buyer,Leeds,GB,\n\
                D-2,Landline,Lin,020 7946 0018,owner,Leeds,GB,\n\
                D-3,Shortened,Sue,4.474E+11,owner,Leeds,GB,\n\
                D-4,Without plus,Wim,447400123005,owner,Leeds,GB,\n\
                D-5,No such list,Nan,07400 123006,owner,Leeds,GB,Silver\n\
                D-6,Twice,Dan,+447400123004,owner,Leeds,GB,\n\
                ,Nameless,Ned,07400 123007,owner,Leeds,GB,\n\
                D-8,No phone,Nia,,owner,Leeds,GB,\n\
                D-7,Boss,Bea,07400 123008,boss,Leeds,Narnia,\n";
    let path = read(&house, &manager, "customers", list.as_bytes()).await;
    assert_eq!(counts(&house).await, "read 2 0 0 8", "{}", manager.get(&path).await.text);
    let page = manager.get(&format!("{path}?rows=wrong")).await.text;
    for said in [
        "Row 2 says “Dan&#39;s Deli” of the same account.",
        "That is a landline",
        "The spreadsheet has shortened this number.",
        "There is no price list of this name.",
        "This stands in row 2 already.",
        "Please write the number of the account.",
        "The role is owner or buyer.",
        "Write the mobile number by which this person signs in",
        "Write the country as two letters",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let tel: String = house.value("select key from import_rows where title like 'D-4%'").await;
    assert_eq!(tel, "+447400123005");
}

#[tokio::test]
async fn files_go_when_somebody_has_everything_about_them_erased() {
    let (house, manager) = shop().await;
    read(&house, &manager, "customers", list().as_bytes()).await;
    read(&house, &manager, "products", b"sku,price\nTEA-1,1.11\n").await;
    let ada = house.customer("acme", ADA).await;
    let asked = ada.json(Method::POST, "/api/v1/erasures", json!({})).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    let code = house.code_for(ADA).await;
    let erased = ada.json(Method::POST, "/api/v1/erasures/confirmation", json!({ "code": code })).await;
    assert!(erased.status.is_success(), "{erased:?}");
    house.run_jobs().await;
    let left: String = house.value("select string_agg(kind, ' ') from imports").await;
    assert_eq!(left, "products", "the file in which Ada stood is gone");
    assert_eq!(house.value::<i64>(&format!("select count(*) from import_rows where key = '{ADA}'")).await, 0);
}
