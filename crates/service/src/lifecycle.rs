//! Tasks with names and declared consequences, one shutdown signal, and a drain that has a bound.
//!
//! A process builds one [`Lifecycle`], spawns its tasks through [`Spawner`], and awaits [`Lifecycle::run`]. Whatever
//! ends it (SIGTERM, SIGINT, `Shutdown::trigger`, the failure of a task that may not fail), every task is told by the same
//! signal and has the drain budget to finish; what is still running then is aborted and named.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
    task::AbortHandle,
};

/// What a task's failure means for the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The process drains and ends with an error.
    Stop,
    /// The failure is logged and the process goes on without the task.
    Log,
}

/// What a task returns.
pub type TaskResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// How a process ended when it did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A task that may not fail failed or panicked.
    #[error("the task `{task}` failed: {reason}")]
    TaskFailed {
        /// The task's name.
        task: String,
        /// Why, with its causes.
        reason: String,
    },
    /// The drain budget was over before these tasks ended.
    #[error("still running after {}ms of drain: {tasks}", .budget.as_millis())]
    DrainExceeded {
        /// Names, separated by commas.
        tasks: String,
        /// The budget.
        budget: Duration,
    },
    /// A second signal asked for an end at once.
    #[error("ended at once by a second signal, without draining")]
    Impatient,
    /// The signal handlers could not be set.
    #[error("cannot listen for signals: {0}")]
    Signals(std::io::Error),
}

impl Error {
    /// Stable name for logs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::TaskFailed { .. } => "task_failed",
            Error::DrainExceeded { .. } => "drain_exceeded",
            Error::Impatient => "impatient",
            Error::Signals(_) => "signals",
        }
    }
}

/// The signal that everything should end. Clones share it.
#[derive(Debug, Clone)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Shutdown {
    /// Asks everything to end. More than once changes nothing.
    pub fn trigger(&self) {
        self.0.send_replace(true);
    }

    /// Whether the end was asked for.
    pub fn is_triggered(&self) -> bool {
        *self.0.borrow()
    }

    /// Resolves when the end is asked for, at once if it was.
    pub async fn wait(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives in `self`, so the channel cannot close while this waits.
        receiver.wait_for(|triggered| *triggered).await.expect("the sender is held by this handle");
    }
}

/// A task's end, as the lifecycle hears of it.
#[derive(Debug)]
struct Ended {
    id: u64,
    name: String,
    on_failure: OnFailure,
    failure: Option<String>,
}

/// The tasks that run.
#[derive(Debug, Default)]
struct Running {
    next_id: u64,
    tasks: BTreeMap<u64, (String, AbortHandle)>,
}

/// Spawns named tasks into a lifecycle. Clones share it.
#[derive(Debug, Clone)]
pub struct Spawner {
    running: Arc<Mutex<Running>>,
    ended: mpsc::UnboundedSender<Ended>,
    shutdown: Shutdown,
}

impl Spawner {
    /// The signal that this lifecycle's tasks wait for.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Spawns a task. A panic counts as a failure.
    pub fn spawn<F>(&self, name: impl Into<String>, on_failure: OnFailure, task: F)
    where
        F: Future<Output = TaskResult> + Send + 'static,
    {
        let name = name.into();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let id = running.next_id;
        running.next_id += 1;
        let work = tokio::spawn(task);
        running.tasks.insert(id, (name.clone(), work.abort_handle()));
        drop(running);
        let ended = self.ended.clone();
        tokio::spawn(async move {
            let failure = match work.await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(with_causes(error.as_ref())),
                Err(gone) if gone.is_cancelled() => None,
                Err(panic) => Some(format!("it panicked: {}", panic_text(panic.into_panic().as_ref()))),
            };
            // Nobody listens any more once the process ends: then nobody needs to know.
            ended.send(Ended { id, name, on_failure, failure }).ok();
        });
    }
}

/// The life of a process: its tasks, its signal, its drain.
#[derive(Debug)]
pub struct Lifecycle {
    spawner: Spawner,
    ended: mpsc::UnboundedReceiver<Ended>,
    drain: Duration,
}

impl Lifecycle {
    /// A lifecycle whose tasks have `drain` to end once the end is asked for.
    pub fn new(drain: Duration) -> Self {
        let (sender, ended) = mpsc::unbounded_channel();
        let spawner = Spawner { running: Arc::default(), ended: sender, shutdown: Shutdown::default() };
        Self { spawner, ended, drain }
    }

    /// A handle to spawn with.
    pub fn spawner(&self) -> Spawner {
        self.spawner.clone()
    }

    /// The signal.
    pub fn shutdown(&self) -> Shutdown {
        self.spawner.shutdown()
    }

