//! The few fields of `data` and `context` that the fold of a conversation reads.

use std::borrow::Cow;

use serde::Deserialize;

type Text<'a> = Option<Cow<'a, str>>;

/// Fields of `data`, whatever the event's type; all optional, unknown ones ignored.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Detail<'a> {
    /// `assignment_id` of leg events.
    #[serde(borrow)]
    pub assignment_id: Text<'a>,
    /// `reason` of leg events and closes.
    #[serde(borrow)]
    pub reason: Text<'a>,
    /// `final` of `assignment.missed`.
    #[serde(rename = "final")]
    pub is_final: Option<bool>,
    /// `ended_at` of `conversation.ended`, RFC 3339.
    #[serde(borrow)]
    pub ended_at: Text<'a>,
    /// `trigger` of `handoff.requested`.
    #[serde(borrow)]
    pub trigger: Text<'a>,
    /// `destination_type` of `ui.clicked`.
    #[serde(borrow)]
    pub destination_type: Text<'a>,
    /// `tool_name` of `tool.call.completed`.
    #[serde(borrow)]
    pub tool_name: Text<'a>,
    /// `language` of a start or a message.
    #[serde(borrow)]
    pub language: Text<'a>,
    /// `device` of a start.
    #[serde(borrow)]
    pub device: Text<'a>,
    /// `source` of a start.
    #[serde(borrow)]
    pub source: Text<'a>,
    /// `country` of a start.
    #[serde(borrow)]
    pub country: Text<'a>,
    /// `set` of `conversation.updated`.
    #[serde(borrow)]
    pub set: Option<DimensionUpdate<'a>>,
    /// From the event's context, not its data.
    #[serde(skip)]
    pub context: ContextDetail<'a>,
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
    /// `device.type`.
    #[serde(borrow)]
    pub device: Option<ContextDevice<'a>>,
    /// `browser`.
    #[serde(borrow)]
    pub browser: Text<'a>,
    /// `country`, looked up from the address at the gateway.
    #[serde(borrow)]
    pub country: Text<'a>,
}

/// A context's device.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ContextDevice<'a> {
    /// Desktop, mobile, tablet or anything else.
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
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
