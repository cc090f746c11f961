//! Direct producers: the page for them does what it says, and what they send wrong holds up nothing.

use std::{fs, process::Command, time::Duration};

use rdkafka::{
    ClientConfig,
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer as _},
};
use serde_json::{Value, json};
use testkit::kafka::Brokers;

use crate::{
    installation::Installation,
    kcat::{Kcat, Record},
    server::{Server, cached, root, wait_for},
};

#[allow(dead_code, reason = "the example is a program, of which tests run all but the reading of its arguments")]
#[path = "../../../../examples/producers/rust/producer.rs"]
mod rust_example;

const EVENTS: &str = "rapport.events.v1";

/// The page's blocks in a language.
fn blocks(language: &str) -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/producers.md")).unwrap();
    let opened = format!("```{language}\n");
    let blocks = page.split(&opened).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned() + "\n");
    blocks.collect()
}

#[test]
fn the_page_for_producers_shows_the_examples_as_they_are() {
    for (language, file) in
        [("python", "python/producer.py"), ("java", "java/Producer.java"), ("rust", "rust/producer.rs")]
    {
        let example = fs::read_to_string(root().join("examples/producers").join(file)).unwrap();
        assert_eq!(blocks(language), [example], "copy examples/producers/{file} into docs/producers.md");
    }
}

/// A command of the page that contains `part`, with what is this installation's own in place of what the page says.
fn command_with(part: &str, project: &str, installation: &Installation) -> String {
    let found = blocks("sh").into_iter().find(|block| block.contains(part));
    let block = found.unwrap_or_else(|| panic!("the page has no command with {part}"));
    let replaced = [
        // Environments and jars are fetched beforehand: the line that fetches them is not run.
        ("python3 -m venv", "true"),
        ("env/bin/pip", "true"),
        ("env/bin/python", cached("python/bin/python").to_str().unwrap()),
        ("mvn", "true"),
        ("libs/*", cached("java/libs").join("*").to_str().unwrap()),
        ("kafka-1:9092", installation.brokers.addresses()),
        ("rapport.", &format!("{}rapport.", installation.topic_prefix)),
        ("shop", project),
    ]
    .map(|(from, to)| (from.to_owned(), to.to_owned()));
    replaced.into_iter().fold(block, |block, (from, to)| block.replace(&from, &to))
}

