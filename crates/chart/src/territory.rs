//! Countries: where they are, and what they are called (Natural Earth and CLDR; `deploy/world` makes the table).

use crate::Locale;

/// Code, longitude, latitude, and the names in the order of [`Locale::ALL`].
const TABLE: &str = include_str!("territories.tsv");

/// A country.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Territory {
    /// Degrees east of Greenwich.
    pub longitude: f64,
    /// Degrees north of the equator.
    pub latitude: f64,
    names: [&'static str; 4],
}

impl Territory {
    /// What it is called.
    pub fn name(&self, locale: Locale) -> &'static str {
        locale.of(self.names)
    }
}

/// The country of an ISO 3166-1 code of two letters.
pub fn territory(code: &str) -> Option<Territory> {
    let mut fields = TABLE.lines().find_map(|line| {
        let mut fields = line.split('\t');
        (fields.next()?.eq_ignore_ascii_case(code)).then_some(fields)
    })?;
    let (longitude, latitude) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let names = [fields.next()?, fields.next()?, fields.next()?, fields.next()?];
    Some(Territory { longitude, latitude, names })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_country() {
        assert!(TABLE.lines().count() > 200);
        for line in TABLE.lines() {
            let code = &line[..2];
            let found = territory(code).unwrap_or_else(|| panic!("{line}"));
            assert!(found.longitude.abs() <= 180.0 && found.latitude.abs() <= 90.0, "{line}");
            assert!(Locale::ALL.iter().all(|locale| !found.name(*locale).is_empty()), "{line}");
        }
    }

    #[test]
    fn codes_are_found_in_any_case_and_others_not() {
        assert_eq!(territory("es").unwrap().name(Locale::En), "Spain");
        assert_eq!(territory("ES").unwrap().name(Locale::It), "Spagna");
        assert_eq!(territory("unknown"), None);
        assert_eq!(territory(""), None);
    }
}
