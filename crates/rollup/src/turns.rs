//! Turns: a burst of user messages and the bot's first answer to it (1.1, D-35). Turns know no chats.

use crate::detail::text;
use crate::fact::{Fact, Kind, Role};

/// A turn that the bot answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Event time of the answer, microseconds.
    pub reply_us: i64,
    /// From the last user message of the burst to the answer, microseconds.
    pub response_us: u64,
    /// The workflow that the answer carries; '' without.
    pub workflow: String,
    /// Whether the bot fell back between the user's last message and the answer.
    pub fallback: bool,
}

/// The answered turns of a conversation, from its events in order.
pub(crate) fn turns(facts: &[Fact<'_>]) -> Vec<Turn> {
    let mut turns = Vec::new();
    let mut asked_us = None;
    let mut fallback = false;
    for fact in facts {
        fallback |= fact.kind == Kind::Fallback;
        let Kind::Message(role) = fact.kind else { continue };
        let reply_us = fact.at_us();
        if let (Role::Bot, Some(asked)) = (role, asked_us) {
            let workflow = text(&fact.detail.workflow_id);
            turns.push(Turn { reply_us, response_us: reply_us.abs_diff(asked), workflow, fallback });
        }
        asked_us = (role == Role::User).then_some(reply_us);
        fallback = false;
    }
    turns
}
