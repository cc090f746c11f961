//! Copies of tracking calls for another service: a real one, which answers otherwise, is slow, and is away.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::server::{Directory, Server, wait_for};

/// A call is answered long before a copy of it is given up.
const SOON: Duration = Duration::from_secs(5);

/// What a copy was.
#[derive(Debug, Clone)]
struct Call {
    path: String,
    headers: BTreeMap<String, String>,
    body: Value,
}

/// The other service, until it is dropped. What names the conversation `slow` waits for an answer until then.
struct Other {
    address: String,
    calls: Arc<Mutex<Vec<Call>>>,
    over: Arc<AtomicBool>,
}

impl Other {
    fn start() -> Other {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (calls, over) = (Arc::<Mutex<Vec<Call>>>::default(), Arc::<AtomicBool>::default());
        let (noted, is_over) = (Arc::clone(&calls), Arc::clone(&over));
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let (noted, is_over) = (Arc::clone(&noted), Arc::clone(&is_over));
                std::thread::spawn(move || answer(stream, &noted, &is_over));
            }
        });
        Other { address, calls, over }
    }

    /// The calls to a route.
    fn calls(&self, path: &str) -> Vec<Call> {
        self.calls.lock().unwrap().iter().filter(|call| call.path == path).cloned().collect()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes whoever waits for a connection.
        TcpStream::connect(&self.address).ok();
    }
}

/// Answers one call; None where whoever called has gone.
fn answer(mut stream: TcpStream, calls: &Mutex<Vec<Call>>, is_over: &AtomicBool) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let is_slow = body["conversation_id"] == "slow";
    calls.lock().unwrap().push(Call { path: path.clone(), headers, body });
    while is_slow && !is_over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let (status, body) = match path.as_str() {
        "/old/api/conversations/" => ("500 Internal Server Error", json!({"detail": "out of order"})),
        "/old/api/buttons/" => ("201 Created", json!({"id": "seven", "is_new": true, "nothing": null})),
        _ => ("201 Created", json!({"id": 7})),
    };
    let body = body.to_string();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all((head + &body).as_bytes()).ok()
}

/// Tracks as a client does; answers the answer's body.
fn post(server: &Server, path: &str, key: &str, body: &Value) -> Value {
    let asked = Instant::now();
    let (status, answer) = server.post(path, key, body);
    assert!(status == 200 || status == 201, "{path} {body}: {status} {answer}");
    assert!(asked.elapsed() < SOON, "{path}: the copy held the call up for {:?}", asked.elapsed());
    answer
}

/// Waits until a series has a value.
fn reaches(server: &Server, series: &str, value: u64) {
    let mut last = Value::Null;
    wait_for(&format!("{series} to be {value}"), || {
        last = server.get("/metrics", None).1;
        let found =
            last.as_str().unwrap().lines().find_map(|line| line.strip_prefix(series)?.trim().parse::<u64>().ok());
        (found == Some(value)).then_some(())
    });
}

fn copies(server: &Server, outcome: &str, value: u64) {
    reaches(server, &format!("rapport_agentsight_shadow_copies_total{{outcome=\"{outcome}\"}}"), value);
}

fn differs(server: &Server, route: &str, difference: &str) {
    let name = "rapport_agentsight_shadow_differences_total";
    reaches(server, &format!("{name}{{route=\"{route}\",difference=\"{difference}\"}}"), 1);
}

fn started(directory: &Directory, other: &Other, more: &[(&str, &str)]) -> Server {
    let address = format!("http://{}/old/", other.address);
    directory.start_with(&[&[("RAPPORT_AGENTSIGHT__SHADOW_URL", address.as_str())], more].concat())
}

#[test]
fn another_service_gets_copies_and_its_answers_are_compared_whatever_it_does() {
    let (directory, other) = (Directory::new(), Other::start());
    let server = started(&directory, &other, &[]);
    let key = directory.project("shop");

    let row = post(&server, "/api/conversations/", &key, &json!({"conversation_id": "c", "is_used": true}));
    let said = json!({"conversation_id": "c", "conversation": row["id"], "sender": "end_user", "content": "SECRET"});
    let message = post(&server, "/api/track/", &key, &said);
    let button = json!({"conversation_id": "c", "button_event": "menu", "label": "Help", "value": "help"});
    post(&server, "/api/buttons/", &key, &button);
    let file = json!({"filename": "a.txt", "data": "eA=="});
    let linked = json!({"conversation_id": "c", "message": message["id"], "attachments": [file]});
    post(&server, "/api/attachments/", &key, &linked);
    copies(&server, "compared", 3);
    copies(&server, "skipped", 1);
    differs(&server, "/api/conversations/", "status");
    differs(&server, "/api/buttons/", "type");
    differs(&server, "/api/buttons/", "missing");
    let (_, metrics) = server.get("/metrics", None);
    assert!(!metrics.to_string().contains("shadow_differences_total{route=\\\"/api/track/"), "an equal shape differs");
    let call = other.calls("/old/api/track/").pop().unwrap();
    assert_eq!(
        call.body,
        json!({"conversation_id": "c", "conversation": null, "sender": "end_user", "content": "SECRET"})
    );
    assert!(call.headers["content-type"].starts_with("application/json"), "{:?}", call.headers);
    assert!(!call.headers.contains_key("authorization"), "a key went along that was not to go");
    let log = directory.log();
    assert!(log.contains("the other service answers differently") && !log.contains("SECRET"), "{log}");

    // One copy is being sent and 64 wait; nobody waits for them.
    for number in 0..70 {
        let said = json!({"conversation_id": "slow", "sender": "end_user", "content": number.to_string()});
        post(&server, "/api/track/", &key, &said);
    }
    copies(&server, "dropped", 5);
    post(&server, "/api/track/", &key, &json!({"conversation_id": "c", "sender": "agent", "content": "others go on"}));
    copies(&server, "compared", 4);

    drop(other);
    copies(&server, "compared", 5);
    post(
        &server,
        "/api/track/",
        &key,
        &json!({"conversation_id": "c", "sender": "agent", "content": "nobody is there"}),
    );
    copies(&server, "failed", 65);
}

#[test]
fn the_clients_key_goes_along_where_that_is_wanted() {
    let (directory, other) = (Directory::new(), Other::start());
    let server = started(&directory, &other, &[("RAPPORT_AGENTSIGHT__SHADOW_AUTHORIZATION", "true")]);
    let key = directory.project("shop");
    let span =
        json!({"span_id": "00000000000000aa", "kind": "turn", "started_at": "2026-11-20T10:00:00Z", "attributes": {}});
    post(&server, "/api/ingest/", &key, &json!({"conversations": [{"conversation_id": "c", "spans": [span]}]}));
    copies(&server, "compared", 1);
    let call = other.calls("/old/api/ingest/").pop().unwrap();
    assert_eq!(call.headers["authorization"], format!("Api-Key {key}"));
    assert_eq!(call.body["conversations"][0]["spans"][0], span);
}
