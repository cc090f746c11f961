//! The pages that people look at: server-rendered HTML with inline charts, which needs no script to be read.
//!
//! Figures come from the API's own questions, asked within the process with the visitor's access (`desk`): a page and the API cannot
//! say different things. The state of a page is its address (`view`). Which panels show which metrics is data (`pages`). Nothing
//! here knows SQL, the journal or the warehouse's client.

mod access;
mod address;
mod admin;
mod answers;
mod asset;
mod brand;
mod conversation;
mod conversations;
mod desk;
mod dictionary;
mod drawing;
mod explain;
mod explore;
mod fields;
mod form;
mod health;
mod icon;
mod join;
mod live;
mod look;
mod manner;
mod pages;
mod panel;
mod refused;
mod router;
mod session;
mod settings;
mod shared;
mod shares;
mod shell;
pub mod view;
mod words;
mod write;

pub use router::{Demo, Deps, router};
