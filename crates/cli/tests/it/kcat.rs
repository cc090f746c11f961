//! kcat: a Kafka client that is not ours, to write records with and to look at what topics hold.

use std::{
    ffi::{OsStr, OsString},
    io::Write as _,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::installation::Installation;

/// kcat on an installation's topics.
pub(crate) struct Kcat {
    program: PathBuf,
    brokers: String,
    topic_prefix: String,
}

/// A record as a topic holds it.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) partition: u16,
    pub(crate) offset: u64,
    pub(crate) key: String,
    /// As `name=value,name=value`.
    pub(crate) headers: String,
    pub(crate) value: Vec<u8>,
}

impl Kcat {
    pub(crate) fn new(program: &Path, installation: &Installation) -> Kcat {
        Kcat {
            program: program.to_owned(),
            brokers: installation.brokers.addresses().to_owned(),
            topic_prefix: installation.topic_prefix.clone(),
        }
    }

    fn run(&self, topic: &str, arguments: Vec<OsString>) -> Output {
        let topic = format!("{}{topic}", self.topic_prefix);
        let mut command = Command::new(&self.program);
        command.args(["-b", &self.brokers, "-t", &topic]).args(arguments).output().unwrap()
    }

    /// Writes a record to partition 0 of the events; without a key its key is null. `header` is `name=value`, or empty.
    /// Fails with what kcat says.
    pub(crate) fn write(&self, key: Option<&str>, value: &[u8], header: &[u8]) -> Result<(), String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(value).unwrap();
        // The client's own limit is below the topic's.
        let mut arguments: Vec<OsString> =
            ["-P", "-p", "0", "-X", "message.max.bytes=4000000"].map(Into::into).to_vec();
        if let Some(key) = key {
            arguments.extend(["-k", key].map(Into::into));
        }
        if !header.is_empty() {
            arguments.extend(["-H".into(), OsStr::from_bytes(header).to_owned()]);
        }
        arguments.push(file.path().into());
        let output = self.run("rapport.events.v1", arguments);
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }

    /// Everything that a topic holds.
    pub(crate) fn read(&self, topic: &str) -> Vec<Record> {
        let format = "%p\x1f%o\x1f%k\x1f%h\x1f%S\x1f%s";
        let arguments = ["-C", "-o", "beginning", "-e", "-q", "-f", format].map(Into::into).to_vec();
        let output = self.run(topic, arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut rest = &output.stdout[..];
        let mut records = Vec::new();
        while !rest.is_empty() {
            let mut field = || {
                let end = rest.iter().position(|byte| *byte == 0x1f).unwrap();
                let text = String::from_utf8_lossy(&rest[..end]).into_owned();
                rest = &rest[end + 1..];
                text
            };
            let (partition, offset) = (field().parse().unwrap(), field().parse().unwrap());
            let (key, headers, length) = (field(), field(), field());
            // The length of a null is -1.
            let (value, after) = rest.split_at(length.parse().unwrap_or(0));
            rest = after;
            records.push(Record { partition, offset, key, headers, value: value.to_vec() });
        }
        records
    }
}
