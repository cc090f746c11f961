//! The AI's work: tool calls, tokens, attachments (D-38).

use crate::chats::numbered;
use crate::detail::{instant_us, label, said, text};
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
    /// Whether any number of tokens was sent: none is unknown, not 0.
    pub reported: bool,
    /// How long it took, milliseconds.
    pub duration_ms: Option<f64>,
    /// Time to the first token, milliseconds.
    pub ttft_ms: Option<f64>,
    /// Place of its chat in the list of chats, from 1.
    pub chat: u32,
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

/// The tool calls of a conversation, from its events in order.
pub(crate) fn tool_calls(facts: &[Fact<'_>]) -> Vec<ToolCall> {
    let calls = facts.iter().filter(|fact| fact.kind == Kind::ToolCall && !counts_tokens(fact));
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
    calls.map(|(chat, fact)| model_call(chat, fact)).collect()
}

fn model_call(chat: u32, fact: &Fact<'_>) -> ModelCall {
    let detail = &fact.detail;
    let input = detail.input_tokens.or(detail.prompt_tokens);
    let output = detail.output_tokens.or(detail.completion_tokens);
    let rest = [detail.cache_read_tokens, detail.cache_write_tokens, detail.reasoning_tokens, detail.embedding_tokens];
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
        duration_ms: if fact.kind == Kind::ModelCall { detail.duration_ms } else { None },
        ttft_ms: detail.ttft_ms,
        chat,
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
