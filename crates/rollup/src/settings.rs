//! What a project decides about its figures. Settings apply when figures are read; one alone, how long a conversation may be idle,
//! enters rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::BusinessHours;

/// Most entries of each list of settings.
pub(crate) const ENTRIES_MAX: usize = 1_000;
/// Longest target, seconds: a year.
const TARGET_S_MAX: u32 = 366 * 86_400;
/// Most users that a project calls its own: they are a parameter of every question.
const INTERNAL_USERS_MAX: usize = 300;
/// Shortest and longest idle timeout, seconds: a minute, and what a chat is bridged at most (D-41).
const IDLE_S_MIN: u32 = 60;
const IDLE_S_MAX: u32 = 30 * 86_400;
/// Most channels with an idle timeout of their own: they are parameters of questions.
const IDLE_CHANNELS_MAX: usize = 100;
/// Longest text of a setting, in characters.
const TEXT_CHARS_MAX: usize = 255;

/// Tools whose call is an escalation, unless a project says others.
pub const ESCALATION_TOOLS: [&str; 4] = ["fallback_to_human", "open_ticket", "ticket", "contact_human"];

/// Languages that pages speak, ISO 639-1.
pub const LANGUAGES: [&str; 4] = ["en", "es", "it", "pt"];

/// A project's settings; each has the default of `metrics.md` (1.7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether a change of device makes another person (P6).
    pub identity: Identity,
    /// The language of pages for who has chosen none, one of [`LANGUAGES`]; what the browser asks for if absent.
    pub language: Option<String>,
    /// The day that weeks begin with: 1 is Monday, 7 is Sunday.
    pub week_start: u8,
    /// Other names of channels and sources: both trimmed and in lower case.
    pub source_aliases: BTreeMap<String, String>,
    /// Other names of what human agents do, by the role that they are told as; of both case and outer spaces are ignored (AMB-16).
    pub agent_roles: BTreeMap<String, String>,
    /// Tools whose call is an escalation, each list from its instant on.
    pub escalation_tools: Vec<EscalationTools>,
    /// A bot's reply later than this is none, seconds.
    pub bot_no_reply_after_s: u32,
    /// The currency of prices and costs, ISO 4217.
    pub currency: String,
    /// Prices of language models, each from its instant on.
    pub prices: Vec<Price>,
    /// A leg accepted within it counts for the service level, seconds.
    pub service_level_s: u32,
    /// Target of an agent's first reply in a leg, seconds; none if nothing was promised.
    pub sla_first_response_s: Option<u32>,
    /// Target of each next response in a leg, seconds.
    pub sla_next_response_s: Option<u32>,
    /// Target of the time from a leg's opening to its end, seconds.
    pub sla_resolution_s: Option<u32>,
    /// When business is open, for questions about business hours.
    pub business_hours: Option<BusinessHours>,
    /// User ids of the project's own people, who are in no figure.
    pub internal_users: Vec<String>,
    /// The trait of `user.identified` that tells segments of users apart.
    pub segment_trait: String,
    /// Whether chats in which participants did one thing alone count for the duration of conversations, with 0 s.
    pub single_message_chats: bool,
    /// Whether calls of tools count as messages where messages of all roles are counted, as AgentSight's API stores them (AMB-01).
    pub include_action_messages: bool,
    /// Primary intents of which their model is less sure are in no figure of intents: from 0 to 1.
    pub intent_confidence_min: f64,
    /// How long a conversation may be idle before what follows is another chat, seconds by channel. Alone among the settings it is
    /// in rows: conversations are folded anew when it changes.
    pub idle_timeouts_s: BTreeMap<String, u32>,
}

/// Who is one person (P6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// Their user id after merges, else their anonymous id.
    Person,
    /// Their anonymous id on a device and browser.
    Device,
}

/// Tools whose call is an escalation, from an instant on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationTools {
    /// RFC 3339; since ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Names of tools.
    pub tools: Vec<String>,
}

