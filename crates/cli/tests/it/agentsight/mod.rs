//! AgentSight's SDKs as they come from PyPI, against one process and against services of their own; and what becomes of what they send.

mod alike;
mod bucket;
mod forgotten;
mod shadow;

use std::process::{Command, Output};

use rustix::process::Signal;
use serde_json::{Value, json};
use testkit::kafka::Brokers;

use crate::{
    installation::Installation,
    server::{Directory, Server, cached, kill, root, shared, wait_for},
};

/// A generation of the SDK, and what its script checks.
struct Generation {
    version: &'static str,
    script: &'static str,
    passes: u64,
}

const FIRST: Generation = Generation { version: "0.0.44", script: "smoke_gen1.py", passes: 115 };
const SECOND: Generation = Generation { version: "0.1.4", script: "smoke_gen2.py", passes: 172 };

/// The keys that the scripts need, of one project.
struct Keys {
    write: String,
    read: String,
}

const ENVIRONMENT: &str = "staging";

impl Keys {
    /// Made by whoever runs a command.
    fn new(project: &str, write: String, run: impl Fn(&[&str]) -> String) -> Keys {
        run(&["key", "create", "--project", project, "--environment", ENVIRONMENT]);
        Keys { write, read: run(&["key", "create", "--project", project, "--role", "read"]) }
    }
}

