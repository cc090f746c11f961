//! The worker against the real engine, with a journal whose clock the test sets: copies a day apart, lost rows, lost derived rows.

use std::{sync::Arc, time::Duration};

use engine::{Supervisor, SupervisorOptions};
use journal::{Commit, Journal as _, NewRecord, Topic};
use rollup::Settings;
use testkit::{MemoryJournal, MemoryOptions, stream};
use warehouse::{
    Client,
    query::{Answer, Ask, Range, figures},
    registry::METRICS,
};
use worker::{Deps, Options};

use crate::server::{Directory, RAPPORT, root};

/// The morning after the golden week.
const START_MS: i64 = 1_775_000_000_000;
const DAY_MS: i64 = 86_400_000;
const GROUP: &str = "copies";
const PATIENCE: Duration = Duration::from_secs(60);

struct Rig {
    journal: MemoryJournal,
    client: Client,
    _engine: Supervisor,
    _directory: Directory,
}

impl Rig {
    fn start() -> Rig {
        let directory = Directory::new();
        let data = directory.data();
        let arguments = ["warehouse", "--data-dir", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        let arguments = arguments.map(Into::into).to_vec();
        let engine = Supervisor::spawn(RAPPORT.as_ref(), arguments, SupervisorOptions::default()).unwrap();
        let client = Client::connect(&engine.url(), "default", "");
        let journal = MemoryJournal::new(MemoryOptions { start_ms: START_MS, ..Default::default() });
        Rig { journal, client, _engine: engine, _directory: directory }
    }

    async fn send_golden(&self) {
        let path = root().join("../shared/golden/events.jsonl");
        let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // Without a time of its own, each copy of this one gets the time of its arrival.
        let untimed = r#"{"event_id": "untimed", "event": "message.created", "conversation_id": "untimed",
            "data": {"message_id": "untimed", "role": "user"}}"#;
        let records = golden.lines().chain([untimed]).map(|line| {
            let historical = line.replacen('{', r#"{"historical": true, "#, 1);
            let stream::Encoded { key, value } = stream::encode("golden", historical.as_bytes(), self.journal.now_ms());
            NewRecord { key: key.into(), value: value.into(), headers: Vec::new() }
        });
        self.journal.append(Topic::Events, records.collect()).await.unwrap();
    }

    /// Runs a worker until every partition is proved to its end, and conversations are derived by the present definition.
    async fn settle(&self) {
        let clock = self.journal.clone();
        let options =
            Options { group: GROUP.to_owned(), idle_seal_after: Duration::from_millis(300), ..Options::default() };
        let deps = Deps {
            journal: Arc::new(self.journal.clone()),
            sink: Arc::new(self.client.clone()),
            registry: None,
            erasures: None,
            idle: worker::Idle::default(),
            clock: Arc::new(move || clock.now_ms()),
            options,
            status: worker::Status::default(),
        };
        tokio::select! {
            outcome = worker::run(deps, std::future::pending()) => panic!("the worker stopped: {outcome:?}"),
            () = self.sealed() => {}
            () = tokio::time::sleep(PATIENCE) => panic!("never sealed"),
        }
    }

    async fn sealed(&self) {
        for partition in 0..self.journal.partitions(Topic::Events) {
            let end = self.journal.offsets(Topic::Events, partition).await.unwrap().next;
            loop {
                let commit = self.journal.committed(GROUP, Topic::Events, partition).await.unwrap();
                if end == 0 || commit.is_some_and(|commit| commit.metadata == end.to_string()) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        while self.number("SELECT count() FROM derivations").await == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn figures(&self) -> Vec<(&'static str, Answer)> {
        let range = Range::parse("2026-03-20", "2026-04-04", chrono_tz::Europe::Madrid).unwrap();
        let settings = Settings::default();
        let asks: Vec<Ask<'_>> = METRICS
            .iter()
            .map(|metric| Ask {
                metric,
                project: "golden",
                environment: "production",
                range,
                grain: None,
                by: &[],
                filters: &[],
                settings: &settings,
                business_hours: false,
                conversations: false,
            })
            .collect();
        let answers = figures(&self.client, &asks).await.into_iter().map(Result::unwrap);
        METRICS.iter().map(|metric| metric.id).zip(answers).collect()
    }

    async fn number(&self, sql: &str) -> u64 {
        self.client.clickhouse().query(sql).fetch_one().await.unwrap()
    }

    async fn execute(&self, sql: &str) {
        self.client.clickhouse().query(sql).execute().await.unwrap();
    }

    /// Makes the next owner write everything again.
    fn rewind(&self) {
        for partition in 0..self.journal.partitions(Topic::Events) {
            let commit = Commit { next_offset: 0, metadata: "0".to_owned() };
            self.journal.force_commit(GROUP, Topic::Events, partition, Some(commit));
        }
    }
}

#[test]
fn copies_a_day_later_and_lost_tables_change_no_figure() {
    let rig = Rig::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        rig.client.migrate().await.unwrap();
        rig.send_golden().await;
        rig.settle().await;
        let once = rig.figures().await;
        let messages = rig.number("SELECT sum(messages) FROM message_counts FINAL").await;
        assert!(messages > 0 && once.iter().any(|(id, answer)| *id == "messages_total" && answer.total.n > 0));

        rig.send_golden().await;
        rig.settle().await;
        assert_eq!(rig.figures().await, once, "sent again at once");
        assert_eq!(rig.number("SELECT count() FROM corrections FINAL").await, 0);

        rig.journal.advance_ms(DAY_MS);
        rig.send_golden().await;
        rig.settle().await;
        assert_eq!(
            rig.number("SELECT sum(messages) FROM message_counts FINAL").await,
            2 * messages,
            "the counters hold copies"
        );
        assert_eq!(rig.number("SELECT count() FROM corrections FINAL").await, messages, "which the seal takes out");
        assert_eq!(rig.figures().await, once, "sent again a day later");

        rig.execute("TRUNCATE TABLE conversation_states").await;
        assert_ne!(rig.figures().await, once, "the figures do read the derived rows");
        rig.execute("TRUNCATE TABLE derivations").await;
        rig.settle().await;
        assert_eq!(rig.figures().await, once, "conversations of an earlier definition are derived anew at a start");
        rig.execute("TRUNCATE TABLE conversation_states").await;
        rig.rewind();
        rig.settle().await;
        assert_eq!(rig.figures().await, once, "derived rows dropped and made again");

        let counters = ["message_counts", "minute_counts", "corrections"];
        let sets = ["raw_events", "person_activity", "requests", "conversation_flags"];
        for table in counters.into_iter().chain(sets) {
            rig.execute(&format!("TRUNCATE TABLE {table}")).await;
        }
        rig.rewind();
        rig.settle().await;
        assert_eq!(rig.figures().await, once, "acknowledged rows lost and written again");
    });
}
