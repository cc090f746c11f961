//! Axes: round ticks from zero.

/// Mantissas of round steps.
const ROUND: [f64; 5] = [1.0, 2.0, 2.5, 5.0, 10.0];

/// A value axis from zero, with three or four round ticks.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// The value at the top, above zero.
    pub top: f64,
    /// Values with a line and a label, zero first.
    pub ticks: Vec<f64>,
}

impl Scale {
    /// An axis that holds all values up to `most`; of whole things it has no ticks between them.
    pub fn from_zero(most: f64, is_whole: bool) -> Scale {
        let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        let mut step = round_up(most / 3.2);
        if is_whole {
            step = step.max(1.0).round();
        }
        let mut ticks = vec![0.0];
        for place in 1..=5_u8 {
            let tick = step * f64::from(place);
            if tick > most * 1.001 && place > 1 {
                break;
            }
            ticks.push(tick);
        }
        let last = ticks.last().copied().unwrap_or(step);
        Scale { top: (most * 1.06).max(last), ticks }
    }

    /// An axis of seconds: ticks are round in the unit that fits, seconds, minutes or hours.
    pub fn of_seconds(most: f64) -> Scale {
        let unit = match most {
            5_400.0.. => 3_600.0,
            90.0.. => 60.0,
            _ => 1.0,
        };
        let Scale { top, ticks } = Scale::from_zero(most / unit, unit > 1.0);
        Scale { top: top * unit, ticks: ticks.into_iter().map(|tick| tick * unit).collect() }
    }

    /// The share of the height at which a value stands, 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        (value / self.top).clamp(0.0, 1.0)
    }
}

/// The least round number that is not below a positive one.
fn round_up(value: f64) -> f64 {
    let magnitude = 10_f64.powf(value.log10().floor());
    let mantissa = value / magnitude;
    ROUND.into_iter().find(|round| *round >= mantissa - 1e-9).unwrap_or(10.0) * magnitude
}

/// Edges of six bins: five round steps below the greatest value, which is the last edge.
pub(crate) fn bins(most: f64) -> [f64; 5] {
    let least = (most / 6.0).max(f64::MIN_POSITIVE);
    let magnitude = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];
    let step = steps.into_iter().rev().find(|step| *step <= least / magnitude + 1e-9).unwrap_or(1.0) * magnitude;
    let step = step.max(1.0).round();
    [step, step * 2.0, step * 3.0, step * 4.0, step * 5.0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(Scale::from_zero(2_686.0, true).ticks, [0.0, 1_000.0, 2_000.0]);
        assert_eq!(Scale::from_zero(340.0, true).ticks, [0.0, 200.0]);
        assert_eq!(Scale::from_zero(0.2, false).ticks, [0.0, 0.1, 0.2]);
        assert_eq!(Scale::from_zero(1.0, true).ticks, [0.0, 1.0]);
        assert_eq!(Scale::from_zero(0.0, true).ticks, [0.0, 1.0], "an axis of zeros still has a height");
    }

    #[test]
    fn ticks_of_time_are_round_in_their_unit() {
        assert_eq!(Scale::of_seconds(150_000.0).ticks, [0.0, 72_000.0, 144_000.0]);
        assert_eq!(Scale::of_seconds(200.0).ticks, [0.0, 120.0]);
        assert_eq!(Scale::of_seconds(3.0).ticks, [0.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn bins_have_round_edges_below_the_greatest() {
        assert_eq!(bins(1_091.0), [150.0, 300.0, 450.0, 600.0, 750.0]);
        assert_eq!(bins(4.0), [1.0, 2.0, 3.0, 4.0, 5.0]);
    }

    proptest! {
        #[test]
        fn any_value_lies_on_its_axis(most in 1e-6_f64..1e12, whole: bool) {
            let scale = Scale::from_zero(most, whole);
            prop_assert!(scale.top >= most && (2..=6).contains(&scale.ticks.len()));
            prop_assert!(scale.ticks.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(scale.ticks.iter().all(|tick| *tick <= scale.top));
            prop_assert!((0.0..=1.0).contains(&scale.share(most)));
        }
    }
}
