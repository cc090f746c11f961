//! Attachments: kept by what they contain, given out by addresses that are signed and expire, never as something that a browser would run.

mod forget;
mod mime;
mod store;

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Path as Segments, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use hmac::{Hmac, Mac};
use object_store::path::Path as Key;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    app::{App, now},
    error::Refusal,
    page::Address,
};

pub use forget::forget_files;
pub(crate) use mime::{class, mime_of};
use store::Store;
pub use store::{Bucket, FilesPlace};

/// How long an address of a file can be used, at least and at most: it stays the same for a while, so that it can be cached.
const EXPIRY: Duration = Duration::from_secs(3_600);
/// What stands where a file of an erased person was.
const FORGOTTEN: &[u8] = b"This file was erased.\n";
/// Beginning of a file's address.
pub(crate) const ROUTE: &str = "/api/files/";
/// Types that are given out as they are; everything else is bytes.
const SHOWN: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "video/mp4",
    "video/webm",
    "application/pdf",
    "text/plain",
    "text/csv",
];

/// Where attachments are kept. Clones share it.
#[derive(Clone)]
pub struct Files {
    store: Store,
    secret: Arc<[u8]>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Files({:?})", self.store)
    }
}

/// The store of attachments cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the store of attachments cannot be used: {0}")]
pub struct FilesError(#[from] object_store::Error);

/// A file that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// By which the store knows it: a keyed digest of conversation and content, which tells nobody what it was.
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) size: usize,
    pub(crate) mime: String,
}

/// What the address of a file says, signed.
#[derive(Debug, Serialize, Deserialize)]
struct Ticket<'a> {
    project: &'a str,
    name: &'a str,
    mime: &'a str,
    /// Seconds since the epoch.
    until: i64,
}

impl Files {
    /// The files of a place. Nothing is written or connected to before the first file comes.
    ///
    /// # Errors
    /// When the settings of a bucket contradict each other.
    pub fn open(place: FilesPlace, secret: &[u8]) -> Result<Files, FilesError> {
        Ok(Files { store: Store::open(place)?, secret: derived(secret) })
    }

    /// Keeps a file for a conversation, or for what stands where that is not known; one that is kept already, or was forgotten, is not
    /// written again.
    pub(crate) async fn keep(
        &self,
        (project, conversation): (&str, &str),
        bytes: Bytes,
        mime: String,
    ) -> Result<Kept, FilesError> {
        let (sha256, size) = (hex(&Sha256::digest(&bytes)), bytes.len());
        let mut mac = self.mac(b"name");
        for part in [project, conversation, &sha256] {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        let name = hex(&mac.finalize().into_bytes());
        let key = key(project, &name);
        if !self.store.has(&key).await? {
            self.store.put(&key, bytes).await?;
        }
        Ok(Kept { name, sha256, size, mime })
    }

    /// Takes the bytes of a file away, for good: something else stays in its place, so that the same file is not kept when it is sent again.
    pub(crate) async fn forget(&self, project: &str, name: &str) -> Result<(), FilesError> {
        Ok(self.store.put(&key(project, name), Bytes::from_static(FORGOTTEN)).await?)
    }

    /// The address of a file for whoever is told it, for a while.
    pub(crate) fn url(&self, address: &Address, project: &str, name: &str, (filename, mime): (&str, &str)) -> String {
        let expiry = i64::try_from(EXPIRY.as_secs()).expect("an hour fits");
        let until = (now().0 / 1_000_000 / expiry + 2) * expiry;
        let ticket = serde_json::to_vec(&Ticket { project, name, mime, until }).expect("texts are always JSON");
        let token = format!("{}.{}", URL_SAFE_NO_PAD.encode(&ticket), URL_SAFE_NO_PAD.encode(self.sign(&ticket)));
        address.of_path(&format!("{ROUTE}{token}/{}", encoded(filename)))
    }

    fn mac(&self, ticket: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(ticket);
        mac
    }

    fn sign(&self, ticket: &[u8]) -> Vec<u8> {
        self.mac(ticket).finalize().into_bytes().to_vec()
    }

    async fn give(&self, token: &str, filename: &str) -> Result<Response, Refusal> {
        let gone = || Refusal::not_found("This address is not valid, or not any more: read the attachment again.");
        let (ticket, signature) = token.split_once('.').ok_or_else(gone)?;
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| gone());
        let (ticket, signature) = (decode(ticket)?, decode(signature)?);
        self.mac(&ticket).verify_slice(&signature).map_err(|_| gone())?;
        let ticket: Ticket<'_> = serde_json::from_slice(&ticket).map_err(|_| gone())?;
        if ticket.until < now().0 / 1_000_000 {
            return Err(gone());
        }
        let unreadable = |error: FilesError| {
            tracing::error!(%error, "an attachment could not be read");
            Refusal::from(api::Error::Overloaded)
        };
        let found = self.store.get(&key(ticket.project, ticket.name)).await;
        let found = found.map_err(|error| unreadable(error.into()))?.ok_or_else(gone)?;
        let size = found.meta.size;
        let body = if size == FORGOTTEN.len() as u64 {
            let bytes = found.bytes().await.map_err(|error| unreadable(error.into()))?;
            if bytes == FORGOTTEN {
                return Err(gone());
            }
            Body::from(bytes)
        } else {
            Body::from_stream(found.into_stream())
        };
        let mime = if SHOWN.contains(&ticket.mime) { ticket.mime } else { "application/octet-stream" };
        let disposition = format!("attachment; filename*=UTF-8''{}", encoded(filename));
        let mut response = body.into_response();
        let headers = response.headers_mut();
        let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("attachment"));
        headers.insert(header::CONTENT_TYPE, value(mime));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
        headers.insert(header::CONTENT_DISPOSITION, value(&disposition));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        Ok((StatusCode::OK, response).into_response())
    }
}

pub(crate) async fn download(
    State(app): State<Arc<App>>,
    Segments((token, filename)): Segments<(String, String)>,
) -> Result<Response, Refusal> {
    app.deps.files.give(&token, &filename).await
}

fn derived(secret: &[u8]) -> Arc<[u8]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(b"attachments");
    mac.finalize().into_bytes().as_slice().into()
}

fn key(project: &str, name: &str) -> Key {
    Key::from_iter([project, name.get(..2).unwrap_or(name), name])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Percent-encoded, but for letters, digits and a few marks.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
