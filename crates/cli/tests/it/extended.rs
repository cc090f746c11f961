//! The extended metrics, each on a few events whose figures follow from its definition by hand.

mod actions;
mod costs;
mod funnel;

use serde_json::{Value, json};

use crate::server::{Directory, Server};

/// Events in the making: of one project, told by conversation and time.
#[derive(Debug, Default)]
struct Story(Vec<Value>);

impl Story {
    /// An event; `at` is an instant of March 2026, UTC: `23T10:00:00`.
    fn tell(&mut self, conversation: &str, at: &str, event: &str, data: Value) -> &mut Value {
        let mut told = json!({
            "event_id": format!("e{}", self.0.len()), "event": event, "timestamp": format!("2026-03-{at}Z"),
            "historical": true, "data": data,
        });
        if !conversation.is_empty() {
            told["conversation_id"] = conversation.into();
        }
        self.0.push(told);
        self.0.last_mut().unwrap()
    }

    fn says(&mut self, conversation: &str, at: &str, role: &str, more: Value) -> &mut Value {
        let mut data = json!({"message_id": format!("m{}", self.0.len()), "role": role});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.tell(conversation, at, "message.created", data)
    }
}

/// A project of the story's events.
struct Project<'a> {
    server: &'a Server,
    directory: &'a Directory,
    name: &'static str,
    key: String,
}

impl<'a> Project<'a> {
    fn new(server: &'a Server, directory: &'a Directory, name: &'static str, story: Story) -> Self {
        let key = directory.project(name);
        let (status, answer) = server.batch(&key, &Value::from(story.0));
        assert_eq!(status, 200, "{answer}");
        Project { server, directory, name, key }
    }

    fn get(&self, question: &str) -> (u16, Value) {
        self.server.get(&format!("/api/v1/query?{question}"), Some(&self.key))
    }

    /// The one result of a question; the range is all of March unless it says another.
    fn ask(&self, question: &str) -> Value {
        let range = if question.contains("from=") { "" } else { "&from=2026-03-01&to=2026-04-01" };
        let (status, body) = self.get(&format!("metric={question}{range}"));
        assert_eq!(status, 200, "{question}: {body}");
        body["results"][0].clone()
    }

    /// Value and number of entities of a question; None for null.
    fn check(&self, question: &str, value: Option<f64>, n: u64) {
        let total = &self.ask(question)["total"];
        let is_right = match (total["value"].as_f64(), value) {
            (Some(got), Some(value)) => (got - value).abs() < 1e-9,
            (got, value) => got == value,
        };
        assert!(is_right && total["n"] == n, "{question}: {total}, and not {value:?} of {n}");
    }

    /// The rows' values by a dimension.
    fn rows(&self, question: &str, dimension: &str) -> Vec<(String, f64)> {
        let result = self.ask(&format!("{question}&by={dimension}"));
        let rows = result["rows"].as_array().unwrap().iter();
        rows.map(|row| (row["dims"][dimension].as_str().unwrap().to_owned(), row["value"].as_f64().unwrap())).collect()
    }

    fn set(&self, settings: &Value) {
        let (status, answer) = self.directory.change_settings(self.server, self.name, settings);
        assert_eq!(status, 200, "{answer}");
    }
}

fn row(label: &str, value: f64) -> (String, f64) {
    (label.to_owned(), value)
}

#[test]
fn extended_metrics_are_what_their_definitions_say() {
    let directory = Directory::new();
    let server = directory.start();
    let project = |name, story| Project::new(&server, &directory, name, story);
    contact_center(&project("center", center()));
    presence(&project("presence", shifts()));
    business_hours(&project("weekend", weekend()));
    bot(&project("bot", bots()));
    retention(&project("weeks", weeks()));
    calls(&project("calls", voices()));
    let opportunities = project("opportunities", funnel::opportunities());
    funnel::requests(&opportunities);
    actions::count_as_messages_where_the_project_says_so(&project("actions", actions::story()));
    costs::are_reported_or_priced_or_unknown(&project("costs", costs::story()));
    funnel::traits(&opportunities);
    funnel::segments(&opportunities);
}

