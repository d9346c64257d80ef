//! THE table: every message that goes to customers, our own words of it in each language, and what can stand in it.

use self::Kind::{
    AccessMoved, AccountApproved, AccountRejected, ErasureCode, NumberChangeCode, NumberChanged, OrderAccepted, OrderAmended,
    OrderCancelled, OrderDeclined, OrderDispatched, OrderPlaced, OrderReady, OrderSubmitted, SignInCode,
};
use crate::values::Language;

/// One message to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    SignInCode,
    ErasureCode,
    NumberChangeCode,
    AccountApproved,
    AccountRejected,
    AccessMoved,
    NumberChanged,
    OrderSubmitted,
    OrderPlaced,
    OrderAccepted,
    OrderAmended,
    OrderDispatched,
    OrderReady,
    OrderDeclined,
    OrderCancelled,
}

/// What is said of something and stands in braces.
#[derive(Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: &'static str,
    pub meaning: &'static str,
    /// Such as it may be, in the order of [`Language::ALL`]; empty where the wholesaler itself is the example.
    examples: [&'static str; 2],
}

impl Variable {
    /// Such as it may be.
    pub fn example(&self, language: Language) -> &'static str {
        let [english, french] = self.examples;
        match language {
            Language::English => english,
            Language::French => french,
        }
    }
}

/// Our own words of a message.
struct Ours {
    /// Of their files, without the language.
    path: &'static str,
    english: &'static str,
    french: &'static str,
}

macro_rules! ours {
    ($path:literal) => {
        Ours {
            path: $path,
            english: include_str!(concat!("../", $path, ".en.sms.txt")),
            french: include_str!(concat!("../", $path, ".fr.sms.txt")),
        }
    };
}

/// A row of the table.
struct Row {
    kind: Kind,
    /// In addresses, and in the database.
    word: &'static str,
    title: &'static str,
    /// When it goes.
    when: &'static str,
    ours: Ours,
    variables: &'static [&'static Variable],
}

const fn variable(name: &'static str, meaning: &'static str, examples: [&'static str; 2]) -> Variable {
    Variable { name, meaning, examples }
}

pub const BUSINESS_NAME: Variable = variable("business_name", "Your name", ["", ""]);
pub const URL: Variable = variable("url", "The address of your counter, or of the order there", ["", ""]);
pub const CODE: Variable = variable("code", "The code, which must be there", ["123456", "123456"]);
pub const TIME: Variable = variable("time", "How long it is good for", ["5 minutes", "5 minutes"]);
pub const REASON: Variable =
    variable("reason", "What you wrote as the reason, shortened", ["No van this week.", "Pas de camion cette semaine."]);
pub const NUMBER: Variable = variable("number", "The number of the order", ["AB-7K2-9QX", "AB-7K2-9QX"]);
pub const TOTAL: Variable = variable("total", "What the order comes to, without VAT", ["", ""]);
pub const PLACED_BY: Variable = variable("placed_by", "Who of you has placed the order", ["Sam", "Sam"]);
pub const CHANGES: Variable = variable("changes", "What is otherwise, shortened", ["Breakfast tea: 5 -> 3", "Breakfast tea : 5 -> 3"]);
pub const NOT_AS_ORDERED: Variable = variable(
    "not_as_ordered",
    "A sentence of what is not as ordered; nothing when everything is",
    ["Not as ordered: Breakfast tea: 5 -> 3.", "Modifications : Breakfast tea : 5 -> 3."],
);

const OF_A_CODE: &[&Variable] = &[&BUSINESS_NAME, &CODE, &TIME];
const OF_AN_ORDER: &[&Variable] = &[&BUSINESS_NAME, &NUMBER, &TOTAL, &URL];
const OF_ITS_END: &[&Variable] = &[&BUSINESS_NAME, &NUMBER, &REASON, &TOTAL, &URL];
const OF_ITS_WAY: &[&Variable] = &[&BUSINESS_NAME, &NUMBER, &NOT_AS_ORDERED, &TOTAL, &URL];

const fn row(
    kind: Kind,
    word: &'static str,
    (title, when): (&'static str, &'static str),
    ours: Ours,
    variables: &'static [&'static Variable],
) -> Row {
    Row { kind, word, title, when, ours, variables }
}

