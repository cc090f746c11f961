//! A past straight into a warehouse: events of the last 90 days, folded as a worker folds them, without gateway and journal. What
//! questions on much data cost is measured on it.

use std::{collections::BTreeMap, ops::Range};

use anyhow::Context as _;
use chrono::{DateTime, Duration, Utc};
use delivery::{AppendTime, Frontier, Settings};
use event::{Defaults, Event, Timestamp};
use journal::Record;
use rollup::IdleTimeouts;
use warehouse::{Batch, Client, ConversationKey, FactRow, RawRow, Sink as _, StateRow};
use worker::{Applied, PartitionFold, Rows};

use crate::{
    args::Past,
    demo::{DemoEvent, History},
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
pub(super) fn fill(options: &Past, seed: u64) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start threads")?;
    runtime.block_on(async {
        let client = Client::connect(&options.warehouse, &options.user, &options.password);
        client.ping().await.with_context(|| format!("no warehouse answers at {}", options.warehouse))?;
        let now = Utc::now();
        let told = tell(&client, options, seed, now).await?;
        let folded = fold(&client, options, seed, now).await?;
        terminal::line(format_args!("{told} events in {folded} conversations of the project {}", options.project));
        Ok(())
    })
}

/// Writes what the events add by themselves; how many there are.
async fn tell(client: &Client, options: &Past, seed: u64, now: DateTime<Utc>) -> anyhow::Result<u64> {
    let of_one: u64 = history(seed, now).map(|stretch| stretch.events.len() as u64).sum();
    let shops = shops(options, of_one);
    let bar = terminal::progress("{msg} [{bar:30}] {pos}/{len} events");
    bar.set_length(of_one * shops);
    bar.set_message("telling");
    let mut teller = Teller::new(&options.project, 0..shops);
    let mut flushing = tokio::spawn(async { Ok(()) });
    for stretch in history(seed, now) {
        for event in &stretch.events {
            teller.tell(event)?;
            if teller.rows.len() >= FLUSH_ROWS {
                flush(client, &mut teller, &mut flushing).await?;
                bar.set_position(teller.offset);
            }
        }
        flush(client, &mut teller, &mut flushing).await?;
        teller.seal();
    }
    flushing.await??;
    bar.finish_and_clear();
    Ok(teller.offset)
}

/// What one shop tells.
fn history(seed: u64, now: DateTime<Utc>) -> History {
    History::new(seed, now - Duration::days(DAYS), now)
}

/// How many shops tell as many events as are asked for.
fn shops(options: &Past, events_of_one: u64) -> u64 {
    options.events.div_ceil(events_of_one.max(1))
}

type Flushing = tokio::task::JoinHandle<Result<(), warehouse::Error>>;

/// Writes what was told, while more is being told: one flush is under way at a time.
async fn flush(client: &Client, teller: &mut Teller, flushing: &mut Flushing) -> anyhow::Result<()> {
    let batch = teller.take();
    let client = client.clone();
    let next = tokio::spawn(async move { client.write(&batch).await });
    std::mem::replace(flushing, next).await??;
    Ok(())
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

/// Folds the conversations of all shops and writes their rows; how many there are.
async fn fold(client: &Client, options: &Past, seed: u64, now: DateTime<Utc>) -> anyhow::Result<u64> {
    let history: Vec<DemoEvent> = history(seed, now).flat_map(|stretch| stretch.events).collect();
    let shops = shops(options, history.len() as u64);
    let bar = terminal::progress("{msg} [{bar:30}] {pos}/{len} shops");
    bar.set_length(shops);
    bar.set_message("folding");
    let idle = IdleTimeouts::default();
    let (mut folded, mut writing): (u64, Flushing) = (0, tokio::spawn(async { Ok(()) }));
    for shop in 0..shops {
        let mut teller = Teller::new(&options.project, shop..shop + 1);
        history.iter().try_for_each(|event| teller.tell(event))?;
        let mut conversations: BTreeMap<ConversationKey, Vec<FactRow>> = BTreeMap::new();
        for fact in teller.take().raw.into_iter().map(RawRow::into_fact_row) {
            conversations.entry(fact.conversation()).or_default().push(fact);
        }
        conversations.retain(|key, _| !key.conversation_id.is_empty());
        folded += conversations.len() as u64;
        let rows: Vec<StateRow> =
            conversations.values().flat_map(|facts| StateRow::fold_conversation(facts.iter(), &idle)).collect();
        let client = client.clone();
        let next = tokio::spawn(async move {
            for rows in rows.chunks(CHUNK) {
                client.write_states(rows).await?;
            }
            Ok(())
        });
        std::mem::replace(&mut writing, next).await??;
        bar.inc(1);
    }
    writing.await??;
    bar.finish_and_clear();
    Ok(folded)
}
