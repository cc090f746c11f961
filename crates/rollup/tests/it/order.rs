//! The fold is a function of the set of events: their order of arrival is none of its business.

use proptest::prelude::*;

use crate::{Told, folded, message, told};

/// Something that may happen in a conversation, at a second.
fn event() -> impl Strategy<Value = Told> {
    (0_i64..4_000, 0..14_u8).prop_map(|(at_s, what)| match what {
        0..=2 => message(at_s, "user", r#", "intent": {"name": "refund", "confidence": 0.4}"#),
        3..=4 => message(at_s, "bot", r#", "workflow_id": "faq", "feedback_enabled": true"#),
        5 => message(at_s, "agent", r#", "agent_id": "ana", "assignment_id": "leg""#),
        6 => told(at_s, "queue.entered", r#"{"assignment_id": "leg", "origin": "initiated"}"#),
        7 => told(at_s, "assignment.accepted", r#"{"assignment_id": "leg", "agent_id": "ana"}"#),
        8 => told(at_s, "conversation.closed", r#"{"reason": "solved"}"#),
        9 => told(at_s, "ui.clicked", r#"{"click_type": "link", "title": "Shop"}"#),
        10 => told(at_s, "handoff.requested", "{}"),
        11 => told(at_s, "conversation.ended", "{}"),
        12 => told(at_s, "csat.submitted", r#"{"survey_id": "s", "score": 4}"#),
        _ => told(at_s, "feedback.submitted", r#"{"message_id": "m7", "rating": "positive", "source": "customer"}"#),
    })
}

proptest! {
    #[test]
    fn any_order_folds_to_the_same(events in prop::collection::vec(event(), 1..40), seed in any::<u64>()) {
        let mut events: Vec<Told> = events;
        events.sort_by(|a, b| a.id.cmp(&b.id));
        events.dedup_by(|a, b| a.id == b.id);
        let once = folded(&events);
        let len = events.len() as u64;
        for turn in 0..len {
            events.swap((seed.rotate_left(turn as u32) % len) as usize, turn as usize);
        }
        prop_assert_eq!(folded(&events), once);
    }

    #[test]
    fn the_parts_of_a_conversation_add_up(events in prop::collection::vec(event(), 1..40)) {
        let mut events: Vec<Told> = events;
        events.sort_by(|a, b| a.id.cmp(&b.id));
        events.dedup_by(|a, b| a.id == b.id);
        let state = folded(&events);
        let messages = events.iter().filter(|told| told.event == "message.created").count();
        prop_assert_eq!(state.messages.iter().map(|cell| cell.messages as usize).sum::<usize>(), messages);
        prop_assert!(state.served.len() <= messages);
        for chat in &state.chats {
            prop_assert!(chat.start_us <= chat.end_us);
        }
        for leg in &state.legs {
            prop_assert!(leg.accepted_us.is_none_or(|at| at >= leg.opened_us));
            prop_assert!(leg.ended_us.is_none_or(|at| at >= leg.accepted_us.unwrap_or(leg.opened_us)));
        }
    }
}
