//! The statements of a batch: which questions read the same rows, and what each of them takes from the answer.

use clickhouse::Row;
use serde::Deserialize;

use super::{
    Ask, BUCKETS_MAX, Cell, Error, ROWS_MAX, Range, Whole,
    known::Known,
    run::{bound_in_spans, split, whole},
};
use crate::{
    Client,
    registry::{Figure, Filter, Grouping, Scope, figures, is_kept, places, source_rows},
};

/// Most figures, and most ways of grouping them, of one statement.
const FIGURES_MAX: usize = 24;
const GROUPINGS_MAX: usize = 12;

/// Value, number of entities, quantiles and instant of a figure.
type Told = (Option<f64>, u64, Vec<f64>, Option<i64>);

/// A group of rows, as the statement gives it.
#[derive(Debug, Row, Deserialize)]
pub(super) struct Group {
    place: u64,
    key_span: i64,
    key_bucket: i64,
    key_dims: Vec<String>,
    figures: Vec<Told>,
}

/// What is wanted of a question: its total, or its rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Want<'a> {
    pub(super) ask: Ask<'a>,
    pub(super) grouping: Grouping<'a>,
    /// The starts of the buckets that its rows are in; none without buckets.
    pub(super) starts: &'a [i64],
    /// The ranges that are read with its own, itself among them, ascending.
    pub(super) ranges: &'a [Range],
}

/// Where in a reading's answer the cells of a want are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    figure: usize,
    grouping: usize,
    span_us: i64,
}

/// What has to be the same for figures to be columns of one statement.
#[derive(Debug, PartialEq)]
struct Same<'a> {
    /// The text of the source.
    rows: String,
    ranges: &'a [Range],
    /// The whole units that counters answer for, where it reads any.
    quarters: Option<Whole>,
    minutes: Option<Whole>,
    filters: &'a [Filter],
    /// The condition of a figure whose aggregates cannot keep to one of their own.
    condition: Option<&'static str>,
    /// Of a source that is cut at the bounds of buckets: those.
    cut_at: Option<&'a [i64]>,
}

/// One statement.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    same: Same<'a>,
    /// The first of its questions, over all its ranges.
    ask: Ask<'a>,
    scope: Scope<'a>,
    /// The starts of the buckets of each of its ranges; none where no rows by time are wanted.
    starts: Vec<&'a [i64]>,
    figures: Vec<&'a Figure>,
    groupings: Vec<Grouping<'a>>,
}

