//! Typed metric entries. Each crate lists its own in its `metrics.rs`; the overview and the help texts come from them.
//!
//! Labels take values from small closed sets; they never carry a conversation, a user or a tenant.

use std::sync::{Mutex, PoisonError};

use ::metrics as facade;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// What a metric counts in; the name ends in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// A share between 0 and 1.
    Ratio,
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// A catalogue entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Prometheus name: `rapport_<component>_<thing>_<unit>[_total]`.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// What it counts in.
    pub unit: Unit,
    /// One sentence for the operator.
    pub meaning: &'static str,
}

/// A label and its value.
pub type Label = (&'static str, &'static str);

const METADATA: facade::Metadata<'static> = facade::Metadata::new("rapport", facade::Level::INFO, Some(module_path!()));

fn key(name: &'static str, labels: &[Label]) -> facade::Key {
    if labels.is_empty() {
        return facade::Key::from_static_name(name);
    }
    let labels: Vec<facade::Label> =
        labels.iter().map(|(label, value)| facade::Label::from_static_parts(label, value)).collect();
    facade::Key::from_parts(name, labels)
}

/// Declares the typed wrapper of one kind.
macro_rules! kind {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $type(Entry);

        impl $type {
            /// Declares the entry.
            pub const fn new(name: &'static str, unit: Unit, meaning: &'static str) -> Self {
                Self(Entry { name, kind: Kind::$type, unit, meaning })
            }

            /// The catalogue entry.
            pub const fn entry(&self) -> Entry {
                self.0
            }
        }
    };
}
kind!(
    /// A number that only grows.
    Counter
);
kind!(
    /// A number that goes up and down.
    Gauge
);
kind!(
    /// A distribution.
    Histogram
);

impl Counter {
    /// Adds to it.
    pub fn add(&self, amount: u64) {
        self.add_with(&[], amount);
    }

    /// Adds to the series with these labels.
    pub fn add_with(&self, labels: &[Label], amount: u64) {
        let key = key(self.0.name, labels);
        facade::with_recorder(|recorder| recorder.register_counter(&key, &METADATA).increment(amount));
    }
}

impl Gauge {
    /// Sets it.
    pub fn set(&self, value: f64) {
        self.set_with(&[], value);
    }

    /// Sets the series with these labels.
    pub fn set_with(&self, labels: &[Label], value: f64) {
        let key = key(self.0.name, labels);
        facade::with_recorder(|recorder| recorder.register_gauge(&key, &METADATA).set(value));
    }

    /// Has the series of one of a few numbered things rendered no more, until it is set again: another process speaks of it.
    pub fn unset_of(&self, label: &'static str, number: u16) {
        self.set_of(label, number, f64::NAN);
    }

    /// Sets the series of one of a few numbered things, such as partitions.
    pub fn set_of(&self, label: &'static str, number: u16, value: f64) {
        let labels = vec![facade::Label::new(label, number.to_string())];
        let key = facade::Key::from_parts(self.0.name, labels);
        facade::with_recorder(|recorder| recorder.register_gauge(&key, &METADATA).set(value));
    }
}

impl Histogram {
    /// Adds a value to the distribution.
    pub fn record(&self, value: f64) {
        self.record_with(&[], value);
    }

    /// Adds a value to the series with these labels.
    pub fn record_with(&self, labels: &[Label], value: f64) {
        let key = key(self.0.name, labels);
        facade::with_recorder(|recorder| recorder.register_histogram(&key, &METADATA).record(value));
    }
}

/// Gives the recorder the help texts of a catalogue. Call it after [`install`].
pub fn describe(catalogue: &[Entry]) {
    facade::with_recorder(|recorder| {
        for entry in catalogue {
            let name = facade::KeyName::from_const_str(entry.name);
            match entry.kind {
                Kind::Counter => recorder.describe_counter(name, None, entry.meaning.into()),
                Kind::Gauge => recorder.describe_gauge(name, None, entry.meaning.into()),
                Kind::Histogram => recorder.describe_histogram(name, None, entry.meaning.into()),
            }
        }
    });
}

/// Why metrics could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be set up: {0}")]
pub struct Error(String);

impl Error {
    /// Stable name for logs.
    pub fn code(&self) -> &'static str {
        "metrics_setup"
    }
}

/// How the value of a series ends its line that was unset.
const UNSET: &str = " NaN";

/// Renders what was recorded.
#[derive(Clone)]
pub struct Handle(PrometheusHandle);

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle")
    }
}

impl Handle {
    /// The text of `/metrics`, in the Prometheus exposition format.
    pub fn render(&self) -> String {
        let mut text = self.0.render();
        if text.contains(UNSET) {
            text = text.split_inclusive('\n').filter(|line| !line.trim_end().ends_with(UNSET)).collect();
        }
        text
    }

    /// Folds recorded histogram samples together; call it every few seconds where nobody scrapes, or they pile up.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

/// Histogram boundaries, for seconds: from half a millisecond to half a minute.
const BOUNDARIES: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Installs the process's recorder; called again, it returns the handle of the one that is installed.
///
/// # Errors
/// When another recorder is installed already.
pub fn install() -> Result<Handle, Error> {
    static INSTALLED: Mutex<Option<Handle>> = Mutex::new(None);
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = installed.as_ref() {
        return Ok(handle.clone());
    }
    let builder = PrometheusBuilder::new().set_buckets(&BOUNDARIES).map_err(|e| Error(e.to_string()))?;
    let recorder = builder.build_recorder();
    let handle = Handle(recorder.handle());
    facade::set_global_recorder(recorder).map_err(|e| Error(e.to_string()))?;
    *installed = Some(handle.clone());
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: Counter = Counter::new("rapport_test_events_total", Unit::Count, "Events of this test.");
    const OPEN: Gauge = Gauge::new("rapport_test_open", Unit::Count, "Open things of this test.");
    const TOOK: Histogram = Histogram::new("rapport_test_took_seconds", Unit::Seconds, "Time of this test.");

    #[test]
    fn what_is_recorded_is_rendered_with_its_help() {
        install().unwrap();
        describe(&[EVENTS.entry(), OPEN.entry(), TOOK.entry()]);
        EVENTS.add_with(&[("code", "too_old")], 2);
        EVENTS.add(1);
        OPEN.set(3.0);
        OPEN.set_of("partition", 7, 2.0);
        OPEN.set_of("partition", 8, 2.0);
        OPEN.unset_of("partition", 8);
        TOOK.record(0.002);
        let text = install().unwrap().render();
        for line in [
            "# HELP rapport_test_events_total Events of this test.",
            "rapport_test_events_total{code=\"too_old\"} 2",
            "rapport_test_events_total 1",
            "rapport_test_open 3",
            "rapport_test_open{partition=\"7\"} 2",
            "rapport_test_took_seconds_bucket{le=\"0.0025\"} 1",
        ] {
            assert!(text.contains(line), "`{line}` is not in\n{text}");
        }
        assert!(!text.contains("partition=\"8\""), "it was unset:\n{text}");
    }
}
