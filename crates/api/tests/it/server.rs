//! An API on a journal in a directory of its own, and a plain client.

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use chrono::{DateTime, Utc};
use journal::{
    Journal,
    embedded::{EmbeddedJournal, Options},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

pub(crate) const ADMIN: &str = "the-administrators-key";
pub(crate) const SECRET: &[u8] = b"secret";

/// A running API. The directory goes with it.
pub(crate) struct Api {
    address: SocketAddr,
    pub(crate) journal: Arc<dyn Journal>,
    _directory: tempfile::TempDir,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        let error = &self.body["error"];
        assert!(error["message"].is_string() && error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{error}");
        error["code"].as_str().unwrap_or_default()
    }
}

/// Serves a router on a free port.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

impl Api {
    /// An API that finds its warehouse at `url`.
    pub(crate) async fn start(url: &str) -> Api {
        let directory = tempfile::tempdir().unwrap();
        let journal: Arc<dyn Journal> = Arc::new(EmbeddedJournal::open(directory.path(), Options::default()).unwrap());
        let control = control::Control::open(Arc::clone(&journal), Some(ADMIN)).await.unwrap();
        let now = DateTime::parse_from_rfc3339("2026-03-25T10:00:00Z").unwrap().with_timezone(&Utc);
        let deps = api::Deps {
            warehouse: warehouse::Client::connect(url, "default", ""),
            control,
            journal: Arc::clone(&journal),
            health: service::health::Health::default(),
            metrics: service::metrics::install().unwrap(),
            position_secret: SECRET.into(),
            documents: vec![serde_json::json!({"paths": {"/other": {}}, "schemas": {"Other": {}}})],
            generation: 1,
            retention: None,
            now: Arc::new(move || now),
        };
        Api { address: serve(api::router(deps)).await, journal, _directory: directory }
    }

    /// An API without a warehouse.
    pub(crate) async fn alone() -> Api {
        // Nothing listens on the discard port of this machine.
        Api::start("http://127.0.0.1:9").await
    }

    pub(crate) async fn get(&self, key: &str, path: &str) -> Answer {
        self.call("GET", key, path, "").await
    }

    pub(crate) async fn call(&self, method: &str, key: &str, path: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let key = if key.is_empty() { String::new() } else { format!("Authorization: Bearer {key}\r\n") };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: api\r\n{key}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: serde_json::from_str(body).unwrap_or(Value::Null) }
    }

    /// A new project's key of a role.
    pub(crate) async fn key(&self, project: &str, role: &str) -> String {
        self.call("POST", ADMIN, "/api/v1/projects", &format!(r#"{{"name":"{project}","timezone":"Europe/Madrid"}}"#))
            .await;
        let body = format!(r#"{{"project":"{project}","role":"{role}"}}"#);
        let created = self.call("POST", ADMIN, "/api/v1/keys", &body).await;
        assert_eq!(created.status, 201, "{}", created.body);
        created.body["key"].as_str().unwrap().to_owned()
    }
}
