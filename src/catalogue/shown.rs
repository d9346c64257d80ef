//! Products in words: what a row of a list and a product's own page say.

use super::{Goods, Offer};
use crate::pictures::{self, Size};
use crate::pricing::{Audience, Source};
use crate::products::{Measure, Status};
use crate::stock::Availability;
use crate::tenancy::terms::Terms;
use crate::tenancy::{Buyer, StockShown, Tenant};
use crate::values::Money;

/// Who looks, and what they may see and do.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub terms: &'a Terms,
    pub stock: StockShown,
    /// A customer, who orders; else somebody who looks around.
    pub orders: bool,
    /// Whether prices are shown at all.
    pub prices: bool,
}

/// A product in a list. Empty texts mean «none».
pub struct Row {
    pub id: String,
    pub name: String,
    pub sku: String,
    /// How it is packed and sold: `pack of 6 · in sixes, at least 12`.
    pub pack: String,
    pub price: String,
    pub price_inc_tax: String,
    /// Instead of a price.
    pub no_price: String,
    /// `£2.08 a kg · from 12: £0.55`.
    pub more: String,
    /// Whether the price is not everybody's.
    pub is_yours: bool,
    pub stock: Words,
    pub quantity: u32,
    /// The fewest that are ordered, and of what their number is a multiple.
    pub least: u32,
    pub multiple: u32,
    /// Whether somebody may say how many.
    pub steps: bool,
    pub picture_href: String,
}

/// What is said, and how it looks.
#[derive(Default, Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub text: String,
    /// `good`, `warn` or `bad`.
    pub tone: &'static str,
}

impl Row {
    /// So many are in the basket.
    pub fn of(goods: &Goods, quantity: u32, view: View<'_>) -> Self {
        let offer = goods.offer(quantity, view.terms).filter(|_| view.prices);
        let stock = stock(goods, view.stock);
        let no_price = match (&offer, view.prices, goods.status) {
            (_, _, Status::Discontinued) => "Not sold any more",
            (Some(_), ..) => "",
            (None, true, _) => "Ask for a price",
            (None, false, _) => "Sign in for prices",
        };
        let offer = offer.filter(|_| goods.status != Status::Discontinued);
        let is_gone = stock.tone == "bad";
        Self {
            id: goods.product_id.uuid().to_string(),
            name: goods.name.clone(),
            sku: goods.sku.clone(),
            pack: dotted(&[goods.pack.clone(), sold_in(goods.fewest(view.terms), goods.multiple)]),
            price: offer.as_ref().map(|offer| view.money(offer.net)).unwrap_or_default(),
            price_inc_tax: offer.as_ref().map(|offer| view.money(offer.gross)).unwrap_or_default(),
            no_price: no_price.to_owned(),
            more: offer.as_ref().map(|offer| dotted(&[unit_price(goods, offer, view), next_break(offer, view)])).unwrap_or_default(),
            is_yours: offer.as_ref().is_some_and(|offer| offer.price.source != Source::Base),
            steps: view.orders && (quantity > 0 || (offer.is_some() && !is_gone)),
            stock,
            quantity,
            least: goods.fewest(view.terms),
            multiple: goods.multiple,
            picture_href: picture_href(goods, Size::Small),
        }
    }
}

impl<'a> View<'a> {
    /// Of somebody at a tenant's counter. Strangers are told in words how much there is, and never in numbers.
    pub fn of(terms: &'a Terms, tenant: &Tenant, orders: bool, prices: bool) -> Self {
        let stock = match tenant.stock_shown {
            StockShown::Numbers if !orders => StockShown::Words,
            shown => shown,
        };
        Self { terms, stock, orders, prices }
    }

    /// Of a customer.
    pub fn of_buyer(buyer: &Buyer, terms: &'a Terms) -> Self {
        Self::of(terms, &buyer.tenant, true, true)
    }

    /// Whether anything is said of how much there is.
    pub fn says_stock(self) -> bool {
        self.stock != StockShown::Nothing
    }

    /// An amount, as people there write it.
    pub fn money(self, amount: Money) -> String {
        amount.shown_in(self.terms.at)
    }
}

