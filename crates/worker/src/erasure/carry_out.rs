//! One request carried out. Every step may be repeated, and the one that a repetition begins with comes last.

use std::{collections::BTreeSet, sync::Arc};

use warehouse::erasure::{ErasedConversation, ErasedFile, ErasedId, ErasureRequest, Key, Mode, Receipt, Renamed};
use warehouse::query::{self, Link, persons};
use warehouse::{ConversationKey, RawRow};

use super::{Erasures, KNOWN_FOR};
use crate::derive::{CHUNK, derive_whole};
use crate::{Deps, Error};

/// Conversations that are redacted at once.
const CONVERSATIONS_AT_ONCE: usize = 100;

/// Carries a request out and writes its receipt.
pub(super) async fn carry_out(
    deps: &Deps,
    erasures: &Erasures,
    request: &ErasureRequest,
    is_sole: bool,
) -> Result<(), Error> {
    let client = &erasures.client;
    let scope = (request.project.as_str(), request.environment.as_str());
    let persons = persons(&links(erasures, scope, &request.user_id).await?, &request.user_id);
    let keys: Vec<Key<'_>> = persons.iter().filter_map(|person| Key::of_person(person)).collect();
    let known = erasures.look().await?;
    let pairs: Vec<Renamed<'_>> =
        keys.iter().map(|key| (*key, known.erased.pseudonym(scope.0, scope.1, *key))).collect();
    drop(known);
    client.write_erased_ids(&ids(request, &pairs)).await?;
    let pseudonyms: Vec<Key<'_>> = pairs.iter().map(|(key, pseudonym)| key.with(pseudonym)).collect();
    let named: Vec<Key<'_>> = keys.iter().copied().chain(pseudonyms).collect();
    let conversations = client.conversations_naming(scope, &named).await?;
    client.write_erased_conversations(&of_request(request, &conversations)).await?;
    erasures.settle().await?;
    if !is_sole {
        // Other workers write by what they knew until they have looked again.
        tokio::time::sleep(KNOWN_FOR * 2).await;
    }
    // What came in while it was not known to be someone's.
    let conversations = client.conversations_naming(scope, &named).await?;
    client.write_erased_conversations(&of_request(request, &conversations)).await?;
    erasures.settle().await?;

    // A pseudonym stands for itself: its own activity stays.
    let renamed: Vec<Renamed<'_>> = pairs.iter().filter(|(key, pseudonym)| key.id() != pseudonym).cloned().collect();
    client.copy_activity(scope, &renamed).await?;
    let mode = request.mode.number();
    let asking = (request.conversation_id.as_str(), request.event_id.as_str());
    let mut rows = redact(erasures, scope, (&conversations, mode), asking).await?;
    let others = client.unredacted_naming(scope, &named, mode).await?;
    rows += replace(erasures, others, asking).await?;
    client.remove_replaced(scope, mode).await?;
    rows += clean_loose(erasures, asking).await?;
    fold_anew(deps, erasures, scope, &conversations).await?;
    client.empty_letters(scope.0, &renamed).await?;
    client.rename_persons(scope, &renamed).await?;
    client.rename_identities(scope, &renamed).await?;
    client.write_receipt(&receipt(request, conversations.len() as u64, rows, (deps.clock)())).await?;
    tracing::info!(request = request.request_id, rows, "a person was erased");
    Ok(())
}

async fn links(erasures: &Erasures, scope: (&str, &str), user: &str) -> Result<Vec<Link>, Error> {
    match query::links(&erasures.client, scope, user).await {
        Ok(links) => Ok(links),
        Err(query::Error::Warehouse(error)) => Err(error.into()),
        Err(error) => Err(Error::Erasure(error.to_string())),
    }
}

fn ids(request: &ErasureRequest, pairs: &[Renamed<'_>]) -> Vec<ErasedId> {
    let id = |(_, pseudonym): &Renamed<'_>| ErasedId {
        project: request.project.clone(),
        environment: request.environment.clone(),
        pseudonym: pseudonym.clone(),
        mode: request.mode.number(),
    };
    pairs.iter().map(id).collect()
}

fn of_request(request: &ErasureRequest, conversations: &[String]) -> Vec<ErasedConversation> {
    let conversation = |id: &String| ErasedConversation {
        project: request.project.clone(),
        environment: request.environment.clone(),
        conversation_id: id.clone(),
        mode: request.mode.number(),
    };
    conversations.iter().map(conversation).collect()
}

