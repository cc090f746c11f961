//! Derived rows: raw events in, `conversation_states` out.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use clickhouse::{RowOwned, RowRead};
use rollup::{Detail, Fact, Flag, IdleTimeouts, Kind, Order, Role, fold};

use crate::rows::{ConversationKey, FactRow, RawRow};
use crate::state_row::Erasure;
use crate::{Client, Error, StateRow};

/// Most conversations a query reads at once.
const CONVERSATIONS_PER_QUERY: usize = 4096;

/// Rows of the projects and of the conversations that are asked for, apart: one more condition on pairs takes five times as long as
/// both (193 and 35 ms for 4096 of 600,000 conversations). What belongs to another pair of them is left out afterwards.
const OF_KEYS: &str = "project IN {projects:Array(String)} AND conversation_id IN {conversations:Array(String)}";

impl Client {
    /// Those of the conversations that have a derived row.
    pub(crate) async fn read_derived(&self, keys: &[ConversationKey]) -> Result<Vec<ConversationKey>, Error> {
        let sql = format!("SELECT DISTINCT project, conversation_id FROM conversation_states WHERE {OF_KEYS}");
        self.of_keys(&sql, keys, |key: &ConversationKey| (&key.project, &key.conversation_id)).await
    }

    /// The distinct events of conversations, ordered by conversation.
    pub(crate) async fn read_facts(&self, keys: &[ConversationKey]) -> Result<Vec<FactRow>, Error> {
        let sql = format!(
            "SELECT ?fields FROM raw_events WHERE {OF_KEYS} \
             ORDER BY project, conversation_id, event_id, append_time, partition, offset \
             LIMIT 1 BY project, conversation_id, event_id"
        );
        self.of_keys(&sql, keys, |fact: &FactRow| (&fact.project, &fact.conversation_id)).await
    }

    /// The rows of conversations, by a statement with the condition [`OF_KEYS`].
    async fn of_keys<R: RowOwned + RowRead>(
        &self,
        sql: &str,
        keys: &[ConversationKey],
        key_of: impl Fn(&R) -> (&str, &str),
    ) -> Result<Vec<R>, Error> {
        let mut found = Vec::new();
        for chunk in keys.chunks(CONVERSATIONS_PER_QUERY) {
            let asked: HashSet<(&str, &str)> =
                chunk.iter().map(|key| (key.project.as_str(), key.conversation_id.as_str())).collect();
            let projects: BTreeSet<&str> = chunk.iter().map(|key| key.project.as_str()).collect();
            let conversations: BTreeSet<&str> = chunk.iter().map(|key| key.conversation_id.as_str()).collect();
            let query = self.clickhouse().query(sql).param("projects", projects).param("conversations", conversations);
            let rows = query.fetch_all::<R>().await?;
            found.extend(rows.into_iter().filter(|row| asked.contains(&key_of(row))));
        }
        Ok(found)
    }
}

impl RawRow {
    /// What the fold of a conversation reads of the row.
    pub fn into_fact_row(self) -> FactRow {
        FactRow {
            project: self.project,
            conversation_id: self.conversation_id,
            environment: self.environment,
            event_id: self.event_id,
            partition: self.partition,
            offset: self.offset,
            append_time: self.append_time,
            event: self.event,
            event_time: self.event_time,
            clock: self.clock,
            sequence: self.sequence,
            user_id: self.user_id,
            anonymous_id: self.anonymous_id,
            session_id: self.session_id,
            channel: self.channel,
            bot_id: self.bot_id,
            role: self.role,
            is_message: self.is_message,
            data: self.data,
            context: self.context,
            flag: self.flag,
            erased: self.erased,
        }
    }
}

impl FactRow {
    /// The conversation it belongs to.
    pub fn conversation(&self) -> ConversationKey {
        ConversationKey { project: self.project.to_string(), conversation_id: self.conversation_id.to_string() }
    }

    /// Where the log holds it; of several sightings of an event the one with the smallest counts.
    pub fn sighting(&self) -> (i64, u16, u64) {
        (self.append_time, self.partition, self.offset)
    }

    /// Whether it could be a later copy of an event: it came more than `late_by_ms` after it happened, or its time is not its
    /// producer's own, and then says nothing about that.
    pub fn may_be_copy(&self, late_by_ms: i64) -> bool {
        !self.clock.is_empty() || self.append_time - self.event_time.div_euclid(1_000) > late_by_ms
    }

    /// The row as the fold sees it.
    pub fn fact(&self) -> Fact<'_> {
        let role = if self.is_message == 1 { Role::from_name(&self.role) } else { None };
        Fact {
            order: Order { time_us: self.event_time, sequence: self.sequence, event_id: &self.event_id },
            kind: Kind::of(&self.event, role),
            user_id: &self.user_id,
            anonymous_id: &self.anonymous_id,
            session_id: &self.session_id,
            channel: &self.channel,
            bot_id: &self.bot_id,
            flag: Flag::from_name(&self.flag),
            detail: Detail::from_json(&self.data, &self.context),
        }
    }
}

impl StateRow {
    /// The derived rows of conversations whose events stand together in `facts`: one for each environment of each. `idle` says how a
    /// project's chats are cut.
    pub fn fold_all(facts: &[FactRow], idle: impl Fn(&str) -> Arc<IdleTimeouts>) -> Vec<StateRow> {
        let same = |a: &FactRow, b: &FactRow| a.project == b.project && a.conversation_id == b.conversation_id;
        let folded = |facts: &[FactRow]| StateRow::fold_conversation(facts.iter(), &idle(&facts[0].project));
        facts.chunk_by(same).flat_map(folded).collect()
    }

    /// The derived rows of one conversation from its distinct events, one for each environment.
    pub fn fold_conversation<'f>(
        facts: impl Iterator<Item = &'f FactRow> + Clone,
        idle: &IdleTimeouts,
    ) -> Vec<StateRow> {
        let mut environments: Vec<&str> = facts.clone().map(|fact| fact.environment.as_str()).collect();
        environments.sort_unstable();
        environments.dedup();
        let states = environments.into_iter().filter_map(|environment| {
            let own = facts.clone().filter(|fact| fact.environment == environment);
            let first = own.clone().next()?;
            let erased = Erasure::of(own.clone().map(|fact| fact.erased));
            let state = fold(own.map(FactRow::fact).collect(), idle)?;
            let named = (first.project.as_str(), environment, first.conversation_id.as_str());
            Some(StateRow::new(named, &state, (idle.edition(), erased)))
        });
        states.collect()
    }
}
