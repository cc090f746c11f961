//! What was measured, for people and for programs.

use std::time::Duration;

use serde_json::{Value, json};

/// What one connection did.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) accepted: u64,
    pub(super) rejected: u64,
    pub(super) latencies: Vec<Duration>,
    pub(super) elapsed: Duration,
}

impl Sent {
    pub(super) fn note(&mut self, accepted: u64, rejected: u64, latency: Duration) {
        self.accepted += accepted;
        self.rejected += rejected;
        self.latencies.push(latency);
    }
}

/// The outcome of a run.
#[derive(Debug)]
pub(super) struct Report {
    accepted: u64,
    rejected: u64,
    elapsed: Duration,
    requests: Percentiles,
    visible: Option<Percentiles>,
}

/// Percentiles of a sample, in milliseconds; None where it is empty.
#[derive(Debug)]
struct Percentiles {
    count: usize,
    values: Option<[f64; 4]>,
}

const NAMES: [&str; 4] = ["p50", "p95", "p99", "max"];

impl Percentiles {
    fn of(mut sample: Vec<Duration>) -> Self {
        sample.sort_unstable();
        let at = |share: f64| {
            // The smallest value that at least this share of the sample does not exceed.
            let rank = (share * sample.len() as f64).ceil() as usize;
            sample[rank.clamp(1, sample.len()) - 1].as_secs_f64() * 1_000.0
        };
        let values = (!sample.is_empty()).then(|| [at(0.5), at(0.95), at(0.99), at(1.0)]);
        Self { count: sample.len(), values }
    }

    fn json(&self) -> Value {
        let mut fields = json!({"n": self.count});
        for (place, name) in NAMES.iter().enumerate() {
            fields[format!("{name}_ms")] = self.values.map_or(Value::Null, |values| values[place].into());
        }
        fields
    }

    fn text(&self) -> String {
        let Some(values) = self.values else { return "none measured".to_owned() };
        let parts = NAMES.iter().zip(values).map(|(name, value)| format!("{name} {value:.1} ms"));
        format!("{} (n = {})", parts.collect::<Vec<_>>().join(", "), self.count)
    }
}

impl Report {
    pub(super) fn new(sent: &[Sent], visible: Option<Vec<Duration>>) -> Self {
        let latencies = sent.iter().flat_map(|one| one.latencies.iter().copied()).collect();
        Self {
            accepted: sent.iter().map(|one| one.accepted).sum(),
            rejected: sent.iter().map(|one| one.rejected).sum(),
            elapsed: sent.iter().map(|one| one.elapsed).max().unwrap_or_default(),
            requests: Percentiles::of(latencies),
            visible: visible.map(Percentiles::of),
        }
    }

    fn per_second(&self, count: f64) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { count / seconds } else { 0.0 }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "accepted": self.accepted,
            "rejected": self.rejected,
            "seconds": self.elapsed.as_secs_f64(),
            "accepted_per_second": self.per_second(self.accepted as f64),
            "requests_per_second": self.per_second(self.requests.count as f64),
            "request": self.requests.json(),
            "visible": self.visible.as_ref().map(Percentiles::json),
        })
    }

    pub(super) fn text(&self) -> String {
        let seconds = self.elapsed.as_secs_f64();
        let mut text = format!(
            "{} events accepted, {} rejected in {seconds:.1} s: {:.0} events/s\n{:.0} requests/s: {}",
            self.accepted,
            self.rejected,
            self.per_second(self.accepted as f64),
            self.per_second(self.requests.count as f64),
            self.requests.text()
        );
        if let Some(visible) = &self.visible {
            text.push_str("\naccepted to visible: ");
            text.push_str(&visible.text());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_of_the_sample() {
        let sample = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(Percentiles::of(sample).values, Some([100.0, 190.0, 198.0, 200.0]));
        assert_eq!(Percentiles::of(Vec::new()).values, None);
        assert_eq!(Percentiles::of(vec![Duration::from_millis(3)]).values, Some([3.0; 4]));
    }

    #[test]
    fn the_rate_is_all_connections_events_over_the_longest_of_them() {
        let sent = |accepted, seconds| Sent { accepted, elapsed: Duration::from_secs(seconds), ..Sent::default() };
        let report = Report::new(&[sent(600, 10), sent(400, 8)], None);
        assert_eq!(report.json()["accepted_per_second"], 100.0);
        assert_eq!(report.json()["requests_per_second"], 0.0, "no latency was noted");
    }
}
