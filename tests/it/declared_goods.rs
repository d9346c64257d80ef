//! What is sold, as files: what is read of goods, prices, orders and how a wholesaler trades, and every mistake with its file,
//! line and column.

use std::path::Path;

use tradecounter::products::{Measure, NewStock, Status};
use tradecounter::tax::TaxClass;
use tradecounter::tenants::declared::{self, Declared, Whose};

use crate::declared_tenants::{CUSTOMERS, TENANT, Tenants};

pub const PRODUCTS: &str = "\
sku,name,category,pack,content,measure,barcode,vat,price,cost,minimum,multiple,stock,low_at,back_orders,status,replaced_by,keywords,description
TEA-1,\"Breakfast tea, 80 bags\",Drinks,box,0.25,kg,2000000000015,zero,2.85,1.90,,,40,,,listed,,cuppa,\"Black, strong.\"
TEA-1C6,Breakfast tea case,Drinks,case of 6,,,,zero,15.90,,2,2,12,4,20,listed,,,
OLD-1,Tea cosy,,,,,,standard,,,,,,,,discontinued,tea-1,,
";

pub const PRICES: &str = "\
price_list,account_number,sku,from_quantity,price,valid_from,valid_until
,,TEA-1,12,2.60,,
Gold,,TEA-1,,2.70,,
Gold,,tea-1,12,2.50,2026-03-01,2026-03-31
,A-1,TEA-1,1,2.40,,
";

pub const ORDERS: &str = "\
number,account_number,days_ago,time,status,reference,sku,quantity,unit_price
AG-7K3-94Q,A-1,3,09:30,accepted,Order 12,TEA-1,12,2.50
AG-7K3-94Q,A-1,3,09:30,accepted,Order 12,TEA-1C6,2,15.90
AG-222-333,A-2,40,16:05,delivered,,TEA-1,1,2.80
";

pub const TRADING: &str = r#"
prices_shown = "no_prices"
stock_shown = "numbers"
vat_rounding = "rate_group"
minimum_order = "75.00"

[[order_day]]
method = "delivery"
weekday = 2
days_before = 1
cut_off = "16:00"

[[order_day]]
method = "collection"
weekday = 2
days_before = 0
cut_off = "11:00"
"#;

/// With keys of its own before the first table, and days behind the last.
pub fn tenant_with(trading: &str) -> String {
    let (keys, days) =
        trading.split_once("\n[[order_day]]").map_or((trading, String::new()), |(keys, days)| (keys, format!("\n[[order_day]]{days}")));
    TENANT.replacen("\n[contact]", &format!("{keys}\n[contact]"), 1) + &days
}

/// Acme with something to sell.
pub fn with_goods() -> Tenants {
    let tenants = Tenants::with_acme();
    tenants.write("acme/tenant.toml", tenant_with(TRADING));
    tenants.write("acme/products.csv", PRODUCTS);
    tenants.write("acme/prices.csv", PRICES);
    tenants.write("acme/orders.csv", ORDERS);
    tenants.write("acme/customers.csv", customers_with(["Gold,North", "Gold,North", ","]));
    tenants
}

/// The customers with two columns more.
pub fn customers_with(terms: [&str; 3]) -> String {
    let lines = CUSTOMERS.lines().zip(["price_list,route"].into_iter().chain(terms));
    lines.map(|(line, more)| format!("{line},{more}\n")).collect()
}

fn acme(tenants: &Tenants) -> Declared {
    let mut read = tenants.read().unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert_eq!(read.len(), 1);
    read.remove(0)
}

#[test]
fn what_is_sold_is_read() {
    let acme = acme(&with_goods());
    let [tea, case, cosy] = acme.products.as_slice() else { panic!("three products") };
    assert_eq!((tea.sku.as_str(), tea.price_minor, tea.cost_minor, tea.tax_class), ("TEA-1", Some(285), Some(190), TaxClass::Zero));
    assert_eq!(tea.category.as_ref().map(|name| name.slug()), Some("drinks"));
    assert_eq!(tea.content.map(|content| (content.thousandths, content.measure)), Some((250, Measure::Kilogram)));
    assert_eq!(tea.stock, NewStock::Counted { on_hand: 40, low_at: 10, back_orders: None });
    assert_eq!((case.minimum.get(), case.multiple.get()), (2, 2));
    assert_eq!(case.stock, NewStock::Counted { on_hand: 12, low_at: 4, back_orders: Some(20) });
    assert_eq!(
        (cosy.status, cosy.price_minor, cosy.stock, cosy.replaced_by.as_str()),
        (Status::Discontinued, None, NewStock::Untracked, "tea-1")
    );

    let whose: Vec<_> = acme.prices.iter().map(|price| (price.whose.clone(), price.from_quantity.get(), price.minor)).collect();
    let gold = || Whose::Lists("Gold".to_owned());
    assert_eq!(whose, [(Whose::Everybodys, 12, 260), (gold(), 1, 270), (gold(), 12, 250), (Whose::Accounts("A-1".to_owned()), 1, 240)]);
    assert_eq!(acme.prices[2].valid_until.map(|day| day.to_string()), Some("2026-03-31".to_owned()));

    let orders: Vec<_> = acme.orders.iter().map(|order| (order.number.as_str(), order.days_ago, order.lines.len())).collect();
    assert_eq!(orders, [("AG-7K3-94Q", 3, 2), ("AG-222-333", 40, 1)]);
    assert_eq!(acme.customers[0].terms, Some(["Gold".to_owned(), "North".to_owned()]));
    assert_eq!((acme.trading.minimum_order_minor, acme.trading.order_days.map(|days| days.len())), (Some(7_500), Some(2)));
}

