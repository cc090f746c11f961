//! Figures that the oracle does not judge, derived by hand.

use serde_json::{Value, json};

use crate::server::{Directory, Server};

/// Calls of a tool and of a model, each in a conversation of its own.
fn events() -> Value {
    let event = |id: &str, kind: &str, at: &str, data: Value| json!({"event_id": id, "event": kind, "conversation_id": id, "timestamp": at, "historical": true, "data": data});
    let tool = |id: &str, day: u32, ms: u32| {
        let at = format!("2026-03-{day}T10:00:00Z");
        event(id, "tool.call.completed", &at, json!({"tool_name": "search", "duration_ms": ms}))
    };
    let call = |id: &str, at: &str| {
        event(id, "llm.call.completed", at, json!({"call_id": id, "model": "large", "input_tokens": 1_000_000}))
    };
    json!([
        tool("t1", 10, 40),
        tool("t2", 10, 10),
        tool("t3", 11, 100),
        tool("t4", 11, 20),
        // Of no conversation, and nobody says what it used.
        {"event_id": "l0", "event": "llm.call.completed", "timestamp": "2026-03-12T10:00:00Z", "historical": true,
            "data": {"call_id": "l0", "model": "large"}},
        call("l1", "2026-03-14T23:59:59.999999Z"),
        call("l2", "2026-03-15T00:00:00Z"),
    ])
}

fn figure(server: &Server, key: &str, question: &str) -> Value {
    let path = format!("/api/v1/query?from=2026-03-10&to=2026-03-16&tz=UTC&{question}");
    server.answered(&path, key)["results"][0].clone()
}

#[test]
fn figures_that_the_oracle_does_not_judge_are_what_the_definitions_say() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("shop");
    server.accepted(&key, &events());
    percentiles_lie_between_the_values_next_to_them(&server, &key);
    a_price_holds_from_its_instant_on(&server, &directory, &key);
}

/// Of 10, 20, 40, 100 the percentile p lies 3p steps above the first, between two values in proportion. A day has percentiles of its
/// own, and those of the range are no mean of them (P9).
fn percentiles_lie_between_the_values_next_to_them(server: &Server, key: &str) {
    let all = |cell: &Value| ["value", "n", "p50", "p90", "p95"].map(|name| cell[name].as_f64());
    let close = |cell: &Value, expected: [f64; 5]| {
        let got = all(cell);
        let near = got.iter().zip(expected).all(|(got, expected)| got.is_some_and(|got| (got - expected).abs() < 1e-9));
        assert!(near, "{got:?}, not {expected:?}");
    };
    let answer = figure(server, key, "metric=tool_duration&g=day");
    close(&answer["total"], [42.5, 4.0, 30.0, 82.0, 91.0]);
    close(&answer["rows"][0], [25.0, 2.0, 25.0, 37.0, 38.5]);
    close(&answer["rows"][1], [60.0, 2.0, 60.0, 92.0, 96.0]);
    assert_eq!(all(&answer["rows"][2]), [None, Some(0.0), None, None, None], "nothing is null, not 0");
}

/// The call a microsecond before is at the earlier price; one of which no tokens are known has none (P9).
fn a_price_holds_from_its_instant_on(server: &Server, directory: &Directory, key: &str) {
    let prices = json!({"prices": [
        {"model": "large", "input": 2.0, "output": 0.0},
        {"model": "large", "from": "2026-03-15T00:00:00Z", "input": 5.0, "output": 0.0},
    ]});
    let (status, answer) = directory.change_settings(server, "shop", &prices);
    assert_eq!(status, 200, "{answer}");
    let answer = figure(server, key, "metric=cost&g=day");
    let days: Vec<Option<f64>> = answer["rows"].as_array().unwrap().iter().map(|row| row["value"].as_f64()).collect();
    assert_eq!(days, [None, None, None, None, Some(2.0), Some(5.0)]);
    assert_eq!(answer["total"]["value"].as_f64(), Some(7.0));
}
