//! How long a conversation may be idle before what follows is another chat (D-12).

use std::collections::BTreeMap;

use crate::MINUTE_US;

/// The times of channels that have one of their own, microseconds.
const OWN_US: [(&str, i64); 5] = [
    ("whatsapp", 24 * 60 * MINUTE_US),
    ("sms", 24 * 60 * MINUTE_US),
    ("social", 24 * 60 * MINUTE_US),
    ("voice", 5 * MINUTE_US),
    ("email", 72 * 60 * MINUTE_US),
];
/// The time of every other channel.
const OTHERS_US: i64 = 30 * MINUTE_US;

/// Greatest edition.
pub const EDITION_MAX: u16 = (1 << 12) - 1;

/// How long conversations may be idle, by channel: as a project decided, else as is usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdleTimeouts {
    edition: u16,
    /// Seconds by channel.
    decided: BTreeMap<String, u32>,
}

impl IdleTimeouts {
    /// What a project decided, in seconds by channel, and which of its decisions that is: 0 if it never decided anything, one more
    /// with each change. What is folded by a later decision wins over all that was folded by an earlier one.
    pub fn new(edition: u16, decided: BTreeMap<String, u32>) -> IdleTimeouts {
        IdleTimeouts { edition, decided }
    }

    /// Which of the project's decisions it is.
    pub fn edition(&self) -> u16 {
        self.edition
    }

    /// The time of a channel, microseconds.
    pub fn of_us(&self, channel: &str) -> i64 {
        let usual = || OWN_US.iter().find(|(of, _)| *of == channel).map_or(OTHERS_US, |(_, us)| *us);
        self.decided.get(channel).map_or_else(usual, |s| i64::from(*s) * 1_000_000)
    }

    /// Channels with a time of their own, and their times, microseconds.
    pub fn by_channel(&self) -> Vec<(&str, i64)> {
        let decided = self.decided.keys().map(String::as_str);
        let usual = OWN_US.iter().map(|(channel, _)| *channel).filter(|channel| !self.decided.contains_key(*channel));
        usual.chain(decided).map(|channel| (channel, self.of_us(channel))).collect()
    }

    /// The time of every channel that has none of its own, microseconds.
    pub fn others_us(&self) -> i64 {
        OTHERS_US
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_decided_of_a_channel_replaces_what_is_usual_and_all_others_keep_it() {
        let usual = IdleTimeouts::default();
        assert_eq!(usual.of_us("web"), 30 * MINUTE_US);
        assert_eq!(usual.of_us("voice"), 5 * MINUTE_US);
        let own = IdleTimeouts::new(1, BTreeMap::from([("voice".to_owned(), 60), ("kiosk".to_owned(), 120)]));
        assert_eq!(own.of_us("voice"), MINUTE_US);
        assert_eq!(own.of_us("kiosk"), 2 * MINUTE_US);
        assert_eq!(own.of_us("email"), 72 * 60 * MINUTE_US);
        assert!(own.by_channel().contains(&("voice", MINUTE_US)));
        assert_eq!(own.by_channel().len(), OWN_US.len() + 1);
    }
}
