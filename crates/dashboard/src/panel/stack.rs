//! A metric by time, in layers by a dimension.

use api::Told;
use chart::Layer;
use chrono::NaiveDateTime;
use maud::{Markup, html};

use super::{Drawn, Room, metric, states, trend};
use crate::{
    desk::{Figure, Row, Wish},
    words::Say,
};

const HEIGHT: f64 = 230.0;

type Layers = &'static [(&'static str, Say, &'static str)];

pub(super) async fn drawn(
    room: Room<'_>,
    (id, by): (&'static str, &'static str),
    layers: Layers,
    is_table: bool,
) -> Result<Drawn, Told> {
    let main = metric(id);
    let by = [by];
    let grain = Some(room.desk.grain());
    let split = Wish { grain, by: &by, ..Wish::of(main) };
    // Rows by a dimension leave out buckets in which nothing happened: the axis is that of the whole.
    let whole = Wish { grain, ..Wish::of(main) };
    let (figure, whole) = tokio::try_join!(room.desk.figure(split), room.desk.figure(whole))?;
    if figure.total.n == 0 {
        return states::empty(room, main).await;
    }
    let values: Vec<Vec<f64>> = layers.iter().map(|(value, ..)| of(&figure, &whole.rows, value)).collect();
    let body =
        if is_table { table(room, layers, &values, &whole.rows) } else { bars(room, layers, &values, &whole.rows) };
    let end = whole.rows.last().filter(|row| row.state == chart::State::Partial);
    let note = end.map(|_| room.words.dashed(room.end(&whole.rows, whole.fresh_to))).unwrap_or_default();
    Ok(Drawn { note, ..Drawn::of(body, &figure) })
}

/// The values of a layer in the order of the buckets.
fn of(figure: &Figure, buckets: &[Row], value: &str) -> Vec<f64> {
    let at = |bucket: Option<NaiveDateTime>| {
        let row =
            figure.rows.iter().find(|row| row.bucket == bucket && row.dims.first().is_some_and(|dim| dim == value));
        row.and_then(|row| row.cell.value).unwrap_or_default()
    };
    buckets.iter().map(|row| at(row.bucket)).collect()
}

fn bars(room: Room<'_>, layers: Layers, values: &[Vec<f64>], buckets: &[Row]) -> Markup {
    let drawn: Vec<Layer<'_>> = layers
        .iter()
        .zip(values)
        .map(|((_, name, class), values)| Layer { name: name(room.words), class, values })
        .collect();
    let states: Vec<chart::State> = buckets.iter().map(|row| row.state).collect();
    let count = |value: f64| room.words.count(value);
    let sum = |values: &[f64]| count(values.iter().sum());
    let said: Vec<String> = drawn.iter().map(|layer| format!("{} {}", layer.name, sum(layer.values))).collect();
    let summary = room.words.by_time(said.join("; "));
    html! {
        div .key {
            @for layer in &drawn {
                span { svg width="12" height="12" aria-hidden="true" { rect .(layer.class) width="12" height="12" {} } (layer.name) " " b { (sum(layer.values)) } }
            }
        }
        div .gut { (chart::stacked(&drawn, (&room.slots(buckets), &states), HEIGHT, (&count, &summary))) }
    }
}

fn table(room: Room<'_>, layers: Layers, values: &[Vec<f64>], buckets: &[Row]) -> Markup {
    html! {
        div .tw tabindex="0" {
            table .t {
                thead { tr { th scope="col" { (room.words.time()) } @for (_, name, _) in layers { th scope="col" .num { (name(room.words)) } } } }
                tbody {
                    @for (at, slot) in room.slots(buckets).iter().enumerate() {
                        tr {
                            th scope="row" { (slot.name) @if let Some(tag) = trend::state(buckets[at].state, room.words) { " " span .tag { (tag) } } }
                            @for layer in values { td .num { (room.words.count(layer[at])) } }
                        }
                    }
                }
            }
        }
    }
}
