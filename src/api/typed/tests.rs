use poem_openapi::Object;
use serde_json::json;

use super::*;

/// What is ordered.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Order {
    #[oai(validator(min_items = 1, max_items = 3))]
    lines: Vec<Line>,
    reference: Option<Text<0, 5>>,
    #[oai(default)]
    is_urgent: bool,
    /// To whom.
    to: Option<Place>,
}

#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Line {
    sku: Text<1, 5>,
    quantity: Whole<1, 999_999>,
}

#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Place {
    town: Text<1, 5>,
}

fn refused(body: Value) -> Vec<(String, String)> {
    let refusal = read::<Order>(body.to_string().as_bytes()).map(|_| ()).expect_err("some of it is wrong");
    refusal.fields().iter().map(|(field, text)| (field.to_owned(), text.to_owned())).collect()
}

fn fields(body: Value) -> Vec<String> {
    refused(body).into_iter().map(|(field, _)| field).collect()
}

#[test]
fn whole_numbers_and_lists_of_objects_are_read() {
    let body = json!({ "lines": [{ "sku": "TEA-1", "quantity": 999_999 }, { "sku": "é", "quantity": 1 }], "to": { "town": "Bath" } });
    let order = read::<Order>(body.to_string().as_bytes()).unwrap();
    assert_eq!((order.lines.len(), *order.lines[0].quantity, &*order.lines[1].sku), (2, 999_999, "é"));
    assert_eq!(order.to.map(|place| place.town.to_owned()).as_deref(), Some("Bath"));
    assert!(order.reference.is_none() && !order.is_urgent);
}

#[test]
fn each_mistake_is_told_by_its_path_however_deep_it_lies() {
    let wrong = refused(json!({
        "lines": [{ "sku": "TEA-1", "quantity": 0 }, { "sku": 5, "quantity": "6" }, { "quantity": 1, "price": 1 }],
        "reference": "too long",
        "is_urgent": "yes",
        "to": { "town": "" },
        "tenant": "bravo",
    }));
    let told: Vec<(&str, &str)> = wrong.iter().map(|(field, text)| (field.as_str(), text.as_str())).collect();
    assert_eq!(
        told,
        [
            ("lines[0].quantity", "This field takes a whole number from 1 to 999999."),
            ("lines[1].sku", "This field takes a text in quotes, and nothing else."),
            ("lines[1].quantity", "This field takes a whole number, without quotes."),
            ("lines[2].sku", "This field is required."),
            ("lines[2].price", "There is no such field."),
            ("reference", "Please write 0 to 5 characters."),
            ("is_urgent", "This field takes true or false."),
            ("to.town", "Please write 1 to 5 characters."),
            ("tenant", "There is no such field."),
        ]
    );
}

#[test]
fn a_list_is_as_long_as_it_may_be_and_of_what_it_is_of() {
    let line = json!({ "sku": "a", "quantity": 1 });
    for (lines, field) in [
        (json!([]), "lines"),
        (json!([line, line, line, line]), "lines"),
        (json!({}), "lines"),
        (json!("a"), "lines"),
        (json!(null), "lines"),
        (json!([line, null]), "lines[1]"),
        (json!([line, [line]]), "lines[1]"),
    ] {
        assert_eq!(fields(json!({ "lines": lines })), [field], "{lines}");
    }
    assert_eq!(fields(json!({})), ["lines"]);
    for quantity in [json!(1.5), json!(1e300), json!(-1), json!(1_000_000), json!(18_446_744_073_709_551_615_u64), json!(true), json!([1])]
    {
        assert_eq!(fields(json!({ "lines": [{ "sku": "a", "quantity": quantity }] })), ["lines[0].quantity"], "{quantity}");
    }
}
