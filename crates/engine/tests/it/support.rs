//! Engine processes and plain HTTP.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use engine::{Supervisor, SupervisorOptions};
use rustix::process::{Pid, Signal, kill_process};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_engine-server");

/// The engine that most tests share; it ends with this process.
pub(crate) fn shared() -> &'static Supervisor {
    static SHARED: OnceLock<Supervisor> = OnceLock::new();
    SHARED.get_or_init(|| supervised(&empty_dir("shared"), &[]))
}

pub(crate) fn supervised(data_dir: &Path, settings: &[&str]) -> Supervisor {
    let arguments = std::iter::once(data_dir.into()).chain(settings.iter().map(Into::into)).collect();
    Supervisor::spawn(Path::new(PROGRAM), arguments, SupervisorOptions::default()).expect("the engine starts")
}

/// An empty directory under the build directory.
pub(crate) fn empty_dir(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine").join(name);
    if path.exists() {
        std::fs::remove_dir_all(&path).unwrap();
    }
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// A name that no other test uses.
pub(crate) fn unique(prefix: &str) -> String {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}_{}", SERIAL.fetch_add(1, Ordering::Relaxed))
}

/// A process of the engine's program; killed when dropped.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Process {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_command(Command::new(PROGRAM).args(arguments))
    }

    pub(crate) fn start_command(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.find_map(|line| line.unwrap().strip_prefix("listening on ").map(str::to_owned));
        Self { child, url: line.expect("the engine says its address") }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn terminate(mut self) -> ExitStatus {
        signal(self.pid(), Signal::TERM);
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub(crate) fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}

/// Waits for `condition` for up to `patience` and says how long it took.
pub(crate) fn eventually(what: &str, patience: Duration, mut condition: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < patience, "{what}: not after {patience:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
    start.elapsed()
}

/// An answer over plain HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// ClickHouse's code of an exception, 0 for none.
    pub(crate) code: u32,
    pub(crate) body: Vec<u8>,
    headers: ureq::http::HeaderMap,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!((self.status, self.code), (200, 0), "{}", self.text());
        self.text()
    }
}

/// Sends `body` to `url`; an error when nobody answers.
pub(crate) fn try_post(url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, ureq::Error> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = headers.iter().fold(agent.post(url), |request, (name, value)| request.header(*name, *value));
    let mut response = request.send(body)?;
    let headers = response.headers().clone();
    let code = headers.get("x-clickhouse-exception-code").map_or(0, |code| code.to_str().unwrap().parse().unwrap());
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(1 << 30).read_to_vec()?;
    Ok(Answer { status, code, body, headers })
}

/// Sends a statement to the shared engine.
#[track_caller]
pub(crate) fn sql(statement: impl AsRef<[u8]>) -> Answer {
    at(&shared().url(), statement)
}

/// Sends a statement to the engine at `url`.
#[track_caller]
pub(crate) fn at(url: &str, statement: impl AsRef<[u8]>) -> Answer {
    try_post(url, &[], statement.as_ref()).expect("the engine answers")
}

/// Sends `body` to the shared engine with parameters in the URL.
#[track_caller]
pub(crate) fn with(parameters: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    at(&format!("{}/?{}", shared().url(), pairs.join("&")), body)
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
