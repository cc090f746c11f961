//! The AI's work: tool calls, tokens, attachments (D-38).

use std::collections::{BTreeSet, HashMap};

use crate::chats::numbered;
use crate::detail::{Decimal, instant_us, label, said, text};
use crate::fact::{Fact, Kind};

/// The action by which AgentSight's clients report tokens: no tool.
const TOKEN_USAGE: &str = "token_usage";

/// A call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// Event time, microseconds.
    pub at_us: i64,
    /// The tool.
    pub tool: String,
    /// As sent; '' without.
    pub status: String,
    /// How long it took, milliseconds: as sent, else from its start to its end.
    pub duration_ms: Option<f64>,
}

/// Tokens of a call of a language model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelCall {
    /// Event time, microseconds.
    pub at_us: i64,
    /// The model, `unknown` without.
    pub model: String,
    /// Who runs it, `unknown` without.
    pub provider: String,
    /// As sent; '' without.
    pub status: String,
    /// Tokens read.
    pub input: i64,
    /// Tokens written.
    pub output: i64,
    /// Tokens read from a cache.
    pub cache_read: i64,
    /// Tokens written to a cache.
    pub cache_write: i64,
    /// Tokens of reasoning: a part of those written.
    pub reasoning: i64,
    /// Tokens embedded.
    pub embedding: i64,
    /// Tokens of audio read.
    pub audio_input: i64,
    /// Tokens of audio written.
    pub audio_output: i64,
    /// Whether any number of tokens was sent: none is unknown, not 0.
    pub reported: bool,
    /// How long it took, milliseconds.
    pub duration_ms: Option<f64>,
    /// Time to the first token, milliseconds.
    pub ttft_ms: Option<f64>,
    /// Place of its chat in the list of chats, from 1.
    pub chat: u32,
    /// What it says that it cost; none below 0.
    pub cost: Option<f64>,
    /// The currency of that in capital letters, '' without.
    pub currency: String,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Event time, microseconds.
    pub at_us: i64,
    /// Its type as sent, else the class of its MIME type, else `unknown`.
    pub kind: String,
    /// Size, bytes, 0 if unknown.
    pub bytes: u64,
}

