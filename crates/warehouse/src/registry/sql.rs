//! What statements depend on.

use super::{Dimension, Trait};
use crate::query::{Range, Whole};

/// What a statement depends on besides the metric; values are given as parameters.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The range.
    pub range: Range,
    /// Its whole quarters of an hour.
    pub quarters: Whole,
    /// Its whole minutes.
    pub minutes: Whole,
    /// Number of pairs of parameters (`same_from_N`, `same_into_N`) that say which users were merged.
    pub identity_chunks: usize,
    /// Whether anonymous ids belong to users.
    pub has_owned: bool,
    /// Whether figures are told apart by conversations: counters, which know none, do not serve then.
    pub by_conversation: bool,
    /// Whether a change of device makes another person (P6).
    pub by_device: bool,
    /// Whether the project knows channels and sources by other names (parameters `alias_from`, `alias_into`).
    pub has_aliases: bool,
    /// Number of parameters of each of the lists that say when business is open (`opens_N`, `shuts_N`, `shifts_N`); none where
    /// all hours count.
    pub opening_chunks: usize,
    /// Whether the project calls users its own (parameter `internal`), who are in no figure.
    pub has_internal: bool,
    /// What is known of the conversations that are in no figure.
    pub left_out: LeftOut,
    /// Whether calls of tools count as messages.
    pub has_actions: bool,
    /// Whether the rows of the answer are split by bucket.
    pub by_bucket: bool,
    /// The dimensions that the rows of the answer are split by.
    pub by: &'a [Dimension],
    /// What the answer is kept to. Values are parameters `f_N`.
    pub filters: &'a [Filter],
    /// Whether rows are not kept to conditions on conversations yet, which an outer statement does.
    pub is_kept_later: bool,
}

/// What a statement is told of the conversations that are in no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// Nothing: it looks for them itself.
    Untold,
    /// There are none.
    None,
    /// They are the parameter `ineligible`.
    Listed,
}

impl<'a> Scope<'a> {
    /// The same for rows that an outer statement keeps to the conditions on conversations.
    pub(super) fn kept_later(self) -> Scope<'a> {
        Scope { is_kept_later: true, ..self }
    }

    /// The traits of users that the question is about, each once.
    pub(super) fn traits(&self) -> Vec<Trait> {
        let asked = self.by.iter().copied().chain(self.filters.iter().map(|filter| filter.dimension));
        let mut traits = Vec::new();
        for dimension in asked {
            if let Dimension::Trait(of) = dimension
                && !traits.contains(&of)
            {
                traits.push(of);
            }
        }
        traits
    }

    /// Whether the question splits rows by a dimension or is kept to values of it.
    pub(super) fn asks_for(&self, dimension: Dimension) -> bool {
        self.by.contains(&dimension) || self.filters.iter().any(|filter| filter.dimension == dimension)
    }

    /// Conditions on the dimensions of conversations.
    pub(super) fn conversation_conditions(&self) -> impl Iterator<Item = String> {
        self.conditions(true).filter(|_| !self.is_kept_later)
    }

    /// Microseconds from one instant to another (columns or expressions of microseconds), of business hours alone if the question
    /// is about them.
    pub(super) fn span(&self, start: &str, end: &str) -> String {
        if self.opening_chunks == 0 {
            return format!("{end} - {start}");
        }
        format!("{} - {}", self.open_until(end), self.open_until(start))
    }

    /// How long business was open until an instant: at the latest opening before it so much as `shifts` says, then as long as it
    /// stays open.
    fn open_until(&self, us: &str) -> String {
        let opens = chunked("opens", "Array(Int64)", self.opening_chunks);
        let of_opening = |list: &str| {
            let list = chunked(list, "Array(Int64)", self.opening_chunks);
            format!("transform(roundDown({us}, {opens}), {opens}, {list}, toInt64(0))")
        };
        format!("({} + least({us}, {}))", of_opening("shifts"), of_opening("shuts"))
    }

    /// Conditions on all other dimensions.
    pub(super) fn own_conditions(&self) -> impl Iterator<Item = String> {
        self.conditions(false)
    }

    fn conditions(&self, of_conversations: bool) -> impl Iterator<Item = String> {
        let of_kind = self.filters.iter().enumerate();
        of_kind
            .filter(move |(_, filter)| filter.dimension.is_of_conversations() == of_conversations)
            .map(|(i, filter)| filter.condition(i))
    }
}

/// How a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The value is one of those given.
    Is,
    /// The value is none of those given.
    IsNot,
    /// The value contains one of the texts given, in any case.
    Contains,
}

/// A condition on a dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The dimension.
    pub dimension: Dimension,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what; at least one value.
    pub values: Vec<String>,
}

impl Filter {
    /// The condition, for the parameter `f_{i}`.
    pub(crate) fn condition(&self, i: usize) -> String {
        let value = self.dimension.expression();
        match self.comparison {
            Comparison::Is => format!("{value} IN {{f_{i}:Array(String)}}"),
            Comparison::IsNot => format!("{value} NOT IN {{f_{i}:Array(String)}}"),
            Comparison::Contains => {
                format!("arrayExists(part -> positionCaseInsensitiveUTF8({value}, part) > 0, {{f_{i}:Array(String)}})")
            }
        }
    }
}

/// A list that comes in so many parameters.
pub(super) fn chunked(name: &str, of: &str, chunks: usize) -> String {
    let each: Vec<String> = (0..chunks).map(|i| format!("{{{name}_{i}:{of}}}")).collect();
    if each.len() == 1 { each[0].clone() } else { format!("arrayConcat({})", each.join(", ")) }
}
