//! A situation as it is drawn: where a wholesaler trades, who buys there, what is sold, and what stands on the lists.

use std::collections::{BTreeSet, HashSet};

use chrono::{Days, Duration, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

use crate::house::House;

/// Where a wholesaler trades: how amounts are written there, and what VAT there is, in hundredths of a percent.
#[derive(Debug)]
pub struct Market {
    pub country: &'static str,
    pub currency: &'static str,
    pub zone: Tz,
    pub amount: &'static str,
    pub rates: &'static [(&'static str, i64)],
}

const MARKETS: [Market; 5] = [
    Market {
        country: "GB",
        currency: "GBP",
        zone: Tz::Europe__London,
        amount: r"£\d{1,3}(?:,\d{3})*\.\d\d",
        rates: &[("standard", 2_000), ("reduced", 500), ("zero", 0), ("exempt", 0)],
    },
    Market {
        country: "IE",
        currency: "EUR",
        zone: Tz::Europe__Dublin,
        amount: r"€\d{1,3}(?:,\d{3})*\.\d\d",
        rates: &[("standard", 2_300), ("intermediate", 1_350), ("reduced", 900), ("zero", 0)],
    },
    Market {
        country: "DE",
        currency: "EUR",
        zone: Tz::Europe__Berlin,
        amount: r"\d{1,3}(?:\.\d{3})*,\d\d\x{a0}€",
        rates: &[("standard", 1_900), ("reduced", 700)],
    },
    Market {
        country: "FR",
        currency: "EUR",
        zone: Tz::Europe__Paris,
        amount: r"\d{1,3}(?:\x{a0}\d{3})*,\d\d\x{a0}€",
        rates: &[("standard", 2_000), ("reduced", 550), ("super_reduced", 210)],
    },
    Market {
        country: "CH",
        currency: "CHF",
        zone: Tz::Europe__Zurich,
        amount: r"CHF\x{a0}\d{1,3}(?:’\d{3})*\.\d\d",
        rates: &[("standard", 810), ("reduced", 260)],
    },
];

/// Where a price stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    /// Of one of the two accounts alone.
    Own(usize),
    /// Of one of the two lists that accounts may share.
    Shared(usize),
    Base,
}

/// What the lists that accounts share are called; a customer never reads it.
pub const SHARED: [&str; 2] = ["Gold", "Silver"];

const LISTS: [List; 5] = [List::Own(0), List::Own(1), List::Shared(0), List::Shared(1), List::Base];

/// A price.
#[derive(Debug, Clone)]
pub struct Row {
    pub list: List,
    pub from_quantity: u32,
    pub minor: i64,
    pub from: Option<NaiveDate>,
    pub until: Option<NaiveDate>,
}

/// Something that is sold.
#[derive(Debug)]
pub struct Product {
    pub id: Uuid,
    pub sku: String,
    pub name: String,
    pub tax_class: &'static str,
    pub basis_points: i64,
    pub minimum: u32,
    pub multiple: u32,
    /// How many grams one is.
    pub grams: Option<i64>,
    pub rows: Vec<Row>,
}

/// Somebody who buys.
#[derive(Debug)]
pub struct Account {
    pub number: &'static str,
    pub phone: String,
    pub country: &'static str,
    /// Which of the two lists it shares.
    pub shared: Option<usize>,
    /// How many of each product go into the basket,
    pub quantities: Vec<u32>,
    /// and how many are wanted when the order is changed.
    pub edited: Vec<u32>,
}

/// All of it.
#[derive(Debug)]
pub struct Situation {
    /// How it is drawn once more.
    pub label: String,
    pub slug: String,
    pub market: &'static Market,
    pub rounds_by_line: bool,
    /// What strangers are shown: `all`, `no_prices` or `nothing`.
    pub shows: &'static str,
    /// The wholesaler's own, when it begins,
    pub today: NaiveDate,
    /// and after how many days everybody looks once more.
    pub days_later: u64,
    pub accounts: [Account; 2],
    pub products: Vec<Product>,
}

