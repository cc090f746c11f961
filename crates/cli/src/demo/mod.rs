//! Demo traffic: a shop's assistant and its contact centre, made up but lifelike.
//!
//! Every day is a pure function of the seed and the date, so a history can be made in any number of goes, on any machine, and
//! the same event carries the same `event_id` each time. Nothing here is measured from anybody's real conversations.

mod calendar;
mod contact_center;
mod conversation;
mod dialogue;
mod fill;
mod opinions;
mod people;
mod phrases;
mod random;
mod story;

use chrono::{DateTime, Days, NaiveDate, Utc};

pub(crate) use fill::{Fill, fill};
pub(crate) use random::Random;
pub(crate) use story::DemoEvent;

/// How many days a conversation that began on a day may go on after it.
const TAIL_DAYS: u64 = 7;

/// Everything that begins on a local day, unsorted; some of it happens up to [`TAIL_DAYS`] later.
pub(crate) fn begun_on(seed: u64, day: NaiveDate) -> Vec<DemoEvent> {
    let number = calendar::number(day);
    let mut random = Random::new(seed, "day", number);
    let mut events = contact_center::shifts(seed, day).events;
    for (index, at) in calendar::openings(&mut random, day).into_iter().enumerate() {
        let person = people::visitor(seed, &mut random, number);
        let stream = Random::new(seed, "conversation", number * 100_000 + index as i64);
        events.extend(conversation::tell(story::Story::new(stream, person, at)));
    }
    events
}

/// The events of `from..to`, day by day, each day sorted by time.
#[derive(Debug)]
pub(crate) struct History {
    seed: u64,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    next_day: NaiveDate,
    waiting: Vec<DemoEvent>,
}

impl History {
    pub(crate) fn new(seed: u64, from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        let next_day = calendar::day_of(from) - Days::new(TAIL_DAYS);
        Self { seed, from, to, next_day, waiting: Vec::new() }
    }
}

/// A stretch of the history.
#[derive(Debug)]
pub(crate) struct Stretch {
    /// Events before this instant are all in this stretch or an earlier one.
    pub(crate) until: DateTime<Utc>,
    pub(crate) events: Vec<DemoEvent>,
}

impl Iterator for History {
    type Item = Stretch;

    fn next(&mut self) -> Option<Stretch> {
        if calendar::midnight(self.next_day) >= self.to {
            return None;
        }
        self.waiting.extend(begun_on(self.seed, self.next_day));
        self.next_day = self.next_day + Days::new(1);
        // Nothing happens before its own day, so what lies before the next one is complete now.
        let until = calendar::midnight(self.next_day).min(self.to);
        let (mut events, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|event| event.at < until);
        self.waiting = waiting;
        events.retain(|event| event.at >= self.from);
        events.sort_by_key(|event| event.at);
        Some(Stretch { until, events })
    }
}

#[cfg(test)]
mod tests;
