//! `rapport metrics`: the dictionary, from the registry that every figure is worked out by.

use serde_json::{Value, json};
use warehouse::registry::METRICS;

use crate::{args::Metrics, terminal};

/// The fields of a row, as the dictionary calls them.
const COLUMNS: [&str; 6] = ["id", "unit", "class", "attribution", "dimensions", "formula"];

/// What stands above the table in `docs/metrics.md`.
const INTRODUCTION: &str = "\
# Metrics

Every figure that `GET /api/v1/query` answers, as declared in the registry. This page is made by `make docs`.

The class says how figures of parts may be combined: A adds up; U counts distinct things and never adds up; Q is a mean, a quantile or a
peak; S depends on a conversation's order; C is a cohort's, by its start.

Figures of speech (`interruption_rate`, `talk_ratio`, `silence_pct`, `e2e_latency`, `early_hangup`) exist where messages carry `speech` with its
first and last sound. Targets of service levels and business hours are settings of the project. `trait:*` is any trait of users, as `trait:plan`.
";

/// Prints the dictionary.
///
/// # Errors
/// When it cannot be written as JSON.
pub(crate) fn metrics(options: &Metrics) -> anyhow::Result<()> {
    let declarations: Vec<Value> = METRICS.iter().map(api::declaration).collect();
    if options.json {
        terminal::line(serde_json::to_string_pretty(&json!({"metrics": declarations}))?);
    } else if options.markdown {
        terminal::line(markdown(&declarations));
    } else {
        terminal::line(table(&declarations));
    }
    Ok(())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn rows(declarations: &[Value]) -> impl Iterator<Item = [String; COLUMNS.len()]> {
    declarations.iter().map(|declaration| COLUMNS.map(|column| text(&declaration[column])))
}

/// Columns as wide as their widest cell; the last one runs free.
fn table(declarations: &[Value]) -> String {
    let mut lines: Vec<[String; COLUMNS.len()]> = vec![COLUMNS.map(str::to_owned)];
    lines.extend(rows(declarations));
    let widths: Vec<usize> =
        (0..COLUMNS.len()).map(|column| lines.iter().map(|line| line[column].len()).max().unwrap_or(0)).collect();
    let pad = |line: [String; COLUMNS.len()]| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.into_iter().map(pad).collect::<Vec<_>>().join("\n")
}

/// Which metrics can be kept to business hours.
fn in_business_hours() -> String {
    let timed = METRICS.iter().filter(|metric| metric.figure.timed).map(|metric| format!("`{}`", metric.id));
    format!("With `hours=business` of business hours alone: {}.", timed.collect::<Vec<_>>().join(", "))
}

fn markdown(declarations: &[Value]) -> String {
    let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
    let mut lines = vec![
        INTRODUCTION.to_owned(),
        in_business_hours(),
        String::new(),
        line(&COLUMNS.map(str::to_owned)),
        line(&COLUMNS.map(|_| "---".to_owned())),
    ];
    lines.extend(rows(declarations).map(|row| line(&row.map(|cell| cell.replace('|', "\\|")))));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_a_row_in_which_no_cell_is_empty() {
        let declarations: Vec<Value> = METRICS.iter().map(api::declaration).collect();
        for row in rows(&declarations) {
            for (cell, column) in row.iter().zip(COLUMNS) {
                assert!(!cell.is_empty() || column == "dimensions", "{}: {column}", row[0]);
            }
        }
        assert_eq!(table(&declarations).lines().count(), METRICS.len() + 1);
        let rows = markdown(&declarations).lines().filter(|line| line.starts_with("| ")).count();
        assert_eq!(rows, METRICS.len() + 2);
    }
}
