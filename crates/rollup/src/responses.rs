//! How long customers waited for a human agent: the first response of a conversation, and those within a served leg (1.5).

use crate::chats::numbered;
use crate::detail::said;
use crate::fact::{Fact, Kind, Role};
use crate::legs::Leg;

/// What a response of a human agent answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseKind {
    /// The conversation's first request for a human or opening of a leg, whichever came first.
    First,
    /// The start of the conversation.
    FirstFromStart,
    /// A burst of user messages while a leg was served.
    Next,
}

impl ResponseKind {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            ResponseKind::First => "first",
            ResponseKind::FirstFromStart => "first_from_start",
            ResponseKind::Next => "next",
        }
    }
}

/// A human agent's response. Times are event times, microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// What it answers.
    pub kind: ResponseKind,
    /// When the wait began; of a burst its last message (AMB-03).
    pub asked_us: i64,
    /// The agent's message.
    pub replied_us: i64,
    /// Who wrote it: as the message says, else whose leg it is, else `unknown`.
    pub agent: String,
    /// Place of its chat in the list of chats, from 1.
    pub chat: u32,
    /// Place of its leg in the list of legs, from 1, of a next response; 0 of a first one.
    pub leg: u32,
}

/// A wait that is answered once.
#[derive(Debug, Clone, Copy)]
enum Wait {
    NotBegun,
    Since(i64),
    Over,
}

impl Wait {
    fn begin(&mut self, at_us: i64) {
        if matches!(self, Wait::NotBegun) {
            *self = Wait::Since(at_us);
        }
    }

    /// Since when it lasted, if it lasts.
    fn answer(&mut self) -> Option<i64> {
        let Wait::Since(asked_us) = *self else { return None };
        *self = Wait::Over;
        Some(asked_us)
    }
}

/// The responses of a conversation, from the events of its chats. What a bot writes neither answers nor parts a burst.
pub(crate) fn responses(pieces: &[Vec<&Fact<'_>>], legs: &[Leg]) -> Vec<Response> {
    let (mut request, mut start, mut burst_us) = (Wait::NotBegun, Wait::NotBegun, None);
    let mut responses = Vec::new();
    for (chat, fact) in numbered(pieces) {
        let at_us = fact.at_us();
        if fact.kind == Kind::Message(Role::Agent) {
            // Whoever writes first keeps nobody waiting.
            if matches!(start, Wait::NotBegun) {
                start = Wait::Over;
            }
            let first = [(ResponseKind::First, request.answer()), (ResponseKind::FirstFromStart, start.answer())];
            let first = first.into_iter().filter_map(|(kind, asked)| Some((kind, asked?, 0)));
            let next = burst_us.take().and_then(|asked| Some((ResponseKind::Next, asked, serving(legs, asked, fact)?)));
            responses.extend(first.chain(next).map(|(kind, asked_us, leg)| Response {
                kind,
                asked_us,
                replied_us: at_us,
                agent: agent(fact, legs),
                chat,
                leg,
            }));
            continue;
        }
        if fact.kind.is_use() {
            start.begin(at_us);
        }
        if fact.kind == Kind::Handoff || fact.kind.opens_leg() {
            request.begin(at_us);
        }
        if fact.kind == Kind::Message(Role::User) {
            burst_us = Some(at_us);
        }
    }
    responses
}

/// The place of the leg that was served both when the user asked and when the agent replied.
fn serving(legs: &[Leg], asked_us: i64, reply: &Fact<'_>) -> Option<u32> {
    let named = said(&reply.detail.assignment_id);
    let both = |leg: &Leg| leg.serves(asked_us) && leg.serves(reply.at_us());
    let place = legs.iter().position(|leg| named.is_none_or(|id| id == leg.assignment_id) && both(leg))?;
    u32::try_from(place + 1).ok()
}

fn agent(reply: &Fact<'_>, legs: &[Leg]) -> String {
    let of_leg = || legs.iter().find(|leg| leg.serves(reply.at_us())).map(|leg| leg.agent.as_str());
    said(&reply.detail.agent_id).or_else(of_leg).unwrap_or("unknown").to_owned()
}
