//! What somebody writes with variables in it, such as `Your order {number} is accepted.`

/// A piece of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// What stands there as it is.
    Words(&'a str),
    /// What stands in braces, without blanks around it.
    Variable(&'a str),
}

/// Why it cannot be read: with what was read last, so that its place can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault<'a> {
    #[error("The brace before “{0}” is not closed: a variable is written as in {{number}}.")]
    Unclosed(&'a str),
    #[error("There is a closing brace after “{0}” that no brace has opened: a variable is written as in {{number}}.")]
    Unopened(&'a str),
}

/// The most characters of it that are named.
const NAMED: usize = 20;

/// Takes it apart. Put together again, the parts are what was written, but for blanks within braces.
///
/// # Errors
/// A brace without its other half.
pub fn parse(text: &str) -> Result<Vec<Part<'_>>, Fault<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some((words, behind)) = rest.split_once('{') else {
            no_closing(rest)?;
            parts.push(Part::Words(rest));
            break;
        };
        no_closing(words)?;
        let (name, after) = behind.split_once('}').ok_or(Fault::Unclosed(beginning(behind)))?;
        if let Some((unclosed, _)) = name.split_once('{') {
            return Err(Fault::Unclosed(beginning(unclosed)));
        }
        if !words.is_empty() {
            parts.push(Part::Words(words));
        }
        parts.push(Part::Variable(name.trim()));
        rest = after;
    }
    Ok(parts)
}

/// Puts it together, with `value` for each variable.
pub fn fill<'v>(parts: &[Part<'_>], value: impl Fn(&str) -> &'v str) -> String {
    parts.iter().fold(String::new(), |text, part| match part {
        Part::Words(words) => text + words,
        Part::Variable(name) => text + value(name),
    })
}

fn no_closing(words: &str) -> Result<(), Fault<'_>> {
    words.split_once('}').map_or(Ok(()), |(before, _)| Err(Fault::Unopened(end(before))))
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(NAMED).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

fn end(text: &str) -> &str {
    text.char_indices().rev().nth(NAMED - 1).and_then(|(start, _)| text.get(start..)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn variables_are_found_and_faults_are_named() {
        let parts = parse("Your order {number} is { what }{url}").unwrap();
        let words = Part::Words;
        assert_eq!(parts, [words("Your order "), Part::Variable("number"), words(" is "), Part::Variable("what"), Part::Variable("url")]);
        assert_eq!(fill(&parts, |name| if name == "number" { "7{x}" } else { "" }), "Your order 7{x} is ", "a value is not read again");
        for (text, fault) in [
            ("Your {number", Fault::Unclosed("number")),
            ("Your {number and {total}", Fault::Unclosed("number and ")),
            ("Your number} is", Fault::Unopened("Your number")),
            ("{number}}", Fault::Unopened("")),
            ("éééééééééééééééééééééééé}", Fault::Unopened("éééééééééééééééééééé")),
        ] {
            assert_eq!(parse(text), Err(fault), "{text}");
        }
    }

    /// Words without braces, and names of variables.
    fn pieces() -> impl Strategy<Value = Vec<(String, String)>> {
        proptest::collection::vec(("[^{}]{0,8}", "[a-z_]{1,8}"), 0..6)
    }

    proptest! {
        #[test]
        fn what_is_filled_in_is_the_text_with_its_variables_replaced(pieces in pieces(), end in "[^{}]{0,8}", value in ".{0,6}") {
            let (mut written, mut meant) = (String::new(), String::new());
            for (words, name) in &pieces {
                written.extend([words, "{", name, "}"]);
                meant.extend([words, value.as_str()]);
            }
            (written, meant) = (written + &end, meant + &end);
            let parts = parse(&written).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
            prop_assert_eq!(fill(&parts, |_| &value), meant);
        }

        #[test]
        fn whatever_is_written_is_read_or_refused(text in "[{} a-zé\n]{0,24}|.{0,24}") {
            let balanced = text.split('{').skip(1).all(|behind| behind.matches('}').count() == 1)
                && !text.split('{').next().unwrap_or_default().contains('}');
            prop_assert_eq!(parse(&text).is_ok(), balanced, "{}", text);
        }
    }
}
