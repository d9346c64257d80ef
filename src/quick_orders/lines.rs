//! Lines of a SKU and a quantity, as people type them, paste them, or save them from a spreadsheet.

/// The most lines that are read at once.
pub const MOST_LINES: usize = 500;
/// The largest quantity, which is that of a basket.
const MOST: u32 = 999_999;

/// A line with something on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedLine {
    /// As it was typed.
    pub text: String,
    pub sku: String,
    /// None when what stands there is no quantity.
    pub quantity: Option<u32>,
}

/// Reads `TEA-1 12`, `TEA-1, 12`, `TEA-1;12`, `12 x TEA-1`, `TEA-1 x 12` and, for a single one, `TEA-1`. Empty lines, and the
/// headings of a spreadsheet, are no lines.
pub fn read_lines(typed: &str) -> Vec<TypedLine> {
    let lines = typed.lines().map(|line| line.trim().trim_matches('\u{feff}')).filter(|line| !line.is_empty());
    lines.filter(|line| !is_heading(line)).map(read_line).collect()
}

fn is_heading(line: &str) -> bool {
    let first = line.split([',', ';', '\t']).next().unwrap_or_default().trim_matches(['"', ' ', '\u{feff}']);
    matches!(first.to_lowercase().as_str(), "sku" | "code" | "product" | "item") && !line.bytes().any(|byte| byte.is_ascii_digit())
}

fn read_line(line: &str) -> TypedLine {
    if let Some((sku, quantity)) = columns(line) {
        return TypedLine { text: line.to_owned(), sku, quantity };
    }
    let parts: Vec<String> = line
        .split([',', ';', '\t'])
        .flat_map(str::split_whitespace)
        .map(|part| part.trim_matches('"').to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    let (sku, quantity) = split(&parts);
    TypedLine { text: line.to_owned(), sku, quantity }
}

/// The first column and how many: in the second column, or in the last. None where there are no columns, or none of them says so.
fn columns(line: &str) -> Option<(String, Option<u32>)> {
    let separator = ['\t', ';', ','].into_iter().find(|separator| line.contains(*separator))?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(u8::try_from(separator).ok()?)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(line.as_bytes());
    let record = reader.records().next()?.ok()?;
    let (sku, rest) = (record.get(0)?, record.iter().skip(1).filter(|field| !field.is_empty()).collect::<Vec<_>>());
    let (second, last) = (rest.first()?, rest.last()?);
    let quantity = number(second).or_else(|| number(last));
    let is_meant = quantity.is_some() || looks_like_a_number(second) || looks_like_a_number(last);
    (is_meant && !sku.is_empty()).then(|| (sku.to_owned(), quantity))
}

/// Which part says how many; the rest is the SKU, in which blanks may stand.
fn split(parts: &[String]) -> (String, Option<u32>) {
    let joined = |parts: &[String]| parts.join(" ");
    match parts {
        [] => (String::new(), None),
        [only] => (only.clone(), Some(1)),
        [first, times, rest @ ..]
            if is_times(times) && !rest.is_empty() && number(first).is_some() && rest.iter().all(|part| !is_times(part)) =>
        {
            // `22086 x 6` begins with a number as well: what is behind the sign is then the quantity.
            match rest {
                [last] if number(last).is_some() => (first.clone(), number(last)),
                rest => (joined(rest), number(first)),
            }
        }
        [rest @ .., times, last] if is_times(times) && !rest.is_empty() => (joined(rest), number(last)),
        [rest @ .., last] => match (number(last), first_number(parts)) {
            (Some(quantity), _) => (joined(rest), Some(quantity)),
            (None, Some((quantity, rest))) => (joined(rest), Some(quantity)),
            (None, None) if looks_like_a_number(last) => (joined(rest), None),
            (None, None) => (joined(parts), Some(1)),
        },
    }
}

/// `12x TEA-1`.
fn first_number(parts: &[String]) -> Option<(u32, &[String])> {
    let (first, rest) = parts.split_first()?;
    let digits = first.strip_suffix(['x', 'X', '×'])?;
    number(digits).map(|quantity| (quantity, rest))
}

fn is_times(part: &str) -> bool {
    matches!(part, "x" | "X" | "×" | "*")
}

fn number(part: &str) -> Option<u32> {
    let digits = part.strip_prefix(['x', 'X', '×']).unwrap_or(part);
    // A spreadsheet may write decimals that are none; three of them may be thousands.
    let has_no_part = |decimals: &str| matches!(decimals, "0" | "00");
    let digits = digits.split_once(['.', ',']).filter(|(_, decimals)| has_no_part(decimals)).map_or(digits, |(whole, _)| whole);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|quantity| (1..=MOST).contains(quantity))
}

