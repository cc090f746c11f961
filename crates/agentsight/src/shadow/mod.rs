//! Copies of tracking calls for another service, usually the one that was there before, and how its answers differ.
//!
//! **Invariant**: a call is answered as if there were no copy: it waits for nothing here, and where there is no room, the copy is
//! dropped and counted.

mod compare;
mod prepare;
mod send;

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::metrics::COPIES;

/// Copies that wait, and the bytes of their bodies and of the answers to them; those that are being sent count.
const QUEUE: usize = 1_024;
const QUEUE_BYTES: usize = 64 << 20;

/// The routes by which the clients track. Management names things by numbers that the other service does not know.
const TRACKED: &[&str] = &[
    "/api/ingest/",
    "/api/conversations/",
    "/api/track/",
    "/api/action_logs/",
    "/api/buttons/",
    "/api/attachments/",
    "/api/conversation-feedbacks/",
    "/api/feedbacks/",
];

/// Where copies go.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address of the other service, as `http://HOST:PORT`, perhaps with a path before that of the routes.
    pub address: String,
    /// Whether the client's own `Authorization` goes along.
    pub authorization: bool,
}

/// What hands copies over; it holds up nobody.
pub struct Shadow {
    queue: mpsc::Sender<Copy>,
    room: Arc<Semaphore>,
    authorization: bool,
}

impl fmt::Debug for Shadow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shadow").field("authorization", &self.authorization).finish_non_exhaustive()
    }
}

/// A call, with what it was answered here.
struct Copy {
    route: &'static str,
    content_type: Option<HeaderValue>,
    authorization: Option<HeaderValue>,
    body: Bytes,
    status: StatusCode,
    answer: Bytes,
    _room: OwnedSemaphorePermit,
}

/// Where a route leaves the body that it received, decompressed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Arc<OnceLock<Bytes>>);

impl Seen {
    pub(crate) fn set(&self, body: &Bytes) {
        // A request has one body.
        self.0.set(body.clone()).ok();
    }
}

impl Shadow {
    /// A shadow, and what sends for it as long as it is polled.
    pub fn new(options: Options) -> (Shadow, impl Future<Output = ()> + Send) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let room = Arc::new(Semaphore::new(QUEUE_BYTES));
        (Shadow { queue, room, authorization: options.authorization }, send::all(options.address, waiting))
    }

    fn offer(&self, copy: impl FnOnce(OwnedSemaphorePermit) -> Copy, bytes: usize) {
        let room =
            u32::try_from(bytes).ok().and_then(|bytes| Arc::clone(&self.room).try_acquire_many_owned(bytes).ok());
        if room.is_none_or(|room| self.queue.try_send(copy(room)).is_err()) {
            COPIES.add_with(&[("outcome", "dropped")], 1);
        }
    }
}

/// Answers a request, and hands a copy of it and of its answer over.
pub(crate) async fn copied(State(shadow): State<Arc<Shadow>>, mut request: Request, next: Next) -> Response {
    let Some(route) = tracked(&request) else { return next.run(request).await };
    let seen = Seen::default();
    request.extensions_mut().insert(seen.clone());
    let content_type = request.headers().get(header::CONTENT_TYPE).cloned();
    let authorization = request.headers().get(header::AUTHORIZATION).cloned().filter(|_| shadow.authorization);
    let (parts, body) = next.run(request).await.into_parts();
    let answer = axum::body::to_bytes(body, usize::MAX).await.expect("answers of these routes are in memory already");
    if let Some(body) = seen.0.get() {
        let bytes = body.len() + answer.len();
        let (body, answer, status) = (body.clone(), answer.clone(), parts.status);
        shadow.offer(|room| Copy { route, content_type, authorization, body, status, answer, _room: room }, bytes);
    }
    Response::from_parts(parts, Body::from(answer))
}

/// The route of a call that is tracked.
fn tracked(request: &Request) -> Option<&'static str> {
    let is_post = request.method() == Method::POST;
    TRACKED.iter().copied().find(|route| is_post && *route == request.uri().path())
}
