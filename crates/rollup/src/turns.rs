//! Turns: a burst of user messages and the bot's first answer to it (1.1, D-35). Turns know no chats.

use crate::detail::text;
use crate::fact::{Fact, Kind, Role};
use crate::speech::utterance;

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
    /// Event id of the user's last message, where the bot fell back; '' else.
    pub question: String,
    /// From the user's last sound to the answer's first, microseconds; None where they are not told or not in this order.
    pub silence_us: Option<u64>,
}

/// The answered turns of a conversation, from its events in order.
pub(crate) fn turns(facts: &[Fact<'_>]) -> Vec<Turn> {
    let mut turns = Vec::new();
    let mut asked: Option<&Fact<'_>> = None;
    let mut fallback = false;
    for fact in facts {
        fallback |= fact.kind == Kind::Fallback;
        let Kind::Message(role) = fact.kind else { continue };
        let reply_us = fact.at_us();
        if let (Role::Bot, Some(asked)) = (role, asked) {
            let workflow = text(&fact.detail.workflow_id);
            let question = if fallback { asked.order.event_id.to_owned() } else { String::new() };
            let response_us = reply_us.abs_diff(asked.at_us());
            let silence_us = silence_us(asked, fact);
            turns.push(Turn { reply_us, response_us, workflow, fallback, question, silence_us });
        }
        asked = (role == Role::User).then_some(fact);
        fallback = false;
    }
    turns
}

fn silence_us(asked: &Fact<'_>, answer: &Fact<'_>) -> Option<u64> {
    u64::try_from(utterance(answer)?.began_us - utterance(asked)?.ended_us).ok()
}
