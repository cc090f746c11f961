//! Commits of groups: through the group's member where this process has one, else through a consumer that joins nothing.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use rdkafka::{
    Offset, TopicPartitionList,
    config::FromClientConfigAndContext,
    consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext},
    error::{KafkaError, RDKafkaErrorCode as Code},
};

use super::{
    Options, TopicPartition,
    client::{self, Context},
    membership::Member,
    names::Names,
};
use crate::{Commit, Error};

pub(super) struct Groups {
    options: Options,
    names: Names,
    members: Mutex<BTreeMap<String, Weak<Member>>>,
    /// Consumers that have joined nothing.
    outsiders: Mutex<BTreeMap<String, Arc<BaseConsumer<Context>>>>,
}

impl fmt::Debug for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Groups").finish_non_exhaustive()
    }
}

impl Groups {
    pub(super) fn new(options: &Options) -> Groups {
        Groups {
            options: options.clone(),
            names: options.names(),
            members: Mutex::new(BTreeMap::new()),
            outsiders: Mutex::new(BTreeMap::new()),
        }
    }

    /// Registers a member, unless there is one.
    pub(super) fn enter(&self, group: &str, member: &Arc<Member>) -> Result<(), Error> {
        let mut members = lock(&self.members);
        if members.get(group).is_some_and(|member| member.strong_count() > 0) {
            return Err(Error::Unusable(format!("this process is a member of the group {group} already")));
        }
        members.insert(group.to_owned(), Arc::downgrade(member));
        Ok(())
    }

    fn member(&self, group: &str) -> Option<Arc<Member>> {
        lock(&self.members).get(group).and_then(Weak::upgrade)
    }

    fn outsider(&self, group: &str) -> Result<Arc<BaseConsumer<Context>>, Error> {
        let mut outsiders = lock(&self.outsiders);
        if let Some(consumer) = outsiders.get(group) {
            return Ok(Arc::clone(consumer));
        }
        let config = client::consumer_config(&self.options, group);
        let consumer = BaseConsumer::from_config_and_context(&config, Context::default()).map_err(client::not_made)?;
        let consumer = Arc::new(consumer);
        outsiders.insert(group.to_owned(), Arc::clone(&consumer));
        Ok(consumer)
    }

    /// Waits for the brokers.
    pub(super) fn commit(&self, group: &str, at: TopicPartition, commit: &Commit) -> Result<(), Error> {
        let list = commit_list(self.names.of(at.topic), at.partition, commit)?;
        match self.member(group) {
            Some(member) => commit_through(&member.consumer, &list),
            None => commit_through(&*self.outsider(group)?, &list),
        }
    }

    /// Waits for the brokers.
    pub(super) fn committed(&self, group: &str, at: TopicPartition) -> Result<Option<Commit>, Error> {
        let timeout = self.options.request_timeout;
        let (topic, partition) = (self.names.of(at.topic), i32::from(at.partition));
        match self.member(group) {
            Some(member) => committed_through(&member.consumer, topic, partition, timeout),
            None => committed_through(&*self.outsider(group)?, topic, partition, timeout),
        }
    }

    /// Takes the logs of the consumers.
    pub(super) fn chores(&self) {
        let consumers: Vec<_> = lock(&self.outsiders).values().cloned().collect();
        for consumer in consumers {
            let _ = consumer.poll(Duration::ZERO);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn commit_list(topic: &str, partition: u16, commit: &Commit) -> Result<TopicPartitionList, Error> {
    let offset = i64::try_from(commit.next_offset)
        .map_err(|_| Error::Unusable(format!("{} is no offset", commit.next_offset)))?;
    let mut list = TopicPartitionList::new();
    let mut element = list.add_partition(topic, i32::from(partition));
    element.set_offset(Offset::Offset(offset)).map_err(|error| client::asked(&error, "a commit could not be made"))?;
    element.set_metadata(&commit.metadata);
    Ok(list)
}

fn commit_through<C: ConsumerContext>(consumer: &BaseConsumer<C>, list: &TopicPartitionList) -> Result<(), Error> {
    consumer.commit(list, CommitMode::Sync).map_err(|error| refused(&error))
}

/// What a commit's error says about whether it took effect.
fn refused(error: &KafkaError) -> Error {
    let message = format!("the brokers did not take a commit: {error}");
    match error.rdkafka_error_code() {
        // The coordinator answered, or was not found: nothing is stored.
        Some(
            Code::RebalanceInProgress
            | Code::IllegalGeneration
            | Code::UnknownMemberId
            | Code::FencedInstanceId
            | Code::NotCoordinator
            | Code::CoordinatorNotAvailable
            | Code::CoordinatorLoadInProgress
            | Code::WaitingForCoordinator,
        ) => Error::Away(message),
        Some(Code::OffsetMetadataTooLarge | Code::InvalidCommitOffsetSize) => Error::Unusable(message),
        Some(code) if client::is_refusal(code) => Error::Unusable(message),
        _ => Error::Ambiguous(message),
    }
}

fn committed_through<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &str,
    partition: i32,
    timeout: Duration,
) -> Result<Option<Commit>, Error> {
    let failed = |error: KafkaError| client::asked(&error, "the last commit could not be looked up");
    let mut list = TopicPartitionList::new();
    list.add_partition(topic, partition);
    let found = consumer.committed_offsets(list, timeout).map_err(failed)?;
    let Some(element) = found.find_partition(topic, partition) else { return Ok(None) };
    element.error().map_err(failed)?;
    match element.offset() {
        Offset::Offset(offset) => Ok(Some(Commit {
            next_offset: u64::try_from(offset).unwrap_or_default(),
            metadata: element.metadata().to_owned(),
        })),
        _ => Ok(None),
    }
}
