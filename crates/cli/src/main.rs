//! The `rapport` binary: arguments to a command, its outcome to an exit code.

mod args;
mod commands;
mod demo;
mod files;
mod http;
mod run;
mod settings;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Arguments, Command};

/// Rows are many small texts that live for a second: the C library's allocator spends a third of the program's time on them, and
/// keeps what they leave behind (docs/benchmarks.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Gateway(options) => run::gateway(&options),
        Command::Worker(options) => run::worker(&options),
        Command::Api(options) => run::api(&options),
        Command::Warehouse(options) => commands::warehouse(&options),
        Command::Project(options) => commands::project(&options.command),
        Command::Key(options) => commands::key(&options.command),
        Command::Import(options) => commands::import(&options),
        Command::Loadgen(options) => commands::loadgen(&options),
        Command::Config(options) => commands::config(&options),
        Command::Metrics(options) => commands::metrics(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::error(&error);
            ExitCode::FAILURE
        }
    }
}
