//! What is refused, and the one place where it becomes HTTP.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use service::refusal::{self, Refusal};
use warehouse::query;

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No key was sent.
    #[error("this request carries no API key")]
    KeyMissing,
    /// The key is not one of ours, or not any more.
    #[error("this API key is not valid here, or was revoked")]
    KeyInvalid,
    /// The key's role does not allow it.
    #[error("a key of role `{role}` may not {what}")]
    RoleMayNot {
        /// The key's role.
        role: &'static str,
        /// What was tried.
        what: &'static str,
    },
    /// The member's role does not allow it.
    #[error("a member of role `{role}` may not {what}")]
    MemberMayNot {
        /// The member's role.
        role: &'static str,
        /// What was tried.
        what: &'static str,
    },
    /// The key is another project's.
    #[error("this key belongs to another project")]
    OtherProject,
    /// An administrator's key belongs to no project, so one has to be named.
    #[error("an administrator's key belongs to no project: the request has to name one")]
    ProjectMissing,
    /// There is no such thing.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// There is no such conversation in this project and environment, or it was deleted.
    #[error("there is no conversation `{0}` here")]
    NoConversation(String),
    /// The address is not one of the API's.
    #[error("there is nothing at this address")]
    NoRoute,
    /// The address takes another method.
    #[error("this address does not take this method")]
    MethodNotAllowed,
    /// The body is not what the route takes.
    #[error("the body cannot be used: {0}")]
    BadBody(String),
    /// The body is too large.
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body did not come in time.
    #[error("the body did not come within {}s", .limit.as_secs_f32())]
    BodyTimeout {
        /// The time it had.
        limit: Duration,
    },
    /// A parameter cannot be used.
    #[error("{message}")]
    BadParameter {
        /// Stable name.
        code: &'static str,
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A position is not one that this installation gave.
    #[error("a position is not one that this server gave")]
    BadPosition,
    /// The figures do not reach the position yet.
    #[error("the figures do not reach the position yet")]
    NotYet,
    /// Too many questions are being answered.
    #[error("too many questions are being answered")]
    Overloaded,
    /// The question cannot be answered.
    #[error(transparent)]
    Query(#[from] query::Error),
    /// The journal is away.
    #[error("the journal does not answer at present")]
    Journal(#[from] journal::Error),
    /// Projects and keys cannot be changed.
    #[error("{0}")]
    Control(#[from] control::Error),
}

impl Error {
    /// Stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Error::KeyMissing => "key_missing",
            Error::KeyInvalid => "key_invalid",
            Error::RoleMayNot { .. } => "role_may_not",
            Error::MemberMayNot { .. } => "member_may_not",
            Error::OtherProject => "other_project",
            Error::ProjectMissing => "project_missing",
            Error::NotFound { .. } | Error::NoConversation(_) => "not_found",
            Error::NoRoute => "no_route",
            Error::MethodNotAllowed => "method_not_allowed",
            Error::BadBody(_) => "bad_body",
            Error::BodyTooLarge { .. } => "body_too_large",
            Error::BodyTimeout { .. } => "body_timeout",
            Error::BadParameter { code, .. } => code,
            Error::BadPosition => "bad_position",
            Error::NotYet => "not_yet",
            Error::Overloaded => "overloaded",
            Error::Query(error) => error.code(),
            Error::Journal(error) => error.code(),
            Error::Control(error) => error.code(),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Error::KeyMissing | Error::KeyInvalid => StatusCode::UNAUTHORIZED,
            Error::RoleMayNot { .. } | Error::MemberMayNot { .. } | Error::OtherProject => StatusCode::FORBIDDEN,
            Error::NotFound { .. } | Error::NoConversation(_) | Error::NoRoute => StatusCode::NOT_FOUND,
            Error::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Error::BadBody(_) => StatusCode::BAD_REQUEST,
            Error::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Error::BodyTimeout { .. } => StatusCode::REQUEST_TIMEOUT,
            Error::ProjectMissing | Error::BadParameter { .. } | Error::BadPosition => StatusCode::UNPROCESSABLE_ENTITY,
            Error::NotYet | Error::Overloaded | Error::Journal(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Query(query::Error::Warehouse(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Query(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Control(error) => crate::access::status(error),
        }
    }

    /// What the client can do.
    pub fn hint(&self) -> String {
        let fixed = match self {
            Error::KeyMissing => "send the header `Authorization: Bearer KEY`; `rapport key create` makes a key",
            Error::KeyInvalid => "check the key and the address; `rapport key create` makes a new key",
            Error::RoleMayNot { .. } => {
                "use a key of role read, write or admin as the route asks; `rapport key create --role` makes one"
            }
            Error::MemberMayNot { .. } => "an owner of the project can give you another role",
            Error::OtherProject => "leave the project out, or use a key of that project",
            Error::ProjectMissing => "add project=ID; GET /api/v1/projects lists them",
            Error::NotFound { .. } => "check the name; GET /api/v1/projects lists the projects",
            Error::NoConversation(_) => {
                "check id and env; GET /api/v1/conversations lists them; a deleted one is not shown"
            }
            Error::NoRoute => "GET /openapi.json lists the routes",
            Error::MethodNotAllowed => "GET /openapi.json lists the methods of each route",
            Error::BadBody(_) | Error::BodyTooLarge { .. } => {
                "send a JSON object with the fields that /openapi.json names, and nothing else"
            }
            Error::BodyTimeout { .. } => "nothing was changed; send the whole body at once",
            Error::BadParameter { hint, .. } => hint,
            Error::BadPosition => "send the `position` of an answer of POST /v1/batch as it is, or leave it out",
            Error::NotYet => "ask again after Retry-After: nothing is lost, the figures follow in a moment",
            Error::Overloaded => "ask again after Retry-After",
            Error::Query(error) => return query_hint(error),
            Error::Journal(_) => "try again after Retry-After",
            Error::Control(error) => crate::access::hint(error),
        };
        fixed.to_owned()
    }
}

impl Error {
    /// What a client is told. Errors of the stores speak of addresses and paths, which are none of its business: the log has
    /// them, under the id that the client is told.
    pub(crate) fn message(&self) -> String {
        match self {
            Error::Query(query::Error::Warehouse(warehouse::Error::Refused { code, .. })) => {
                format!("the warehouse refused the question with ClickHouse's code {code}")
            }
            Error::Query(query::Error::Warehouse(_)) => "the warehouse does not answer at present".into(),
            Error::Control(control::Error::Journal(_)) => "the journal does not answer at present".into(),
            told => told.to_string(),
        }
    }

    /// All that a client is told. What only the log may say is logged, once for each call.
    pub fn told(&self) -> Told {
        let id = self.has_details().then(|| refusal::log_details(self.code(), self));
        Told { code: self.code(), message: self.message(), hint: self.hint(), id }
    }

    fn has_details(&self) -> bool {
        matches!(
            self,
            Error::Journal(_) | Error::Query(query::Error::Warehouse(_)) | Error::Control(control::Error::Journal(_))
        )
    }
}

/// A refusal in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Stable name.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// Under which id the log says more, if there is more to say.
    pub id: Option<String>,
}

fn query_hint(error: &query::Error) -> String {
    match error {
        query::Error::UnknownZone { nearest, .. } if !nearest.is_empty() => {
            format!("use an IANA name; the nearest: {}", nearest.join(", "))
        }
        query::Error::UnknownZone { .. } => "use an IANA name, such as Europe/Madrid".into(),
        query::Error::BadTime(_) => {
            "use a local date or an instant with Z or an offset ('+' is written %2B in an address)".into()
        }
        query::Error::BadRange(_) => "from is the first instant, to the first one after the range".into(),
        query::Error::UnknownPreset(_) => "use today, yesterday, 7d, 28d, 90d, 12m, wtd, mtd, qtd, ytd, lastweek, lastmonth, lastquarter or 2026-03-01..2026-03-31".into(),
        query::Error::TooManyBuckets { .. } => "narrow the range, or use a larger g".into(),
        query::Error::TooManyRows { .. } => "narrow the range, use a larger g, or fewer dimensions in by".into(),
        query::Error::TooManyOpenings { .. } => "leave hours out, or give the project fewer openings a day".into(),
        query::Error::TooManyIdentities { .. } => "ask for figures that are not about people".into(),
        _ => "ask again after Retry-After; /readyz says what is missing".into(),
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        let told = self.told();
        let refusal = Refusal { code: told.code, message: &told.message, hint: &told.hint, id: told.id.as_deref() };
        let mut response = (status, Json(refusal.to_json())).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
