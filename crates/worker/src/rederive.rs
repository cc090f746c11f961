//! Conversations of an earlier definition: before a worker of another definition folds anything, all of them are folded anew from
//! the raw events. It is done once; what remembers that is a row of the warehouse.

use warehouse::ConversationKey;

use crate::derive::{CHUNK, derive_whole};
use crate::flush::persist;
use crate::{Deps, Error};

/// Folds every conversation anew, unless that is done. Nothing may be folded meanwhile: a conversation without a derived row is
/// taken for a new one.
pub(crate) async fn rederive(deps: &Deps) -> Result<(), Error> {
    let generation = deps.options.generation;
    if persist("read the derivation", || deps.sink.is_derived(generation)).await? {
        return Ok(());
    }
    let mut after = ConversationKey::default();
    let mut done: usize = 0;
    loop {
        let keys = persist("list conversations", || deps.sink.conversations_after(&after, CHUNK)).await?;
        let Some(last) = keys.last() else { break };
        after = last.clone();
        done += keys.len();
        derive_whole(deps, keys).await?;
        tracing::info!(conversations = done, "conversations are derived anew");
    }
    persist("remember the derivation", || deps.sink.write_derived(generation)).await
}
