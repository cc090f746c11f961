//! The same conversations give the same figures, sent natively or as AgentSight's SDKs send them. What differs by the wire is a rule in
//! `native` or `story`; what no SDK can carry is named here.

mod first;
mod native;
mod sdk;
mod second;
mod story;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Duration, Utc};
use serde_json::{Value, json};
use warehouse::registry::{Dimension, METRICS, Metric};

use self::{
    sdk::Sdk,
    story::{Item, Release, Story, What, stories},
};
use crate::{
    figures::generated,
    one_number::alike,
    server::{Directory, Server},
    shop::{METRICS_MAX, one_of_each_source, results},
};

/// The streams: seeds, and the days at their beginning, middle and end.
const STREAMS: [(u32, [&str; 3]); 2] =
    [(43, ["2026-03-26", "2026-03-29", "2026-04-02"]), (50, ["2025-10-23", "2025-10-26", "2025-10-30"])];
const SIZE: [&str; 4] = ["--conversations", "32", "--days", "6"];
/// From the middle of the earlier one, so that people come back, to the end of both.
const MOST: &str = "from=2025-10-26T09:00:00Z&to=2026-04-30";

/// Metrics of what no SDK can say, or not at the time when it happened: people at work, surveys, what was shown, workflows, intents,
/// fallbacks, speech, requests for people.
const NOT_CARRIED: &str = "\
    abandon_rate agent_busy_minutes agent_connection_hours agent_conversations agent_minutes agent_missed_offers \
    agent_offers aht asa available_hours cc_conversation_time cc_conversation_time_to_close \
    cc_distinct_conversations cc_handled cc_messages cc_missed cc_pending cc_rerouted cc_total_conversations \
    cc_unique_users cc_wait_missed cc_wait_time cc_wait_to_accept chats_with_requests closing_reasons \
    closing_reasons_last csat_avg csat_pct csat_response_rate csat_votes ctr customer_wait_total e2e_latency \
    early_hangup first_response_time first_response_time_from_start handled_vs_missed handoff_requests intents_top \
    interruption_rate next_response_time occupancy reopen_rate requests_after_fallback \
    requests_after_operator_button requests_direct resolution_time resolution_time_last service_level silence_pct \
    sla_met_pct_frt sla_met_pct_nrt sla_met_pct_rt talk_ratio ttft unanswered_questions workflow_thumbs_down \
    workflow_thumbs_up workflow_views";

/// Two projects that are to have the same figures.
struct Pair<'a> {
    server: &'a Server,
    native: String,
    sent: String,
}

