//! The topics: created right where they are missing, asserted where they are there.
//!
//! What the figures rest on is asserted: append times given by the log, retention by time alone, no unclean election, and the
//! partition count. The rest (replicas, what a record may weigh) is asserted where data could be lost or refused.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    config::FromClientConfigAndContext,
    error::{KafkaError, RDKafkaErrorCode as Code},
    metadata::Metadata,
};

use super::{
    Options,
    client::{self, Context},
    names::Names,
    settings,
};
use crate::{Error, Topic};

/// Most bytes of a record of events or control, with its frame.
const RECORD_BYTES_MAX: usize = 2 << 20;
/// The same of dead letters: what was refused, with the reasons.
const DEAD_LETTER_BYTES_MAX: usize = 3 << 20;
/// Pause between two looks at brokers that do not answer yet.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(250);
/// How long a start waits to be told the settings of topics that may be taken for right if nobody tells.
const ASSUME_AFTER: Duration = Duration::from_secs(5);

const APPEND_TIME: &str = "message.timestamp.type";
const CLEANUP: &str = "cleanup.policy";
const RETENTION_BYTES: &str = "retention.bytes";
const RETENTION_MS: &str = "retention.ms";
const UNCLEAN: &str = "unclean.leader.election.enable";
const IN_SYNC: &str = "min.insync.replicas";
const RECORD_BYTES: &str = "max.message.bytes";

/// What a topic is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicFacts {
    /// How many partitions it has.
    pub partitions: u16,
    /// The age at which records are dropped; `None` if they are kept for ever.
    pub retention: Option<Duration>,
    /// Most bytes of a record with its frame.
    pub record_bytes_max: usize,
    /// Its settings could not be looked at, and were taken for right because the configuration says so.
    pub is_assumed: bool,
}

/// What a topic must be like.
struct Wanted {
    topic: Topic,
    name: String,
    partitions: u16,
    retention: Option<Duration>,
    record_bytes_max: usize,
}

impl Wanted {
    fn of(topic: Topic, options: &Options) -> Wanted {
        let (partitions, retention, record_bytes_max) = match topic {
            Topic::Events => (options.event_partitions, options.retention, RECORD_BYTES_MAX),
            Topic::DeadLetters => (options.dead_letter_partitions, options.retention, DEAD_LETTER_BYTES_MAX),
            Topic::Control => (1, None, RECORD_BYTES_MAX),
        };
        Wanted { topic, name: options.names().of(topic).to_owned(), partitions, retention, record_bytes_max }
    }

    /// The settings to create it with.
    fn settings(&self, replicas: u16) -> BTreeMap<&'static str, String> {
        let retention = self.retention.map_or_else(|| "-1".to_owned(), client::millis);
        BTreeMap::from([
            (APPEND_TIME, "LogAppendTime".to_owned()),
            (CLEANUP, "delete".to_owned()),
            (RETENTION_BYTES, "-1".to_owned()),
            (RETENTION_MS, retention),
            (UNCLEAN, "false".to_owned()),
            (IN_SYNC, in_sync(replicas).to_string()),
            (RECORD_BYTES, self.record_bytes_max.to_string()),
        ])
    }

    fn facts(&self, partitions: u16) -> TopicFacts {
        TopicFacts { partitions, retention: self.retention, record_bytes_max: self.record_bytes_max, is_assumed: true }
    }
}

/// How many replicas must have a record before it is acknowledged: one may be away where there are three.
fn in_sync(replicas: u16) -> u16 {
    replicas.saturating_sub(1).clamp(1, 2)
}

/// Creates the topics that are missing, asserts those that are there, and says what all are like.
pub(super) async fn ensure(options: &Options) -> Result<BTreeMap<Topic, TopicFacts>, Error> {
    if options.event_partitions == 0 || options.dead_letter_partitions == 0 {
        return Err(Error::Unusable("a topic needs at least one partition".to_owned()));
    }
    let admin =
        AdminClient::from_config_and_context(&client::config(options), Context::default()).map_err(client::not_made)?;
    let deadline = Instant::now() + options.start_timeout;
    let admin = Arc::new(admin);
    let (brokers, mut found) = look(&admin, options, deadline).await?;
    let missing: Vec<Wanted> =
        Topic::ALL.into_iter().filter(|topic| !found.contains_key(topic)).map(|t| Wanted::of(t, options)).collect();
    if !missing.is_empty() {
        create(&admin, options, brokers, &missing).await?;
        while Topic::ALL.iter().any(|topic| !found.contains_key(topic)) {
            if Instant::now() >= deadline {
                return Err(Error::Away("the brokers created topics and do not show them".to_owned()));
            }
            tokio::time::sleep(LOOK_AGAIN_AFTER).await;
            (_, found) = look(&admin, options, deadline).await?;
        }
    }
    let told_by = if options.assume_topic_config { deadline.min(Instant::now() + ASSUME_AFTER) } else { deadline };
    let mut facts = BTreeMap::new();
    for (topic, shape) in found {
        let wanted = Wanted::of(topic, options);
        facts.insert(topic, assert_right(&admin, options, &wanted, shape, told_by).await?);
    }
    Ok(facts)
}

