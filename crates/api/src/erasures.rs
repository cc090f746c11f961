//! `GET /api/v1/projects/{id}/erasures`: requests to be forgotten, with what came of them.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::HeaderMap,
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use warehouse::erasure::{ErasureRequest, FilesOfRequest, Mode, Receipt, receipts};

use crate::{Error, access, router::App};

/// How long the table of dead letters keeps one.
const LETTERS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// `GET /api/v1/projects/{id}/erasures`, for administrators of the project: what is pending first, then the latest receipts.
pub(crate) async fn erasures(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    if !key.role.may_manage() {
        return Err(access::refused(&key, "see who asked to be forgotten"));
    }
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    let project = access::project(&app.deps, &key, Some(&id))?;
    let (pending, done, files) = tokio::try_join!(
        app.deps.warehouse.erasure_requests(Some(&project.id)),
        receipts(&app.deps.warehouse, &project.id),
        app.deps.warehouse.files_of_requests(&project.id)
    )
    .map_err(warehouse::query::Error::from)?;
    let done = done.iter().map(|receipt| carried_out(receipt, &files, app.deps.retention));
    Ok(Json(json!({ "erasures": pending.iter().map(waiting).chain(done).collect::<Vec<_>>() })))
}

fn waiting(request: &ErasureRequest) -> Value {
    json!({
        "request_id": request.request_id, "environment": request.environment, "mode": request.mode.name(), "state": "pending",
        "requested_at": instant(DateTime::from_timestamp_micros(request.requested_us)),
    })
}

/// Nothing of the person came to journal and dead letters after the request was carried out but what producers sent again: they have
/// forgotten when they keep nothing any more from before that.
fn carried_out(receipt: &Receipt, files: &[FilesOfRequest], retention: Option<Duration>) -> Value {
    let done = DateTime::from_timestamp_millis(receipt.done_at);
    let after = |kept: Duration| done.and_then(|done| done.checked_add_signed(chrono::Duration::from_std(kept).ok()?));
    let asked = |it: &&FilesOfRequest| {
        (&it.environment, &it.conversation_id, &it.event_id)
            == (&receipt.environment, &receipt.conversation_id, &receipt.event_id)
    };
    let files = files.iter().find(asked);
    let mode = if receipt.mode == Mode::Full.number() { Mode::Full } else { Mode::Anonymise };
    json!({
        "request_id": receipt.request_id, "environment": receipt.environment, "mode": mode.name(), "state": "done",
        "requested_at": instant(DateTime::from_timestamp_micros(receipt.requested_at)), "done_at": instant(done),
        "conversations": receipt.conversations, "rows": receipt.rows,
        "files": files.map_or(0, |files| files.gone), "files_left": files.map_or(0, |files| files.left),
        "journal_forgets_at": instant(retention.and_then(after)),
        "dead_letters_forget_at": instant(retention.and_then(|kept| after(kept.max(LETTERS_KEPT)))),
    })
}

fn instant(at: Option<DateTime<Utc>>) -> Option<String> {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt() -> Receipt {
        Receipt {
            project: "shop".into(),
            environment: "production".into(),
            conversation_id: String::new(),
            event_id: "e".into(),
            request_id: "r".into(),
            mode: 2,
            requested_at: 1_774_000_000_000_000,
            done_at: 1_774_000_060_000,
            conversations: 1,
            rows: 2,
        }
    }

    #[test]
    fn a_receipt_says_when_journal_and_dead_letters_have_forgotten() {
        const DAY: Duration = Duration::from_secs(86_400);
        let told = carried_out(&receipt(), &[], Some(40 * DAY));
        assert_eq!((&told["mode"], &told["requested_at"]), (&json!("full"), &json!("2026-03-20T09:46:40Z")));
        assert_eq!(told["journal_forgets_at"], "2026-04-29T09:47:40Z");
        assert_eq!(told["dead_letters_forget_at"], "2026-04-29T09:47:40Z");
        let files = |event: &str| FilesOfRequest {
            environment: "production".into(),
            conversation_id: String::new(),
            event_id: event.into(),
            gone: 2,
            left: 1,
        };
        let told = carried_out(&receipt(), &[files("another"), files("e")], Some(7 * DAY));
        assert_eq!((&told["files"], &told["files_left"]), (&json!(2), &json!(1)));
        assert_eq!(carried_out(&receipt(), &[files("another")], None)["files"], 0);
        assert_eq!(told["journal_forgets_at"], "2026-03-27T09:47:40Z");
        assert_eq!(told["dead_letters_forget_at"], "2026-04-19T09:47:40Z", "the table keeps them for 30 days");
        assert_eq!(
            carried_out(&receipt(), &[], None)["journal_forgets_at"],
            Value::Null,
            "a log that keeps all never forgets"
        );
    }
}