fn one_of<T: Copy>(rng: &mut StdRng, all: &[T]) -> T {
    all[rng.random_range(0..all.len())]
}

impl Situation {
    /// Draws one, and moves the clock of the house to its day. Now and then it is another day already where the wholesaler is.
    pub fn draw(seed: u64, number: u64, house: &House) -> Self {
        let mut rng = StdRng::seed_from_u64(seed.wrapping_mul(1_000) + number);
        // Each of these comes in its turn, so that none is left out.
        let (turn, shows) = (usize::try_from(number).expect("a number"), ["all", "no_prices", "all", "nothing"]);
        let market = &MARKETS[turn % MARKETS.len()];
        let now = house.clock.now();
        let time = NaiveTime::from_hms_opt(one_of(&mut rng, &[9, 12, 22, 23]), 30, 0).expect("a time");
        house.wait((now + Duration::days(1)).date_naive().and_time(time).and_utc() - now);
        let today = house.clock.now().with_timezone(&market.zone).date_naive();
        let mut prices = Prices::new(&mut rng);
        let have_own = [rng.random_bool(0.7), rng.random_bool(0.5)];
        let products: Vec<Product> =
            (0..rng.random_range(4..=5)).map(|at| Product::draw(at, market, have_own, today, &mut prices, &mut rng)).collect();
        let mut account = |at: usize| Account::draw(at, number, market, &products, &mut rng);
        Self {
            label: format!("seed {seed}, situation {number}"),
            slug: format!("drawn-{number}"),
            accounts: [account(0), account(1)],
            market,
            rounds_by_line: rng.random_bool(0.5),
            shows: shows[turn % shows.len()],
            today,
            days_later: rng.random_range(1..=2),
            products,
        }
    }

    /// All of it, to read beside what was found to be wrong: also where the test ends before it says what.
    pub fn told(&self) -> String {
        let Self { label, market, today, shows, rounds_by_line, accounts, products, .. } = self;
        let country = market.country;
        let mut told = format!("{label}: {country} on {today}, by line: {rounds_by_line}, strangers see {shows}\n{accounts:?}\n");
        for Product { sku, tax_class, minimum, multiple, grams, rows, .. } in products {
            told += &format!("{sku}: {tax_class}, at least {minimum} by {multiple}, {grams:?} grams\n");
            for Row { list, from_quantity, minor, from, until } in rows {
                told += &format!("    {list:?} from {from_quantity}: {minor}, {from:?} to {until:?}\n");
            }
        }
        told
    }
}

impl Account {
    fn draw(at: usize, situation: u64, market: &Market, products: &[Product], rng: &mut StdRng) -> Self {
        let abroad = if market.country == "GB" { "FR" } else { "GB" };
        let quantities: Vec<u32> = products.iter().map(|product| one_of(rng, &product.quantities())).collect();
        let edited: Vec<u32> = products
            .iter()
            .zip(&quantities)
            .map(|(product, known)| match one_of(rng, &product.quantities()) {
                same if same == *known => same + product.multiple,
                other => other,
            })
            .collect();
        Self {
            number: ["A-1", "A-2"][at],
            phone: format!("+4474001{:05}", 24_000 + situation * 2 + at as u64),
            country: if rng.random_bool(0.2) { abroad } else { market.country },
            shared: one_of(rng, &[None, Some(0), Some(1)]),
            quantities,
            edited,
        }
    }
}

