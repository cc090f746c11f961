//! Refusals of whole requests, and the one place where they become HTTP.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use service::refusal::{self, Refusal};

use crate::{limit::Full, metrics};

/// Why a request was refused as a whole. What is wrong with single events is no error, but part of the answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No key was sent.
    #[error("this request carries no API key")]
    KeyMissing,
    /// The text is no key: its form or its checksum is wrong.
    #[error("this is no API key")]
    KeyMalformed,
    /// The key is not one of ours, or not any more.
    #[error("this API key was not given out here, or was revoked")]
    KeyUnknown,
    /// The key may not ingest.
    #[error("a key of role `{role}` may not send events")]
    RoleMayNotIngest {
        /// The key's role.
        role: String,
    },
    /// The key is bound to the pages of other origins.
    #[error("this key may not be used from {origin}")]
    OriginNotAllowed {
        /// Where the request says it comes from.
        origin: String,
    },
    /// Another method than POST.
    #[error("this address takes POST only")]
    MethodNotAllowed,
    /// A Content-Encoding that is not understood.
    #[error("the content encoding `{encoding}` is not supported")]
    EncodingUnsupported {
        /// What was named.
        encoding: String,
    },
    /// The body is not what its Content-Encoding says.
    #[error("the body is not valid {encoding}: {message}")]
    EncodingMalformed {
        /// What was named.
        encoding: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The body is too large, as sent or decompressed.
    #[error("the body is larger than {limit} bytes{when}", when = if *.inflated { " after decompression" } else { "" })]
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
        /// Whether it was reached while decompressing.
        inflated: bool,
    },
    /// Too many events.
    #[error("the batch has more than {limit} events")]
    TooManyEvents {
        /// The limit.
        limit: usize,
    },
    /// The body's frame is not JSON, or it broke off.
    #[error("the body is not valid JSON at byte {position}: {what}")]
    BodyMalformed {
        /// Byte position after decompression.
        position: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The body is JSON, but no batch.
    #[error("the body is no batch of events")]
    NotABatch,
    /// A member of the batch stands twice.
    #[error("`{member}` stands twice in the body")]
    DuplicateMember {
        /// Its name.
        member: &'static str,
    },
    /// The batch's `sent_at` is no time.
    #[error("the batch's `sent_at` is no time")]
    SentAtInvalid,
    /// The connection ended inside the body.
    #[error("the body broke off after {received} bytes")]
    BodyIncomplete {
        /// Bytes received.
        received: usize,
    },
    /// The body did not come in time.
    #[error("the body did not come within {}s; {received} bytes came", .limit.as_secs_f32())]
    BodyTimeout {
        /// Bytes received.
        received: usize,
        /// The time it had.
        limit: Duration,
    },
    /// The body came too slowly.
    #[error("the body came slower than {bytes_per_second} bytes a second: {received} bytes in {}s", .taken.as_secs_f32())]
    BodyTooSlow {
        /// Bytes received.
        received: usize,
        /// The time it took.
        taken: Duration,
        /// The bound.
        bytes_per_second: usize,
    },
    /// The key sends faster than it may.
    #[error("this key sends more events than it may")]
    RateLimited {
        /// When it may go on.
        retry_after: Duration,
    },
    /// Too much of this key is in work.
    #[error("the batches of this key that are in work fill its share of the room")]
    KeyBusy,
    /// Too much is in work.
    #[error("too many requests are in work")]
    Overloaded,
    /// The journal did not take the batch.
    #[error("the batch was not stored: the journal does not take it at present")]
    Journal(#[from] journal::Error),
    /// The program failed.
    #[error("an internal error")]
    Internal,
}

impl Error {
    /// Stable name for answers, dead letters and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Error::KeyMissing => "key_missing",
            Error::KeyMalformed => "key_malformed",
            Error::KeyUnknown => "key_unknown",
            Error::RoleMayNotIngest { .. } => "role_may_not_ingest",
            Error::OriginNotAllowed { .. } => "origin_not_allowed",
            Error::MethodNotAllowed => "method_not_allowed",
            Error::EncodingUnsupported { .. } => "encoding_unsupported",
            Error::EncodingMalformed { .. } => "encoding_malformed",
            Error::BodyTooLarge { inflated: false, .. } => "body_too_large",
            Error::BodyTooLarge { inflated: true, .. } => "body_too_large_inflated",
            Error::TooManyEvents { .. } => "too_many_events",
            Error::BodyMalformed { .. } => "malformed_body",
            Error::NotABatch => "not_a_batch",
            Error::DuplicateMember { .. } => "duplicate_member",
            Error::SentAtInvalid => "bad_sent_at",
            Error::BodyIncomplete { .. } => "body_incomplete",
            Error::BodyTimeout { .. } => "body_timeout",
            Error::BodyTooSlow { .. } => "body_too_slow",
            Error::RateLimited { .. } => "rate_limited",
            Error::KeyBusy => "key_busy",
            Error::Overloaded => "overloaded",
            Error::Journal(error) => error.code(),
            Error::Internal => "internal",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Error::KeyMissing | Error::KeyMalformed | Error::KeyUnknown => StatusCode::UNAUTHORIZED,
            Error::RoleMayNotIngest { .. } | Error::OriginNotAllowed { .. } => StatusCode::FORBIDDEN,
            Error::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Error::BodyTooLarge { .. } | Error::TooManyEvents { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Error::EncodingUnsupported { .. }
            | Error::EncodingMalformed { .. }
            | Error::BodyMalformed { .. }
            | Error::NotABatch
            | Error::DuplicateMember { .. }
            | Error::SentAtInvalid
            | Error::BodyIncomplete { .. } => StatusCode::BAD_REQUEST,
            Error::BodyTimeout { .. } | Error::BodyTooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Error::RateLimited { .. } | Error::KeyBusy => StatusCode::TOO_MANY_REQUESTS,
            Error::Overloaded | Error::Journal(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the producer can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Error::KeyMissing => "send the header `Authorization: Bearer KEY`; `rapport key create` makes a key",
            Error::KeyMalformed => {
                "copy the whole key, as `rapport key create` printed it: ags_, 32 digits, _, 6 digits"
            }
            Error::KeyUnknown => "check the server's address; `rapport key create` makes a new key",
            Error::RoleMayNotIngest { .. } => "use a key of role browser, ingest, write or admin",
            Error::OriginNotAllowed { .. } => {
                "`rapport key create --role browser --origin URL` makes a key for a page's origin; without --origin for every page"
            }
            Error::MethodNotAllowed => "send a POST request with a batch of events as its body",
            Error::EncodingUnsupported { .. } => "send gzip, zstd or no content encoding",
            Error::EncodingMalformed { .. } => {
                "compress the whole body as the header says (zstd with a window of at most 8 MiB), or leave out the header"
            }
            Error::BodyTooLarge { .. } | Error::TooManyEvents { .. } => "split the batch and send its parts one by one",
            Error::BodyMalformed { .. } => {
                "nothing of it was stored; mend the JSON, or send one event a line as NDJSON"
            }
            Error::NotABatch => {
                "send a JSON list of events, {\"batch\": [...]}, or NDJSON as content type application/x-ndjson"
            }
            Error::DuplicateMember { .. } => {
                "nothing of it was stored; put all events into one list, and send it again"
            }
            Error::SentAtInvalid => "write it as RFC 3339 with an offset, or as an epoch number, or leave it out",
            Error::BodyIncomplete { .. } => "nothing of it was stored; send the whole batch again",
            Error::BodyTimeout { .. } | Error::BodyTooSlow { .. } => {
                "nothing of it was stored; send smaller batches, or over a faster connection"
            }
            Error::RateLimited { .. } => "wait as long as Retry-After says, then send the batch again",
            Error::KeyBusy => {
                "nothing of it was stored; send fewer batches at the same time, and this one again after Retry-After"
            }
            Error::Overloaded => "nothing of it was stored; send the batch again after Retry-After",
            Error::Journal(_) => {
                "send the same batch again after Retry-After: an event_id that came before is not counted twice"
            }
            Error::Internal => "send the same batch again; if it stays, the server's log says more",
        }
    }

    /// Whether it says nothing about what was sent, so that the same will come again.
    pub(crate) fn is_back_pressure(&self) -> bool {
        matches!(self, Error::KeyBusy | Error::Overloaded)
    }

    /// Whether there is more to say, which is none of the producer's business.
    fn has_details(&self) -> bool {
        matches!(self, Error::Journal(_) | Error::Internal)
    }

    /// Whole seconds after which to try again.
    fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Error::RateLimited { retry_after } => Some(retry_after.as_secs() + 1),
            Error::KeyBusy | Error::Overloaded => Some(1),
            Error::Journal(_) => Some(2),
            _ => None,
        }
    }
}

