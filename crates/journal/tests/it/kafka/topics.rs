//! Topics are created right, and refused when they are wrong.

use std::time::{Duration, Instant};

use crate::brokers::Brokers;
use journal::{
    ErrorClass, Journal, Topic,
    kafka::{KafkaJournal, Options},
};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
};

use super::{connect, options};

fn admin(brokers: &Brokers) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", brokers.addresses()).create().unwrap()
}

/// Creates the events topic with these settings, and answers the error of a connection.
async fn refusal(brokers: &Brokers, options: &Options, partitions: i32, settings: &[(&str, &str)]) -> String {
    let name = format!("{}rapport.events.v1", options.topic_prefix);
    let topic = NewTopic::new(&name, partitions, TopicReplication::Fixed(3));
    let topic = settings.iter().fold(topic, |topic, (setting, value)| topic.set(setting, value));
    let wait = AdminOptions::new().operation_timeout(Some(Duration::from_secs(10)));
    let created = admin(brokers).create_topics([&topic], &wait).await.unwrap();
    assert!(created[0].is_ok(), "{created:?}");
    let error = KafkaJournal::connect(options.clone()).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Fatal);
    error.to_string()
}

/// What a right topic of events is created with.
const RIGHT: &[(&str, &str)] = &[
    ("message.timestamp.type", "LogAppendTime"),
    ("cleanup.policy", "delete"),
    ("retention.ms", "604800000"),
    ("max.message.bytes", "2097152"),
];

fn right_but(setting: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let others = RIGHT.iter().copied().filter(|(name, _)| *name != setting);
    others.chain([(setting, value)]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_topics_are_created_as_they_must_be_and_found_so_again() {
    let brokers = Brokers::shared();
    let options = options(&brokers);
    let created = connect(&options).await;
    let found = connect(&options).await;
    for topic in Topic::ALL {
        assert_eq!(created.facts(topic), found.facts(topic));
        assert!(!found.facts(topic).is_assumed);
    }
    assert_eq!(found.partitions(Topic::Events), 4);
    assert_eq!(found.partitions(Topic::Control), 1);
    assert_eq!(found.facts(Topic::Events).retention, options.retention);
    assert_eq!(found.facts(Topic::Control).retention, None, "control is kept for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_start_at_once_create_the_topics_together() {
    let brokers = Brokers::shared();
    let options = options(&brokers);
    let (one, other) = tokio::join!(KafkaJournal::connect(options.clone()), KafkaJournal::connect(options.clone()));
    assert_eq!(one.unwrap().facts(Topic::Events), other.unwrap().facts(Topic::Events));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_whose_settings_are_wrong_is_refused_with_the_command_that_mends_it() {
    let brokers = Brokers::shared();
    for (setting, wrong, right) in [
        ("message.timestamp.type", "CreateTime", "LogAppendTime"),
        ("retention.ms", "3600000", "604800000"),
        ("retention.bytes", "1000000", "-1"),
        ("cleanup.policy", "compact", "delete"),
        ("unclean.leader.election.enable", "true", "false"),
        ("min.insync.replicas", "1", "2"),
        ("max.message.bytes", "1000", "2097152"),
    ] {
        let options = options(&brokers);
        let message = refusal(&brokers, &options, 4, &right_but(setting, wrong)).await;
        let command = format!(
            "kafka-configs.sh --bootstrap-server {} --alter --entity-type topics --entity-name {}rapport.events.v1 \
             --add-config {setting}={right}",
            brokers.addresses(),
            options.topic_prefix
        );
        assert!(message.contains(&format!("{setting} is {wrong} and must be {right}")), "{message}");
        assert!(message.ends_with(&command), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_accepted_when_it_was_mended_as_the_refusal_said() {
    let brokers = Brokers::shared();
    let options = options(&brokers);
    let message = refusal(&brokers, &options, 4, &[]).await;
    let (_, settings) = message.rsplit_once("--add-config ").unwrap();
    let name = format!("{}rapport.events.v1", options.topic_prefix);
    let mended = settings.split(',').map(|setting| setting.split_once('=').unwrap());
    let change =
        mended.fold(AlterConfig::new(ResourceSpecifier::Topic(&name)), |change, (name, value)| change.set(name, value));
    admin(&brokers).alter_configs([&change], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();
    let journal = connect(&options).await;
    assert_eq!(journal.facts(Topic::Events).retention, options.retention);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_keeps_more_than_asked_is_accepted_and_says_how_much() {
    let brokers = Brokers::shared();
    let options = options(&brokers);
    connect(&options).await;
    let asks_less = Options { retention: Some(Duration::from_secs(60 * 60)), ..options.clone() };
    let journal = connect(&asks_less).await;
    assert_eq!(journal.facts(Topic::Events).retention, options.retention);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_partition_count_is_refused_and_the_setting_that_fits_is_named() {
    let brokers = Brokers::shared();
    let message = refusal(&brokers, &options(&brokers), 3, RIGHT).await;
    assert!(message.contains("has 3 partitions where 4 are configured"), "{message}");
    assert!(message.contains("kafka.event_partitions = 3"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn brokers_that_are_away_at_the_start_are_an_error_in_time_that_says_what_to_check() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let start_timeout = Duration::from_secs(2);
    let begun = Instant::now();
    let error =
        KafkaJournal::connect(Options { start_timeout, ..Options::new(nowhere.to_string()) }).await.unwrap_err();
    assert!(begun.elapsed() < start_timeout * 3, "{:?}", begun.elapsed());
    assert_eq!(error.code(), "journal_away");
    let message = error.to_string();
    assert!(message.contains("within 2 s") && message.contains(&nowhere.to_string()), "{message}");
    assert!(message.contains("RAPPORT_KAFKA__BROKERS"), "{message}");
}
