//! An event as the fold of a conversation sees it.

use crate::{Detail, Flag};

/// The order of events (D-03): time, then the client's sequence, then the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order<'a> {
    /// Event time, microseconds since the epoch.
    pub time_us: i64,
    /// The client's counter; absent is 0.
    pub sequence: i64,
    /// Event id.
    pub event_id: &'a str,
}

/// Who sent a message (P8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The customer.
    User,
    /// The AI agent.
    Bot,
    /// A human agent.
    Agent,
}

impl Role {
    /// The role of a public message, if `name` is one that counts.
    pub fn from_name(name: &str) -> Option<Role> {
        match name {
            "user" => Some(Role::User),
            "bot" => Some(Role::Bot),
            "agent" => Some(Role::Agent),
            _ => None,
        }
    }

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Bot => "bot",
            Role::Agent => "agent",
        }
    }
}

/// What kind of event it is, as far as the fold distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `conversation.initialized`
    Initialized,
    /// `conversation.started`
    Started,
    /// `conversation.updated`
    Updated,
    /// `conversation.ended`
    Ended,
    /// `conversation.closed`
    Closed,
    /// `conversation.deleted`
    Deleted,
    /// A message in the sense of P8.
    Message(Role),
    /// `ui.clicked`
    Clicked,
    /// `fallback.triggered`
    Fallback,
    /// `tool.call.completed`
    ToolCall,
    /// `llm.call.completed`
    ModelCall,
    /// `intent.detected`
    IntentDetected,
    /// `workflow.started`
    WorkflowStarted,
    /// `ui.shown`
    Shown,
    /// `attachment.added`
    AttachmentAdded,
    /// `conversation.reopened`
    Reopened,
    /// `handoff.requested`
    Handoff,
    /// `ticket.created`
    Ticket,
    /// `queue.entered`
    QueueEntered,
    /// `queue.left`
    QueueLeft,
    /// `assignment.offered`
    Offered,
    /// `assignment.accepted`
    Accepted,
    /// `assignment.missed`
    Missed,
    /// `assignment.transferred`
    Transferred,
    /// `assignment.ended`
    AssignmentEnded,
    /// `feedback.submitted`: of the conversation, but of no chat, like the surveys.
    Feedback,
    /// `csat.requested`
    SurveyRequested,
    /// `csat.submitted`
    SurveySubmitted,
    /// Any other type: it belongs to a chat and bridges a gap (D-07).
    Other,
}

impl Kind {
    /// The kind of an event of type `event`; `role` is that of a message in the sense of P8, else None.
    pub fn of(event: &str, role: Option<Role>) -> Kind {
        if let Some(role) = role {
            return Kind::Message(role);
        }
        match event {
            "conversation.initialized" => Kind::Initialized,
            "conversation.started" => Kind::Started,
            "conversation.updated" => Kind::Updated,
            "conversation.ended" => Kind::Ended,
            "conversation.closed" => Kind::Closed,
            "conversation.deleted" => Kind::Deleted,
            "ui.clicked" => Kind::Clicked,
            "fallback.triggered" => Kind::Fallback,
            "tool.call.completed" => Kind::ToolCall,
            "handoff.requested" => Kind::Handoff,
            "ticket.created" => Kind::Ticket,
            "queue.entered" => Kind::QueueEntered,
            "queue.left" => Kind::QueueLeft,
            "assignment.offered" => Kind::Offered,
            "assignment.accepted" => Kind::Accepted,
            "assignment.missed" => Kind::Missed,
            "assignment.transferred" => Kind::Transferred,
            "assignment.ended" => Kind::AssignmentEnded,
            "llm.call.completed" => Kind::ModelCall,
            "intent.detected" => Kind::IntentDetected,
            "workflow.started" => Kind::WorkflowStarted,
            "ui.shown" => Kind::Shown,
            "attachment.added" => Kind::AttachmentAdded,
            "conversation.reopened" => Kind::Reopened,
            "feedback.submitted" => Kind::Feedback,
            "csat.requested" => Kind::SurveyRequested,
            "csat.submitted" => Kind::SurveySubmitted,
            _ => Kind::Other,
        }
    }

