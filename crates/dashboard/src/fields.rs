//! The settings of a project as fields of a form.

use chart::Locale;
use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::{form::Form, words::Words};

/// How a setting is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// A whole number from 1 on.
    Number,
    /// A part, from 0 to 1.
    Part,
    /// Yes or no.
    Flag,
    /// One of so many words.
    Choice(&'static [&'static str]),
    /// A list or an object, as the API takes it.
    Json,
}

/// What stands for yes and no, as in JSON.
const YES: &str = "true";
const NO: &str = "false";

/// Every setting: its name in the API, and how it is typed. What it decides, `words::settings` says.
const FIELDS: &[(&str, Kind)] = &[
    ("identity", Kind::Choice(&["person", "device"])),
    ("language", Kind::Choice(&["", "en", "es", "it", "pt"])),
    ("week_start", Kind::Number),
    ("source_aliases", Kind::Json),
    ("agent_roles", Kind::Json),
    ("escalation_tools", Kind::Json),
    ("bot_no_reply_after_s", Kind::Number),
    ("currency", Kind::Text),
    ("prices", Kind::Json),
    ("service_level_s", Kind::Number),
    ("sla_first_response_s", Kind::Number),
    ("sla_next_response_s", Kind::Number),
    ("sla_resolution_s", Kind::Number),
    ("business_hours", Kind::Json),
    ("internal_users", Kind::Json),
    ("idle_timeouts_s", Kind::Json),
    ("include_action_messages", Kind::Flag),
    ("single_message_chats", Kind::Flag),
    ("intent_confidence_min", Kind::Part),
    ("segment_trait", Kind::Text),
];

/// What is wrong, and with which field; with none where that cannot be said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    field: Option<&'static str>,
    says: String,
}

/// What a field shows of the settings as they are.
fn shown(held: &Value, (name, kind): (&str, Kind)) -> String {
    match (&held[name], kind) {
        (Value::Null, _) => String::new(),
        (Value::Array(all), _) if all.is_empty() => String::new(),
        (Value::Object(all), _) if all.is_empty() => String::new(),
        (value, Kind::Json) => serde_json::to_string_pretty(value).unwrap_or_default(),
        (Value::String(text), _) => text.clone(),
        (value, _) => value.to_string(),
    }
}

/// The settings that were typed otherwise than they are held, as the API takes them.
///
/// # Errors
/// A field that is neither a number nor JSON, where it has to be.
pub(crate) fn changes(held: &Value, form: &Form, words: Words) -> Result<Map<String, Value>, Wrong> {
    let mut changes = Map::new();
    for field in FIELDS {
        let (name, kind) = *field;
        let Some(typed) = form.get(name).map(|typed| typed.replace("\r\n", "\n")) else { continue };
        let typed = typed.trim();
        if typed == shown(held, *field) {
            continue;
        }
        let wrong = |says: String| Wrong { field: Some(name), says };
        let value = match kind {
            _ if typed.is_empty() => Value::Null,
            Kind::Text | Kind::Choice(_) => typed.into(),
            Kind::Number => match typed.parse::<u32>() {
                Ok(number) => number.into(),
                Err(_) => return Err(wrong(words.is_whole_number(name))),
            },
            Kind::Part => match typed.parse::<f64>() {
                Ok(part) => part.into(),
                Err(_) => return Err(wrong(words.is_number(name))),
            },
            Kind::Flag => (typed == YES).into(),
            Kind::Json => {
                serde_json::from_str(typed).map_err(|error| wrong(format!("{}: {error}", words.is_no_json(name))))?
            }
        };
        changes.insert(name.to_owned(), value);
    }
    Ok(changes)
}

/// The field that a refusal of the API is about: the one that it names, else the only one that was changed.
pub(crate) fn blamed(says: String, changed: &[String]) -> Wrong {
    let named = FIELDS.iter().map(|(name, _)| *name).find(|name| says.contains(name));
    let only = || match changed {
        [only] => FIELDS.iter().map(|(name, _)| *name).find(|name| name == only),
        _ => None,
    };
    Wrong { field: named.or_else(only), says }
}

