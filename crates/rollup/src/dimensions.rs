//! A conversation's dimensions: the first that says something, unless an explicit update wins (P13, D-16 to D-18).

use crate::detail::said;
use crate::fact::{Fact, Kind};

/// Dimensions of a conversation. An unknown value is `unknown` (P12).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dimensions {
    /// Channel, normalised.
    pub channel: String,
    /// Source, normalised; the channel where none was given.
    pub source: String,
    /// desktop, tablet, mobile, other or unknown.
    pub device: String,
    /// Browser as sent.
    pub browser: String,
    /// Operating system as sent.
    pub os: String,
    /// Primary language subtag.
    pub language: String,
    /// Language tag with its region, in the usual case.
    pub locale: String,
    /// ISO 3166-1 code, upper case.
    pub country: String,
    /// City, looked up from the address.
    pub city: String,
    /// The AI agent.
    pub bot: String,
}

/// Dimensions of a conversation from its events in order.
pub(crate) fn dimensions(facts: &[Fact<'_>]) -> Dimensions {
    let channel = normalise_channel(facts.iter().map(|fact| fact.channel).find(|channel| !channel.is_empty()));
    let update = |pick: fn(&crate::detail::DimensionUpdate<'_>) -> Option<String>| {
        let updates = facts.iter().rev().filter(|fact| fact.kind == Kind::Updated);
        updates.filter_map(|fact| fact.detail.set.as_ref()).find_map(pick)
    };
    // What was known when the conversation was only opened counts as well.
    let begins = |fact: &&Fact<'_>| matches!(fact.kind, Kind::Started | Kind::Initialized);
    let started = |pick: fn(&Fact<'_>) -> Option<String>| facts.iter().filter(begins).find_map(pick);
    let any = |pick: fn(&Fact<'_>) -> Option<String>| facts.iter().find_map(pick);
    let device = update(|set| owned(said(&set.device)))
        .or_else(|| started(|fact| owned(said(&fact.detail.device))))
        .or_else(|| any(|fact| fact.detail.context.device.as_ref().and_then(|device| owned(said(&device.kind)))));
    let language = update(|set| owned(said(&set.language)))
        .or_else(|| started(|fact| owned(said(&fact.detail.language))))
        .or_else(|| any(|fact| fact.kind.is_message().then(|| owned(said(&fact.detail.language))).flatten()));
    let source = update(|set| owned(said(&set.source))).or_else(|| started(|fact| owned(said(&fact.detail.source))));
    let country = update(|set| owned(said(&set.country)))
        .or_else(|| started(|fact| owned(said(&fact.detail.country))))
        .or_else(|| any(|fact| owned(said(&fact.detail.context.country))));
    Dimensions {
        source: source.map_or_else(|| channel.clone(), |source| normalise_channel(Some(&source))),
        channel,
        device: normalise_device(device.as_deref()),
        browser: any(|fact| owned(said(&fact.detail.context.browser))).unwrap_or_else(unknown),
        os: any(|fact| fact.detail.context.device.as_ref().and_then(|device| owned(said(&device.os))))
            .unwrap_or_else(unknown),
        city: any(|fact| owned(said(&fact.detail.context.city))).unwrap_or_else(unknown),
        bot: any(|fact| Some(fact.bot_id).filter(|bot| !bot.is_empty()).map(str::to_owned)).unwrap_or_else(unknown),
        language: primary_language(language.as_deref()),
        locale: locale(language.as_deref()),
        country: country.map_or_else(unknown, |country| country.to_uppercase()),
    }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// Trimmed, lower case, then the alias table (D-17).
fn normalise_channel(value: Option<&str>) -> String {
    let value = value.unwrap_or("unknown").trim().to_lowercase();
    if value == "web_chat" { "web".to_owned() } else { value }
}

fn normalise_device(value: Option<&str>) -> String {
    let Some(value) = value else { return unknown() };
    let value = value.trim().to_lowercase();
    match value.as_str() {
        "desktop" | "tablet" | "mobile" | "unknown" => value,
        _ => "other".to_owned(),
    }
}

/// Primary BCP-47 subtag, lower case; a malformed tag is unknown (D-18).
fn primary_language(tag: Option<&str>) -> String {
    subtags(tag).map_or_else(unknown, |(primary, _)| primary)
}

/// The whole tag as it is usually written: `en-US`, `zh-Hans-CN`.
fn locale(tag: Option<&str>) -> String {
    let Some((primary, rest)) = subtags(tag) else { return unknown() };
    let usual = rest.into_iter().map(|subtag| match subtag.len() {
        2 => subtag.to_ascii_uppercase(),
        4 if subtag.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            subtag[..1].to_ascii_uppercase() + &subtag[1..].to_ascii_lowercase()
        }
        _ => subtag.to_ascii_lowercase(),
    });
    std::iter::once(primary).chain(usual).collect::<Vec<_>>().join("-")
}

/// The primary subtag in lower case and the rest of a well-formed tag.
fn subtags(tag: Option<&str>) -> Option<(String, Vec<&str>)> {
    let mut subtags = tag.unwrap_or_default().trim().split(['-', '_']);
    let primary = subtags.next().unwrap_or_default();
    let rest: Vec<&str> = subtags.collect();
    let primary_ok = matches!(primary.len(), 2 | 3) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_ok =
        |subtag: &&str| matches!(subtag.len(), 1..=8) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (primary_ok && rest.iter().all(is_ok)).then(|| (primary.to_ascii_lowercase(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_its_primary_subtag_and_a_malformed_one_is_unknown() {
        let table = [
            ("es-MX", "es"),
            ("pt_BR", "pt"),
            ("zh-Hans-CN", "zh"),
            ("EN", "en"),
            ("english", "unknown"),
            ("es--ES", "unknown"),
            ("x", "unknown"),
            ("12", "unknown"),
            ("??", "unknown"),
            ("", "unknown"),
        ];
        for (tag, expected) in table {
            assert_eq!(primary_language(Some(tag)), expected, "{tag}");
        }
    }

    #[test]
    fn a_locale_is_written_as_usual() {
        let table = [
            ("es_mx", "es-MX"),
            ("zh-hans-cn", "zh-Hans-CN"),
            ("EN", "en"),
            ("es-419", "es-419"),
            ("es--ES", "unknown"),
        ];
        for (tag, expected) in table {
            assert_eq!(locale(Some(tag)), expected, "{tag}");
        }
    }

    #[test]
    fn devices_fold_to_five_values() {
        for (sent, expected) in [(Some("Mobile"), "mobile"), (Some("smart-tv"), "other"), (None, "unknown")] {
            assert_eq!(normalise_device(sent), expected);
        }
    }
}
