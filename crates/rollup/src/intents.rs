//! The primary intent of each message of the user (D-22).

use std::collections::HashMap;

use crate::detail::{Intent, said};
use crate::fact::{Fact, Kind, Role};

/// What a user wanted with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryIntent {
    /// Event time of the message, microseconds.
    pub at_us: i64,
    /// The intent.
    pub name: String,
}

/// Candidates of one message: the best so far, and how sure its model is.
type Best<'f> = Option<(f64, &'f str)>;

/// Primary intents by the id of the message's event, from a conversation's events in order: of the inline intent and those
/// detected for the message the one with the highest confidence, absent = 1; of equals the inline one, then the earliest.
pub(crate) fn primary<'f>(facts: &'f [Fact<'_>]) -> HashMap<&'f str, &'f str> {
    let mut detected: HashMap<&str, Vec<(f64, &str)>> = HashMap::new();
    for fact in facts.iter().filter(|fact| fact.kind == Kind::IntentDetected) {
        if let (Some(message), Some((name, confidence))) = (said(&fact.detail.message_id), inline(fact)) {
            detected.entry(message).or_default().push((confidence, name));
        }
    }
    let mut primary = HashMap::new();
    for message in facts.iter().filter(|fact| fact.kind == Kind::Message(Role::User)) {
        let mut best: Best<'_> = inline(message).map(|(name, confidence)| (confidence, name));
        let of_message = said(&message.detail.message_id).and_then(|id| detected.get(id));
        for candidate in of_message.into_iter().flatten() {
            if best.is_none_or(|(confidence, _)| candidate.0 > confidence) {
                best = Some(*candidate);
            }
        }
        if let Some((_, name)) = best {
            primary.insert(message.order.event_id, name);
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
pub(crate) fn intents(facts: &[Fact<'_>], primary: &HashMap<&str, &str>) -> Vec<PrimaryIntent> {
    let named = facts.iter().filter_map(|fact| Some((fact, *primary.get(fact.order.event_id)?)));
    named.map(|(fact, name)| PrimaryIntent { at_us: fact.at_us(), name: name.to_owned() }).collect()
}
