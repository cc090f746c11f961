//! The few fields of `data` and `context` that the fold of a conversation reads.

use std::borrow::Cow;

use serde::Deserialize;

type Text<'a> = Option<Cow<'a, str>>;

/// Fields of `data`, whatever the event's type; all optional, unknown ones ignored.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "fields of the event catalogue, documented there")]
pub struct Detail<'a> {
    // Messages.
    #[serde(borrow)]
    pub message_id: Text<'a>,
    #[serde(borrow)]
    pub content_type: Text<'a>,
    #[serde(borrow)]
    pub intent: Option<Intent<'a>>,
    pub confidence: Option<f64>,
    #[serde(borrow)]
    pub workflow_id: Text<'a>,
    pub feedback_enabled: Option<bool>,
    #[serde(borrow)]
    pub attachments: Option<Vec<AttachmentDetail<'a>>>,
    #[serde(borrow)]
    pub speech: Option<SpeechDetail<'a>>,
    // Legs and closes.
    #[serde(borrow)]
    pub assignment_id: Text<'a>,
    #[serde(borrow)]
    pub agent_id: Text<'a>,
    #[serde(borrow)]
    pub reason: Text<'a>,
    #[serde(rename = "final")]
    pub is_final: Option<bool>,
    #[serde(borrow)]
    pub origin: Text<'a>,
    #[serde(borrow)]
    pub queue: Text<'a>,
    #[serde(borrow)]
    pub team: Text<'a>,
    pub wrap_up_ms: Option<f64>,
    #[serde(borrow)]
    pub closed_by: Text<'a>,
    // Handover.
    #[serde(borrow)]
    pub trigger: Text<'a>,
    #[serde(borrow)]
    pub target_team: Text<'a>,
    // Clicks and what was shown.
    #[serde(borrow)]
    pub element_id: Text<'a>,
    #[serde(borrow)]
    pub elements: Option<Vec<ElementDetail<'a>>>,
    #[serde(borrow)]
    pub click_type: Text<'a>,
    #[serde(borrow)]
    pub title: Text<'a>,
    #[serde(borrow)]
    pub destination_type: Text<'a>,
    #[serde(borrow)]
    pub destination: Text<'a>,
    // Opinions.
    #[serde(borrow)]
    pub target: Text<'a>,
    #[serde(borrow)]
    pub rating: Text<'a>,
    #[serde(borrow)]
    pub comment: Text<'a>,
    #[serde(borrow)]
    pub survey_id: Text<'a>,
    #[serde(borrow)]
    pub kind: Text<'a>,
    pub score: Option<f64>,
    pub scale_min: Option<f64>,
    pub scale_max: Option<f64>,
    // Tools and models.
    #[serde(borrow)]
    pub tool_name: Text<'a>,
    #[serde(borrow)]
    pub status: Text<'a>,
    #[serde(borrow)]
    pub started_at: Text<'a>,
    #[serde(borrow)]
    pub ended_at: Text<'a>,
    pub duration_ms: Option<f64>,
    pub ttft_ms: Option<f64>,
    #[serde(borrow)]
    pub model: Text<'a>,
    #[serde(borrow)]
    pub provider: Text<'a>,
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub prompt_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
    pub cache_read_tokens: Option<i64>,
    pub cache_write_tokens: Option<i64>,
    pub reasoning_tokens: Option<i64>,
    pub embedding_tokens: Option<i64>,
    pub audio_input_tokens: Option<i64>,
    pub audio_output_tokens: Option<i64>,
    #[serde(borrow)]
    pub cost_reported: Option<Decimal<'a>>,
    #[serde(borrow)]
    pub currency: Text<'a>,
    /// Whether the tokens are running totals of the client whose key it is.
    pub cumulative: Option<bool>,
    #[serde(borrow)]
    pub key_id: Text<'a>,
    #[serde(borrow)]
    pub turn_id: Text<'a>,
    /// Of `turn.completed`.
    pub complete: Option<bool>,
    // Attachments.
    #[serde(borrow)]
    pub mime: Text<'a>,
    pub size_bytes: Option<i64>,
    // Starts and opportunities.
    #[serde(borrow)]
    pub page_url: Text<'a>,
    #[serde(borrow)]
    pub placement: Text<'a>,
    #[serde(borrow)]
    pub language: Text<'a>,
    #[serde(borrow)]
    pub device: Text<'a>,
    /// Of a start; of feedback it says who rated.
    #[serde(borrow)]
    pub source: Text<'a>,
    #[serde(borrow)]
    pub country: Text<'a>,
    /// Of `conversation.updated`.
    #[serde(borrow)]
    pub set: Option<DimensionUpdate<'a>>,
    /// From the event's context, not its data.
    #[serde(skip)]
    pub context: ContextDetail<'a>,
}

