//! A past straight into a warehouse: events of the last 90 days, folded as a worker folds them, without gateway and journal. What
//! questions on much data cost is measured on it.

use std::{collections::BTreeMap, ops::Range};

use anyhow::Context as _;
use chrono::{DateTime, Duration, Utc};
use delivery::{AppendTime, Frontier, Settings};
use event::{Defaults, Event, Timestamp};
use journal::Record;
use rollup::IdleTimeouts;
use tokio::task::JoinHandle;
use warehouse::{Batch, Client, ConversationKey, FactRow, RawRow, Sink as _, StateRow};
use worker::{Applied, PartitionFold, Rows};

use crate::{
    args,
    demo::{DemoEvent, History, Stretch},
    terminal,
};

/// Length of the past, days.
const DAYS: i64 = 90;
/// Rows of a flush.
const FLUSH_ROWS: usize = 100_000;
/// Conversations written at once.
const CHUNK: usize = 8_192;
/// Copies of an event do not all happen at once, but within this time of it. Later times would be taken for a wrong clock.
const SCATTER_MS: u64 = 240_000;

/// Fills a project of the warehouse: what the demo's history tells, told by as many shops as it takes. Each has its own
/// conversations and people.
///
/// # Errors
/// When the warehouse refuses rows or stays away.
pub(super) fn fill(options: &args::Past, seed: u64) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start threads")?;
    runtime.block_on(async {
        let client = Client::connect(&options.warehouse, &options.user, &options.password);
        client.ping().await.with_context(|| format!("no warehouse answers at {}", options.warehouse))?;
        let past = Past::new(options, seed, Utc::now());
        let told = past.tell(&client).await?;
        let folded = past.fold(&client).await?;
        terminal::line(format_args!("{told} events in {folded} conversations of the project {}", options.project));
        Ok(())
    })
}

/// What is told.
struct Past<'a> {
    project: &'a str,
    /// What each shop tells.
    history: Vec<Stretch>,
    shops: u64,
    events: u64,
}

impl<'a> Past<'a> {
    fn new(options: &'a args::Past, seed: u64, now: DateTime<Utc>) -> Self {
        let history: Vec<Stretch> = History::new(seed, now - Duration::days(DAYS), now).collect();
        let of_one: u64 = history.iter().map(|stretch| stretch.events.len() as u64).sum();
        let shops = options.events.div_ceil(of_one.max(1));
        Self { project: &options.project, history, shops, events: of_one * shops }
    }

    /// Writes what the events add by themselves; how many there are.
    async fn tell(&self, client: &Client) -> anyhow::Result<u64> {
        let bar = terminal::progress("{msg} [{bar:30}] {pos}/{len} events");
        bar.set_length(self.events);
        bar.set_message("telling");
        let mut teller = Teller::new(self.project, 0..self.shops);
        let mut writing = Writing::default();
        for stretch in &self.history {
            for event in &stretch.events {
                teller.tell(event)?;
                if teller.rows.len() >= FLUSH_ROWS {
                    writing.flush(client, teller.take()).await?;
                    bar.set_position(teller.offset);
                }
            }
            writing.flush(client, teller.take()).await?;
            teller.seal();
        }
        writing.end().await?;
        bar.finish_and_clear();
        Ok(teller.offset)
    }

    /// Folds the conversations of all shops and writes their rows; how many there are.
    async fn fold(&self, client: &Client) -> anyhow::Result<u64> {
        let bar = terminal::progress("{msg} [{bar:30}] {pos}/{len} shops");
        bar.set_length(self.shops);
        bar.set_message("folding");
        let idle = IdleTimeouts::default();
        let (mut folded, mut writing): (u64, Writing) = (0, Writing::default());
        for shop in 0..self.shops {
            let mut teller = Teller::new(self.project, shop..shop + 1);
            self.history.iter().flat_map(|stretch| &stretch.events).try_for_each(|event| teller.tell(event))?;
            let mut conversations: BTreeMap<ConversationKey, Vec<FactRow>> = BTreeMap::new();
            for fact in teller.take().raw.into_iter().map(RawRow::into_fact_row) {
                conversations.entry(fact.conversation()).or_default().push(fact);
            }
            conversations.retain(|key, _| !key.conversation_id.is_empty());
            folded += conversations.len() as u64;
            let rows: Vec<StateRow> =
                conversations.values().flat_map(|facts| StateRow::fold_conversation(facts.iter(), &idle)).collect();
            let client = client.clone();
            let write = async move {
                for rows in rows.chunks(CHUNK) {
                    client.write_states(rows).await?;
                }
                Ok(())
            };
            writing.next(write).await?;
            bar.inc(1);
        }
        writing.end().await?;
        bar.finish_and_clear();
        Ok(folded)
    }
}