/// Partitions and replicas of a topic that is there.
#[derive(Debug, Clone, Copy)]
struct Shape {
    partitions: u16,
    replicas: u16,
}

/// The number of brokers, and the topics that are there. Tries again until the deadline.
async fn look(
    admin: &Arc<AdminClient<Context>>,
    options: &Options,
    deadline: Instant,
) -> Result<(usize, BTreeMap<Topic, Shape>), Error> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = left.min(options.request_timeout).max(LOOK_AGAIN_AFTER);
        let admin = Arc::clone(admin);
        let names = options.names();
        let seen = client::blocking(move || {
            let metadata = admin.inner().fetch_metadata(None, timeout);
            metadata
                .map(|metadata| shapes(&metadata, &names))
                .map_err(|error| client::asked(&error, "no broker answered"))
        });
        match seen.await {
            Ok(seen) => return Ok(seen),
            Err(error @ Error::Unusable(_)) => return Err(error),
            Err(error) if left.is_zero() => {
                return Err(Error::Away(format!(
                    "{error} within {} s; asked were {}: check that they run, and the setting kafka.brokers \
                     (RAPPORT_KAFKA__BROKERS)",
                    options.start_timeout.as_secs(),
                    options.brokers
                )));
            }
            Err(_) => tokio::time::sleep(LOOK_AGAIN_AFTER.min(left)).await,
        }
    }
}

fn shapes(metadata: &Metadata, names: &Names) -> (usize, BTreeMap<Topic, Shape>) {
    let shapes = metadata.topics().iter().filter(|topic| topic.error().is_none() && !topic.partitions().is_empty());
    let shapes = shapes.filter_map(|topic| {
        let partitions = u16::try_from(topic.partitions().len()).unwrap_or(u16::MAX);
        let replicas = topic.partitions().iter().map(|partition| partition.replicas().len()).min().unwrap_or(0);
        Some((names.topic(topic.name())?, Shape { partitions, replicas: u16::try_from(replicas).unwrap_or(u16::MAX) }))
    });
    (metadata.brokers().len(), shapes.collect())
}

async fn create(
    admin: &AdminClient<Context>,
    options: &Options,
    brokers: usize,
    missing: &[Wanted],
) -> Result<(), Error> {
    let replicas = options.replication.unwrap_or_else(|| u16::try_from(brokers).unwrap_or(u16::MAX).clamp(1, 3));
    let settings: Vec<_> = missing.iter().map(|wanted| wanted.settings(replicas)).collect();
    let topics: Vec<NewTopic<'_>> = missing
        .iter()
        .zip(&settings)
        .map(|(wanted, settings)| {
            let replication = TopicReplication::Fixed(i32::from(replicas));
            let topic = NewTopic::new(&wanted.name, i32::from(wanted.partitions), replication);
            settings.iter().fold(topic, |topic, (name, value)| topic.set(name, value))
        })
        .collect();
    let admin_options = AdminOptions::new()
        .request_timeout(Some(options.request_timeout))
        .operation_timeout(Some(options.request_timeout));
    let failed = |error: KafkaError| client::asked(&error, "topics could not be created");
    for outcome in admin.create_topics(&topics, &admin_options).await.map_err(failed)? {
        match outcome {
            Ok(topic) => tracing::info!(topic, replicas, "topic created"),
            // Another process was quicker, and is asserted to have done it right.
            Err((_, Code::TopicAlreadyExists)) => {}
            Err((topic, code)) => {
                let wanted = missing.iter().find(|wanted| wanted.name == topic);
                let command = wanted.map(|wanted| create_command(options, wanted, replicas)).unwrap_or_default();
                return Err(Error::Unusable(format!(
                    "topic {topic} is missing and could not be created ({code}); create it: {command}"
                )));
            }
        }
    }
    Ok(())
}

