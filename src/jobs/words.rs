//! What jobs are called by people, and what may be said of why they failed.

/// What is kept of a reason at the most.
const LONGEST_REASON: usize = 300;

/// So many digits in a row may be a code, or part of a number that somebody is reached under.
const FEWEST_DIGITS_OF_A_SECRET: usize = 6;

/// A word that is as long as this and has a digit may be a token or a key.
const SHORTEST_SECRET: usize = 20;

/// What a job of this kind does; None for a kind of which this version knows nothing.
pub fn in_words(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "send_code" => "Send a code",
        "send_message" => "Send a message",
        "send_notice" => "Send a message of ours",
        "tell_staff" => "Tell the staff that somebody asks for an account",
        "tell_erasure" => "Tell the staff that a customer was erased",
        "tell_number_change" => "Tell the staff that a customer has another number",
        "tell_two_became_one" => "Tell the staff that two customers are one",
        "tell_of_domain" => "Tell the owners about a domain",
        "make_samples" => "Make the samples of a new counter",
        "remind_of_closing" => "Remind the owners that the counter closes",
        "forget_customer" => "Forget a customer whom nobody knows any more",
        "tell_owners" => "Tell the owners that an operator asks to look",
        "tell_operator" => "Tell an operator what an owner answered",
        "tell_of_alarm" => "Tell the operators that codes have run out",
        "tell_of_order" => "Tell a customer about an order",
        "work_on_import" => "Work on a file that was brought in",
        _ => return None,
    })
}

/// Why something failed, for people who may not know whom it was about: without addresses, and without what may be a number, a code or a
/// token. Our own words have none of them; those of a database or a library may repeat what they were given.
pub fn without_secrets(why: &str) -> String {
    let words = why.split_whitespace().map(|word| if may_be_secret(word) { "…" } else { word });
    let line = without_long_numbers(&words.collect::<Vec<_>>().join(" "));
    line.chars().take(LONGEST_REASON).collect()
}

fn may_be_secret(word: &str) -> bool {
    word.contains('@') || (word.chars().count() >= SHORTEST_SECRET && word.contains(|letter: char| letter.is_ascii_digit()))
}

/// Digits that belong together may have blanks, hyphens and brackets between them, as numbers are written.
fn without_long_numbers(line: &str) -> String {
    let (mut told, mut number) = (String::new(), String::new());
    for letter in line.chars().chain(['\n']) {
        let goes_on = !number.is_empty() && matches!(letter, ' ' | '-' | '(' | ')');
        if letter.is_numeric() || goes_on || (letter == '+' && number.is_empty()) {
            number.push(letter);
            continue;
        }
        let digits = number.trim_end_matches([' ', '-', '(', ')']);
        let is_long = digits.chars().filter(|letter| letter.is_numeric()).count() >= FEWEST_DIGITS_OF_A_SECRET;
        told.push_str(if is_long { "…" } else { digits });
        told.push_str(number.get(digits.len()..).unwrap_or_default());
        number.clear();
        told.push(letter);
    }
    told.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_somebodys_is_left_out_and_the_rest_is_kept() {
        for (why, kept) in [
            ("the carrier refuses the message: 30003", "the carrier refuses the message: 30003"),
            ("the carrier refuses the message: 550 5.1.1", "the carrier refuses the message: 550 5.1.1"),
            ("insert violates messages_tenant_id_message_id_fkey", "insert violates messages_tenant_id_message_id_fkey"),
            ("no text to +447400123456 now", "no text to … now"),
            ("no text to +44 (7400) 123-456, sorry", "no text to …, sorry"),
            ("your code is 493817", "your code is …"),
            ("code:493817.", "code:…."),
            ("no mailbox <ada@shop.example>", "no mailbox …"),
            ("token AAEBk1HkAAAAAAAAAAAAAAA", "token …"),
            ("a\nline\r\nof 3 - 4 (5)", "a line of 3 - 4 (5)"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(why), kept, "{why}");
        }
        assert_eq!(without_secrets(&"why ".repeat(400)).chars().count(), LONGEST_REASON);
    }
}
