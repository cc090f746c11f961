//! The metrics.

use super::{
    Attribution::{self, End, Event, Reply, Start},
    Class::{self, A, C, Q, S, U},
    Dimension::{self, ContentType, Hour, Role, Weekday},
    Figure, Metric,
    Polarity::{self, Down, Neutral, Up},
    Source, Unit,
};

/// Hours in which a cohort can still gain what its ratio counts (as for opportunities, metrics.md).
const COHORT_H: i64 = 24;

const fn count(source: Source, filter: Option<&'static str>) -> Figure {
    Figure { source, filter, value: "count()", n: "count()", quantiles_of: None, at: None, zero: true }
}

const fn messages(filter: Option<&'static str>) -> Figure {
    Figure { source: Source::Messages, filter, value: "sum(w)", n: "sum(w)", quantiles_of: None, at: None, zero: true }
}

const fn distinct(source: Source, value: &'static str) -> Figure {
    Figure { source, filter: None, value, n: value, quantiles_of: None, at: None, zero: true }
}

const fn ratio(source: Source, value: &'static str, n: &'static str) -> Figure {
    Figure { source, filter: None, value, n, quantiles_of: None, at: None, zero: false }
}

const fn mean_seconds(source: Source, filter: Option<&'static str>) -> Figure {
    Figure {
        source,
        filter,
        value: "sum(us_long) / count() / 1000000",
        n: "count()",
        quantiles_of: Some("us_long / 1000000"),
        at: None,
        zero: false,
    }
}

const PEAK: Figure = Figure {
    source: Source::Minutes,
    filter: None,
    value: "max(w)",
    n: "sum(w)",
    quantiles_of: None,
    at: Some("argMax(minute, (w, -minute))"),
    zero: false,
};

/// The parts of a declaration that are prose or labels.
struct Says {
    id: &'static str,
    name: &'static str,
    formula: &'static str,
}

const fn metric(
    says: Says,
    unit: Unit,
    (polarity, attribution, class): (Polarity, Attribution, Class),
    dimensions: &'static [Dimension],
    figure: Figure,
) -> Metric {
    let matures_h = if matches!(class, C) { COHORT_H } else { 0 };
    let Says { id, name, formula } = says;
    Metric { id, version: 1, name, unit, polarity, formula, attribution, class, dimensions, matures_h, figure }
}

const ACTIVE: &str = "uniqExactIf(who, kind = 'active')";
const NEW: &str = "uniqExactIf(who, kind = 'new')";
const RETURNING: &str = "uniqExactIf(who, kind = 'active') - uniqExactIf(who, kind = 'new')";
const CONVERSATIONS: &str = "uniqExactIf(conversation, conversation != '')";

