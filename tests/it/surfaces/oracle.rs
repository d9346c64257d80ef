//! What everything should say. The rules are written down here once more, as they are read aloud, and nothing of the application
//! is asked: the account's own price, else that of its list, else everybody's; in the one that won, the step that is reached.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::drawn::{List, Product, Row, Situation};

/// Somebody who looks at prices on a day.
#[derive(Clone, Copy)]
pub struct Eyes<'a> {
    pub drawn: &'a Situation,
    /// Which of the two accounts; none is a stranger.
    pub account: Option<usize>,
    pub day: NaiveDate,
}

/// So many of each product, in the order of the products.
pub type Quantities = [u32];

/// Nobody takes more than these in a situation.
const MOST: u32 = 100;

fn half_up(part: i64, whole: i64) -> i64 {
    (2 * part + whole) / (2 * whole)
}

impl Row {
    pub fn is_good_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|first| first <= day) && self.until.is_none_or(|last| day <= last)
    }

    /// The word that an order keeps.
    pub fn source(&self) -> &'static str {
        match self.list {
            List::Own(_) => "own",
            List::Shared(_) => "list",
            List::Base => "base",
        }
    }
}

impl<'a> Eyes<'a> {
    pub fn products(&self) -> &'a [Product] {
        &self.drawn.products
    }

    pub fn name(&self) -> String {
        self.account.map_or("a stranger".to_owned(), |at| self.drawn.accounts[at].number.to_owned())
    }

    /// The lists that are looked at, the first of them first.
    pub fn lists(&self) -> Vec<List> {
        match self.account {
            Some(at) => {
                [Some(List::Own(at)), self.drawn.accounts[at].shared.map(List::Shared), Some(List::Base)].into_iter().flatten().collect()
            }
            None if self.drawn.shows == "all" => vec![List::Base],
            None => Vec::new(),
        }
    }

    /// The price of one when so many are taken.
    pub fn price(&self, product: &'a Product, quantity: u32) -> Option<&'a Row> {
        self.price_if(product, quantity, |row| row.is_good_on(self.day))
    }

    fn price_if(&self, product: &'a Product, quantity: u32, is_good: impl Fn(&Row) -> bool) -> Option<&'a Row> {
        for list in self.lists() {
            let mut won: Option<&Row> = None;
            for row in product.rows.iter().filter(|row| row.list == list && row.from_quantity <= quantity && is_good(row)) {
                if won.is_none_or(|won| (won.from_quantity, won.from) < (row.from_quantity, row.from)) {
                    won = Some(row);
                }
            }
            if won.is_some() {
                return won;
            }
        }
        None
    }

    pub fn is_abroad(&self) -> bool {
        self.account.is_some_and(|at| self.drawn.accounts[at].country != self.drawn.market.country)
    }

    /// In hundredths of a percent.
    pub fn rate(&self, product: &Product) -> i64 {
        if self.is_abroad() { 0 } else { product.basis_points }
    }

    pub fn gross(&self, product: &Product, minor: i64) -> i64 {
        minor + half_up(minor * self.rate(product), 10_000)
    }

    fn minor(&self, product: &'a Product, quantity: u32) -> Option<i64> {
        self.price(product, quantity).map(|row| row.minor)
    }

    /// The fewest that they can order: of what costs anything from twelve on, twelve.
    pub fn least(&self, product: &'a Product) -> u32 {
        let priced = (1..=MOST).find(|quantity| self.price(product, *quantity).is_some());
        product.sold_from(priced.unwrap_or(1))
    }

    /// What a product costs that so many of are in the basket: net, with VAT, and a kilogram of it.
    fn named(&self, product: &'a Product, in_basket: u32) -> Vec<i64> {
        let Some(minor) = self.minor(product, in_basket.max(self.least(product))) else { return Vec::new() };
        let kilogram = product.grams.map(|grams| half_up(minor * 1_000, grams));
        [Some(minor), Some(self.gross(product, minor)), kilogram].into_iter().flatten().collect()
    }

    /// What a list says of a product: what it costs, and from how many on it costs less.
    pub fn in_list(&self, product: &'a Product, in_basket: u32) -> Vec<i64> {
        let mut said = self.named(product, in_basket);
        let at = in_basket.max(self.least(product));
        if let Some(minor) = said.first().copied() {
            said.extend((at + 1..=MOST).filter_map(|more| self.minor(product, more)).find(|less| *less < minor));
        }
        said
    }

    /// What its own page says: what it costs, and every step.
    pub fn on_page(&self, product: &'a Product, in_basket: u32) -> Vec<i64> {
        let mut said = self.named(product, in_basket);
        if !said.is_empty() {
            let steps: BTreeSet<i64> = (self.least(product)..=MOST).filter_map(|quantity| self.minor(product, quantity)).collect();
            said.extend(steps.into_iter().flat_map(|minor| [minor, self.gross(product, minor)]));
        }
        said
    }

    /// Why it costs that, as its own page says it; nothing of what everybody pays.
    pub fn reason(&self, row: &Row) -> String {
        if row.list == List::Base {
            return String::new();
        }
        format!("Your price{}", steps_and_days(row))
    }

    /// The same in the office.
    pub fn reason_in_office(&self, row: &Row) -> String {
        let whose = match row.list {
            List::Own(at) => format!("Own price of Shop {}", self.drawn.accounts[at].number),
            List::Shared(at) => format!("Price list {}", super::drawn::SHARED[at]),
            List::Base => "Base price".to_owned(),
        };
        format!("{whose}{}", steps_and_days(row))
    }

    /// Which sorts of winners these are, to see that each of them was met.
    pub fn sorts(&self, product: &'a Product, quantity: u32) -> Vec<&'static str> {
        let whenever = self.price_if(product, quantity, |_| true).map(|row| row.minor);
        let Some(won) = self.price(product, quantity) else {
            return vec!["no price", if whenever.is_some() { "no price on this day" } else { "no price on any day" }];
        };
        let of_theirs = |row: &&Row| self.lists().contains(&row.list) && row.is_good_on(self.day) && row.from_quantity <= quantity;
        let others: Vec<&Row> = product.rows.iter().filter(of_theirs).collect();
        let began_before = |row: &&&Row| row.list == won.list && row.from_quantity == won.from_quantity && row.from < won.from;
        let too_few = |row: &Row| self.lists()[0] == row.list && won.list != row.list && row.is_good_on(self.day);
        [
            (true, won.source()),
            (won.from_quantity > 1, "break"),
            (whenever != Some(won.minor), "dated out"),
            (won.from == Some(self.day), "first day"),
            (won.until == Some(self.day), "last day"),
            (others.iter().any(|row| row.list != won.list && row.minor < won.minor), "dearer than another list"),
            (others.iter().any(|row| row.list == won.list && row.minor < won.minor), "dearer than another step"),
            (others.iter().any(|row| began_before(&row)), "began later"),
            (product.rows.iter().any(too_few), "own for more alone"),
        ]
        .into_iter()
        .filter_map(|(is_so, sort)| is_so.then_some(sort))
        .collect()
    }
}

fn steps_and_days(row: &Row) -> String {
    let from = if row.from_quantity > 1 { format!(", from {}", row.from_quantity) } else { String::new() };
    let until = row.until.map(|last| format!(", until {}", last.format("%-d %B %Y"))).unwrap_or_default();
    format!("{from}{until}")
}

/// So many of a product at its price.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    /// Its place among the products.
    pub at: usize,
    pub product: &'a Product,
    pub quantity: u32,
    pub row: &'a Row,
    pub net: i64,
    pub basis_points: i64,
}

/// What an order comes to, line by line.
#[derive(Debug, Clone)]
pub struct Bill<'a> {
    pub lines: Vec<Line<'a>>,
    pub net: i64,
    pub tax: i64,
    /// Of each rate what it is on, and what it is.
    pub rates: BTreeMap<i64, (i64, i64)>,
    rounds_by_line: bool,
}

