//! What customers think of it: thumbs on answers, a satisfaction survey, a word on the whole conversation.

use serde_json::json;

use super::{phrases::say, story::Story};

impl Story {
    /// Feedback at the end of a visit; happier when nobody had to step in.
    pub(crate) fn opinions(&mut self, handed_over: bool) {
        for message_id in std::mem::take(&mut self.rateable) {
            if self.random.percent(13) {
                self.wait(1_000, 30_000);
                let rating =
                    self.random.weighted(&[("positive", 68), ("negative", 26), ("neutral", 4), ("withdrawn", 2)]);
                self.emit(
                    "feedback.submitted",
                    json!({"target": "message", "message_id": message_id, "rating": rating, "source": "customer"}),
                );
            }
        }
        if self.random.percent(if handed_over { 55 } else { 18 }) {
            self.survey(handed_over);
        }
        if self.random.percent(4) {
            self.wait(2_000, 60_000);
            let rating = self.random.weighted(&[("positive", 60), ("neutral", 15), ("negative", 25)]);
            let comment = say(&mut self.random, "comment", self.person.language);
            let comment = self.random.percent(40).then_some(comment);
            self.emit(
                "feedback.submitted",
                json!({"target": "conversation", "rating": rating, "comment": comment, "source": "customer"}),
            );
        }
    }

    fn survey(&mut self, handed_over: bool) {
        let survey_id = self.random.uuid();
        self.wait(1_000, 5_000);
        self.emit("csat.requested", json!({"survey_id": survey_id, "kind": "csat"}));
        if self.random.percent(38) {
            self.wait(4_000, 180_000);
            let scores = if handed_over {
                [(5, 48), (4, 27), (3, 11), (2, 6), (1, 8)]
            } else {
                [(5, 41), (4, 26), (3, 16), (2, 8), (1, 9)]
            };
            let score = self.random.weighted(&scores);
            self.emit(
                "csat.submitted",
                json!({"survey_id": survey_id, "kind": "csat", "score": score, "scale_min": 1, "scale_max": 5}),
            );
        }
    }
}
