//! The metric registry: each metric declared once, for the dashboard, the API, exports and reports alike.

mod catalogue;
mod sources;
mod sql;

pub use catalogue::METRICS;
pub(crate) use sources::DELETED;
pub use sql::{Keys, Scope, statement};

/// A metric's declaration.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Stable id.
    pub id: &'static str,
    /// Raised when the definition changes.
    pub version: u32,
    /// Name for people.
    pub name: &'static str,
    /// Unit of the value.
    pub unit: Unit,
    /// Whether more is better.
    pub polarity: Polarity,
    /// What is counted, in a sentence.
    pub formula: &'static str,
    /// The instant that decides whether something lies in the range.
    pub attribution: Attribution,
    /// How figures may be combined.
    pub class: Class,
    /// What rows can be split by.
    pub dimensions: &'static [Dimension],
    /// How long after its end a bucket can still change without late events, hours.
    pub matures_h: i64,
    /// Where the figure comes from.
    pub figure: Figure,
}

impl Metric {
    /// The metric of an id.
    pub fn by_id(id: &str) -> Option<&'static Metric> {
        METRICS.iter().find(|m| m.id == id)
    }
}

/// Unit of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number of things, named.
    Count(&'static str),
    /// A fraction of one.
    Fraction,
    /// Things for each other thing, named.
    Per(&'static str),
    /// Seconds.
    Seconds,
}

impl Unit {
    /// The unit's name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Count(name) | Unit::Per(name) => name,
            Unit::Fraction => "fraction",
            Unit::Seconds => "seconds",
        }
    }
}

/// Whether a rise is good news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// More is better.
    Up,
    /// Less is better.
    Down,
    /// Neither.
    Neutral,
}

impl Polarity {
    /// The polarity's name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Polarity::Up => "up",
            Polarity::Down => "down",
            Polarity::Neutral => "neutral",
        }
    }
}

/// The instant that decides whether something lies in a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribution {
    /// The event's time.
    Event,
    /// The start of the conversation, chat or cohort.
    Start,
    /// The end of the chat.
    End,
    /// The reply.
    Reply,
}

impl Attribution {
    /// The attribution's name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Attribution::Event => "at event",
            Attribution::Start => "start",
            Attribution::End => "at end",
            Attribution::Reply => "at reply",
        }
    }
}

/// Additivity (how figures of parts may be combined).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Additive.
    A,
    /// Distinct: never summed.
    U,
    /// Mean, quantile or peak: never summed.
    Q,
    /// Counted over a conversation's order.
    S,
    /// Cohort ratio or cohort count, by the start.
    C,
}

impl Class {
    /// The class's letter.
    pub fn name(self) -> &'static str {
        match self {
            Class::A => "A",
            Class::U => "U",
            Class::Q => "Q",
            Class::S => "S",
            Class::C => "C",
        }
    }
}

/// What rows can be split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Who wrote a message: user, bot, agent.
    Role,
    /// Content type of a message.
    ContentType,
    /// ISO weekday, 1 to 7, local.
    Weekday,
    /// Hour of the local day, 0 to 23.
    Hour,
}

impl Dimension {
    /// The dimension's name in queries and answers.
    pub fn name(self) -> &'static str {
        match self {
            Dimension::Role => "role",
            Dimension::ContentType => "content_type",
            Dimension::Weekday => "weekday",
            Dimension::Hour => "hour",
        }
    }
}

/// A set of things with a time, of which a figure is an aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Messages by quarter of an hour (`role`, `content_type`, `w`).
    Messages,
    /// Messages by minute (`minute`, `w`).
    Minutes,
    /// Messages (`w`) and conversations with messages (`conversation`).
    Talk,
    /// Conversations with messages (`conversation`).
    Active,
    /// Conversations by first use (`escalated`).
    Started,
    /// Counted chats by start (`requested`).
    Chats,
    /// Counted chats that are over, by end (`us_long`).
    Ended,
    /// Turns by reply (`us_long`).
    Turns,
    /// Requests by trigger (`trigger`).
    Requests,
    /// People: `kind` = 'active' by bucket, 'new' by first activity (`who`).
    People,
    /// People, and those who made a request (`kind` = 'request').
    PeopleRequests,
    /// People, and counted chats of someone (`kind` = 'chat').
    PeopleChats,
}

impl Source {
    /// Whether it reads what is folded from conversations, which follows the counters a little later.
    pub fn derived(self) -> bool {
        !matches!(self, Source::Messages | Source::Minutes | Source::People | Source::PeopleRequests)
    }

    /// Whether it needs to know who is one person.
    pub fn people(self) -> bool {
        matches!(self, Source::People | Source::PeopleRequests | Source::PeopleChats)
    }
}

/// A figure as an aggregate over a source. SQL fragments are constants of this crate; a client's values are parameters.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// What is aggregated.
    pub source: Source,
    /// Condition on the source's rows.
    pub filter: Option<&'static str>,
    /// The value.
    pub value: &'static str,
    /// Number of entities behind the value.
    pub n: &'static str,
    /// Of what p50, p90 and p95 are given.
    pub quantiles_of: Option<&'static str>,
    /// Of a peak: its minute, microseconds.
    pub at: Option<&'static str>,
    /// Whether nothing is 0; else it is null.
    pub zero: bool,
}
