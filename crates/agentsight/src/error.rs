//! Refusals in the shapes that AgentSight's clients understand: `detail`, `error`, or texts by field.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

/// A refusal.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    body: Value,
    retry_after_s: Option<u64>,
}

impl Refusal {
    fn of(status: StatusCode, body: Value) -> Refusal {
        Refusal { status, body, retry_after_s: None }
    }

    /// About the whole request.
    pub(crate) fn detail(status: StatusCode, text: impl Into<String>) -> Refusal {
        Refusal::of(status, json!({"detail": text.into()}))
    }

    /// About attachments, which the clients read elsewhere.
    pub(crate) fn error(text: impl Into<String>) -> Refusal {
        Refusal::of(StatusCode::BAD_REQUEST, json!({"error": text.into()}))
    }

    /// About one field.
    pub(crate) fn field(name: &str, text: impl Into<String>) -> Refusal {
        let fields: Map<String, Value> = [(name.to_owned(), json!([text.into()]))].into_iter().collect();
        Refusal::of(StatusCode::BAD_REQUEST, Value::Object(fields))
    }

    /// A body of its own with 400.
    pub(crate) fn bad(body: Value) -> Refusal {
        Refusal::of(StatusCode::BAD_REQUEST, body)
    }

    pub(crate) fn not_found(what: impl Into<String>) -> Refusal {
        Refusal::detail(StatusCode::NOT_FOUND, what)
    }

    fn later() -> Refusal {
        let body = json!({"detail": "Not available at present: try again after Retry-After."});
        Refusal { retry_after_s: Some(2), ..Refusal::of(StatusCode::SERVICE_UNAVAILABLE, body) }
    }

    /// Whether the warehouse or the journal could not be asked.
    pub(crate) fn is_later(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }
}

impl From<gateway::Error> for Refusal {
    fn from(error: gateway::Error) -> Refusal {
        match error.status() {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR => {
                tracing::warn!(code = error.code(), error = ?error, "a request of an AgentSight client was not stored");
                Refusal::later()
            }
            StatusCode::TOO_MANY_REQUESTS => Refusal {
                retry_after_s: Some(1),
                ..Refusal::detail(
                    StatusCode::TOO_MANY_REQUESTS,
                    "Request was throttled. Expected available in 1 seconds.",
                )
            },
            status => Refusal::detail(status, error.to_string()),
        }
    }
}

impl From<api::Error> for Refusal {
    fn from(error: api::Error) -> Refusal {
        match error.status() {
            StatusCode::SERVICE_UNAVAILABLE => {
                tracing::debug!(code = error.code(), %error, "an AgentSight client is told to ask again");
                Refusal::later()
            }
            status => Refusal::detail(status, error.to_string()),
        }
    }
}

impl From<warehouse::query::Error> for Refusal {
    fn from(error: warehouse::query::Error) -> Refusal {
        tracing::warn!(code = error.code(), %error, "an AgentSight client's question was not answered");
        Refusal::later()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
