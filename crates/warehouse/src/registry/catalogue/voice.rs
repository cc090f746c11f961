//! Calls, where messages carry the timing of their speech.

use super::declare::{Says, mean, metric, ratio};
use crate::registry::{
    Attribution::{End, Event, Reply},
    Class::{Q, S},
    Dimension::{Role, Workflow},
    Figure, Metric,
    Polarity::{Down, Neutral},
    Source, Unit,
};

pub(super) const METRICS: &[Metric] = &[
    metric(
        Says {
            id: "interruption_rate",
            name: "Interruption rate",
            formula: "What bots and agents said in calls and the caller broke into, divided by all that they said.",
        },
        Unit::Fraction,
        (Down, Event, Q),
        &[Role],
        Figure { filter: Some("role != 'user'"), ..ratio(Source::Utterances, "avg(interrupted)", "count()") },
    ),
    metric(
        Says {
            id: "talk_ratio",
            name: "Talk ratio",
            formula: "Time that bots and agents spoke in calls, divided by the time that anybody did; who speaks at one time as others counts too.",
        },
        Unit::Fraction,
        (Neutral, Event, Q),
        &[],
        ratio(Source::Utterances, "sumIf(spoken_us, role != 'user') / nullIf(sum(spoken_us), 0)", "count()"),
    ),
    metric(
        Says {
            id: "silence_pct",
            name: "Silence",
            formula: "Time in which nobody spoke, divided by the time from first to last sound, of the calls that ended in the range.",
        },
        Unit::Fraction,
        (Down, End, Q),
        &[],
        ratio(Source::Calls, "sum(silent_us) / sum(call_us)", "count()"),
    ),
    metric(
        Says {
            id: "e2e_latency",
            name: "Voice latency",
            formula: "Mean time from the caller's last sound to the first of the bot's answer, where both are known.",
        },
        Unit::Milliseconds,
        (Down, Reply, Q),
        &[Workflow],
        mean(Source::SpokenTurns, ("avg(ms)", "ms"), None),
    ),
    metric(
        Says {
            id: "early_hangup",
            name: "Early hang-ups",
            formula: "Calls ended in the range by hanging up (reason call_hangup) within 30 seconds of their start, divided by all calls with speech that ended in it.",
        },
        Unit::Fraction,
        (Down, End, S),
        &[],
        ratio(Source::Calls, "avg(hung_up AND us_long <= 30000000)", "count()"),
    ),
];
