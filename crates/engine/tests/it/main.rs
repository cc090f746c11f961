//! The engine as its users meet it: a process that speaks ClickHouse's HTTP interface.

mod clients;
mod http;
mod life;
mod rules;
mod support;
