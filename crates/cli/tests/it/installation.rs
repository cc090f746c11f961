//! An installation of separate services: three brokers, one engine, and what every process is told.

use engine::{Supervisor, SupervisorOptions};
use testkit::kafka::{Brokers, unique};

use crate::server::{Directory, RAPPORT, Server, children, command, sql, wait_for};

const ADMIN_KEY: &str = "ags_0123456789abcdef0123456789abcdef_012345";

/// An installation with topics of its own.
pub(crate) struct Installation {
    environment: Vec<(&'static str, String)>,
    engine: Supervisor,
    pub(crate) directory: Directory,
    pub(crate) brokers: Brokers,
    pub(crate) topic_prefix: String,
}

impl Installation {
    /// With so many partitions of events; its topics begin with a name of the test's own.
    pub(crate) fn start(brokers: Brokers, name: &str, partitions: u16) -> Installation {
        let directory = Directory::new();
        let data = directory.data();
        let arguments = ["warehouse", "--data-dir", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        let arguments = arguments.map(Into::into).to_vec();
        let engine = Supervisor::spawn(RAPPORT.as_ref(), arguments, SupervisorOptions::default()).unwrap();
        let topic_prefix = unique(name);
        let environment = vec![
            ("RAPPORT_KAFKA__BROKERS", brokers.addresses().to_owned()),
            ("RAPPORT_KAFKA__TOPIC_PREFIX", topic_prefix.clone()),
            ("RAPPORT_KAFKA__EVENT_PARTITIONS", partitions.to_string()),
            ("RAPPORT_WAREHOUSE__URL", engine.url()),
            ("RAPPORT_ADMIN_KEY", ADMIN_KEY.to_owned()),
            ("RAPPORT_SECRET", "the same for all of them".to_owned()),
        ];
        Installation { environment, engine, directory, brokers, topic_prefix }
    }

    /// Starts a service and waits until it is ready.
    pub(crate) fn service(&self, name: &str) -> Server {
        let mut command = command(&[name, "--listen", "127.0.0.1:0"]);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if name != "worker" {
            command.arg("--data-dir").arg(self.directory.data().with_file_name(name));
        }
        Server::of_service(command, &self.directory)
    }

    /// The process of the engine, which this process supervises: the one whose command line has its directory.
    pub(crate) fn engine_pid(&self) -> u32 {
        let of_engine = |pid: &u32| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(self.directory.data().to_str().unwrap())
        };
        wait_for("the engine's process", || children(std::process::id()).into_iter().find(of_engine))
    }

    /// Runs a command that must succeed, and returns what it printed.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let mut command = command(arguments);
        let output = command.env("RAPPORT_ADMIN_KEY", ADMIN_KEY).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {errors}\n{}", self.directory.log());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A new project and a key of role `write` for it, from an api.
    pub(crate) fn project(&self, api: &Server, name: &str) -> String {
        let at_api = ["--url", &api.url];
        self.succeed(&[&["project", "create", name, "--timezone", "Europe/Madrid"], &at_api[..]].concat());
        self.succeed(&[&["key", "create", "--project", name], &at_api[..]].concat())
    }

    /// What the engine answers.
    pub(crate) fn sql(&self, statement: &str) -> String {
        sql(&self.engine.url(), statement, &[])
    }
}
