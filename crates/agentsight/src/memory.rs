//! What this process remembers of numbers that it gave out: it saves look-ups, and nothing depends on it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Numbers of one generation; two are held.
const GENERATION: usize = 50_000;

/// What a number stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remembered {
    /// The project.
    pub(crate) project: String,
    /// The conversation.
    pub(crate) conversation: String,
    /// Its environment.
    pub(crate) environment: String,
    /// The entry of its transcript; empty for the conversation itself.
    pub(crate) reference: String,
}

/// The newest numbers, bounded: when a generation is full, the one before it is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    generations: Mutex<[HashMap<i64, Remembered>; 2]>,
}

impl Memory {
    /// What a number stands for in a project. The lowest bit of a conversation's number does not matter.
    pub(crate) fn find(&self, project: &str, number: i64) -> Option<Remembered> {
        let held = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = held.iter().filter_map(|generation| generation.get(&number));
        found.find(|remembered| remembered.project == project).cloned()
    }

    /// Remembers a number.
    pub(crate) fn keep(&self, number: i64, remembered: Remembered) {
        let mut held = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if held[0].len() >= GENERATION {
            held[1] = std::mem::take(&mut held[0]);
        }
        held[0].insert(number, remembered);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(conversation: &str) -> Remembered {
        let of = |text: &str| text.to_owned();
        Remembered {
            project: of("shop"),
            conversation: of(conversation),
            environment: of("production"),
            reference: of(""),
        }
    }

    #[test]
    fn numbers_are_of_their_project_and_the_memory_is_bounded() {
        let memory = Memory::default();
        memory.keep(7, remembered("c7"));
        assert_eq!(memory.find("shop", 7), Some(remembered("c7")));
        assert_eq!(memory.find("other", 7), None);
        for number in 0..3 * i64::try_from(GENERATION).unwrap() {
            memory.keep(1_000 + number, remembered("x"));
        }
        assert_eq!(memory.find("shop", 7), None);
        let held: usize = memory.generations.lock().unwrap().iter().map(HashMap::len).sum();
        assert!(held <= 2 * GENERATION, "{held}");
    }
}
