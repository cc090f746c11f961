//! Generators, fault-injecting adapters and the reference model, for tests alone.

pub mod memory_journal;

pub use memory_journal::{Faults, MemoryJournal, MemoryOptions};
