//! Why it costs that: what [`price_of`](super::price_of) looked at, and what it made of it.

use chrono::NaiveDate;

use super::{Price, PriceRow, Source, rank, winner};
use crate::values::Quantity;

/// One of the prices that could have been it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub row: PriceRow,
    pub verdict: Verdict,
}

/// Why it is, or is not, the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Wins,
    /// It begins later.
    Begins(NaiveDate),
    /// It ended before.
    Ended(NaiveDate),
    /// It is for those who take more.
    From(u32),
    /// A source that goes before has one, though this may be cheaper.
    After(Source),
    /// Its own source has one from a higher quantity on, or one that began later.
    Closer,
}

impl Step {
    /// Whether it is the price.
    pub fn wins(&self) -> bool {
        self.verdict == Verdict::Wins
    }

    /// Why it is, or is not, for the wholesaler's own people. `won` is the price.
    pub fn words(&self, won: Option<&Price>) -> String {
        let date = |day: NaiveDate| day.format("%-d %B %Y").to_string();
        let though = if won.is_some_and(|won| self.row.minor < won.unit_minor) { ", though this one is lower" } else { "" };
        match self.verdict {
            Verdict::Wins => "It is the price.".to_owned(),
            Verdict::Begins(day) => format!("It begins on {}.", date(day)),
            Verdict::Ended(day) => format!("It ended on {}.", date(day)),
            Verdict::From(quantity) => format!("It is for {quantity} and more."),
            Verdict::After(Source::Own) => format!("Their own price goes before it{though}."),
            Verdict::After(Source::List | Source::Base) => format!("The price of their list goes before it{though}."),
            Verdict::Closer => {
                format!("Of the same prices, one from a larger quantity on, or one that began later, goes before it{though}.")
            }
        }
    }
}

/// Every price with why it won or not, the winner first, the others in the order in which they would have won.
pub fn explain(rows: &[PriceRow], quantity: Quantity, day: NaiveDate) -> Vec<Step> {
    let won = winner(rows, quantity.get(), day);
    let verdict = |row: &PriceRow| match (row.valid_until, won) {
        _ if row.valid_from > day => Verdict::Begins(row.valid_from),
        (Some(last), _) if last < day => Verdict::Ended(last),
        _ if row.from_quantity > quantity.get() => Verdict::From(row.from_quantity),
        (_, Some(won)) if std::ptr::eq(won, row) => Verdict::Wins,
        (_, Some(won)) if won.source < row.source => Verdict::After(won.source),
        _ => Verdict::Closer,
    };
    let mut steps: Vec<Step> = rows.iter().map(|row| Step { row: *row, verdict: verdict(row) }).collect();
    steps.sort_by_key(|step| (step.verdict != Verdict::Wins, rank(&step.row)));
    steps
}

/// Who is told why it costs that. What the wholesaler calls its lists is for its own people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience<'a> {
    Customer,
    Office { list_name: &'a str, account_name: &'a str },
}

impl Source {
    /// Whose price it is.
    pub fn words(self, audience: Audience<'_>) -> String {
        match (audience, self) {
            (Audience::Customer, Self::Own | Self::List) => "Your price".to_owned(),
            (Audience::Customer, Self::Base) => "Price for everybody".to_owned(),
            (Audience::Office { account_name, .. }, Self::Own) => format!("Own price of {account_name}"),
            (Audience::Office { list_name, .. }, Self::List) => format!("Price list {list_name}"),
            (Audience::Office { .. }, Self::Base) => "Base price".to_owned(),
        }
    }
}

impl Price {
    /// Why it costs that, in a few words.
    pub fn reason(&self, audience: Audience<'_>) -> String {
        let whose = self.source.words(audience);
        let from = if self.from_quantity > 1 { format!(", from {}", self.from_quantity) } else { String::new() };
        let until = self.valid_until.map(|last| format!(", until {}", last.format("%-d %B %Y"))).unwrap_or_default();
        format!("{whose}{from}{until}")
    }
}
