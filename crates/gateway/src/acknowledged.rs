//! What this server has acknowledged, as a position for readers.

use std::sync::{Mutex, PoisonError};

use journal::{Appended, position::Position};

/// For each partition of the events the offset after the last one acknowledged here.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged {
    position: Mutex<Position>,
}

impl Acknowledged {
    /// Takes an append into account and gives the position that covers it and everything acknowledged before.
    pub(crate) fn note(&self, appended: &[Appended]) -> Position {
        let mut position = self.position.lock().unwrap_or_else(PoisonError::into_inner);
        for Appended { partition, offset } in appended {
            position.raise(*partition, offset + 1);
        }
        position.clone()
    }

    /// The position that covers everything acknowledged so far.
    pub(crate) fn position(&self) -> Position {
        self.note(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_covers_everything_before_it_in_any_order() {
        let acknowledged = Acknowledged::default();
        let at = |partition, offset| Appended { partition, offset };
        let noted = |appended: &[Appended]| acknowledged.note(appended).0.into_iter().collect::<Vec<_>>();
        assert_eq!(noted(&[]), []);
        assert_eq!(noted(&[at(2, 7), at(2, 8)]), [(2, 9)]);
        assert_eq!(noted(&[at(0, 0), at(2, 3)]), [(0, 1), (2, 9)]);
    }
}
