//! What all panels have around them: title, tools and note.

use maud::{Markup, html};

use super::{Drawn, Room, metric};
use crate::{
    desk::pair,
    icon::icon,
    pages::{Kind, Panel},
    view::{Filter, Op, View, encoded},
};

/// A panel. Tiles stand without a frame.
pub(crate) fn framed(room: Room<'_>, panel: &'static Panel, drawn: &Drawn) -> Markup {
    if matches!(panel.kind, Kind::Kpis(_)) {
        return html! { section .w12 aria-label=((panel.title)(room.words)) { (drawn.body) } };
    }
    let declared = panel.note.map_or("", |note| note(room.words));
    let note = if drawn.note.is_empty() { declared } else { &drawn.note };
    html! {
        section .panel .{"w" (panel.width)} id=(panel.id) aria-labelledby={"t-" (panel.id)} {
            div .ph {
                div {
                    h2 id={"t-" (panel.id)} { ((panel.title)(room.words)) }
                    @if let Some(scope) = panel.scope { p { (scope(room.words)) } }
                }
                @if room.leads_on() && !matches!(panel.kind, Kind::Changes(_)) { (tools(room, panel)) }
            }
            (drawn.body)
            @if !note.is_empty() { p .note { (note) } }
            (not_kept(room, panel))
        }
    }
}

/// Filters that the panel's metrics do not have.
fn not_kept(room: Room<'_>, panel: &'static Panel) -> Markup {
    let loose: Vec<&str> = panel
        .kind
        .metrics()
        .into_iter()
        .map(metric)
        .filter(|metric| !room.desk.is_kept(metric))
        .map(|metric| room.words.metric_name(metric))
        .collect();
    html! {
        @if !loose.is_empty() { p .note { (room.words.not_kept(loose.join(", "))) } }
    }
}

fn tools(room: Room<'_>, panel: &'static Panel) -> Markup {
    let view = &room.desk.view;
    let is_table = view.is_table(panel.id);
    let turned = View { table: !is_table, panel: (!is_table).then(|| panel.id.to_owned()), ..view.clone() };
    let (metrics, words, title) = (panel.kind.metrics(), room.words, (panel.title)(room.words));
    let turn = if is_table { words.show_chart() } else { words.show_table() };
    html! {
        div .tools {
            @if panel.kind.is_chart() {
                a .btn .ico href={(turned.link(&room.desk.project.id, room.page.id)) "#" (panel.id)} title=(turn) {
                    (icon(if is_table { "chart" } else { "table" })) span .vh { (turn) ": " (title) }
                }
            }
            @if let Some(first) = metrics.first() {
                a .btn .ico href=[room.explain(first)] title=(words.explain()) { (icon("info")) span .vh { (words.explain_what(title)) } }
            }
            details .menu {
                summary .btn .ico title=(words.export()) { (icon("down")) span .vh { (words.export_what(title)) } }
                ul {
                    @for (format, name) in [("csv", "CSV"), ("json", "JSON"), ("parquet", "Parquet")] {
                        li { a href=(export(room, panel, format)) { (name) } }
                    }
                    @if panel.kind.has_drawing() { li { a href=(drawing(room, panel)) { "SVG" } } }
                }
            }
        }
    }
}

/// The address of a panel's drawing.
fn drawing(room: Room<'_>, panel: &'static Panel) -> String {
    let view = room.desk.view.elsewhere();
    let page = View::default().link(&room.desk.project.id, room.page.id);
    let query = view.query();
    if query.is_empty() { format!("{page}/{}.svg", panel.id) } else { format!("{page}/{}.svg?{query}", panel.id) }
}

/// The address of a panel's file.
fn export(room: Room<'_>, panel: &'static Panel, format: &str) -> String {
    let desk = room.desk;
    // A file has the metrics that share all dimensions with the first.
    let first = panel.kind.metrics().first().map(|id| metric(id));
    let mut pairs: Vec<_> = first.map(|metric| pair("metric", metric.id)).into_iter().collect();
    pairs.push(pair("r", desk.view.range.to_string()));
    if panel.kind.is_by_time() {
        pairs.push(pair("g", desk.grain()));
    }
    if !panel.kind.by().is_empty() {
        pairs.push(pair("by", panel.kind.by().join(",")));
    }
    pairs.extend(first.into_iter().flat_map(|metric| desk.filters(metric)));
    pairs.extend(desk.place());
    pairs.push(pair("format", format));
    format!("{}?{}", View::default().link(&desk.project.id, "export"), encoded(&pairs))
}

/// The address of the page, kept to one more value; None where that is no filter, or the page leads nowhere.
pub(crate) fn filtered_link(room: Room<'_>, dimension: &str, value: &str) -> Option<String> {
    let filter = Filter::new(dimension, Op::Is, vec![value.to_owned()]).filter(|_| room.leads_on())?;
    Some(room.desk.view.filtered(filter).link(&room.desk.project.id, room.page.id))
}
