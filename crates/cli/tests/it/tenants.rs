//! G7: projects that use the same ids never see anything of each other.

use serde_json::{Value, json};

use crate::shop::{BROWSER, RANGE, Shop, one_of_each_source, traffic};

/// What one project sends: two conversations of one user, whose ids and texts are as said, in two parts.
fn sent(ids: &str, text: &str, channel: &str, leaves_out: &str) -> [Vec<Value>; 2] {
    let mut parts = [Vec::new(), Vec::new()];
    for conversation in ["1", "2"] {
        let events = traffic(&format!("{ids}{conversation}"), &format!("{ids}user"), BROWSER);
        for (number, mut event) in events.into_iter().filter(|event| event["event"] != leaves_out).enumerate() {
            event["channel"] = json!(channel);
            if event["event"] == "message.created" {
                event["data"]["text"] = json!(text);
            }
            parts[usize::from(number > 6)].push(event);
        }
    }
    parts
}

#[test]
fn projects_with_the_same_ids_see_nothing_of_each_other() {
    let shop = Shop::new();
    let keys = ["a", "b", "like_a", "like_b"].map(|name| shop.directory.project(name));
    let a = |ids| sent(ids, "written in a", "web", "none");
    let b = |ids| sent(ids, "written in b", "whatsapp", "feedback.submitted");
    // Two projects with the same ids; and the same two again, each with ids that are nobody else's.
    let parts = [a("same"), b("same"), a("first"), b("second")];
    for (key, parts) in keys.iter().zip(&parts) {
        shop.server.accepted(key, &Value::Array(parts[0].clone()));
    }
    // Nothing is in memory any more when the rest comes: conversations are read again, of both projects at once.
    let shop = shop.restart();
    for (key, parts) in keys.iter().zip(&parts) {
        shop.server.accepted(key, &Value::Array(parts[1].clone()));
    }

    let [of_a, of_b, like_a, like_b] = keys.each_ref().map(|key| shop.of(key).totals(&one_of_each_source(), &[RANGE]));
    assert_eq!(of_a, like_a);
    assert_eq!(of_b, like_b);
    assert_ne!(of_a, of_b);
    for (key, own, other) in [(&keys[0], "written in a", "written in b"), (&keys[1], "written in b", "written in a")] {
        let shop = shop.of(key);
        for route in [
            format!("conversations?{RANGE}"),
            "conversations/same1".to_owned(),
            format!("explain?{RANGE}&metric=messages_total"),
            format!("export?{RANGE}&metric=messages_total&by=channel&format=json"),
        ] {
            let answer = shop.get(&format!("/api/v1/{route}")).to_string();
            let other_channel = if own == "written in a" { "whatsapp" } else { "\"web\"" };
            assert!(!answer.contains(other) && !answer.contains(other_channel), "{route}: {answer}");
        }
        let timeline = shop.get("/api/v1/conversations/same1");
        assert!(timeline.to_string().contains(own), "{timeline}");
        let found = |text: &str| {
            let text = text.replace(' ', "+");
            let answer = shop.get(&format!("/api/v1/conversations?{RANGE}&q={text}"));
            answer["conversations"].as_array().unwrap().len()
        };
        assert_eq!((found(own), found(other)), (2, 0));
    }
}
