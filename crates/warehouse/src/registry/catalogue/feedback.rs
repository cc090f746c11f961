//! What customers think.

use super::declare::{Says, count, mean, metric, ratio};
use crate::registry::{
    Attribution::{Event, Start},
    Class::{A, C, Q, S},
    Dimension::{Agent, Rating, Score},
    Metric,
    Polarity::{Down, Neutral, Up},
    Source, Unit,
};

pub(super) const METRICS: &[Metric] = &[
    metric(
        Says {
            id: "reviewable_requests",
            name: "Reviewable answers",
            formula: "Bot messages of the range that could be rated.",
        },
        Unit::Count("messages"),
        (Neutral, Event, C),
        &[Rating],
        count(Source::Reviewables, None),
    ),
    metric(
        Says {
            id: "feedback_positive",
            name: "Positive feedback",
            formula: "Reviewable answers whose last rating by the customer is positive.",
        },
        Unit::Count("messages"),
        (Up, Event, C),
        &[Rating],
        count(Source::Reviewables, Some("rating = 'positive'")),
    ),
    metric(
        Says {
            id: "feedback_negative",
            name: "Negative feedback",
            formula: "Reviewable answers whose last rating by the customer is negative.",
        },
        Unit::Count("messages"),
        (Down, Event, C),
        &[Rating],
        count(Source::Reviewables, Some("rating = 'negative'")),
    ),
    metric(
        Says {
            id: "feedback_neutral",
            name: "Neutral feedback",
            formula: "Reviewable answers whose last rating by the customer is neutral.",
        },
        Unit::Count("messages"),
        (Neutral, Event, C),
        &[Rating],
        count(Source::Reviewables, Some("rating = 'neutral'")),
    ),
    metric(
        Says {
            id: "feedback_none",
            name: "No feedback",
            formula: "Reviewable answers without a rating by the customer, or with a withdrawn one.",
        },
        Unit::Count("messages"),
        (Neutral, Event, C),
        &[Rating],
        count(Source::Reviewables, Some("rating = 'none'")),
    ),
    metric(
        Says {
            id: "chats_more_positive",
            name: "Mostly positive chats",
            formula: "Chats started in the range with more positive than negative ratings.",
        },
        Unit::Count("chats"),
        (Up, Start, S),
        &[],
        count(Source::Chats, Some("positive > negative")),
    ),
    metric(
        Says {
            id: "chats_more_negative",
            name: "Mostly negative chats",
            formula: "Chats started in the range with more negative than positive ratings.",
        },
        Unit::Count("chats"),
        (Down, Start, S),
        &[],
        count(Source::Chats, Some("negative > positive")),
    ),
    metric(
        Says {
            id: "chats_only_positive",
            name: "Only positive chats",
            formula: "Chats started in the range with positive and no negative ratings.",
        },
        Unit::Count("chats"),
        (Up, Start, S),
        &[],
        count(Source::Chats, Some("positive > 0 AND negative = 0")),
    ),
    metric(
        Says {
            id: "chats_only_negative",
            name: "Only negative chats",
            formula: "Chats started in the range with negative and no positive ratings.",
        },
        Unit::Count("chats"),
        (Down, Start, S),
        &[],
        count(Source::Chats, Some("negative > 0 AND positive = 0")),
    ),
    metric(
        Says {
            id: "conversation_feedback",
            name: "Conversation feedback",
            formula: "Ratings of whole conversations by customers in the range; of each person and conversation the last.",
        },
        Unit::Count("ratings"),
        (Neutral, Event, A),
        &[Rating],
        count(Source::Opinions, None),
    ),
    metric(
        Says {
            id: "conversation_feedback_comments",
            name: "Comments on conversations",
            formula: "Ratings of whole conversations by customers in the range that say something.",
        },
        Unit::Count("ratings"),
        (Neutral, Event, A),
        &[Rating],
        count(Source::Opinions, Some("commented = 1")),
    ),
    metric(
        Says {
            id: "csat_avg",
            name: "Satisfaction",
            formula: "Mean of the last vote of each survey, on a scale from 1 to 5.",
        },
        Unit::Score,
        (Up, Event, Q),
        &[Agent],
        mean(Source::Votes, ("avg(points)", "points"), None),
    ),
    metric(
        Says { id: "csat_votes", name: "Votes", formula: "Number of surveys answered, each by its last vote." },
        Unit::Count("votes"),
        (Neutral, Event, A),
        &[Score, Agent],
        count(Source::Votes, None),
    ),
    metric(
        Says {
            id: "csat_pct",
            name: "Satisfied",
            formula: "Votes of at least 4 on a scale from 1 to 5, divided by all votes.",
        },
        Unit::Fraction,
        (Up, Event, Q),
        &[Agent],
        ratio(Source::Votes, "avg(points >= 4)", "count()"),
    ),
    metric(
        Says {
            id: "csat_response_rate",
            name: "Survey response rate",
            formula: "Surveys requested in the range that were ever answered, divided by those requested.",
        },
        Unit::Fraction,
        (Up, Event, C),
        &[Agent],
        ratio(Source::Surveys, "avg(answered)", "count()"),
    ),
];
