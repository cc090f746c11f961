//! Chats and how fast the bot answers.

use super::declare::{Says, count, maturing, mean, mean_seconds, metric, of_people, ratio, timed};
use crate::registry::{
    Attribution::{End, Reply, Start},
    Class::{C, Q, S, U},
    Dimension::{Entry, Intent, Model, Question, Workflow},
    Metric,
    Polarity::{Down, Neutral, Up},
    Source, Unit,
};

const ACTIVE: &str = "uniqExactIf(who, kind = 'active')";

pub(super) const METRICS: &[Metric] = &[
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
        of_people(ratio(
            Source::PeopleChats,
            "countIf(kind = 'chat') / nullIf(uniqExactIf(who, kind = 'active'), 0)",
            ACTIVE,
        )),
    ),
    metric(
        Says {
            id: "proactive_sessions",
            name: "Proactive sessions",
            formula: "Number of chats started in the range in which the bot wrote and the user neither wrote nor clicked.",
        },
        Unit::Count("chats"),
        (Neutral, Start, S),
        &[],
        count(Source::Proactive, None),
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
        mean_seconds(Source::Ended, Some("(single = 0 OR {single_chats:UInt8} = 1)")),
    ),
    metric(
        Says {
            id: "automated_resolutions",
            name: "Contained chats",
            formula: "Chats that ended in the range without a hand-over to a human and without a request for one.",
        },
        Unit::Count("chats"),
        (Up, End, S),
        &[],
        count(Source::Ended, Some("contained = 1")),
    ),
    metric(
        Says {
            id: "containment_rate",
            name: "Containment rate",
            formula: "Contained chats divided by all chats that ended in the range.",
        },
        Unit::Fraction,
        (Up, End, S),
        &[],
        ratio(Source::Ended, "avg(contained)", "count()"),
    ),
    maturing(
        metric(
            Says {
                id: "true_containment_24h",
                name: "True containment, 24 hours",
                formula: "Contained chats after which the same person began no chat within 24 hours of the end, in any conversation, divided by all chats of identifiable people that ended in the range.",
            },
            Unit::Fraction,
            (Up, End, C),
            &[],
            ratio(Source::EndedOfSomeone, "avg(contained AND (again_us = 0 OR again_us > 86400000000))", "count()"),
        ),
        24,
    ),
    maturing(
        metric(
            Says {
                id: "true_containment_72h",
                name: "True containment, 72 hours",
                formula: "Contained chats after which the same person began no chat within 72 hours of the end, in any conversation, divided by all chats of identifiable people that ended in the range.",
            },
            Unit::Fraction,
            (Up, End, C),
            &[],
            ratio(Source::EndedOfSomeone, "avg(contained AND (again_us = 0 OR again_us > 259200000000))", "count()"),
        ),
        72,
    ),
    metric(
        Says {
            id: "bot_response_time",
            name: "Average bot response time",
            formula: "Mean time from the last user message of a burst to the bot's reply, for replies within ten minutes.",
        },
        Unit::Seconds,
        (Down, Reply, Q),
        &[Workflow, Model],
        mean_seconds(Source::Turns, Some("waited_us <= {no_reply_us:Int64}")),
    ),
    metric(
        Says {
            id: "bot_response_time_from_first",
            name: "Average bot response time from the first message",
            formula: "Mean time from the first user message of a burst to the bot's reply, for replies within ten minutes of the last one.",
        },
        Unit::Seconds,
        (Down, Reply, Q),
        &[Workflow, Model],
        timed(mean(
            Source::Turns,
            ("sum(us_from_first) / count() / 1000000", "us_from_first / 1000000"),
            Some("waited_us <= {no_reply_us:Int64}"),
        )),
    ),
    metric(
        Says {
            id: "bot_no_reply",
            name: "Late bot replies",
            formula: "Number of bot replies that came later than ten minutes after the user's last message.",
        },
        Unit::Count("replies"),
        (Down, Reply, S),
        &[Workflow, Model],
        count(Source::Turns, Some("waited_us > {no_reply_us:Int64}")),
    ),
    metric(
        Says {
            id: "fallback_rate",
            name: "Fallback rate",
            formula: "Bot answers before which the bot had fallen back, divided by all its answers.",
        },
        Unit::Fraction,
        (Down, Reply, S),
        &[Workflow, Model],
        ratio(Source::Turns, "avg(fallback)", "count()"),
    ),
    metric(
        Says {
            id: "unanswered_questions",
            name: "Unanswered questions",
            formula: "User messages that the bot answered after it had fallen back, by their text in lower case without punctuation; beyond the hundred most frequent, Other.",
        },
        Unit::Count("messages"),
        (Down, Reply, S),
        &[Question, Workflow],
        count(Source::Unanswered, None),
    ),
    metric(
        Says {
            id: "start_flows",
            name: "Conversation start flows",
            formula: "Chats started in the range by source, first workflow and first intent; ways of less than one percent are Other.",
        },
        Unit::Count("chats"),
        (Neutral, Start, S),
        &[Entry, Workflow, Intent],
        count(Source::StartFlows, None),
    ),
];
