//! What figures are kept to.

use std::fmt;

use warehouse::registry::METRICS;

use crate::words::Words;

/// How a dimension is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// One of the values.
    Is,
    /// None of them.
    IsNot,
    /// Contains one of them.
    Contains,
}

impl Op {
    /// Every one.
    pub const ALL: [Op; 3] = [Op::Is, Op::IsNot, Op::Contains];

    /// Its name in an address.
    pub fn name(self) -> &'static str {
        match self {
            Op::Is => "is",
            Op::IsNot => "isnot",
            Op::Contains => "contains",
        }
    }

    /// Its name for people.
    pub(crate) fn says(self, words: Words) -> &'static str {
        match self {
            Op::Is => words.is(),
            Op::IsNot => words.is_not(),
            Op::Contains => words.contains(),
        }
    }
}

/// A condition on a dimension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filter {
    /// The dimension's name in the registry.
    pub dimension: &'static str,
    /// How it is compared.
    pub op: Op,
    /// With what: sorted, each once, none empty, at least one.
    pub values: Vec<String>,
}

impl Filter {
    /// A condition; None without values or for a dimension that no metric has.
    pub fn new(dimension: &str, op: Op, mut values: Vec<String>) -> Option<Filter> {
        let mut known = METRICS.iter().flat_map(|metric| metric.dimensions()).map(|dimension| dimension.name());
        let dimension = known.find(|known| *known == dimension)?;
        values.retain(|value| !value.is_empty() && !value.contains('\0'));
        values.sort();
        values.dedup();
        (!values.is_empty()).then_some(Filter { dimension, op, values })
    }

    /// Reads `DIMENSION:is|isnot|contains:V1,V2`, where a backslash takes the next character as it is.
    pub fn read(text: &str) -> Option<Filter> {
        let mut parts = text.splitn(3, ':');
        let (dimension, op, values) = (parts.next()?, parts.next()?, parts.next()?);
        let op = Op::ALL.into_iter().find(|known| known.name() == op)?;
        Filter::new(dimension, op, api::values_of(values))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = self.values.iter().map(|value| value.replace('\\', "\\\\").replace(',', "\\,"));
        write!(f, "{}:{}:{}", self.dimension, self.op.name(), escaped.collect::<Vec<_>>().join(","))
    }
}
