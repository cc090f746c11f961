//! Asking the warehouse for a figure.

use clickhouse::{Row, query::Query};
use rollup::{Identity, IdleTimeouts, Settings};
use serde::{Deserialize, Serialize};

use super::{Error, Grain, Range, Whole, boundaries, known::Known};
use crate::Client;
use crate::registry::{Dimension, Filter, Metric, Scope};

/// Most rows of one answer.
pub const ROWS_MAX: usize = 50_000;
/// Longest time the warehouse may work at one statement, seconds.
const EXECUTION_S_MAX: &str = "30";

/// A question for one metric.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The metric.
    pub metric: &'a Metric,
    /// Project id.
    pub project: &'a str,
    /// Environment.
    pub environment: &'a str,
    /// Range.
    pub range: Range,
    /// Size of buckets, if rows by time are wanted.
    pub grain: Option<Grain>,
    /// Dimensions, if rows by them are wanted.
    pub by: &'a [Dimension],
    /// What the figure is kept to.
    pub filters: &'a [Filter],
    /// What the project decides about its figures.
    pub settings: &'a Settings,
    /// Whether durations are kept to the project's business hours, which it has to have.
    pub business_hours: bool,
    /// Whether the conversations behind the figure are asked for, so that counters, which know none, do not serve.
    pub conversations: bool,
}

impl Ask<'_> {
    /// Whether the question tells conversations apart, so that what is folded from them has to answer it.
    pub fn by_conversation(&self) -> bool {
        let source = self.metric.figure.source;
        if self.conversations || (self.settings.include_action_messages && source.has_messages()) {
            return true;
        }
        match source.counted_by() {
            Some(counted) => {
                let by_device = self.by_device() && source.people();
                by_device || self.asked().any(|dimension| !counted.contains(&dimension))
            }
            None => true,
        }
    }

    /// The dimensions that the question is about.
    fn asked(&self) -> impl Iterator<Item = Dimension> {
        self.by.iter().copied().chain(self.filters.iter().map(|filter| filter.dimension))
    }

    /// Whether the answer depends on who is one person: traits are said of persons.
    pub(super) fn is_about_people(&self) -> bool {
        let mut asked = self.asked();
        self.metric.figure.source.people()
            || asked.any(|dimension| matches!(dimension, Dimension::Segment | Dimension::Trait(_)))
    }

    /// Whether a change of device makes another person: the conversation says the device.
    fn by_device(&self) -> bool {
        self.settings.identity == Identity::Device
    }

    /// Whether the answer needs what is folded from conversations, which follows the counters a little later.
    pub fn derived(&self) -> bool {
        self.metric.figure.source.derived(self.by_conversation())
    }
}

/// A figure of a range, bucket or group, as the warehouse gives it.
#[derive(Debug, Clone, PartialEq, Row, Deserialize, Serialize)]
pub struct Cell {
    /// Start of the bucket (microseconds), 0 without buckets.
    pub key_bucket: i64,
    /// Values of the dimensions, in the order asked for.
    pub key_dims: Vec<String>,
    /// The value; `None` where there is none.
    pub value: Option<f64>,
    /// Number of entities behind it.
    pub n: u64,
    /// p50, p90, p95, of a mean.
    pub quantiles: Vec<f64>,
    /// Of a peak: its minute (microseconds).
    pub at: Option<i64>,
}

/// A figure with its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Over the whole range, worked out there and not summed from rows.
    pub total: Cell,
    /// By bucket and dimensions; `None` if not asked for.
    pub rows: Option<Vec<Cell>>,
    /// Ends of the buckets by their starts, both microseconds and ascending; empty without buckets.
    pub buckets: Vec<(i64, i64)>,
}

/// Whether a bucket can still change without late events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It cannot.
    Final,
    /// It is over, but what began in it can still become something else.
    Maturing,
    /// It is not over, or not all of it is in yet.
    Partial,
}

impl State {
    /// The state of a bucket that ends at `end_us`, when the figures reach to `fresh_us` (microseconds).
    pub fn of(metric: &Metric, end_us: i64, fresh_us: i64) -> State {
        if end_us > fresh_us {
            State::Partial
        } else if end_us + metric.matures_h * 3_600_000_000 > fresh_us {
            State::Maturing
        } else {
            State::Final
        }
    }

    /// The state's name in answers.
    pub fn name(self) -> &'static str {
        match self {
            State::Final => "final",
            State::Maturing => "maturing",
            State::Partial => "partial",
        }
    }
}

