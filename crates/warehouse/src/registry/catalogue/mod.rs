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

/// The subjects by their names for people, in the order of the dictionary.
pub const SUBJECTS: &[(&str, &[Metric])] = &[
    ("Messages and conversations", volumes::METRICS),
    ("Chats and the bot’s answers", chats::METRICS),
    ("People", people::METRICS),
    ("Hand-over", handover::METRICS),
    ("Engagement", funnel::METRICS),
    ("Feedback", feedback::METRICS),
    ("Workflows, tools and models", work::METRICS),
    ("Contact center", contact_center::METRICS),
    ("Agents’ answers", responses::METRICS),
    ("Voice", voice::METRICS),
];

const COUNT: usize = {
    let mut count = 0;
    let mut subject = 0;
    while subject < SUBJECTS.len() {
        count += SUBJECTS[subject].1.len();
        subject += 1;
    }
    count
};

static ALL: [Metric; COUNT] = {
    let mut all = [volumes::METRICS[0]; COUNT];
    let (mut subject, mut at) = (0, 0);
    while subject < SUBJECTS.len() {
        let mut metric = 0;
        while metric < SUBJECTS[subject].1.len() {
            all[at] = SUBJECTS[subject].1[metric];
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