/// Every metric, by subject.
pub static METRICS: &[Metric] = &[
    // Volumes.
    metric(
        Says {
            id: "messages_total",
            name: "Messages",
            formula: "Number of public messages written by users, bots and agents; an edit is the same message.",
        },
        Unit::Count("messages"),
        (Neutral, Event, A),
        &[Role, ContentType, Weekday, Hour],
        messages(None),
    ),
    metric(
        Says {
            id: "messages_incoming",
            name: "Incoming messages",
            formula: "Number of public messages written by users.",
        },
        Unit::Count("messages"),
        (Neutral, Event, A),
        &[ContentType, Weekday, Hour],
        messages(Some("role = 'user'")),
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
        messages(None),
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
        messages(None),
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
    // Conversations.
    metric(
        Says {
            id: "conversations_started",
            name: "Conversations",
            formula: "Number of conversations whose first message or start lies in the range; one that was only opened is none.",
        },
        Unit::Count("conversations"),
        (Neutral, Start, A),
        &[],
        count(Source::Started, None),
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
        distinct(Source::Active, "uniqExact(conversation)"),
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
        ratio(Source::Talk, "sum(w) / nullIf(uniqExactIf(conversation, conversation != ''), 0)", CONVERSATIONS),
    ),
    // Chats and response.
    metric(
        Says {
            id: "chats",
            name: "Chats",
            formula: "Number of chats (visits within a conversation) with a user's message or click that started in the range.",
        },
        Unit::Count("chats"),
        (Neutral, Start, S),
        &[],
        count(Source::Chats, None),
    ),
    metric(
        Says {
            id: "chats_per_user",
            name: "Chats per user",
            formula: "Chats of identifiable people that started in the range divided by the users active in it.",
        },
        Unit::Per("chats per user"),
        (Neutral, Start, U),
        &[],
        ratio(Source::PeopleChats, "countIf(kind = 'chat') / nullIf(uniqExactIf(who, kind = 'active'), 0)", ACTIVE),
    ),
    metric(
        Says {
            id: "conversation_duration",
            name: "Average conversation duration",
            formula: "Mean time from start to end of the chats that ended in the range; open chats are left out.",
        },
        Unit::Seconds,
        (Neutral, End, Q),
        &[],
        mean_seconds(Source::Ended, None),
    ),
    metric(
        Says {
            id: "bot_response_time",
            name: "Average bot response time",
            formula: "Mean time from the last user message of a burst to the bot's reply, for replies within ten minutes.",
        },
        Unit::Seconds,
        (Down, Reply, Q),
        &[],
        mean_seconds(Source::Turns, Some("us_long <= 600000000")),
    ),
    metric(
        Says {
            id: "bot_no_reply",
            name: "Late bot replies",
            formula: "Number of bot replies that came later than ten minutes after the user's last message.",
        },
        Unit::Count("replies"),
        (Down, Reply, S),
        &[],
        count(Source::Turns, Some("us_long > 600000000")),
    ),
    // People.
    metric(
        Says {
            id: "users_active",
            name: "Active users",
            formula: "Number of distinct people with a message, a start or a click in the range.",
        },
        Unit::Count("users"),
        (Up, Event, U),
        &[],
        distinct(Source::People, ACTIVE),
    ),
    metric(
        Says {
            id: "users_new",
            name: "New users",
            formula: "Number of people whose first activity of all time lies in the range.",
        },
        Unit::Count("users"),
        (Up, Event, A),
        &[],
        distinct(Source::People, NEW),
    ),
    metric(
        Says {
            id: "users_returning",
            name: "Returning users",
            formula: "Active users who were first active before the range (or the bucket).",
        },
        Unit::Count("users"),
        (Up, Event, U),
        &[],
        distinct(Source::People, RETURNING),
    ),
    metric(
        Says { id: "returning_rate", name: "Returning rate", formula: "Returning users divided by active users." },
        Unit::Fraction,
        (Up, Event, U),
        &[],
        ratio(
            Source::People,
            "(uniqExactIf(who, kind = 'active') - uniqExactIf(who, kind = 'new')) / nullIf(uniqExactIf(who, kind = 'active'), 0)",
            ACTIVE,
        ),
    ),
    metric(
        Says {
            id: "users_identified",
            name: "Individual users",
            formula: "Number of distinct merged user ids that activity in the range carried itself.",
        },
        Unit::Count("users"),
        (Up, Event, U),
        &[],
        distinct(Source::People, "uniqExactIf(who, kind = 'active' AND identified = 1)"),
    ),
    // Handover and escalation.
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
        ratio(
            Source::PeopleRequests,
            "(uniqExactIf(who, kind = 'active') + uniqExactIf(who, kind = 'request') - uniqExactIf(who, kind IN ('active', 'request'))) \
             / nullIf(uniqExactIf(who, kind = 'active'), 0)",
            ACTIVE,
        ),
    ),
    metric(
        Says {
            id: "handover_rate_chats",
            name: "Human handover rate (chats)",
            formula: "Chats with a request for a human or a ticket divided by all chats that started in the range.",
        },
        Unit::Fraction,
        (Down, Start, C),
        &[],
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
        &[],
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
        &[],
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
        &[],
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
        &[],
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
        &[],
        count(Source::Requests, Some("trigger = 'operator_button'")),
    ),
    metric(
        Says {
            id: "escalation_rate",
            name: "Human escalation rate",
            formula: "Conversations started in the range with a handoff request or a call of an escalation tool, divided by all started.",
        },
        Unit::Fraction,
        (Down, Start, C),
        &[],
        ratio(Source::Started, "avg(escalated)", "count()"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        query::{Range, Whole, zone},
        registry::{Keys, Scope, statement},
    };

    #[test]
    fn every_metric_says_what_it_is() {
        for m in METRICS {
            assert!(m.formula.ends_with('.') && m.formula.len() > 20, "{}: {}", m.id, m.formula);
            assert!(!m.name.is_empty() && !m.unit.name().is_empty() && m.version >= 1, "{}", m.id);
            assert!(m.id.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", m.id);
        }
    }

    #[test]
    fn ids_are_unique_and_found() {
        for m in METRICS {
            assert_eq!(METRICS.iter().filter(|other| other.id == m.id).count(), 1, "{}", m.id);
            assert_eq!(Metric::by_id(m.id).map(|found| found.name), Some(m.name));
        }
        assert!(Metric::by_id("no_such_metric").is_none());
    }

    #[test]
    fn only_counts_are_zero_when_there_is_nothing() {
        for m in METRICS {
            let peak = m.figure.at.is_some();
            assert_eq!(m.figure.zero, matches!(m.unit, Unit::Count(_)) && !peak, "{}", m.id);
            assert!(!(m.figure.zero && m.figure.quantiles_of.is_some()), "{}", m.id);
        }
    }

    #[test]
    fn additive_metrics_are_plain_counts() {
        for m in METRICS.iter().filter(|m| m.class == A) {
            assert!(m.figure.zero && m.figure.value == m.figure.n, "{}", m.id);
        }
    }

    #[test]
    fn every_statement_is_kept_to_a_project_an_environment_and_a_limit() {
        let range = Range::parse("2026-03-23T00:07:00Z", "2026-03-30", zone("UTC").unwrap()).unwrap();
        let scope = Scope {
            range,
            quarters: Whole::quarters(&range, &[]),
            minutes: Whole::minutes(&range, &[]),
            identity_chunks: 2,
        };
        for m in METRICS {
            let sql = statement(&m.figure, &scope, Keys { buckets: true, by: m.dimensions });
            let tables = sql.matches(" FROM ").count() - sql.matches(" FROM (").count();
            assert_eq!(
                sql.matches("project = {project:String} AND environment = {env:String}").count(),
                tables,
                "{sql}"
            );
            assert!(sql.contains("LIMIT"), "{sql}");
            assert!(!sql.contains(';'), "{sql}");
        }
    }
}
