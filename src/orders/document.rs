//! What an order comes to. The one place that works out what stands on it in money: of what is ordered, of what was accepted, of
//! what was picked, of what was delivered, whichever is the latest that is known.

use crate::error::{Error, Result};
use crate::tax::{self, Rounding, TaxedLine, Totals};

/// How many there are of a line, by how far the order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quantities {
    pub ordered: u32,
    pub accepted: Option<u32>,
    pub picked: Option<u32>,
    pub delivered: Option<u32>,
}

impl Quantities {
    /// Of what nobody has answered yet.
    pub fn ordered(ordered: u32) -> Self {
        Self { ordered, ..Self::default() }
    }

    /// What counts now.
    pub fn counting(self) -> u32 {
        self.delivered.or(self.picked).or(self.accepted).unwrap_or(self.ordered)
    }
}

/// What of a line decides what it comes to.
#[derive(Debug, Clone, Copy)]
pub struct Priced {
    pub quantity: u32,
    pub unit_minor: i64,
    pub basis_points: u32,
}

/// What each line comes to, and all of them.
#[derive(Debug, Clone)]
pub struct Counted {
    /// Net, and the VAT where it is rounded line by line.
    pub lines: Vec<(i64, Option<i64>)>,
    pub totals: Totals,
}

/// Counts up.
///
/// # Errors
/// [`Error::Invalid`] when it is more than any money there is.
pub fn count_up(lines: &[Priced], rounding: Rounding) -> Result<Counted> {
    let too_much = || Error::invalid("lines", "This comes to more than can be counted.");
    let net = |line: &Priced| line.unit_minor.checked_mul(i64::from(line.quantity)).filter(|net| *net <= MOST_MINOR);
    let taxed: Vec<TaxedLine> = lines
        .iter()
        .map(|line| net(line).map(|net_minor| TaxedLine { net_minor, basis_points: line.basis_points }))
        .collect::<Option<_>>()
        .ok_or_else(too_much)?;
    let totals = tax::totals(&taxed, rounding);
    let of_lines = totals.line_tax_minor.clone();
    let tax_of = |at: usize| of_lines.as_ref().and_then(|of_lines| of_lines.get(at).copied());
    Ok(Counted { lines: taxed.iter().enumerate().map(|(at, line)| (line.net_minor, tax_of(at))).collect(), totals })
}

/// The most that a line may come to: five hundred of them, with VAT, still fit a number.
const MOST_MINOR: i64 = 1_000_000_000_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_known_latest_counts() {
        let all = Quantities { ordered: 10, accepted: Some(8), picked: Some(7), delivered: Some(0) };
        let counting = [
            Quantities::ordered(10).counting(),
            Quantities { picked: None, delivered: None, ..all }.counting(),
            Quantities { delivered: None, ..all }.counting(),
            all.counting(),
        ];
        assert_eq!(counting, [10, 8, 7, 0]);
    }

    #[test]
    fn an_order_says_how_its_vat_is_rounded() {
        let three = [Priced { quantity: 1, unit_minor: 33, basis_points: 2_000 }; 3];
        let by_line = count_up(&three, Rounding::Line).expect("money");
        assert_eq!((by_line.totals.net_minor, by_line.totals.tax_minor, by_line.lines[0]), (99, 21, (33, Some(7))));
        let by_rate = count_up(&three, Rounding::RateGroup).expect("money");
        assert_eq!((by_rate.totals.net_minor, by_rate.totals.tax_minor, by_rate.lines[0]), (99, 20, (33, None)));
        assert!(count_up(&[Priced { quantity: 999_999, unit_minor: i64::MAX / 2, basis_points: 0 }], Rounding::Line).is_err());
    }

    proptest! {
        /// However it is rounded, the lines add up to the order.
        #[test]
        fn lines_add_up(
            lines in prop::collection::vec((0u32..1_000_000, 1i64..1_000_000, prop::sample::select(vec![0u32, 210, 550, 1_000, 2_000])), 0..40),
            by_line in any::<bool>(),
        ) {
            let priced: Vec<Priced> =
                lines.iter().map(|(quantity, unit_minor, basis_points)| Priced { quantity: *quantity, unit_minor: *unit_minor, basis_points: *basis_points }).collect();
            let counted = count_up(&priced, if by_line { Rounding::Line } else { Rounding::RateGroup });
            let counted = counted.map_err(|why| TestCaseError::fail(why.to_string()))?;
            prop_assert_eq!(counted.lines.len(), lines.len());
            prop_assert_eq!(counted.totals.net_minor, counted.lines.iter().map(|(net, _)| net).sum::<i64>());
            if by_line {
                prop_assert_eq!(counted.totals.tax_minor, counted.lines.iter().filter_map(|(_, tax)| *tax).sum::<i64>());
            }
            for ((net, _), (quantity, unit_minor, _)) in counted.lines.iter().zip(&lines) {
                prop_assert_eq!(*net, i64::from(*quantity) * unit_minor);
            }
        }
    }
}
