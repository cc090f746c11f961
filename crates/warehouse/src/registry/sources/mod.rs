//! Sources: rows with a time `us` (microseconds), the conversation and its dimensions, and columns that a figure aggregates.
//!
//! Counters answer whole quarters (or minutes) of what needs no conversation, corrections take out what was counted twice, raw
//! events take out conversations that are in no figure and answer the edges of a range. Everything else is listed in the row of its
//! conversation (`conversation_states`). Raw events lie in more than one copy at times: the smallest (append time, partition,
//! offset) of an identity counts, wherever its own time lies.

mod agents;
mod chats;
mod legs;
mod loose;
mod opinions;
mod people;
mod questions;
mod raw;
mod responses;
mod returning;
mod roles;
mod source;
mod speech;
mod traits;
mod volumes;
mod work;

pub(crate) use agents::here;
pub(crate) use people::OWNED;
pub(super) use people::activity;
pub use source::Source;
pub(super) use traits::states;

use super::{Dimension, LeftOut, Scope, sql::chunked};

/// The events of this project and environment.
pub(crate) const OURS: &str = "project = {project:String} AND environment = {env:String}";
/// A message (P8).
pub(super) const MESSAGE: &str = "event = 'message.created' AND is_message = 1";
/// Conversations that are in no figure (P5): deleted, tests, of crawlers, as their events say, which may not be folded yet.
pub(crate) const INELIGIBLE: &str = "(SELECT conversation_id FROM conversation_flags \
     WHERE project = {project:String} AND environment = {env:String} GROUP BY conversation_id \
     HAVING max(flag IN ('deleted', 'crawler')) = 1 \
     OR argMax(flag = 'test', (flag IN ('test', 'no_test'), event_time, sequence, event_id)) = 1)";
/// Conversations in which one of the users appears that the project calls its own.
pub(crate) const INTERNAL: &str = "(SELECT conversation_id FROM raw_events WHERE project = {project:String} AND environment = {env:String} \
     AND conversation_id != '' AND user_id IN {internal:Array(String)})";

