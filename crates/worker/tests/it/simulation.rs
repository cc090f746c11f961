//! G1 to G3 under faults: random schedules of crashes, doubled workers, lost acknowledgements and answers, clock steps,
//! retention, resets of commits and late copies, run against the real worker in virtual time. At rest every figure must be
//! that of the set of events the journal ever took. And the other way round: with a rule of the design left out, a schedule
//! goes wrong (`docs/testing.md` names the rules that are left out in the source by `make mutants`).

use testkit::Tables;

use crate::seams::Without;
use crate::world::{Outcome, World, in_virtual_time, schedule};

/// Within that many schedules a rule that is left out must be noticed.
const NOTICED_WITHIN: u64 = 5_000;

fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let first = number("SIMULATION_SEED").unwrap_or(0);
    first..first + number("SIMULATIONS").unwrap_or(2_000)
}

#[test]
fn nothing_is_lost_or_doubled_whatever_fails() {
    let mut refused = 0;
    for seed in seeds() {
        match schedule(seed, None) {
            Outcome::Right => {}
            Outcome::Refused => refused += 1,
            Outcome::Wrong(what) => panic!("schedule {seed}: {what}"),
        }
    }
    let all = seeds().count();
    eprintln!("{refused} of {all} schedules were refused");
    assert!(refused * 5 < all || all < 100, "{refused} of {all} schedules were refused, not compared");
}

/// H10: offsets of another journal mean other records. It is refused before anything is written.
#[test]
fn another_journal_under_the_same_warehouse_is_refused() {
    for seed in 0..20 {
        // Before anything is sealed there is no record to compare, but figures that reach beyond an emptied journal tell.
        for (is_sealed, empty) in [(false, true), (true, true), (true, false)] {
            in_virtual_time(async move {
                let mut world = World::new(seed, None);
                for _ in 0..if is_sealed { 4 } else { 1 } {
                    world.incarnation().await;
                }
                if is_sealed {
                    world.settle().await;
                } else if world.warehouse.tables().progress.values().all(|(next, _)| *next == 0) {
                    return;
                }
                world.exchange_journal(empty).await;
                let before = world.warehouse.tables();
                let ended = world.ten_seconds().await;
                let refused = matches!(ended, Some(Err(worker::Error::OtherJournal { .. })));
                assert!(refused, "schedule {seed}: another journal (empty: {empty}) is taken for ours: {ended:?}");
                assert_eq!(world.warehouse.tables().raw, before.raw, "schedule {seed}: rows of another journal");
            });
        }
    }
}

#[allow(clippy::print_stderr, reason = "how soon a rule is missed is worth seeing; shown with --nocapture")]
fn notices(without: Without) {
    let wrong = |seed| match schedule(seed, Some(without)) {
        Outcome::Wrong(what) => Some((seed, what)),
        Outcome::Right | Outcome::Refused => None,
    };
    let (seed, what) = (0..NOTICED_WITHIN).find_map(wrong).unwrap_or_else(|| panic!("{without:?}: not noticed"));
    eprintln!("{without:?}: noticed by schedule {seed}: {what}");
}

#[test]
fn a_seal_that_reads_nothing_back_is_noticed() {
    notices(Without::ReadBack);
}

#[test]
fn deduplication_tokens_are_noticed() {
    notices(Without::RefusalOfTokens);
}

#[test]
fn a_stretch_that_begins_too_late_is_noticed() {
    notices(Without::Stretch);
}

#[test]
fn a_stretch_that_retention_cut_is_noticed() {
    notices(Without::Retention);
}

#[test]
fn a_commit_taken_for_the_sealed_position_is_noticed() {
    notices(Without::SealedPosition);
}

#[test]
fn late_copies_left_in_the_counters_are_noticed() {
    notices(Without::Corrections);
}

#[test]
fn corrections_that_nobody_reads_back_are_noticed() {
    notices(Without::CorrectionsReadBack);
}

#[test]
fn chats_that_are_not_cut_anew_are_noticed() {
    notices(Without::FoldedAnew);
}

#[test]
fn derived_rows_that_no_seal_checks_are_noticed() {
    notices(Without::DerivedRows);
}

/// The negative control: one row lost or doubled behind the worker's back, once sealed, is seen by the check.
#[test]
fn a_single_lost_or_doubled_row_is_noticed() {
    type Plant = fn(&mut Tables);
    let plants: [Plant; 7] = [
        |tables| drop(tables.raw.pop_first()),
        |tables| tables.counts.values_mut().for_each(|held| held.0 += 1),
        |tables| tables.minutes.values_mut().for_each(|held| held.0 += 1),
        |tables| drop(tables.requests.pop_first()),
        |tables| drop(tables.identities.pop_first()),
        |tables| drop(tables.flags.pop_first()),
        |tables| drop(tables.states.pop_last()),
    ];
    for plant in plants {
        in_virtual_time(async move {
            let mut world = World::new(0, None);
            for _ in 0..8 {
                world.incarnation().await;
            }
            world.settle().await;
            world.check();
            world.warehouse.tamper(plant);
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.check()));
            assert!(checked.is_err(), "the check is blind");
        });
    }
}
