//! Chats: the visits a conversation falls into (1.1, D-07 to D-13).

use std::collections::HashMap;

use crate::MINUTE_US;
use crate::detail::{instant_us, said};
use crate::fact::{Fact, Kind, Person, Role, first_person};
use crate::feedback::{LastRatings, balance};
use crate::legs::{Leg, any_open_at};
use crate::speech::{self, Call};
use crate::workflows::first_workflow;

/// A chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    /// First participant activity, else first event; event time, microseconds.
    pub start_us: i64,
    /// Explicit end, else last participant activity, else the start.
    pub end_us: i64,
    /// First of its events that names somebody.
    pub person: Person,
    /// Whether it has a user message or a click: only such chats are counted.
    pub counted: bool,
    /// Whether a leg was open after its last event and there was no explicit end.
    pub open: bool,
    /// Whether a human was asked for in it.
    pub requested: bool,
    /// Whether a leg opened in it.
    pub has_leg: bool,
    /// Whether the bot wrote in it.
    pub has_bot: bool,
    /// First workflow it names; '' without (D-24).
    pub workflow: String,
    /// First primary intent of a user's message; '' without.
    pub intent: String,
    /// Reviewable messages last rated positive.
    pub positive: u32,
    /// Reviewable messages last rated negative.
    pub negative: u32,
    /// Its speech.
    pub call: Call,
    /// Whether the customer ended it by hanging up.
    pub hung_up: bool,
    /// Whether its participants did no more than one thing in it.
    pub single: bool,
}

/// Whether a chat is counted: it has a message or a click of the user.
pub(crate) fn is_counted(events: &[&Fact<'_>]) -> bool {
    events.iter().any(|fact| fact.kind.is_from_user())
}

/// A gap of at most this is bridged by a session or an open leg (D-41).
const LOOK_BACK_US: i64 = 30 * 24 * 60 * MINUTE_US;

/// Cuts a conversation's events (in order) into the events of its chats: another one begins after it was idle for longer than
/// `timeout_us`.
pub(crate) fn cut<'f, 'a>(facts: &'f [Fact<'a>], legs: &[Leg], timeout_us: i64) -> Vec<Vec<&'f Fact<'a>>> {
    let mut pieces: Vec<Vec<&Fact<'a>>> = Vec::new();
    let mut session = "";
    for fact in facts.iter().filter(|fact| fact.kind.in_chats()) {
        let last = pieces.last().and_then(|piece| piece.last());
        if last.is_none_or(|last| begins_another(last, fact, session, timeout_us, legs)) {
            pieces.push(Vec::new());
            session = "";
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(fact);
        }
        if !fact.session_id.is_empty() {
            session = fact.session_id;
        }
    }
    pieces
}

fn begins_another(last: &Fact<'_>, next: &Fact<'_>, session: &str, timeout_us: i64, legs: &[Leg]) -> bool {
    let gap = next.order.time_us - last.order.time_us;
    if last.kind == Kind::Ended || gap > LOOK_BACK_US {
        return true;
    }
    if !session.is_empty() && !next.session_id.is_empty() {
        return next.session_id != session;
    }
    gap > timeout_us && !any_open_at(legs, last.order)
}

/// The events of chats in order, each with the place of its chat, from 1.
pub(crate) fn numbered<'p, 'a>(pieces: &'p [Vec<&'p Fact<'a>>]) -> impl Iterator<Item = (u32, &'p Fact<'a>)> {
    (1..).zip(pieces).flat_map(|(chat, piece)| piece.iter().map(move |fact| (chat, *fact)))
}

/// What of a conversation a chat needs besides its own events.
pub(crate) struct Around<'f> {
    pub(crate) legs: &'f [Leg],
    pub(crate) ratings: &'f LastRatings<'f>,
    pub(crate) intents: &'f HashMap<&'f str, (f64, &'f str)>,
}

/// What a chat's events say of it.
pub(crate) fn chat(events: &[&Fact<'_>], around: &Around<'_>) -> Option<Chat> {
    let (first, last) = (events.first()?, events.last()?);
    let participants = || events.iter().filter(|fact| fact.kind.is_participant());
    let start_us = participants().next().unwrap_or(first).at_us();
    let explicit_end = events.iter().find(|fact| fact.kind == Kind::Ended);
    let end_us = match explicit_end {
        Some(ended) => start_us.max(instant_us(&ended.detail.ended_at).unwrap_or(ended.at_us())),
        None => participants().next_back().map_or(start_us, |fact| fact.at_us()),
    };
    let (positive, negative) = balance(events, around.ratings);
    let intent = events.iter().find_map(|fact| around.intents.get(fact.order.event_id));
    Some(Chat {
        start_us,
        end_us,
        person: first_person(events.iter().copied()).unwrap_or_default(),
        counted: is_counted(events),
        open: explicit_end.is_none() && any_open_at(around.legs, last.order),
        requested: events.iter().any(|fact| fact.kind.is_request()),
        has_leg: events.iter().any(|fact| fact.kind.opens_leg()),
        has_bot: events.iter().any(|fact| fact.kind == Kind::Message(Role::Bot)),
        workflow: first_workflow(events),
        intent: intent.map_or_else(String::new, |(_, intent)| (*intent).to_owned()),
        positive,
        negative,
        call: speech::call(events),
        single: participants().nth(1).is_none(),
        hung_up: explicit_end.is_some_and(|ended| said(&ended.detail.reason) == Some("call_hangup")),
    })
}
