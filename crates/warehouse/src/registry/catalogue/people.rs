//! People.

use super::declare::{Says, count, distinct, each, maturing, metric, of_people, ratio};
use crate::registry::{
    Attribution::{Event, Start},
    Class::{A, C, U},
    Dimension::WeekOffset,
    Metric,
    Polarity::{Neutral, Up},
    Source, Unit,
};

const ACTIVE: &str = "uniqExactIf(who, kind = 'active')";
const NEW: &str = "uniqExactIf(who, kind = 'new')";
const RETURNING: &str = "uniqExactIf(who, kind = 'active') - uniqExactIf(who, kind = 'new')";
/// Somebody new is new in every conversation, though first seen in one.
const RETURNING_THERE: &str = "uniqExactIf(who, kind = 'active' AND fresh = 0)";

pub(super) const METRICS: &[Metric] = &[
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
        each(distinct(Source::People, RETURNING), RETURNING_THERE),
    ),
    metric(
        Says {
            id: "stickiness",
            name: "Stickiness",
            formula: "Mean over the local days that begin in the range of the people active on the day divided by those active in the 28 days that end with it.",
        },
        Unit::Fraction,
        (Up, Event, U),
        &[],
        ratio(Source::ActiveDays, "avg(daily / monthly)", "count()"),
    ),
    maturing(
        metric(
            Says {
                id: "retention_weekly",
                name: "Weekly retention",
                formula: "People first active in the range who were active in a later week, divided by all of them, over the later weeks that end in the range; week_offset says how much later.",
            },
            Unit::Fraction,
            (Up, Start, C),
            &[WeekOffset],
            ratio(Source::WeeksSince, "avg(active)", "count()"),
        ),
        7 * 24,
    ),
    metric(
        Says { id: "returning_rate", name: "Returning rate", formula: "Returning users divided by active users." },
        Unit::Fraction,
        (Up, Event, U),
        &[],
        each(
            of_people(ratio(
                Source::People,
                "(uniqExactIf(who, kind = 'active') - uniqExactIf(who, kind = 'new')) / nullIf(uniqExactIf(who, kind = 'active'), 0)",
                ACTIVE,
            )),
            "uniqExactIf(who, kind = 'active' AND fresh = 0) / nullIf(uniqExactIf(who, kind = 'active'), 0)",
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
    metric(
        Says {
            id: "users_device_mode",
            name: "Active users by device",
            formula: "Active users where a change of device or browser makes another user.",
        },
        Unit::Count("users"),
        (Up, Event, U),
        &[],
        distinct(Source::Visitors, ACTIVE),
    ),
    metric(
        Says {
            id: "messages_per_user",
            name: "Messages per user",
            formula: "User messages of identifiable people in the range divided by the users active in it.",
        },
        Unit::Per("messages per user"),
        (Neutral, Event, U),
        &[],
        of_people(ratio(Source::PeopleMessages, "sum(w) / nullIf(uniqExactIf(who, kind = 'active'), 0)", ACTIVE)),
    ),
    metric(
        Says {
            id: "users_by_country",
            name: "Users by country",
            formula: "Distinct people of the conversations started in the range, by country; somebody in two countries counts in both.",
        },
        Unit::Count("users"),
        (Neutral, Start, U),
        &[],
        distinct(Source::StartedPeople, "uniqExactIf(who, who != '')"),
    ),
    metric(
        Says {
            id: "users_by_language",
            name: "Users by language",
            formula: "Distinct people of the conversations started in the range, by the language of their last one.",
        },
        Unit::Count("users"),
        (Neutral, Start, U),
        &[],
        count(Source::LastConversations, None),
    ),
];
