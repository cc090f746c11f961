//! Attachments: kept by what they contain, given out by addresses that are signed and expire, never as something that a browser would run.

use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt as _, path::Path, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Path as Segments, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use hmac::{Hmac, Mac};
use object_store::{ObjectStore, local::LocalFileSystem, path::Path as Key};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    app::{App, now},
    error::Refusal,
    page::Address,
};

/// How long an address of a file can be used, at least and at most: it stays the same for a while, so that it can be cached.
const EXPIRY: Duration = Duration::from_secs(3_600);
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

/// Where attachments are kept.
#[derive(Clone)]
pub struct Files {
    /// Made when the first file comes: a process that gets none writes nothing.
    directory: Arc<Path>,
    secret: Arc<[u8]>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Files({})", self.directory.display())
    }
}

/// The store of attachments cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the store of attachments cannot be used: {0}")]
pub(crate) struct FilesError(#[from] object_store::Error);

/// A file that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) sha256: String,
    pub(crate) size: usize,
    pub(crate) mime: String,
}

/// What the address of a file says, signed.
#[derive(Debug, Serialize, Deserialize)]
struct Ticket<'a> {
    project: &'a str,
    sha256: &'a str,
    mime: &'a str,
    /// Seconds since the epoch.
    until: i64,
}

impl Files {
    /// A store in a directory.
    pub fn in_directory(directory: &Path, secret: &[u8]) -> Files {
        Files { directory: directory.into(), secret: derived(secret) }
    }

    fn store(&self) -> Result<LocalFileSystem, FilesError> {
        if !self.directory.is_dir() {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
            made.map_err(|source| object_store::Error::Generic { store: "directory", source: source.into() })?;
        }
        Ok(LocalFileSystem::new_with_prefix(&self.directory)?)
    }

    /// Keeps a file; one that is kept already is not written again.
    pub(crate) async fn keep(&self, project: &str, bytes: Bytes, mime: String) -> Result<Kept, FilesError> {
        let size = bytes.len();
        let digest = Sha256::digest(&bytes);
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let key = key(project, &sha256);
        let store = self.store()?;
        match store.head(&key).await {
            Ok(_) => {}
            Err(object_store::Error::NotFound { .. }) => {
                store.put(&key, bytes.into()).await?;
                synced(&self.directory, &key).await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(Kept { sha256, size, mime })
    }

    /// The address of a file for whoever is told it, for a while.
    pub(crate) fn url(&self, address: &Address, project: &str, sha256: &str, (filename, mime): (&str, &str)) -> String {
        let expiry = i64::try_from(EXPIRY.as_secs()).expect("an hour fits");
        let until = (now().0 / 1_000_000 / expiry + 2) * expiry;
        let ticket = serde_json::to_vec(&Ticket { project, sha256, mime, until }).expect("texts are always JSON");
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
        let store = self.store().map_err(unreadable)?;
        let found = match store.get(&key(ticket.project, ticket.sha256)).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Err(gone()),
            Err(error) => return Err(unreadable(error.into())),
        };
        let size = found.meta.size;
        let mime = if SHOWN.contains(&ticket.mime) { ticket.mime } else { "application/octet-stream" };
        let disposition = format!("attachment; filename*=UTF-8''{}", encoded(filename));
        let mut response = Body::from_stream(found.into_stream()).into_response();
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

fn key(project: &str, sha256: &str) -> Key {
    Key::from_iter([project, &sha256[..sha256.len().min(2)], sha256])
}

/// Waits until a file in a directory is on the disk, with the directories that name it: the store itself only writes.
async fn synced(directory: &Arc<Path>, key: &Key) -> Result<(), object_store::Error> {
    let file = directory.join(key.as_ref());
    let root = Arc::clone(directory);
    let sync = move || {
        let within = file.ancestors().take_while(|path| path.starts_with(&root));
        within.map(Path::to_owned).try_for_each(|path| std::fs::File::open(path)?.sync_all())
    };
    let failed =
        |source: Box<dyn std::error::Error + Send + Sync>| object_store::Error::Generic { store: "directory", source };
    let done = tokio::task::spawn_blocking(sync).await.map_err(|error| failed(error.into()))?;
    done.map_err(|error| failed(error.into()))
}

/// Percent-encoded, but for letters, digits and a few marks.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The type of a file: what its first bytes say, else its name, else its client. The client's guess is made of few bytes, and what it
/// claims to be text may be a page.
pub(crate) fn mime_of(filename: &str, sent: Option<&str>, bytes: &[u8]) -> String {
    let sent = sent.map(|mime| mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let sent = sent.filter(|mime| mime.contains('/'));
    let found = sniffed(bytes).map(str::to_owned).or_else(|| named(filename).map(str::to_owned)).or(sent);
    found.unwrap_or_else(|| "application/octet-stream".to_owned())
}

fn sniffed(bytes: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: &[(&[u8], &str)] = &[
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"%PDF-", "application/pdf"),
        (b"OggS", "audio/ogg"),
        (b"ID3", "audio/mpeg"),
        (b"\x1a\x45\xdf\xa3", "video/webm"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
    ];
    let riff = || match (bytes.get(..4)?, bytes.get(8..12)?) {
        (b"RIFF", b"WEBP") => Some("image/webp"),
        (b"RIFF", b"WAVE") => Some("audio/wav"),
        (_, kind) if bytes.get(4..8) == Some(b"ftyp") && !kind.is_empty() => Some("video/mp4"),
        _ => None,
    };
    let begins = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning)).map(|(_, mime)| *mime);
    // Office's files are archives: what their names say is more.
    begins.filter(|mime| *mime != "application/zip").or_else(riff)
}

fn named(filename: &str) -> Option<&'static str> {
    Some(match filename.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "txt" | "log" | "md" => "text/plain",
        "csv" => "text/csv",
        "json" => "application/json",
        "html" | "htm" => "text/html",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "ogg" => "audio/ogg",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "zip" => "application/zip",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => return None,
    })
}

/// The class of a type, as clients know it.
pub(crate) fn class(mime: &str) -> &'static str {
    match mime.split('/').next() {
        Some("image") => "image",
        Some("audio") => "audio",
        Some("video") => "video",
        Some("text") => "text",
        _ => "document",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_go_before_the_name_and_that_before_the_client() {
        assert_eq!(mime_of("a.txt", Some("text/csv"), b"x,y"), "text/plain");
        assert_eq!(mime_of("a.png", None, b"<script>"), "image/png");
        assert_eq!(mime_of("a.txt", None, b"\x89PNG\r\n\x1a\n"), "image/png");
        assert_eq!(mime_of("raw", Some("Text/X; charset=a"), b"\0"), "text/x");
        assert_eq!(mime_of("raw.bin", None, b"\0"), "application/octet-stream");
    }
}
