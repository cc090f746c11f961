//! The fold of a conversation: from the set of its events to everything the figures ask of it.

use crate::chats::{self, Around, Chat};
use crate::clicks::{self, Click, Shown};
use crate::detail::{said, text};
use crate::dimensions::{Dimensions, dimensions};
use crate::eligibility::{self, Ineligible};
use crate::fact::{Fact, Kind, Person, first_person};
use crate::feedback::{self, Opinion, Rating, Reviewable, Survey};
use crate::idle::IdleTimeouts;
use crate::intents::{self, PrimaryIntent};
use crate::legs::{self, Leg, ServedMessage};
use crate::offers::{self, Close, Offer};
use crate::page;
use crate::requests::{self, HumanRequest};
use crate::responses::{self, Response};
use crate::speech::{self, Utterance};
use crate::turns::{Turn, turns};
use crate::volumes::{self, ActivityCell, MessageCell};
use crate::work::{self, Attachment, ModelCall, ToolCall};
use crate::workflows::{self, WorkflowView};

/// An opportunity (D-25): the first `conversation.initialized` of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opportunity {
    /// Event time, microseconds.
    pub at_us: i64,
    /// Path of the page (D-26).
    pub page: String,
    /// Where on the page, as sent; '' without.
    pub placement: String,
}

/// What a conversation's events amount to. Lists are in the order of events unless they say otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationState {
    /// Number of distinct events folded.
    pub events: u64,
    /// Why it is in no figure; None if it counts (P5).
    pub ineligible: Option<Ineligible>,
    /// Event time of the first event, microseconds.
    pub first_event_us: i64,
    /// Event time of the last event.
    pub last_event_us: i64,
    /// First message or start (D-04).
    pub first_use_us: Option<i64>,
    /// Last message or start.
    pub last_use_us: Option<i64>,
    /// The opportunity that it began as, if it did.
    pub opportunity: Option<Opportunity>,
    /// First of its events that names somebody (D-19).
    pub person: Person,
    /// Whether any of its events carries a user id (D-21).
    pub identified: bool,
    /// First `handoff.requested`.
    pub handoff_us: Option<i64>,
    /// Dimensions.
    pub dimensions: Dimensions,
    /// Messages, by what they have in common.
    pub messages: Vec<MessageCell>,
    /// Who was active.
    pub activity: Vec<ActivityCell>,
    /// Chats.
    pub chats: Vec<Chat>,
    /// Answered turns.
    pub turns: Vec<Turn>,
    /// What was spoken.
    pub utterances: Vec<Utterance>,
    /// Requests for a human, and tickets.
    pub requests: Vec<HumanRequest>,
    /// Legs, by assignment id.
    pub legs: Vec<Leg>,
    /// What human agents answered, by the reply.
    pub responses: Vec<Response>,
    /// Offers of legs to agents.
    pub offers: Vec<Offer>,
    /// Messages while a leg was served.
    pub served: Vec<ServedMessage>,
    /// Closes.
    pub closes: Vec<Close>,
    /// Primary intents of the user's messages.
    pub intents: Vec<PrimaryIntent>,
    /// Workflows seen.
    pub workflows: Vec<WorkflowView>,
    /// Last ratings of messages.
    pub ratings: Vec<Rating>,
    /// Messages that can be rated.
    pub reviewables: Vec<Reviewable>,
    /// Last ratings of the conversation, one a person as sent.
    pub opinions: Vec<Opinion>,
    /// Surveys, by id.
    pub surveys: Vec<Survey>,
    /// Clicks.
    pub clicks: Vec<Click>,
    /// What was shown to be clicked on.
    pub shown: Vec<Shown>,
    /// Calls of tools.
    pub tool_calls: Vec<ToolCall>,
    /// Calls of language models.
    pub model_calls: Vec<ModelCall>,
    /// Attachments.
    pub attachments: Vec<Attachment>,
}

/// Folds a conversation's distinct events, given in any order. None for no events.
pub fn fold(mut facts: Vec<Fact<'_>>, idle: &IdleTimeouts) -> Option<ConversationState> {
    facts.sort_by(|a, b| a.order.cmp(&b.order));
    let facts = facts.as_slice();
    let (first, last) = (facts.first()?, facts.last()?);
    let dimensions = dimensions(facts);
    let legs = legs::legs(facts);
    let pieces = chats::cut(facts, &legs, idle.of_us(&dimensions.channel));
    let last_ratings = feedback::last_ratings(facts);
    let primary = intents::primary(facts);
    let around = Around { legs: &legs, ratings: &last_ratings, intents: &primary };
    let uses = || facts.iter().filter(|fact| fact.kind.is_use()).map(Fact::at_us);
    let of_kind = |kind: Kind| facts.iter().find(move |fact| fact.kind == kind);
    Some(ConversationState {
        events: facts.len() as u64,
        ineligible: eligibility::ineligible(facts),
        first_event_us: first.at_us(),
        last_event_us: last.at_us(),
        first_use_us: uses().next(),
        last_use_us: uses().next_back(),
        opportunity: of_kind(Kind::Initialized).map(opportunity),
        person: first_person(facts).unwrap_or_default(),
        identified: facts.iter().any(|fact| !fact.user_id.is_empty()),
        handoff_us: of_kind(Kind::Handoff).map(Fact::at_us),
        messages: volumes::messages(facts),
        activity: volumes::activity(facts),
        chats: pieces.iter().filter_map(|piece| chats::chat(piece, &around)).collect(),
        turns: turns(facts),
        utterances: speech::utterances(facts),
        requests: pieces.iter().flat_map(|piece| requests::requests(piece)).collect(),
        responses: responses::responses(&pieces, &legs),
        offers: offers::offers(facts),
        served: legs::served(facts, &legs),
        closes: offers::closes(facts),
        intents: intents::intents(facts, &primary),
        workflows: workflows::views(facts, &pieces),
        ratings: feedback::ratings(facts, &last_ratings),
        reviewables: feedback::reviewables(facts, &last_ratings),
        opinions: feedback::opinions(facts),
        surveys: feedback::surveys(facts),
        clicks: clicks::clicks(facts),
        shown: clicks::shown(facts),
        tool_calls: work::tool_calls(facts),
        model_calls: work::model_calls(&pieces),
        attachments: work::attachments(facts),
        legs,
        dimensions,
    })
}

fn opportunity(fact: &Fact<'_>) -> Opportunity {
    let page = said(&fact.detail.page_url).map_or_else(|| "unknown".to_owned(), page::path);
    Opportunity { at_us: fact.at_us(), page, placement: text(&fact.detail.placement) }
}
