//! Gateway, workers and API as processes of their own, on three Kafka brokers and one engine.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use testkit::kafka::Brokers;

use crate::{
    figures,
    installation::Installation,
    server::{kill, wait_for},
};

/// Longer than the group's session time-out (10 s).
const FROZEN: Duration = Duration::from_secs(14);

#[test]
fn services_on_kafka_give_the_oracles_figures_while_they_are_killed_and_frozen() {
    let installation = Installation::start(Brokers::alone(), "scaled", 4);
    let api = installation.service("api");
    let mut gateway = installation.service("gateway");
    let mut workers = [installation.service("worker"), installation.service("worker")];
    let key = installation.project(&api, "golden");
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
