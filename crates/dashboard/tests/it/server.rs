//! The pages on a journal of their own, asked without a socket.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use dashboard::{Demo, Deps};
use journal::{
    Journal,
    embedded::{EmbeddedJournal, Options},
};
use service::lifecycle::Shutdown;
use tower::ServiceExt as _;

/// Largest page that a test reads.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// What everything is signed with.
pub(crate) const SECRET: &[u8] = b"secret";

/// The time at which pages are asked for.
pub(crate) fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::parse_from_rfc3339("2026-03-25T10:00:00Z").unwrap().to_utc()
}

/// The routes of the pages. The directory goes with them.
pub(crate) struct Pages {
    router: Router,
    pub(crate) control: control::Control,
    journal: Arc<dyn Journal>,
    closing: Shutdown,
    _directory: Arc<tempfile::TempDir>,
}

/// An answer.
pub(crate) struct Page {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Pages {
    /// Those of a demo that listens at an address.
    pub(crate) async fn demo(listens: &str) -> Pages {
        let demo = Demo { listens: listens.parse().unwrap(), project: "demo".into() };
        Pages::of(Some(demo)).await
    }

    /// Those of a server that is no demo.
    pub(crate) async fn closed() -> Pages {
        Pages::of(None).await
    }

    async fn of(demo: Option<Demo>) -> Pages {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        let journal: Arc<dyn Journal> = Arc::new(EmbeddedJournal::open(directory.path(), Options::default()).unwrap());
        let pages = Pages::on(directory, journal, demo).await;
        for name in ["demo", "shop"] {
            pages.control.create_project(name, chrono_tz::Europe::Madrid).await.unwrap();
        }
        pages
    }

    /// Those of another process on the same journal, with the same secret.
    pub(crate) async fn of_another_process(&self) -> Pages {
        Pages::on(Arc::clone(&self._directory), Arc::clone(&self.journal), None).await
    }

    async fn on(directory: Arc<tempfile::TempDir>, journal: Arc<dyn Journal>, demo: Option<Demo>) -> Pages {
        let control = control::Control::open(Arc::clone(&journal), None).await.unwrap();
        let now = now();
        let (_, questions) = api::surface(api::Deps {
            // Nothing listens on the discard port of this machine.
            warehouse: warehouse::Client::connect("http://127.0.0.1:9", "default", ""),
            control: control.clone(),
            journal: Arc::clone(&journal),
            health: service::health::Health::default(),
            metrics: service::metrics::install().unwrap(),
            position_secret: SECRET.into(),
            documents: Vec::new(),
            generation: 1,
            retention: None,
            now: Arc::new(move || now),
        });
        let closing = Shutdown::default();
        let router = dashboard::router(Deps { questions, demo, closing: closing.clone() });
        Pages { router, control, journal, closing, _directory: directory }
    }

    /// Says that the server ends.
    pub(crate) fn close(&self) {
        self.closing.trigger();
    }

    /// The id of a new key that reads a project, and the key.
    pub(crate) async fn key(&self, project: &str) -> (String, String) {
        let wanted = control::NewKey {
            project: project.into(),
            environment: "production".into(),
            role: control::Role::Read,
            bot_id: None,
            origins: Vec::new(),
        };
        let created = self.control.create_key(wanted).await.unwrap();
        (created.id.clone(), created.key.reveal().to_owned())
    }

    /// What the forms of a session carry.
    pub(crate) async fn form_token(&self, session: &[(&str, &str)]) -> String {
        let page = self.get("/account", session).await;
        page.body.split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
    }

    pub(crate) async fn revoke(&self, key: &str) {
        self.control.revoke_key(key).await.unwrap();
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        self.call("GET", path, headers, String::new()).await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        self.call("POST", path, headers, body.to_owned()).await
    }

    /// A form of bytes.
    pub(crate) async fn send(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Page {
        self.call("POST", path, headers, body).await
    }

    /// The media type and the bytes of a file.
    pub(crate) async fn bytes(&self, path: &str) -> (String, Vec<u8>) {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        (kind, to_bytes(response.into_body(), PAGE_BYTES_MAX).await.unwrap().to_vec())
    }

    async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Page {
        let request = headers
            .iter()
            .fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(*name, *value));
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, PAGE_BYTES_MAX).await.unwrap();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Page { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}
