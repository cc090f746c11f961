//! From declarations to a statement.

use super::{Dimension, Figure, Quantiles, Scope, kept, sources};
use crate::query::ROWS_MAX;

/// How the rows of an answer are grouped, beside their range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grouping<'a> {
    /// By bucket.
    pub(crate) by_bucket: bool,
    /// By the values of dimensions.
    pub(crate) by: &'a [Dimension],
}

impl Grouping<'_> {
    /// All rows in one.
    pub(crate) const TOTAL: Grouping<'static> = Grouping { by_bucket: false, by: &[] };
}

/// The keys that groupings are made of: the range, the bucket, and each list of dimensions.
struct Keys<'a> {
    has_bucket: bool,
    dims: Vec<&'a [Dimension]>,
}

impl<'a> Keys<'a> {
    fn of(groupings: &[Grouping<'a>]) -> Keys<'a> {
        let mut dims: Vec<&[Dimension]> = Vec::new();
        for grouping in groupings.iter().filter(|grouping| !grouping.by.is_empty()) {
            if !dims.contains(&grouping.by) {
                dims.push(grouping.by);
            }
        }
        Keys { has_bucket: groupings.iter().any(|grouping| grouping.by_bucket), dims }
    }

    /// The keys beside the range, each with its name, its expression and whether a grouping has it.
    fn each(&self, grouping: Option<Grouping<'_>>) -> impl Iterator<Item = (String, String, bool)> {
        let bucket = self.has_bucket.then(|| {
            let has = grouping.is_some_and(|grouping| grouping.by_bucket);
            ("bucket".to_owned(), "roundDown(us, {bounds:Array(Int64)})".to_owned(), has)
        });
        let dims = self.dims.iter().enumerate().map(move |(i, by)| {
            let values: Vec<String> = by.iter().map(|dimension| dimension.expression()).collect();
            let has = grouping.is_some_and(|grouping| grouping.by == *by);
            (format!("dims_{i}"), format!("CAST([{}] AS Array(String))", values.join(", ")), has)
        });
        bucket.into_iter().chain(dims)
    }

    fn names(&self) -> Vec<String> {
        self.each(None).map(|(name, ..)| name).collect()
    }

    /// Which keys a grouping is without, as `grouping` says it: a bit for each, that of the last key the lowest.
    fn place(&self, grouping: Grouping<'_>) -> u64 {
        self.each(Some(grouping)).fold(0, |mask, (.., has)| mask << 1 | u64::from(!has))
    }

    /// A grouping as one of the sets.
    fn set(&self, grouping: Grouping<'_>) -> String {
        let own = self.each(Some(grouping)).filter(|(.., has)| *has).map(|(name, ..)| name);
        format!("({})", std::iter::once("key_span".to_owned()).chain(own).collect::<Vec<_>>().join(", "))
    }
}

/// Where the groups of each grouping are among those of their statement: what column `place` says of them.
pub(crate) fn places(groupings: &[Grouping<'_>]) -> Vec<u64> {
    let keys = Keys::of(groupings);
    groupings.iter().map(|grouping| keys.place(*grouping)).collect()
}

/// The statement of figures of one source, each of them grouped in each of these ways. Parameters: `project`, `env`, `from`, `to`,
/// `q_lo`, `q_hi`, `m_lo`, `m_hi`, `tz`, `spans` (where the ranges begin, and the gaps between them), `bounds`, `ends` (starts and
/// ends of the buckets; without buckets those of the range) and those of `Scope::identity_chunks` and `Scope::opening_chunks`.
/// Columns: `place`, `key_span`, `key_bucket` (0 without buckets), `key_dims`, and `figures`, with value, `n`, quantiles and instant of
/// each figure. A group in which no figure has entities is left out.
pub(crate) fn figures(figures: &[&Figure], groupings: &[Grouping<'_>], scope: &Scope<'_>) -> String {
    let keys = Keys::of(groupings);
    let filter = figures.first().and_then(|figure| figure.filter);
    let is_shared = figures.iter().all(|figure| figure.filter == filter);
    let columns: Vec<String> = figures.iter().map(|figure| column(figure, !is_shared)).collect();
    let with: String = keys.each(None).map(|(name, expression, _)| format!(", {expression} AS {name}")).collect();
    let names: String = keys.names().iter().map(|name| format!(", {name}")).collect();
    let sets: Vec<String> = groupings.iter().map(|grouping| keys.set(*grouping)).collect();
    let dims: Vec<String> = keys.names().into_iter().filter(|name| name.starts_with("dims_")).collect();
    format!(
        "WITH roundDown(us, {{spans:Array(Int64)}}) AS key_span{with} \
         SELECT grouping(key_span{names}) AS place, key_span, {bucket} AS key_bucket, {dims} AS key_dims, [{columns}] AS figures \
         FROM ({source}) {conditions} GROUP BY GROUPING SETS ({sets}) \
         HAVING arrayExists(figure -> tupleElement(figure, 2) != 0, figures) LIMIT {limit} BY place, key_span",
        bucket = if keys.has_bucket { "bucket" } else { "toInt64(0)" },
        dims = if dims.is_empty() { "emptyArrayString()".into() } else { format!("arrayConcat({})", dims.join(", ")) },
        columns = columns.join(", "),
        source = figures.first().map(|figure| sources::select(figure.source, scope)).unwrap_or_default(),
        conditions = conditions(filter.filter(|_| is_shared), scope),
        sets = sets.join(", "),
        limit = ROWS_MAX + 1,
    )
}

/// The rows of a figure's source.
pub(crate) fn source_rows(figure: &Figure, scope: &Scope<'_>) -> String {
    sources::select(figure.source, scope)
}

/// Whether a figure's condition can be that of its aggregates, so that others can stand beside it.
pub(crate) fn is_kept(figure: &Figure) -> bool {
    let over = figure.quantiles_of.and_then(|quantiles| match quantiles {
        Quantiles::Rows(_) => None,
        Quantiles::Entities(of) => Some(of),
    });
    let mut expressions = [Some(figure.value), Some(figure.n), figure.at, over].into_iter().flatten();
    figure.filter.is_none_or(|filter| expressions.all(|expression| kept::kept(expression, filter).is_some()))
}

/// A figure as a tuple. `keeps` says that its condition is not that of the statement, so that its aggregates have to keep to it.
fn column(figure: &Figure, keeps: bool) -> String {
    let condition = figure.filter.filter(|_| keeps);
    let kept = |expression: &str| match condition {
        Some(condition) => kept::kept(expression, condition).unwrap_or_else(|| expression.to_owned()),
        None => expression.to_owned(),
    };
    let quantiles = match (figure.quantiles_of, condition) {
        (Some(Quantiles::Rows(of)), None) => {
            format!("arrayMap(q -> toFloat64(q), quantilesExactInclusive(0.5, 0.9, 0.95)({of}))")
        }
        (Some(Quantiles::Rows(of)), Some(condition)) => {
            format!("arrayMap(q -> toFloat64(q), quantilesExactInclusiveIf(0.5, 0.9, 0.95)({of}, {condition}))")
        }
        (Some(Quantiles::Entities(of)), _) => {
            format!("arrayMap(q -> toFloat64(q), arrayReduce('quantilesExactInclusive(0.5, 0.9, 0.95)', {}))", kept(of))
        }
        (None, _) => "emptyArrayFloat64()".into(),
    };
    format!(
        "(CAST({} AS Nullable(Float64)), toUInt64(greatest({}, 0)), {quantiles}, CAST({} AS Nullable(Int64)))",
        kept(figure.value),
        kept(figure.n),
        figure.at.map_or_else(|| "NULL".into(), kept)
    )
}

/// The statement of one figure, grouped as the scope says: `key_bucket`, `key_dims`, `value`, `n`, `quantiles`.
pub(crate) fn rows(figure: &Figure, scope: &Scope<'_>) -> String {
    let grouping = Grouping { by_bucket: scope.by_bucket, by: scope.by };
    format!(
        "SELECT key_bucket, key_dims, tupleElement(figures[1], 1) AS value, tupleElement(figures[1], 2) AS n, \
         tupleElement(figures[1], 3) AS quantiles FROM ({})",
        figures(&[figure], &[grouping], scope)
    )
}

/// The condition of a figure and those of the question on its own dimensions.
pub(super) fn conditions(filter: Option<&str>, scope: &Scope<'_>) -> String {
    let all: Vec<String> = filter.map(str::to_owned).into_iter().chain(scope.own_conditions()).collect();
    if all.is_empty() { String::new() } else { format!("WHERE {}", all.join(" AND ")) }
}
