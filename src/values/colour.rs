//! Brand colours, and whether words can be read on them (WCAG 2.2, 1.4.3).

const WHITE: &str = "#ffffff";
const NEAR_BLACK: &str = "#1d1c1a";

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
}
