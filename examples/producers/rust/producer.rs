//! Sends a question as Avro and its answer as JSON: `producer BROKERS TOPIC PROJECT`.

use std::{
    env,
    error::Error,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use apache_avro::{Schema, to_avro_datum, types::Value};
use rdkafka::{
    ClientConfig, ClientContext, Message,
    producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer},
};
use serde_json::json;
use uuid::Uuid;

const MESSAGE: &str = include_str!("../../../schemas/avro/message.avsc");
/// Of that schema, in schemas/ids.json: an id means the same schema for ever.
const MESSAGE_ID: u32 = 2_000_000_002;

/// Hears of every event whether it was delivered, and keeps what was not.
#[derive(Default)]
struct Deliveries {
    failures: Mutex<Vec<String>>,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, record)) = result {
            let key = String::from_utf8_lossy(record.key().unwrap_or_default());
            self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{key}: {error}"));
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [brokers, topic, project] = &arguments[..] else { return Err("usage: producer BROKERS TOPIC PROJECT".into()) };
    send(brokers, topic, project)
}

pub(crate) fn send(brokers: &str, topic: &str, project: &str) -> Result<(), Box<dyn Error>> {
    // Threaded: a thread of its own calls `delivery`.
    let producer: ThreadedProducer<Deliveries> = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        // A retry by the library neither doubles nor reorders, and an event is acknowledged when its replicas have it.
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // The same partition as Kafka's Java clients choose: events of a conversation, whoever sends them, must share one.
        .set("partitioner", "murmur2_random")
        .create_with_context(Deliveries::default())?;

    let (conversation, asked) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
    let key = format!("{project}/{conversation}");
    for value in [question(project, &conversation, &asked)?, answer(project, &conversation, &asked)] {
        // QueueFull, when more is sent than is delivered: wait and send again.
        producer.send(BaseRecord::to(topic).key(&key).payload(&value)).map_err(|(error, _)| error)?;
    }
    // Sending is asynchronous: what was not flushed is lost when the program ends.
    producer.flush(Duration::from_secs(30))?;
    let failures = producer.context().failures.lock().unwrap_or_else(PoisonError::into_inner);
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_micros().try_into().unwrap_or(i64::MAX)
}

fn question(project: &str, conversation: &str, message_id: &str) -> Result<Vec<u8>, apache_avro::Error> {
    let schema = Schema::parse_str(MESSAGE)?;
    let event = json!({
        // An id of the event, the same whenever it is sent again: it is counted once.
        "event_id": Uuid::now_v7(), "timestamp": now_us(),
        "project_id": project, "conversation_id": conversation, "user_id": "customer-1", "channel": "web",
        "data": {"message_id": message_id, "role": "user", "text": "Where is my order?"},
    });
    // `resolve` puts defaults into the fields that are left out, and takes the first type of the union that the data fits:
    // send types that look like one before them (message.deleted is like message.updated) as JSON.
    let body = to_avro_datum(&schema, Value::from(event).resolve(&schema)?)?;
    // Confluent framing: a zero byte and the schema's id, big-endian; then the body.
    Ok([&[0], &MESSAGE_ID.to_be_bytes()[..], &body].concat())
}

fn answer(project: &str, conversation: &str, asked: &str) -> Vec<u8> {
    let event = json!({
        "event_id": Uuid::now_v7(), "event": "message.created", "timestamp": now_us() / 1_000,
        "project_id": project, "conversation_id": conversation, "user_id": "customer-1", "channel": "web",
        "data": {"message_id": Uuid::now_v7(), "role": "bot", "text": "On its way.", "reply_to": asked},
    });
    event.to_string().into_bytes()
}
