//! The parent's side: keeps one engine process running.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Error;
use crate::library::VARIABLE;
use crate::process::{FAILED, LISTEN, READY, SUPERVISED};

/// How an engine process is kept running.
#[derive(Clone, Debug)]
pub struct SupervisorOptions {
    /// How long a start may take, a wait for the directory's lock included.
    pub start_timeout: Duration,
    /// How long a stop may take before the process is killed.
    pub stop_timeout: Duration,
    /// The pause before the first restart; it doubles with each that follows soon.
    pub backoff_min: Duration,
    /// The longest pause before a restart.
    pub backoff_max: Duration,
    /// Variables for the process. Of this process's own environment, which may hold secrets, it gets only what the library needs.
    pub environment: Vec<(OsString, OsString)>,
}

/// Variables that the process inherits: how the library is found, and where it puts temporary files.
const INHERITED: [&str; 5] = [VARIABLE, "LD_LIBRARY_PATH", "TMPDIR", "TZ", "RUST_BACKTRACE"];

impl Default for SupervisorOptions {
    fn default() -> Self {
        Self {
            start_timeout: Duration::from_secs(30),
            stop_timeout: Duration::from_secs(8),
            backoff_min: Duration::from_millis(50),
            backoff_max: Duration::from_secs(5),
            environment: Vec::new(),
        }
    }
}

/// A running engine process, started again at the same address whenever it dies. It is stopped when this is dropped, and
/// ends by itself when this process is gone, however that ended.
#[derive(Debug)]
pub struct Supervisor {
    address: SocketAddr,
    state: Arc<State>,
    events: Sender<Event>,
    keeper: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct State {
    pid: AtomicU32,
    restarts: AtomicU64,
}

/// What the keeper waits for.
#[derive(Debug)]
enum Event {
    /// A line that the process wrote to its standard output.
    Line(String),
    /// The process closed its standard output: it is gone, or as good as.
    Closed,
    /// The supervisor should stop.
    Stop,
}

impl Supervisor {
    /// Starts `program` with `arguments`, a command line that calls [`crate::run_blocking`], and waits until it answers.
    /// Blocks for up to the start's time limit.
    ///
    /// # Errors
    /// [`Error::Start`] with the process's own message when it ends before it is ready; [`Error::StartTimeout`].
    pub fn spawn(program: &Path, arguments: Vec<OsString>, options: SupervisorOptions) -> Result<Self, Error> {
        let (events, received) = mpsc::channel();
        let state = Arc::new(State::default());
        let mut keeper = Keeper {
            program: program.into(),
            arguments,
            options,
            events: events.clone(),
            received,
            state: Arc::clone(&state),
        };
        let process = keeper.start(None)?;
        let address = process.address;
        let keeper = std::thread::Builder::new()
            .name("engine-supervisor".to_owned())
            .spawn(move || keeper.keep(process))
            .map_err(|error| Error::Start { reason: error.to_string() })?;
        Ok(Self { address, state, events, keeper: Mutex::new(Some(keeper)) })
    }

    /// The URL of the HTTP interface; it stays the same over restarts.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The id of the process that runs now, or ran last.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.state.pid.load(Ordering::Relaxed)
    }

