//! A figure beside that of another range (P10, P11).

use serde_json::{Value, json};
use warehouse::{
    query::{Answer, Ask, Comparison},
    registry::{Polarity, Unit},
};

use crate::figures::{cell, number, told};

/// How a figure changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// A fraction of the earlier figure.
    Relative(f64),
    /// The difference of two fractions.
    Points(f64),
    /// There was nothing before.
    New,
    /// There is nothing to compare.
    Unknown,
}

impl Change {
    /// From the earlier figure to the present one.
    pub fn of(unit: Unit, before: Option<f64>, now: Option<f64>) -> Change {
        match (before, now) {
            (Some(before), Some(now)) if unit == Unit::Fraction => Change::Points(now - before),
            (Some(before), Some(now)) if before == 0.0 && now == 0.0 => Change::Relative(0.0),
            (Some(before), Some(now)) if before == 0.0 && now > 0.0 => Change::New,
            (Some(before), Some(now)) => Change::Relative((now - before) / before.abs()),
            _ => Change::Unknown,
        }
    }

    /// Whether the change is good news; None where it is neither.
    pub fn is_good(self, polarity: Polarity) -> Option<bool> {
        let rises = match self {
            Change::Relative(value) | Change::Points(value) if value != 0.0 => value > 0.0,
            Change::New => true,
            _ => return None,
        };
        match polarity {
            Polarity::Up => Some(rises),
            Polarity::Down => Some(!rises),
            Polarity::Neutral => None,
        }
    }

    fn described(self, polarity: Polarity) -> Value {
        let (kind, value) = match self {
            Change::Relative(value) => ("relative", Some(value)),
            Change::Points(value) => ("points", Some(value)),
            Change::New => ("new", None),
            Change::Unknown => ("unknown", None),
        };
        json!({"kind": kind, "value": number(value), "is_good": self.is_good(polarity)})
    }
}

/// What a figure is compared with, as a question; None where there is no such range.
pub(crate) fn before<'a>(ask: &Ask<'a>, with: Comparison, now_us: i64) -> Option<Ask<'a>> {
    let range = ask.range.compared(with, now_us)?;
    Some(Ask { range, grain: None, by: &[], ..*ask })
}

/// The comparison of an answer: the other question with its figure, and the change from there to here.
pub(crate) fn compared(ask: &Ask<'_>, before: &Answer, answer: &Answer) -> Value {
    let change = Change::of(ask.metric.unit, before.total.value, answer.total.value);
    json!({
        "range": told(&ask.range),
        "total": cell(ask, &before.total),
        "delta": change.described(ask.metric.polarity),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_relative_new_unknown_or_in_points() {
        let count = Unit::Count("messages");
        assert_eq!(Change::of(count, Some(4.0), Some(5.0)), Change::Relative(0.25));
        assert_eq!(Change::of(count, Some(0.0), Some(0.0)), Change::Relative(0.0));
        assert_eq!(Change::of(count, Some(0.0), Some(3.0)), Change::New);
        assert_eq!(Change::of(Unit::Seconds, None, Some(3.0)), Change::Unknown);
        assert_eq!(Change::of(Unit::Fraction, Some(0.5), Some(0.25)), Change::Points(-0.25));
    }

    #[test]
    fn whether_it_is_good_follows_the_polarity_and_not_the_sign() {
        let slower = Change::of(Unit::Seconds, Some(2.0), Some(3.0));
        assert_eq!(slower.described(Polarity::Down)["is_good"], false);
        assert_eq!(slower.described(Polarity::Up)["is_good"], true);
        assert_eq!(slower.described(Polarity::Neutral)["is_good"], Value::Null);
        assert_eq!(Change::Relative(0.0).described(Polarity::Up)["is_good"], Value::Null);
    }
}
