//! The use of tokens: a row a turn and model, priced by what the project says.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Uri},
};
use rollup::Settings;
use serde_json::{Map, Value, json};
use warehouse::query::stored;

use crate::{
    app::{App, Caller, Need},
    error::Refusal,
    page::{Page, Params},
    read::{
        self, instant,
        view::{self, Told, Turns},
    },
};

/// The columns of tokens, and the members of data that they are made of.
const COLUMNS: [(&str, &str); 8] = [
    ("prompt_tokens", "input_tokens"),
    ("completion_tokens", "output_tokens"),
    ("embedding_tokens", "embedding_tokens"),
    ("cache_read_tokens", "cache_read_tokens"),
    ("cache_write_tokens", "cache_write_tokens"),
    ("reasoning_tokens", "reasoning_tokens"),
    ("audio_input_tokens", "audio_input_tokens"),
    ("audio_output_tokens", "audio_output_tokens"),
];
/// Those that add up: the others are parts of them.
const ADDED: usize = 5;
/// The currency that clients read costs in.
const DOLLARS: &str = "USD";

/// A call of a model.
#[derive(Debug, Clone)]
struct Call {
    tokens: [i64; COLUMNS.len()],
    /// Event time, microseconds.
    us: i64,
    /// What it says itself that it cost, where it says so in dollars.
    told: Option<f64>,
}

/// The calls of a model in a turn.
#[derive(Debug, Clone)]
pub(crate) struct Usage {
    conversation: String,
    environment: String,
    turn: Option<String>,
    model: String,
    tokens: [i64; COLUMNS.len()],
    calls: Vec<Call>,
    unreported: usize,
    incomplete: Option<Option<String>>,
    started_us: i64,
    ended_us: i64,
}

/// The rows of calls, by conversation, turn and model.
pub(crate) fn fold(told: &[Told<'_>], turns: &Turns) -> Vec<Usage> {
    let mut rows: BTreeMap<(String, Option<String>, String), Usage> = BTreeMap::new();
    for Told { event, data } in told.iter().filter(|told| told.event.event == "llm.call.completed") {
        let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
        let (turn, model) = (text("turn_id"), text("model").unwrap_or_else(|| "unknown".to_owned()));
        let ended = text("ended_at").and_then(|text| crate::lenient::instant(&text)).map_or(event.us, |at| at.0);
        let tokens = COLUMNS.map(|(_, member)| data.get(member).and_then(Value::as_i64).unwrap_or(0));
        let key = (event.conversation_id.clone(), turn.clone(), model.clone());
        let outcome = turn.as_ref().and_then(|turn| turns.get(turn));
        let row = rows.entry(key).or_insert_with(|| Usage {
            conversation: event.conversation_id.clone(),
            environment: event.environment.clone(),
            turn,
            model,
            tokens: [0; COLUMNS.len()],
            calls: Vec::new(),
            unreported: 0,
            incomplete: outcome.filter(|(complete, _)| !complete).map(|(_, reason)| reason.clone()),
            started_us: event.us,
            ended_us: ended,
        });
        row.tokens.iter_mut().zip(tokens).for_each(|(sum, tokens)| *sum += tokens);
        row.calls.push(Call { tokens, us: event.us, told: told_cost(data) });
        row.unreported += usize::from(data.get("usage_reported") == Some(&Value::Bool(false)));
        row.started_us = row.started_us.min(event.us);
        row.ended_us = row.ended_us.max(ended);
    }
    rows.into_values().collect()
}

impl Usage {
    fn total(&self) -> i64 {
        self.tokens[..ADDED].iter().sum()
    }

    /// What the calls cost, in dollars, as they say themselves or else by their price; None where a call has neither.
    fn cost(&self, settings: &Settings) -> Option<f64> {
        let priced = |call: &Call| price(settings, &self.model, &call.tokens, call.us);
        let is_priced = settings.currency == DOLLARS;
        self.calls.iter().map(|call| call.told.or_else(|| priced(call).filter(|_| is_priced))).sum()
    }

    fn source(&self, settings: &Settings) -> &'static str {
        if self.calls.iter().all(|call| call.told.is_some()) {
            return "reported";
        }
        if self.cost(settings).is_some() { "backend" } else { "unpriced" }
    }

    fn row(&self, app: &App, caller: &Caller) -> Value {
        let project = caller.project_id();
        let name = format!("{}\0{}\0{}", self.conversation, self.turn.as_deref().unwrap_or_default(), self.model);
        let cost = self.cost(&caller.project.settings).unwrap_or(0.0);
        let told: f64 = self.calls.iter().filter_map(|call| call.told).sum();
        let mut row = json!({
            "id": app.ids.of("u", project, &name),
            "conversation": app.ids.conversation(project, &self.conversation, &self.environment),
            "conversation_id": self.conversation, "environment": self.environment, "turn_id": self.turn, "model": self.model,
            "total_tokens": self.total(), "cost_usd": format!("{cost:.8}"), "cost_usd_reported": format!("{told:.8}"),
            "cost_source": self.source(&caller.project.settings), "calls": self.calls.len(), "unreported_calls": self.unreported,
            "incomplete": self.incomplete.is_some(), "incomplete_reason": self.incomplete.clone().flatten(),
            "started_at": instant(self.started_us), "ended_at": instant(self.ended_us),
        });
        for ((name, _), tokens) in COLUMNS.iter().zip(self.tokens) {
            row[*name] = tokens.into();
        }
        row
    }
}