fn receipt(request: &ErasureRequest, conversations: u64, rows: u64, done_at: i64) -> Receipt {
    Receipt {
        project: request.project.clone(),
        environment: request.environment.clone(),
        conversation_id: request.conversation_id.clone(),
        event_id: request.event_id.clone(),
        request_id: request.request_id.clone(),
        mode: request.mode.number(),
        requested_at: request.requested_us,
        done_at,
        conversations,
        rows,
    }
}

/// Writes redacted rows of conversations beside those that they replace; how many. `asking` is conversation and id of the event that
/// asks for it.
async fn redact(
    erasures: &Erasures,
    scope: (&str, &str),
    (conversations, mode): (&[String], u8),
    asking: (&str, &str),
) -> Result<u64, Error> {
    let mut replaced = 0;
    for conversations in conversations.chunks(CONVERSATIONS_AT_ONCE) {
        let rows = erasures.client.unredacted(scope, conversations, mode).await?;
        replaced += replace(erasures, rows, asking).await?;
    }
    Ok(replaced)
}

async fn replace(erasures: &Erasures, mut rows: Vec<RawRow>, asking: (&str, &str)) -> Result<u64, Error> {
    let look = erasures.look().await?;
    erasures.remember_files(&look.erased.files(&rows, asking)).await?;
    rows.iter_mut().for_each(|row| look.erased.redact_raw(row));
    erasures.client.write_redacted(&rows).await?;
    Ok(rows.len() as u64)
}

/// Folds conversations from what is left of their events, and removes the rows that were folded before.
async fn fold_anew(
    deps: &Deps,
    erasures: &Erasures,
    (project, environment): (&str, &str),
    conversations: &[String],
) -> Result<(), Error> {
    for conversations in conversations.chunks(CHUNK) {
        let key = |id: &String| ConversationKey { project: project.to_owned(), conversation_id: id.clone() };
        derive_whole(deps, conversations.iter().map(key)).await?;
    }
    Ok(erasures.client.remove_stale_states((project, environment)).await?)
}

/// Redacts what of all erased conversations is not, whoever wrote it.
pub(super) async fn clean_all(deps: &Deps, erasures: &Erasures) -> Result<(), Error> {
    erasures.read_again().await?;
    let known = Arc::clone(&erasures.look().await?.erased);
    for scope in known.scopes() {
        for mode in [Mode::Anonymise, Mode::Full] {
            clean(deps, erasures, scope, (&known.conversations(scope.0, scope.1, mode.number()), mode.number()))
                .await?;
        }
    }
    Ok(())
}

/// Redacts what names an erased conversation, or a message of one, by a number alone: only once it is written it can be told whose it is.
/// How many rows.
pub(super) async fn clean_loose(erasures: &Erasures, asking: (&str, &str)) -> Result<u64, Error> {
    let look = erasures.look().await?;
    let projects: BTreeSet<&str> = look.erased.scopes().map(|(project, _)| project).collect();
    let (client, mut redacted) = (&erasures.client, 0);
    for (project, mode) in projects.into_iter().flat_map(|it| [(it, Mode::Full), (it, Mode::Anonymise)]) {
        let mut rows = client.unredacted_loose(project, erasures.numbers, mode).await?;
        let files: Vec<ErasedFile> = rows.iter().filter_map(|row| ErasedFile::of(row, asking)).collect();
        erasures.remember_files(&files).await?;
        rows.iter_mut().for_each(|row| look.erased.redact_loose(row, mode.number()));
        client.write_redacted(&rows).await?;
        let environments: BTreeSet<&str> = rows.iter().map(|row| row.environment.as_str()).collect();
        for environment in environments {
            client.remove_replaced((project, environment), mode.number()).await?;
        }
        redacted += rows.len() as u64;
    }
    Ok(redacted)
}

/// The same of conversations that came to light one by one.
pub(super) async fn clean_found(deps: &Deps, erasures: &Erasures) -> Result<(), Error> {
    for found in erasures.take_found() {
        let ErasedConversation { project, environment, conversation_id, mode } = found;
        clean(deps, erasures, (&project, &environment), (&[conversation_id], mode)).await?;
    }
    Ok(())
}

async fn clean(
    deps: &Deps,
    erasures: &Erasures,
    scope: (&str, &str),
    (conversations, mode): (&[String], u8),
) -> Result<(), Error> {
    if redact(erasures, scope, (conversations, mode), ("", "")).await? > 0 {
        erasures.client.remove_replaced(scope, mode).await?;
        fold_anew(deps, erasures, scope, conversations).await?;
    }
    Ok(())
}
