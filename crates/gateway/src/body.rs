//! Receiving a body and decompressing it, each within its bounds.

use std::{io::Read, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use bytes::Bytes;
use http_body_util::BodyExt;

use crate::error::Error;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

/// What was received before a refusal, for the dead letters.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: Error,
    pub(crate) received: Bytes,
}

impl Encoding {
    /// What the headers say.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Error> {
        let Some(value) = headers.get(header::CONTENT_ENCODING) else { return Ok(Self::Identity) };
        let text = String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase();
        match text.as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            _ => Err(Error::EncodingUnsupported { encoding: text.chars().take(40).collect() }),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// Bounds of one body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
}

/// The length that the headers promise.
pub(crate) fn promised_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Receives a body.
pub(crate) async fn receive(body: Body, promised: Option<usize>, bounds: Bounds) -> Result<Bytes, Refused> {
    let too_large = || Error::BodyTooLarge { limit: bounds.bytes, inflated: false };
    if promised.is_some_and(|length| length > bounds.bytes) {
        return Err(Refused { error: too_large(), received: Bytes::new() });
    }
    let mut received = Vec::with_capacity(promised.unwrap_or(0));
    let end = tokio::time::Instant::now() + bounds.time;
    let mut body = body;
    let error = loop {
        let frame = match tokio::time::timeout_at(end, body.frame()).await {
            Err(_) => break Error::BodyTimeout { received: received.len(), limit: bounds.time },
            Ok(None) => return Ok(received.into()),
            Ok(Some(Err(_))) => break Error::BodyIncomplete { received: received.len() },
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else { continue };
        let room = bounds.bytes - received.len();
        received.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            break too_large();
        }
    };
    Err(Refused { error, received: received.into() })
}

/// Largest window of zstd, as a power of two: what a decoder sets aside before the first byte comes out.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Decompresses a body; never holds more than the limit and one byte.
pub(crate) fn inflate(body: Bytes, encoding: Encoding, limit: usize) -> Result<Bytes, Error> {
    let malformed = |e: std::io::Error| Error::EncodingMalformed { encoding: encoding.name(), message: e.to_string() };
    match encoding {
        Encoding::Identity => Ok(body),
        Encoding::Gzip => read_within(flate2::read::MultiGzDecoder::new(&body[..]), limit).map_err(malformed)?,
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(&body[..]).map_err(malformed)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(malformed)?;
            read_within(decoder, limit).map_err(malformed)?
        }
    }
}

/// Reads to the end, unless the limit comes first.
fn read_within(reader: impl Read, limit: usize) -> std::io::Result<Result<Bytes, Error>> {
    let mut inflated = Vec::new();
    reader.take(limit as u64 + 1).read_to_end(&mut inflated)?;
    if inflated.len() > limit {
        return Ok(Err(Error::BodyTooLarge { limit, inflated: true }));
    }
    Ok(Ok(inflated.into()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn both_compressions_come_back_whole() {
        let body = b"[1,2,3]".repeat(100);
        assert_eq!(inflate(gzip(&body), Encoding::Gzip, 10_000).unwrap(), body);
        let zstd = zstd::encode_all(&body[..], 3).unwrap();
        assert_eq!(inflate(zstd.into(), Encoding::Zstd, 10_000).unwrap(), body);
    }

    #[test]
    fn the_limit_counts_what_comes_out() {
        let body = vec![b' '; 1_000];
        assert!(inflate(gzip(&body), Encoding::Gzip, 1_000).is_ok());
        let error = inflate(gzip(&body), Encoding::Gzip, 999).unwrap_err();
        assert_eq!(error.code(), "body_too_large_inflated");
    }

    #[test]
    fn what_is_not_what_it_says_is_refused() {
        let mut half = gzip(b"[1,2,3]").to_vec();
        half.truncate(half.len() - 4);
        for (body, encoding) in [
            (b"[1,2,3]".to_vec(), Encoding::Gzip),
            (b"[1,2,3]".to_vec(), Encoding::Zstd),
            (half, Encoding::Gzip),
            (Vec::new(), Encoding::Gzip),
        ] {
            assert_eq!(inflate(body.into(), encoding, 100).unwrap_err().code(), "encoding_malformed", "{encoding:?}");
        }
    }

    #[test]
    fn a_zstd_window_larger_than_any_batch_is_refused() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(&vec![b' '; 1 << 20]).unwrap();
        let body = encoder.finish().unwrap();
        assert_eq!(inflate(body.into(), Encoding::Zstd, 5 << 20).unwrap_err().code(), "encoding_malformed");
    }

    #[tokio::test]
    async fn a_body_beyond_its_bound_is_refused_with_what_came() {
        let bounds = Bounds { bytes: 4, time: Duration::from_secs(30) };
        assert_eq!(receive(Body::from("1234"), Some(4), bounds).await.unwrap(), "1234");
        let refused = receive(Body::from("12345"), None, bounds).await.unwrap_err();
        assert_eq!((refused.error.code(), &refused.received[..]), ("body_too_large", &b"1234"[..]));
        assert_eq!(receive(Body::from("12345"), Some(5), bounds).await.unwrap_err().error.code(), "body_too_large");
    }
}
