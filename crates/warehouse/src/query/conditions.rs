//! Conditions on conversations: what each is in SQL, with its values as parameters.

use clickhouse::query::Query;

use crate::registry::OURS;

/// What can become of a leg.
pub const OUTCOMES: &[&str] = &["handled", "missed", "rerouted", "pending"];

/// How the ratings of a conversation's messages lean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaning {
    /// More positive than negative ones.
    MorePositive,
    /// More negative than positive ones.
    MoreNegative,
    /// Positive and no negative ones.
    OnlyPositive,
    /// Negative and no positive ones.
    OnlyNegative,
    /// Any rating, also of the conversation as a whole.
    Any,
}

impl Leaning {
    /// The leanings by their names in questions.
    pub const ALL: &[(&str, Leaning)] = &[
        ("more_positive", Leaning::MorePositive),
        ("more_negative", Leaning::MoreNegative),
        ("only_positive", Leaning::OnlyPositive),
        ("only_negative", Leaning::OnlyNegative),
        ("any", Leaning::Any),
    ];
}

/// A condition on conversations beside those on their dimensions.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Somebody may go on with it (true) or it is over.
    Open(bool),
    /// A vote from one score to another, both included, on the scale from 1 to 5, rounded down.
    Csat(u8, u8),
    /// A vote with a comment.
    CsatComment,
    /// Ratings that lean so.
    Feedback(Leaning),
    /// One of these workflows was seen.
    Workflow(Vec<String>),
    /// One of these is the primary intent of a message.
    Intent(Vec<String>),
    /// A leg came to one of these.
    Outcome(Vec<String>),
    /// One of these tools was called.
    Tool(Vec<String>),
    /// An event's metadata says this at a path.
    Metadata(Vec<String>, String),
    /// A message contains this, in any case.
    Text(String),
    /// A human was asked for last, and no leg accepted and no close came since.
    NeedsSupport,
    /// It is marked (true) or not.
    Marked(bool),
}

/// How long a conversation counts as open after its last use (D-12), as an expression over its channel, microseconds.
const IDLE_US: &str = "transform(toString(conversation_states.channel), {idle_channels:Array(String)}, {idle_us:Array(Int64)}, \
     {idle_others_us:Int64})";

/// A leg is open in it, or it was used so lately that its chat is not over, neither closed nor ended since.
pub(super) fn is_open() -> String {
    let ended = format!(
        "SELECT conversation_id FROM raw_events WHERE {OURS} AND conversation_id != '' \
         AND event_time >= fromUnixTimestamp64Micro({{now_us:Int64}} \
           - greatest(arrayMax({{idle_us:Array(Int64)}}), {{idle_others_us:Int64}}), 'UTC') \
         AND (event IN ('conversation.ended', 'conversation.started') OR is_message = 1) GROUP BY conversation_id \
         HAVING maxIf(event_time, event = 'conversation.ended') >= maxIf(event_time, event != 'conversation.ended')"
    );
    format!(
        "(has(chats.open, 1) OR (ifNull(toUnixTimestamp64Micro(last_use) > {{now_us:Int64}} - {IDLE_US}, 0) \
         AND NOT arrayExists(at -> ifNull(at >= last_use, 0), closes.at) AND conversation_id NOT IN ({ended})))"
    )
}

impl Condition {
    /// The condition in SQL; its values are parameters that begin with `c_{i}`.
    pub(super) fn sql(&self, i: usize) -> String {
        let one_of =
            |column: &str| format!("hasAny(arrayMap(name -> toString(name), {column}), {{c_{i}:Array(String)}})");
        let not = |is: &bool| if *is { "" } else { "NOT " };
        match self {
            Condition::Open(open) => format!("{}{}", not(open), is_open()),
            Condition::Csat(..) => format!(
                "arrayExists(score -> ifNull(floor(score) BETWEEN {{c_{i}_low:UInt8}} AND {{c_{i}_high:UInt8}}, 0), surveys.score)"
            ),
            Condition::CsatComment => {
                "arrayExists((commented, score) -> commented = 1 AND isNotNull(score), surveys.commented, surveys.score)".into()
            }
            Condition::Feedback(leaning) => leans(*leaning).into(),
            Condition::Workflow(_) => format!("({} OR {})", one_of("workflows.workflow"), one_of("messages.workflow")),
            Condition::Intent(_) => one_of("intents.name"),
            Condition::Outcome(_) => one_of("legs.state"),
            Condition::Tool(_) => one_of("tool_calls.tool"),
            Condition::Metadata(path, _) => metadata(i, path.len()),
            Condition::Text(_) => {
                of_events(&format!("is_message = 1 AND positionCaseInsensitiveUTF8(text, {{c_{i}:String}}) > 0"))
            }
            Condition::NeedsSupport => needs_support(),
            Condition::Marked(marked) => {
                format!("{}{}", not(marked), last_set("is_marked", "JSONExtractBool(data, 'set', 'is_marked')"))
            }
        }
    }

