//! Figures: questions are answered together, by as few statements as they need. One question is a batch of one.

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::{
    Answer, Ask, Cell, Error, Range,
    known::{Known, Needs},
    reading::{Group, Reading, Share, Want},
    run::{ends, starts},
};
use crate::{Client, registry::Grouping};

/// Statements of a batch that the warehouse works at at once.
const STATEMENTS_AT_ONCE: usize = 4;

/// The figure of a metric. Fails with `TooMany…` where the answer would be too large, or with `Warehouse`.
pub async fn figure(client: &Client, ask: &Ask<'_>) -> Result<Answer, Error> {
    one(figures(client, std::slice::from_ref(ask)).await)
}

/// The figures of questions in their order, each as if it were asked alone, and failing as it would. What reads the same rows is read
/// once: metrics of one source are columns, a total and its rows are groups, and a range and the one that it is compared with are
/// parts of one statement.
pub async fn figures(client: &Client, asks: &[Ask<'_>]) -> Vec<Result<Answer, Error>> {
    let turns = Semaphore::new(STATEMENTS_AT_ONCE);
    let groups = alike(asks);
    let answers = join_all(groups.iter().map(|group| of_alike(client, &turns, group))).await;
    let mut all: Vec<_> = groups.iter().flatten().map(|(place, _)| *place).zip(answers.into_iter().flatten()).collect();
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, answer)| answer).collect()
}

