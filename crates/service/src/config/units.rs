//! Durations and sizes as texts with a unit.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration written as `"300ms"`, `"2s"`, `"15m"`, `"12h"` or `"7d"`; `"0"` needs no unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(std::time::Duration);

impl Duration {
    /// From whole milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(std::time::Duration::from_millis(millis))
    }

    /// The value.
    pub const fn get(self) -> std::time::Duration {
        self.0
    }
}

impl From<Duration> for std::time::Duration {
    fn from(value: Duration) -> Self {
        value.0
    }
}

/// Units of durations, in milliseconds, largest first.
const TIMES: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Units of sizes, in bytes, largest first.
const SIZES: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("KB", 1_000),
    ("B", 1),
];

/// Reads `"<whole number><unit>"`.
fn number_with_unit(text: &str, units: &[(&str, u64)], example: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = (&text[..digits], text[digits..].trim());
    let wrong = || format!("`{text}` is not of the form {example}");
    let number: u64 = number.parse().map_err(|_| wrong())?;
    if number == 0 && unit.is_empty() {
        return Ok(0);
    }
    let (_, scale) = units.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    number.checked_mul(*scale).ok_or_else(|| format!("`{text}` is too large"))
}

/// Writes a number in the largest unit that divides it.
fn with_unit(number: u64, units: &[(&str, u64)]) -> String {
    let exact = units.iter().find(|(_, scale)| number >= *scale && number.is_multiple_of(*scale));
    exact.map_or_else(|| "0".to_owned(), |(name, scale)| format!("{}{name}", number / scale))
}

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        number_with_unit(text, &TIMES, "\"300ms\", \"2s\", \"15m\", \"12h\" or \"7d\"").map(Self::from_millis)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_unit(u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX), &TIMES))
    }
}

/// A number of bytes written as `"5MiB"`, `"64KiB"` or `"100B"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

impl Size {
    /// From bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// Bytes, as a length in memory.
    pub fn len(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// Whether it is no byte at all.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        number_with_unit(text, &SIZES, "\"5MiB\", \"64KiB\" or \"100B\"").map(Self)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_unit(self.0, &SIZES))
    }
}

/// Serialises through the text form.
macro_rules! as_text {
    ($type:ty) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}
as_text!(Duration);
as_text!(Size);

/// For optional keys: the default file holds `""`, which reads as `None`. Use as `#[serde(deserialize_with = …)]`.
///
/// # Errors
/// When the text is not empty and is not of the wanted form.
pub fn empty_as_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(serde::de::Error::custom) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_duration(text: &str, millis: u64, back: &str) {
        let parsed: Duration = text.parse().unwrap();
        assert_eq!(parsed, Duration::from_millis(millis));
        assert_eq!(parsed.to_string(), back);
    }

    #[test]
    fn durations_read_and_write_with_units() {
        check_duration("300ms", 300, "300ms");
        check_duration("90s", 90_000, "90s");
        check_duration("15m", 900_000, "15m");
        check_duration("48 h", 172_800_000, "2d");
        check_duration("0", 0, "0");
    }

    #[test]
    fn sizes_read_and_write_with_units() {
        for (text, bytes, back) in [("5MiB", 5_242_880, "5MiB"), ("1000B", 1_000, "1KB"), ("0B", 0, "0")] {
            let parsed: Size = text.parse().unwrap();
            assert_eq!((parsed.bytes(), parsed.to_string().as_str()), (bytes, back));
        }
    }

    #[test]
    fn a_number_without_its_unit_is_refused_with_an_example() {
        for text in ["300", "", "ms", "1.5s", "-3s", "5 parsecs", "99999999999999999999s", "18446744073709551615d"] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
        assert!("300".parse::<Duration>().unwrap_err().contains("300ms"));
    }
}
