//! How soon human agents answer and conversations end, and how much of it is within what was promised.

use super::declare::{Says, maturing, mean_seconds, metric, ratio, timed};
use crate::registry::{
    Attribution::{Accept, End, Event, Reply, Start},
    Class::{C, Q},
    Dimension::{Agent, AgentRole, Origin, Queue, Reason, Team},
    Metric,
    Polarity::{Down, Up},
    Source, Unit,
};

pub(super) const METRICS: &[Metric] = &[
    metric(
        Says {
            id: "first_response_time",
            name: "First response time",
            formula: "Mean time from a conversation's first request for a human or opening of a leg to the first public message of an agent after it.",
        },
        Unit::Seconds,
        (Down, Reply, Q),
        &[Agent, AgentRole],
        mean_seconds(Source::FirstResponses, None),
    ),
    metric(
        Says {
            id: "first_response_time_from_start",
            name: "First response time from the start",
            formula: "Mean time from a conversation's start to the first public message of an agent; not where an agent's message began it.",
        },
        Unit::Seconds,
        (Down, Reply, Q),
        &[Agent, AgentRole],
        mean_seconds(Source::FirstResponsesFromStart, None),
    ),
    metric(
        Says {
            id: "next_response_time",
            name: "Next response time",
            formula: "Mean time from the last of the user's messages in a row to the agent's next one, both while one leg was served; bots do not answer it.",
        },
        Unit::Seconds,
        (Down, Reply, Q),
        &[Agent, AgentRole],
        mean_seconds(Source::NextResponses, None),
    ),
    metric(
        Says {
            id: "customer_wait_total",
            name: "Customer's total wait",
            formula: "Mean over the chats that ended in the range and in which a human agent responded of all waits for first and next responses.",
        },
        Unit::Seconds,
        (Down, End, Q),
        &[],
        mean_seconds(Source::ChatWaits, None),
    ),
    metric(
        Says {
            id: "resolution_time",
            name: "Resolution time",
            formula: "Mean time from a conversation's start to its first close, of those first closed in the range.",
        },
        Unit::Seconds,
        (Down, Event, Q),
        &[Reason, Agent, AgentRole],
        mean_seconds(Source::FirstCloses, None),
    ),
    metric(
        Says {
            id: "resolution_time_last",
            name: "Resolution time to the last close",
            formula: "Mean time from a conversation's start to its last close of all time, of those last closed in the range.",
        },
        Unit::Seconds,
        (Down, Event, Q),
        &[Reason, Agent, AgentRole],
        mean_seconds(Source::LastCloses, None),
    ),
    metric(
        Says {
            id: "asa",
            name: "Average speed of answer",
            formula: "Mean time from the opening of a leg to its acceptance, of the legs accepted in the range.",
        },
        Unit::Seconds,
        (Down, Accept, Q),
        &[Agent, AgentRole, Queue, Team, Origin],
        mean_seconds(Source::LegsAccepted, None),
    ),
    metric(
        Says {
            id: "service_level",
            name: "Service level",
            formula: "Legs opened in the range that were accepted within the project's `service_level_s`, divided by all.",
        },
        Unit::Fraction,
        (Up, Start, C),
        &[Agent, AgentRole, Queue, Team, Origin],
        timed(ratio(Source::LegsTimed, "avg(ifNull(to_accept <= {service_level_us:Int64}, 0))", "count()")),
    ),
    metric(
        Says {
            id: "sla_met_pct_frt",
            name: "First responses within the target",
            formula: "Legs opened in the range to which the agent first replied within `sla_first_response_s`, divided by all; null without a target.",
        },
        Unit::Fraction,
        (Up, Start, C),
        &[Agent, AgentRole, Queue, Team, Origin],
        timed(ratio(
            Source::LegsTimed,
            "if({sla_first_us:Int64} < 0, NULL, avg(ifNull(to_reply <= {sla_first_us:Int64}, 0)))",
            "count()",
        )),
    ),
    metric(
        Says {
            id: "sla_met_pct_nrt",
            name: "Next responses within the target",
            formula: "Legs opened in the range of which no next response took longer than `sla_next_response_s`, divided by those that had any; null without a target.",
        },
        Unit::Fraction,
        (Up, Start, C),
        &[Agent, AgentRole, Queue, Team, Origin],
        timed(ratio(
            Source::LegsTimed,
            "if({sla_next_us:Int64} < 0, NULL, avgOrNullIf(ifNull(to_next <= {sla_next_us:Int64}, 0), isNotNull(to_next)))",
            "countIf(isNotNull(to_next))",
        )),
    ),
    maturing(
        metric(
            Says {
                id: "sla_met_pct_rt",
                name: "Resolutions within the target",
                formula: "Handled legs opened in the range that ended within `sla_resolution_s`, divided by all handled ones; null without a target.",
            },
            Unit::Fraction,
            (Up, Start, C),
            &[Agent, AgentRole, Queue, Team, Origin],
            timed(ratio(
                Source::LegsTimed,
                "if({sla_resolution_us:Int64} < 0, NULL, avgOrNullIf(ifNull(to_end <= {sla_resolution_us:Int64}, 0), outcome = 'handled'))",
                "countIf(outcome = 'handled')",
            )),
        ),
        7 * 24,
    ),
];
