//! `rapport import`: files of events through the gateway. The server's de-duplication makes a second import harmless.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write as _},
    path::Path,
    time::Duration,
};

use anyhow::Context;
use chrono::{DateTime, Utc};
use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::{
    args::Import,
    http::{self, BatchAnswer, Client, Patience, Rejected},
    run::directory,
    terminal,
};

/// Events older than this need `historical: true` (metrics.md, P15).
const LATE: chrono::Duration = chrono::Duration::days(7);
/// A request stays below the gateway's 5 MiB.
const REQUEST_BYTES: usize = 4 << 20;
/// The word before files that AgentSight exported.
const AGENTSIGHT: &str = "agentsight";
/// Rejections that are printed; all are counted.
const SHOWN: u64 = 20;

/// Sends the files.
///
/// # Errors
/// When a file cannot be read, the server refuses the key or stays away, or any event was rejected.
pub(crate) fn import(options: &Import) -> anyhow::Result<()> {
    let url = match &options.reach.url {
        Some(url) => url.clone(),
        None => directory::address_of_server(&options.reach.data_dir)?,
    };
    http::check_url(&url)?;
    let bar = terminal::progress("{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta} left");
    let mut import = Running {
        client: Client::patient(&url, &options.key, Patience::of_option(options.wait), bar.clone()),
        bar,
        now: Utc::now(),
        batch: options.batch as usize,
        json: options.json,
        lines: Vec::new(),
        body: Vec::new(),
        accepted: 0,
        rejected: 0,
    };
    let (of_agentsight, files) = match options.files.split_first() {
        Some((first, rest)) if first == Path::new(AGENTSIGHT) && !rest.is_empty() => (true, rest),
        _ => (false, options.files.as_slice()),
    };
    for path in files {
        let sent = if of_agentsight { import.export(path) } else { import.file(path) };
        sent.with_context(|| format!("{}: stopped", path.display()))?;
    }
    import.bar.finish_and_clear();
    let (accepted, rejected) = (import.accepted, import.rejected);
    if options.json {
        terminal::line(json!({"accepted": accepted, "rejected": rejected}));
    } else {
        terminal::line(format_args!("{accepted} events accepted, {rejected} rejected"));
    }
    anyhow::ensure!(rejected == 0, "{rejected} events were rejected: mend them and import the file again");
    Ok(())
}

/// An import under way.
struct Running {
    client: Client,
    bar: ProgressBar,
    now: DateTime<Utc>,
    batch: usize,
    json: bool,
    /// Line numbers of the events in `body`.
    lines: Vec<u64>,
    body: Vec<u8>,
    accepted: u64,
    rejected: u64,
}

impl Running {
    fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        let name = path.display().to_string();
        self.bar.set_message(name.clone());
        let mut reader = open(path, &self.bar)?;
        let mut line = Vec::new();
        let mut number = 0;
        loop {
            line.clear();
            // One byte beyond what a request can hold is enough to know that the event cannot be sent.
            let read = reader.by_ref().take(REQUEST_BYTES as u64 + 1).read_until(b'\n', &mut line)?;
            if read == 0 {
                break;
            }
            number += 1;
            if line.len() > REQUEST_BYTES {
                self.reject(&name, number, "event_too_large", "an event may have 1 MiB");
                skip_line(&mut reader, &line)?;
                continue;
            }
            let event = line.trim_ascii();
            if event.is_empty() {
                continue;
            }
            self.event(&name, number, event)?;
        }
        self.send(&name)
    }

    /// Sends what AgentSight exported: conversations with their transcripts, as a list, pages of its API, or one after the other. They
    /// are numbered as they come.
    fn export(&mut self, path: &Path) -> anyhow::Result<()> {
        let name = path.display().to_string();
        self.bar.set_message(name.clone());
        let now = event::Timestamp(self.now.timestamp_micros());
        let mut number = 0;
        for value in serde_json::Deserializer::from_reader(open(path, &self.bar)?).into_iter::<Value>() {
            let rows = match value.context("the file holds no JSON")? {
                Value::Array(rows) => rows,
                mut page if page["results"].is_array() => {
                    page["results"].take().as_array().cloned().unwrap_or_default()
                }
                row => vec![row],
            };
            for row in rows {
                number += 1;
                match agentsight::exported(&row, now) {
                    Ok(events) => {
                        for event in events {
                            self.event(&name, number, event.to_string().as_bytes())?;
                        }
                    }
                    Err(message) => self.reject(&name, number, "no_conversation", message),
                }
            }
        }
        self.send(&name)
    }

    /// Puts an event behind the others, and sends them when there is no more room.
    fn event(&mut self, file: &str, number: u64, event: &[u8]) -> anyhow::Result<()> {
        if self.lines.len() == self.batch || self.body.len() + event.len() >= REQUEST_BYTES {
            self.send(file)?;
        }
        self.lines.push(number);
        append_event(&mut self.body, event, self.now);
        Ok(())
    }

    fn send(&mut self, file: &str) -> anyhow::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let BatchAnswer { accepted, rejected, .. } = self.client.batch(&self.body)?;
        self.accepted += accepted;
        for Rejected { index, code, message, .. } in rejected {
            let line = self.lines.get(index).copied().unwrap_or_default();
            self.reject(file, line, &code, &message);
        }
        self.lines.clear();
        self.body.clear();
        Ok(())
    }

    fn reject(&mut self, file: &str, line: u64, code: &str, message: &str) {
        self.rejected += 1;
        if self.rejected <= SHOWN && !self.json {
            self.bar.suspend(|| terminal::remark(format_args!("{file}:{line}: {code}: {message}")));
        } else if self.rejected <= SHOWN {
            terminal::remark(json!({"file": file, "line": line, "code": code, "message": message}));
        }
    }
}

