//! What users asked that the bot had no answer to.

use super::{OURS, Scope, carried, in_range, items, label};

/// Questions that are told apart; the rest is `Other`.
const QUESTIONS_MAX: usize = 100;
/// Longest text of a question, in characters.
const QUESTION_CHARS_MAX: usize = 200;

/// Turns in which the bot fell back, by what the user's last message said: texts lie with the raw events alone.
pub(super) fn unanswered(scope: &Scope<'_>) -> String {
    let carried = carried(scope);
    let select = format!("x_question AS asked, {} AS workflow", label("x_workflow"));
    let columns = ["reply", "question", "workflow", "fallback"];
    let turns = items(scope, "turns", ("reply", &columns), (&select, "x_fallback = 1"));
    let asked = format!(
        "SELECT conversation_id, arrayJoin(turns.question) AS event_id FROM conversation_states FINAL \
         WHERE {OURS} AND arrayExists((reply, question) -> question != '' AND {}, turns.reply, turns.question)",
        in_range("reply")
    );
    let texts = format!(
        "SELECT conversation_id, event_id, argMin(text, (append_time, partition, offset)) AS said FROM raw_events \
         WHERE {OURS} AND (conversation_id, event_id) IN ({asked}) GROUP BY conversation_id, event_id"
    );
    let rows = format!(
        "SELECT us, workflow, {carried}, {} AS each FROM ({turns}) AS turns LEFT ANY JOIN ({texts}) AS texts \
         ON turns.conversation = texts.conversation_id AND turns.asked = texts.event_id",
        label(&normalised("texts.said"))
    );
    let counted = format!("SELECT *, count() OVER (PARTITION BY each) AS times FROM ({rows})");
    let ranked = format!("SELECT *, dense_rank() OVER (ORDER BY times DESC, each) AS place FROM ({counted})");
    format!("SELECT us, workflow, if(place <= {QUESTIONS_MAX}, each, 'Other') AS question, {carried} FROM ({ranked})")
}

/// A text in lower case, with every run of punctuation, symbols and spaces as one space.
fn normalised(text: &str) -> String {
    let folded = format!(r"trimBoth(replaceRegexpAll(lowerUTF8({text}), '[\\p{{P}}\\p{{S}}\\p{{Z}}\\s]+', ' '))");
    format!("substringUTF8({folded}, 1, {QUESTION_CHARS_MAX})")
}
