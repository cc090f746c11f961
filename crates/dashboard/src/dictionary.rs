//! The dictionary: what each metric means, from the registry.

use maud::{Markup, html};
use warehouse::registry::METRICS;

use crate::router::Visit;

/// The page.
pub(crate) fn page(visit: &Visit) -> Markup {
    let desk = &visit.desk;
    let explain = |id: &str| desk.view.elsewhere().with("metric", Some(id)).link(&desk.project.id, "explain");
    let body = html! {
        section .panel aria-label="Metrics" {
            div .ph { div { h2 { "Every metric" } p { (METRICS.len()) " metrics; the pages, the API and files all take them from here" } } }
            div .tw tabindex="0" { table .t .dict {
                thead { tr {
                    th scope="col" { "Metric" } th scope="col" { "What it counts" } th scope="col" { "Unit" }
                    th scope="col" { "Counted" } th scope="col" { "Class" } th scope="col" { "By" }
                } }
                tbody {
                    @for metric in METRICS {
                        tr id=(metric.id) {
                            th scope="row" { a href=(explain(metric.id)) { (metric.name) } br; code { (metric.id) } }
                            td { (metric.formula) }
                            td { (metric.unit.name()) }
                            td { (metric.attribution.name()) }
                            td { (metric.class.name()) }
                            td .mut { (metric.dimension_names().collect::<Vec<_>>().join(", ")) }
                        }
                    }
                }
            } }
            p .note { "Class A adds up; U counts distinct things and does not; Q is a mean, a quantile or a peak; S depends on the order within a conversation; C is of a cohort, by its start." }
        }
    };
    visit.shell("metrics", "Metrics").around(&body)
}
