//! Figures as text.

use api::Change;
use maud::{Markup, html};
use warehouse::registry::{Metric, Unit};

use crate::words::Words;

/// How a project's figures are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'a> {
    pub(crate) words: Words,
    pub(crate) currency: &'a str,
}

impl Writer<'_> {
    /// A value in its unit.
    pub(crate) fn value(self, unit: Unit, value: f64) -> String {
        let words = self.words;
        match unit {
            Unit::Count(_) => words.count(value),
            Unit::Fraction => words.percent(value, 1),
            Unit::Per(_) | Unit::Hours => words.number(value, 1),
            Unit::Minutes => words.number(value, 0),
            Unit::Seconds => words.duration(value),
            Unit::Milliseconds if value.abs() < 1_000.0 => format!("{}\u{a0}ms", words.number(value, 0)),
            Unit::Milliseconds => words.duration(value / 1_000.0),
            Unit::Score => words.number(value, 2),
            Unit::Money => words.money(value, self.currency),
        }
    }

    /// A value, or a dash where there is none.
    pub(crate) fn maybe(self, unit: Unit, value: Option<f64>) -> String {
        value.map_or_else(|| "–".into(), |value| self.value(unit, value))
    }

    /// A value of an axis: of whole counts without decimals, of shares too.
    pub(crate) fn tick(self, unit: Unit, value: f64) -> String {
        match unit {
            Unit::Fraction => self.words.percent(value, usize::from(value * 100.0 % 1.0 > 1e-9)),
            Unit::Seconds | Unit::Milliseconds if value == 0.0 => "0".into(),
            Unit::Seconds if value % 3_600.0 == 0.0 => format!("{}\u{a0}h", self.words.number(value / 3_600.0, 0)),
            Unit::Seconds if value % 60.0 == 0.0 => format!("{}\u{a0}min", self.words.number(value / 60.0, 0)),
            Unit::Per(_) | Unit::Hours | Unit::Score => self.words.number(value, usize::from(value % 1.0 > 1e-9)),
            _ => self.value(unit, value),
        }
    }

    /// A time in a column of a table, where all are of one kind.
    pub(crate) fn column(self, unit: Unit, value: Option<f64>) -> String {
        match (unit, value) {
            (Unit::Seconds, Some(seconds)) if seconds >= 60.0 => chart::clock(seconds),
            _ => self.maybe(unit, value),
        }
    }

    /// How a figure changed: arrow, size, and a word where it is good or bad news.
    pub(crate) fn change(self, metric: &Metric, before: Option<f64>, now: Option<f64>) -> Markup {
        let change = Change::of(metric.unit, before, now);
        let (size, rises) = match change {
            Change::Relative(0.0) | Change::Points(0.0) => return html! { span .d { (self.words.no_change()) } },
            Change::Relative(share) if matches!(metric.unit, Unit::Seconds | Unit::Milliseconds | Unit::Score) => {
                let difference = now.unwrap_or_default() - before.unwrap_or_default();
                (self.value(metric.unit, difference.abs()), share > 0.0)
            }
            Change::Relative(share) => (self.words.percent(share.abs(), 1), share > 0.0),
            Change::Points(points) => (self.words.points(self.words.number(points.abs() * 100.0, 1)), points > 0.0),
            Change::New => return html! { span .d { (self.words.new()) } },
            Change::Unknown => return html! { span .d { "–" } },
        };
        // What is written as zero has no direction.
        if !size.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
            return html! { span .d { (self.words.no_change()) } };
        }
        let is_small = match change {
            Change::Relative(share) => share.abs() < 0.01,
            Change::Points(points) => points.abs() < 0.002,
            _ => false,
        };
        let (class, word) = match change.is_good(metric.polarity).filter(|_| !is_small) {
            Some(true) => ("up", self.words.better()),
            Some(false) => ("dn", self.words.worse()),
            None => ("", ""),
        };
        html! { span .d .(class) { (arrow(rises, self.words)) (size) (word) } }
    }
}

/// A triangle with a word for who does not see it.
fn arrow(rises: bool, words: Words) -> Markup {
    let (path, word) = if rises { ("M0 8L4.5 0L9 8Z", words.up()) } else { ("M0 0L4.5 8L9 0Z", words.down()) };
    html! { svg .arr viewBox="0 0 9 8" aria-hidden="true" { path d=(path) {} } span .vh { (word) } }
}

/// A person's key without the letter that says what it is made of.
pub(crate) fn person(key: &str) -> &str {
    key.split_once(':').map_or(key, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use chart::Locale;

    use super::*;

    const WRITER: Writer<'_> = Writer { words: Words(Locale::En), currency: "EUR" };

    fn change(id: &str, before: Option<f64>, now: Option<f64>) -> String {
        let text = WRITER.change(Metric::by_id(id).unwrap(), before, now).into_string();
        let mut plain = String::new();
        let mut inside = false;
        for letter in text.chars() {
            match letter {
                '<' => inside = true,
                '>' => inside = false,
                other if !inside => plain.push(other),
                _ => {}
            }
        }
        plain.replace('\u{a0}', " ")
    }

    #[test]
    fn changes_have_a_direction_and_a_word_by_polarity() {
        assert_eq!(change("messages_total", Some(48_270.0), Some(54_133.0)), "up 12.1%");
        assert_eq!(change("users_active", Some(5_076.0), Some(5_510.0)), "up 8.6% better");
        assert_eq!(change("escalation_rate", Some(0.165), Some(0.144)), "down 2.1 pts better");
        assert_eq!(change("escalation_rate", Some(0.1441), Some(0.144)), "= no change");
        assert_eq!(change("bot_response_time", Some(2.01), Some(2.04)), "= no change");
        assert_eq!(change("escalation_rate", Some(0.1459), Some(0.144)), "down 0.2 pts");
        assert_eq!(change("bot_response_time", Some(2.4), Some(3.0)), "up 0.6 s worse");
        assert_eq!(change("messages_total", Some(0.0), Some(3.0)), "new");
        assert_eq!(change("messages_total", Some(0.0), Some(0.0)), "= no change");
        assert_eq!(change("csat_avg", None, Some(3.0)), "–");
    }

    #[test]
    fn what_is_unknown_is_said_and_names_are_those_of_people() {
        assert_eq!(Words(Locale::It).named("country", "ES"), "Spagna");
        assert_eq!(Words(Locale::En).named("country", "unknown"), "Unknown");
        assert_eq!(Words(Locale::En).named("reason", "unspecified"), "Unspecified");
        assert_eq!(Words(Locale::En).named("channel", "whatsapp"), "WhatsApp");
        assert_eq!(Words(Locale::En).named("channel", "<b>"), "<b>");
    }
}
