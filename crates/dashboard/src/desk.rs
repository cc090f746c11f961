//! Asking the API for the figures of a page, and its answers as types. Nothing here works out a figure.

use std::{pin::Pin, sync::Arc, task::Poll};

use api::{Error, Parameters, QUESTIONS_MAX, Questions, Told};
use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};
use control::{Grant, Project};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::Value;
use tokio::sync::Semaphore;
use warehouse::{
    query::{Comparison, Grain, Range},
    registry::{Dimension, Metric},
};

use crate::{
    answers::{Answers, Wanted},
    view::{Compare, View},
};

/// All time, as far as a preset reaches.
const MANY_DAYS: &str = "3660d";

/// Pages whose questions are answered at once: a quarter of the API's turns, of which each batch has several statements.
const AT_ONCE: usize = 4;

/// The turns of all pages.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Turns {
        Turns::of(AT_ONCE)
    }
}

impl Turns {
    /// So many at once.
    pub(crate) fn of(at_once: usize) -> Turns {
        Turns(Arc::new(Semaphore::new(at_once)))
    }
}

/// Somebody's place at the API: who asks, about which project, in which state.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) questions: Questions,
    pub(crate) reader: Grant,
    pub(crate) project: Arc<Project>,
    pub(crate) view: View,
    /// The range of the state.
    pub(crate) range: Range,
    /// What it is compared with.
    pub(crate) before: Option<Range>,
    pub(crate) now: DateTime<Utc>,
    turns: Turns,
    answers: Answers,
}

/// A value with what belongs to it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Cell {
    pub(crate) value: Option<f64>,
    pub(crate) n: u64,
    pub(crate) p50: Option<f64>,
    pub(crate) p90: Option<f64>,
    pub(crate) p95: Option<f64>,
    /// Of a peak: when.
    pub(crate) at: Option<DateTime<FixedOffset>>,
}

/// A row of a figure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Local start of its bucket, if rows are by time.
    pub(crate) bucket: Option<NaiveDateTime>,
    /// Values of the dimensions, in the order asked for.
    pub(crate) dims: Vec<String>,
    pub(crate) cell: Cell,
    pub(crate) state: chart::State,
}

/// A figure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    pub(crate) total: Cell,
    pub(crate) rows: Vec<Row>,
    /// Up to when it is complete.
    pub(crate) fresh_to: Option<DateTime<FixedOffset>>,
}

/// What is asked of a metric.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) metric: &'static Metric,
    /// Size of buckets; None for none.
    pub(crate) grain: Option<&'a str>,
    /// Dimensions.
    pub(crate) by: &'a [&'a str],
}

impl<'a> Wish<'a> {
    /// The total alone.
    pub(crate) fn of(metric: &'static Metric) -> Wish<'a> {
        Wish { metric, grain: None, by: &[] }
    }
}

impl Desk {
    /// Fails where the range of the state lies outside the calendar.
    pub(crate) fn new(
        (questions, turns, reader): (Questions, Turns, Grant),
        project: Arc<Project>,
        view: View,
        now: DateTime<Utc>,
    ) -> Result<Desk, Error> {
        let (tz, week_start) = (view.tz.unwrap_or(project.timezone), project.settings.week_start);
        let range = Range::preset_of_week(&view.range.to_string(), tz, now, week_start)?;
        let with = match view.compare {
            Compare::Previous => Some(Comparison::Previous),
            Compare::Year => Some(Comparison::YearBefore),
            Compare::Off => None,
        };
        let before = with.and_then(|with| range.compared(with, now.timestamp_micros()));
        Ok(Desk { questions, reader, project, view, range, before, now, turns, answers: Answers::default() })
    }

    /// The figure of the range.
    pub(crate) async fn figure(&self, wish: Wish<'_>) -> Result<Figure, Told> {
        self.ask(wish, vec![pair("r", self.view.range.to_string())]).await
    }

    /// The same of the range that it is compared with; None without one.
    pub(crate) async fn earlier(&self, wish: Wish<'_>) -> Result<Option<Figure>, Told> {
        let Some(range) = self.before else { return Ok(None) };
        self.ask(wish, days(&range)).await.map(Some)
    }

    /// The figure of all time by months, whatever the state is kept to.
    pub(crate) async fn ever(&self, metric: &'static Metric) -> Result<Figure, Told> {
        let mut parameters = vec![pair("metric", metric.id), pair("r", MANY_DAYS), pair("g", "month")];
        parameters.extend(self.place());
        self.answered(parameters, &[]).await
    }

    /// The parameters of a wish as the API takes them: what `copy as API` shows.
    pub(crate) fn parameters(&self, wish: Wish<'_>) -> Parameters {
        let mut parameters = vec![pair("metric", wish.metric.id)];
        if let Some(grain) = wish.grain {
            parameters.push(pair("g", grain));
        }
        if !wish.by.is_empty() {
            parameters.push(pair("by", wish.by.join(",")));
        }
        parameters.extend(self.filters(wish.metric));
        parameters.extend(self.place());
        parameters
    }

