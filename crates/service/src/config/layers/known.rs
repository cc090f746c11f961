//! The keys that exist, and what somebody meant who named another.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{Error, leaves};

/// Most keys that are suggested.
const SUGGESTED: usize = 3;

/// The keys that exist, with their default values.
pub(super) struct Known(BTreeMap<String, Value>);

impl Known {
    pub(super) fn of(defaults: &Table) -> Self {
        Self(leaves(defaults).into_iter().collect())
    }

    /// The default of a key, or the error that names the nearest ones.
    pub(super) fn check(&self, key: &str, origin: &str) -> Result<&Value, Error> {
        self.0.get(key).ok_or_else(|| Error::UnknownKey {
            key: key.to_owned(),
            origin: origin.to_owned(),
            hint: format!("; {}", self.hint(key)),
        })
    }

    /// Whether the name is one of a section.
    pub(super) fn is_section(&self, name: &str) -> bool {
        self.keys_of(name).next().is_some()
    }

    fn keys_of(&self, section: &str) -> impl Iterator<Item = &str> {
        self.0
            .keys()
            .map(String::as_str)
            .filter(move |key| key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.')))
    }

    fn hint(&self, key: &str) -> String {
        if self.is_section(key) {
            return format!("it is a section, with {}", listed(&self.keys_of(key).collect::<Vec<_>>(), usize::MAX));
        }
        let nearest = self.nearest(key);
        match nearest.len() {
            0 => "none is like it: `rapport config` lists them all".to_owned(),
            1 => format!("the nearest is {}", listed(&nearest, 1)),
            _ => format!("the nearest are {}", listed(&nearest, SUGGESTED)),
        }
    }

    /// The keys that are nearest, if they are near at all.
    fn nearest(&self, key: &str) -> Vec<&str> {
        let far = 1 + key.chars().count() / 4;
        let scored: Vec<(usize, &str)> = self.0.keys().map(|known| (unlikeness(known, key), known.as_str())).collect();
        let least = scored.iter().map(|(score, _)| *score).min().unwrap_or(usize::MAX);
        if least > far {
            return Vec::new();
        }
        scored.into_iter().filter(|(score, _)| *score == least).map(|(_, known)| known).collect()
    }
}

/// How unlike a key is to one that exists. What separates words does not matter: `RAPPORT_HTTP_LISTEN` lacks one underscore.
fn unlikeness(known: &str, key: &str) -> usize {
    let bare = |text: &str| text.replace(['.', '_', '-'], "");
    let whole = distance(&bare(known), &bare(key));
    let field = |text: &str| bare(text.rsplit('.').next().unwrap_or_default());
    // The right field in the wrong section, or in none.
    let elsewhere = distance(&field(known), &field(key)) + if key.contains('.') { 2 } else { 1 };
    whole.min(elsewhere)
}

fn listed(keys: &[&str], most: usize) -> String {
    let quoted: Vec<String> = keys.iter().take(most).map(|key| format!("`{key}`")).collect();
    match quoted.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => quoted.concat(),
    }
}

/// Levenshtein distance by characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, expected: &str) {
        let defaults =
            "[http]\nlisten = ''\n[engine]\nlisten = ''\nlibrary = ''\n[gateway]\nbody_max = ''\nin_flight_max = ''";
        let known = Known::of(&defaults.parse().unwrap());
        assert_eq!(known.hint(key), expected, "{key}");
    }

    #[test]
    fn what_was_meant_is_found_by_field_by_section_and_without_separators() {
        check("http.listn", "the nearest is `http.listen`");
        check("htp.listen", "the nearest is `http.listen`");
        check("http_listen", "the nearest is `http.listen`");
        check("listen", "the nearest are `engine.listen` and `http.listen`");
        check("warehouse.library", "the nearest is `engine.library`");
        check("gateway.inflight_max", "the nearest is `gateway.in_flight_max`");
        check("gateway", "it is a section, with `gateway.body_max` and `gateway.in_flight_max`");
        check("colour.of_the_sky", "none is like it: `rapport config` lists them all");
        check("url", "none is like it: `rapport config` lists them all");
    }
}
