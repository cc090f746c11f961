//! The route: one request from its head to its answer.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use bytes::Bytes;
use control::{Control, Grant, Role};
use event::Timestamp;
use serde::Serialize;

use crate::{
    address,
    agent::Agents,
    body::{self, Bounds, Encoding, Refused},
    caller,
    config::Options,
    cors::{self, Page},
    dead_letter::{DeadLetters, Reason},
    enrich::{Sources, Visitor},
    error::Error,
    geo::Geo,
    intake::{Intake, Taken},
    judge::{self, Bench, Judged, Rejected, Warned},
    limit::{Rates, Room},
    metrics,
};

/// What the gateway works with.
#[derive(Debug)]
pub struct Deps {
    /// Where events go.
    pub intake: Arc<Intake>,
    /// Who may send.
    pub control: Control,
    /// Where addresses are; without it places are left out.
    pub geo: Option<Geo>,
    /// Signs positions; the same for every process of an installation.
    pub position_secret: Arc<[u8]>,
    /// The bounds.
    pub options: Options,
}

/// What all requests share.
#[derive(Debug)]
struct Gateway {
    deps: Deps,
    agents: Agents,
    rates: Rates<Arc<str>>,
    room: Room,
}

/// Bodies from this size on are judged outside the threads that serve connections.
pub(crate) const LARGE: usize = 32 << 10;

/// The answer to a batch of which at least the frame was right.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    accepted: usize,
    spooled: bool,
    /// None while something that was acknowledged is only in the spool.
    position: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    rejected: &'a [Rejected],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [Warned],
}

/// The native routes. For browser keys, serve it with connection information (`into_make_service_with_connect_info`).
pub fn router(deps: Deps) -> Router {
    let options = &deps.options;
    let gateway = Gateway {
        agents: Agents::default(),
        rates: Rates::new(options.key_events_per_second, options.key_burst_events),
        // A compressed body needs room twice: as it came, and for what it becomes.
        room: Room::new(options.in_flight_max.len(), 2 * options.body_max.len(), options.in_flight_wait.get()),
        deps,
    };
    let routed = routes().into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    routed.with_state(Arc::new(gateway))
}

/// Every address, with what its methods do.
fn routes() -> [(&'static str, MethodRouter<Arc<Gateway>>); 1] {
    [("/v1/batch", post(batch).options(preflight).fallback(|| async { Error::MethodNotAllowed }))]
}

/// The addresses of the native routes.
pub fn paths() -> impl Iterator<Item = &'static str> {
    routes().into_iter().map(|(path, _)| path)
}

async fn batch(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let start = Instant::now();
    let page = Page::of(request.headers());
    let mut response = match caller::authenticate(request.headers(), &gateway.deps.control) {
        Ok(grant) => from_page(&gateway, grant, &page, request).await,
        Err(error) => error.into_response(),
    };
    cors::vary(&mut response);
    metrics::IN_FLIGHT.set(gateway.room.used() as f64);
    metrics::REQUEST_TIME.record(start.elapsed().as_secs_f64());
    response
}

/// What a page may send before it sends a batch.
async fn preflight(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let mut response = cors::preflight(&Page::of(request.headers()), &gateway.deps.control);
    cors::vary(&mut response);
    response
}

/// Takes a batch from wherever its key may be used, and lets the page read the answer, whatever it is.
async fn from_page(gateway: &Arc<Gateway>, grant: Grant, page: &Page, request: Request) -> Response {
    let is_allowed = page.may_use(&grant);
    if !grant.origins.is_empty() && !is_allowed {
        return page.refusal().into_response();
    }
    let taken = take(gateway, grant, request).await;
    let mut response = taken.unwrap_or_else(IntoResponse::into_response);
    if is_allowed {
        page.let_read(&mut response);
    }
    response
}

async fn take(gateway: &Arc<Gateway>, grant: Grant, request: Request) -> Result<Response, Error> {
    let options = &gateway.deps.options;
    let (parts, body) = request.into_parts();
    gateway
        .rates
        .check(grant.key_id.clone(), Instant::now())
        .map_err(|retry_after| Error::RateLimited { retry_after })?;
    let encoding = Encoding::of(&parts.headers)?;
    let promised = body::promised_length(&parts.headers);
    let batch =
        Batch { gateway: gateway.clone(), visitor: visitor(&parts, &grant, options), grant, received_at: now() };
    let is_lines = is_lines(&parts);
    let mut place = gateway.room.enter(&batch.grant.key_id);
    let received = match body::receive(body, promised, bounds(options), &mut place).await {
        Ok(received) => received,
        Err(Refused { error, .. }) if error.is_back_pressure() => return Err(error),
        Err(Refused { error, received }) => return Err(batch.refuse(error, received).await),
    };
    metrics::RECEIVED.add(received.len() as u64);
    if encoding != Encoding::Identity {
        place.grow(received.len() + options.body_max.len()).await?;
    }
    metrics::IN_FLIGHT.set(gateway.room.used() as f64);
    match batch.clone().judge(received.clone(), encoding, is_lines).await {
        Ok(judged) => batch.store(judged).await,
        Err(error) => Err(batch.refuse(error, received).await),
    }
}

