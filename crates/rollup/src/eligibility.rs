//! What keeps a conversation out of every figure (P5): it was deleted, is a test, or a crawler took part in it.

use event::{Data, Event};
use serde_json::Value;

use crate::fact::Fact;

/// The tag that makes a conversation a test.
pub(crate) const TEST_TAG: &str = "test";

/// What an event says about whether its conversation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// The conversation was deleted.
    Deleted,
    /// Its tags were set, `test` among them.
    Test,
    /// Its tags were set, without `test`.
    NoTest,
    /// A known crawler sent the event, which is nobody's activity either.
    Crawler,
}

impl Flag {
    /// The flag's name in rows; that of no flag is ''.
    pub fn name(self) -> &'static str {
        match self {
            Flag::Deleted => "deleted",
            Flag::Test => "test",
            Flag::NoTest => "no_test",
            Flag::Crawler => "crawler",
        }
    }

    /// The flag of a name.
    pub fn from_name(name: &str) -> Option<Flag> {
        [Flag::Deleted, Flag::Test, Flag::NoTest, Flag::Crawler].into_iter().find(|flag| flag.name() == name)
    }
}

/// What an event says about whether its conversation counts. Depends on nothing but the event.
pub fn flag(event: &Event<'_>) -> Option<Flag> {
    match &event.data {
        Data::ConversationDeleted(_) => Some(Flag::Deleted),
        _ if event.context.user_agent.as_deref().is_some_and(event::is_crawler) => Some(Flag::Crawler),
        Data::ConversationUpdated(updated) => {
            let tags = updated.set.as_ref().and_then(|set| set.tags.as_deref())?;
            let tags: Vec<Value> = serde_json::from_str(tags).unwrap_or_default();
            Some(if tags.iter().any(|tag| tag == TEST_TAG) { Flag::Test } else { Flag::NoTest })
        }
        _ => None,
    }
}

/// Why a conversation is in no figure; of several reasons the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ineligible {
    /// It was deleted, soft or hard, whenever that was (D-02).
    Deleted,
    /// The last of its updates that set tags sets `test`.
    Test,
    /// A known crawler sent one of its events.
    Crawler,
}

impl Ineligible {
    /// The reason's number in rows; that of a conversation that counts is 0.
    pub fn number(self) -> u8 {
        match self {
            Ineligible::Deleted => 1,
            Ineligible::Test => 2,
            Ineligible::Crawler => 3,
        }
    }
}

/// Why the conversation of these events, in order, is in no figure.
pub(crate) fn ineligible(facts: &[Fact<'_>]) -> Option<Ineligible> {
    let has = |wanted: Flag| facts.iter().any(|fact| fact.flag == Some(wanted));
    let mut tagged =
        facts.iter().rev().filter_map(|fact| fact.flag).filter(|flag| matches!(flag, Flag::Test | Flag::NoTest));
    if has(Flag::Deleted) {
        return Some(Ineligible::Deleted);
    }
    if tagged.next() == Some(Flag::Test) {
        return Some(Ineligible::Test);
    }
    has(Flag::Crawler).then_some(Ineligible::Crawler)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Detail, Kind, Order};

    fn of(flags: &[Flag]) -> Option<Ineligible> {
        let fact = |(at, flag): (usize, &Flag)| Fact {
            order: Order { time_us: at as i64, sequence: 0, event_id: "" },
            kind: Kind::Other,
            user_id: "",
            anonymous_id: "",
            session_id: "",
            channel: "",
            bot_id: "",
            flag: Some(*flag),
            detail: Detail::default(),
        };
        ineligible(&flags.iter().enumerate().map(fact).collect::<Vec<_>>())
    }

    #[test]
    fn the_last_tags_decide_about_a_test_and_nothing_takes_back_a_deletion_or_a_crawler() {
        use Flag::{Crawler, Deleted, NoTest, Test};
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[NoTest]), None);
        assert_eq!(of(&[NoTest, Test]), Some(Ineligible::Test));
        assert_eq!(of(&[Test, NoTest]), None);
        assert_eq!(of(&[Crawler, Test, NoTest]), Some(Ineligible::Crawler));
        assert_eq!(of(&[Crawler, Test]), Some(Ineligible::Test));
        assert_eq!(of(&[Deleted, Crawler, Test]), Some(Ineligible::Deleted));
    }

    #[test]
    fn an_event_says_what_it_says_of_its_conversation() {
        let said = |event: &str, more: &str| {
            let json = format!(
                r#"{{"event_id": "e", "event": "{event}", "project_id": "p", "conversation_id": "c", "timestamp": 1, {more}}}"#
            );
            flag(&Event::decode(json.as_bytes()).unwrap())
        };
        assert_eq!(said("conversation.deleted", r#""data": {}"#), Some(Flag::Deleted));
        assert_eq!(said("conversation.updated", r#""data": {"set": {"tags": ["vip", "test"]}}"#), Some(Flag::Test));
        assert_eq!(said("conversation.updated", r#""data": {"set": {"tags": ["testing"]}}"#), Some(Flag::NoTest));
        assert_eq!(said("conversation.updated", r#""data": {"set": {"is_marked": true}}"#), None);
        let click = r#""data": {"click_type": "link", "title": "x"}, "context": {"user_agent": "Googlebot/2.1"}"#;
        assert_eq!(said("ui.clicked", click), Some(Flag::Crawler));
    }

    #[test]
    fn names_come_back() {
        for flag in [Flag::Deleted, Flag::Test, Flag::NoTest, Flag::Crawler] {
            assert_eq!(Flag::from_name(flag.name()), Some(flag));
        }
        assert_eq!(Flag::from_name(""), None);
    }
}
