//! `rapport loadgen`: realistic events at a rate, or as fast as they are taken; how fast that was, and how soon they showed. They are
//! native, or requests of AgentSight's SDKs.

mod past;
mod report;
mod sdk;
mod traffic;
mod visible;

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;

use self::{
    report::{Report, Sent},
    traffic::Traffic,
};
use crate::{
    args::{Loadgen, Shape},
    http::{self, Client, Patience},
    terminal,
};

/// Loads the server and prints what was measured.
///
/// # Errors
/// When the server refuses events, stays away, or no probe became visible.
pub(crate) fn loadgen(options: &Loadgen) -> anyhow::Result<()> {
    if let Some(past) = &options.past {
        return past::fill(past, options.seed);
    }
    http::check_url(&options.url)?;
    let bar = terminal::progress("{msg} [{bar:30}] {pos}/{len} s");
    let client_with = |key| Client::patient(&options.url, key, Patience::of_option(options.wait), bar.clone());
    let client = client_with(&options.key);
    let reader = client_with(options.read_key.as_ref().unwrap_or(&options.key));
    // Making the events must not be measured, so every connection has its own ready before any begins.
    let traffics = make_traffic(options);
    let start = Barrier::new(traffics.len() + 1);
    let over = AtomicBool::new(false);
    bar.set_length(options.duration);
    bar.set_message(format!("loading {}", client.shown_url()));

    let (sent, visible) = thread::scope(|scope| {
        let connections: Vec<_> = traffics
            .into_iter()
            .map(|traffic| {
                let (client, start) = (client.clone(), &start);
                scope.spawn(move || send(options, &client, traffic, start))
            })
            .collect();
        let probes = options.visible.then(|| scope.spawn(|| visible::probe(&client, &reader, &over)));
        start.wait();
        for second in 0..options.duration {
            thread::sleep(Duration::from_secs(1));
            // They end before their time only when the server is given up.
            if connections.iter().all(thread::ScopedJoinHandle::is_finished) {
                break;
            }
            bar.set_position(second + 1);
        }
        let sent: anyhow::Result<Vec<Sent>> = connections.into_iter().map(joined).collect();
        over.store(true, Ordering::Relaxed);
        (sent, probes.map(joined).transpose())
    });
    bar.finish_and_clear();

    let report = Report::new(&sent?, visible?);
    terminal::line(if options.json { report.json().to_string() } else { report.text() });
    Ok(())
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, anyhow::Result<T>>) -> anyhow::Result<T> {
    thread.join().map_err(|_| anyhow::anyhow!("a connection's thread panicked"))?
}

fn make_traffic(options: &Loadgen) -> Vec<Traffic> {
    thread::scope(|scope| {
        let making: Vec<_> = (0..options.connections)
            .map(|connection| scope.spawn(move || Traffic::new(options.shape, options.seed, connection)))
            .collect();
        making.into_iter().map(|made| made.join().expect("making events does not panic")).collect()
    })
}

/// One connection: a request after the other until the time is over.
fn send(options: &Loadgen, client: &Client, mut traffic: Traffic, start: &Barrier) -> anyhow::Result<Sent> {
    // An item of the first SDK is a request of its own.
    let batch = if options.shape == Shape::First { 1 } else { options.batch };
    // At a rate, each connection owns a share of the schedule; a late request is sent at once, and its wait counts as latency.
    let interval =
        options.rate.map(|rate| Duration::from_secs_f64(batch as f64 * options.connections as f64 / rate as f64));
    let mut sent = Sent::default();
    let mut body = Vec::new();
    start.wait();
    let begin = Instant::now();
    let end = begin + Duration::from_secs(options.duration);
    let mut due = begin;
    while Instant::now() < end {
        if interval.is_some() {
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        let path = traffic.fill(&mut body, batch as usize);
        let asked = if interval.is_some() { due } else { Instant::now() };
        let (accepted, rejected) = one(options.shape, client, (path, &body), batch)?;
        sent.note(accepted, rejected, asked.elapsed());
        due += interval.unwrap_or_default();
    }
    sent.elapsed = begin.elapsed();
    Ok(sent)
}

/// One request; how many of its events were accepted and rejected. A call of an SDK is taken as a whole, or the load ends.
fn one(shape: Shape, client: &Client, (path, body): (&str, &[u8]), events: u64) -> anyhow::Result<(u64, u64)> {
    const STOPPED: &str = "the server stopped taking events";
    if shape == Shape::Native {
        let answer = client.batch(body).context(STOPPED)?;
        return Ok((answer.accepted, answer.rejected.len() as u64));
    }
    client.track(path, body).context(STOPPED)?;
    Ok((events, 0))
}
