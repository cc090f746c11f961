//! Attachments in a bucket of a service that speaks Amazon S3's protocol and checks who signed.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::server::{Directory, Server, cached, root};

/// A service with the bucket `files`; it ends when dropped.
struct Service {
    child: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
    endpoint: String,
    key: String,
    secret: String,
}

impl Service {
    fn start() -> Service {
        let mut command = Command::new(cached("s3/bin/python"));
        let command = command.arg(root().join("crates/cli/tests/it/agentsight/bucket.py"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let asked = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let said: Vec<&str> = line.split_whitespace().collect();
        let [port, key, secret] = said[..] else { panic!("the service did not start: {line}") };
        let (endpoint, key, secret) = (format!("http://127.0.0.1:{port}"), key.to_owned(), secret.to_owned());
        Service { child, asked, answers, endpoint, key, secret }
    }

    /// Sizes of what the bucket holds, by name.
    fn held(&mut self) -> BTreeMap<String, usize> {
        writeln!(self.asked).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// What a server has to be told, with a secret.
    fn variables<'a>(&'a self, secret: &'a str) -> [(&'static str, &'a str); 4] {
        [
            ("RAPPORT_ATTACHMENTS__URL", "s3://files/of/rapport"),
            ("RAPPORT_ATTACHMENTS__ENDPOINT", &self.endpoint),
            ("RAPPORT_ATTACHMENTS__ACCESS_KEY_ID", &self.key),
            ("RAPPORT_ATTACHMENTS__SECRET_ACCESS_KEY", secret),
        ]
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn upload(server: &Server, key: &str) -> (u16, Value) {
    let file = json!({"filename": "a.txt", "mime_type": "text/plain", "data": "aGVsbG8="});
    let body = json!({"conversation_id": "c1", "sender": "end_user", "timestamp": "2026-11-20T10:00:00Z", "attachments": [file]});
    server.post("/api/attachments/", key, &body)
}

#[test]
fn files_lie_in_a_bucket_for_whoever_signs_rightly_and_its_absence_holds_nothing_else_up() {
    let mut service = Service::start();
    let directory = Directory::new();
    let wrong = "not-the-secret-of-anybody";
    let server = directory.start_with(&service.variables(wrong));
    let key = directory.project("shop");
    assert_eq!(upload(&server, &key).0, 503);
    assert_eq!(service.held(), BTreeMap::new(), "a wrong secret keeps nothing");
    assert!(!directory.log().contains(wrong), "{}", directory.log());
    drop(server);

    let secret = service.secret.clone();
    let server = directory.start_with(&service.variables(&secret));
    let (status, answer) = upload(&server, &key);
    assert_eq!(status, 201, "{answer}\n{}", directory.log());
    let held = service.held();
    let sizes: Vec<(bool, usize)> = held.iter().map(|(name, size)| (name.starts_with("of/rapport/"), *size)).collect();
    assert_eq!(sizes, [(true, 5)], "{held:?}");
    assert_eq!(upload(&server, &key).0, 201);
    assert_eq!(service.held(), held, "the same file is there once");
    assert!(!directory.data().join("attachments").exists());

    let address = answer["attachments"][0]["file_url"].as_str().unwrap();
    let path = address.strip_prefix(&server.url).unwrap();
    let (status, headers, body) = server.file(path, &key);
    assert_eq!((status, &body[..]), (200, &b"hello"[..]));
    assert_eq!(headers["content-length"], "5");

    drop(service);
    assert_eq!(server.get(path, None).0, 503, "the bucket is away");
    assert_eq!(upload(&server, &key).0, 503);
    let message = json!({"conversation_id": "c1", "sender": "end_user", "content": "still there?"});
    assert_eq!(server.post("/api/track/", &key, &message).0, 201);
}
