//! What a project decides about its figures: prices, escalation tools, names of channels, who is one person.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Directory, Server};

/// Longest time until the chats of a few conversations are cut anew.
const CUT_ANEW_WITHIN: Duration = Duration::from_secs(20);
const RANGE: &str = "from=2026-03-01&to=2026-04-01&tz=UTC";

/// Events of two conversations in March: model calls, tools, and one person on two devices.
fn events() -> Value {
    let mut number = 0;
    let mut event = |kind: &str, conversation: &str, at: &str, data: Value| {
        number += 1;
        json!({
            "event_id": format!("e{number}"), "event": kind, "conversation_id": conversation, "timestamp": at, "historical": true,
            "anonymous_id": "device-a", "channel": if conversation == "c1" { "widget" } else { "app" },
            "context": {"device": {"type": if conversation == "c1" { "desktop" } else { "mobile" }}}, "data": data,
        })
    };
    let said = |id: &str| json!({"message_id": id, "role": "user", "text": "hello"});
    let call = |model: &str, input: u32, output: u32| json!({"call_id": "l", "model": model, "input_tokens": input, "output_tokens": output, "reasoning_tokens": 5});
    json!([
        event("message.created", "c1", "2026-03-10T10:00:00Z", said("m1")),
        event("llm.call.completed", "c1", "2026-03-10T10:00:01Z", call("large", 1_000_000, 0)),
        event("llm.call.completed", "c1", "2026-03-20T10:00:01Z", call("large", 500_000, 100_000)),
        event("llm.call.completed", "c1", "2026-03-20T10:00:02Z", call("unknown-model", 7, 7)),
        event("tool.call.completed", "c1", "2026-03-20T10:00:03Z", json!({"tool_name": "call_a_person"})),
        event("message.created", "c2", "2026-03-12T10:00:00Z", said("m2")),
        event("message.created", "c2", "2026-03-12T10:00:50Z", json!({"message_id": "m3", "role": "bot"})),
    ])
}

fn figure(server: &Server, key: &str, question: &str) -> Value {
    server.answered(&format!("/api/v1/query?{RANGE}&{question}"), key)["results"][0].clone()
}

fn change(server: &Server, directory: &Directory, settings: &Value) -> (u16, Value) {
    directory.change_settings(server, "shop", settings)
}

#[test]
fn settings_apply_when_figures_are_read() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("shop");
    let (status, answer) = server.batch(&key, &events());
    assert_eq!(status, 200, "{answer}");

    let unpriced = figure(&server, &key, "metric=cost");
    assert_eq!((&unpriced["total"]["value"], &unpriced["total"]["n"]), (&Value::Null, &json!(3)), "unknown is not 0");
    assert_eq!(figure(&server, &key, "metric=escalation_rate")["total"]["value"], 0);
    assert_eq!(figure(&server, &key, "metric=users_active")["total"]["value"], 1);
    assert_eq!(figure(&server, &key, "metric=bot_response_time")["total"]["value"], 50);

    let settings = json!({
        "currency": "USD",
        "prices": [
            {"model": "large", "input": 2.0, "output": 10.0},
            {"model": "large", "from": "2026-03-15T00:00:00Z", "input": 4.0, "output": 20.0},
        ],
        "escalation_tools": [{"from": "2026-03-15T00:00:00Z", "tools": ["call_a_person"]}],
        "source_aliases": {"widget": "web"},
        "identity": "device",
        "bot_no_reply_after_s": 30,
    });
    let (status, answer) = change(&server, &directory, &settings);
    assert_eq!(status, 200, "{answer}");
    let cost = figure(&server, &key, "metric=cost&by=model");
    assert_eq!(cost["currency"], "USD");
    assert_eq!(cost["total"]["value"], 6, "2 for the first call, 2 and 2 for the second");
    let rows: Vec<(&str, &Value)> = cost["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["dims"]["model"].as_str().unwrap(), &row["value"]))
        .collect();
    assert_eq!(rows, [("large", &json!(6)), ("unknown-model", &Value::Null)]);
    assert_eq!(figure(&server, &key, "metric=cost_per_conversation")["total"]["value"], 6);
    assert_eq!(figure(&server, &key, "metric=escalation_rate")["total"]["value"], 0.5);
    assert_eq!(figure(&server, &key, "metric=conversations_started&f=channel:is:web")["total"]["value"], 1);
    assert_eq!(figure(&server, &key, "metric=users_active")["total"]["value"], 2, "a person on each device");
    assert_eq!(figure(&server, &key, "metric=bot_response_time")["total"]["value"], Value::Null);
    assert_eq!(figure(&server, &key, "metric=bot_no_reply")["total"]["value"], 1);

    let (_, held) = server.get("/api/v1/projects/shop/settings", Some(&key));
    assert_eq!((&held["settings"]["currency"], &held["settings"]["week_start"]), (&json!("USD"), &json!(1)));
    let (status, answer) = change(&server, &directory, &json!({"identity": null, "prices": null}));
    assert_eq!((status, &answer["settings"]["identity"]), (200, &json!("person")));
    assert_eq!(figure(&server, &key, "metric=users_active")["total"]["value"], 1);

    for wrong in
        [json!({"week_start": 9}), json!({"week_strat": 1}), json!({"currency": "euro"}), json!({"service_level_s": 0})]
    {
        let (status, answer) = change(&server, &directory, &wrong);
        assert_eq!((status, &answer["error"]["code"]), (422, &json!("invalid_settings")), "{wrong}: {answer}");
    }
    assert_eq!(
        server.patch("/api/v1/projects/shop/settings", &key, &settings).0,
        403,
        "a key that writes does not manage"
    );
}

