//! For tests alone: adapters in memory that can be made to misbehave, small random streams, Kafka on this machine, and what is read on a page.

pub mod kafka;
mod memory_group;
pub mod memory_journal;
mod memory_warehouse;
mod page;
mod small_disk;
pub mod stream;
mod tables;

pub use memory_group::{GroupOptions, MemoryGroup};
pub use memory_journal::{Faults, MemoryJournal, MemoryOptions};
pub use memory_warehouse::{Fault, MemoryWarehouse, Operation, Planned};
pub use page::visible;
pub use small_disk::SmallDisk;
pub use stream::Random;
pub use tables::{RawKey, Tables, is_flag, is_identity, is_request, raw_key};
