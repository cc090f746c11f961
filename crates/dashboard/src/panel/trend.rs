//! Series by time, as bands or as a table.

use api::Told;
use chart::{Band, Chart};
use futures_util::future::try_join_all;
use maud::{Markup, html};

use super::{Drawn, Room, metric, points, states, values};
use crate::{
    desk::{Figure, Wish},
    pages::Series,
    words::Words,
};

pub(super) async fn drawn(room: Room<'_>, series: &'static [Series], is_table: bool) -> Result<Drawn, Told> {
    let figures = try_join_all(series.iter().map(|series| async move {
        let wish = Wish { grain: Some(room.desk.grain()), ..Wish::of(metric(series.metric)) };
        tokio::try_join!(room.desk.figure(wish), room.desk.earlier(wish))
    }))
    .await?;
    if figures.iter().all(|(figure, _)| figure.total.n == 0) {
        return states::empty(room, metric(series[0].metric)).await;
    }
    let first = &figures[0].0;
    let body = if is_table { table(room, series, &figures) } else { bands(room, series, &figures) };
    Ok(Drawn { note: note(room, first), ..Drawn::of(body, first) })
}

/// What dashes and hatches mean, where there are any.
fn note(room: Room<'_>, figure: &Figure) -> String {
    let has = |state| figure.rows.iter().any(|row| row.state == state);
    let mut note = String::new();
    if has(chart::State::Partial) {
        note.push_str(&room.words.dashed(room.end(&figure.rows, figure.fresh_to)));
        if room.desk.before.is_some() {
            note.push(' ');
            note.push_str(room.words.comparison_stops());
        }
    }
    if has(chart::State::Maturing) {
        note.push(' ');
        note.push_str(room.words.hatched());
    }
    note
}

type Pair = (Figure, Option<Figure>);

fn bands(room: Room<'_>, series: &'static [Series], figures: &[Pair]) -> Markup {
    let writer = room.writer();
    let drawn: Vec<_> =
        figures.iter().map(|(figure, earlier)| (points(&figure.rows), values(earlier.as_ref()))).collect();
    let ends: Vec<String> = figures.iter().map(|(figure, _)| room.end(&figure.rows, figure.fresh_to)).collect();
    let writers: Vec<_> =
        series.iter().map(|series| move |value: f64| writer.tick(metric(series.metric).unit, value)).collect();
    let bands: Vec<Band<'_>> = series
        .iter()
        .enumerate()
        .map(|(at, series)| Band {
            title: (series.label)(room.words),
            kind: series.draw,
            points: &drawn[at].0,
            before: &drawn[at].1,
            height: series.height,
            is_whole: matches!(metric(series.metric).unit, warehouse::registry::Unit::Count(_)),
            is_time: metric(series.metric).unit == warehouse::registry::Unit::Seconds,
            locale: room.words.0,
            write: &writers[at],
            end: &ends[at],
            before_end: if figures[at].1.is_some() { room.words.before_end() } else { "" },
        })
        .collect();
    let summary: Vec<String> = series
        .iter()
        .zip(figures)
        .map(|(series, (figure, _))| {
            format!("{}: {}", (series.label)(room.words), writer.maybe(metric(series.metric).unit, figure.total.value))
        })
        .collect();
    let summary = room.words.by_time(summary.join("; "));
    let data = Chart { bands: &bands, slots: &room.slots(&figures[0].0.rows), markers: &[], summary: &summary };
    html! {
        div .key .only-s {
            span { svg width="18" height="8" aria-hidden="true" { line .ln x1="0" x2="18" y1="4" y2="4" {} } (room.words.this_range()) }
            @if figures[0].1.is_some() {
                span { svg width="18" height="8" aria-hidden="true" { line .lc x1="0" x2="18" y1="4" y2="4" {} } (room.words.before()) }
            }
        }
        div .gut .right { (chart::chart(&data)) }
    }
}

fn table(room: Room<'_>, series: &'static [Series], figures: &[Pair]) -> Markup {
    let writer = room.writer();
    html! {
        div .tw tabindex="0" {
            table .t {
                thead { tr {
                    th scope="col" { (room.words.time()) }
                    @for (series, (_, earlier)) in series.iter().zip(figures) {
                        th scope="col" .num { ((series.label)(room.words)) }
                        @if earlier.is_some() { th scope="col" .num { (room.words.before()) } }
                    }
                } }
                tbody {
                    @for (at, slot) in room.slots(&figures[0].0.rows).iter().enumerate() {
                        tr {
                            th scope="row" { (slot.name) @if let Some(tag) = state(figures[0].0.rows[at].state, room.words) { " " span .tag { (tag) } } }
                            @for (series, (figure, earlier)) in series.iter().zip(figures) {
                                @let unit = metric(series.metric).unit;
                                td .num { (writer.maybe(unit, figure.rows.get(at).and_then(|row| row.cell.value))) }
                                @if let Some(earlier) = earlier {
                                    td .num .mut { (writer.maybe(unit, earlier.rows.get(at).and_then(|row| row.cell.value))) }
                                }
                            }
                        }
                    }
                }
                tfoot { tr {
                    th scope="row" { (room.words.range()) }
                    @for (series, (figure, earlier)) in series.iter().zip(figures) {
                        @let unit = metric(series.metric).unit;
                        td .num { (writer.maybe(unit, figure.total.value)) }
                        @if let Some(earlier) = earlier { td .num .mut { (writer.maybe(unit, earlier.total.value)) } }
                    }
                } }
            }
        }
    }
}

/// What is said of a bucket that can still change.
pub(crate) fn state(state: chart::State, words: Words) -> Option<&'static str> {
    match state {
        chart::State::Final => None,
        chart::State::Maturing => Some(words.can_still_change()),
        chart::State::Partial => Some(words.not_over()),
    }
}
