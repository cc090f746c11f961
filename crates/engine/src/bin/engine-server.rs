//! The engine alone, as a process: what the tests of this crate start, kill and start again.
//!
//! `engine-server DATA_DIR [NAME=VALUE …]` serves, with the limits that are named; `engine-server supervise DATA_DIR`
//! is a parent that keeps such a process running. Both print the address.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use engine::{Error, Options, Supervisor, SupervisorOptions};

fn main() {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let supervises = arguments.first().is_some_and(|first| first == "supervise");
    if supervises {
        arguments.remove(0);
    }
    let done = if supervises { supervise(arguments) } else { serve(&arguments) };
    if let Err(error) = done {
        writeln!(std::io::stderr(), "{error}").ok();
        std::process::exit(1);
    }
}

fn serve(arguments: &[OsString]) -> Result<(), Error> {
    let data_dir = PathBuf::from(arguments.first().cloned().unwrap_or_else(|| "data".into()));
    let mut options = Options::new(data_dir, ([127, 0, 0, 1], 0).into(), engine::find_library()?);
    for argument in arguments.iter().skip(1).filter_map(|argument| argument.to_str()) {
        set(&mut options, argument).ok_or_else(|| Error::Start { reason: format!("what is {argument}?") })?;
    }
    engine::run_blocking(options, |address| {
        writeln!(std::io::stdout(), "listening on http://{address}").ok();
    })
}

fn set(options: &mut Options, argument: &str) -> Option<()> {
    let (name, value) = argument.split_once('=')?;
    let limits = &mut options.limits;
    match name {
        "access_key" => options.access_key = Some(value.to_owned()),
        "statements" => limits.statements = value.parse().ok()?,
        "body_bytes" => limits.body_bytes = value.parse().ok()?,
        "queue_wait_ms" => limits.queue_wait = Duration::from_millis(value.parse().ok()?),
        "lock_wait_ms" => limits.lock_wait = Duration::from_millis(value.parse().ok()?),
        "query_time_ms" => limits.query_time = Duration::from_millis(value.parse().ok()?),
        _ => return None,
    }
    Some(())
}

/// Keeps a child running until it is killed itself.
fn supervise(arguments: Vec<OsString>) -> Result<(), Error> {
    let program = std::env::current_exe().map_err(|error| Error::Start { reason: error.to_string() })?;
    let supervisor = Supervisor::spawn(&program, arguments, SupervisorOptions::default())?;
    writeln!(std::io::stdout(), "listening on {}", supervisor.url()).ok();
    loop {
        std::thread::park();
    }
}