/// How far the figures of a partition reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Row, Deserialize, Serialize)]
pub struct Progress {
    /// Partition.
    pub partition: u16,
    /// Counters, sets and lattices hold everything before this offset.
    pub next_offset: u64,
    /// What is folded from conversations holds everything before this offset.
    pub derived_offset: u64,
    /// Greatest append time taken in, milliseconds.
    pub append_time_ms: i64,
}

/// Progress of every partition that has any. Fails with `Warehouse`.
pub async fn progress(client: &Client, generation: u32) -> Result<Vec<Progress>, Error> {
    let sql = "SELECT partition, max(next_offset) AS next_offset, max(derived_offset) AS derived_offset, \
               toUnixTimestamp64Milli(max(append_time)) AS append_time_ms FROM progress \
               WHERE generation = {generation:UInt32} GROUP BY partition ORDER BY partition";
    Ok(limited(client, sql).param("generation", generation).fetch_all().await.map_err(crate::Error::from)?)
}

/// A statement that may run for so long. The limit stands in the text and not beside it: a setting of the request costs the embedded
/// engine a session of its own.
pub(super) fn limited(client: &Client, sql: &str) -> Query {
    client.clickhouse().query_raw(&format!("{sql} SETTINGS max_execution_time = {EXECUTION_S_MAX}"))
}

/// The starts of the buckets; none without buckets.
pub(super) fn starts(ask: &Ask<'_>) -> Result<Vec<i64>, Error> {
    ask.grain.map_or(Ok(Vec::new()), |grain| boundaries(&ask.range, grain))
}

/// What the total depends on.
pub(super) fn whole<'a>(ask: &Ask<'a>, known: &Known) -> Scope<'a> {
    Scope {
        range: ask.range,
        quarters: Whole::quarters(&ask.range, &[]),
        minutes: Whole::minutes(&ask.range, &[]),
        identity_chunks: known.people.as_ref().map_or(0, |people| people.merged.len()),
        has_owned: known.people.as_ref().is_ok_and(|people| people.has_owned),
        opening_chunks: known.openings.chunks(),
        by_conversation: ask.by_conversation(),
        by_device: ask.by_device(),
        has_aliases: !ask.settings.source_aliases.is_empty(),
        has_internal: !ask.settings.internal_users.is_empty(),
        left_out: known.left_out(),
        has_actions: ask.settings.include_action_messages,
        by_bucket: false,
        by: &[],
        filters: ask.filters,
        is_kept_later: false,
    }
}

/// What the rows depend on.
pub(super) fn split<'a>(ask: &Ask<'a>, starts: &[i64], whole: &Scope<'a>) -> Scope<'a> {
    Scope {
        quarters: Whole::quarters(&ask.range, starts),
        minutes: Whole::minutes(&ask.range, starts),
        by_bucket: ask.grain.is_some(),
        by: ask.by,
        ..*whole
    }
}

/// The ends of buckets by their starts.
pub(super) fn ends(starts: &[i64], range: &Range) -> impl Iterator<Item = i64> {
    starts.iter().skip(1).copied().chain([range.to_us])
}

/// Prices as the sources read them: model, instant (microseconds), rates for a million tokens; the latest come first.
fn prices(settings: &Settings) -> Vec<(&str, i64, Vec<f64>)> {
    let rated = settings.prices_by_instant().into_iter().map(|(from_us, price)| {
        let rates = vec![price.input, price.output, price.cache_read, price.cache_write, price.embedding];
        (price.model.as_str(), from_us, rates)
    });
    rated.collect()
}

/// Roles of agents as they are compared, and the names that they are told by.
fn roles(settings: &Settings) -> (Vec<String>, Vec<&str>) {
    settings.agent_roles.iter().map(|(from, into)| (from.trim().to_lowercase(), into.as_str())).unzip()
}

/// A target in microseconds; -1 where there is none.
fn target_us(target_s: Option<u32>) -> i64 {
    target_s.map_or(-1, |s| i64::from(s) * 1_000_000)
}

/// A statement over the sources with its parameters; `bounds` are the starts of the buckets.
pub(super) fn bound(
    client: &Client,
    sql: &str,
    (ask, scope): (&Ask<'_>, &Scope<'_>),
    (bounds, known): (&[i64], &Known),
) -> Query {
    bound_in_spans(client, sql, (ask, scope), (&[scope.range.from_us], bounds), known)
}

