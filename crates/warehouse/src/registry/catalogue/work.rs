//! What the AI does, and what is clicked on.

use super::declare::{Says, count, mean, metric, ratio, total};
use crate::registry::{
    Attribution::{End, Event},
    Class::{A, C, Q},
    Dimension::{
        ClickType, CostSource, Destination, DestinationType, Intent, Kind, Model, Provider, Status, Title, Tool, User,
        Workflow,
    },
    Metric,
    Polarity::{Down, Neutral, Up},
    Source, Unit,
};

pub(super) const METRICS: &[Metric] = &[
    metric(
        Says {
            id: "intents_top",
            name: "Intents",
            formula: "User messages by their primary intent; fallback and none are shown beside the ranking.",
        },
        Unit::Count("messages"),
        (Neutral, Event, A),
        &[Intent],
        count(Source::Intents, Some("confidence >= {intent_confidence_min:Float64}")),
    ),
    metric(
        Says {
            id: "workflow_views",
            name: "Workflow views",
            formula: "Starts of workflows, and workflows seen on a bot message of a chat that never announced them.",
        },
        Unit::Count("views"),
        (Neutral, Event, A),
        &[Workflow],
        count(Source::Workflows, None),
    ),
    metric(
        Says {
            id: "workflow_thumbs_up",
            name: "Workflow thumbs up",
            formula: "Messages of a workflow whose last rating by the customer is positive, at the time of that rating.",
        },
        Unit::Count("ratings"),
        (Up, Event, A),
        &[Workflow],
        count(Source::Ratings, Some("rating = 'positive' AND workflow != 'unknown'")),
    ),
    metric(
        Says {
            id: "workflow_thumbs_down",
            name: "Workflow thumbs down",
            formula: "Messages of a workflow whose last rating by the customer is negative, at the time of that rating.",
        },
        Unit::Count("ratings"),
        (Down, Event, A),
        &[Workflow],
        count(Source::Ratings, Some("rating = 'negative' AND workflow != 'unknown'")),
    ),
    metric(
        Says {
            id: "clicks",
            name: "Clicks",
            formula: "Number of clicks; those of one element show what its latest click in the range says.",
        },
        Unit::Count("clicks"),
        (Up, Event, A),
        &[ClickType, Title, DestinationType, Destination],
        count(Source::Clicks, None),
    ),
    metric(
        Says {
            id: "ctr",
            name: "Click-through rate",
            formula: "Elements shown in the range that were clicked on before they were shown again, divided by all elements shown.",
        },
        Unit::Fraction,
        (Up, Event, C),
        &[Title],
        ratio(Source::Shown, "avg(clicked)", "count()"),
    ),
    metric(
        Says { id: "tool_calls", name: "Tool calls", formula: "Number of calls of tools; records of tokens are none." },
        Unit::Count("calls"),
        (Neutral, Event, A),
        &[Tool, Status],
        count(Source::ToolCalls, None),
    ),
    metric(
        Says {
            id: "tool_duration",
            name: "Tool duration",
            formula: "Mean time that a call of a tool takes, of calls whose time is known.",
        },
        Unit::Milliseconds,
        (Down, Event, Q),
        &[Tool, Status],
        mean(Source::ToolCalls, ("avg(ms)", "assumeNotNull(ms)"), Some("isNotNull(ms)")),
    ),
    metric(
        Says {
            id: "tool_error_rate",
            name: "Tool error rate",
            formula: "Calls of tools that failed, divided by all calls.",
        },
        Unit::Fraction,
        (Down, Event, Q),
        &[Tool],
        ratio(Source::ToolCalls, "avg(status = 'error')", "count()"),
    ),
    metric(
        Says { id: "tokens_input", name: "Input tokens", formula: "Tokens that language models read." },
        Unit::Count("tokens"),
        (Neutral, Event, A),
        &[Model, Provider, Status, Workflow, User],
        total(Source::ModelCalls, "sum(input)", "count()"),
    ),
    metric(
        Says { id: "tokens_output", name: "Output tokens", formula: "Tokens that language models wrote." },
        Unit::Count("tokens"),
        (Neutral, Event, A),
        &[Model, Provider, Status, Workflow, User],
        total(Source::ModelCalls, "sum(output)", "count()"),
    ),
    metric(
        Says {
            id: "tokens_cache_read",
            name: "Cache read tokens",
            formula: "Tokens that language models read from a cache.",
        },
        Unit::Count("tokens"),
        (Neutral, Event, A),
        &[Model, Provider, Status, Workflow, User],
        total(Source::ModelCalls, "sum(cache_read)", "count()"),
    ),
    metric(
        Says {
            id: "tokens_cache_write",
            name: "Cache write tokens",
            formula: "Tokens that language models wrote to a cache.",
        },
        Unit::Count("tokens"),
        (Neutral, Event, A),
        &[Model, Provider, Status, Workflow, User],
        total(Source::ModelCalls, "sum(cache_write)", "count()"),
    ),
    metric(
        Says {
            id: "tokens_reasoning",
            name: "Reasoning tokens",
            formula: "Tokens of reasoning: a part of those written, not added to them.",
        },
        Unit::Count("tokens"),
        (Neutral, Event, A),
        &[Model, Provider, Status, Workflow, User],
        total(Source::ModelCalls, "sum(reasoning)", "count()"),
    ),
    metric(
        Says { id: "tokens_embedding", name: "Embedding tokens", formula: "Tokens that were embedded." },
        Unit::Count("tokens"),
        (Neutral, Event, A),
        &[Model, Provider, Status, Workflow, User],
        total(Source::ModelCalls, "sum(embedding)", "count()"),
    ),
    metric(
        Says {
            id: "tokens_audio_input",
            name: "Audio input tokens",
            formula: "Tokens of audio that language models read: a part of those read, where their provider counts so.",
        },
        Unit::Count("tokens"),
        (Neutral, Event, A),
        &[Model, Provider, Status, Workflow, User],
        total(Source::ModelCalls, "sum(audio_input)", "count()"),
    ),
    metric(
        Says {
            id: "tokens_audio_output",
            name: "Audio output tokens",
            formula: "Tokens of audio that language models wrote: a part of those written, where their provider counts so.",
        },
        Unit::Count("tokens"),
        (Neutral, Event, A),
        &[Model, Provider, Status, Workflow, User],
        total(Source::ModelCalls, "sum(audio_output)", "count()"),
    ),
    metric(
        Says {
            id: "llm_calls",
            name: "Model calls",
            formula: "Number of calls of language models, with records of tokens.",
        },
        Unit::Count("calls"),
        (Neutral, Event, A),
        &[Model, Provider, Status, Workflow, User],
        count(Source::ModelCalls, None),
    ),
    metric(
        Says {
            id: "llm_latency",
            name: "Model latency",
            formula: "Mean time that a call of a language model takes, of calls whose time is known.",
        },
        Unit::Milliseconds,
        (Down, Event, Q),
        &[Model, Provider, Status, Workflow, User],
        mean(Source::ModelCalls, ("avg(ms)", "assumeNotNull(ms)"), Some("isNotNull(ms)")),
    ),
    metric(
        Says {
            id: "ttft",
            name: "Time to first token",
            formula: "Mean time until a language model writes, of calls that tell it.",
        },
        Unit::Milliseconds,
        (Down, Event, Q),
        &[Model, Provider, Status, Workflow, User],
        mean(Source::ModelCalls, ("avg(ttft_ms)", "assumeNotNull(ttft_ms)"), Some("isNotNull(ttft_ms)")),
    ),
    metric(
        Says {
            id: "llm_error_rate",
            name: "Model error rate",
            formula: "Calls of language models that failed, divided by all calls.",
        },
        Unit::Fraction,
        (Down, Event, Q),
        &[Model, Provider, Workflow, User],
        ratio(Source::ModelCalls, "avg(status = 'error')", "count()"),
    ),
    metric(
        Says {
            id: "cost",
            name: "Cost",
            formula: "What calls say that they cost, in the project's currency, and of others their tokens at the prices that were valid then; without either it is unknown, not 0.",
        },
        Unit::Money,
        (Down, Event, A),
        &[Model, Provider, Status, Workflow, User, CostSource],
        ratio(Source::ModelCalls, "if(count(cost) = 0, NULL, sum(cost))", "count()"),
    ),
    metric(
        Says {
            id: "cost_per_conversation",
            name: "Cost per conversation",
            formula: "Cost of the calls of conversations divided by the conversations in which any cost is known.",
        },
        Unit::Money,
        (Down, Event, Q),
        &[Model, Provider, Workflow, User, CostSource],
        ratio(
            Source::ModelCalls,
            "sumIf(cost, conversation != '') / nullIf(uniqExactIf(conversation, conversation != '' AND isNotNull(cost)), 0)",
            "uniqExactIf(conversation, conversation != '' AND isNotNull(cost))",
        ),
    ),
    metric(
        Says {
            id: "cost_per_contained",
            name: "Cost per contained chat",
            formula: "Cost of the calls in contained chats that ended in the range, divided by the contained chats in which any cost is known.",
        },
        Unit::Money,
        (Down, End, Q),
        &[Model, Provider, Workflow, User, CostSource],
        ratio(
            Source::ContainedCalls,
            "sum(cost) / nullIf(uniqExactIf((conversation, chat), isNotNull(cost)), 0)",
            "uniqExactIf((conversation, chat), isNotNull(cost))",
        ),
    ),
    metric(
        Says {
            id: "attachments",
            name: "Attachments",
            formula: "Number of files that came with messages or were added.",
        },
        Unit::Count("files"),
        (Neutral, Event, A),
        &[Kind],
        count(Source::Attachments, None),
    ),
    metric(
        Says {
            id: "attachment_bytes",
            name: "Attached bytes",
            formula: "Size of the files that came with messages or were added.",
        },
        Unit::Count("bytes"),
        (Neutral, Event, A),
        &[Kind],
        total(Source::Attachments, "sum(bytes)", "count()"),
    ),
];