pub(crate) fn bounds(options: &Options) -> Bounds {
    Bounds {
        bytes: options.body_max.len(),
        time: options.body_timeout.get(),
        grace: options.body_grace.get(),
        bytes_per_second: options.body_rate_min.len(),
    }
}

pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// What the connection says, for keys that stand in a public page.
fn visitor(parts: &Parts, grant: &Grant, options: &Options) -> Visitor {
    if grant.role != Role::Browser {
        return Visitor::default();
    }
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Visitor { address: address::of(parts, &options.trusted_proxies), user_agent: user_agent.map(str::to_owned) }
}

/// Whether the body has an event a line.
fn is_lines(parts: &Parts) -> bool {
    let value = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(media.as_str(), "application/x-ndjson" | "application/ndjson" | "application/jsonl")
}

/// One request whose key is good.
#[derive(Debug, Clone)]
struct Batch {
    gateway: Arc<Gateway>,
    grant: Grant,
    visitor: Visitor,
    received_at: Timestamp,
}

impl Batch {
    /// Decompresses and judges; large bodies elsewhere, so that they hold up no other connection.
    async fn judge(self, received: Bytes, encoding: Encoding, is_lines: bool) -> Result<Judged, Error> {
        let is_large = received.len() >= LARGE || encoding != Encoding::Identity;
        if is_large {
            let judged = tokio::task::spawn_blocking(move || self.judge_now(received, encoding, is_lines)).await;
            return judged.map_err(|_| Error::Internal)?;
        }
        self.judge_now(received, encoding, is_lines)
    }

    fn judge_now(&self, received: Bytes, encoding: Encoding, is_lines: bool) -> Result<Judged, Error> {
        let Gateway { deps, agents, .. } = &*self.gateway;
        let body = body::inflate(received, encoding, deps.options.body_max.len())?;
        metrics::INFLATED.add(body.len() as u64);
        let sources = Sources { geo: deps.geo.as_ref(), agents, visitor: &self.visitor };
        let bench = Bench {
            grant: &self.grant,
            control: &deps.control,
            received_at: self.received_at,
            events_max: deps.options.batch_events_max,
            letters_unknown: true,
            sources,
        };
        judge::judge(&body, is_lines, bench)
    }

    /// Stores what was accepted and what was not, and answers when both are durable.
    async fn store(&self, judged: Judged) -> Result<Response, Error> {
        let Judged { records, dead, rejected, warnings } = judged;
        let accepted = records.len();
        self.gateway.rates.charge(&self.grant.key_id, accepted + rejected.len());
        let start = Instant::now();
        let taken = self.gateway.deps.intake.append(records, dead).await?;
        metrics::APPEND_TIME.record(start.elapsed().as_secs_f64());
        metrics::outcome(accepted, &rejected, &warnings);
        let position = match taken {
            Taken::Appended(position) => Some(position.encode(&self.gateway.deps.position_secret)),
            Taken::Spooled => None,
        };
        let spooled = position.is_none();
        let answer = Answer { accepted, spooled, position, rejected: &rejected, warnings: &warnings };
        let status = if rejected.is_empty() { StatusCode::OK } else { StatusCode::MULTI_STATUS };
        Ok((status, Json(answer)).into_response())
    }

    /// Keeps a body that is no batch in the dead letters, and gives the refusal back. The producer gets its refusal even
    /// where the dead letter cannot be kept.
    async fn refuse(&self, error: Error, received: Bytes) -> Error {
        self.gateway.rates.charge(&self.grant.key_id, 0);
        let message = error.to_string();
        let reason = Reason { code: error.code(), message: &message, event_id: None };
        let record = DeadLetters::new(&self.grant, self.received_at).record(received, &reason);
        if let Err(lost) = self.gateway.deps.intake.append(Vec::new(), vec![record]).await {
            tracing::warn!(code = lost.code(), refused = error.code(), "a refused body could not be kept");
        }
        error
    }
}
