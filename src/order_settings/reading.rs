//! What somebody typed about how they sell.

use chrono::{NaiveDate, NaiveTime};

use super::{ClosedDay, MOST_CLOSED, MOST_RATES};
use crate::tax::{MOST_BASIS_POINTS, OwnRate, TaxClass};
use crate::values::{Country, text};

/// The most characters of why a day is closed.
const LONGEST_WORDS: usize = 80;

/// Reads `2026-12-25 Christmas`, a line for each day.
///
/// # Errors
/// Which line is not to be read, in words.
pub fn closed_days(typed: &str) -> Result<Vec<ClosedDay>, String> {
    let mut days: Vec<ClosedDay> = Vec::new();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (day, words) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let day: NaiveDate = day.parse().map_err(|_| format!("“{line}”: a day is written as in 2026-12-25."))?;
        let words = if words.trim().is_empty() { Ok(String::new()) } else { text::line(words, LONGEST_WORDS) };
        let words = words.map_err(|why| why.about("why it is closed"))?;
        if !days.iter().any(|known| known.day == day) {
            days.push(ClosedDay { day, words });
        }
    }
    days.sort();
    if days.len() > MOST_CLOSED { Err(format!("There are {MOST_CLOSED} closed days at the most.")) } else { Ok(days) }
}

/// As they are typed.
pub fn closed_lines(days: &[ClosedDay]) -> String {
    days.iter().map(|closed| format!("{} {}", closed.day, closed.words).trim().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Reads `FR reduced 2026-01-01 5.5`: country, class, first day, percent; a line for each rate.
///
/// # Errors
/// Which line is not to be read, in words.
pub fn rates(typed: &str) -> Result<Vec<OwnRate>, String> {
    let lines = typed.lines().map(str::trim).filter(|line| !line.is_empty());
    let rates: Vec<OwnRate> = lines.map(rate).collect::<Result<_, _>>()?;
    if rates.len() > MOST_RATES { Err(format!("There are {MOST_RATES} rates at the most.")) } else { Ok(rates) }
}

fn rate(line: &str) -> Result<OwnRate, String> {
    let parts: Vec<&str> = line.split_whitespace().collect();
    let [country, class, from, percent] = parts.as_slice() else {
        return Err(format!("“{line}”: a rate is written as in FR reduced 2026-01-01 5.5."));
    };
    let country = Country::parse(&country.to_ascii_uppercase()).map_err(|_| format!("“{line}”: there is no country {country}."))?;
    let class = TaxClass::parse(&class.to_ascii_lowercase()).ok_or_else(|| {
        let classes = TaxClass::ALL.map(TaxClass::word).join(", ");
        format!("“{line}”: the classes are {classes}.")
    })?;
    let from = from.parse().map_err(|_| format!("“{line}”: a day is written as in 2026-01-01."))?;
    let basis_points =
        basis_points(percent).ok_or_else(|| format!("“{line}”: percent are from 0 to 100, with two decimals at the most."))?;
    Ok(OwnRate { country, class, from, basis_points })
}

/// Hundredths of a percent, of percent.
fn basis_points(typed: &str) -> Option<u32> {
    let plain = typed.trim_end_matches('%').replace(',', ".");
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || decimals.len() > 2 || !is_number(whole) || !is_number(decimals) {
        return None;
    }
    let points: u32 = format!("{whole}{decimals:0<2}").parse().ok()?;
    (points <= MOST_BASIS_POINTS).then_some(points)
}

/// As it is typed.
pub fn rate_line(rate: &OwnRate) -> String {
    let OwnRate { country, class, from, basis_points } = rate;
    let percent = format!("{}.{:02}", basis_points / 100, basis_points % 100);
    format!("{} {} {from} {}", country.as_str(), class.word(), percent.trim_end_matches('0').trim_end_matches('.'))
}

/// Until when orders are taken: `16:00`, `4:30`.
pub fn cut_off(typed: &str) -> Option<NaiveTime> {
    ["%H:%M", "%H:%M:%S"].iter().find_map(|format| NaiveTime::parse_from_str(typed.trim(), format).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_days_are_read_and_written_alike() {
        let days = closed_days(" 2026-12-26\n2026-12-25  Christmas \n\n2026-12-25 again").expect("days");
        assert_eq!(closed_lines(&days), "2026-12-25 Christmas\n2026-12-26");
        assert_eq!(closed_days(&closed_lines(&days)), Ok(days));
        assert!(closed_days("25.12.2026").is_err_and(|why| why.contains("“25.12.2026”")));
        let many: Vec<String> = (0..=MOST_CLOSED).map(|more| (NaiveDate::default() + chrono::Days::new(more as u64)).to_string()).collect();
        assert!(closed_days(&many.join("\n")).is_err());
    }

    #[test]
    fn rates_are_read_and_written_alike() {
        let read = rates("fr reduced 2026-01-01 5,5%\nGB standard 2030-04-06 22\nGB zero 2026-01-01 0").expect("rates");
        assert_eq!(read.iter().map(|rate| rate.basis_points).collect::<Vec<_>>(), [550, 2_200, 0]);
        let written: Vec<String> = read.iter().map(rate_line).collect();
        assert_eq!(written, ["FR reduced 2026-01-01 5.5", "GB standard 2030-04-06 22", "GB zero 2026-01-01 0"]);
        assert_eq!(rates(&written.join("\n")), Ok(read));
        for wrong in [
            "FR reduced 5.5",
            "XX reduced 2026-01-01 5",
            "FR cheap 2026-01-01 5",
            "FR reduced soon 5",
            "FR reduced 2026-01-01 101",
            "FR reduced 2026-01-01 5.555",
            "FR reduced 2026-01-01 -5",
        ] {
            assert!(rates(wrong).is_err_and(|why| why.contains(wrong)), "{wrong}");
        }
    }

    #[test]
    fn a_cut_off_is_a_time_of_the_day() {
        for (typed, time) in [
            ("16:00", Some("16:00:00")),
            ("4:30", Some("04:30:00")),
            ("00:00:00", Some("00:00:00")),
            ("24:00", None),
            ("", None),
            ("noon", None),
        ] {
            assert_eq!(cut_off(typed).map(|time| time.to_string()).as_deref(), time, "{typed}");
        }
    }
}
