//! Hand-derived cases.

use rollup::{LegState, ResponseKind, Settings};

use crate::{folded, message, told, told_in};

fn leg(event: &'static str, at_s: i64, more: &str) -> crate::Told {
    told(at_s, event, &format!(r#"{{"assignment_id": "leg"{more}}}"#))
}

#[test]
fn an_offer_is_answered_by_the_next_event_of_its_leg() {
    let state = folded(&[
        leg("queue.entered", 0, r#", "origin": "initiated", "queue": "support""#),
        leg("assignment.offered", 1, r#", "agent_id": "ana""#),
        leg("assignment.missed", 2, r#", "agent_id": "ana", "reason": "no_answer", "final": false"#),
        leg("assignment.offered", 3, r#", "agent_id": "bruno""#),
        leg("assignment.offered", 4, r#", "agent_id": "carla""#),
        leg("assignment.accepted", 5, r#", "agent_id": "carla""#),
        leg("assignment.offered", 6, r#", "agent_id": "dani""#),
    ]);
    let offers: Vec<(&str, &str, &str)> =
        state.offers.iter().map(|offer| (offer.agent.as_str(), offer.outcome, offer.reason.as_str())).collect();
    assert_eq!(
        offers,
        [
            ("ana", "missed", "no_answer"),
            ("bruno", "missed", "superseded"),
            ("carla", "accepted", ""),
            ("dani", "pending", "")
        ]
    );
    let leg = &state.legs[0];
    assert_eq!((leg.state, leg.queue.as_str(), leg.origin.as_str()), (LegState::Handled, "support", "initiated"));
}

#[test]
fn a_close_knows_its_first_reopening() {
    let state = folded(&[
        told(0, "conversation.closed", r#"{"reason": "solved", "closed_by": "agent", "agent_id": "ana"}"#),
        told(10, "conversation.reopened", "{}"),
        told(20, "conversation.reopened", "{}"),
        told(30, "conversation.closed", "{}"),
    ]);
    let closes: Vec<(&str, Option<i64>)> =
        state.closes.iter().map(|close| (close.reason.as_str(), close.reopened_us.map(|us| us / 1_000_000))).collect();
    assert_eq!(closes, [("solved", Some(10)), ("unspecified", None)]);
}

#[test]
fn a_turn_says_whether_the_bot_had_fallen_back_and_whose_workflow_answered() {
    let state = folded(&[
        message(0, "user", ""),
        told(1, "fallback.triggered", r#"{"kind": "no_match"}"#),
        message(2, "bot", r#", "workflow_id": "faq""#),
        message(3, "user", ""),
        message(4, "bot", ""),
    ]);
    let turns: Vec<(bool, &str)> = state.turns.iter().map(|turn| (turn.fallback, turn.workflow.as_str())).collect();
    assert_eq!(turns, [(true, "faq"), (false, "")]);
    let asked = message(0, "user", "");
    assert_eq!(
        [&state.turns[0].question, &state.turns[1].question],
        [asked.id(), ""],
        "the question that had no answer"
    );
}

#[test]
fn a_turn_knows_the_first_message_of_its_burst_and_the_model_that_was_called_since_its_last() {
    let call = |at_s, model: &str| {
        told(at_s, "llm.call.completed", &format!(r#"{{"call_id": "{at_s}", "model": "{model}"}}"#))
    };
    let state = folded(&[
        message(0, "user", ""),
        call(1, "early"),
        message(2, "user", ""),
        call(3, "small"),
        call(4, "large"),
        message(5, "bot", ""),
        message(6, "user", ""),
        message(8, "bot", ""),
        message(9, "user", ""),
        message(10, "agent", ""),
        message(11, "user", ""),
        message(12, "bot", ""),
    ]);
    let turns: Vec<(u64, u64, &str)> = state
        .turns
        .iter()
        .map(|turn| (turn.response_us / 1_000_000, turn.from_first_us / 1_000_000, turn.model.as_str()))
        .collect();
    assert_eq!(turns, [(3, 5, "large"), (2, 2, ""), (1, 1, "")]);
}

#[test]
fn the_first_bot_of_a_conversation_is_its_bot() {
    let mut events = [message(0, "user", ""), message(1, "bot", ""), message(2, "bot", "")];
    assert_eq!(folded(&events).dimensions.bot, "unknown");
    events[1].bot_id = "sales";
    events[2].bot_id = "support";
    assert_eq!(folded(&events).dimensions.bot, "sales");
}

#[test]
fn messages_are_counted_by_what_they_have_in_common() {
    let state = folded(&[
        message(0, "agent", r#", "agent_id": "ana""#),
        message(1, "agent", r#", "agent_id": "ana""#),
        message(2, "agent", r#", "agent_id": "bruno""#),
        message(900, "agent", r#", "agent_id": "ana""#),
        told(3, "message.created", r#"{"message_id": "note", "role": "system"}"#),
    ]);
    let cells: Vec<(i64, &str, u32)> = state
        .messages
        .iter()
        .map(|cell| (cell.key.bucket_us / 1_000_000, cell.key.agent.as_str(), cell.messages))
        .collect();
    assert_eq!(cells, [(0, "ana", 2), (0, "bruno", 1), (900, "ana", 1)]);
}

#[test]
fn files_count_with_messages_and_on_their_own() {
    let files = r#", "attachments": [{"type": "image", "size_bytes": 10}, {"mime": "application/pdf"}]"#;
    let state = folded(&[
        message(0, "user", files),
        told(1, "attachment.added", r#"{"attachment_id": "a", "mime": "audio/ogg", "size_bytes": 7}"#),
    ]);
    let files: Vec<(&str, u64)> = state.attachments.iter().map(|file| (file.kind.as_str(), file.bytes)).collect();
    assert_eq!(files, [("image", 10), ("application", 0), ("audio", 7)]);
}

#[test]
fn tokens_that_nobody_reported_are_unknown_and_not_none() {
    let state = folded(&[
        told(0, "llm.call.completed", r#"{"call_id": "a", "model": "large"}"#),
        told(1, "llm.call.completed", r#"{"call_id": "b", "model": "large", "input_tokens": 0}"#),
        told(2, "tool.call.completed", r#"{"tool_name": "token_usage", "prompt_tokens": 3, "completion_tokens": 4}"#),
    ]);
    let calls: Vec<(bool, i64, i64)> =
        state.model_calls.iter().map(|call| (call.reported, call.input, call.output)).collect();
    assert_eq!(calls, [(false, 0, 0), (true, 0, 0), (true, 3, 4)]);
    assert!(state.tool_calls.is_empty(), "a record of tokens is no call of a tool");
}

#[test]
fn the_first_address_says_the_place_until_a_producer_does() {
    let madrid = r#"{"country": "ES", "city": "Madrid", "device": {"type": "mobile", "os": "iOS"}}"#;
    let lyon = r#"{"country": "FR", "city": "Lyon", "device": {"type": "desktop", "os": "Linux"}}"#;
    let mut events = vec![
        told_in(0, "widget.opened", "{}", madrid),
        told_in(1, "message.created", r#"{"message_id": "m", "role": "user"}"#, lyon),
    ];
    let place = |events: &[crate::Told]| {
        let said = folded(events).dimensions;
        (said.country, said.city, said.device, said.os)
    };
    let owned = |texts: [&str; 4]| texts.map(str::to_owned).into();
    assert_eq!(place(&events), owned(["ES", "Madrid", "mobile", "iOS"]));
    events.push(told(2, "conversation.started", r#"{"country": "pt", "device": "Tablet"}"#));
    assert_eq!(place(&events), owned(["PT", "Madrid", "tablet", "iOS"]), "what is said goes before what is found out");
    events.push(told(3, "conversation.updated", r#"{"set": {"country": "it"}}"#));
    assert_eq!(place(&events), owned(["IT", "Madrid", "tablet", "iOS"]));
}

#[test]
fn prices_come_with_the_latest_first_and_one_without_an_instant_holds_since_ever() {
    let json = r#"{"prices": [{"model": "m", "input": 1, "output": 2},
        {"model": "m", "from": "2026-03-15T00:00:00+01:00", "input": 3, "output": 4},
        {"model": "m", "from": "2026-03-14T00:00:00Z", "input": 5, "output": 6}]}"#;
    let settings: Settings = serde_json::from_str(json).unwrap();
    let prices: Vec<(i64, f64)> =
        settings.prices_by_instant().into_iter().map(|(from_us, price)| (from_us, price.input)).collect();
    assert_eq!(prices, [(1_773_529_200_000_000, 3.0), (1_773_446_400_000_000, 5.0), (i64::MIN, 1.0)]);
}

#[test]
fn what_was_shown_is_listed_by_element() {
    let shown = r#"{"element_id": "menu", "elements": [{"element_id": "a", "title": "A"}, {"title": "B"}]}"#;
    let state = folded(&[told(0, "ui.shown", shown)]);
    let shown: Vec<(&str, &str)> =
        state.shown.iter().map(|shown| (shown.element.as_str(), shown.title.as_str())).collect();
    assert_eq!(shown, [("a", "A"), ("", "B")]);
}

#[test]
fn a_click_is_on_what_was_shown_last_before_it() {
    let shown = |at_s| {
        told(
            at_s,
            "ui.shown",
            r#"{"element_id": "menu", "elements": [{"element_id": "a", "title": "A"}, {"title": "B"}]}"#,
        )
    };
    let click = |at_s, data: &str| told(at_s, "ui.clicked", data);
    let state = folded(&[
        click(0, r#"{"element_id": "a", "click_type": "link", "title": "A"}"#),
        shown(1),
        shown(2),
        click(3, r#"{"element_id": "a", "click_type": "link", "title": "another title"}"#),
        click(4, r#"{"element_id": "a", "click_type": "link", "title": "A"}"#),
        click(5, r#"{"click_type": "link", "title": "B"}"#),
        click(6, r#"{"element_id": "c", "click_type": "link", "title": "A"}"#),
        shown(7),
    ]);
    let clicked: Vec<bool> = state.shown.iter().map(|shown| shown.clicked).collect();
    assert_eq!(clicked, [false, false, true, true, false, false]);
}

#[test]
fn responses_are_those_of_agents_to_the_request_the_start_and_bursts_within_a_leg() {
    let state = folded(&[
        message(0, "user", ""),
        message(2, "agent", r#", "agent_id": "eve""#),
        told(10, "handoff.requested", "{}"),
        leg("queue.entered", 15, ""),
        message(20, "user", ""),
        leg("assignment.accepted", 30, r#", "agent_id": "ana""#),
        message(40, "agent", ""),
        message(50, "user", ""),
        message(60, "user", ""),
        message(65, "bot", ""),
        message(70, "agent", ""),
        message(75, "agent", ""),
        message(80, "user", ""),
        leg("assignment.ended", 90, r#", "reason": "closed""#),
        message(95, "agent", ""),
    ]);
    let responses: Vec<(ResponseKind, i64, i64, &str, u32)> = state
        .responses
        .iter()
        .map(|response| {
            let seconds = |us: i64| us / 1_000_000;
            let (asked, replied) = (seconds(response.asked_us), seconds(response.replied_us));
            (response.kind, asked, replied, response.agent.as_str(), response.leg)
        })
        .collect();
    assert_eq!(
        responses,
        [
            (ResponseKind::FirstFromStart, 0, 2, "eve", 0),
            (ResponseKind::First, 10, 40, "ana", 0),
            (ResponseKind::Next, 60, 70, "ana", 1),
        ],
        "who waits in the queue asks for the first response; who is answered after the leg was not within it"
    );
}

#[test]
fn nobody_waits_for_an_agent_who_begins_the_conversation() {
    let state = folded(&[message(0, "agent", ""), message(5, "user", ""), message(9, "agent", "")]);
    assert!(state.responses.is_empty(), "{:?}", state.responses);
}

#[test]
fn a_model_call_knows_its_chat() {
    let call = |at_s| told(at_s, "llm.call.completed", r#"{"call_id": "a", "input_tokens": 1}"#);
    let state = folded(&[message(0, "user", ""), call(1), message(4000, "user", ""), call(4001)]);
    assert_eq!(state.chats.len(), 2);
    assert_eq!(state.model_calls.iter().map(|call| call.chat).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_chat_of_one_message_is_told_apart_whatever_else_happened_in_it() {
    let state = folded(&[
        message(0, "user", ""),
        told(1, "intent.detected", r#"{"message_id": "m0", "intent": "order"}"#),
        message(4000, "user", ""),
        message(4001, "bot", ""),
    ]);
    assert_eq!(state.chats.iter().map(|chat| chat.single).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn an_intent_says_how_sure_its_model_is() {
    let detected = |at_s, message: &str, more: &str| {
        let data = format!(r#"{{"message_id": "{message}", "intent": "order{at_s}"{more}}}"#);
        told(at_s, "intent.detected", &data)
    };
    let state = folded(&[
        message(0, "user", ""),
        detected(1, "m0", r#", "confidence": 0.4"#),
        detected(2, "m0", r#", "confidence": 0.7"#),
        message(10, "user", ""),
        detected(11, "m10", ""),
    ]);
    let sure: Vec<(&str, f64)> = state.intents.iter().map(|intent| (intent.name.as_str(), intent.confidence)).collect();
    assert_eq!(sure, [("order2", 0.7), ("order11", 1.0)]);
}

#[test]
fn a_request_says_which_team_is_asked_for_and_why() {
    let state = folded(&[
        message(0, "user", ""),
        told(1, "handoff.requested", r#"{"target_team": "billing", "reason": "refund"}"#),
        told(2, "handoff.requested", "{}"),
    ]);
    let asked: Vec<(&str, &str)> =
        state.requests.iter().map(|request| (request.team.as_str(), request.reason.as_str())).collect();
    assert_eq!(asked, [("billing", "refund"), ("unknown", "unknown")]);
}

#[test]
fn tokens_of_audio_are_told_beside_the_others() {
    let data = r#"{"call_id": "a", "audio_input_tokens": 30, "audio_output_tokens": 7}"#;
    let state = folded(&[message(0, "user", ""), told(1, "llm.call.completed", data)]);
    let call = &state.model_calls[0];
    assert_eq!((call.audio_input, call.audio_output, call.reported, call.input), (30, 7, true, 0));
}

#[test]
fn what_a_call_says_that_it_cost_is_told_with_its_currency() {
    let call = |at, data: &str| told(at, "llm.call.completed", data);
    let state = folded(&[
        call(1, r#"{"call_id": "a", "cost_reported": 0.0041, "currency": " eur"}"#),
        call(2, r#"{"call_id": "b", "cost_reported": "0.5", "currency": "USD"}"#),
        call(3, r#"{"call_id": "c", "cost_reported": -1, "currency": "USD", "input_tokens": 3}"#),
        call(4, r#"{"call_id": "d", "cost_reported": {"of": 1}, "input_tokens": 4}"#),
        call(5, r#"{"call_id": "e"}"#),
    ]);
    let costs: Vec<(Option<f64>, &str, i64)> =
        state.model_calls.iter().map(|call| (call.cost, call.currency.as_str(), call.input)).collect();
    assert_eq!(
        costs,
        [(Some(0.0041), "EUR", 0), (Some(0.5), "USD", 0), (None, "USD", 3), (None, "", 4), (None, "", 0)]
    );
}

#[test]
fn speech_that_overlaps_is_heard_once_and_the_rest_of_a_call_is_silent() {
    let spoke = |at_s, role: &str, from: &str, to: &str| {
        let time = |second: &str| format!("1970-01-01T00:00:{second}Z");
        let speech = format!(r#", "speech": {{"start_ts": "{}", "end_ts": "{}"}}"#, time(from), time(to));
        message(at_s, role, &speech)
    };
    let state = folded(&[
        spoke(4, "user", "01", "04"),
        spoke(9, "bot", "06", "09"),
        spoke(8, "user", "07", "08"),
        spoke(10, "user", "09", "10"),
        spoke(14, "bot", "12", "14"),
        spoke(16, "user", "16", "15"),
        told(20, "conversation.ended", r#"{"reason": "call_hangup"}"#),
    ]);
    assert_eq!(state.utterances.len(), 5, "the last one ends before it begins");
    let chat = &state.chats[0];
    assert_eq!((chat.call.call_us, chat.call.silent_us, chat.hung_up), (13_000_000, 4_000_000, true));
    let silences: Vec<Option<u64>> = state.turns.iter().map(|turn| turn.silence_us).collect();
    assert_eq!(silences, [None, Some(2_000_000)], "the first time the bot began before the user had ended");
}

#[test]
fn a_vote_off_its_scale_is_none_and_the_last_valid_one_counts() {
    let vote = |at_s, score: &str| {
        let data =
            format!(r#"{{"survey_id": "s", "score": {score}, "scale_min": 0, "scale_max": 10, "comment": "ok"}}"#);
        told(at_s, "csat.submitted", &data)
    };
    let state = folded(&[told(0, "csat.requested", r#"{"survey_id": "s"}"#), vote(1, "5"), vote(2, "11")]);
    let survey = &state.surveys[0];
    assert_eq!((survey.requested_us, survey.voted_us, survey.score), (Some(0), Some(1_000_000), Some(3.0)));
    assert!(survey.commented);
}