/// The same over several ranges: `spans` are their starts, and those of the gaps between them.
pub(super) fn bound_in_spans(
    client: &Client,
    sql: &str,
    (ask, scope): (&Ask<'_>, &Scope<'_>),
    (spans, bounds): (&[i64], &[i64]),
    known: &Known,
) -> Query {
    let settings = ask.settings;
    let (alias_from, alias_into) = aliases(settings);
    let mut bind = Bind { sql, query: limited(client, sql) }
        .param("project", ask.project)
        .param("env", ask.environment)
        .param("from", scope.range.from_us)
        .param("to", scope.range.to_us)
        .param("q_lo", scope.quarters.lo_us)
        .param("q_hi", scope.quarters.hi_us)
        .param("m_lo", scope.minutes.lo_us)
        .param("m_hi", scope.minutes.hi_us)
        .param("tz", scope.range.tz.name())
        .param("spans", spans)
        .param("bounds", bounds)
        .param("ends", ends(bounds, &scope.range).collect::<Vec<_>>())
        .param("alias_from", &alias_from)
        .param("alias_into", &alias_into)
        .param("role_from", roles(settings).0)
        .param("role_into", roles(settings).1)
        .param("internal", &settings.internal_users)
        .param("segment_trait", &settings.segment_trait)
        .param("escalations", settings.escalations())
        .param("prices", prices(settings))
        .param("currency", &settings.currency)
        .param("no_reply_us", i64::from(settings.bot_no_reply_after_s) * 1_000_000)
        .param("single_chats", u8::from(settings.single_message_chats))
        .param("intent_confidence_min", settings.intent_confidence_min)
        .param("week_start", scope.range.week_start)
        .param("service_level_us", target_us(Some(settings.service_level_s)))
        .param("sla_first_us", target_us(settings.sla_first_response_s))
        .param("sla_next_us", target_us(settings.sla_next_response_s))
        .param("sla_resolution_us", target_us(settings.sla_resolution_s));
    if let Some(ineligible) = &known.ineligible {
        bind = bind.param("ineligible", ineligible);
    }
    for (name, piece) in known.openings.parameters() {
        bind = bind.param(&name, piece);
    }
    for (i, filter) in scope.filters.iter().enumerate() {
        bind = bind.param(&format!("f_{i}"), &filter.values);
    }
    for (i, same) in known.people.iter().flat_map(|people| &people.merged).enumerate() {
        bind = bind.param(&format!("same_from_{i}"), &same.from).param(&format!("same_into_{i}"), &same.into);
    }
    bind.query
}

/// A statement that is given the parameters that its text has: each costs the engine time.
struct Bind<'a> {
    sql: &'a str,
    query: Query,
}

impl Bind<'_> {
    fn param(self, name: &str, value: impl Serialize) -> Self {
        let is_used = self.sql.contains(&format!("{{{name}:"));
        let query = if is_used { self.query.param(name, value) } else { self.query };
        Bind { query, ..self }
    }
}

/// A statement with what the project decides about names and people.
pub(super) fn decided(query: Query, settings: &Settings) -> Query {
    let (alias_from, alias_into) = aliases(settings);
    let idle = IdleTimeouts::new(0, settings.idle_timeouts_s.clone());
    let (channels, times): (Vec<&str>, Vec<i64>) = idle.by_channel().into_iter().unzip();
    let query =
        query.param("idle_channels", channels).param("idle_us", times).param("idle_others_us", idle.others_us());
    query.param("alias_from", &alias_from).param("alias_into", &alias_into).param("internal", &settings.internal_users)
}

/// Sources by the names that events gave them, and the names that they are told by.
fn aliases(settings: &Settings) -> (Vec<&str>, Vec<&str>) {
    settings.source_aliases.iter().map(|(from, into)| (from.as_str(), into.as_str())).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_partial_until_it_is_over_and_a_cohort_matures_for_a_day() {
        let hour = 3_600_000_000;
        let state = |id: &str, end, fresh| State::of(Metric::by_id(id).unwrap(), end, fresh).name();
        assert_eq!(state("messages_total", 10 * hour, 9 * hour), "partial");
        assert_eq!(state("messages_total", 10 * hour, 10 * hour), "final");
        assert_eq!(state("escalation_rate", 10 * hour, 33 * hour), "maturing");
        assert_eq!(state("escalation_rate", 10 * hour, 34 * hour), "final");
    }
}