/// Three conversations: one served well, one served late and reopened, one abandoned.
fn center() -> Story {
    let mut story = Story::default();
    let leg = |id: &str, more: Value| {
        let mut data = json!({"assignment_id": id});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        data
    };
    let role = |agent: &str, role: &str| json!({"agent_id": agent, "role": role});
    story.tell("", "22T08:00:00", "agent.upserted", role("ana", " Support"));
    story.tell("", "23T11:00:45", "agent.upserted", role("bea", "2nd level"));
    story.tell("", "23T11:30:00", "agent.upserted", role("bea", "admin"));
    story.says("c1", "23T10:00:00", "user", json!({}));
    story.says("c1", "23T10:00:10", "bot", json!({}));
    story.tell("c1", "23T10:01:00", "handoff.requested", json!({"trigger": "direct"}));
    story.tell("c1", "23T10:01:05", "queue.entered", leg("leg1", json!({"origin": "initiated"})));
    story.tell("c1", "23T10:01:15", "assignment.accepted", leg("leg1", json!({"agent_id": "ana"})));
    story.says("c1", "23T10:01:45", "agent", json!({"agent_id": "ana"}));
    story.says("c1", "23T10:03:00", "user", json!({}));
    story.says("c1", "23T10:03:20", "user", json!({}));
    story.says("c1", "23T10:03:25", "bot", json!({}));
    story.says("c1", "23T10:03:50", "agent", json!({"agent_id": "ana"}));
    story.says("c1", "23T10:05:00", "user", json!({}));
    story.says("c1", "23T10:05:10", "agent", json!({"agent_id": "ana"}));
    let ended = leg("leg1", json!({"agent_id": "ana", "reason": "closed", "wrap_up_ms": 30_000}));
    story.tell("c1", "23T10:06:00", "assignment.ended", ended);
    story.tell("c1", "23T10:06:01", "conversation.closed", json!({"reason": "solved", "agent_id": "ana"}));

    story.says("c2", "23T11:00:00", "user", json!({}));
    story.tell("c2", "23T11:00:30", "queue.entered", leg("leg2", json!({"origin": "initiated"})));
    story.tell("c2", "23T11:01:00", "assignment.accepted", leg("leg2", json!({"agent_id": "bea"})));
    story.says("c2", "23T11:02:30", "agent", json!({}));
    story.tell("c2", "23T11:10:00", "conversation.closed", json!({}));
    story.tell("c2", "23T11:20:00", "conversation.reopened", json!({}));
    story.tell("c2", "23T12:00:00", "conversation.closed", json!({}));

    story.says("c3", "23T12:30:00", "user", json!({}));
    story.tell("c3", "23T12:30:10", "queue.entered", leg("leg3", json!({"origin": "initiated"})));
    story.tell("c3", "23T12:31:00", "queue.left", leg("leg3", json!({"reason": "abandoned"})));
    story
}