/// `0`, `-3`, `2.5`, `1000000`: meant as a quantity, and none.
fn looks_like_a_number(part: &str) -> bool {
    part.bytes().any(|byte| byte.is_ascii_digit())
        && part.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'-' | b'+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_people_write_them() {
        for (typed, sku, quantity) in [
            ("TEA-1 12", "TEA-1", Some(12)),
            ("TEA-1\t12", "TEA-1", Some(12)),
            ("TEA-1,12", "TEA-1", Some(12)),
            ("TEA-1 ; 12", "TEA-1", Some(12)),
            ("TEA-1;12,00", "TEA-1", Some(12)),
            ("TEA-1\t12.0", "TEA-1", Some(12)),
            ("TEA-1;12;Breakfast tea, 80 bags", "TEA-1", Some(12)),
            ("TEA-1;Breakfast tea;12", "TEA-1", Some(12)),
            ("TEA-1;2,5", "TEA-1", None),
            ("TEA-1;1.000", "TEA-1", None),
            ("TEA-1;0", "TEA-1", None),
            ("TEA-1;", "TEA-1", Some(1)),
            ("12 x TEA-1", "TEA-1", Some(12)),
            ("12x TEA-1", "TEA-1", Some(12)),
            ("TEA-1 x 12", "TEA-1", Some(12)),
            ("TEA-1 × 12", "TEA-1", Some(12)),
            ("TEA-1 x12", "TEA-1", Some(12)),
            ("TEA-1", "TEA-1", Some(1)),
            ("22086 6", "22086", Some(6)),
            ("22086 x 6", "22086", Some(6)),
            ("22086", "22086", Some(1)),
            ("blue cup 3", "blue cup", Some(3)),
            ("blue cup", "blue cup", Some(1)),
            ("TEA-1 0", "TEA-1", None),
            ("TEA-1 -3", "TEA-1", None),
            ("TEA-1 2.5", "TEA-1", None),
            ("TEA-1 1000000", "TEA-1", None),
        ] {
            assert_eq!(read_lines(typed), [TypedLine { text: typed.to_owned(), sku: sku.to_owned(), quantity }], "{typed}");
        }
    }

    #[test]
    fn what_is_quoted_is_one_column() {
        let read = |typed: &str| read_lines(typed).into_iter().map(|line| (line.sku, line.quantity)).collect::<Vec<_>>();
        assert_eq!(read("\"TEA-1\",\"12\""), [("TEA-1".to_owned(), Some(12))]);
        assert_eq!(read("\"TEA, 1\",\"12\",\"a \"\"b\"\"\""), [("TEA, 1".to_owned(), Some(12))]);
    }

    #[test]
    fn empty_lines_and_headings_are_no_lines() {
        let skus = |typed: &str| read_lines(typed).into_iter().map(|line| line.sku).collect::<Vec<_>>();
        assert_eq!(skus("\u{feff}SKU;Quantity\r\nTEA-1;2\r\n\r\n  \nCUP-1;4\r\n"), ["TEA-1", "CUP-1"]);
        assert_eq!(skus("sku,quantity\nTEA-1,2"), ["TEA-1"]);
        assert_eq!(skus("TEA-1 2\nsku 3"), ["TEA-1", "sku"]);
        assert!(read_lines("").is_empty());
    }
}