/// Conversations that are in no figure; `None` where there are none.
fn ineligible(scope: &Scope<'_>) -> Option<&'static str> {
    match scope.left_out {
        LeftOut::Untold => Some(INELIGIBLE),
        LeftOut::None => None,
        LeftOut::Listed => Some("{ineligible:Array(String)}"),
    }
}

/// Conversations that are in no figure of the question, as a condition (with ` AND ` before it) on rows that have one or ''.
fn eligible(scope: &Scope<'_>) -> String {
    let known = ineligible(scope).map_or_else(String::new, |known| format!(" AND conversation_id NOT IN {known}"));
    known + &not_internal(scope)
}

/// The same of conversations of the project's own users alone.
fn not_internal(scope: &Scope<'_>) -> String {
    if scope.has_internal { format!(" AND conversation_id NOT IN {INTERNAL}") } else { String::new() }
}

/// The same, of rows that may have no conversation and name a user themselves.
fn eligible_by(scope: &Scope<'_>, user: &str) -> String {
    let own = if scope.has_internal { format!(" AND {user} NOT IN {{internal:Array(String)}}") } else { String::new() };
    format!("{}{own}", eligible(scope))
}

/// The user that a person's key names, '' if it names none.
const USER_OF_PERSON: &str = "if(person LIKE 'u:%', substring(person, 3), '')";

/// Columns of a conversation that every row of a list carries.
fn conversation(scope: &Scope<'_>) -> String {
    format!(
        "conversation_id AS conversation, {}, device, browser, os, language, locale, country, city, bot{}",
        names(scope),
        of_traits(scope, "")
    )
}

/// Channel and source under the names that the project gives them.
fn names(scope: &Scope<'_>) -> String {
    if !scope.has_aliases {
        return "channel, source".into();
    }
    format!("{}, {}", renamed("channel"), renamed("source"))
}

/// Channel or source under the name that the project gives it, where it gives any.
pub(crate) fn renamed(column: &str) -> String {
    format!(
        "transform(toString({column}), {{alias_from:Array(String)}}, {{alias_into:Array(String)}}, toString({column})) AS {column}"
    )
}

/// The columns of the traits that are asked for, each after a comma and a value.
fn of_traits(scope: &Scope<'_>, value: &str) -> String {
    scope.traits().into_iter().map(|of| format!(", {value}{}", of.column())).collect()
}

/// The same of what has no conversation.
fn no_conversation(scope: &Scope<'_>) -> String {
    format!("{NO_CONVERSATION}{}", of_traits(scope, "'unknown' AS "))
}

const NO_CONVERSATION: &str = "'' AS conversation, 'unknown' AS channel, 'unknown' AS source, 'unknown' AS device, \
     'unknown' AS browser, 'unknown' AS os, 'unknown' AS language, 'unknown' AS locale, 'unknown' AS country, 'unknown' AS city, \
     'unknown' AS bot";
/// The same of what counters tell, which know no conversations.
const UNTOLD: &str = "'' AS conversation, '' AS channel, '' AS source, '' AS device, '' AS browser, '' AS os, '' AS language, \
     '' AS locale, '' AS country, '' AS city, '' AS bot";
/// The names of the dimensions alone, of rows that have them already.
fn dimensions(scope: &Scope<'_>) -> String {
    format!("channel, source, device, browser, os, language, locale, country, city, bot{}", of_traits(scope, ""))
}

/// The same with the conversation.
fn carried(scope: &Scope<'_>) -> String {
    format!("conversation, {}", dimensions(scope))
}

/// The SELECT of a source.
pub(super) fn select(source: Source, scope: &Scope<'_>) -> String {
    let rows = rows(source, scope);
    if scope.asks_for(Dimension::AgentRole) { roles::with_roles(&rows) } else { rows }
}

fn rows(source: Source, scope: &Scope<'_>) -> String {
    match source {
        Source::Messages => volumes::messages(scope),
        Source::Minutes => volumes::minutes(scope),
        Source::Talk => volumes::talk(scope),
        Source::Active => volumes::active(scope),
        Source::Started => chats::started(scope),
        Source::StartedPeople => people::started(scope),
        Source::LastConversations => people::last_conversations(scope),
        Source::Opportunities => chats::opportunities(scope),
        Source::Chats => chats::chats(scope),
        Source::Proactive => chats::proactive(scope),
        Source::StartFlows => chats::start_flows(scope),
        Source::Ended => chats::ended(scope),
        Source::EndedOfSomeone => returning::ended(scope),
        Source::Turns => chats::turns(scope),
        Source::SpokenTurns => speech::turns(scope),
        Source::Calls => speech::calls(scope),
        Source::Utterances => speech::utterances(scope),
        Source::Unanswered => questions::unanswered(scope),
        Source::Requests => chats::requests(scope),
        Source::People => people::people(scope),
        Source::Visitors => people::visitors(scope),
        Source::PeopleRequests => people::with_requests(scope),
        Source::PeopleChats => people::with_chats(scope),
        Source::PeopleMessages => people::with_messages(scope),
        Source::ActiveDays => returning::active_days(scope),
        Source::WeeksSince => returning::weeks_since(scope),
        Source::Intents => work::intents(scope),
        Source::Workflows => work::workflows(scope),
        Source::Ratings => opinions::ratings(scope),
        Source::Reviewables => opinions::reviewables(scope),
        Source::Opinions => opinions::opinions(scope),
        Source::Votes => opinions::votes(scope),
        Source::Surveys => opinions::surveys(scope),
        Source::Clicks => work::clicks(scope),
        Source::Shown => work::shown(scope),
        Source::ToolCalls => work::tool_calls(scope),
        Source::ModelCalls => work::model_calls(scope),
        Source::ContainedCalls => work::contained_calls(scope),
        Source::Attachments => work::attachments(scope),
        Source::LegsOpened => legs::opened(scope),
        Source::LegsTimed => legs::timed(scope),
        Source::LegsAccepted => legs::accepted(scope),
        Source::LegsReplied => legs::replied(scope),
        Source::LegsEnded => legs::ended(scope),
        Source::LegsMissed => legs::missed(scope),
        Source::ConversationsClosed => legs::closed(scope),
        Source::Served => legs::served(scope),
        Source::FirstResponses => responses::of_kind(scope, "first"),
        Source::FirstResponsesFromStart => responses::of_kind(scope, "first_from_start"),
        Source::NextResponses => responses::of_kind(scope, "next"),
        Source::ChatWaits => responses::chat_waits(scope),
        Source::FirstCloses => responses::close_at(scope, 1),
        Source::LastCloses => responses::close_at(scope, -1),
        Source::Closes => legs::closes(scope),
        Source::Offers => legs::offers(scope),
        Source::AgentTime => agents::time(scope),
        Source::AgentBusy => agents::busy(scope),
        Source::AgentPresence => agents::presence(),
        Source::AgentAvailable => agents::available(),
        Source::AgentOccupied => agents::occupied(scope),
    }
}

/// `column` (DateTime or DateTime64) in `[from, to)`, both parameters in microseconds.
fn between(column: &str, from: &str, to: &str) -> String {
    format!(
        "{column} >= fromUnixTimestamp64Micro({{{from}:Int64}}, 'UTC') AND {column} < fromUnixTimestamp64Micro({{{to}:Int64}}, 'UTC')"
    )
}

/// `column` in the range.
pub(crate) fn in_range(column: &str) -> String {
    between(column, "from", "to")
}

/// Conversations that count and that the question is about, of `conversation_states` read whole (FINAL).
pub(super) fn live(scope: &Scope<'_>, also: &str) -> String {
    format!("{} AND {also}{}", counting(scope), filters(scope))
}

/// Conversations that count, whatever is asked for, and that began before the range's end.
fn counting(scope: &Scope<'_>) -> String {
    counting_before(scope, "fromUnixTimestamp64Micro({to:Int64}, 'UTC')")
}

/// Those that began before `end`.
fn counting_before(scope: &Scope<'_>, end: &str) -> String {
    format!("{OURS} AND deleted = 0 AND first_event < {end}{}", not_internal(scope))
}

/// The conditions of the question on conversations, each with ` AND ` before it.
fn filters(scope: &Scope<'_>) -> String {
    scope.conversation_conditions().map(|condition| format!(" AND {condition}")).collect()
}

/// The items of a list of conversations: `columns` are those of the list `list` that are read, each known as `x_` and its name;
/// rows are those whose `x_{time}` lies in the range and that meet `guard`.
pub(super) fn items(
    scope: &Scope<'_>,
    list: &str,
    (time, columns): (&str, &[&str]),
    (select, guard): (&str, &str),
) -> String {
    let also = format!("{} AND {guard}", in_range(&format!("x_{time}")));
    unbounded_items(
        scope,
        list,
        columns,
        (&format!("toUnixTimestamp64Micro(assumeNotNull(x_{time})) AS us, {select}"), &also),
    )
}

/// The same, whatever their times.
fn unbounded_items(scope: &Scope<'_>, list: &str, columns: &[&str], (select, guard): (&str, &str)) -> String {
    listed(scope, &joined(list, columns), (select, guard))
}

/// The columns of a list, each known as `x_` and its name.
fn joined(list: &str, columns: &[&str]) -> String {
    columns.iter().map(|column| format!("{list}.{column} AS x_{column}")).collect::<Vec<_>>().join(", ")
}

/// The elements of arrays of conversations, which are `joined`.
fn listed(scope: &Scope<'_>, joined: &str, (select, guard): (&str, &str)) -> String {
    format!(
        "SELECT {select}, {} FROM {} ARRAY JOIN {joined} WHERE {}",
        conversation(scope),
        states(scope),
        live(scope, guard)
    )
}

/// What was known at an instant, or else was first said later. `said` is in order, tuples that begin with microseconds; `value` is a
/// text of one, '' for none.
fn as_known(us: &str, said: &str, value: impl Fn(&str) -> String) -> String {
    let then = value(&format!("arrayLast(one -> tupleElement(one, 1) <= {us}, {said})"));
    format!("if({then} = '', {}, {then})", value(&format!("arrayElement({said}, 1)")))
}

/// A text as a label: `unknown` where nothing was said (P12).
fn label(column: &str) -> String {
    format!("if({column} = '', 'unknown', toString({column}))")
}

/// Microseconds of a DateTime column.
fn micros(column: &str) -> String {
    format!("toInt64(toUnixTimestamp({column})) * 1000000")
}

/// The elements of the tuple `packed` under the names of `columns`.
fn unpacked(packed: &str, columns: &str) -> String {
    let elements = columns.split(", ").enumerate();
    elements.map(|(i, name)| format!("tupleElement({packed}, {}) AS {name}", i + 1)).collect::<Vec<_>>().join(", ")
}
