//! Retry schedules as values: how often and how long to wait, decided in one place and testable as a table.

use std::time::Duration;

/// Exponential waits with jitter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// Most attempts, the first included; `None` for as long as it takes.
    pub attempts: Option<u32>,
    /// Wait after the first failure.
    pub first: Duration,
    /// Longest wait.
    pub longest: Duration,
    /// Share of each wait that is random, from 0 (none) to 1 (anything from 0 to the whole wait).
    pub jitter: f64,
}

impl Schedule {
    /// How long to wait after the given number of failures (from 1), or `None` to give up. `random` lies in `[0, 1)`.
    pub fn wait(&self, failures: u32, random: f64) -> Option<Duration> {
        if self.attempts.is_some_and(|attempts| failures >= attempts) {
            return None;
        }
        let doublings = failures.saturating_sub(1).min(32);
        let whole = self.first.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(self.longest);
        let share = 1.0 - self.jitter.clamp(0.0, 1.0) * random.clamp(0.0, 1.0);
        Some(whole.mul_f64(share))
    }

    /// The waits of one operation, drawing jitter from the given source of numbers in `[0, 1)`.
    pub fn waits<R: FnMut() -> f64>(self, random: R) -> Waits<R> {
        Waits { schedule: self, random, failures: 0 }
    }
}

/// The waits of one operation: each `next` is one failure.
#[derive(Debug, Clone)]
pub struct Waits<R> {
    schedule: Schedule,
    random: R,
    failures: u32,
}

impl<R: FnMut() -> f64> Iterator for Waits<R> {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.failures = self.failures.saturating_add(1);
        self.schedule.wait(self.failures, (self.random)())
    }
}

/// A small source of jitter (SplitMix64): not for secrets, the same for the same seed.
#[derive(Debug, Clone)]
pub struct Jitter(u64);

impl Jitter {
    /// Begins at a seed.
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number in `[0, 1)`.
    pub fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // 53 bits fill a double's mantissa exactly.
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule =
        Schedule { attempts: Some(6), first: Duration::from_millis(100), longest: Duration::from_secs(1), jitter: 0.5 };

    #[test]
    fn waits_double_to_the_longest_and_end_with_the_attempts() {
        let waits: Vec<u128> = SCHEDULE.waits(|| 0.0).map(|wait| wait.as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1000]);
    }

    #[test]
    fn jitter_shortens_a_wait_by_at_most_its_share() {
        let mut jitter = Jitter::seeded(7);
        for _ in 0..1_000 {
            let wait = SCHEDULE.wait(1, jitter.draw()).unwrap().as_secs_f64();
            assert!(wait > 0.05 && wait <= 0.1, "{wait}");
        }
    }

    #[test]
    fn a_schedule_without_bound_waits_the_longest_for_ever() {
        let schedule = Schedule { attempts: None, ..SCHEDULE };
        assert_eq!(schedule.wait(u32::MAX, 0.0), Some(Duration::from_secs(1)));
    }

    #[test]
    fn the_same_seed_draws_the_same_jitter() {
        let draw = |seed| {
            let mut jitter = Jitter::seeded(seed);
            [jitter.draw(), jitter.draw()]
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
