//! Files that become products, prices and customers: what each row would do, all of it or nothing, and back again.

use chrono::Duration;
use http::{Method, StatusCode};

use crate::house::{Answer, Browser, House};

/// Sends a file as the page's form does.
pub async fn upload(browser: &Browser, kind: &str, name: &str, bytes: &[u8]) -> Answer {
    let head = format!(
        "--edge\r\ncontent-disposition: form-data; name=\"kind\"\r\n\r\n{kind}\r\n\
         --edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/csv\r\n\r\n"
    );
    let body = [head.as_bytes(), bytes, b"\r\n--edge--\r\n"].concat();
    browser.send_bytes(Method::POST, "/office/imports", "multipart/form-data; boundary=edge", body).await
}

/// What the page about the columns has chosen, and how decimals are written.
pub fn chosen(page: &str) -> Vec<(String, String)> {
    let selects = page.split("<select ").skip(1).map(|select| select.split("</select>").next().unwrap_or_default());
    selects
        .map(|select| {
            let name = select.split("name=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a name").to_owned();
            let option = select.split("<option ").find(|option| option.contains(" selected")).unwrap_or_default();
            (name, option.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned())
        })
        .collect()
}

/// Brings a file in and has it read with what its columns most likely are; where it is then.
pub async fn read(house: &House, browser: &Browser, kind: &str, bytes: &[u8]) -> String {
    let taken = upload(browser, kind, "list.csv", bytes).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{taken:?}");
    let columns = taken.header("location").to_owned();
    let page = browser.get(&columns).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    say(house, browser, &columns, &chosen(&page.text)).await
}

/// Says what the columns are, and has the file read.
pub async fn say(house: &House, browser: &Browser, columns: &str, said: &[(String, String)]) -> String {
    let fields: Vec<(&str, &str)> = said.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let taken = browser.form(columns, &fields).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{taken:?}");
    house.run_jobs().await;
    taken.header("location").to_owned()
}

/// How many rows do what: new, changed, unchanged, wrong.
pub async fn counts(house: &House) -> String {
    house
        .value("select concat_ws(' ', status, new_rows, changed_rows, unchanged_rows, wrong_rows) from imports order by import_id desc limit 1")
        .await
}

/// Does something with a file, and has it done.
pub async fn act(house: &House, browser: &Browser, path: &str, what: &str) -> Answer {
    let done = browser.form(&format!("{path}/{what}"), &[]).await;
    house.run_jobs().await;
    done
}

/// Whatever a tenant sells, whatever it costs, and who buys.
pub async fn everything(house: &House) -> String {
    let tables = [
        (
            "products",
            "sku, name, keywords, description, status, replaced_by, pack, content_thousandths, content_measure, barcode, tax_class, minimum, multiple, stock_mode, category_id",
        ),
        ("categories", "category_id, slug, name"),
        ("prices", "price_list_id, product_id, from_quantity, valid_from, valid_until, minor"),
        ("product_costs", "product_id, cost_minor"),
        ("stock", "product_id, on_hand, low_at, back_order_limit"),
        ("trade_accounts", "account_id, account_number, business_name, town, country, route, price_list_id"),
        ("account_access", "access_id, account_id, phone, contact_name, role, status"),
    ];
    let mut found = String::new();
    for (table, columns) in tables {
        let rows: Option<String> =
            house.value(&format!("select string_agg(x::text, E'\\n' order by x::text) from (select {columns} from {table}) x")).await;
        found.push_str(&format!("{table}\n{}\n", rows.unwrap_or_default()));
    }
    found
}

const LIST: &str = "SKU,Name,Price,VAT,Category\r\n\
                    TEA-1,Breakfast tea,1.10,20%,Drinks\r\n\
                    TEA-2,Green tea,\"£2.50\",zero,Drinks\r\n\
                    NEW-1,\"Mug, \"\"large\"\"\",3.00,20,Mugs\r\n";

async fn shop() -> (House, Browser) {
    let house = House::open().await;
    house.goods("acme").await;
    let manager = house.staff("acme", "manager").await;
    (house, manager)
}

