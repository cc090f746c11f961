//! Bars that stand in a cell of a table.

use maud::{Markup, html};

use crate::place::Percent;

/// A bar that is a share of its cell; `class` is its colour.
pub fn bar(share: f64, class: &str) -> Markup {
    let width = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    // A value above zero is never invisible.
    let least = if width > 0.0 { 0.6 } else { 0.0 };
    html! {
        svg .cell width="100%" height="8" aria-hidden="true" {
            rect .(class) width=(Percent((width * 100.0).max(least))) height="8" {}
        }
    }
}

/// A step of a waterfall, from one share of the width to another.
pub fn waterfall(from: f64, to: f64, class: &str) -> Markup {
    let (low, high) = (from.min(to).clamp(0.0, 1.0), from.max(to).clamp(0.0, 1.0));
    html! {
        svg .cell width="100%" height="14" aria-hidden="true" {
            rect .(class) x=(Percent(low * 100.0)) width=(Percent(((high - low) * 100.0).max(0.4))) height="14" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_within_its_cell_and_small_ones_are_seen() {
        for (share, width) in [(0.5, "50%"), (2.0, "100%"), (1e-9, "0.6%"), (0.0, "0%"), (f64::NAN, "0%")] {
            assert!(bar(share, "b1").into_string().contains(&format!("width=\"{width}\" height=\"8\"")), "{share}");
        }
    }

    #[test]
    fn a_step_may_go_down() {
        let drawn = waterfall(0.8, 0.5, "bx").into_string();
        assert!(drawn.contains("x=\"50%\" width=\"30%\""), "{drawn}");
    }
}