/// All fields, with what was typed where it was refused.
pub(crate) fn drawn(held: &Value, typed: Option<(&Form, &Wrong)>, words: Words) -> Markup {
    let wrong = |field: Option<&str>| typed.map(|(_, wrong)| wrong).filter(|wrong| wrong.field == field);
    html! {
        @if let Some(wrong) = wrong(None) { p .ban role="alert" { (wrong.says) } }
        @for field in FIELDS {
            @let (name, kind) = *field;
            @let value = typed.and_then(|(form, _)| form.get(name)).map_or_else(|| shown(held, *field), str::to_owned);
            label {
                span { (words.field_says(name).unwrap_or_default()) " " code { (name) } }
                @match kind {
                    Kind::Choice(choices) => select name=(name) { @for choice in choices { option value=(choice) selected[*choice == value] { (choice_name(name, choice, words)) } } },
                    Kind::Json => textarea name=(name) rows="4" spellcheck="false" { "\n" (value) },
                    Kind::Flag => select name=(name) { @for (word, says) in [(YES, words.flag_yes()), (NO, words.flag_no())] { option value=(word) selected[word == value] { (says) } } },
                    Kind::Part => input type="number" name=(name) value=(value) min="0" max="1" step="any";,
                    Kind::Number => input type="number" name=(name) value=(value) min="1";,
                    Kind::Text => input type="text" name=(name) value=(value) maxlength="255";,
                }
            }
            @if let Some(wrong) = wrong(Some(name)) { p .ban role="alert" { (wrong.says) } }
        }
    }
}

/// What a choice is called.
fn choice_name<'a>(field: &str, choice: &'a str, words: Words) -> &'a str {
    match (field, Locale::of_tag(choice)) {
        ("language", Some(locale)) => locale.endonym(),
        ("language", None) => words.by_browser(),
        _ => words.choice(choice).unwrap_or(choice),
    }
}

#[cfg(test)]
mod tests {
    use control::Project;
    use serde_json::json;

    use super::*;

    const EN: Words = Words(Locale::En);

    #[test]
    fn every_setting_has_a_field() {
        let project = Project::new("shop", "Shop", chrono_tz::UTC);
        let held = serde_json::to_value(&*project.settings).unwrap();
        let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
        let settings: Vec<&String> = held.as_object().unwrap().keys().collect();
        assert!(settings.iter().all(|name| names.contains(&name.as_str())), "{settings:?}");
        assert_eq!(settings.len(), names.len());
    }

    #[test]
    fn what_is_shown_is_no_change_when_it_is_sent_back() {
        let held = json!({"identity": "person", "week_start": 1, "prices": [{"model": "m"}], "source_aliases": {}, "business_hours": null});
        let sent: Vec<String> = FIELDS
            .iter()
            .map(|field| {
                let value = shown(&held, *field).replace('\n', "\r\n");
                format!("{}={}", field.0, form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>())
            })
            .collect();
        assert_eq!(changes(&held, &Form::read(&sent.join("&")), EN), Ok(Map::new()));
    }

    #[test]
    fn what_was_typed_becomes_a_change_or_says_what_is_wrong_with_it() {
        let held =
            json!({"week_start": 1, "currency": "EUR", "single_message_chats": true, "intent_confidence_min": 0.0});
        let sent = |body: &str| changes(&held, &Form::read(body), EN);
        let right = sent("week_start=7&currency=&prices=[{\"model\":\"m\"}]").unwrap();
        assert_eq!(Value::Object(right), json!({"week_start": 7, "currency": null, "prices": [{"model": "m"}]}));
        let right = sent("single_message_chats=false&intent_confidence_min=0.5").unwrap();
        assert_eq!(Value::Object(right), json!({"single_message_chats": false, "intent_confidence_min": 0.5}));
        assert_eq!(sent("single_message_chats=true&intent_confidence_min=0.0").unwrap(), Map::new());
        for (body, field) in [
            ("week_start=monday", "week_start"),
            ("week_start=-1", "week_start"),
            ("prices=[", "prices"),
            ("intent_confidence_min=a", "intent_confidence_min"),
        ] {
            assert_eq!(sent(body).unwrap_err().field, Some(field), "{body}");
        }
    }

    #[test]
    fn a_refusal_stands_at_the_field_that_it_is_about() {
        let changed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let of = |says: &str, names: &[&str]| blamed(says.to_owned(), &changed(names)).field;
        assert_eq!(of("week_start is a day", &["week_start", "currency"]), Some("week_start"));
        assert_eq!(of("unknown variant", &["identity"]), Some("identity"));
        assert_eq!(of("unknown variant", &["identity", "prices"]), None);
    }
}
