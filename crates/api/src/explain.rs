//! `GET /api/v1/explain`: a figure, and why it is what it is.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use serde_json::{Map, Value, json};
use warehouse::{
    query::{self, Ask, Contribution, Excluded, Explanation, Page, Reconciled},
    registry::Metric,
};

use crate::{
    Error,
    asked::{Asked, Pairs, Reach, counted, turn},
    figures::{number, result},
    params::{EXPLAIN, Question, cursor_of, paged, placed},
    router::App,
};

/// Conversations of a page.
const LIMIT: usize = 50;
const LIMIT_MAX: usize = 500;

/// `GET /api/v1/explain`.
pub(crate) async fn explain(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    pairs: Pairs,
) -> Result<Json<Value>, Error> {
    counted("explain", answer(&app, Asked::read(&app, &headers, pairs, EXPLAIN))).await.map(Json)
}

pub(crate) async fn answer(app: &App, asked: Result<Asked, Error>) -> Result<Value, Error> {
    let asked = asked?;
    let question = Question::read(&asked.sent, &asked.project, asked.now)?;
    let metric = question.metric()?;
    let after = placed::<1>(&asked.sent)?.map(|([us], id)| (us, id));
    let page = Page { limit: paged(&asked.sent, LIMIT, LIMIT_MAX)?, after };
    let reach = Reach::of(app, &asked, &question.positions).await?;
    let _turn = turn(app).await?;
    let ask = question.ask(metric, &asked.project, true);
    let fresh_ms = reach.wait(app, ask.derived()).await?;
    let explanation = query::explain(&app.deps.warehouse, &ask, &page).await?;
    Ok(explained(&ask, &explanation, fresh_ms))
}

/// What a query says of the figure, and the reasons.
fn explained(ask: &Ask<'_>, explanation: &Explanation, fresh_ms: i64) -> Value {
    let metric = ask.metric;
    let mut all = result(ask, &explanation.answer, fresh_ms);
    all["name"] = metric.name.into();
    all["formula"] = metric.formula.into();
    all["attribution"] = metric.attribution.name().into();
    all["polarity"] = metric.polarity.name().into();
    all["excluded"] = explanation.excluded.iter().map(left_out).collect();
    all["identities"] = explanation.reconciled.iter().map(reconciled).collect();
    all["behind"] = behind(metric, explanation);
    let local = |us: i64| ask.range.local(us);
    let contribution =
        |(row, started_us): &(Contribution, Option<i64>)| contribution(row, started_us.map(local), local(row.first_us));
    all["conversations"] = explanation.conversations.iter().map(contribution).collect();
    let last = explanation.conversations.last().filter(|_| explanation.has_more);
    all["next_cursor"] = last.map(|(row, _)| cursor_of(&[row.first_us], &row.conversation)).into();
    all
}

fn behind(metric: &Metric, explanation: &Explanation) -> Value {
    json!({
        "conversations": explanation.behind.conversations,
        "entities": number(Some(explanation.behind.entities)),
        "unit": metric.figure.entities.name(metric),
        "holds": explanation.holds(metric),
    })
}

fn left_out(excluded: &Excluded) -> Value {
    let exclusion = &excluded.exclusion;
    let details = excluded.counts.iter().filter(|(detail, _)| !detail.is_empty());
    let details: Map<String, Value> = details.map(|(detail, n)| (detail.clone(), (*n).into())).collect();
    let mut value = json!({
        "id": exclusion.id, "says": exclusion.says, "of": exclusion.extent().name(),
        "count": excluded.counts.iter().map(|(_, n)| n).sum::<u64>(),
    });
    if !details.is_empty() {
        value["details"] = details.into();
    }
    value
}

fn reconciled(reconciled: &Reconciled) -> Value {
    let mut terms = reconciled
        .identity
        .terms()
        .zip(&reconciled.numbers)
        .map(|(term, value)| json!({"metric": term.metric, "says": term.says, "value": number(Some(*value))}));
    let left = terms.next();
    json!({
        "says": reconciled.identity.says, "left": left, "right": terms.collect::<Vec<_>>(),
        "sum": number(Some(reconciled.sum())), "holds": reconciled.holds(),
    })
}

fn contribution(row: &Contribution, started_at: Option<String>, first_at: String) -> Value {
    let id = Some(&row.conversation).filter(|id| !id.is_empty());
    json!({
        "conversation_id": id, "started_at": started_at, "first_at": first_at, "channel": row.channel_of,
        "language": row.language_of, "value": number(row.value), "n": row.n,
    })
}
