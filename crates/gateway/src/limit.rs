//! Bounds on what is taken at the same time and over time.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A bucket of events for each key. A request is let in while the bucket is not empty and then takes what it brought, so
/// that a batch larger than what is left passes once and the key pays for it afterwards.
#[derive(Debug)]
pub(crate) struct Rates<K> {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    events: f64,
    at: Instant,
}

impl<K: Hash + Eq> Rates<K> {
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        Self { per_second: f64::from(per_second.max(1)), burst: f64::from(burst.max(1)), buckets: Mutex::default() }
    }

    /// Whether a key may send now; else how long until it may.
    pub(crate) fn check(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key).or_insert(Bucket { events: self.burst, at: now });
        self.refill(bucket, now);
        if bucket.events >= 1.0 {
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.events) / self.per_second))
    }

    /// Takes the events of a request out of a key's bucket.
    pub(crate) fn charge(&self, key: &K, events: usize) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(key) {
            bucket.events -= events.max(1) as f64;
        }
    }

    fn refill(&self, bucket: &mut Bucket, now: Instant) {
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.events = (bucket.events + passed * self.per_second).min(self.burst);
        bucket.at = now;
    }
}

/// Room for the bytes of bodies in work. It is taken as the bytes come, not as they are promised, and one key has at most its
/// share of it: whoever sends slowly, or much at the same time, holds up nobody but himself.
#[derive(Debug)]
pub(crate) struct Room {
    blocks: Arc<Semaphore>,
    total: u32,
    share: u32,
    wait: Duration,
    /// What each key has left of its share; as many as there are keys that ever sent something.
    shares: Mutex<HashMap<Arc<str>, Arc<Semaphore>>>,
}

/// Which room is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The key's share.
    Share,
    /// All of it.
    Everything,
}

/// What one request holds of the room; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    room: &'a Room,
    share: Arc<Semaphore>,
    of_share: Option<OwnedSemaphorePermit>,
    of_all: Option<OwnedSemaphorePermit>,
}

/// Bytes that one permit stands for.
const BLOCK: usize = 4096;
/// How many keys it takes, at least, to fill the room.
const SHARES: u32 = 4;

impl Room {
    /// Room for `bytes`, of which a key has a quarter, but always as much as `one_request` needs.
    pub(crate) fn new(bytes: usize, one_request: usize, wait: Duration) -> Self {
        let total = blocks(bytes).clamp(1, 1 << 28);
        let share = (total / SHARES).max(blocks(one_request)).min(total);
        Self { blocks: Arc::new(Semaphore::new(total as usize)), total, share, wait, shares: Mutex::default() }
    }

    /// A request's place, which is empty at first.
    pub(crate) fn enter(&self, key: &Arc<str>) -> Place<'_> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let full = || Arc::new(Semaphore::new(self.share as usize));
        let share = shares.entry(key.clone()).or_insert_with(full).clone();
        Place { room: self, share, of_share: None, of_all: None }
    }

    /// Bytes in work.
    pub(crate) fn used(&self) -> usize {
        (self.total as usize - self.blocks.available_permits()) * BLOCK
    }
}

impl Place<'_> {
    /// Makes the place as large as `bytes`, or as the whole share; waits, bounded, for room.
    pub(crate) async fn grow(&mut self, bytes: usize) -> Result<(), Full> {
        let held = self.of_all.as_ref().map_or(0, |permit| permit.num_permits() as u32);
        let more = blocks(bytes).min(self.room.share).saturating_sub(held);
        if more == 0 {
            return Ok(());
        }
        let of_share = self.room.within(&self.share, more).await.ok_or(Full::Share)?;
        let of_all = self.room.within(&self.room.blocks, more).await.ok_or(Full::Everything)?;
        merge(&mut self.of_share, of_share);
        merge(&mut self.of_all, of_all);
        Ok(())
    }
}