impl<'a> Bill<'a> {
    /// Of what has a price, in this order.
    pub fn of(eyes: &Eyes<'a>, wanted: impl IntoIterator<Item = (usize, u32)>) -> Self {
        let line = |(at, quantity): (usize, u32)| {
            let product = &eyes.products()[at];
            let row = eyes.price(product, quantity).filter(|_| quantity > 0)?;
            Some(Line { at, product, quantity, row, net: row.minor * i64::from(quantity), basis_points: eyes.rate(product) })
        };
        let lines: Vec<Line> = wanted.into_iter().filter_map(line).collect();
        let rounds_by_line = eyes.drawn.rounds_by_line;
        let mut rates: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for line in &lines {
            let (net, tax) = rates.entry(line.basis_points).or_default();
            *net += line.net;
            *tax += line.tax();
        }
        if !rounds_by_line {
            rates.iter_mut().for_each(|(basis_points, (net, tax))| *tax = half_up(*net * basis_points, 10_000));
        }
        let (net, tax) = rates.values().fold((0, 0), |(net, tax), (more, due)| (net + more, tax + due));
        Self { lines, net, tax, rates, rounds_by_line }
    }

    /// Of so many of each product.
    pub fn of_all(eyes: &Eyes<'a>, quantities: &Quantities) -> Self {
        Self::of(eyes, quantities.iter().copied().enumerate())
    }

    pub fn gross(&self) -> i64 {
        self.net + self.tax
    }

    /// One of each line and all of it, and then all lines, without VAT and with it: as operations answer.
    pub fn answered(&self) -> Vec<i64> {
        self.lines.iter().flat_map(|line| [line.row.minor, line.net]).chain([self.net, self.gross()]).collect()
    }

    /// What may stand beside that.
    pub fn taxes(&self) -> Vec<i64> {
        self.rates.values().flat_map(|(net, tax)| [*net, *tax]).chain([self.tax, 0]).collect()
    }

    /// The lines as the database keeps them.
    pub fn kept(&self) -> String {
        let line = |line: &Line| {
            let until = line.row.until.map_or("-".to_owned(), |last| last.to_string());
            let list = if let List::Shared(at) = line.row.list { super::drawn::SHARED[at] } else { "-" };
            let tax = if self.rounds_by_line { line.tax().to_string() } else { "-".to_owned() };
            let Line { product, quantity, row, net, basis_points, .. } = line;
            format!(
                "{} {quantity} {} {} {} {until} {list} {basis_points} {net} {tax}",
                product.sku,
                row.minor,
                row.source(),
                row.from_quantity
            )
        };
        self.lines.iter().map(line).collect::<Vec<_>>().join(", ")
    }
}

impl Line<'_> {
    fn tax(&self) -> i64 {
        half_up(self.net * self.basis_points, 10_000)
    }

    /// Why it costs that, as an order says it.
    pub fn reason(&self) -> String {
        let whose = if self.row.list == List::Base { "" } else { "your price" };
        let from = if self.row.from_quantity > 1 { format!("from {}", self.row.from_quantity) } else { String::new() };
        [whose.to_owned(), from].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}
