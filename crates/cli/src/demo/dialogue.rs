//! What the assistant and the customer say to each other.

use serde_json::json;

use super::{
    people::Channel,
    phrases::{Topic, say},
    story::Story,
};

impl Story {
    /// A few turns about a topic. Returns whether the last answer was a fallback.
    pub(crate) fn talk_with_bot(&mut self, topic: &Topic) -> bool {
        let turns = self.random.weighted(&[(1, 42), (2, 33), (3, 17), (5, 8)]);
        let mut fell_back = false;
        for turn in 0..turns {
            let situation = if turn == 0 { topic.asked } else { "reply" };
            self.customer_says(situation, (turn == 0).then_some(topic.intent));
            fell_back = self.random.percent(11);
            self.bot_answers(topic, turn == 0, fell_back);
            self.wait(4_000, 55_000);
        }
        if !fell_back && self.random.percent(46) {
            self.customer_says("thanks", Some("thanks"));
        }
        fell_back
    }

    /// A message of the customer, now and then in two parts.
    pub(crate) fn customer_says(&mut self, situation: &str, intent: Option<&str>) {
        let media = self.random.percent(4) && self.person.channel == Channel::Whatsapp;
        let content_type = if media { *self.random.pick(&["image", "audio"]) } else { "text" };
        let detected_later = intent.is_some() && self.random.percent(15);
        let message_id = self.random.uuid();
        let inline = intent.filter(|_| !detected_later);
        let confidence = self.random.between(61, 99) as f64 / 100.0;
        let text = say(&mut self.random, situation, self.person.language);
        let data = json!({
            "message_id": message_id,
            "role": "user",
            "text": (!media).then_some(text),
            "content_type": content_type,
            "language": self.person.locale,
            "intent": inline.map(|name| json!({"name": name, "confidence": confidence})),
        });
        self.emit("message.created", data);
        if let Some(intent) = intent.filter(|_| detected_later) {
            self.wait(40, 250);
            self.emit("intent.detected", json!({"message_id": message_id, "intent": intent, "confidence": confidence}));
        }
    }

    fn bot_answers(&mut self, topic: &Topic, first: bool, fell_back: bool) {
        if first && self.random.percent(70) {
            self.wait(20, 120);
            self.emit("workflow.started", json!({"workflow_id": topic.workflow}));
        }
        if let Some(tool) = topic.tool.filter(|_| first && !fell_back) {
            self.tool_call(tool);
        }
        self.model_call();
        if fell_back {
            let kind = *self.random.pick(&["no_match", "low_confidence", "no_answer"]);
            self.emit("fallback.triggered", json!({"kind": kind}));
        }
        self.bot_says(if fell_back { "fallback" } else { topic.answered }, Some(topic.workflow));
        if !fell_back && self.person.channel.has_widget() && self.random.percent(22) {
            self.buttons(topic);
        }
    }

    pub(crate) fn bot_says(&mut self, situation: &str, workflow: Option<&str>) {
        let message_id = self.random.uuid();
        let rateable = workflow.is_some() && self.person.channel.has_widget();
        let text = say(&mut self.random, situation, self.person.language);
        let data = json!({
            "message_id": message_id,
            "role": "bot",
            "text": text,
            "content_type": "text",
            "workflow_id": workflow,
            "feedback_enabled": rateable.then_some(true),
        });
        self.emit("message.created", data);
        if self.person.channel == Channel::Whatsapp && self.random.percent(60) {
            self.wait(300, 4_000);
            let status = *self.random.pick(&["delivered", "read"]);
            self.emit("message.status", json!({"message_id": message_id, "status": status}));
        }
        if rateable {
            self.rateable.push(message_id);
        }
    }

    fn tool_call(&mut self, tool: &str) {
        let duration_ms = self.random.between(60, 900) * self.random.between(1, 3);
        self.wait(duration_ms, duration_ms);
        let failed = self.random.percent(4);
        self.emit(
            "tool.call.completed",
            json!({
                "tool_name": tool,
                "type": "function",
                "duration_ms": duration_ms,
                "status": if failed { "error" } else { "ok" },
                "error": failed.then_some("upstream timeout"),
            }),
        );
    }

    fn model_call(&mut self) {
        let duration_ms = self.random.between(350, 1_600) + self.random.between(0, 1_400);
        self.wait(duration_ms, duration_ms);
        let input_tokens = self.random.between(420, 2_600);
        let cached = self.random.percent(40).then_some(input_tokens / 2);
        let call_id = self.random.uuid();
        let output_tokens = self.random.between(25, 340);
        let model: &str = self.random.weighted(&[("large-1", 30), ("small-1", 70)]);
        self.emit(
            "llm.call.completed",
            json!({
                "call_id": call_id,
                "model": model,
                "input_tokens": input_tokens,
                "output_tokens": output_tokens,
                "cache_read_tokens": cached,
                "duration_ms": duration_ms,
                "ttft_ms": duration_ms / 3,
                "status": "ok",
            }),
        );
    }

    /// Shows the buttons below an answer; about half of them are used.
    fn buttons(&mut self, topic: &Topic) {
        self.wait(100, 400);
        let elements = json!([
            {"element_id": "more", "title": "Tell me more", "click_type": "quick_reply", "destination_type": "workflow", "destination": topic.workflow},
            {"element_id": "shop", "title": "Visit the shop", "click_type": "link", "destination_type": "url", "destination": "https://shop.example/"},
        ]);
        self.emit("ui.shown", json!({"element_id": "menu", "elements": elements}));
        if self.random.percent(48) {
            self.wait(1_500, 20_000);
            let chosen = self.random.below(2) as usize;
            self.emit("ui.clicked", elements[chosen].clone());
        }
    }
}
