//! One text with its variables, known to be one that can be filled in.

use strsim::osa_distance;

use super::Values;
use super::kinds::{Kind, Variable};
use super::parsing::{self, Part};
use crate::messages::one_line;

/// What somebody wrote, taken apart.
#[derive(Debug)]
pub struct Template<'a>(Vec<Part<'a>>);

impl<'a> Template<'a> {
    /// Reads it.
    ///
    /// # Errors
    /// In words for whoever wrote it: a brace without its other half, a variable that this message has not.
    pub fn read(kind: Kind, text: &'a str) -> Result<Self, String> {
        let parts = parsing::parse(text).map_err(|fault| fault.to_string())?;
        let unknown = parts.iter().find_map(|part| match part {
            Part::Variable(name) if !kind.variables().iter().any(|known| known.name == *name) => Some(*name),
            _ => None,
        });
        match unknown {
            Some(name) => Err(no_such(kind, name)),
            None => Ok(Self(parts)),
        }
    }

    /// One of our own, which a test has read.
    pub(super) fn of_ours(text: &'a str) -> Self {
        Self(parsing::parse(text.trim_end()).unwrap_or_else(|_| vec![Part::Words(text)]))
    }

    /// Whether it has this variable.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&Part::Variable(name))
    }

    /// With these values, in one line, for a text message. Neither what was written nor a value can begin another one.
    pub fn in_one_line(&self, values: &Values) -> String {
        squeezed(&one_line(&self.filled(values)))
    }

    /// The same in the lines that it was written in, for an e-mail. No value can begin one.
    pub fn in_lines(&self, values: &Values) -> String {
        self.filled(values).lines().map(|line| squeezed(&one_line(line))).collect::<Vec<_>>().join("\n")
    }

    fn filled(&self, values: &Values) -> String {
        let values: Vec<(&str, String)> = values.iter().map(|(variable, value)| (variable.name, one_line(value))).collect();
        parsing::fill(&self.0, |name| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str()).unwrap_or_default())
    }
}

/// A variable that is empty leaves no two blanks; and a blank that no line is broken at would make a text twice as dear.
fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With the one that was meant, where one is near, or all there are.
fn no_such(kind: Kind, name: &str) -> String {
    const FARTHEST: usize = 3;
    let lower = name.to_lowercase().replace([' ', '-'], "_");
    let near = kind.variables().iter().map(|known| (osa_distance(known.name, &lower), *known));
    let meant = near.min_by_key(|(distance, _)| *distance).filter(|(distance, known)| *distance <= FARTHEST.min(known.name.len() / 2));
    let shown: String = name.chars().take(40).collect();
    match meant {
        Some((_, known)) => format!("There is no {{{shown}}}; did you mean {{{}}}?", known.name),
        None => format!("There is no {{{shown}}}. There is {}.", listed(kind.variables())),
    }
}

fn listed(variables: &[&Variable]) -> String {
    let names: Vec<String> = variables.iter().map(|known| format!("{{{}}}", known.name)).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::{BUSINESS_NAME, CHANGES, NUMBER};
    use super::*;

    fn values(name: &str) -> [(&'static Variable, String); 2] {
        [(&BUSINESS_NAME, name.to_owned()), (&NUMBER, "7".to_owned())]
    }

    #[test]
    fn a_variable_that_is_not_there_is_told_with_the_one_that_was_meant() {
        for (text, wrong) in [
            ("Order {nmber}", "There is no {nmber}; did you mean {number}?"),
            ("Order {Number}", "There is no {Number}; did you mean {number}?"),
            ("{business name}", "There is no {business name}; did you mean {business_name}?"),
            ("Order {}", "There is no {}. There is {business_name}, {number}, {total} and {url}."),
            ("Order {code}", "There is no {code}. There is {business_name}, {number}, {total} and {url}."),
            ("Order {number", "The brace before “number” is not closed: a variable is written as in {number}."),
        ] {
            assert_eq!(Template::read(Kind::OrderAccepted, text).unwrap_err(), wrong);
        }
        assert!(Template::read(Kind::OrderAmended, "{changes}").unwrap().has(CHANGES.name));
    }

    #[test]
    fn no_value_begins_another_one() {
        let template = Template::read(Kind::OrderAccepted, "{business_name}: order {number}").unwrap();
        assert_eq!(template.in_one_line(&values("{number} {total}")), "{number} {total}: order 7");
    }

    #[test]
    fn neither_a_value_nor_what_was_written_begins_a_line_of_a_text() {
        for end in ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "\u{1}\n\u{2}"] {
            let forged = format!("Acme{end}{end}@evil.example #111111");
            let text = format!("{{business_name}}:{end}order  {{number}}{end}");
            let template = Template::read(Kind::OrderAccepted, &text).unwrap();
            let one = template.in_one_line(&values(&forged));
            assert_eq!(one, "Acme @evil.example #111111: order 7", "{end:?}");
            assert!(!one.chars().any(char::is_control), "{one:?}");
        }
        let letter = Template::read(Kind::OrderAccepted, "{business_name}\n\n Order {total} {number}\r\nBye").unwrap();
        assert_eq!(letter.in_lines(&values("Acme\n\nBcc: all")), "Acme Bcc: all\n\nOrder 7\nBye");
    }
}