/// Questions with their places, apart by all that decides what has to be known beforehand.
fn alike<'a>(asks: &[Ask<'a>]) -> Vec<Vec<(usize, Ask<'a>)>> {
    let mut groups: Vec<Vec<(usize, Ask<'a>)>> = Vec::new();
    for (place, ask) in asks.iter().enumerate() {
        // How far back its comparison lies makes no other range of it.
        let ask = &Ask { range: Range { step: None, ..ask.range }, ..*ask };
        let is_alike = |group: &&mut Vec<(usize, Ask<'a>)>| group.first().is_some_and(|(_, first)| first.is_alike(ask));
        match groups.iter_mut().find(is_alike) {
            Some(group) => group.push((place, *ask)),
            None => groups.push(vec![(place, *ask)]),
        }
    }
    groups
}

async fn of_alike(client: &Client, turns: &Semaphore, group: &[(usize, Ask<'_>)]) -> Vec<Result<Answer, Error>> {
    let asks: Vec<Ask<'_>> = group.iter().map(|(_, ask)| *ask).collect();
    let Some(last) = asks.iter().max_by_key(|ask| ask.range.to_us) else { return Vec::new() };
    let known = {
        let _turn = turns.acquire().await;
        Known::read(client, last, Needs::of(&asks)).await
    };
    match known {
        Ok(known) => answered(client, turns, &asks, &known).await,
        Err(error) => asks.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// The figure of a metric, by what is known.
pub(super) async fn figure_of(client: &Client, ask: &Ask<'_>, known: &Known) -> Result<Answer, Error> {
    let turns = Semaphore::new(STATEMENTS_AT_ONCE);
    one(answered(client, &turns, std::slice::from_ref(ask), known).await)
}

fn one(answers: Vec<Result<Answer, Error>>) -> Result<Answer, Error> {
    answers.into_iter().next().expect("a question has an answer")
}

/// The shares of a question: that of its total, and that of its rows, if it asks for any.
type Shares = ((usize, Share), Option<(usize, Share)>);

async fn answered(client: &Client, turns: &Semaphore, asks: &[Ask<'_>], known: &Known) -> Vec<Result<Answer, Error>> {
    let starts = asks.iter().map(|ask| known.persons(ask).and_then(|()| starts(ask)));
    let starts: Vec<Result<Vec<i64>, Error>> = starts.collect();
    let ranges: Vec<Vec<Range>> = asks.iter().map(|ask| read_together(ask, asks)).collect();
    let mut readings: Vec<Reading<'_>> = Vec::new();
    let mut placed: Vec<Result<Shares, Error>> = Vec::with_capacity(asks.len());
    for ((ask, starts), ranges) in asks.iter().zip(&starts).zip(&ranges) {
        placed.push(starts.as_deref().map_err(Error::clone).map(|starts| {
            let grouping = Grouping { by_bucket: ask.grain.is_some(), by: ask.by };
            let want = Want { ask: *ask, grouping, starts, ranges };
            let total = Want { grouping: Grouping::TOTAL, starts: &[], ..want };
            let total = Reading::placed(&mut readings, &total, known);
            (total, (grouping != Grouping::TOTAL).then(|| Reading::placed(&mut readings, &want, known)))
        }));
    }
    let groups = join_all(readings.iter().map(async |reading| {
        let _turn = turns.acquire().await;
        reading.groups(client, known).await
    }))
    .await;
    let cells = |(reading, share): (usize, Share)| -> Result<Option<Vec<Cell>>, Error> {
        let groups: &Vec<Group> = groups[reading].as_ref().map_err(Error::clone)?;
        readings[reading].cells(groups, share)
    };
    let whole = |shares: Shares, ask: &Ask<'_>, starts: &[i64]| -> Result<Option<Answer>, Error> {
        let Some(total) = cells(shares.0)? else { return Ok(None) };
        let rows = match shares.1.map(cells).transpose()? {
            Some(None) => return Ok(None),
            rows => rows.flatten(),
        };
        Ok(Some(ask.answer(total, rows, starts)))
    };
    let mut answers = Vec::with_capacity(asks.len());
    for ((ask, starts), shares) in asks.iter().zip(&starts).zip(placed) {
        let answer = shares.and_then(|shares| whole(shares, ask, starts.as_deref().unwrap_or_default()));
        answers.push(match answer.transpose() {
            Some(answer) => answer,
            // The rows of others left no room for its own: alone it has room.
            None => Box::pin(figure_of(client, ask, known)).await,
        });
    }
    answers
}

/// The ranges of questions about the same things as this one that can be read with its own, which is among them, ascending: they do not
/// overlap, and what lies between them is not longer than they are.
fn read_together(ask: &Ask<'_>, asks: &[Ask<'_>]) -> Vec<Range> {
    if !ask.metric.figure.source.is_told_by_row() {
        return vec![ask.range];
    }
    let source = ask.metric.figure.source;
    let of_same = asks.iter().filter(|other| other.metric.figure.source == source && other.filters == ask.filters);
    let mut all: Vec<Range> = of_same.map(|other| other.range).filter(|range| range.tz == ask.range.tz).collect();
    all.sort_by_key(|range| (range.from_us, range.to_us));
    all.dedup();
    let mut together: Vec<Range> = Vec::new();
    for range in all {
        let length = |range: &Range| range.to_us - range.from_us;
        let gap_us = together.last().map_or(0, |last| range.from_us - last.to_us);
        let read_us: i64 = together.iter().chain([&range]).map(length).sum();
        if (0..=read_us).contains(&gap_us) {
            together.push(range);
        } else if together.contains(&ask.range) {
            break;
        } else {
            together = vec![range];
        }
    }
    together
}

impl Ask<'_> {
    /// Whether both have to know the same beforehand.
    fn is_alike(&self, other: &Ask<'_>) -> bool {
        (self.project, self.environment) == (other.project, other.environment)
            && (self.settings, self.business_hours) == (other.settings, other.business_hours)
    }

    /// The answer by its cells; `starts` are those of the buckets.
    fn answer(&self, total: Vec<Cell>, rows: Option<Vec<Cell>>, starts: &[i64]) -> Answer {
        let rows = rows.map(|rows| if self.by.is_empty() { self.filled(rows, starts) } else { sorted(rows) });
        let total = total.into_iter().next().unwrap_or_else(|| self.nothing(0));
        Answer { total, rows, buckets: starts.iter().copied().zip(ends(starts, &self.range)).collect() }
    }

    /// The warehouse leaves out what has no entities.
    fn nothing(&self, bucket: i64) -> Cell {
        let value = self.metric.figure.zero.then_some(0.0);
        Cell { key_bucket: bucket, key_dims: Vec::new(), value, n: 0, quantiles: Vec::new(), at: None }
    }

    /// A row for every bucket, also where nothing happened.
    fn filled(&self, mut rows: Vec<Cell>, starts: &[i64]) -> Vec<Cell> {
        rows.sort_by_key(|row| row.key_bucket);
        let mut rows = rows.into_iter().peekable();
        starts
            .iter()
            .map(|start| rows.next_if(|row| row.key_bucket == *start).unwrap_or_else(|| self.nothing(*start)))
            .collect()
    }
}

/// By bucket, then by dimensions; numbers by their size.
fn sorted(mut rows: Vec<Cell>) -> Vec<Cell> {
    let key = |dims: &[String]| -> Vec<(u64, String)> {
        dims.iter().map(|dim| (dim.parse().unwrap_or(u64::MAX), dim.clone())).collect()
    };
    rows.sort_by_cached_key(|row| (row.key_bucket, key(&row.key_dims)));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{query::zone, registry::Metric};

    #[test]
    fn rows_are_in_the_order_of_numbers() {
        let cell = |hour: &str| Cell {
            key_bucket: 0,
            key_dims: vec![hour.into()],
            value: None,
            n: 1,
            quantiles: vec![],
            at: None,
        };
        let hours: Vec<String> =
            sorted(vec![cell("10"), cell("unknown"), cell("9")]).into_iter().map(|c| c.key_dims[0].clone()).collect();
        assert_eq!(hours, ["9", "10", "unknown"]);
    }

    /// The first days of the ranges that are read with the first one.
    fn together(metric: &str, ranges: &[(&str, &str)]) -> Vec<String> {
        let settings = rollup::Settings::default();
        let asks = ranges.iter().map(|(from, to)| Ask {
            metric: Metric::by_id(metric).unwrap(),
            project: "p",
            environment: "production",
            range: Range::parse(from, to, zone("Europe/Madrid").unwrap()).unwrap(),
            grain: None,
            by: &[],
            filters: &[],
            settings: &settings,
            business_hours: false,
            conversations: false,
        });
        let asks: Vec<Ask<'_>> = asks.collect();
        read_together(&asks[0], &asks).iter().map(|range| range.local(range.from_us)[..10].to_owned()).collect()
    }

    #[test]
    fn ranges_are_read_together_unless_they_overlap_or_too_much_lies_between_them() {
        let week = ("2026-03-23", "2026-03-30");
        let before = ("2026-03-16", "2026-03-22");
        assert_eq!(together("escalation_rate", &[week, before]), ["2026-03-16", "2026-03-23"]);
        assert_eq!(together("escalation_rate", &[week, ("2026-03-16", "2026-03-24")]), ["2026-03-23"]);
        assert_eq!(together("escalation_rate", &[week, ("2025-03-24", "2025-03-31")]), ["2026-03-23"]);
        // Counters have whole quarters of one range alone, and rare ways are rare in their range.
        assert_eq!(together("messages_total", &[week, before]), ["2026-03-23"]);
        assert_eq!(together("start_flows", &[week, before]), ["2026-03-23"]);
    }
}
