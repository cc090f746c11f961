//! A gateway over the embedded journal in a directory of its own.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use control::{Control, CreatedKey, NewKey, Role};
use event::Event;
use gateway::{Deps, Geo, Intake, Options};
use http_body_util::BodyExt;
use journal::{Journal, ReadLimit, Record, Topic, embedded::EmbeddedJournal};
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) control: Control,
    /// A production key of role write.
    pub(crate) key: String,
    _directory: tempfile::TempDir,
}

pub(crate) const SECRET: &[u8] = b"a secret of this test";
pub(crate) const PROJECT: &str = "demo";

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default(), None).await
    }

    pub(crate) async fn with(options: Options, geo: Option<Geo>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let stored = EmbeddedJournal::open(directory.path(), Default::default()).unwrap();
        let journal: Arc<dyn Journal> = Arc::new(stored);
        Self::over(journal, directory, options, geo).await
    }

    /// A gateway over any journal, with its projects and keys in the same.
    pub(crate) async fn over(
        journal: Arc<dyn Journal>,
        directory: tempfile::TempDir,
        options: Options,
        geo: Option<Geo>,
    ) -> Self {
        let intake = Arc::new(Intake::new(journal.clone()));
        Self::through(intake, journal, directory, options, geo).await
    }

    /// A gateway with any intake, whose projects and keys are in the journal.
    pub(crate) async fn through(
        intake: Arc<Intake>,
        journal: Arc<dyn Journal>,
        directory: tempfile::TempDir,
        options: Options,
        geo: Option<Geo>,
    ) -> Self {
        let control = Control::open(journal.clone(), Some("ags_admin")).await.unwrap();
        control.create_project(PROJECT, chrono_tz::UTC).await.unwrap();
        let router = gateway::router(Deps {
            intake: intake.clone(),
            control: control.clone(),
            geo,
            position_secret: SECRET.into(),
            options,
        });
        let mut server = Self { router, journal, intake, control, key: String::new(), _directory: directory };
        server.key = server.key(Role::Write, "production").await.key.reveal().to_owned();
        server
    }

    pub(crate) async fn key(&self, role: Role, environment: &str) -> CreatedKey {
        self.key_of_pages(role, environment, &[]).await
    }

    /// A key that only pages of these origins may send with.
    pub(crate) async fn key_of_pages(&self, role: Role, environment: &str, origins: &[&str]) -> CreatedKey {
        let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
        let new = NewKey { project: PROJECT.into(), environment: environment.into(), role, bot_id: None, origins };
        self.control.create_key(new).await.unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// A request as the write key sends it.
    pub(crate) fn request(&self) -> axum::http::request::Builder {
        with_key(&self.key)
    }

    pub(crate) async fn post(&self, body: impl Into<Body>) -> (StatusCode, Value) {
        self.send(self.request().body(body.into()).unwrap()).await
    }

    async fn records(&self, topic: Topic) -> Vec<Record> {
        let mut records = Vec::new();
        for partition in 0..self.journal.partitions(topic) {
            let limit = ReadLimit { records: 100_000, bytes: 1 << 30 };
            records.extend(self.journal.read(topic, partition, 0, limit).await.unwrap());
        }
        records
    }

    /// The stored events as JSON, by event id.
    pub(crate) async fn events(&self) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        for record in self.records(Topic::Events).await {
            let event = Event::decode(&record.value).unwrap();
            assert_eq!(record.key, event.partition_key());
            let mut json = Vec::new();
            event.write_json(&mut json);
            events.push(serde_json::from_slice(&json).unwrap());
        }
        events.sort_by_key(|event| event["event_id"].to_string());
        events
    }

    pub(crate) async fn event_ids(&self) -> Vec<String> {
        self.events().await.iter().map(|event| event["event_id"].as_str().unwrap().to_owned()).collect()
    }

    /// The dead letters, each with its headers as JSON and its body.
    pub(crate) async fn dead_letters(&self) -> Vec<(Value, bytes::Bytes)> {
        let headers = |record: &Record| {
            let text = |value: &bytes::Bytes| Value::from(String::from_utf8(value.to_vec()).unwrap());
            record.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect()
        };
        let records = self.records(Topic::DeadLetters).await;
        records.iter().map(|record| (Value::Object(headers(record)), record.value.clone())).collect()
    }
}

pub(crate) fn with_key(key: &str) -> axum::http::request::Builder {
    Request::post("/v1/batch")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .extension(ConnectInfo(SocketAddr::from(([8, 1, 2, 3], 4000))))
}

/// A message that is right in every respect.
pub(crate) fn message(id: &str) -> Value {
    json!({
        "event_id": id, "event": "message.created", "timestamp": now(), "conversation_id": "c1", "user_id": "u1",
        "channel": "web", "data": {"message_id": id, "role": "user", "text": "Hello"}
    })
}

/// The message with one field set to something else.
pub(crate) fn message_with(id: &str, pointer: &str, value: Value) -> Value {
    let mut message = message(id);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    message.pointer_mut(parent).unwrap()[name] = value;
    message
}

pub(crate) fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