/// Prices of a language model for a million tokens, from an instant on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The model, as its calls name it.
    pub model: String,
    /// RFC 3339; since ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Tokens read.
    pub input: f64,
    /// Tokens written; those of reasoning are among them.
    pub output: f64,
    /// Tokens read from a cache.
    #[serde(default)]
    pub cache_read: f64,
    /// Tokens written to a cache.
    #[serde(default)]
    pub cache_write: f64,
    /// Tokens embedded.
    #[serde(default)]
    pub embedding: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            identity: Identity::Person,
            language: None,
            week_start: 1,
            source_aliases: BTreeMap::new(),
            agent_roles: BTreeMap::new(),
            escalation_tools: Vec::new(),
            bot_no_reply_after_s: 600,
            currency: "EUR".to_owned(),
            prices: Vec::new(),
            service_level_s: 20,
            sla_first_response_s: None,
            sla_next_response_s: None,
            sla_resolution_s: None,
            business_hours: None,
            internal_users: Vec::new(),
            segment_trait: "plan".to_owned(),
            single_message_chats: true,
            include_action_messages: false,
            intent_confidence_min: 0.0,
            idle_timeouts_s: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// What is wrong with them, in words that say what to do; None if nothing is.
    pub fn complaint(&self) -> Option<String> {
        if self.language.as_deref().is_some_and(|language| !LANGUAGES.contains(&language)) {
            return Some("language is en, es, it or pt; null leaves it to the browser".to_owned());
        }
        if !(1..=7).contains(&self.week_start) {
            return Some("week_start is a day from 1 (Monday) to 7 (Sunday)".to_owned());
        }
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Some("currency is a code of three capital letters, as EUR".to_owned());
        }
        if self.bot_no_reply_after_s == 0 || self.bot_no_reply_after_s > 86_400 {
            return Some("bot_no_reply_after_s lies between 1 and 86400 seconds".to_owned());
        }
        if !(0.0..=1.0).contains(&self.intent_confidence_min) {
            return Some("intent_confidence_min lies between 0 and 1".to_owned());
        }
        self.target_complaint()
            .or_else(|| self.idle_complaint())
            .or_else(|| self.long_complaint())
            .or_else(|| self.price_complaint())
            .or_else(|| self.instant_complaint())
            .or_else(|| self.business_hours.as_ref().and_then(BusinessHours::complaint))
    }

    fn target_complaint(&self) -> Option<String> {
        let targets = [
            ("service_level_s", Some(self.service_level_s)),
            ("sla_first_response_s", self.sla_first_response_s),
            ("sla_next_response_s", self.sla_next_response_s),
            ("sla_resolution_s", self.sla_resolution_s),
        ];
        let is_wrong = |target: &Option<u32>| target.is_some_and(|s| !(1..=TARGET_S_MAX).contains(&s));
        let (name, _) = targets.into_iter().find(|(_, target)| is_wrong(target))?;
        Some(format!("{name} lies between 1 and {TARGET_S_MAX} seconds"))
    }

    fn idle_complaint(&self) -> Option<String> {
        if self.idle_timeouts_s.len() > IDLE_CHANNELS_MAX {
            return Some(format!("idle_timeouts_s has at most {IDLE_CHANNELS_MAX} channels"));
        }
        let is_wrong = |s: &u32| !(IDLE_S_MIN..=IDLE_S_MAX).contains(s);
        let (channel, _) = self.idle_timeouts_s.iter().find(|(_, s)| is_wrong(s))?;
        Some(format!("the idle timeout of '{channel}' lies between {IDLE_S_MIN} and {IDLE_S_MAX} seconds"))
    }

    fn long_complaint(&self) -> Option<String> {
        let tools = self.escalation_tools.iter().flat_map(|list| list.tools.iter());
        let aliases = self.source_aliases.iter().chain(&self.agent_roles).flat_map(|(from, into)| [from, into]);
        let names = aliases.chain(self.idle_timeouts_s.keys()).chain([&self.segment_trait]);
        let mut texts = tools.chain(&self.internal_users).chain(names);
        let is_long = self.escalation_tools.iter().any(|list| list.tools.len() > ENTRIES_MAX)
            || [self.source_aliases.len(), self.agent_roles.len(), self.escalation_tools.len(), self.prices.len()]
                .iter()
                .any(|n| *n > ENTRIES_MAX);
        if self.internal_users.len() > INTERNAL_USERS_MAX {
            return Some(format!("internal_users has at most {INTERNAL_USERS_MAX} entries"));
        }
        if is_long {
            return Some(format!("a list of settings has at most {ENTRIES_MAX} entries"));
        }
        let is_bad = |text: &str| text.is_empty() || text.chars().count() > TEXT_CHARS_MAX || text.contains('\0');
        texts.any(|text| is_bad(text)).then(|| format!("names have 1 to {TEXT_CHARS_MAX} characters, none of them NUL"))
    }

    fn price_complaint(&self) -> Option<String> {
        let rates = |price: &Price| [price.input, price.output, price.cache_read, price.cache_write, price.embedding];
        let wrong = self
            .prices
            .iter()
            .find(|price| price.model.is_empty() || rates(price).iter().any(|rate| !rate.is_finite() || *rate < 0.0))?;
        Some(format!("the price of '{}' needs a model and rates that are not negative", wrong.model))
    }

    fn instant_complaint(&self) -> Option<String> {
        let of_tools = self.escalation_tools.iter().map(|list| &list.from);
        let mut instants = of_tools.chain(self.prices.iter().map(|price| &price.from)).flatten();
        let wrong = instants.find(|from| event::Timestamp::parse_rfc3339(from).is_none())?;
        Some(format!("'{wrong}' is no instant with an offset, as 2026-01-01T00:00:00Z"))
    }

    /// Tools whose call is an escalation by the instant (microseconds) from which on, the latest first; the last is since ever.
    pub fn escalations(&self) -> Vec<(i64, Vec<String>)> {
        let mut lists: Vec<(i64, Vec<String>)> =
            self.escalation_tools.iter().map(|list| (from_us(list.from.as_deref()), list.tools.clone())).collect();
        lists.sort_by_key(|(from, _)| std::cmp::Reverse(*from));
        if lists.last().is_none_or(|(from, _)| *from != i64::MIN) {
            lists.push((i64::MIN, ESCALATION_TOOLS.map(str::to_owned).to_vec()));
        }
        lists
    }

    /// Prices with the instant (microseconds) from which on, the latest first.
    pub fn prices_by_instant(&self) -> Vec<(i64, &Price)> {
        let mut prices: Vec<(i64, &Price)> =
            self.prices.iter().map(|price| (from_us(price.from.as_deref()), price)).collect();
        prices.sort_by_key(|(from, _)| std::cmp::Reverse(*from));
        prices
    }
}

