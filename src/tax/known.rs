//! The rates of the countries in which a wholesaler can trade, as far as goods go, since when each has been so. A wholesaler
//! whose country has changed its rates meanwhile, or who owes others, as in a province or a state, sets its own beside them.

use chrono::NaiveDate;

use super::TaxClass;
use crate::values::Country;

/// From a day on: standard, intermediate, reduced, super-reduced, in basis points. Where a country has no such class, None.
struct Since {
    country: &'static str,
    from: (i32, u32, u32),
    standard: u32,
    intermediate: Option<u32>,
    reduced: Option<u32>,
    super_reduced: Option<u32>,
}

const fn since(country: &'static str, from: (i32, u32, u32), standard: u32, others: [u32; 3]) -> Since {
    const fn some(rate: u32) -> Option<u32> {
        if rate == 0 { None } else { Some(rate) }
    }
    let [intermediate, reduced, super_reduced] = others;
    Since { country, from, standard, intermediate: some(intermediate), reduced: some(reduced), super_reduced: some(super_reduced) }
}

/// The rate of a class on a day; before the first day that is known, that day's.
pub(super) fn rate(country: Country, class: TaxClass, day: NaiveDate) -> Option<u32> {
    let of_country = || KNOWN.iter().filter(|row| row.country == country.as_str());
    let (year, month, date) = (chrono::Datelike::year(&day), chrono::Datelike::month(&day), chrono::Datelike::day(&day));
    let row = of_country().filter(|row| row.from <= (year, month, date)).max_by_key(|row| row.from);
    let row = row.or_else(|| of_country().min_by_key(|row| row.from))?;
    match class {
        TaxClass::Standard => Some(row.standard),
        TaxClass::Intermediate => row.intermediate,
        TaxClass::Reduced => row.reduced,
        TaxClass::SuperReduced => row.super_reduced,
        TaxClass::Zero | TaxClass::Exempt => Some(0),
    }
}

const KNOWN: &[Since] = &[
    since("AT", (2016, 1, 1), 2_000, [1_300, 1_000, 0]),
    since("AU", (2000, 7, 1), 1_000, [0, 0, 0]),
    since("BE", (1996, 1, 1), 2_100, [1_200, 600, 0]),
    since("BG", (2011, 4, 1), 2_000, [0, 900, 0]),
    // The federal part alone: provinces add theirs.
    since("CA", (2008, 1, 1), 500, [0, 0, 0]),
    since("CH", (2018, 1, 1), 770, [370, 250, 0]),
    since("CH", (2024, 1, 1), 810, [380, 260, 0]),
    since("CY", (2014, 1, 13), 1_900, [900, 500, 300]),
    since("CZ", (2015, 1, 1), 2_100, [1_500, 1_000, 0]),
    since("CZ", (2024, 1, 1), 2_100, [0, 1_200, 0]),
    since("DE", (2007, 1, 1), 1_900, [0, 700, 0]),
    since("DK", (1992, 1, 1), 2_500, [0, 0, 0]),
    since("EE", (2009, 7, 1), 2_000, [0, 900, 0]),
    since("EE", (2024, 1, 1), 2_200, [0, 900, 0]),
    since("EE", (2025, 7, 1), 2_400, [0, 900, 0]),
    since("ES", (2012, 9, 1), 2_100, [0, 1_000, 400]),
    since("FI", (2013, 1, 1), 2_400, [1_400, 1_000, 0]),
    since("FI", (2024, 9, 1), 2_550, [1_400, 1_000, 0]),
    since("FI", (2026, 1, 1), 2_550, [1_350, 1_000, 0]),
    since("FR", (2014, 1, 1), 2_000, [1_000, 550, 210]),
    since("GB", (2011, 1, 4), 2_000, [0, 500, 0]),
    since("GR", (2016, 6, 1), 2_400, [1_300, 600, 0]),
    since("HR", (2014, 1, 1), 2_500, [1_300, 500, 0]),
    since("HU", (2012, 1, 1), 2_700, [1_800, 500, 0]),
    since("IE", (2021, 3, 1), 2_300, [1_350, 900, 480]),
    since("IT", (2016, 1, 1), 2_200, [1_000, 500, 400]),
    since("LT", (2009, 9, 1), 2_100, [900, 500, 0]),
    since("LT", (2026, 1, 1), 2_100, [1_200, 500, 0]),
    since("LU", (2015, 1, 1), 1_700, [1_400, 800, 300]),
    since("LU", (2023, 1, 1), 1_600, [1_300, 700, 300]),
    since("LU", (2024, 1, 1), 1_700, [1_400, 800, 300]),
    since("LV", (2018, 1, 1), 2_100, [1_200, 500, 0]),
    since("MT", (2004, 1, 1), 1_800, [700, 500, 0]),
    since("NL", (2019, 1, 1), 2_100, [0, 900, 0]),
    since("NO", (2018, 1, 1), 2_500, [1_500, 1_200, 0]),
    since("NZ", (2010, 10, 1), 1_500, [0, 0, 0]),
    since("PL", (2011, 1, 1), 2_300, [0, 800, 500]),
    since("PT", (2011, 1, 1), 2_300, [1_300, 600, 0]),
    since("RO", (2017, 1, 1), 1_900, [900, 500, 0]),
    since("RO", (2025, 8, 1), 2_100, [0, 1_100, 0]),
    since("SE", (1996, 1, 1), 2_500, [1_200, 600, 0]),
    since("SI", (2020, 1, 1), 2_200, [0, 950, 500]),
    since("SK", (2011, 1, 1), 2_000, [0, 1_000, 500]),
    since("SK", (2025, 1, 1), 2_300, [1_900, 500, 0]),
    // There is no VAT; what a state wants, the wholesaler sets.
    since("US", (1900, 1, 1), 0, [0, 0, 0]),
];
