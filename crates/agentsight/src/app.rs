//! What all routes share: who asks, what is stored, and how far what is read has to reach.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use api::Feed;
use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, Uri, header},
};
use bytes::Bytes;
use control::{Control, Grant, Project, Role};
use event::Timestamp;
use gateway::{Door, Receipt, Received, Unusable};
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    error::Refusal,
    files::Files,
    ids::{DEVELOPMENT, Ids, PRODUCTION},
    memory::{Memory, Remembered},
    page::Address,
    shadow::{Seen, Shadow},
    write::draft::Draft,
};

/// Largest body of any route, bytes.
pub const BODY_MAX: usize = 64 << 20;
/// Largest body of a route that takes one item.
pub(crate) const ITEM_BYTES: usize = 5 << 20;
/// Questions that are answered at once, and how long one waits for its turn.
const TURNS: usize = 16;
const TURN_MAX: Duration = Duration::from_secs(10);

/// What the routes need.
pub struct Deps {
    /// Where events go.
    pub door: Arc<Door>,
    /// Where they are read.
    pub warehouse: warehouse::Client,
    /// How far the warehouse is.
    pub feed: Feed,
    /// Where attachments are kept.
    pub files: Files,
    /// The installation's secret.
    pub secret: Arc<[u8]>,
    /// The address that clients see, where that is not the one that they send; else empty.
    pub public_url: String,
    /// What hands copies of tracking calls to another service, where that is wanted.
    pub shadow: Option<Arc<Shadow>>,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("warehouse", &self.warehouse).field("files", &self.files).finish_non_exhaustive()
    }
}

/// The state of the routes.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) deps: Deps,
    pub(crate) ids: Ids,
    pub(crate) memory: Memory,
    turns: Semaphore,
    numbered: AtomicU64,
}

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) grant: Grant,
    pub(crate) project: Arc<Project>,
}

/// What a route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Read,
    Write,
}

impl App {
    pub(crate) fn new(deps: Deps) -> App {
        let ids = Ids::new(&deps.secret);
        App { deps, ids, memory: Memory::default(), turns: Semaphore::new(TURNS), numbered: AtomicU64::new(0) }
    }

    pub(crate) fn control(&self) -> &Control {
        self.deps.door.control()
    }

    /// The caller of a request, if the key may do what the route does.
    pub(crate) fn caller(&self, headers: &HeaderMap, need: Need) -> Result<Caller, Refusal> {
        let unauthorized = |text: &str| Refusal::detail(StatusCode::UNAUTHORIZED, text);
        let missing = || unauthorized("Authentication credentials were not provided.");
        let value = headers.get(header::AUTHORIZATION).ok_or_else(missing)?;
        let sent = value.to_str().ok().and_then(|text| text.trim().split_once(' ')).ok_or_else(missing)?;
        let grant = self.control().authenticate(sent.1.trim());
        let grant = grant.ok_or_else(|| unauthorized("API key is inactive, expired or revoked."))?;
        let own = grant.project.as_deref().and_then(|id| self.control().project(id));
        let project = own.ok_or_else(|| unauthorized("API key is not linked to any agent."))?;
        let may = match need {
            Need::Read => grant.role.may_read(),
            // A browser's key says what a visitor does; these routes speak for a server.
            Need::Write => grant.role != Role::Browser && grant.role.may_ingest("message.created"),
        };
        if !may {
            let what = if need == Need::Read { "read" } else { "write" };
            return Err(Refusal::detail(
                StatusCode::FORBIDDEN,
                format!("This API key's role may not {what} here: use a key of role write."),
            ));
        }
        Ok(Caller { grant, project })
    }

    /// The body of a request that has to be a JSON object.
    pub(crate) async fn object(&self, caller: &Caller, request: Request) -> Result<Value, Refusal> {
        let received = self.received(caller, request, ITEM_BYTES).await?;
        object_of(&received.bytes)
    }

