//! Every country's example numbers, as Google's own library reads them, against ours. How the rows were made:
//! `tests/data/make_phone_examples.py`. The two agree on all of them; the one difference is meant, see `is_mobile`.

use tradecounter::values::{Country, PhoneNumber};

const EXAMPLES: &str = include_str!("../data/phone_examples.csv");

/// `typed`, written by somebody in `country`, is the number `e164`.
struct Example {
    country: &'static str,
    typed: &'static str,
    e164: &'static str,
    kind: &'static str,
}

impl Example {
    fn is_mobile(&self) -> bool {
        // Satellite networks ("001") are refused on purpose: they cost too much to send codes to.
        matches!(self.kind, "mobile" | "fixed_line_or_mobile") && self.country != "001"
    }

    fn home(&self) -> Country {
        Country::parse(if self.country == "001" { "GB" } else { self.country }).unwrap()
    }
}

/// No field of this file holds a comma or a quotation mark.
fn examples() -> Vec<Example> {
    let rows = EXAMPLES.lines().skip(2).map(|line| line.split(',').collect::<Vec<_>>());
    rows.map(|row| match row[..] {
        [country, typed, e164, kind] => Example { country, typed, e164, kind },
        _ => panic!("a row of four fields, not {row:?}"),
    })
    .collect()
}

#[test]
fn the_file_holds_every_country() {
    let mut countries: Vec<_> = examples().iter().map(|example| example.country).collect();
    countries.dedup();
    assert!(countries.len() > 240, "{} countries", countries.len());
    assert!(examples().len() > 3000, "{} rows", examples().len());
}

#[test]
fn mobile_numbers_are_read_as_the_oracle_reads_them_and_others_refused() {
    let mut wrong = Vec::new();
    for example in examples() {
        let read = PhoneNumber::parse(example.typed, example.home());
        let is_right = match &read {
            Ok(number) => example.is_mobile() && number.as_str() == example.e164,
            Err(_) => !example.is_mobile(),
        };
        if !is_right {
            let read = read.as_ref().map(PhoneNumber::as_str);
            wrong.push(format!("{} {:?} {} {}: {read:?}", example.country, example.typed, example.kind, example.e164));
        }
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_mobile_number_in_full_is_the_same_at_every_wholesaler() {
    let homes = ["GB", "US", "FR", "RU", "AR", "JP"].map(|code| Country::parse(code).unwrap());
    for example in examples().iter().filter(|example| example.is_mobile()) {
        for home in homes {
            let read = PhoneNumber::parse(example.e164, home);
            assert_eq!(read.as_ref().map(PhoneNumber::as_str), Ok(example.e164), "at {home}");
        }
    }
}

#[test]
fn what_we_write_is_read_back_as_the_same_number() {
    for example in examples().iter().filter(|example| example.is_mobile()) {
        let number = PhoneNumber::from_e164(example.e164).unwrap();
        for viewer in [example.home(), Country::parse("GB").unwrap()] {
            let written = number.national(viewer);
            assert_eq!(PhoneNumber::parse(&written, viewer).as_ref(), Ok(&number), "{written} at {viewer}");
        }
        assert!(!number.to_string().contains(&example.e164[1..]));
    }
}
