//! Which hours durations are kept to.

use rollup::Settings;
use warehouse::registry::{METRICS, Metric};

use super::{Sent, bad, short};
use crate::Error;

/// Whether durations are kept to business hours. The project has to say when those are, and each metric has to be about durations:
/// a figure that ignored the parameter would be another than was asked for.
pub(super) fn are_business(sent: &Sent, metrics: &[&Metric], settings: &Settings) -> Result<bool, Error> {
    match sent.one("hours") {
        None | Some("all") => return Ok(false),
        Some("business") => {}
        Some(other) => {
            let message = format!("hours=`{}` is nothing that durations can be kept to", short(other));
            return Err(bad("unknown_hours", message, "use all or business".into()));
        }
    }
    if let Some(metric) = metrics.iter().find(|metric| !metric.figure.timed) {
        let timed: Vec<&str> = METRICS.iter().filter(|metric| metric.figure.timed).map(|metric| metric.id).collect();
        let hint = format!("leave hours out, or ask for {}", timed.join(", "));
        return Err(bad("no_duration", format!("`{}` is not about durations between two instants", metric.id), hint));
    }
    if settings.business_hours.is_none() {
        let hint = "an administrator sets business_hours: PATCH /api/v1/projects/{id}/settings".into();
        return Err(bad("no_business_hours", "the project does not say when its business hours are".into(), hint));
    }
    Ok(true)
}