#[test]
fn what_is_not_said_is_left_to_the_wholesaler() {
    let acme = acme(&Tenants::with_acme());
    assert_eq!((acme.products.len(), acme.prices.len(), acme.orders.len()), (0, 0, 0));
    assert_eq!((acme.trading, acme.customers[0].terms.clone()), (Default::default(), None));
}

#[test]
fn the_files_are_part_of_what_was_applied() {
    let hash = |tenants: &Tenants| acme(tenants).hash;
    let before = hash(&with_goods());
    for (file, text) in [("products.csv", PRODUCTS), ("prices.csv", PRICES), ("orders.csv", ORDERS)] {
        let tenants = with_goods();
        tenants.write(&format!("acme/{file}"), text.replace("2.50", "2.51").replace("2.85", "2.86"));
        assert_ne!(hash(&tenants), before, "{file}");
    }
}

/// The demonstration has as many goods as it says.
#[test]
fn the_wholesalers_of_this_repository_sell_what_they_should() {
    let read = declared::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tenants")).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let counts: Vec<_> = read.iter().map(|one| (one.slug.as_str(), one.products.len(), one.orders.len())).collect();
    assert_eq!(counts, [("fromagerie", 80, 40), ("spiceroute", 300, 120), ("unionjack", 1_455, 226)]);
    for one in &read {
        let categories: std::collections::BTreeSet<&str> =
            one.products.iter().filter_map(|product| product.category.as_ref()).map(|name| name.slug()).collect();
        assert!((6..=14).contains(&categories.len()), "{}: {categories:?}", one.slug);
        assert!(one.products.iter().all(|product| product.price_minor.is_some() && product.category.is_some()), "{}", one.slug);
    }
}

/// What is said about a file in which `from` was replaced by `to`.
fn mistakes_in(file: &str, text: &str, from: &str, to: &str) -> Vec<String> {
    assert!(text.contains(from), "{from:?}");
    let tenants = with_goods();
    tenants.write(&format!("acme/{file}"), text.replacen(from, to, 1));
    tenants.mistakes()
}

fn each_mistake(file: &str, text: &str, mistakes: &[(&str, &str, &str)]) {
    for (from, to, mistake) in mistakes {
        let mistakes = mistakes_in(file, text, from, to);
        assert_eq!(mistakes, [format!("acme/{file}:{mistake}")], "{from:?} → {to:?}");
    }
}

#[test]
fn products_csv_says_where_it_is_wrong() {
    let header = PRODUCTS.lines().next().expect("a first line");
    each_mistake(
        "products.csv",
        PRODUCTS,
        &[
            ("sku,name", "name,sku", &format!("1:1: the first line must be {header}")),
            ("OLD-1,Tea", ",Tea", "4:1: Please write a SKU."),
            ("TEA-1C6,", "tea-1,", "3:1: this SKU stands in line 2 already"),
            ("Breakfast tea case", "", "3:2: Please write the name."),
            ("Drinks,box", "!!!,box", "2:3: The name of a category has letters or digits in it."),
            ("0.25,kg", "a lot,kg", "2:5: Write how much is in it as a number with at most three decimals, such as 2.5."),
            ("0.25,kg", "0.25,pound", "2:6: the measure is each, kg, l or m"),
            ("0.25,kg", "0.25,", "2:6: there is a content; say in what it is measured"),
            ("2000000000015", "2000 000", "2:7: a barcode is digits, or letters and digits, without blanks"),
            (",zero,15.90", ",none,15.90", "3:8: the vat is standard, intermediate, reduced, super_reduced, zero or exempt"),
            ("2.85", "0", "2:9: A price is more than nothing."),
            ("2.85", "2.855", "2:9: An amount has at most two decimals."),
            ("1.90", "-1", "2:10: An amount is not below zero."),
            ("2,2,12", "0,2,12", "3:11: A quantity is 1 to 999,999."),
            ("2,2,12", "2,two,12", "3:12: A quantity is a whole number, such as 12."),
            ("12,4,20", "some,4,20", "3:13: this is a whole number from 0 to 999999999"),
            ("12,4,20", ",4,20", "3:13: there is no stock, and yet a low_at or back_orders; write 0 when it has run out"),
            ("discontinued", "gone", "4:16: the status is listed, unlisted or discontinued"),
            ("discontinued,tea-1", "discontinued,TEA-2", "4:17: there is no such SKU in this file"),
            ("cuppa", "\"cup\npa\"", "2:18: there is a line break in this field; is a quotation mark missing?"),
            ("tea-1,,", "tea-1,,,", "4:20: this row has 20 fields instead of 19"),
        ],
    );
}

