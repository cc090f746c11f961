//! What customers think, what the AI does and what human agents do.

use std::collections::{BTreeMap, BTreeSet};

use rollup::{Click, ConversationState, LegState, ModelCall, ToolCall};
use serde_json::{Value, json};

use super::{Figures, Folded, counts, mean, number, ratio, seconds, table};

impl Folded<'_> {
    pub(super) fn feedback(&self) -> Figures {
        let reviewables = self.items(|state| &state.reviewables, |message| message.at_us);
        let rated = |rating: &str| number(&reviewables, |message| message.rating == rating);
        let mut opinions = Vec::new();
        for state in self.states.values() {
            let last: BTreeMap<_, _> =
                state.opinions.iter().map(|opinion| (self.who(&opinion.person), opinion)).collect();
            opinions.extend(last.into_values().filter(|opinion| self.holds(opinion.at_us)));
        }
        opinions.retain(|opinion| ["positive", "neutral", "negative"].contains(&opinion.rating.as_str()));
        vec![
            ("reviewable_requests", json!(reviewables.len())),
            ("feedback_positive", rated("positive")),
            ("feedback_negative", rated("negative")),
            ("feedback_neutral", rated("neutral")),
            ("feedback_none", rated("none")),
            ("conversation_feedback", counts(opinions.iter().map(|opinion| opinion.rating.as_str()))),
            ("conversation_feedback_comments", number(&opinions, |opinion| opinion.commented)),
        ]
    }

    pub(super) fn surveys(&self) -> Figures {
        let all: Vec<_> = self.states.values().flat_map(|state| &state.surveys).collect();
        let voted = all.iter().filter(|survey| survey.voted_us.is_some_and(|at| self.holds(at)));
        let scores: Vec<f64> = voted.filter_map(|survey| survey.score).collect();
        let asked = all.iter().filter(|survey| survey.requested_us.is_some_and(|at| self.holds(at)));
        let answered: Vec<f64> = asked.map(|survey| f64::from(u8::from(survey.voted_us.is_some()))).collect();
        let steps: Vec<String> = scores.iter().map(|score| score.floor().to_string()).collect();
        vec![
            ("csat_avg", mean(&scores)),
            ("csat_votes", json!(scores.len())),
            ("csat_pct_satisfied", ratio(scores.iter().filter(|score| **score >= 4.0).count() as f64, scores.len())),
            ("csat_distribution", counts(steps.iter().map(String::as_str))),
            ("csat_response_rate", mean(&answered)),
        ]
    }

    pub(super) fn bot_work(&self) -> Figures {
        let intents = self.items(|state| &state.intents, |intent| intent.at_us);
        let ranked =
            intents.iter().map(|intent| intent.name.as_str()).filter(|name| !["fallback", "none"].contains(name));
        let views = self.items(|state| &state.workflows, |view| view.at_us);
        let ratings = self.items(|state| &state.ratings, |rating| rating.at_us);
        let thumbs = |wanted: &str| {
            let of_workflows = ratings.iter().filter(|rating| rating.rating == wanted && !rating.workflow.is_empty());
            counts(of_workflows.map(|rating| rating.workflow.as_str()))
        };
        let calls = self.items(|state| &state.model_calls, |call| call.at_us);
        let tokens = |of: fn(&ModelCall) -> i64| json!(calls.iter().map(|call| of(call)).sum::<i64>());
        vec![
            ("intents", counts(ranked)),
            ("workflow_views", counts(views.iter().map(|view| view.workflow.as_str()))),
            ("workflow_thumbs_up", thumbs("positive")),
            ("workflow_thumbs_down", thumbs("negative")),
            ("tokens_input", tokens(|call| call.input)),
            ("tokens_output", tokens(|call| call.output)),
            ("tokens_cache_read", tokens(|call| call.cache_read)),
            ("tokens_cache_write", tokens(|call| call.cache_write)),
            ("tokens_reasoning", tokens(|call| call.reasoning)),
            ("tokens_embedding", tokens(|call| call.embedding)),
        ]
    }

    pub(super) fn tools(&self) -> Figures {
        let calls = self.items(|state| &state.tool_calls, |call| call.at_us);
        let figures = |calls: &[&ToolCall]| {
            let timed: Vec<f64> = calls.iter().filter_map(|call| call.duration_ms).collect();
            let failed = calls.iter().filter(|call| call.status == "error").count();
            (json!(calls.len()), mean(&timed), ratio(failed as f64, calls.len()))
        };
        let mut by_tool: BTreeMap<&str, Vec<&ToolCall>> = BTreeMap::new();
        calls.iter().for_each(|call| by_tool.entry(&call.tool).or_default().push(call));
        let row = |(calls, avg_ms, error_rate)| json!({"calls": calls, "avg_ms": avg_ms, "error_rate": error_rate});
        let rows: BTreeMap<&str, Value> =
            by_tool.into_iter().map(|(tool, calls)| (tool, row(figures(&calls)))).collect();
        let (number, avg_ms, error_rate) = figures(&calls);
        vec![
            ("tools", json!(rows)),
            ("tool_calls", number),
            ("tool_duration_avg_ms", avg_ms),
            ("tool_error_rate", error_rate),
        ]
    }

    /// Clicks of an element show what its latest one in the range says (D-37).
    pub(super) fn clicks(&self) -> Figures {
        let mut clicks = self.items(|state| &state.clicks, |click| click.at_us);
        clicks.sort_by_key(|click| (click.at_us, click.sequence, &click.event_id));
        let of_elements = clicks.iter().filter(|click| !click.element.is_empty());
        let latest: BTreeMap<&str, &Click> = of_elements.map(|click| (click.element.as_str(), *click)).collect();
        let shown = clicks.iter().map(|click| latest.get(click.element.as_str()).unwrap_or(click));
        let named: Vec<String> =
            shown.map(|click| format!("{}|{}|{}", click.click_type, click.title, click.destination)).collect();
        vec![("clicks", counts(named.iter().map(String::as_str))), ("clicks_total", json!(clicks.len()))]
    }

    pub(super) fn legs(&self) -> Figures {
        let opened = self.items(|state| &state.legs, |leg| leg.opened_us);
        let of = |wanted: LegState| number(&opened, |leg| leg.state == wanted);
        let missed = opened.iter().filter(|leg| leg.state == LegState::Missed);
        let opens = |state: &&ConversationState| state.legs.iter().any(|leg| self.holds(leg.opened_us));
        let served = self.items(|state| &state.served, |message| message.at_us);
        let closes = self.items(|state| &state.closes, |close| close.at_us);
        vec![
            ("cc_total_conversations", json!(opened.len())),
            ("cc_handled", of(LegState::Handled)),
            ("cc_missed", of(LegState::Missed)),
            ("cc_rerouted", of(LegState::Rerouted)),
            ("cc_pending", of(LegState::Pending)),
            ("cc_missed_reasons", counts(missed.map(|leg| leg.reason.as_str()))),
            ("cc_distinct_conversations", json!(self.states.values().filter(opens).count())),
            ("cc_messages", json!(served.len())),
            ("cc_closing_reasons", counts(closes.iter().map(|close| close.reason.as_str()))),
        ]
    }

    pub(super) fn waits(&self) -> Figures {
        let replied = self.leg_seconds(|leg| Some((leg.opened_us, leg.replied_us?)));
        let accepted = self.leg_seconds(|leg| Some((leg.opened_us, leg.accepted_us?)));
        let talked = self.leg_seconds(|leg| Some((leg.accepted_us?, leg.ended_us?)));
        vec![
            ("cc_wait_to_reply_avg_s", mean(&replied)),
            ("cc_wait_to_reply_n", json!(replied.len())),
            ("cc_wait_to_accept_avg_s", mean(&accepted)),
            ("cc_wait_to_accept_n", json!(accepted.len())),
            ("cc_conversation_time_avg_s", mean(&talked)),
            ("cc_conversation_time_n", json!(talked.len())),
        ]
    }

    pub(super) fn agents(&self) -> Figures {
        let mut served = BTreeSet::new();
        let mut conversations = BTreeSet::new();
        let mut minutes = Vec::new();
        for (id, state) in self.states {
            for leg in &state.legs {
                let Some(accepted_us) = leg.accepted_us else { continue };
                if self.holds(accepted_us) {
                    served.extend(self.who(&leg.person));
                    conversations.insert((leg.agent.as_str(), id));
                }
                if let Some(ended_us) = leg.ended_us {
                    let within_us = ended_us.min(self.to_us) - accepted_us.max(self.from_us);
                    minutes.push((leg.agent.as_str(), seconds(within_us.max(0)) / 60.0));
                }
            }
        }
        vec![
            ("cc_unique_users", json!(served.len())),
            ("agent_conversations", counts(conversations.into_iter().map(|(agent, _)| agent))),
            ("agent_conversation_minutes", table(minutes)),
        ]
    }
}