fn contact_center(project: &Project<'_>) {
    // 10:01:00 to 10:01:45, and without a request from the leg's opening: 11:00:30 to 11:02:30.
    project.check("first_response_time", Some(f64::midpoint(45.0, 120.0)), 2);
    assert_eq!(project.rows("first_response_time", "agent"), [row("ana", 45.0), row("bea", 120.0)]);
    project.check("first_response_time_from_start", Some(f64::midpoint(105.0, 150.0)), 2);
    // From the last message of a burst, which the bot's does not part: 30 s and 10 s.
    project.check("next_response_time", Some(20.0), 2);
    // The bot answers twice: after one message, and after two that are 20 s apart.
    project.check("bot_response_time", Some(f64::midpoint(10.0, 5.0)), 2);
    project.check("bot_response_time_from_first", Some(f64::midpoint(10.0, 25.0)), 2);
    project.check("customer_wait_total", Some(f64::midpoint(45.0 + 30.0 + 10.0, 120.0)), 2);
    project.check("resolution_time", Some(f64::midpoint(361.0, 600.0)), 2);
    project.check("resolution_time_last", Some(f64::midpoint(361.0, 3600.0)), 2);
    // Of the three closes the second was reopened ten minutes later.
    project.check("reopen_rate", Some(1.0 / 3.0), 3);
    // The last close of all time decides: that of c2 lies after this range.
    project.check("resolution_time_last&from=2026-03-01&to=2026-03-23T11:30:00Z", Some(361.0), 1);
    project.check("abandon_rate", Some(1.0 / 3.0), 3);
    project.check("cc_wait_missed", Some(50.0), 1);
    let of_each = project.ask("messages_per_conversation")["total"].clone();
    // c1 has nine messages, c2 two and c3 one.
    assert_eq!((&of_each["value"], &of_each["p50"], &of_each["n"]), (&json!(4), &json!(2), &json!(3)));
    // From the first acceptance to the first close since: c1 286 s, c2 540 s.
    project.check("cc_conversation_time_to_close", Some(413.0), 2);
    let last = project.rows("closing_reasons_last", "reason");
    assert_eq!(last, [row("solved", 1.0), row("unspecified", 1.0)], "c2 was closed twice");
    // Accepted after 10 s, after 30 s, and never; 20 s is the target until the project says another.
    project.check("service_level", Some(1.0 / 3.0), 3);
    project.check("asa", Some(20.0), 2);
    // 285 s and 30 s of after-work; 540 s.
    project.check("aht", Some(f64::midpoint(315.0, 540.0)), 2);
    for metric in ["sla_met_pct_frt", "sla_met_pct_nrt", "sla_met_pct_rt"] {
        assert_eq!(project.ask(metric)["total"]["value"], Value::Null, "{metric}: nothing was promised");
    }
    project.set(&json!({
        "service_level_s": 30, "sla_first_response_s": 40, "sla_next_response_s": 30, "sla_resolution_s": 300,
        "business_hours": {"timezone": "Europe/Madrid", "week": [{"days": [1], "from": "11:00", "to": "12:01"}]},
    }));
    project.check("service_level", Some(2.0 / 3.0), 3);
    // From the opening: 40 s, 120 s, never.
    project.check("sla_met_pct_frt", Some(1.0 / 3.0), 3);
    project.check("sla_met_pct_nrt", Some(1.0), 1);
    // Handled legs lasted from the opening 295 s and 570 s.
    project.check("sla_met_pct_rt", Some(0.5), 2);
    // Open from 10:00 to 11:01 UTC: the second wait counts for 30 s, after which nobody was there.
    project.check("first_response_time&hours=business", Some(f64::midpoint(45.0, 30.0)), 2);
    project.check("customer_wait_total&hours=business", Some(f64::midpoint(85.0, 30.0)), 2);
    project.check("sla_met_pct_frt&hours=business", Some(2.0 / 3.0), 3);
    project.check("aht&hours=business", Some(f64::midpoint(315.0, 0.0)), 2);
    project.set(&json!({"sla_next_response_s": 29}));
    project.check("sla_met_pct_nrt", Some(0.0), 1);
    roles(project);
    always_open(project);
}

/// Bea's role is first said when her leg is open, and changes after it: what she did before stays what it was.
fn roles(project: &Project<'_>) {
    let by_role = |metric: &str| project.rows(metric, "agent_role");
    assert_eq!(by_role("cc_handled"), [row("2nd level", 1.0), row("support", 1.0)]);
    project.set(&json!({"agent_roles": {"2nd Level": "tech", "desk": "support"}}));
    assert_eq!(by_role("cc_total_conversations"), [row("support", 1.0), row("tech", 1.0), row("unknown", 1.0)]);
    assert_eq!(by_role("first_response_time"), [row("support", 45.0), row("tech", 120.0)]);
    assert_eq!(by_role("agent_conversations"), [row("support", 1.0), row("tech", 1.0)]);
    // c2's closes name no agent.
    assert_eq!(by_role("closing_reasons"), [row("support", 1.0), row("unknown", 2.0)]);
    project.check("asa&f=agent_role:is:support", Some(10.0), 1);
    assert_eq!(by_role("agent_minutes"), [row("support", 4.75), row("tech", 9.0)]);
}

/// Where business never closes its hours are all hours, for every figure that can be kept to them.
fn always_open(project: &Project<'_>) {
    let week = json!([{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}]);
    project.set(&json!({"business_hours": {"timezone": "Europe/Madrid", "week": week}}));
    let (_, registry) = project.server.get("/api/v1/metrics", Some(&project.key));
    let timed = registry["metrics"].as_array().unwrap().iter().filter(|metric| metric["business_hours"] == true);
    for metric in timed.map(|metric| metric["id"].as_str().unwrap()) {
        let (all, open) = (project.ask(metric), project.ask(&format!("{metric}&hours=business")));
        assert!(!all["total"]["value"].is_null(), "{metric} says nothing, so that it proves nothing");
        assert_eq!((&open["total"], &open["hours"]), (&all["total"], &json!("business")), "{metric}");
        let question = format!("metric={metric}&hours=business&from=2026-03-01&to=2026-04-01");
        let (_, explained) = project.server.get(&format!("/api/v1/explain?{question}"), Some(&project.key));
        assert_eq!((&explained["total"], &explained["behind"]["holds"]), (&all["total"], &json!(true)), "{metric}");
    }
}

