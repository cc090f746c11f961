//! Figures of a schedule: those that the warehouse holds, and those that the events come to.

use std::collections::BTreeMap;

use testkit::Tables;

use crate::world::decode;

/// Messages by start of the interval and role.
pub(crate) type Buckets = BTreeMap<(u32, String), i64>;

/// The figures: counters less corrections.
pub(crate) fn figures(tables: &Tables) -> (Buckets, Buckets) {
    let (mut counts, mut minutes) = (Buckets::new(), Buckets::new());
    for ((key, _, _), (messages, _)) in &tables.counts {
        *counts.entry((key.bucket, key.role.clone())).or_default() += i64::try_from(*messages).expect("small");
    }
    for ((key, _, _), (messages, _)) in &tables.minutes {
        *minutes.entry((key.minute, String::new())).or_default() += i64::try_from(*messages).expect("small");
    }
    for key in &tables.corrections {
        let row = &tables.raw[key];
        *counts.entry((bucket(row.event_time, 900), row.role.to_string())).or_default() -= 1;
        *minutes.entry((bucket(row.event_time, 60), String::new())).or_default() -= 1;
    }
    counts.retain(|_, messages| *messages != 0);
    minutes.retain(|_, messages| *messages != 0);
    (counts, minutes)
}

/// The figures of events as the journal took them.
pub(crate) fn expected_figures<'e>(taken: impl Iterator<Item = &'e Vec<u8>>) -> (Buckets, Buckets) {
    let (mut counts, mut minutes) = (Buckets::new(), Buckets::new());
    for taken in taken {
        let event = decode(taken);
        if let event::Data::MessageCreated(message) = &event.data {
            let role = message.role.as_str();
            *counts.entry((bucket(event.time.0, 900), role.to_owned())).or_default() += 1;
            *minutes.entry((bucket(event.time.0, 60), String::new())).or_default() += 1;
        }
    }
    (counts, minutes)
}

fn bucket(time_us: i64, width_s: i64) -> u32 {
    u32::try_from(time_us.div_euclid(width_s * 1_000_000) * width_s).expect("a time of this century")
}
