//! Legs: one hand to a human target each, worked out from the set of a conversation's leg events (1.1, D-27 to D-31).

use std::collections::BTreeMap;

use crate::detail::{label, said, text};
use crate::fact::{Fact, Kind, Order, Person, Role, first_person};

/// What became of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegState {
    /// Nothing final yet.
    Pending,
    /// A human agent accepted it.
    Handled,
    /// It ended without ever being accepted.
    Missed,
    /// It was handed on before anyone accepted it.
    Rerouted,
}

impl LegState {
    /// The name in tables and answers.
    pub fn name(self) -> &'static str {
        match self {
            LegState::Pending => "pending",
            LegState::Handled => "handled",
            LegState::Missed => "missed",
            LegState::Rerouted => "rerouted",
        }
    }
}

/// A leg. Times are event times, microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// `assignment_id`.
    pub assignment_id: String,
    /// First of its events that opens a leg.
    pub opened_us: i64,
    /// First acceptance (D-29).
    pub accepted_us: Option<i64>,
    /// Its end, if it has one.
    pub ended_us: Option<i64>,
    /// The agent's first reply (D-30).
    pub replied_us: Option<i64>,
    /// What became of it.
    pub state: LegState,
    /// Why it was missed; '' for any other state.
    pub reason: String,
    /// Who accepted it, `unknown` if that was not said; '' if nobody did.
    pub agent: String,
    /// First of its events that names somebody, else the conversation's person (D-31).
    pub person: Person,
    /// Why it was opened, as sent.
    pub origin: String,
    /// Queue, as sent.
    pub queue: String,
    /// Team, as sent.
    pub team: String,
    /// After-work as sent, milliseconds.
    pub wrap_up_ms: u64,
}

impl Leg {
    /// Whether the leg is open at `time_us`: opened at or before it and not ended by then (D-11).
    pub(crate) fn is_open_at(&self, time_us: i64) -> bool {
        self.opened_us <= time_us && self.ended_us.is_none_or(|ended| time_us < ended)
    }

    /// Whether `time_us` lies within acceptance and end, both included (D-30).
    pub(crate) fn serves(&self, time_us: i64) -> bool {
        self.accepted_us.is_some_and(|accepted| accepted <= time_us)
            && self.ended_us.is_none_or(|ended| time_us <= ended)
    }
}

/// A message of the user or of an agent while a leg was being served (D-30); once, even within two legs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedMessage {
    /// Event time, microseconds.
    pub at_us: i64,
    /// Who wrote it.
    pub role: Role,
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
    if by_assignment.is_empty() {
        return Vec::new();
    }
    let conversations = first_person(facts);
    let found =
        by_assignment.iter().filter_map(|(id, events)| leg(id, events, &blanket_closes, conversations.as_ref()));
    let mut legs: Vec<Leg> = found.collect();
    replies(facts, &mut legs);
    legs
}

fn is_leg_event(kind: Kind) -> bool {
    kind.opens_leg()
        || matches!(kind, Kind::QueueLeft | Kind::Missed | Kind::Transferred | Kind::AssignmentEnded | Kind::Closed)
}