impl Generation {
    fn python(&self, script: &std::path::Path) -> Command {
        let mut command = Command::new(cached(&format!("agentsight-{}/bin/python", self.version)));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AGENTSIGHT_") {
                command.env_remove(name);
            }
        }
        command.arg(script);
        command
    }

    /// Runs the script of the contract, of which every check has to pass.
    fn smoke(&self, url: &str, keys: &Keys) {
        let mut command = self.python(&shared(&format!("agentsight/{}", self.script)));
        command.envs([
            ("SMOKE_ENDPOINT", url),
            ("SMOKE_API_KEY", &keys.write),
            ("SMOKE_READ_KEY", &keys.read),
            ("SMOKE_CUSTOM_ENV", ENVIRONMENT),
            ("SMOKE_STRICT", "1"),
        ]);
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = String::from_utf8_lossy(&stdout).into_owned();
        let wrong: Vec<&str> = text.lines().filter(|line| !line.starts_with("PASS")).collect();
        let tally: Value = text.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
        let counts = ["PASS", "FAIL", "SKIP", "OPT"].map(|name| tally[name].as_u64());
        let expected = [self.passes, 0, 0, 0].map(Some);
        assert!(
            status.success() && counts == expected,
            "{}: {status}\n{}\n{}",
            self.script,
            wrong.join("\n"),
            String::from_utf8_lossy(&stderr)
        );
    }

    /// Tracks so many conversations; answers how many calls failed.
    fn track(&self, url: &str, key: &str, prefix: &str, count: usize) -> String {
        let mut command = self.python(&root().join("crates/cli/tests/it/agentsight/track.py"));
        let output = command.args([url, key, prefix, &count.to_string()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

/// Both scripts, one after the other, each in a project of its own.
fn both(url: &str, [first, second]: [Keys; 2]) {
    FIRST.smoke(url, &first);
    SECOND.smoke(url, &second);
}

#[test]
fn both_generations_find_what_they_look_for_in_one_process() {
    let directory = Directory::new();
    let server = directory.start();
    let keys = ["first", "second"].map(|name| Keys::new(name, directory.project(name), |run| directory.succeed(run)));
    let key = keys[0].write.clone();
    both(&server.url, keys);
    numbers_alone_are_enough_for_a_process_that_remembers_nothing(server, &directory, &key);
}

/// A form names conversation and message by their numbers, which another process gave out.
fn numbers_alone_are_enough_for_a_process_that_remembers_nothing(server: Server, directory: &Directory, key: &str) {
    let conversation = json!({"conversation_id": "numbered", "environment": "development", "is_used": true});
    let (status, row) = server.post("/api/conversations/", key, &conversation);
    assert_eq!(status, 201, "{row}");
    let number = row["id"].as_i64().unwrap();
    let message =
        json!({"conversation_id": "numbered", "conversation": number, "sender": "end_user", "content": "see this"});
    let (status, row) = server.post("/api/track/", key, &message);
    assert_eq!(status, 201, "{row}");
    let message = row["id"].as_i64().unwrap();
    let (status, _) = server.terminate();
    assert!(status.success());

    let server = directory.start();
    let part =
        |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let file = "--b\r\nContent-Disposition: form-data; name=\"attachment_0\"; filename=\"a.html\"\r\n\r\n<script>\r\n";
    let end = "--b--\r\n";
    let with_message = part("conversation", "None") + file + &part("message", &message.to_string()) + end;
    let alone = part("conversation", &number.to_string()) + &part("sender", "agent") + file + end;
    for form in [with_message, alone] {
        let (status, answer) = server.post_form("/api/attachments/", key, ("b", form.as_bytes()));
        assert_eq!(status, 201, "{answer}");
    }
    let found = server.answered(&format!("/api/conversations/{number}/attachments/"), key);
    assert_eq!(found["total_attachments"], 2, "{found}");
    let of_message = |id: &Value| *id == json!(message);
    let senders: Vec<(bool, &Value)> = found["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (of_message(&entry["message_id"]), &entry["sender"]))
        .collect();
    assert!(senders.contains(&(true, &json!("end_user"))) && senders.contains(&(false, &json!("agent"))), "{found}");
    a_page_is_never_given_out_as_one(&server, &found, key);
}

fn a_page_is_never_given_out_as_one(server: &Server, found: &Value, key: &str) {
    let address = found["attachments"][0]["file_url"].as_str().unwrap();
    let path = address.strip_prefix(&server.url).unwrap_or_else(|| panic!("{address} is not at {}", server.url));
    let (status, headers, body) = server.file(path, key);
    assert_eq!((status, &body[..]), (200, &b"<script>"[..]));
    let header = |name: &str| headers.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!(header("content-type"), "application/octet-stream");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-disposition").starts_with("attachment;"), "{headers:?}");
    assert!(header("content-security-policy").contains("sandbox"), "{headers:?}");
    let (status, _) = server.get(&path.replacen("/api/files/e", "/api/files/f", 1), None);
    assert_eq!(status, 404, "a changed address");
}

#[test]
fn both_generations_find_what_they_look_for_in_services_on_kafka() {
    let installation = Installation::start(Brokers::shared(), "agentsight", 4);
    let api = installation.service("api");
    let _worker = installation.service("worker");
    let keys = ["first", "second"].map(|name| {
        let write = installation.project(&api, name);
        Keys::new(name, write, |run| installation.succeed(&[run, &["--url", &api.url][..]].concat()))
    });
    both(&api.url, keys);
}

/// Conversations by the beginning of their ids, and their messages; None while nobody can say.
fn told(api: &Server, key: &str, prefix: &str) -> Option<(u64, usize)> {
    let (status, page) = api.get(&format!("/api/conversations/?search={prefix}-&page_size=100"), Some(key));
    assert!(status == 200 || status == 503, "{status} {page}");
    let rows = (status == 200).then(|| page["results"].as_array().unwrap().clone())?;
    let messages = rows.iter().map(|row| row["messages"].as_array().unwrap().len()).sum();
    Some((page["count"].as_u64().unwrap(), messages))
}

#[test]
fn no_call_fails_and_nothing_is_lost_while_the_warehouse_and_then_kafka_are_away() {
    const EACH: usize = 3;
    let installation = Installation::start(Brokers::alone(), "away", 4);
    let api = installation.service("api");
    let _worker = installation.service("worker");
    let key = installation.project(&api, "shop");
    let track = |when: &str| {
        for (generation, name) in [(FIRST, "first"), (SECOND, "second")] {
            let failed = generation.track(&api.url, &key, &format!("{name}-{when}"), EACH);
            assert_eq!(failed, "0", "{name} while {when}\n{}", installation.directory.log());
        }
    };
    track("there");

    kill(installation.engine_pid(), Signal::STOP);
    track("unasked");
    assert_eq!(told(&api, &key, "first"), None, "nobody can be asked");
    kill(installation.engine_pid(), Signal::CONT);

    (1..=3).for_each(|broker| installation.brokers.kill(broker));
    track("spooled");
    assert_eq!(told(&api, &key, "first"), None, "what was sent cannot be read yet");
    installation.brokers.start();

    for name in ["first", "second"] {
        let expected = (3 * EACH as u64, 6 * EACH);
        wait_for("everything that was sent", || (told(&api, &key, name) == Some(expected)).then_some(()));
    }
}
