//! Which events belong together: the partition key; and ids for producers that send none.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Data, Event, Timestamp};

impl Event<'_> {
    /// The key of the event's record: all events of a conversation have the same, so that they share a partition.
    #[must_use]
    pub fn partition_key(&self) -> String {
        let project = &self.project_id;
        if let Some(conversation) = &self.conversation_id {
            return format!("{project}/{conversation}");
        }
        if let Some(agent) = self.data.agent_id() {
            return format!("{project}/agent:{agent}");
        }
        match &self.user_id {
            Some(user) => format!("{project}/user:{user}"),
            None => format!("{project}/"),
        }
    }
}

impl Data<'_> {
    /// The human agent that the event is about.
    #[must_use]
    pub fn agent_id(&self) -> Option<&str> {
        match self {
            Self::AgentSessionStarted(d) => Some(&d.agent_id),
            Self::AgentSessionHeartbeat(d) => Some(&d.agent_id),
            Self::AgentSessionEnded(d) => Some(&d.agent_id),
            Self::AgentStatusChanged(d) => Some(&d.agent_id),
            Self::AgentUpserted(d) => Some(&d.agent_id),
            Self::AssignmentOffered(d) => Some(&d.agent_id),
            Self::AssignmentAccepted(d) => Some(&d.agent_id),
            Self::AssignmentMissed(d) => d.agent_id.as_deref(),
            Self::AssignmentTransferred(d) => d.agent_id.as_deref(),
            Self::AssignmentEnded(d) => d.agent_id.as_deref(),
            Self::ConversationClosed(d) => d.agent_id.as_deref(),
            Self::MessageCreated(d) => d.agent_id.as_deref(),
            Self::CsatRequested(d) => d.agent_id.as_deref(),
            Self::CsatSubmitted(d) => d.agent_id.as_deref(),
            _ => None,
        }
    }
}

/// What a producer without event ids says about an item, enough to know the item when it is sent again.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The project.
    pub project: &'a str,
    /// The route that it came in by.
    pub endpoint: &'a str,
    /// The conversation.
    pub conversation_id: &'a str,
    /// The producer's time of it.
    pub timestamp: Timestamp,
    /// Who wrote it, or what it is called.
    pub sender_or_name: &'a str,
    /// Its content.
    pub content: &'a [u8],
}

/// Namespace of derived ids. Never to change: the same item must have the same id for ever.
const DERIVED: Uuid = Uuid::from_u128(0x6f0c_1b2e_5c7a_4c0e_9d53_2f1a_7be8_40d6);

/// The id of an item whose producer gave none: the same for the same item, whenever it is sent.
#[must_use]
pub fn derived_event_id(origin: &Origin<'_>) -> Uuid {
    let mut name = Vec::with_capacity(256);
    // Lengths before the texts: no two origins can run together to the same name.
    let mut part = |bytes: &[u8]| {
        name.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        name.extend_from_slice(bytes);
    };
    part(origin.project.as_bytes());
    part(origin.endpoint.as_bytes());
    part(origin.conversation_id.as_bytes());
    part(&origin.timestamp.0.to_be_bytes());
    part(origin.sender_or_name.as_bytes());
    part(&Sha256::digest(origin.content));
    Uuid::new_v5(&DERIVED, &name)
}
