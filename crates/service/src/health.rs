//! Named readiness checks. `readyz` answers from here and says what is missing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;

/// The checks of a process. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Health {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    checks: BTreeMap<String, Answer>,
    facts: BTreeMap<String, f64>,
}

/// What a check says.
#[derive(Debug)]
enum Answer {
    Ok,
    /// Ok, and there is something to know.
    Remarked(String),
    Missing(String),
}

/// One named check, held by the component that knows the answer.
#[derive(Debug, Clone)]
pub struct Check {
    name: String,
    health: Health,
}

/// Readiness at one instant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Whether every check says ok.
    pub ready: bool,
    /// Each check: `"ok"`, `"ok: "` with something to know, or what is missing.
    pub checks: BTreeMap<String, String>,
    /// Numbers that say how well it goes, by name with unit.
    pub facts: BTreeMap<String, f64>,
}

impl Health {
    /// Registers a check, missing with "starting" until its holder says otherwise. The same name again replaces it.
    pub fn register(&self, name: &str) -> Check {
        let check = Check { name: name.to_owned(), health: self.clone() };
        check.missing("starting");
        check
    }

    /// What every check says now. A process without checks is ready.
    pub fn report(&self) -> Report {
        let State { checks, facts } = &*self.lock();
        let ready = checks.values().all(|answer| !matches!(answer, Answer::Missing(_)));
        let text = |answer: &Answer| match answer {
            Answer::Ok => "ok".to_owned(),
            Answer::Remarked(remark) => format!("ok: {remark}"),
            Answer::Missing(reason) => reason.clone(),
        };
        let checks = checks.iter().map(|(name, answer)| (name.clone(), text(answer))).collect();
        Report { ready, checks, facts: facts.clone() }
    }

    /// Notes a number for the report.
    pub fn fact(&self, name: &str, value: f64) {
        self.lock().facts.insert(name.to_owned(), value);
    }

    fn set(&self, name: &str, answer: Answer) {
        self.lock().checks.insert(name.to_owned(), answer);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The maps are whole after any panic: every change is one insert.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Check {
    /// The component is ready.
    pub fn ok(&self) {
        self.health.set(&self.name, Answer::Ok);
    }

    /// The component is ready, and there is something that an operator should know.
    pub fn ok_with(&self, remark: impl Into<String>) {
        self.health.set(&self.name, Answer::Remarked(remark.into()));
    }

    /// The component is not ready; the reason says what is missing.
    pub fn missing(&self, reason: impl Into<String>) {
        self.health.set(&self.name, Answer::Missing(reason.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_names_what_is_missing() {
        let health = Health::default();
        assert!(health.report().ready);
        let (journal, warehouse) = (health.register("journal"), health.register("warehouse"));
        journal.ok();
        let report = health.report();
        assert!(!report.ready);
        assert_eq!(report.checks["warehouse"], "starting");
        assert_eq!(report.checks["journal"], "ok");
        warehouse.ok();
        assert!(health.report().ready);
        journal.missing("the disk is full");
        assert_eq!(health.report().checks["journal"], "the disk is full");
        journal.ok_with("events wait in the spool");
        let report = health.report();
        assert_eq!((report.ready, &*report.checks["journal"]), (true, "ok: events wait in the spool"));
        health.fact("lag_seconds", 1.5);
        assert_eq!(health.report().facts["lag_seconds"], 1.5);
    }
}
