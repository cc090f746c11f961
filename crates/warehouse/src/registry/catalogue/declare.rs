//! How metrics are declared: shorthands for the shapes that figures have.

use crate::registry::{Attribution, Class, Dimension, Entities, Figure, Metric, Polarity, Quantiles, Source, Unit};

/// Hours in which a cohort can still gain what its ratio counts (as for opportunities, metrics.md).
const COHORT_H: i64 = 24;

/// The parts of a declaration that are prose or labels.
pub(super) struct Says {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) formula: &'static str,
}

pub(super) const fn metric(
    says: Says,
    unit: Unit,
    (polarity, attribution, class): (Polarity, Attribution, Class),
    own: &'static [Dimension],
    figure: Figure,
) -> Metric {
    let matures_h = if matches!(class, Class::C) { COHORT_H } else { 0 };
    let Says { id, name, formula } = says;
    Metric { id, version: 1, name, unit, polarity, formula, attribution, class, own, matures_h, figure }
}

/// Number of rows; nothing is 0.
pub(super) const fn count(source: Source, filter: Option<&'static str>) -> Figure {
    sum(source, "count()", filter)
}

/// A sum that is its own number of entities; nothing is 0.
pub(super) const fn sum(source: Source, value: &'static str, filter: Option<&'static str>) -> Figure {
    Figure { filter, ..total(source, value, value) }
}

/// A sum over entities that are counted otherwise; nothing is 0.
pub(super) const fn total(source: Source, value: &'static str, n: &'static str) -> Figure {
    Figure {
        source,
        filter: None,
        value,
        n,
        quantiles_of: None,
        at: None,
        zero: true,
        entities: Entities::Parts,
        timed: false,
        each: None,
    }
}

/// A number of distinct people; nothing is 0.
pub(super) const fn distinct(source: Source, value: &'static str) -> Figure {
    Figure { entities: Entities::People, ..sum(source, value, None) }
}

/// A number of distinct conversations; nothing is 0.
pub(super) const fn conversations(source: Source) -> Figure {
    Figure { entities: Entities::Conversations, ..sum(source, "uniqExact(conversation)", None) }
}

/// The figure, with another expression for the value of one conversation.
pub(super) const fn each(figure: Figure, value: &'static str) -> Figure {
    Figure { each: Some(value), ..figure }
}

/// A ratio whose `n` are people.
pub(super) const fn of_people(figure: Figure) -> Figure {
    Figure { entities: Entities::PeopleCases, ..figure }
}

/// A ratio or mean; nothing is null.
pub(super) const fn ratio(source: Source, value: &'static str, n: &'static str) -> Figure {
    Figure { zero: false, entities: Entities::Cases, ..total(source, value, n) }
}

/// The mean of `of` (an expression over rows) with its percentiles; nothing is null.
pub(super) const fn mean(
    source: Source,
    (value, of): (&'static str, &'static str),
    filter: Option<&'static str>,
) -> Figure {
    Figure { filter, quantiles_of: Some(Quantiles::Rows(of)), ..ratio(source, value, "count()") }
}

/// The figure with percentiles of its entities, by an aggregate that gives the number of each.
pub(super) const fn spread(figure: Figure, over: &'static str) -> Figure {
    Figure { quantiles_of: Some(Quantiles::Entities(over)), ..figure }
}

/// The mean of `us_long` in seconds.
pub(super) const fn mean_seconds(source: Source, filter: Option<&'static str>) -> Figure {
    timed(mean(source, ("sum(us_long) / count() / 1000000", "us_long / 1000000"), filter))
}

/// The figure, which is about lengths of time from instant to instant.
pub(super) const fn timed(figure: Figure) -> Figure {
    Figure { timed: true, ..figure }
}

/// The metric, whose buckets can change for so many hours after their end.
pub(super) const fn maturing(metric: Metric, matures_h: i64) -> Metric {
    Metric { matures_h, ..metric }
}