/// Where its picture is; empty when there is none.
pub fn picture_href(goods: &Goods, size: Size) -> String {
    goods.picture_hash.as_ref().map(|hash| pictures::href(hash, size)).unwrap_or_default()
}

/// `£2.08 a kg`; nothing where it would repeat the price.
pub fn unit_price(goods: &Goods, offer: &Offer, view: View<'_>) -> String {
    let Some((price, measure)) = goods.unit_price(offer.net) else { return String::new() };
    let of = match measure {
        Measure::Each if price == offer.net => return String::new(),
        Measure::Each => "each",
        Measure::Kilogram => "a kg",
        Measure::Litre => "a litre",
        Measure::Metre => "a metre",
    };
    format!("{} {of}", view.money(price))
}

/// `from 12: £0.55`.
fn next_break(offer: &Offer, view: View<'_>) -> String {
    let next = offer.price.next.as_ref();
    next.map(|next| format!("from {}: {}", next.from_quantity, view.money(Money { minor: next.unit_minor, ..offer.net })))
        .unwrap_or_default()
}

/// Why this price, for the one who pays it; nothing of everybody's.
pub fn reason(offer: &Offer) -> String {
    if offer.price.source == Source::Base { String::new() } else { offer.price.reason(Audience::Customer) }
}

/// In what numbers it is sold: `in sixes, at least 12`; nothing where any number will do.
pub fn sold_in(minimum: u32, multiple: u32) -> String {
    let steps = match multiple {
        0 | 1 => String::new(),
        2 => "in twos".to_owned(),
        3 => "in threes".to_owned(),
        4 => "in fours".to_owned(),
        5 => "in fives".to_owned(),
        6 => "in sixes".to_owned(),
        10 => "in tens".to_owned(),
        12 => "in twelves".to_owned(),
        more => format!("in {more}s"),
    };
    let least = if minimum > multiple { format!("at least {minimum}") } else { String::new() };
    [steps, least].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ")
}

/// How many there are, as the wholesaler wants it told.
pub fn stock(goods: &Goods, shown: StockShown) -> Words {
    let words = |text: String, tone| Words { text, tone };
    let numbers = match shown {
        StockShown::Nothing => return Words::default(),
        StockShown::Numbers => true,
        StockShown::Words => false,
    };
    match goods.availability() {
        Availability::Untracked => Words::default(),
        Availability::InStock(count) if numbers => words(format!("{count} in stock"), "good"),
        Availability::InStock(_) => words("In stock".to_owned(), "good"),
        Availability::Low(count) if numbers => words(format!("{count} left"), "warn"),
        Availability::Low(_) => words("Few left".to_owned(), "warn"),
        Availability::ToOrder(_) => words("To order".to_owned(), "warn"),
        Availability::Out => words("Out of stock".to_owned(), "bad"),
    }
}

/// How many there are, as a number: of what is counted, where the wholesaler tells it.
pub fn pieces_shown(goods: &Goods, view: View<'_>) -> Option<i64> {
    match goods.availability() {
        _ if view.stock != StockShown::Numbers => None,
        Availability::Untracked => None,
        Availability::InStock(count) | Availability::Low(count) => Some(count),
        Availability::Out | Availability::ToOrder(_) => Some(0),
    }
}

/// «20%», of hundredths of a percent.
pub fn percent(basis_points: u32) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    match rest {
        0 => format!("{whole}%"),
        rest if rest % 10 == 0 => format!("{whole}.{}%", rest / 10),
        rest => format!("{whole}.{rest:02}%"),
    }
}

/// Several things in one line.
pub fn dotted(parts: &[String]) -> String {
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_which_it_is_sold_are_said_as_people_say_them() {
        let said = [(1, 1), (6, 6), (12, 6), (5, 1), (1, 12), (24, 24), (48, 24)].map(|(minimum, multiple)| sold_in(minimum, multiple));
        assert_eq!(said, ["", "in sixes", "in sixes, at least 12", "at least 5", "in twelves", "in 24s", "in 24s, at least 48"]);
    }
}