impl<'a> Reading<'a> {
    /// The reading of a want, which it does not hold yet.
    fn new(want: &Want<'a>, known: &Known) -> Reading<'a> {
        let figure = &want.ask.metric.figure;
        let (first, last) = (want.ranges[0], want.ranges[want.ranges.len() - 1]);
        let ask = Ask { range: Range { to_us: last.to_us, ..first }, ..want.ask };
        let mut scope = whole(&ask, known);
        if want.grouping != Grouping::TOTAL {
            scope = split(&ask, want.starts, &scope);
        }
        let rows = source_rows(figure, &scope);
        let same = Same {
            ranges: want.ranges,
            quarters: rows.contains("{q_lo:").then_some(scope.quarters),
            minutes: rows.contains("{m_lo:").then_some(scope.minutes),
            filters: ask.filters,
            condition: figure.filter.filter(|_| !is_kept(figure)),
            cut_at: rows.contains("{bounds:").then_some(want.starts),
            rows,
        };
        let starts = vec![&[][..]; want.ranges.len()];
        Reading { same, ask, scope, starts, figures: Vec::new(), groupings: Vec::new() }
    }

    /// Gives a want its place in one of the readings, or in a new one.
    pub(super) fn placed(readings: &mut Vec<Reading<'a>>, want: &Want<'a>, known: &Known) -> (usize, Share) {
        let new = Reading::new(want, known);
        let at = want.ranges.iter().position(|range| *range == want.ask.range).unwrap_or_default();
        let held = readings.iter().position(|reading| reading.same == new.same && reading.has_room(at, want.starts));
        let place = held.unwrap_or_else(|| {
            readings.push(new);
            readings.len() - 1
        });
        let reading = &mut readings[place];
        if !want.starts.is_empty() {
            reading.starts[at] = want.starts;
        }
        let figure = place_in(&mut reading.figures, &want.ask.metric.figure, |a, b| std::ptr::eq(*a, *b));
        let grouping = place_in(&mut reading.groupings, want.grouping, PartialEq::eq);
        (place, Share { figure, grouping, span_us: want.ask.range.from_us })
    }

    /// Whether a want of the same rows fits in: a range has buckets of one size, and the bounds of all buckets are one parameter.
    fn has_room(&self, at: usize, starts: &[i64]) -> bool {
        let held = self.starts[at];
        let is_one_size = starts.is_empty() || held.is_empty() || held == starts;
        let others = self.starts.iter().enumerate().filter(|(place, _)| *place != at);
        let buckets_elsewhere: usize = others.map(|(_, starts)| starts.len()).sum();
        let is_one_parameter = buckets_elsewhere == 0 || buckets_elsewhere + starts.len() <= BUCKETS_MAX;
        let is_short = self.figures.len() < FIGURES_MAX && self.groupings.len() < GROUPINGS_MAX;
        is_one_size && is_one_parameter && is_short
    }

    /// Where the ranges and their buckets begin, with the gaps between the ranges.
    fn bounds(&self) -> (Vec<i64>, Vec<i64>) {
        let (mut spans, mut bounds) = (Vec::new(), Vec::new());
        let mut end_us = None;
        for (range, starts) in self.same.ranges.iter().zip(&self.starts) {
            let gap = end_us.filter(|end_us| *end_us < range.from_us);
            spans.extend(gap.into_iter().chain([range.from_us]));
            bounds.extend(gap);
            bounds.extend_from_slice(if starts.is_empty() { std::slice::from_ref(&range.from_us) } else { starts });
            end_us = Some(range.to_us);
        }
        (spans, bounds)
    }

    /// Runs the statement.
    pub(super) async fn groups(&self, client: &Client, known: &Known) -> Result<Vec<Group>, Error> {
        let (spans, bounds) = self.bounds();
        let sql = figures(&self.figures, &self.groupings, &self.scope);
        let query = bound_in_spans(client, &sql, (&self.ask, &self.scope), (&spans, &bounds), known);
        Ok(query.fetch_all().await.map_err(crate::Error::from)?)
    }

    /// The cells of a share; None where the answer was cut, so that some may be missing.
    pub(super) fn cells(&self, groups: &[Group], share: Share) -> Result<Option<Vec<Cell>>, Error> {
        let place = places(&self.groupings)[share.grouping];
        let of_share = || groups.iter().filter(|group| (group.place, group.key_span) == (place, share.span_us));
        let cells: Vec<Cell> = of_share().filter_map(|group| group.cell(share.figure)).collect();
        if cells.len() > ROWS_MAX {
            return Err(Error::TooManyRows { limit: ROWS_MAX });
        }
        Ok((of_share().count() <= ROWS_MAX).then_some(cells))
    }
}

impl Group {
    /// The cell of a figure, if it has entities.
    fn cell(&self, figure: usize) -> Option<Cell> {
        let (value, n, quantiles, at) = self.figures.get(figure).filter(|(_, n, ..)| *n != 0)?;
        Some(Cell {
            key_bucket: self.key_bucket,
            key_dims: self.key_dims.clone(),
            value: *value,
            n: *n,
            quantiles: quantiles.clone(),
            at: *at,
        })
    }
}

/// The place of an item in a list, to which it is added if it is not there.
fn place_in<T>(list: &mut Vec<T>, item: T, is_same: impl Fn(&T, &T) -> bool) -> usize {
    list.iter().position(|held| is_same(held, &item)).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}
