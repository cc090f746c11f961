//! The pages, as data: which panels show which metrics.

mod declared;

use crate::words::{Say, Words};

pub(crate) use declared::PAGES;

/// A page of a project.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its name in the address.
    pub(crate) id: &'static str,
    pub(crate) title: Say,
    pub(crate) panels: &'static [Panel],
}

/// A panel.
#[derive(Debug)]
pub(crate) struct Panel {
    /// Its name in the address; unique on its page.
    pub(crate) id: &'static str,
    pub(crate) title: Say,
    /// Unit and scope, in a line.
    pub(crate) scope: Option<Say>,
    /// Columns of twelve.
    pub(crate) width: u8,
    pub(crate) kind: Kind,
    /// Identities and exceptions, under the panel.
    pub(crate) note: Option<Say>,
}

/// What a panel shows. Metrics are ids of the registry; a test holds them against it.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Figures in tiles.
    Kpis(&'static [Kpi]),
    /// Series by time, under each other.
    Trend(&'static [Series]),
    /// A metric by a dimension, the greatest first, with further metrics as columns.
    Ranking(Ranking),
    /// The same by countries, with a map.
    Countries(&'static str),
    /// Weekdays by hours.
    Hours(&'static str),
    /// The largest shifts against the comparison, among these metrics.
    Changes(&'static [&'static str]),
    /// A metric by time, in layers by a dimension: value, name and class of each.
    Stack(&'static str, &'static str, &'static [(&'static str, Say, &'static str)]),
    /// Percentiles of metrics of time.
    Percentiles(&'static [(&'static str, Say)]),
    /// Steps of which each is a part of the first.
    Funnel(&'static [(&'static str, Say)]),
}

/// A tile.
#[derive(Debug)]
pub(crate) struct Kpi {
    pub(crate) metric: &'static str,
    pub(crate) label: Say,
    /// Whether the median is shown in place of the mean.
    pub(crate) is_median: bool,
    /// The metric that the figure is a part of.
    pub(crate) of: Option<&'static str>,
}

/// A series of a trend.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) metric: &'static str,
    pub(crate) label: Say,
    pub(crate) draw: chart::Kind,
    pub(crate) height: f64,
}

/// A metric by a dimension.
#[derive(Debug)]
pub(crate) struct Ranking {
    pub(crate) metric: &'static str,
    pub(crate) by: &'static str,
    pub(crate) more: &'static [&'static str],
    /// Class of its bars.
    pub(crate) class: &'static str,
    /// Most rows.
    pub(crate) rows: usize,
}

const fn kpi(metric: &'static str, label: Say) -> Kpi {
    Kpi { metric, label, is_median: false, of: None }
}

const fn median(metric: &'static str, label: Say) -> Kpi {
    Kpi { metric, label, is_median: true, of: None }
}

const fn part(metric: &'static str, label: Say, of: &'static str) -> Kpi {
    Kpi { metric, label, is_median: false, of: Some(of) }
}

const fn area(metric: &'static str, label: Say) -> Series {
    Series { metric, label, draw: chart::Kind::Area, height: 150.0 }
}

const fn line(metric: &'static str, label: Say) -> Series {
    Series { metric, label, draw: chart::Kind::Line, height: 110.0 }
}

const fn bars(metric: &'static str, label: Say) -> Series {
    Series { metric, label, draw: chart::Kind::Bars, height: 84.0 }
}

const fn ranking(metric: &'static str, by: &'static str, more: &'static [&'static str]) -> Kind {
    Kind::Ranking(Ranking { metric, by, more, class: "b1", rows: 12 })
}

const fn panel(id: &'static str, title: Say, width: u8, kind: Kind) -> Panel {
    Panel { id, title, scope: None, width, kind, note: None }
}

impl Panel {
    const fn scope(self, scope: Say) -> Panel {
        Panel { scope: Some(scope), ..self }
    }

    const fn note(self, note: Say) -> Panel {
        Panel { note: Some(note), ..self }
    }
}

/// The page of an id.
pub(crate) fn page(id: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.id == id)
}