impl Room {
    async fn within(&self, semaphore: &Arc<Semaphore>, blocks: u32) -> Option<OwnedSemaphorePermit> {
        tokio::time::timeout(self.wait, semaphore.clone().acquire_many_owned(blocks)).await.ok()?.ok()
    }
}

fn blocks(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(BLOCK)).unwrap_or(u32::MAX)
}

fn merge(held: &mut Option<OwnedSemaphorePermit>, more: OwnedSemaphorePermit) {
    match held {
        Some(held) => held.merge(more),
        None => *held = Some(more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_pays_for_what_it_sent_and_is_told_when_it_may_go_on() {
        let rates = Rates::new(10, 100);
        let start = Instant::now();
        assert_eq!(rates.check("a", start), Ok(()));
        rates.charge(&"a", 120);
        assert_eq!(rates.check("a", start), Err(Duration::from_millis(2_100)));
        assert_eq!(rates.check("b", start), Ok(()), "another key has its own bucket");
        assert_eq!(rates.check("a", start + Duration::from_secs(2)), Err(Duration::from_millis(100)));
        assert_eq!(rates.check("a", start + Duration::from_millis(2_101)), Ok(()));
    }

    #[test]
    fn an_empty_batch_costs_something_and_a_pause_fills_no_more_than_the_burst() {
        let rates = Rates::new(1, 2);
        let start = Instant::now();
        for _ in 0..2 {
            assert_eq!(rates.check("a", start), Ok(()));
            rates.charge(&"a", 0);
        }
        assert!(rates.check("a", start).is_err());
        let later = start + Duration::from_secs(3600);
        for _ in 0..2 {
            assert_eq!(rates.check("a", later), Ok(()));
            rates.charge(&"a", 1);
        }
        assert!(rates.check("a", later).is_err());
    }

    #[tokio::test]
    async fn room_is_bounded_and_given_back() {
        let room = Room::new(8 * BLOCK, BLOCK, Duration::from_millis(1));
        let keys: Vec<Arc<str>> = (0..5).map(|key| key.to_string().into()).collect();
        let mut places: Vec<Place<'_>> = keys.iter().map(|key| room.enter(key)).collect();
        for place in &mut places[..4] {
            place.grow(1).await.unwrap();
            place.grow(2 * BLOCK).await.unwrap();
        }
        assert_eq!(room.used(), 8 * BLOCK);
        assert_eq!(places[4].grow(1).await, Err(Full::Everything));
        places.remove(0);
        assert_eq!(places[3].grow(1).await, Ok(()));
        drop(places);
        assert_eq!(room.used(), 0);
    }

    #[tokio::test]
    async fn a_key_has_its_share_and_no_more_however_many_requests_it_sends() {
        let room = Room::new(8 * BLOCK, BLOCK, Duration::from_millis(1));
        let (one, other): (Arc<str>, Arc<str>) = ("one".into(), "other".into());
        let (mut first, mut second) = (room.enter(&one), room.enter(&one));
        first.grow(BLOCK).await.unwrap();
        second.grow(BLOCK).await.unwrap();
        assert_eq!(second.grow(2 * BLOCK).await, Err(Full::Share));
        assert_eq!(room.enter(&one).grow(1).await, Err(Full::Share));
        assert_eq!(room.enter(&other).grow(2 * BLOCK).await, Ok(()), "another key has its own");
        drop(first);
        assert_eq!(second.grow(2 * BLOCK).await, Ok(()));
    }

    #[tokio::test]
    async fn a_share_always_has_room_for_one_request_and_a_request_is_never_larger_than_all_of_it() {
        let room = Room::new(8 * BLOCK, 5 * BLOCK, Duration::from_millis(1));
        let key: Arc<str> = "one".into();
        room.enter(&key).grow(5 * BLOCK).await.unwrap();
        let room = Room::new(8 * BLOCK, 1_000 * BLOCK, Duration::from_millis(1));
        let mut place = room.enter(&key);
        place.grow(1_000 * BLOCK).await.unwrap();
        assert_eq!(room.used(), 8 * BLOCK);
    }
}
