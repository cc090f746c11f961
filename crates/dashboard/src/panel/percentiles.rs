//! Percentiles of times, a row a metric.

use api::Told;
use chart::Percentiles;
use futures_util::future::try_join_all;
use maud::html;

use super::{Drawn, Room, metric, states};
use crate::{desk::Wish, words::Say};

pub(super) async fn drawn(room: Room<'_>, rows: &'static [(&'static str, Say)]) -> Result<Drawn, Told> {
    let figures = try_join_all(rows.iter().map(|(id, _)| room.desk.figure(Wish::of(metric(id))))).await?;
    if figures.iter().all(|figure| figure.total.n == 0) {
        return states::empty(room, metric(rows[0].0)).await;
    }
    let writer = room.writer();
    let body = html! {
        div .key {
            span { svg width="10" height="10" aria-hidden="true" { circle .dt cx="5" cy="5" r="4" {} } "p50" }
            span { svg width="12" height="12" aria-hidden="true" { path .diamond d="M1 6L6 1L11 6L6 11Z" {} } "p90" }
            span { svg width="6" height="12" aria-hidden="true" { line .span x1="3" x2="3" y1="1" y2="11" {} } "p95" }
        }
        div .tw tabindex="0" {
            table .t {
                thead { tr {
                    th scope="col" { (room.words.time()) } th scope="col" .barcol aria-hidden="true" {}
                    th scope="col" .num { "p50" } th scope="col" .num { "p90" } th scope="col" .num .hide-s { "p95" } th scope="col" .num .hide-s { "n" }
                } }
                tbody {
                    @for ((id, name), figure) in rows.iter().zip(&figures) {
                        @let (metric, total) = (metric(id), &figure.total);
                        tr {
                            th scope="row" { a .plain href=[room.explain(id)] { (name(room.words)) } }
                            td .barcol {
                                @if let Some(((p50, p90), p95)) = total.p50.zip(total.p90).zip(total.p95) {
                                    // Each row has an axis of its own: a wait and a conversation are of different sizes.
                                    (chart::percentiles(Percentiles { p50, p90, p95 }, p95 * 1.08, None))
                                }
                            }
                            td .num { (writer.column(metric.unit, total.p50)) }
                            td .num { (writer.column(metric.unit, total.p90)) }
                            td .num .hide-s { (writer.column(metric.unit, total.p95)) }
                            td .num .hide-s { (total.n) }
                        }
                    }
                }
            }
        }
    };
    Ok(Drawn::of(body, &figures[0]))
}