/// A page of the sidebar: its name in the address, and its title.
type Listed = (&'static str, Say);

/// The pages in their groups, as the sidebar lists them; with those that are no lists of panels.
pub(crate) const GROUPS: &[(Option<Say>, &[Listed])] = &[
    (None, &[("overview", Words::overview), ("live", Words::live), ("conversations", Words::conversations)]),
    (Some(Words::audience), &[("users", Words::users), ("engagement", Words::engagement)]),
    (
        Some(Words::bot),
        &[
            ("chatbot", Words::chatbot),
            ("handover", Words::handover),
            ("feedback", Words::feedback),
            ("clicks", Words::clicks),
        ],
    ),
    (Some(Words::people), &[("contact-center", Words::contact_center), ("agents", Words::agents)]),
    (Some(Words::work), &[("cost", Words::cost), ("explore", Words::explore)]),
    (Some(Words::trust), &[("metrics", Words::metrics), ("health", Words::health)]),
    (Some(Words::project), &[("settings", Words::settings)]),
];

impl Kind {
    /// The metrics that it shows, the one that the panel is about first.
    pub(crate) fn metrics(&self) -> Vec<&'static str> {
        match self {
            Kind::Kpis(kpis) => kpis.iter().map(|kpi| kpi.metric).collect(),
            Kind::Trend(series) => series.iter().map(|series| series.metric).collect(),
            Kind::Ranking(ranking) => std::iter::once(ranking.metric).chain(ranking.more.iter().copied()).collect(),
            Kind::Countries(metric) | Kind::Hours(metric) | Kind::Stack(metric, ..) => vec![metric],
            Kind::Percentiles(metrics) | Kind::Funnel(metrics) => metrics.iter().map(|(metric, _)| *metric).collect(),
            Kind::Changes(metrics) => metrics.to_vec(),
        }
    }

    /// The dimensions that its rows are by.
    pub(crate) fn by(&'static self) -> &'static [&'static str] {
        match self {
            Kind::Ranking(ranking) => std::slice::from_ref(&ranking.by),
            Kind::Countries(_) => &["country"],
            Kind::Hours(_) => &["weekday", "hour"],
            Kind::Stack(_, by, _) => std::slice::from_ref(by),
            _ => &[],
        }
    }

    /// Whether its rows are by time.
    pub(crate) fn is_by_time(&self) -> bool {
        matches!(self, Kind::Trend(_) | Kind::Stack(..) | Kind::Kpis(_))
    }

    /// Whether its drawing can be had as a file.
    pub(crate) fn has_drawing(&self) -> bool {
        self.is_chart() || matches!(self, Kind::Countries(_))
    }

    /// Whether it has another form as a table.
    pub(crate) fn is_chart(&self) -> bool {
        matches!(self, Kind::Trend(_) | Kind::Stack(..) | Kind::Hours(_))
    }
}

#[cfg(test)]
mod tests {
    use warehouse::registry::{Dimension, Metric};

    use super::*;

    #[test]
    fn every_panel_is_of_metrics_and_dimensions_that_exist() {
        for (page, panel) in PAGES.iter().flat_map(|page| page.panels.iter().map(move |panel| (page, panel))) {
            for id in panel.kind.metrics() {
                let metric = Metric::by_id(id).unwrap_or_else(|| panic!("{}/{}: {id}", page.id, panel.id));
                for by in panel.kind.by() {
                    let has = metric.dimensions().map(Dimension::name).any(|name| name == *by);
                    assert!(has, "{}/{}: {id} by {by}", page.id, panel.id);
                }
            }
            if let Kind::Kpis(kpis) = &panel.kind {
                assert!(kpis.iter().filter_map(|kpi| kpi.of).all(|id| Metric::by_id(id).is_some()), "{}", page.id);
            }
        }
    }

    #[test]
    fn every_page_is_in_the_sidebar_and_panels_have_names_of_their_own() {
        let listed = || GROUPS.iter().flat_map(|(_, pages)| pages.iter().map(|(id, _)| *id));
        for page in PAGES {
            assert!(listed().any(|id| id == page.id), "{}", page.id);
            let ids: Vec<&str> = page.panels.iter().map(|panel| panel.id).collect();
            assert!(ids.iter().all(|id| ids.iter().filter(|other| *other == id).count() == 1), "{ids:?}");
            assert!(page.panels.iter().all(|panel| (1..=12).contains(&panel.width)));
        }
    }
}
