//! The numbering plans of the world, as Google's metadata in the `phonenumber` crate describes them.
//!
//! Only the crate's metadata and formatter are used, not its parser and validator. Tried on 0.3.10, its parser takes
//! the trunk prefix of the tenant's country off foreign numbers (a tenant in the United States turned the Chinese
//! `+86 138…` into `+86 38…`), and its validator accepts a number of which only the beginning matches and takes
//! leading zeros away before it decides on the type. The steps here are those of ITU-T E.164 and of the
//! metadata's own documentation: international prefix, country code, trunk prefix, then the pattern of a kind of number.

use std::sync::{LazyLock, PoisonError};

use phonenumber::metadata::{DATABASE, Database, Descriptor, Metadata};

use super::country::Country;
use super::phone::PhoneError;
use super::typed_number::TypedNumber;

/// How many compiled patterns the crate's cache may keep. Its own 100 are not enough for a page of customers from six
/// countries: every number compiled its patterns again, 8 ms each, against 0.05 ms with room for them (measured). With
/// 300, all the countries of the world one after the other leave 35 MB behind; with 1,000 they left 93.
const KEPT_PATTERNS: usize = 300;

static PLANS: LazyLock<&Database> = LazyLock::new(|| {
    DATABASE.cache().lock().unwrap_or_else(PoisonError::into_inner).set_capacity(KEPT_PATTERNS);
    &DATABASE
});

/// A country code and the number behind it, without trunk prefix: the two parts of an E.164 number.
///
/// It holds a whole number and has no `Debug`, lest one gets into a log.
pub(super) struct Subscriber {
    pub calling_code: u16,
    pub national: String,
}

/// What may stand behind a number, as far as a sign-in by text message cares.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Mobile, or in a country where mobiles and landlines share their numbers.
    Mobile,
    /// Premium rate, shared cost or freephone: somebody pays extra, or nobody can be reached by text.
    Premium,
    /// Landline, internet phone, pager, personal or company number, voice mail.
    Other,
}

impl Subscriber {
    /// Reads the digits as somebody in `home` would dial them.
    pub fn read(typed: &TypedNumber, home: Country) -> Result<Subscriber, PhoneError> {
        let home_plan = plan_of(home).ok_or(PhoneError::NotANumber)?;
        if let Some(international) = international_part(typed, home_plan) {
            return from_abroad(&international);
        }
        Ok(from_home(&typed.digits, home_plan))
    }

    /// Splits a well-formed E.164 number, the plus in front; `None` when no plan has its country code.
    pub fn split(e164: &str) -> Option<Subscriber> {
        let (calling_code, national) = split_calling_code(e164.strip_prefix('+')?)?;
        Some(Subscriber { calling_code, national: national.to_owned() })
    }

    pub fn e164(&self) -> String {
        format!("+{}{}", self.calling_code, self.national)
    }

    /// `None` when the number belongs to no range in use.
    pub fn kind(&self) -> Option<Kind> {
        kind_in(self.plan()?, &self.national)
    }

    /// The country the number belongs to; `None` for a number out of use and for the satellite and other codes that
    /// belong to no country.
    pub fn country(&self) -> Option<Country> {
        Country::parse(self.plan()?.id()).ok()
    }

    /// Why a number without a kind is none: its length, held against that of mobile numbers, when that is the trouble.
    pub fn complaint(&self) -> PhoneError {
        let mobile = main_plan(self.calling_code).and_then(|plan| plan.descriptors().mobile());
        let lengths = mobile.map_or(&[][..], |mobile| mobile.possible_length());
        let length = u16::try_from(self.national.len()).unwrap_or(u16::MAX);
        match (lengths.iter().min(), lengths.iter().max()) {
            (Some(&shortest), _) if length < shortest => PhoneError::TooShort,
            (_, Some(&longest)) if length > longest => PhoneError::TooLong,
            _ => PhoneError::NotANumber,
        }
    }

