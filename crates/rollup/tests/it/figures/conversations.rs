//! Messages, conversations, people, chats and what came before a human.

use std::collections::{BTreeMap, BTreeSet};

use rollup::{ConversationState, MessageKey, Role, Settings};
use serde_json::{Value, json};

use super::{Figures, Folded, counts, label, mean, number, ratio, seconds, table};

impl Folded<'_> {
    pub(super) fn volumes(&self) -> Figures {
        let cells = self.items(|state| &state.messages, |cell| cell.key.bucket_us);
        let sum = |wanted: &dyn Fn(&MessageKey) -> bool| -> f64 {
            cells.iter().filter(|cell| wanted(&cell.key)).map(|cell| f64::from(cell.messages)).sum()
        };
        let of = |role: Role| json!(sum(&|key| key.role == role));
        let of_users = cells.iter().filter(|cell| cell.key.role == Role::User);
        let talks = |state: &&ConversationState| state.messages.iter().any(|cell| self.holds(cell.key.bucket_us));
        let talking = self.states.values().filter(talks).count();
        let keyed = sum(&|key| key.role == Role::User && key.keyed);
        vec![
            ("messages_total", json!(sum(&|_| true))),
            ("messages_user", of(Role::User)),
            ("messages_incoming", of(Role::User)),
            ("messages_bot", of(Role::Bot)),
            ("messages_agent", of(Role::Agent)),
            (
                "messages_user_by_content_type",
                table(of_users.map(|cell| (label(&cell.key.content_type), f64::from(cell.messages)))),
            ),
            ("conversations_active", json!(talking)),
            ("avg_messages_per_conversation", ratio(sum(&|_| true), talking)),
            ("messages_per_user", ratio(keyed, self.active().len())),
        ]
    }

    pub(super) fn started(&self) -> Figures {
        let started = self.of_range();
        let tools = Settings::default().escalations().remove(0).1;
        let escalated = |state: &&&ConversationState| {
            state.handoff_us.is_some() || state.tool_calls.iter().any(|call| tools.contains(&call.tool))
        };
        let of_people = || started.iter().filter_map(|state| Some((self.who(&state.person)?, &state.dimensions)));
        let countries: BTreeSet<(&str, &str)> = of_people().map(|(who, said)| (who, said.country.as_str())).collect();
        let languages: BTreeMap<&str, &str> = of_people().map(|(who, said)| (who, said.language.as_str())).collect();
        vec![
            ("conversations_started", json!(started.len())),
            ("unidentified_conversations", number(&started, |state| !state.identified)),
            ("direct_conversations", number(&started, |state| state.opportunity.is_none())),
            ("escalation_rate", ratio(started.iter().filter(escalated).count() as f64, started.len())),
            ("languages", counts(started.iter().map(|state| state.dimensions.language.as_str()))),
            ("devices", counts(started.iter().map(|state| state.dimensions.device.as_str()))),
            ("channels", counts(started.iter().map(|state| state.dimensions.channel.as_str()))),
            ("sources", counts(started.iter().map(|state| state.dimensions.source.as_str()))),
            ("countries_users", counts(countries.into_iter().map(|(_, country)| country))),
            ("languages_users", counts(languages.into_values())),
        ]
    }

    pub(super) fn active_people(&self) -> Figures {
        let active = self.active();
        let new = active.values().filter(|first| self.holds(**first)).count();
        let returning = active.len() - new;
        let cells = self.items(|state| &state.activity, |cell| cell.bucket_us);
        let named = cells.iter().filter(|cell| cell.person.key.starts_with("u:"));
        let identified: BTreeSet<Option<&str>> = named.map(|cell| self.who(&cell.person)).collect();
        let mut visitors = BTreeSet::new();
        for state in self.states.values() {
            let seen = state.activity.iter().filter(|cell| self.holds(cell.bucket_us));
            visitors
                .extend(seen.map(|cell| (&cell.person.visitor, &state.dimensions.device, &state.dimensions.browser)));
        }
        let requests = self.items(|state| &state.requests, |request| request.at_us);
        let asked: BTreeSet<&str> = requests.iter().filter_map(|request| self.who(&request.person)).collect();
        let asked = asked.iter().filter(|who| active.contains_key(*who)).count();
        vec![
            ("users_active", json!(active.len())),
            ("users_new", json!(new)),
            ("users_returning", json!(returning)),
            ("returning_rate", ratio(returning as f64, active.len())),
            ("users_identified", json!(identified.len())),
            ("users_device_mode", json!(visitors.len())),
            ("handover_rate_users", ratio(asked as f64, active.len())),
        ]
    }

    pub(super) fn chats(&self) -> Figures {
        let sessions = self.items(|state| &state.chats, |chat| chat.start_us);
        let chats: Vec<_> = sessions.iter().filter(|chat| chat.counted).copied().collect();
        let over = self.items(|state| &state.chats, |chat| chat.end_us);
        let ended: Vec<_> = over.into_iter().filter(|chat| chat.counted && !chat.open).collect();
        let durations: Vec<f64> = ended.iter().map(|chat| seconds(chat.end_us - chat.start_us)).collect();
        let requested = chats.iter().filter(|chat| chat.requested).count();
        let of_someone = chats.iter().filter(|chat| !chat.person.is_nobody()).count();
        vec![
            ("chats", json!(chats.len())),
            ("proactive_sessions", number(&sessions, |chat| !chat.counted && chat.has_bot)),
            ("chats_per_user", ratio(of_someone as f64, self.active().len())),
            ("conversation_duration_avg_s", mean(&durations)),
            ("conversation_duration_n", json!(durations.len())),
            ("automated_resolutions", number(&ended, |chat| !chat.has_leg && !chat.requested)),
            ("handover_rate_chats", ratio(requested as f64, chats.len())),
            ("chats_with_requests", json!(requested)),
            ("chats_without_requests", json!(chats.len() - requested)),
            ("chats_more_positive", number(&chats, |chat| chat.positive > chat.negative)),
            ("chats_more_negative", number(&chats, |chat| chat.negative > chat.positive)),
            ("chats_only_positive", number(&chats, |chat| chat.positive > 0 && chat.negative == 0)),
            ("chats_only_negative", number(&chats, |chat| chat.negative > 0 && chat.positive == 0)),
        ]
    }

    pub(super) fn start_flows(&self) -> Figures {
        let mut ways: BTreeMap<String, usize> = BTreeMap::new();
        for state in self.states.values() {
            for chat in state.chats.iter().filter(|chat| chat.counted && self.holds(chat.start_us)) {
                let way = format!("{}>{}>{}", state.dimensions.source, label(&chat.workflow), label(&chat.intent));
                *ways.entry(way).or_default() += 1;
            }
        }
        let chats: usize = ways.values().sum();
        let name = |way: &'_ str, n: usize| if n * 100 >= chats { way.to_owned() } else { "Other".to_owned() };
        let named: Vec<(String, f64)> = ways.iter().map(|(way, n)| (name(way, *n), *n as f64)).collect();
        vec![("start_flows", table(named.iter().map(|(way, n)| (way.as_str(), *n))))]
    }

    pub(super) fn turns_and_requests(&self) -> Figures {
        let turns = self.items(|state| &state.turns, |turn| turn.reply_us);
        let took: Vec<f64> = turns.iter().map(|turn| turn.response_us as f64 / 1e6).collect();
        let in_time: Vec<f64> = took.iter().copied().filter(|took| *took <= 600.0).collect();
        let requests = self.items(|state| &state.requests, |request| request.at_us);
        let of = |trigger: &str| number(&requests, |request| request.trigger == trigger);
        vec![
            ("bot_response_time_avg_s", mean(&in_time)),
            ("bot_response_time_n", json!(in_time.len())),
            ("bot_no_reply", json!(took.len() - in_time.len())),
            ("requests_direct", of("direct")),
            ("requests_after_fallback", of("after_fallback")),
            ("requests_after_operator_button", of("operator_button")),
        ]
    }

    pub(super) fn opportunities(&self) -> Figures {
        let all = self.states.values().filter_map(|state| Some((state.opportunity.as_ref()?, state.last_use_us)));
        let all: Vec<_> = all.filter(|(opportunity, _)| self.holds(opportunity.at_us)).collect();
        let mut pages: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        let mut used = 0;
        for (opportunity, last_use_us) in &all {
            let is_used = last_use_us.is_some_and(|last| last >= opportunity.at_us);
            used += usize::from(is_used);
            pages.entry(&opportunity.page).or_default().push(f64::from(u8::from(is_used)));
        }
        let rates: BTreeMap<&str, Value> = pages.iter().map(|(page, used)| (*page, mean(used))).collect();
        vec![
            ("opportunities", json!(all.len())),
            ("interactions", json!(used)),
            ("interaction_rate", ratio(used as f64, all.len())),
            ("page_abandonment", json!(all.len() - used)),
            ("engagement_by_page", json!(rates)),
        ]
    }
}
