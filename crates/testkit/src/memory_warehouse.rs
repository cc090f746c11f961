//! A warehouse in memory that follows the tables' replacement rules, counts operations, and misbehaves when told to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use tokio::sync::Notify;
use warehouse::{
    ActivityRow, AnchorRow, Batch, BoxFuture, ConversationKey, CountKey, Error, FactRow, Generation, MinuteKey,
    ProgressRow, RawRow, SealedRow, SegmentRows, Sink, StateRow,
};

/// Key of a raw row: identity, partition, segment.
type RawKey = (String, String, String, u16, u32);
/// Key of a person's activity: project, environment, person, conversation, bucket.
type ActivityKey = (String, String, String, String, u32);

/// What happens at an operation of the warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails and nothing was done.
    Refuse,
    /// It is done, and the answer is an error.
    LoseAnswer,
    /// It is acknowledged and not done.
    LoseRows,
    /// It never answers, before anything was done: the caller is to be killed.
    HangBefore,
    /// It is done and never answers: the caller is to be killed.
    HangAfter,
}

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
    /// `conversation_states` by (project, conversation, environment).
    pub states: BTreeMap<(String, String, String), StateRow>,
    /// Keys of `dead_letters`.
    pub dead_letters: BTreeSet<(String, u16, u64)>,
    /// `progress`: next and derived offset by partition.
    pub progress: BTreeMap<u16, (u64, u64)>,
    /// `sealed` by partition.
    pub sealed: BTreeMap<u16, u64>,
    anchors: BTreeMap<u16, AnchorRow>,
    generation: Option<Generation>,
}

#[derive(Debug, Default)]
struct State {
    tables: Tables,
    operations: u64,
    faults: BTreeMap<u64, Fault>,
}

/// The warehouse in memory.
#[derive(Debug, Default)]
pub struct MemoryWarehouse {
    state: Mutex<State>,
    hung: Notify,
}

impl MemoryWarehouse {
    /// Plans faults, by how many operations from now they strike.
    pub fn plan(&self, faults: impl IntoIterator<Item = (u64, Fault)>) {
        let mut state = self.lock();
        let now = state.operations;
        state.faults = faults.into_iter().map(|(after, fault)| (now + after, fault)).collect();
    }

    /// Resolves when an operation hangs.
    pub async fn hung(&self) {
        self.hung.notified().await;
    }

    /// Number of operations so far.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// A copy of the tables.
    pub fn tables(&self) -> Tables {
        self.lock().tables.clone()
    }

    /// Changes the tables behind the worker's back.
    pub fn tamper(&self, change: impl FnOnce(&mut Tables)) {
        change(&mut self.lock().tables);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder of the lock panics")
    }

    /// One operation: strikes the planned fault, or does `change`.
    fn operate<'a, T: Send + 'a>(
        &'a self,
        change: impl Fn(&mut Tables) -> T + Send + 'a,
        unsaid: impl Fn() -> T + Send + 'a,
    ) -> BoxFuture<'a, Result<T, Error>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let (fault, done) = {
                let mut state = self.lock();
                let number = state.operations;
                state.operations += 1;
                let fault = state.faults.remove(&number);
                let skipped = matches!(fault, Some(Fault::Refuse | Fault::LoseRows | Fault::HangBefore));
                (fault, if skipped { None } else { Some(change(&mut state.tables)) })
            };
            match (fault, done) {
                (Some(Fault::Refuse | Fault::LoseAnswer), _) => Err(Error::Away("a planned fault".to_owned())),
                (Some(Fault::HangBefore | Fault::HangAfter), _) => {
                    self.hung.notify_one();
                    std::future::pending().await
                }
                (_, Some(done)) => Ok(done),
                (_, None) => Ok(unsaid()),
            }
        })
    }

    /// One write: rows may be acknowledged and lost.
    fn write_with<'a>(&'a self, change: impl Fn(&mut Tables) + Send + 'a) -> BoxFuture<'a, Result<(), Error>> {
        self.operate(change, || ())
    }

    /// One read: there are no rows to lose, so that fault is a refusal.
    fn read_with<'a, T: Send + 'a>(
        &'a self,
        read: impl Fn(&Tables) -> T + Send + Sync + 'a,
    ) -> BoxFuture<'a, Result<T, Error>> {
        let read = std::sync::Arc::new(read);
        let again = std::sync::Arc::clone(&read);
        self.operate(move |tables| read(tables), move || again(&self.lock().tables))
    }
}

