//! Ratings of messages and conversations, and surveys (D-23, D-32, D-36). Customers' feedback alone counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::detail::{label, said};
use crate::fact::{Fact, Kind, Person, Role};

/// A customer's last rating of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// Event time of the rating, microseconds.
    pub at_us: i64,
    /// positive, neutral, negative, withdrawn or what else was sent.
    pub rating: String,
    /// The workflow that the message carries; '' without.
    pub workflow: String,
}

/// A bot message that can be rated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewable {
    /// Event time of the message, microseconds.
    pub at_us: i64,
    /// positive, neutral, negative, or `none` for no rating and a withdrawn one.
    pub rating: &'static str,
}

/// A customer's rating of the conversation: the last of each person as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Event time, microseconds.
    pub at_us: i64,
    /// Whose it is; nobody where no key was sent.
    pub person: Person,
    /// positive, neutral, negative, withdrawn or what else was sent.
    pub rating: String,
    /// Whether it says something.
    pub commented: bool,
}

/// A survey of the kind csat, or of none said.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// `survey_id`.
    pub id: String,
    /// Event time of the first request, microseconds.
    pub requested_us: Option<i64>,
    /// Event time of the last valid vote.
    pub voted_us: Option<i64>,
    /// That vote, rescaled to 1..5.
    pub score: Option<f64>,
    /// Whether it says something.
    pub commented: bool,
    /// The agent it is about, as sent; '' without.
    pub agent: String,
}

/// Last customer rating of each message by message id, from a conversation's events in order.
pub(crate) type LastRatings<'f> = HashMap<&'f str, &'f Fact<'f>>;

fn by_customer(fact: &Fact<'_>) -> bool {
    fact.kind == Kind::Feedback && said(&fact.detail.source) == Some("customer")
}

/// The last ratings of messages.
pub(crate) fn last_ratings<'f>(facts: &'f [Fact<'f>]) -> LastRatings<'f> {
    let of_messages =
        facts.iter().filter(|fact| by_customer(fact) && matches!(said(&fact.detail.target), None | Some("message")));
    of_messages.filter_map(|fact| Some((said(&fact.detail.message_id)?, fact))).collect()
}

/// The ratings, each with the workflow of its message.
pub(crate) fn ratings(facts: &[Fact<'_>], last: &LastRatings<'_>) -> Vec<Rating> {
    let carried = facts
        .iter()
        .filter(|fact| fact.kind.is_message())
        .filter_map(|fact| Some((said(&fact.detail.message_id)?, said(&fact.detail.workflow_id)?)));
    let workflows: HashMap<&str, &str> = carried.collect();
    let mut ratings: Vec<(&Fact<'_>, Rating)> = last
        .iter()
        .map(|(message, fact)| {
            let workflow = workflows.get(message).copied().unwrap_or_default().to_owned();
            (*fact, Rating { at_us: fact.at_us(), rating: label(&fact.detail.rating), workflow })
        })
        .collect();
    ratings.sort_by(|(a, _), (b, _)| a.order.cmp(&b.order));
    ratings.into_iter().map(|(_, rating)| rating).collect()
}

/// What a reviewable message's rating comes to; None for a message that cannot be rated.
fn review<'f>(fact: &'f Fact<'_>, last: &LastRatings<'_>) -> Option<(&'f str, &'static str)> {
    let reviewable = fact.kind == Kind::Message(Role::Bot) && fact.detail.feedback_enabled == Some(true);
    let message = said(&fact.detail.message_id).filter(|_| reviewable)?;
    let rating = match last.get(message).and_then(|fact| said(&fact.detail.rating)) {
        Some("positive") => "positive",
        Some("negative") => "negative",
        Some("neutral") => "neutral",
        _ => "none",
    };
    Some((message, rating))
}

/// The reviewable messages, each once.
pub(crate) fn reviewables(facts: &[Fact<'_>], last: &LastRatings<'_>) -> Vec<Reviewable> {
    let mut seen = BTreeSet::new();
    let reviews = facts.iter().filter_map(|fact| review(fact, last).map(|found| (fact, found)));
    let once = reviews.filter(|(_, (message, _))| seen.insert(*message));
    once.map(|(fact, (_, rating))| Reviewable { at_us: fact.at_us(), rating }).collect()
}

/// Number of reviewable messages of a chat that were last rated positive, and negative.
pub(crate) fn balance(chat: &[&Fact<'_>], last: &LastRatings<'_>) -> (u32, u32) {
    let reviews: BTreeMap<&str, &str> = chat.iter().filter_map(|fact| review(fact, last)).collect();
    let rated = |name: &str| reviews.values().filter(|rating| **rating == name).count();
    (u32::try_from(rated("positive")).unwrap_or(u32::MAX), u32::try_from(rated("negative")).unwrap_or(u32::MAX))
}

/// Ratings of the conversation itself, in order; of each person as sent the last. Which keys are one person is decided at read.
pub(crate) fn opinions(facts: &[Fact<'_>]) -> Vec<Opinion> {
    let mut last: BTreeMap<Person, &Fact<'_>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| by_customer(fact) && said(&fact.detail.target) == Some("conversation")) {
        last.insert(fact.person().unwrap_or_default(), fact);
    }
    let mut opinions: Vec<(Person, &Fact<'_>)> = last.into_iter().collect();
    opinions.sort_by(|(_, a), (_, b)| a.order.cmp(&b.order));
    let opinion = |(person, fact): (Person, &Fact<'_>)| Opinion {
        at_us: fact.at_us(),
        person,
        rating: label(&fact.detail.rating),
        commented: said(&fact.detail.comment).is_some(),
    };
    opinions.into_iter().map(opinion).collect()
}

/// The surveys of a conversation by id. One that is called nps or ces anywhere is none (D-32).
pub(crate) fn surveys(facts: &[Fact<'_>]) -> Vec<Survey> {
    let mut surveys: BTreeMap<&str, Survey> = BTreeMap::new();
    let mut others: BTreeSet<&str> = BTreeSet::new();
    for fact in facts.iter().filter(|fact| matches!(fact.kind, Kind::SurveyRequested | Kind::SurveySubmitted)) {
        let Some(id) = said(&fact.detail.survey_id) else { continue };
        if said(&fact.detail.kind).is_some_and(|kind| kind != "csat") {
            others.insert(id);
        }
        let empty = || Survey {
            id: id.to_owned(),
            requested_us: None,
            voted_us: None,
            score: None,
            commented: false,
            agent: String::new(),
        };
        let survey = surveys.entry(id).or_insert_with(empty);
        if survey.agent.is_empty() {
            survey.agent = crate::detail::text(&fact.detail.agent_id);
        }
        if fact.kind == Kind::SurveyRequested {
            survey.requested_us.get_or_insert(fact.at_us());
        } else if let Some(score) = rescaled(fact) {
            survey.voted_us = Some(fact.at_us());
            survey.score = Some(score);
            survey.commented = said(&fact.detail.comment).is_some();
        }
    }
    surveys.into_iter().filter(|(id, _)| !others.contains(id)).map(|(_, survey)| survey).collect()
}

/// A vote on the scale from 1 to 5; None off its own scale.
fn rescaled(vote: &Fact<'_>) -> Option<f64> {
    let (low, high) = (vote.detail.scale_min.unwrap_or(1.0), vote.detail.scale_max.unwrap_or(5.0));
    let score = vote.detail.score?;
    (low < high && (low..=high).contains(&score)).then(|| 1.0 + 4.0 * (score - low) / (high - low))
}
