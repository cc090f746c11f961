//! Speech of calls: who spoke when, and how much of a call nobody did (1.5). Only messages that carry the timing of their speech say so.

use crate::detail::instant_us;
use crate::fact::{Fact, Kind, Role};

/// Somebody spoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// First sound, microseconds.
    pub began_us: i64,
    /// Last sound.
    pub ended_us: i64,
    /// Who spoke.
    pub role: Role,
    /// Whether the other side broke in.
    pub interrupted: bool,
}

/// What a chat's utterances amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Call {
    /// From the first sound to the last, microseconds; 0 without speech.
    pub call_us: u64,
    /// How much of that nobody spoke.
    pub silent_us: u64,
}

/// What a message says of its speech; None without first and last sound in this order.
pub(crate) fn utterance(fact: &Fact<'_>) -> Option<Utterance> {
    let (Kind::Message(role), Some(speech)) = (fact.kind, &fact.detail.speech) else { return None };
    let (began_us, ended_us) = (instant_us(&speech.start_ts)?, instant_us(&speech.end_ts)?);
    let interrupted = speech.interrupted == Some(true);
    (began_us <= ended_us).then_some(Utterance { began_us, ended_us, role, interrupted })
}

/// The utterances of a conversation, from its events in order.
pub(crate) fn utterances(facts: &[Fact<'_>]) -> Vec<Utterance> {
    facts.iter().filter_map(utterance).collect()
}

/// What the utterances among a chat's events amount to.
pub(crate) fn call(events: &[&Fact<'_>]) -> Call {
    let mut spans: Vec<(i64, i64)> =
        events.iter().filter_map(|fact| utterance(fact)).map(|spoken| (spoken.began_us, spoken.ended_us)).collect();
    spans.sort_unstable();
    let Some(&(first_us, mut heard_us)) = spans.first() else { return Call::default() };
    let mut silent_us = 0;
    for (began_us, ended_us) in spans {
        silent_us += u64::try_from(began_us - heard_us).unwrap_or(0);
        heard_us = heard_us.max(ended_us);
    }
    Call { call_us: heard_us.abs_diff(first_us), silent_us }
}
