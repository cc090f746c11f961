//! The dictionary: what each metric means, from the registry.

use maud::{Markup, html};
use warehouse::registry::METRICS;

use crate::router::Visit;

/// The page.
pub(crate) fn page(visit: &Visit) -> Markup {
    let (desk, words) = (&visit.desk, visit.words);
    let known = |name: &'static str, known: Option<&'static str>| known.unwrap_or(name);
    let explain = |id: &str| desk.view.elsewhere().with("metric", Some(id)).link(&desk.project.id, "explain");
    let body = html! {
        section .panel aria-label=(words.metrics()) {
            div .ph { div { h2 { (words.every_metric()) } p { (words.metrics_from_here(METRICS.len())) } } }
            div .tw tabindex="0" { table .t .dict {
                thead { tr {
                    th scope="col" { (words.metric()) } th scope="col" { (words.what_it_counts()) } th scope="col" { (words.unit()) }
                    th scope="col" { (words.counted()) } th scope="col" { (words.class()) } th scope="col" { (words.by()) }
                } }
                tbody {
                    @for metric in METRICS {
                        tr id=(metric.id) {
                            th scope="row" { a href=(explain(metric.id)) { (words.metric_name(metric)) } br; code { (metric.id) } }
                            td { (words.formula(metric)) }
                            td { (words.unit_of(metric.unit.name())) }
                            td { (known(metric.attribution.name(), words.attribution_name(metric.attribution.name()))) }
                            td { (metric.class.name()) }
                            td .mut { (metric.dimension_names().map(|of| words.dimension_of(of)).collect::<Vec<_>>().join(", ")) }
                        }
                    }
                }
            } }
            p .note { (words.class_note()) }
        }
    };
    visit.shell("metrics", words.metrics()).around(&body)
}
