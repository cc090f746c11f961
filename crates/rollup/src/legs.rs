//! Legs: one hand to a human target each, worked out from the set of a conversation's leg events (1.1, D-27 to D-29).

use std::collections::BTreeMap;

use crate::detail::said;
use crate::fact::{Fact, Kind, Order};

/// How long a leg was open. Outcomes and agents come with the contact-centre figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leg {
    /// Event time of its opening, microseconds.
    pub(crate) opened_us: i64,
    /// Event time of its end, if it has one.
    pub(crate) ended_us: Option<i64>,
}

impl Leg {
    /// Whether the leg is open at `time_us`: opened at or before it and not ended by then (D-11).
    pub(crate) fn is_open_at(&self, time_us: i64) -> bool {
        self.opened_us <= time_us && self.ended_us.is_none_or(|ended| time_us < ended)
    }
}

/// The legs of a conversation, from its events in order.
pub(crate) fn legs(facts: &[Fact<'_>]) -> Vec<Leg> {
    let mut by_assignment: BTreeMap<&str, Vec<&Fact<'_>>> = BTreeMap::new();
    let mut blanket_closes = Vec::new();
    for fact in facts.iter().filter(|fact| is_leg_event(fact.kind)) {
        match said(&fact.detail.assignment_id) {
            Some(assignment) => by_assignment.entry(assignment).or_default().push(fact),
            None if fact.kind == Kind::Closed => blanket_closes.push(fact),
            None => {}
        }
    }
    by_assignment.values().filter_map(|events| leg(events, &blanket_closes)).collect()
}

fn is_leg_event(kind: Kind) -> bool {
    kind.opens_leg()
        || matches!(kind, Kind::QueueLeft | Kind::Missed | Kind::Transferred | Kind::AssignmentEnded | Kind::Closed)
}

fn leg(events: &[&Fact<'_>], blanket_closes: &[&Fact<'_>]) -> Option<Leg> {
    let opening = events.iter().find(|fact| fact.kind.opens_leg())?;
    let later_closes = blanket_closes.iter().filter(|close| close.order > opening.order);
    let mut all: Vec<&&Fact<'_>> = events.iter().chain(later_closes).collect();
    all.sort_by(|a, b| a.order.cmp(&b.order));
    let accepted = all.iter().find(|fact| fact.kind == Kind::Accepted).map(|fact| fact.order.time_us);
    let ended_us = match accepted {
        Some(accepted) => {
            let ends = all.iter().filter(|fact| {
                matches!(fact.kind, Kind::AssignmentEnded | Kind::Transferred | Kind::Closed)
                    && fact.order.time_us >= accepted
            });
            ends.map(|fact| fact.order.time_us).min()
        }
        None => all.iter().find(|fact| ends_unaccepted(fact)).map(|fact| fact.order.time_us),
    };
    Some(Leg { opened_us: opening.order.time_us, ended_us })
}

/// Whether the event is final for a leg that was never accepted (D-28).
fn ends_unaccepted(fact: &Fact<'_>) -> bool {
    match fact.kind {
        Kind::Missed => fact.detail.is_final == Some(true),
        Kind::Transferred | Kind::Closed => true,
        Kind::QueueLeft | Kind::AssignmentEnded => {
            matches!(said(&fact.detail.reason), Some("transferred" | "abandoned" | "user_left" | "timeout" | "closed"))
        }
        _ => false,
    }
}

/// Whether any leg is open at the event.
pub(crate) fn any_open_at(legs: &[Leg], order: Order<'_>) -> bool {
    legs.iter().any(|leg| leg.is_open_at(order.time_us))
}
