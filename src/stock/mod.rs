//! What is there of each product that is counted. What is reserved is part of what is on hand, for orders that have not left.

/// How a product's stock is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockMode {
    /// There is always enough.
    Untracked,
    /// What is not there is not sold.
    Tracked,
    /// The same, but so many more may be ordered as the wholesaler will get in.
    BackOrder,
}

impl StockMode {
    /// The word of the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Untracked => "untracked",
            Self::Tracked => "tracked",
            Self::BackOrder => "back_order",
        }
    }

    /// From the database's word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Untracked, Self::Tracked, Self::BackOrder].into_iter().find(|mode| mode.word() == word)
    }
}

/// What is counted of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockRow {
    pub on_hand: i64,
    /// Spoken for by orders that have not left.
    pub reserved: i64,
    /// How many more may be ordered than there are.
    pub back_order_limit: i64,
    /// From how many on there are few.
    pub low_at: i64,
}

/// What can be had of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    Untracked,
    InStock(i64),
    /// There are few.
    Low(i64),
    Out,
    /// None is there, and so many may be ordered.
    ToOrder(i64),
}

/// What can be had, of what is counted. A product that is counted and has no row has nothing.
pub fn availability(mode: StockMode, row: Option<StockRow>) -> Availability {
    let Some(row) = row else { return if mode == StockMode::Untracked { Availability::Untracked } else { Availability::Out } };
    let free = row.on_hand - row.reserved;
    match mode {
        StockMode::Untracked => Availability::Untracked,
        _ if free > row.low_at.max(0) => Availability::InStock(free),
        _ if free > 0 => Availability::Low(free),
        StockMode::BackOrder if free + row.back_order_limit > 0 => Availability::ToOrder(free + row.back_order_limit),
        StockMode::Tracked | StockMode::BackOrder => Availability::Out,
    }
}

/// How many may be ordered; None is as many as one likes.
pub fn orderable(mode: StockMode, row: Option<StockRow>) -> Option<i64> {
    let row = match mode {
        StockMode::Untracked => return None,
        StockMode::Tracked => row.map(|row| row.on_hand - row.reserved),
        StockMode::BackOrder => row.map(|row| row.on_hand - row.reserved + row.back_order_limit),
    };
    Some(row.unwrap_or(0).max(0))
}
