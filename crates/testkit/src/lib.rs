//! For tests alone: adapters in memory that can be made to misbehave, and small random streams.

pub mod memory_journal;
mod memory_warehouse;
mod small_disk;
pub mod stream;

pub use memory_journal::{Faults, MemoryJournal, MemoryOptions};
pub use memory_warehouse::{Fault, MemoryWarehouse, Tables};
pub use small_disk::SmallDisk;
pub use stream::Random;
