//! Which conversations are wanted.

use chrono::{DateTime, Utc};
use control::Project;
use warehouse::{
    query::{Condition, Leaning, OUTCOMES, Range, nearest, zone},
    registry::Filter,
};

use super::{Sent, bad, dimensions, environment, positions, range, short, suggestion};
use crate::Error;

/// Without a range: so many days, today included.
const DEFAULT_RANGE: &str = "28d";
/// Shortest and longest text that is searched for, in characters.
const TEXT_CHARS: std::ops::RangeInclusive<usize> = 2..=200;
/// Most values of one parameter, and most conditions on metadata.
const VALUES_MAX: usize = 50;
/// Most keys on the way to a value of metadata.
const PATH_MAX: usize = 8;

/// A list of conversations as it is asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) range: Range,
    pub(crate) filters: Vec<Filter>,
    pub(crate) conditions: Vec<Condition>,
    /// Whether tests are wanted in place of what counts.
    pub(crate) tests: bool,
    pub(crate) environment: String,
    pub(crate) positions: Vec<String>,
}

/// Reads the parameters of a list of conversations.
pub(crate) fn wanted(sent: &Sent, project: &Project, now: DateTime<Utc>) -> Result<Wanted, Error> {
    let has_range = ["from", "to", "r"].iter().any(|name| sent.one(name).is_some());
    let range = if has_range {
        range(sent, project, now)?
    } else {
        Range::preset(DEFAULT_RANGE, sent.one("tz").map_or(Ok(project.timezone), zone)?, now)?
    };
    Ok(Wanted {
        range,
        filters: dimensions::of_conversations(sent)?,
        conditions: conditions(sent)?,
        tests: sent.one("state") == Some("test"),
        environment: environment(sent)?,
        positions: positions(sent)?,
    })
}

fn conditions(sent: &Sent) -> Result<Vec<Condition>, Error> {
    let mut all = Vec::new();
    match sent.one("state") {
        // A test is another kind of conversation, not a condition on one.
        None | Some("all" | "test") => {}
        Some("open") => all.push(Condition::Open(true)),
        Some("closed") => all.push(Condition::Open(false)),
        Some(other) => return Err(unknown(("state", other), &["open", "closed", "test", "all"])),
    }
    if let Some(text) = sent.one("csat") {
        all.push(scores(text)?);
    }
    if let Some(name) = sent.one("feedback") {
        let leaning = Leaning::ALL.iter().find(|(known, _)| *known == name);
        let names: Vec<&'static str> = Leaning::ALL.iter().map(|(name, _)| *name).collect();
        all.push(Condition::Feedback(leaning.ok_or_else(|| unknown(("feedback", name), &names))?.1));
    }
    for (name, condition) in [
        ("workflow", Condition::Workflow as fn(Vec<String>) -> Condition),
        ("intent", Condition::Intent),
        ("outcome", Condition::Outcome),
        ("tool", Condition::Tool),
    ] {
        if let Some(text) = sent.one(name) {
            all.push(condition(names((name, text))?));
        }
    }
    all.extend(metadata(sent)?);
    if let Some(text) = sent.one("q") {
        if !TEXT_CHARS.contains(&text.chars().count()) || text.contains('\0') {
            let hint = format!("use {} to {} characters", TEXT_CHARS.start(), TEXT_CHARS.end());
            return Err(bad("bad_parameter", "the text of q cannot be searched for".into(), hint));
        }
        all.push(Condition::Text(text.to_owned()));
    }
    all.extend(flag(sent, "csat_comment")?.filter(|wanted| *wanted).map(|_| Condition::CsatComment));
    all.extend(flag(sent, "needs_support")?.filter(|wanted| *wanted).map(|_| Condition::NeedsSupport));
    all.extend(flag(sent, "marked")?.map(Condition::Marked));
    Ok(all)
}

fn unknown((name, value): (&str, &str), known: &[&'static str]) -> Error {
    let near = nearest(value, known.iter().copied());
    bad("bad_parameter", format!("{name} cannot be `{}`", short(value)), suggestion(&near, known.iter().copied()))
}

fn flag(sent: &Sent, name: &str) -> Result<Option<bool>, Error> {
    match sent.one(name) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(other) => Err(unknown((name, other), &["true", "false"])),
    }
}