#[tokio::test]
async fn a_file_is_looked_at_applied_and_undone() {
    let (house, manager) = shop().await;
    let before = everything(&house).await;
    let path = read(&house, &manager, "products", LIST.as_bytes()).await;
    assert_eq!(everything(&house).await, before, "nothing is changed by looking");
    let page = manager.get(&path).await.text;
    for said in ["TEA-1", "Mug, &#34;large&#34;", "Apply all of it", "<del>1.00</del> → <ins>1.10</ins>"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let new = manager.get(&format!("{path}?rows=new")).await.text;
    assert!(new.contains("NEW-1") && !new.contains("TEA-1"), "{new}");
    let applied = act(&house, &manager, &path, "application").await;
    assert_eq!((applied.status, applied.header("location")), (StatusCode::SEE_OTHER, path.as_str()), "{applied:?}");
    assert!(counts(&house).await.starts_with("applied "), "{}", counts(&house).await);
    let price: i64 = house.value("select minor from prices join products using (tenant_id, product_id) where sku = 'TEA-1' and price_list_id = tenant_id and from_quantity = 1").await;
    let stock: i64 = house.value("select on_hand from stock join products using (tenant_id, product_id) where sku = 'TEA-2'").await;
    assert_eq!((price, house.value::<String>("select name from products where sku = 'NEW-1'").await.as_str()), (110, "Mug, \"large\""));
    assert_eq!(stock, 10, "what is not in the file is as it was");
    assert_eq!(house.value::<i64>("select count(*) from import_pieces").await, 0, "the file is not read again");
    let told: String = house.value("select actor_name || ' ' || details::text from audit_events where action = 'import.applied'").await;
    assert!(told.starts_with("manager of acme") && told.contains("\"file\": \"list.csv\""), "{told}");
    act(&house, &manager, &path, "application").await;
    assert_eq!(
        house.value::<i64>("select count(*) from audit_events where action = 'import.applied'").await,
        1,
        "pressed twice, done once"
    );

    assert_eq!(house.value::<i64>("select count(*) from categories where name = 'Mugs'").await, 1, "a new category comes with it");
    let undone = act(&house, &manager, &path, "undoing").await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER, "{undone:?}");
    assert_eq!(everything(&house).await, before);
    assert!(counts(&house).await.starts_with("undone "));
    assert_eq!(house.value::<i64>("select count(*) from audit_events where action = 'import.undone'").await, 1);
}

#[tokio::test]
async fn nothing_is_applied_while_a_row_is_wrong_and_each_says_why() {
    let (house, manager) = shop().await;
    let before = everything(&house).await;
    let list = "SKU,Name,Price,VAT,Stock\n\
                TEA-1,Tea,free,20,\n\
                ,No SKU,1.00,20,\n\
                NEW-1,Mug,1.00,17,\n\
                NEW-2,Cup,1.00,20,many\n\
                NEW-3,Saucer,1.00,20,1,surplus\n\
                NEW-4,\"Broken\nname\",1.00,20,\n\
                NEW-5,Plate,1.00,20,5\n\
                new-5,Plate again,1.00,20,5\n";
    let path = read(&house, &manager, "products", list.as_bytes()).await;
    assert_eq!(counts(&house).await, "read 1 0 0 7");
    let page = manager.get(&format!("{path}?rows=wrong")).await.text;
    for said in [
        "Write an amount in digits",
        "Please write a SKU.",
        "Please choose how it is taxed.",
        "Write a whole number",
        "more cells than the first row has headings",
        "line break in this cell",
        "This stands in row 8 already.",
        "All of a file is applied, or nothing.",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("Apply all of it"), "{page}");
    let refused = act(&house, &manager, &path, "application").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    assert!(refused.text.contains("Nothing is applied while a row is wrong."), "{refused:?}");
    assert_eq!(everything(&house).await, before);
}

