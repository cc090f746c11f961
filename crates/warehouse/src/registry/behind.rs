//! The conversations behind a figure, each with its own part.

use super::{Entities, Figure, Scope, sources, statement};

/// The part of each conversation: `conversation` ('' of what has none), `first_us` (its first time in the figure), `channel_of`,
/// `language_of`, `value`, `n`. The scope tells conversations apart.
pub(crate) fn contributions(figure: &Figure, scope: &Scope<'_>) -> String {
    let value = figure.each.unwrap_or(figure.value);
    let n = if figure.entities == Entities::People { value } else { figure.n };
    let known = figure.source.is_of_conversations();
    let column = |name: &str| if known { format!("any(toString({name}))") } else { "''".into() };
    format!(
        "SELECT conversation, min(us) AS first_us, {channel} AS channel_of, {language} AS language_of, \
         CAST({value} AS Nullable(Float64)) AS value, toUInt64(greatest({n}, 0)) AS n FROM ({rows}) {conditions} \
         GROUP BY conversation HAVING n != 0 OR ifNull(value, 0) != 0",
        channel = column("channel"),
        language = column("language"),
        rows = rows(figure, scope),
        conditions = statement::conditions(figure.filter, scope),
    )
}

/// How many conversations and entities are behind a figure, as one row: `conversations`, `entities`.
pub(crate) fn entities(figure: &Figure, scope: &Scope<'_>) -> String {
    let distinct = |expression: &str| {
        let (rows, conditions) = (rows(figure, scope), statement::conditions(figure.filter, scope));
        // A subquery's value can be null in its type.
        format!("ifNull((SELECT toFloat64({expression}) FROM ({rows}) {conditions}), 0)")
    };
    let entities = match figure.entities {
        Entities::Parts | Entities::Peak => "sum(ifNull(value, 0))".into(),
        Entities::Conversations => "toFloat64(countIf(conversation != ''))".into(),
        Entities::Cases => "toFloat64(sum(n))".into(),
        Entities::People => distinct(figure.each.unwrap_or(figure.value)),
        Entities::PeopleCases => distinct(figure.n),
    };
    format!(
        "SELECT countIf(conversation != '') AS conversations, toFloat64({entities}) AS entities FROM ({})",
        contributions(figure, scope)
    )
}

/// The source's rows; where a conversation's value asks for it, with whether the person is new in the range.
fn rows(figure: &Figure, scope: &Scope<'_>) -> String {
    let rows = sources::select(figure.source, scope);
    match figure.each {
        Some(_) => format!("SELECT *, max(kind = 'new') OVER (PARTITION BY who) AS fresh FROM ({rows})"),
        None => rows,
    }
}