/// What is being written while more is made: one write is under way at a time.
#[derive(Default)]
struct Writing(Option<JoinHandle<Result<(), warehouse::Error>>>);

impl Writing {
    async fn flush(&mut self, client: &Client, batch: Batch) -> anyhow::Result<()> {
        let client = client.clone();
        self.next(async move { client.write(&batch).await }).await
    }

    /// Begins a write, and waits for the one before.
    async fn next(
        &mut self,
        write: impl Future<Output = Result<(), warehouse::Error>> + Send + 'static,
    ) -> anyhow::Result<()> {
        let before = Writing(self.0.replace(tokio::spawn(write)));
        before.end().await
    }

    async fn end(self) -> anyhow::Result<()> {
        if let Some(write) = self.0 {
            write.await??;
        }
        Ok(())
    }
}

/// Tells each event once a shop.
struct Teller {
    defaults: Defaults<'static>,
    shops: Range<u64>,
    fold: PartitionFold,
    rows: Rows,
    offset: u64,
    value: Vec<u8>,
}

impl Teller {
    fn new(project: &str, shops: Range<u64>) -> Self {
        let settings = Settings::default();
        let frontier = Frontier::new(settings, AppendTime(i64::MIN / 2), 0, 0);
        let fold = PartitionFold::new(0, settings, frontier);
        let defaults = Defaults::new(project.to_owned(), Timestamp(0));
        Self { defaults, shops, fold, rows: Rows::default(), offset: 0, value: Vec::new() }
    }

    fn tell(&mut self, told: &DemoEvent) -> anyhow::Result<()> {
        let at_ms = told.at.timestamp_millis();
        self.defaults.received_at = Timestamp(at_ms * 1_000);
        let text = serde_json::to_vec(&told.json)?;
        let parsed = event::from_json(&text, &self.defaults).map_err(|invalid| anyhow::anyhow!("{invalid:?}"))?;
        for shop in self.shops.clone() {
            let of_shop = of_shop(&parsed.event, shop);
            self.value.clear();
            of_shop.encode(&mut self.value);
            let record = Record {
                offset: self.offset,
                append_time_ms: at_ms,
                key: of_shop.partition_key().into(),
                value: self.value.clone().into(),
                headers: Vec::new(),
            };
            let applied = self.fold.apply(&record, &mut self.rows);
            anyhow::ensure!(applied == Applied::Folded, "an event of {} is out of order", told.at);
            self.offset += 1;
        }
        Ok(())
    }

    fn take(&mut self) -> Batch {
        let (mut batch, _touched) = self.rows.take();
        self.fold.take_changed(&mut batch);
        batch
    }

    /// Forgets what no later event of this past can touch.
    fn seal(&mut self) {
        let closed = self.fold.frontier().closed();
        self.fold.seal(&closed, self.offset);
    }
}

/// An event as it happens in a shop: to its own people, in its own conversations, a little later.
fn of_shop(told: &Event<'static>, shop: u64) -> Event<'static> {
    let mut event = told.clone();
    let own = |id: &str| format!("{id}~{shop:x}").into();
    event.event_id = own(&event.event_id);
    for id in [&mut event.conversation_id, &mut event.user_id, &mut event.anonymous_id] {
        *id = id.take().map(|id| own(&id));
    }
    let later_ms = shop.wrapping_mul(0x9e37_79b9) % SCATTER_MS;
    event.time = Timestamp(event.time.0 + i64::try_from(later_ms).expect("it is small") * 1_000);
    event
}