/// An intent: its name alone, or with how sure the model is.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Intent<'a> {
    /// The name.
    Name(#[serde(borrow)] Cow<'a, str>),
    /// Name and confidence.
    Scored {
        /// The name.
        #[serde(borrow)]
        name: Text<'a>,
        /// From 0 to 1; 1 if absent.
        confidence: Option<f64>,
    },
}

/// An exact decimal number, as a number or as a text.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Decimal<'a> {
    /// As a number.
    Number(f64),
    /// As a text.
    Text(#[serde(borrow)] Cow<'a, str>),
    /// Neither: other types of events may use the name otherwise.
    Other(serde::de::IgnoredAny),
}

impl Decimal<'_> {
    /// The number; None where there is none.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Decimal::Number(number) => Some(*number),
            Decimal::Text(text) => text.parse().ok(),
            Decimal::Other(_) => None,
        }
    }
}

/// A file that came with a message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "fields of the event catalogue, documented there")]
pub struct AttachmentDetail<'a> {
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    #[serde(borrow)]
    pub mime: Text<'a>,
    pub size_bytes: Option<i64>,
}

/// When a message was spoken.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "fields of the event catalogue, documented there")]
pub struct SpeechDetail<'a> {
    #[serde(borrow)]
    pub start_ts: Text<'a>,
    #[serde(borrow)]
    pub end_ts: Text<'a>,
    pub interrupted: Option<bool>,
}

/// Something to click on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "fields of the event catalogue, documented there")]
pub struct ElementDetail<'a> {
    #[serde(borrow)]
    pub element_id: Text<'a>,
    #[serde(borrow)]
    pub title: Text<'a>,
    #[serde(borrow)]
    pub click_type: Text<'a>,
    #[serde(borrow)]
    pub destination: Text<'a>,
}

/// What `conversation.updated` sets explicitly.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DimensionUpdate<'a> {
    /// New language tag.
    #[serde(borrow)]
    pub language: Text<'a>,
    /// New device.
    #[serde(borrow)]
    pub device: Text<'a>,
    /// New source.
    #[serde(borrow)]
    pub source: Text<'a>,
    /// New country.
    #[serde(borrow)]
    pub country: Text<'a>,
}

/// What the fold reads of an event's context.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ContextDetail<'a> {
    /// `device`.
    #[serde(borrow)]
    pub device: Option<ContextDevice<'a>>,
    /// `browser`.
    #[serde(borrow)]
    pub browser: Text<'a>,
    /// `country`, looked up from the address at the gateway.
    #[serde(borrow)]
    pub country: Text<'a>,
    /// `city`, likewise.
    #[serde(borrow)]
    pub city: Text<'a>,
}

/// A context's device.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ContextDevice<'a> {
    /// Desktop, mobile, tablet or anything else.
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    /// Operating system.
    #[serde(borrow)]
    pub os: Text<'a>,
}

impl<'a> Detail<'a> {
    /// Reads the two JSON objects a raw row keeps; what is not understood is absent, as for the oracle.
    pub fn from_json(data: &'a str, context: &'a str) -> Detail<'a> {
        let mut detail: Detail<'a> = parse(data);
        detail.context = parse(context);
        detail
    }
}

fn parse<'a, T: Deserialize<'a> + Default>(json: &'a str) -> T {
    if json.is_empty() { T::default() } else { serde_json::from_str(json).unwrap_or_default() }
}

/// A text that says something: absent and empty are the same (D-16).
pub(crate) fn said<'t>(text: &'t Text<'_>) -> Option<&'t str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// A text of its own; '' where nothing is said.
pub(crate) fn text(text: &Text<'_>) -> String {
    said(text).unwrap_or_default().to_owned()
}

/// A text as a label: `unknown` where nothing is said (P12).
pub(crate) fn label(text: &Text<'_>) -> String {
    said(text).unwrap_or("unknown").to_owned()
}

/// An RFC 3339 instant, microseconds; None where nothing or no instant is said.
pub(crate) fn instant_us(text: &Text<'_>) -> Option<i64> {
    said(text).and_then(event::Timestamp::parse_rfc3339).map(|at| at.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_a_name_or_an_object() {
        let named = Detail::from_json(r#"{"intent": "refund"}"#, "");
        assert!(matches!(named.intent, Some(Intent::Name(name)) if name == "refund"));
        let scored = Detail::from_json(r#"{"intent": {"name": "refund", "confidence": 0.5, "extra": 1}}"#, "");
        assert!(matches!(scored.intent, Some(Intent::Scored { confidence: Some(0.5), .. })));
    }
}
