//! What the AI does.

open_enum! {
    /// What a model was asked for.
    LlmOperation {
        Chat = "chat", TextCompletion = "text_completion", GenerateContent = "generate_content", Embeddings = "embeddings",
    }
}

open_enum! {
    /// Whether a call succeeded.
    CallStatus { Ok = "ok", Error = "error" }
}

record! {
    /// A language model answered.
    LlmCallCompleted {
        /// The call's id.
        call_id! Id;
        /// The model.
        model? Id;
        /// Who runs the model.
        provider? Id;
        /// What it was asked for.
        operation? LlmOperation;
        /// Tokens read.
        input_tokens? Int;
        /// Tokens written.
        output_tokens? Int;
        /// Tokens read from a cache.
        cache_read_tokens? Int;
        /// Tokens written to a cache.
        cache_write_tokens? Int;
        /// Tokens spent on reasoning.
        reasoning_tokens? Int;
        /// Tokens embedded.
        embedding_tokens? Int;
        /// Tokens of audio read.
        audio_input_tokens? Int;
        /// Tokens of audio written.
        audio_output_tokens? Int;
        /// How long it took, in milliseconds.
        duration_ms? Number;
        /// Time to the first token, in milliseconds.
        ttft_ms? Number;
        /// Why the model stopped.
        finish_reason? Id;
        /// Whether the call succeeded.
        status? CallStatus;
        /// Class of the error.
        error_type? Id;
        /// What the provider says it cost.
        cost_reported? Decimal;
        /// Currency of the cost, ISO 4217.
        currency? Id;
    }
}

open_enum! {
    /// What a tool is.
    ToolType { Function = "function", Extension = "extension", Datastore = "datastore" }
}

record! {
    /// A tool was called.
    ToolCallCompleted {
        /// The tool.
        tool_name! Id;
        /// The call's id.
        call_id? Id;
        /// What the tool is.
        kind? ToolType as "type";
        /// When it began.
        started_at? Time;
        /// When it ended.
        ended_at? Time;
        /// How long it took, in milliseconds.
        duration_ms? Number;
        /// Whether it succeeded.
        status? CallStatus;
        /// What went wrong.
        error? Str;
        /// What it was called with, redacted.
        arguments? Any;
        /// What it gave back, redacted.
        result? Any;
        /// The tool's category.
        category? Id;
        /// Tokens read, of a record that only counts tokens.
        prompt_tokens? Int;
        /// Tokens written, of a record that only counts tokens.
        completion_tokens? Int;
        /// All tokens, of a record that only counts tokens.
        total_tokens? Int;
        /// Whether the tokens are running totals of the client.
        cumulative? Bool;
        /// The turn that the call belongs to.
        turn_id? Id;
    }
}

record! {
    /// Documents were looked up.
    RetrievalCompleted {
        /// What was looked for.
        query? Str;
        /// Where.
        source_ids? [Id];
        /// How many were found.
        hits? Int;
        /// Score of the best.
        top_score? Number;
        /// How long it took, in milliseconds.
        duration_ms? Number;
    }
}

record! {
    /// An intent was recognised.
    IntentDetected {
        /// The message in which it was.
        message_id? Id;
        /// The intent's name.
        intent! Id;
        /// How sure the model is, from 0 to 1.
        confidence? Number;
        /// The model.
        model? Id;
        /// What else it could be, as a JSON list.
        alternatives? Array;
    }
}

open_enum! {
    /// Why the bot fell back.
    FallbackKind {
        NoMatch = "no_match", LowConfidence = "low_confidence", NoAnswer = "no_answer", Error = "error",
        Guardrail = "guardrail",
    }
}

record! {
    /// The bot did not know how to go on.
    FallbackTriggered {
        /// The message that it could not answer.
        message_id? Id;
        /// Why.
        kind? FallbackKind;
        /// The text that it fell back to.
        text_ref? Str;
    }
}

record! {
    /// A workflow began.
    WorkflowStarted {
        /// The workflow.
        workflow_id! Id;
        /// Its name for people.
        name? Str;
        /// The workflow that called it.
        parent_id? Id;
        /// What set it off.
        trigger? Id;
    }
}

open_enum! {
    /// How a workflow ended.
    WorkflowOutcome { Success = "success", Failed = "failed", Switched = "switched", Dropped = "dropped" }
}

record! {
    /// A workflow ended.
    WorkflowCompleted {
        /// The workflow.
        workflow_id! Id;
        /// Its name for people.
        name? Str;
        /// The workflow that called it.
        parent_id? Id;
        /// How it ended.
        outcome? WorkflowOutcome;
        /// How long it took, in milliseconds.
        duration_ms? Number;
    }
}

open_enum! {
    /// What a guardrail did.
    GuardrailAction { Blocked = "blocked", Rewritten = "rewritten", Flagged = "flagged" }
}

record! {
    /// A guardrail stepped in.
    GuardrailTriggered {
        /// The rule.
        rule! Id;
        /// What it did.
        action! GuardrailAction;
    }
}

open_enum! {
    /// Why a turn is incomplete.
    TurnReason { Error = "error", Abandoned = "abandoned", Deadline = "deadline", Shutdown = "shutdown" }
}

record! {
    /// A turn of the bot is over. An incomplete one keeps its tokens and leaves transcript and tool figures.
    TurnCompleted {
        /// The turn.
        turn_id! Id;
        /// Whether it came to its end.
        complete! Bool;
        /// Why it did not.
        reason? TurnReason;
    }
}

record! {
    /// A tool was named for people.
    ToolUpserted {
        /// The tool.
        tool_name! Id;
        /// Its name for people.
        display_name? Str;
    }
}

record! {
    /// What was evaluated: a message, else the conversation.
    EvaluationTarget {
        /// The message.
        message_id? Id;
        /// The conversation, where it is not the event's own.
        conversation_id? Id;
    }
}

open_enum! {
    /// Who evaluated.
    Evaluator { Llm = "llm", Human = "human", Code = "code" }
}

record! {
    /// A message or conversation was evaluated; never mixed with what customers say.
    EvaluationRecorded {
        /// What was measured.
        name! Id;
        /// The score.
        score? Number;
        /// The score in a word.
        label? Id;
        /// Why.
        explanation? Str;
        /// What was evaluated.
        target! EvaluationTarget;
        /// Who evaluated.
        evaluator? Evaluator;
    }
}
