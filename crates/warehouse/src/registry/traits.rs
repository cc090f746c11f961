//! Names of traits of users, which `user.identified` tells: whatever a project sends is a dimension.

/// Longest name, bytes.
const BYTES_MAX: usize = 64;

/// The name of a trait. It is part of names of columns, so that it holds nothing that could end one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Trait {
    bytes: [u8; BYTES_MAX],
    length: usize,
}

impl Trait {
    /// What stands for traits in lists of dimensions.
    pub const ANY: &'static str = "trait:*";
    /// What a trait's name follows in questions and answers.
    pub const PREFIX: &'static str = "trait:";
    /// What a name has to be, in words.
    pub const RULE: &'static str =
        "write trait:NAME, as in trait:plan: 1 to 64 bytes of letters, digits, spaces and _ - . $";

    /// The trait of a name; None for one that is malformed.
    pub fn parse(name: &str) -> Option<Trait> {
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '$');
        let fits = (1..=BYTES_MAX).contains(&name.len()) && name.chars().all(is_plain);
        fits.then(|| {
            let mut bytes = [0; BYTES_MAX];
            bytes[..name.len()].copy_from_slice(name.as_bytes());
            Trait { bytes, length: name.len() }
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        std::str::from_utf8(self.sent()).expect("it was made of a text")
    }

    fn sent(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn hex(self) -> String {
        self.sent().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Its column in the sources.
    pub(super) fn column(self) -> String {
        format!("trait_{}", self.hex())
    }

    /// The name as an expression. It stands in the text of a statement, because by their texts statements are told apart.
    pub(super) fn expression(self) -> String {
        format!("unhex('{}')", self.hex())
    }
}

impl std::fmt::Debug for Trait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Trait").field(&self.name()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_cannot_end_a_name_of_a_column() {
        for name in ["plan", "Größe", "plan tier.v2", "$email", &"x".repeat(64)] {
            assert_eq!(Trait::parse(name).unwrap().name(), name);
        }
        for name in ["", "a:b", "a,b", "a`b", "a'b", "a\\b", "a\0b", "a\nb", "a{b}", &"x".repeat(65), &"ö".repeat(33)]
        {
            assert!(Trait::parse(name).is_none(), "{name}");
        }
        assert_eq!(Trait::parse("a.b").unwrap().column(), "trait_612e62");
    }
}
