//! The primary intent of each message of the user (D-22).

use std::collections::HashMap;

use crate::detail::{Intent, said};
use crate::fact::{Fact, Kind, Role};

/// What a user wanted with a message.
#[derive(Debug, Clone, PartialEq)]
pub struct PrimaryIntent {
    /// Event time of the message, microseconds.
    pub at_us: i64,
    /// The intent.
    pub name: String,
    /// How sure its model is, 1 if it does not say.
    pub confidence: f64,
}

/// An intent, and how sure its model is.
type Sure<'f> = (f64, &'f str);

/// Primary intents by the id of the message's event, from a conversation's events in order: of the inline intent and those
/// detected for the message the one with the highest confidence, absent = 1; of equals the inline one, then the earliest.
pub(crate) fn primary<'f>(facts: &'f [Fact<'_>]) -> HashMap<&'f str, Sure<'f>> {
    let mut detected: HashMap<&str, Vec<Sure<'_>>> = HashMap::new();
    for fact in facts.iter().filter(|fact| fact.kind == Kind::IntentDetected) {
        if let (Some(message), Some((name, confidence))) = (said(&fact.detail.message_id), inline(fact)) {
            detected.entry(message).or_default().push((confidence, name));
        }
    }
    let mut primary = HashMap::new();
    for message in facts.iter().filter(|fact| fact.kind == Kind::Message(Role::User)) {
        let mut best: Option<Sure<'_>> = inline(message).map(|(name, confidence)| (confidence, name));
        let of_message = said(&message.detail.message_id).and_then(|id| detected.get(id));
        for candidate in of_message.into_iter().flatten() {
            if best.is_none_or(|(confidence, _)| candidate.0 > confidence) {
                best = Some(*candidate);
            }
        }
        if let Some(best) = best {
            primary.insert(message.order.event_id, best);
        }
    }
    primary
}

/// The intent that an event itself carries, with its confidence.
fn inline<'f>(fact: &'f Fact<'_>) -> Option<(&'f str, f64)> {
    match fact.detail.intent.as_ref()? {
        Intent::Name(name) if name.is_empty() => None,
        Intent::Name(name) if fact.kind == Kind::IntentDetected => Some((name, fact.detail.confidence.unwrap_or(1.0))),
        Intent::Name(name) => Some((name, 1.0)),
        Intent::Scored { name, confidence } => Some((said(name)?, confidence.unwrap_or(1.0))),
    }
}

/// The intents of a conversation, in the order of its messages.
pub(crate) fn intents(facts: &[Fact<'_>], primary: &HashMap<&str, Sure<'_>>) -> Vec<PrimaryIntent> {
    let named = facts.iter().filter_map(|fact| Some((fact, *primary.get(fact.order.event_id)?)));
    named
        .map(|(fact, (confidence, name))| PrimaryIntent { at_us: fact.at_us(), name: name.to_owned(), confidence })
        .collect()
}
