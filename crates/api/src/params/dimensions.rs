//! What rows are split by (`by`) and kept to (`f`): dimensions that every metric of the question has.

use warehouse::{
    query::nearest,
    registry::{Comparison, Dimension, Filter, METRICS, Metric, Trait},
};

use super::{Sent, bad, short, suggestion};
use crate::Error;

/// Most filters of one question.
const FILTERS_MAX: usize = 20;
/// Most values of one filter.
const VALUES_MAX: usize = 200;
/// Most traits of users of one question: each is looked up for every conversation.
const TRAITS_MAX: usize = 5;

/// The dimensions that rows are split by.
pub(super) fn by(sent: &Sent, metrics: &[&'static Metric]) -> Result<Vec<Dimension>, Error> {
    let mut by = Vec::new();
    for name in sent.one("by").into_iter().flat_map(|names| names.split(',')) {
        let dimension = of_all(name, metrics, "split")?;
        if !by.contains(&dimension) {
            by.push(dimension);
        }
    }
    Ok(by)
}

/// What the figures are kept to: `DIM:is|isnot|contains:V1,V2`, where a comma in a value is written `\,`.
pub(super) fn filters(sent: &Sent, metrics: &[&'static Metric]) -> Result<Vec<Filter>, Error> {
    read(sent, &|name| of_all(name, metrics, "filtered"))
}

/// Refuses a question about more traits of users than are looked up for one.
pub(super) fn are_few_traits(by: &[Dimension], filters: &[Filter]) -> Result<(), Error> {
    let asked = by.iter().copied().chain(filters.iter().map(|filter| filter.dimension));
    let mut traits: Vec<Dimension> = Vec::new();
    for of in asked.filter(|dimension| matches!(dimension, Dimension::Trait(_))) {
        if !traits.contains(&of) {
            traits.push(of);
        }
    }
    if traits.len() > TRAITS_MAX {
        let hint = format!("at most {TRAITS_MAX} a question");
        return Err(bad("too_many_traits", "too many traits of users are asked for".into(), hint));
    }
    Ok(())
}

/// Filters of conversations themselves.
pub(crate) fn of_conversations(sent: &Sent) -> Result<Vec<Filter>, Error> {
    read(sent, &|name| {
        let known = Dimension::OF_CONVERSATIONS.iter().copied();
        known.clone().find(|dimension| dimension.name() == name).ok_or_else(|| {
            let names = || known.clone().map(Dimension::name);
            let message = format!("conversations cannot be filtered by `{}`", short(name));
            bad("unknown_dimension", message, suggestion(&meant(name, names()), names()))
        })
    })
}

/// Finds the dimension of a name.
type Find<'a> = &'a dyn Fn(&str) -> Result<Dimension, Error>;

fn read(sent: &Sent, find: Find<'_>) -> Result<Vec<Filter>, Error> {
    let filters = sent.all("f").map(|text| filter(text, find)).collect::<Result<Vec<_>, _>>()?;
    if filters.len() > FILTERS_MAX {
        let hint = format!("at most {FILTERS_MAX}; one filter takes several values");
        return Err(bad("bad_filter", "too many filters are asked for".into(), hint));
    }
    Ok(filters)
}

fn filter(text: &str, find: Find<'_>) -> Result<Filter, Error> {
    let wrong = |message: String| {
        let hint = "write f=DIMENSION:is:VALUE, with is, isnot or contains and values separated by commas, as in f=channel:is:web,app";
        bad("bad_filter", message, hint.into())
    };
    let Some((name, comparison, values)) = parts(text) else {
        return Err(wrong(format!("`{}` is no filter", short(text))));
    };
    let dimension = find(name)?;
    let comparison = match comparison {
        "is" => Comparison::Is,
        "isnot" => Comparison::IsNot,
        "contains" => Comparison::Contains,
        other => return Err(wrong(format!("`{}` is no comparison", short(other)))),
    };
    let values = values_of(values);
    if values.is_empty() || values.len() > VALUES_MAX {
        return Err(wrong(format!("a filter has 1 to {VALUES_MAX} values, this one has {}", values.len())));
    }
    Ok(Filter { dimension, comparison, values })
}

/// Dimension, comparison and values of a filter. The name of a trait has a colon of its own.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let of_trait = text.strip_prefix(Trait::PREFIX).and_then(|rest| rest.find(':')).map(|at| at + Trait::PREFIX.len());
    let (name, rest) = text.split_at_checked(of_trait.or_else(|| text.find(':'))?)?;
    let (comparison, values) = rest.strip_prefix(':')?.split_once(':')?;
    Some((name, comparison, values))
}

/// Values separated by commas; a backslash takes the next character as it is. Empty ones say nothing.
pub fn values_of(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let last = values.len() - 1;
        match character {
            ',' => values.push(String::new()),
            '\\' => values[last].extend(characters.next()),
            other => values[last].push(other),
        }
    }
    values.retain(|value| !value.is_empty());
    values
}

/// The dimension of a name, which every metric has to have.
fn of_all(name: &str, metrics: &[&'static Metric], verb: &str) -> Result<Dimension, Error> {
    if let Some(of) = name.strip_prefix(Trait::PREFIX) {
        return of_trait(of, metrics, verb);
    }
    let mut found = None;
    for metric in metrics {
        found = metric.dimensions().find(|dimension| dimension.name() == name);
        if found.is_none() {
            let names = || metric.dimensions().map(Dimension::name);
            let hint = match meant(name, names()) {
                near if near.is_empty() => has(metric),
                near => suggestion(&near, names()),
            };
            let message = format!("`{}` cannot be {verb} by `{}`", metric.id, short(name));
            return Err(bad("unknown_dimension", message, hint));
        }
    }
    found.ok_or_else(|| bad("unknown_dimension", format!("there is no dimension `{}`", short(name)), String::new()))
}

/// The trait of a name; of any project there may be one, so that only its form can be wrong.
fn of_trait(name: &str, metrics: &[&'static Metric], verb: &str) -> Result<Dimension, Error> {
    let of = Trait::parse(name)
        .ok_or_else(|| bad("bad_trait", format!("`{}` is no name of a trait", short(name)), Trait::RULE.into()))?;
    match metrics.iter().find(|metric| !metric.has_traits()) {
        Some(metric) => {
            let message = format!("`{}` cannot be {verb} by traits of users", metric.id);
            Err(bad("unknown_dimension", message, has(metric)))
        }
        None => Ok(Dimension::Trait(of)),
    }
}

/// What may have been meant by a name that is none of these; nothing for one that other metrics have, which is not mistyped.
fn meant(name: &str, names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let is_of_others = METRICS.iter().flat_map(Metric::dimensions).any(|dimension| dimension.name() == name);
    if is_of_others { Vec::new() } else { nearest(name, names) }
}

/// What a metric can be split by, in words.
fn has(metric: &Metric) -> String {
    let names: Vec<&str> = metric.dimension_names().collect();
    if names.is_empty() {
        return format!("`{}` has no dimensions", metric.id);
    }
    format!("`{}` has {}", metric.id, names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_separated_by_commas_unless_escaped() {
        assert_eq!(values_of(r"web,app\,ios,,x\\y"), ["web", "app,ios", r"x\y"]);
        assert!(values_of(",").is_empty());
    }
}
