//! What a message comes to before it is saved: filled in with examples, in segments and in money, and which letters make it dear.

use deunicode::deunicode_char;

use super::codes::CodeText;
use super::kinds::{BUSINESS_NAME, CODE, NUMBER, TOTAL, URL};
use super::{Kind, Variable, Wording};
use crate::messages::cost::Cost;
use crate::messages::one_line;
use crate::messages::sms::{Encoding, Segments, segments};
use crate::tenancy::{House, Tenant};
use crate::values::{Language, Money};

/// What the order of the examples comes to.
const EXAMPLE_MINOR: i64 = 12_450;
/// How long the code of the examples lives.
const EXAMPLE_MINUTES: i64 = 5;

/// A text message as somebody of the wholesaler's country would get it.
pub struct Preview {
    pub text: String,
    pub segments: Segments,
    pub cost: Cost,
    /// Letters that are not in the alphabet of text messages, each once, in the order of the text.
    pub outside: Vec<Outside>,
    /// What it would come to with others instead of them.
    pub without: usize,
    pub cost_without: Cost,
}

/// A letter that makes the whole text travel in the wide alphabet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    pub letter: char,
    /// The nearest that would do; empty where nothing is near.
    pub instead: String,
}

/// What stands for the variables of an example.
pub fn examples(house: &House, tenant: &Tenant, kind: Kind, language: Language) -> Vec<(&'static Variable, String)> {
    let number = NUMBER.example(language);
    let counter = tenant.main_url(&house.hosts);
    let example = |variable: &'static Variable| match variable.name {
        name if name == BUSINESS_NAME.name => one_line(&tenant.business_name),
        name if name == URL.name && kind.goes_by_email() => format!("{counter}/orders/{number}"),
        name if name == URL.name => counter.clone(),
        name if name == TOTAL.name => Money::new(EXAMPLE_MINOR, tenant.currency).shown_in(tenant.country),
        _ => variable.example(language).to_owned(),
    };
    kind.variables().iter().map(|variable| (*variable, example(variable))).collect()
}

impl Preview {
    /// Of a text message.
    pub fn of(house: &House, tenant: &Tenant, wording: &Wording) -> Self {
        let text = if wording.kind.is_code() {
            let host = tenant.main_host(&house.hosts);
            let code = CodeText { code: CODE.example(wording.language), minutes: EXAMPLE_MINUTES, host: &host };
            // Our own words take the cheaper name; what somebody writes is shown for what it is.
            if wording.own.sms.is_empty() {
                code.worded(tenant, wording)
            } else {
                code.within(tenant, wording, wording.kind.most_segments())
            }
        } else {
            wording.text(&examples(house, tenant, wording.kind, wording.language))
        };
        let outside = outside(&text);
        let count = segments(&text);
        let without = segments(&plain(&text, &outside)).count;
        let cost = |count: usize| house.config.sms.cost.of(count, Some(tenant.country));
        Self { segments: count, cost: cost(count.count), without, cost_without: cost(without), outside, text }
    }

    /// How full it is, and what it costs: `93 of 160 characters used: one text, €0.04 each time`.
    pub fn in_words(&self, tenant: &Tenant) -> String {
        let Segments { encoding, count, units } = self.segments;
        let (alone, joined) = match encoding {
            Encoding::Gsm7 => (160, 153),
            Encoding::Ucs2 => (70, 67),
        };
        let room = if count == 1 { alone } else { count * joined };
        format!("{units} of {room} characters used: {}, {} each time", texts(count), self.cost.shown_in(tenant.country))
    }

    /// What letters outside the alphabet cost, and what would do instead; empty when there are none.
    pub fn warning(&self, tenant: &Tenant) -> String {
        if self.outside.is_empty() {
            return String::new();
        }
        let letters = self.outside.iter().map(|outside| format!("“{}”", outside.letter)).collect::<Vec<_>>();
        let (are, them) = if letters.len() == 1 { ("is", "it") } else { ("are", "them") };
        let said = format!("{} {are} not in the alphabet of text messages: with {them} ", listed(&letters));
        let costs = if self.segments.count > self.without {
            let (with, without) = (self.cost.shown_in(tenant.country), self.cost_without.shown_in(tenant.country));
            format!("this costs {} ({with}) instead of {} ({without}).", texts(self.segments.count), self.without)
        } else {
            "one text holds 70 characters instead of 160.".to_owned()
        };
        let near = self.outside.iter().filter(|outside| !outside.instead.is_empty());
        let near: Vec<String> = near.map(|outside| format!("“{}” for “{}”", outside.instead, outside.letter)).collect();
        let instead = if near.is_empty() { String::new() } else { format!(" You could write {}.", listed(&near)) };
        format!("{said}{costs}{instead}")
    }
}

fn texts(count: usize) -> String {
    if count == 1 { "one text".to_owned() } else { format!("{count} texts") }
}

fn listed(items: &[String]) -> String {
    match items.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => items.concat(),
    }
}

fn is_inside(text: &str) -> bool {
    segments(text).encoding == Encoding::Gsm7
}

fn outside(text: &str) -> Vec<Outside> {
    let mut found: Vec<Outside> = Vec::new();
    for letter in text.chars() {
        if !found.iter().any(|known| known.letter == letter) && !is_inside(letter.encode_utf8(&mut [0; 4])) {
            found.push(Outside { letter, instead: nearest(letter) });
        }
    }
    found
}

/// The letter without its accent, or the plain form of a mark. Other scripts have no near letters here.
fn nearest(letter: char) -> String {
    let is_latin_or_mark = matches!(u32::from(letter), 0x80..=0x24f | 0x1e00..=0x1eff | 0x2010..=0x203a | 0x2190..=0x2193);
    let near = deunicode_char(letter).filter(|_| is_latin_or_mark).unwrap_or_default().trim();
    if near.chars().count() <= 3 && is_inside(near) { near.to_owned() } else { String::new() }
}

fn plain(text: &str, outside: &[Outside]) -> String {
    let other = |letter: char| outside.iter().find(|known| known.letter == letter);
    text.chars().fold(String::new(), |plain, letter| match other(letter) {
        Some(Outside { instead, .. }) if instead.is_empty() => plain + "?",
        Some(Outside { instead, .. }) => plain + instead,
        None => plain + letter.encode_utf8(&mut [0; 4]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_outside_is_named_with_the_nearest_that_would_do() {
        let text = "Prête ? « C’est l’œuvre » – ça… Łódź → 茶 ù é à Ç";
        let near: Vec<(char, String)> = outside(text).into_iter().map(|outside| (outside.letter, outside.instead)).collect();
        let near: Vec<(char, &str)> = near.iter().map(|(letter, instead)| (*letter, instead.as_str())).collect();
        let meant = [
            ('ê', "e"),
            ('«', "<<"),
            ('’', "'"),
            ('œ', "oe"),
            ('»', ">>"),
            ('–', "-"),
            ('ç', "c"),
            ('…', "..."),
            ('Ł', "L"),
            ('ó', "o"),
            ('ź', "z"),
            ('→', "-"),
            ('茶', ""),
        ];
        assert_eq!(near, meant);
        assert_eq!(plain("prêt 茶", &outside("prêt 茶")), "pret ?");
        assert!(is_inside(&plain(text, &outside(text))));
    }
}
