//! The task that carries requests out, on the worker that owns the first partition: one of all of them, and two do no harm.

use std::time::Duration;

use journal::Topic;
use tokio::time::Instant;
use warehouse::ErrorClass;

use super::Erasures;
use super::carry_out::{carry_out, clean_all, clean_found, clean_loose};
use crate::owners::Owners;
use crate::{Deps, Error};

/// Longest time until a request is seen that another worker has taken in.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// Time after which conversations are looked at again that are redacted: a worker that did not know it, because it was frozen in the
/// middle of a write, may have woken up.
const CLEAN_AGAIN: Duration = Duration::from_secs(3_600);

/// Carries requests out, for ever.
pub(crate) async fn run(deps: Deps, erasures: Erasures, owners: Owners, is_sole: bool) -> Result<(), Error> {
    let mut cleaned: Option<Instant> = None;
    loop {
        if owners.tenure(Topic::Events, 0).is_some() {
            let is_due = cleaned.is_none_or(|at| at.elapsed() >= CLEAN_AGAIN);
            match round(&deps, &erasures, is_sole, is_due).await {
                Ok(()) if is_due => cleaned = Some(Instant::now()),
                Ok(()) => {}
                Err(Error::Warehouse(error)) if error.class() == ErrorClass::Fatal => return Err(error.into()),
                Err(error) => {
                    tracing::error!(%error, "erasures are not carried out; trying again");
                    cleaned = None;
                }
            }
        }
        tokio::select! {
            () = erasures.news.notified() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Carries out what is asked for, and redacts what came to light since.
async fn round(deps: &Deps, erasures: &Erasures, is_sole: bool, all: bool) -> Result<(), Error> {
    let requests = erasures.client.erasure_requests(None).await?;
    for request in &requests {
        carry_out(deps, erasures, request, is_sole).await?;
    }
    clean_found(deps, erasures).await?;
    clean_loose(erasures, ("", "")).await?;
    if all { clean_all(deps, erasures).await } else { Ok(()) }
}