/// A score, or two with a dash between them.
fn scores(text: &str) -> Result<Condition, Error> {
    let score = |text: &str| text.parse().ok().filter(|score: &u8| (1..=5).contains(score));
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    match (score(low), score(high)) {
        (Some(low), Some(high)) if low <= high => Ok(Condition::Csat(low, high)),
        _ => Err(bad(
            "bad_parameter",
            format!("csat=`{}` is no score", short(text)),
            "use 1 to 5, or a range: 1-2".into(),
        )),
    }
}

fn names((name, text): (&str, &str)) -> Result<Vec<String>, Error> {
    let names = dimensions::values_of(text);
    if names.is_empty() || names.len() > VALUES_MAX {
        let hint = format!("1 to {VALUES_MAX} names, separated by commas");
        return Err(bad("bad_parameter", format!("{name} has no names, or too many"), hint));
    }
    match names.iter().find(|value| name == "outcome" && !OUTCOMES.contains(&value.as_str())) {
        Some(other) => Err(unknown((name, other), OUTCOMES)),
        None => Ok(names),
    }
}

fn metadata(sent: &Sent) -> Result<Vec<Condition>, Error> {
    let wrong = || {
        let hint = format!(
            "write metadata=PATH:VALUE, as in metadata=plan.tier:gold; at most {PATH_MAX} keys, {VALUES_MAX} times"
        );
        bad("bad_parameter", "a condition on metadata cannot be used".into(), hint)
    };
    let condition = |text: &str| {
        let (path, value) = text.split_once(':').ok_or_else(wrong)?;
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        let fits = path.len() <= PATH_MAX && path.iter().all(|key| !key.is_empty()) && !text.contains('\0');
        if fits { Ok(Condition::Metadata(path, value.to_owned())) } else { Err(wrong()) }
    };
    let all = sent.all("metadata").map(condition).collect::<Result<Vec<_>, _>>()?;
    if all.len() > VALUES_MAX { Err(wrong()) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    use super::super::{CONVERSATIONS, Sent};
    use super::*;

    fn read(query: &[(&str, &str)]) -> Result<Wanted, Error> {
        let pairs = query.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let now = DateTime::parse_from_rfc3339("2026-03-25T10:00:00Z").unwrap().with_timezone(&Utc);
        wanted(&Sent::new(pairs, CONVERSATIONS)?, &Project::new("shop", "Shop", chrono_tz::Europe::Madrid), now)
    }

    #[test]
    fn conditions_are_understood_and_the_range_has_a_default() {
        let got = read(&[
            ("state", "open"),
            ("csat", "1-2"),
            ("feedback", "only_negative"),
            ("outcome", "missed,pending"),
            ("metadata", "plan.tier:gold"),
            ("metadata", "a:b:c"),
            ("q", "Refund"),
            ("needs_support", "true"),
            ("marked", "false"),
            ("f", "channel:is:web"),
        ])
        .unwrap();
        assert_eq!(got.range.local(got.range.from_us), "2026-02-26T00:00:00+01:00");
        assert_eq!(got.filters.len(), 1);
        assert_eq!(
            got.conditions,
            [
                Condition::Open(true),
                Condition::Csat(1, 2),
                Condition::Feedback(Leaning::OnlyNegative),
                Condition::Outcome(vec!["missed".into(), "pending".into()]),
                Condition::Metadata(vec!["plan".into(), "tier".into()], "gold".into()),
                Condition::Metadata(vec!["a".into()], "b:c".into()),
                Condition::Text("Refund".into()),
                Condition::NeedsSupport,
                Condition::Marked(false),
            ]
        );
    }

    #[test]
    fn what_cannot_be_understood_is_refused_with_the_nearest_names() {
        for (name, value, hint) in [
            ("state", "opne", "open"),
            ("csat", "6", "1 to 5"),
            ("csat", "4-2", "1 to 5"),
            ("feedback", "more_positiv", "more_positive"),
            ("outcome", "mised", "missed"),
            ("tool", ",", "names"),
            ("metadata", "plan", "PATH:VALUE"),
            ("metadata", "plan..x:1", "PATH:VALUE"),
            ("q", "x", "2 to 200"),
            ("marked", "yes", "true"),
            ("f", "chanel:is:web", "channel"),
            ("f", "role:is:user", "channel"),
            ("stat", "open", "state"),
            ("tz", "Europe/Madird", "Europe/Madrid"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert_eq!(error.status(), 422, "{name}={value}: {error:?}");
            assert!(error.hint().contains(hint), "{name}={value}: {}", error.hint());
        }
    }
}