#[test]
fn a_figure_is_compared_with_the_calendar_unit_before() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("shop");
    let (status, answer) = server.batch(&key, &events());
    assert_eq!(status, 200, "{answer}");
    let (_, body) =
        server.get("/api/v1/query?metric=messages_total&from=2026-03-11&to=2026-03-13&tz=UTC&cmp=prev", Some(&key));
    let comparison = &body["results"][0]["comparison"];
    assert_eq!(comparison["range"]["from"], "2026-03-09T00:00:00+00:00");
    assert_eq!((&comparison["total"]["value"], &comparison["delta"]["kind"]), (&json!(1), &json!("relative")));
    assert_eq!(comparison["delta"]["value"], 1, "two where there was one");
    let (_, body) =
        server.get("/api/v1/query?metric=messages_total&from=2026-03-10&to=2026-03-11&tz=UTC&cmp=yoy", Some(&key));
    assert_eq!(body["results"][0]["comparison"]["delta"]["kind"], "new");
}

#[test]
fn a_project_decides_about_chats_of_one_message_and_about_intents_that_are_not_sure() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("shop");
    let event = |id: &str, kind: &str, conversation: &str, at: &str, data: Value| {
        json!({
            "event_id": id, "event": kind, "conversation_id": conversation, "timestamp": at, "historical": true,
            "user_id": "u1", "channel": "web", "data": data,
        })
    };
    let said = |id: &str, conversation: &str, at: &str| {
        event(id, "message.created", conversation, at, json!({"message_id": id, "role": "user", "text": "hello"}))
    };
    let meant = |id: &str, message: &str, at: &str, sure: f64| {
        event(id, "intent.detected", "c1", at, json!({"message_id": message, "intent": "order", "confidence": sure}))
    };
    let events = json!([
        said("m1", "c1", "2026-03-10T10:00:00Z"),
        meant("i1", "m1", "2026-03-10T10:00:01Z", 0.9),
        said("m2", "c1", "2026-03-10T10:00:40Z"),
        meant("i2", "m2", "2026-03-10T10:00:41Z", 0.3),
        said("m3", "c2", "2026-03-10T11:00:00Z"),
        event(
            "h1",
            "handoff.requested",
            "c3",
            "2026-03-10T12:00:00Z",
            json!({"target_team": "billing", "reason": "refund"})
        ),
        event(
            "l1",
            "llm.call.completed",
            "c1",
            "2026-03-10T10:00:42Z",
            json!({"call_id": "l", "audio_input_tokens": 12})
        ),
    ]);
    let (status, answer) = server.batch(&key, &events);
    assert_eq!(status, 200, "{answer}");

    let total = |question: &str| figure(&server, &key, question)["total"].clone();
    let duration = total("metric=conversation_duration");
    assert_eq!((&duration["value"], &duration["n"]), (&json!(20), &json!(2)));
    assert_eq!(total("metric=intents_top")["value"], 2);
    assert_eq!(total("metric=tokens_audio_input")["value"], 12);
    let asked = figure(&server, &key, "metric=handoff_requests&by=team,reason");
    assert_eq!(asked["rows"][0]["dims"], json!({"team": "billing", "reason": "refund"}));

    let (status, answer) =
        change(&server, &directory, &json!({"single_message_chats": false, "intent_confidence_min": 0.5}));
    assert_eq!(status, 200, "{answer}");
    let duration = total("metric=conversation_duration");
    assert_eq!((&duration["value"], &duration["n"]), (&json!(40), &json!(1)));
    assert_eq!(total("metric=intents_top")["value"], 1);
    for (metric, left_out) in [("conversation_duration", "single_message_chats"), ("intents_top", "unsure_intents")] {
        let explained = server.answered(&format!("/api/v1/explain?{RANGE}&metric={metric}"), &key);
        let told = explained["excluded"].as_array().unwrap().iter().find(|one| one["id"] == left_out);
        assert_eq!(told.unwrap()["count"], 1, "{explained}");
    }
}

