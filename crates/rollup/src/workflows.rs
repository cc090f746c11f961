//! Workflows that a conversation went through (D-23).

use std::collections::{BTreeMap, BTreeSet};

use crate::chats::is_counted;
use crate::detail::{label, said};
use crate::fact::{Fact, Kind, Role};

/// A workflow was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowView {
    /// Event time, microseconds.
    pub at_us: i64,
    /// The workflow.
    pub workflow: String,
    /// Whether it was announced by `workflow.started`; else it was seen on a bot message of a chat that never announced it.
    pub started: bool,
}

/// The views of a conversation, from its events in order and its chats.
pub(crate) fn views(facts: &[Fact<'_>], chats: &[Vec<&Fact<'_>>]) -> Vec<WorkflowView> {
    let started = facts.iter().filter(|fact| fact.kind == Kind::WorkflowStarted);
    let mut views: Vec<WorkflowView> = started
        .map(|fact| WorkflowView { at_us: fact.at_us(), workflow: label(&fact.detail.workflow_id), started: true })
        .collect();
    for chat in chats.iter().filter(|chat| is_counted(chat)) {
        let mut announced: BTreeSet<&str> = BTreeSet::new();
        let mut seen: BTreeMap<&str, i64> = BTreeMap::new();
        for fact in chat {
            let Some(workflow) = said(&fact.detail.workflow_id) else { continue };
            match fact.kind {
                Kind::WorkflowStarted => drop(announced.insert(workflow)),
                Kind::Message(Role::Bot) => drop(seen.entry(workflow).or_insert(fact.at_us())),
                _ => {}
            }
        }
        let unannounced = seen.into_iter().filter(|(workflow, _)| !announced.contains(workflow));
        views.extend(unannounced.map(|(workflow, at_us)| WorkflowView {
            at_us,
            workflow: workflow.to_owned(),
            started: false,
        }));
    }
    views
}

/// The first workflow that a chat names; '' if it names none (D-24).
pub(crate) fn first_workflow(chat: &[&Fact<'_>]) -> String {
    let names = |fact: &&&Fact<'_>| matches!(fact.kind, Kind::Message(Role::Bot) | Kind::WorkflowStarted);
    chat.iter().filter(names).find_map(|fact| said(&fact.detail.workflow_id)).unwrap_or_default().to_owned()
}
