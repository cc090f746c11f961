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

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Import(options) => commands::import(&options),
        Command::Loadgen(options) => commands::loadgen(&options),
        Command::Config(options) => commands::config(&options),
        _ => Ok(()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::error(&error);
            ExitCode::FAILURE
        }
    }
}
