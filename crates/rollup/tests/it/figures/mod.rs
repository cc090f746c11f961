//! Figures of folded conversations in a range, as plain sums over their lists.

mod conversations;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use rollup::{ConversationState, Leg, Person};
use serde_json::{Value, json};

/// Names of the oracle's figures, with their values.
pub(crate) type Figures = Vec<(&'static str, Value)>;

/// The conversations of a project by id, and a range.
pub(crate) struct Folded<'s> {
    pub(crate) states: &'s BTreeMap<String, ConversationState>,
    pub(crate) people: &'s BTreeMap<String, String>,
    pub(crate) from_us: i64,
    pub(crate) to_us: i64,
}

fn ratio(part: f64, whole: usize) -> Value {
    if whole == 0 { Value::Null } else { json!(part / whole as f64) }
}

fn mean(values: &[f64]) -> Value {
    ratio(values.iter().sum(), values.len())
}

fn label(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

/// Sums by label; what comes to nothing is no row.
fn table<'l>(rows: impl IntoIterator<Item = (&'l str, f64)>) -> Value {
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    rows.into_iter().for_each(|(label, more)| *sums.entry(label).or_default() += more);
    sums.retain(|_, sum| *sum != 0.0);
    json!(sums)
}

fn counts<'l>(labels: impl IntoIterator<Item = &'l str>) -> Value {
    table(labels.into_iter().map(|label| (label, 1.0)))
}

/// Number of items that meet a condition.
fn number<T>(items: &[T], wanted: impl Fn(&T) -> bool) -> Value {
    json!(items.iter().filter(|item| wanted(item)).count())
}

fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

impl<'s> Folded<'s> {
    pub(crate) fn figures(&self) -> Figures {
        let families = [
            self.volumes(),
            self.started(),
            self.active_people(),
            self.chats(),
            self.start_flows(),
            self.turns_and_requests(),
            self.opportunities(),
            self.feedback(),
            self.surveys(),
            self.bot_work(),
            self.tools(),
            self.clicks(),
            self.legs(),
            self.waits(),
            self.agents(),
        ];
        families.concat()
    }

    fn holds(&self, us: i64) -> bool {
        (self.from_us..self.to_us).contains(&us)
    }

    /// Items of a list whose time lies in the range.
    fn items<T>(&self, list: fn(&'s ConversationState) -> &'s Vec<T>, at_us: fn(&T) -> i64) -> Vec<&'s T> {
        let all = self.states.values().flat_map(list);
        all.filter(|item| self.holds(at_us(item))).collect()
    }

    /// Seconds from one time to another of legs whose last of them lies in the range.
    fn leg_seconds(&self, times: fn(&Leg) -> Option<(i64, i64)>) -> Vec<f64> {
        let all = self.states.values().flat_map(|state| &state.legs).filter_map(times);
        all.filter(|(_, to)| self.holds(*to)).map(|(from, to)| seconds(to - from)).collect()
    }

    /// Who somebody is after merges and identifications.
    fn who(&self, person: &'s Person) -> Option<&'s str> {
        let key = Some(&person.key).filter(|key| !key.is_empty())?;
        Some(self.people.get(key).unwrap_or(key))
    }

    /// Conversations by first use.
    fn of_range(&self) -> Vec<&'s ConversationState> {
        let used = self.states.iter().filter_map(|(id, state)| Some((state.first_use_us?, id, state)));
        let mut started: Vec<_> = used.filter(|(at_us, ..)| self.holds(*at_us)).collect();
        started.sort_by_key(|(at_us, id, _)| (*at_us, *id));
        started.into_iter().map(|(.., state)| state).collect()
    }

    /// Who was active, each with their first activity of all time.
    fn active(&self) -> BTreeMap<&'s str, i64> {
        let mut firsts: BTreeMap<&str, i64> = BTreeMap::new();
        for cell in self.states.values().flat_map(|state| &state.activity) {
            let who = self.who(&cell.person).unwrap();
            firsts.entry(who).and_modify(|first| *first = cell.first_us.min(*first)).or_insert(cell.first_us);
        }
        let cells = self.items(|state| &state.activity, |cell| cell.bucket_us);
        let active: BTreeSet<&str> = cells.into_iter().filter_map(|cell| self.who(&cell.person)).collect();
        firsts.retain(|who, _| active.contains(who));
        firsts
    }
}