    /// The body of a request, within a limit in bytes; whoever copies the request sees it.
    pub(crate) async fn received(
        &self,
        caller: &Caller,
        request: Request,
        limit: usize,
    ) -> Result<Received<'_>, Refusal> {
        let seen = request.extensions().get::<Seen>().cloned();
        let received = self.deps.door.receive(&caller.grant, request, limit).await?;
        if let Some(seen) = seen {
            seen.set(&received.bytes);
        }
        Ok(received)
    }

    /// Stores events; answers when they are durable. What is wrong with one of them is said.
    pub(crate) async fn store(&self, caller: &Caller, drafts: Vec<Draft>) -> Result<(), Refusal> {
        let receipt = self.deliver(caller, drafts, Vec::new()).await?;
        match receipt.rejected.first() {
            Some((_, message)) if receipt.accepted == 0 => {
                Err(Refusal::detail(StatusCode::BAD_REQUEST, message.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Stores events, and what none could be made of.
    pub(crate) async fn deliver(
        &self,
        caller: &Caller,
        drafts: Vec<Draft>,
        unusable: Vec<Unusable>,
    ) -> Result<Receipt, Refusal> {
        let now = now();
        let mut bytes = b"[".to_vec();
        for (number, draft) in drafts.into_iter().enumerate() {
            if number > 0 {
                bytes.push(b',');
            }
            draft.write(now, &mut bytes);
        }
        bytes.push(b']');
        Ok(self.deps.door.take(&caller.grant, bytes, unusable).await?)
    }

    /// Waits until the warehouse holds what the key has sent, and takes a turn. A key that only reads does not wait.
    pub(crate) async fn turn(&self, caller: &Caller) -> Result<SemaphorePermit<'_>, Refusal> {
        let busy = |_| Refusal::from(api::Error::Overloaded);
        let acquired = tokio::time::timeout(TURN_MAX, self.turns.acquire()).await.map_err(busy)?;
        let turn = acquired.map_err(|_| Refusal::from(api::Error::Overloaded))?;
        if caller.grant.role.may_ingest("message.created") {
            let end = tokio::time::timeout(TURN_MAX, self.deps.feed.journal_end()).await.map_err(busy)??;
            self.deps.feed.until(&end, true).await?;
        }
        Ok(turn)
    }

    /// The address that a client asked.
    pub(crate) fn address(&self, headers: &HeaderMap, uri: &Uri) -> Address {
        Address::of(headers, uri, &self.deps.public_url)
    }

    /// A name that no other thing has.
    pub(crate) fn unique(&self) -> String {
        let number = self.numbered.fetch_add(1, Ordering::Relaxed);
        uuid::Uuid::new_v5(&uuid::Uuid::new_v4(), &number.to_be_bytes()).to_string()
    }
}

impl Caller {
    pub(crate) fn project_id(&self) -> &str {
        &self.project.id
    }

    /// The number of the project.
    pub(crate) fn agent(&self, ids: Ids) -> i64 {
        ids.of("g", self.project_id(), "")
    }

    /// The environment of what names none.
    pub(crate) fn environment(&self) -> &str {
        &self.grant.environment
    }

    /// The environment of what this key sends, if it names one: a development key sends development only.
    pub(crate) fn settled<'a>(&'a self, named: Option<&'a str>) -> &'a str {
        if &*self.grant.environment == DEVELOPMENT { DEVELOPMENT } else { named.unwrap_or(self.environment()) }
    }
}

impl App {
    /// The environments that a project knows.
    pub(crate) fn environments(&self, project: &str) -> Vec<String> {
        let mut known = vec![PRODUCTION.to_owned(), DEVELOPMENT.to_owned()];
        let own = self.control().environments(project);
        known.extend(own.iter().map(|slug| slug.to_string()).filter(|slug| slug != PRODUCTION && slug != DEVELOPMENT));
        known
    }

    /// The environment that a client names, as the project knows it.
    pub(crate) fn environment_named(&self, caller: &Caller, text: &str) -> Result<String, String> {
        let slug = text.trim().to_lowercase();
        let slug = match slug.as_str() {
            "prod" => PRODUCTION.to_owned(),
            "dev" => DEVELOPMENT.to_owned(),
            _ => slug,
        };
        let known = self.environments(caller.project_id());
        if known.contains(&slug) {
            return Ok(slug);
        }
        let shown: String = slug.chars().take(80).collect();
        Err(format!("Unknown environment '{shown}': use one of {}.", known.join(", ")))
    }

    /// Remembers a conversation, and gives its number.
    pub(crate) fn remember(&self, caller: &Caller, conversation: &str, environment: &str) -> i64 {
        let number = self.ids.conversation(caller.project_id(), conversation, environment);
        self.memory.keep(number & !1, remembered(caller, conversation, environment, ""));
        number
    }

    /// Remembers an entry of a transcript, and gives its number.
    pub(crate) fn remember_entry(
        &self,
        caller: &Caller,
        (conversation, environment): (&str, &str),
        entry: &str,
    ) -> i64 {
        let number = self.ids.message(caller.project_id(), conversation, entry);
        self.memory.keep(number, remembered(caller, conversation, environment, entry));
        number
    }
}

fn remembered(caller: &Caller, conversation: &str, environment: &str, reference: &str) -> Remembered {
    Remembered {
        project: caller.project_id().to_owned(),
        conversation: conversation.to_owned(),
        environment: environment.to_owned(),
        reference: reference.to_owned(),
    }
}

/// The JSON object in a body.
pub(crate) fn object_of(bytes: &Bytes) -> Result<Value, Refusal> {
    let bad = |text: String| Refusal::detail(StatusCode::BAD_REQUEST, text);
    let value: Value = serde_json::from_slice(bytes).map_err(|error| bad(format!("JSON parse error - {error}")))?;
    if value.is_object() { Ok(value) } else { Err(bad("Invalid data: a JSON object is expected.".to_owned())) }
}

/// The present.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
