//! The tables of the warehouse in memory: how rows replace each other, what a read-back finds, what a seal takes out.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rollup::IdleTimeouts;
use warehouse::{
    ActivityRow, AnchorRow, Batch, ConversationKey, CountKey, DeadLetterRow, FactRow, Generation, MinuteKey, RawRow,
    SegmentRows, StateRow, is_behind,
};

/// Key of a raw row: identity, partition, segment.
pub type RawKey = (String, String, String, u16, u32);
/// Key of a person's activity: project, environment, person, conversation, bucket.
type ActivityKey = (String, String, String, String, u32);

/// The tables.
#[derive(Debug, Default, Clone)]
pub struct Tables {
    /// `raw_events`.
    pub raw: BTreeMap<RawKey, RawRow>,
    /// `message_counts`: messages and version.
    pub counts: BTreeMap<(CountKey, u16, u32), (u64, u64)>,
    /// `minute_counts`: messages and version.
    pub minutes: BTreeMap<(MinuteKey, u16, u32), (u64, u64)>,
    /// `corrections`: the keys of raw rows taken out of the counters.
    pub corrections: BTreeSet<RawKey>,
    /// `person_activity`.
    pub activity: BTreeMap<ActivityKey, i64>,
    /// Keys of `requests`.
    pub requests: BTreeSet<RawKey>,
    /// Keys of `identity_events`.
    pub identities: BTreeSet<RawKey>,
    /// Keys of `conversation_flags`.
    pub flags: BTreeSet<RawKey>,
    /// `conversation_states` by (project, conversation, environment).
    pub states: BTreeMap<(String, String, String), StateRow>,
    /// Append times of `dead_letters`, milliseconds, by (topic, partition, offset).
    pub dead_letters: BTreeMap<(String, u16, u64), i64>,
    /// `progress`: next and derived offset by partition.
    pub progress: BTreeMap<u16, (u64, u64)>,
    /// `sealed` by partition.
    pub sealed: BTreeMap<u16, u64>,
    pub(crate) anchors: BTreeMap<u16, AnchorRow>,
    pub(crate) generation: Option<Generation>,
}

/// The key of a raw row.
pub fn raw_key(row: &RawRow) -> RawKey {
    key([&row.project, &row.conversation_id, &row.event_id], row.partition, row.segment)
}

fn key(identity: [&str; 3], partition: u16, segment: u32) -> RawKey {
    let [project, conversation, event] = identity.map(str::to_owned);
    (project, conversation, event, partition, segment)
}

/// What makes an event itself.
fn identity(row: &RawRow) -> (String, String, String) {
    (row.project.to_string(), row.conversation_id.to_string(), row.event_id.to_string())
}

/// Whether a raw row calls for a row of `requests`.
pub fn is_request(row: &RawRow) -> bool {
    row.flag != "crawler" && matches!(row.event.as_str(), "handoff.requested" | "ticket.created")
}

/// Whether a raw row calls for a row of `identity_events`.
pub fn is_identity(row: &RawRow) -> bool {
    let identified = row.event == "user.identified" && !row.user_id.is_empty() && !row.anonymous_id.is_empty();
    row.flag != "crawler" && (matches!(row.event.as_str(), "user.merged" | "user.erasure_requested") || identified)
}

/// Whether a raw row calls for a row of `conversation_flags`.
pub fn is_flag(row: &RawRow) -> bool {
    !row.flag.is_empty() && !row.conversation_id.is_empty()
}

/// The greatest version wins; rows of equal version must be equal.
fn replace<K: Ord + std::fmt::Debug>(table: &mut BTreeMap<K, (u64, u64)>, key: K, messages: u64, ver: u64) {
    let held = table.get(&key).copied().unwrap_or_default();
    assert!(held.1 != ver || held.0 == messages, "{key:?}: {} and {messages} under version {ver}", held.0);
    if ver > held.1 {
        table.insert(key, (messages, ver));
    }
}

/// The tables of a flush by number, sets and lattices before counters.
pub(crate) const TABLES: u8 = 8;
pub(crate) const ALL_TABLES: [u8; TABLES as usize] = [0, 1, 2, 3, 4, 5, 6, 7];
pub(crate) const FIRST_COUNTER: u8 = 6;

