//! Turns: a burst of user messages and the bot's first answer to it (1.1, D-35). Turns know no chats.

use crate::fact::{Fact, Kind, Role};

/// A turn that the bot answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Event time of the answer, microseconds.
    pub reply_us: i64,
    /// From the last user message of the burst to the answer, microseconds.
    pub response_us: u64,
}

/// The answered turns of a conversation, from its events in order.
pub(crate) fn turns(facts: &[Fact<'_>]) -> Vec<Turn> {
    let mut turns = Vec::new();
    let mut asked_us = None;
    for fact in facts {
        let Kind::Message(role) = fact.kind else { continue };
        let reply_us = fact.order.time_us;
        if let (Role::Bot, Some(asked)) = (role, asked_us) {
            turns.push(Turn { reply_us, response_us: reply_us.abs_diff(asked) });
        }
        asked_us = (role == Role::User).then_some(reply_us);
    }
    turns
}