/// Ana takes a leg, Bea's session breaks off, Cleo is there over midnight in Madrid (23:00 UTC).
fn shifts() -> Story {
    let mut story = Story::default();
    let session = |agent: &str| json!({"agent_id": agent, "agent_session_id": format!("session-{agent}")});
    let status = |agent: &str, status: &str| json!({"agent_id": agent, "status": status});
    story.tell("", "23T09:00:00", "agent.session.started", session("ana"));
    for (at, name) in [("09:30", "available"), ("10:00", "busy"), ("10:10", "available"), ("12:00", "break")] {
        story.tell("", &format!("23T{at}:00"), "agent.status.changed", status("ana", name));
    }
    story.tell("", "23T13:00:00", "agent.session.ended", session("ana"));
    story.tell("", "23T10:50:00", "agent.session.started", session("bea"));
    story.tell("", "23T10:55:00", "agent.status.changed", status("bea", "available"));
    story.tell("", "23T11:00:00", "agent.session.heartbeat", session("bea"));
    story.tell("", "23T22:00:00", "agent.session.started", session("cleo"));
    story.tell("", "23T22:30:00", "agent.status.changed", status("cleo", "available"));
    story.tell("", "24T00:30:00", "agent.session.ended", session("cleo"));
    for (conversation, agent, from, to) in [
        ("c1", "ana", "10:01:15", "10:06:00"),
        ("c2", "bea", "11:01:00", "11:10:00"),
        ("c3", "dan", "09:00:00", "09:10:00"),
    ] {
        let leg = json!({"assignment_id": conversation, "agent_id": agent, "reason": "closed"});
        story.tell(conversation, &format!("23T{from}"), "assignment.accepted", leg.clone());
        story.tell(conversation, &format!("23T{to}"), "assignment.ended", leg);
    }
    story
}

fn presence(project: &Project<'_>) {
    // Ana from 09:30 to 10:00 and from 10:10 to 12:00; Bea from 10:55 until five minutes after her last heartbeat; Cleo two hours.
    let hours = [row("ana", 140.0 / 60.0), row("bea", 10.0 / 60.0), row("cleo", 2.0)];
    let got = project.rows("available_hours", "agent");
    assert!(got.iter().zip(&hours).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < 1e-9), "{got:?}");
    let days = project.ask("available_hours&from=2026-03-23&to=2026-03-25&g=day&f=agent:is:cleo");
    assert_eq!((&days["rows"][0]["value"], &days["rows"][1]["value"]), (&json!(0.5), &json!(1.5)), "cut at midnight");
    // Of 150 minutes available or busy Ana served 285 s, of 10 minutes Bea 4: the rest of her leg lies after her session. Dan, who
    // was never logged in, is not counted.
    project.check("occupancy&f=agent:is:ana", Some(285.0 / 9000.0), 1);
    project.check("occupancy&f=agent:is:bea", Some(0.4), 1);
    project.check("occupancy&f=agent:is:dan", None, 0);
    project.check("occupancy&f=agent:is:ana,bea,dan", Some(525.0 / 9600.0), 2);
}

/// A conversation from Friday 16:00 to Tuesday 10:30 in Madrid, over a change of the clock on Sunday.
fn weekend() -> Story {
    let mut story = Story::default();
    story.says("d1", "27T15:00:00", "user", json!({}));
    story.tell("d1", "31T08:30:00", "conversation.closed", json!({}));
    story
}