impl Tables {
    /// Writes what a flush has for the tables: raw, activity, identities, requests, dead letters, flags, counts, minutes.
    pub(crate) fn write(&mut self, batch: &Batch, tables: &[u8]) {
        for table in tables {
            match table {
                0 => self.write_raw(batch),
                1 => self.write_activity(batch),
                2 => {
                    self.identities.extend(batch.identities.iter().map(|row| {
                        key([&row.project, &row.conversation_id, &row.event_id], row.partition, row.segment)
                    }));
                }
                3 => {
                    self.requests.extend(batch.requests.iter().map(|row| {
                        key([&row.project, &row.conversation_id, &row.event_id], row.partition, row.segment)
                    }));
                }
                4 => {
                    let letters = batch.dead_letters.iter();
                    let key = |row: &DeadLetterRow| (row.topic.clone(), row.partition, row.offset);
                    self.dead_letters.extend(letters.map(|row| (key(row), row.append_time)));
                }
                5 => {
                    self.flags.extend(batch.flags.iter().map(|row| {
                        key([&row.project, &row.conversation_id, &row.event_id], row.partition, row.segment)
                    }));
                }
                6 => self.write_counts(batch),
                _ => self.write_minutes(batch),
            }
        }
    }

    fn write_raw(&mut self, batch: &Batch) {
        for row in &batch.raw {
            let held = self.raw.insert(raw_key(row), row.clone());
            assert!(held.is_none_or(|held| held == *row), "two contents of one raw row");
        }
    }

    fn write_activity(&mut self, batch: &Batch) {
        for ActivityRow { project, environment, person, conversation_id, bucket, first } in
            batch.activity.iter().cloned()
        {
            let held = self.activity.entry((project, environment, person, conversation_id, bucket)).or_insert(first);
            *held = first.min(*held);
        }
    }

    fn write_counts(&mut self, batch: &Batch) {
        for row in batch.counts.iter().cloned() {
            let key = CountKey {
                project: row.project,
                environment: row.environment,
                bucket: row.bucket,
                role: row.role,
                content_type: row.content_type,
            };
            replace(&mut self.counts, (key, row.partition, row.segment), row.messages, row.ver);
        }
    }

    fn write_minutes(&mut self, batch: &Batch) {
        for row in batch.minutes.iter().cloned() {
            let key = MinuteKey { project: row.project, environment: row.environment, minute: row.minute };
            replace(&mut self.minutes, (key, row.partition, row.segment), row.messages, row.ver);
        }
    }

    pub(crate) fn holds(&self, expected: &SegmentRows) -> bool {
        let (partition, segment) = (expected.partition, expected.segment);
        let here =
            |row: &&RawRow| row.partition == partition && row.segment == segment && row.offset < expected.next_offset;
        let offsets: Vec<u64> = self.raw.values().filter(here).map(|row| row.offset).collect();
        let digest = offsets.iter().fold(0, |digest, offset| digest ^ warehouse::offset_hash(*offset));
        let count = |key: &CountKey| self.counts.get(&(key.clone(), partition, segment)).map(|held| held.1);
        let minute = |key: &MinuteKey| self.minutes.get(&(key.clone(), partition, segment)).map(|held| held.1);
        (offsets.len() as u64, digest) == (expected.rows, expected.digest)
            && self.holds_letters(expected)
            && expected.counts.iter().all(|(key, ver)| count(key).is_some_and(|held| held >= *ver))
            && expected.minutes.iter().all(|(key, ver)| minute(key).is_some_and(|held| held >= *ver))
            && self.raw.values().filter(here).all(|row| self.holds_activity(row) && self.holds_sets(row))
    }

    fn holds_letters(&self, expected: &SegmentRows) -> bool {
        let times = i64::from(expected.segment) * 1_000..expected.ends_ms;
        let here = |((topic, partition, offset), at): (&(String, u16, u64), &i64)| {
            let of_segment = *partition == expected.partition && times.contains(at);
            (topic == "rapport.events.v1" && of_segment && *offset < expected.next_offset).then_some(*offset)
        };
        let offsets: Vec<u64> = self.dead_letters.iter().filter_map(here).collect();
        let digest = offsets.iter().fold(0, |digest, offset| digest ^ warehouse::offset_hash(*offset));
        (offsets.len() as u64, digest) == (expected.letters, expected.letters_digest)
    }

    fn holds_sets(&self, row: &RawRow) -> bool {
        let holds = |called: bool, set: &BTreeSet<RawKey>| !called || set.contains(&raw_key(row));
        holds(is_request(row), &self.requests)
            && holds(is_identity(row), &self.identities)
            && holds(is_flag(row), &self.flags)
    }

