//! From an opportunity to an interaction.

use super::declare::{Says, count, metric, ratio};
use crate::registry::{
    Attribution::Start,
    Class::{A, C},
    Dimension::{Hour, Page, Placement, Segment},
    Metric,
    Polarity::{Down, Neutral, Up},
    Source, Unit,
};

pub(super) const METRICS: &[Metric] = &[
    metric(
        Says {
            id: "opportunities",
            name: "Opportunities",
            formula: "Number of conversations first initialised in the range, used or not.",
        },
        Unit::Count("opportunities"),
        (Neutral, Start, C),
        &[Page, Placement, Hour, Segment],
        count(Source::Opportunities, None),
    ),
    metric(
        Says {
            id: "interactions",
            name: "Interactions",
            formula: "Opportunities of the range that were used at or after it, whenever.",
        },
        Unit::Count("opportunities"),
        (Up, Start, C),
        &[Page, Placement, Hour, Segment],
        count(Source::Opportunities, Some("used = 1")),
    ),
    metric(
        Says { id: "interaction_rate", name: "Interaction rate", formula: "Interactions divided by opportunities." },
        Unit::Fraction,
        (Up, Start, C),
        &[Page, Placement, Hour, Segment],
        ratio(Source::Opportunities, "avg(used)", "count()"),
    ),
    metric(
        Says {
            id: "page_abandonment",
            name: "Page abandonment",
            formula: "Opportunities of the range that were never used.",
        },
        Unit::Count("opportunities"),
        (Down, Start, C),
        &[Page, Placement, Hour, Segment],
        count(Source::Opportunities, Some("used = 0")),
    ),
    metric(
        Says {
            id: "direct_conversations",
            name: "Direct conversations",
            formula: "Conversations started in the range that were never initialised.",
        },
        Unit::Count("conversations"),
        (Neutral, Start, A),
        &[],
        count(Source::Started, Some("opened = 0")),
    ),
    metric(
        Says {
            id: "engagement_by_segment",
            name: "Engagement by segment",
            formula: "Interaction rate by a trait of the user, which the project's `segment_trait` names, as it was known at the opportunity or else first said later.",
        },
        Unit::Fraction,
        (Up, Start, C),
        &[Segment, Page, Placement, Hour],
        ratio(Source::Opportunities, "avg(used)", "count()"),
    ),
    metric(
        Says {
            id: "engagement_by_page",
            name: "Engagement by page",
            formula: "Interaction rate by the path of the page.",
        },
        Unit::Fraction,
        (Up, Start, C),
        &[Page, Placement, Hour, Segment],
        ratio(Source::Opportunities, "avg(used)", "count()"),
    ),
    metric(
        Says {
            id: "engagement_by_hour",
            name: "Engagement by hour",
            formula: "Interaction rate by the local hour of the opportunity.",
        },
        Unit::Fraction,
        (Up, Start, C),
        &[Page, Placement, Hour, Segment],
        ratio(Source::Opportunities, "avg(used)", "count()"),
    ),
];