async fn assert_right(
    admin: &AdminClient<Context>,
    options: &Options,
    wanted: &Wanted,
    shape: Shape,
    told_by: Instant,
) -> Result<TopicFacts, Error> {
    let name = wanted.name.as_str();
    if shape.partitions != wanted.partitions {
        return Err(Error::Unusable(wrong_partitions(wanted, shape)));
    }
    let described = match settings::of_topic(admin, name, options.request_timeout, told_by.into()).await {
        Ok(described) => described,
        Err(_) if options.assume_topic_config => {
            tracing::warn!(topic = name, "its settings cannot be looked at and are taken for right");
            return Ok(wanted.facts(shape.partitions));
        }
        Err(Error::Away(message)) => return Err(Error::Away(message)),
        Err(error) => {
            return Err(Error::Unusable(format!(
                "{error}; allow this client DescribeConfigs on the topic, or set kafka.assume_topic_config = true if it is \
                 known to be right"
            )));
        }
    };
    let value = |setting: &str| described.get(setting).and_then(|entry| entry.value.as_deref()).unwrap_or_default();
    let number = |setting: &str| value(setting).parse::<i64>().unwrap_or(0);
    let right = wanted.settings(shape.replicas);
    let mut wrong: Vec<(&str, &str)> = Vec::new();
    let mut check = |setting: &'static str, is_right: bool| {
        if !is_right {
            wrong.push((setting, right[setting].as_str()));
        }
    };
    for setting in [APPEND_TIME, CLEANUP, RETENTION_BYTES, UNCLEAN] {
        check(setting, value(setting) == right[setting]);
    }
    let kept = number(RETENTION_MS);
    let keeps_enough =
        wanted.retention.is_some_and(|asked| u128::try_from(kept).is_ok_and(|kept| kept >= asked.as_millis()));
    check(RETENTION_MS, kept == -1 || keeps_enough);
    check(IN_SYNC, number(IN_SYNC) >= i64::from(in_sync(shape.replicas)));
    check(RECORD_BYTES, usize::try_from(number(RECORD_BYTES)).is_ok_and(|bytes| bytes >= wanted.record_bytes_max));
    if !wrong.is_empty() {
        return Err(Error::Unusable(wrong_settings(options, name, &wrong, value)));
    }
    Ok(TopicFacts {
        partitions: shape.partitions,
        retention: u64::try_from(kept).ok().map(Duration::from_millis),
        record_bytes_max: wanted.record_bytes_max,
        is_assumed: false,
    })
}

fn wrong_partitions(wanted: &Wanted, shape: Shape) -> String {
    let (name, is, asked) = (&wanted.name, shape.partitions, wanted.partitions);
    let mend = match wanted.topic {
        Topic::Events => format!(
            "the partition of a conversation must never change: set kafka.event_partitions = {is} \
             (RAPPORT_KAFKA__EVENT_PARTITIONS={is})"
        ),
        Topic::DeadLetters => {
            format!("set kafka.dead_letter_partitions = {is} (RAPPORT_KAFKA__DEAD_LETTER_PARTITIONS={is})")
        }
        Topic::Control => {
            "the order of changes must be kept: write its records to a topic with one partition".to_owned()
        }
    };
    format!("topic {name} has {is} partitions where {asked} are configured; {mend}")
}

fn wrong_settings<'a>(
    options: &Options,
    topic: &str,
    wrong: &[(&str, &str)],
    value: impl Fn(&str) -> &'a str,
) -> String {
    let mut message = format!("topic {topic} is not set up for exact figures:");
    for (setting, right) in wrong {
        let _ = write!(message, " {setting} is {} and must be {right};", value(setting));
    }
    let mended: Vec<_> = wrong.iter().map(|(setting, right)| format!("{setting}={right}")).collect();
    let _ = write!(
        message,
        " mend it: kafka-configs.sh --bootstrap-server {} --alter --entity-type topics --entity-name {topic} --add-config {}",
        options.brokers,
        mended.join(",")
    );
    message
}

fn create_command(options: &Options, wanted: &Wanted, replicas: u16) -> String {
    let settings: Vec<_> =
        wanted.settings(replicas).into_iter().map(|(name, value)| format!("--config {name}={value}")).collect();
    format!(
        "kafka-topics.sh --bootstrap-server {} --create --topic {} --partitions {} --replication-factor {replicas} {}",
        options.brokers,
        wanted.name,
        wanted.partitions,
        settings.join(" ")
    )
}
