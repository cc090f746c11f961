//! Bodies that nobody wants any more are read on for a while.
//!
//! A request may be refused before its body has come. If the connection was closed then, with bytes of the client still
//! unread, the system would answer them with a reset, and a client that sends all before it reads (most do) would see a broken
//! pipe in place of its answer. So the answer goes out, and what still comes is read and thrown away, within bounds.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Bytes, HttpBody},
    http::{HeaderMap, header},
};
use hyper::body::{Frame, Incoming, SizeHint};

/// Longest time in which an unwanted body is read on.
const TIME: Duration = Duration::from_secs(2);
/// Most bytes of an unwanted body that are read on.
const BYTES: usize = 32 << 20;

/// A request's body that is read on when it is dropped too early.
pub(super) struct Lingering {
    body: Option<Incoming>,
    /// The client sends nothing before it is told to, and has not been told.
    waits: bool,
}

impl Lingering {
    /// The body of a request with these headers.
    pub(super) fn new(headers: &HeaderMap, body: Incoming) -> Self {
        Self { body: Some(body), waits: headers.contains_key(header::EXPECT) }
    }
}

impl HttpBody for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        // The first look tells the client to send.
        self.waits = false;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if self.waits || self.is_end_stream() {
            return;
        }
        let (Some(body), Ok(runtime)) = (self.body.take(), tokio::runtime::Handle::try_current()) else { return };
        // Bounded, and it holds nothing but what it reads: nobody has to wait for its end.
        runtime.spawn(async move {
            tokio::time::timeout(TIME, read_on(body)).await.ok();
        });
    }
}

async fn read_on(mut body: Incoming) {
    let mut left = BYTES;
    while let Some(Ok(frame)) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        let Some(rest) = left.checked_sub(length) else { return };
        left = rest;
    }
}
