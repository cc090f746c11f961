//! Requests for a human whose producer gave no trigger: worked out from what came before in the same chat (D-15).

use crate::detail::said;
use crate::fact::{Fact, Kind, Role};

/// A `handoff.requested` without a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InferredRequest {
    /// Event time, microseconds.
    pub time_us: i64,
    /// `after_fallback`, `operator_button` or `direct`.
    pub trigger: &'static str,
}

/// The requests of a chat (its events in order) that need inference.
pub(crate) fn inferred(chat: &[&Fact<'_>]) -> Vec<InferredRequest> {
    let unsaid = |fact: &Fact<'_>| fact.kind == Kind::Handoff && said(&fact.detail.trigger).is_none();
    let requests = chat.iter().enumerate().filter(|(_, fact)| unsaid(fact));
    requests.map(|(at, fact)| InferredRequest { time_us: fact.order.time_us, trigger: infer(&chat[..at]) }).collect()
}

fn infer(before: &[&Fact<'_>]) -> &'static str {
    if bot_fell_back(before) {
        return "after_fallback";
    }
    let last_of_user = before.iter().rev().find(|fact| fact.kind.is_from_user());
    match last_of_user {
        Some(fact) if fact.kind == Kind::Clicked && said(&fact.detail.destination_type) == Some("operator") => {
            "operator_button"
        }
        _ => "direct",
    }
}

/// Whether the bot's last turn holds a fallback: its events since the user's last one before its own last.
fn bot_fell_back(before: &[&Fact<'_>]) -> bool {
    let is_bot = |fact: &&Fact<'_>| matches!(fact.kind, Kind::Message(Role::Bot) | Kind::Fallback);
    let Some(last_of_bot) = before.iter().rposition(is_bot) else { return false };
    let turn_begins =
        before[..last_of_bot].iter().rposition(|fact| fact.kind.is_from_user()).map_or(0, |position| position + 1);
    before[turn_begins..=last_of_bot].iter().any(|fact| fact.kind == Kind::Fallback)
}
