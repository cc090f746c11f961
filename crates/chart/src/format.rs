//! Numbers, durations and dates as people of a language write them (CLDR 44; English dates as in Britain, day first).

use chrono::{Datelike, NaiveDate, Weekday};

/// Stands between a number and its unit, so that no line breaks there.
const JOIN: char = '\u{a0}';
/// Most languages of a header that are looked at.
const ACCEPTED_MAX: usize = 20;
/// A minus, not a hyphen.
const MINUS: char = '\u{2212}';

/// A language with its habits of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
    /// Italian.
    It,
    /// Portuguese.
    Pt,
}

impl Locale {
    /// Every locale.
    pub const ALL: [Locale; 4] = [Locale::En, Locale::Es, Locale::It, Locale::Pt];

    /// Its tag, ISO 639-1.
    pub fn tag(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::Es => "es",
            Locale::It => "it",
            Locale::Pt => "pt",
        }
    }

    /// The locale of a tag such as `pt-BR`.
    pub fn of_tag(tag: &str) -> Option<Locale> {
        let language = tag.split(['-', '_']).next()?;
        Locale::ALL.into_iter().find(|locale| language.eq_ignore_ascii_case(locale.tag()))
    }

    /// What the language calls itself.
    pub fn endonym(self) -> &'static str {
        self.of(["English", "Español", "Italiano", "Português"])
    }

    /// The one of four texts, in the order of [`Locale::ALL`], that is in this language.
    pub fn of<T>(self, [en, es, it, pt]: [T; 4]) -> T {
        match self {
            Locale::En => en,
            Locale::Es => es,
            Locale::It => it,
            Locale::Pt => pt,
        }
    }

    /// Whether a number of things takes the singular (CLDR's plural rules: in Portuguese nothing does, too).
    pub fn is_one(self, n: u64) -> bool {
        n == 1 || n == 0 && self == Locale::Pt
    }

    /// The language that a header `Accept-Language` likes best among these; None where it names none of them.
    pub fn accepted(header: &str) -> Option<Locale> {
        let ranked = header.split(',').take(ACCEPTED_MAX).filter_map(|range| {
            let (tag, parameter) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight: f32 = parameter.trim().strip_prefix("q=")?.trim().parse().ok()?;
            Some((Locale::of_tag(tag.trim())?, weight)).filter(|(_, weight)| *weight > 0.0)
        });
        // Of those that are liked alike the first.
        ranked.reduce(|best, one| if one.1 > best.1 { one } else { best }).map(|(locale, _)| locale)
    }

    /// A number with so many decimals.
    pub fn number(self, value: f64, decimals: usize) -> String {
        if !value.is_finite() {
            return "–".into();
        }
        let plain = format!("{:.decimals$}", value.abs());
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let is_zero = plain.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        let mut text = String::new();
        if value < 0.0 && !is_zero {
            text.push(MINUS);
        }
        self.group(whole, &mut text);
        if !fraction.is_empty() {
            text.push(if self == Locale::En { '.' } else { ',' });
            text.push_str(fraction);
        }
        text
    }

    /// Thousands; Spanish and Italian leave numbers of four digits alone.
    fn group(self, digits: &str, text: &mut String) {
        let (mark, least) = match self {
            Locale::En => (',', 4),
            Locale::Pt => ('.', 4),
            Locale::Es | Locale::It => ('.', 5),
        };
        for (at, digit) in digits.char_indices() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) && digits.len() >= least {
                text.push(mark);
            }
            text.push(digit);
        }
    }

    /// A count: in full up to six digits, then in millions.
    pub fn count(self, value: f64) -> String {
        if value.abs() < 1e6 {
            return self.number(value, 0);
        }
        let long = value.abs() >= 1e9 && self != Locale::Es;
        let scaled = value / if long { 1e9 } else { 1e6 };
        let decimals = usize::from(scaled.abs() < 100.0 && (scaled * 10.0).round() % 10.0 != 0.0);
        let is_one = self.number(scaled.abs(), decimals) == "1";
        let word = match (self, long, is_one) {
            (Locale::En, false, _) => "million",
            (Locale::En, true, _) => "billion",
            (Locale::Es, _, true) => "millón",
            (Locale::Es, _, false) => "millones",
            (Locale::It, false, true) => "milione",
            (Locale::It, false, false) => "milioni",
            (Locale::It, true, true) => "miliardo",
            (Locale::It, true, false) => "miliardi",
            (Locale::Pt, false, true) => "milhão",
            (Locale::Pt, false, false) => "milhões",
            (Locale::Pt, true, true) => "bilhão",
            (Locale::Pt, true, false) => "bilhões",
        };
        format!("{}{JOIN}{word}", self.number(scaled, decimals))
    }

    /// A fraction of one in percent.
    pub fn percent(self, fraction: f64, decimals: usize) -> String {
        let number = self.number(fraction * 100.0, decimals);
        if self == Locale::Es { format!("{number}{JOIN}%") } else { format!("{number}%") }
    }

    /// Seconds as `2.4 s`, `4 min 12 s` or `1 h 05 min`.
    pub fn duration(self, seconds: f64) -> String {
        let sign = if seconds < 0.0 { String::from(MINUS) } else { String::new() };
        let size = seconds.abs();
        if size.is_finite() && size < 59.95 {
            return format!("{sign}{}{JOIN}s", self.number(size, usize::from(size != 0.0)));
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is positive")]
        let whole = size.round() as u64;
        let (hours, minutes, rest) = (whole / 3_600, whole / 60 % 60, whole % 60);
        if hours == 0 {
            return format!("{sign}{minutes}{JOIN}min{JOIN}{rest}{JOIN}s");
        }
        #[allow(clippy::cast_precision_loss, reason = "hours of a figure are few")]
        let hours = self.number(hours as f64, 0);
        format!("{sign}{hours}{JOIN}h{JOIN}{minutes:02}{JOIN}min")
    }

    /// An amount with its currency's code; small amounts with more decimals.
    pub fn money(self, amount: f64, currency: &str) -> String {
        let decimals = match amount.abs() {
            size if size == 0.0 || size >= 1.0 => 2,
            size if size >= 0.01 => 3,
            _ => 5,
        };
        format!("{}{JOIN}{currency}", self.number(amount, decimals))
    }

    /// A day of a known year: `5 Mar`.
    pub fn day(self, date: NaiveDate) -> String {
        let (day, month) = (date.day(), self.month(date.month()));
        if self == Locale::Pt { format!("{day}{JOIN}de{JOIN}{month}") } else { format!("{day}{JOIN}{month}") }
    }

    /// A date: `5 Mar 2026`.
    pub fn date(self, date: NaiveDate) -> String {
        let (day, year) = (self.day(date), date.year());
        if self == Locale::Pt { format!("{day}{JOIN}de{JOIN}{year}") } else { format!("{day}{JOIN}{year}") }
    }

    /// A month: `Mar 2026`.
    pub fn month_year(self, date: NaiveDate) -> String {
        let (month, year) = (self.month(date.month()), date.year());
        if self == Locale::Pt { format!("{month}{JOIN}de{JOIN}{year}") } else { format!("{month}{JOIN}{year}") }
    }

    /// A month, short; 1 is January.
    pub fn month(self, month: u32) -> &'static str {
        let names = match self {
            Locale::En => ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"],
            Locale::Es => ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"],
            Locale::It => ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"],
            Locale::Pt => {
                ["jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez."]
            }
        };
        names[(month.clamp(1, 12) - 1) as usize]
    }

    /// A day of the week, short.
    pub fn weekday(self, day: Weekday) -> &'static str {
        let names = match self {
            Locale::En => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
            Locale::Es => ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"],
            Locale::It => ["lun", "mar", "mer", "gio", "ven", "sab", "dom"],
            Locale::Pt => ["seg.", "ter.", "qua.", "qui.", "sex.", "sáb.", "dom."],
        };
        names[day.num_days_from_monday() as usize]
    }
}

