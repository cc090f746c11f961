//! What is wrong with an address, for its reader.

use warehouse::registry::Metric;

use super::FILTERS_MAX;
use crate::words::Words;

/// Something of an address that is not used as it stands there. Texts are cut to what fits a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A parameter that came twice.
    Twice(String),
    /// More filters than are used.
    Filters,
    /// No range.
    Range(String),
    /// No time zone.
    Zone(String),
    /// No comparison.
    Comparison(String),
    /// No size of buckets.
    Grain(String),
    /// No filter.
    Filter(String),
    /// No environment.
    Environment(String),
    /// No way to show a panel.
    Way(String),
    /// No panel.
    Panel(String),
    /// No shape of an answer.
    Shape,
    /// A metric, by its id, whose hours do not add up.
    Hours(String),
}

impl Notice {
    /// The notice in a language.
    pub(crate) fn says(&self, words: Words) -> String {
        match self {
            Notice::Twice(name) => words.came_twice(name),
            Notice::Filters => words.first_filters_alone(FILTERS_MAX),
            Notice::Range(text) => words.no_range(text),
            Notice::Zone(text) => words.no_zone(text),
            Notice::Comparison(text) => words.no_comparison(text),
            Notice::Grain(text) => words.no_grain(text),
            Notice::Filter(text) => words.no_filter(text),
            Notice::Environment(text) => words.no_environment(text),
            Notice::Way(text) => words.no_way(text),
            Notice::Panel(text) => words.no_panel(text),
            Notice::Shape => words.no_such_shape().to_owned(),
            Notice::Hours(id) => {
                words.hours_do_not_add_up(Metric::by_id(id).map_or(id.as_str(), |metric| words.metric_name(metric)))
            }
        }
    }
}
