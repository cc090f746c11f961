//! For tests alone: adapters in memory that can be made to misbehave.

mod memory_warehouse;

pub use memory_warehouse::{Fault, MemoryWarehouse, Tables};
