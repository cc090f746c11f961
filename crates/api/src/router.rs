//! The routes, and what stands behind them.

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, delete, get, patch, post, put},
};
use chrono::{DateTime, Utc};
use journal::{Journal, position::Position};
use serde_json::{Value, json};
use service::health::Report;
use tokio::sync::Semaphore;

use crate::{
    Error, Questions, asyncapi, brand, conversations, erasures, explain, export, figures, manage, members, openapi,
    present, shares, wait::Feed,
};

/// Questions that are answered at once.
const TURNS: usize = 16;
/// Files that are sent at once: they may take as long as their reader does.
const EXPORTS: usize = 4;
/// How long readiness waits for the warehouse.
const READY_MAX: Duration = Duration::from_secs(2);

/// What the API needs.
#[derive(Clone)]
pub struct Deps {
    /// Where figures come from.
    pub warehouse: warehouse::Client,
    /// Projects and keys.
    pub control: control::Control,
    /// Its ends say how far figures can reach.
    pub journal: Arc<dyn Journal>,
    /// Readiness of the process.
    pub health: service::health::Health,
    /// Renders `/metrics`.
    pub metrics: service::metrics::Handle,
    /// Signs positions.
    pub position_secret: Arc<[u8]>,
    /// What other surfaces at the same address give to the OpenAPI document: `paths` and `schemas` of each.
    pub documents: Vec<Value>,
    /// Generation of the tables.
    pub generation: u32,
    /// How long the journal keeps events and dead letters; None for ever.
    pub retention: Option<Duration>,
    /// The clock.
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps")
            .field("warehouse", &self.warehouse)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// The state of the routes.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) deps: Deps,
    pub(crate) feed: Feed,
    pub(crate) turns: Semaphore,
    pub(crate) exports: Arc<Semaphore>,
}

impl App {
    /// What positions ask for together. Fails with `BadPosition`.
    pub(crate) fn positions(&self, texts: &[String]) -> Result<Position, Error> {
        let mut together = Position::default();
        for text in texts {
            let position = Position::decode(text, &self.deps.position_secret).map_err(|_| Error::BadPosition)?;
            together.merge(&position);
        }
        Ok(together)
    }
}

/// The API's routes.
pub fn router(deps: Deps) -> Router {
    surface(deps).0
}

/// The API's routes, and the same questions for another surface of this process.
pub fn surface(deps: Deps) -> (Router, Questions) {
    let (turns, exports) = (Semaphore::new(TURNS), Arc::new(Semaphore::new(EXPORTS)));
    let feed = Feed::new(deps.warehouse.clone(), Arc::clone(&deps.journal), deps.generation);
    let app = Arc::new(App { deps, feed, turns, exports });
    let routed = routes().into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    let router = routed
        .fallback(async || Error::NoRoute)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .with_state(Arc::clone(&app));
    (router, Questions::new(app))
}

/// Health, readiness and Prometheus alone: what a process has that answers no questions.
pub fn operations(health: service::health::Health, metrics: service::metrics::Handle) -> Router {
    let ready = async |State((health, _)): State<Operated>| readiness(health.report());
    let prometheus = async |State((_, metrics)): State<Operated>| exposition(&metrics);
    Router::new()
        .route("/healthz", get(self::health))
        .route("/readyz", get(ready))
        .route("/metrics", get(prometheus))
        .fallback(async || Error::NoRoute)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .with_state((health, metrics))
}

/// What `operations` needs.
type Operated = (service::health::Health, service::metrics::Handle);

/// Every address, with what its methods do.
fn routes() -> [(&'static str, MethodRouter<Arc<App>>); 27] {
    [
        ("/api/v1/query", get(figures::query)),
        ("/api/v1/metrics", get(figures::registry)),
        ("/api/v1/explain", get(explain::explain)),
        ("/api/v1/export", get(export::export)),
        ("/api/v1/live", get(present::live)),
        ("/api/v1/dead-letters", get(present::dead_letters)),
        ("/api/v1/conversations", get(conversations::list)),
        ("/api/v1/conversations/{id}", get(conversations::one)),
        ("/api/v1/projects", get(manage::projects).post(manage::create_project)),
        ("/api/v1/projects/{id}/settings", get(manage::settings).patch(manage::change_settings)),
        ("/api/v1/projects/{id}/erasures", get(erasures::erasures)),
        ("/api/v1/projects/{id}/keys", get(manage::keys)),
        ("/api/v1/projects/{id}/members", get(members::members).post(members::invite)),
        ("/api/v1/projects/{id}/members/{member}", patch(members::change_role).delete(members::remove)),
        ("/api/v1/projects/{id}/brand", get(brand::brand).put(brand::change)),
        ("/api/v1/projects/{id}/logo", put(brand::change_logo).delete(brand::remove_logo)),
        ("/api/v1/projects/{id}/shares", get(shares::shares).post(shares::share)),
        ("/api/v1/projects/{id}/shares/{share}", delete(shares::revoke)),
        ("/api/v1/administrators", get(members::administrators).post(members::invite_administrator)),
        ("/api/v1/administrators/{member}", delete(members::remove_administrator)),
        ("/api/v1/keys", post(manage::create_key)),
        ("/api/v1/keys/{id}", delete(manage::revoke_key)),
        ("/healthz", get(health)),
        ("/readyz", get(ready)),
        ("/metrics", get(prometheus)),
        ("/openapi.json", get(document)),
        ("/asyncapi.json", get(topics)),
    ]
}

/// The addresses of this surface, as the document writes them.
pub fn paths() -> impl Iterator<Item = &'static str> {
    routes().into_iter().map(|(path, _)| path)
}

/// Alive: the process answers.
async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// Ready: every component says so, and the warehouse answers this very moment.
async fn ready(State(app): State<Arc<App>>) -> Response {
    readiness(report(&app).await)
}

/// What readiness says.
pub(crate) async fn report(app: &App) -> Report {
    let mut report = app.deps.health.report();
    let nothing = Position::default();
    let look = app.feed.until(&nothing, false);
    let figures = match tokio::time::timeout(READY_MAX, look).await {
        Ok(Ok(_)) => "ok".to_owned(),
        Ok(Err(error)) => {
            tracing::debug!(%error, "not ready");
            error.message()
        }
        Err(_) => "the warehouse does not answer".to_owned(),
    };
    report.ready &= figures == "ok";
    report.checks.insert("figures".into(), figures);
    report
}

fn readiness(report: Report) -> Response {
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

async fn prometheus(State(app): State<Arc<App>>) -> Response {
    exposition(&app.deps.metrics)
}

fn exposition(metrics: &service::metrics::Handle) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()).into_response()
}

async fn document(State(app): State<Arc<App>>) -> Json<Value> {
    Json(openapi::document(&app.deps.documents))
}

async fn topics() -> Json<Value> {
    Json(asyncapi::document())
}
