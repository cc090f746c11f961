//! CPU time of an event from the request to the journal's door: `cargo bench -p gateway`.
//!
//! The journal takes everything at once, so that what is measured is the gateway alone.

#![allow(clippy::print_stdout, reason = "the figures are what this program is for")]
#![allow(missing_docs, reason = "a program without an interface")]

use std::{error::Error, fmt::Write as _, sync::Arc};

use axum::{body::Body, http::Request};
use control::{Control, NewKey, Role};
use gateway::{Deps, Intake, Options};
use journal::{Appended, BoxFuture, Commit, Journal, NewRecord, Offsets, ReadLimit, Record, Topic, embedded};
use tower::ServiceExt;

/// Keeps the control topic and forgets events.
#[derive(Debug)]
struct Door(embedded::EmbeddedJournal);

type Answer<'a, T> = BoxFuture<'a, Result<T, journal::Error>>;

impl Journal for Door {
    fn partitions(&self, topic: Topic) -> u16 {
        self.0.partitions(topic)
    }
    fn append(&self, topic: Topic, records: Vec<NewRecord>) -> Answer<'_, Vec<Appended>> {
        if topic == Topic::Control {
            return self.0.append(topic, records);
        }
        let places = records.iter().map(|_| Appended { partition: 0, offset: 0 }).collect();
        Box::pin(async { Ok(places) })
    }
    fn read(&self, topic: Topic, partition: u16, from: u64, limit: ReadLimit) -> Answer<'_, Vec<Record>> {
        self.0.read(topic, partition, from, limit)
    }
    fn wait_beyond(&self, topic: Topic, seen: Vec<u64>) -> BoxFuture<'_, ()> {
        self.0.wait_beyond(topic, seen)
    }
    fn offsets(&self, topic: Topic, partition: u16) -> Answer<'_, Offsets> {
        self.0.offsets(topic, partition)
    }
    fn offset_for_time(&self, topic: Topic, partition: u16, at_ms: i64) -> Answer<'_, Option<u64>> {
        self.0.offset_for_time(topic, partition, at_ms)
    }
    fn commit(&self, group: &str, topic: Topic, partition: u16, commit: Commit) -> Answer<'_, ()> {
        self.0.commit(group, topic, partition, commit)
    }
    fn committed(&self, group: &str, topic: Topic, partition: u16) -> Answer<'_, Option<Commit>> {
        self.0.committed(group, topic, partition)
    }
}

const EVENTS: usize = 100;
const REQUESTS: usize = 10_000;

/// A batch of messages of about 400 bytes each.
fn batch() -> Result<String, std::fmt::Error> {
    let now = chrono::Utc::now().to_rfc3339();
    let mut body = String::from("[");
    for number in 0..EVENTS {
        let separator = if number == 0 { "" } else { "," };
        write!(
            body,
            r#"{separator}{{"event_id":"0197a3c2-7b1e-7c3d-9f00-{number:012}","event":"message.created","timestamp":"{now}","conversation_id":"conversation-{number}","user_id":"user-{number}","channel":"web","context":{{"locale":"es-ES","page":{{"url":"https://shop.example/returns"}}}},"data":{{"message_id":"m-{number}","role":"user","text":"Hello, I would like to send back the shoes that came yesterday, how do I do that?","language":"en"}}}}"#
        )?;
    }
    body.push(']');
    Ok(body)
}

/// Time of one CPU that this process has used, in seconds.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    Ok((ticks(11) + ticks(12)) / 100.0)
}

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let journal: Arc<dyn Journal> =
        Arc::new(Door(embedded::EmbeddedJournal::open(directory.path(), Default::default())?));
    let control = Control::open(journal.clone(), None).await?;
    let project = control.create_project("bench", chrono_tz::UTC).await?.id;
    let environment = "production".to_owned();
    let key = control
        .create_key(NewKey { project, environment, role: Role::Ingest, bot_id: None, origins: Vec::new() })
        .await?
        .key;
    let options = Options { key_events_per_second: u32::MAX, key_burst_events: u32::MAX, ..Options::default() };
    let position_secret = Arc::from(&b"bench"[..]);
    let intake = Arc::new(Intake::new(journal));
    let router = gateway::router(Deps { intake, control, geo: None, position_secret, options });
    let body = bytes::Bytes::from(batch()?);
    let before = cpu_seconds()?;
    for _ in 0..REQUESTS {
        let request = Request::post("/v1/batch").header("authorization", format!("Bearer {}", key.reveal()));
        let response = router.clone().oneshot(request.body(Body::from(body.clone()))?).await?;
        assert_eq!(response.status(), 200);
    }
    let microseconds = (cpu_seconds()? - before) * 1e6 / (REQUESTS * EVENTS) as f64;
    println!("{microseconds:.2} µs of one CPU an event of {} bytes, {EVENTS} events a request", body.len() / EVENTS);
    Ok(())
}
