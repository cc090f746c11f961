//! What kind of file it is.

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