/// Opens a file, gzip or not, its progress counted in the bytes of the file itself.
fn open(path: &Path, bar: &ProgressBar) -> anyhow::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    bar.set_length(file.metadata()?.len());
    bar.reset();
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut reader = BufReader::with_capacity(1 << 16, bar.wrap_read(file));
    let is_gzip = reader.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if is_gzip { Box::new(BufReader::new(MultiGzDecoder::new(reader))) } else { Box::new(reader) })
}

/// Reads on to the end of a line of which `read` is the beginning.
fn skip_line(reader: &mut impl BufRead, read: &[u8]) -> io::Result<()> {
    if read.last() == Some(&b'\n') {
        return Ok(());
    }
    loop {
        let buffer = reader.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = buffer.len();
        reader.consume(end.map_or(length, |at| at + 1));
        if end.is_some() || length == 0 {
            return Ok(());
        }
    }
}

/// Puts an event behind the others of a request, marked as historical where it is late. What is no event goes as it is: the
/// gateway says what is wrong with it, and keeps it in the dead letters.
fn append_event(body: &mut Vec<u8>, line: &[u8], now: DateTime<Utc>) {
    let late = serde_json::from_slice::<Value>(line).ok().filter(|event| is_late(event, now));
    match late {
        Some(mut event) => {
            event["historical"] = true.into();
            write!(body, "{event}").expect("a vector takes every byte");
        }
        None => body.extend_from_slice(line),
    }
    body.push(b'\n');
}

fn is_late(event: &Value, now: DateTime<Utc>) -> bool {
    if event.get("historical").is_some_and(|flag| !flag.is_null()) {
        return false;
    }
    let time = match &event["timestamp"] {
        Value::String(text) => DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()),
        Value::Number(number) => number.as_f64().and_then(|value| {
            // Numbers of 1e11 and more are milliseconds, smaller ones seconds (decisions.md, D-01).
            let millis = if value >= 1e11 { value } else { value * 1_000.0 };
            DateTime::from_timestamp_millis(millis as i64)
        }),
        _ => None,
    };
    time.is_some_and(|time| now - time > LATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(event: &str, expected: &str) {
        let now = DateTime::parse_from_rfc3339("2026-03-29T12:00:00Z").unwrap().to_utc();
        let mut body = Vec::new();
        append_event(&mut body, event.as_bytes(), now);
        assert_eq!(String::from_utf8(body).unwrap().trim(), expected);
    }

    #[test]
    fn only_events_older_than_seven_days_are_marked() {
        check(r#"{"timestamp":"2026-03-01T10:00:00Z"}"#, r#"{"historical":true,"timestamp":"2026-03-01T10:00:00Z"}"#);
        check(r#"{"timestamp":1709287200}"#, r#"{"historical":true,"timestamp":1709287200}"#);
        check(r#"{"timestamp":1709287200000}"#, r#"{"historical":true,"timestamp":1709287200000}"#);
        for untouched in [
            r#"{"timestamp":"2026-03-28T10:00:00Z"}"#,
            r#"{"timestamp":"2026-03-01T10:00:00Z","historical":false}"#,
            r#"{"timestamp":"soon"}"#,
            "{\"half an event",
        ] {
            check(untouched, untouched);
        }
    }

    #[test]
    fn the_rest_of_an_overlong_line_is_skipped() {
        let mut reader = BufReader::new(&b"ccc\nnext"[..]);
        skip_line(&mut reader, b"aaabbb").unwrap();
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "next");
    }
}
