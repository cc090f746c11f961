//! Positions of the journal as clients hold them.

use crate::wait::Target;

/// What a position says, if it is one of ours.
pub(crate) fn read(_secret: &[u8], _position: &str) -> Option<Target> {
    Some(Target::new())
}
