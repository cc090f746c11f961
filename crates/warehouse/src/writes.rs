//! Which inserts fail at present: what readiness says of a warehouse that answers and takes nothing.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use crate::Error;

/// An insert that fails again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteFailure {
    /// When it failed first, without a success since.
    pub since: Instant,
    /// Why it failed last, as [`Error::advice`] says it.
    pub advice: String,
}

/// The tables whose last insert failed.
#[derive(Debug, Default)]
pub(crate) struct Writes(Mutex<BTreeMap<String, WriteFailure>>);

impl Writes {
    pub(crate) fn note(&self, table: &str, outcome: &Result<(), Error>) {
        // The map is whole after any panic: every change is one operation.
        let mut failing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Err(error) = outcome else {
            failing.remove(table);
            return;
        };
        let advice = error.advice();
        let since = failing.get(table).map_or_else(Instant::now, |failure| failure.since);
        failing.insert(table.to_owned(), WriteFailure { since, advice });
    }

    pub(crate) fn longest_failing(&self) -> Option<WriteFailure> {
        let failing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failing.values().min_by_key(|failure| failure.since).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_lasts_until_its_own_table_takes_an_insert() {
        let writes = Writes::default();
        writes.note("raw_events", &Err(Error::Away("x".into())));
        let first = writes.longest_failing().unwrap();
        writes.note("progress", &Ok(()));
        writes.note("raw_events", &Err(Error::Refused { code: 243, message: String::new() }));
        let now = writes.longest_failing().unwrap();
        assert_eq!((now.since, now.advice.contains("no room on its disk")), (first.since, true));
        writes.note("raw_events", &Ok(()));
        assert_eq!(writes.longest_failing(), None);
    }
}
