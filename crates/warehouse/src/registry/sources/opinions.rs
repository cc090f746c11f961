//! What customers think: ratings of messages and conversations, surveys.

use super::people::someone;
use super::{Scope, carried, items, label, unbounded_items};

pub(super) fn ratings(scope: &Scope<'_>) -> String {
    let select = format!("x_rating AS rating, {} AS workflow", label("x_workflow"));
    items(scope, "ratings", ("at", &["at", "rating", "workflow"]), (&select, "1"))
}

pub(super) fn reviewables(scope: &Scope<'_>) -> String {
    items(scope, "reviewables", ("at", &["at", "rating"]), ("x_rating AS rating", "1"))
}

/// The last rating of all time of each person in each conversation (D-36), if it says anything.
pub(super) fn opinions(scope: &Scope<'_>) -> String {
    let carried = carried(scope);
    let columns = ["at", "person", "visitor", "rating", "commented"];
    let select = format!(
        "toUnixTimestamp64Micro(x_at) AS at_us, {} AS who, x_rating AS each, x_commented AS says, \
         rowNumberInAllBlocks() AS place",
        someone(scope, "x_person", "x_visitor")
    );
    let all = unbounded_items(scope, "opinions", &columns, (&select, "1"));
    format!(
        "SELECT us, rating, commented, {carried} FROM (\
         SELECT argMax(at_us, (at_us, place)) AS us, argMax(each, (at_us, place)) AS rating, argMax(says, (at_us, place)) AS commented, \
         {carried} FROM ({all}) GROUP BY who, {carried}) \
         WHERE us >= {{from:Int64}} AND us < {{to:Int64}} AND rating IN ('positive', 'neutral', 'negative')"
    )
}

pub(super) fn votes(scope: &Scope<'_>) -> String {
    let select = format!(
        "assumeNotNull(x_score) AS points, toString(toUInt8(floor(points))) AS score, {} AS agent, x_commented AS commented",
        label("x_agent")
    );
    let columns = ["voted", "score", "agent", "commented"];
    items(scope, "surveys", ("voted", &columns), (&select, "isNotNull(x_score)"))
}

pub(super) fn surveys(scope: &Scope<'_>) -> String {
    let select = format!("isNotNull(x_voted) AS answered, {} AS agent", label("x_agent"));
    items(scope, "surveys", ("requested", &["requested", "voted", "agent"]), (&select, "isNotNull(x_requested)"))
}