/// Runs a command of the page.
fn run(part: &str, project: &str, installation: &Installation) -> String {
    let script = command_with(part, project, installation);
    let path = format!("{}:{}", cached("kcat").display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("bash").args(["-euc", &script]).env("PATH", path).current_dir(root()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{errors}\n{}", installation.directory.log());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Messages by role, once everything that the topic holds is in. A question that is told to ask again, as while the worker takes its
/// first partitions over, is asked again.
fn messages(api: &Server, key: &str) -> Value {
    let body = wait_for("the figures to reach what the topic holds", || {
        let (status, body) = api.get("/api/v1/query?metric=messages_total&by=role&r=7d&cmp=off", Some(key));
        assert!(status == 200 || body["error"]["code"] == "not_yet", "{status} {body}");
        (status == 200).then_some(body)
    });
    let rows = body["results"][0]["rows"].as_array().unwrap();
    rows.iter().map(|row| (row["dims"]["role"].as_str().unwrap().to_owned(), row["value"].clone())).collect()
}

#[test]
fn direct_producers_are_counted_and_a_wrong_record_is_a_dead_letter_once() {
    let installation = Installation::start(Brokers::shared(), "producers", 2);
    let api = installation.service("api");
    let worker = installation.service("worker");
    let both = json!({"user": 1, "bot": 1});
    for (project, parts) in [
        ("python", &["producer.py"][..]),
        ("java", &["Producer.java"]),
        ("kcat", &["<<EVENT", "<<DATA"]),
        ("rust", &[]),
    ] {
        let key = installation.project(&api, project);
        for part in parts {
            run(part, project, &installation);
        }
        if project == "rust" {
            let topic = format!("{}{EVENTS}", installation.topic_prefix);
            rust_example::send(installation.brokers.addresses(), &topic, project).unwrap();
        }
        assert_eq!(messages(&api, &key), both, "{project}");
    }

    let kcat = Kcat::new(&cached("kcat/kcat"), &installation);
    every_language_keeps_a_conversation_in_one_partition(&kcat);
    an_id_in_a_header_is_understood(&installation, &api);
    wrong_records_hold_up_nothing(&installation, &api, worker, &kcat);
}

/// Java's own partitioner agrees with librdkafka's, and with ours.
fn every_language_keeps_a_conversation_in_one_partition(kcat: &Kcat) {
    let records = kcat.read(EVENTS);
    assert_eq!(records.len(), 8, "{records:?}");
    for record in records {
        assert_eq!(record.partition, journal::partition_of(record.key.as_bytes(), 2), "{record:?}");
    }
}

/// One way to be wrong, and the reason that its dead letter gives.
struct Wrong {
    reason: &'static str,
    key: Option<&'static str>,
    value: Vec<u8>,
}

const PROJECT: &str = "wrong";
const KEY: &str = "wrong/c-1";

fn wrong_records() -> Vec<Wrong> {
    let wrong = |reason, value| Wrong { reason, key: Some(KEY), value };
    let good = avro(PROJECT, "cut");
    let mut other_magic = good.clone();
    other_magic[0] = 1;
    let mut other_schema = good.clone();
    other_schema[1..5].copy_from_slice(&999_u32.to_be_bytes());
    let long = "x".repeat((2 << 20) - 1000);
    vec![
        wrong("malformed_avro", good[..good.len() - 3].to_vec()),
        wrong("malformed_avro", vec![0, 0, 0]),
        wrong("unknown_format", other_magic),
        wrong("unknown_schema", other_schema),
        wrong("too_large", native(PROJECT, "large", &long)),
        Wrong { reason: "missing_key", key: None, value: native(PROJECT, "no-key", "hello") },
        Wrong { reason: "missing_key", key: Some(""), value: native(PROJECT, "empty-key", "hello") },
    ]
}

/// A right event of a message.
fn native(project: &str, id: &str, text: &str) -> Vec<u8> {
    let event = json!({
        "event_id": id, "event": "message.created", "timestamp": chrono::Utc::now().to_rfc3339(), "project_id": project,
        "conversation_id": "c-1", "data": {"message_id": id, "role": "user", "text": text},
    });
    event.to_string().into_bytes()
}

/// The same as Avro.
fn avro(project: &str, id: &str) -> Vec<u8> {
    let native = native(project, id, "hello");
    let mut bytes = Vec::new();
    event::Event::decode(&native).unwrap().encode(&mut bytes);
    bytes
}

/// The schema's id may stand in a header.
fn an_id_in_a_header_is_understood(installation: &Installation, api: &Server) {
    let key = installation.project(api, "header");
    let topic = format!("{}{EVENTS}", installation.topic_prefix);
    let framed = avro("header", "m-1");
    let (id, body) = framed.split_at(5);
    let headers = OwnedHeaders::new().insert(Header { key: "__value_schema_id", value: Some(id) });
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", installation.brokers.addresses()).create().unwrap();
    producer.send(BaseRecord::to(&topic).key("header/c-1").payload(body).headers(headers)).unwrap();
    producer.flush(Duration::from_secs(30)).unwrap();
    assert_eq!(messages(api, &key), json!({"user": 1}));
}

/// Where a dead letter's record lies, and why it is one.
type Letter = (u16, u64, String);

fn wrong_records_hold_up_nothing(installation: &Installation, api: &Server, worker: Server, kcat: &Kcat) {
    let key = installation.project(api, PROJECT);
    let wrong = wrong_records();
    for (number, wrong) in wrong.iter().enumerate() {
        kcat.write(wrong.key, &wrong.value, &[]).unwrap();
        let id = format!("good-{number}");
        let good = if number % 2 == 0 { native(PROJECT, &id, "hello") } else { avro(PROJECT, &id) };
        kcat.write(Some(KEY), &good, &[]).unwrap();
        assert_eq!(messages(api, &key), json!({"user": number + 1}), "after {}", wrong.reason);
    }
    // A name of a header that is no text makes no event wrong.
    kcat.write(Some(KEY), &native(PROJECT, "odd-header", "hello"), b"\xff=1").unwrap();
    assert_eq!(messages(api, &key), json!({"user": wrong.len() + 1}), "after a name that is not UTF-8");
    // Beyond what the topic takes, the producer hears of it.
    let refusal = kcat.write(Some(KEY), &native(PROJECT, "larger", &"x".repeat(2 << 20)), &[]).unwrap_err();
    assert!(refusal.contains("Message size too large"), "{refusal}");

    let records = kcat.read(EVENTS);
    assert!(records.iter().any(|record| record.headers == "\u{fffd}=1"), "the odd header was not written");
    let mut expected: Vec<Letter> = Vec::new();
    for wrong in &wrong {
        let lies = |record: &&Record| record.value == wrong.value;
        let record = records.iter().find(lies).unwrap_or_else(|| panic!("{} was not written", wrong.reason));
        expected.push((record.partition, record.offset, wrong.reason.to_owned()));
    }
    assert!(expected.is_sorted(), "in the order of their offsets");
    assert_eq!(in_the_table(installation), expected);
    in_their_topic(kcat, &wrong, &expected);
    let shown = run("rapport.dead-letters.v1", PROJECT, installation);
    assert_eq!(shown.matches("source_offset=").count(), expected.len(), "{shown}");
    let shown = installation.sql(&blocks("sql").concat());
    assert_eq!(shown.lines().count(), expected.len(), "{shown}");

    // Another owner reads the same records again.
    worker.kill();
    let _worker = installation.service("worker");
    kcat.write(Some(KEY), &native(PROJECT, "later", "hello"), &[]).unwrap();
    wait_for("the new worker", || (messages(api, &key) == json!({"user": wrong.len() + 2})).then_some(()));
    assert_eq!(in_the_table(installation), expected, "after a takeover");
}

/// The dead letters of the events' topic in the table, in order.
fn in_the_table(installation: &Installation) -> Vec<Letter> {
    let rows = installation.sql(&format!(
        "SELECT partition, offset, reason FROM dead_letters FINAL WHERE topic = '{EVENTS}' ORDER BY ALL"
    ));
    let letter = |row: &str| {
        let mut columns = row.split('\t');
        let mut next = || columns.next().unwrap();
        (next().parse().unwrap(), next().parse().unwrap(), next().to_owned())
    };
    rows.lines().map(letter).collect()
}

/// Asserts that the topic of the dead letters has each once, as it was and with its reason.
fn in_their_topic(kcat: &Kcat, wrong: &[Wrong], expected: &[Letter]) {
    let written = wait_for("the topic of the dead letters", || {
        let letters = kcat.read("rapport.dead-letters.v1");
        (letters.len() >= expected.len()).then_some(letters)
    });
    assert_eq!(written.len(), expected.len(), "{written:?}");
    for (wrong, (partition, offset, reason)) in wrong.iter().zip(expected) {
        let source = format!("source_topic={EVENTS},source_partition={partition},source_offset={offset}");
        let letter = written.iter().find(|letter| format!("{},", letter.headers).contains(&format!("{source},")));
        let letter = letter.unwrap_or_else(|| panic!("{reason} of {source} is not there: {written:?}"));
        assert!(letter.headers.contains(&format!("reason={reason},message=")), "{}", letter.headers);
        let kept = wrong.value.len().min(1 << 20);
        assert_eq!(letter.value, wrong.value[..kept], "{reason}");
        let cut = format!("truncated_from={}", wrong.value.len());
        assert_eq!(letter.headers.contains(&cut), kept < wrong.value.len(), "{}", letter.headers);
    }
}
