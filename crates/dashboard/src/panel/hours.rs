//! Weekdays by hours.

use api::Told;
use chart::Heatmap;
use chrono::Weekday;
use maud::{Markup, html};

use super::{Drawn, Room, metric, states};
use crate::desk::{Figure, Wish};

pub(super) async fn drawn(room: Room<'_>, id: &'static str, is_table: bool) -> Result<Drawn, Told> {
    let main = metric(id);
    let peak = Wish::of(metric("peak_rpm"));
    let days = Wish { grain: Some("day"), ..Wish::of(metric("messages_total")) };
    let wish = Wish { by: &["weekday", "hour"], ..Wish::of(main) };
    let (figure, peak, days) =
        tokio::try_join!(room.desk.figure(wish), room.desk.figure(peak), room.desk.figure(days))?;
    if figure.total.n == 0 {
        return states::empty(room, main).await;
    }
    let (names, values) = cells(room, &figure);
    let body = html! {
        @if is_table { (table(room, &names, &values)) } @else { (week(room, &figure, "messages")) }
        (facts(room, &peak, &days))
    };
    let sum: f64 = values.iter().flatten().sum();
    Ok(Drawn { note: room.words.cells_sum_to(room.words.count(sum)), ..Drawn::of(body, &figure) })
}

/// A heatmap of a figure by weekday and hour, whose values add up.
pub(crate) fn week(room: Room<'_>, figure: &Figure, unit: &'static str) -> Markup {
    let (names, values) = cells(room, figure);
    chart::heatmap(&Heatmap { rows: &names, values: &values, unit: room.words.unit_of(unit), locale: room.words.0 })
}

/// The days of the week by their names, each with its hours.
fn cells(room: Room<'_>, figure: &Figure) -> (Vec<String>, Vec<[f64; 24]>) {
    let order = order(room.desk.project.settings.week_start);
    let names = order.iter().map(|day| room.words.weekday(*day).to_owned()).collect();
    (names, order.iter().map(|day| row(figure, *day)).collect())
}

/// The days of the week from the one that it begins with, 1 for Monday.
fn order(week_start: u8) -> Vec<Weekday> {
    let first = Weekday::try_from(week_start.saturating_sub(1)).unwrap_or(Weekday::Mon);
    std::iter::successors(Some(first), |day| Some(day.succ())).take(7).collect()
}

fn row(figure: &Figure, day: Weekday) -> [f64; 24] {
    let number = day.number_from_monday().to_string();
    let mut hours = [0.0; 24];
    for row in figure.rows.iter().filter(|row| row.dims.first() == Some(&number)) {
        let hour = row.dims.get(1).and_then(|hour| hour.parse::<usize>().ok());
        if let Some(cell) = hour.and_then(|hour| hours.get_mut(hour)) {
            *cell = row.cell.value.unwrap_or_default();
        }
    }
    hours
}

/// The busiest minute and day.
fn facts(room: Room<'_>, peak: &Figure, days: &Figure) -> Markup {
    let busiest = days
        .rows
        .iter()
        .filter(|row| row.cell.value > Some(0.0))
        .max_by(|a, b| a.cell.value.unwrap_or_default().total_cmp(&b.cell.value.unwrap_or_default()));
    html! {
        dl .facts3 {
            div {
                dt { (room.words.peak_minute()) }
                dd .fig { a .plain href=[room.explain("peak_rpm")] { (room.words.n_messages(room.writer().maybe(metric("peak_rpm").unit, peak.total.value))) } }
                @if let Some(at) = peak.total.at { dd { (room.words.date(at.date_naive())) ", " (at.format("%H:%M")) } }
            }
            @if let Some((row, start)) = busiest.and_then(|row| Some((row, row.bucket?))) {
                div {
                    dt { (room.words.busiest_day()) }
                    dd .fig { (room.writer().maybe(metric("messages_total").unit, row.cell.value)) }
                    dd { (room.words.date(start.date())) }
                }
            }
        }
    }
}

fn table(room: Room<'_>, names: &[String], values: &[[f64; 24]]) -> Markup {
    html! {
        div .tw tabindex="0" {
            table .t .c {
                thead { tr { th scope="col" { (room.words.dimension_of("hour")) } @for name in names { th scope="col" .num { (name) } } } }
                tbody {
                    @for hour in 0..24 {
                        tr {
                            th scope="row" { (format!("{hour:02}–{:02}", hour + 1)) }
                            @for row in values { td .num { (room.words.number(row[hour], 0)) } }
                        }
                    }
                }
            }
        }
    }
}
