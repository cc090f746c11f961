//! An answer in its shape: table, lines, bars or heatmap.

use api::Told;
use maud::{Markup, html};
use warehouse::registry::{Metric, Unit};

use super::{
    Question,
    choice::{Choice, Shape},
};
use crate::{
    desk::{Figure, Row},
    panel::{filtered_link, state, states, week},
    words::capitalised,
};

/// Most rows of a table or bars; a file has all.
const ROWS_MAX: usize = 200;
/// Most values that are drawn as lines, the greatest.
const LINES_MAX: usize = 4;

/// What was asked for, drawn, with its figure.
pub(super) struct Shown {
    pub(super) figure: Figure,
    pub(super) body: Markup,
    pub(super) note: String,
}

/// Asks and draws.
pub(super) async fn shown(question: Question<'_>, metric: &'static Metric) -> Result<Shown, Told> {
    let Choice { shape, by, .. } = question.choice;
    if *shape == Shape::Line && !by.is_empty() {
        return lines(question, metric).await;
    }
    let (figure, earlier) = if *shape == Shape::Line {
        let (figure, earlier) = tokio::try_join!(question.answer(), question.before(metric))?;
        (figure, earlier)
    } else {
        (question.answer().await?, None)
    };
    if figure.total.n == 0 {
        let empty = states::empty(question.room, metric).await?;
        return Ok(Shown { figure, body: empty.body, note: String::new() });
    }
    let (body, note) = match shape {
        Shape::Heatmap => (week(question.room, &figure, metric.unit.name()), String::new()),
        Shape::Line => {
            let series = [Series { title: "", rows: figure.rows.iter().collect() }];
            (drawing(question, metric, (&figure, earlier.as_ref()), &series), String::new())
        }
        Shape::Bar if by.is_empty() => {
            let series = [Series { title: "", rows: figure.rows.iter().collect() }];
            (drawing(question, metric, (&figure, None), &series), String::new())
        }
        Shape::Bar | Shape::Table => table(question, metric, &figure),
    };
    Ok(Shown { figure, body, note })
}

/// Values by time of one series.
struct Series<'a> {
    title: &'a str,
    /// Its rows by bucket; a bucket may have none.
    rows: Vec<&'a Row>,
}

/// A band for each of the greatest values of a dimension.
async fn lines(question: Question<'_>, metric: &'static Metric) -> Result<Shown, Told> {
    let (whole, split, parts) = tokio::try_join!(question.whole(), question.answer(), question.parts())?;
    if whole.total.n == 0 {
        let empty = states::empty(question.room, metric).await?;
        return Ok(Shown { figure: whole, body: empty.body, note: String::new() });
    }
    let mut greatest: Vec<&Row> = parts.rows.iter().collect();
    greatest.sort_by(|a, b| b.cell.value.unwrap_or(-1.0).total_cmp(&a.cell.value.unwrap_or(-1.0)));
    let cut = greatest.len().saturating_sub(LINES_MAX);
    greatest.truncate(LINES_MAX);
    let titles: Vec<String> = greatest.iter().map(|row| names(question, row)).collect();
    let series: Vec<Series<'_>> = greatest
        .iter()
        .zip(&titles)
        .map(|(part, title)| Series { title, rows: split.rows.iter().filter(|row| row.dims == part.dims).collect() })
        .collect();
    let note = match cut {
        0 => String::new(),
        cut => question.room.words.greatest_lines(LINES_MAX, cut),
    };
    let body = drawing(question, metric, (&whole, None), &series);
    Ok(Shown { figure: whole, body, note })
}

