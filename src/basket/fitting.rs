//! Whether a product can be ordered in a quantity, and what to do when it cannot: the same for the basket, the API and
//! whoever orders for somebody. A quantity is never changed by itself.

/// What of a product decides whether so much of it can be ordered.
#[derive(Debug, Clone, Copy)]
pub struct Fit<'a> {
    /// It is listed, or sold to whoever knows of it.
    pub is_sold: bool,
    /// The SKU of what is sold instead; empty when there is none.
    pub replaced_by: &'a str,
    /// Whether there is a price for this customer.
    pub has_price: bool,
    /// The fewest that are sold at once, and have a price.
    pub minimum: u32,
    pub multiple: u32,
    /// How many there are to be had; None is as many as one likes.
    pub orderable: Option<i64>,
}

/// Why so much of it cannot be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// It is not sold any more.
    Gone { instead: String },
    /// Nobody has said what it costs.
    NoPrice,
    /// It is sold from so many on,
    TooFew { least: u32 },
    /// or in whole packs of so many; the nearest right quantities are beside it.
    Uneven { multiple: u32, nearest: Vec<u32> },
    /// There is less of it.
    Short { left: i64 },
}

impl Misfit {
    /// In a sentence, for the customer.
    pub fn in_words(&self, wanted: u32) -> String {
        match self {
            Self::Gone { instead } if instead.is_empty() => "Not sold any more.".to_owned(),
            Self::Gone { instead } => format!("Not sold any more. Instead there is {instead}."),
            Self::NoPrice => "It has no price yet. Please ask for one.".to_owned(),
            Self::TooFew { least } => format!("You can order this from {least} on."),
            Self::Uneven { multiple, .. } => format!("This comes in packs of {multiple}."),
            Self::Short { left: 0 } => "None left just now.".to_owned(),
            Self::Short { left } => format!("{wanted} wanted, {left} left."),
        }
    }

    /// Whether another quantity would do.
    pub fn is_about_quantity(&self) -> bool {
        matches!(self, Self::TooFew { .. } | Self::Uneven { .. } | Self::Short { .. })
    }

    /// The quantities that would do, nearest first.
    pub fn better(&self, fit: &Fit<'_>) -> Vec<u32> {
        let fits = |quantity: &u32| fit.misfit(*quantity).is_none();
        match self {
            Self::Gone { .. } | Self::NoPrice => Vec::new(),
            Self::TooFew { least } => vec![*least].into_iter().filter(fits).collect(),
            Self::Uneven { nearest, .. } => nearest.iter().copied().filter(fits).collect(),
            Self::Short { left } => {
                let most = u32::try_from(*left).unwrap_or(u32::MAX);
                vec![most - most % fit.multiple.max(1)].into_iter().filter(fits).collect()
            }
        }
    }
}

impl Fit<'_> {
    /// The least that can be ordered: the minimum, in whole packs.
    pub fn least(&self) -> u32 {
        self.minimum.max(1).next_multiple_of(self.multiple.max(1))
    }

    /// Why so many cannot be ordered; None when they can.
    pub fn misfit(&self, quantity: u32) -> Option<Misfit> {
        let (least, multiple) = (self.least(), self.multiple.max(1));
        if !self.is_sold {
            return Some(Misfit::Gone { instead: self.replaced_by.to_owned() });
        }
        if !self.has_price {
            return Some(Misfit::NoPrice);
        }
        // Of what is short no other number would help, unless there are as many.
        if let Some(left) = self.orderable.filter(|left| *left < i64::from(quantity)) {
            return Some(Misfit::Short { left });
        }
        if quantity < least {
            return Some(Misfit::TooFew { least });
        }
        if !quantity.is_multiple_of(multiple) {
            let below = quantity - quantity % multiple;
            let nearest = if quantity - below <= multiple / 2 { vec![below, below + multiple] } else { vec![below + multiple, below] };
            return Some(Misfit::Uneven { multiple, nearest });
        }
        None
    }

    /// The next quantity above: what one tap more means.
    pub fn more(&self, quantity: u32) -> u32 {
        let multiple = self.multiple.max(1);
        (quantity - quantity % multiple + multiple).max(self.least())
    }

    /// The next quantity below; below the least there is none.
    pub fn less(&self, quantity: u32) -> u32 {
        let multiple = self.multiple.max(1);
        let below = quantity.saturating_sub(1);
        let below = below - below % multiple;
        if below < self.least() { 0 } else { below }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIXES: Fit<'static> = Fit { is_sold: true, replaced_by: "", has_price: true, minimum: 12, multiple: 6, orderable: None };

    #[test]
    fn what_does_not_fit_is_said_with_what_would() {
        let said = |fit: Fit<'static>, quantity: u32| fit.misfit(quantity).map(|misfit| (misfit.in_words(quantity), misfit.better(&fit)));
        let twenty_left = Fit { orderable: Some(20), ..SIXES };
        for (fit, quantity, words, better) in [
            (SIXES, 7, "You can order this from 12 on.", vec![12]),
            (Fit { minimum: 10, ..SIXES }, 7, "You can order this from 12 on.", vec![12]),
            (SIXES, 13, "This comes in packs of 6.", vec![12, 18]),
            (SIXES, 17, "This comes in packs of 6.", vec![18, 12]),
            (twenty_left, 24, "24 wanted, 20 left.", vec![18]),
            (twenty_left, 19, "This comes in packs of 6.", vec![18]),
            (twenty_left, 21, "21 wanted, 20 left.", vec![18]),
            (Fit { orderable: Some(8), ..SIXES }, 12, "12 wanted, 8 left.", vec![]),
            (Fit { orderable: Some(0), ..SIXES }, 12, "None left just now.", vec![]),
            (Fit { has_price: false, ..SIXES }, 12, "It has no price yet. Please ask for one.", vec![]),
            (Fit { is_sold: false, replaced_by: "TEA-2", ..SIXES }, 12, "Not sold any more. Instead there is TEA-2.", vec![]),
            (Fit { is_sold: false, ..SIXES }, 12, "Not sold any more.", vec![]),
        ] {
            assert_eq!(said(fit, quantity), Some((words.to_owned(), better)), "{quantity} of {fit:?}");
        }
        assert_eq!(said(SIXES, 12), None);
        assert_eq!(said(twenty_left, 18), None);
    }

    proptest! {
        /// Steps always land on what can be ordered, and lead past nothing.
        #[test]
        fn steps_land_on_what_can_be_ordered(minimum in 1u32..1000, multiple in 1u32..200, quantity in 0u32..5000) {
            let fit = Fit { minimum, multiple, ..SIXES };
            let (more, less) = (fit.more(quantity), fit.less(quantity));
            prop_assert!(more > quantity && fit.misfit(more).is_none());
            prop_assert!(less == 0 || (less < quantity && fit.misfit(less).is_none()));
            prop_assert!((quantity + 1..more).all(|between| fit.misfit(between).is_some()));
            prop_assert!((less + 1..quantity).all(|between| fit.misfit(between).is_some()));
            for better in fit.misfit(quantity).map(|misfit| misfit.better(&fit)).unwrap_or_default() {
                prop_assert!(fit.misfit(better).is_none());
            }
        }
    }
}