fn business_hours(project: &Project<'_>) {
    let refused = |question: &str| {
        let (status, body) = project.get(&format!("{question}&from=2026-03-01&to=2026-04-01"));
        (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused("metric=resolution_time&hours=business"), (422, "no_business_hours".into()));
    assert_eq!(refused("metric=resolution_time&hours=night"), (422, "unknown_hours".into()));
    let week = json!([{"days": [1, 2, 3, 4, 5, 7], "from": "09:00", "to": "17:00"}]);
    let hours = json!({"timezone": "Europe/Madrid", "week": week, "holidays": ["2026-03-30"]});
    project.set(&json!({ "business_hours": hours }));
    assert_eq!(refused("metric=chats&hours=business"), (422, "no_duration".into()));
    assert_eq!(refused("metric=resolution_time&metric=chats&hours=business"), (422, "no_duration".into()));
    // Nearly four days, of which an hour is skipped. One hour on Friday, eight on Sunday, none on the holiday, 1.5 on Tuesday.
    project.check("resolution_time", Some(89.5 * 3600.0), 1);
    project.check("resolution_time&hours=all", Some(89.5 * 3600.0), 1);
    project.check("resolution_time&hours=business", Some(10.5 * 3600.0), 1);
    let range = "metric=resolution_time&hours=business&from=2026-03-01&to=2026-04-01";
    let (_, explained) = project.server.get(&format!("/api/v1/explain?{range}"), Some(&project.key));
    assert_eq!((&explained["total"]["value"], &explained["behind"]["holds"]), (&json!(37_800), &json!(true)));
    let (_, _, file) = project.server.file(&format!("/api/v1/export?{range}&format=json"), &project.key);
    let file: Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(file[0]["value"], 37_800, "{file}");
}

/// One person comes back after 23 hours and again after 48.5, then asks for a human; another never does; a third has no name.
fn bots() -> Story {
    let mut story = Story::default();
    let person = |event: &mut Value, id: &str| event["user_id"] = id.into();
    let call =
        |input: u32, status: &str| json!({"call_id": "l", "model": "large", "input_tokens": input, "status": status});
    let menu = |elements: Value| json!({"element_id": "menu", "elements": elements});
    person(story.says("a", "23T10:00:00", "user", json!({"text": "Where's my ORDER?!"})), "u1");
    story.tell("a", "23T10:00:02", "fallback.triggered", json!({"kind": "no_match"}));
    story.tell("a", "23T10:00:03", "llm.call.completed", call(1_000_000, "ok"));
    story.says("a", "23T10:00:05", "bot", json!({"workflow_id": "orders"}))["bot_id"] = "sales".into();
    let both = json!([{"element_id": "a", "title": "A"}, {"element_id": "b", "title": "B"}]);
    story.tell("a", "23T10:00:06", "ui.shown", menu(both));
    person(
        story.tell(
            "a",
            "23T10:00:08",
            "ui.clicked",
            json!({"element_id": "a", "click_type": "quick_reply", "title": "A"}),
        ),
        "u1",
    );
    person(story.says("d", "23T13:00:00", "user", json!({"text": "Thanks"})), "u2");
    story.says("d", "23T13:00:01", "bot", json!({}));
    story.says("f", "23T12:00:00", "user", json!({"text": "Hello"}));
    person(story.says("b", "24T09:00:00", "user", json!({"text": "  where s my order "})), "u1");
    story.tell("b", "24T09:00:01", "fallback.triggered", json!({"kind": "no_match"}));
    story.tell("b", "24T09:00:02", "llm.call.completed", call(500_000, "error"));
    story.says("b", "24T09:00:05", "bot", json!({}));
    story.tell("b", "24T09:00:06", "ui.shown", menu(json!([{"element_id": "a", "title": "A"}])));
    person(story.says("c", "26T09:30:00", "user", json!({"text": "A human, please"})), "u1");
    story.tell("c", "26T09:30:01", "llm.call.completed", call(1_000_000, "ok"));
    story.tell("c", "26T09:30:02", "handoff.requested", json!({"trigger": "direct"}));
    story
}

fn bot(project: &Project<'_>) {
    assert_eq!(project.rows("bot_response_time", "model"), [row("large", 5.0), row("unknown", 1.0)]);
    assert_eq!(project.rows("tokens_input", "workflow"), [row("orders", 1e6), row("unknown", 1.5e6)]);
    assert_eq!(project.rows("tokens_input", "user"), [row("u1", 2.5e6)]);
    assert_eq!(project.rows("conversations_started", "bot"), [row("sales", 1.0), row("unknown", 4.0)]);
    // Of the chats a, b, c and d: c was not contained, a was followed within a day, b within three, d never. f is nobody's.
    project.check("true_containment_24h", Some(0.5), 4);
    project.check("true_containment_72h", Some(0.25), 4);
    // What decides is the end of the chat: that of the follow-up need not lie in the range.
    project.check("true_containment_72h&from=2026-03-24&to=2026-03-25", Some(0.0), 1);
    project.check("cost_per_contained", None, 0);
    project.set(&json!({"prices": [{"model": "large", "input": 2.0, "output": 0.0}]}));
    // Two for a, one for b, by two chats; c was not contained, d and f had no calls.
    project.check("cost_per_contained", Some(1.5), 2);
    project.check("llm_error_rate", Some(1.0 / 3.0), 3);
    project.check("ctr", Some(1.0 / 3.0), 3);
    assert_eq!(project.rows("ctr", "title"), [row("A", 0.5), row("B", 0.0)]);
    assert_eq!(project.rows("unanswered_questions", "question"), [row("where s my order", 2.0)]);
    project.check("unanswered_questions", Some(2.0), 2);
    // Monday both of two, Tuesday one of two, Wednesday nobody, Thursday one of two.
    project.check("stickiness&from=2026-03-23&to=2026-03-27", Some(0.5), 4);
    // The 28 days that end on 22 April begin with 26 March, when one was there; the day after nobody was.
    project.check("stickiness&from=2026-04-22&to=2026-04-23", Some(0.0), 1);
    project.check("stickiness&from=2026-04-23&to=2026-04-24", None, 0);
}

/// Three people: two first seen in the week of 2 March, one in the next.
fn weeks() -> Story {
    let mut story = Story::default();
    for (person, at) in [("p1", "02"), ("p1", "11"), ("p1", "25"), ("p2", "08"), ("p3", "10"), ("p3", "16")] {
        let said = story.says(&format!("{person}-{at}"), &format!("{at}T12:00:00"), "user", json!({}));
        said["user_id"] = person.into();
    }
    story
}

fn retention(project: &Project<'_>) {
    let whole = "retention_weekly&from=2026-03-02&to=2026-03-30";
    // After one week p1 and p3 of three, after two none of three, after three p1 of two: p3's third week is not over.
    assert_eq!(project.rows(whole, "week_offset"), [row("1", 2.0 / 3.0), row("2", 0.0), row("3", 0.5)]);
    project.check(whole, Some(3.0 / 8.0), 8);
    // A week that is not over by the end of the range does not count.
    project.check("retention_weekly&from=2026-03-02&to=2026-03-29", Some(2.0 / 5.0), 5);
    // With weeks from Sunday p2 is first seen in the second one.
    project.set(&json!({"week_start": 7}));
    assert_eq!(project.rows(whole, "week_offset"), [row("1", 2.0 / 3.0), row("2", 0.0), row("3", 1.0)]);
}

/// Two calls; the caller breaks in on the first answer of the first, and hangs up early.
fn voices() -> Story {
    let mut story = Story::default();
    let mut spoke = |conversation: &str, role: &str, from: &str, to: &str, interrupted: bool| {
        let at = |time: &str| format!("2026-03-23T{time}Z");
        let speech = json!({"start_ts": at(from), "end_ts": at(to), "interrupted": interrupted});
        let said = story.says(conversation, &format!("23T{to}"), role, json!({ "speech": speech }));
        said["channel"] = "voice".into();
    };
    spoke("v1", "user", "10:00:00", "10:00:04", false);
    spoke("v1", "bot", "10:00:05", "10:00:10", true);
    spoke("v1", "user", "10:00:09", "10:00:12", false);
    spoke("v1", "bot", "10:00:14", "10:00:16", false);
    spoke("v2", "user", "11:00:00", "11:00:02", false);
    spoke("v2", "bot", "11:00:03", "11:00:09", false);
    story.tell("v1", "23T10:00:20", "conversation.ended", json!({"reason": "call_hangup"}));
    story.tell("v2", "23T11:01:00", "conversation.ended", json!({"reason": "call_hangup"}));
    story.says("w", "23T12:00:00", "user", json!({}));
    story
}

fn calls(project: &Project<'_>) {
    project.check("interruption_rate", Some(1.0 / 3.0), 3);
    // Bots 5, 2 and 6 s; callers 4, 3 and 2 s.
    project.check("talk_ratio", Some(13.0 / 22.0), 6);
    // Of 16 s three, of 9 s one.
    project.check("silence_pct", Some(4.0 / 25.0), 2);
    project.check("e2e_latency", Some(4000.0 / 3.0), 3);
    // The second call lasted a minute; the conversation without speech is no call.
    project.check("early_hangup", Some(0.5), 2);
}