    /// Several countries may share one country code (+1, +44, +7): the plan is that of the first whose own leading
    /// digits, or else whose patterns, fit.
    fn plan(&self) -> Option<&'static Metadata> {
        let plans = PLANS.by_code(&self.calling_code)?;
        if let [only] = plans.as_slice() {
            return Some(only);
        }
        plans.into_iter().find(|plan| match plan.leading_digits() {
            Some(leading) => leading.find(&self.national).is_some_and(|found| found.start() == 0),
            None => kind_in(plan, &self.national).is_some(),
        })
    }
}

/// The metadata of one country.
fn plan_of(country: Country) -> Option<&'static Metadata> {
    PLANS.by_id(country.as_str())
}

/// The metadata that rules a country code as a whole; the crate keeps the main country first.
fn main_plan(calling_code: u16) -> Option<&'static Metadata> {
    PLANS.by_code(&calling_code)?.into_iter().next()
}

/// The digits from the country code on, when the number was written with one: after a plus, or after what is dialled
/// at home to leave the country. A `(0)` right after the country code is left out.
fn international_part(typed: &TypedNumber, home_plan: &Metadata) -> Option<String> {
    let digits = typed.digits.as_str();
    // No country code begins with zero, so in `+0044…` and `+07400…` the plus was put before the home way to dial.
    let skipped = if typed.plus && !digits.starts_with('0') {
        0
    } else if let Some(prefix) = international_prefix(digits, home_plan) {
        prefix
    } else if typed.bracketed_zero == Some(home_plan.country_code().to_string().len())
        && digits.starts_with(&home_plan.country_code().to_string())
    {
        0
    } else {
        return None;
    };

    let international = digits.get(skipped..)?;
    let zero = typed.bracketed_zero.and_then(|position| position.checked_sub(skipped));
    match (split_calling_code(international), zero) {
        (Some((_, national)), Some(zero)) if international.len() - national.len() == zero => {
            Some(format!("{}{}", international.get(..zero)?, international.get(zero + 1..)?))
        }
        _ => Some(international.to_owned()),
    }
}

/// How many digits the international prefix of `home_plan` takes at the start.
fn international_prefix(digits: &str, home_plan: &Metadata) -> Option<usize> {
    home_plan.international_prefix()?.find(digits).filter(|found| found.start() == 0).map(|found| found.end())
}

/// Country codes are prefix-free, one to three digits long.
fn split_calling_code(international: &str) -> Option<(u16, &str)> {
    (1..=3).find_map(|length| {
        let (code, national) = international.split_at_checked(length)?;
        let calling_code = code.parse().ok().filter(|_| !code.starts_with('0'))?;
        PLANS.by_code(&calling_code).map(|_| (calling_code, national))
    })
}

fn from_abroad(international: &str) -> Result<Subscriber, PhoneError> {
    let (calling_code, national) = split_calling_code(international).ok_or(PhoneError::NotANumber)?;
    let plan = main_plan(calling_code).ok_or(PhoneError::NotANumber)?;
    Ok(Subscriber { calling_code, national: without_trunk_prefix(national, plan) })
}

fn from_home(digits: &str, plan: &Metadata) -> Subscriber {
    let calling_code = plan.country_code();
    if let Some(rest) = digits.strip_prefix(calling_code.to_string().as_str()) {
        // Country code without a plus, as many address books have it: only when the digits make no number as they stand.
        let national = without_trunk_prefix(rest, plan);
        let general = plan.descriptors().general();
        let is_code = !matches_whole(general, digits) && matches_whole(general, &national);
        if is_code || digits.len() > longest_in(plan) {
            let plan = main_plan(calling_code).unwrap_or(plan);
            return Subscriber { calling_code, national: without_trunk_prefix(&national, plan) };
        }
    }
    Subscriber { calling_code, national: without_trunk_prefix(digits, plan) }
}

