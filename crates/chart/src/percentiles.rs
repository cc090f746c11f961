//! p50, p90 and p95 on one line.

use maud::{Markup, html};

use crate::place::Percent;

/// Percentiles of one row, in the unit of the axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentiles {
    /// The median: a dot.
    pub p50: f64,
    /// A diamond.
    pub p90: f64,
    /// A bar.
    pub p95: f64,
}

/// The percentiles on an axis from zero to `top`, with a target as a dashed line.
pub fn percentiles(row: Percentiles, top: f64, target: Option<f64>) -> Markup {
    let x = |value: f64| Percent(if top > 0.0 { (value / top).clamp(0.0, 1.0) * 100.0 } else { 0.0 });
    html! {
        svg .pct width="100%" height="20" aria-hidden="true" {
            @if let Some(target) = target.filter(|target| *target <= top) {
                line .target x1=(x(target)) x2=(x(target)) y1="0" y2="20" {}
            }
            line .span x1=(x(row.p50)) x2=(x(row.p95)) y1="10" y2="10" {}
            line .span x1=(x(row.p95)) x2=(x(row.p95)) y1="5" y2="15" {}
            svg x=(x(row.p90)) y="10" overflow="visible" { path .diamond d="M-5 0L0 -5L5 0L0 5Z" {} }
            circle .dt cx=(x(row.p50)) cy="10" r="4" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_on_their_axis() {
        let drawn = percentiles(Percentiles { p50: 1.0, p90: 5.0, p95: 30.0 }, 10.0, Some(2.0)).into_string();
        assert!(
            drawn.contains("cx=\"10%\"") && drawn.contains("x=\"50%\"") && drawn.contains("x2=\"100%\""),
            "{drawn}"
        );
        assert_eq!(drawn.matches("target").count(), 1);
        let flat = percentiles(Percentiles { p50: 0.0, p90: 0.0, p95: 0.0 }, 0.0, None).into_string();
        assert!(!flat.contains("NaN"), "{flat}");
    }
}