/// Seconds as in columns of a table: `4:12`, `1:05:00`.
pub fn clock(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "–".into();
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is positive")]
    let whole = seconds.abs().round() as u64;
    let sign = if seconds < 0.0 && whole > 0 { String::from(MINUS) } else { String::new() };
    let (hours, minutes, rest) = (whole / 3_600, whole / 60 % 60, whole % 60);
    if hours == 0 { format!("{sign}{minutes}:{rest:02}") } else { format!("{sign}{hours}:{minutes:02}:{rest:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: String) -> String {
        text.replace(JOIN, " ")
    }

    /// What `Intl.NumberFormat` of ICU 74 (CLDR 44) writes.
    #[test]
    fn numbers_are_grouped_as_in_cldr() {
        for (locale, written) in [
            (Locale::En, ["999", "1,234", "12,345", "1,234,567"]),
            (Locale::Es, ["999", "1234", "12.345", "1.234.567"]),
            (Locale::It, ["999", "1234", "12.345", "1.234.567"]),
            (Locale::Pt, ["999", "1.234", "12.345", "1.234.567"]),
        ] {
            let got = [999.0, 1_234.0, 12_345.0, 1_234_567.0].map(|value| locale.number(value, 0));
            assert_eq!(got, written, "{locale:?}");
        }
        assert_eq!(Locale::En.number(-1_234.5, 1), "−1,234.5");
        assert_eq!(Locale::Es.number(-1_234.5, 1), "−1234,5");
        assert_eq!(Locale::En.number(-0.04, 1), "0.0", "what rounds to zero has no sign");
        assert_eq!(Locale::En.number(f64::NAN, 1), "–");
    }

    #[test]
    fn shares_and_millions_follow_the_language() {
        let shares = Locale::ALL.map(|locale| plain(locale.percent(0.144, 1)));
        assert_eq!(shares, ["14.4%", "14,4 %", "14,4%", "14,4%"]);
        let millions = Locale::ALL.map(|locale| plain(locale.count(2_100_000.0)));
        assert_eq!(millions, ["2.1 million", "2,1 millones", "2,1 milioni", "2,1 milhões"]);
        assert_eq!(plain(Locale::En.count(1e9)), "1 billion");
        assert_eq!(plain(Locale::Es.count(1e9)), "1000 millones");
        assert_eq!(plain(Locale::It.count(1e6)), "1 milione");
        assert_eq!(Locale::En.count(999_999.0), "999,999");
    }

    #[test]
    fn durations_are_in_the_units_that_fit() {
        for (seconds, written) in [
            (0.0, "0 s"),
            (2.41, "2.4 s"),
            (59.94, "59.9 s"),
            (59.96, "1 min 0 s"),
            (252.0, "4 min 12 s"),
            (3_900.0, "1 h 05 min"),
            (-9.0, "−9.0 s"),
        ] {
            assert_eq!(plain(Locale::En.duration(seconds)), written);
        }
        assert_eq!(plain(Locale::It.duration(2.4)), "2,4 s");
        assert_eq!((clock(252.0), clock(3_900.0), clock(0.4)), ("4:12".into(), "1:05:00".into(), "0:00".into()));
    }

    #[test]
    fn dates_are_written_as_in_cldr() {
        let date = NaiveDate::from_ymd_opt(2026, 3, 5).unwrap();
        let dates = Locale::ALL.map(|locale| plain(locale.date(date)));
        assert_eq!(dates, ["5 Mar 2026", "5 mar 2026", "5 mar 2026", "5 de mar. de 2026"]);
        assert_eq!(Locale::ALL.map(|locale| locale.weekday(Weekday::Sat)), ["Sat", "sáb", "sab", "sáb."]);
        assert_eq!(plain(Locale::Pt.month_year(date)), "mar. de 2026");
    }

    #[test]
    fn money_is_told_to_what_matters() {
        let told = [0.0, 12.3, 0.0271, 0.00271].map(|amount| plain(Locale::En.money(amount, "USD")));
        assert_eq!(told, ["0.00 USD", "12.30 USD", "0.027 USD", "0.00271 USD"]);
    }

    #[test]
    fn what_a_browser_likes_best_is_taken_and_what_it_refuses_is_not() {
        for (header, expected) in [
            ("es-MX,es;q=0.9,en;q=0.8", Some(Locale::Es)),
            ("fr-FR, it;q=0.4, pt;q=0.7", Some(Locale::Pt)),
            ("en;q=0.5, it;q=0.5", Some(Locale::En)),
            ("it;q=0, pt; q=0.1", Some(Locale::Pt)),
            ("de, *", None),
            ("it;q=x", None),
            ("", None),
        ] {
            assert_eq!(Locale::accepted(header), expected, "{header}");
        }
    }

    #[test]
    fn one_is_singular_and_in_portuguese_zero_too() {
        assert_eq!(
            Locale::ALL.map(|locale| [0, 1, 2].map(|n| locale.is_one(n))),
            [[false, true, false], [false, true, false], [false, true, false], [true, true, false],]
        );
    }

    #[test]
    fn tags_name_languages_whatever_the_region() {
        assert_eq!(Locale::of_tag("pt-BR"), Some(Locale::Pt));
        assert_eq!(Locale::of_tag("ES"), Some(Locale::Es));
        assert_eq!(Locale::of_tag("fr"), None);
    }
}
