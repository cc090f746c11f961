//! The parameters of questions: tables (`tables`), for reading them and for describing them.

use chrono::{DateTime, Utc};
use control::Project;
use warehouse::{
    query::{Ask, Comparison, Grain, Range, boundaries, nearest, zone},
    registry::{Dimension, Filter, METRICS, Metric},
};

use crate::Error;

mod dimensions;
mod hours;
mod listing;
mod page;
mod tables;

pub(crate) use dimensions::of_conversations;
pub use dimensions::values_of;
pub(crate) use listing::wanted;
pub(crate) use page::{cursor_of, paged, placed};
pub(crate) use tables::{CONVERSATION, CONVERSATIONS, DEAD_LETTERS, EXPLAIN, EXPORT, LIVE, QUERY, Table};

/// Most metrics of one question.
const METRICS_MAX: usize = 20;
/// Longest environment, in characters: whatever an event may say can be asked about.
const ENVIRONMENT_CHARS_MAX: usize = event::limits::ID_CHARS;
/// Most positions of one question.
const POSITIONS_MAX: usize = 64;

/// The parameters as sent.
#[derive(Debug, Default)]
pub(crate) struct Sent(Vec<(String, String)>);

impl Sent {
    /// Refuses parameters that do not exist, and those that come twice but may not.
    pub(crate) fn new(pairs: Vec<(String, String)>, table: Table) -> Result<Sent, Error> {
        let known_names = || table.iter().copied().flatten().map(|p| p.name);
        for (i, (name, _)) in pairs.iter().enumerate() {
            let Some(known) = table.iter().copied().flatten().find(|p| p.name == name) else {
                let near = nearest(name, known_names());
                let hint = suggestion(&near, known_names());
                return Err(bad("unknown_parameter", format!("there is no parameter `{}`", short(name)), hint));
            };
            if !known.repeatable && pairs[..i].iter().any(|(earlier, _)| earlier == name) {
                return Err(bad("repeated_parameter", format!("`{name}` came twice"), "send it once".into()));
            }
        }
        Ok(Sent(pairs))
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// The one value of a parameter; an empty one counts as none.
    pub(crate) fn one<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }
}

/// What is asked, understood.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) metrics: Vec<&'static Metric>,
    pub(crate) range: Range,
    pub(crate) compared_with: Option<Comparison>,
    pub(crate) grain: Option<Grain>,
    pub(crate) by: Vec<Dimension>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) business_hours: bool,
    pub(crate) environment: String,
    pub(crate) positions: Vec<String>,
}

impl Question {
    /// Reads the parameters. The project says what is not said; `now` decides presets.
    pub(crate) fn read(sent: &Sent, project: &Project, now: DateTime<Utc>) -> Result<Question, Error> {
        let metrics = metrics(sent)?;
        let range = range(sent, project, now)?;
        let grain = grain(sent, &range)?;
        let by = dimensions::by(sent, &metrics)?;
        let filters = dimensions::filters(sent, &metrics)?;
        dimensions::are_few_traits(&by, &filters)?;
        let business_hours = hours::are_business(sent, &metrics, &project.settings)?;
        let compared_with = comparison(sent)?;
        let (environment, positions) = (environment(sent)?, positions(sent)?);
        Ok(Question { metrics, range, compared_with, grain, by, filters, business_hours, environment, positions })
    }

    /// What is asked of one of the metrics.
    pub(crate) fn ask<'a>(&'a self, metric: &'a Metric, project: &'a Project, conversations: bool) -> Ask<'a> {
        Ask {
            metric,
            project: &project.id,
            settings: &project.settings,
            environment: &self.environment,
            range: self.range,
            grain: self.grain,
            by: &self.by,
            filters: &self.filters,
            business_hours: self.business_hours,
            conversations,
        }
    }

    /// The one metric of a question that takes one.
    pub(crate) fn metric(&self) -> Result<&'static Metric, Error> {
        match self.metrics[..] {
            [metric] => Ok(metric),
            _ => Err(bad("too_many_metrics", "one metric is explained at a time".into(), "ask once for each".into())),
        }
    }
}

