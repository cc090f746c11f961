//! What figures are made from.

use crate::registry::Dimension;

/// A set of things with a time, of which a figure is an aggregate. Every row has `us`, `conversation` ('' without one) and the
/// dimensions of conversations, unless it is said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Messages by quarter of an hour (`role`, `content_type`, `workflow`, `agent`, `w`).
    Messages,
    /// Messages by minute (`minute`, `w`).
    Minutes,
    /// Messages (`w`) and conversations with messages (`conversation`).
    Talk,
    /// Conversations with messages.
    Active,
    /// Conversations by first use (`escalated`, `identified`, `opened`).
    Started,
    /// The same with their person (`who`, '' without).
    StartedPeople,
    /// Of each person the last conversation started in the range (`who`).
    LastConversations,
    /// Conversations by `conversation.initialized` (`used`, `page`, `placement`; `segment` where it is asked for).
    Opportunities,
    /// Counted chats by start (`requested`, `positive`, `negative`, `workflow`, `intent`).
    Chats,
    /// Chats that nobody but the bot wrote in, by start.
    Proactive,
    /// Counted chats by start, on their way (`entry`, `workflow`, `intent`); ways of less than 1 % are `Other`.
    StartFlows,
    /// Counted chats that are over, by end (`us_long`, `contained`).
    Ended,
    /// Counted chats of someone that are over, by end (`contained`, `again_us`: until the same person's next chat began, 0 for never).
    EndedOfSomeone,
    /// Turns by reply (`us_long`, `waited_us`: the same of all hours, `us_from_first`, `workflow`, `model`, `fallback`).
    Turns,
    /// Spoken turns by reply (`ms` from the user's last sound to the answer's first, `workflow`).
    SpokenTurns,
    /// Counted chats with speech that are over, by end (`us_long`, `call_us`, `silent_us`, `hung_up`).
    Calls,
    /// What was spoken, by its end (`role`, `spoken_us`, `interrupted`).
    Utterances,
    /// Turns in which the bot fell back, by reply (`question`, `workflow`).
    Unanswered,
    /// Handoff requests by trigger (`trigger`, `basis`).
    Requests,
    /// People: `kind` = 'active' by bucket, 'new' by first activity (`who`, `identified`).
    People,
    /// The same, where a change of device makes another person.
    Visitors,
    /// People, and those who made a request (`kind` = 'request').
    PeopleRequests,
    /// People, and counted chats of someone (`kind` = 'chat').
    PeopleChats,
    /// People, and user messages of someone (`kind` = 'message', `w`).
    PeopleMessages,
    /// Local days that begin in the range, with those active in them and in the 28 days that end with them (`daily`, `monthly`); no
    /// conversations.
    ActiveDays,
    /// People first active in the range, once for each later week of it that is over, by first activity (`week_offset`, `active`); no
    /// conversations.
    WeeksSince,
    /// Primary intents (`intent`).
    Intents,
    /// Views of workflows (`workflow`).
    Workflows,
    /// Last ratings of messages by the rating's time (`rating`, `workflow`).
    Ratings,
    /// Reviewable messages by their time (`rating`, 'none' without one).
    Reviewables,
    /// Last ratings of conversations (`rating`, `commented`).
    Opinions,
    /// Votes (`score`).
    Votes,
    /// Surveys by request (`answered`).
    Surveys,
    /// Clicks, labelled as the latest of their element in the range (`click_type`, `title`, `destination_type`, `destination`).
    Clicks,
    /// What was shown to be clicked on (`title`, `clicked`).
    Shown,
    /// Calls of tools (`tool`, `status`, `ms`).
    ToolCalls,
    /// Calls of language models (`model`, `provider`, `workflow`, `user`, `input`, `output`, …, `cost`, `cost_source`).
    ModelCalls,
    /// Calls of language models in contained chats that are over, by the chat's end (`chat`, `model`, `provider`, `workflow`, `user`, `cost`, `cost_source`).
    ContainedCalls,
    /// Attachments (`kind`, `bytes`).
    Attachments,
    /// Legs by opening (`outcome`, `reason`, `agent`, `queue`, `team`, `origin`).
    LegsOpened,
    /// Legs by opening, with the microseconds to what came of them, null where it has not come (`outcome`, `to_accept`, `to_reply`,
    /// `to_end` from the opening; `to_next`: the longest wait for a next response).
    LegsTimed,
    /// Handled legs by acceptance (`us_long` from the opening, `who`).
    LegsAccepted,
    /// Handled legs by the agent's first reply (`us_long` from the opening).
    LegsReplied,
    /// Handled legs by end (`us_long` from the acceptance, `handling_us` with the after-work).
    LegsEnded,
    /// Legs that nobody accepted, by the instant at which they were missed (`us_long` from the opening).
    LegsMissed,
    /// Conversations that an agent accepted, by their first close since (`us_long` from the first acceptance).
    ConversationsClosed,
    /// Messages of users and agents while a leg was served (`role`).
    Served,
    /// A human agent's first response to a conversation's request for a human, by the reply (`us_long`, `agent`).
    FirstResponses,
    /// A human agent's first response since a conversation's start, by the reply (`us_long`, `agent`).
    FirstResponsesFromStart,
    /// Responses of human agents within a leg, by the reply (`us_long`, `agent`).
    NextResponses,
    /// Counted chats that are over in which a human agent responded, by end (`us_long`: all waits for it).
    ChatWaits,
    /// The first close of a conversation (`us_long` from its start, `reason`, `agent`).
    FirstCloses,
    /// The last close of a conversation (`us_long` from its start, `reason`, `agent`).
    LastCloses,
    /// Closes (`reason`, `agent`, `reopened`, `is_last` of all time).
    Closes,
    /// Offers of legs to agents (`agent`, `outcome`, `reason`).
    Offers,
    /// Legs that have ended, cut at the bounds of buckets (`agent`, `w` microseconds).
    AgentTime,
    /// The same, each moment of an agent once.
    AgentBusy,
    /// Presence of agents, each moment once, cut at the bounds of buckets (`agent`, `w`); no conversations.
    AgentPresence,
    /// Presence of agents as far as they were available, likewise.
    AgentAvailable,
    /// The time that agents were available or busy (`kind` = 'staffed'), that they had a leg ('served'), and that was either
    /// ('either'), each moment of a kind once, cut at the bounds of buckets (`agent`, `w`); no conversations.
    AgentOccupied,
}

