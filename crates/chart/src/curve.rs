//! Lines through points.

use std::fmt::Write as _;

use crate::place::N;

/// Straight lines through points, as the data of a path.
pub(crate) fn straight(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let _ = write!(path, "{}{} {}", if at == 0 { 'M' } else { 'L' }, N(*x), N(*y));
    }
    path
}

/// A curve through points in the order of x that never leaves the band between two neighbours (Fritsch and Carlson).
pub(crate) fn monotone(points: &[(f64, f64)]) -> String {
    if points.len() < 3 {
        return straight(points);
    }
    let slopes: Vec<f64> = points.windows(2).map(|pair| (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0)).collect();
    let tangent = |at: usize| match (at.checked_sub(1).and_then(|before| slopes.get(before)), slopes.get(at)) {
        (Some(before), Some(after)) if before * after <= 0.0 => 0.0,
        // The harmonic mean keeps each tangent within three times the flatter side.
        (Some(before), Some(after)) => 2.0 * before * after / (before + after),
        (Some(only), None) | (None, Some(only)) => *only,
        (None, None) => 0.0,
    };
    let mut path = straight(&points[..1]);
    for at in 1..points.len() {
        let ((x0, y0), (x1, y1)) = (points[at - 1], points[at]);
        let third = (x1 - x0) / 3.0;
        let (y01, y10) = (y0 + tangent(at - 1) * third, y1 - tangent(at) * third);
        let _ = write!(path, "C{} {} {} {} {} {}", N(x0 + third), N(y01), N(x1 - third), N(y10), N(x1), N(y1));
    }
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The control points of a path.
    fn numbers(path: &str) -> Vec<(f64, f64)> {
        let text = path.replace(['M', 'C', 'L'], " ");
        let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
        numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect()
    }

    proptest! {
        /// A Bézier curve lies within the hull of its control points.
        #[test]
        fn a_curve_stays_between_its_neighbours(heights in proptest::collection::vec(0.0_f64..100.0, 3..40)) {
            let points: Vec<(f64, f64)> = heights.iter().enumerate().map(|(x, y)| (x as f64 * 10.0, *y)).collect();
            let control = numbers(&monotone(&points));
            for (at, pair) in points.windows(2).enumerate() {
                let (low, high) = (pair[0].1.min(pair[1].1) - 0.02, pair[0].1.max(pair[1].1) + 0.02);
                for (_, y) in &control[at * 3..=at * 3 + 3] {
                    prop_assert!((low..=high).contains(y), "{y} outside {low}..{high}");
                }
            }
        }
    }

    #[test]
    fn few_points_are_joined_straight() {
        assert_eq!(monotone(&[(0.0, 1.0), (10.0, 2.0)]), "M0 1L10 2");
        assert_eq!(monotone(&[]), "");
    }
}
