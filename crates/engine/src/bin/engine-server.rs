//! The engine alone, as a process: what the tests of this crate start, kill and start again.
//!
//! Usage: `engine-server DATA_DIR [ACCESS_KEY]`; it prints the address it took.

use std::io::Write;
use std::path::PathBuf;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let data_dir = PathBuf::from(arguments.next().unwrap_or_else(|| "data".into()));
    let access_key = arguments.next().and_then(|key| key.into_string().ok());
    let library = match engine::find_library() {
        Ok(library) => library,
        Err(error) => {
            writeln!(std::io::stderr(), "{error}").ok();
            std::process::exit(1);
        }
    };
    let listen = ([127, 0, 0, 1], 0).into();
    let mut options = engine::Options::new(data_dir, listen, library);
    options.access_key = access_key;
    engine::run_blocking(options, |address| {
        writeln!(std::io::stdout(), "listening on http://{address}").ok();
    })
}
