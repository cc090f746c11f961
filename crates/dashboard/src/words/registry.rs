//! What the registry says of metrics, in other languages than its own: files of `words`, one a language, whose keys are the ids of
//! metrics, and for other sentences the English text itself. A text of the registry that changes has to be translated anew.

use std::{collections::BTreeMap, sync::LazyLock};

use chart::Locale;
use warehouse::registry::Metric;

use super::Words;

/// Names and formulas of metrics: id, name, formula, with tabs between.
pub(super) const METRICS: [(Locale, &str); 3] = [
    (Locale::Es, include_str!("../../words/metrics.es.tsv")),
    (Locale::It, include_str!("../../words/metrics.it.tsv")),
    (Locale::Pt, include_str!("../../words/metrics.pt.tsv")),
];
/// What is left out of figures, and how they reconcile: the English sentence, and the other, with a tab between.
pub(super) const SENTENCES: [(Locale, &str); 3] = [
    (Locale::Es, include_str!("../../words/sentences.es.tsv")),
    (Locale::It, include_str!("../../words/sentences.it.tsv")),
    (Locale::Pt, include_str!("../../words/sentences.pt.tsv")),
];

/// A file's lines by the first of their fields.
pub(super) type Lines = BTreeMap<&'static str, Vec<&'static str>>;

static METRICS_READ: LazyLock<[Lines; 3]> = LazyLock::new(|| METRICS.map(|(_, file)| read(file)));
static SENTENCES_READ: LazyLock<[Lines; 3]> = LazyLock::new(|| SENTENCES.map(|(_, file)| read(file)));

pub(super) fn read(file: &'static str) -> Lines {
    file.lines()
        .map(|line| {
            let mut fields = line.split('\t');
            (fields.next().unwrap_or_default(), fields.collect())
        })
        .collect()
}

impl Words {
    /// The lines of a language's file; none for English.
    fn lines(self, of: &'static [Lines; 3]) -> Option<&'static Lines> {
        let [es, it, pt] = of;
        self.0.of([None, Some(es), Some(it), Some(pt)])
    }

    /// A metric's name.
    pub(crate) fn metric_name(self, metric: &Metric) -> &'static str {
        self.of_metric(metric, 0).unwrap_or(metric.name)
    }

    /// What a metric counts, in a sentence.
    pub(crate) fn formula(self, metric: &Metric) -> &'static str {
        self.of_metric(metric, 1).unwrap_or(metric.formula)
    }

    fn of_metric(self, metric: &Metric, field: usize) -> Option<&'static str> {
        self.lines(&METRICS_READ)?.get(metric.id)?.get(field).copied()
    }

    /// A sentence of the registry about what is left out of a figure or how it reconciles.
    pub(crate) fn sentence(self, english: &str) -> String {
        let known = self.lines(&SENTENCES_READ).and_then(|lines| lines.get(english)?.first().copied());
        known.map_or_else(|| english.to_owned(), str::to_owned)
    }
}
