//! For tests alone: adapters in memory that can be made to misbehave, and small random streams.

pub mod memory_journal;
mod memory_warehouse;
pub mod stream;

pub use memory_journal::{Faults, MemoryJournal, MemoryOptions};
pub use memory_warehouse::{Fault, MemoryWarehouse, Tables};
pub use stream::Random;
