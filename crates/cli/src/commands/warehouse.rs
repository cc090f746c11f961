//! `rapport warehouse`: the embedded engine alone.

use std::net::SocketAddr;

use anyhow::Context;

use crate::{args::Warehouse, settings, terminal};

/// Serves the engine until SIGTERM, or as `run`'s child until `run` is gone. Ends the process itself.
///
/// # Errors
/// When the address or the configuration cannot be used.
pub(crate) fn warehouse(options: &Warehouse) -> anyhow::Result<()> {
    let settings = settings::load(options.config.as_deref())?.config;
    service::telemetry::install(&service::telemetry::Options { filter: settings.log.filter.clone() })?;
    let listen: SocketAddr = options
        .listen
        .parse()
        .with_context(|| format!("--listen {}: give an address and a port, such as 127.0.0.1:8123", options.listen))?;
    let library = match &options.library {
        Some(library) => library.clone(),
        None => crate::run::library(&settings)?,
    };
    let mut engine = engine::Options::new(options.data_dir.clone(), listen, library);
    let password = &settings.engine.password;
    engine.access_key = (!password.is_empty()).then(|| password.reveal().to_owned());
    engine::run_blocking(engine, |address| {
        terminal::line(format_args!("ClickHouse's HTTP interface: http://{address} (database {})", engine::DATABASE));
    })
}
