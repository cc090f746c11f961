//! The event types. Each is written down once, in the files below; the macros make of it the type itself, its codecs and
//! its schemas. Appending optional fields and types at the end is the only change that version 1 allows.

#[macro_use]
mod macros;

mod ai;
mod contact_center;
mod conversation;
mod identity;
mod intent;
mod interaction;
mod message;

pub use ai::*;
pub use contact_center::*;
pub use conversation::*;
pub use identity::*;
pub(crate) use intent::InlineIntent;
pub use intent::Intent;
pub use interaction::*;
pub use message::*;

use crate::{Text, avro, json::Json, kind::Kind, schema};

// The ids are far above those that registries give, which count from one, so that a topic may hold both.
catalogue! {
    /// What happens to a conversation as a whole.
    Conversation = 2_000_000_001 "conversation" {
        ConversationInitialized = "conversation.initialized",
        WidgetOpened = "widget.opened",
        ConversationStarted = "conversation.started",
        ConversationUpdated = "conversation.updated",
        ConversationEnded = "conversation.ended",
        ConversationClosed = "conversation.closed",
        ConversationReopened = "conversation.reopened",
        ConversationDeleted = "conversation.deleted",
    }
    /// Messages and their attachments.
    Message = 2_000_000_002 "message" {
        MessageCreated = "message.created",
        MessageUpdated = "message.updated",
        MessageDeleted = "message.deleted",
        MessageStatus = "message.status",
        AttachmentAdded = "attachment.added",
    }
    /// What the AI does.
    Ai = 2_000_000_003 "ai" {
        LlmCallCompleted = "llm.call.completed",
        ToolCallCompleted = "tool.call.completed",
        RetrievalCompleted = "retrieval.completed",
        IntentDetected = "intent.detected",
        FallbackTriggered = "fallback.triggered",
        WorkflowStarted = "workflow.started",
        WorkflowCompleted = "workflow.completed",
        GuardrailTriggered = "guardrail.triggered",
        TurnCompleted = "turn.completed",
        ToolUpserted = "tool.upserted",
        EvaluationRecorded = "evaluation.recorded",
    }
    /// What the person does beside writing, and what the person thinks of it.
    Interaction = 2_000_000_004 "interaction" {
        UiShown = "ui.shown",
        UiClicked = "ui.clicked",
        FeedbackSubmitted = "feedback.submitted",
        FeedbackUpdated = "feedback.updated",
        FeedbackDeleted = "feedback.deleted",
        CsatRequested = "csat.requested",
        CsatSubmitted = "csat.submitted",
        OutcomeRecorded = "outcome.recorded",
    }
    /// Handover, queues, assignments and human agents.
    ContactCenter = 2_000_000_005 "contact_center" {
        HandoffRequested = "handoff.requested",
        TicketCreated = "ticket.created",
        TicketUpdated = "ticket.updated",
        TicketDeleted = "ticket.deleted",
        QueueEntered = "queue.entered",
        QueueLeft = "queue.left",
        AssignmentOffered = "assignment.offered",
        AssignmentAccepted = "assignment.accepted",
        AssignmentMissed = "assignment.missed",
        AssignmentTransferred = "assignment.transferred",
        AssignmentEnded = "assignment.ended",
        AgentSessionStarted = "agent.session.started",
        AgentSessionHeartbeat = "agent.session.heartbeat",
        AgentSessionEnded = "agent.session.ended",
        AgentStatusChanged = "agent.status.changed",
        AgentUpserted = "agent.upserted",
    }
    /// Who people are, and what is recorded about the whole.
    Identity = 2_000_000_006 "identity" {
        UserIdentified = "user.identified",
        UserMerged = "user.merged",
        UserErasureRequested = "user.erasure_requested",
        DeploymentRecorded = "deployment.recorded",
        AnnotationRecorded = "annotation.recorded",
    }
}

/// Id of the schema for types that are not in the catalogue.
const OTHER_ID: u32 = 2_000_000_007;

impl<'a> Data<'a> {
    /// An event under the schema for types that the catalogue did not know when its producer was built; by now it may.
    fn read_other(reader: &mut avro::Reader<'a>) -> Result<Self, crate::Invalid> {
        let event = crate::kind::read_required::<crate::kind::Id>(reader, "event")?;
        match crate::kind::Object::read(reader)? {
            Text::Borrowed(text) => Data::parse(event, &mut Json::inside(text, 1)),
            json @ Text::Owned(_) => Ok(Data::Unknown { event, json }),
        }
    }
}

fn other_schema(names: &mut schema::Names) -> serde_json::Value {
    names.record("Unknown", "An event of a type that the catalogue does not know.", |names| {
        vec![
            names.field::<crate::kind::Str>("event", "The type.", false),
            names.field::<crate::kind::Str>("json", "The data, as JSON.", false),
        ]
    })
}
