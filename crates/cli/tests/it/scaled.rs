//! Gateway, workers and API as processes of their own, on three Kafka brokers and one engine.

use std::time::Duration;

use engine::{Supervisor, SupervisorOptions};
use rustix::process::Signal;
use serde_json::json;
use testkit::kafka::{Brokers, unique};

use crate::{
    figures,
    server::{Directory, RAPPORT, Server, children, command, kill, wait_for},
};

/// Longer than the group's session time-out (10 s).
const FROZEN: Duration = Duration::from_secs(14);

const ADMIN_KEY: &str = "ags_0123456789abcdef0123456789abcdef_012345";

/// An installation: brokers, an engine, and what every process is told.
struct Installation {
    environment: Vec<(&'static str, String)>,
    _engine: Supervisor,
    directory: Directory,
    brokers: Brokers,
}

impl Installation {
    fn start() -> Installation {
        let brokers = Brokers::alone();
        let directory = Directory::new();
        let data = directory.data();
        let arguments = ["warehouse", "--data-dir", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        let arguments = arguments.map(Into::into).to_vec();
        let engine = Supervisor::spawn(RAPPORT.as_ref(), arguments, SupervisorOptions::default()).unwrap();
        let environment = vec![
            ("RAPPORT_KAFKA__BROKERS", brokers.addresses().to_owned()),
            ("RAPPORT_KAFKA__TOPIC_PREFIX", unique("scaled")),
            ("RAPPORT_KAFKA__EVENT_PARTITIONS", "4".to_owned()),
            ("RAPPORT_WAREHOUSE__URL", engine.url()),
            ("RAPPORT_ADMIN_KEY", ADMIN_KEY.to_owned()),
            ("RAPPORT_SECRET", "the same for all of them".to_owned()),
        ];
        Installation { environment, _engine: engine, directory, brokers }
    }

    /// Starts a service and waits until it is ready.
    fn service(&self, name: &str) -> Server {
        let mut command = command(&[name, "--listen", "127.0.0.1:0"]);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if name == "gateway" {
            command.arg("--data-dir").arg(self.directory.data().with_file_name("gateway"));
        }
        Server::of_service(command, &self.directory)
    }

    /// The process of the engine, which this process supervises: the one whose command line has its directory.
    fn engine_pid(&self) -> u32 {
        let of_engine = |pid: &u32| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(self.directory.data().to_str().unwrap())
        };
        wait_for("the engine's process", || children(std::process::id()).into_iter().find(of_engine))
    }

    /// Runs a command that must succeed, and returns what it printed.
    fn succeed(&self, arguments: &[&str]) -> String {
        let mut command = command(arguments);
        let output = command.env("RAPPORT_ADMIN_KEY", ADMIN_KEY).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {errors}\n{}", self.directory.log());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

#[test]
fn services_on_kafka_give_the_oracles_figures_while_they_are_killed_and_frozen() {
    let installation = Installation::start();
    let api = installation.service("api");
    let mut gateway = installation.service("gateway");
    let mut workers = [installation.service("worker"), installation.service("worker")];
    let at_api = ["--url", &api.url];
    installation.succeed(&[&["project", "create", "golden", "--timezone", "Europe/Madrid"], &at_api[..]].concat());
    let key = installation.succeed(&[&["key", "create", "--project", "golden"], &at_api[..]].concat());
    wait_for("the gateway to hear of the key", || (gateway.batch(&key, &json!([])).0 == 200).then_some(()));

    let pieces = figures::golden_pieces(installation.directory.data().parent().unwrap(), 4);
    for (number, piece) in pieces.iter().enumerate() {
        let arguments = ["import", piece.to_str().unwrap(), "--key", &key, "--url", &gateway.url];
        installation.succeed(&arguments);
        match number {
            0 => {
                let [first, second] = workers;
                first.kill();
                workers = [installation.service("worker"), second];
            }
            1 => {
                gateway.kill();
                gateway = installation.service("gateway");
            }
            // The last piece goes through the brokers that are left.
            2 => {
                kill(installation.engine_pid(), Signal::KILL);
                installation.brokers.kill(1);
            }
            _ => {}
        }
    }
    figures::golden_week(&api, &installation.directory, &key);
    installation.brokers.start();

    // Longer than the session time-out of the group: its partitions go to the other worker, and come back.
    kill(workers[0].pid(), Signal::STOP);
    std::thread::sleep(FROZEN);
    installation.succeed(&["import", pieces[0].to_str().unwrap(), "--key", &key, "--url", &gateway.url]);
    figures::golden_week(&api, &installation.directory, &key);
    kill(workers[0].pid(), Signal::CONT);
    installation.succeed(&["import", pieces[1].to_str().unwrap(), "--key", &key, "--url", &gateway.url]);
    figures::golden_week(&api, &installation.directory, &key);
    for service in [gateway, api] {
        let (status, _) = service.terminate();
        assert!(status.success(), "{status}\n{}", installation.directory.log());
    }
}
