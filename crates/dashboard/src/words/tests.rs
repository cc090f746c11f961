//! What holds of all texts: each is there in every language, and is another text there.

use std::collections::BTreeSet;

use chart::Locale;
use warehouse::registry::{Extent, IDENTITIES, METRICS as REGISTRY, SUBJECTS as GROUPS};

use super::*;

type Table = &'static [(&'static str, &'static [&'static str])];

/// The tables with the files that they stand in.
const TABLES: [(&str, Table); 34] = [
    ("board", board::LIVE),
    ("board", board::HEALTH),
    ("board", board::EXPLORE),
    ("board", board::DICTIONARY),
    ("board", board::PARTS),
    ("board", board::FACTS),
    ("conversations", conversations::CONVERSATIONS),
    ("conversations", conversations::EXPLAINED),
    ("doors", doors::DOORS),
    ("mends", mends::MENDS),
    ("names", names::DIMENSIONS),
    ("names", names::UNITS),
    ("names", names::ATTRIBUTIONS),
    ("names", names::EXTENTS),
    ("names", names::SUBJECTS),
    ("names", names::CHANNELS),
    ("names", names::LANGUAGES),
    ("names", names::DEVICES),
    ("names", names::ROLES),
    ("names", names::STATUSES),
    ("names", names::VALUES),
    ("pages", pages::PAGES),
    ("panels", panels::PANELS),
    ("refusals", refusals::REFUSALS),
    ("script", script::SCRIPT),
    ("settings", settings::SETTINGS),
    ("settings", settings::FIELDS),
    ("settings", settings::MEMBER_ROLES),
    ("settings", settings::CHOICES),
    ("shares", shares::SHARES),
    ("shares", shares::LOOK),
    ("shares", shares::COLOURS),
    ("shares", shares::ADMIN),
    ("shell", shell::SHELL),
];
/// English texts that are right in another language too: names, signs and words that it took over.
const ALIKE: [&str; 24] = [
    "Bot",
    "Chatbot",
    "CSAT",
    "Chats",
    "chats",
    "Fallback",
    "Total",
    "bytes",
    "WhatsApp",
    "SMS",
    "E-mail",
    "App",
    "Web",
    "Telegram",
    "Facebook",
    "Instagram",
    "Tablet",
    "tokens",
    "Tokens",
    "Password",
    "Browser",
    "Base",
    "no",
    "file",
];
/// The same, where it is one word of a value that is said as it is.
const ALIKE_VALUES: [&str; 6] = ["link", "spam", "sentiment", "ticket", "offline", " Error "];

#[test]
fn every_text_is_in_every_language_and_another_text_there() {
    for (file, table) in TABLES {
        for (key, texts) in table {
            let place = format!("crates/dashboard/src/words/{file}.rs: {key}");
            let forms = texts.len() / Locale::ALL.len();
            assert!(
                (1..=2).contains(&forms) && texts.len() == forms * Locale::ALL.len(),
                "{place} has {} texts",
                texts.len()
            );
            let (english, others) = texts.split_at(forms);
            for (locale, texts) in Locale::ALL[1..].iter().zip(others.chunks(forms)) {
                for (english, text) in english.iter().zip(texts) {
                    let is_alike = ALIKE.contains(english) || ALIKE_VALUES.contains(english);
                    assert!(
                        !text.is_empty() && (text != english || is_alike),
                        "{place} is not translated to {}",
                        locale.tag()
                    );
                    let ends = |text: &str| text.chars().last().filter(|last| matches!(last, '.' | ' '));
                    assert_eq!(ends(text), ends(english), "{place} ends otherwise in {}", locale.tag());
                    assert_eq!(marks(text), marks(english), "{place} has other names in {}", locale.tag());
                }
            }
        }
    }
}

/// What stands between backticks, sorted: names that are the same in every language.
fn marks(text: &str) -> Vec<&str> {
    let mut marks: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    marks.sort_unstable();
    marks
}

#[test]
fn every_metric_is_named_and_explained_in_every_language() {
    let ids: BTreeSet<&str> = REGISTRY.iter().map(|metric| metric.id).collect();
    for (locale, file) in registry::METRICS {
        let place = format!("crates/dashboard/words/metrics.{}.tsv", locale.tag());
        let lines = registry::read(file);
        assert_eq!(lines.len(), file.lines().count(), "{place} has an id twice");
        for metric in REGISTRY {
            let fields = lines.get(metric.id).unwrap_or_else(|| panic!("{place} has no line for {}", metric.id));
            let [name, formula] = fields[..] else {
                panic!("{place}: {} needs an id, a name and a formula", metric.id)
            };
            assert!(!name.is_empty() && formula.ends_with('.') && formula != metric.formula, "{place}: {}", metric.id);
            let named = |text: &str| {
                marks(text).into_iter().filter(|name| *name != "week_offset").collect::<Vec<_>>().join(" ")
            };
            assert_eq!(
                named(formula),
                named(metric.formula),
                "{place}: {} has other names between backticks",
                metric.id
            );
        }
        for id in lines.keys() {
            assert!(ids.contains(id), "{place}: there is no metric {id}");
        }
    }
}

