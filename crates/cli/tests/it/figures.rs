//! Every figure against the independent oracle, which lies beside the repository in `shared/golden`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::server::{Directory, Server, root};

/// The oracle's directory: `shared/golden` beside the repository, or above it.
fn golden() -> PathBuf {
    let found =
        root().ancestors().map(|above| above.join("shared/golden")).find(|path| path.join("check.py").is_file());
    found.unwrap_or_else(|| {
        panic!("shared/golden/check.py lies nowhere above {}: the figures cannot be checked", root().display())
    })
}

/// Has the oracle post a file to a new project and compare every core figure.
fn check(server: &Server, directory: &Directory, name: &str, events: &Path, options: &[&str]) -> String {
    let key = directory.project(name);
    compare(server, directory, &key, events, options);
    key
}

fn compare(server: &Server, directory: &Directory, key: &str, events: &Path, options: &[&str]) {
    let output = Command::new("python3")
        .arg(golden().join("check.py"))
        .args(["--url", &server.url, "--ingest-key", key, "--read-key", key, "--only", "core", "--events"])
        .arg(events)
        .args(options)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {options:?}\n{text}\n{}", events.display(), directory.log());
}

/// A generated stream of the oracle's, made once.
fn generated(directory: &Directory, seed: u32) -> PathBuf {
    let path = directory.data().join(format!("seed-{seed}.jsonl"));
    let output = Command::new("python3")
        .arg(golden().join("generate.py"))
        .args(["--seed", &seed.to_string(), "--shuffle", "local"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(&path, output.stdout).unwrap();
    path
}

#[test]
fn the_golden_events_give_the_oracles_figures_in_any_order_and_when_sent_twice() {
    let directory = Directory::new();
    let server = directory.start();
    let events = golden().join("events.jsonl");
    let week = ["--from", "2026-03-23", "--to", "2026-03-30"];
    let key = check(&server, &directory, "golden", &events, &week);
    compare(&server, &directory, &key, &events, &week);
    check(&server, &directory, "golden-shuffled", &events, &[&week[..], &["--order", "shuffled"]].concat());
}

#[test]
fn generated_streams_give_the_oracles_figures_also_after_a_kill_in_the_middle() {
    let directory = Directory::new();
    let mut server = directory.start();
    for seed in [1, 2] {
        let events = generated(&directory, seed);
        let name = format!("seed-{seed}");
        let key = check(&server, &directory, &name, &events, &[]);
        check(&server, &directory, &format!("{name}-shuffled"), &events, &["--order", "shuffled"]);
        server.kill();
        server = directory.start();
        compare(&server, &directory, &key, &events, &["--no-post"]);
    }
}