#[tokio::test]
async fn what_somebody_changed_meanwhile_is_shown_before_it_is_applied() {
    let (house, manager) = shop().await;
    let path = read(&house, &manager, "products", LIST.as_bytes()).await;
    house.change("update products set name = 'Other tea' where sku = 'TEA-1'").await;
    let before = everything(&house).await;
    act(&house, &manager, &path, "application").await;
    assert_eq!(everything(&house).await, before, "nothing is applied that nobody has seen");
    let page = manager.get(&path).await.text;
    for said in ["Nothing was applied.", "1 row of this file", "<del>Other tea</del>", "Apply all of it"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    act(&house, &manager, &path, "application").await;
    assert!(counts(&house).await.starts_with("applied "));
}

#[tokio::test]
async fn what_was_changed_or_ordered_since_is_not_undone() {
    let (house, manager) = shop().await;
    let path = read(&house, &manager, "products", LIST.as_bytes()).await;
    act(&house, &manager, &path, "application").await;
    house.change("update prices set minor = 999 where minor = 110").await;
    let before = everything(&house).await;
    act(&house, &manager, &path, "undoing").await;
    let page = manager.get(&path).await.text;
    assert!(page.contains("Nothing was undone") && page.contains("row 2 (TEA-1 · Breakfast tea)"), "{page}");
    assert_eq!(everything(&house).await, before);
    assert!(counts(&house).await.starts_with("applied "));

    house.change("update prices set minor = 110 where minor = 999").await;
    house
        .change(
            "insert into orders (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, currency, vat_rounding,
                                 tax_country, net_minor, tax_minor)
             select tenant_id, gen_random_uuid(), account_id, 'AC-222-222', 'submitted', now(), now(), 'customer', 'GBP', 'line', 'GB', 300, 60
               from trade_accounts where account_number = 'A-1';
             insert into order_lines (tenant_id, order_id, line, account_id, product_id, sku, name, pack, tax_class, tax_basis_points, unit_minor,
                                      price_source, price_from_quantity, ordered, net_minor)
             select o.tenant_id, o.order_id, 1, o.account_id, p.product_id, 'NEW-1', 'Mug', '', 'standard', 2000, 300, 'base', 1, 1, 300
               from orders o join products p on p.tenant_id = o.tenant_id and p.sku = 'NEW-1'",
        )
        .await;
    act(&house, &manager, &path, "undoing").await;
    let page = manager.get(&path).await.text;
    assert!(page.contains("NEW-1 has been ordered since"), "{page}");
    assert_eq!(house.value::<String>("select name from products where sku = 'TEA-1'").await, "Breakfast tea", "all of it or nothing");
}

#[tokio::test]
async fn only_the_last_file_of_a_kind_is_undone() {
    let (house, manager) = shop().await;
    let first = read(&house, &manager, "products", b"sku,price\nTEA-1,1.11\n").await;
    act(&house, &manager, &first, "application").await;
    house.wait(Duration::minutes(1));
    let second = read(&house, &manager, "products", b"sku,price\nTEA-1,1.22\n").await;
    act(&house, &manager, &second, "application").await;
    let refused = act(&house, &manager, &first, "undoing").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    assert!(refused.text.contains("Undo that one first."), "{refused:?}");
    for path in [&second, &first] {
        assert_eq!(act(&house, &manager, path, "undoing").await.status, StatusCode::SEE_OTHER);
    }
    let price: i64 = house.value("select minor from prices join products using (tenant_id, product_id) where sku = 'TEA-1' and price_list_id = tenant_id and from_quantity = 1").await;
    assert_eq!(price, 100);
}