impl Source {
    /// Whether it reads what is folded from conversations, which follows the counters a little later.
    pub fn derived(self, by_conversation: bool) -> bool {
        match self {
            Source::Messages | Source::Minutes | Source::People => by_conversation,
            Source::AgentPresence | Source::AgentAvailable => false,
            _ => true,
        }
    }

    /// Whether it needs to know who is one person.
    pub fn people(self) -> bool {
        matches!(
            self,
            Source::People
                | Source::PeopleRequests
                | Source::PeopleChats
                | Source::PeopleMessages
                | Source::StartedPeople
                | Source::LastConversations
                | Source::LegsAccepted
                | Source::Opinions
                | Source::EndedOfSomeone
                | Source::ActiveDays
                | Source::WeeksSince
                | Source::ModelCalls
                | Source::ContainedCalls
        )
    }

    /// Whether it has messages of whatever role, as which a project may count calls of tools.
    pub fn has_messages(self) -> bool {
        matches!(self, Source::Messages | Source::Minutes | Source::Talk | Source::Active)
    }

    /// Whether its rows are of conversations, so that their dimensions split it.
    pub fn is_of_conversations(self) -> bool {
        !matches!(
            self,
            Source::AgentPresence
                | Source::AgentAvailable
                | Source::AgentOccupied
                | Source::ActiveDays
                | Source::WeeksSince
        )
    }

    /// Whether each of its rows is what it is whatever the range is, so that a longer range has the same rows at the same times: parts of
    /// it can then be told by `us` alone.
    pub(crate) fn is_told_by_row(self) -> bool {
        matches!(
            self,
            Source::Started
                | Source::StartedPeople
                | Source::Opportunities
                | Source::Chats
                | Source::Proactive
                | Source::Ended
                | Source::Turns
                | Source::SpokenTurns
                | Source::Calls
                | Source::Utterances
                | Source::Requests
                | Source::Intents
                | Source::Workflows
                | Source::Ratings
                | Source::Reviewables
                | Source::Votes
                | Source::Surveys
                | Source::Opinions
                | Source::Shown
                | Source::ToolCalls
                | Source::ModelCalls
                | Source::ContainedCalls
                | Source::Attachments
                | Source::LegsOpened
                | Source::LegsTimed
                | Source::LegsAccepted
                | Source::LegsReplied
                | Source::LegsEnded
                | Source::Served
                | Source::FirstResponses
                | Source::FirstResponsesFromStart
                | Source::NextResponses
                | Source::ChatWaits
                | Source::FirstCloses
                | Source::LastCloses
                | Source::Closes
                | Source::Offers
        )
    }

    /// Whether counters answer for it as long as nothing but these dimensions is asked for; None if there are no such counters.
    pub fn counted_by(self) -> Option<&'static [Dimension]> {
        match self {
            Source::Messages => Some(&[Dimension::Role, Dimension::ContentType, Dimension::Weekday, Dimension::Hour]),
            Source::Minutes | Source::People => Some(&[]),
            _ => None,
        }
    }
}
