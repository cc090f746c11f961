//! A group in memory: its members share the partitions of a journal in memory, and the test decides who is lost.
//!
//! It is cooperative: only what moves is taken, and given to another member once it was let go. A member that does not let
//! go in time is lost; so is one that the test declares lost. A member that is lost goes on as if nothing had happened, until
//! it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use journal::{BoxFuture, Change, Member, Revoked, Topic, TopicPartition};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

/// How often a member that was asked to let go is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How a `MemoryGroup` decides.
#[derive(Debug, Clone, Copy)]
pub struct GroupOptions {
    /// Commits of what a member does not hold are refused with `Error::Away`; else they are taken.
    pub refuses_commits: bool,
    /// Within this time a member has to let go of what is taken; else it is lost, and told so.
    pub let_go_within: Duration,
}

/// A group in memory. Clones share it.
#[derive(Debug, Clone)]
pub struct MemoryGroup {
    options: GroupOptions,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    seats: u64,
    revocations: u64,
    partitions: BTreeSet<TopicPartition>,
    members: BTreeMap<u64, UnboundedSender<Change>>,
    /// Members that are lost and do not know it, with what they held.
    lost: BTreeMap<u64, (UnboundedSender<Change>, Vec<TopicPartition>)>,
    /// Members that will not say goodbye, and after what time that is noticed.
    silent: BTreeMap<u64, Duration>,
    /// Members that are gone, and nobody has noticed yet: they let go of nothing.
    dead: BTreeSet<u64>,
    holders: BTreeMap<TopicPartition, u64>,
    /// What is to be let go, by the number of the revocation.
    leaving: BTreeMap<TopicPartition, u64>,
}

/// A place in a group, before and after its member joins.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    group: MemoryGroup,
    id: u64,
}

#[derive(Debug)]
struct Seated {
    seat: Seat,
    changes: UnboundedReceiver<Change>,
}

impl Member for Seated {
    fn change(&mut self) -> BoxFuture<'_, Change> {
        Box::pin(async {
            match self.changes.recv().await {
                Some(change) => change,
                None => std::future::pending().await,
            }
        })
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        let Seat { group, id } = self.seat.clone();
        let noticed_after = group.state().silent.remove(&id);
        let Some(after) = noticed_after else { return group.leave(id) };
        group.state().dead.insert(id);
        spawn(async move {
            sleep(after).await;
            group.leave(id);
        });
    }
}

/// Runs a task beside the test, or not at all once the test is over.
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(task);
    }
}

impl Seat {
    /// Joins for these partitions.
    pub(crate) fn join(&self, partitions: impl IntoIterator<Item = TopicPartition>) -> Box<dyn Member> {
        let (sender, changes) = unbounded_channel();
        let mut state = self.group.state();
        state.partitions.extend(partitions);
        state.members.insert(self.id, sender);
        self.group.rebalance(&mut state);
        Box::new(Seated { seat: self.clone(), changes })
    }

    /// Whether the group takes a commit of this partition from here.
    pub(crate) fn may_commit(&self, at: TopicPartition) -> bool {
        !self.group.options.refuses_commits || self.group.state().holders.get(&at) == Some(&self.id)
    }
}

impl MemoryGroup {
    /// A group without members.
    pub fn new(options: GroupOptions) -> MemoryGroup {
        MemoryGroup { options, state: Arc::default() }
    }

    /// A place for one more member, and its number.
    pub(crate) fn seat(&self) -> (Seat, u64) {
        let mut state = self.state();
        state.seats += 1;
        (Seat { group: self.clone(), id: state.seats }, state.seats)
    }

    /// Declares a member lost: what it held is given to others at once. It hears of it at `thaw`.
    pub fn lose(&self, id: u64) {
        let mut state = self.state();
        let Some(sender) = state.members.remove(&id) else { return };
        let held = state.free(id);
        state.lost.insert(id, (sender, held));
        self.rebalance(&mut state);
    }

    /// Tells a member that it is lost; it is a member again.
    pub fn thaw(&self, id: u64) {
        let mut state = self.state();
        if state.dead.contains(&id) {
            return;
        }
        let Some((sender, held)) = state.lost.remove(&id) else { return };
        // A member that is gone does not listen.
        let _gone = sender.send(Change::Lost(held));
        state.members.insert(id, sender);
        self.rebalance(&mut state);
    }

