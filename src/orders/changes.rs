//! What of an order has become otherwise: kept with the event, and read out to its customer and at the desk.

use serde::{Deserialize, Serialize};

use crate::values::Language;

/// What a move has changed of an order's lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    pub lines: Vec<LineChange>,
    /// What the order came to before, net, and after.
    pub before_net_minor: i64,
    pub after_net_minor: i64,
}

/// A line that is otherwise: each pair is before and after.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LineChange {
    pub sku: String,
    pub name: String,
    pub quantity: [u32; 2],
    /// Of one, net.
    pub unit_minor: [i64; 2],
    pub why: String,
    /// The name of what it stands for.
    pub instead_of: String,
}

impl LineChange {
    /// `Breakfast tea: 5 → 3, £0.80 → £0.75. No more until Friday`.
    fn in_words(&self, shown: &impl Fn(i64) -> String, language: Language) -> String {
        let ([before, after], [unit_before, unit_after]) = (self.quantity, self.unit_minor);
        // The French write a blank before the colon.
        let (name, instead, added, none) = match language {
            Language::English => (format!("{}:", self.name), "instead of", "added", "none"),
            Language::French => (format!("{} :", self.name), "au lieu de", "en plus", "0"),
        };
        let mut said = match (before, after) {
            (0, after) if !self.instead_of.is_empty() => format!("{name} {after}, {instead} {}", self.instead_of),
            (0, after) => format!("{name} {after} {added}"),
            (before, 0) => format!("{name} {before} → {none}"),
            (before, after) if before == after => format!("{name} {after}"),
            (before, after) => format!("{name} {before} → {after}"),
        };
        if before > 0 && unit_before != unit_after {
            said = format!("{said}, {} → {}", shown(unit_before), shown(unit_after));
        }
        if !self.why.is_empty() {
            said = format!("{said}. {}", self.why);
        }
        said
    }
}

impl Changes {
    /// Line by line; `shown` writes an amount of the order's currency.
    pub fn in_words(&self, shown: impl Fn(i64) -> String) -> Vec<String> {
        self.in_language(Language::English, shown)
    }

    /// The same in the language of whoever is told.
    pub fn in_language(&self, language: Language, shown: impl Fn(i64) -> String) -> Vec<String> {
        self.lines.iter().map(|line| line.in_words(&shown, language)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_changed_is_read_out() {
        let tea = LineChange { name: "Tea".to_owned(), quantity: [5, 5], unit_minor: [80, 80], ..LineChange::default() };
        let shown = |minor: i64| format!("£{}.{:02}", minor / 100, minor % 100);
        let changes = Changes {
            lines: vec![
                LineChange { quantity: [5, 3], why: "No more until Friday".to_owned(), ..tea.clone() },
                LineChange { quantity: [5, 0], ..tea.clone() },
                LineChange { unit_minor: [80, 75], ..tea.clone() },
                LineChange { quantity: [0, 2], instead_of: "Cup".to_owned(), ..tea.clone() },
                LineChange { quantity: [0, 2], ..tea },
            ],
            ..Changes::default()
        };
        let words =
            ["Tea: 5 → 3. No more until Friday", "Tea: 5 → none", "Tea: 5, £0.80 → £0.75", "Tea: 2, instead of Cup", "Tea: 2 added"];
        assert_eq!(changes.in_words(shown), words);
        let words =
            ["Tea : 5 → 3. No more until Friday", "Tea : 5 → 0", "Tea : 5, £0.80 → £0.75", "Tea : 2, au lieu de Cup", "Tea : 2 en plus"];
        assert_eq!(changes.in_language(Language::French, shown), words);
        let kept = serde_json::to_value(&changes).expect("JSON");
        assert_eq!(serde_json::from_value::<Changes>(kept).expect("read"), changes);
        // Events of moves that change no line have nothing to tell.
        assert_eq!(serde_json::from_value::<Changes>(serde_json::json!({})).expect("read"), Changes::default());
    }
}
