//! What the rows of an answer can be split by.

use std::borrow::Cow;

use super::Trait;

/// Declares the dimensions: the variant, its name in queries and answers, which is also its column in the sources.
macro_rules! dimensions {
    ($( $(#[doc = $doc:literal])+ $variant:ident $name:literal, )+) => {
        /// What rows can be split by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Dimension {
            $( $(#[doc = $doc])+ $variant, )+
            /// A trait of the conversation's user.
            Trait(Trait),
        }

        impl Dimension {
            /// The dimension's name in the dictionary; of every trait the same.
            pub fn name(self) -> &'static str {
                match self {
                    $( Dimension::$variant => $name, )+
                    Dimension::Trait(_) => Trait::ANY,
                }
            }
        }
    };
}

dimensions! {
    /// Who wrote a message: user, bot, agent.
    Role "role",
    /// Content type of a message.
    ContentType "content_type",
    /// ISO weekday, 1 to 7, local.
    Weekday "weekday",
    /// Hour of the local day, 0 to 23.
    Hour "hour",
    /// Channel of the conversation.
    Channel "channel",
    /// Source of the conversation; its channel where none was given.
    Source "source",
    /// Device of the conversation: desktop, tablet, mobile, other.
    Device "device",
    /// Browser of the conversation.
    Browser "browser",
    /// Operating system of the conversation.
    Os "os",
    /// Language of the conversation.
    Language "language",
    /// Language of the conversation with its region: en-US.
    Locale "locale",
    /// Country of the conversation, ISO 3166-1.
    Country "country",
    /// City of the conversation.
    City "city",
    /// AI agent of the conversation.
    Bot "bot",
    /// Path of the page.
    Page "page",
    /// Where on the page.
    Placement "placement",
    /// What kind of user it is: the trait that the project's `segment_trait` names.
    Segment "segment",
    /// Tool.
    Tool "tool",
    /// Status of a call.
    Status "status",
    /// Language model.
    Model "model",
    /// Who runs the language model.
    Provider "provider",
    /// Where a call's cost is from: reported by the call itself, priced by the project, or unpriced.
    CostSource "cost_source",
    /// Workflow; of what tells none the first of its chat.
    Workflow "workflow",
    /// User id that the conversation first names, after merges.
    User "user",
    /// Intent.
    Intent "intent",
    /// Source through which a chat began.
    Entry "entry",
    /// Human agent.
    Agent "agent",
    /// What the human agent does: support, admin, tech, or whatever else was said, under the name that the project's `agent_roles` gives it.
    AgentRole "agent_role",
    /// What became of a leg: handled, missed, rerouted, pending.
    Outcome "outcome",
    /// Why a leg was missed, a conversation closed, or a human was asked for.
    Reason "reason",
    /// Queue of a leg.
    Queue "queue",
    /// Team of a leg, or that a request asks for.
    Team "team",
    /// Why a leg was opened: initiated, transfer, reopen, callback.
    Origin "origin",
    /// What triggered a request for a human.
    Trigger "trigger",
    /// Where a trigger comes from: given by the producer, or inferred from what came before.
    Basis "basis",
    /// Thumb: positive, neutral, negative.
    Rating "rating",
    /// Score of a vote, 1 to 5, rounded down.
    Score "score",
    /// What was clicked on: quick_reply, link, phone, carousel, other.
    ClickType "click_type",
    /// What stood on it.
    Title "title",
    /// Class of where a click leads.
    DestinationType "destination_type",
    /// Where a click leads.
    Destination "destination",
    /// Type of a file.
    Kind "kind",
    /// What a user asked, in lower case and without punctuation; beyond the most frequent `Other`.
    Question "question",
    /// Whole weeks since the week of a person's first activity.
    WeekOffset "week_offset",
}

impl Dimension {
    /// The dimensions of conversations: whatever is counted of a conversation can be split by them.
    pub const OF_CONVERSATIONS: &[Dimension] = &[
        Dimension::Channel,
        Dimension::Source,
        Dimension::Device,
        Dimension::Browser,
        Dimension::Os,
        Dimension::Language,
        Dimension::Locale,
        Dimension::Country,
        Dimension::City,
        Dimension::Bot,
    ];

    /// Whether it is a dimension of conversations.
    pub fn is_of_conversations(self) -> bool {
        matches!(self, Dimension::Trait(_)) || Self::OF_CONVERSATIONS.contains(&self)
    }

    /// Its name in questions and answers.
    pub fn asked(self) -> Cow<'static, str> {
        match self {
            Dimension::Trait(of) => format!("{}{}", Trait::PREFIX, of.name()).into(),
            other => other.name().into(),
        }
    }

    /// Its column in the sources.
    pub(super) fn column(self) -> Cow<'static, str> {
        match self {
            Dimension::Trait(of) => of.column().into(),
            other => other.name().into(),
        }
    }

    /// Its value for a row of a source, a text.
    pub(super) fn expression(self) -> String {
        match self {
            Dimension::Weekday => "toString(toDayOfWeek(fromUnixTimestamp64Micro(us, 'UTC'), 0, {tz:String}))".into(),
            Dimension::Hour => "toString(toHour(fromUnixTimestamp64Micro(us, 'UTC'), {tz:String}))".into(),
            other => format!("toString({})", other.column()),
        }
    }
}
