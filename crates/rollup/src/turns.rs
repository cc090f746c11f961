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
    /// From the first user message of the burst to the answer, microseconds.
    pub from_first_us: u64,
    /// The workflow that the answer carries; '' without.
    pub workflow: String,
    /// The model of the last call of a language model between the user's last message and the answer; '' without.
    pub model: String,
    /// Whether the bot fell back between the user's last message and the answer.
    pub fallback: bool,
    /// Event id of the user's last message, where the bot fell back; '' else.
    pub question: String,
    /// From the user's last sound to the answer's first, microseconds; None where they are not told or not in this order.
    pub silence_us: Option<u64>,
}

/// What a user says in a row.
struct Burst<'f, 'a> {
    first_us: i64,
    last: &'f Fact<'a>,
}

/// The answered turns of a conversation, from its events in order.
pub(crate) fn turns(facts: &[Fact<'_>]) -> Vec<Turn> {
    let mut turns = Vec::new();
    let mut burst: Option<Burst<'_, '_>> = None;
    let (mut fallback, mut model) = (false, String::new());
    for fact in facts {
        fallback |= fact.kind == Kind::Fallback;
        if fact.kind == Kind::ModelCall {
            model = text(&fact.detail.model);
        }
        let Kind::Message(role) = fact.kind else { continue };
        let at_us = fact.at_us();
        if let (Role::Bot, Some(Burst { first_us, last })) = (role, &burst) {
            turns.push(Turn {
                reply_us: at_us,
                response_us: at_us.abs_diff(last.at_us()),
                from_first_us: at_us.abs_diff(*first_us),
                workflow: text(&fact.detail.workflow_id),
                model: std::mem::take(&mut model),
                fallback,
                question: if fallback { last.order.event_id.to_owned() } else { String::new() },
                silence_us: silence_us(last, fact),
            });
        }
        let first_us = burst.map_or(at_us, |burst| burst.first_us);
        burst = (role == Role::User).then_some(Burst { first_us, last: fact });
        fallback = false;
        model.clear();
    }
    turns
}

fn silence_us(asked: &Fact<'_>, answer: &Fact<'_>) -> Option<u64> {
    u64::try_from(utterance(answer)?.began_us - utterance(asked)?.ended_us).ok()
}
