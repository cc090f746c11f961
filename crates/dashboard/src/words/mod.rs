//! What pages say, in every language: texts side by side (`chart::words!`), the registry's sentences from a file a language (`registry`).

mod board;
mod conversations;
mod doors;
mod mends;
mod names;
mod pages;
mod panels;
mod refusals;
mod registry;
mod script;
mod settings;
mod shares;
mod shell;
#[cfg(test)]
mod tests;

use std::ops::Deref;

use chart::Locale;
use maud::PreEscaped;

pub(crate) use names::capitalised;

/// A language: what pages say in it. Numbers and dates are its [`Locale`]'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Locale);

/// A text that pages declare: see `pages`.
pub(crate) type Say = fn(Words) -> &'static str;

impl Deref for Words {
    type Target = Locale;

    fn deref(&self) -> &Locale {
        &self.0
    }
}

/// A sentence with markup among its arguments, each of which is escaped already.
pub(crate) fn marked(sentence: String) -> PreEscaped<String> {
    PreEscaped(sentence)
}