const ROWS: [Row; 15] = [
    row(SignInCode, "sign_in_code", ("Code to sign in", "Somebody types their number"), ours!("challenges/code"), OF_A_CODE),
    row(
        ErasureCode,
        "erasure_code",
        ("Code to erase data", "A customer wants everything about them erased"),
        ours!("challenges/code_erasure"),
        OF_A_CODE,
    ),
    row(
        NumberChangeCode,
        "number_change_code",
        ("Code to change the number", "A customer changes their number; both get one"),
        ours!("challenges/code_number_change"),
        OF_A_CODE,
    ),
    row(
        AccountApproved,
        "account_approved",
        ("Account opened", "You approve a request for an account"),
        ours!("office_requests/approved"),
        &[&BUSINESS_NAME, &URL],
    ),
    row(
        AccountRejected,
        "account_rejected",
        ("Account not opened", "You reject a request for an account"),
        ours!("office_requests/rejected"),
        &[&BUSINESS_NAME, &REASON, &URL],
    ),
    row(
        AccessMoved,
        "access_moved",
        ("Access moved", "You move an account to another number; the old one gets it"),
        ours!("office_requests/moved"),
        &[&BUSINESS_NAME],
    ),
    row(
        NumberChanged,
        "number_changed",
        ("Number changed", "A customer changed their number; the old one gets it"),
        ours!("number_changes/changed"),
        &[&BUSINESS_NAME],
    ),
    row(OrderSubmitted, "order_submitted", ("Order sent", "A customer orders"), ours!("orders/submitted"), OF_AN_ORDER),
    row(
        OrderPlaced,
        "order_placed",
        ("Ordered for a customer", "One of you orders for a customer"),
        ours!("orders/placed"),
        &[&BUSINESS_NAME, &PLACED_BY, &NUMBER, &TOTAL, &URL],
    ),
    row(OrderAccepted, "order_accepted", ("Order accepted", "You accept an order"), ours!("orders/accepted"), OF_AN_ORDER),
    row(
        OrderAmended,
        "order_amended",
        ("Order changed", "You change an order, and accept it so"),
        ours!("orders/amended"),
        &[&BUSINESS_NAME, &NUMBER, &CHANGES, &TOTAL, &URL],
    ),
    row(
        OrderDispatched,
        "order_dispatched",
        ("Order on its way", "An order to be delivered leaves"),
        ours!("orders/dispatched"),
        OF_ITS_WAY,
    ),
    row(OrderReady, "order_ready", ("Order ready", "An order to be collected is ready"), ours!("orders/ready"), OF_ITS_WAY),
    row(OrderDeclined, "order_declined", ("Order declined", "You decline an order"), ours!("orders/declined"), OF_ITS_END),
    row(OrderCancelled, "order_cancelled", ("Order cancelled", "You cancel an order"), ours!("orders/cancelled"), OF_ITS_END),
];

/// Our own subject of news of an order by e-mail, in each language.
const SUBJECTS: [&str; 2] = ["Your order {number}", "Votre commande {number}"];

impl Kind {
    /// All of them, in the order of the pages.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.kind)
    }

    /// Reads the word of an address or of the database.
    pub fn parse(word: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.word == word).map(|row| row.kind)
    }

    #[expect(clippy::indexing_slicing, reason = "the rows are in the order of the kinds, as a test says")]
    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// Its word in addresses, and in the database.
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// When it goes.
    pub fn when(self) -> &'static str {
        self.row().when
    }

    /// Where our own words stand, without the language: `orders/accepted`.
    pub fn path(self) -> &'static str {
        self.row().ours.path
    }

    /// What can stand in it.
    pub fn variables(self) -> &'static [&'static Variable] {
        self.row().variables
    }

    /// Without which it says nothing.
    pub fn required(self) -> Option<&'static str> {
        self.is_code().then_some(CODE.name)
    }

    /// Whether it brings a code, and so ends with the line that phones read.
    pub fn is_code(self) -> bool {
        matches!(self, SignInCode | ErasureCode | NumberChangeCode)
    }

    /// Whether it goes by e-mail, too: to accounts that want it so.
    pub fn goes_by_email(self) -> bool {
        self >= OrderSubmitted
    }

    /// What one text of it may cost at the most, in segments.
    pub fn most_segments(self) -> usize {
        if self.is_code() { 2 } else { 4 }
    }

    /// Our own words of it.
    pub fn ours(self, language: Language) -> &'static str {
        let ours = &self.row().ours;
        match language {
            Language::English => ours.english,
            Language::French => ours.french,
        }
    }

    /// Our own subject of it by e-mail.
    pub fn our_subject(language: Language) -> &'static str {
        let [english, french] = SUBJECTS;
        match language {
            Language::English => english,
            Language::French => french,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::message_templates::Template;

    #[test]
    fn the_rows_are_in_the_order_of_the_kinds() {
        for (at, row) in ROWS.iter().enumerate() {
            assert_eq!(row.kind as usize, at, "{}", row.word);
            assert_eq!(Kind::parse(row.word), Some(row.kind));
        }
        let words: HashSet<&str> = ROWS.iter().map(|row| row.word).collect();
        assert_eq!(words.len(), ROWS.len());
        assert_eq!(Kind::parse("order"), None);
    }

    #[test]
    fn our_own_words_can_be_read() {
        for kind in Kind::all() {
            for language in Language::ALL {
                Template::read(kind, kind.ours(language)).unwrap();
                Template::read(OrderAccepted, Kind::our_subject(language)).unwrap();
            }
        }
    }
}
