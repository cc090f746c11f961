//! What was shown to be clicked on, and what was clicked (D-37).

use std::collections::HashMap;

use crate::detail::{label, said, text};
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
    /// Whether it was clicked on before it was shown again.
    pub clicked: bool,
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

/// What was shown, one for each element of a group. A click is on the last one shown before it: of the element that it names, else
/// with the title that it has.
pub(crate) fn shown(facts: &[Fact<'_>]) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut latest: HashMap<(Named, &str), usize> = HashMap::new();
    for fact in facts {
        for element in fact.detail.elements.iter().flatten().filter(|_| fact.kind == Kind::Shown) {
            let names = [(Named::Element, said(&element.element_id)), (Named::Title, said(&element.title))];
            latest.extend(names.into_iter().filter_map(|(named, name)| Some(((named, name?), shown.len()))));
            shown.push(Shown {
                at_us: fact.at_us(),
                element: text(&element.element_id),
                title: label(&element.title),
                clicked: false,
            });
        }
        if fact.kind == Kind::Clicked
            && let Some(on) = clicked(fact).and_then(|name| latest.get(&name)).and_then(|at| shown.get_mut(*at))
        {
            on.clicked = true;
        }
    }
    shown
}

/// By what something shown is found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Named {
    Element,
    Title,
}

fn clicked<'f>(click: &'f Fact<'_>) -> Option<(Named, &'f str)> {
    let element = said(&click.detail.element_id).map(|element| (Named::Element, element));
    element.or_else(|| said(&click.detail.title).map(|title| (Named::Title, title)))
}
