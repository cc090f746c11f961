//! The API over HTTP, on a real journal and control log.

mod keys;
mod reading;
mod server;
