use std::collections::{BTreeMap, BTreeSet};

use chrono::{Duration, TimeZone, Utc};

use super::*;

fn history(from_days: i64, to_days: i64) -> Vec<DemoEvent> {
    let start = Utc.with_ymd_and_hms(2026, 3, 20, 0, 0, 0).unwrap();
    let at = |days| start + Duration::days(days);
    History::new(1, at(from_days), at(to_days)).flat_map(|stretch| stretch.events).collect()
}

fn text(events: &[DemoEvent]) -> Vec<String> {
    events.iter().map(|event| event.json.to_string()).collect()
}

#[test]
fn a_history_made_in_two_goes_is_the_history_made_in_one() {
    let mut parts = text(&history(0, 3));
    parts.extend(text(&history(3, 6)));
    assert_eq!(parts, text(&history(0, 6)));
}

#[test]
fn every_event_has_its_own_id_and_lies_in_the_range_asked_for() {
    let events = history(0, 10);
    let ids: BTreeSet<_> = events.iter().map(|event| event.json["event_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), events.len());
    let start = Utc.with_ymd_and_hms(2026, 3, 20, 0, 0, 0).unwrap();
    assert!(events.iter().all(|event| event.at >= start && event.at < start + Duration::days(10)));
}

#[test]
fn ninety_days_are_a_few_hundred_thousand_events_on_every_channel() {
    let events = history(0, 10);
    assert!((20_000..60_000).contains(&events.len()), "{} events in ten days", events.len());
    let mut channels: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &events {
        *channels.entry(event.json["channel"].as_str().unwrap_or("none")).or_default() += 1;
    }
    for channel in ["web", "app", "whatsapp", "sms", "voice", "email", "social"] {
        assert!(channels.get(channel).is_some_and(|count| *count > 50), "{channel}: {channels:?}");
    }
}

#[test]
fn a_leg_is_accepted_once_and_never_after_its_end() {
    let mut accepted = BTreeSet::new();
    for event in history(0, 10) {
        if event.json["event"] == "assignment.accepted" {
            assert!(accepted.insert(event.json["data"]["assignment_id"].to_string()));
        }
    }
    assert!(accepted.len() > 50, "{} legs accepted in ten days", accepted.len());
}
