//! Answers in the form that ClickHouse gives them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use http_body::Frame;
use tokio::sync::mpsc;
use tokio::time::Sleep;

use crate::engine::{Engine, Job};
use crate::exception::Exception;
use crate::execute::Reply;
use crate::format;

/// Marks an exception at the end of an answer that had begun well, so that data cannot be taken for one. It is the same
/// for every answer: who can read one answer can read them all.
const EXCEPTION_TAG: &str = "rapportexception";
/// How long the text of a late exception is given to leave before the connection is broken off.
const FLUSH: Duration = Duration::from_millis(50);

/// Cancels the statement of a client that goes away before its answer is complete.
pub(crate) struct CancelOnDrop {
    engine: Arc<Engine>,
    job: Arc<Job>,
}

impl CancelOnDrop {
    pub(crate) fn new(engine: Arc<Engine>, job: Arc<Job>) -> Self {
        Self { engine, job }
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        // Without effect on a statement that is over.
        self.engine.cancel(&self.job);
    }
}

/// A complete or a beginning answer.
pub(crate) fn answer(reply: Reply, format: &str, guard: CancelOnDrop) -> Response<Body> {
    match reply {
        Reply::Whole { body, counts: [read_rows, read_bytes, written_rows, written_bytes] } => {
            let summary = format!(
                "{{\"read_rows\":\"{read_rows}\",\"read_bytes\":\"{read_bytes}\",\"written_rows\":\"{written_rows}\",\
                 \"written_bytes\":\"{written_bytes}\",\"total_rows_to_read\":\"0\",\"result_rows\":\"{written_rows}\",\
                 \"result_bytes\":\"{written_bytes}\"}}"
            );
            let mut response = begin(StatusCode::OK, format, Body::from(body));
            if let Ok(summary) = HeaderValue::from_str(&summary) {
                response.headers_mut().insert("x-clickhouse-summary", summary);
            }
            response
        }
        Reply::Pieces { first, rest } => {
            let body = Pieces { first: Some(first), rest, ending: Ending::None, _guard: guard };
            let mut response = begin(StatusCode::OK, format, Body::new(body));
            response.headers_mut().insert("x-clickhouse-exception-tag", HeaderValue::from_static(EXCEPTION_TAG));
            response
        }
    }
}

/// An exception instead of an answer.
pub(crate) fn exception(exception: &Exception) -> Response<Body> {
    let mut response = begin(exception.status, "", Body::from(format!("{}\n", exception.text)));
    response.headers_mut().insert("x-clickhouse-exception-code", HeaderValue::from(exception.code));
    if exception.status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"warehouse\""));
    }
    response
}

fn begin(status: StatusCode, format: &str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format::content_type(format)));
    headers.insert("x-clickhouse-timezone", HeaderValue::from_static("UTC"));
    headers.insert("x-clickhouse-server-display-name", HeaderValue::from_static("rapport"));
    if let Ok(format) = HeaderValue::from_str(format)
        && !format.is_empty()
    {
        headers.insert("x-clickhouse-format", format);
    }
    response
}

/// An answer piece by piece.
struct Pieces {
    first: Option<Bytes>,
    rest: mpsc::Receiver<Result<Bytes, Exception>>,
    ending: Ending,
    _guard: CancelOnDrop,
}

enum Ending {
    None,
    /// The text of an exception is on its way; the connection breaks off after it.
    Exception(Pin<Box<Sleep>>),
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        if let Ending::Exception(flush) = &mut self.ending {
            return flush.as_mut().poll(context).map(|()| {
                // An answer without its proper end: a client that knows nothing of tags must not take it for complete.
                Some(Err(std::io::Error::other("the answer ended in an exception")))
            });
        }
        self.rest.poll_recv(context).map(|piece| {
            piece.map(|piece| match piece {
                Ok(piece) => Ok(Frame::data(piece)),
                Err(exception) => {
                    self.ending = Ending::Exception(Box::pin(tokio::time::sleep(FLUSH)));
                    Ok(Frame::data(late(&exception)))
                }
            })
        })
    }
}

/// An exception behind data, as ClickHouse 25.11 and later write it.
fn late(exception: &Exception) -> Bytes {
    let message = format!("{}\n", exception.text);
    let mark = "\r\n__exception__\r\n";
    format!("{mark}{EXCEPTION_TAG}\r\n{message}{} {EXCEPTION_TAG}{mark}", message.len()).into()
}
