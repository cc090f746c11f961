//! The people behind the assistant: shifts, queues, conversations that are taken over.

use chrono::{Duration, NaiveDate};
use serde_json::json;

use super::{calendar, people, random::Random, story::Story};

/// Agents have numbers instead of names.
const AGENTS: i64 = 9;

fn agent_id(number: i64) -> String {
    format!("agent-{number}")
}

/// First and last number of the agents on duty at this local hour; nobody at night.
fn on_duty(hour: u32) -> Option<(i64, i64)> {
    match hour {
        8..=13 => Some((1, 6)),
        14..=20 => Some((4, AGENTS)),
        _ => None,
    }
}

impl Story {
    /// Somebody asks for a person. Returns whether one answered.
    pub(crate) fn hand_over(&mut self, after_fallback: bool) -> bool {
        self.customer_says("human", Some("talk_to_human"));
        let trigger = if after_fallback {
            "after_fallback"
        } else {
            self.random.weighted(&[("direct", 70), ("operator_button", 16), ("rule", 8), ("sentiment", 6)])
        };
        self.wait(200, 900);
        self.emit("handoff.requested", json!({"trigger": trigger, "target_team": "support"}));
        let assignment_id = self.random.uuid();
        self.emit(
            "queue.entered",
            json!({"assignment_id": assignment_id, "queue": "support", "team": "support", "origin": "initiated"}),
        );

        let hour = chrono::Timelike::hour(&self.at.with_timezone(&calendar::ZONE).time());
        let Some((first, last)) = on_duty(hour) else {
            self.wait(500, 2_000);
            self.emit(
                "assignment.missed",
                json!({"assignment_id": assignment_id, "reason": "out_of_hours", "final": true}),
            );
            return false;
        };
        if self.random.percent(8) {
            self.wait(60_000, 420_000);
            self.emit("queue.left", json!({"assignment_id": assignment_id, "reason": "abandoned"}));
            return false;
        }
        let agent = agent_id(self.random.between(first, last));
        self.wait(4_000, 150_000);
        self.emit("assignment.offered", json!({"assignment_id": assignment_id, "agent_id": agent}));
        self.wait(1_000, 20_000);
        self.emit("assignment.accepted", json!({"assignment_id": assignment_id, "agent_id": agent}));
        self.agent_talks(&assignment_id, &agent);
        true
    }

    fn agent_talks(&mut self, assignment_id: &str, agent: &str) {
        for _ in 0..self.random.between(2, 5) {
            self.wait(6_000, 90_000);
            self.agent_says(assignment_id, agent);
            if self.random.percent(75) {
                self.wait(5_000, 80_000);
                self.customer_says("reply", None);
            }
        }
        self.wait(5_000, 60_000);
        if self.random.percent(9) {
            self.transfer(assignment_id, agent);
        } else {
            self.close(assignment_id, agent);
        }
    }

    fn agent_says(&mut self, assignment_id: &str, agent: &str) {
        let message_id = self.random.uuid();
        let text = super::phrases::say(&mut self.random, "agent", self.person.language);
        self.emit(
            "message.created",
            json!({
                "message_id": message_id,
                "role": "agent",
                "text": text,
                "content_type": "text",
                "agent_id": agent,
                "assignment_id": assignment_id,
            }),
        );
    }

    /// The leg ends here and another agent takes the next one.
    fn transfer(&mut self, assignment_id: &str, agent: &str) {
        let next = self.random.uuid();
        let specialist = agent_id(AGENTS);
        self.emit(
            "assignment.transferred",
            json!({
                "assignment_id": assignment_id,
                "new_assignment_id": next,
                "from_agent_id": agent,
                "to_agent_id": specialist,
                "kind": "warm",
            }),
        );
        self.emit("queue.entered", json!({"assignment_id": next, "queue": "specialists", "origin": "transfer"}));
        self.wait(2_000, 60_000);
        self.emit("assignment.accepted", json!({"assignment_id": next, "agent_id": specialist}));
        self.wait(8_000, 90_000);
        self.agent_says(&next, &specialist);
        self.wait(5_000, 60_000);
        self.close(&next, &specialist);
    }

    fn close(&mut self, assignment_id: &str, agent: &str) {
        let reason =
            self.random.weighted(&[("solved", 58), ("information given", 22), ("duplicate", 5), ("no answer", 15)]);
        self.emit(
            "assignment.ended",
            json!({"assignment_id": assignment_id, "agent_id": agent, "reason": "closed", "wrap_up_ms": 12_000}),
        );
        self.emit(
            "conversation.closed",
            json!({"reason": reason, "closed_by": "agent", "agent_id": agent, "assignment_id": assignment_id}),
        );
    }
}

/// The shifts of a day: who logs in when, and out again.
pub(crate) fn shifts(seed: u64, day: NaiveDate) -> Story {
    let random = Random::new(seed, "shifts", calendar::number(day));
    let nobody = people::person(seed, 0);
    let midnight = calendar::midnight(day);
    let mut story = Story::new(random, nobody, midnight);
    story.environment = "production";
    for number in 1..=AGENTS {
        if story.random.percent(18) {
            continue;
        }
        let agent = agent_id(number);
        let early = number <= 6;
        let session = story.random.uuid();
        story.at = midnight + Duration::hours(if early { 8 } else { 14 });
        story.wait(-600_000, 600_000);
        story.emit_outside(
            "agent.upserted",
            json!({"agent_id": agent, "display_name": format!("Agent {number}"), "role": "support", "team": "support"}),
        );
        story.emit_outside("agent.session.started", json!({"agent_id": agent, "agent_session_id": session}));
        story.emit_outside("agent.status.changed", json!({"agent_id": agent, "status": "available"}));
        story.wait(10_800_000, 14_400_000);
        story.emit_outside("agent.status.changed", json!({"agent_id": agent, "status": "break"}));
        story.wait(1_200_000, 2_400_000);
        story.emit_outside("agent.status.changed", json!({"agent_id": agent, "status": "available"}));
        story.wait(7_200_000, 10_800_000);
        story.emit_outside(
            "agent.session.ended",
            json!({"agent_id": agent, "agent_session_id": session, "reason": "logout"}),
        );
    }
    story
}
