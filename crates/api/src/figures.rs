//! `GET /api/v1/query` and `GET /api/v1/metrics`.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use serde_json::{Map, Value, json};
use warehouse::{
    query::{Answer, Ask, Cell, Range, State as BucketState, local_rfc3339},
    registry::{METRICS, Metric, Unit},
};

use crate::{
    Error, access,
    asked::{Asked, Pairs, Reach, Reached, counted, fresh_to, turn},
    delta,
    params::{QUERY, Question},
    router::App,
};

/// Greatest count that JSON carries exactly.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// `GET /api/v1/query`.
pub(crate) async fn query(State(app): State<Arc<App>>, headers: HeaderMap, pairs: Pairs) -> Result<Json<Value>, Error> {
    counted("query", answer(&app, Asked::read(&app, &headers, pairs, QUERY))).await.map(Json)
}

async fn answer(app: &App, asked: Result<Asked, Error>) -> Result<Value, Error> {
    answers(app, vec![asked]).await?.pop().unwrap_or(Err(Error::Overloaded))
}

/// The answers to questions of one key in their order: the warehouse is asked for their figures together, once they reach what the
/// questions ask for.
///
/// # Errors
/// What stands in the way of all of them.
pub(crate) async fn answers(app: &App, asked: Vec<Result<Asked, Error>>) -> Result<Vec<Result<Value, Error>>, Error> {
    let understood = |asked: Result<Asked, Error>| {
        let asked = asked?;
        let question = Question::read(&asked.sent, &asked.project, asked.now)?;
        Ok((asked, question))
    };
    let questions: Vec<Result<(Asked, Question), Error>> = asked.into_iter().map(understood).collect();
    let readable = || questions.iter().filter_map(|question| question.as_ref().ok());
    let Some((first, _)) = readable().next() else {
        return Ok(questions.into_iter().map(|question| question.map(|_| Value::Null)).collect());
    };
    let positions: Vec<String> = readable().flat_map(|(_, question)| question.positions.iter().cloned()).collect();
    let reach = Reach::of(app, first, &positions).await?;
    let _turn = turn(app).await?;
    let asks: Vec<Ask<'_>> = readable().flat_map(|(asked, question)| asks_of(asked, question)).collect();
    let reached = reach.reached(app, asks.iter().any(Ask::derived)).await?;
    let mut figures = warehouse::query::figures(&app.deps.warehouse, &asks).await.into_iter();
    let answers = questions.iter().map(|question| match question {
        // All of its figures are taken, also those after one that failed: the next question's follow.
        Ok((asked, question)) => {
            let asks: Vec<Ask<'_>> = asks_of(asked, question).collect();
            let figures: Vec<_> = figures.by_ref().take(asks.len()).collect();
            results(question, &asks, figures, &reached)
        }
        Err(_) => Ok(Value::Null),
    });
    let answers: Vec<Result<Value, Error>> = answers.collect();
    Ok(questions.into_iter().zip(answers).map(|(question, answer)| question.and(answer)).collect())
}

/// What is asked of the warehouse for a question: each of its metrics, with what that is compared with.
fn asks_of<'a>(asked: &'a Asked, question: &'a Question) -> impl Iterator<Item = Ask<'a>> {
    let now_us = asked.now.timestamp_micros();
    question.metrics.iter().flat_map(move |metric| {
        let ask = question.ask(metric, &asked.project, false);
        let before = question.compared_with.and_then(|with| delta::before(&ask, with, now_us));
        std::iter::once(ask).chain(before)
    })
}