#[tokio::test]
async fn what_somebody_said_of_a_column_is_remembered_for_the_next_file() {
    let (house, manager) = shop().await;
    let list = b"Ident,Wording,Ours\nNEW-1,Mug,1.00\n";
    let columns = upload(&manager, "products", "first.csv", list).await.header("location").to_owned();
    let page = manager.get(&columns).await.text;
    assert_eq!(chosen(&page).iter().map(|(_, word)| word.as_str()).collect::<Vec<_>>(), ["", "", "", "point"], "{page}");
    let refused = manager.form(&columns, &[("column-0", "name"), ("column-1", "name"), ("decimal_mark", "point")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert!(refused.text.contains("Another column is Name already") && refused.text.contains("No column is SKU yet"), "{refused:?}");
    let said = [("column-0", "sku"), ("column-1", "name"), ("column-2", ""), ("decimal_mark", "comma")];
    let said: Vec<(String, String)> = said.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    say(&house, &manager, &columns, &said).await;
    assert_eq!(counts(&house).await, "read 1 0 0 0");
    let owner = house.staff("acme", "owner").await;
    let columns = upload(&owner, "products", "second.csv", list).await.header("location").to_owned();
    let page = owner.get(&columns).await.text;
    assert_eq!(chosen(&page).iter().map(|(_, word)| word.as_str()).collect::<Vec<_>>(), ["sku", "name", "", "point"], "{page}");
    // Nobody else's wholesaler knows of it.
    house.goods("bravo").await;
    let other = house.staff("bravo", "owner").await;
    let columns = upload(&other, "products", "third.csv", list).await.header("location").to_owned();
    assert_eq!(chosen(&other.get(&columns).await.text)[0].1, "");
}

#[tokio::test]
async fn whoever_waits_sees_how_far_it_is_and_the_work_goes_on_from_there() {
    let (house, manager) = shop().await;
    let mut list = "sku,name,price\n".to_owned();
    (0..2_500).for_each(|at| list.push_str(&format!("BULK-{at},Thing {at},1.00\n")));
    let columns = upload(&manager, "products", "bulk.csv", list.as_bytes()).await.header("location").to_owned();
    let page = manager.get(&columns).await.text;
    let said = chosen(&page);
    let fields: Vec<(&str, &str)> = said.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let path = manager.form(&columns, &fields).await.header("location").to_owned();
    let waiting = manager.get(&path).await;
    assert_eq!(waiting.header("refresh"), "2", "{waiting:?}");
    assert!(waiting.text.contains("<progress max=\"100\" value=\"0\"") && waiting.text.contains("Look again"), "{waiting:?}");
    // As if the process had died after the first thousand.
    house.run_jobs().await;
    house
        .change(
            "delete from import_rows where line > 1001;
             update imports set status = 'reading', new_rows = 1000;
             insert into jobs (id, lane, kind, for_tenant, subject_id, run_at, created_at)
             select gen_random_uuid(), 'files', 'work_on_import', tenant_id, import_id, now(), now() from imports",
        )
        .await;
    house.run_jobs().await;
    assert_eq!(counts(&house).await, "read 2500 0 0 0");
    assert_eq!(house.value::<i64>("select count(distinct line) from import_rows").await, 2_500);
    let page = manager.get(&path).await;
    assert_eq!(page.header("refresh"), "");
    let after = page
        .text
        .split("&#38;after=")
        .nth(1)
        .or_else(|| page.text.split("&amp;after=").nth(1))
        .or_else(|| page.text.split("&after=").nth(1))
        .expect("more")
        .split('"')
        .next()
        .expect("an end");
    assert_eq!(after, "51");
    assert!(manager.get(&format!("{path}?after={after}")).await.text.contains("BULK-50"));
    act(&house, &manager, &path, "application").await;
    assert_eq!(house.value::<i64>("select count(*) from products where sku like 'BULK-%'").await, 2_500);
    act(&house, &manager, &path, "undoing").await;
    assert_eq!(house.value::<i64>("select count(*) from products where sku like 'BULK-%'").await, 0);
}

#[tokio::test]
async fn old_files_go() {
    let (house, manager) = shop().await;
    let path = read(&house, &manager, "products", LIST.as_bytes()).await;
    act(&house, &manager, &path, "application").await;
    house.wait(Duration::days(29));
    tradecounter::sweep::the_rest(&house.app.house).await.expect("swept");
    assert_eq!(house.value::<i64>("select count(*) from imports").await, 1);
    house.wait(Duration::days(2));
    tradecounter::sweep::the_rest(&house.app.house).await.expect("swept");
    assert_eq!(house.value::<i64>("select (select count(*) from imports) + (select count(*) from import_rows)").await, 0);
}
