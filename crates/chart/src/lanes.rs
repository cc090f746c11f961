//! Who had a conversation when: lanes of spans and marks on one axis of time.

use maud::{Markup, html};

use crate::place::{N, Percent};

const LANE: f64 = 32.0;

/// A stretch of time in a lane. Places are shares of the whole time, 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What stands in it, if there is room.
    pub label: String,
}

/// A moment in a lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where.
    pub at: f64,
    /// Its shape: `full`, `open` or `error`.
    pub class: &'static str,
    /// What is said of it.
    pub title: String,
}

/// A lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// What it is called.
    pub name: String,
    /// The class of its spans.
    pub class: &'static str,
    /// Its spans.
    pub spans: Vec<Span>,
    /// Its marks.
    pub marks: Vec<Mark>,
}

/// Lanes under each other.
#[derive(Debug, Clone)]
pub struct Lanes<'a> {
    /// The lanes, from above.
    pub lanes: &'a [Lane],
    /// Times below: share and label.
    pub ticks: &'a [(f64, String)],
    /// All of it in a sentence.
    pub summary: &'a str,
}

/// Draws lanes. A label that has no room in its span is left to its title.
pub fn lanes(data: &Lanes<'_>) -> Markup {
    #[allow(clippy::cast_precision_loss, reason = "four lanes")]
    let height = data.lanes.len() as f64 * LANE;
    html! {
        svg .chart .lanes width="100%" height=(N(height + 22.0)) role="img" aria-label=(data.summary) {
            @for (at, label) in data.ticks {
                line .g x1=(Percent(at * 100.0)) x2=(Percent(at * 100.0)) y1="0" y2=(N(height)) {}
                text x=(Percent(at * 100.0)) y=(N(height + 16.0)) text-anchor="middle" { (label) }
            }
            @for (row, lane) in data.lanes.iter().enumerate() { (self::lane(row, lane)) }
        }
    }
}

fn lane(row: usize, lane: &Lane) -> Markup {
    #[allow(clippy::cast_precision_loss, reason = "four lanes")]
    let top = row as f64 * LANE;
    let middle = top + LANE / 2.0;
    html! {
        line .g x1="0" x2="100%" y1=(N(top + LANE)) y2=(N(top + LANE)) {}
        text .k x="-10" y=(N(middle + 4.0)) text-anchor="end" { (lane.name) }
        @for span in &lane.spans {
            @let width = (span.to - span.from).max(0.004) * 100.0;
            rect .(lane.class) x=(Percent(span.from * 100.0)) y=(N(top + 6.0)) width=(Percent(width)) height=(N(LANE - 12.0)) rx="2" {
                title { (span.label) }
            }
            @if width > 14.0 {
                text .in .{"in-" (lane.class)} x=(Percent(span.from * 100.0)) dx="6" y=(N(middle + 4.0)) { (span.label) }
            }
        }
        @for mark in &lane.marks {
            circle .{"mk-" (mark.class)} cx=(Percent(mark.at * 100.0)) cy=(N(middle)) r="4.5" { title { (mark.title) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_spans_are_seen_but_not_labelled() {
        let span = |from: f64, to: f64, label: &str| Span { from, to, label: label.into() };
        let bot = Lane {
            name: "Bot".into(),
            class: "bot",
            spans: vec![span(0.0, 0.5, "2 min"), span(0.6, 0.6, "<0 s>")],
            marks: vec![Mark { at: 0.2, class: "open", title: "click".into() }],
        };
        let drawn = lanes(&Lanes { lanes: &[bot], ticks: &[(0.0, "10:41".into())], summary: "who" }).into_string();
        assert_eq!(drawn.matches("class=\"in in-bot\"").count(), 1, "{drawn}");
        assert!(drawn.contains("width=\"0.4%\"") && drawn.contains("&lt;0 s&gt;"), "{drawn}");
        assert!(drawn.contains("mk-open"));
    }
}
