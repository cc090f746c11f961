//! Membership of a group of workers: which partitions are this worker's, and when they are no longer.
//!
//! A thread of its own polls the group's consumer, so that the group hears of this worker however long it takes over a batch.
//! What the group gives is assigned paused: this consumer never fetches. What the group takes away is announced first, and is
//! given back when the worker says so, or after `Options::revoke_timeout`; until then its commits are still good.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rdkafka::{
    ClientContext, Offset, TopicPartitionList,
    config::{FromClientConfigAndContext, RDKafkaLogLevel},
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::KafkaError,
    types::RDKafkaRespErr,
};
use tokio::sync::mpsc as changes;

use super::{
    Options,
    client::{self, Context},
    groups::Groups,
    names::Names,
};
use crate::{BoxFuture, Change, Error, Revoked, Topic, TopicPartition};

/// How long one look for changes takes.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The consumer of a member.
pub(super) struct Member {
    pub(super) consumer: BaseConsumer<Callbacks>,
}

/// Membership of a group. Dropping it leaves the group, without a last commit.
pub struct Membership {
    changes: changes::UnboundedReceiver<Change>,
    member: Arc<Member>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership").finish_non_exhaustive()
    }
}

impl Membership {
    pub(super) fn join(options: &Options, groups: &Groups, group: &str, topics: &[Topic]) -> Result<Membership, Error> {
        let mut config = client::consumer_config(options, group);
        let heartbeat = options.session_timeout / 10;
        // The thread that polls waits for the worker while partitions are taken; it must not be taken for dead meanwhile.
        let poll_interval = (options.revoke_timeout + options.session_timeout) * 2;
        config
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", client::millis(options.session_timeout))
            .set("heartbeat.interval.ms", client::millis(heartbeat))
            .set("max.poll.interval.ms", client::millis(poll_interval));
        let (sender, receiver) = changes::unbounded_channel();
        let ends = Arc::new(AtomicBool::new(false));
        let callbacks = Callbacks {
            context: Context::default(),
            changes: Mutex::new(sender),
            names: options.names(),
            revoke_timeout: options.revoke_timeout,
            ends: Arc::clone(&ends),
        };
        let consumer = BaseConsumer::from_config_and_context(&config, callbacks).map_err(client::not_made)?;
        let member = Arc::new(Member { consumer });
        groups.enter(group, &member)?;
        let names = options.names();
        let names: Vec<&str> = topics.iter().map(|topic| names.of(*topic)).collect();
        member.consumer.subscribe(&names).map_err(client::not_made)?;
        let thread = thread::Builder::new()
            .name("journal-group".to_owned())
            .spawn({
                let (member, ends) = (Arc::clone(&member), Arc::clone(&ends));
                move || poll(&member, &ends)
            })
            .map_err(|error| Error::Unusable(format!("the group's thread cannot be started: {error}")))?;
        Ok(Membership { changes: receiver, member, ends, thread: Some(thread) })
    }

    /// The next change. May be dropped: nothing is lost.
    pub async fn change(&mut self) -> Change {
        match self.changes.recv().await {
            Some(change) => change,
            // The sender lives in the consumer, and that in this value.
            None => std::future::pending().await,
        }
    }

    /// The change that is there already, if there is one.
    pub fn try_change(&mut self) -> Option<Change> {
        self.changes.try_recv().ok()
    }
}

impl crate::Member for Membership {
    fn change(&mut self) -> BoxFuture<'_, Change> {
        Box::pin(Membership::change(self))
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Release);
        // Whoever waits for an answer about partitions that are taken need not wait any longer.
        self.changes.close();
        while self.changes.try_recv().is_ok() {}
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of a group ended in a panic");
        }
        self.member.consumer.unsubscribe();
    }
}

fn poll(member: &Member, ends: &AtomicBool) {
    while !ends.load(Ordering::Acquire) {
        // Nothing is fetched: what comes here are changes of the group, which the callbacks take, and errors, which they note.
        let _ = member.consumer.poll(POLL_INTERVAL);
    }
}

/// Takes the group's decisions.
pub(super) struct Callbacks {
    context: Context,
    changes: Mutex<changes::UnboundedSender<Change>>,
    names: Names,
    revoke_timeout: Duration,
    ends: Arc<AtomicBool>,
}

impl Callbacks {
    fn send(&self, change: Change) {
        // Nobody may be left to hear it: then nothing depends on it.
        let _ = self.changes.lock().unwrap_or_else(PoisonError::into_inner).send(change);
    }

    fn partitions(&self, list: &TopicPartitionList) -> Vec<TopicPartition> {
        let elements = list.elements();
        let known = elements.iter().filter_map(|element| {
            let topic = self.names.topic(element.topic())?;
            Some(TopicPartition { topic, partition: u16::try_from(element.partition()).ok()? })
        });
        known.collect()
    }

    fn give(&self, consumer: &BaseConsumer<Callbacks>, list: &mut TopicPartitionList) {
        let partitions = self.partitions(list);
        // Any position will do, since nothing is fetched; a stored one would be asked for otherwise.
        let assigned = list
            .set_all_offsets(Offset::End)
            .and_then(|()| consumer.incremental_assign(list))
            .and_then(|()| if list.count() == 0 { Ok(()) } else { consumer.pause(list) });
        if let Err(error) = assigned {
            tracing::warn!(%error, ?partitions, "partitions could not be assigned as they should");
        }
        if !partitions.is_empty() {
            self.send(Change::Given(partitions));
        }
    }

    fn take(&self, consumer: &BaseConsumer<Callbacks>, list: &TopicPartitionList) {
        let partitions = self.partitions(list);
        if !partitions.is_empty() && !self.ends.load(Ordering::Acquire) {
            if consumer.assignment_lost() {
                self.send(Change::Lost(partitions));
            } else {
                let (revoked, is_done) = Revoked::channel();
                self.send(Change::Taken(partitions.clone(), revoked));
                if is_done.recv_timeout(self.revoke_timeout) == Err(mpsc::RecvTimeoutError::Timeout) {
                    tracing::warn!(?partitions, "partitions go to another worker before this one let go of them");
                }
            }
        }
        if let Err(error) = consumer.incremental_unassign(list) {
            tracing::warn!(%error, "partitions could not be given back as they should");
        }
    }
}

impl ClientContext for Callbacks {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.context.note(&error, reason);
    }
}

impl ConsumerContext for Callbacks {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, list: &mut TopicPartitionList) {
        if error == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.give(consumer, list);
        } else {
            self.take(consumer, list);
        }
    }
}