/// Takes off what is dialled before a number inside its country, unless the digits are a number only as they stand.
fn without_trunk_prefix(national: &str, plan: &Metadata) -> String {
    let general = plan.descriptors().general();
    trunk_prefix_taken_off(national, plan)
        .filter(|stripped| matches_whole(general, stripped) || !matches_whole(general, national))
        .unwrap_or_else(|| national.to_owned())
}

fn trunk_prefix_taken_off(national: &str, plan: &Metadata) -> Option<String> {
    let Some(pattern) = plan.national_prefix_for_parsing() else {
        return national.strip_prefix(plan.national_prefix()?).map(str::to_owned);
    };
    let groups = pattern.captures(national)?;
    let whole = groups.get(0).filter(|found| found.start() == 0)?;
    let rest = national.get(whole.end()..)?;
    let last = groups.len().checked_sub(1).filter(|last| *last > 0).and_then(|last| groups.get(last));
    match (plan.national_prefix_transform_rule(), last) {
        (Some(rule), Some(_)) => {
            let group = |index: usize| groups.get(index).map_or("", |found| found.as_str());
            Some(format!("{}{rest}", filled_in(rule, group)))
        }
        _ => Some(rest.to_owned()),
    }
}

/// Puts the groups of a match into a rule such as `9$1`. By hand, since the regular expressions of Rust would read
/// the `$15` of a rule as group fifteen.
fn filled_in<'a>(rule: &str, group: impl Fn(usize) -> &'a str) -> String {
    let mut filled = String::new();
    let mut characters = rule.chars();
    while let Some(character) = characters.next() {
        match (character, characters.clone().next().and_then(|next| next.to_digit(10))) {
            ('$', Some(index)) => {
                filled.push_str(group(index as usize));
                characters.next();
            }
            _ => filled.push(character),
        }
    }
    filled
}

/// In the order of the metadata's documentation: the special kinds first, since their ranges may lie inside a general one.
fn kind_in(plan: &Metadata, national: &str) -> Option<Kind> {
    let kinds = plan.descriptors();
    let is = |kind: Option<&Descriptor>| kind.is_some_and(|kind| matches_whole(kind, national));
    if !matches_whole(kinds.general(), national) {
        return None;
    }
    if is(kinds.premium_rate()) || is(kinds.toll_free()) || is(kinds.shared_cost()) {
        return Some(Kind::Premium);
    }
    if [kinds.voip(), kinds.personal_number(), kinds.pager(), kinds.uan(), kinds.voicemail()].into_iter().any(is) {
        return Some(Kind::Other);
    }
    match (is(kinds.mobile()), is(kinds.fixed_line())) {
        (true, _) => Some(Kind::Mobile),
        (false, true) => Some(Kind::Other),
        (false, false) => None,
    }
}

/// How many digits the longest number of a plan has, trunk prefix not counted.
fn longest_in(plan: &Metadata) -> usize {
    let kinds = plan.descriptors();
    let all = [
        kinds.fixed_line(),
        kinds.mobile(),
        kinds.toll_free(),
        kinds.premium_rate(),
        kinds.shared_cost(),
        kinds.personal_number(),
        kinds.voip(),
        kinds.pager(),
        kinds.uan(),
        kinds.voicemail(),
    ];
    let lengths = all.into_iter().flatten().flat_map(Descriptor::possible_length);
    lengths.max().map_or(usize::MAX, |longest| usize::from(*longest))
}

/// Whether the pattern fits from the first to the last digit. The crate's own `is_match` is content with a beginning.
fn matches_whole(kind: &Descriptor, national: &str) -> bool {
    let lengths = kind.possible_length();
    if !lengths.is_empty() && !lengths.iter().any(|length| usize::from(*length) == national.len()) {
        return false;
    }
    let whole = format!("^(?x:{})$", kind.national_number().as_str());
    let cache = PLANS.cache();
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    cache.compile(&whole).is_ok_and(|pattern| pattern.is_match(national))
}
