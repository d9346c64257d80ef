use chrono::Days;
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn today() -> NaiveDate {
    day("2026-06-15")
}

fn row(source: Source, from_quantity: u32, minor: i64) -> PriceRow {
    PriceRow { source, from_quantity, minor, valid_from: day("2000-01-01"), valid_until: None }
}

fn priced(rows: &[PriceRow], quantity: u32) -> Option<(i64, Source)> {
    price_of(rows, Quantity::new(quantity).unwrap(), today()).map(|price| (price.unit_minor, price.source))
}

/// Base 1.00; on the list 0.95 and from twelve 0.90; of the account's own from forty-eight 0.80.
fn usual() -> Vec<PriceRow> {
    vec![row(Source::Base, 1, 100), row(Source::List, 1, 95), row(Source::List, 12, 90), row(Source::Own, 48, 80)]
}

#[test]
fn the_first_source_that_has_a_price_for_the_quantity_wins_whole() {
    for (quantity, expected) in [
        (1, (95, Source::List)),
        (11, (95, Source::List)),
        (12, (90, Source::List)),
        (47, (90, Source::List)),
        (48, (80, Source::Own)),
        (999_999, (80, Source::Own)),
    ] {
        assert_eq!(priced(&usual(), quantity), Some(expected), "{quantity}");
    }
    // An own price that is dearer was agreed.
    assert_eq!(priced(&[row(Source::Base, 1, 100), row(Source::Own, 1, 120)], 5), Some((120, Source::Own)));
    // A break of the base prices is no break of somebody's list.
    assert_eq!(priced(&[row(Source::Base, 12, 50), row(Source::List, 1, 95)], 12), Some((95, Source::List)));
    assert_eq!(priced(&[row(Source::Base, 12, 50)], 11), None, "it cannot be ordered singly");
    assert_eq!(priced(&[], 1), None);
}

#[test]
fn a_price_is_good_from_its_first_day_to_its_last() {
    let base = row(Source::Base, 1, 100);
    let list = PriceRow { valid_from: day("2026-06-10"), valid_until: Some(day("2026-06-20")), ..row(Source::List, 1, 95) };
    let on = |date: &str| price_of(&[base, list], Quantity::ONE, day(date)).map(|price| price.unit_minor);
    for (date, expected) in [("2026-06-09", 100), ("2026-06-10", 95), ("2026-06-20", 95), ("2026-06-21", 100)] {
        assert_eq!(on(date), Some(expected), "{date}");
    }
    // Of two from the same quantity on, the one that began last.
    let later = PriceRow { valid_from: day("2026-06-15"), valid_until: None, ..row(Source::List, 1, 97) };
    assert_eq!(priced(&[later, list, base], 1), Some((97, Source::List)));
    assert_eq!(price_of(&[list], Quantity::ONE, today()).and_then(|price| price.valid_until), Some(day("2026-06-20")));
}

#[test]
fn the_next_break_is_where_it_comes_to_cost_less() {
    let next = |rows: &[PriceRow], quantity: u32| {
        price_of(rows, Quantity::new(quantity).unwrap(), today())
            .and_then(|price| price.next)
            .map(|next| (next.from_quantity, next.unit_minor))
    };
    assert_eq!((next(&usual(), 1), next(&usual(), 12), next(&usual(), 48)), (Some((12, 90)), Some((48, 80)), None));
    // A quantity that costs more is no reason to take it.
    let dearer = [row(Source::Base, 1, 100), row(Source::Base, 6, 110), row(Source::Base, 12, 90)];
    assert_eq!(next(&dearer, 1), Some((12, 90)));
    let all: Vec<(u32, i64)> = breaks_of(&usual(), today()).iter().map(|each| (each.from_quantity, each.unit_minor)).collect();
    assert_eq!(all, [(1, 95), (12, 90), (48, 80)]);
}

#[test]
fn each_price_is_told_with_why_it_is_not_the_one() {
    let mut rows = usual();
    rows.push(PriceRow { valid_from: day("2026-07-01"), ..row(Source::Own, 1, 1) });
    rows.push(PriceRow { valid_until: Some(day("2026-06-14")), ..row(Source::Own, 1, 2) });
    let told: Vec<(i64, Verdict)> =
        explain(&rows, Quantity::new(12).unwrap(), today()).iter().map(|step| (step.row.minor, step.verdict)).collect();
    assert_eq!(
        told,
        [
            (90, Verdict::Wins),
            (80, Verdict::From(48)),
            (1, Verdict::Begins(day("2026-07-01"))),
            (2, Verdict::Ended(day("2026-06-14"))),
            (95, Verdict::Closer),
            (100, Verdict::After(Source::List)),
        ]
    );
}

