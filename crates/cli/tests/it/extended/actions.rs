//! Calls of tools as messages, for those who compare with AgentSight's own figures.

use serde_json::{Value, json};

use super::{Project, Story, row};

/// Two messages and three calls, one of them of a turn that did not come to its end and one a record of tokens; a conversation of a call
/// alone; a call of no conversation.
pub(super) fn story() -> Story {
    let mut story = Story::default();
    let call = |tool: &str, turn: &str| json!({"tool_name": tool, "turn_id": turn});
    story.says("c1", "23T10:00:10", "user", json!({}));
    story.tell("c1", "23T10:00:20", "tool.call.completed", call("find", "t1"));
    story.tell("c1", "23T10:00:30", "tool.call.completed", call("lost", "t2"));
    story.tell("c1", "23T10:00:31", "turn.completed", json!({"turn_id": "t2", "complete": false}));
    story.tell("c1", "23T10:00:40", "tool.call.completed", json!({"tool_name": "token_usage", "prompt_tokens": 5}));
    story.says("c1", "23T10:01:05", "bot", json!({}));
    story.tell("c2", "23T11:20:00", "tool.call.completed", call("find", "t3"));
    story.tell("", "23T12:00:00", "tool.call.completed", json!({"tool_name": "find"}));
    story
}

/// What is behind a figure, and whether its identities hold.
fn explained(project: &Project<'_>, metric: &str) -> (Value, bool) {
    let question = format!("/api/v1/explain?metric={metric}&from=2026-03-01&to=2026-04-01");
    let (status, body) = project.server.get(&question, Some(&project.key));
    assert_eq!(status, 200, "{body}");
    let all_hold = body["identities"].as_array().unwrap().iter().all(|identity| identity["holds"] == true);
    (body["behind"].clone(), all_hold)
}

pub(super) fn count_as_messages_where_the_project_says_so(project: &Project<'_>) {
    project.check("messages_total", Some(2.0), 2);
    project.check("peak_rpm", Some(1.0), 2);
    project.check("conversations_active", Some(1.0), 1);
    project.set(&json!({"include_action_messages": true}));
    project.check("messages_total", Some(5.0), 5);
    assert_eq!(project.rows("messages_total", "role"), [row("bot", 4.0), row("user", 1.0)]);
    assert_eq!(project.rows("messages_total", "content_type"), [row("action", 3.0), row("unknown", 2.0)]);
    // In Madrid, on a Monday: 11, 12 and 13.
    assert_eq!(project.rows("peak_hours", "hour"), [row("11", 3.0), row("12", 1.0), row("13", 1.0)]);
    // The minute of 10:00 has the user's message and a call.
    project.check("peak_rpm", Some(2.0), 5);
    project.check("conversations_active", Some(2.0), 2);
    // Five messages, one of them of no conversation, in two conversations.
    project.check("messages_per_conversation", Some(2.5), 2);
    // The cut of a range goes through the call.
    project.check("messages_total&from=2026-03-23T10:00:15Z&to=2026-03-23T10:00:25Z", Some(1.0), 1);
    // Nothing else takes a call for a message.
    project.check("messages_incoming", Some(1.0), 1);
    project.check("conversations_started", Some(1.0), 1);
    project.check("bot_response_time", Some(55.0), 1);
    for (metric, entities) in
        [("messages_total", 5), ("traffic_heatmap", 5), ("peak_rpm", 2), ("conversations_active", 2)]
    {
        let (behind, all_hold) = explained(project, metric);
        assert!(behind["entities"] == entities && behind["holds"] == true && all_hold, "{metric}: {behind}");
    }
    project.set(&json!({"include_action_messages": null}));
    project.check("messages_total", Some(2.0), 2);
}