fn from_us(from: Option<&str>) -> i64 {
    from.and_then(event::Timestamp::parse_rfc3339).map_or(i64::MIN, |at| at.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_right_and_what_is_wrong_is_said() {
        assert_eq!(Settings::default().complaint(), None);
        let read = |json: &str| serde_json::from_str::<Settings>(json).map(|settings| settings.complaint());
        for wrong in [
            r#"{"language": "fr"}"#,
            r#"{"week_start": 0}"#,
            r#"{"currency": "euro"}"#,
            r#"{"bot_no_reply_after_s": 0}"#,
            r#"{"source_aliases": {"": "web"}}"#,
            r#"{"agent_roles": {"desk": ""}}"#,
            r#"{"service_level_s": 0}"#,
            r#"{"sla_resolution_s": 99999999}"#,
            r#"{"business_hours": {"timezone": "Europe/Madird", "week": [{"days": [1], "from": "09:00", "to": "17:00"}]}}"#,
            r#"{"business_hours": {"timezone": "UTC", "week": []}}"#,
            r#"{"business_hours": {"timezone": "UTC", "week": [{"days": [8], "from": "09:00", "to": "17:00"}]}}"#,
            r#"{"business_hours": {"timezone": "UTC", "week": [{"days": [1], "from": "17:00", "to": "09:00"}]}}"#,
            r#"{"business_hours": {"timezone": "UTC", "week": [{"days": [1], "from": "9 am", "to": "17:00"}]}}"#,
            r#"{"business_hours": {"timezone": "UTC", "week": [{"days": [1], "from": "09:00", "to": "24:00"}], "holidays": ["25.12."]}}"#,
            r#"{"internal_users": [""]}"#,
            r#"{"segment_trait": ""}"#,
            r#"{"intent_confidence_min": 1.1}"#,
            r#"{"idle_timeouts_s": {"web": 59}}"#,
            r#"{"idle_timeouts_s": {"": 600}}"#,
            r#"{"prices": [{"model": "m", "input": -1, "output": 1}]}"#,
            r#"{"prices": [{"model": "m", "input": 1, "output": 1, "from": "2026-01-01"}]}"#,
        ] {
            assert!(read(wrong).unwrap().is_some(), "{wrong}");
        }
        assert!(read(r#"{"week_strat": 1}"#).is_err());
    }

    #[test]
    fn the_first_list_of_escalation_tools_is_the_usual_one() {
        let json = r#"{"escalation_tools": [{"from": "2026-03-01T00:00:00Z", "tools": ["call_ana"]}]}"#;
        let lists = serde_json::from_str::<Settings>(json).unwrap().escalations();
        assert_eq!(lists[0].1, ["call_ana"]);
        assert_eq!(lists[1], (i64::MIN, ESCALATION_TOOLS.map(str::to_owned).to_vec()));
        let always = serde_json::from_str::<Settings>(r#"{"escalation_tools": [{"tools": []}]}"#).unwrap();
        assert_eq!(always.escalations(), [(i64::MIN, Vec::new())]);
    }
}
