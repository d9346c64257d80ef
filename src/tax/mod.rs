//! VAT: which rate is due on what, and what it comes to. Pure: no database, no clock.

mod known;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::values::Country;

/// How a product is taxed; what that comes to is each country's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxClass {
    Standard,
    Intermediate,
    Reduced,
    SuperReduced,
    Zero,
    Exempt,
}

/// How VAT is rounded. It is kept with each document: a setting that changes later changes no paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// That of each line.
    Line,
    /// That of each rate, over all its lines.
    RateGroup,
}

/// What is due on a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In hundredths of a percent.
    pub basis_points: u32,
    pub country: TaxCountry,
}

/// Whose VAT it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxCountry {
    In(Country),
    /// Nobody's: the goods leave the country.
    Export,
}

/// A rate that a wholesaler has set beside those that are known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRate {
    pub country: Country,
    pub class: TaxClass,
    pub from: NaiveDate,
    pub basis_points: u32,
}

/// The highest rate that anybody can set: everything.
pub const MOST_BASIS_POINTS: u32 = 10_000;

impl TaxClass {
    pub const ALL: [Self; 6] = [Self::Standard, Self::Intermediate, Self::Reduced, Self::SuperReduced, Self::Zero, Self::Exempt];

    /// From the word of the database, of files and of the API.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }

    /// That word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Intermediate => "intermediate",
            Self::Reduced => "reduced",
            Self::SuperReduced => "super_reduced",
            Self::Zero => "zero",
            Self::Exempt => "exempt",
        }
    }

    fn is_untaxed(self) -> bool {
        matches!(self, Self::Zero | Self::Exempt)
    }
}

impl Rounding {
    /// From the database's word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "line" => Some(Self::Line),
            "rate_group" => Some(Self::RateGroup),
            _ => None,
        }
    }

    /// That word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::RateGroup => "rate_group",
        }
    }
}

impl TaxCountry {
    /// As a document says it: `GB`, or `export`.
    pub fn word(self) -> &'static str {
        match self {
            Self::In(country) => country.as_str(),
            Self::Export => "export",
        }
    }

    /// From that word.
    pub fn parse(word: &str) -> Option<Self> {
        if word == "export" { Some(Self::Export) } else { Country::parse(word).ok().map(Self::In) }
    }
}

impl OwnRate {
    /// As the tenant's row keeps them; None when something else stands there.
    pub fn parse_all(rows: &Value) -> Option<Vec<Self>> {
        let rows: Vec<Kept> = serde_json::from_value(rows.clone()).ok()?;
        rows.into_iter().map(Kept::into_rate).collect()
    }

    /// As the tenant's row keeps them.
    pub fn keep_all(rates: &[Self]) -> Value {
        let row = |rate: &Self| {
            let Self { country, class, from, basis_points } = rate;
            serde_json::json!({ "country": country.as_str(), "tax_class": class.word(), "from": from, "basis_points": basis_points })
        };
        rates.iter().map(row).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    country: String,
    tax_class: TaxClass,
    from: NaiveDate,
    basis_points: u32,
}

impl Kept {
    fn into_rate(self) -> Option<OwnRate> {
        let Self { country, tax_class: class, from, basis_points } = self;
        let country = Country::parse(&country).ok()?;
        (basis_points <= MOST_BASIS_POINTS).then_some(OwnRate { country, class, from, basis_points })
    }
}

/// What a wholesaler in one country charges an account in another on a day. Within the country it is that country's rate;
/// abroad it is the one that the wholesaler has set for that country, and else none, because the goods leave.
pub fn rate_of(own: &[OwnRate], at: Country, of_account: Country, class: TaxClass, day: NaiveDate) -> Rate {
    let (at, of_account) = (area(at), area(of_account));
    let is_abroad = at != of_account;
    if is_abroad && !own.iter().any(|rate| area(rate.country) == of_account) {
        return Rate { basis_points: 0, country: TaxCountry::Export };
    }
    let country = TaxCountry::In(of_account);
    if class.is_untaxed() {
        return Rate { basis_points: 0, country };
    }
    let own = |class| own_rate(own, of_account, class, day);
    let known = |class| if is_abroad { None } else { known::rate(of_account, class, day) };
    // A country without such a class taxes as it taxes everything.
    let basis_points = own(class).or_else(|| known(class)).or_else(|| own(TaxClass::Standard)).or_else(|| known(TaxClass::Standard));
    Rate { basis_points: basis_points.unwrap_or(0), country }
}

/// The Isle of Man is one area with the United Kingdom for VAT (HMRC VAT Notice 700, 2.7).
fn area(country: Country) -> Country {
    if country.as_str() == "IM" { Country::parse("GB").unwrap_or(country) } else { country }
}

fn own_rate(own: &[OwnRate], of: Country, class: TaxClass, day: NaiveDate) -> Option<u32> {
    let begun = own.iter().filter(|rate| area(rate.country) == of && rate.class == class && rate.from <= day);
    begun.max_by_key(|rate| rate.from).map(|rate| rate.basis_points)
}

/// The VAT on an amount, in its smallest unit, half of one up.
pub fn tax_on(net_minor: i64, basis_points: u32) -> i64 {
    let tenths_of_thousands = i128::from(net_minor) * i128::from(basis_points);
    let tax = (tenths_of_thousands + 5_000).div_euclid(10_000);
    i64::try_from(tax).unwrap_or(i64::MAX)
}

/// A line, as far as VAT is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxedLine {
    pub net_minor: i64,
    pub basis_points: u32,
}

/// What lines come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub net_minor: i64,
    pub tax_minor: i64,
    pub gross_minor: i64,
    /// The highest rate first.
    pub by_rate: Vec<RateTotal>,
    /// Of each line, in their order, where VAT is rounded by line.
    pub line_tax_minor: Option<Vec<i64>>,
}

/// What the lines of one rate come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateTotal {
    pub basis_points: u32,
    pub net_minor: i64,
    pub tax_minor: i64,
}

/// The sums of lines. That an order's fit 64 bits, [`Money::MOST_MINOR`](crate::values::Money::MOST_MINOR) says.
pub fn totals(lines: &[TaxedLine], rounding: Rounding) -> Totals {
    let line_tax: Vec<i64> = lines.iter().map(|line| tax_on(line.net_minor, line.basis_points)).collect();
    let mut by_rate: Vec<RateTotal> = Vec::new();
    for (line, tax) in lines.iter().zip(&line_tax) {
        let basis_points = line.basis_points;
        match by_rate.iter_mut().find(|total| total.basis_points == basis_points) {
            Some(total) => {
                total.net_minor = total.net_minor.saturating_add(line.net_minor);
                total.tax_minor = total.tax_minor.saturating_add(*tax);
            }
            None => by_rate.push(RateTotal { basis_points, net_minor: line.net_minor, tax_minor: *tax }),
        }
    }
    if rounding == Rounding::RateGroup {
        for total in &mut by_rate {
            total.tax_minor = tax_on(total.net_minor, total.basis_points);
        }
    }
    by_rate.sort_by_key(|total| std::cmp::Reverse(total.basis_points));
    let net_minor = by_rate.iter().fold(0_i64, |sum, total| sum.saturating_add(total.net_minor));
    let tax_minor = by_rate.iter().fold(0_i64, |sum, total| sum.saturating_add(total.tax_minor));
    let line_tax_minor = (rounding == Rounding::Line).then_some(line_tax);
    Totals { net_minor, tax_minor, gross_minor: net_minor.saturating_add(tax_minor), by_rate, line_tax_minor }
}

#[cfg(test)]
mod tests;
