//! Brand colours, and whether words can be read on them (WCAG 2.2, 1.4.3).

pub const WHITE: &str = "#ffffff";
pub const NEAR_BLACK: &str = "#1d1c1a";
/// What pages are written on, as the style sheet has it.
const LIGHT_GROUND: &str = "#fbfaf8";
/// The least contrast at which text of ordinary size can be read.
pub const READABLE: f64 = 4.5;

/// A colour as people write it, `#RRGGBB` or without the hash; None when it is none.
pub fn parse(typed: &str) -> Option<String> {
    let digits = typed.trim().trim_start_matches('#').to_ascii_lowercase();
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| format!("#{digits}"))
}

/// The colour itself when white or near-black can be read on it; otherwise the nearest darker or lighter one of the
/// same hue on which one of them can.
pub fn readable(colour: &str) -> String {
    let is_readable = |colour: &String| contrast(colour, readable_on(colour)) >= READABLE;
    (0..=u8::MAX).flat_map(|step| [WHITE, "#000000"].map(|end| towards(colour, end, step))).find(is_readable).unwrap_or_default()
}

/// Part of the way from one colour to another, in 255 steps.
fn towards(colour: &str, end: &str, step: u8) -> String {
    let mixed = [1, 3, 5].map(|from| {
        let channel = |colour: &str| colour.get(from..from + 2).and_then(|digits| u16::from_str_radix(digits, 16).ok()).unwrap_or(0);
        (channel(colour) * u16::from(u8::MAX - step) + channel(end) * u16::from(step)) / u16::from(u8::MAX)
    });
    format!("#{:02x}{:02x}{:02x}", mixed[0], mixed[1], mixed[2])
}

/// Whether a colour stands out from a light page (WCAG 2.2, 1.4.11): a white button on it is one by its rim alone.
pub fn stands_out(colour: &str) -> bool {
    contrast(colour, LIGHT_GROUND) >= 3.0
}

/// White or near-black, whichever contrasts more with a `#rrggbb` colour.
pub fn readable_on(colour: &str) -> &'static str {
    if contrast(colour, WHITE) >= contrast(colour, NEAR_BLACK) { WHITE } else { NEAR_BLACK }
}

/// The contrast ratio of two `#rrggbb` colours, from 1 to 21; 1 when either cannot be read.
pub fn contrast(one: &str, other: &str) -> f64 {
    let (Some(one), Some(other)) = (luminance(one), luminance(other)) else { return 1.0 };
    let (light, dark) = if one > other { (one, other) } else { (other, one) };
    (light + 0.05) / (dark + 0.05)
}

fn luminance(colour: &str) -> Option<f64> {
    let channel = |from: usize| -> Option<f64> {
        let value = f64::from(u8::from_str_radix(colour.get(from..from + 2)?, 16).ok()?) / 255.0;
        Some(if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
    };
    (colour.len() == 7 && colour.starts_with('#')).then(|| Some(0.2126 * channel(1)? + 0.7152 * channel(3)? + 0.0722 * channel(5)?))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_as_wcag_says() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.01);
        assert!((contrast("#777777", "#ffffff") - 4.48).abs() < 0.01);
        assert_eq!(readable_on("#1e3a8a"), WHITE);
        assert_eq!(readable_on("#ffd54a"), NEAR_BLACK);
        assert!((contrast("blue", "#ffffff") - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_colour_on_which_nothing_can_be_read_becomes_the_nearest_on_which_something_can() {
        for fine in ["#1e3a8a", "#ffd54a", "#000000", "#ffffff", "#767676"] {
            assert_eq!(readable(fine), fine);
        }
        for (colour, corrected) in [("#7b7b7b", "#767676"), ("#808080", "#848484")] {
            assert_eq!(readable(colour), corrected);
        }
        for grey in 0..=u8::MAX {
            let colour = format!("#{grey:02x}{grey:02x}{:02x}", grey / 2);
            let corrected = readable(&colour);
            assert!(contrast(&corrected, readable_on(&corrected)) >= READABLE, "{colour} → {corrected}");
        }
    }

    #[test]
    fn light_colours_do_not_stand_out_from_the_page() {
        for (colour, does) in [("#ffffff", false), ("#ffff00", false), ("#ffd54a", false), ("#14532d", true), ("#767676", true)] {
            assert_eq!(stands_out(colour), does, "{colour}");
        }
        assert!(include_str!("../web/style.css").contains(&format!("--ground: {LIGHT_GROUND};")), "the style sheet's");
    }

    #[test]
    fn colours_are_read_as_people_write_them() {
        assert_eq!(parse(" #FFD54A ").as_deref(), Some("#ffd54a"));
        assert_eq!(parse("ffd54a").as_deref(), Some("#ffd54a"));
        for odd in ["", "#fff", "red", "#ffd54", "#ffd54aa", "#ffd54g", "#ffd54a;}", "é12345"] {
            assert_eq!(parse(odd), None, "{odd:?}");
        }
    }
}
