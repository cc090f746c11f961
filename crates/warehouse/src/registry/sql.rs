//! From a declaration to a statement.

use super::{Dimension, Figure, sources};
use crate::query::{ROWS_MAX, Range, Whole};

/// What a statement depends on besides the metric; values are given as parameters.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// The range.
    pub range: Range,
    /// Its whole quarters of an hour.
    pub quarters: Whole,
    /// Its whole minutes.
    pub minutes: Whole,
    /// Number of pairs of parameters (`same_from_N`, `same_into_N`) that say who is one person.
    pub identity_chunks: usize,
}

/// What the rows of an answer are split by.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a> {
    /// By bucket (parameter `bounds`).
    pub buckets: bool,
    /// By dimensions.
    pub by: &'a [Dimension],
}

/// The statement of a figure. Parameters: `project`, `env`, `from`, `to`, `q_lo`, `q_hi`, `m_lo`, `m_hi`, `tz`, `bounds` and
/// those of `Scope::identity_chunks`. Columns are those of `Cell`.
pub fn statement(figure: &Figure, scope: &Scope, keys: Keys<'_>) -> String {
    let bucket = if keys.buckets { "roundDown(us, {bounds:Array(Int64)})" } else { "toInt64(0)" };
    let dims: Vec<&str> = keys.by.iter().copied().map(dimension).collect();
    let dims = if dims.is_empty() { "emptyArrayString()".into() } else { format!("[{}]", dims.join(", ")) };
    let quantiles = match figure.quantiles_of {
        Some(of) => format!("arrayMap(q -> toFloat64(q), quantilesExactInclusive(0.5, 0.9, 0.95)({of}))"),
        None => "emptyArrayFloat64()".into(),
    };
    format!(
        "SELECT {bucket} AS key_bucket, {dims} AS key_dims, CAST({value} AS Nullable(Float64)) AS value, \
         toUInt64(greatest({n}, 0)) AS n, {quantiles} AS quantiles, CAST({at} AS Nullable(Int64)) AS at \
         FROM ({source}) {filter} GROUP BY key_bucket, key_dims HAVING n != 0 ORDER BY key_bucket, key_dims LIMIT {limit}",
        value = figure.value,
        n = figure.n,
        at = figure.at.unwrap_or("NULL"),
        source = sources::select(figure.source, scope),
        filter = figure.filter.map(|f| format!("WHERE {f}")).unwrap_or_default(),
        limit = ROWS_MAX + 1,
    )
}

fn dimension(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Role => "role",
        Dimension::ContentType => "content_type",
        Dimension::Weekday => "toString(toDayOfWeek(fromUnixTimestamp64Micro(us, 'UTC'), 0, {tz:String}))",
        Dimension::Hour => "toString(toHour(fromUnixTimestamp64Micro(us, 'UTC'), {tz:String}))",
    }
}
