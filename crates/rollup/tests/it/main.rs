//! What a conversation folds to: held against the oracle, and by hand where it does not judge or judges only sums.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod facts;
mod figures;
mod oracle;
mod order;

use rollup::{ConversationState, Detail, Fact, IdleTimeouts, Kind, Order, Role, fold};

/// An event of a conversation in the making.
#[derive(Debug)]
pub(crate) struct Told {
    id: String,
    event: &'static str,
    at_s: i64,
    data: String,
    context: String,
    pub(crate) bot_id: &'static str,
}

impl Told {
    /// Its event id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// An event at a second, with its data as JSON.
pub(crate) fn told(at_s: i64, event: &'static str, data: &str) -> Told {
    told_in(at_s, event, data, "")
}

/// The same, with its context as JSON.
pub(crate) fn told_in(at_s: i64, event: &'static str, data: &str, context: &str) -> Told {
    let (data, context) = (data.to_owned(), context.to_owned());
    Told { id: format!("{at_s}-{event}-{data}"), event, at_s, data, context, bot_id: "" }
}

/// A public message.
pub(crate) fn message(at_s: i64, role: &str, more: &str) -> Told {
    told(at_s, "message.created", &format!(r#"{{"message_id": "m{at_s}", "role": "{role}"{more}}}"#))
}

fn role(told: &Told) -> Option<Role> {
    let names = [("user", Role::User), ("bot", Role::Bot), ("agent", Role::Agent)];
    let of_message = names.into_iter().filter(|_| told.event == "message.created");
    of_message.clone().find(|(name, _)| told.data.contains(&format!(r#""role": "{name}""#))).map(|(_, role)| role)
}

fn fact(told: &Told) -> Fact<'_> {
    Fact {
        order: Order { time_us: told.at_s * 1_000_000, sequence: 0, event_id: &told.id },
        kind: Kind::of(told.event, role(told)),
        user_id: "u1",
        anonymous_id: "",
        session_id: "",
        channel: "web",
        bot_id: told.bot_id,
        flag: None,
        detail: Detail::from_json(&told.data, &told.context),
    }
}

pub(crate) fn folded(events: &[Told]) -> ConversationState {
    fold(events.iter().map(fact).collect(), &IdleTimeouts::default()).unwrap()
}
