//! The crate from outside: what is accepted and refused, both codecs against each other, the published schemas.

mod accepted;
mod avro;
mod compatibility;
mod direct;
mod random;
mod refused;
mod schemas;

use std::path::{Path, PathBuf};

use event::{Defaults, Timestamp};
use serde_json::Value;

/// The workspace's `schemas` folder.
fn schemas_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

/// A production key at the moment given in RFC 3339.
fn key_at(moment: &str) -> Defaults<'static> {
    Defaults::new("shop", Timestamp::parse_rfc3339(moment).expect("a time"))
}

/// The example of a type.
fn example(event: &str) -> Value {
    let path = schemas_dir().join("examples").join(format!("{event}.json"));
    let text = std::fs::read(&path).unwrap_or_else(|e| panic!("{event} needs an example at {}: {e}", path.display()));
    serde_json::from_slice(&text).expect("an example is JSON")
}
