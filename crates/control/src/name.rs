//! Names that people give: printable text on one line, within a length.

use crate::Error;

/// A name without the white space around it.
///
/// # Errors
/// `Invalid` when it is empty, longer than `chars_max` characters, or holds characters that cannot be seen.
pub(crate) fn checked<'a>(what: &str, name: &'a str, chars_max: usize) -> Result<&'a str, Error> {
    let name = name.trim();
    let chars = name.chars().count();
    if chars == 0 || chars > chars_max {
        return Err(Error::Invalid(format!("{what} has 1 to {chars_max} characters; this has {chars}")));
    }
    match name.chars().find(|letter| is_invisible(*letter)) {
        Some(letter) => Err(Error::Invalid(format!(
            "{what} is printable text on one line; this holds the character U+{:04X}",
            u32::from(letter)
        ))),
        None => Ok(name),
    }
}

/// Control characters, line ends, and what hides, reverses or joins what stands beside it: two names that look the same would
/// be different. Joiners between letters (U+200C, U+200D) belong to scripts and emoji, and stay.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_any_text_that_can_be_seen() {
        for name in ["shop", "Söhne & Co", "東京", "میخواهم", "👩\u{200d}🔧", &"ö".repeat(10)] {
            assert_eq!(checked("a name", name, 10).unwrap(), name);
        }
        assert_eq!(checked("a name", "  shop\n", 10).unwrap(), "shop");
    }

    #[test]
    fn what_cannot_be_seen_or_is_too_long_is_refused_with_the_reason() {
        for name in
            ["", " \t ", "a\0b", "a\nb", "a\u{7f}", "a\u{85}b", "a\u{202e}b", "a\u{200b}b", "\u{feff}a", "\u{1b}[31m"]
        {
            assert_eq!(checked("a name", name, 10).unwrap_err().code(), "invalid_name", "{name:?}");
        }
        let error = checked("a name", &"x".repeat(5_000), 10).unwrap_err().to_string();
        assert_eq!(error, "a name has 1 to 10 characters; this has 5000");
        assert!(checked("a name", "a\0b", 10).unwrap_err().to_string().ends_with("U+0000"));
    }
}
