//! Weekdays by hours.

use maud::{Markup, html};

use crate::{
    Locale,
    place::{N, Percent},
    scale::bins,
    words::Words,
};

const ROW: f64 = 26.0;
const TOP: f64 = 30.0;
const HOURS: usize = 24;

/// Counts of a week's hours.
#[derive(Debug, Clone)]
pub struct Heatmap<'a> {
    /// Names of the rows.
    pub rows: &'a [String],
    /// Values by row and hour.
    pub values: &'a [[f64; HOURS]],
    /// The unit, as in `120 messages`.
    pub unit: &'a str,
    /// How numbers are written.
    pub locale: Locale,
}

impl Heatmap<'_> {
    /// The greatest value, its row and hour; None where all is zero.
    pub fn peak(&self) -> Option<(f64, usize, usize)> {
        let cells = self
            .values
            .iter()
            .enumerate()
            .flat_map(|(row, hours)| hours.iter().enumerate().map(move |(hour, value)| (*value, row, hour)));
        cells.filter(|cell| cell.0 > 0.0).reduce(|best, cell| if cell.0 > best.0 { cell } else { best })
    }

    /// The sum of each hour over all rows.
    fn columns(&self) -> [f64; HOURS] {
        std::array::from_fn(|hour| self.values.iter().map(|hours| hours[hour]).sum())
    }
}

/// A heatmap with its margins: sums of hours above, sums of rows at the right, and six bins with round edges below.
pub fn heatmap(data: &Heatmap<'_>) -> Markup {
    let (words, peak) = (Words(data.locale), data.peak());
    let most = peak.map_or(0.0, |(value, ..)| value);
    let edges = bins(most);
    #[allow(clippy::cast_precision_loss, reason = "seven rows")]
    let height = TOP + data.rows.len() as f64 * ROW;
    let summary = peak.map_or_else(
        || words.none_of(data.unit),
        |(value, row, hour)| words.most(data.unit, &data.rows[row], span(hour), data.locale.number(value, 0)),
    );
    html! {
        div .heat {
            svg .chart width="100%" height=(N(height + 22.0)) role="img" aria-label=(summary) {
                (columns(data))
                @for (row, (name, hours)) in data.rows.iter().zip(data.values).enumerate() {
                    (self::row(data, (row, name), hours, &edges))
                }
                @if let Some((_, row, hour)) = peak {
                    rect .ring x=(Percent(left(hour))) y=(N(top(row) + 1.0)) width=(Percent(100.0 / 24.0)) height=(N(ROW - 2.0)) rx="4" {}
                }
                @for hour in (0..HOURS).step_by(3) {
                    text .ax-s[hour % 6 == 3] x=(Percent(left(hour) + 50.0 / 24.0)) y=(N(height + 16.0)) text-anchor="middle" { (format!("{hour:02}")) }
                }
            }
        }
        @if let Some((value, row, hour)) = peak {
            div .legend {
                span .bins { (key(&edges, most, data.locale)) }
                span .peak { (words.peak(&data.rows[row], span(hour), data.locale.number(value, 0))) }
            }
        }
    }
}

fn key(edges: &[f64; 5], most: f64, locale: Locale) -> Markup {
    let reached = edges.iter().filter(|edge| **edge < most).count();
    html! {
        span { "1" }
        @for bin in 0..=reached {
            svg width="20" height="10" aria-hidden="true" { rect .(class(bin)) width="20" height="10" rx="2" {} }
            span { (locale.number(if bin == reached { most } else { edges[bin] }, 0)) }
        }
    }
}

fn columns(data: &Heatmap<'_>) -> Markup {
    let sums = data.columns();
    let most = sums.iter().copied().fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    html! {
        @for (hour, sum) in sums.iter().enumerate() {
            @let height = sum / most * (TOP - 4.0);
            rect .mar x=(Percent(left(hour) + 0.15)) y=(N(TOP - 3.0 - height)) width=(Percent(100.0 / 24.0 - 0.3)) height=(N(height)) {
                title { (span(hour)) ": " (data.locale.number(*sum, 0)) }
            }
        }
    }
}

fn row(data: &Heatmap<'_>, (row, name): (usize, &str), hours: &[f64; HOURS], edges: &[f64; 5]) -> Markup {
    let y = top(row);
    html! {
        text x="-8" y=(N(y + ROW / 2.0 + 4.0)) text-anchor="end" { (name) }
        @for (hour, value) in hours.iter().enumerate() {
            rect .hc .(shade(*value, edges)) x=(Percent(left(hour))) y=(N(y)) width=(Percent(100.0 / 24.0)) height=(N(ROW)) rx="3" {
                title { (name) " " (span(hour)) ": " (data.locale.number(*value, 0)) " " (data.unit) }
            }
        }
        text x="100%" dx="52" y=(N(y + ROW / 2.0 + 4.0)) text-anchor="end" { (data.locale.count(hours.iter().sum())) }
    }
}

fn left(hour: usize) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "24 hours")]
    let share = hour as f64 / 24.0;
    share * 100.0
}

fn top(row: usize) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "seven rows")]
    let rows = row as f64;
    TOP + rows * ROW
}

fn span(hour: usize) -> String {
    format!("{hour:02}–{:02}", hour + 1)
}

fn shade(value: f64, edges: &[f64; 5]) -> &'static str {
    if value <= 0.0 { "q0" } else { class(edges.iter().filter(|edge| value > **edge).count()) }
}

fn class(bin: usize) -> &'static str {
    ["q1", "q2", "q3", "q4", "q5", "q6"][bin.min(5)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[[f64; 24]]) -> String {
        let rows: Vec<String> = (0..values.len()).map(|row| format!("day {row}")).collect();
        heatmap(&Heatmap { rows: &rows, values, unit: "messages", locale: Locale::En }).into_string()
    }

    #[test]
    fn the_peak_is_ringed_and_said() {
        let mut values = [[1.0; 24]; 7];
        values[2][9] = 1_091.0;
        let drawn = drawn(&values);
        assert!(drawn.contains("Most messages day 2 09–10: 1,091."), "{drawn}");
        assert_eq!(drawn.matches("class=\"ring\"").count(), 1);
        assert_eq!(drawn.matches("hc q1").count(), 7 * 24 - 1);
        assert_eq!(drawn.matches("hc q6").count(), 1);
    }

    #[test]
    fn zero_has_a_colour_of_its_own_and_nothing_no_peak() {
        let drawn = drawn(&[[0.0; 24]; 7]);
        assert_eq!(drawn.matches("hc q0").count(), 7 * 24);
        assert!(!drawn.contains("ring") && drawn.contains("No messages."));
    }
}
