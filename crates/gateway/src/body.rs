//! Receiving a body and decompressing it, each within its bounds.

use std::{io::Read, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use bytes::Bytes;
use http_body_util::BodyExt;

use crate::{error::Error, limit::Place};

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

/// Bounds of one body. Time is what the sender takes, without what the body waits for room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
    /// From this time on the body has to have come at `bytes_per_second`.
    pub(crate) grace: Duration,
    pub(crate) bytes_per_second: usize,
}

impl Bounds {
    /// The time by which more has to come than was received.
    fn until_more(&self, received: usize) -> Duration {
        let at_rate = Duration::from_secs_f64(received as f64 / self.bytes_per_second.max(1) as f64);
        self.time.min(self.grace + at_rate)
    }

    fn too_late(&self, received: usize) -> Error {
        let taken = self.until_more(received);
        if taken < self.time {
            Error::BodyTooSlow { received, taken, bytes_per_second: self.bytes_per_second }
        } else {
            Error::BodyTimeout { received, limit: self.time }
        }
    }
}

/// The length that the headers promise.
pub(crate) fn promised_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What is set aside for a body before any of it came, in bytes.
const FIRST: usize = 64 << 10;

/// Receives a body; its place grows with it.
pub(crate) async fn receive(
    mut body: Body,
    promised: Option<usize>,
    bounds: Bounds,
    place: &mut Place<'_>,
) -> Result<Bytes, Refused> {
    let too_large = || Error::BodyTooLarge { limit: bounds.bytes, inflated: false };
    if promised.is_some_and(|length| length > bounds.bytes) {
        return Err(Refused { error: too_large(), received: Bytes::new() });
    }
    let promised = promised.unwrap_or(0);
    let mut received = Vec::with_capacity(promised.min(FIRST));
    let mut taken = Duration::ZERO;
    let error = loop {
        let asked = tokio::time::Instant::now();
        let left = bounds.until_more(received.len()).saturating_sub(taken);
        let frame = match tokio::time::timeout(left, body.frame()).await {
            Err(_) => break bounds.too_late(received.len()),
            Ok(None) => return Ok(received.into()),
            Ok(Some(Err(_))) => break Error::BodyIncomplete { received: received.len() },
            Ok(Some(Ok(frame))) => frame,
        };
        taken += asked.elapsed();
        let Ok(data) = frame.into_data() else { continue };
        let room = bounds.bytes - received.len();
        let data = &data[..data.len().min(room + 1)];
        if let Err(full) = place.grow(received.len() + data.len()).await {
            break full.into();
        }
        if received.len() + data.len() > received.capacity() {
            // More than the first piece came, so that the rest is believed.
            received.reserve_exact(data.len().max(promised.saturating_sub(received.len())));
        }
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

    const BOUNDS: Bounds =
        Bounds { bytes: 4, time: Duration::from_secs(30), grace: Duration::from_secs(5), bytes_per_second: 2 };

    async fn receive_alone(body: Body, promised: Option<usize>, bounds: Bounds) -> Result<Bytes, Refused> {
        let room = crate::limit::Room::new(1 << 20, 1 << 20, Duration::ZERO);
        let mut place = room.enter(&"key".into());
        receive(body, promised, bounds, &mut place).await
    }

    #[tokio::test]
    async fn a_body_beyond_its_bound_is_refused_with_what_came() {
        assert_eq!(receive_alone(Body::from("1234"), Some(4), BOUNDS).await.unwrap(), "1234");
        let refused = receive_alone(Body::from("12345"), None, BOUNDS).await.unwrap_err();
        assert_eq!((refused.error.code(), &refused.received[..]), ("body_too_large", &b"1234"[..]));
        let refused = receive_alone(Body::from("12345"), Some(5), BOUNDS).await.unwrap_err();
        assert_eq!(refused.error.code(), "body_too_large");
    }

    #[test]
    fn a_body_has_its_grace_then_its_rate_and_never_more_than_its_time() {
        assert_eq!(BOUNDS.until_more(0), Duration::from_secs(5));
        assert_eq!(BOUNDS.until_more(20), Duration::from_secs(15));
        assert_eq!(BOUNDS.until_more(1_000), Duration::from_secs(30));
        assert_eq!(BOUNDS.too_late(20).code(), "body_too_slow");
        assert_eq!(BOUNDS.too_late(1_000).code(), "body_timeout");
        let hasty = Bounds { time: Duration::from_secs(1), ..BOUNDS };
        assert_eq!(hasty.too_late(0).code(), "body_timeout");
    }

    /// A body that gives a byte a period, for ever.
    fn dripping(period: Duration) -> Body {
        struct Drip(tokio::time::Interval);
        impl axum::body::HttpBody for Drip {
            type Data = Bytes;
            type Error = std::convert::Infallible;
            fn poll_frame(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
                self.0.poll_tick(cx).map(|_| Some(Ok(http_body::Frame::data(Bytes::from_static(b" ")))))
            }
        }
        Body::new(Drip(tokio::time::interval(period)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_given_up_soon_after_its_grace() {
        let start = tokio::time::Instant::now();
        let bounds = Bounds { bytes: 1_000, bytes_per_second: 10, ..BOUNDS };
        let refused = receive_alone(dripping(Duration::from_secs(1)), None, bounds).await.unwrap_err();
        assert_eq!(refused.error.code(), "body_too_slow", "{}", refused.error);
        assert!(start.elapsed() < Duration::from_secs(7), "{:?}", start.elapsed());
        let start = tokio::time::Instant::now();
        let refused = receive_alone(dripping(Duration::from_millis(50)), None, bounds).await.unwrap_err();
        assert_eq!(refused.error.code(), "body_timeout", "a good rate has an end, too");
        assert_eq!(start.elapsed().as_secs(), 30);
    }
}