impl<'a> Pair<'a> {
    fn new(directory: &Directory, server: &'a Server, name: &str) -> Pair<'a> {
        let prices = json!({"prices": [
            {"model": "large-1", "input": 2.5, "output": 10.0, "cache_read": 0.25, "cache_write": 3.0},
            {"model": "small-1", "input": 0.5, "output": 1.0},
        ]});
        let [native, sent] = ["native", "sent"].map(|way| {
            let project = format!("{name}-{way}");
            let key = directory.project(&project);
            let (status, answer) = directory.change_settings(server, &project, &prices);
            assert_eq!(status, 200, "{answer}");
            key
        });
        Pair { server, native, sent }
    }

    /// Sends what is meant one way, and what is said the other way.
    fn send(&self, meant: &[Story], said: &[Story]) {
        let events: Vec<Value> = meant.iter().flat_map(|story| native::events(story, Utc::now())).collect();
        std::thread::scope(|scope| {
            scope.spawn(|| self.server.accepted(&self.native, &json!(events)));
            Sdk::new(self.server, &self.sent).send(said);
        });
    }

    /// What both answer to a question for metrics: total and rows of each.
    fn ask<'m>(&self, metrics: &[&'m Metric], rest: &str) -> Vec<(&'m str, [Value; 2])> {
        let of =
            |key: &str| -> Vec<Value> { results((self.server, key), metrics, rest).into_iter().map(told).collect() };
        let both = of(&self.native).into_iter().zip(of(&self.sent));
        metrics.iter().zip(both).map(|(metric, (native, sent))| (metric.id, [native, sent])).collect()
    }

    /// The figures that differ, with both answers; and the metrics of which nothing was found natively.
    fn compare(
        &self,
        questions: &[(Vec<&'static Metric>, String)],
    ) -> (BTreeMap<String, [Value; 2]>, BTreeSet<&'static str>) {
        let answers: Vec<(String, &str, [Value; 2])> = std::thread::scope(|scope| {
            let asked: Vec<_> = [0, 1]
                .map(|turn| {
                    scope.spawn(move || {
                        let own = questions.iter().skip(turn).step_by(2);
                        own.flat_map(|(metrics, rest)| {
                            let answers = self.ask(metrics, rest);
                            answers.into_iter().map(move |(id, both)| (rest.clone(), id, both))
                        })
                        .collect::<Vec<_>>()
                    })
                })
                .into_iter()
                .collect();
            asked.into_iter().flat_map(|asked| asked.join().unwrap()).collect()
        });
        let mut missing: BTreeSet<&str> = METRICS.iter().map(|metric| metric.id).collect();
        let mut different = BTreeMap::new();
        for (rest, id, both) in answers {
            if both[0]["total"]["n"] != 0 {
                missing.remove(id);
            }
            if !alike(&both[0], &both[1]) {
                different.insert(format!("{id} {rest}"), both);
            }
        }
        (different, missing)
    }
}

/// What a result says, in an order that depends on nothing else.
fn told(result: Value) -> Value {
    let mut rows: Vec<Value> = result["rows"].as_array().cloned().unwrap_or_default();
    rows.sort_by_key(|row| format!("{} {}", row["dims"], row["bucket"]));
    json!({"total": result["total"], "rows": rows})
}

/// Metrics that have the same dimensions, and these, as many as one question may name.
fn groups(of_metrics: &[&'static Metric]) -> Vec<(Vec<&'static str>, Vec<&'static Metric>)> {
    let mut of: BTreeMap<Vec<&str>, Vec<&Metric>> = BTreeMap::new();
    for metric in of_metrics {
        of.entry(metric.dimensions().map(Dimension::name).collect()).or_default().push(metric);
    }
    let chunks = of.into_iter().flat_map(|(names, metrics)| {
        let chunks: Vec<Vec<&Metric>> = metrics.chunks(METRICS_MAX).map(<[_]>::to_vec).collect();
        chunks.into_iter().map(move |chunk| (names.clone(), chunk))
    });
    chunks.collect()
}

/// Every metric by dimensions: two of its own, and two of conversations, which take turns.
fn by_dimensions(metrics: &[&'static Metric], range: &str) -> Vec<(Vec<&'static Metric>, String)> {
    let mut general = Dimension::OF_CONVERSATIONS.iter().map(|dimension| dimension.name()).cycle();
    let grouped = groups(metrics).into_iter().filter(|(names, _)| !names.is_empty());
    let asked = grouped.map(|(names, metrics)| {
        let is_general = |name: &&str| Dimension::OF_CONVERSATIONS.iter().any(|of| of.name() == *name);
        let own = names.iter().copied().filter(|name| !is_general(name)).take(2);
        let of_conversations = general.by_ref().take(2).filter(|name| names.contains(name));
        let by: Vec<&str> = own.chain(of_conversations).collect();
        (metrics, format!("cmp=off&{range}&by={}", by.join(",")))
    });
    asked.collect()
}

/// Metrics of a range and what it is kept to.
fn totals(metrics: &[&'static Metric], rest: &str) -> Vec<(Vec<&'static Metric>, String)> {
    metrics.chunks(METRICS_MAX).map(|metrics| (metrics.to_vec(), format!("cmp=off&{rest}"))).collect()
}

#[test]
fn conversations_have_the_same_figures_whether_sent_natively_or_by_an_sdk() {
    let directory = Directory::new();
    let server = directory.start();
    let pair = Pair::new(&directory, &server, "all");
    let of = |(seed, _): (u32, _)| stories(&generated(&directory, seed, &SIZE), &format!("s{seed}-"));
    let stories: Vec<Story> = STREAMS.into_iter().flat_map(of).collect();
    for release in [Release::First, Release::Second] {
        let of_release = stories.iter().filter(|story| story.release == release && story.stamped() == "production");
        assert!(
            of_release.clone().any(|story| answer(story, |after| after.is_zero()).is_some()),
            "nothing shows how events of one instant are put in order"
        );
    }
    pair.send(&stories, &stories);

    let all: Vec<&Metric> = METRICS.iter().collect();
    let (mut different, missing) = pair.compare(&totals(&all, MOST));
    assert_eq!(missing, NOT_CARRIED.split_whitespace().collect(), "of these nothing was found");
    let carried: Vec<&Metric> = all.into_iter().filter(|metric| !missing.contains(metric.id)).collect();
    let mut asked = by_dimensions(&carried, MOST);
    let [(_, [_, middle, to]), (_, [from, _, until])] = STREAMS;
    asked.extend(totals(&carried, &format!("from={middle}T09:40:01Z&to={to}T07:03:00Z")));
    asked.extend(totals(&carried, &format!("from={from}&to={until}&g=hour")));
    asked.extend(totals(&one_of_each_source(), &format!("{MOST}&env=development")));
    // What comes without a time.
    let opinions: Vec<&Metric> = carried.iter().copied().filter(|metric| metric.id.contains("feedback")).collect();
    let day = |days: i64| (Utc::now() + Duration::days(days)).date_naive();
    asked.extend(totals(&opinions, &format!("from={}&to={}", day(-1), day(1))));
    different.append(&mut pair.compare(&asked).0);
    let told: Vec<String> =
        different.iter().map(|(name, [native, sent])| format!("{name}\n{native}\n{sent}")).collect();
    assert!(told.is_empty(), "{} figures differ:\n{}", told.len(), told.join("\n\n"));

    a_difference_in_one_body_is_noticed(&directory, &server, &stories);
}

fn is_said_by(item: &Item, expected: &str) -> bool {
    matches!(&item.what, What::Message { role, .. } if *role == expected)
}

/// The place of the bot's first answer that comes right after what the customer said, and so long after it.
fn answer(story: &Story, is_right: fn(Duration) -> bool) -> Option<usize> {
    let is_answered = |pair: &[Item]| {
        is_said_by(&pair[0], "user") && is_said_by(&pair[1], "bot") && is_right(pair[1].at - pair[0].at)
    };
    story.items.windows(2).position(is_answered).map(|asked| asked + 1)
}

/// A reply that one body has half a second later.
fn a_difference_in_one_body_is_noticed(directory: &Directory, server: &Server, stories: &[Story]) {
    let pair = Pair::new(directory, server, "one");
    let soon = |after: Duration| after > Duration::zero() && after < Duration::minutes(1);
    let is_counted = |story: &&Story| {
        let is_there = story.items.iter().all(|item| item.what != What::Deleted);
        story.release == Release::First && story.stamped() == "production" && is_there && answer(story, soon).is_some()
    };
    let meant = stories.iter().find(is_counted).unwrap().clone();
    let mut said = meant.clone();
    let reply = answer(&said, soon).unwrap();
    said.items[reply].at += Duration::milliseconds(500);
    pair.send(&[meant], &[said]);
    let (different, _) = pair.compare(&totals(&one_of_each_source(), MOST));
    let noticed: Vec<&str> = different.keys().map(|name| name.split(' ').next().unwrap()).collect();
    assert!(noticed.contains(&"bot_response_time") && !noticed.contains(&"messages_total"), "{noticed:?}");
}