    /// How often the process was started again.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.state.restarts.load(Ordering::Relaxed)
    }

    /// Stops the process: asked first, killed when it takes too long. Blocks until it is gone; later calls return at once.
    pub fn stop(&self) {
        self.events.send(Event::Stop).ok();
        let keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        if keeper.is_some_and(|keeper| keeper.join().is_err()) {
            tracing::error!("the engine's supervisor panicked");
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}

/// One run of the engine.
struct Process {
    child: Child,
    /// Closing it asks the process to stop; the system closes it when this process is gone.
    input: Option<ChildStdin>,
    address: SocketAddr,
    started: Instant,
}

/// How waiting for a process ended.
enum Ended {
    Died,
    Stopped,
}

struct Keeper {
    program: PathBuf,
    arguments: Vec<OsString>,
    options: SupervisorOptions,
    events: Sender<Event>,
    received: Receiver<Event>,
    state: Arc<State>,
}

impl Keeper {
    /// Starts the process and waits until it answers; `address` is the one to take again on a restart.
    fn start(&mut self, address: Option<SocketAddr>) -> Result<Process, Error> {
        let failed = |reason: String| Error::Start { reason };
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear();
        command.envs(INHERITED.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.envs(self.options.environment.iter().map(|(name, value)| (name, value))).env(SUPERVISED, "1");
        if let Some(address) = address {
            command.env(LISTEN, address.to_string());
        }
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| failed(format!("{}: {error}", self.program.display())))?;
        self.state.pid.store(child.id(), Ordering::Relaxed);
        let input = child.stdin.take();
        if let Some(output) = child.stdout.take() {
            let events = self.events.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    events.send(Event::Line(line)).ok();
                }
                events.send(Event::Closed).ok();
            });
        }
        let started = Instant::now();
        match self.wait_ready(started + self.options.start_timeout) {
            Ok(address) => Ok(Process { child, input, address, started }),
            Err(error) => {
                child.kill().ok();
                let status = child.wait().map_err(|error| failed(error.to_string()))?;
                Err(error.unwrap_or_else(|| failed(format!("it ended with {status} before it was ready"))))
            }
        }
    }

    /// The address that the process answers at; no error when it just ended.
    fn wait_ready(&self, deadline: Instant) -> Result<SocketAddr, Option<Error>> {
        let mut error = None;
        loop {
            match self.received.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Event::Line(line)) => {
                    if let Some(address) = line.strip_prefix(READY).and_then(|address| address.parse().ok()) {
                        return Ok(address);
                    }
                    if let Some(reason) = line.strip_prefix(FAILED) {
                        error = Some(Error::Start { reason: reason.to_owned() });
                    }
                }
                Ok(Event::Closed) => return Err(error),
                Ok(Event::Stop) => {
                    // Kept for the caller's own loop.
                    self.events.send(Event::Stop).ok();
                    return Err(Some(Error::Start { reason: "it was stopped".to_owned() }));
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(Some(Error::StartTimeout { waited: self.options.start_timeout }));
                }
            }
        }
    }

    /// Waits for the process to die and starts it again, until told to stop.
    fn keep(mut self, mut process: Process) {
        let mut backoff = self.options.backoff_min;
        loop {
            let address = process.address;
            let lived = match self.watch(&mut process) {
                Ended::Stopped => return,
                Ended::Died => process.started.elapsed(),
            };
            if lived > self.options.backoff_max * 2 {
                backoff = self.options.backoff_min;
            }
            process = loop {
                if self.pause(backoff) {
                    return;
                }
                backoff = (backoff * 2).min(self.options.backoff_max);
                match self.start(Some(address)) {
                    Ok(process) => break process,
                    Err(error) => {
                        tracing::error!(code = error.code(), %error, "the engine could not be started again");
                    }
                }
            };
            let restarts = self.state.restarts.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::warn!(pid = process.child.id(), restarts, "the engine was started again");
        }
    }

    fn watch(&self, process: &mut Process) -> Ended {
        loop {
            match self.received.recv() {
                Ok(Event::Line(line)) => tracing::debug!(line, "the engine's process says"),
                Ok(Event::Closed) => {
                    drop(process.input.take());
                    // It may have closed its output and go on: it is of no use then.
                    let status = exit_within(&mut process.child, Duration::from_secs(1));
                    tracing::warn!(?status, "the engine's process ended");
                    return Ended::Died;
                }
                Ok(Event::Stop) | Err(_) => {
                    drop(process.input.take());
                    let status = exit_within(&mut process.child, self.options.stop_timeout);
                    tracing::debug!(?status, "the engine's process was stopped");
                    return Ended::Stopped;
                }
            }
        }
    }

    /// Waits; true when the supervisor should stop.
    fn pause(&self, duration: Duration) -> bool {
        let end = Instant::now() + duration;
        loop {
            match self.received.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
                Ok(Event::Line(_) | Event::Closed) => {}
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
    }
}

/// Waits for the process to end, and kills it when it takes longer than `patience`.
fn exit_within(child: &mut Child, patience: Duration) -> std::io::Result<std::process::ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() >= patience {
            child.kill()?;
            return child.wait();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
