//! One number everywhere (P16): over generated streams, every metric is the same in a query, in its explanation and in a file, and
//! what is behind it comes to it, whatever it is kept to. Ranges, filters and rows are chosen by seed; what goes wrong says its question.

use std::borrow::Cow;

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Value, json};
use testkit::stream::Random;
use warehouse::registry::{Class, Dimension, Entities, METRICS, Metric, Trait, Unit};

use crate::{
    explained::{as_queried, rows_of},
    figures::{escaped, generated, same},
    server::{Directory, Server},
    shop::named,
};

/// Streams are small enough for every metric to be asked about.
const SIZE: [&str; 4] = ["--conversations", "45", "--days", "6"];
/// Most metrics of one question: each question is another.
const TOGETHER: usize = 4;

#[test]
fn any_question_has_one_answer_everywhere() {
    let directory = Directory::new();
    let server = directory.start();
    // The second project has decided whatever can be decided about who and what counts.
    let decided = json!({
        "identity": "device", "source_aliases": {"web": "site", "landing": "site"}, "internal_users": ["u3", "u5"],
        "prices": [{"model": "large-1", "input": 2.5, "output": 10.0, "cache_read": 0.25, "cache_write": 3.0}],
        "include_action_messages": true, "sla_first_response_s": 60, "sla_next_response_s": 30, "sla_resolution_s": 900,
    });
    let streams = [(31, "2026-03-29T12:00:00Z", json!({})), (32, "2025-10-26T12:00:00Z", decided)];
    // Every second question is about the second stream.
    std::thread::scope(|scope| {
        for (turn, (seed, middle, settings)) in streams.into_iter().enumerate() {
            let (directory, server) = (&directory, &server);
            scope.spawn(move || {
                let name = format!("stream-{seed}");
                let key = directory.project(&name);
                let (status, answer) = directory.change_settings(server, &name, &settings);
                assert_eq!(status, 200, "{answer}");
                let events = generated(directory, seed, &SIZE);
                directory.succeed(&["import", events.to_str().unwrap(), "--key", &key]);
                let middle = middle.parse().unwrap();
                let (status, answer) = server.batch(&key, &plans(middle));
                assert_eq!(status, 200, "{answer}");
                let random = Random::new(u64::from(seed));
                let mut stream = Stream { server, key, middle, random };
                stream.holds(questions().into_iter().skip(turn).step_by(2));
            });
        }
    });
}

/// What is said of the stream's users: streams tell no traits. Every second user's plan changes.
fn plans(middle: DateTime<Utc>) -> Value {
    let said = |user: usize, day: i64, plan: &str| {
        json!({
            "event_id": format!("plan-{user}-{day}"), "event": "user.identified", "user_id": format!("u{user}"), "historical": true,
            "timestamp": (middle + Duration::days(day)).to_rfc3339_opts(SecondsFormat::Secs, true), "data": {"traits": {"plan": plan}},
        })
    };
    let of_user = |user: usize| {
        let then = user.is_multiple_of(2).then(|| said(user, 0, "enterprise"));
        std::iter::once(said(user, -1, ["free", "pro"][user / 2 % 2])).chain(then)
    };
    (0..8).flat_map(of_user).collect()
}

/// The dimensions of a metric, and a trait of users where it has any.
fn dimensions(metric: &Metric) -> Vec<Dimension> {
    let plan = metric.has_traits().then(|| Dimension::Trait(Trait::parse("plan").unwrap()));
    metric.dimensions().chain(plan).collect()
}

/// A project with a generated stream.
struct Stream<'a> {
    server: &'a Server,
    key: String,
    /// Noon of the stream's middle day.
    middle: DateTime<Utc>,
    random: Random,
}

/// What is asked of metrics: the range and the filters, and the rows that are wanted of it.
struct Question {
    kept: String,
    rows: String,
}

/// Every metric, with others that have the same dimensions.
fn questions() -> Vec<Vec<&'static Metric>> {
    let mut alike: Vec<(Vec<Dimension>, Vec<&Metric>)> = Vec::new();
    for metric in METRICS {
        let dimensions = dimensions(metric);
        match alike.iter_mut().find(|(of, _)| *of == dimensions) {
            Some((_, metrics)) => metrics.push(metric),
            None => alike.push((dimensions, vec![metric])),
        }
    }
    alike.iter().flat_map(|(_, metrics)| metrics.chunks(TOGETHER)).map(<[_]>::to_vec).collect()
}

