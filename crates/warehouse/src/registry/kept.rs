//! Aggregates that keep to rows of a condition, so that figures of different conditions are columns of one statement.

/// Aggregate functions that declarations use. Each has a form with `If`, whose last argument is a condition.
const AGGREGATES: [&str; 8] = ["count", "sum", "avg", "avgOrNull", "min", "max", "uniqExact", "argMax"];
/// Other functions that they use.
const FUNCTIONS: [&str; 8] =
    ["nullIf", "ifNull", "if", "isNotNull", "isNull", "assumeNotNull", "toFloat64", "greatest"];

/// An expression over aggregates, each kept to rows that meet the condition. None where it uses a function that is not known here.
pub(crate) fn kept(expression: &str, condition: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = expression;
    while let Some(open) = call(rest) {
        let (before, after) = rest.split_at(open);
        let name = &before[before.rfind(|c: char| !is_of_name(c)).map_or(0, |at| at + 1)..];
        let of_condition = name.strip_suffix("If").filter(|plain| AGGREGATES.contains(plain));
        if of_condition.is_none() && !AGGREGATES.contains(&name) {
            if !name.is_empty() && !FUNCTIONS.contains(&name) {
                return None;
            }
            out.push_str(before);
            out.push('(');
            rest = &after[1..];
            continue;
        }
        let (arguments, behind) = closed(&after[1..])?;
        out.push_str(before);
        if of_condition.is_some() {
            let at = last_argument(arguments);
            let (others, own) = arguments.split_at(at);
            out.push_str(&format!("({others}({}) AND ({condition}))", own.trim_start()));
        } else {
            let separator = if arguments.is_empty() { "" } else { ", " };
            out.push_str(&format!("If({arguments}{separator}{condition})"));
        }
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}

/// The place of the next bracket that opens outside of a text.
fn call(text: &str) -> Option<usize> {
    outside(text).find(|(_, c)| *c == '(').map(|(at, _)| at)
}

/// What stands before the bracket that closes, and what behind it.
fn closed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, c) in outside(text) {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some((&text[..at], &text[at + 1..])),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Where the last of some arguments begins.
fn last_argument(arguments: &str) -> usize {
    let mut depth = 0_usize;
    let mut begins = 0;
    for (at, c) in outside(arguments) {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => begins = at + 1,
            _ => {}
        }
    }
    begins
}

/// The characters outside of texts in quotes.
fn outside(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut is_quoted = false;
    text.char_indices().filter(move |(_, c)| {
        is_quoted ^= *c == '\'';
        !is_quoted && *c != '\''
    })
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::METRICS;

    #[test]
    fn every_aggregate_keeps_to_the_condition_and_nothing_else_does() {
        for (expression, expected) in [
            ("count()", "countIf(a OR b)"),
            ("avg(x = ')')", "avgIf(x = ')', a OR b)"),
            ("sum(us) / count() / 1000000", "sumIf(us, a OR b) / countIf(a OR b) / 1000000"),
            ("argMax(m, (w, -m))", "argMaxIf(m, (w, -m), a OR b)"),
            (
                "sumIf(w, k = ',' OR k IN ('x', 'y')) / nullIf(sum(w), 0)",
                "sumIf(w,(k = ',' OR k IN ('x', 'y')) AND (a OR b)) / nullIf(sumIf(w, a OR b), 0)",
            ),
            ("countIf(x = 1)", "countIf((x = 1) AND (a OR b))"),
            (
                "if({s:Int64} < 0, NULL, avg(ifNull(t <= {s:Int64}, 0)))",
                "if({s:Int64} < 0, NULL, avgIf(ifNull(t <= {s:Int64}, 0), a OR b))",
            ),
        ] {
            assert_eq!(kept(expression, "a OR b").as_deref(), Some(expected));
        }
        assert_eq!(kept("median(x)", "a"), None);
        assert_eq!(kept("topK(3)(x)", "a"), None);
    }

    #[test]
    fn every_declaration_can_keep_to_a_condition() {
        let of = METRICS.iter().flat_map(|m| [Some(m.figure.value), Some(m.figure.n), m.figure.at].map(|e| (m.id, e)));
        for (id, expression) in of.filter_map(|(id, expression)| Some((id, expression?))) {
            let kept = kept(expression, "1").unwrap_or_else(|| panic!("{id}: {expression}"));
            assert!(kept.contains("If("), "{id}: {kept}");
        }
    }
}
