//! The way in for surfaces that speak another language than native batches: they turn a request into native events, and these
//! are judged, enriched and stored like those of a batch.

use std::sync::Arc;

use axum::extract::Request;
use bytes::Bytes;
use control::{Control, Grant};

use crate::{
    agent::Agents,
    body::{self, Bounds, Encoding},
    config::Options,
    dead_letter::{DeadLetters, Reason},
    enrich::{Sources, Visitor},
    error::Error,
    geo::Geo,
    http::{LARGE, bounds, now},
    intake::{Intake, Taken},
    judge::{self, Bench, Judged},
    limit::{Place, Room},
    metrics,
};

/// What another surface hands its events to. It has room of its own for bodies, as large as that of the native route.
#[derive(Debug)]
pub struct Door {
    intake: Arc<Intake>,
    control: Control,
    geo: Option<Geo>,
    agents: Agents,
    room: Room,
    options: Options,
}

/// A body, and the room that it takes until it is dropped.
#[derive(Debug)]
pub struct Received<'a> {
    /// The bytes, decompressed.
    pub bytes: Bytes,
    _place: Place<'a>,
}

/// A part of a request of which no event can be made; it is kept in the dead letters.
#[derive(Debug)]
pub struct Unusable {
    /// The part as it was sent.
    pub original: Bytes,
    /// Stable name of what is wrong.
    pub code: &'static str,
    /// What is wrong, for people.
    pub message: String,
}

/// What became of a request's events.
#[derive(Debug)]
pub struct Receipt {
    /// How many are durable.
    pub accepted: usize,
    /// Code and message of those that are in the dead letters.
    pub rejected: Vec<(&'static str, String)>,
}

impl Door {
    /// A door to an intake. `body_max` (bytes) is the largest body of any route of the surface, decompressed.
    pub fn new(intake: Arc<Intake>, control: Control, geo: Option<Geo>, options: Options, body_max: usize) -> Door {
        let room = Room::new(options.in_flight_max.len(), 2 * body_max, options.in_flight_wait.get());
        Door { intake, control, geo, agents: Agents::default(), room, options }
    }

    /// Projects and keys.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Receives a request's body within `limit` bytes, as sent and decompressed.
    ///
    /// # Errors
    /// When it is too large, too slow, broken off or not what its encoding says; when there is no room for it.
    pub async fn receive(&self, grant: &Grant, request: Request, limit: usize) -> Result<Received<'_>, Error> {
        let (parts, body) = request.into_parts();
        let encoding = Encoding::of(&parts.headers)?;
        let promised = body::promised_length(&parts.headers);
        let bounds = Bounds { bytes: limit, ..bounds(&self.options) };
        let mut place = self.room.enter(&grant.key_id);
        let received = body::receive(body, promised, bounds, &mut place).await.map_err(|refused| refused.error)?;
        metrics::RECEIVED.add(received.len() as u64);
        if encoding == Encoding::Identity {
            return Ok(Received { bytes: received, _place: place });
        }
        place.grow(received.len() + limit).await?;
        let inflated = tokio::task::spawn_blocking(move || body::inflate(received, encoding, limit)).await;
        let bytes = inflated.map_err(|_| Error::Internal)??;
        metrics::INFLATED.add(bytes.len() as u64);
        Ok(Received { bytes, _place: place })
    }

    /// Judges native events (a JSON list), enriches and stores them; answers when they, and what could not be used, are durable.
    /// There is no limit by rate: the clients of such surfaces lose what is refused.
    ///
    /// # Errors
    /// When nothing can be stored.
    pub async fn take(
        self: &Arc<Self>,
        grant: &Grant,
        events: Vec<u8>,
        unusable: Vec<Unusable>,
    ) -> Result<Receipt, Error> {
        let received_at = now();
        let is_large = events.len() >= LARGE;
        let (door, owned) = (Arc::clone(self), grant.clone());
        let judge = move || door.judge(&owned, &events.into());
        let judged =
            if is_large { tokio::task::spawn_blocking(judge).await.map_err(|_| Error::Internal)?? } else { judge()? };
        let Judged { records, mut dead, rejected, warnings } = judged;
        let letters = DeadLetters::new(grant, received_at);
        dead.extend(unusable.into_iter().map(|Unusable { original, code, message }| {
            letters.record(original, &Reason { code, message: &message, event_id: None })
        }));
        let accepted = records.len();
        if accepted > 0 || !dead.is_empty() {
            let (Taken::Appended(_) | Taken::Spooled) = self.intake.append(records, dead).await?;
        }
        metrics::outcome(accepted, &rejected, &warnings);
        let rejected = rejected.into_iter().map(|rejected| (rejected.code, rejected.message)).collect();
        Ok(Receipt { accepted, rejected })
    }

    fn judge(&self, grant: &Grant, events: &Bytes) -> Result<Judged, Error> {
        let visitor = Visitor::default();
        let sources = Sources { geo: self.geo.as_ref(), agents: &self.agents, visitor: &visitor };
        let bench = Bench {
            grant,
            control: &self.control,
            received_at: now(),
            events_max: usize::MAX,
            letters_unknown: false,
            sources,
        };
        judge::judge(events, false, bench)
    }
}
