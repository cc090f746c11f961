//! What is said: sentences by situation and language, from `phrases.tsv`.

use std::{collections::BTreeMap, sync::LazyLock};

use super::random::Random;

static SENTENCES: LazyLock<BTreeMap<(&str, &str), Vec<&str>>> = LazyLock::new(|| {
    let mut sentences: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in include_str!("phrases.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        if let (Some(situation), Some(language), Some(sentence)) = (fields.next(), fields.next(), fields.next()) {
            sentences.entry((situation, language)).or_default().push(sentence);
        }
    }
    sentences
});

/// A sentence for the situation, in the language.
pub(crate) fn say(random: &mut Random, situation: &str, language: &str) -> &'static str {
    let sentences =
        SENTENCES.get(&(situation, language)).expect("phrases.tsv covers every situation in every language");
    random.pick::<&'static str>(sentences)
}

/// What conversations are about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Topic {
    pub(crate) intent: &'static str,
    pub(crate) workflow: &'static str,
    pub(crate) tool: Option<&'static str>,
    /// Percent of these conversations in which somebody asks for a person.
    pub(crate) human: u64,
    /// Situations of `phrases.tsv`.
    pub(crate) asked: &'static str,
    pub(crate) answered: &'static str,
}

macro_rules! topic {
    ($intent:literal, $workflow:literal, $tool:expr, $human:literal) => {
        Topic {
            intent: $intent,
            workflow: $workflow,
            tool: $tool,
            human: $human,
            asked: concat!($intent, ".user"),
            answered: concat!($intent, ".bot"),
        }
    };
}

/// Topics with their weights.
pub(crate) const TOPICS: [(Topic, u64); 8] = [
    (topic!("order_status", "track-order", Some("find_order"), 8), 30),
    (topic!("returns", "returns", Some("create_return"), 14), 17),
    (topic!("invoice", "billing", Some("fetch_invoice"), 18), 11),
    (topic!("stock", "catalogue", Some("search_stock"), 6), 15),
    (topic!("opening_hours", "shop-info", None, 2), 9),
    (topic!("appointment", "appointments", Some("book_slot"), 9), 7),
    (topic!("password", "account", Some("reset_password"), 10), 6),
    (topic!("complaint", "complaints", Some("find_order"), 46), 5),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_situation_is_covered_in_every_language() {
        let languages = ["es", "en", "pt", "fr", "de", "it"];
        let mut random = Random::new(1, "test", 0);
        let common = ["greeting", "thanks", "fallback", "human", "agent", "reply", "comment"];
        let topics = TOPICS.iter().flat_map(|(topic, _)| [topic.asked, topic.answered]);
        for situation in common.into_iter().chain(topics) {
            for language in languages {
                assert!(!say(&mut random, situation, language).is_empty(), "{situation} in {language}");
            }
        }
    }
}
