//! The metrics, by subject.

mod chats;
mod contact_center;
mod declare;
mod feedback;
mod funnel;
mod handover;
mod people;
mod responses;
mod voice;
mod volumes;
mod work;

use super::Metric;

/// The subjects in the order of the dictionary.
const SUBJECTS: &[&[Metric]] = &[
    volumes::METRICS,
    chats::METRICS,
    people::METRICS,
    handover::METRICS,
    funnel::METRICS,
    feedback::METRICS,
    work::METRICS,
    contact_center::METRICS,
    responses::METRICS,
    voice::METRICS,
];

const COUNT: usize = {
    let mut count = 0;
    let mut subject = 0;
    while subject < SUBJECTS.len() {
        count += SUBJECTS[subject].len();
        subject += 1;
    }
    count
};

static ALL: [Metric; COUNT] = {
    let mut all = [volumes::METRICS[0]; COUNT];
    let (mut subject, mut at) = (0, 0);
    while subject < SUBJECTS.len() {
        let mut metric = 0;
        while metric < SUBJECTS[subject].len() {
            all[at] = SUBJECTS[subject][metric];
            metric += 1;
            at += 1;
        }
        subject += 1;
    }
    all
};

/// Every metric, by subject.
pub static METRICS: &[Metric] = &ALL;

#[cfg(test)]
mod tests;
