//! What human agents do (AMB-16): as `agent.upserted` last said before a row's instant, or else first said later, so that a change of
//! roles leaves the past as it was.

use super::{agents::events, as_known, label};

/// Rows of agents with their role, `agent_role`.
pub(super) fn with_roles(rows: &str) -> String {
    let told = format!(
        "SELECT agent AS agent_told, arraySort(groupArray((at, sequence, event_id, said))) AS roles FROM (\
         SELECT agent, at, sequence, event_id, lowerUTF8(trimBoth(role)) AS said FROM ({})) WHERE said != '' GROUP BY agent",
        events("'agent.upserted'", "role")
    );
    let role = as_known("done.us", "told.roles", |one| format!("tupleElement({one}, 4)"));
    let named = format!("transform({role}, {{role_from:Array(String)}}, {{role_into:Array(String)}}, {role})");
    format!(
        "SELECT done.*, {} AS agent_role FROM ({rows}) AS done LEFT ANY JOIN ({told}) AS told ON done.agent = told.agent_told",
        label(&named)
    )
}
