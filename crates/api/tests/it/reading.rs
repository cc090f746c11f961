//! Questions, and what is said when they cannot be answered.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use bytes::{BufMut, BytesMut};
use journal::{NewRecord, Topic, partition_of, position::Position};

use crate::server::{ADMIN, Api, SECRET, serve};

const QUESTION: &str = "/api/v1/query?metric=messages_total&r=7d";

#[tokio::test]
async fn a_wrong_question_is_refused_before_the_warehouse_is_asked() {
    let api = Api::alone().await;
    let key = api.key("shop", "read").await;
    for (query, code) in [
        ("metric=mesages_total&r=7d", "unknown_metric"),
        ("metric=messages_total&r=7d&by=shoe_size", "unknown_dimension"),
        ("metric=messages_total&r=7d&tz=Mars/Olympus", "unknown_zone"),
        ("metric=messages_total&from=2026-03-01", "missing_parameter"),
        ("metric=messages_total&r=7d&group=day", "unknown_parameter"),
        ("metric=messages_total&r=7d&position=AAAA", "bad_position"),
        ("metric=messages_total&r=3000d&g=minute", "too_many_buckets"),
    ] {
        let refused = api.get(&key, &format!("/api/v1/query?{query}")).await;
        assert_eq!((refused.status, refused.code()), (422, code), "{query}");
    }
    let foreign = Position([(0, 1)].into()).encode(b"another secret");
    let refused = api.get(&key, &format!("{QUESTION}&position={foreign}")).await;
    assert_eq!((refused.status, refused.code()), (422, "bad_position"));
}

#[tokio::test]
async fn without_a_warehouse_the_api_lives_but_is_not_ready() {
    let api = Api::alone().await;
    let key = api.key("shop", "read").await;
    assert_eq!(api.get("", "/healthz").await.status, 200);
    let ready = api.get("", "/readyz").await;
    assert_eq!((ready.status, &ready.body["ready"]), (503, &false.into()));
    assert_ne!(ready.body["checks"]["figures"], "ok");
    let away = api.get(&key, QUESTION).await;
    assert_eq!((away.status, away.code()), (503, "warehouse_away"));
    assert!(away.head.contains("retry-after: 1"), "{}", away.head);
    assert!(away.body["error"]["id"].is_string(), "the log has the rest: {}", away.body);
    for shown in [&ready.body, &away.body] {
        let shown = shown.to_string();
        assert!(!shown.contains("127.0.0.1") && !shown.contains("http"), "inner addresses: {shown}");
    }
}

