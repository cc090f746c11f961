//! The present again whenever it changes, as server-sent events: each carries a part of the page as HTML. The id of an event says what
//! the client has then; one that comes back with the present's id is sent nothing until that changes, any other all of it at once.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt as _, stream};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::board;
use crate::{
    refused::Refused,
    router::{Door, visit},
};

/// Streams at once, of everybody together.
const STREAMS_MAX: usize = 64;
/// Streams of one visitor: of a key, or of all who look at a demo.
const OF_ONE_MAX: usize = 12;
/// How often the present is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// Between two signs of life where nothing changes.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// After this a stream ends; the client comes again by itself.
const LIFE_MAX: Duration = Duration::from_secs(10 * 60);
/// How long a client waits before it comes again.
const RETRY: Duration = Duration::from_secs(3);

/// The streams that are open, by visitor.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<String, usize>>>);

/// A place among them, free again when it is dropped.
#[derive(Debug)]
struct Place {
    streams: Streams,
    visitor: String,
}

impl Streams {
    /// A place for a visitor; None where there is none left.
    fn take(&self, visitor: &str) -> Option<Place> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.get(visitor).copied().unwrap_or(0);
        if own >= OF_ONE_MAX || open.values().sum::<usize>() >= STREAMS_MAX {
            return None;
        }
        open.insert(visitor.to_owned(), own + 1);
        Some(Place { streams: self.clone(), visitor: visitor.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.visitor) {
            *own -= 1;
        }
        open.retain(|_, own| *own > 0);
    }
}

/// A stream on its way.
struct Feed {
    door: Arc<Door>,
    headers: HeaderMap,
    project: String,
    query: Option<String>,
    /// Digests of the parts as the client has them.
    sent: HashMap<&'static str, String>,
    /// The id of what it has.
    known: Option<String>,
    ends: Instant,
    is_first: bool,
    _place: Place,
}

/// The stream of a visitor, who has to be let in as for the page.
pub(crate) fn events(
    door: Arc<Door>,
    headers: HeaderMap,
    (project, query): (String, Option<String>),
) -> Result<Response, Refused> {
    let visit = visit(&door, &headers, &project, query.as_deref())?;
    let Some(place) = door.streams.take(&visit.desk.reader.key_id) else {
        let full = (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")], visit.words.too_many_live());
        return Ok(full.into_response());
    };
    let known = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let closing = door.deps.closing.clone();
    let ends = Instant::now() + LIFE_MAX;
    let feed = Feed { door, headers, project, query, sent: HashMap::new(), known, ends, is_first: true, _place: place };
    let opened = stream::once(async { Event::default().retry(RETRY).comment("open") });
    let all = opened.chain(changes(feed)).map(Ok::<_, Infallible>);
    let until = all.take_until(async move { closing.wait().await });
    let lively = Sse::new(until).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here"));
    Ok(([(header::CACHE_CONTROL, "no-store")], lively).into_response())
}

/// What changes, from now to the end of the stream.
fn changes(feed: Feed) -> impl Stream<Item = Event> {
    let looks = stream::unfold(feed, |mut feed| async {
        if !std::mem::take(&mut feed.is_first) {
            tokio::time::sleep(EVERY).await;
        }
        if Instant::now() >= feed.ends {
            return None;
        }
        let events = feed.look().await?;
        Some((events, feed))
    });
    looks.flat_map(stream::iter)
}

impl Feed {
    /// What is not as the client has it; None when the visitor is not let in any more.
    async fn look(&mut self) -> Option<Vec<Event>> {
        let visit = visit(&self.door, &self.headers, &self.project, self.query.as_deref()).ok()?;
        let answer = self.door.presents.of(&visit.desk).await;
        let parts: Vec<(&'static str, String)> =
            board::parts(&visit, &answer).into_iter().map(|(name, part)| (name, part.into_string())).collect();
        let id = digest(&parts.iter().map(|(_, part)| part.as_str()).collect::<Vec<_>>().concat());
        // What the client kept over a break is the present still: only what changes from here on is sent.
        let has_all = self.known.take().is_some_and(|known| known == id);
        let mut events = Vec::new();
        for (name, part) in parts {
            let of_part = digest(&part);
            let is_known = has_all || self.sent.get(name) == Some(&of_part);
            self.sent.insert(name, of_part);
            if !is_known {
                events.push(Event::default().event(name).data(part.replace('\r', " ")));
            }
        }
        if !events.is_empty() {
            events.push(Event::default().event("as-of").id(id).data(visit.desk.now.timestamp_millis().to_string()));
        }
        Some(events)
    }
}

/// A short name of a text.
fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_for_one_and_for_all_and_come_back() {
        let streams = Streams::default();
        let mut own: Vec<Place> = (0..OF_ONE_MAX).map(|_| streams.take("a").unwrap()).collect();
        assert!(streams.take("a").is_none());
        let others: Vec<Place> =
            (0..STREAMS_MAX - OF_ONE_MAX).map(|n| streams.take(&format!("k{}", n / OF_ONE_MAX)).unwrap()).collect();
        assert!(streams.take("z").is_none(), "all together");
        own.pop();
        assert!(streams.take("a").is_some());
        drop((own, others));
        assert!(streams.0.lock().unwrap().is_empty());
    }
}
