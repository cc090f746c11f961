//! The metric registry: each metric declared once, for the dashboard, the API, exports and reports alike.

mod behind;
mod catalogue;
mod dimension;
mod exclusions;
mod identities;
mod kept;
mod sources;
mod sql;
mod statement;
mod traits;

pub(crate) use behind::{contributions, entities};
pub use catalogue::{METRICS, SUBJECTS};
pub use dimension::Dimension;
pub(crate) use exclusions::excluded;
pub use exclusions::{Exclusion, Extent};
pub(crate) use identities::terms;
pub use identities::{IDENTITIES, Identity, Term};
pub use sources::Source;
pub(crate) use sources::{INELIGIBLE, INTERNAL, OURS, OWNED, here, in_range, renamed};
pub use sql::{Comparison, Filter, LeftOut, Scope};
pub(crate) use statement::{Grouping, figures, is_kept, places, rows, source_rows};
pub use traits::Trait;

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
    /// What rows can be split by, beside the dimensions of conversations.
    pub own: &'static [Dimension],
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

    /// What rows can be split and filtered by: the metric's own dimensions, then those of conversations.
    pub fn dimensions(&self) -> impl Iterator<Item = Dimension> {
        let of_conversations = if self.figure.source.is_of_conversations() { Dimension::OF_CONVERSATIONS } else { &[] };
        self.own.iter().chain(of_conversations.iter().filter(|dimension| !self.own.contains(dimension))).copied()
    }

    /// Whether rows can be split and filtered by a dimension, traits of users among them.
    pub fn has(&self, dimension: Dimension) -> bool {
        match dimension {
            Dimension::Trait(_) => self.has_traits(),
            other => self.dimensions().any(|own| own == other),
        }
    }

    /// Whether any trait of users is a dimension: of what is of conversations, which have a user.
    pub fn has_traits(&self) -> bool {
        self.figure.source.is_of_conversations()
    }

    /// The names of its dimensions, as the dictionary lists them.
    pub fn dimension_names(&self) -> impl Iterator<Item = &'static str> {
        self.dimensions().map(Dimension::name).chain(self.has_traits().then_some(Trait::ANY))
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
    /// Milliseconds.
    Milliseconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Points from 1 to 5.
    Score,
    /// Money, in the project's currency.
    Money,
}

impl Unit {
    /// The unit's name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Count(name) | Unit::Per(name) => name,
            Unit::Fraction => "fraction",
            Unit::Seconds => "seconds",
            Unit::Milliseconds => "milliseconds",
            Unit::Minutes => "minutes",
            Unit::Hours => "hours",
            Unit::Score => "score 1 to 5",
            Unit::Money => "money",
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
    /// The start of the conversation, chat, leg or cohort.
    Start,
    /// The end of the chat or leg.
    End,
    /// The reply.
    Reply,
    /// The acceptance of the leg.
    Accept,
    /// As far as it overlaps the range.
    Overlap,
}

impl Attribution {
    /// The attribution's name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Attribution::Event => "at event",
            Attribution::Start => "start",
            Attribution::End => "at end",
            Attribution::Reply => "at reply",
            Attribution::Accept => "at accept",
            Attribution::Overlap => "overlap",
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
    pub quantiles_of: Option<Quantiles>,
    /// Of a peak: its minute, microseconds.
    pub at: Option<&'static str>,
    /// Whether nothing is 0; else it is null.
    pub zero: bool,
    /// What the figure is made of, when it is asked for the conversations behind it.
    pub entities: Entities,
    /// Whether it is about lengths of time that can be kept to business hours.
    pub timed: bool,
    /// The value of one conversation where `value` does not give it: over rows that also say whether the person is new (`fresh`).
    pub each: Option<&'static str>,
}

/// Of what percentiles are given.
#[derive(Debug, Clone, Copy)]
pub enum Quantiles {
    /// An expression over rows, each of which is an entity.
    Rows(&'static str),
    /// An aggregate that gives an array with a number for each entity.
    Entities(&'static str),
}

/// What a figure is made of: how the conversations behind it come to the figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entities {
    /// Parts of the conversations, which sum to the value.
    Parts,
    /// The conversations, each once.
    Conversations,
    /// Distinct people: one may be in several conversations.
    People,
    /// Cases, of which the value is a mean or a ratio: their numbers sum to `n`.
    Cases,
    /// People, of whom the value is a ratio.
    PeopleCases,
    /// The messages of the peak's minute.
    Peak,
}

impl Entities {
    /// What the entities are in answers: of parts the metric's own unit.
    pub fn name(self, metric: &Metric) -> &'static str {
        match self {
            Entities::Parts => metric.unit.name(),
            Entities::Conversations => "conversations",
            Entities::People | Entities::PeopleCases => "users",
            Entities::Cases => "cases",
            Entities::Peak => "messages",
        }
    }
}
