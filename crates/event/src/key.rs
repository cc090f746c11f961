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

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Origin<'_> = Origin {
        project: "shop",
        endpoint: "/api/track/",
        conversation_id: "c1",
        timestamp: Timestamp(1_774_256_400_000_000),
        sender_or_name: "end_user",
        content: b"hello",
    };

    #[test]
    fn a_derived_id_is_the_same_for_ever() {
        assert_eq!(derived_event_id(&ORIGIN).to_string(), "2b6615b8-22d6-5aba-83ce-4078b8aa1f25");
    }

    #[test]
    fn a_derived_id_tells_every_part_apart() {
        let others = [
            Origin { project: "shop2", ..ORIGIN },
            Origin { endpoint: "/api/buttons/", ..ORIGIN },
            Origin { conversation_id: "c2", ..ORIGIN },
            Origin { timestamp: Timestamp(1_774_256_400_000_001), ..ORIGIN },
            Origin { sender_or_name: "agent", ..ORIGIN },
            Origin { content: b"hello!", ..ORIGIN },
            Origin { conversation_id: "c", sender_or_name: "1end_user", ..ORIGIN },
        ];
        let ids: std::collections::BTreeSet<_> = others.iter().chain([&ORIGIN]).map(derived_event_id).collect();
        assert_eq!(ids.len(), others.len() + 1);
    }
}
