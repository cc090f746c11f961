//! G4: a worker's memory is a pure function of a bounded stretch of the journal.

use delivery::{AppendTime, Frontier, Segment, Settings};
use journal::Record;
use proptest::prelude::*;
use testkit::{Random, stream};
use warehouse::{Batch, RawRow};
use worker::{Applied, PartitionFold, Rows};

const SETTINGS: Settings = Settings { segment_ms: 10_000, horizon_ms: 25_000, grace_ms: 3_000 };
const START_MS: i64 = 1_700_000_000_000;

/// A partition's records: append time mostly rises, steps back by at most the grace; a third are copies of earlier events.
fn records(seed: u64, count: u64) -> Vec<Record> {
    let mut random = Random::new(seed);
    let (mut clock, mut fresh) = (START_MS, 0);
    (0..count)
        .map(|offset| {
            clock += i64::try_from(random.below(2_500)).expect("small");
            let back = if random.chance(10) { random.below(3_000) } else { 0 };
            let append_time_ms = clock - i64::try_from(back).expect("small");
            let id = if fresh > 0 && random.chance(33) { random.below(fresh) } else { fresh };
            fresh = fresh.max(id + 1);
            let time_ms = START_MS - i64::try_from(id % 50).expect("small") * 60_000;
            let stream::Encoded { key, value } = stream::event(seed, id, time_ms);
            Record { offset, append_time_ms, key: key.into(), value: value.into(), headers: Vec::new() }
        })
        .collect()
}

struct Run {
    fold: PartitionFold,
    raw: Vec<RawRow>,
    last_counters: Batch,
}

/// Folds records from `start` on with output from `sealed` on, sealing what closes when the dice say so.
fn fold(records: &[Record], start: u64, sealed: u64, floor: AppendTime, sealing: &mut Random) -> Run {
    let frontier = Frontier::new(SETTINGS, floor, sealed, sealed);
    let mut fold = PartitionFold::new(0, SETTINGS, frontier);
    let (mut rows, mut raw, mut last_counters) = (Rows::default(), Vec::new(), Batch::default());
    for record in records.iter().filter(|record| record.offset >= start) {
        assert_eq!(fold.apply(record, &mut rows), Applied::Folded);
        if sealing.chance(15) {
            let closed = fold.frontier().closed();
            fold.take_changed(&mut last_counters);
            fold.seal(&closed, fold.frontier().next_offset());
        }
        raw.extend(rows.take().0.raw);
    }
    fold.take_changed(&mut last_counters);
    Run { fold, raw, last_counters }
}

/// The final version of each counter whose last change lies at `from` or after it.
fn counters(run: &Run, from: u64) -> Vec<(String, u64, u64)> {
    let offset = |ver: u64| ver & ((1 << 52) - 1);
    let counts = run.last_counters.counts.iter().map(|row| {
        (
            format!("{} {} {} {} {}", row.segment, row.bucket, row.role, row.content_type, row.environment),
            row.messages,
            row.ver,
        )
    });
    let minutes =
        run.last_counters.minutes.iter().map(|row| (format!("{} {}", row.segment, row.minute), row.messages, row.ver));
    let mut newest = std::collections::BTreeMap::new();
    for (key, messages, ver) in counts.chain(minutes) {
        let held = newest.entry(key).or_insert((ver, messages));
        *held = (*held).max((ver, messages));
    }
    newest
        .into_iter()
        .filter(|(_, (ver, _))| offset(*ver) >= from)
        .map(|(key, (ver, messages))| (key, messages, ver))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_worker_rebuilt_cold_at_any_cut_is_as_one_that_never_stopped(seed in any::<u64>(), cut in 0_u64..120, dice in any::<u64>()) {
        let records = records(seed, 120);
        let cut_record = &records[usize::try_from(cut).expect("small")];
        let needed = SETTINGS.stretch_time(AppendTime(cut_record.append_time_ms));
        let start = records.iter().find(|record| record.append_time_ms >= needed.0).map_or(cut, |record| record.offset);

        let warm = fold(&records, 0, 0, AppendTime(i64::MIN / 2), &mut Random::new(dice));
        let cold = fold(&records, start.min(cut), cut, needed, &mut Random::new(dice ^ 1));

        let newest = records.iter().map(|record| record.append_time_ms).max().unwrap_or(0);
        let open = SETTINGS.oldest_open(AppendTime(newest));
        let oldest: Segment = open.max(SETTINGS.oldest_open(AppendTime(cut_record.append_time_ms)));
        prop_assert_eq!(warm.fold.snapshot(oldest), cold.fold.snapshot(oldest));
        let from_cut = |rows: &[RawRow]| rows.iter().filter(|row| row.offset >= cut).cloned().collect::<Vec<_>>();
        prop_assert_eq!(from_cut(&warm.raw), from_cut(&cold.raw));
        prop_assert_eq!(counters(&warm, cut), counters(&cold, cut));
    }
}

/// The negative control: a stretch that begins one horizon too late is noticed.
#[test]
fn a_stretch_without_its_horizon_is_not_enough() {
    let differs = (0..200).any(|seed| {
        let records = records(seed, 120);
        let cut = 60;
        let too_late = SETTINGS.oldest_open(AppendTime(records[60].append_time_ms)).0;
        let start = records.iter().find(|record| record.append_time_ms >= too_late).map_or(cut, |record| record.offset);
        let never = &mut Random::new(1);
        let warm = fold(&records, 0, 0, AppendTime(i64::MIN / 2), never);
        let cold = fold(&records, start.min(cut), cut, AppendTime(i64::MIN / 2), never);
        let from_cut =
            |rows: &[RawRow]| rows.iter().filter(|row| row.offset >= cut).map(|row| row.offset).collect::<Vec<_>>();
        from_cut(&warm.raw) != from_cut(&cold.raw)
    });
    assert!(differs, "the property cannot see a missing horizon");
}