/// An answer by its figures, which are in the order of `asks`.
fn results(
    question: &Question,
    asks: &[Ask<'_>],
    figures: Vec<Result<Answer, warehouse::query::Error>>,
    reached: &Reached<'_>,
) -> Result<Value, Error> {
    let figures = figures.into_iter().collect::<Result<Vec<_>, _>>()?;
    let of_each = if asks.len() > question.metrics.len() { 2 } else { 1 };
    let results = asks.chunks(of_each).zip(figures.chunks(of_each)).map(|(asks, figures)| {
        let mut result = result(&asks[0], &figures[0], reached.fresh_ms(asks[0].derived()));
        if question.compared_with.is_some() {
            let before = asks.get(1).zip(figures.get(1));
            result["comparison"] = before.map(|(ask, before)| delta::compared(ask, before, &figures[0])).into();
        }
        result
    });
    Ok(json!({ "results": results.collect::<Vec<_>>() }))
}

/// A range as answers say it.
pub(crate) fn told(range: &Range) -> Value {
    json!({"from": range.local(range.from_us), "to": range.local(range.to_us), "tz": range.tz.name()})
}

/// A figure with its rows.
pub(crate) fn result(ask: &Ask<'_>, answer: &Answer, fresh_ms: i64) -> Value {
    let Ask { metric, range, .. } = ask;
    let mut notes = Vec::new();
    if range.to_us > fresh_ms * 1_000 {
        notes.push("the range is not over, or not all of it is in yet");
    }
    let mut result = json!({
        "metric": metric.id,
        "version": metric.version,
        "unit": metric.unit.name(),
        "class": metric.class.name(),
        "range": told(range),
        "total": cell(ask, &answer.total),
        "fresh_to": fresh_to(fresh_ms),
        "notes": notes,
    });
    if metric.unit == Unit::Money {
        result["currency"] = ask.settings.currency.as_str().into();
    }
    if ask.business_hours {
        result["hours"] = "business".into();
    }
    if let Some(rows) = &answer.rows {
        result["rows"] = rows.iter().map(|row| self::row(ask, answer, row, fresh_ms)).collect();
    }
    result
}

fn row(ask: &Ask<'_>, answer: &Answer, row: &Cell, fresh_ms: i64) -> Value {
    let mut value = cell(ask, row);
    let mut end_us = ask.range.to_us;
    if ask.grain.is_some() {
        value.insert("bucket".into(), ask.range.local(row.key_bucket).into());
        if let Ok(i) = answer.buckets.binary_search_by_key(&row.key_bucket, |(start, _)| *start) {
            end_us = answer.buckets[i].1;
        }
    }
    let dims = ask.by.iter().zip(&row.key_dims).map(|(d, v)| (d.asked().into_owned(), Value::from(v.as_str())));
    value.insert("dims".into(), dims.collect::<Map<_, _>>().into());
    value.insert("state".into(), BucketState::of(ask.metric, end_us, fresh_ms * 1_000).name().into());
    value.into()
}

pub(crate) fn cell(ask: &Ask<'_>, cell: &Cell) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("value".into(), number(cell.value));
    out.insert("n".into(), cell.n.into());
    let figure = &ask.metric.figure;
    if figure.quantiles_of.is_some() {
        for (i, name) in ["p50", "p90", "p95"].into_iter().enumerate() {
            out.insert(name.into(), number(cell.quantiles.get(i).copied()));
        }
    }
    if figure.at.is_some() {
        out.insert("at".into(), cell.at.map(|us| local_rfc3339(us, ask.range.tz)).into());
    }
    out
}

/// A whole number without a decimal point; what is none as null.
pub(crate) fn number(value: Option<f64>) -> Value {
    match value {
        #[allow(clippy::cast_possible_truncation, reason = "whole and within the exact range")]
        Some(v) if v.fract() == 0.0 && v.abs() < EXACT_MAX => Value::from(v as i64),
        Some(v) => Value::from(v),
        None => Value::Null,
    }
}

/// `GET /api/v1/metrics`: the registry.
pub(crate) async fn registry(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Error> {
    access::may_read(&access::authenticate(&app.deps, &headers)?)?;
    Ok(Json(json!({ "metrics": METRICS.iter().map(declaration).collect::<Vec<_>>() })))
}

/// A metric's declaration as clients see it.
pub fn declaration(metric: &Metric) -> Value {
    json!({
        "id": metric.id,
        "version": metric.version,
        "name": metric.name,
        "unit": metric.unit.name(),
        "polarity": metric.polarity.name(),
        "formula": metric.formula,
        "attribution": metric.attribution.name(),
        "class": metric.class.name(),
        "additive": metric.class.name() == "A",
        "dimensions": metric.dimension_names().collect::<Vec<_>>(),
        "matures_hours": metric.matures_h,
        "business_hours": metric.figure.timed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use warehouse::query::{Grain, zone};

    fn answered(id: &str, grain: Option<Grain>, total: Cell, rows: Option<Vec<Cell>>) -> Value {
        let range = Range::parse("2026-03-28", "2026-03-30", zone("Europe/Madrid").unwrap()).unwrap();
        let starts = warehouse::query::boundaries(&range, Grain::Day).unwrap();
        let ask = Ask {
            metric: Metric::by_id(id).unwrap(),
            project: "p",
            environment: "production",
            range,
            grain,
            by: &[],
            filters: &[],
            settings: &rollup::Settings::default(),
            business_hours: false,
            conversations: false,
        };
        let buckets = vec![(starts[0], starts[1]), (starts[1], range.to_us)];
        let rows = rows
            .map(|rows| rows.into_iter().zip(&starts).map(|(row, start)| Cell { key_bucket: *start, ..row }).collect());
        let fresh_ms = DateTime::parse_from_rfc3339("2026-03-29T12:00:00Z").unwrap().timestamp_millis();
        result(&ask, &Answer { total, rows, buckets }, fresh_ms)
    }

    fn plain(value: Option<f64>, n: u64) -> Cell {
        Cell { key_bucket: 0, key_dims: vec![], value, n, quantiles: vec![], at: None }
    }

    #[test]
    fn a_total_alone_has_no_rows_and_echoes_the_range_in_local_time() {
        let got = answered("messages_total", None, plain(Some(19.0), 19), None);
        assert_eq!(got["total"], json!({"value": 19, "n": 19}));
        assert_eq!(got["range"]["from"], "2026-03-28T00:00:00+01:00");
        assert_eq!(got["range"]["to"], "2026-03-30T00:00:00+02:00");
        assert_eq!(got["fresh_to"], "2026-03-29T12:00:00.000Z");
        assert!(got.get("rows").is_none());
        assert_eq!(got["notes"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn rows_say_their_bucket_and_whether_it_can_still_change() {
        let rows = vec![plain(Some(1.0), 1), plain(Some(2.0), 2)];
        let got = answered("messages_total", Some(Grain::Day), plain(Some(3.0), 3), Some(rows));
        assert_eq!(
            got["rows"][0],
            json!({"bucket": "2026-03-28T00:00:00+01:00", "dims": {}, "value": 1, "n": 1, "state": "final"})
        );
        assert_eq!(got["rows"][1]["state"], "partial");
        let rows = vec![plain(Some(0.5), 2), plain(None, 0)];
        let cohort = answered("escalation_rate", Some(Grain::Day), plain(Some(0.5), 2), Some(rows));
        assert_eq!(cohort["rows"][0]["state"], "maturing");
        assert_eq!(cohort["rows"][1]["value"], Value::Null);
    }

    #[test]
    fn a_mean_carries_percentiles_and_a_peak_its_minute() {
        let mean = Cell { quantiles: vec![1.0, 2.5, 3.0], ..plain(Some(1.5), 4) };
        let got = answered("bot_response_time", None, mean, None);
        assert_eq!(got["total"], json!({"value": 1.5, "n": 4, "p50": 1, "p90": 2.5, "p95": 3}));
        let none = answered("bot_response_time", None, plain(None, 0), None);
        assert_eq!(none["total"], json!({"value": null, "n": 0, "p50": null, "p90": null, "p95": null}));
        let at = DateTime::parse_from_rfc3339("2026-03-29T01:00:00Z").unwrap().timestamp_micros();
        let peak = answered("peak_rpm", None, Cell { at: Some(at), ..plain(Some(4.0), 9) }, None);
        assert_eq!(peak["total"], json!({"value": 4, "n": 9, "at": "2026-03-29T03:00:00+02:00"}));
    }
}
