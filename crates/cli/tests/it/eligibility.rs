//! P5: what is in no figure changes none, whichever way a figure is worked out.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use warehouse::registry::Metric;

use crate::shop::{BROWSER, RANGE, Shop, all_metrics, one_of_each_source, same_of, traffic};

const CRAWLER: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// The same without what stands outside of conversations.
fn in_conversation(events: Vec<Value>) -> Vec<Value> {
    events.into_iter().filter(|event| event["conversation_id"].is_string()).collect()
}

/// Ways of working a figure out: over the whole range, of one channel, and over one that ends within a quarter of an hour.
const RANGES: [&str; 3] = [RANGE, "from=2026-03-01&to=2026-04-01&tz=UTC&f=channel:is:web", EDGE];
const EDGE: &str = "from=2026-03-01&to=2026-03-10T10:13:30Z&tz=UTC";

/// The figures of one metric of each source; over a part of a quarter of those that counters answer, as the others are worked out alike.
fn some(shop: &Shop) -> BTreeMap<String, Value> {
    let metrics = one_of_each_source();
    let is_counted = |metric: &&Metric| metric.figure.source.counted_by().is_some();
    let counted: Vec<&Metric> = metrics.iter().copied().filter(is_counted).collect();
    let mut figures = shop.totals(&metrics, &RANGES[..2]);
    figures.extend(shop.totals(&counted, &[EDGE]));
    figures
}

fn listed(shop: &Shop, state: &str) -> Vec<String> {
    let body = shop.get(&format!("/api/v1/conversations?{RANGE}&state={state}"));
    let ids = body["conversations"].as_array().unwrap().iter();
    ids.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn excluded(shop: &Shop, id: &str) -> u64 {
    let body = shop.get(&format!("/api/v1/explain?{RANGE}&metric=messages_total"));
    let all = body["excluded"].as_array().unwrap();
    all.iter().find(|excluded| excluded["id"] == id).unwrap()["count"].as_u64().unwrap()
}

fn tagged(id: &str, conversation: &str, tags: &[&str]) -> Value {
    json!({"event_id": id, "event": "conversation.updated", "conversation_id": conversation, "historical": true,
        "timestamp": format!("2026-03-11T10:00:0{}Z", id.len()), "data": {"set": {"tags": tags}}})
}

#[test]
fn tests_crawlers_and_internal_users_change_no_figure() {
    let shop = Shop::new();
    let some = || some(&shop);
    shop.send(traffic("real", "u1", BROWSER));
    let all = shop.totals(&all_metrics(), &RANGES);
    let real = same_of(&all, &some());
    assert_eq!(all[&format!("messages_total {RANGE}")]["value"], 3);

    shop.send(traffic("crawled", "crawler", CRAWLER));
    assert_eq!(some(), real, "a crawler's traffic");
    assert_eq!(excluded(&shop, "crawlers"), 15);

    shop.send(in_conversation(traffic("trial", "u2", BROWSER)));
    let with_trial = some();
    assert_ne!(with_trial, real, "it counts until it is tagged");
    shop.send(vec![tagged("t", "trial", &["vip", "test"])]);
    assert_eq!(some(), real, "a test");
    assert_eq!((listed(&shop, "test"), listed(&shop, "all")), (vec!["trial".to_owned()], vec!["real".to_owned()]));
    assert_eq!(excluded(&shop, "test_conversations"), 1);
    assert_eq!(shop.get("/api/v1/conversations/trial")["timeline"].as_array().unwrap().len(), 12);
    shop.send(vec![tagged("tt", "trial", &["vip"])]);
    assert_eq!(some(), with_trial, "it is none any more");
    shop.send(vec![tagged("ttt", "trial", &["test"])]);

    shop.send(traffic("own", "ana@shop", BROWSER));
    assert_eq!(
        shop.total("messages_total", RANGE)["value"],
        6,
        "they count until the project says that they are its own"
    );
    shop.internal_users(&json!(["ana@shop"]));
    assert_eq!(shop.totals(&all_metrics(), &RANGES), all, "an internal user, a test and a crawler");
    assert_eq!(excluded(&shop, "internal_users"), 15);
    shop.internal_users(&Value::Null);
    assert_eq!(shop.total("messages_total", RANGE)["value"], 6);
}
