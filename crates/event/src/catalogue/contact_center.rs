//! Handover, queues, assignments and human agents.

open_enum! {
    /// Why a human was asked for.
    HandoffTrigger {
        Direct = "direct", AfterFallback = "after_fallback", OperatorButton = "operator_button", Rule = "rule",
        Sentiment = "sentiment", AgentTakeover = "agent_takeover",
    }
}

record! {
    /// A human was asked for.
    HandoffRequested {
        /// Why; worked out from the chat if absent.
        trigger? HandoffTrigger;
        /// The team that was asked for.
        target_team? Id;
        /// Why, in words.
        reason? Str;
        /// The message that asked.
        message_id? Id;
    }
}

record! {
    /// A ticket was opened.
    TicketCreated {
        /// The ticket.
        ticket_id! Id;
        /// Where it is kept.
        system? Id;
        /// What it is about.
        subject? Str;
        /// Its state.
        status? Id;
        /// What was said.
        comment? Comment;
    }
}

record! {
    /// A ticket was changed.
    TicketUpdated {
        /// The ticket.
        ticket_id! Id;
        /// Where it is kept.
        system? Id;
        /// What it is about.
        subject? Str;
        /// Its state.
        status? Id;
        /// What was said.
        comment? Comment;
    }
}

record! {
    /// A ticket was deleted.
    TicketDeleted {
        /// The ticket.
        ticket_id! Id;
        /// Where it was kept.
        system? Id;
        /// What it was about.
        subject? Str;
        /// Its last state.
        status? Id;
        /// What was said.
        comment? Comment;
    }
}

open_enum! {
    /// How a leg came into a queue.
    QueueOrigin { Initiated = "initiated", Transfer = "transfer", Reopen = "reopen", Callback = "callback" }
}

record! {
    /// A conversation began to wait for a human: a leg opens.
    QueueEntered {
        /// The leg.
        assignment_id! Id;
        /// The queue.
        queue? Id;
        /// The team.
        team? Id;
        /// How urgent it is.
        priority? Id;
        /// How it came into the queue.
        origin! QueueOrigin;
    }
}

open_enum! {
    /// Why a leg left its queue.
    QueueLeftReason {
        Offered = "offered", Abandoned = "abandoned", Timeout = "timeout", Transferred = "transferred", Closed = "closed",
    }
}

record! {
    /// A leg left its queue.
    QueueLeft {
        /// The leg.
        assignment_id! Id;
        /// Why.
        reason! QueueLeftReason;
    }
}

open_enum! {
    /// How an agent was chosen.
    OfferMethod { Auto = "auto", Manual = "manual", Pull = "pull" }
}

record! {
    /// A leg was offered to an agent.
    AssignmentOffered {
        /// The leg.
        assignment_id! Id;
        /// The offer.
        offer_id? Id;
        /// The agent.
        agent_id! Id;
        /// How the agent was chosen.
        method? OfferMethod;
    }
}

record! {
    /// An agent took a leg.
    AssignmentAccepted {
        /// The leg.
        assignment_id! Id;
        /// The agent.
        agent_id! Id;
    }
}

open_enum! {
    /// Why nobody took a leg.
    MissedReason {
        NoAnswer = "no_answer", Rejected = "rejected", Timeout = "timeout", Abandoned = "abandoned", NoAgent = "no_agent",
        OutOfHours = "out_of_hours",
    }
}

record! {
    /// A leg, or one offer of it, was missed.
    AssignmentMissed {
        /// The leg.
        assignment_id! Id;
        /// The agent who missed the offer.
        agent_id? Id;
        /// Why.
        reason! MissedReason;
        /// Whether the leg as a whole is missed.
        r#final! Bool as "final";
    }
}

open_enum! {
    /// How a leg was handed on.
    TransferKind { Warm = "warm", Cold = "cold" }
}

record! {
    /// A leg was handed on: it ends, and another opens.
    AssignmentTransferred {
        /// The leg that ends.
        assignment_id! Id;
        /// The leg that opens.
        new_assignment_id! Id;
        /// Who hands on.
        from_agent_id? Id;
        /// Who takes over.
        to_agent_id? Id;
        /// The team that takes over.
        to_team? Id;
        /// The agent, where the direction is not told.
        agent_id? Id;
        /// How.
        kind? TransferKind;
        /// Why.
        reason? Str;
    }
}

open_enum! {
    /// Why a leg ended.
    AssignmentEndReason {
        Closed = "closed", Transferred = "transferred", UserLeft = "user_left", Timeout = "timeout", Requeued = "requeued",
    }
}

record! {
    /// A leg ended.
    AssignmentEnded {
        /// The leg.
        assignment_id! Id;
        /// The agent.
        agent_id? Id;
        /// Why.
        reason! AssignmentEndReason;
        /// Work after it, in milliseconds.
        wrap_up_ms? Number;
    }
}

record! {
    /// An agent logged in.
    AgentSessionStarted {
        /// The agent.
        agent_id! Id;
        /// The log-in.
        agent_session_id! Id;
        /// Class of the device.
        device? Id;
    }
}

record! {
    /// An agent is still logged in.
    AgentSessionHeartbeat {
        /// The agent.
        agent_id! Id;
        /// The log-in.
        agent_session_id! Id;
    }
}

open_enum! {
    /// Why an agent is no longer logged in.
    LogoutReason { Logout = "logout", Timeout = "timeout", Kicked = "kicked" }
}

record! {
    /// An agent logged out.
    AgentSessionEnded {
        /// The agent.
        agent_id! Id;
        /// The log-in.
        agent_session_id! Id;
        /// Why.
        reason? LogoutReason;
    }
}

open_enum! {
    /// What an agent is ready for.
    AgentStatus { Available = "available", Busy = "busy", Away = "away", Break = "break", Offline = "offline" }
}

record! {
    /// An agent's status changed.
    AgentStatusChanged {
        /// The agent.
        agent_id! Id;
        /// The status.
        status! AgentStatus;
        /// The status in the customer's words.
        label? Str;
    }
}

record! {
    /// Who an agent is.
    AgentUpserted {
        /// The agent.
        agent_id! Id;
        /// The agent's name for people.
        display_name? Str;
        /// What the agent does, as support, admin or tech.
        role? Id;
        /// The team.
        team? Id;
        /// A hash of the agent's address.
        email_hash? Id;
        /// Whether the agent still works here.
        active? Bool;
    }
}