fn raw_key(row: &RawRow) -> RawKey {
    (row.project.clone(), row.conversation_id.clone(), row.event_id.clone(), row.partition, row.segment)
}

/// The greatest version wins; rows of equal version must be equal.
fn replace<K: Ord + std::fmt::Debug>(table: &mut BTreeMap<K, (u64, u64)>, key: K, messages: u64, ver: u64) {
    let held = table.get(&key).copied().unwrap_or_default();
    assert!(held.1 != ver || held.0 == messages, "{key:?}: {} and {messages} under version {ver}", held.0);
    if ver > held.1 {
        table.insert(key, (messages, ver));
    }
}

impl Tables {
    fn write(&mut self, batch: &Batch) {
        for row in &batch.raw {
            let held = self.raw.insert(raw_key(row), row.clone());
            assert!(held.is_none_or(|held| held == *row), "two contents of one raw row");
        }
        for ActivityRow { project, environment, person, conversation_id, bucket, first } in
            batch.activity.iter().cloned()
        {
            let held = self.activity.entry((project, environment, person, conversation_id, bucket)).or_insert(first);
            *held = first.min(*held);
        }
        for letter in &batch.dead_letters {
            self.dead_letters.insert((letter.topic.clone(), letter.partition, letter.offset));
        }
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
        for row in batch.minutes.iter().cloned() {
            let key = MinuteKey { project: row.project, environment: row.environment, minute: row.minute };
            replace(&mut self.minutes, (key, row.partition, row.segment), row.messages, row.ver);
        }
    }

    fn holds(&self, expected: &SegmentRows) -> bool {
        let (partition, segment) = (expected.partition, expected.segment);
        let here =
            |row: &&RawRow| row.partition == partition && row.segment == segment && row.offset < expected.next_offset;
        let offsets: Vec<u64> = self.raw.values().filter(here).map(|row| row.offset).collect();
        let digest = offsets.iter().fold(0, |digest, offset| digest ^ warehouse::offset_hash(*offset));
        let count = |key: &CountKey| self.counts.get(&(key.clone(), partition, segment)).map(|held| held.1);
        let minute = |key: &MinuteKey| self.minutes.get(&(key.clone(), partition, segment)).map(|held| held.1);
        (offsets.len() as u64, digest) == (expected.rows, expected.digest)
            && expected.counts.iter().all(|(key, ver)| count(key).is_some_and(|held| held >= *ver))
            && expected.minutes.iter().all(|(key, ver)| minute(key).is_some_and(|held| held >= *ver))
            && self.raw.values().filter(here).all(|row| self.holds_activity(row))
    }

    fn holds_activity(&self, row: &RawRow) -> bool {
        let active = row.is_message == 1 || matches!(row.event.as_str(), "conversation.started" | "ui.clicked");
        let person = match (row.user_id.as_str(), row.anonymous_id.as_str()) {
            ("", "") => return true,
            ("", anonymous) => format!("a:{anonymous}"),
            (user, _) => format!("u:{user}"),
        };
        let bucket = u32::try_from(row.event_time.div_euclid(900_000_000) * 900).unwrap_or(0);
        let key = (row.project.clone(), row.environment.clone(), person, row.conversation_id.clone(), bucket);
        !active || self.activity.get(&key).is_some_and(|first| *first <= row.event_time)
    }

    fn correct(&mut self, partition: u16, segment: u32, late_by_ms: i64) -> u64 {
        let late = |row: &&RawRow| {
            row.partition == partition
                && row.segment == segment
                && (!row.clock.is_empty() || row.append_time - row.event_time.div_euclid(1000) > late_by_ms)
        };
        let identity = |row: &RawRow| (row.project.clone(), row.conversation_id.clone(), row.event_id.clone());
        let identities: BTreeSet<_> = self.raw.values().filter(late).map(identity).collect();
        let mut lacking = Vec::new();
        for id in identities {
            let mut rows: Vec<&RawRow> = self.raw.values().filter(|row| identity(row) == id).collect();
            rows.sort_by_key(|row| (row.append_time, row.partition, row.offset));
            let copies = rows.iter().skip(1).filter(|row| row.is_message == 1).map(|row| raw_key(row));
            lacking.extend(copies.filter(|key| !self.corrections.contains(key)));
        }
        let count = lacking.len() as u64;
        self.corrections.extend(lacking);
        count
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

    fn underived(&self, rows: &SegmentRows) -> Vec<ConversationKey> {
        let SegmentRows { partition, segment, next_offset, .. } = *rows;
        let here =
            |row: &&RawRow| row.partition == partition && row.segment == segment && !row.conversation_id.is_empty();
        let key = |row: &RawRow| ConversationKey {
            project: row.project.clone(),
            conversation_id: row.conversation_id.clone(),
        };
        let touched: BTreeSet<ConversationKey> = self.raw.values().filter(here).map(key).collect();
        let behind = |key: &ConversationKey| {
            let folded = |row: &RawRow| row.partition != partition || row.offset < next_offset;
            let wanted = StateRow::fold_all(&self.facts_where(std::slice::from_ref(key), folded));
            wanted.iter().any(|row| {
                let at = (row.project.clone(), row.conversation_id.clone(), row.environment.clone());
                self.states.get(&at).is_none_or(|held| held.version < row.version)
            })
        };
        touched.into_iter().filter(behind).collect()
    }
}

impl Sink for MemoryWarehouse {
    fn write<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Result<(), Error>> {
        self.write_with(move |tables| tables.write(batch))
    }