/// The methods of the one address.
pub(crate) const METHODS: &str = "POST, OPTIONS";

impl From<Full> for Error {
    fn from(full: Full) -> Error {
        match full {
            Full::Share => Error::KeyBusy,
            Full::Everything => Error::Overloaded,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        metrics::REFUSED.add_with(&[("code", self.code())], 1);
        let message = self.to_string();
        let id = self.has_details().then(|| refusal::log_details(self.code(), &self));
        let refusal = Refusal { code: self.code(), message: &message, hint: self.hint(), id: id.as_deref() };
        let mut response = (self.status(), Json(refusal.to_json())).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_seconds() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        match self {
            Error::MethodNotAllowed => headers.insert(header::ALLOW, HeaderValue::from_static(METHODS)),
            Error::KeyMissing | Error::KeyMalformed | Error::KeyUnknown => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            _ => None,
        };
        response
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    /// What only the log says.
    const INNER: &str = "/var/lib/inner: no space left";

    fn all() -> Vec<(Error, u16, &'static str)> {
        let message = INNER.to_owned();
        let second = Duration::from_secs(1);
        vec![
            (Error::KeyMissing, 401, "key_missing"),
            (Error::KeyMalformed, 401, "key_malformed"),
            (Error::KeyUnknown, 401, "key_unknown"),
            (Error::RoleMayNotIngest { role: "read".into() }, 403, "role_may_not_ingest"),
            (Error::OriginNotAllowed { origin: "a page".into() }, 403, "origin_not_allowed"),
            (Error::MethodNotAllowed, 405, "method_not_allowed"),
            (Error::EncodingUnsupported { encoding: "br".into() }, 400, "encoding_unsupported"),
            (Error::EncodingMalformed { encoding: "gzip", message: "x".into() }, 400, "encoding_malformed"),
            (Error::BodyTooLarge { limit: 5, inflated: false }, 413, "body_too_large"),
            (Error::BodyTooLarge { limit: 5, inflated: true }, 413, "body_too_large_inflated"),
            (Error::TooManyEvents { limit: 5 }, 413, "too_many_events"),
            (Error::BodyMalformed { position: 5, what: "x" }, 400, "malformed_body"),
            (Error::NotABatch, 400, "not_a_batch"),
            (Error::DuplicateMember { member: "batch" }, 400, "duplicate_member"),
            (Error::SentAtInvalid, 400, "bad_sent_at"),
            (Error::BodyIncomplete { received: 5 }, 400, "body_incomplete"),
            (Error::BodyTimeout { received: 5, limit: second }, 408, "body_timeout"),
            (Error::BodyTooSlow { received: 5, taken: second, bytes_per_second: 9 }, 408, "body_too_slow"),
            (Error::RateLimited { retry_after: second }, 429, "rate_limited"),
            (Error::KeyBusy, 429, "key_busy"),
            (Error::Overloaded, 503, "overloaded"),
            (Error::Journal(journal::Error::Full(message.clone())), 503, "journal_full"),
            (Error::Journal(journal::Error::Away(message)), 503, "journal_away"),
            (Error::Internal, 500, "internal"),
        ]
    }

    #[tokio::test]
    async fn each_refusal_has_its_status_its_code_and_a_hint() {
        for (error, status, code) in all() {
            let response = error.into_response();
            assert_eq!(response.status(), status, "{code}");
            let waits = matches!(status, 429 | 503);
            assert_eq!(response.headers().contains_key(header::RETRY_AFTER), waits, "{code}");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["error"]["code"], code);
            assert_eq!(body["error"]["id"].is_string(), code.starts_with("journal") || code == "internal", "{body}");
            assert!(!body.to_string().contains(INNER), "{body}");
            for part in ["message", "hint"] {
                assert!(body["error"][part].as_str().is_some_and(|text| !text.is_empty()), "{code}: {part}");
            }
        }
    }
}
