//! What all clients of the library share: settings, logs, health, errors.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rdkafka::{
    ClientConfig, ClientContext,
    config::RDKafkaLogLevel,
    consumer::ConsumerContext,
    error::{KafkaError, RDKafkaErrorCode as Code},
};

use super::Options;
use crate::Error;

/// Most bytes of one message that a client sends or takes: above every topic's own limit.
const MESSAGE_BYTES_MAX: usize = 8 << 20;

/// Whether the brokers can be reached, as a client's own threads find out.
#[derive(Debug, Default)]
pub(super) struct Health {
    is_away: AtomicBool,
}

impl Health {
    pub(super) fn is_away(&self) -> bool {
        self.is_away.load(Ordering::Relaxed)
    }

    pub(super) fn set_away(&self, away: bool) {
        if self.is_away.swap(away, Ordering::Relaxed) != away {
            if away {
                tracing::warn!("no broker can be reached");
            } else {
                tracing::info!("brokers can be reached again");
            }
        }
    }
}

/// Takes the library's logs and errors.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    pub(super) health: Arc<Health>,
}

/// A line of the library's log. It tries again by itself, so nothing it says is an error of ours.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::warn!(target: "librdkafka", facility, message, "from the client library");
        }
        _ => tracing::debug!(target: "librdkafka", facility, message, "from the client library"),
    }
}

impl Context {
    pub(super) fn note(&self, error: &KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            Some(Code::PartitionEOF) => {}
            Some(Code::AllBrokersDown) => self.health.set_away(true),
            _ => tracing::debug!(target: "librdkafka", %error, reason, "the client library met an error"),
        }
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.note(&error, reason);
    }
}

impl ConsumerContext for Context {}

/// Settings that every client has.
pub(super) fn config(options: &Options) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &options.brokers)
        .set("client.id", "rapport")
        .set("message.max.bytes", MESSAGE_BYTES_MAX.to_string())
        .set("receive.message.max.bytes", (4 * MESSAGE_BYTES_MAX).to_string())
        .set("socket.nagle.disable", "true")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        // A leader that died is replaced within seconds: ask often enough while it is.
        .set("topic.metadata.refresh.fast.interval.ms", "100")
        .set_log_level(RDKafkaLogLevel::Warning);
    for (name, value) in &options.properties {
        config.set(name, value);
    }
    config
}

/// Settings of consumers: explicit positions, and nothing committed that nobody asked for.
pub(super) fn consumer_config(options: &Options, group: &str) -> ClientConfig {
    let mut config = config(options);
    config
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("allow.auto.create.topics", "false")
        .set("fetch.max.bytes", MESSAGE_BYTES_MAX.to_string())
        .set("fetch.queue.backoff.ms", "10");
    config
}

pub(super) fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

/// A client could not be made: its settings are wrong, or the machine has no room for it.
pub(super) fn not_made(error: KafkaError) -> Error {
    Error::Unusable(format!("the Kafka client cannot be made: {error}; check the settings of kafka"))
}

/// The error of a question that changes nothing.
pub(super) fn asked(error: &KafkaError, what: &str) -> Error {
    let message = format!("{what}: {error}");
    match error.rdkafka_error_code() {
        Some(code) if is_refusal(code) => Error::Unusable(message),
        _ => Error::Away(message),
    }
}

/// Whether the same question may be answered a moment later: also one about a partition that a broker has not heard of yet, since
/// topics are looked at when a journal connects.
pub(super) fn may_pass(error: &KafkaError) -> bool {
    error.rdkafka_error_code().is_none_or(|code| {
        !is_refusal(code) || matches!(code, Code::UnknownTopic | Code::UnknownPartition | Code::UnknownTopicOrPartition)
    })
}

/// Errors that stay until a person changes something.
pub(super) fn is_refusal(code: Code) -> bool {
    matches!(
        code,
        Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::SaslAuthenticationFailed
            | Code::Authentication
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::UnknownTopicOrPartition
            | Code::InvalidTopic
            | Code::MessageSizeTooLarge
            | Code::MessageBatchTooLarge
            | Code::InvalidRecord
            | Code::PolicyViolation
            | Code::UnsupportedVersion
    )
}

/// Runs `work` where it may wait for brokers.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let outcome = tokio::task::spawn_blocking(work).await;
    outcome.unwrap_or_else(|error| Err(Error::Away(format!("the work on Kafka was abandoned: {error}"))))
}
