//! Opportunities by what is known of their users, and the ways to a human.

use serde_json::{Value, json};

use super::{Project, Story, row};

/// Ana's plan changes between her two opportunities, Ben's is said after his, Dora's is a number; the last is nobody's.
pub(super) fn opportunities() -> Story {
    let mut story = Story::default();
    let by = |event: &mut Value, id: &str| event["user_id"] = id.into();
    let traits = |of: Value| json!({"traits": of});
    by(story.tell("", "20T09:00:00", "user.identified", traits(json!({"plan": "free", "company": "acme"}))), "ana");
    by(story.tell("", "24T09:00:00", "user.identified", traits(json!({"plan": "pro"}))), "ana");
    by(story.tell("a1", "23T10:00:00", "conversation.initialized", json!({"page_url": "/help"})), "ana");
    by(story.says("a1", "23T10:00:05", "user", json!({"intent": "refund"})), "ana");
    story.says("a1", "23T10:00:10", "bot", json!({"workflow_id": "orders"}));
    story.tell("a1", "23T10:00:20", "handoff.requested", json!({}));
    by(story.tell("a2", "25T10:00:00", "conversation.initialized", json!({"page_url": "/help"})), "ana");
    let device = |event: &mut Value| event["anonymous_id"] = "device-b".into();
    device(story.tell("b1", "23T11:00:00", "conversation.initialized", json!({"page_url": "/"})));
    device(story.says("b1", "23T11:00:05", "user", json!({})));
    let ben = story.tell("b1", "23T11:05:00", "user.identified", traits(json!({"plan": "pro"})));
    device(ben);
    by(ben, "ben");
    story.tell("b1", "23T11:06:00", "handoff.requested", json!({"trigger": "operator_button"}));
    story.tell("c1", "23T12:00:00", "conversation.initialized", json!({"page_url": "/"}));
    by(story.tell("", "20T09:00:00", "user.identified", traits(json!({"plan": 3}))), "dora");
    by(story.tell("d1", "23T13:00:00", "conversation.initialized", json!({"page_url": "/"})), "dora");
    story.tell("", "23T14:00:00", "handoff.requested", json!({}));
    story
}

pub(super) fn segments(project: &Project<'_>) {
    let by_plan = [row("3", 0.0), row("free", 1.0), row("pro", 0.5), row("unknown", 0.0)];
    assert_eq!(project.rows("engagement_by_segment", "segment"), by_plan);
    project.check("engagement_by_segment", Some(0.4), 5);
    project.check("opportunities&f=segment:is:pro", Some(2.0), 2);
    project.check("interactions&f=segment:isnot:pro", Some(1.0), 1);
    project.check("page_abandonment&f=segment:is:pro&f=page:is:/help", Some(1.0), 1);
    project.set(&json!({"segment_trait": "company", "identity": "device"}));
    assert_eq!(project.rows("engagement_by_segment", "segment"), [row("acme", 0.5), row("unknown", 1.0 / 3.0)]);
    assert_eq!(project.rows("conversations_started", "trait:plan"), [row("free", 1.0), row("pro", 1.0)]);
}

/// Any trait is a dimension of whatever is of a conversation: as its user was known when it began, or else as first said later.
pub(super) fn traits(project: &Project<'_>) {
    let by_plan = |metric: &str| project.rows(metric, "trait:plan");
    assert_eq!(by_plan("opportunities"), [row("3", 1.0), row("free", 1.0), row("pro", 2.0), row("unknown", 1.0)]);
    assert_eq!(by_plan("interaction_rate"), project.rows("interaction_rate", "segment"));
    // a1 was begun by Ana before her plan changed, b1 by Ben before his was said.
    assert_eq!(by_plan("conversations_started"), [row("free", 1.0), row("pro", 1.0)]);
    assert_eq!(by_plan("messages_total"), [row("free", 2.0), row("pro", 1.0)]);
    assert_eq!(by_plan("peak_rpm"), [row("free", 2.0), row("pro", 1.0)]);
    assert_eq!(by_plan("users_active"), [row("free", 1.0), row("pro", 1.0)]);
    assert_eq!(by_plan("users_new"), [row("free", 1.0), row("pro", 1.0)]);
    // One request has no conversation.
    assert_eq!(by_plan("handoff_requests"), [row("free", 1.0), row("pro", 1.0), row("unknown", 1.0)]);
    project.check("messages_total&f=trait:plan:is:free&f=trait:company:contains:ACM", Some(2.0), 2);
    project.check("messages_total&f=trait:plan:isnot:free&f=trait:company:is:unknown", Some(1.0), 1);
    project.check("users_by_language&f=trait:plan:is:pro", Some(1.0), 1);
    project.check("users_active&f=trait:plan:is:gold", Some(0.0), 0);
    assert_eq!(project.rows("chats", "trait:no_such.trait"), [row("unknown", 2.0)]);
    let (status, refused) = project.get("metric=chats&r=7d&by=trait:a%27b");
    assert_eq!((status, &refused["error"]["code"]), (422, &json!("bad_trait")), "{refused}");
}

pub(super) fn requests(project: &Project<'_>) {
    assert_eq!(project.rows("handoff_requests", "basis"), [row("given", 1.0), row("inferred", 2.0)]);
    project.check("requests_direct&f=basis:is:inferred", Some(2.0), 2);
    assert_eq!(project.rows("chats_with_requests", "workflow"), [row("orders", 1.0), row("unknown", 1.0)]);
    project.check("handover_rate_chats&f=intent:is:refund", Some(1.0), 1);
    // In Madrid: a1 and b1 on Monday at 11 and at 12.
    assert_eq!(project.rows("conversations_started", "hour"), [row("11", 1.0), row("12", 1.0)]);
    assert_eq!(project.rows("escalation_rate", "weekday"), [row("1", 1.0)]);
}