#[test]
fn why_it_is_not_the_price_is_said_in_words() {
    let mut rows = usual();
    rows.push(PriceRow { valid_from: day("2026-07-01"), ..row(Source::Own, 1, 1) });
    rows.push(PriceRow { valid_until: Some(day("2026-06-14")), ..row(Source::Own, 1, 2) });
    rows.push(row(Source::Base, 6, 80));
    let quantity = Quantity::new(12).unwrap();
    let won = price_of(&rows, quantity, today());
    let told: Vec<String> = explain(&rows, quantity, today()).iter().map(|step| step.words(won.as_ref())).collect();
    assert_eq!(
        told,
        [
            "It is the price.",
            "It is for 48 and more.",
            "It begins on 1 July 2026.",
            "It ended on 14 June 2026.",
            "Of the same prices, one from a larger quantity on, or one that began later, goes before it.",
            "The price of their list goes before it, though this one is lower.",
            "The price of their list goes before it.",
        ]
    );
}

#[test]
fn a_customer_is_not_told_what_the_wholesaler_calls_its_lists() {
    let office = Audience::Office { list_name: "Slow payers", account_name: "Corner Shop" };
    let until = PriceRow { valid_until: Some(day("2026-06-30")), ..row(Source::List, 12, 90) };
    let price = price_of(&[until], Quantity::new(12).unwrap(), today()).unwrap();
    assert_eq!(price.reason(Audience::Customer), "Your price, from 12, until 30 June 2026");
    assert_eq!(price.reason(office), "Price list Slow payers, from 12, until 30 June 2026");
    let own = price_of(&[row(Source::Own, 1, 1)], Quantity::ONE, today()).unwrap();
    assert_eq!(own.reason(office), "Own price of Corner Shop");
    let base = price_of(&[row(Source::Base, 1, 1)], Quantity::ONE, today()).unwrap();
    assert_eq!((base.reason(Audience::Customer), base.reason(office)), ("Price for everybody".to_owned(), "Base price".to_owned()));
}

/// The rules once more, read aloud: sort everything, then take away what does not fit.
fn naive(rows: &[PriceRow], quantity: u32, day: NaiveDate) -> Option<i64> {
    let mut left: Vec<PriceRow> = rows.to_vec();
    left.sort_by_key(|row| (row.from_quantity, row.valid_from));
    left.reverse();
    left.retain(|row| row.valid_from <= day);
    left.retain(|row| row.valid_until.unwrap_or(NaiveDate::MAX) >= day);
    left.retain(|row| row.from_quantity <= quantity);
    for source in [Source::Own, Source::List, Source::Base] {
        if let Some(first) = left.iter().find(|row| row.source == source) {
            return Some(first.minor);
        }
    }
    None
}

prop_compose! {
    fn any_row()(source in 0..3_usize, from_quantity in 1_u32..30, minor in 1_i64..500, from in 0_u64..20, length in prop::option::of(0_u64..10)) -> PriceRow {
        let valid_from = today() + Days::new(from) - Days::new(10);
        PriceRow { source: Source::ALL[source], from_quantity, minor, valid_from, valid_until: length.map(|days| valid_from + Days::new(days)) }
    }
}

/// As the table's key has it: one price of a source from a quantity and a day on.
fn without_doubles(mut rows: Vec<PriceRow>) -> Vec<PriceRow> {
    let mut seen = Vec::new();
    rows.retain(|row| {
        let key = (row.source, row.from_quantity, row.valid_from);
        let is_new = !seen.contains(&key);
        seen.push(key);
        is_new
    });
    rows
}

proptest! {
    #[test]
    fn two_readings_of_the_rules_agree(rows in prop::collection::vec(any_row(), 0..25), quantity in 1_u32..35, after in 0_u64..20) {
        let rows = without_doubles(rows);
        let on = today() + Days::new(after) - Days::new(10);
        let price = price_of(&rows, Quantity::new(quantity).unwrap(), on);
        prop_assert_eq!(price.map(|price| price.unit_minor), naive(&rows, quantity, on));
        prop_assert_eq!(price.is_some(), priced_from(&rows, on).is_some_and(|first| first <= quantity));
        let winners = explain(&rows, Quantity::new(quantity).unwrap(), on).into_iter().filter(|step| step.verdict == Verdict::Wins);
        prop_assert_eq!(winners.map(|step| step.row.minor).collect::<Vec<_>>(), price.map(|price| price.unit_minor).into_iter().collect::<Vec<_>>());
        if let Some(price) = price {
            let cheaper = (quantity + 1..40).find(|more| naive(&rows, *more, on).is_some_and(|minor| minor < price.unit_minor));
            prop_assert_eq!(price.next.map(|next| next.from_quantity), cheaper);
            // What a list of breaks says of a quantity is what it costs.
            let of_breaks = breaks_of(&rows, on).into_iter().rev().find(|each| each.from_quantity <= quantity);
            prop_assert_eq!(of_breaks.map(|each| each.unit_minor), Some(price.unit_minor));
        } else {
            prop_assert!(breaks_of(&rows, on).iter().all(|each| each.from_quantity > quantity));
        }
    }

    #[test]
    fn the_order_of_the_rows_says_nothing(rows in prop::collection::vec(any_row(), 0..25), quantity in 1_u32..35) {
        let rows = without_doubles(rows);
        let mut turned = rows.clone();
        turned.reverse();
        let quantity = Quantity::new(quantity).unwrap();
        prop_assert_eq!(price_of(&rows, quantity, today()), price_of(&turned, quantity, today()));
    }
}
