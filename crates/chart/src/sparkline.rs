//! A small line without axes.

use maud::{Markup, html};

use crate::{
    curve::straight,
    place::{N, Percent},
    series::{Point, State, middle},
};

const HEIGHT: f64 = 28.0;
const MARGIN: f64 = 4.0;

/// A sparkline with its comparison in grey, the part that can still change dashed, and a dot at its end. Decoration: it has no
/// name, because the figures beside it say more.
pub fn sparkline(points: &[Point], before: &[Option<f64>]) -> Markup {
    let shown = &before[..before.len().min(points.len())];
    let values = || points.iter().filter_map(|point| point.value).chain(shown.iter().copied().flatten());
    let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let y = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        HEIGHT - MARGIN - share * (HEIGHT - 2.0 * MARGIN)
    };
    let place = |at: usize, value: f64| (middle(at, points.len()), y(value));
    let earlier: Vec<Vec<(f64, f64)>> = runs(shown.iter().map(|value| value.map(|value| (value, true))), place);
    let known = || points.iter().map(|point| point.value.map(|value| (value, point.state != State::Partial)));
    let solid = runs(known().map(|value| value.filter(|(_, is_over)| *is_over)), place);
    let last = points.iter().enumerate().rev().find_map(|(at, point)| point.value.map(|value| (at, place(at, value))));
    let open = last.filter(|(at, _)| points[*at].state == State::Partial);
    let joined = open.and_then(|(at, end)| {
        let before = points[..at].last()?.value?;
        Some([place(at - 1, before), end])
    });
    html! {
        svg .spark width="100%" height=(N(HEIGHT)) aria-hidden="true" {
            svg .nss viewBox={"0 0 100 " (N(HEIGHT))} preserveAspectRatio="none" width="100%" height=(N(HEIGHT)) {
                @for run in &earlier { path .lc d=(straight(run)) {} }
                @for run in &solid { path .ln .thin d=(straight(run)) {} }
                @if let Some(joined) = joined { path .ln .thin .inc d=(straight(&joined)) {} }
            }
            @if let Some((_, (x, y))) = last { circle .dt cx=(Percent(x)) cy=(N(y)) r="2.5" {} }
        }
    }
}

/// Points in a row without a gap, placed.
pub(crate) fn runs(
    values: impl Iterator<Item = Option<(f64, bool)>>,
    place: impl Fn(usize, f64) -> (f64, f64),
) -> Vec<Vec<(f64, f64)>> {
    let mut runs = Vec::new();
    let mut run = Vec::new();
    for (at, value) in values.enumerate() {
        match value {
            Some((value, _)) => run.push(place(at, value)),
            None if run.is_empty() => {}
            None => runs.push(std::mem::take(&mut run)),
        }
    }
    if !run.is_empty() {
        runs.push(run);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(value: Option<f64>) -> Point {
        Point { value, state: State::Final }
    }

    #[test]
    fn equal_values_lie_in_the_middle() {
        let drawn = sparkline(&[point(Some(5.0)), point(Some(5.0))], &[]).into_string();
        assert!(drawn.contains("M25 14L75 14"), "{drawn}");
    }

    #[test]
    fn a_gap_parts_the_line_and_what_is_not_over_is_dashed() {
        let open = Point { value: Some(1.0), state: State::Partial };
        let drawn = sparkline(&[point(Some(1.0)), point(None), point(Some(2.0)), open], &[]).into_string();
        assert_eq!(drawn.matches("ln thin\"").count(), 2, "{drawn}");
        assert_eq!(drawn.matches("ln thin inc").count(), 1, "{drawn}");
    }

    #[test]
    fn nothing_is_no_line() {
        let drawn = sparkline(&[point(None), point(None)], &[None]).into_string();
        assert!(!drawn.contains("path") && !drawn.contains("circle"), "{drawn}");
    }
}
