//! What happens to a conversation as a whole.

record! {
    /// The widget or assistant was put before a person: an opportunity for a conversation.
    ConversationInitialized {
        /// Address or path of the page.
        page_url? Str;
        /// Where on the page.
        placement? Id;
        /// Version of the widget.
        widget_version? Id;
    }
}

open_enum! {
    /// Who opened the widget.
    WidgetTrigger { User = "user", Auto = "auto" }
}

record! {
    /// The widget was opened.
    WidgetOpened {
        /// Who opened it.
        trigger? WidgetTrigger;
    }
}

open_enum! {
    /// Who began a conversation.
    Initiator { User = "user", Bot = "bot", Agent = "agent", Campaign = "campaign" }
}

record! {
    /// A conversation began.
    ConversationStarted {
        /// Who began it.
        initiator? Initiator;
        /// A name for people.
        name? Str;
        /// Class of the device: desktop, tablet or mobile.
        device? Id;
        /// Language as a BCP 47 tag; another text counts as unknown.
        language? Id;
        /// Country, ISO 3166-1 alpha-2.
        country? Id;
        /// Where the conversation came from.
        source? Id;
        /// The door through which it came in.
        entry_point? Id;
    }
}

record! {
    /// What `conversation.updated` sets; what is absent stays as it was.
    ConversationSet {
        /// A name for people.
        name? Str;
        /// Language as a BCP 47 tag.
        language? Id;
        /// Class of the device.
        device? Id;
        /// Where the conversation came from.
        source? Id;
        /// Country, ISO 3166-1 alpha-2.
        country? Id;
        /// The customer's own id.
        customer_id? Id;
        /// Whether the conversation is marked.
        is_marked? Bool;
        /// Tags, as a JSON list.
        tags? Array;
        /// Metadata, as a JSON object.
        metadata? Object;
    }
}

record! {
    /// Properties of a conversation were set.
    ConversationUpdated {
        /// The properties.
        set? ConversationSet;
    }
}

open_enum! {
    /// Why a conversation ended.
    EndReason {
        UserLeft = "user_left", BotDone = "bot_done", Timeout = "timeout", Error = "error", CallHangup = "call_hangup",
        Unspecified = "other",
    }
}

record! {
    /// A conversation, or a visit to it, ended.
    ConversationEnded {
        /// Why.
        reason? EndReason;
        /// When, where that is not the event's own time.
        ended_at? Time;
    }
}

open_enum! {
    /// Who closed a conversation.
    ClosedBy { Agent = "agent", Bot = "bot", System = "system", User = "user" }
}

open_enum! {
    /// Whether the person's concern was resolved.
    Resolution { Resolved = "resolved", Unresolved = "unresolved", Unknown = "unknown" }
}

record! {
    /// A conversation was closed, as a case is closed.
    ConversationClosed {
        /// Why, in the customer's own words.
        reason? Str;
        /// Who closed it.
        closed_by? ClosedBy;
        /// The human agent.
        agent_id? Id;
        /// The assignment that ends with it; all open ones if absent.
        assignment_id? Id;
        /// Whether the concern was resolved.
        resolution? Resolution;
    }
}

record! {
    /// A closed conversation was taken up again.
    ConversationReopened {
        /// Who reopened it.
        by? ClosedBy;
        /// When it had been closed.
        previous_close_at? Time;
    }
}

open_enum! {
    /// How a conversation is deleted.
    DeletionMode { Soft = "soft", Hard = "hard" }
}

record! {
    /// A conversation was deleted: it leaves every figure, also of the past.
    ConversationDeleted {
        /// How; soft if absent.
        mode? DeletionMode;
        /// Who asked for it.
        requested_by? Id;
    }
}