impl Stream<'_> {
    fn holds(&mut self, questions: impl Iterator<Item = Vec<&'static Metric>>) {
        let (mut asked, mut found) = (0, 0);
        for metrics in questions {
            let dimensions = dimensions(metrics[0]);
            let values = self.values(metrics[0], &dimensions);
            let question = self.question(&dimensions, &values);
            asked += metrics.len();
            found += self.agree(&metrics, &question);
        }
        assert!(
            found * 2 > asked,
            "questions that find nothing prove nothing: of {asked} figures {found} found something"
        );
        (0..3).for_each(|_| self.is_listed());
    }

    /// The list of conversations has as many as were started.
    fn is_listed(&mut self) {
        let values = self.values(Metric::by_id("conversations_started").unwrap(), Dimension::OF_CONVERSATIONS);
        let Question { kept, .. } = self.question(Dimension::OF_CONVERSATIONS, &values);
        let listed = self.ask(&format!("conversations?{kept}&limit=200"));
        let started = self.ask(&format!("query?metric=conversations_started&{kept}"));
        let count = listed["conversations"].as_array().unwrap().len();
        assert_eq!(started["results"][0]["total"]["value"], count, "{kept}");
    }

    fn ask(&self, path: &str) -> Value {
        self.server.answered(&format!("/api/v1/{path}"), &self.key)
    }

    /// The values that a metric's dimensions have together, over all time.
    fn values(&self, metric: &Metric, dimensions: &[Dimension]) -> Vec<Vec<String>> {
        let by: Vec<Cow<'_, str>> = dimensions.iter().map(|dimension| dimension.asked()).collect();
        let question = format!("query?metric={}&from=2025-01-01&to=2027-01-01&by={}", metric.id, by.join(","));
        let answer = self.ask(&question);
        let rows = answer["results"][0]["rows"].as_array().cloned().unwrap_or_default();
        let of_row =
            |row: &Value| by.iter().map(|name| row["dims"][name.as_ref()].as_str().unwrap().to_owned()).collect();
        let values: Vec<Vec<String>> = rows.iter().map(of_row).collect();
        assert!(
            values.iter().flatten().all(|value| !value.is_empty()),
            "{question}: a value is `unknown`, never nothing"
        );
        values
    }

    fn question(&mut self, dimensions: &[Dimension], values: &[Vec<String>]) -> Question {
        let mut kept = self.range();
        if let Some(seen) = self.one(values) {
            for _ in 0..self.random.below(3) {
                kept += &self.filter(dimensions, seen, values);
            }
        }
        if self.random.chance(50) {
            return Question { kept, rows: String::new() };
        }
        let mut rows = self.one(&["", "&g=day", "&g=hour"]).unwrap_or(&"").to_string();
        let by: Vec<Cow<'_, str>> =
            dimensions.iter().filter(|_| self.random.chance(20)).map(|one| one.asked()).take(2).collect();
        if !by.is_empty() {
            rows += &format!("&by={}", by.join(","));
        }
        Question { kept, rows }
    }

    fn one<'v, T>(&mut self, of: &'v [T]) -> Option<&'v T> {
        let place = self.random.below(of.len() as u64);
        of.get(usize::try_from(place).unwrap())
    }

    /// Some days around the middle, from any second to any second, or whole ones.
    fn range(&mut self) -> String {
        let mut instant = |day: i64| {
            let second = i64::try_from(self.random.below(86_400)).unwrap();
            self.middle + Duration::days(day) + Duration::seconds(second)
        };
        let (from, to) = (instant(-4), instant(1));
        if self.random.chance(40) {
            return format!("from={}&to={}", from.date_naive(), to.date_naive());
        }
        let stamp = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        format!("from={}&to={}", stamp(from), stamp(to))
    }

    /// A filter by a dimension that keeps what was seen, but for what another row has there.
    fn filter(&mut self, dimensions: &[Dimension], seen: &[String], values: &[Vec<String>]) -> String {
        let place = usize::try_from(self.random.below(dimensions.len() as u64)).unwrap();
        let (name, value) = (dimensions[place].asked(), &seen[place]);
        let other = self.one(values).map_or(value, |row| &row[place]);
        match self.random.below(3) {
            0 => format!("&f={name}:is:{},{}", escaped(value), escaped(other)),
            1 => format!("&f={name}:isnot:{}", escaped(if other == value { "nothing" } else { other })),
            _ => {
                let part: String = value.to_uppercase().chars().take(3).collect();
                format!("&f={name}:contains:{}", escaped(&part))
            }
        }
    }

    /// Holds query, file and explanations of a question against each other; of how many metrics anything was found.
    fn agree(&self, metrics: &[&Metric], question: &Question) -> usize {
        let Question { kept, rows } = question;
        let ids = named(metrics);
        let queried = self.ask(&format!("query?{ids}{kept}{rows}"));
        let results = queried["results"].as_array().unwrap();
        let expected: Value = results.iter().flat_map(rows_of).collect();
        let file = self.ask(&format!("export?{ids}{kept}{rows}&format=json"));
        let file: Value = file.as_array().unwrap().iter().cloned().map(as_queried).collect();
        assert!(alike(&file, &expected), "{ids}{kept}{rows}\nfile {file}\nquery {expected}");
        for (metric, result) in metrics.iter().zip(results) {
            rows_come_to_the_total(metric, result, &format!("metric={}&{kept}{rows}", metric.id));
            is_explained((self.server, &self.key), metric, kept, &result["total"]);
        }
        results.iter().filter(|result| result["total"]["n"] != 0).count()
    }
}

