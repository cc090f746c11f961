//! What all questions have in common: who asks, for which project, and what the figures have to reach before they are answered.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    extract::{Query, rejection::QueryRejection},
    http::HeaderMap,
};
use chrono::{DateTime, SecondsFormat, Utc};
use control::{Grant, Project};
use journal::position::Position;
use tokio::{sync::SemaphorePermit, time::Instant};
use warehouse::query::Progress;

use crate::{
    Error, access, metrics,
    params::{Sent, Table},
    router::App,
    wait,
};

/// How long a question waits for its turn.
const TURN_MAX: Duration = Duration::from_secs(10);

/// A question's parameters, as the server takes them apart.
pub(crate) type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// A question of a key that may read, about a project that it sees.
#[derive(Debug)]
pub(crate) struct Asked {
    key: Grant,
    pub(crate) sent: Sent,
    pub(crate) project: Arc<Project>,
    pub(crate) now: DateTime<Utc>,
}

impl Asked {
    /// Checks key, parameters and project, in this order.
    pub(crate) fn read(app: &App, headers: &HeaderMap, pairs: Pairs, table: Table) -> Result<Asked, Error> {
        let key = access::authenticate(&app.deps, headers)?;
        let unreadable = |error: QueryRejection| Error::BadParameter {
            code: "bad_query",
            message: error.to_string(),
            hint: "percent-encode the parameters".into(),
        };
        // Who may not read is told so whatever the parameters are.
        access::may_read(&key)?;
        Asked::by(app, key, pairs.map_err(unreadable)?.0, table)
    }

    /// The same of a key that may read.
    pub(crate) fn by(app: &App, key: Grant, pairs: Vec<(String, String)>, table: Table) -> Result<Asked, Error> {
        let sent = Sent::new(pairs, table)?;
        access::may_ask(&key, &sent)?;
        let project = access::project(&app.deps, &key, sent.one("project"))?;
        Ok(Asked { key, sent, project, now: (app.deps.now)() })
    }
}

/// How far the figures have to be, and could be.
#[derive(Debug)]
pub(crate) struct Reach {
    target: Position,
    end: Position,
    now_ms: i64,
}

impl Reach {
    /// What positions ask for; without any, what the journal holds now if the key writes too.
    pub(crate) async fn of(app: &App, asked: &Asked, positions: &[String]) -> Result<Reach, Error> {
        // The end is read before the figures: what is in at least that far is fresh to now.
        let end = app.feed.journal_end().await?;
        let target =
            if positions.is_empty() && access::waits(&asked.key) { end.clone() } else { app.positions(positions)? };
        Ok(Reach { target, end, now_ms: asked.now.timestamp_millis() })
    }

    /// Waits until the figures reach it; answers up to when they are complete, milliseconds.
    pub(crate) async fn wait(&self, app: &App, derived: bool) -> Result<i64, Error> {
        Ok(self.reached(app, derived).await?.fresh_ms(derived))
    }

    /// Waits until the figures reach it; `derived` says that those which are folded from conversations have to, too.
    pub(crate) async fn reached(&self, app: &App, derived: bool) -> Result<Reached<'_>, Error> {
        Ok(Reached { reach: self, progress: app.feed.until(&self.target, derived).await? })
    }
}

/// How far the figures are, once they are far enough.
#[derive(Debug)]
pub(crate) struct Reached<'a> {
    reach: &'a Reach,
    progress: Arc<Vec<Progress>>,
}

impl Reached<'_> {
    /// Records of the journal, of all projects, that are in no figure yet.
    pub(crate) fn records_behind(&self) -> u64 {
        let held: BTreeMap<u16, u64> = self.progress.iter().map(|p| (p.partition, p.next_offset)).collect();
        let ends = self.reach.end.0.iter();
        ends.map(|(partition, end)| end.saturating_sub(held.get(partition).copied().unwrap_or(0))).sum()
    }

    /// Up to when figures are complete, milliseconds.
    pub(crate) fn fresh_ms(&self, derived: bool) -> i64 {
        wait::fresh_to_ms(&self.progress, &self.reach.end, derived, self.reach.now_ms)
    }
}

/// A question's turn: so many are answered at once.
pub(crate) async fn turn(app: &App) -> Result<SemaphorePermit<'_>, Error> {
    let turn = tokio::time::timeout(TURN_MAX, app.turns.acquire()).await;
    turn.map_err(|_| Error::Overloaded)?.map_err(|_| Error::Overloaded)
}

/// Answers a question and counts it.
pub(crate) async fn counted<T>(
    route: &'static str,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let started = Instant::now();
    let answer = answer.await;
    count(route, started, answer.as_ref().err());
    answer
}

/// Counts a question, by what was wrong with it.
pub(crate) fn count(route: &'static str, started: Instant, wrong: Option<&Error>) {
    metrics::QUERIES.add_with(&[("route", route), ("outcome", wrong.map_or("ok", Error::code))], 1);
    metrics::QUERY_SECONDS.record(started.elapsed().as_secs_f64());
}

/// Up to when figures are complete, as answers say it.
pub(crate) fn fresh_to(fresh_ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(fresh_ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}
