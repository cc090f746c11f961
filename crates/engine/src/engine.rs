//! The open engine: its sessions, their number, and how a statement is cancelled.

use std::ffi::CString;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::{self, Layout};
use crate::exception::{Exception, code};
use crate::ffi::{Api, Connection, Parameters};
use crate::options::Limits;
use crate::{DATABASE, Error};

/// How often a statement that should stop is told so before it is left to its time limit.
const CANCEL_ATTEMPTS: u32 = 40;
/// The pause between two of those.
const CANCEL_PAUSE: Duration = Duration::from_millis(50);

/// The engine of this process. A connection runs one statement at a time, so there is a pool of them, and one more that
/// keeps the engine open and cancels what runs on the others.
pub(crate) struct Engine {
    api: &'static Api,
    path: CString,
    control: Mutex<Option<Connection>>,
    idle: Mutex<Vec<Session>>,
    turns: Arc<Semaphore>,
    serial: AtomicU64,
    limits: Limits,
}

/// A connection and the name under which its statement can be cancelled.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    tag: String,
}

impl Engine {
    /// Starts the engine on the prepared directories and makes sure the database exists. Blocks for up to a second.
    pub(crate) fn open(api: &'static Api, layout: &Layout, limits: &Limits) -> Result<Self, Error> {
        let failed = |reason: String| Error::Open { path: layout.store.clone(), reason };
        let argument = |name: &str, path: &Path| {
            CString::new(format!("--{name}={}", path.display())).map_err(|error| failed(error.to_string()))
        };
        let path = argument("path", &layout.store)?;
        let arguments = [program(), argument("config-file", &layout.config_file())?, path.clone()];
        let mut control = Connection::open(api, &arguments)
            .ok_or_else(|| failed("the library refused; its own words, if any, are on standard error".to_owned()))?;
        control.query(config::create_database().as_bytes(), "TSV", &Parameters::default()).map_err(failed)?;
        Ok(Self {
            api,
            path,
            control: Mutex::new(Some(control)),
            idle: Mutex::default(),
            turns: Arc::new(Semaphore::new(limits.statements)),
            serial: AtomicU64::new(0),
            limits: limits.clone(),
        })
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Waits for a turn to run a statement.
    pub(crate) async fn turn(&self) -> Result<OwnedSemaphorePermit, Exception> {
        match tokio::time::timeout(self.limits.queue_wait, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) => {
                Err(Exception::new(code::QUERY_WAS_CANCELLED, "QUERY_WAS_CANCELLED", "the engine is stopping"))
            }
            Err(_) => Err(Exception::new(
                code::TOO_MANY_SIMULTANEOUS_QUERIES,
                "TOO_MANY_SIMULTANEOUS_QUERIES",
                format!(
                    "Too many simultaneous queries: {} run, and none ended within {:?}: try again",
                    self.limits.statements, self.limits.queue_wait
                ),
            )),
        }
    }

    /// A session in the usual database, with the usual settings. Blocks for less than a millisecond.
    pub(crate) fn session(&self) -> Result<Session, Exception> {
        if let Some(session) = lock(&self.idle).pop() {
            return Ok(session);
        }
        let tag = format!("rapport-{}", self.serial.fetch_add(1, Ordering::Relaxed));
        let comment = CString::new(format!("--log_comment={tag}")).expect("a number has no NUL");
        let refused = || Exception::from_engine("the engine opens no further connection".to_owned());
        let mut connection =
            Connection::open(self.api, &[program(), self.path.clone(), comment]).ok_or_else(refused)?;
        connection
            .query(format!("USE {DATABASE}").as_bytes(), "TSV", &Parameters::default())
            .map_err(Exception::from_engine)?;
        Ok(Session { connection, tag })
    }

    /// Takes back a session whose state is as it was.
    pub(crate) fn give_back(&self, session: Session) {
        lock(&self.idle).push(session);
    }

    /// Stops the statement of `job`: at once if it has not begun, else as soon as the engine notices.
    pub(crate) fn cancel(self: &Arc<Self>, job: &Arc<Job>) {
        let Some(tag) = job.cancel() else { return };
        let (engine, job) = (Arc::clone(self), Arc::clone(job));
        tokio::task::spawn_blocking(move || {
            // Repeated, since the statement may not be known to the engine yet.
            for _ in 0..CANCEL_ATTEMPTS {
                if job.is_over() {
                    return;
                }
                engine.kill(&format!("Settings['log_comment'] = '{tag}'"));
                std::thread::sleep(CANCEL_PAUSE);
            }
        });
    }

    /// Asks the statements that match to stop. Never `SYNC`, which was seen to hang.
    fn kill(&self, condition: &str) {
        if let Some(control) = lock(&self.control).as_mut() {
            let sql = format!("KILL QUERY WHERE {condition} ASYNC");
            if let Err(error) = control.query(sql.as_bytes(), "TSV", &Parameters::default()) {
                tracing::warn!(error, "a statement could not be cancelled");
            }
        }
    }

    /// Stops whatever runs, waits for it for up to `wait`, and closes the connections. Blocks.
    pub(crate) fn close(&self, wait: Duration) {
        let start = std::time::Instant::now();
        while self.turns.available_permits() < self.limits.statements && start.elapsed() < wait {
            self.kill("startsWith(Settings['log_comment'], 'rapport-')");
            std::thread::sleep(CANCEL_PAUSE);
        }
        self.turns.close();
        lock(&self.idle).clear();
        drop(lock(&self.control).take());
    }
}

/// Where a statement is between its request and its end, so that a cancellation never meets the wrong statement: a
/// session that was told to stop is not used again.
#[derive(Debug, Default)]
pub(crate) struct Job(Mutex<Phase>);

#[derive(Debug, Default)]
enum Phase {
    #[default]
    Waiting,
    Running(String),
    Cancelled,
    Over,
}

impl Job {
    /// Marks the begin on `session`; false when it was cancelled before.
    pub(crate) fn begin(&self, session: &Session) -> bool {
        let mut phase = lock(&self.0);
        let begins = matches!(*phase, Phase::Waiting);
        if begins {
            *phase = Phase::Running(session.tag.clone());
        }
        begins
    }

    /// Marks the end; true when nobody asked it to stop, so that its session may be used again.
    pub(crate) fn end(&self) -> bool {
        matches!(std::mem::replace(&mut *lock(&self.0), Phase::Over), Phase::Running(_))
    }

    fn cancel(&self) -> Option<String> {
        let mut phase = lock(&self.0);
        match std::mem::replace(&mut *phase, Phase::Cancelled) {
            Phase::Running(tag) => Some(tag),
            Phase::Waiting | Phase::Cancelled => None,
            Phase::Over => {
                *phase = Phase::Over;
                None
            }
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(*lock(&self.0), Phase::Cancelled)
    }

    fn is_over(&self) -> bool {
        matches!(*lock(&self.0), Phase::Over)
    }
}

fn program() -> CString {
    c"clickhouse".to_owned()
}

/// The data behind a lock stays whole when a thread panics while it holds it, so that the lock can be taken again.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