/// What a call says that it cost, where that is in dollars and not below 0.
fn told_cost(data: &Value) -> Option<f64> {
    let currency = data.get("currency").and_then(Value::as_str)?;
    let cost = data.get("cost_reported")?;
    let cost = cost.as_f64().or_else(|| cost.as_str().and_then(|text| text.parse().ok()))?;
    (currency.trim().eq_ignore_ascii_case(DOLLARS) && cost.is_finite() && cost >= 0.0).then_some(cost)
}

/// What a call costs in the project's currency; None without a price.
fn price(settings: &Settings, model: &str, tokens: &[i64; COLUMNS.len()], us: i64) -> Option<f64> {
    let from = |price: &rollup::Price| {
        price.from.as_deref().and_then(event::Timestamp::parse_rfc3339).map_or(i64::MIN, |from| from.0)
    };
    let valid = settings.prices.iter().filter(|price| price.model == model && from(price) <= us);
    let price = valid.max_by_key(|price| from(price))?;
    let rates = [price.input, price.output, price.embedding, price.cache_read, price.cache_write];
    #[allow(clippy::cast_precision_loss, reason = "nobody uses 2^53 tokens in a call")]
    let costs = rates.iter().zip(tokens).map(|(rate, tokens)| rate * *tokens as f64);
    Some(costs.sum::<f64>() / 1e6)
}

/// What a conversation used in all; null for nothing.
pub(crate) fn totals(rows: &[Usage], settings: &Settings) -> Value {
    if rows.is_empty() {
        return Value::Null;
    }
    let columns = |rows: &[&Usage]| {
        let mut columns = Map::new();
        for (index, (name, _)) in COLUMNS.iter().enumerate() {
            let sum: i64 = rows.iter().map(|row| row.tokens[index]).sum();
            if sum != 0 {
                columns.insert((*name).to_owned(), sum.into());
            }
        }
        columns.insert("total_tokens".to_owned(), rows.iter().map(|row| row.total()).sum::<i64>().into());
        columns
    };
    let cost = |rows: &[&Usage]| format!("{:.8}", rows.iter().filter_map(|row| row.cost(settings)).sum::<f64>());
    let mut groups: BTreeMap<(&str, &str), Vec<&Usage>> = BTreeMap::new();
    for row in rows {
        groups.entry((row.model.as_str(), row.source(settings))).or_default().push(row);
    }
    let models = groups.iter().map(|((model, source), rows)| {
        let mut entry = columns(rows);
        entry.insert("model".to_owned(), (*model).into());
        entry.insert("cost_source".to_owned(), (*source).into());
        entry.insert("cost_usd".to_owned(), cost(rows).into());
        Value::Object(entry)
    });
    let mut sources: Vec<&str> = groups.keys().map(|(_, source)| *source).collect();
    sources.sort_unstable();
    sources.dedup();
    let all: Vec<&Usage> = rows.iter().collect();
    json!({
        "totals": columns(&all), "cost_usd": cost(&all), "cost_sources": sources, "models": models.collect::<Vec<_>>(),
    })
}

/// The rows that a list is kept to.
async fn kept(app: &App, caller: &Caller, params: &Params) -> Result<Vec<Usage>, Refusal> {
    let environment = read::environment(app, caller, params)?;
    let _turn = app.turn(caller).await?;
    let Ok(conversation) = read::kept_to(app, caller, params).await? else { return Ok(Vec::new()) };
    let types = ["llm.call.completed", "turn.completed"];
    let events = stored::of_types(&app.deps.warehouse, caller.project_id(), &types, conversation.as_deref()).await?;
    let told: Vec<Told<'_>> = events.iter().map(|event| Told { event, data: read::parsed(&event.data) }).collect();
    let mut rows = fold(&told, &view::turns(&told));
    let settings = &caller.project.settings;
    rows.retain(|row| {
        let is = |name: &str, own: Option<&str>| params.text(name).is_none_or(|wanted| Some(wanted.as_str()) == own);
        is("model", Some(&row.model))
            && is("turn_id", row.turn.as_deref())
            && is("cost_source", Some(row.source(settings)))
            && environment.as_ref().is_none_or(|wanted| *wanted == row.environment)
            && params.flag("incomplete").is_none_or(|wanted| wanted == row.incomplete.is_some())
            && params.us("started_at_after").is_none_or(|us| row.started_us >= us)
            && params.us("started_at_before").is_none_or(|us| row.started_us <= us)
    });
    Ok(rows)
}

