//! Appending: one idempotent producer, and an answer for each append when all its records are delivered or given up.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, Message,
    config::{FromClientConfigAndContext, RDKafkaLogLevel},
    error::{KafkaError, RDKafkaErrorCode as Code},
    message::{Header, OwnedHeaders},
    producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer},
};
use tokio::sync::oneshot;

use super::{
    Options, TopicFacts, TopicPartition,
    client::{self, Context},
    ends::Ends,
    names::Names,
};
use crate::{Appended, Error, NewRecord, Topic, partition_of};

/// What a record weighs in the queue beside its bytes.
const RECORD_OVERHEAD: usize = 512;
/// What a record weighs in a batch beside its bytes, at most.
const BATCH_OVERHEAD: usize = 512;
/// The library makes batches of at most this size, well below what topics take.
const BATCH_BYTES: usize = 512 << 10;
/// How often brokers that are away are looked for, and how long one look may take.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct Appender {
    options: Options,
    names: Names,
    ends: Arc<Ends>,
    /// Replaced when the library declares it broken.
    producer: RwLock<Arc<ThreadedProducer<Reports>>>,
    context: Context,
    /// Bytes of records that are not delivered yet.
    queued: Arc<AtomicUsize>,
    probed: Mutex<Instant>,
}

impl fmt::Debug for Appender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Appender").field("queued", &self.queued).finish_non_exhaustive()
    }
}

/// One append, until all its records are delivered or given up.
struct Flight {
    topic: Topic,
    bytes: usize,
    queued: Arc<AtomicUsize>,
    state: Mutex<State>,
}

struct State {
    places: Vec<Option<Appended>>,
    /// Records without an outcome yet.
    left: usize,
    /// The worst of what went wrong.
    error: Option<Error>,
    answer: Option<oneshot::Sender<Result<Vec<Appended>, Error>>>,
}

/// What the library gives back with a delivery report.
pub(super) struct Ticket {
    flight: Arc<Flight>,
    index: usize,
}

