//! `GET /api/v1/live`: what is open, who waits, which agents are there, what arrived lately, and how far the figures are behind.
//! `GET /api/v1/dead-letters`: what could not be taken.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};
use warehouse::query::present::{self, Arrived, Letters, Moment, Present, Recent};

use crate::{
    Error,
    asked::{Asked, Pairs, Reach, counted, fresh_to, turn},
    figures,
    params::{DEAD_LETTERS, LIVE, environment, positions, range},
    router::App,
};

/// `GET /api/v1/live`.
pub(crate) async fn live(State(app): State<Arc<App>>, headers: HeaderMap, pairs: Pairs) -> Result<Json<Value>, Error> {
    counted("live", answer(&app, Asked::read(&app, &headers, pairs, LIVE))).await.map(Json)
}

pub(crate) async fn answer(app: &App, asked: Result<Asked, Error>) -> Result<Value, Error> {
    let asked = asked?;
    let environment = environment(&asked.sent)?;
    let reach = Reach::of(app, &asked, &positions(&asked.sent)?).await?;
    let _turn = turn(app).await?;
    let reached = reach.reached(app, true).await?;
    let moment = Moment {
        project: &asked.project.id,
        environment: &environment,
        settings: &asked.project.settings,
        now_us: asked.now.timestamp_micros(),
    };
    let present = present::present(&app.deps.warehouse, moment).await?;
    let fresh_ms = reached.fresh_ms(true);
    let mut all = told(&present, moment.now_us);
    all["as_of"] = instant(moment.now_us / 1_000).into();
    all["fresh_to"] = fresh_to(fresh_ms).into();
    all["behind"] = json!({
        "records": reached.records_behind(),
        "seconds": seconds((asked.now.timestamp_millis() - fresh_ms) * 1_000),
    });
    Ok(all)
}

/// `GET /api/v1/dead-letters`.
pub(crate) async fn dead_letters(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    pairs: Pairs,
) -> Result<Json<Value>, Error> {
    counted("dead_letters", refused(&app, Asked::read(&app, &headers, pairs, DEAD_LETTERS))).await.map(Json)
}

pub(crate) async fn refused(app: &App, asked: Result<Asked, Error>) -> Result<Value, Error> {
    let asked = asked?;
    let range = range(&asked.sent, &asked.project, asked.now)?;
    let _turn = turn(app).await?;
    let letters = present::dead_letters(&app.deps.warehouse, &asked.project.id, &range).await?;
    Ok(json!({"range": figures::told(&range), "reasons": letters.iter().map(reason).collect::<Vec<_>>()}))
}

fn reason(letters: &Letters) -> Value {
    let event_id = Some(&letters.event_id).filter(|id| !id.is_empty());
    json!({
        "reason": letters.reason, "count": letters.letters, "latest_at": instant(letters.latest_ms),
        "message": letters.message, "event_id": event_id,
    })
}

fn told(present: &Present, now_us: i64) -> Value {
    let open = &present.open;
    let longest = (open.waiting > 0).then(|| seconds(now_us - open.waiting_since_us));
    let agents = present.agents.iter().map(|agents| {
        let status = Some(&agents.status).filter(|status| !status.is_empty());
        json!({"status": status, "count": agents.agents})
    });
    json!({
        "conversations": {"open": open.open},
        "waiting": {"count": open.waiting, "longest_s": longest},
        "agents": agents.collect::<Vec<_>>(),
        "arrivals": arrivals(&present.arrived),
        "events": present.recent.iter().map(recent).collect::<Vec<_>>(),
    })
}

fn arrivals(arrived: &[Arrived]) -> Value {
    let sum = |part: fn(&Arrived) -> u64| arrived.iter().map(part).sum::<u64>();
    let minute = |one: &Arrived| json!({"minute": instant(one.minute_s * 1_000), "events": one.events});
    json!({
        "events": sum(|one| one.events), "late": sum(|one| one.late), "without_time": sum(|one| one.timeless),
        "clock_corrected": sum(|one| one.skewed), "minutes": arrived.iter().map(minute).collect::<Vec<_>>(),
    })
}

fn recent(one: &Recent) -> Value {
    let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    json!({"arrived_at": instant(one.arrived_ms), "event": one.event, "role": said(&one.role), "channel": said(&one.channel)})
}

fn instant(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Microseconds as seconds, to the millisecond; what lies ahead of the clock is nothing.
fn seconds(us: i64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of a few days")]
    let ms = (us / 1_000).max(0) as f64;
    ms / 1_000.0
}
