//! One conversation from its first to its last event.

use serde_json::json;

use super::{
    people::{Channel, Identity},
    phrases::TOPICS,
    story::{DemoEvent, Story},
};

const PAGES: [&str; 5] = [
    "https://shop.example/",
    "https://shop.example/shoes",
    "https://shop.example/cart",
    "https://shop.example/help/returns",
    "https://shop.example/account/orders",
];

/// Tells the whole story of a visit: shown, opened, asked, answered, perhaps handed over, rated.
pub(crate) fn tell(mut story: Story) -> Vec<DemoEvent> {
    if story.person.channel.has_widget() && story.random.percent(80) {
        let page = *story.random.pick(&PAGES);
        story.emit("conversation.initialized", json!({"page_url": page, "placement": "corner"}));
        story.wait(2_000, 90_000);
        if story.random.percent(45) {
            return story.events;
        }
        story.emit("widget.opened", json!({"trigger": "user"}));
        story.wait(500, 6_000);
    }
    start(&mut story);

    let visits = if story.person.channel.keeps_one_thread() { story.random.weighted(&[(1, 80), (2, 20)]) } else { 1 };
    for visit in 0..visits {
        if visit > 0 {
            story.wait(3_600_000, 50 * 3_600_000);
        }
        visit_once(&mut story);
    }
    finish(&mut story);
    story.events
}

fn start(story: &mut Story) {
    let entry = match story.person.channel {
        Channel::Web => Some(story.random.weighted(&[("web", 60), ("landing", 25), ("newsletter", 15)])),
        _ => None,
    };
    let device = (story.person.channel != Channel::Voice).then_some(story.person.device);
    let data = json!({
        "initiator": "user",
        "device": device,
        "language": story.person.locale,
        "country": story.person.country,
        "source": entry,
    });
    story.emit("conversation.started", data);
}

fn visit_once(story: &mut Story) {
    if story.person.channel.has_widget() || story.person.channel == Channel::Voice {
        story.wait(200, 900);
        story.bot_says("greeting", None);
        story.wait(3_000, 40_000);
    }
    let topic = story.random.weighted(&TOPICS);
    let fell_back = story.talk_with_bot(&topic);
    if story.person.identity == Identity::LogsIn && !story.logged_in && story.random.percent(60) {
        story.logged_in = true;
        let plan = *story.random.pick(&["basic", "plus"]);
        story.emit("user.identified", json!({"traits": {"plan": plan}}));
    }
    let wants_human = topic.human + if fell_back { 30 } else { 0 };
    let handed_over = story.random.percent(wants_human) && story.hand_over(fell_back);
    story.opinions(handed_over);
}

fn finish(story: &mut Story) {
    if story.person.channel == Channel::Voice || story.random.percent(15) {
        story.wait(500, 15_000);
        let reason = if story.person.channel == Channel::Voice { "call_hangup" } else { "user_left" };
        story.emit("conversation.ended", json!({"reason": reason}));
    }
    // Once in a while somebody asks to be forgotten; a thread that goes on is never deleted.
    if !story.person.channel.keeps_one_thread() && story.random.below(400) == 0 {
        story.wait(3_600_000, 40 * 3_600_000);
        story.emit("conversation.deleted", json!({"mode": "soft", "requested_by": "user"}));
    }
}