impl Flight {
    /// Notes the outcome of a record; the last one answers, after the room in the queue is free again.
    fn settle(&self, index: usize, outcome: Result<Appended, Error>) {
        let mut state = self.state();
        match outcome {
            Ok(place) => state.places[index] = Some(place),
            Err(error) => {
                let is_worse = matches!(error, Error::Ambiguous(_)) || state.error.is_none();
                if is_worse {
                    state.error = Some(error);
                }
            }
        }
        state.left -= 1;
        if state.left > 0 {
            return;
        }
        self.queued.fetch_sub(self.bytes, Ordering::AcqRel);
        let Some(answer) = state.answer.take() else { return };
        let some_are_in = state.places.iter().any(Option::is_some);
        let outcome = match state.error.take() {
            None => Ok(state.places.iter().flatten().copied().collect()),
            Some(error) if some_are_in => Err(Error::Ambiguous(format!("a part of the records was appended: {error}"))),
            Some(error) => Err(error),
        };
        // Whoever asked may have gone.
        let _ = answer.send(outcome);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes delivery reports.
pub(super) struct Reports {
    context: Context,
    ends: Arc<Ends>,
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.context.note(&error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Ticket>;

    fn delivery(&self, result: &DeliveryResult<'_>, ticket: Box<Ticket>) {
        let outcome = match result {
            Ok(message) => {
                self.context.health.set_away(false);
                placed(message.partition(), message.offset())
            }
            Err((error, _)) => Err(undelivered(error)),
        };
        if let Ok(place) = &outcome {
            let at = TopicPartition { topic: ticket.flight.topic, partition: place.partition };
            self.ends.raise(at, place.offset + 1);
        }
        ticket.flight.settle(ticket.index, outcome);
    }
}

fn placed(partition: i32, offset: i64) -> Result<Appended, Error> {
    match (u16::try_from(partition), u64::try_from(offset)) {
        (Ok(partition), Ok(offset)) => Ok(Appended { partition, offset }),
        // A broker that was sent a batch twice may no longer know where it put it.
        _ => Err(Error::Ambiguous("the brokers have the record, but no longer say where".to_owned())),
    }
}

/// Why a record was given up, and whether it may be in the log all the same.
fn undelivered(error: &KafkaError) -> Error {
    let message = format!("the brokers did not take a record: {error}");
    match error.rdkafka_error_code() {
        Some(Code::QueueFull) => Error::Full(message),
        // Nothing of it was sent.
        Some(Code::PurgeQueue | Code::NotEnoughReplicas) => Error::Away(message),
        Some(code) if client::is_refusal(code) => Error::Unusable(message),
        _ => Error::Ambiguous(message),
    }
}

impl Appender {
    pub(super) fn new(options: &Options, ends: Arc<Ends>) -> Result<Appender, Error> {
        let context = Context::default();
        let producer = make_producer(options, &context, &ends)?;
        Ok(Appender {
            options: options.clone(),
            names: options.names(),
            ends,
            producer: RwLock::new(Arc::new(producer)),
            context,
            queued: Arc::new(AtomicUsize::new(0)),
            probed: Mutex::new(Instant::now()),
        })
    }

    pub(super) fn is_away(&self) -> bool {
        self.context.health.is_away()
    }

    pub(super) async fn append(
        &self,
        topic: Topic,
        facts: &TopicFacts,
        records: Vec<NewRecord>,
    ) -> Result<Vec<Appended>, Error> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let bytes = size_of_all(topic, facts, &records)?;
        if self.is_away() {
            return Err(Error::Away("no broker can be reached".to_owned()));
        }
        let (answer, answered) = oneshot::channel();
        let flight = self.take_room(topic, bytes, records.len(), answer)?;
        self.send(&flight, facts.partitions, &records);
        drop(records);
        answered.await.unwrap_or_else(|_| Err(Error::Ambiguous("the producer ended before it answered".to_owned())))
    }

    /// Takes room in the queue for an append. One that is larger than the whole queue is taken when it is alone.
    fn take_room(
        &self,
        topic: Topic,
        bytes: usize,
        records: usize,
        answer: oneshot::Sender<Result<Vec<Appended>, Error>>,
    ) -> Result<Arc<Flight>, Error> {
        let limit = self.options.queue_bytes;
        let taken = self.queued.fetch_update(Ordering::AcqRel, Ordering::Acquire, |queued| {
            (queued == 0 || queued.saturating_add(bytes) <= limit).then(|| queued.saturating_add(bytes))
        });
        if taken.is_err() {
            return Err(Error::Full(format!("{limit} bytes wait for the brokers already")));
        }
        let state = State { places: vec![None; records], left: records, error: None, answer: Some(answer) };
        Ok(Arc::new(Flight { topic, bytes, queued: Arc::clone(&self.queued), state: Mutex::new(state) }))
    }

    /// Hands the records to the library, which copies them.
    fn send(&self, flight: &Arc<Flight>, partitions: u16, records: &[NewRecord]) {
        let producer = Arc::clone(&self.producer.read().unwrap_or_else(PoisonError::into_inner));
        for (index, record) in records.iter().enumerate() {
            let ticket = Box::new(Ticket { flight: Arc::clone(flight), index });
            let mut message = BaseRecord::with_opaque_to(self.names.of(flight.topic), ticket)
                .partition(i32::from(partition_of(&record.key, partitions)))
                .payload(record.value.as_ref());
            message.key = (!record.key.is_empty()).then_some(record.key.as_ref());
            message.headers = headers(record);
            if let Err((error, refused)) = producer.send::<[u8], [u8]>(message) {
                let ticket = refused.delivery_opaque;
                ticket.flight.settle(ticket.index, Err(undelivered(&error)));
            }
        }
    }

    /// Looks for brokers that are away, and replaces a producer that is broken: one that cannot keep its records in order any
    /// longer refuses everything from then on.
    pub(super) fn chores(&self) {
        let producer = Arc::clone(&self.producer.read().unwrap_or_else(PoisonError::into_inner));
        if let Some((code, reason)) = producer.client().fatal_error() {
            tracing::warn!(%code, reason, "the producer is replaced");
            match make_producer(&self.options, &self.context, &self.ends) {
                Ok(fresh) => *self.producer.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh),
                Err(error) => tracing::warn!(%error, "the producer could not be replaced, trying again"),
            }
        }
        let mut probed = self.probed.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_away() && probed.elapsed() >= PROBE_INTERVAL {
            if producer.client().fetch_metadata(Some(self.names.of(Topic::Events)), PROBE_INTERVAL).is_ok() {
                self.context.health.set_away(false);
            }
            *probed = Instant::now();
        }
    }
}

fn make_producer(options: &Options, context: &Context, ends: &Arc<Ends>) -> Result<ThreadedProducer<Reports>, Error> {
    // The room is bounded here, where an append is taken or refused as a whole; the library's own bounds must not be met first.
    let messages = (2 * options.queue_bytes / RECORD_OVERHEAD).clamp(1_000, 10_000_000);
    let kilobytes = (4 * options.queue_bytes / 1024).clamp(64 << 10, 2 << 20);
    let mut config = client::config(options);
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("compression.type", "lz4")
        .set("linger.ms", client::millis(options.linger))
        .set("batch.size", BATCH_BYTES.to_string())
        .set("delivery.timeout.ms", client::millis(options.delivery_timeout))
        .set("queue.buffering.max.messages", messages.to_string())
        .set("queue.buffering.max.kbytes", kilobytes.to_string());
    let reports = Reports { context: context.clone(), ends: Arc::clone(ends) };
    ThreadedProducer::from_config_and_context(&config, reports).map_err(client::not_made)
}

fn headers(record: &NewRecord) -> Option<OwnedHeaders> {
    if record.headers.is_empty() {
        return None;
    }
    let headers = OwnedHeaders::new_with_capacity(record.headers.len());
    let insert = |headers: OwnedHeaders, (name, value): &(String, bytes::Bytes)| {
        headers.insert(Header { key: name, value: Some(value.as_ref()) })
    };
    Some(record.headers.iter().fold(headers, insert))
}

/// What records weigh in the queue, if their topic can take each of them.
pub(super) fn size_of_all(topic: Topic, facts: &TopicFacts, records: &[NewRecord]) -> Result<usize, Error> {
    records.iter().map(|record| Ok(checked_size(topic, facts, record)? + RECORD_OVERHEAD)).sum()
}

/// Bytes of a record, if its topic can take it.
fn checked_size(topic: Topic, facts: &TopicFacts, record: &NewRecord) -> Result<usize, Error> {
    let headers: usize = record.headers.iter().map(|(name, value)| name.len() + value.len() + 16).sum();
    let size = record.key.len() + record.value.len() + headers;
    if size + BATCH_OVERHEAD > facts.record_bytes_max {
        return Err(Error::Unusable(format!(
            "a record of {size} bytes is larger than {} takes, {} bytes with its frame",
            topic.name(),
            facts.record_bytes_max
        )));
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorClass;

    fn classes(codes: &[Code]) -> Vec<ErrorClass> {
        codes.iter().map(|code| undelivered(&KafkaError::MessageProduction(*code)).class()).collect()
    }

    #[test]
    fn what_was_certainly_not_appended_is_told_from_what_may_have_been() {
        let not_sent = [Code::QueueFull, Code::PurgeQueue, Code::NotEnoughReplicas];
        assert_eq!(classes(&not_sent), [ErrorClass::Retry; 3]);
        let unknown = [
            Code::MessageTimedOut,
            Code::PurgeInflight,
            Code::NotEnoughReplicasAfterAppend,
            Code::Fatal,
            Code::Unknown,
        ];
        assert_eq!(classes(&unknown), [ErrorClass::Ambiguous; 5]);
        let refused = [Code::TopicAuthorizationFailed, Code::UnknownTopic, Code::MessageSizeTooLarge];
        assert_eq!(classes(&refused), [ErrorClass::Fatal; 3]);
    }

    /// The answer to an append of three records that meet these ends, in this order.
    fn answer(outcomes: [Result<Appended, Error>; 3]) -> Result<Vec<Appended>, Error> {
        let (answer, mut answered) = oneshot::channel();
        let queued = Arc::new(AtomicUsize::new(10));
        let state = State { places: vec![None; 3], left: 3, error: None, answer: Some(answer) };
        let flight = Flight { topic: Topic::Events, bytes: 10, queued: Arc::clone(&queued), state: Mutex::new(state) };
        for (index, outcome) in outcomes.into_iter().enumerate() {
            assert!(answered.try_recv().is_err(), "the answer waits for every record");
            flight.settle(index, outcome);
        }
        assert_eq!(queued.load(Ordering::Relaxed), 0, "its room is free again");
        answered.try_recv().unwrap()
    }

    #[test]
    fn an_append_of_which_a_part_is_in_is_ambiguous_whatever_met_the_rest() {
        let placed = |offset| Ok(Appended { partition: 0, offset });
        let away = || Err(Error::Away("no broker".to_owned()));
        let places = answer([placed(1), placed(2), placed(3)]).unwrap();
        assert_eq!(places.iter().map(|place| place.offset).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(answer([away(), placed(1), away()]).unwrap_err().class(), ErrorClass::Ambiguous);
        assert_eq!(answer([away(), away(), away()]).unwrap_err().class(), ErrorClass::Retry);
        let unknown = || Err(Error::Ambiguous("timed out".to_owned()));
        assert_eq!(answer([away(), unknown(), away()]).unwrap_err().class(), ErrorClass::Ambiguous);
    }
}
