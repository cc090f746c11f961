//! What a conversation adds to volumes and to people's activity, by 15 minutes.

use std::collections::BTreeMap;

use crate::detail::text;
use crate::fact::{Fact, Kind, Person, Role};

/// Messages (P8) of one kind within 15 minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageCell {
    /// What they have in common.
    pub key: MessageKey,
    /// How many.
    pub messages: u32,
}

/// What messages of a cell have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageKey {
    /// Start of the 15 minutes, microseconds.
    pub bucket_us: i64,
    /// Who wrote them.
    pub role: Role,
    /// As sent, '' without.
    pub content_type: String,
    /// The workflow they carry, '' without.
    pub workflow: String,
    /// The human agent who wrote them, as sent; '' without.
    pub agent: String,
    /// Whether they name a person.
    pub keyed: bool,
}

/// A person was active within 15 minutes (D-39).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityCell {
    /// Start of the 15 minutes, microseconds.
    pub bucket_us: i64,
    /// Who.
    pub person: Person,
    /// First activity in them, event time, microseconds.
    pub first_us: i64,
}

/// The messages of a conversation, from its events in order.
pub(crate) fn messages(facts: &[Fact<'_>]) -> Vec<MessageCell> {
    let mut cells: BTreeMap<MessageKey, u32> = BTreeMap::new();
    for fact in facts {
        let Kind::Message(role) = fact.kind else { continue };
        let key = MessageKey {
            bucket_us: bucket_us(fact.at_us()),
            role,
            content_type: text(&fact.detail.content_type),
            workflow: text(&fact.detail.workflow_id),
            agent: if role == Role::Agent { text(&fact.detail.agent_id) } else { String::new() },
            keyed: !fact.user_id.is_empty() || !fact.anonymous_id.is_empty(),
        };
        *cells.entry(key).or_default() += 1;
    }
    cells.into_iter().map(|(key, messages)| MessageCell { key, messages }).collect()
}

/// Who was active in a conversation, from its events in order.
pub(crate) fn activity(facts: &[Fact<'_>]) -> Vec<ActivityCell> {
    let mut cells: BTreeMap<(i64, Person), i64> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.kind.is_activity()) {
        if let Some(person) = fact.person() {
            cells.entry((bucket_us(fact.at_us()), person)).or_insert(fact.at_us());
        }
    }
    cells.into_iter().map(|((bucket_us, person), first_us)| ActivityCell { bucket_us, person, first_us }).collect()
}

fn bucket_us(at_us: i64) -> i64 {
    at_us.div_euclid(crate::BUCKET_US) * crate::BUCKET_US
}
