//! The real binary on a temporary directory: what a user sees, and what happens when it is killed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed, and its helpers with it")]

mod agentsight;
mod browser;
mod by_hand;
mod commands;
mod copies;
mod crashes;
mod dashboard;
mod disk;
mod eligibility;
mod erasure;
mod explained;
mod extended;
mod figures;
mod installation;
mod kcat;
mod languages;
mod one_number;
mod present;
mod producers;
mod scaled;
mod server;
mod settings;
mod shares;
mod shop;
mod spooled;
mod start;
mod tenants;
mod tidy;
mod trust;