#[tokio::test]
async fn every_route_is_described_with_the_methods_that_it_takes() {
    let api = Api::alone().await;
    let document = api.get("", "/openapi.json").await.body;
    let mut described: BTreeSet<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(described.remove("/other"), "what another surface gives is in it");
    assert!(document["components"]["schemas"]["Other"].is_object());
    assert_eq!(described, api::paths().collect());
    for path in described {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let is_taken = api.call(method, "", &path.replace("{id}", "x"), "").await.status != 405;
            let is_described = document["paths"][path].get(method.to_lowercase()).is_some();
            assert_eq!(is_described, is_taken, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_registry_and_the_document_name_every_metric() {
    let api = Api::alone().await;
    let key = api.key("shop", "read").await;
    let listed = api.get(&key, "/api/v1/metrics").await;
    let metrics = listed.body["metrics"].as_array().unwrap();
    assert_eq!(metrics.len(), warehouse::registry::METRICS.len());
    let document = api.get("", "/openapi.json").await;
    assert_eq!(document.body["openapi"], "3.1.0");
    for metric in metrics {
        assert!(document.body.to_string().contains(metric["id"].as_str().unwrap()));
    }
    assert_eq!(api.get("", "/no/such/place").await.code(), "no_route");
    assert_eq!(api.call("POST", &key, "/api/v1/query", "").await.code(), "method_not_allowed");
}

/// A warehouse that holds no rows and says how far it is: it counts the looks, and reaches offset 1 at the third.
async fn warehouse_that_follows(looks: Arc<AtomicU64>) -> String {
    async fn answer(State(looks): State<Arc<AtomicU64>>, body: Bytes) -> (StatusCode, Bytes) {
        let sql = String::from_utf8_lossy(&body);
        let mut out = BytesMut::new();
        let header = |out: &mut BytesMut, columns: &[(&str, &str)]| {
            out.put_u8(u8::try_from(columns.len()).unwrap());
            for text in columns.iter().map(|c| c.0).chain(columns.iter().map(|c| c.1)) {
                out.put_u8(u8::try_from(text.len()).unwrap());
                out.put_slice(text.as_bytes());
            }
        };
        if sql.contains("FROM progress") {
            header(
                &mut out,
                &[
                    ("partition", "UInt16"),
                    ("next_offset", "UInt64"),
                    ("derived_offset", "UInt64"),
                    ("append_time_ms", "Int64"),
                ],
            );
            if looks.fetch_add(1, Ordering::SeqCst) >= 2 {
                for partition in 0..4_u16 {
                    out.put_u16_le(partition);
                    out.put_u64_le(1);
                    out.put_u64_le(0);
                    out.put_i64_le(1_000);
                }
            }
        } else if sql.contains("SELECT DISTINCT conversation_id") {
            header(&mut out, &[("conversation_id", "String")]);
        } else {
            header(
                &mut out,
                &[
                    ("place", "UInt64"),
                    ("key_span", "Int64"),
                    ("key_bucket", "Int64"),
                    ("key_dims", "Array(String)"),
                    ("figures", "Array(Tuple(Nullable(Float64), UInt64, Array(Float64), Nullable(Int64)))"),
                ],
            );
        }
        (StatusCode::OK, out.freeze())
    }
    let address = serve(Router::new().route("/", post(answer)).with_state(looks)).await;
    format!("http://{address}")
}

#[tokio::test]
async fn a_key_that_writes_waits_for_what_the_journal_held_and_a_reader_for_its_position() {
    let looks = Arc::new(AtomicU64::new(0));
    let api = Api::start(&warehouse_that_follows(Arc::clone(&looks)).await).await;
    let (reader, writer) = (api.key("shop", "read").await, api.key("shop", "write").await);
    let record = NewRecord { key: "shop/c1".into(), value: "{}".into(), headers: Vec::new() };
    let partition = partition_of(&record.key, api.journal.partitions(Topic::Events));
    api.journal.append(Topic::Events, vec![record]).await.unwrap();

    // A reader without a position waits for nothing: one look, for how fresh the figures are.
    let read = api.get(&reader, QUESTION).await;
    assert_eq!((read.status, looks.load(Ordering::SeqCst)), (200, 1), "{}", read.body);
    assert_eq!(read.body["results"][0]["total"], serde_json::json!({"value": 0, "n": 0}));
    assert_eq!(read.body["results"][0]["fresh_to"], "1970-01-01T00:00:00.000Z");

    // With a position it waits: the third look is the first that reaches it.
    let position = Position([(partition, 1)].into()).encode(SECRET);
    let read = api.get(&reader, &format!("{QUESTION}&position={position}")).await;
    assert_eq!((read.status, looks.load(Ordering::SeqCst)), (200, 3), "{}", read.body);
    assert_eq!(read.body["results"][0]["fresh_to"], "2026-03-25T10:00:00.000Z");

    looks.store(0, Ordering::SeqCst);
    let written = api.get(&writer, QUESTION).await;
    assert_eq!((written.status, looks.load(Ordering::SeqCst)), (200, 3), "{}", written.body);
}

#[tokio::test]
async fn what_is_folded_later_is_waited_for_at_most_ten_seconds() {
    let api = Api::start(&warehouse_that_follows(Arc::new(AtomicU64::new(3))).await).await;
    api.key("shop", "read").await;
    let record = NewRecord { key: "shop/c1".into(), value: "{}".into(), headers: Vec::new() };
    api.journal.append(Topic::Events, vec![record]).await.unwrap();
    let counted = api.get(ADMIN, &format!("{QUESTION}&project=shop")).await;
    assert_eq!(counted.status, 200, "{}", counted.body);
    let started = std::time::Instant::now();
    let folded = api.get(ADMIN, "/api/v1/query?metric=chats&r=7d&project=shop").await;
    assert_eq!((folded.status, folded.code()), (503, "not_yet"));
    assert!(folded.head.contains("retry-after: 1"), "{}", folded.head);
    assert!((10..15).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}