/// Three messages on one channel, ten and forty minutes apart.
fn pauses() -> Value {
    let message = |id: &str, at: &str| {
        json!({
            "event_id": id, "event": "message.created", "conversation_id": "c1", "timestamp": at, "historical": true,
            "user_id": "u1", "channel": "kiosk", "data": {"message_id": id, "role": "user", "text": "hello"},
        })
    };
    json!([
        message("e1", "2026-03-10T10:00:00Z"),
        message("e2", "2026-03-10T10:10:00Z"),
        message("e3", "2026-03-10T10:50:00Z"),
    ])
}

#[test]
fn chats_are_cut_anew_when_a_project_decides_how_long_a_channel_may_be_idle() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("shop");
    let (status, answer) = server.batch(&key, &pauses());
    assert_eq!(status, 200, "{answer}");
    let chats = |server: &Server| figure(server, &key, "metric=chats")["total"]["value"].clone();
    assert_eq!(chats(&server), 2, "half an hour is usual");

    for (idle, expected) in [(json!({"kiosk": 300}), 3), (json!({"kiosk": 3_600, "web": 60}), 1), (Value::Null, 2)] {
        let (status, answer) = change(&server, &directory, &json!({"idle_timeouts_s": idle}));
        assert_eq!(status, 200, "{answer}");
        let begun = Instant::now();
        while chats(&server) != expected {
            assert!(begun.elapsed() < CUT_ANEW_WITHIN, "{idle}: {} chats, not {expected}", chats(&server));
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    // It outlives the program, and what comes later is cut the same way.
    let (status, _) = change(&server, &directory, &json!({"idle_timeouts_s": {"kiosk": 300}}));
    assert_eq!(status, 200);
    drop(server);
    let server = directory.start();
    let later = json!({
        "event_id": "e4", "event": "message.created", "conversation_id": "c1", "timestamp": "2026-03-10T10:56:00Z",
        "historical": true, "user_id": "u1", "channel": "kiosk", "data": {"message_id": "e4", "role": "user", "text": "hello"},
    });
    let (status, answer) = server.batch(&key, &json!([later]));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(chats(&server), 4);
    let (status, answer) = change(&server, &directory, &json!({"idle_timeouts_s": {"kiosk": 59}}));
    assert_eq!((status, &answer["error"]["code"]), (422, &json!("invalid_settings")));
    assert!(answer["error"]["message"].as_str().unwrap().contains("between 60 and"), "{answer}");
}