fn leg(id: &str, events: &[&Fact<'_>], blanket_closes: &[&Fact<'_>], conversations: Option<&Person>) -> Option<Leg> {
    let opening = events.iter().find(|fact| fact.kind.opens_leg())?;
    let later_closes = blanket_closes.iter().filter(|close| close.order > opening.order);
    let mut all: Vec<&Fact<'_>> = events.iter().chain(later_closes).copied().collect();
    all.sort_by(|a, b| a.order.cmp(&b.order));
    let first = |pick: fn(&Fact<'_>) -> String| {
        events.iter().map(|fact| pick(fact)).find(|said| !said.is_empty()).unwrap_or_default()
    };
    let mut leg = Leg {
        assignment_id: id.to_owned(),
        opened_us: opening.at_us(),
        accepted_us: None,
        ended_us: None,
        replied_us: None,
        state: LegState::Pending,
        reason: String::new(),
        agent: String::new(),
        person: first_person(events.iter().copied()).or_else(|| conversations.cloned()).unwrap_or_default(),
        origin: first(|fact| text(&fact.detail.origin)),
        queue: first(|fact| text(&fact.detail.queue)),
        team: first(|fact| text(&fact.detail.team)),
        wrap_up_ms: events.iter().find_map(|fact| wrap_up_ms(fact)).unwrap_or(0),
    };
    match all.iter().find(|fact| fact.kind == Kind::Accepted) {
        Some(accepted) => handled(&mut leg, accepted, &all),
        None => never_accepted(&mut leg, &all),
    }
    Some(leg)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates; negative is 0")]
fn wrap_up_ms(fact: &Fact<'_>) -> Option<u64> {
    fact.detail.wrap_up_ms.map(|ms| ms as u64)
}

/// Handled, whatever came before: the first acceptance gives time and agent, the first end from then on ends it (D-29).
fn handled(leg: &mut Leg, accepted: &Fact<'_>, all: &[&Fact<'_>]) {
    let accepted_us = accepted.at_us();
    let ends = all.iter().filter(|fact| {
        matches!(fact.kind, Kind::AssignmentEnded | Kind::Transferred | Kind::Closed) && fact.at_us() >= accepted_us
    });
    leg.state = LegState::Handled;
    leg.accepted_us = Some(accepted_us);
    leg.agent = label(&accepted.detail.agent_id);
    leg.ended_us = ends.map(|fact| fact.at_us()).min();
}

fn never_accepted(leg: &mut Leg, all: &[&Fact<'_>]) {
    let Some((fact, state, reason)) = all.iter().find_map(|fact| final_outcome(fact).map(|(s, r)| (fact, s, r))) else {
        return;
    };
    leg.state = state;
    leg.reason = reason;
    leg.ended_us = Some(fact.at_us());
}

/// What an event makes of a leg that was never accepted, if it is final (D-28), with the reason of a miss.
fn final_outcome(fact: &Fact<'_>) -> Option<(LegState, String)> {
    let missed = |reason: &str| Some((LegState::Missed, reason.to_owned()));
    let rerouted = Some((LegState::Rerouted, String::new()));
    match fact.kind {
        Kind::Missed if fact.detail.is_final == Some(true) => missed(&label(&fact.detail.reason)),
        Kind::Transferred => rerouted,
        Kind::Closed => missed("closed"),
        Kind::QueueLeft | Kind::AssignmentEnded => match said(&fact.detail.reason) {
            Some("transferred") => rerouted,
            Some("abandoned" | "user_left") => missed("abandoned"),
            Some(reason @ ("timeout" | "closed")) => missed(reason),
            _ => None,
        },
        _ => None,
    }
}

/// Gives each handled leg its agent's first reply: a message that names it, or names none while it is served (D-30).
fn replies(facts: &[Fact<'_>], legs: &mut [Leg]) {
    for fact in facts.iter().filter(|fact| fact.kind == Kind::Message(Role::Agent)) {
        let at_us = fact.at_us();
        let named = said(&fact.detail.assignment_id);
        for leg in legs.iter_mut().filter(|leg| leg.state == LegState::Handled && leg.replied_us.is_none()) {
            let answers = match named {
                Some(id) => id == leg.assignment_id && at_us >= leg.opened_us,
                None => leg.serves(at_us),
            };
            if answers {
                leg.replied_us = Some(at_us);
            }
        }
    }
}

/// The messages of users and agents within the legs, from the events in order.
pub(crate) fn served(facts: &[Fact<'_>], legs: &[Leg]) -> Vec<ServedMessage> {
    let within = |at_us: i64| legs.iter().any(|leg| leg.serves(at_us));
    let messages = facts.iter().filter_map(|fact| match fact.kind {
        Kind::Message(role @ (Role::User | Role::Agent)) if within(fact.at_us()) => {
            Some(ServedMessage { at_us: fact.at_us(), role })
        }
        _ => None,
    });
    messages.collect()
}

/// Whether any leg is open at the event.
pub(crate) fn any_open_at(legs: &[Leg], order: Order<'_>) -> bool {
    legs.iter().any(|leg| leg.is_open_at(order.time_us))
}