/// The tool calls of a conversation, from its events in order. Those of a turn that did not come to its end are left out, whichever
/// came first.
pub(crate) fn tool_calls(facts: &[Fact<'_>]) -> Vec<ToolCall> {
    let incomplete: BTreeSet<&str> = facts
        .iter()
        .filter(|fact| fact.detail.complete == Some(false))
        .filter_map(|fact| said(&fact.detail.turn_id))
        .collect();
    let is_left_out = |fact: &Fact<'_>| said(&fact.detail.turn_id).is_some_and(|turn| incomplete.contains(turn));
    let calls = facts.iter().filter(|fact| fact.kind == Kind::ToolCall && !counts_tokens(fact) && !is_left_out(fact));
    calls
        .map(|fact| ToolCall {
            at_us: fact.at_us(),
            tool: label(&fact.detail.tool_name),
            status: text(&fact.detail.status),
            duration_ms: duration_ms(fact),
        })
        .collect()
}

fn counts_tokens(fact: &Fact<'_>) -> bool {
    said(&fact.detail.tool_name) == Some(TOKEN_USAGE)
}

#[allow(clippy::cast_precision_loss, reason = "a call lasts less than 285 years")]
fn duration_ms(fact: &Fact<'_>) -> Option<f64> {
    let between = || {
        let (start, end) = (instant_us(&fact.detail.started_at)?, instant_us(&fact.detail.ended_at)?);
        (end >= start).then(|| (end - start) as f64 / 1_000.0)
    };
    fact.detail.duration_ms.or_else(between)
}

/// The model calls of a conversation's chats, and what was reported as the use of tokens.
pub(crate) fn model_calls(pieces: &[Vec<&Fact<'_>>]) -> Vec<ModelCall> {
    let calls = numbered(pieces)
        .filter(|(_, fact)| fact.kind == Kind::ModelCall || (fact.kind == Kind::ToolCall && counts_tokens(fact)));
    let mut totals = Totals::default();
    calls.map(|(chat, fact)| totals.since_last(fact, model_call(chat, fact))).collect()
}

/// The last running totals of each client, by its key.
#[derive(Default)]
struct Totals<'f>(HashMap<&'f str, [i64; 3]>);

impl<'f> Totals<'f> {
    /// What was used since the client's last report in this conversation. Its first says what was used in all, wherever that was: how
    /// much of it here is unknown. Totals that fell are those of a client that began anew.
    fn since_last(&mut self, fact: &'f Fact<'_>, mut call: ModelCall) -> ModelCall {
        if fact.detail.cumulative != Some(true) {
            return call;
        }
        let now = [call.input, call.output, call.embedding];
        let before = self.0.insert(said(&fact.detail.key_id).unwrap_or_default(), now);
        let since = match before {
            Some(before) if before.iter().zip(now).all(|(before, now)| now >= *before) => {
                [0, 1, 2].map(|at| now[at] - before[at])
            }
            Some(_) => now,
            None => {
                call.reported = false;
                [0; 3]
            }
        };
        [call.input, call.output, call.embedding] = since;
        call
    }
}

fn model_call(chat: u32, fact: &Fact<'_>) -> ModelCall {
    let detail = &fact.detail;
    let input = detail.input_tokens.or(detail.prompt_tokens);
    let output = detail.output_tokens.or(detail.completion_tokens);
    let rest = [
        detail.cache_read_tokens,
        detail.cache_write_tokens,
        detail.reasoning_tokens,
        detail.embedding_tokens,
        detail.audio_input_tokens,
        detail.audio_output_tokens,
    ];
    ModelCall {
        at_us: fact.at_us(),
        model: label(&detail.model),
        provider: label(&detail.provider),
        status: text(&detail.status),
        reported: input.is_some() || output.is_some() || rest.iter().any(Option::is_some),
        input: input.unwrap_or(0),
        output: output.unwrap_or(0),
        cache_read: rest[0].unwrap_or(0),
        cache_write: rest[1].unwrap_or(0),
        reasoning: rest[2].unwrap_or(0),
        embedding: rest[3].unwrap_or(0),
        audio_input: rest[4].unwrap_or(0),
        audio_output: rest[5].unwrap_or(0),
        duration_ms: if fact.kind == Kind::ModelCall { detail.duration_ms } else { None },
        ttft_ms: detail.ttft_ms,
        chat,
        cost: detail.cost_reported.as_ref().and_then(Decimal::number).filter(|cost| cost.is_finite() && *cost >= 0.0),
        currency: said(&detail.currency).unwrap_or_default().trim().to_uppercase(),
    }
}

/// The attachments: those of messages, and those added on their own.
pub(crate) fn attachments(facts: &[Fact<'_>]) -> Vec<Attachment> {
    let bytes = |size: Option<i64>| size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
    let mut attachments = Vec::new();
    for fact in facts {
        let at_us = fact.at_us();
        if fact.kind.is_message() {
            let files = fact.detail.attachments.iter().flatten();
            attachments.extend(files.map(|file| Attachment {
                at_us,
                kind: said(&file.kind).or_else(|| class(said(&file.mime))).unwrap_or("unknown").to_owned(),
                bytes: bytes(file.size_bytes),
            }));
        } else if fact.kind == Kind::AttachmentAdded {
            let kind = class(said(&fact.detail.mime)).unwrap_or("unknown").to_owned();
            attachments.push(Attachment { at_us, kind, bytes: bytes(fact.detail.size_bytes) });
        }
    }
    attachments
}

/// The class of a MIME type: what stands before its slash.
fn class(mime: Option<&str>) -> Option<&str> {
    mime.and_then(|mime| mime.split('/').next()).filter(|class| !class.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Detail, Order};

    fn fact<'a>(event: &str, time_us: i64, data: &'a str) -> Fact<'a> {
        Fact {
            order: Order { time_us, sequence: 0, event_id: "" },
            kind: Kind::of(event, None),
            user_id: "",
            anonymous_id: "",
            session_id: "",
            channel: "",
            bot_id: "",
            flag: None,
            detail: Detail::from_json(data, ""),
        }
    }

    #[test]
    fn calls_of_a_turn_that_did_not_come_to_its_end_are_left_out_whichever_came_first() {
        let call = |at, turn| fact("tool.call.completed", at, turn);
        let facts = [
            call(1, r#"{"tool_name": "lost", "turn_id": "t1"}"#),
            fact("turn.completed", 2, r#"{"turn_id": "t1", "complete": false}"#),
            call(3, r#"{"tool_name": "lost", "turn_id": "t1"}"#),
            fact("turn.completed", 4, r#"{"turn_id": "t2", "complete": true}"#),
            call(5, r#"{"tool_name": "kept", "turn_id": "t2"}"#),
            call(6, r#"{"tool_name": "kept", "turn_id": "t3"}"#),
        ];
        let tools: Vec<String> = tool_calls(&facts).into_iter().map(|call| call.tool).collect();
        assert_eq!(tools, ["kept", "kept"]);
    }

    #[test]
    fn of_running_totals_the_increase_counts_and_the_first_of_a_conversation_is_unknown() {
        let report = |at, data| fact("tool.call.completed", at, data);
        let facts = [
            report(1, r#"{"tool_name": "token_usage", "cumulative": true, "key_id": "a", "prompt_tokens": 100}"#),
            report(2, r#"{"tool_name": "token_usage", "cumulative": true, "key_id": "a", "prompt_tokens": 130}"#),
            report(3, r#"{"tool_name": "token_usage", "cumulative": true, "key_id": "a", "prompt_tokens": 20}"#),
            report(4, r#"{"tool_name": "token_usage", "prompt_tokens": 7}"#),
        ];
        let calls = model_calls(&[facts.iter().collect()]);
        let told: Vec<(i64, bool)> = calls.iter().map(|call| (call.input, call.reported)).collect();
        assert_eq!(told, [(0, false), (30, true), (20, true), (7, true)]);
    }
}
