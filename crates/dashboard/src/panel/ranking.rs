//! A metric by a dimension: the greatest first, Other and Unknown last.

use api::Told;
use futures_util::future::try_join_all;
use maud::{Markup, html};
use warehouse::registry::{Class, Metric, Unit};

use super::{Drawn, Room, filtered_link, metric, states};
use crate::{
    desk::{Figure, Row, Wish},
    pages::Ranking,
    words::{Words, capitalised},
};

/// Fewer cases than this are grey: their mean or share says little.
const FEW: u64 = 20;
/// Rows of a list of countries.
const COUNTRIES: usize = 8;

pub(super) async fn drawn(room: Room<'_>, ranking: &'static Ranking) -> Result<Drawn, Told> {
    let main = metric(ranking.metric);
    let by = [ranking.by];
    let wish = Wish { by: &by, ..Wish::of(main) };
    let more = try_join_all(ranking.more.iter().map(|id| async move {
        // A column whose metric does not have the dimension would have nothing to show; pages name none.
        room.desk.figure(Wish { by: &[ranking.by], ..Wish::of(metric(id)) }).await
    }));
    let (figure, earlier, more) = tokio::try_join!(room.desk.figure(wish), room.desk.earlier(wish), more)?;
    if figure.total.n == 0 {
        return states::empty(room, main).await;
    }
    let more: Vec<(&'static Metric, Figure)> = ranking.more.iter().map(|id| metric(id)).zip(more).collect();
    let list = List { metric: main, by: ranking.by, class: ranking.class, rows: ranking.rows, more: &more };
    Ok(Drawn::of(table(room, &list, &figure, earlier.as_ref()), &figure))
}

/// Countries with a map.
pub(super) async fn countries(room: Room<'_>, id: &'static str) -> Result<Drawn, Told> {
    let main = metric(id);
    let wish = Wish { by: &["country"], ..Wish::of(main) };
    let (figure, earlier) = tokio::try_join!(room.desk.figure(wish), room.desk.earlier(wish))?;
    if figure.total.n == 0 {
        return states::empty(room, main).await;
    }
    let circles = figure.rows.iter().filter_map(|row| {
        let found = chart::territory(row.dims.first()?)?;
        let value = row.cell.value?;
        let title = format!("{}: {}", found.name(room.words.0), room.words.count(value));
        Some(chart::Circle { longitude: found.longitude, latitude: found.latitude, value, title })
    });
    let circles: Vec<_> = circles.collect();
    let list = List { metric: main, by: "country", class: "b1", rows: COUNTRIES, more: &[] };
    let summary = room.words.map_of(circles.len() as u64);
    let body = html! {
        (chart::map(&circles, &summary))
        (table(room, &list, &figure, earlier.as_ref()))
    };
    let sum: f64 = figure.rows.iter().filter_map(|row| row.cell.value).sum();
    let total = figure.total.value.unwrap_or_default();
    let twice = sum - total;
    let note = if twice > 0.5 {
        let count = |value| room.words.count(value);
        room.words.rows_sum_to(count(sum), count(total), count(twice))
    } else {
        String::new()
    };
    Ok(Drawn { note, ..Drawn::of(body, &figure) })
}

/// A list as it is drawn.
struct List<'a> {
    metric: &'static Metric,
    by: &'static str,
    class: &'static str,
    rows: usize,
    more: &'a [(&'static Metric, Figure)],
}

impl List<'_> {
    /// Whether rows are shares of the total.
    fn has_shares(&self) -> bool {
        matches!(self.metric.class, Class::A | Class::S | Class::U | Class::C) && self.metric.figure.zero
    }
}

/// The rows in the order of their values, those that are no names of things apart.
fn ordered(rows: &[Row]) -> (Vec<&Row>, Vec<&Row>) {
    let is_rest = |row: &&Row| {
        row.dims.first().is_none_or(|dim| matches!(dim.as_str(), "unknown" | "unspecified" | "Other" | ""))
    };
    let (rest, mut named): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(is_rest);
    named.sort_by(|a, b| b.cell.value.unwrap_or(-1.0).total_cmp(&a.cell.value.unwrap_or(-1.0)));
    (named, rest)
}

