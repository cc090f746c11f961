//! Handover to humans and escalation.

use super::declare::{Says, count, metric, of_people, ratio};
use crate::registry::{
    Attribution::{Event, Start},
    Class::{A, C, U},
    Dimension::{Basis, Hour, Intent, Reason, Team, Trigger, Weekday, Workflow},
    Metric,
    Polarity::{Down, Neutral, Up},
    Source, Unit,
};

const ACTIVE: &str = "uniqExactIf(who, kind = 'active')";

pub(super) const METRICS: &[Metric] = &[
    metric(
        Says {
            id: "handover_rate_users",
            name: "Human handover rate (users)",
            formula: "Active users who asked for a human or got a ticket in the range, divided by active users.",
        },
        Unit::Fraction,
        (Down, Event, U),
        &[],
        // Of both sets: |A and B| = |A| + |B| - |A or B|.
        of_people(ratio(
            Source::PeopleRequests,
            "(uniqExactIf(who, kind = 'active') + uniqExactIf(who, kind = 'request') - uniqExactIf(who, kind IN ('active', 'request'))) \
             / nullIf(uniqExactIf(who, kind = 'active'), 0)",
            ACTIVE,
        )),
    ),
    metric(
        Says {
            id: "handover_rate_chats",
            name: "Human handover rate (chats)",
            formula: "Chats with a request for a human or a ticket divided by all chats that started in the range.",
        },
        Unit::Fraction,
        (Down, Start, C),
        &[Workflow, Intent, Weekday, Hour],
        ratio(Source::Chats, "avg(requested)", "count()"),
    ),
    metric(
        Says {
            id: "chats_with_requests",
            name: "Chats with requests",
            formula: "Number of chats started in the range with at least one request for a human or ticket.",
        },
        Unit::Count("chats"),
        (Down, Start, C),
        &[Workflow, Intent, Weekday, Hour],
        count(Source::Chats, Some("requested = 1")),
    ),
    metric(
        Says {
            id: "chats_without_requests",
            name: "Chats without requests",
            formula: "Number of chats started in the range without any request for a human or ticket.",
        },
        Unit::Count("chats"),
        (Up, Start, C),
        &[Workflow, Intent, Weekday, Hour],
        count(Source::Chats, Some("requested = 0")),
    ),
    metric(
        Says {
            id: "requests_direct",
            name: "Direct requests",
            formula: "Number of requests for a human that the user made outright.",
        },
        Unit::Count("requests"),
        (Down, Event, A),
        &[Basis, Team, Reason, Weekday, Hour],
        count(Source::Requests, Some("trigger = 'direct'")),
    ),
    metric(
        Says {
            id: "requests_after_fallback",
            name: "Requests after a fallback",
            formula: "Number of requests for a human after the bot had not understood.",
        },
        Unit::Count("requests"),
        (Down, Event, A),
        &[Basis, Team, Reason, Weekday, Hour],
        count(Source::Requests, Some("trigger = 'after_fallback'")),
    ),
    metric(
        Says {
            id: "requests_after_operator_button",
            name: "Requests by the operator button",
            formula: "Number of requests for a human made with a button that leads to an operator.",
        },
        Unit::Count("requests"),
        (Neutral, Event, A),
        &[Basis, Team, Reason, Weekday, Hour],
        count(Source::Requests, Some("trigger = 'operator_button'")),
    ),
    metric(
        Says {
            id: "handoff_requests",
            name: "Requests for a human",
            formula: "Number of requests for a human, whatever triggered them; tickets are none.",
        },
        Unit::Count("requests"),
        (Down, Event, A),
        &[Trigger, Basis, Team, Reason, Weekday, Hour],
        count(Source::Requests, None),
    ),
    metric(
        Says {
            id: "escalation_rate",
            name: "Human escalation rate",
            formula: "Conversations started in the range with a handoff request or a call of an escalation tool, divided by all started.",
        },
        Unit::Fraction,
        (Down, Start, C),
        &[Weekday, Hour],
        ratio(Source::Started, "avg(escalated)", "count()"),
    ),
];