/// Bands by time: the buckets are those of `whole`.
fn drawing(
    question: Question<'_>,
    metric: &'static Metric,
    (whole, earlier): (&Figure, Option<&Figure>),
    series: &[Series<'_>],
) -> Markup {
    let (room, writer) = (question.room, question.room.writer());
    let nothing = metric.figure.zero.then_some(0.0);
    let points: Vec<Vec<chart::Point>> = series
        .iter()
        .map(|series| {
            let value = |bucket: &Row| {
                let own = series.rows.iter().find(|row| row.bucket == bucket.bucket);
                own.map_or(nothing, |row| row.cell.value)
            };
            whole.rows.iter().map(|bucket| chart::Point { value: value(bucket), state: bucket.state }).collect()
        })
        .collect();
    let before: Vec<Option<f64>> =
        earlier.map(|earlier| earlier.rows.iter().map(|row| row.cell.value).collect()).unwrap_or_default();
    let starts: Vec<_> = whole.rows.iter().filter_map(|row| row.bucket).collect();
    let slots = chart::slots(&starts, room.desk.project.settings.week_start, room.words.0);
    let write = |value: f64| writer.tick(metric.unit, value);
    let kind = match question.choice.shape {
        Shape::Bar => chart::Kind::Bars,
        _ if metric.figure.zero => chart::Kind::Area,
        _ => chart::Kind::Line,
    };
    let bands: Vec<chart::Band<'_>> = series
        .iter()
        .zip(&points)
        .map(|(series, points)| chart::Band {
            title: series.title,
            kind,
            points,
            before: &before,
            height: if series.title.is_empty() { 220.0 } else { 96.0 },
            is_whole: matches!(metric.unit, Unit::Count(_)),
            is_time: metric.unit == Unit::Seconds,
            locale: room.words.0,
            write: &write,
            end: "",
            before_end: if earlier.is_some() { room.words.before_end() } else { "" },
        })
        .collect();
    let summary =
        room.words.metric_by_time_is(room.words.metric_name(metric), writer.maybe(metric.unit, whole.total.value));
    let data = chart::Chart { bands: &bands, slots: &slots, markers: &[], summary: &summary };
    html! { div .gut .right { (chart::chart(&data)) } }
}

/// The values of a row's dimensions as people call them.
fn names(question: Question<'_>, row: &Row) -> String {
    let by = question.choice.by.iter().zip(&row.dims);
    by.map(|(by, value)| question.room.words.named(by, value)).collect::<Vec<_>>().join(", ")
}

/// Rows as a table, the greatest first unless they are by time; with bars where that is the shape.
fn table(question: Question<'_>, metric: &'static Metric, figure: &Figure) -> (Markup, String) {
    let (room, by) = (question.room, &question.choice.by);
    let mut rows: Vec<&Row> = figure.rows.iter().collect();
    let is_by_time = rows.iter().any(|row| row.bucket.is_some());
    if !is_by_time {
        rows.sort_by(|a, b| b.cell.value.unwrap_or(-1.0).total_cmp(&a.cell.value.unwrap_or(-1.0)));
    }
    let note = match rows.len() {
        all if all > ROWS_MAX => room.words.first_rows(ROWS_MAX, all),
        _ => String::new(),
    };
    let most = rows.iter().filter_map(|row| row.cell.value).fold(0.0, f64::max);
    rows.truncate(ROWS_MAX);
    let mut starts: Vec<_> = rows.iter().filter_map(|row| row.bucket).collect();
    starts.sort_unstable();
    starts.dedup();
    let slots = chart::slots(&starts, room.desk.project.settings.week_start, room.words.0);
    let time = |row: &Row| {
        let at = row.bucket.and_then(|bucket| starts.binary_search(&bucket).ok());
        at.and_then(|at| slots.get(at)).map_or("", |slot| slot.name.as_str())
    };
    let has_bars = question.choice.shape == Shape::Bar;
    let quantiles = metric.figure.quantiles_of.is_some() && !has_bars;
    let writer = room.writer();
    let body = html! {
        div .tw tabindex="0" { table .t .c[has_bars] {
            thead { tr {
                @if is_by_time { th scope="col" { (room.words.time()) } }
                @for by in by { th scope="col" { (room.words.dimension_of(by)) } }
                @if has_bars { th scope="col" .barcol aria-hidden="true" {} }
                th scope="col" .num { (room.words.metric_name(metric)) }
                @if quantiles { th scope="col" .num { "p50" } th scope="col" .num { "p90" } th scope="col" .num { "p95" } }
                @if !has_bars { th scope="col" .num { (capitalised(room.words.unit_of("cases"))) } }
            } }
            tbody { @for row in &rows { tr {
                @if is_by_time { th scope="row" { (time(row)) @if let Some(tag) = state(row.state, room.words) { " " span .tag { (tag) } } } }
                @for (by, value) in by.iter().zip(&row.dims) {
                    th scope="row" {
                        @let name = room.words.named(by, value);
                        @match filtered_link(room, by, value) { Some(link) => a .plain href=(link) title=(room.words.keep_to(&name)) { (name) }, None => (name) }
                    }
                }
                @if has_bars { td .barcol { (chart::bar(row.cell.value.unwrap_or_default() / most, "b1")) } }
                td .num { (writer.maybe(metric.unit, row.cell.value)) }
                @if quantiles { @for value in [row.cell.p50, row.cell.p90, row.cell.p95] { td .num { (writer.maybe(metric.unit, value)) } } }
                @if !has_bars { td .num .mut { (row.cell.n) } }
            } } }
        } }
    };
    (body, note)
}
