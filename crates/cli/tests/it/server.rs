//! Starts the binary, talks to it, kills it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// The program under test.
pub(crate) const RAPPORT: &str = env!("CARGO_BIN_EXE_rapport");

/// A bound on every wait: generous, because several servers share two cores when all tests run.
const PATIENCE: Duration = Duration::from_secs(60);

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/cli lies two levels deep")
}

/// A file that lies beside the repository in `shared`, or above it.
pub(crate) fn shared(path: &str) -> PathBuf {
    let found = root().ancestors().map(|above| above.join("shared").join(path)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("shared/{path} lies nowhere above {}", root().display()))
}

/// What was fetched for tests.
pub(crate) fn cached(path: &str) -> PathBuf {
    let path = root().join(".cache").join(path);
    assert!(path.exists(), "{} is not there: run `make producers`", path.display());
    path
}

/// A server that runs; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

/// A data directory that outlives its servers.
pub(crate) struct Directory {
    /// Where the log is.
    home: tempfile::TempDir,
    data: PathBuf,
}

impl Directory {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        Self { home, data }
    }

    /// With its data elsewhere.
    pub(crate) fn with_data(data: PathBuf) -> Self {
        Self { home: tempfile::tempdir().unwrap(), data }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.data.clone()
    }

    /// Runs a command that ends by itself.
    pub(crate) fn rapport(&self, arguments: &[&str]) -> Output {
        command(arguments).arg("--data-dir").arg(self.data()).output().unwrap()
    }

    /// Runs a command that must succeed, and returns what it printed.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.rapport(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {errors}\n{}", self.log());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Starts a server and waits until it is ready.
    pub(crate) fn start(&self) -> Server {
        self.start_with(&[])
    }

    /// As `start`, with variables.
    pub(crate) fn start_with(&self, variables: &[(&str, &str)]) -> Server {
        let mut child = self.spawn(variables);
        let address = self.data().join("server.json");
        let url = wait_for("server.json to name this process", || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the server ended with {status}\n{}", self.log());
            }
            let note: Value = serde_json::from_slice(&fs::read(&address).ok()?).ok()?;
            (note["pid"] == child.id()).then(|| note["url"].as_str().map(str::to_owned))?
        });
        let server = Server { child, url };
        server.wait_until_ready(self);
        server
    }

    /// Starts a server with variables and waits for nothing.
    fn spawn(&self, variables: &[(&str, &str)]) -> Child {
        command(&["run", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(self.data())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(self.file("said"))
            .stderr(self.log_file())
            .spawn()
            .unwrap()
    }

    /// A new project's name and a key of role `write` for it.
    pub(crate) fn project(&self, name: &str) -> String {
        self.succeed(&["project", "create", name, "--timezone", "Europe/Madrid"]);
        self.succeed(&["key", "create", "--project", name])
    }

    /// The key of the installation's administrator.
    pub(crate) fn admin_key(&self) -> String {
        fs::read_to_string(self.data().join("admin-key")).unwrap().trim().to_owned()
    }

    /// Status and body of a change of a project's settings by the administrator.
    pub(crate) fn change_settings(&self, server: &Server, project: &str, settings: &Value) -> (u16, Value) {
        server.patch(&format!("/api/v1/projects/{project}/settings"), &self.admin_key(), settings)
    }

    /// What the server's warehouse answers to an analyst's own client.
    pub(crate) fn sql(&self, statement: &str, project: &str) -> String {
        let note: Value = serde_json::from_slice(&fs::read(self.data().join("server.json")).unwrap()).unwrap();
        sql(note["warehouse_url"].as_str().unwrap(), statement, &[("param_project", project)])
    }

    /// Where processes on this directory log to.
    pub(crate) fn log_file(&self) -> File {
        self.file("log")
    }

    fn file(&self, name: &str) -> File {
        File::options().create(true).append(true).open(self.home.path().join(name)).unwrap()
    }

    /// What the servers on this directory have printed so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.home.path().join("said")).unwrap_or_default()
    }

    /// The end of the servers' log, for messages of failing tests.
    pub(crate) fn log(&self) -> String {
        let log = fs::read_to_string(self.home.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

/// The program with no settings but its own defaults, and what was fetched.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(RAPPORT);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RAPPORT_") {
            command.env_remove(name);
        }
    }
    command.current_dir(root()).args(arguments);
    command
}