    /// The members that are lost and do not know it.
    pub fn lost(&self) -> Vec<u64> {
        self.state().lost.keys().copied().collect()
    }

    /// Has a member not say goodbye when it is dropped; that it is gone is noticed after that time.
    pub fn silence(&self, id: u64, noticed_after: Duration) {
        self.state().silent.insert(id, noticed_after);
    }

    fn leave(&self, id: u64) {
        let mut state = self.state();
        state.members.remove(&id);
        state.lost.remove(&id);
        state.dead.remove(&id);
        state.free(id);
        self.rebalance(&mut state);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }

    /// Gives what nobody holds, and takes what another should hold.
    fn rebalance(&self, state: &mut State) {
        let mut given: BTreeMap<u64, Vec<TopicPartition>> = BTreeMap::new();
        let mut taken = given.clone();
        for (at, to) in state.target() {
            match state.holders.get(&at).copied() {
                None => {
                    state.holders.insert(at, to);
                    given.entry(to).or_default().push(at);
                }
                Some(from) if from != to && !state.leaving.contains_key(&at) => {
                    taken.entry(from).or_default().push(at);
                }
                Some(_) => {}
            }
        }
        for (from, partitions) in taken {
            state.revocations += 1;
            let number = state.revocations;
            state.leaving.extend(partitions.iter().map(|at| (*at, number)));
            let (revoked, is_done) = Revoked::channel();
            state.tell(from, Change::Taken(partitions, revoked));
            spawn(self.clone().await_revoked(from, number, is_done));
        }
        for (to, partitions) in given {
            state.tell(to, Change::Given(partitions));
        }
    }

    async fn await_revoked(self, from: u64, number: u64, is_done: Receiver<()>) {
        let until = Instant::now() + self.options.let_go_within;
        while is_done.try_recv() != Err(TryRecvError::Disconnected) || self.state().dead.contains(&from) {
            if Instant::now() >= until {
                self.lose(from);
                self.thaw(from);
                return;
            }
            sleep(LOOK_AGAIN).await;
        }
        let mut state = self.state();
        let gone: Vec<TopicPartition> =
            state.leaving.iter().filter(|(_, by)| **by == number).map(|(at, _)| *at).collect();
        for at in gone {
            state.leaving.remove(&at);
            state.holders.remove(&at);
        }
        self.rebalance(&mut state);
    }
}

impl State {
    fn tell(&self, id: u64, change: Change) {
        if let Some(sender) = self.members.get(&id) {
            // A member that is gone, and whose going was not noticed, does not listen.
            let _gone = sender.send(change);
        }
    }

    /// Takes from a member what it holds.
    fn free(&mut self, id: u64) -> Vec<TopicPartition> {
        let held: Vec<TopicPartition> =
            self.holders.iter().filter(|(_, holder)| **holder == id).map(|(at, _)| *at).collect();
        for at in &held {
            self.holders.remove(at);
            self.leaving.remove(at);
        }
        held
    }

    /// Who should hold what: each member as many partitions of a topic as any other, give or take one. Of the events everybody
    /// keeps what it may; of the other topics the newest member has the first.
    fn target(&self) -> BTreeMap<TopicPartition, u64> {
        let mut target = BTreeMap::new();
        for topic in Topic::ALL {
            let all: Vec<TopicPartition> = self.partitions.iter().copied().filter(|at| at.topic == topic).collect();
            let held = |id: u64| {
                let keeps = topic == Topic::Events;
                all.iter().copied().filter(move |at| keeps && self.holders.get(at) == Some(&id))
            };
            let mut members: Vec<u64> = self.members.keys().copied().collect();
            members.sort_by_key(|id| std::cmp::Reverse((held(*id).count(), *id)));
            let mut free: BTreeSet<TopicPartition> = all.iter().copied().collect();
            let share = |index: usize| (all.len() + members.len() - 1 - index) / members.len();
            let mut lacking = Vec::new();
            for (index, id) in members.iter().enumerate() {
                let kept: Vec<TopicPartition> = held(*id).take(share(index)).collect();
                lacking.extend(std::iter::repeat_n(*id, share(index) - kept.len()));
                for at in kept {
                    free.remove(&at);
                    target.insert(at, *id);
                }
            }
            target.extend(free.into_iter().zip(lacking));
        }
        target
    }
}

