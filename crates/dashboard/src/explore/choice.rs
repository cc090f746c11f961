//! What is explored: a metric, the dimensions that its rows are by, and the shape of the answer. It is part of the page's address.

use warehouse::registry::{Class, Dimension, Metric, Unit};

use crate::{
    view::{Notice, View},
    words::Words,
};

/// What is shown of a metric before anybody chose one.
const FIRST: &str = "messages_total";
/// Most dimensions of the form.
pub(super) const BY_MAX: usize = 2;
/// The dimensions of a heatmap: its rows and its columns.
pub(super) const WEEK: [&str; 2] = ["weekday", "hour"];

/// How an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Table,
    Line,
    Bar,
    Heatmap,
}

impl Shape {
    pub(super) const ALL: [Shape; 4] = [Shape::Table, Shape::Line, Shape::Bar, Shape::Heatmap];

    /// Its name in the address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Shape::Table => "table",
            Shape::Line => "line",
            Shape::Bar => "bar",
            Shape::Heatmap => "heatmap",
        }
    }

    /// Its name for people.
    pub(super) fn says(self, words: Words) -> &'static str {
        match self {
            Shape::Table => words.shape_table(),
            Shape::Line => words.shape_lines(),
            Shape::Bar => words.shape_bars(),
            Shape::Heatmap => words.shape_week(),
        }
    }
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The metric's id as it was asked for.
    pub(super) id: String,
    /// Dimensions as they were asked for.
    pub(super) by: Vec<String>,
    pub(super) shape: Shape,
    /// What is wrong with the address, for the reader.
    pub(super) notice: Option<Notice>,
}

impl Choice {
    /// Reads the state of the page. What names nothing stays as it is: the API says what is wrong with it.
    pub(super) fn read(view: &View) -> Choice {
        let id = view.own("metric").unwrap_or(FIRST).to_owned();
        let asked = view.rest.iter().filter(|(name, _)| name == "by").flat_map(|(_, value)| value.split(','));
        let mut by: Vec<String> = Vec::new();
        for name in asked.filter(|name| !name.is_empty()) {
            if !by.iter().any(|known| known == name) {
                by.push(name.to_owned());
            }
        }
        let (shape, mut notice) = match view.own("shape") {
            None => (None, None),
            Some(name) => match Shape::ALL.into_iter().find(|shape| shape.name() == name) {
                Some(shape) => (Some(shape), None),
                None => (None, Some(Notice::Shape)),
            },
        };
        let mut shape = shape.unwrap_or(if by.is_empty() { Shape::Line } else { Shape::Bar });
        if shape == Shape::Heatmap {
            by = WEEK.map(str::to_owned).to_vec();
            if let Some(metric) = Metric::by_id(&id).filter(|metric| !adds_up(metric)) {
                shape = Shape::Table;
                notice = Some(Notice::Hours(metric.id.to_owned()));
            }
        }
        Choice { id, by, shape, notice }
    }

    /// The metric; None where there is none of that id.
    pub(super) fn metric(&self) -> Option<&'static Metric> {
        Metric::by_id(&self.id)
    }

    /// Whether rows are by time: lines are, and what is by nothing else, and whatever a size of buckets was chosen for.
    pub(super) fn is_by_time(&self, view: &View) -> bool {
        match self.shape {
            Shape::Heatmap => false,
            Shape::Line => true,
            Shape::Bar => self.by.is_empty(),
            Shape::Table => self.by.is_empty() || view.grain != "auto",
        }
    }

    pub(super) fn by(&self) -> Vec<&str> {
        self.by.iter().map(String::as_str).collect()
    }
}

/// Whether the values of hours are those of days when they are added up, as the margins of a heatmap do.
fn adds_up(metric: &Metric) -> bool {
    matches!(metric.unit, Unit::Count(_)) && matches!(metric.class, Class::A | Class::S | Class::C)
}

/// Whether a metric can be shown by weekday and hour.
pub(super) fn has_week(metric: &Metric) -> bool {
    adds_up(metric) && WEEK.iter().all(|name| metric.dimensions().map(Dimension::name).any(|known| known == *name))
}

/// The state that the page's form asked for, where one was sent: without what was left empty.
pub(crate) fn submitted(view: &View) -> Option<View> {
    let is_own = |name: &str| ["metric", "by", "shape"].contains(&name);
    view.rest.iter().any(|(name, value)| is_own(name) && value.is_empty()).then(|| {
        let mut view = view.clone();
        view.rest.retain(|(name, value)| !is_own(name) || !value.is_empty());
        view
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Choice {
        Choice::read(&View::read(query).0)
    }

    #[test]
    fn the_shape_fits_what_is_asked_unless_it_was_chosen() {
        assert_eq!((of("").id.as_str(), of("").shape), (FIRST, Shape::Line));
        assert_eq!(of("by=channel").shape, Shape::Bar);
        assert_eq!(of("by=channel&shape=table").shape, Shape::Table);
        assert_eq!(of("by=channel&shape=heatmap").by, WEEK);
        let odd = of("shape=pie");
        assert_eq!((odd.shape, odd.notice.is_some()), (Shape::Line, true));
    }

    #[test]
    fn dimensions_come_in_one_parameter_or_several_and_count_once() {
        assert_eq!(of("by=channel,role&by=channel&by=&by=nonsense").by, ["channel", "role", "nonsense"]);
    }

    #[test]
    fn the_form_leads_to_an_address_without_what_it_left_empty() {
        let sent = |query: &str| submitted(&View::read(query).0).map(|view| view.query());
        assert_eq!(sent("metric=chats&by=channel&by=&shape=").unwrap(), "by=channel&metric=chats");
        assert_eq!(sent("metric=chats&by=channel&zz="), None);
    }

    #[test]
    fn rows_are_by_time_where_nothing_else_parts_them() {
        let is_by_time = |query: &str| of(query).is_by_time(&View::read(query).0);
        assert!(is_by_time("shape=table") && is_by_time("shape=bar") && is_by_time("shape=line&by=channel"));
        assert!(!is_by_time("shape=table&by=channel") && !is_by_time("shape=heatmap&g=day"));
        assert!(is_by_time("shape=table&by=channel&g=day"));
    }
}