#[test]
fn prices_csv_says_where_it_is_wrong() {
    each_mistake(
        "prices.csv",
        PRICES,
        &[
            (
                "price_list,account",
                "list,account",
                "1:1: the first line must be price_list,account_number,sku,from_quantity,price,valid_from,valid_until",
            ),
            (",A-1,TEA-1", "Gold,A-1,TEA-1", "5:2: a price is of a price list or of an account, not of both"),
            (",A-1,TEA-1", ",A-9,TEA-1", "5:2: there is no such account in customers.csv"),
            (",,TEA-1,12", ",,TEA-2,12", "2:3: there is no such SKU in products.csv"),
            (",,TEA-1,12", ",,TEA-1,1", "2:4: what it costs everybody from 1 on stands in products.csv"),
            (",,TEA-1,12", ",,TEA-1,1000000", "2:4: A quantity is 1 to 999,999."),
            ("2.60", "free", "2:5: Write an amount in digits, such as 12.50."),
            ("2026-03-01", "1 March", "4:6: a day is written such as 2026-03-01"),
            ("2026-03-31", "2026-02-28", "4:7: the price ends before it begins"),
            ("Gold,,tea-1,12,2.50,2026-03-01,2026-03-31", "GOLD,,tea-1,1,2.50,,", "4:3: this price stands in line 3 already"),
        ],
    );
}

#[test]
fn orders_csv_says_where_it_is_wrong() {
    each_mistake(
        "orders.csv",
        ORDERS,
        &[
            ("AG-222-333", "AG222333", "4:1: an order's number is written such as UJ-7K3-94Q"),
            ("A-2,40", "A-9,40", "4:2: there is no such account in customers.csv"),
            ("40,16:05", "-1,16:05", "4:3: this is a whole number of days from 0 to 3650"),
            ("16:05", "4 pm", "4:4: a time is written such as 16:05"),
            ("delivered", "done", "4:5: the status is submitted, accepted, amended, picking, dispatched, delivered, cancelled or declined"),
            ("Order 12,TEA-1C6", "Order 13,TEA-1C6", "3:6: the reference of this order is another in line 2"),
            (",,TEA-1,1", ",,TEA-9,1", "4:7: there is no such SKU in products.csv"),
            ("1,2.80", "0,2.80", "4:8: A quantity is 1 to 999,999."),
            ("1,2.80", "1,", "4:9: Write an amount in digits, such as 12.50."),
        ],
    );
    let torn = ORDERS.to_owned() + "AG-7K3-94Q,A-1,3,09:30,accepted,Order 12,OLD-1,1,2.00\n";
    let tenants = with_goods();
    tenants.write("acme/orders.csv", torn);
    assert_eq!(tenants.mistakes(), ["acme/orders.csv:5:1: the lines of an order stand together; it began in line 2"]);
}

#[test]
fn how_a_wholesaler_trades_says_where_it_is_wrong() {
    for (from, to, mistake) in [
        ("\"no_prices\"", "\"some\"", "9:16: who is not signed in sees nothing, no_prices or all"),
        ("\"numbers\"", "\"colours\"", "10:15: stock is shown as words, as numbers, or nothing of it"),
        ("\"rate_group\"", "\"up\"", "11:16: VAT is rounded by line or by rate_group"),
        ("\"75.00\"", "\"a lot\"", "12:17: Write an amount in digits, such as 12.50."),
        ("\"delivery\"", "\"post\"", "33:10: the method is delivery or collection"),
        ("weekday = 2", "weekday = 8", "34:11: `weekday` takes a whole number from 1 to 7"),
        ("days_before = 1", "days_before = \"one\"", "35:15: `days_before` takes a whole number from 0 to 14"),
        ("\"16:00\"", "\"4 pm\"", "36:11: a time is written such as 16:00"),
        ("\"collection\"", "\"delivery\"", "40:11: this day stands here twice"),
    ] {
        let tenants = with_goods();
        tenants.write("acme/tenant.toml", tenant_with(&TRADING.replacen(from, to, 1)));
        assert_eq!(tenants.mistakes(), [format!("acme/tenant.toml:{mistake}")], "{from:?} → {to:?}");
    }
}

#[test]
fn whoever_buys_from_a_list_buys_from_one_that_there_is() {
    let tenants = with_goods();
    tenants.write("acme/customers.csv", customers_with(["gold,North", "gold,North", "Silver,"]));
    assert_eq!(tenants.mistakes(), ["acme/customers.csv:4:8: prices.csv has no price list “Silver”"]);
    tenants.write("acme/customers.csv", customers_with(["Gold,North", ",North", ","]));
    assert_eq!(tenants.mistakes(), ["acme/customers.csv:3:8: the price_list of account A-1 is “Gold” in line 2"]);
}
