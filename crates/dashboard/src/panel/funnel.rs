//! Steps, each with its share of the first.

use api::Told;
use futures_util::future::try_join_all;
use maud::html;

use super::{Drawn, Room, metric, states};
use crate::{desk::Wish, words::Say};

pub(super) async fn drawn(room: Room<'_>, steps: &'static [(&'static str, Say)]) -> Result<Drawn, Told> {
    let figures = try_join_all(steps.iter().map(|(id, _)| room.desk.figure(Wish::of(metric(id))))).await?;
    let first = figures[0].total.value.unwrap_or_default();
    if first <= 0.0 {
        return states::empty(room, metric(steps[0].0)).await;
    }
    let body = html! {
        div .tw tabindex="0" {
            table .t {
                thead { tr { th scope="col" { (room.words.step()) } th scope="col" .barcol aria-hidden="true" {} th scope="col" .num { (room.words.count_head()) } th scope="col" .num { (room.words.share()) } } }
                tbody {
                    @for ((id, name), figure) in steps.iter().zip(&figures) {
                        @let value = figure.total.value.unwrap_or_default();
                        tr {
                            th scope="row" { (name(room.words)) }
                            td .barcol { (chart::waterfall(0.0, value / first, "b1")) }
                            td .num { a .plain href=[room.explain(id)] { (room.words.count(value)) } }
                            td .num { (room.words.percent(value / first, 1)) }
                        }
                    }
                }
            }
        }
    };
    Ok(Drawn::of(body, &figures[0]))
}