/// `GET /api/token-usage/`
pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let params = Params::of(&uri);
    let mut rows = kept(&app, &caller, &params).await?;
    let (by, descending) = params.ordering().unwrap_or_else(|| ("started_at".to_owned(), true));
    let settings = &caller.project.settings;
    match by.as_str() {
        "ended_at" => rows.sort_by_key(|row| row.ended_us),
        "total_tokens" => rows.sort_by_key(Usage::total),
        "cost_usd" => rows.sort_by(|a, b| {
            let cost = |row: &Usage| row.cost(settings).unwrap_or(0.0);
            cost(a).total_cmp(&cost(b))
        }),
        "id" => rows.sort_by_key(|row| row.row(&app, &caller)["id"].as_i64()),
        _ => rows.sort_by_key(|row| row.started_us),
    }
    if descending {
        rows.reverse();
    }
    let (page, count) = (Page::of(&params), rows.len());
    let rows = page.cut(rows).iter().map(|row| row.row(&app, &caller)).collect();
    page.envelope(count, rows, &app.address(&headers, &uri)).map(Json)
}

/// `GET /api/token-usage/summary/`
pub(crate) async fn summary(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let params = Params::of(&uri);
    let by = params.text("group_by").unwrap_or_else(|| "model".to_owned());
    if !matches!(by.as_str(), "model" | "conversation" | "day") {
        return Err(Refusal::field("group_by", "Must be one of model, conversation, day."));
    }
    let currency = params.text("currency").unwrap_or_else(|| DOLLARS.to_owned()).to_uppercase();
    let rows = kept(&app, &caller, &params).await?;
    let mut groups: BTreeMap<String, (Value, Vec<&Usage>)> = BTreeMap::new();
    for row in &rows {
        let group: Value = match by.as_str() {
            "model" => row.model.clone().into(),
            "day" => {
                let text = event::Timestamp(row.started_us).to_rfc3339();
                text.get(..10).unwrap_or_default().into()
            }
            _ => app.ids.conversation(caller.project_id(), &row.conversation, &row.environment).into(),
        };
        groups.entry(group.to_string()).or_insert_with(|| (group, Vec::new())).1.push(row);
    }
    let settings = &caller.project.settings;
    let mut results: Vec<(i64, Value)> = groups
        .into_values()
        .map(|(group, rows)| {
            let total: i64 = rows.iter().map(|row| row.total()).sum();
            let mut entry = json!({
                "group": group, "calls": rows.iter().map(|row| row.calls.len()).sum::<usize>(), "rows": rows.len(),
                "total_tokens": total, "cost_usd": rows.iter().filter_map(|row| row.cost(settings)).sum::<f64>(),
            });
            for (index, (name, _)) in COLUMNS.iter().enumerate().take(ADDED) {
                entry[*name] = rows.iter().map(|row| row.tokens[index]).sum::<i64>().into();
            }
            (total, entry)
        })
        .collect();
    results.sort_by_key(|(total, _)| std::cmp::Reverse(*total));
    let results: Vec<Value> = results.into_iter().map(|(_, entry)| entry).collect();
    Ok(Json(json!({"group_by": by, "currency": currency, "results": results})))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of calls of one model, each with these members: what they cost in dollars, and where that is from.
    fn costs(calls: &[Value], settings: &Settings) -> (Option<f64>, &'static str) {
        let model = Usage {
            conversation: "c".to_owned(),
            environment: "production".to_owned(),
            turn: None,
            model: "large".to_owned(),
            tokens: [0; COLUMNS.len()],
            calls: calls
                .iter()
                .map(|data| Call { tokens: [1_000_000, 0, 0, 0, 0, 0, 0, 0], us: 1, told: told_cost(data) })
                .collect(),
            unreported: 0,
            incomplete: None,
            started_us: 1,
            ended_us: 1,
        };
        (model.cost(settings), model.source(settings))
    }

    #[test]
    fn what_a_call_says_that_it_cost_goes_before_its_price_where_it_is_in_dollars() {
        let told = json!({"cost_reported": "0.5", "currency": "usd"});
        let euros = json!({"cost_reported": 9, "currency": "EUR"});
        let below = json!({"cost_reported": -1, "currency": "USD"});
        let unpriced = Settings::default();
        let price = json!({"currency": "USD", "prices": [{"model": "large", "input": 2, "output": 0}]});
        let priced: Settings = serde_json::from_value(price).unwrap();
        assert_eq!(costs(&[told.clone(), told.clone()], &unpriced), (Some(1.0), "reported"));
        assert_eq!(costs(&[told.clone(), euros.clone()], &unpriced), (None, "unpriced"));
        assert_eq!(costs(&[told, euros, below], &priced), (Some(4.5), "backend"));
    }
}