    fn write_states<'a>(&'a self, rows: &'a [StateRow]) -> BoxFuture<'a, Result<(), Error>> {
        self.write_with(move |tables| {
            for row in rows {
                let at = (row.project.clone(), row.conversation_id.clone(), row.environment.clone());
                if tables.states.get(&at).is_none_or(|held| held.version <= row.version) {
                    tables.states.insert(at, row.clone());
                }
            }
        })
    }

    fn write_progress<'a>(&'a self, rows: &'a [ProgressRow]) -> BoxFuture<'a, Result<(), Error>> {
        self.write_with(move |tables| {
            for row in rows {
                let held = tables.progress.entry(row.partition).or_default();
                *held = (held.0.max(row.next_offset), held.1.max(row.derived_offset));
            }
        })
    }

    fn write_sealed<'a>(&'a self, rows: &'a [SealedRow]) -> BoxFuture<'a, Result<(), Error>> {
        self.write_with(move |tables| {
            for row in rows {
                let held = tables.sealed.entry(row.partition).or_default();
                *held = row.sealed_offset.max(*held);
            }
        })
    }

    fn write_anchors<'a>(&'a self, rows: &'a [AnchorRow]) -> BoxFuture<'a, Result<(), Error>> {
        self.write_with(move |tables| {
            for row in rows {
                let held = tables.anchors.entry(row.partition).or_insert_with(|| row.clone());
                if row.offset > held.offset {
                    *held = row.clone();
                }
            }
        })
    }

    fn facts<'a>(&'a self, keys: &'a [ConversationKey]) -> BoxFuture<'a, Result<Vec<FactRow>, Error>> {
        self.read_with(move |tables| tables.facts(keys))
    }

    fn derived<'a>(&'a self, keys: &'a [ConversationKey]) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>> {
        self.read_with(move |tables| {
            let named = tables.states.keys().map(|(project, conversation, _)| (project, conversation));
            let derived: BTreeSet<_> = named.collect();
            keys.iter().filter(|key| derived.contains(&(&key.project, &key.conversation_id))).cloned().collect()
        })
    }

    fn holds<'a>(&'a self, rows: &'a SegmentRows) -> BoxFuture<'a, Result<bool, Error>> {
        self.read_with(move |tables| tables.holds(rows))
    }

    fn correct<'a>(&'a self, partition: u16, segment: u32, late_by_ms: i64) -> BoxFuture<'a, Result<u64, Error>> {
        self.operate(move |tables| tables.correct(partition, segment, late_by_ms), || 1)
    }

    fn underived<'a>(&'a self, rows: &'a SegmentRows) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>> {
        self.read_with(move |tables| tables.underived(rows))
    }

    fn sealed(&self, _generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        self.read_with(move |tables| tables.sealed.get(&partition).copied())
    }

    fn reached(&self, _generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        self.read_with(move |tables| tables.progress.get(&partition).map(|held| held.0))
    }

    fn anchor(&self, _generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<AnchorRow>, Error>> {
        self.read_with(move |tables| tables.anchors.get(&partition).cloned())
    }

    fn generation<'a>(&'a self, wanted: &'a Generation) -> BoxFuture<'a, Result<Generation, Error>> {
        self.operate(
            move |tables| tables.generation.get_or_insert_with(|| wanted.clone()).clone(),
            move || wanted.clone(),
        )
    }
}
