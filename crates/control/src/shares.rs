//! Shares as the records so far make them: a pure fold.

use std::{collections::BTreeMap, sync::Arc};

use crate::{Share, record::ShareChange, state::Applied};

/// Shares by id, without those that were revoked.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    pub(crate) held: BTreeMap<String, Arc<Share>>,
}

impl Shares {
    /// Takes in the next change. What was over when another share of its project was made is forgotten, so that the shares of a
    /// project stay few.
    pub(crate) fn apply(&mut self, change: ShareChange) -> Applied {
        match change {
            ShareChange::Created { id, .. } if self.held.contains_key(&id) => Applied::Ignored,
            ShareChange::Created { id, project, shown, expires_at, created_s } => {
                self.held.retain(|_, held| held.project != project || held.expires_at > created_s);
                self.held.insert(id.clone(), Arc::new(Share { id, project, shown, expires_at }));
                Applied::Changed
            }
            ShareChange::Revoked { id, .. } => match self.held.remove(&id) {
                Some(_) => Applied::Changed,
                None => Applied::Ignored,
            },
        }
    }
}
