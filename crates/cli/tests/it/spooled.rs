//! A gateway whose brokers go away: what it acknowledges meanwhile is counted once, also when it is killed itself.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use testkit::kafka::{Brokers, unique};

use crate::server::{Directory, Server, command, wait_for};

const EVENTS: u64 = 300;

/// A round of messages, and one event that is refused.
fn round(round: u64) -> Value {
    let event = |n: u64| {
        json!({
            "event_id": format!("e-{round}-{n}"),
            "event": "message.created",
            "conversation_id": format!("c-{}", n % 17),
            "data": {"message_id": format!("m-{round}-{n}"), "role": "user"},
        })
    };
    let refused = json!({"event_id": format!("refused-{round}"), "event": "message.created"});
    Value::Array((0..EVENTS).map(event).chain([refused]).collect())
}

/// An installation in one process, and beside it a gateway with a directory of its own.
struct Installation {
    whole: Server,
    directory: Directory,
    environment: Vec<(&'static str, String)>,
}

impl Installation {
    fn start(brokers: &Brokers) -> Installation {
        let mut environment = vec![
            ("RAPPORT_KAFKA__BROKERS", brokers.addresses().to_owned()),
            ("RAPPORT_KAFKA__TOPIC_PREFIX", unique("spooled")),
            ("RAPPORT_KAFKA__EVENT_PARTITIONS", "4".to_owned()),
        ];
        let directory = Directory::new();
        let variables: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let whole = directory.start_with(&variables);
        for (name, file) in [("RAPPORT_ADMIN_KEY", "admin-key"), ("RAPPORT_SECRET", "secret")] {
            environment.push((name, fs::read_to_string(directory.data().join(file)).unwrap().trim().to_owned()));
        }
        Installation { whole, directory, environment }
    }

    fn gateways_directory(&self) -> PathBuf {
        self.directory.data().with_file_name("gateway")
    }

    fn gateway_command(&self) -> Command {
        let mut command = command(&["gateway", "--listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(self.gateways_directory());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn gateway(&self) -> Server {
        Server::of_service(self.gateway_command(), &self.directory)
    }

    /// Sends a round that has to be acknowledged, and answers whether it was spooled, and its position.
    fn send(&self, gateway: &Server, key: &str, number: u64) -> (bool, Option<String>) {
        let (status, answer) = gateway.batch(key, &round(number));
        assert_eq!((status, &answer["accepted"]), (207, &json!(EVENTS)), "{answer}\n{}", self.directory.log());
        (answer["spooled"].as_bool().unwrap(), answer["position"].as_str().map(str::to_owned))
    }
}

#[test]
fn what_a_gateway_acknowledges_while_kafka_is_away_is_counted_once_though_it_is_killed_twice() {
    let brokers = Brokers::alone();
    let installation = Installation::start(&brokers);
    let key = installation.directory.project("shop");
    let mut gateway = installation.gateway();
    wait_for("the gateway to hear of the key", || (gateway.batch(&key, &json!([])).0 == 200).then_some(()));
    let (spooled, position) = installation.send(&gateway, &key, 0);
    assert!(!spooled && position.is_some());

    (1..=3).for_each(|broker| brokers.kill(broker));
    for number in 1..6 {
        assert_eq!(installation.send(&gateway, &key, number), (true, None));
    }
    let (status, report) = wait_for("readiness to speak of the spool", || {
        let (status, report) = gateway.get("/readyz", None);
        report["facts"]["spool_bytes"].as_f64().is_some_and(|bytes| bytes > 0.0).then_some((status, report))
    });
    let journal = report["checks"]["journal"].as_str().unwrap();
    assert!(status == 200 && journal.starts_with("ok: events go to the spool"), "{report}");
    gateway.kill();

    brokers.start();
    // Killed again as soon as it answers: the drain has just begun, or is in the middle.
    gateway = installation.gateway();
    installation.send(&gateway, &key, 6);
    gateway.kill();
    gateway = installation.gateway();
    wait_for("the spool to be drained", || {
        let (_, report) = gateway.get("/readyz", None);
        (report["facts"]["spool_bytes"].as_f64() == Some(0.0)).then_some(())
    });
    let (mut sent, mut position) = (7, None);
    while position.is_none() {
        position = installation.send(&gateway, &key, sent).1;
        sent += 1;
    }
    let position = position.unwrap();
    let segments = installation.gateways_directory().join("spool");
    wait_for("the disk to have its room back", || (fs::read_dir(&segments).unwrap().count() == 0).then_some(()));

    let question = format!("/api/v1/query?metric=messages_total&r=7d&cmp=off&position={position}");
    let total = wait_for("the figures to be there", || {
        let (status, body) = installation.whole.get(&question, Some(&key));
        // Shown if the wait is in vain.
        eprintln!("{status} {body}");
        (status == 200).then(|| body["results"][0]["total"]["value"].clone())
    });
    assert_eq!(total, json!(sent * EVENTS), "{}", installation.directory.log());
    let letters =
        || installation.directory.sql("SELECT event_id, count() FROM dead_letters FINAL GROUP BY ALL ORDER BY ALL", "");
    let each_once: Vec<String> = (0..sent).map(|number| format!("refused-{number}\t1")).collect();
    let found = wait_for("the last dead letter", || {
        let found = letters();
        found.contains(&format!("refused-{}\t", sent - 1)).then_some(found)
    });
    let mut found: Vec<&str> = found.lines().collect();
    found.sort_by_key(|line| line.len());
    assert_eq!(found, each_once);
    let (status, _) = gateway.terminate();
    assert!(status.success(), "{status}\n{}", installation.directory.log());
}

#[test]
fn a_gateway_has_its_directory_for_itself() {
    let directory = Directory::new();
    let gateway = || {
        let mut command = command(&["gateway", "--listen", "127.0.0.1:0", "--data-dir"]);
        // Nobody listens there: it waits for brokers, with the directory taken.
        command.arg(directory.data()).envs([("RAPPORT_KAFKA__BROKERS", "127.0.0.1:1")]);
        command.envs([
            ("RAPPORT_ADMIN_KEY", "ags_0123456789abcdef0123456789abcdef_012345"),
            ("RAPPORT_SECRET", "a secret"),
        ]);
        command
    };
    let mut first = gateway().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the first to take the directory", || {
        let pid = fs::read_to_string(directory.data().join("lock")).ok()?;
        (pid.trim() == first.id().to_string()).then_some(())
    });
    let second = gateway().output().unwrap();
    first.kill().unwrap();
    first.wait().unwrap();
    let errors = String::from_utf8_lossy(&second.stderr);
    let expected = format!("is in use by process {}", first.id());
    assert!(!second.status.success() && errors.contains(&expected) && errors.contains("--data-dir"), "{errors}");
}
