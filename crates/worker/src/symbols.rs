//! Names as small numbers, so that a counter's key is a few integers.

use std::collections::HashMap;

/// A name of this worker's memory; means nothing outside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Symbol(u32);

/// The names seen.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    by_name: HashMap<Box<str>, Symbol, foldhash::fast::FixedState>,
    names: Vec<Box<str>>,
}

impl Symbols {
    /// The symbol of a name.
    pub(crate) fn of(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.by_name.get(name) {
            return *symbol;
        }
        let symbol = Symbol(u32::try_from(self.names.len()).expect("fewer than 2^32 names fit into memory"));
        self.names.push(name.into());
        self.by_name.insert(name.into(), symbol);
        symbol
    }

    /// The name of a symbol.
    pub(crate) fn name(&self, symbol: Symbol) -> &str {
        &self.names[symbol.0 as usize]
    }
}