    pub(super) fn bind(&self, query: Query, i: usize) -> Query {
        let name = format!("c_{i}");
        match self {
            Condition::Csat(low, high) => query.param(&format!("{name}_low"), low).param(&format!("{name}_high"), high),
            Condition::Workflow(names)
            | Condition::Intent(names)
            | Condition::Outcome(names)
            | Condition::Tool(names) => query.param(&name, names),
            Condition::Text(text) => query.param(&name, text),
            Condition::Metadata(path, value) => {
                let keys = path.iter().enumerate();
                let query = keys.fold(query, |query, (at, key)| query.param(&format!("{name}_{at}"), key));
                query.param(&name, value)
            }
            _ => query,
        }
    }
}

fn leans(leaning: Leaning) -> &'static str {
    match leaning {
        Leaning::MorePositive => "arraySum(chats.positive) > arraySum(chats.negative)",
        Leaning::MoreNegative => "arraySum(chats.negative) > arraySum(chats.positive)",
        Leaning::OnlyPositive => "arraySum(chats.positive) > 0 AND arraySum(chats.negative) = 0",
        Leaning::OnlyNegative => "arraySum(chats.negative) > 0 AND arraySum(chats.positive) = 0",
        Leaning::Any => {
            "arrayExists(rating -> rating IN ('positive', 'neutral', 'negative'), arrayConcat(ratings.rating, opinions.rating))"
        }
    }
}

/// Conversations of the range of which an event meets a condition.
fn of_events(condition: &str) -> String {
    format!(
        "conversation_id IN (SELECT conversation_id FROM raw_events WHERE {OURS} AND conversation_id IN (\
         SELECT conversation_id FROM conversation_states WHERE {OURS} AND {}) AND {condition})",
        in_range()
    )
}

/// Conversations first used in the range.
pub(super) fn in_range() -> &'static str {
    "first_use >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND first_use < fromUnixTimestamp64Micro({to:Int64}, 'UTC')"
}

/// What events carry as metadata, and what updates set: a text as it is, anything else as JSON writes it.
fn metadata(i: usize, depth: usize) -> String {
    let keys: Vec<String> = (0..depth).map(|at| format!("{{c_{i}_{at}:String}}")).collect();
    let keys = keys.join(", ");
    let says = |json: &str| {
        format!(
            "if(JSONType({json}, {keys}) = 'String', JSONExtractString({json}, {keys}), JSONExtractRaw({json}, {keys})) = {{c_{i}:String}}"
        )
    };
    of_events(&format!(
        "({} OR (event = 'conversation.updated' AND {}))",
        says("metadata"),
        says("JSONExtractRaw(data, 'set', 'metadata')")
    ))
}

fn needs_support() -> String {
    let asked = "arrayFilter((at, trigger) -> trigger != '', requests.at, requests.trigger)";
    format!(
        "(notEmpty({asked}) AND NOT arrayExists(at -> ifNull(at >= arrayMax({asked}), 0), legs.accepted) \
         AND NOT arrayExists(at -> at >= arrayMax({asked}), closes.at))"
    )
}

/// Conversations of which the last update that sets a property sets it so: this is not folded.
fn last_set(property: &str, value: &str) -> String {
    format!(
        "(conversation_id IN (SELECT conversation_id FROM raw_events WHERE {OURS} AND event = 'conversation.updated' \
         AND JSONHas(data, 'set', '{property}') GROUP BY conversation_id \
         HAVING argMax({value}, (event_time, sequence, event_id)) = 1))"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_never_stand_in_the_statement() {
        let evil = || "'; DROP TABLE raw_events".to_owned();
        let all = [
            Condition::Workflow(vec![evil()]),
            Condition::Intent(vec![evil()]),
            Condition::Outcome(vec![evil()]),
            Condition::Tool(vec![evil()]),
            Condition::Metadata(vec![evil(), evil()], evil()),
            Condition::Text(evil()),
        ];
        for (i, condition) in all.iter().enumerate() {
            let sql = condition.sql(i);
            assert!(!sql.contains("DROP") && sql.contains(&format!("{{c_{i}")), "{sql}");
        }
    }

    #[test]
    fn every_condition_on_events_is_kept_to_the_project_and_the_environment() {
        let conditions = [
            Condition::Open(true),
            Condition::Metadata(vec!["a".into()], "b".into()),
            Condition::Text("t".into()),
            Condition::Marked(true),
        ];
        for condition in conditions {
            let sql = condition.sql(0);
            assert_eq!(sql.matches(" FROM ").count(), sql.matches(OURS).count(), "{sql}");
        }
    }
}
