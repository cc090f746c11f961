//! What was shown to be clicked on, and what was clicked (D-37).

use crate::detail::{label, text};
use crate::fact::{Fact, Kind};

/// A click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Click {
    /// Event time, microseconds.
    pub at_us: i64,
    /// The client's counter: of two clicks at one time the greater is the later.
    pub sequence: i64,
    /// Event id: decides where the counters are equal too.
    pub event_id: String,
    /// `element_id`, '' without. Clicks of one element show the title of the latest.
    pub element: String,
    /// Type, `unknown` without.
    pub click_type: String,
    /// Title, `unknown` without.
    pub title: String,
    /// Class of where it leads, `unknown` without.
    pub destination_type: String,
    /// Where it leads, `unknown` without.
    pub destination: String,
}

/// Something to click on was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Event time, microseconds.
    pub at_us: i64,
    /// `element_id`, '' without.
    pub element: String,
    /// Title, `unknown` without.
    pub title: String,
}

/// The clicks of a conversation, from its events in order.
pub(crate) fn clicks(facts: &[Fact<'_>]) -> Vec<Click> {
    let clicks = facts.iter().filter(|fact| fact.kind == Kind::Clicked);
    clicks
        .map(|fact| Click {
            at_us: fact.at_us(),
            sequence: fact.order.sequence,
            event_id: fact.order.event_id.to_owned(),
            element: text(&fact.detail.element_id),
            click_type: label(&fact.detail.click_type),
            title: label(&fact.detail.title),
            destination_type: label(&fact.detail.destination_type),
            destination: label(&fact.detail.destination),
        })
        .collect()
}

/// What was shown, one for each element of a group.
pub(crate) fn shown(facts: &[Fact<'_>]) -> Vec<Shown> {
    let groups = facts.iter().filter(|fact| fact.kind == Kind::Shown);
    let elements = groups.flat_map(|fact| fact.detail.elements.iter().flatten().map(|element| (fact.at_us(), element)));
    elements
        .map(|(at_us, element)| Shown { at_us, element: text(&element.element_id), title: label(&element.title) })
        .collect()
}