#[test]
fn what_is_left_out_of_figures_and_how_they_reconcile_is_said_in_every_language() {
    let excluded = REGISTRY.iter().flat_map(|metric| metric.exclusions()).map(|exclusion| exclusion.says);
    let terms = IDENTITIES.iter().flat_map(|identity| std::iter::once(&identity.left).chain(identity.right));
    // A term that is a metric as a whole is called by the metric's id.
    let terms = terms.filter(|term| term.says != term.metric).map(|term| term.says);
    let sentences: BTreeSet<&str> =
        excluded.chain(terms).chain(IDENTITIES.iter().map(|identity| identity.says)).collect();
    for (locale, file) in registry::SENTENCES {
        let place = format!("crates/dashboard/words/sentences.{}.tsv", locale.tag());
        let lines = registry::read(file);
        for sentence in &sentences {
            let said = lines
                .get(sentence)
                .and_then(|fields| fields.first())
                .unwrap_or_else(|| panic!("{place} has no line for: {sentence}"));
            assert!(!said.is_empty() && said != sentence && marks(said) == marks(sentence), "{place}: {sentence}");
        }
        for sentence in lines.keys() {
            assert!(sentences.contains(sentence), "{place}: the registry does not say: {sentence}");
        }
    }
}

#[test]
fn what_the_registry_names_has_a_name_for_people() {
    let english = Words(Locale::En);
    for metric in REGISTRY {
        for dimension in metric.dimension_names() {
            assert!(
                english.dimension_name(dimension).is_some(),
                "crates/dashboard/src/words/names.rs has no dimension {dimension}"
            );
        }
        for unit in [metric.unit.name(), metric.figure.entities.name(metric)] {
            assert!(english.unit_name(unit).is_some(), "crates/dashboard/src/words/names.rs has no unit {unit}");
        }
        let attribution = metric.attribution.name();
        assert!(
            english.attribution_name(attribution).is_some(),
            "crates/dashboard/src/words/names.rs has no attribution {attribution}"
        );
    }
    for (subject, _) in GROUPS {
        assert!(
            english.subject_name(subject).is_some(),
            "crates/dashboard/src/words/names.rs has no subject {subject}"
        );
    }
    for extent in [Extent::Question, Extent::Environment, Extent::Project] {
        assert!(english.extent_name(extent.name()).is_some(), "{}", extent.name());
    }
}

#[test]
fn a_projects_languages_are_those_that_pages_speak() {
    assert_eq!(rollup::LANGUAGES.to_vec(), Locale::ALL.map(Locale::tag));
}

#[test]
fn the_script_is_sent_what_it_says() {
    let sent: serde_json::Value = serde_json::from_str(&Words(Locale::It).script()).unwrap();
    let sent: BTreeSet<&str> = sent.as_object().unwrap().keys().map(String::as_str).collect();
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src");
    let read = |file: std::io::Result<std::fs::DirEntry>| std::fs::read_to_string(file.unwrap().path()).unwrap();
    let script: String = std::fs::read_dir(sources).unwrap().map(read).collect();
    let used: BTreeSet<&str> = script.split("say('").skip(1).filter_map(|rest| rest.split('\'').next()).collect();
    assert_eq!(used, sent);
}

#[test]
fn a_refusal_is_said_in_the_language_with_the_names_that_it_is_about() {
    let told = api::Told {
        code: "unknown_metric",
        message: "there is no metric `mesages`".into(),
        hint: "did you mean messages_total".into(),
        id: None,
    };
    assert_eq!(Words(Locale::En).told(&told), "there is no metric `mesages`. did you mean messages_total.");
    assert_eq!(
        Words(Locale::Es).told(&told),
        "No existe esa métrica. Se trata de mesages. ¿Quería decir messages_total?"
    );
    assert_eq!(Words(Locale::It).told(&api::Told { code: "warehouse_away", ..told }).lines().count(), 1);
    for code in ["invalid_brand", "invalid_share", "unknown_share", "invalid_settings", "invalid_member"] {
        assert!(!Words(Locale::Pt).of_code(code).contains(code), "{code} has no sentence of its own");
    }
}
