//! What calls of language models cost: as they say themselves, else by the project's prices, else nobody knows.

use serde_json::{Value, json};

use super::{Project, Story, row};

/// A million tokens cost 2 of the model that has a price.
pub(super) fn story() -> Story {
    let mut story = Story::default();
    let call = |id: &str, model: &str, more: Value| {
        let mut data = json!({"call_id": id, "model": model});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        data
    };
    let mut called = |conversation: &str, at: &str, data: Value| {
        story.tell(conversation, at, "llm.call.completed", data);
    };
    called(
        "c1",
        "23T10:00:00",
        call("1", "large", json!({"input_tokens": 1_000_000, "cost_reported": "1.25", "currency": "EUR"})),
    );
    called(
        "c1",
        "23T10:00:01",
        call("2", "large", json!({"input_tokens": 1_000_000, "cost_reported": 9, "currency": "USD"})),
    );
    called("c1", "23T10:00:02", call("3", "large", json!({"input_tokens": 1_000_000, "cost_reported": 9})));
    called("c2", "23T10:00:03", call("4", "other", json!({"cost_reported": 0, "currency": "eur"})));
    called("c2", "23T10:00:04", call("5", "other", json!({"input_tokens": 5, "cost_reported": 3, "currency": "USD"})));
    called("c3", "23T10:00:05", call("6", "large", json!({})));
    called("", "23T10:00:06", call("7", "other", json!({"cost_reported": "0.5", "currency": "EUR"})));
    called(
        "",
        "23T10:00:07",
        call("8", "large", json!({"input_tokens": 500_000, "cost_reported": -4, "currency": "EUR"})),
    );
    story
}

pub(super) fn are_reported_or_priced_or_unknown(project: &Project<'_>) {
    let without_prices = |metric: &str| project.ask(metric)["total"]["value"].clone();
    assert_eq!(without_prices("cost"), json!(1.75));
    assert_eq!(without_prices("cost&f=cost_source:isnot:reported"), Value::Null, "nobody knows, which is not 0");
    project.set(&json!({"prices": [{"model": "large", "input": 2.0, "output": 0.0}]}));
    // 1.25, 2, 2, 0, nothing, nothing, 0.5, 1.
    project.check("cost", Some(6.75), 8);
    let priced = project.ask("cost&by=cost_source");
    let rows: Vec<(&str, Option<f64>, u64)> = priced["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["dims"]["cost_source"].as_str().unwrap(), row["value"].as_f64(), row["n"].as_u64().unwrap()))
        .collect();
    assert_eq!(rows, [("priced", Some(5.0), 3), ("reported", Some(1.75), 3), ("unpriced", None, 2)]);
    // c1 and c2 have a cost that is known, that of c2 is 0; c3 has none.
    project.check("cost_per_conversation", Some(2.625), 2);
    assert_eq!(project.rows("cost_per_conversation", "cost_source")[..2], [row("priced", 4.0), row("reported", 0.625)]);
    let question = "/api/v1/explain?metric=cost&from=2026-03-01&to=2026-04-01";
    let (_, explained) = project.server.get(question, Some(&project.key));
    let excluded = explained["excluded"].as_array().unwrap();
    let other = excluded.iter().find(|one| one["id"] == "costs_in_other_currencies").unwrap();
    assert_eq!((&other["count"], &explained["behind"]["holds"]), (&json!(3), &json!(true)), "{explained}");
    project.set(&json!({"currency": "USD"}));
    // 9 and 3 are told in dollars; 2, 2, 1 are priced.
    project.check("cost", Some(17.0), 8);
}
