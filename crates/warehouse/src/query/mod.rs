//! Questions to the warehouse: range and buckets in local time, people, and the figure of a metric.

mod batch;
mod buckets;
mod comparison;
mod conditions;
mod conversations;
mod error;
mod explain;
mod export;
mod identity;
mod known;
mod openings;
mod people;
mod pieces;
pub mod present;
mod range;
mod reading;
mod run;
pub mod stored;
mod timeline;

pub use batch::{figure, figures};
pub use buckets::{BUCKETS_MAX, Grain, Whole, boundaries};
pub use comparison::Comparison;
pub use conditions::{Condition, Leaning, OUTCOMES};
pub use conversations::{Conversation, Listing, conversation, conversations};
pub use error::Error;
pub use explain::{Behind, Contribution, Excluded, Explanation, Page, Reconciled, explain};
pub use export::{Export, Format, export};
use identity::resolve;
pub use identity::{Link, persons};
pub use people::links;
pub(crate) use pieces::pieces;
pub use range::{Range, local_rfc3339, zone};
pub use run::{Answer, Ask, Cell, Progress, ROWS_MAX, State, progress};
pub use timeline::{Moment, Place, TIMELINE_BYTES_MAX, timeline};

/// The names nearest to a mistyped one, best first, at most three; none if nothing is near.
pub fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let name: String = name.chars().take(64).flat_map(char::to_lowercase).collect();
    let mut ranked: Vec<(usize, &'static str)> = known
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let contains = !name.is_empty() && (lower.contains(&name) || name.contains(&lower));
            (if contains { 1 } else { distance(&name, &lower) }, candidate)
        })
        .filter(|(distance, candidate)| *distance <= candidate.len() / 2)
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// Edits between two words (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let replace = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_come_first_and_strangers_not_at_all() {
        let known = || ["messages_total", "messages_incoming", "users_active"].into_iter();
        assert_eq!(nearest("mesages_total", known()).first(), Some(&"messages_total"));
        assert_eq!(nearest("messages", known()), ["messages_incoming", "messages_total"]);
        assert!(nearest("zzzzzzzzzzzz", known()).is_empty());
    }
}
