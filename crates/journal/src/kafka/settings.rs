//! The settings of a topic, as brokers tell them.
//!
//! A broker that has not heard of a topic yet (it was created a moment ago), and one that may not tell this client, answer with
//! no settings at all: the binding drops the reason. That is no topic with wrong settings, so it is asked again.

use std::{future::Future, time::Duration};

use rdkafka::{
    admin::{AdminClient, AdminOptions, ConfigResource, ResourceSpecifier},
    error::{KafkaError, RDKafkaErrorCode as Code},
};
use tokio::time::Instant;

use super::client::{self, Context};
use crate::Error;

/// Pause between two questions.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// What the brokers tell of a topic before `deadline`.
///
/// # Errors
/// `Error::Unusable` if they refuse to tell, or tell nothing until then; `Error::Away` if none answers.
pub(super) async fn of_topic(
    admin: &AdminClient<Context>,
    topic: &str,
    request_timeout: Duration,
    deadline: Instant,
) -> Result<ConfigResource, Error> {
    let failed = |error: KafkaError| client::asked(&error, &format!("the settings of {topic} cannot be looked at"));
    let options = AdminOptions::new().request_timeout(Some(request_timeout));
    let ask = || async {
        let described = admin.describe_configs(&[ResourceSpecifier::Topic(topic)], &options).await.map_err(failed)?;
        let first = described.into_iter().next().unwrap_or(Err(Code::UnknownTopicOrPartition));
        first.map_err(|code| failed(KafkaError::AdminOp(code)))
    };
    let told = until_told(deadline, ask).await?;
    told.ok_or_else(|| Error::Unusable(format!("the brokers tell no settings of topic {topic}")))
}

/// Asks until an answer has settings; `None` if none had any before `deadline`.
async fn until_told<F: Future<Output = Result<ConfigResource, Error>>>(
    deadline: Instant,
    ask: impl Fn() -> F,
) -> Result<Option<ConfigResource>, Error> {
    loop {
        let told = ask().await?;
        if !told.entries.is_empty() {
            return Ok(Some(told));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        tokio::time::sleep(ASK_AGAIN_AFTER).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use rdkafka::admin::{ConfigEntry, ConfigSource, OwnedResourceSpecifier};

    use super::*;

    /// Room for several questions.
    const WITHIN: Duration = Duration::from_secs(1);

    fn entry() -> ConfigEntry {
        ConfigEntry {
            name: "cleanup.policy".to_owned(),
            value: Some("delete".to_owned()),
            source: ConfigSource::DynamicTopic,
            is_read_only: false,
            is_default: false,
            is_sensitive: false,
        }
    }

    /// An answer with so many settings.
    fn answer(settings: usize) -> ConfigResource {
        let specifier = OwnedResourceSpecifier::Topic("events".to_owned());
        ConfigResource { specifier, entries: (0..settings).map(|_| entry()).collect() }
    }

    #[tokio::test]
    async fn a_topic_that_a_broker_has_not_heard_of_yet_is_asked_for_again() {
        let asked = Cell::new(0);
        let ask = || async {
            asked.set(asked.get() + 1);
            Ok(answer(usize::from(asked.get() == 3)))
        };
        let told = until_told(Instant::now() + WITHIN, ask).await.unwrap();
        assert_eq!(told.unwrap().get("cleanup.policy").unwrap().value.as_deref(), Some("delete"));
        assert_eq!(asked.get(), 3);
    }

    #[tokio::test]
    async fn who_is_told_nothing_until_the_deadline_hears_so() {
        let told = until_told(Instant::now(), || async { Ok(answer(0)) }).await.unwrap();
        assert!(told.is_none());
    }

    #[tokio::test]
    async fn an_error_ends_the_questions() {
        let refused = || async { Err(Error::Unusable("refused".to_owned())) };
        assert!(until_told(Instant::now() + WITHIN, refused).await.is_err());
    }
}
