//! What projects decided about how their chats are cut, for the worker.

use std::sync::Arc;

use control::Control;
use journal::BoxFuture;
use rollup::IdleTimeouts;

/// The control topic, as the worker sees it.
#[derive(Debug)]
pub(super) struct Decided(pub(super) Control);

impl worker::Decisions for Decided {
    fn of(&self, project: &str) -> Arc<IdleTimeouts> {
        self.0.project(project).map(|project| Arc::clone(&project.idle)).unwrap_or_default()
    }

    fn editions(&self) -> Vec<(String, u16)> {
        let decided = self.0.projects().into_iter().filter(|project| project.idle.edition() > 0);
        decided.map(|project| (project.id.clone(), project.idle.edition())).collect()
    }

    fn learn(&self) -> BoxFuture<'_, Result<(), journal::Error>> {
        Box::pin(self.0.learn())
    }
}
