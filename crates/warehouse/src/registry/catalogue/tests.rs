//! What every declaration keeps to.

use super::*;
use crate::{
    query::{Range, Whole, zone},
    registry::{Class, Dimension, LeftOut, Scope, Trait, Unit, rows},
};

#[test]
fn every_metric_says_what_it_is() {
    for m in METRICS {
        assert!(m.formula.ends_with('.') && m.formula.len() > 20, "{}: {}", m.id, m.formula);
        assert!(!m.name.is_empty() && !m.unit.name().is_empty() && m.version >= 1, "{}", m.id);
        assert!(m.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{}", m.id);
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
fn only_sums_are_zero_when_there_is_nothing() {
    for m in METRICS {
        let is_sum = matches!(m.unit, Unit::Count(_) | Unit::Minutes | Unit::Hours) && m.figure.at.is_none();
        assert_eq!(m.figure.zero, is_sum, "{}", m.id);
        assert!(!(m.figure.zero && m.figure.quantiles_of.is_some()), "{}", m.id);
    }
}

#[test]
fn additive_metrics_are_sums() {
    // Money adds up too, but where nothing has a price there is none, which is not 0.
    for m in METRICS.iter().filter(|m| m.class == Class::A && m.unit != Unit::Money) {
        assert!(m.figure.zero && m.figure.quantiles_of.is_none(), "{}", m.id);
    }
}

#[test]
fn every_statement_is_kept_to_a_project_an_environment_and_a_limit() {
    let range = Range::parse("2026-03-23T00:07:00Z", "2026-03-30", zone("UTC").unwrap()).unwrap();
    for (m, by_conversation) in METRICS.iter().flat_map(|m| [(m, false), (m, true)]) {
        let of_traits = m.has_traits().then(|| Dimension::Trait(Trait::parse("plan").unwrap()));
        let by: Vec<Dimension> = m.dimensions().chain(of_traits).collect();
        let scope = Scope {
            range,
            quarters: Whole::quarters(&range, &[]),
            minutes: Whole::minutes(&range, &[]),
            identity_chunks: 2,
            has_owned: true,
            opening_chunks: 2,
            by_conversation,
            by_device: false,
            has_aliases: true,
            has_internal: true,
            left_out: LeftOut::Untold,
            has_actions: true,
            by_bucket: true,
            by: &by,
            filters: &[],
            is_kept_later: false,
        };
        let sql = rows(&m.figure, &scope);
        let tables = sql.matches(" FROM ").count() - sql.matches(" FROM (").count();
        let kept = sql.matches("project = {project:String} AND environment = {env:String}").count();
        assert_eq!(kept, tables, "{}: {sql}", m.id);
        assert!(sql.contains("LIMIT") && !sql.contains(';'), "{sql}");
    }
}

#[test]
fn what_explains_a_figure_is_kept_to_the_project_too() {
    let range = Range::parse("2026-03-23T00:07:00Z", "2026-03-30", zone("UTC").unwrap()).unwrap();
    let scope = Scope {
        range,
        quarters: Whole::quarters(&range, &[]),
        minutes: Whole::minutes(&range, &[]),
        identity_chunks: 1,
        has_owned: true,
        opening_chunks: 0,
        by_conversation: true,
        by_device: false,
        has_aliases: false,
        has_internal: true,
        left_out: LeftOut::Untold,
        has_actions: true,
        by_bucket: false,
        by: &[],
        filters: &[],
        is_kept_later: false,
    };
    for m in METRICS {
        let (exclusions, excluded) = crate::registry::excluded(m, &scope);
        for sql in
            [excluded, crate::registry::contributions(&m.figure, &scope), crate::registry::entities(&m.figure, &scope)]
        {
            let tables = sql.matches(" FROM ").count() - sql.matches(" FROM (").count();
            assert_eq!(sql.matches("project = {project:String}").count(), tables, "{}: {sql}", m.id);
        }
        for (i, exclusion) in exclusions.iter().enumerate() {
            assert!(
                exclusion.says.ends_with('.') && exclusions[..i].iter().all(|other| other.id != exclusion.id),
                "{}",
                m.id
            );
        }
        assert_eq!(m.figure.filter.is_some(), exclusions.len() > 3 && excluded_by_condition(m), "{}", m.id);
    }
}

/// Whether what the metric's own condition leaves out is among what is told.
fn excluded_by_condition(metric: &Metric) -> bool {
    let named = [
        "others",
        "late_replies",
        "single_message_chats",
        "unsure_intents",
        "calls_without_duration",
        "calls_without_first_token",
    ];
    metric.exclusions().any(|exclusion| named.contains(&exclusion.id))
}