    /// Whether the event is a use of its conversation (D-04).
    pub fn is_use(self) -> bool {
        matches!(self, Kind::Message(_) | Kind::Started)
    }

    /// Whether the event makes its person active (D-39).
    pub fn is_activity(self) -> bool {
        self.is_use() || self == Kind::Clicked
    }

    /// Whether the event is a participant's (D-10): these bound a chat.
    pub fn is_participant(self) -> bool {
        self.is_activity() || matches!(self, Kind::Handoff | Kind::Closed | Kind::Ended)
    }

    /// Whether the event belongs to a chat (1.1, D-07).
    pub fn in_chats(self) -> bool {
        !matches!(
            self,
            Kind::Initialized | Kind::Updated | Kind::Feedback | Kind::SurveyRequested | Kind::SurveySubmitted
        )
    }

    /// Whether the event is a message in the sense of P8.
    pub fn is_message(self) -> bool {
        matches!(self, Kind::Message(_))
    }

    /// Whether the customer did it: a message or a click.
    pub fn is_from_user(self) -> bool {
        matches!(self, Kind::Message(Role::User) | Kind::Clicked)
    }

    /// Whether the event opens a leg.
    pub fn opens_leg(self) -> bool {
        matches!(self, Kind::QueueEntered | Kind::Offered | Kind::Accepted)
    }

    /// Whether the event asks for a human (D-14).
    pub fn is_request(self) -> bool {
        matches!(self, Kind::Handoff | Kind::Ticket)
    }
}

/// An event of a conversation, borrowed from wherever it lies.
#[derive(Debug, Clone)]
pub struct Fact<'a> {
    /// Its place among the events of the conversation.
    pub order: Order<'a>,
    /// What it is.
    pub kind: Kind,
    /// `user_id`, '' if absent.
    pub user_id: &'a str,
    /// `anonymous_id`, '' if absent.
    pub anonymous_id: &'a str,
    /// `session_id`, '' if absent.
    pub session_id: &'a str,
    /// `channel` as sent, '' if absent.
    pub channel: &'a str,
    /// `bot_id`, '' if absent.
    pub bot_id: &'a str,
    /// What the event says about whether the conversation counts.
    pub flag: Option<Flag>,
    /// What the fold needs of `data` and `context`.
    pub detail: Detail<'a>,
}

/// Who an event names, as sent (P6).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Person {
    /// The person: `u:` and the user id, else `a:` and the anonymous id; '' where neither is named.
    pub key: String,
    /// The visitor, whom a change of device makes another (D-06): `a:` and the anonymous id, else `u:` and the user id.
    pub visitor: String,
}

impl Person {
    /// Whether nobody is named.
    pub fn is_nobody(&self) -> bool {
        self.key.is_empty()
    }
}

/// A person's key as sent (P6): the user id goes before the anonymous id; None without either.
pub(crate) fn person_key(user_id: &str, anonymous_id: &str) -> Option<String> {
    match (user_id, anonymous_id) {
        ("", "") => None,
        ("", anonymous) => Some(["a:", anonymous].concat()),
        (user, _) => Some(["u:", user].concat()),
    }
}

impl Fact<'_> {
    /// Whom the event names; None for nobody.
    pub fn person(&self) -> Option<Person> {
        let key = person_key(self.user_id, self.anonymous_id)?;
        let visitor = if self.anonymous_id.is_empty() { key.clone() } else { format!("a:{}", self.anonymous_id) };
        Some(Person { key, visitor })
    }

    /// Event time, microseconds since the epoch.
    pub(crate) fn at_us(&self) -> i64 {
        self.order.time_us
    }
}

/// The first of the events (in order) that names somebody says who it is about (D-19).
pub(crate) fn first_person<'f, 'a: 'f>(facts: impl IntoIterator<Item = &'f Fact<'a>>) -> Option<Person> {
    facts.into_iter().find_map(Fact::person)
}
