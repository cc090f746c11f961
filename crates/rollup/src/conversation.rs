//! The fold of a conversation: from the set of its events to everything the figures ask of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::chats::{self, Chat};
use crate::detail::said;
use crate::dimensions::{Dimensions, dimensions};
use crate::fact::{Fact, Kind, Role};
use crate::legs::legs;
use crate::requests::{InferredRequest, inferred};
use crate::turns::{Turn, turns};

/// Messages of a conversation in 15 minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// Messages by the user.
    pub user: u32,
    /// Messages by the bot.
    pub bot: u32,
    /// Messages by human agents.
    pub agent: u32,
}

/// What a conversation's events amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationState {
    /// Number of distinct events folded.
    pub events: u64,
    /// Whether it was deleted, soft or hard, whenever that was (D-02).
    pub deleted: bool,
    /// Event time of the first event, microseconds.
    pub first_event_us: i64,
    /// Event time of the last event.
    pub last_event_us: i64,
    /// First message or start (D-04).
    pub first_use_us: Option<i64>,
    /// Last message or start.
    pub last_use_us: Option<i64>,
    /// First `conversation.initialized` (D-25).
    pub initialized_us: Option<i64>,
    /// Key as sent of the first event that has one; '' without (D-19).
    pub person: String,
    /// Dimensions.
    pub dimensions: Dimensions,
    /// Whether a `handoff.requested` is in it.
    pub handoff: bool,
    /// Names of the tools called, sorted.
    pub tools: Vec<String>,
    /// Messages by start of 15 minutes, microseconds.
    pub buckets: BTreeMap<i64, Bucket>,
    /// Chats in order.
    pub chats: Vec<Chat>,
    /// Answered turns in order.
    pub turns: Vec<Turn>,
    /// Requests without a trigger, in order.
    pub inferred: Vec<InferredRequest>,
}

/// Folds a conversation's distinct events, given in any order. None for no events.
pub fn fold(mut facts: Vec<Fact<'_>>) -> Option<ConversationState> {
    facts.sort_by(|a, b| a.order.cmp(&b.order));
    let facts = facts.as_slice();
    let (first, last) = (facts.first()?, facts.last()?);
    let dimensions = dimensions(facts);
    let legs = legs(facts);
    let pieces = chats::cut(facts, &legs, &dimensions.channel);
    let uses = || facts.iter().filter(|fact| fact.kind.is_use()).map(|fact| fact.order.time_us);
    let of_kind = |kind: Kind| facts.iter().find(move |fact| fact.kind == kind);
    let tools: BTreeSet<&str> = facts
        .iter()
        .filter(|fact| fact.kind == Kind::ToolCall)
        .filter_map(|fact| said(&fact.detail.tool_name))
        .collect();
    Some(ConversationState {
        events: facts.len() as u64,
        deleted: of_kind(Kind::Deleted).is_some(),
        first_event_us: first.order.time_us,
        last_event_us: last.order.time_us,
        first_use_us: uses().next(),
        last_use_us: uses().next_back(),
        initialized_us: of_kind(Kind::Initialized).map(|fact| fact.order.time_us),
        person: facts.iter().find_map(|fact| fact.person()).unwrap_or_default(),
        handoff: of_kind(Kind::Handoff).is_some(),
        tools: tools.into_iter().map(str::to_owned).collect(),
        buckets: buckets(facts),
        chats: pieces.iter().filter_map(|piece| chats::chat(piece, &legs)).collect(),
        turns: turns(facts),
        inferred: pieces.iter().flat_map(|piece| inferred(piece)).collect(),
        dimensions,
    })
}

fn buckets(facts: &[Fact<'_>]) -> BTreeMap<i64, Bucket> {
    let mut buckets: BTreeMap<i64, Bucket> = BTreeMap::new();
    for fact in facts {
        let Kind::Message(role) = fact.kind else { continue };
        let start = fact.order.time_us.div_euclid(crate::BUCKET_US) * crate::BUCKET_US;
        let bucket = buckets.entry(start).or_default();
        match role {
            Role::User => bucket.user += 1,
            Role::Bot => bucket.bot += 1,
            Role::Agent => bucket.agent += 1,
        }
    }
    buckets
}