    fn holds_activity(&self, row: &RawRow) -> bool {
        let active = row.is_message == 1 || matches!(row.event.as_str(), "conversation.started" | "ui.clicked");
        let person = match (row.user_id.as_str(), row.anonymous_id.as_str()) {
            ("", "") => return true,
            ("", anonymous) => format!("a:{anonymous}"),
            (user, _) => format!("u:{user}"),
        };
        let bucket = u32::try_from(row.event_time.div_euclid(900_000_000) * 900).unwrap_or(0);
        let [project, environment, conversation] =
            [&row.project, &row.environment, &row.conversation_id].map(ToString::to_string);
        let key = (project, environment, person, conversation, bucket);
        !active || row.flag == "crawler" || self.activity.get(&key).is_some_and(|first| *first <= row.event_time)
    }

    /// The raw rows to take out of the counters at the seal of a segment.
    pub(crate) fn uncorrected(&self, partition: u16, segment: u32, late_by_ms: i64) -> Vec<RawKey> {
        let late = |row: &&RawRow| {
            row.partition == partition
                && row.segment == segment
                && (!row.clock.is_empty() || row.append_time - row.event_time.div_euclid(1000) > late_by_ms)
        };
        let identities: BTreeSet<_> = self.raw.values().filter(late).map(identity).collect();
        let mut lacking = Vec::new();
        for id in identities {
            let mut rows: Vec<&RawRow> = self.raw.values().filter(|row| identity(row) == id).collect();
            rows.sort_by_key(|row| (row.append_time, row.partition, row.offset));
            let copies = rows.iter().skip(1).filter(|row| row.is_message == 1).map(|row| raw_key(row));
            lacking.extend(copies.filter(|key| !self.corrections.contains(key)));
        }
        lacking
    }

    /// The distinct events of conversations: of each identity the smallest (append time, partition, offset).
    pub fn facts(&self, keys: &[ConversationKey]) -> Vec<FactRow> {
        self.facts_where(keys, |_| true)
    }

    fn facts_where(&self, keys: &[ConversationKey], wanted: impl Fn(&RawRow) -> bool) -> Vec<FactRow> {
        let mut facts = Vec::new();
        for key in keys {
            let mut smallest: BTreeMap<&str, &RawRow> = BTreeMap::new();
            for row in self.raw.values() {
                if row.project != key.project || row.conversation_id != key.conversation_id || !wanted(row) {
                    continue;
                }
                let order = |row: &RawRow| (row.append_time, row.partition, row.offset);
                let held = smallest.entry(&row.event_id).or_insert(row);
                if order(row) < order(held) {
                    *held = row;
                }
            }
            facts.extend(smallest.into_values().map(|row| row.clone().into_fact_row()));
        }
        facts
    }

    pub(crate) fn underived(&self, rows: &SegmentRows, editions: &[(String, u16)]) -> Vec<ConversationKey> {
        let SegmentRows { partition, segment, next_offset, .. } = *rows;
        let here =
            |row: &&RawRow| row.partition == partition && row.segment == segment && !row.conversation_id.is_empty();
        let key = |row: &RawRow| ConversationKey {
            project: row.project.to_string(),
            conversation_id: row.conversation_id.to_string(),
        };
        let touched: BTreeSet<ConversationKey> = self.raw.values().filter(here).map(key).collect();
        let idle = |project: &str| {
            let edition = editions.iter().find(|(of, _)| of == project).map_or(0, |(_, edition)| *edition);
            Arc::new(IdleTimeouts::new(edition, BTreeMap::new()))
        };
        let behind = |key: &ConversationKey| {
            let folded = |row: &RawRow| row.partition != partition || row.offset < next_offset;
            let wanted = StateRow::fold_all(&self.facts_where(std::slice::from_ref(key), folded), idle);
            wanted.iter().any(|row| {
                let at = (row.project.clone(), row.conversation_id.clone(), row.environment.clone());
                self.states.get(&at).is_none_or(|held| is_behind(held.version, row.version))
            })
        };
        touched.into_iter().filter(behind).collect()
    }
    pub(crate) fn cut_before(&self, project: &str, edition: u16, after: &str, limit: usize) -> Vec<ConversationKey> {
        let rows = self.states.values().filter(|row| row.project == project && row.conversation_id.as_str() > after);
        let behind: BTreeSet<ConversationKey> =
            rows.filter(|row| row.is_cut_before(edition)).map(StateRow::conversation).collect();
        behind.into_iter().take(limit).collect()
    }
}
