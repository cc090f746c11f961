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

/// Room for the bytes of bodies in work.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    blocks: Arc<Semaphore>,
    total: u32,
    wait: Duration,
}

/// Bytes that one permit stands for.
const BLOCK: usize = 4096;

impl Room {
    pub(crate) fn new(bytes: usize, wait: Duration) -> Self {
        let total = u32::try_from(bytes / BLOCK).unwrap_or(u32::MAX).clamp(1, 1 << 28);
        Self { blocks: Arc::new(Semaphore::new(total as usize)), total, wait }
    }

    /// Waits, bounded, for room; `None` when there is none in time.
    pub(crate) async fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let blocks = u32::try_from(bytes / BLOCK + 1).unwrap_or(u32::MAX).min(self.total);
        let acquired = tokio::time::timeout(self.wait, self.blocks.clone().acquire_many_owned(blocks)).await;
        acquired.ok()?.ok()
    }

    /// Bytes in work.
    pub(crate) fn used(&self) -> usize {
        (self.total as usize - self.blocks.available_permits()) * BLOCK
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
    async fn room_is_bounded_given_back_and_never_larger_than_all_of_it() {
        let room = Room::new(10 * BLOCK, Duration::from_millis(1));
        let all = room.take(1_000 * BLOCK).await.unwrap();
        assert_eq!(room.used(), 10 * BLOCK);
        assert!(room.take(1).await.is_none());
        drop(all);
        assert!(room.take(1).await.is_some());
        assert_eq!(room.used(), 0);
    }
}
