//! Apache Kafka for tests: three brokers of this machine, started once and shared by everybody who asks.
//!
//! Tests keep apart by topic prefixes and group names of their own. Who stops a broker asks for the brokers alone.

use std::{
    fs::{self, File},
    io::ErrorKind,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Longer than a broker takes to start.
const PATIENCE: Duration = Duration::from_secs(120);

/// The brokers, for as long as this lives.
#[derive(Debug)]
pub struct Brokers {
    addresses: String,
    run: PathBuf,
    /// Locks, released when the files are closed: that somebody uses the brokers, and whether others may.
    _locks: [File; 2],
}

impl Brokers {
    /// The brokers together with other tests.
    pub fn shared() -> Brokers {
        Brokers::up(|file| file.lock_shared())
    }

    /// The brokers alone: they may be killed.
    pub fn alone() -> Brokers {
        Brokers::up(File::lock)
    }

    fn up(lock: fn(&File) -> std::io::Result<()>) -> Brokers {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let cache = root.join(".cache/kafka");
        fs::create_dir_all(&cache).expect("the cache can be made");
        let turn = File::create(cache.join("turn.lock")).expect("the cache can be written to");
        lock(&turn).expect("files can be locked");
        let script = root.join("deploy/kafka.sh");
        let up = Command::new(&script).arg("up").stderr(Stdio::inherit()).output();
        let up = up.unwrap_or_else(|error| panic!("{} cannot be run: {error}", script.display()));
        assert!(up.status.success(), "the brokers did not start: see above");
        let run = cache.join("run");
        let users = File::open(run.join("users")).expect("brokers that are up have this file");
        users.lock_shared().expect("files can be locked");
        // What a test that was killed left down: nobody has the brokers alone now, or only this one.
        release(&run);
        let addresses = String::from_utf8(up.stdout).expect("addresses are text").trim().to_owned();
        Brokers { addresses, run, _locks: [turn, users] }
    }

    /// Where they listen: `host:port,host:port,host:port`.
    pub fn addresses(&self) -> &str {
        &self.addresses
    }

    /// Kills a broker (1, 2 or 3) with -9, and keeps it down until `start`.
    pub fn kill(&self, broker: usize) {
        fs::write(self.run.join(format!("{broker}.hold")), "").expect("the brokers' directory can be written to");
        let pid = fs::read_to_string(self.run.join(format!("{broker}.pid"))).expect("a broker that ran has a pid");
        let killed = Command::new("kill").args(["-KILL", pid.trim()]).status().expect("processes can be killed");
        assert!(killed.success(), "the broker was not there");
    }

    /// Starts the brokers that were killed, and waits until they answer. Two of the three must be up for any to.
    pub fn start(&self) {
        release(&self.run);
        let begun = Instant::now();
        for address in self.addresses.split(',') {
            while TcpStream::connect(address).is_err() {
                assert!(begun.elapsed() < PATIENCE, "the brokers did not start again");
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

/// Lets every broker start again.
fn release(run: &Path) {
    for broker in 1..=3 {
        if let Err(error) = fs::remove_file(run.join(format!("{broker}.hold"))) {
            assert_eq!(error.kind(), ErrorKind::NotFound, "the brokers can be started again");
        }
    }
}

impl Drop for Brokers {
    fn drop(&mut self) {
        release(&self.run);
    }
}

/// A name that no other test, here or in another process, has.
pub fn unique(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{what}-{:x}-{}-", since.as_micros(), COUNT.fetch_add(1, Ordering::Relaxed))
}
