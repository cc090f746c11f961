//! The engine as its users meet it: a process that speaks ClickHouse's HTTP interface.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod clients;
mod http;
mod life;
mod rules;
mod support;
