//! Figures as files: the same rows as a query's, written by the warehouse itself.

use std::task::{Context, Poll};

use bytes::Bytes;
use clickhouse::query::{BytesCursor, Query};

use super::{
    Ask, Error, ROWS_MAX,
    known::{Known, Needs},
    run::{bound, split, starts, whole},
};
use crate::{
    Client,
    registry::{self, Scope},
};

/// Labels of buckets in one parameter: a ClickHouse server takes no field above 128 KiB.
const LABELS_MAX: usize = 2_000;

/// What a file is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, with a line of names.
    Csv,
    /// A JSON list of objects.
    Json,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// The format by its name in a question; None for anything else.
    pub fn parse(name: &str) -> Option<Format> {
        Some(match name {
            "csv" => Format::Csv,
            "json" => Format::Json,
            "parquet" => Format::Parquet,
            _ => return None,
        })
    }

    /// The name, which is also the ending of a file's name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "json",
            Format::Parquet => "parquet",
        }
    }

    fn of_engine(self) -> &'static str {
        match self {
            Format::Csv => "CSVWithNames",
            Format::Json => "JSONEachRow",
            Format::Parquet => "Parquet",
        }
    }
}

/// A file on its way. What could be wrong with the question has been found before its first byte.
pub struct Export {
    first: Option<Bytes>,
    rest: BytesCursor,
}

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export").finish_non_exhaustive()
    }
}

impl Export {
    /// The next piece, None at the end. Fails with `Warehouse`, and then the file is incomplete.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Ok(Some(first)));
        }
        self.rest.poll_next(cx).map_err(|error| crate::Error::from(error).into())
    }
}

/// The rows of questions that differ in their metrics alone, as a file: columns `metric`, `bucket` (local start, '' without
/// buckets), one a dimension, `value`, `n`, and `p50`, `p90`, `p95` where a metric has them. Fails with `TooMany…` where there are
/// more than `ROWS_MAX` rows or too many buckets, or with `Warehouse`.
pub async fn export(client: &Client, asks: &[Ask<'_>], format: Format) -> Result<Export, Error> {
    let Some(first) = asks.first() else { return Err(Error::TooManyRows { limit: 0 }) };
    let starts = starts(first)?;
    let known = Known::read(client, first, Needs::of(asks)).await?;
    asks.iter().try_for_each(|ask| known.persons(ask))?;
    let scope = split(first, &starts, &whole(first, &known));
    let rows = rows(asks, &scope);
    let with = |sql: &str| with_labels(client, sql, (first, &scope), (&starts, &known));
    let count: u64 =
        with(&format!("SELECT count() AS rows FROM ({rows})")).fetch_one().await.map_err(crate::Error::from)?;
    if count > ROWS_MAX as u64 {
        return Err(Error::TooManyRows { limit: ROWS_MAX });
    }
    let mut query = with(&file(asks, &rows, &scope));
    query = match format {
        // A spreadsheet reads an empty cell as none.
        Format::Csv => query.with_setting("format_csv_null_representation", ""),
        Format::Json => query
            .with_setting("output_format_json_array_of_rows", "1")
            .with_setting("output_format_json_quote_64bit_integers", "0"),
        Format::Parquet => query,
    };
    let mut rest = query.fetch_bytes(format.of_engine()).map_err(crate::Error::from)?;
    let first = rest.next().await.map_err(crate::Error::from)?;
    Ok(Export { first, rest })
}

/// The statement of the file.
fn file(asks: &[Ask<'_>], rows: &str, scope: &Scope<'_>) -> String {
    let dims: String = scope
        .by
        .iter()
        .enumerate()
        .map(|(i, dimension)| format!("key_dims[{}] AS `{}`, ", i + 1, dimension.asked()))
        .collect();
    let quantiles = if asks.iter().any(|ask| ask.metric.figure.quantiles_of.is_some()) {
        let one = |(i, name): (usize, &str)| format!(", if(empty(quantiles), NULL, quantiles[{}]) AS {name}", i + 1);
        ["p50", "p90", "p95"].into_iter().enumerate().map(one).collect()
    } else {
        String::new()
    };
    format!(
        "SELECT metric, {} AS bucket, {dims}value, n{quantiles} FROM ({rows}) \
         ORDER BY place, key_bucket, arrayMap(dim -> (ifNull(toUInt64OrNull(dim), 18446744073709551615), dim), key_dims)",
        label(scope),
    )
}

/// The local start of a bucket: worked out outside, so that there is one time-zone implementation.
fn label(scope: &Scope<'_>) -> String {
    if !scope.by_bucket {
        return "''".into();
    }
    let chunks = (0..super::BUCKETS_MAX.div_ceil(LABELS_MAX)).map(|i| format!("{{labels_{i}:Array(String)}}"));
    format!(
        "transform(key_bucket, {{bounds:Array(Int64)}}, arrayConcat({}), '')",
        chunks.collect::<Vec<_>>().join(", ")
    )
}

/// The rows of all metrics, each with its place among them.
fn rows(asks: &[Ask<'_>], scope: &Scope<'_>) -> String {
    let of_each = asks.iter().enumerate().map(|(place, ask)| {
        let scope = Scope { by_conversation: ask.by_conversation(), ..*scope };
        let found = registry::rows(&ask.metric.figure, &scope);
        let found = if scope.by.is_empty() { filled(&found, &scope, ask.metric.figure.zero) } else { found };
        format!(
            "SELECT toUInt64({place}) AS place, '{}' AS metric, key_bucket, key_dims, value, n, quantiles FROM ({found})",
            ask.metric.id
        )
    });
    of_each.collect::<Vec<_>>().join(" UNION ALL ")
}

/// A row for every bucket, or the one row without any, also where nothing happened.
fn filled(found: &str, scope: &Scope<'_>, zero: bool) -> String {
    let every = if scope.by_bucket { "arrayJoin({bounds:Array(Int64)})" } else { "toInt64(0)" };
    let nothing = if zero { "CAST(0 AS Nullable(Float64))" } else { "CAST(NULL AS Nullable(Float64))" };
    format!(
        "SELECT every.start AS key_bucket, emptyArrayString() AS key_dims, if(found.n = 0, {nothing}, found.value) AS value, \
         found.n AS n, found.quantiles AS quantiles FROM (SELECT {every} AS start) AS every \
         LEFT JOIN ({found}) AS found ON every.start = found.key_bucket"
    )
}

fn with_labels(
    client: &Client,
    sql: &str,
    (ask, scope): (&Ask<'_>, &Scope<'_>),
    (starts, known): (&[i64], &Known),
) -> Query {
    let start = [ask.range.from_us];
    let mut query = bound(client, sql, (ask, scope), (if starts.is_empty() { &start } else { starts }, known));
    let labels: Vec<String> = starts.iter().map(|us| ask.range.local(*us)).collect();
    let mut chunks = labels.chunks(LABELS_MAX);
    for i in 0..super::BUCKETS_MAX.div_ceil(LABELS_MAX) {
        query = query.param(&format!("labels_{i}"), chunks.next().unwrap_or_default());
    }
    query
}