#[cfg(test)]
mod tests {
    use journal::{Commit, Journal};

    use super::*;
    use crate::MemoryJournal;

    const TOPICS: [Topic; 2] = [Topic::Events, Topic::DeadLetters];
    const OPTIONS: GroupOptions = GroupOptions { refuses_commits: true, let_go_within: Duration::from_secs(2) };

    fn joined(group: &MemoryGroup) -> (MemoryJournal, u64, Box<dyn Member>) {
        let (journal, id) = MemoryJournal::default().member_of(group);
        let member = journal.join("g", &TOPICS).unwrap();
        (journal, id, member)
    }

    fn events(partitions: &[TopicPartition]) -> Vec<u16> {
        partitions.iter().filter(|at| at.topic == Topic::Events).map(|at| at.partition).collect()
    }

    async fn given(member: &mut Box<dyn Member>) -> Vec<u16> {
        match member.change().await {
            Change::Given(partitions) => events(&partitions),
            other => panic!("{other:?}"),
        }
    }

    async fn lost(member: &mut Box<dyn Member>) -> Vec<u16> {
        match member.change().await {
            Change::Lost(partitions) => events(&partitions),
            other => panic!("{other:?}"),
        }
    }

    async fn taken(member: &mut Box<dyn Member>) -> (Vec<u16>, Revoked) {
        match member.change().await {
            Change::Taken(partitions, revoked) => (events(&partitions), revoked),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_moves_is_given_once_it_was_let_go() {
        let group = MemoryGroup::new(OPTIONS);
        let (_, _, mut first) = joined(&group);
        assert_eq!(given(&mut first).await, [0, 1, 2, 3]);
        let (_, _, mut second) = joined(&group);
        let (moving, revoked) = taken(&mut first).await;
        assert_eq!(moving, [2, 3], "only what moves is taken");
        let early = tokio::time::timeout(Duration::from_secs(1), second.change()).await;
        assert!(early.is_err(), "given before it was let go: {early:?}");
        revoked.done();
        assert_eq!(given(&mut second).await, [2, 3]);
        drop(first);
        assert_eq!(given(&mut second).await, [0, 1], "who leaves leaves everything");
    }

    #[tokio::test(start_paused = true)]
    async fn a_member_that_does_not_let_go_is_lost_and_told() {
        let group = MemoryGroup::new(OPTIONS);
        let (_, _, mut first) = joined(&group);
        given(&mut first).await;
        let (_, _, mut second) = joined(&group);
        let (_, _revoked) = taken(&mut first).await;
        assert_eq!(given(&mut second).await, [0, 1, 2, 3]);
        assert_eq!(lost(&mut first).await, [0, 1, 2, 3]);
        let (_, _) = taken(&mut second).await;
        assert_eq!(given(&mut first).await, [2, 3], "it is a member again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_member_commits_nothing_and_hears_of_it_when_it_is_told() {
        let group = MemoryGroup::new(OPTIONS);
        let (journal, id, mut first) = joined(&group);
        given(&mut first).await;
        let (_, _, mut second) = joined(&group);
        group.lose(id);
        assert_eq!(given(&mut second).await, [0, 1, 2, 3]);
        let commit = Commit { next_offset: 0, metadata: String::new() };
        let refused = journal.commit("g", Topic::Events, 0, commit).await.unwrap_err();
        assert_eq!(refused.code(), "journal_away");
        let (_, revoked) = taken(&mut first).await;
        drop(revoked);
        let early = tokio::time::timeout(Duration::from_secs(9), first.change()).await;
        assert!(early.is_err(), "told before the test let it: {early:?}");
        group.thaw(id);
        assert_eq!(lost(&mut first).await, [0, 1, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_member_that_dies_silently_is_noticed_later() {
        let group = MemoryGroup::new(OPTIONS);
        let (_, id, first) = joined(&group);
        group.silence(id, Duration::from_secs(30));
        drop(first);
        let (_, _, mut second) = joined(&group);
        let since = Instant::now();
        assert_eq!(given(&mut second).await.len(), 4);
        assert!(since.elapsed() >= OPTIONS.let_go_within, "what the dead hold is given when it is noticed");
    }
}
