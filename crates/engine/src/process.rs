//! The life of the engine's process: open, serve, and leave in the one way that does not crash.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::config::{Layout, make_private};
use crate::engine::Engine;
use crate::listener::PromptListener;
use crate::lock::DirectoryLock;
use crate::{Error, Options, check_cpu, ffi, server};

/// Set by the supervisor: the process then tells it on standard output how it is, and ends when its standard input does.
pub(crate) const SUPERVISED: &str = "RAPPORT_ENGINE_SUPERVISED";
/// Set by the supervisor on a restart: the address that clients already know.
pub(crate) const LISTEN: &str = "RAPPORT_ENGINE_LISTEN";
/// Begins the line that says the address, once requests are answered.
pub(crate) const READY: &str = "rapport-engine ready ";
/// Begins the line that says why the process could not start.
pub(crate) const FAILED: &str = "rapport-engine failed ";

/// How long requests may take to end after the process was asked to stop.
const DRAIN: Duration = Duration::from_secs(3);
/// How long cancelled statements may take after that.
const CANCEL: Duration = Duration::from_secs(2);
/// After this the process ends whatever the library does.
const STOP_MAX: Duration = Duration::from_secs(7);
/// How long a taken address is tried again: the process before may still be leaving it.
const BIND_MAX: Duration = Duration::from_secs(5);

/// Serves the engine until SIGTERM or SIGINT, or, as the child of a [`crate::Supervisor`], until its standard input is
/// closed, so that it never outlives its parent. `on_ready` is called with the address once requests are answered.
///
/// Never returns: it ends the process, with status 0 after a stop and 1, with a message, when it could not start. The
/// library crashes in most ordinary exits, so no exit handler runs.
pub fn run_blocking(options: Options, on_ready: impl FnOnce(SocketAddr)) -> ! {
    let supervised = std::env::var_os(SUPERVISED).is_some();
    let code = match serve(options, supervised, on_ready) {
        Ok(()) => 0,
        Err(error) => {
            if supervised {
                say(&format!("{FAILED}{error}"));
            } else {
                writeln!(std::io::stderr(), "{error}").ok();
            }
            1
        }
    };
    ffi::leave(code)
}

fn serve(options: Options, supervised: bool, on_ready: impl FnOnce(SocketAddr)) -> Result<(), Error> {
    check_cpu()?;
    let open_failed = |error: std::io::Error| Error::Open { path: options.data_dir.clone(), reason: error.to_string() };
    let library = options.library.canonicalize().unwrap_or_else(|_| options.library.clone());
    make_private(&options.data_dir).map_err(open_failed)?;
    let _lock = DirectoryLock::take(&options.data_dir, options.limits.lock_wait)?;
    let layout = Layout::prepare(&options.data_dir, &options.limits)?;
    // A directory of our own: the library looks for configuration in the working directory.
    std::env::set_current_dir(&layout.work).map_err(open_failed)?;
    let stopped = supervised.then(watch_standard_input);

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("engine-http")
        .enable_all()
        .build()
        .map_err(open_failed)?;
    let listener = runtime.block_on(bind(options.listen))?;
    let address = listener.local_addr().map_err(open_failed)?;
    let engine = Arc::new(open(&library, &layout, &options)?);
    let router = server::router(Arc::clone(&engine), options.access_key.clone());
    runtime.block_on(async {
        let (stop, asked) = oneshot::channel::<()>();
        let serving = axum::serve(PromptListener(listener), router).with_graceful_shutdown(async { drop(asked.await) });
        let serving = tokio::spawn(serving.into_future());
        let asked_to_stop = stop_requested(stopped).map_err(open_failed)?;
        if supervised {
            say(&format!("{READY}{address}"));
        }
        on_ready(address);
        asked_to_stop.await;
        limit_stop();
        drop(stop);
        tokio::time::timeout(DRAIN, serving).await.ok();
        Ok(())
    })?;
    engine.close(CANCEL);
    Ok(())
}

fn open(library: &Path, layout: &Layout, options: &Options) -> Result<Engine, Error> {
    if !library.is_file() {
        return Err(Error::LibraryMissing { searched: library.display().to_string() });
    }
    let unusable = |reason| Error::Library { path: library.into(), reason };
    let api = ffi::Api::load(library).map_err(unusable)?;
    Engine::open(api, layout, &options.limits)
}

async fn bind(wanted: SocketAddr) -> Result<TcpListener, Error> {
    let address = std::env::var(LISTEN).ok().and_then(|address| address.parse().ok()).unwrap_or(wanted);
    let start = Instant::now();
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && start.elapsed() < BIND_MAX => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => return Err(Error::Listen { address, reason: error.to_string() }),
        }
    }
}

/// Completes when the process should stop.
fn stop_requested(standard_input: Option<oneshot::Receiver<()>>) -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let closed = async {
            match standard_input {
                Some(closed) => drop(closed.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = terminate.recv() => {}
            // A terminal interrupts parent and child alike; as a child, the parent decides.
            _ = interrupt.recv(), if std::env::var_os(SUPERVISED).is_none() => {}
            () = closed => {}
        }
    })
}

/// Completes when the parent has closed its end of our standard input, or is gone.
fn watch_standard_input() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        while std::io::stdin().read(&mut buffer).is_ok_and(|length| length > 0) {}
        drop(sender);
    });
    receiver
}

/// Ends the process when stopping takes too long.
fn limit_stop() {
    std::thread::spawn(|| {
        std::thread::sleep(STOP_MAX);
        ffi::leave(1);
    });
}

/// A line for the supervisor; it reads line by line.
fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", line.replace('\n', " ")).ok();
    output.flush().ok();
}
