//! Requests for a human (D-14), with what triggered each: as the producer says, else worked out from what came before in
//! the same chat (D-15).

use crate::detail::{label, said};
use crate::fact::{Fact, Kind, Person, Role};

/// A request for a human, or a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HumanRequest {
    /// Event time, microseconds.
    pub at_us: i64,
    /// Whose it is.
    pub person: Person,
    /// What triggered a `handoff.requested`; '' of a ticket.
    pub trigger: String,
    /// Whether the trigger was worked out.
    pub inferred: bool,
    /// The team that is asked for, `unknown` without.
    pub team: String,
    /// Why, as sent, `unknown` without.
    pub reason: String,
}

/// The requests of a chat, from its events in order.
pub(crate) fn requests(chat: &[&Fact<'_>]) -> Vec<HumanRequest> {
    let requests = chat.iter().enumerate().filter(|(_, fact)| fact.kind.is_request());
    requests
        .map(|(at, fact)| {
            let given = said(&fact.detail.trigger);
            let inferred = fact.kind == Kind::Handoff && given.is_none();
            let trigger = match (inferred, fact.kind) {
                (true, _) => infer(&chat[..at]),
                (false, Kind::Handoff) => given.unwrap_or_default(),
                _ => "",
            };
            let person = fact.person().unwrap_or_default();
            HumanRequest {
                at_us: fact.at_us(),
                person,
                trigger: trigger.to_owned(),
                inferred,
                team: label(&fact.detail.target_team),
                reason: label(&fact.detail.reason),
            }
        })
        .collect()
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