impl Server {
    /// Starts a single service, which says where it answers, and waits until it is ready.
    pub(crate) fn of_service(mut command: Command, directory: &Directory) -> Server {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(directory.log_file());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit_once(' ').map(|(_, url)| url.to_owned());
        let url = url.unwrap_or_else(|| panic!("{command:?} did not start\n{}", directory.log()));
        let server = Server { child, url };
        server.wait_until_ready(directory);
        server
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn wait_until_ready(&self, directory: &Directory) {
        let started = Instant::now();
        let mut last = String::new();
        while started.elapsed() < PATIENCE {
            match self.get("/readyz", None) {
                (200, _) => return,
                (status, body) => last = format!("{status} {body}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("not ready: {last}\n{}", directory.log());
    }

    /// Status and body of a GET; status 0 when nothing answers.
    pub(crate) fn get(&self, path: &str, key: Option<&str>) -> (u16, Value) {
        let mut request = agent().get(format!("{}{path}", self.url));
        if let Some(key) = key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        answer(request.call())
    }

    /// The body of a GET that has to be answered.
    pub(crate) fn answered(&self, path: &str, key: &str) -> Value {
        let (status, body) = self.get(path, Some(key));
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Status and body of a PATCH.
    pub(crate) fn patch(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let request = agent().patch(format!("{}{path}", self.url)).header("Authorization", format!("Bearer {key}"));
        answer(request.send_json(body))
    }

    /// Status and body of a DELETE.
    pub(crate) fn delete(&self, path: &str, key: &str) -> (u16, Value) {
        let request = agent().delete(format!("{}{path}", self.url)).header("Authorization", format!("Bearer {key}"));
        answer(request.call())
    }

    /// Status, headers and body of a GET whose answer may be no text.
    pub(crate) fn file(&self, path: &str, key: &str) -> (u16, BTreeMap<String, String>, Vec<u8>) {
        let request = agent().get(format!("{}{path}", self.url)).header("Authorization", format!("Bearer {key}"));
        let mut response = request.call().unwrap();
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        (response.status().as_u16(), headers, response.body_mut().read_to_vec().unwrap())
    }

    /// Status and body of a POST to `/v1/batch`.
    pub(crate) fn batch(&self, key: &str, events: &Value) -> (u16, Value) {
        let request = agent().post(format!("{}/v1/batch", self.url)).header("Authorization", format!("Bearer {key}"));
        answer(request.send_json(events))
    }

    /// Status and body of a POST of JSON to a route of AgentSight's clients.
    pub(crate) fn post(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let request = agent().post(format!("{}{path}", self.url)).header("Authorization", format!("Api-Key {key}"));
        answer(request.send_json(body))
    }

    /// The same of a form, as it is sent.
    pub(crate) fn post_form(&self, path: &str, key: &str, (boundary, body): (&str, &[u8])) -> (u16, Value) {
        let request = agent().post(format!("{}{path}", self.url)).header("Authorization", format!("Api-Key {key}"));
        answer(request.header("Content-Type", format!("multipart/form-data; boundary={boundary}")).send(body))
    }

    /// Sends events that all have to be accepted.
    pub(crate) fn accepted(&self, key: &str, events: &Value) {
        let (status, answer) = self.batch(key, events);
        assert_eq!(status, 200, "{answer}");
    }

    /// The total of a metric over a range, once the position is in.
    pub(crate) fn total(&self, key: &str, question: &str, position: &str) -> Value {
        let path = format!("/api/v1/query?{question}&cmp=off&position={}", encode(position));
        self.answered(&path, key)["results"][0]["total"]["value"].clone()
    }

    /// Ends the server as an operator does, and returns its status and how long it took.
    pub(crate) fn terminate(mut self) -> (ExitStatus, Duration) {
        let started = Instant::now();
        kill(self.pid(), Signal::TERM);
        let status = wait_for("the server to end", || self.child.try_wait().unwrap());
        (status, started.elapsed())
    }

    /// Kills the server where it stands.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The process of the embedded engine.
    pub(crate) fn engine_pid(&self) -> u32 {
        wait_for("the engine's process", || children(self.pid()).first().copied())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, as a test wanted.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Sends a signal to a process that this test started.
pub(crate) fn kill(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

pub(crate) fn children(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

/// Polls until there is an answer.
pub(crate) fn wait_for<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(found) = poll() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("waited {PATIENCE:?} for {what}");
}

/// What an engine answers.
pub(crate) fn sql(url: &str, statement: &str, parameters: &[(&str, &str)]) -> String {
    let request = agent().post(format!("{url}/?database=rapport")).query_pairs(parameters.iter().copied());
    let mut response = request.send(statement).unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    assert_eq!(response.status().as_u16(), 200, "{statement}: {text}");
    text.trim().to_owned()
}

/// Somebody who signed in to the pages of a server.
pub(crate) struct Visitor {
    url: String,
    cookie: String,
}

impl Visitor {
    pub(crate) fn sign_in(server: &Server, key: &str) -> Visitor {
        Visitor::sending(server, "/sign-in", &[("key", key)])
    }

    /// Somebody whom the server does not know.
    pub(crate) fn stranger(server: &Server) -> Visitor {
        Visitor { url: server.url.clone(), cookie: String::new() }
    }

    /// Somebody who sends a form by which they are let in.
    pub(crate) fn sending(server: &Server, path: &str, form: &[(&str, &str)]) -> Visitor {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().into();
        let response = agent.post(format!("{}{path}", server.url)).send_form(form.iter().copied()).unwrap();
        assert_eq!(response.status().as_u16(), 303);
        let cookie = response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Visitor { url: server.url.clone(), cookie }
    }

    /// The same visitor at another server.
    pub(crate) fn at(self, server: &Server) -> Visitor {
        Visitor { url: server.url.clone(), ..self }
    }

    /// The same visitor, who has chosen a language.
    pub(crate) fn speaking(&self, language: &str) -> Visitor {
        Visitor { url: self.url.clone(), cookie: format!("{}; rapport_language={language}", self.cookie) }
    }

    /// Status and text of a page.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut response = agent().get(format!("{}{path}", self.url)).header("Cookie", &self.cookie).call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// What a stream says, as it comes; for half a minute.
    pub(crate) fn stream(&self, path: &str) -> impl BufRead + use<> {
        let response = agent().get(format!("{}{path}", self.url)).header("Cookie", &self.cookie).call().unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        BufReader::new(response.into_body().into_reader())
    }

    /// The text of a page that has to be there.
    pub(crate) fn page(&self, path: &str) -> String {
        let (status, text) = self.get(path);
        assert_eq!(status, 200, "{path}: {text}");
        text
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into()
}

fn answer(outcome: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> (u16, Value) {
    match outcome {
        Ok(mut response) => {
            let text = response.body_mut().read_to_string().unwrap_or_default();
            let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
            (response.status().as_u16(), body)
        }
        Err(error) => (0, Value::String(error.to_string())),
    }
}

/// Percent-encodes what may stand in a position.
fn encode(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    encoded.collect()
}