    /// Runs until the end is asked for (by SIGTERM, SIGINT, the signal handle or a task's failure) or no task is left,
    /// then drains.
    ///
    /// # Errors
    /// When a task that may not fail failed, the drain took too long, or a second signal came.
    pub async fn run(mut self) -> Result<(), Error> {
        let mut terminate = signal(SignalKind::terminate()).map_err(Error::Signals)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Signals)?;
        let shutdown = self.shutdown();
        let mut first_failure = None;
        while !self.is_idle() {
            tokio::select! {
                () = shutdown.wait() => break,
                _ = terminate.recv() => shutdown.trigger(),
                _ = interrupt.recv() => shutdown.trigger(),
                Some(ended) = self.ended.recv() => self.note(ended, &mut first_failure),
            }
        }
        shutdown.trigger();
        tracing::info!("draining");
        let deadline = tokio::time::sleep(self.drain);
        tokio::pin!(deadline);
        while !self.is_idle() {
            tokio::select! {
                () = &mut deadline => return Err(first_failure.unwrap_or_else(|| self.abandon())),
                _ = terminate.recv() => return Err(Error::Impatient),
                _ = interrupt.recv() => return Err(Error::Impatient),
                Some(ended) = self.ended.recv() => self.note(ended, &mut first_failure),
            }
        }
        first_failure.map_or(Ok(()), Err)
    }

    fn is_idle(&self) -> bool {
        self.spawner.running.lock().unwrap_or_else(PoisonError::into_inner).tasks.is_empty()
    }

    /// Takes a task's end into account.
    fn note(&self, ended: Ended, first_failure: &mut Option<Error>) {
        self.spawner.running.lock().unwrap_or_else(PoisonError::into_inner).tasks.remove(&ended.id);
        let Some(reason) = ended.failure else {
            tracing::debug!(task = ended.name, "task ended");
            return;
        };
        match ended.on_failure {
            OnFailure::Log => tracing::warn!(task = ended.name, reason, "task failed, going on without it"),
            OnFailure::Stop => {
                tracing::error!(task = ended.name, reason, "task failed, stopping");
                first_failure.get_or_insert(Error::TaskFailed { task: ended.name, reason });
                self.spawner.shutdown.trigger();
            }
        }
    }

    /// Aborts what is left and names it.
    fn abandon(&self) -> Error {
        let running = self.spawner.running.lock().unwrap_or_else(PoisonError::into_inner);
        let names: Vec<&str> = running.tasks.values().map(|(name, _)| name.as_str()).collect();
        let tasks = names.join(", ");
        for (_, handle) in running.tasks.values() {
            handle.abort();
        }
        Error::DrainExceeded { tasks, budget: self.drain }
    }
}

/// An error with its causes on one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

impl fmt::Display for OnFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OnFailure::Stop => "stops the process",
            OnFailure::Log => "is logged",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifecycle() -> Lifecycle {
        Lifecycle::new(Duration::from_secs(5))
    }

    #[tokio::test]
    async fn a_process_whose_tasks_all_end_ends_well() {
        let lifecycle = lifecycle();
        lifecycle.spawner().spawn("short", OnFailure::Stop, async { Ok(()) });
        lifecycle.run().await.unwrap();
    }

    #[tokio::test]
    async fn the_signal_reaches_every_task_and_each_may_finish() {
        let lifecycle = lifecycle();
        let (spawner, shutdown) = (lifecycle.spawner(), lifecycle.shutdown());
        let (done, mut finished) = mpsc::unbounded_channel();
        for name in ["one", "two"] {
            let (done, shutdown) = (done.clone(), shutdown.clone());
            spawner.spawn(name, OnFailure::Stop, async move {
                shutdown.wait().await;
                tokio::task::yield_now().await;
                done.send(name)?;
                Ok(())
            });
        }
        shutdown.trigger();
        lifecycle.run().await.unwrap();
        assert!(finished.try_recv().is_ok() && finished.try_recv().is_ok());
    }

    #[tokio::test]
    async fn the_failure_of_a_needed_task_drains_the_others_and_is_the_result() {
        let lifecycle = lifecycle();
        let (spawner, shutdown) = (lifecycle.spawner(), lifecycle.shutdown());
        spawner.spawn("waits", OnFailure::Stop, async move {
            shutdown.wait().await;
            Ok(())
        });
        spawner.spawn("fails", OnFailure::Stop, async { Err("the disk is gone".into()) });
        let error = lifecycle.run().await.unwrap_err();
        assert_eq!(error.to_string(), "the task `fails` failed: the disk is gone");
    }

    #[tokio::test]
    async fn a_panic_counts_as_a_failure_and_a_logged_one_stops_nothing() {
        let lifecycle = lifecycle();
        let spawner = lifecycle.spawner();
        spawner.spawn("optional", OnFailure::Log, async { panic!("oh") });
        lifecycle.run().await.unwrap();
        let lifecycle = self::lifecycle();
        lifecycle.spawner().spawn("needed", OnFailure::Stop, async { panic!("oh") });
        assert!(lifecycle.run().await.unwrap_err().to_string().contains("it panicked: oh"));
    }

    #[tokio::test]
    async fn what_outlasts_the_drain_is_named() {
        let lifecycle = Lifecycle::new(Duration::from_millis(10));
        lifecycle.spawner().spawn("stuck", OnFailure::Log, std::future::pending());
        lifecycle.shutdown().trigger();
        let error = lifecycle.run().await.unwrap_err();
        assert_eq!(error.code(), "drain_exceeded");
        assert!(error.to_string().contains("stuck"), "{error}");
    }
}
