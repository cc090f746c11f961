//! `journal-appender DIR BYTES`: appends records to the embedded journal in DIR, what the tests of this crate kill in the middle.
//! It says on standard output what was acknowledged (`acknowledged PARTITION OFFSET NUMBER`) or refused (`refused CODE NUMBER`),
//! and ends by itself when nobody kills it, or when the journal has refused several times.

#[path = "../../tests/it/pattern.rs"]
mod pattern;

use std::{error::Error, io::Write as _, path::PathBuf};

use journal::{
    Journal as _, Topic,
    embedded::{EmbeddedJournal, Options},
};
use pattern::{RECORDS, record};

/// Appends of one that nobody kills.
const APPENDS: u64 = 20_000;
/// Refusals after which it ends.
const REFUSALS: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(dir), Some(bytes)) = (arguments.next().map(PathBuf::from), arguments.next()) else {
        return Err("journal-appender DIR BYTES".into());
    };
    let bytes: usize = bytes.to_string_lossy().parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let journal = EmbeddedJournal::open(dir, Options { reserve_bytes: 0, ..Options::default() })?;
    let mut out = std::io::stdout();
    let mut refused = 0;
    for number in (0..APPENDS).map(|append| append * RECORDS) {
        let records = (number..number + RECORDS).map(|number| record(number, bytes)).collect();
        match runtime.block_on(journal.append(Topic::Events, records)) {
            Ok(places) => {
                for (place, number) in places.iter().zip(number..) {
                    writeln!(out, "acknowledged {} {} {number}", place.partition, place.offset)?;
                }
            }
            Err(error) => {
                refused += 1;
                writeln!(out, "refused {} {number}", error.code())?;
            }
        }
        if refused >= REFUSALS {
            break;
        }
    }
    Ok(())
}
