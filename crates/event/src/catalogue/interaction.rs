//! What the person does beside writing, and what the person thinks of it.

open_enum! {
    /// What was clicked on.
    ClickType { QuickReply = "quick_reply", Link = "link", Phone = "phone", Carousel = "carousel", Unspecified = "other" }
}

open_enum! {
    /// Where a click leads.
    DestinationType { Answer = "answer", Workflow = "workflow", Url = "url", Phone = "phone", Operator = "operator" }
}

record! {
    /// Something to click on.
    Element {
        /// Its id.
        element_id? Id;
        /// What stands on it.
        title? Str;
        /// What it is.
        click_type? ClickType;
        /// What it leads to.
        destination_type? DestinationType;
        /// Where it leads.
        destination? Str;
    }
}

record! {
    /// Things to click on were shown.
    UiShown {
        /// Id of the group.
        element_id! Id;
        /// The single things.
        elements? [Element];
        /// The message that showed them.
        message_id? Id;
    }
}

record! {
    /// The person clicked.
    UiClicked {
        /// Id of what was clicked on.
        element_id? Id;
        /// What it is.
        click_type! ClickType;
        /// What stood on it.
        title! Str;
        /// What it leads to.
        destination_type? DestinationType;
        /// Where it leads.
        destination? Str;
        /// The message that showed it.
        message_id? Id;
        /// The group that it belongs to.
        group? Id;
        /// What the click sends.
        value? Str;
    }
}

open_enum! {
    /// What a rating is about.
    FeedbackTarget { Message = "message", Conversation = "conversation", Workflow = "workflow" }
}

open_enum! {
    /// A thumb.
    Rating { Positive = "positive", Neutral = "neutral", Negative = "negative", Withdrawn = "withdrawn" }
}

open_enum! {
    /// Who rated.
    FeedbackSource { Customer = "customer", Platform = "platform" }
}

record! {
    /// Somebody rated a message, workflow or conversation.
    FeedbackSubmitted {
        /// What it is about; a message if absent.
        target? FeedbackTarget;
        /// The message.
        message_id? Id;
        /// The thumb.
        rating! Rating;
        /// What the person says.
        comment? Comment;
        /// Who rated.
        source! FeedbackSource;
    }
}

record! {
    /// A rating was changed.
    FeedbackUpdated {
        /// The rating's id.
        feedback_id! Id;
        /// The thumb.
        rating? Rating;
        /// What the person says.
        comment? Comment;
    }
}

record! {
    /// A rating was deleted.
    FeedbackDeleted {
        /// The rating's id.
        feedback_id! Id;
    }
}

open_enum! {
    /// What a survey asks for.
    SurveyKind { Csat = "csat", Nps = "nps", Ces = "ces" }
}

record! {
    /// A person was asked how satisfied they are.
    CsatRequested {
        /// The survey.
        survey_id! Id;
        /// What it asks for; csat if absent.
        kind? SurveyKind;
        /// The human agent it is about.
        agent_id? Id;
        /// The assignment it is about.
        assignment_id? Id;
    }
}

record! {
    /// A person answered how satisfied they are.
    CsatSubmitted {
        /// The survey.
        survey_id! Id;
        /// What it asks for; csat if absent.
        kind? SurveyKind;
        /// The human agent it is about.
        agent_id? Id;
        /// The assignment it is about.
        assignment_id? Id;
        /// The answer.
        score! Number;
        /// The worst answer; 1 if absent.
        scale_min? Number;
        /// The best answer; 5 if absent.
        scale_max? Number;
        /// What the person says.
        comment? Comment;
    }
}

record! {
    /// Something was achieved: a goal, a sale.
    OutcomeRecorded {
        /// What.
        name! Id;
        /// What it is worth.
        value? Decimal;
        /// Currency of the value, ISO 4217.
        currency? Id;
        /// Whether it was achieved.
        success? Bool;
    }
}
