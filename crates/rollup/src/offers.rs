//! Offers of legs to agents, closes and reopenings: what the contact centre counts beside its legs.

use std::collections::BTreeMap;

use crate::detail::{label, said, text};
use crate::fact::{Fact, Kind};

/// A leg offered to an agent (1.1): the same leg may be offered to several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Event time, microseconds.
    pub at_us: i64,
    /// To whom.
    pub agent: String,
    /// `accepted`, `missed` or `pending`.
    pub outcome: &'static str,
    /// Why it was missed, as sent; `superseded` if another agent came before; '' if it was not missed.
    pub reason: String,
}

/// The offers of a conversation, from its events in order. An offer is answered by the first later event of its leg that
/// accepts, misses, offers it anew or ends it.
pub(crate) fn offers(facts: &[Fact<'_>]) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    let mut standing: BTreeMap<&str, usize> = BTreeMap::new();
    for fact in facts {
        let Some(leg) = said(&fact.detail.assignment_id) else { continue };
        let answers = matches!(
            fact.kind,
            Kind::Accepted | Kind::Missed | Kind::Offered | Kind::Transferred | Kind::AssignmentEnded
        ) || fact.kind == Kind::Closed
            || (fact.kind == Kind::QueueLeft && said(&fact.detail.reason) != Some("offered"));
        if answers && let Some(offer) = standing.remove(leg).and_then(|at| offers.get_mut(at)) {
            answer(offer, fact);
        }
        if fact.kind == Kind::Offered {
            standing.insert(leg, offers.len());
            let agent = label(&fact.detail.agent_id);
            offers.push(Offer { at_us: fact.at_us(), agent, outcome: "pending", reason: String::new() });
        }
    }
    offers
}

fn answer(offer: &mut Offer, fact: &Fact<'_>) {
    let same_agent = said(&fact.detail.agent_id).is_none_or(|agent| agent == offer.agent);
    (offer.outcome, offer.reason) = match fact.kind {
        Kind::Accepted if same_agent => ("accepted", String::new()),
        Kind::Accepted | Kind::Offered => ("missed", "superseded".to_owned()),
        _ => ("missed", label(&fact.detail.reason)),
    };
}

/// A close (closing reasons count every one).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// Event time, microseconds.
    pub at_us: i64,
    /// As sent; `unspecified` where none was.
    pub reason: String,
    /// Who closed, as sent.
    pub by: String,
    /// The agent, as sent.
    pub agent: String,
    /// When the conversation was first reopened after it.
    pub reopened_us: Option<i64>,
}

/// The closes of a conversation, from its events in order.
pub(crate) fn closes(facts: &[Fact<'_>]) -> Vec<Close> {
    let mut closes: Vec<Close> = Vec::new();
    for fact in facts {
        match fact.kind {
            Kind::Closed => closes.push(Close {
                at_us: fact.at_us(),
                reason: said(&fact.detail.reason).unwrap_or("unspecified").to_owned(),
                by: text(&fact.detail.closed_by),
                agent: text(&fact.detail.agent_id),
                reopened_us: None,
            }),
            Kind::Reopened => {
                if let Some(close) = closes.last_mut() {
                    close.reopened_us.get_or_insert(fact.at_us());
                }
            }
            _ => {}
        }
    }
    closes
}