/// Holds a total of a query against its explanation.
pub(crate) fn is_explained((server, key): (&Server, &str), metric: &Metric, kept: &str, total: &Value) {
    let question = format!("explain?metric={}&{kept}&limit=500", metric.id);
    let explained = server.answered(&format!("/api/v1/{question}"), key);
    assert_eq!(explained["formula"], metric.formula, "{question}");
    assert!(alike(&explained["total"], total), "{question}: {}, queried {total}", explained["total"]);
    for identity in explained["identities"].as_array().unwrap() {
        assert_eq!(identity["holds"], true, "{question}: {identity}");
    }
    let number = |of: &Value| of.as_f64().unwrap_or_default();
    let (value, n) = (number(&total["value"]), number(&total["n"]));
    let behind = &explained["behind"];
    let parts = explained["conversations"].as_array().unwrap();
    let of_conversations = parts.iter().filter(|part| part["conversation_id"].is_string()).count() as f64;
    let sum = |field: &str| parts.iter().map(|part| number(&part[field])).sum::<f64>();
    let says = || format!("{question}: {total}, behind it {behind}: {}", explained["conversations"]);
    assert!(close(number(&behind["conversations"]), of_conversations), "{}", says());
    let comes_to = match metric.figure.entities {
        Entities::Parts | Entities::Peak => close(sum("value"), value),
        Entities::Conversations => close(of_conversations, value),
        Entities::Cases => close(sum("n"), n),
        // Somebody may be in several conversations.
        Entities::People | Entities::PeopleCases => sum("n") >= n && parts.iter().all(|part| number(&part["n"]) <= n),
    };
    let entities = match metric.figure.entities {
        Entities::Cases | Entities::PeopleCases => n,
        Entities::Parts | Entities::Peak | Entities::Conversations | Entities::People => value,
    };
    assert!(comes_to && close(number(&behind["entities"]), entities) && behind["holds"] == true, "{}", says());
}

/// What adds up adds up over any rows.
fn rows_come_to_the_total(metric: &Metric, result: &Value, question: &str) {
    let adds_up = metric.class == Class::A && metric.unit != Unit::Money;
    if let Some(rows) = result["rows"].as_array().filter(|_| adds_up) {
        let sum: f64 = rows.iter().filter_map(|row| row["value"].as_f64()).sum();
        let total = &result["total"];
        assert!(
            close(sum, total["value"].as_f64().unwrap()),
            "{question}: rows come to {sum}, and the total is {total}"
        );
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

/// The same, but for the last digits of numbers: the warehouse adds fractions in any order.
pub(crate) fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| alike(value, other)))
        }
        _ => same(a, b),
    }
}
