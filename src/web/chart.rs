//! Numbers by day or by week as a small picture, with the same in words and in a table: it needs no script and no eyes.

use chrono::NaiveDate;

/// Where the tallest bar ends, in the units of the picture.
const HEIGHT: i64 = 56;
/// How far bars are from each other.
const STEP: usize = 10;

/// One picture.
pub struct Chart {
    pub title: String,
    /// What it shows, in a sentence.
    pub summary: String,
    pub bars: Vec<Bar>,
    pub width: usize,
    pub first: String,
    pub last: String,
    /// «Day», or «Week from».
    pub span: &'static str,
    /// What is counted, above the numbers.
    pub counted: &'static str,
    /// Each day or week with its number as it is read, the newest first.
    pub rows: Vec<(String, String)>,
}

/// One day or week of it.
pub struct Bar {
    pub x: usize,
    pub y: i64,
    pub height: i64,
}

impl Chart {
    /// Of days, the oldest first. `one` and `many` name what is counted.
    pub fn of(title: &str, (one, many): (&str, &str), days: &[(NaiveDate, i64)]) -> Self {
        let most = most(days);
        let total: i64 = days.iter().map(|(_, number)| number).sum();
        let noun = if total == 1 { one } else { many };
        let busiest = days.iter().find(|(_, number)| *number == most && most > 0);
        let busiest = busiest.map(|(day, number)| format!(", {number} of them on {}", in_words(*day))).unwrap_or_default();
        let summary = format!("{total} {noun} in {} days{busiest}", days.len());
        Self::drawn(title, summary, ("Day", "Number"), days, |number| number.to_string())
    }

    /// Of weeks by their Mondays, the oldest first. `say` writes a number as it is read.
    pub fn of_weeks(title: &str, summary: String, counted: &'static str, weeks: &[(NaiveDate, i64)], say: impl Fn(i64) -> String) -> Self {
        Self::drawn(title, summary, ("Week from", counted), weeks, say)
    }

    fn drawn(
        title: &str,
        summary: String,
        (span, counted): (&'static str, &'static str),
        spans: &[(NaiveDate, i64)],
        say: impl Fn(i64) -> String,
    ) -> Self {
        let most = most(spans);
        let bar = |(place, (_, number)): (usize, &(NaiveDate, i64))| {
            // What is there is seen, however little it is beside the most.
            let height = if *number == 0 { 0 } else { (number * HEIGHT / most.max(1)).max(2) };
            Bar { x: place * STEP, y: HEIGHT - height, height }
        };
        Self {
            title: title.to_owned(),
            summary,
            bars: spans.iter().enumerate().map(bar).collect(),
            width: spans.len() * STEP,
            first: spans.first().map(|(day, _)| in_words(*day)).unwrap_or_default(),
            last: spans.last().map(|(day, _)| in_words(*day)).unwrap_or_default(),
            span,
            counted,
            rows: spans.iter().rev().map(|(day, number)| (in_words(*day), say(*number))).collect(),
        }
    }
}

fn most(spans: &[(NaiveDate, i64)]) -> i64 {
    spans.iter().map(|(_, number)| *number).max().unwrap_or_default()
}

fn in_words(day: NaiveDate) -> String {
    day.format("%-d %B").to_string()
}

/// «812 B», «14 kB», «3.2 MB»: as disks are sold.
pub fn bytes(count: i64) -> String {
    const UNITS: [(&str, i64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    let Some((unit, size)) = UNITS.into_iter().find(|(_, size)| count >= *size) else { return format!("{count} B") };
    let (whole, tenth) = (count / size, count % size * 10 / size);
    if whole >= 10 || tenth == 0 { format!("{whole} {unit}") } else { format!("{whole}.{tenth} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(numbers: &[i64]) -> Vec<(NaiveDate, i64)> {
        let first = NaiveDate::from_ymd_opt(2026, 11, 1).expect("a day");
        first.iter_days().zip(numbers.iter().copied()).collect()
    }

    #[test]
    fn the_tallest_bar_fills_the_picture_and_the_least_is_still_seen() {
        let chart = Chart::of("Messages", ("message", "messages"), &days(&[0, 1, 1000]));
        assert_eq!(chart.bars.iter().map(|bar| (bar.x, bar.y, bar.height)).collect::<Vec<_>>(), [(0, 56, 0), (10, 54, 2), (20, 0, 56)]);
        assert_eq!(chart.summary, "1001 messages in 3 days, 1000 of them on 3 November");
        assert_eq!(chart.rows.first(), Some(&("3 November".to_owned(), "1000".to_owned())));
        assert_eq!(Chart::of("Messages", ("message", "messages"), &days(&[0, 0])).summary, "0 messages in 2 days");
        assert!(Chart::of("Messages", ("message", "messages"), &[]).bars.is_empty());
    }

    #[test]
    fn sizes_are_said_as_people_say_them() {
        for (count, said) in
            [(0, "0 B"), (999, "999 B"), (1_000, "1 kB"), (14_900, "14 kB"), (3_250_000, "3.2 MB"), (2_000_000_000, "2 GB")]
        {
            assert_eq!(bytes(count), said);
        }
    }
}
