//! Messages and conversations.

use super::declare::{Says, conversations, count, metric, ratio, spread, sum};
use crate::registry::{
    Attribution::{Event, Start},
    Class::{A, Q, U},
    Dimension::{Agent, ContentType, Hour, Role, Weekday, Workflow},
    Entities, Figure, Metric,
    Polarity::Neutral,
    Source, Unit,
};

const PEAK: Figure = Figure {
    source: Source::Minutes,
    filter: None,
    value: "max(w)",
    n: "sum(w)",
    quantiles_of: None,
    at: Some("argMax(minute, (w, -minute))"),
    zero: false,
    entities: Entities::Peak,
    timed: false,
    each: None,
};

pub(super) const METRICS: &[Metric] = &[
    metric(
        Says {
            id: "messages_total",
            name: "Messages",
            formula: "Number of public messages written by users, bots and agents; an edit is the same message. Where the project says so (`include_action_messages`), calls of tools count too, as the bot's.",
        },
        Unit::Count("messages"),
        (Neutral, Event, A),
        &[Role, ContentType, Workflow, Agent, Weekday, Hour],
        sum(Source::Messages, "sum(w)", None),
    ),
    metric(
        Says {
            id: "messages_incoming",
            name: "Incoming messages",
            formula: "Number of public messages written by users.",
        },
        Unit::Count("messages"),
        (Neutral, Event, A),
        &[ContentType, Workflow, Weekday, Hour],
        sum(Source::Messages, "sum(w)", Some("role = 'user'")),
    ),
    metric(
        Says {
            id: "peak_hours",
            name: "Peak hours",
            formula: "Number of messages by local weekday and hour; the cells sum to all messages.",
        },
        Unit::Count("messages"),
        (Neutral, Event, A),
        &[Weekday, Hour, Role, ContentType],
        sum(Source::Messages, "sum(w)", None),
    ),
    metric(
        Says {
            id: "traffic_heatmap",
            name: "Traffic",
            formula: "Number of messages by local weekday and hour, as in the peak hours.",
        },
        Unit::Count("messages"),
        (Neutral, Event, A),
        &[Weekday, Hour, Role, ContentType],
        sum(Source::Messages, "sum(w)", None),
    ),
    metric(
        Says {
            id: "peak_rpm",
            name: "Peak volume",
            formula: "Most messages in one calendar minute, and that minute; of several the earliest.",
        },
        Unit::Count("messages per minute"),
        (Neutral, Event, Q),
        &[],
        PEAK,
    ),
    metric(
        Says {
            id: "max_rpm_series",
            name: "Peak volume over time",
            formula: "Most messages in one calendar minute of each bucket.",
        },
        Unit::Count("messages per minute"),
        (Neutral, Event, Q),
        &[],
        PEAK,
    ),
    metric(
        Says {
            id: "conversations_started",
            name: "Conversations",
            formula: "Number of conversations whose first message or start lies in the range; one that was only opened is none.",
        },
        Unit::Count("conversations"),
        (Neutral, Start, A),
        &[Weekday, Hour],
        count(Source::Started, None),
    ),
    metric(
        Says {
            id: "unidentified_conversations",
            name: "Unidentified conversations",
            formula: "Conversations started in the range in which no event carries a user id.",
        },
        Unit::Count("conversations"),
        (Neutral, Start, A),
        &[],
        count(Source::Started, Some("identified = 0")),
    ),
    metric(
        Says {
            id: "conversations_active",
            name: "Active conversations",
            formula: "Number of distinct conversations with at least one message in the range.",
        },
        Unit::Count("conversations"),
        (Neutral, Event, U),
        &[],
        conversations(Source::Active),
    ),
    metric(
        Says {
            id: "messages_per_conversation",
            name: "Messages per conversation",
            formula: "Messages in the range divided by the conversations active in it.",
        },
        Unit::Per("messages per conversation"),
        (Neutral, Event, U),
        &[],
        spread(
            ratio(
                Source::Talk,
                "sum(w) / nullIf(uniqExactIf(active, active != ''), 0)",
                "uniqExactIf(active, active != '')",
            ),
            "tupleElement(sumMapIf([toString(conversation)], [w], conversation != '' AND w != 0), 2)",
        ),
    ),
    metric(
        Says {
            id: "language_breakdown",
            name: "Languages",
            formula: "Conversations started in the range, by the primary subtag of their language.",
        },
        Unit::Count("conversations"),
        (Neutral, Start, A),
        &[],
        count(Source::Started, None),
    ),
    metric(
        Says { id: "device_usage", name: "Devices", formula: "Conversations started in the range, by device." },
        Unit::Count("conversations"),
        (Neutral, Start, A),
        &[],
        count(Source::Started, None),
    ),
    metric(
        Says {
            id: "source_breakdown",
            name: "Sources",
            formula: "Conversations started in the range, by channel or source.",
        },
        Unit::Count("conversations"),
        (Neutral, Start, A),
        &[],
        count(Source::Started, None),
    ),
];
