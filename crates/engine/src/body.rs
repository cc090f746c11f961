//! Request bodies: collected within bounds, and decoded as they are handed on.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use bytes::{Buf, Bytes};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::exception::{Exception, code};
use crate::options::Limits;
use crate::request::{bad_arguments, text_header};

/// The bytes of a block's hash.
const HASH: usize = 16;
/// Hash, method, compressed size, size: the bytes before the data of a compressed block.
const BLOCK_HEADER: usize = HASH + 9;
/// No client sends blocks near this size; a larger one is a mistake or an attack.
const BLOCK_BYTES_MAX: usize = 256 << 20;
/// How much of a body beyond the limit is read and thrown away, in units of the limit, and for how long.
const DISCARD_TIMES: u64 = 4;
const DISCARD_TIME: Duration = Duration::from_secs(5);
/// Bytes decoded at a time from gzip and LZ4 frames.
const STEP: usize = 1 << 20;

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Plain,
    /// ClickHouse's own compressed blocks (`decompress=1`).
    Blocks,
    Gzip,
    Deflate,
    /// LZ4 frames.
    Lz4,
}

impl Coding {
    /// Reads `decompress=1` and `Content-Encoding`.
    pub(crate) fn of(headers: &HeaderMap, blocks: bool) -> Result<Self, Exception> {
        match text_header(headers, "content-encoding").as_deref() {
            None | Some("" | "identity") => Ok(if blocks { Self::Blocks } else { Self::Plain }),
            Some(_) if blocks => Err(bad_arguments("decompress=1 and Content-Encoding cannot be combined")),
            Some("gzip" | "x-gzip") => Ok(Self::Gzip),
            Some("deflate") => Ok(Self::Deflate),
            Some("lz4") => Ok(Self::Lz4),
            Some(other) => Err(Exception::new(
                code::UNKNOWN_COMPRESSION_METHOD,
                "UNKNOWN_COMPRESSION_METHOD",
                format!("Content-Encoding {other} is not known here: use gzip, deflate, lz4 or none"),
            )),
        }
    }
}

/// The bodies of all requests together, in units of KiB.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        let units = usize::try_from(limits.bodies_bytes >> 10).unwrap_or(usize::MAX);
        Self(Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS))))
    }

    /// Collects a body.
    pub(crate) async fn collect(&self, mut body: Body, limits: &Limits) -> Result<Collected, Exception> {
        let mut collected = Collected { pieces: VecDeque::new(), length: 0, permit: None };
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Exception::network(format!("the body broke off: {error}")))?;
            let Ok(piece) = frame.into_data() else { continue };
            collected.length += piece.len();
            if collected.length as u64 > limits.body_bytes {
                drop(collected);
                discard(body, limits).await;
                let message = format!("the body has more than {} bytes: send it in parts", limits.body_bytes);
                return Err(Exception::too_large(message));
            }
            self.extend(&mut collected)?;
            collected.pieces.push_back(piece);
        }
        Ok(collected)
    }

    fn extend(&self, collected: &mut Collected) -> Result<(), Exception> {
        let held = collected.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = (collected.length >> 10).saturating_sub(held);
        if more == 0 {
            return Ok(());
        }
        let permit = u32::try_from(more).ok().and_then(|more| Arc::clone(&self.0).try_acquire_many_owned(more).ok());
        let Some(permit) = permit else {
            let message = "the bodies of other requests take all the memory for bodies: try again";
            let exception = Exception::new(code::MEMORY_LIMIT_EXCEEDED, "MEMORY_LIMIT_EXCEEDED", message);
            return Err(Exception { status: axum::http::StatusCode::SERVICE_UNAVAILABLE, ..exception });
        };
        match &mut collected.permit {
            Some(held) => held.merge(permit),
            None => collected.permit = Some(permit),
        }
        Ok(())
    }
}

/// Reads on for a while: a client that is still sending would meet a reset connection instead of the error.
async fn discard(mut body: Body, limits: &Limits) {
    let mut left = limits.body_bytes.saturating_mul(DISCARD_TIMES);
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len) as u64;
            if length > left {
                return;
            }
            left -= length;
        }
    };
    tokio::time::timeout(DISCARD_TIME, reading).await.ok();
}

/// A body as it was sent.
#[derive(Debug)]
pub(crate) struct Collected {
    pieces: VecDeque<Bytes>,
    length: usize,
    /// Gives its share of the budget back when the body is dropped.
    permit: Option<OwnedSemaphorePermit>,
}

impl Collected {
    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Puts `text` in front of the body, which must not be encoded.
    pub(crate) fn prepend(&mut self, text: Bytes) {
        self.length += text.len();
        self.pieces.push_front(text);
    }

    /// The whole body in one piece, and an empty body that keeps its share of the budget.
    pub(crate) fn split_whole(mut self) -> (Bytes, Self) {
        let whole = if self.pieces.len() == 1 {
            self.pieces.pop_front().unwrap_or_default()
        } else {
            self.pieces.drain(..).flatten().collect()
        };
        self.length = 0;
        (whole, self)
    }

    /// The whole body in one piece, decoded.
    pub(crate) fn whole(&mut self, coding: Coding, limits: &Limits) -> Result<Bytes, Exception> {
        if coding == Coding::Plain && self.pieces.len() <= 1 {
            return Ok(self.pieces.pop_front().unwrap_or_default());
        }
        let mut whole = Vec::with_capacity(self.length);
        self.decode(coding, limits, |piece| {
            whole.extend_from_slice(piece);
            true
        })?;
        Ok(whole.into())
    }