fn metrics(sent: &Sent) -> Result<Vec<&'static Metric>, Error> {
    let metrics = sent
        .all("metric")
        .map(|id| {
            Metric::by_id(id).ok_or_else(|| {
                let near = nearest(id, METRICS.iter().map(|m| m.id));
                let hint = suggestion(&near, ["GET /api/v1/metrics lists them"].into_iter());
                bad("unknown_metric", format!("there is no metric `{}`", short(id)), hint)
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    if metrics.is_empty() {
        let hint = "add metric=ID; GET /api/v1/metrics lists them".into();
        return Err(bad("missing_parameter", "no metric is asked for".into(), hint));
    }
    if metrics.len() > METRICS_MAX {
        let hint = format!("at most {METRICS_MAX} a question");
        return Err(bad("too_many_metrics", "too many metrics are asked for".into(), hint));
    }
    Ok(metrics)
}

/// The environment that is asked about.
pub(crate) fn environment(sent: &Sent) -> Result<String, Error> {
    let environment = sent.one("env").unwrap_or("production").to_owned();
    if environment.chars().count() > ENVIRONMENT_CHARS_MAX || environment.contains('\0') {
        let message = format!("env has at most {ENVIRONMENT_CHARS_MAX} characters, none of them NUL");
        return Err(bad("bad_parameter", message, "production is the default".into()));
    }
    Ok(environment)
}

/// The positions that are waited for.
pub(crate) fn positions(sent: &Sent) -> Result<Vec<String>, Error> {
    let positions: Vec<String> = sent.all("position").map(str::to_owned).collect();
    if positions.len() > POSITIONS_MAX {
        let hint = format!("at most {POSITIONS_MAX}; the last one of each server is enough");
        return Err(bad("bad_parameter", "too many positions".into(), hint));
    }
    Ok(positions)
}

/// The range that is asked about.
pub(crate) fn range(sent: &Sent, project: &Project, now: DateTime<Utc>) -> Result<Range, Error> {
    let tz = sent.one("tz").map_or(Ok(project.timezone), zone)?;
    let week_start = project.settings.week_start;
    match (sent.one("from"), sent.one("to"), sent.one("r")) {
        (Some(from), Some(to), None) => Ok(Range::parse(from, to, tz)?.with_weeks_from(week_start)),
        (None, None, Some(preset)) => Ok(Range::preset_of_week(preset, tz, now, week_start)?),
        _ => {
            let hint = "add from and to (2026-03-23, or an instant), or r (7d, 28d, wtd …), not both".into();
            Err(bad("missing_parameter", "the range is not clear".into(), hint))
        }
    }
}

fn comparison(sent: &Sent) -> Result<Option<Comparison>, Error> {
    match sent.one("cmp") {
        None | Some("off") => Ok(None),
        Some("prev") => Ok(Some(Comparison::Previous)),
        Some("yoy") => Ok(Some(Comparison::YearBefore)),
        Some(other) => {
            let message = format!("cmp=`{}` is no comparison", short(other));
            Err(bad("unknown_comparison", message, "use prev, yoy or off".into()))
        }
    }
}

fn grain(sent: &Sent, range: &Range) -> Result<Option<Grain>, Error> {
    match sent.one("g") {
        None | Some("none") => Ok(None),
        Some(name) => match Grain::parse(name, range) {
            Some(grain) => {
                // Too many buckets are refused here, before anything is waited for.
                boundaries(range, grain)?;
                Ok(Some(grain))
            }
            None => {
                let hint = "use none, auto, minute, hour, day, week or month".into();
                Err(bad("unknown_grain", format!("g=`{}` is no size of bucket", short(name)), hint))
            }
        },
    }
}

fn suggestion(near: &[&'static str], all: impl Iterator<Item = &'static str>) -> String {
    let all: Vec<&str> = all.collect();
    if near.is_empty() { format!("known: {}", all.join(", ")) } else { format!("did you mean {}?", near.join(", ")) }
}

fn bad(code: &'static str, message: String, hint: String) -> Error {
    Error::BadParameter { code, message, hint }
}

/// What a client sent, short enough for a message.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> Result<Question, Error> {
        let pairs = query.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let now = DateTime::parse_from_rfc3339("2026-03-25T10:00:00Z").unwrap().with_timezone(&Utc);
        let project = Project::new("shop", "Shop", chrono_tz::Europe::Madrid);
        Question::read(&Sent::new(pairs, QUERY)?, &project, now)
    }

    fn refused(query: &[(&str, &str)]) -> (String, String) {
        let error = read(query).unwrap_err();
        assert_eq!(error.status(), 422, "{error:?}");
        (error.code().into(), error.hint())
    }

    const METRIC: (&str, &str) = ("metric", "messages_total");
    const R: (&str, &str) = ("r", "7d");

    #[test]
    fn a_whole_question_is_understood() {
        let q = read(&[
            METRIC,
            ("metric", "messages_incoming"),
            ("from", "2026-03-23"),
            ("to", "2026-03-30"),
            ("tz", "America/New_York"),
            ("g", "day"),
            ("by", "content_type,weekday"),
            ("env", "development"),
            ("cmp", "off"),
            ("position", "a"),
            ("position", "b"),
        ])
        .unwrap();
        assert_eq!(q.metrics.iter().map(|m| m.id).collect::<Vec<_>>(), ["messages_total", "messages_incoming"]);
        assert_eq!(q.range.local(q.range.from_us), "2026-03-23T00:00:00-04:00");
        assert_eq!(q.grain, Some(Grain::Day));
        assert_eq!(q.by, [Dimension::ContentType, Dimension::Weekday]);
        assert_eq!(q.environment, "development");
        assert_eq!(q.positions, ["a", "b"]);
    }

    #[test]
    fn the_projects_zone_and_production_are_the_defaults() {
        let q = read(&[METRIC, R, ("by", ""), ("g", "none")]).unwrap();
        assert_eq!(q.range.tz.name(), "Europe/Madrid");
        assert_eq!((q.environment.as_str(), q.grain, q.by.len()), ("production", None, 0));
    }

    #[test]
    fn what_does_not_exist_is_refused_with_the_nearest_names() {
        let (code, hint) = refused(&[("metric", "mesages_total"), R]);
        assert_eq!(code, "unknown_metric");
        assert!(hint.contains("messages_total"), "{hint}");
        let (code, hint) = refused(&[METRIC, R, ("by", "rol")]);
        assert_eq!(code, "unknown_dimension");
        assert!(hint.contains("role"), "{hint}");
        let (code, hint) = refused(&[METRIC, R, ("tz", "Europe/Madird")]);
        assert_eq!(code, "unknown_zone");
        assert!(hint.contains("Europe/Madrid"), "{hint}");
        assert_eq!(refused(&[METRIC, R, ("metrics", "x")]).0, "unknown_parameter");
        assert_eq!(refused(&[METRIC, R, ("g", "fortnight")]).0, "unknown_grain");
    }

    #[test]
    fn every_metric_has_to_have_the_dimension() {
        let (code, hint) = refused(&[METRIC, ("metric", "chats"), R, ("by", "role")]);
        assert_eq!(code, "unknown_dimension");
        assert!(hint.contains("chats"), "{hint}");
    }

    #[test]
    fn filters_name_a_dimension_a_comparison_and_values() {
        let q = read(&[METRIC, R, ("f", "channel:is:web,app"), ("f", "role:isnot:bot"), ("f", "language:contains:e")])
            .unwrap();
        assert_eq!(q.filters[0].values, ["web", "app"]);
        assert_eq!(q.filters[1].dimension, Dimension::Role);
        assert_eq!(q.filters[2].comparison, warehouse::registry::Comparison::Contains);
        for (wrong, code) in [
            ("channel", "bad_filter"),
            ("channel:like:web", "bad_filter"),
            ("channel:is:", "bad_filter"),
            ("chanel:is:web", "unknown_dimension"),
        ] {
            assert_eq!(refused(&[METRIC, R, ("f", wrong)]).0, code, "{wrong}");
        }
    }

    #[test]
    fn any_trait_of_users_is_a_dimension_if_its_name_is_well_formed() {
        let of = |name: &str| Dimension::Trait(warehouse::registry::Trait::parse(name).unwrap());
        let q = read(&[METRIC, R, ("by", "trait:plan,channel"), ("f", "trait:plan tier:isnot:a:b,c")]).unwrap();
        assert_eq!(q.by, [of("plan"), Dimension::Channel]);
        assert_eq!(q.filters[0].dimension, of("plan tier"));
        assert_eq!(q.filters[0].values, ["a:b", "c"]);
        for (name, value, code, says) in [
            ("by", "trait:", "bad_trait", "trait:NAME"),
            ("by", "trait:a'b", "bad_trait", "trait:NAME"),
            ("f", "trait::is:x", "bad_trait", "trait:NAME"),
            ("f", "trait:plan", "bad_filter", "DIMENSION"),
            ("f", "trait:plan:like:x", "bad_filter", "DIMENSION"),
            ("by", "trait:a,trait:b,trait:c,trait:d,trait:e,trait:f", "too_many_traits", "at most 5"),
        ] {
            let (got, hint) = refused(&[METRIC, R, (name, value)]);
            assert!(got == code && hint.contains(says), "{value}: {got}, {hint}");
        }
        // Presence has no conversation, whose user could have a trait.
        assert_eq!(refused(&[("metric", "available_hours"), R, ("by", "trait:plan")]).0, "unknown_dimension");
    }

    #[test]
    fn every_environment_that_an_event_can_have_can_be_asked_about() {
        let longest = "ö".repeat(event::limits::ID_CHARS);
        assert_eq!(read(&[METRIC, R, ("env", &longest)]).unwrap().environment, longest);
        for env in [&format!("{longest}x"), "a\0b"] {
            assert_eq!(refused(&[METRIC, R, ("env", env)]).0, "bad_parameter");
        }
    }

    #[test]
    fn a_range_is_compared_with_the_one_before_or_the_year_before() {
        assert_eq!(read(&[METRIC, R, ("cmp", "prev")]).unwrap().compared_with, Some(Comparison::Previous));
        assert_eq!(read(&[METRIC, R, ("cmp", "yoy")]).unwrap().compared_with, Some(Comparison::YearBefore));
        assert_eq!(refused(&[METRIC, R, ("cmp", "mom")]).0, "unknown_comparison");
    }

    #[test]
    fn an_unclear_range_is_refused() {
        assert_eq!(refused(&[METRIC]).0, "missing_parameter");
        assert_eq!(refused(&[METRIC, ("from", "2026-03-01")]).0, "missing_parameter");
        assert_eq!(refused(&[METRIC, R, ("from", "2026-03-01"), ("to", "2026-03-02")]).0, "missing_parameter");
        assert_eq!(refused(&[METRIC, R, R]).0, "repeated_parameter");
        assert_eq!(refused(&[R]).0, "missing_parameter");
    }
}
