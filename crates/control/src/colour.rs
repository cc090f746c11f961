//! Colours, and how well one is seen on another: the contrast of WCAG 2.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A colour of sRGB, written `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Colour(pub [u8; 3]);

impl Colour {
    /// White.
    pub const WHITE: Colour = Colour([255; 3]);
    /// Black.
    pub const BLACK: Colour = Colour([0; 3]);

    /// The contrast of two colours, 1 to 21.
    pub fn contrast(self, other: Colour) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The least contrast with any of some colours, and with which; None without any.
    pub fn least_contrast(self, others: &[Colour]) -> Option<(f64, Colour)> {
        let all = others.iter().map(|other| (self.contrast(*other), *other));
        all.reduce(|least, one| if one.0 < least.0 { one } else { least })
    }

    /// So much of another colour in this one, 0 to 1.
    #[must_use]
    pub fn mixed(self, other: Colour, share: f64) -> Colour {
        let mut mixed = self.0;
        for (own, other) in mixed.iter_mut().zip(other.0) {
            let value = f64::from(*own) * (1.0 - share) + f64::from(other) * share;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
            let byte = value.round() as u8;
            *own = byte;
        }
        Colour(mixed)
    }

    /// The first colour on the way to another that has such a contrast with all of some; the other one where none has.
    #[must_use]
    pub fn nearest(self, towards: Colour, grounds: &[Colour], contrast: f64) -> Colour {
        let passes = |colour: &Colour| grounds.iter().all(|ground| colour.contrast(*ground) >= contrast);
        let mut way = (0..=255u8).map(|step| self.mixed(towards, f64::from(step) / 255.0));
        way.find(passes).unwrap_or(towards)
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|byte| {
            let share = f64::from(byte) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> String {
        colour.to_string()
    }
}

impl TryFrom<String> for Colour {
    type Error = String;

    fn try_from(text: String) -> Result<Colour, String> {
        text.parse()
    }
}

impl FromStr for Colour {
    type Err = String;

    fn from_str(text: &str) -> Result<Colour, String> {
        let wrong = || format!("{:?} is no colour: write #rrggbb", text.chars().take(20).collect::<String>());
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or_else(wrong)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Colour([red, green, blue]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    #[test]
    fn contrasts_are_those_of_wcag() {
        assert!((Colour::WHITE.contrast(Colour::BLACK) - 21.0).abs() < 1e-9);
        assert!((colour("#777777").contrast(Colour::WHITE) - 4.48).abs() < 0.005);
        assert!((colour("#767676").contrast(Colour::WHITE) - 4.54).abs() < 0.005);
        assert!((colour("#0000ff").contrast(Colour::WHITE) - 8.59).abs() < 0.005);
        assert_eq!(colour("#123456").contrast(colour("#123456")), 1.0);
    }

    #[test]
    fn the_nearest_colour_passes_and_the_one_before_it_does_not() {
        let yellow = colour("#ffcc00");
        let near = yellow.nearest(Colour::BLACK, &[Colour::WHITE], 4.5);
        assert!(near.contrast(Colour::WHITE) >= 4.5 && near.contrast(Colour::WHITE) < 4.6, "{near}");
        assert_eq!(colour("#0000ff").nearest(Colour::BLACK, &[Colour::WHITE], 4.5), colour("#0000ff"));
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        for text in ["", "#fff", "ffffff", "#gggggg", "#ffffff;", "#+12345", "red", "#ééé"] {
            assert!(text.parse::<Colour>().is_err(), "{text}");
        }
        assert_eq!(colour("#0A1b2C").to_string(), "#0a1b2c");
    }
}
