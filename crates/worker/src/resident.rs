//! Conversations whose events are all in memory, so that deriving them again reads nothing: a cache of bounded size.
//!
//! An entry, once there, is complete: it begins with every event the warehouse has of the conversation (or with the knowledge
//! that it has none), and every later record of it is added. What falls out is read from the warehouse at its next touch.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use rollup::IdleTimeouts;
use smol_str::SmolStr;
use warehouse::{ConversationKey, FactRow, StateRow};

/// Distinct events of a conversation by event id: of each the smallest sighting, as the warehouse has it. In one partition that is
/// the first, but another may hold a copy.
type Facts = BTreeMap<SmolStr, FactRow>;
type Generation = HashMap<ConversationKey, Facts, FixedState>;

fn add(held: &mut Facts, fact: FactRow) {
    match held.entry(fact.event_id.clone()) {
        Entry::Vacant(entry) => {
            entry.insert(fact);
        }
        Entry::Occupied(mut entry) if fact.sighting() < entry.get().sighting() => {
            entry.insert(fact);
        }
        Entry::Occupied(_) => {}
    }
}

/// The cache: two generations, the older dropped whole when the newer is full.
#[derive(Debug)]
pub(crate) struct Resident {
    young: Generation,
    old: Generation,
    young_facts: usize,
    facts_max: usize,
    /// By which knowledge of erased persons it was filled.
    edition: u64,
}

impl Resident {
    /// A cache of at most about twice `facts_max` events.
    pub(crate) fn new(facts_max: usize) -> Resident {
        Resident { young: Generation::default(), old: Generation::default(), young_facts: 0, facts_max, edition: 0 }
    }

    /// Whether all events of the conversation are here.
    pub(crate) fn has(&self, key: &ConversationKey) -> bool {
        self.young.contains_key(key) || self.old.contains_key(key)
    }

    /// Makes an entry for a conversation of which the warehouse has exactly `facts`.
    pub(crate) fn admit(&mut self, key: ConversationKey, facts: Vec<FactRow>) {
        let entry = self.young.entry(key).or_default();
        for fact in facts {
            self.young_facts += 1;
            add(entry, fact);
        }
    }

    /// Adds new events to a conversation that is here.
    pub(crate) fn add(&mut self, key: &ConversationKey, facts: Vec<FactRow>) {
        if let Some((key, held)) = self.old.remove_entry(key) {
            self.young_facts += held.len();
            self.young.insert(key, held);
        }
        let Some(entry) = self.young.get_mut(key) else { return };
        for fact in facts {
            self.young_facts += 1;
            add(entry, fact);
        }
    }

    /// The derived rows of a conversation that is here.
    pub(crate) fn fold(&self, key: &ConversationKey, idle: &IdleTimeouts) -> Vec<StateRow> {
        let Some(facts) = self.young.get(key).or_else(|| self.old.get(key)) else { return Vec::new() };
        StateRow::fold_conversation(facts.values(), idle)
    }

    /// Forgets everything if it was filled by other knowledge of erased persons.
    pub(crate) fn keep_to(&mut self, edition: u64) {
        if self.edition != edition {
            *self = Resident { edition, ..Resident::new(self.facts_max) };
        }
    }

    /// Forgets one conversation: what is known of it may not be all.
    pub(crate) fn forget(&mut self, key: &ConversationKey) {
        self.young.remove(key);
        self.old.remove(key);
    }

    /// Drops the older generation if the newer is full.
    pub(crate) fn age(&mut self) {
        if self.young_facts > self.facts_max {
            self.old = std::mem::take(&mut self.young);
            self.young_facts = 0;
        }
    }
}
