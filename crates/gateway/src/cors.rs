//! Pages: which of them may send, and read what they are answered.
//!
//! Events come from customers' pages, of other origins than this server's, with a browser's key. A browser asks first, without
//! the key, so that the first answer can only say whether any key lets pages of this origin send; whether this key does is
//! said with the batch. Keys of other roles must not stand in a page: pages cannot read what such a key is answered.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use control::{Control, Grant};

use crate::error::{Error, METHODS};

/// How long a browser remembers that it may send, in seconds.
const REMEMBERED: HeaderValue = HeaderValue::from_static("600");
/// What a page may send besides what every page may.
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type, content-encoding");
/// What a page may read besides the body.
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after");

/// Where a request comes from, if it says so.
#[derive(Debug)]
pub(crate) struct Page {
    origin: Option<HeaderValue>,
    /// The browser asks whether the page may send.
    asks: bool,
}

impl Page {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self {
            origin: headers.get(header::ORIGIN).cloned(),
            asks: headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD),
        }
    }

    fn name(&self) -> Option<&str> {
        self.origin.as_ref()?.to_str().ok()
    }

    /// Whether it is a page that may use the key.
    pub(crate) fn may_use(&self, grant: &Grant) -> bool {
        self.name().is_some_and(|origin| grant.may_send_from(origin))
    }

    /// Lets the page read an answer.
    pub(crate) fn let_read(&self, response: &mut Response) {
        if let Some(origin) = &self.origin {
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }

    /// What a page is told that may not use its key.
    pub(crate) fn refusal(&self) -> Error {
        let name = self.name().unwrap_or("a place that does not say its origin");
        Error::OriginNotAllowed { origin: name.chars().take(80).collect() }
    }
}

/// What a browser is told that asks whether a page may send.
pub(crate) fn preflight(page: &Page, control: &Control) -> Response {
    if !page.asks {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, METHODS)]).into_response();
    }
    if !page.name().is_some_and(|origin| control.may_any_send_from(origin)) {
        return page.refusal().into_response();
    }
    let allowed: [(HeaderName, HeaderValue); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED),
    ];
    let mut response = (StatusCode::NO_CONTENT, allowed).into_response();
    page.let_read(&mut response);
    response
}

/// Says that the answer depends on the page, so that no cache gives one page's answer to another.
pub(crate) fn vary(response: &mut Response) {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("origin"));
}