fn table(room: Room<'_>, list: &List<'_>, figure: &Figure, earlier: Option<&Figure>) -> Markup {
    let (named, rest) = ordered(&figure.rows);
    let cut = named.len().saturating_sub(list.rows);
    let (shown, hidden) = named.split_at(named.len() - cut);
    let most = figure.rows.iter().filter_map(|row| row.cell.value).fold(0.0, f64::max);
    let total = figure.total.value.filter(|_| list.has_shares());
    let is_wide = list.more.is_empty();
    html! {
        div .tw tabindex="0" {
            table .t .c {
                thead { tr {
                    th scope="col" { (room.words.dimension_of(list.by)) }
                    th scope="col" .barcol aria-hidden="true" {}
                    th scope="col" .num aria-sort="descending" { (unit_head(list.metric, room.words)) }
                    @if total.is_some() && is_wide { th scope="col" .num .hide-s { (room.words.share()) } }
                    @if earlier.is_some() && is_wide { th scope="col" .num { (room.words.change()) } }
                    @for (metric, _) in list.more { th scope="col" .num { (room.words.metric_name(metric)) } }
                } }
                tbody {
                    @for row in shown { (self::row(room, list, row, (most, total, earlier))) }
                    @if !hidden.is_empty() && list.has_shares() {
                        @let sum: f64 = hidden.iter().filter_map(|row| row.cell.value).sum();
                        tr .oth {
                            th scope="row" { (room.words.others(hidden.len())) }
                            td .barcol { (chart::bar(sum / most, "b8")) }
                            td .num { (room.writer().value(list.metric.unit, sum)) }
                            @if let Some(total) = total.filter(|_| is_wide) { td .num .hide-s { (room.words.percent(sum / total, 1)) } }
                            @if earlier.is_some() && is_wide { td .num {} }
                            @for _ in list.more { td .num {} }
                        }
                    }
                    @for row in &rest { (self::row(room, list, row, (most, total, earlier))) }
                }
            }
        }
    }
}

fn row(
    room: Room<'_>,
    list: &List<'_>,
    row: &Row,
    (most, total, earlier): (f64, Option<f64>, Option<&Figure>),
) -> Markup {
    let writer = room.writer();
    let dim = row.dims.first().map(String::as_str).unwrap_or_default();
    let name = room.words.named(list.by, dim);
    let is_rest = matches!(dim, "unknown" | "unspecified" | "Other" | "");
    let value = row.cell.value;
    let is_wide = list.more.is_empty();
    let before =
        |figure: &Figure| figure.rows.iter().find(|other| other.dims == row.dims).map(|other| other.cell.clone());
    html! {
        tr .oth[is_rest] {
            th scope="row" {
                @if let Some(link) = filtered_link(room, list.by, dim) { a .plain href=(link) title=(room.words.keep_to(&name)) { (name) } } @else { (name) }
            }
            td .barcol { (chart::bar(value.unwrap_or_default() / most, if is_rest { "b8" } else { list.class })) }
            (number(writer.maybe(list.metric.unit, value), (list.metric, row.cell.n)))
            @if let Some(total) = total.filter(|_| is_wide) {
                td .num .hide-s { (value.filter(|_| total > 0.0).map_or_else(|| "–".into(), |value| room.words.percent(value / total, 1))) }
            }
            @if let Some(earlier) = earlier.filter(|_| is_wide) {
                @let before = before(earlier).map_or(list.metric.figure.zero.then_some(0.0), |cell| cell.value);
                td .num { (writer.change(list.metric, before, value)) }
            }
            @for (metric, figure) in list.more {
                @let cell = before(figure);
                @let value = cell.as_ref().map_or(metric.figure.zero.then_some(0.0), |cell| cell.value);
                (number(writer.column(metric.unit, value), (metric, cell.map_or(0, |cell| cell.n))))
            }
        }
    }
}

/// A figure in a table: grey where few cases are behind a mean or a share.
fn number(text: String, (metric, n): (&Metric, u64)) -> Markup {
    let is_few = !metric.figure.zero && (1..FEW).contains(&n);
    html! { td .num .few[is_few] title=[is_few.then(|| format!("n = {n}"))] { (text) } }
}

/// What heads a column of values.
fn unit_head(metric: &Metric, words: Words) -> String {
    match metric.unit {
        Unit::Count("assignments") => words.legs().to_owned(),
        Unit::Count(name) => capitalised(words.unit_of(name)),
        _ => words.metric_name(metric).to_owned(),
    }
}
