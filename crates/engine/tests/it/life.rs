//! Starts, deaths and restarts.

use std::path::Path;
use std::time::Duration;

use engine::{Supervisor, SupervisorOptions};
use rustix::process::Signal;

use crate::support::{PROGRAM, Process, at, empty_dir, eventually, signal, supervised, try_post};

fn is_alive(pid: u32) -> bool {
    // A zombie is not alive any more.
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| !rest.starts_with('Z')))
}

#[test]
fn a_killed_engine_is_back_with_all_that_was_acknowledged() {
    let supervisor = supervised(&empty_dir("killed"), &[]);
    let url = supervisor.url();
    at(&url, "CREATE TABLE t (n UInt32, batch UInt32) ENGINE = MergeTree ORDER BY n").ok();
    let mut acknowledged = 0;
    for round in 1..=3 {
        let pid = supervisor.pid();
        // Inserts until the kill, which meets one in its middle.
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150));
            signal(pid, Signal::KILL);
        });
        let insert = |batch: u32| {
            let statement = format!("INSERT INTO t SELECT number, {batch} FROM numbers(100)");
            try_post(&url, &[], statement.as_bytes()).is_ok_and(|answer| answer.status == 200)
        };
        while insert(acknowledged + 1) {
            acknowledged += 1;
        }
        killer.join().unwrap();
        // It may answer a moment before its supervisor has taken note of the new process.
        eventually("the engine answers again", Duration::from_secs(10), || {
            supervisor.restarts() == round && try_post(&url, &[], b"SELECT 1").is_ok_and(|answer| answer.status == 200)
        });
        assert_eq!(supervisor.url(), url);
        assert_ne!(supervisor.pid(), pid);
        // Every acknowledged batch is in, whole; the one in flight is in whole or not at all.
        let counts = at(
            &url,
            "SELECT uniqExact(batch), countIf(rows != 100) FROM (SELECT batch, count() AS rows FROM t GROUP BY batch)",
        );
        let text = counts.ok();
        let (batches, partial) = text.trim().split_once('\t').unwrap();
        let batches: u32 = batches.parse().unwrap();
        assert!(batches == acknowledged || batches == acknowledged + 1, "{batches} of {acknowledged}");
        assert_eq!(partial, "0");
        acknowledged = batches;
    }
    assert!(acknowledged > 3, "{acknowledged} batches were inserted in all");
}

#[test]
fn a_stopped_supervisor_leaves_no_process_and_the_data_opens_again() {
    let data_dir = empty_dir("stopped");
    let supervisor = supervised(&data_dir, &[]);
    at(&supervisor.url(), "CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n").ok();
    at(&supervisor.url(), "INSERT INTO t VALUES (42)").ok();
    let pid = supervisor.pid();
    supervisor.stop();
    assert!(!is_alive(pid));
    supervisor.stop();
    let again = supervised(&data_dir, &[]);
    assert_eq!(at(&again.url(), "SELECT n FROM t").ok(), "42\n");
    assert_eq!(again.restarts(), 0);
}

#[test]
fn a_start_that_cannot_work_says_why() {
    let data_dir = empty_dir("refused");
    let start = |arguments: &[&str]| {
        let arguments = arguments.iter().map(Into::into).collect();
        Supervisor::spawn(Path::new(PROGRAM), arguments, SupervisorOptions::default())
    };
    let held = Process::start(&[data_dir.to_str().unwrap()]);
    let error = start(&[data_dir.to_str().unwrap(), "lock_wait_ms=100"]).expect_err("the directory is taken");
    assert!(error.to_string().contains("in use by another process"), "{error}");
    drop(held);
    let error = start(&["/proc/no/such/place"]).expect_err("the directory cannot be made");
    assert!(error.code() == "engine_start_failed" && error.to_string().contains("/proc/no/such/place"), "{error}");
    let error = Supervisor::spawn(Path::new("/no/such/program"), Vec::new(), SupervisorOptions::default());
    assert!(error.expect_err("there is no program").to_string().contains("/no/such/program"));
}

#[test]
fn the_engine_inherits_no_variable_that_it_does_not_need() {
    let data_dir = empty_dir("environment");
    let mut command = std::process::Command::new(PROGRAM);
    command
        .args(["supervise".as_ref(), data_dir.as_os_str()])
        .env("RAPPORT_ADMIN_KEY", "hunter2")
        .env("OTHER", "hunter2");
    let parent = Process::start_command(&mut command);
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", parent.pid())).unwrap();
    let child = children.split_whitespace().next().expect("the parent has a child");
    let environment = std::fs::read(format!("/proc/{child}/environ")).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("RAPPORT_ENGINE_SUPERVISED=1"), "{environment}");
    assert!(!environment.contains("hunter2"), "{environment}");
}

#[test]
fn the_engine_dies_with_its_parent_and_the_next_start_waits_for_it() {
    let data_dir = empty_dir("orphaned");
    let parent = Process::start(&["supervise", data_dir.to_str().unwrap()]);
    at(&parent.url, "CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n").ok();
    at(&parent.url, "INSERT INTO t VALUES (7)").ok();
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", parent.pid())).unwrap();
    let child: u32 = children.split_whitespace().next().expect("the parent has a child").parse().unwrap();
    // A statement in flight does not keep it.
    let url = parent.url.clone();
    let busy = std::thread::spawn(move || {
        try_post(&url, &[], b"SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1")
    });
    eventually("the statement runs", Duration::from_secs(5), || {
        at(&parent.url, "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleepEach%'").ok() == "1\n"
    });
    signal(parent.pid(), Signal::KILL);
    let next = Process::start(&[data_dir.to_str().unwrap()]);
    assert!(!is_alive(child));
    assert_eq!(at(&next.url, "SELECT n FROM t").ok(), "7\n");
    let ended = busy.join().unwrap();
    assert!(!ended.is_ok_and(|answer| answer.status == 200), "the statement ended with its engine");
}