    /// Hands the decoded body to `sink`, piece by piece, until that returns false.
    pub(crate) fn decode(
        &mut self,
        coding: Coding,
        limits: &Limits,
        mut sink: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), Exception> {
        let mut total = 0_u64;
        let mut bounded = |piece: &[u8]| {
            total += piece.len() as u64;
            if total > limits.decoded_bytes {
                let message =
                    format!("the body has more than {} bytes decompressed: send it in parts", limits.decoded_bytes);
                return Err(Exception::too_large(message));
            }
            Ok(sink(piece))
        };
        match coding {
            Coding::Plain => {
                while let Some(piece) = self.pieces.pop_front() {
                    if !bounded(&piece)? {
                        return Ok(());
                    }
                }
                Ok(())
            }
            Coding::Blocks => self.decode_blocks(bounded),
            Coding::Gzip => pump(flate2::read::MultiGzDecoder::new(Chain(&mut self.pieces)), bounded),
            Coding::Deflate => pump(flate2::read::ZlibDecoder::new(Chain(&mut self.pieces)), bounded),
            Coding::Lz4 => pump(lz4_flex::frame::FrameDecoder::new(Chain(&mut self.pieces)), bounded),
        }
    }

    fn decode_blocks(&mut self, mut sink: impl FnMut(&[u8]) -> Result<bool, Exception>) -> Result<(), Exception> {
        let mut decoded = Vec::new();
        loop {
            let header = self.peek(BLOCK_HEADER);
            if header.is_empty() {
                return Ok(());
            }
            if header.len() < BLOCK_HEADER {
                return Err(broken("a compressed block is cut off"));
            }
            let number = |at: usize| {
                let bytes = header[at..at + 4].try_into().expect("four bytes of a header of 25");
                u32::from_le_bytes(bytes) as usize
            };
            let (method, compressed, size) = (header[HASH], number(17), number(21));
            if !(BLOCK_HEADER - HASH..=BLOCK_BYTES_MAX).contains(&compressed) || size > BLOCK_BYTES_MAX {
                return Err(broken("a compressed block claims an impossible size"));
            }
            self.take(HASH)?;
            let block = self.take(compressed)?;
            check_hash(&header[..HASH], &block)?;
            let data = &block[BLOCK_HEADER - HASH..];
            let piece: &[u8] = match method {
                0x02 => data,
                0x82 => {
                    decoded.resize(size, 0);
                    let length = lz4_flex::block::decompress_into(data, &mut decoded)
                        .map_err(|error| broken(format!("a compressed block is broken: {error}")))?;
                    &decoded[..length]
                }
                method => {
                    return Err(Exception::new(
                        code::UNKNOWN_COMPRESSION_METHOD,
                        "UNKNOWN_COMPRESSION_METHOD",
                        format!("compression method {method:#04x} is not known here: use LZ4 or none"),
                    ));
                }
            };
            if piece.len() != size {
                return Err(broken("a compressed block has another size than it claims"));
            }
            if !sink(piece)? {
                return Ok(());
            }
        }
    }

    /// A copy of the next `count` bytes, or of as many as there are.
    fn peek(&self, count: usize) -> Vec<u8> {
        self.pieces.iter().flat_map(|piece| piece.iter()).take(count).copied().collect()
    }

    /// Takes the next `count` bytes, without a copy when they lie in one piece.
    fn take(&mut self, count: usize) -> Result<Bytes, Exception> {
        while self.pieces.front().is_some_and(Bytes::is_empty) {
            self.pieces.pop_front();
        }
        if let Some(front) = self.pieces.front_mut().filter(|front| front.len() >= count) {
            return Ok(front.split_to(count));
        }
        if self.pieces.iter().map(Bytes::len).sum::<usize>() < count {
            return Err(broken("a compressed block is cut off"));
        }
        let mut taken = Vec::with_capacity(count);
        Chain(&mut self.pieces).take(count as u64).read_to_end(&mut taken).map_err(broken)?;
        Ok(taken.into())
    }
}

/// The hash of a block is CityHash128 in the version that ClickHouse froze, its two halves exchanged.
fn check_hash(expected: &[u8], block: &[u8]) -> Result<(), Exception> {
    if expected == cityhash_rs::cityhash_102_128(block).rotate_left(64).to_le_bytes() {
        return Ok(());
    }
    let message = "the hash of a compressed block is wrong: it was damaged on its way";
    Err(Exception::new(code::CHECKSUM_DOESNT_MATCH, "CHECKSUM_DOESNT_MATCH", message))
}

fn pump(mut reader: impl Read, mut sink: impl FnMut(&[u8]) -> Result<bool, Exception>) -> Result<(), Exception> {
    let mut buffer = vec![0; STEP];
    loop {
        let length = match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(format!("the body cannot be decompressed: {error}"))),
        };
        if !sink(&buffer[..length])? {
            return Ok(());
        }
    }
}

fn broken(message: impl std::fmt::Display) -> Exception {
    Exception::new(code::CANNOT_DECOMPRESS, "CANNOT_DECOMPRESS", message)
}

/// Pieces read as one.
struct Chain<'a>(&'a mut VecDeque<Bytes>);

impl Read for Chain<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while let Some(front) = self.0.front_mut() {
            if front.is_empty() {
                self.0.pop_front();
                continue;
            }
            let length = front.len().min(buffer.len());
            front.copy_to_slice(&mut buffer[..length]);
            return Ok(length);
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests;
