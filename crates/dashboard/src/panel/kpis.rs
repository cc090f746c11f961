//! Tiles: a figure, how it changed, and a small line.

use api::Told;
use futures_util::future::try_join_all;
use maud::{Markup, html};

use super::{Drawn, Room, metric, points};
use crate::{
    desk::{Cell, Figure, Wish},
    pages::Kpi,
};

pub(super) async fn drawn(room: Room<'_>, kpis: &'static [Kpi]) -> Result<Drawn, Told> {
    let tiles = try_join_all(kpis.iter().map(|kpi| async move {
        let metric = metric(kpi.metric);
        let wish = Wish { grain: Some(room.desk.grain()), ..Wish::of(metric) };
        let of = async {
            match kpi.of {
                Some(whole) => room.desk.figure(Wish::of(super::metric(whole))).await.map(Some),
                None => Ok(None),
            }
        };
        let (figure, earlier, of) = tokio::try_join!(room.desk.figure(wish), room.desk.earlier(wish), of)?;
        let tile = tile(room, kpi, &figure, (earlier.as_ref(), of.as_ref()));
        Ok::<_, Told>((tile, figure.fresh_to))
    }))
    .await?;
    let fresh_to = tiles.iter().filter_map(|(_, fresh_to)| *fresh_to).min();
    let class = match kpis.len() {
        2 => "two",
        6 => "six",
        _ => "",
    };
    let body = html! { div .kpis .(class) { @for (tile, _) in &tiles { (tile) } } };
    Ok(Drawn { body, note: String::new(), fresh_to })
}

/// The figure that a tile shows.
fn shown(kpi: &Kpi, cell: &Cell) -> Option<f64> {
    if kpi.is_median { cell.p50 } else { cell.value }
}

fn tile(room: Room<'_>, kpi: &Kpi, figure: &Figure, (earlier, of): (Option<&Figure>, Option<&Figure>)) -> Markup {
    let (metric, writer) = (metric(kpi.metric), room.writer());
    let now = shown(kpi, &figure.total);
    let before = earlier.map(|earlier| shown(kpi, &earlier.total));
    let mut line = points(&figure.rows);
    for (point, row) in line.iter_mut().zip(&figure.rows) {
        point.value = shown(kpi, &row.cell);
    }
    let grey: Vec<Option<f64>> =
        earlier.map(|earlier| earlier.rows.iter().map(|row| shown(kpi, &row.cell)).collect()).unwrap_or_default();
    // A time fills its tile; a score leaves room for how many gave it.
    let is_mean = metric.unit == warehouse::registry::Unit::Score;
    let aside = match of.and_then(|of| of.total.value) {
        Some(whole) => room.words.of_whole(writer.value(metric.unit, whole)),
        None if is_mean && figure.total.n > 0 => format!("n = {}", count(room, figure.total.n)),
        None => String::new(),
    };
    html! {
        a .kpi href=[room.explain(kpi.metric)] data-metric=(kpi.metric) data-value=[now] {
            span .kl { ((kpi.label)(room.words)) }
            span .kv title=[now.map(|exact| exact.to_string())] {
                (writer.maybe(metric.unit, now))
                @if !aside.is_empty() { " " small { (aside) } }
            }
            span .ks { @if line.len() > 1 { (chart::sparkline(&line, &grey)) } }
            span .kd {
                @match before {
                    None => { (room.words.not_compared()) }
                    Some(before) => {
                        (writer.change(metric, before, now))
                        @if let Some(before) = before { (room.words.from_before(writer.value(metric.unit, before))) } @else { (room.words.none_before()) }
                    }
                }
            }
        }
    }
}

fn count(room: Room<'_>, n: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "written with six digits at most")]
    let n = n as f64;
    room.words.count(n)
}
