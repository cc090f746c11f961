//! What a statement is given besides the question: who is one person, and when business was open.

use super::{
    Ask, Error,
    openings::{Openings, openings},
    people::{Same, same_people},
};
use crate::Client;

/// What a question needs to know beforehand.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Who is one person; nobody where no figure is about people.
    pub(super) same: Vec<Same>,
    /// When business was open; nothing where all hours count.
    pub(super) openings: Openings,
}

impl Known {
    /// Reads it; `people` says whether anything asked for is about people. Fails with `TooMany…` or `Warehouse`.
    pub(super) async fn read(client: &Client, ask: &Ask<'_>, people: bool) -> Result<Known, Error> {
        let same = if people { same_people(client, ask.project, ask.environment).await? } else { Vec::new() };
        Ok(Known { same, openings: openings(client, ask).await? })
    }
}
