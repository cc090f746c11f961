//! Tests of the worker: rebuilt cold it is as warm, and nothing is lost or doubled whatever fails.

mod cold;
mod decisions;
mod figures;
mod ownership;
mod rebalance;
mod registry;
mod seams;
mod simulation;
mod world;