    async fn ask(&self, wish: Wish<'_>, range: Parameters) -> Result<Figure, Told> {
        let mut parameters = self.parameters(wish);
        parameters.extend(range);
        self.answered(parameters, wish.by).await
    }

    /// The answer to parameters as they are: what is wrong with them is the API's to say.
    pub(crate) async fn answered(&self, parameters: Parameters, by: &[&str]) -> Result<Figure, Told> {
        self.answers.of(parameters, by).await
    }

    /// Runs what asks for figures: whenever it waits, all that it asked for since is asked of the API together. Figures come only to what
    /// runs in here.
    pub(crate) async fn gathering<T>(&self, mut asking: Pin<Box<impl Future<Output = T>>>) -> T {
        let mut batches = FuturesUnordered::new();
        std::future::poll_fn(|cx| {
            loop {
                if let Poll::Ready(done) = asking.as_mut().poll(cx) {
                    return Poll::Ready(done);
                }
                let wanted = self.answers.wanted();
                if !wanted.is_empty() {
                    batches.push(self.answer(wanted));
                }
                if !matches!(batches.poll_next_unpin(cx), Poll::Ready(Some(()))) {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    /// Has questions answered.
    async fn answer(&self, mut wanted: Vec<Wanted>) {
        while !wanted.is_empty() {
            let rest = wanted.split_off(wanted.len().min(QUESTIONS_MAX));
            let _turn = self.turns.0.acquire().await;
            let questions = wanted.iter().map(|wanted| wanted.parameters.clone()).collect();
            match self.questions.queries(&self.reader, questions).await {
                Ok(answers) => wanted.into_iter().zip(answers).for_each(|(wanted, answer)| {
                    let answer = answer.map_err(|error| error.told());
                    let by: Vec<&str> = wanted.by.iter().map(String::as_str).collect();
                    wanted.answer.send_replace(Some(answer.map(|answer| figure(&answer["results"][0], &by))));
                }),
                Err(error) => {
                    let told = error.told();
                    wanted.into_iter().for_each(|wanted| drop(wanted.answer.send_replace(Some(Err(told.clone())))));
                }
            }
            wanted = rest;
        }
    }

    /// The size of buckets that the state asks for; what a chart can show where it leaves the choice.
    pub(crate) fn grain(&self) -> &'static str {
        match Grain::parse(self.view.grain, &self.range) {
            Some(Grain::Minute) => "minute",
            Some(Grain::Hour) => "hour",
            Some(Grain::Week) => "week",
            Some(Grain::Month) => "month",
            Some(Grain::Day) | None => "day",
        }
    }

    /// The filters of the state that a metric has.
    pub(crate) fn filters(&self, metric: &'static Metric) -> impl Iterator<Item = (String, String)> {
        let has = move |name: &str| metric.dimensions().map(Dimension::name).any(|known| known == name);
        let kept = self.view.filters.iter().filter(move |filter| has(filter.dimension));
        kept.map(|filter| pair("f", filter.to_string()))
    }

    /// Whether a metric has every dimension that the state is kept to.
    pub(crate) fn is_kept(&self, metric: &'static Metric) -> bool {
        self.filters(metric).count() == self.view.filters.len()
    }

    /// Environment and zone.
    pub(crate) fn place(&self) -> Parameters {
        let mut place = vec![pair("env", self.view.environment.clone())];
        if let Some(tz) = self.view.tz {
            place.push(pair("tz", tz.name()));
        }
        place
    }
}

pub(crate) fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

/// A range as parameters.
fn days(range: &Range) -> Parameters {
    vec![pair("from", range.local(range.from_us)), pair("to", range.local(range.to_us))]
}

/// A figure of an answer.
pub(crate) fn figure(result: &Value, by: &[&str]) -> Figure {
    let rows = result["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    Figure {
        total: cell(&result["total"]),
        rows: rows.iter().map(|value| row(value, by)).collect(),
        fresh_to: instant(&result["fresh_to"]),
    }
}

fn row(value: &Value, by: &[&str]) -> Row {
    Row {
        bucket: instant(&value["bucket"]).map(|start| start.naive_local()),
        dims: by.iter().map(|name| value["dims"][*name].as_str().unwrap_or_default().to_owned()).collect(),
        cell: cell(value),
        state: match value["state"].as_str() {
            Some("maturing") => chart::State::Maturing,
            Some("partial") => chart::State::Partial,
            _ => chart::State::Final,
        },
    }
}

fn cell(value: &Value) -> Cell {
    let number = |name: &str| value[name].as_f64();
    Cell {
        value: number("value"),
        n: value["n"].as_u64().unwrap_or_default(),
        p50: number("p50"),
        p90: number("p90"),
        p95: number("p95"),
        at: instant(&value["at"]),
    }
}

/// An instant as answers say it.
pub(crate) fn instant(value: &Value) -> Option<DateTime<FixedOffset>> {
    value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok())
}
