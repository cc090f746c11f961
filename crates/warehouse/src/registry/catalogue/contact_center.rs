//! Human agents: legs, waits, closes, time.

use super::declare::{Says, conversations, count, distinct, maturing, mean, mean_seconds, metric, ratio, timed, total};
use crate::registry::{
    Attribution::{Accept, End, Event, Overlap, Reply, Start},
    Class::{A, C, Q, U},
    Dimension::{Agent, AgentRole, Origin, Outcome, Queue, Reason, Role, Team},
    Metric,
    Polarity::{Down, Neutral, Up},
    Source, Unit,
};

pub(super) const METRICS: &[Metric] = &[
    metric(
        Says {
            id: "cc_total_conversations",
            name: "Assignments",
            formula: "Hands to a human opened in the range (legs), whatever became of them.",
        },
        Unit::Count("assignments"),
        (Neutral, Start, A),
        &[Outcome, Reason, Agent, AgentRole, Queue, Team, Origin],
        count(Source::LegsOpened, None),
    ),
    metric(
        Says { id: "cc_handled", name: "Handled", formula: "Legs opened in the range that a human agent accepted." },
        Unit::Count("assignments"),
        (Up, Start, C),
        &[Outcome, Reason, Agent, AgentRole, Queue, Team, Origin],
        count(Source::LegsOpened, Some("outcome = 'handled'")),
    ),
    metric(
        Says {
            id: "cc_missed",
            name: "Missed",
            formula: "Legs opened in the range that ended without ever being accepted.",
        },
        Unit::Count("assignments"),
        (Down, Start, C),
        &[Outcome, Reason, Agent, AgentRole, Queue, Team, Origin],
        count(Source::LegsOpened, Some("outcome = 'missed'")),
    ),
    metric(
        Says {
            id: "cc_rerouted",
            name: "Rerouted",
            formula: "Legs opened in the range that were handed on before anyone accepted them.",
        },
        Unit::Count("assignments"),
        (Neutral, Start, C),
        &[Outcome, Reason, Agent, AgentRole, Queue, Team, Origin],
        count(Source::LegsOpened, Some("outcome = 'rerouted'")),
    ),
    metric(
        Says { id: "cc_pending", name: "Pending", formula: "Legs opened in the range of which nothing has come yet." },
        Unit::Count("assignments"),
        (Neutral, Start, C),
        &[Outcome, Reason, Agent, AgentRole, Queue, Team, Origin],
        count(Source::LegsOpened, Some("outcome = 'pending'")),
    ),
    metric(
        Says {
            id: "handled_vs_missed",
            name: "Handled and missed",
            formula: "Legs opened in the range by what became of them; the parts sum to all.",
        },
        Unit::Count("assignments"),
        (Neutral, Start, C),
        &[Outcome, Reason, Agent, AgentRole, Queue, Team, Origin],
        count(Source::LegsOpened, None),
    ),
    metric(
        Says {
            id: "cc_distinct_conversations",
            name: "Conversations with a human",
            formula: "Distinct conversations with a leg opened in the range.",
        },
        Unit::Count("conversations"),
        (Neutral, Start, U),
        &[Outcome, Reason, Agent, AgentRole, Queue, Team, Origin],
        conversations(Source::LegsOpened),
    ),
    metric(
        Says {
            id: "cc_unique_users",
            name: "Users served",
            formula: "Distinct people with a leg that an agent accepted in the range.",
        },
        Unit::Count("users"),
        (Up, Accept, U),
        &[Agent, AgentRole, Queue, Team, Origin],
        distinct(Source::LegsAccepted, "uniqExactIf(who, who != '')"),
    ),
    metric(
        Says {
            id: "cc_messages",
            name: "Messages with humans",
            formula: "Messages of users and agents while a leg was being served, each once.",
        },
        Unit::Count("messages"),
        (Neutral, Event, A),
        &[Role],
        count(Source::Served, None),
    ),
    metric(
        Says {
            id: "cc_wait_time",
            name: "Wait to reply",
            formula: "Mean time from the opening of a handled leg to the agent's first reply.",
        },
        Unit::Seconds,
        (Down, Reply, Q),
        &[Agent, AgentRole, Queue, Team, Origin],
        mean_seconds(Source::LegsReplied, None),
    ),
    metric(
        Says {
            id: "cc_wait_to_accept",
            name: "Wait to accept",
            formula: "Mean time from the opening of a handled leg to its acceptance.",
        },
        Unit::Seconds,
        (Down, Accept, Q),
        &[Agent, AgentRole, Queue, Team, Origin],
        mean_seconds(Source::LegsAccepted, None),
    ),
    metric(
        Says {
            id: "cc_wait_missed",
            name: "Wait of missed legs",
            formula: "Mean time from the opening of a leg to the instant at which it was missed, of the legs missed in the range.",
        },
        Unit::Seconds,
        (Down, End, Q),
        &[Reason, Queue, Team, Origin],
        mean_seconds(Source::LegsMissed, None),
    ),
    metric(
        Says {
            id: "cc_conversation_time",
            name: "Conversation time",
            formula: "Mean time from acceptance to end of the handled legs that ended in the range.",
        },
        Unit::Seconds,
        (Neutral, End, Q),
        &[Agent, AgentRole, Queue, Team, Origin],
        mean_seconds(Source::LegsEnded, None),
    ),
    metric(
        Says {
            id: "cc_conversation_time_to_close",
            name: "Conversation time to close",
            formula: "Mean time from a conversation's first acceptance by an agent to its first close since, of the conversations so closed in the range.",
        },
        Unit::Seconds,
        (Neutral, End, Q),
        &[],
        mean_seconds(Source::ConversationsClosed, None),
    ),
    metric(
        Says {
            id: "aht",
            name: "Average handling time",
            formula: "Mean time from acceptance to end with the after-work, of the handled legs that ended in the range.",
        },
        Unit::Seconds,
        (Down, End, Q),
        &[Agent, AgentRole, Queue, Team, Origin],
        timed(mean(Source::LegsEnded, ("sum(handling_us) / count() / 1000000", "handling_us / 1000000"), None)),
    ),
    metric(
        Says {
            id: "abandon_rate",
            name: "Abandon rate",
            formula: "Legs opened in the range that the user abandoned before an agent accepted, divided by all.",
        },
        Unit::Fraction,
        (Down, Start, C),
        &[Agent, AgentRole, Queue, Team, Origin],
        ratio(Source::LegsOpened, "avg(outcome = 'missed' AND reason = 'abandoned')", "count()"),
    ),
    metric(
        Says {
            id: "closing_reasons",
            name: "Closing reasons",
            formula: "Closes of conversations in the range, by reason; closed again counts again.",
        },
        Unit::Count("closes"),
        (Neutral, Event, A),
        &[Reason, Agent, AgentRole],
        count(Source::Closes, None),
    ),
    metric(
        Says {
            id: "closing_reasons_last",
            name: "Last closing reasons",
            formula: "Closes in the range that are the last of their conversation, by reason.",
        },
        Unit::Count("closes"),
        (Neutral, Event, A),
        &[Reason, Agent, AgentRole],
        count(Source::Closes, Some("is_last = 1")),
    ),
    maturing(
        metric(
            Says {
                id: "reopen_rate",
                name: "Reopen rate",
                formula: "Closes of the range followed by a reopening within seven days, divided by all closes.",
            },
            Unit::Fraction,
            (Down, Event, C),
            &[Reason, Agent, AgentRole],
            ratio(Source::Closes, "avg(reopened)", "count()"),
        ),
        7 * 24,
    ),
    metric(
        Says {
            id: "agent_offers",
            name: "Offers",
            formula: "Offers of legs to human agents; a leg may be offered to several.",
        },
        Unit::Count("offers"),
        (Neutral, Event, A),
        &[Agent, AgentRole, Outcome, Reason],
        count(Source::Offers, None),
    ),
    metric(
        Says {
            id: "agent_missed_offers",
            name: "Missed offers",
            formula: "Offers that the agent did not accept before another event of the leg.",
        },
        Unit::Count("offers"),
        (Down, Event, A),
        &[Agent, AgentRole, Reason],
        count(Source::Offers, Some("outcome = 'missed'")),
    ),
    metric(
        Says {
            id: "agent_conversations",
            name: "Conversations per agent",
            formula: "Distinct conversations with a leg that the agent accepted in the range.",
        },
        Unit::Count("conversations"),
        (Neutral, Accept, U),
        &[Agent, AgentRole, Queue, Team, Origin],
        conversations(Source::LegsAccepted),
    ),
    metric(
        Says {
            id: "agent_minutes",
            name: "Conversation minutes",
            formula: "Time of legs from acceptance to end as far as it lies in the range; legs at one time add up.",
        },
        Unit::Minutes,
        (Neutral, Overlap, A),
        &[Agent, AgentRole],
        total(Source::AgentTime, "sum(w) / 60000000", "uniqExact(conversation)"),
    ),
    metric(
        Says {
            id: "agent_busy_minutes",
            name: "Busy minutes",
            formula: "Time in which an agent had at least one leg, as far as it lies in the range.",
        },
        Unit::Minutes,
        (Neutral, Overlap, A),
        &[Agent, AgentRole],
        total(Source::AgentBusy, "sum(w) / 60000000", "uniqExact(conversation)"),
    ),
    metric(
        Says {
            id: "agent_connection_hours",
            name: "Connection hours",
            formula: "Time in which an agent was logged in, on whatever devices, as far as it lies in the range.",
        },
        Unit::Hours,
        (Neutral, Overlap, A),
        &[Agent, AgentRole],
        total(Source::AgentPresence, "sum(w) / 3600000000", "count()"),
    ),
    metric(
        Says {
            id: "available_hours",
            name: "Available hours",
            formula: "Time in which an agent was logged in and available, as far as it lies in the range; a status holds until the next one.",
        },
        Unit::Hours,
        (Neutral, Overlap, A),
        &[Agent, AgentRole],
        total(Source::AgentAvailable, "sum(w) / 3600000000", "count()"),
    ),
    metric(
        Says {
            id: "occupancy",
            name: "Occupancy",
            formula: "Time in which an agent served a leg that has ended, divided by the time available; both while logged in with the status available or busy.",
        },
        Unit::Fraction,
        (Neutral, Overlap, Q),
        &[Agent, AgentRole],
        // What lies in both of two sets of moments is what their sizes exceed that of their union by.
        ratio(
            Source::AgentOccupied,
            "(sumIf(w, kind = 'served') + sumIf(w, kind = 'staffed') - sumIf(w, kind = 'either')) / nullIf(sumIf(w, kind = 'staffed'), 0)",
            "uniqExactIf(agent, kind = 'staffed')",
        ),
    ),
];