impl Product {
    fn draw(at: u8, market: &Market, have_own: [bool; 2], today: NaiveDate, prices: &mut Prices, rng: &mut StdRng) -> Self {
        let letter = char::from(b'A' + at);
        let (tax_class, basis_points) = one_of(rng, market.rates);
        let (minimum, multiple) = one_of(rng, &[(1, 1), (1, 1), (1, 1), (2, 1), (1, 6), (5, 2), (10, 4)]);
        let mut rows = Vec::new();
        let is_priced = rng.random_bool(0.9);
        for list in LISTS {
            let likely = match list {
                List::Own(account) if have_own[account] => 0.6,
                List::Own(_) => 0.0,
                List::Shared(_) => 0.5,
                List::Base => 0.7,
            };
            if rng.random_bool(likely) && is_priced {
                rows.extend(draw_rows(list, today, prices, rng));
            }
        }
        let grams = rng.random_bool(0.3).then(|| one_of(rng, &[250, 750, 1_500]));
        let (sku, name) = (format!("THING-{letter}"), format!("Thing {letter}"));
        Self { id: Uuid::now_v7(), sku, name, tax_class, basis_points, minimum, multiple, grams, rows }
    }

    /// The fewest that can be ordered, of those that are at least so many.
    pub fn sold_from(&self, quantity: u32) -> u32 {
        let mut sold = self.multiple;
        while sold < quantity || sold < self.minimum {
            sold += self.multiple;
        }
        sold
    }

    /// The fewest that are ordered at once.
    pub fn least(&self) -> u32 {
        self.sold_from(1)
    }

    /// Where something might go wrong: the fewest, and on either side of where a price begins.
    pub fn quantities(&self) -> Vec<u32> {
        let begins = self.rows.iter().map(|row| self.sold_from(row.from_quantity));
        let around = begins.flat_map(|at| [at, at.saturating_sub(self.multiple).max(self.least())]);
        let all: BTreeSet<u32> = around.chain([self.least(), self.sold_from(7)]).collect();
        all.into_iter().collect()
    }
}

/// One to three steps, some of them with another price that was there before or is to come.
fn draw_rows(list: List, today: NaiveDate, prices: &mut Prices, rng: &mut StdRng) -> Vec<Row> {
    let mut quantities: BTreeSet<u32> = (0..rng.random_range(0..=2)).map(|_| one_of(rng, &[2, 3, 6, 10, 12, 24, 48])).collect();
    // Not every list has a price for a single one.
    quantities.insert(one_of(rng, &[1, 1, 1, 6]));
    let mut rows: Vec<Row> = Vec::new();
    for from_quantity in quantities {
        for _ in 0..one_of(rng, &[1, 1, 2]) {
            let (from, until) = draw_days(today, rng);
            // What tells a price from another one: its list, its quantity, its first day.
            if rows.iter().all(|row| (row.from_quantity, row.from) != (from_quantity, from)) {
                rows.push(Row { list, from_quantity, minor: prices.one_more(list, rng), from, until });
            }
        }
    }
    rows
}

fn draw_days(today: NaiveDate, rng: &mut StdRng) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let some = rng.random_range(1..30);
    let (before, after) = (|days: u64| Some(today - Days::new(days)), |days: u64| Some(today + Days::new(days)));
    match rng.random_range(0..12) {
        0..=4 => (None, None),
        5 => (None, Some(today)),
        6 => (Some(today), None),
        7 => (before(some), after(some)),
        8 => (before(some + 1), before(1)),
        9 => (after(1), after(some)),
        10 => (after(some), None),
        _ => (None, before(some)),
    }
}

/// No amount comes twice, and whose it is its thousands say, also when VAT is added. Which list is the dearest is drawn.
struct Prices {
    thousands: [i64; 5],
    known: HashSet<i64>,
}

impl Prices {
    fn new(rng: &mut StdRng) -> Self {
        let mut thousands = [1, 2, 3, 4, 5];
        for at in (1..thousands.len()).rev() {
            thousands.swap(at, rng.random_range(0..=at));
        }
        Self { thousands, known: HashSet::new() }
    }

    fn one_more(&mut self, list: List, rng: &mut StdRng) -> i64 {
        let thousands = LISTS.iter().zip(self.thousands).find(|(of, _)| **of == list).expect("a list").1;
        loop {
            let minor = thousands * 100_000 + rng.random_range(0..20_000);
            if self.known.insert(minor) {
                return minor;
            }
        }
    }
}
