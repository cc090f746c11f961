//! A map of dots with circles by area.

use std::{fmt::Write as _, sync::LazyLock};

use maud::{Markup, html};

use crate::place::N;

/// Land as runs of dots, a line a row; `deploy/world` makes it.
const LAND: &str = include_str!("world.txt");
/// Degrees of a dot, the northern edge, and the number of columns and rows: as in `deploy/world`.
const STEP: f64 = 3.0;
const NORTH: f64 = 80.0;
const COLUMNS: f64 = 120.0;
const ROWS: f64 = 46.0;
/// Radius of the largest circle, in dots.
const RADIUS_MAX: f64 = 4.6;
const RADIUS_MIN: f64 = 0.7;

/// A value at a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Circle {
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
    /// The value, which the area stands for.
    pub value: f64,
    /// What is said of it.
    pub title: String,
}

/// A map. `summary` says it in a sentence.
pub fn map(circles: &[Circle], summary: &str) -> Markup {
    let most = circles.iter().map(|circle| circle.value).fold(0.0, f64::max);
    let radius = |value: f64| ((value / most).max(0.0).sqrt() * RADIUS_MAX).max(RADIUS_MIN);
    html! {
        svg .map viewBox={"0 0 " (N(COLUMNS)) " " (N(ROWS))} width="100%" role="img" aria-label=(summary) {
            path .land d=(*LAND_PATH) {}
            @for circle in circles.iter().filter(|circle| circle.value > 0.0) {
                circle .spot cx=(N((circle.longitude + 180.0) / STEP)) cy=(N((NORTH - circle.latitude) / STEP))
                    r=(N(radius(circle.value))) { title { (circle.title) } }
            }
        }
    }
}

/// Each run is a line that its dashes make into dots.
static LAND_PATH: LazyLock<String> = LazyLock::new(|| {
    let mut path = String::new();
    for (row, line) in LAND.lines().enumerate() {
        for run in line.split_whitespace() {
            let Some((from, count)) = run.split_once('+') else { continue };
            let Ok(count) = count.parse::<u8>() else { continue };
            let _ = write!(path, "M{from}.5 {row}.5h{}", f64::from(count) - 0.9);
        }
    }
    path
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_stands_for_the_value() {
        let circle = |value: f64| Circle { longitude: -3.7, latitude: 40.4, value, title: "<b>".into() };
        let drawn = map(&[circle(400.0), circle(100.0), circle(0.0)], "two").into_string();
        assert!(drawn.contains("r=\"4.6\"") && drawn.contains("r=\"2.3\""), "{drawn}");
        assert_eq!(drawn.matches("<circle").count(), 2, "nothing has no circle");
        assert!(drawn.contains("&lt;b&gt;") && !drawn.contains("<b>"));
    }

    #[test]
    fn land_is_small_enough_to_stand_in_a_page() {
        assert!((1_000..8_000).contains(&LAND_PATH.len()), "{}", LAND_PATH.len());
    }
}
