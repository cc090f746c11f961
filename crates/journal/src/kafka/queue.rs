//! What a consumer has fetched of one partition, taken many messages at a time.
//!
//! The binding's own poll takes one: for each it makes an event, reads the clock twice and counts references, which is a good
//! part of what a record costs to read. The library gives whole arrays, and this is the safe form of that.
//!
//! Invariants: a message is destroyed exactly once, before the consumer it is of; nothing it lends outlives it.

#![allow(unsafe_code, reason = "the binding has no batches; every block below says why it is sound")]

use std::{
    collections::VecDeque,
    ffi::{CStr, CString},
    ptr::{self, NonNull},
    slice,
    sync::Arc,
};

use rdkafka::{
    bindings as ffi,
    consumer::{BaseConsumer, Consumer, base_consumer::PartitionQueue},
    error::{KafkaError, RDKafkaErrorCode},
};

use super::client::Context;

/// Messages taken at once. Together they weigh what a consumer may fetch ahead, at most.
const BATCH: usize = 256;

/// The queue of a partition. Fields are dropped in this order: messages, the handle, the consumer.
pub(super) struct Queue {
    taken: VecDeque<Message>,
    handle: Handle,
    /// Keeps the consumer, and the callback that tells of news.
    split: PartitionQueue<Context>,
}

impl Queue {
    /// Splits the queue off; `None` if the library has none for such a partition.
    pub(super) fn split(consumer: &Arc<BaseConsumer<Context>>, topic: &str, partition: i32) -> Option<Queue> {
        let split = consumer.split_partition_queue(topic, partition)?;
        let name = CString::new(topic).ok()?;
        // SAFETY: the client is alive (`split` keeps it), the name ends with a zero, and what is answered is a reference of ours.
        let queue =
            unsafe { ffi::rd_kafka_queue_get_partition(consumer.client().native_ptr(), name.as_ptr(), partition) };
        Some(Queue { taken: VecDeque::new(), handle: Handle(NonNull::new(queue)?), split })
    }

    /// Calls `tell` when something comes into the empty queue.
    pub(super) fn set_nonempty_callback(&mut self, tell: impl Fn() + Send + Sync + 'static) {
        self.split.set_nonempty_callback(tell);
    }

    /// The next message that is there already.
    pub(super) fn next(&mut self) -> Option<Message> {
        if self.taken.is_empty() {
            self.handle.take_into(&mut self.taken);
        }
        self.taken.pop_front()
    }
}

/// A reference to a queue of the library.
struct Handle(NonNull<ffi::rd_kafka_queue_t>);

// SAFETY: the library locks its queues; any thread may use a reference and let go of it.
unsafe impl Send for Handle {}

impl Handle {
    /// Takes what is there, without waiting.
    fn take_into(&mut self, taken: &mut VecDeque<Message>) {
        let mut batch = [ptr::null_mut(); BATCH];
        // SAFETY: the queue is a live reference, and the array has room for as many messages as it is told.
        let count = unsafe { ffi::rd_kafka_consume_batch_queue(self.0.as_ptr(), 0, batch.as_mut_ptr(), BATCH) };
        let count = usize::try_from(count).unwrap_or(0);
        taken.extend(batch.into_iter().take(count).filter_map(NonNull::new).map(Message));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the reference is ours and is let go of once.
        unsafe { ffi::rd_kafka_queue_destroy(self.0.as_ptr()) };
    }
}

/// A message, or an error in its place.
pub(super) struct Message(NonNull<ffi::rd_kafka_message_t>);

// SAFETY: a message that was taken belongs to whoever has it; the library counts its references atomically.
unsafe impl Send for Message {}

impl Message {
    fn fields(&self) -> &ffi::rd_kafka_message_t {
        // SAFETY: the library filled it, and it lives until it is dropped here.
        unsafe { self.0.as_ref() }
    }

    /// The error that came instead of a record.
    pub(super) fn error(&self) -> Option<KafkaError> {
        match RDKafkaErrorCode::from(self.fields().err) {
            RDKafkaErrorCode::NoError => None,
            RDKafkaErrorCode::PartitionEOF => Some(KafkaError::PartitionEOF(self.fields().partition)),
            code => Some(KafkaError::MessageConsumption(code)),
        }
    }

    pub(super) fn offset(&self) -> i64 {
        self.fields().offset
    }

    pub(super) fn key(&self) -> &[u8] {
        let fields = self.fields();
        // SAFETY: the library says how long it is, and keeps it as long as the message.
        unsafe { bytes(self, fields.key, fields.key_len) }
    }

    pub(super) fn value(&self) -> &[u8] {
        let fields = self.fields();
        // SAFETY: as of the key.
        unsafe { bytes(self, fields.payload, fields.len) }
    }

    /// Milliseconds since 1970 (UTC); -1 if the record has no time.
    pub(super) fn time_ms(&self) -> i64 {
        // SAFETY: a live message; nobody asks which kind of time it is.
        unsafe { ffi::rd_kafka_message_timestamp(self.0.as_ptr(), ptr::null_mut()) }
    }

    /// Names and values of its headers, in order. A name that is no UTF-8 is left out: one bad record must not stop a partition.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut headers = ptr::null_mut();
        // SAFETY: a live message; the headers stay its own.
        let outcome = unsafe { ffi::rd_kafka_message_headers(self.0.as_ptr(), &raw mut headers) };
        let headers = (outcome == ffi::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR).then_some(headers);
        // SAFETY: headers of this message, which is borrowed for as long as they are used.
        let count = headers.map_or(0, |headers| unsafe { ffi::rd_kafka_header_cnt(headers) });
        (0..count).filter_map(move |index| {
            let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
            // SAFETY: as above; the three places are ours.
            let outcome =
                unsafe { ffi::rd_kafka_header_get_all(headers?, index, &raw mut name, &raw mut value, &raw mut size) };
            if outcome != ffi::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                return None;
            }
            // SAFETY: the name ends with a zero and the value is as long as said; both live as long as the message.
            let (name, value) = unsafe { (CStr::from_ptr(name), bytes(self, value, size)) };
            name.to_str().ok().map(|name| (name, value))
        })
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: the message is ours and is destroyed once.
        unsafe { ffi::rd_kafka_message_destroy(self.0.as_ptr()) };
    }
}

/// Bytes that a message lends; none where there are none.
///
/// # Safety
/// `at` is null, or `length` bytes can be read there for as long as `_of` lives.
unsafe fn bytes(_of: &Message, at: *const std::ffi::c_void, length: usize) -> &[u8] {
    if at.is_null() {
        return &[];
    }
    // SAFETY: what the caller promises.
    unsafe { slice::from_raw_parts(at.cast(), length) }
}
