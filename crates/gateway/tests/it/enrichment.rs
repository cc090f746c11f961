//! Places and devices.

use control::Role;
use gateway::{Geo, Options};
use serde_json::{Value, json};

use crate::{
    mmdb::{self, Value as Mmdb},
    server::{Server, message, message_with, with_key},
};

fn geo() -> Geo {
    let flat = Mmdb::Map(vec![("country_code", Mmdb::Text("ES")), ("city", Mmdb::Text("Madrid"))]);
    let names = Mmdb::Map(vec![("names", Mmdb::Map(vec![("en", Mmdb::Text("Lyon"))]))]);
    let nested = Mmdb::Map(vec![("country", Mmdb::Map(vec![("iso_code", Mmdb::Text("FR"))])), ("city", names)]);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("places.mmdb");
    std::fs::write(&path, mmdb::database(&[(8, flat), (9, nested), (10, Mmdb::Map(vec![]))])).unwrap();
    Geo::open(&path).unwrap()
}

fn context(event: &Value, field: &str) -> Value {
    event.pointer(&format!("/context/{field}")).cloned().unwrap_or(Value::Null)
}

#[tokio::test]
async fn an_address_becomes_a_place_and_is_dropped() {
    let server = Server::with(Options::default(), Some(geo())).await;
    let mut given = message_with("d", "/context", json!({"ip": "8.1.1.1", "country": "PT"}));
    given["data"]["text"] = json!("from elsewhere");
    let started = json!({"event_id": "e", "event": "conversation.started", "timestamp": crate::server::now(),
        "conversation_id": "c1", "context": {"ip": "8.1.1.1"}, "data": {"country": "IT"}});
    let events = json!([
        message_with("a", "/context", json!({"ip": "8.1.1.1"})),
        message_with("b", "/context", json!({"ip": "9.1.1.1"})),
        message_with("c", "/context", json!({"ip": "10.1.1.1"})),
        given,
        started,
        message_with("f", "/context", json!({"ip": "11.1.1.1"})),
        message_with("g", "/context", json!({"ip": "no address"})),
    ]);
    let (_, answer) = server.post(events.to_string()).await;
    assert_eq!(answer["accepted"], 7, "{answer}");
    let stored = server.events().await;
    let places: Vec<(Value, Value)> =
        stored.iter().map(|event| (context(event, "country"), context(event, "city"))).collect();
    let none = || (Value::Null, Value::Null);
    let expected = [
        (json!("ES"), json!("Madrid")),
        (json!("FR"), json!("Lyon")),
        none(),
        (json!("PT"), Value::Null),
        none(),
        none(),
        none(),
    ];
    assert_eq!(places, expected);
    assert!(stored.iter().all(|event| !event.to_string().contains(".1.1.1")), "an address was kept");
}

#[tokio::test]
async fn only_a_key_of_a_page_is_located_by_its_connection() {
    let server = Server::with(Options::default(), Some(geo())).await;
    let browser = server.key(Role::Browser, "production").await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";
    for (key, id) in [(browser.key.reveal(), "a"), (server.key.as_str(), "b")] {
        let request = with_key(key).header("user-agent", firefox).header("x-forwarded-for", "9.9.9.9");
        server.send(request.body(json!([message(id)]).to_string().into()).unwrap()).await;
    }
    let stored = server.events().await;
    assert_eq!((context(&stored[0], "country"), context(&stored[0], "browser")), (json!("ES"), json!("Firefox")));
    assert_eq!((context(&stored[1], "country"), context(&stored[1], "browser")), (Value::Null, Value::Null));
}

#[tokio::test]
async fn a_configured_proxy_says_where_the_visitor_is() {
    let options = Options { trusted_proxies: vec!["8.0.0.0/8".parse().unwrap()], ..Options::default() };
    let server = Server::with(options, Some(geo())).await;
    let browser = server.key(Role::Browser, "production").await;
    let request = with_key(browser.key.reveal()).header("x-forwarded-for", "10.0.0.1, 9.9.9.9");
    server.send(request.body(json!([message("a")]).to_string().into()).unwrap()).await;
    assert_eq!(context(&server.events().await[0], "country"), "FR");
}

#[tokio::test]
async fn a_user_agent_fills_what_the_producer_did_not_say() {
    let server = Server::start().await;
    let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                  Version/17.5 Mobile/15E148 Safari/604.1";
    let said = json!({"user_agent": iphone, "device": {"type": "kiosk"}, "browser": "Lynx"});
    let events =
        json!([message_with("a", "/context", json!({"user_agent": iphone})), message_with("b", "/context", said)]);
    server.post(events.to_string()).await;
    let stored = server.events().await;
    let all = |event: &Value| ["device/type", "device/os", "browser"].map(|field| context(event, field));
    assert_eq!(all(&stored[0]), ["mobile", "iOS", "Safari"]);
    assert_eq!(all(&stored[1]), ["kiosk", "iOS", "Lynx"]);
}
