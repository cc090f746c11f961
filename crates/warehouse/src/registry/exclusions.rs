//! What a figure leaves out, and why: declared by what it is made from, counted when it is explained.

use super::sources::{INELIGIBLE, INTERNAL, OURS, activity, in_range, items, live, states};
use super::{Metric, Quantiles, Scope, Source, Unit, sources, statement};

/// Something that a figure leaves out.
#[derive(Debug, Clone, Copy)]
pub struct Exclusion {
    /// Stable id.
    pub id: &'static str,
    /// What is left out and why, in a sentence.
    pub says: &'static str,
    found: Found,
}

/// Of what the number of things left out is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Of what is asked for: its filters apply, except those on the metric's own dimensions.
    Question,
    /// Of the environment in the range, whatever it is filtered by.
    Environment,
    /// Of the project in the range, in any environment.
    Project,
}

impl Extent {
    /// The extent's name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Extent::Question => "question",
            Extent::Environment => "environment",
            Extent::Project => "project",
        }
    }
}

/// Where things left out are found.
#[derive(Debug, Clone, Copy)]
enum Found {
    /// Events that meet a condition.
    Events(&'static str),
    /// Activity that names nobody.
    Anonymous,
    /// Conversations by a time of theirs that meet a condition.
    Conversations(&'static str, &'static str),
    /// Items of a list of conversations, by a time of theirs, that meet a condition on these columns.
    Items {
        list: &'static str,
        time: &'static str,
        columns: &'static [&'static str],
        condition: &'static str,
    },
    /// Rows of the metric's own source that do not meet its condition.
    Others,
    /// Conversations whose flags meet a condition.
    Flagged(&'static str),
    OfCrawlers,
    Internal,
    Environments,
    DeadLetters,
}

impl Exclusion {
    /// Of what the number is told.
    pub fn extent(&self) -> Extent {
        match self.found {
            Found::Conversations(..) | Found::Items { .. } | Found::Others => Extent::Question,
            Found::Events(_) | Found::Anonymous | Found::Flagged(_) | Found::OfCrawlers | Found::Internal => {
                Extent::Environment
            }
            Found::Environments | Found::DeadLetters => Extent::Project,
        }
    }

    /// A SELECT of `detail` ('' unless the number is split) and `n`.
    fn sql(&self, metric: &Metric, scope: &Scope<'_>) -> String {
        let events = |condition: &str| {
            format!(
                "SELECT '' AS detail, uniqExact(conversation_id, event_id) AS n FROM raw_events \
                 WHERE {OURS} AND {condition} AND {} AND conversation_id NOT IN {INELIGIBLE}",
                in_range("event_time")
            )
        };
        let count = |rows: &str| format!("SELECT '' AS detail, count() AS n FROM ({rows})");
        match self.found {
            Found::Events(condition) => events(condition),
            Found::Anonymous => events(&format!("user_id = '' AND anonymous_id = '' AND {}", activity())),
            Found::Conversations(time, condition) => format!(
                "SELECT '' AS detail, count() AS n FROM {} WHERE {}",
                states(scope),
                live(scope, &format!("isNotNull({time}) AND {} AND {condition}", in_range(time)))
            ),
            Found::Items { list, time, columns, condition } => {
                count(&items(scope, list, (time, columns), ("1 AS one", condition)))
            }
            Found::Others => others(metric, scope),
            Found::Flagged(condition) => format!(
                "SELECT '' AS detail, uniqExact(conversation_id) AS n FROM raw_events WHERE {OURS} AND {} AND conversation_id IN (\
                 SELECT conversation_id FROM conversation_flags WHERE {OURS} \
                 GROUP BY conversation_id HAVING {condition})",
                in_range("event_time")
            ),
            Found::OfCrawlers => format!(
                "SELECT '' AS detail, uniqExact(conversation_id, event_id) AS n FROM raw_events WHERE {OURS} AND flag = 'crawler' AND {}",
                in_range("event_time")
            ),
            Found::Internal if scope.has_internal => format!(
                "SELECT '' AS detail, uniqExact(conversation_id, event_id) AS n FROM raw_events WHERE {OURS} AND {} \
                 AND (conversation_id IN {INTERNAL} OR user_id IN {{internal:Array(String)}})",
                in_range("event_time")
            ),
            Found::Internal => "SELECT '' AS detail, 0 AS n".to_owned(),
            Found::Environments => format!(
                "SELECT environment AS detail, uniqExact(conversation_id, event_id) AS n FROM raw_events \
                 WHERE project = {{project:String}} AND environment != {{env:String}} AND {} GROUP BY detail",
                in_range("event_time")
            ),
            Found::DeadLetters => format!(
                "SELECT toString(reason) AS detail, uniqExact(topic, partition, offset) AS n FROM dead_letters \
                 WHERE project = {{project:String}} AND {} GROUP BY detail",
                in_range("append_time")
            ),
        }
    }
}

fn others(metric: &Metric, scope: &Scope<'_>) -> String {
    let figure = &metric.figure;
    let kept = statement::conditions(None, scope);
    let left = format!("NOT ({})", figure.filter.unwrap_or("1"));
    let condition = if kept.is_empty() { format!("WHERE {left}") } else { format!("{kept} AND {left}") };
    let n = if matches!(figure.quantiles_of, Some(Quantiles::Rows(_))) { "count()" } else { figure.n };
    format!(
        "SELECT '' AS detail, toUInt64(greatest({n}, 0)) AS n FROM ({}) {condition}",
        sources::select(figure.source, scope)
    )
}

/// Most rows that exclusions are told in: dead letters and environments are told one by one.
const DETAILS_MAX: usize = 200;

/// What a metric leaves out, and the statement that counts it: columns `at` (place in the list), `detail`, `n`.
pub(crate) fn excluded(metric: &Metric, scope: &Scope<'_>) -> (Vec<Exclusion>, String) {
    let exclusions: Vec<Exclusion> = metric.exclusions().collect();
    let parts: Vec<String> = exclusions
        .iter()
        .enumerate()
        .map(|(at, exclusion)| {
            format!("SELECT toUInt64({at}) AS at, detail, toUInt64(n) AS n FROM ({})", exclusion.sql(metric, scope))
        })
        .collect();
    let all = parts.join(" UNION ALL ");
    (exclusions, format!("SELECT at, detail, n FROM ({all}) ORDER BY at, n DESC, detail LIMIT {DETAILS_MAX}"))
}

const fn exclusion(id: &'static str, says: &'static str, found: Found) -> Exclusion {
    Exclusion { id, says, found }
}

/// What every figure leaves out.
const ALWAYS: &[Exclusion] = &[
    exclusion(
        "deleted_conversations",
        "Conversations with events in the range that were deleted, whenever.",
        Found::Flagged("max(flag = 'deleted') = 1"),
    ),
    exclusion(
        "test_conversations",
        "Conversations with events in the range that are tagged as tests.",
        Found::Flagged(
            "max(flag = 'deleted') = 0 \
             AND argMax(flag = 'test', (flag IN ('test', 'no_test'), event_time, sequence, event_id)) = 1",
        ),
    ),
    exclusion(
        "crawlers",
        "Events in the range that a known crawler sent; its conversations are left out whole.",
        Found::OfCrawlers,
    ),
    exclusion(
        "internal_users",
        "Events in the range of users that the project calls its own, and of their conversations.",
        Found::Internal,
    ),
    exclusion(
        "other_environments",
        "Events of the range in other environments, each by its name.",
        Found::Environments,
    ),
    exclusion(
        "dead_letters",
        "What arrived in the range and could not be taken, by reason; it may be about anything.",
        Found::DeadLetters,
    ),
];

/// What conditions of metrics leave out, where more can be said than what `OTHERS` says.
const BY_METRIC: &[(&str, Exclusion)] = &[
    (
        "bot_response_time",
        exclusion("late_replies", "Replies later than ten minutes, which `bot_no_reply` counts.", Found::Others),
    ),
    (
        "bot_response_time_from_first",
        exclusion("late_replies", "Replies later than ten minutes, which `bot_no_reply` counts.", Found::Others),
    ),
    (
        "conversation_duration",
        exclusion(
            "single_message_chats",
            "Chats of a single message, where the project leaves them out (`single_message_chats`).",
            Found::Others,
        ),
    ),
    (
        "intents_top",
        exclusion(
            "unsure_intents",
            "Intents of which their model is less sure than the project asks for (`intent_confidence_min`).",
            Found::Others,
        ),
    ),
    ("tool_duration", exclusion("calls_without_duration", "Calls whose time is not known.", Found::Others)),
    ("llm_latency", exclusion("calls_without_duration", "Calls whose time is not known.", Found::Others)),
    (
        "ttft",
        exclusion("calls_without_first_token", "Calls that do not tell when the first token came.", Found::Others),
    ),
];

const OTHERS: Exclusion = exclusion("others", "Of the same kind, but not what this figure counts.", Found::Others);

const NO_MESSAGES: Exclusion = exclusion(
    "not_messages",
    "Internal notes and records of the system or of tools: they are no public messages of a user, bot or agent.",
    Found::Events("event = 'message.created' AND is_message = 0"),
);
const EDITS: Exclusion = exclusion(
    "edits",
    "Edits and deletions of messages: an edit is the same message, and the past is final.",
    Found::Events("event IN ('message.updated', 'message.deleted')"),
);
const NEVER_USED: Exclusion = exclusion(
    "never_used",
    "Conversations that were only opened in the range, without a message or start.",
    Found::Conversations("initialized_at", "isNull(first_use)"),
);
const BOT_ONLY: Exclusion = exclusion(
    "chats_without_user",
    "Chats started in the range without a message or click of the user.",
    Found::Items { list: "chats", time: "start", columns: &["start", "counted"], condition: "x_counted = 0" },
);
const OPEN_CHATS: Exclusion = exclusion(
    "open_chats",
    "Chats last used in the range that are still open, because a leg is.",
    Found::Items {
        list: "chats",
        time: "ended",
        columns: &["ended", "counted", "open"],
        condition: "x_counted = 1 AND x_open = 1",
    },
);
const NOBODY: Exclusion =
    exclusion("events_without_person", "Messages, starts and clicks that carry no person's id.", Found::Anonymous);
const CHATS_OF_NOBODY: Exclusion = exclusion(
    "chats_without_person",
    "Chats started in the range whose events carry no person's id.",
    Found::Items {
        list: "chats",
        time: "start",
        columns: &["start", "counted", "person"],
        condition: "x_counted = 1 AND x_person = ''",
    },
);
const REQUESTS_OF_NOBODY: Exclusion = exclusion(
    "requests_without_person",
    "Requests for a human that carry no person's id.",
    Found::Items { list: "requests", time: "at", columns: &["at", "person"], condition: "x_person = ''" },
);
const STARTED_BY_NOBODY: Exclusion = exclusion(
    "conversations_without_person",
    "Conversations started in the range of which no event carries a person's id.",
    Found::Conversations("first_use", "person = ''"),
);
const NEVER_OPENED: Exclusion = exclusion(
    "never_initialised",
    "Conversations started in the range that were never initialised, so that they were no opportunity.",
    Found::Conversations("first_use", "isNull(initialized_at)"),
);
const TICKETS: Exclusion = exclusion(
    "tickets",
    "Tickets: they make a chat one with requests, but are not counted as requests.",
    Found::Events("event = 'ticket.created'"),
);
const LOST_INTENTS: Exclusion = exclusion(
    "intents_without_message",
    "Detected intents that name no message.",
    Found::Events("event = 'intent.detected' AND JSONExtractString(data, 'message_id') = ''"),
);
const NOT_CUSTOMERS: Exclusion = exclusion(
    "not_by_customers",
    "Ratings that no customer gave: those of platforms and of quality checks.",
    Found::Events("event = 'feedback.submitted' AND JSONExtractString(data, 'source') != 'customer'"),
);
const NOT_REVIEWABLE: Exclusion = exclusion(
    "not_reviewable",
    "Bot messages that could not be rated.",
    Found::Events(
        "event = 'message.created' AND is_message = 1 AND role = 'bot' AND NOT JSONExtractBool(data, 'feedback_enabled')",
    ),
);
const OTHER_SURVEYS: Exclusion = exclusion(
    "other_surveys",
    "Requests and answers of surveys of another kind than csat (nps, ces).",
    Found::Events(
        "event IN ('csat.requested', 'csat.submitted') AND JSONExtractString(data, 'kind') NOT IN ('', 'csat')",
    ),
);
const OFF_SCALE: Exclusion = exclusion(
    "votes_off_scale",
    "Votes that do not lie on their own scale.",
    Found::Events(
        "event = 'csat.submitted' AND (JSONExtractFloat(data, 'score') < coalesce(JSONExtract(data, 'scale_min', 'Nullable(Float64)'), 1) \
         OR JSONExtractFloat(data, 'score') > coalesce(JSONExtract(data, 'scale_max', 'Nullable(Float64)'), 5))",
    ),
);
const TOKEN_RECORDS: Exclusion = exclusion(
    "token_records",
    "Records of tokens that are sent as calls of a tool: they count as tokens.",
    Found::Events("event = 'tool.call.completed' AND JSONExtractString(data, 'tool_name') = 'token_usage'"),
);
const UNREPORTED: Exclusion = exclusion(
    "usage_not_reported",
    "Calls whose use of tokens is not known; it counts as nothing, and has no price.",
    Found::Items { list: "model_calls", time: "at", columns: &["at", "reported"], condition: "x_reported = 0" },
);
const OTHER_CURRENCY: Exclusion = exclusion(
    "costs_in_other_currencies",
    "Calls that say what they cost, but not in the project's currency: their price counts, if there is one.",
    Found::Items {
        list: "model_calls",
        time: "at",
        columns: &["at", "cost", "currency"],
        condition: "isNotNull(x_cost) AND x_currency != {currency:String}",
    },
);
const NOT_ACCEPTED: Exclusion = exclusion(
    "not_accepted",
    "Legs opened in the range that nobody has accepted.",
    Found::Items { list: "legs", time: "opened", columns: &["opened", "accepted"], condition: "isNull(x_accepted)" },
);
const NOT_REPLIED: Exclusion = exclusion(
    "not_replied",
    "Legs opened in the range in which no agent has replied.",
    Found::Items { list: "legs", time: "opened", columns: &["opened", "replied"], condition: "isNull(x_replied)" },
);
const STILL_SERVED: Exclusion = exclusion(
    "still_open",
    "Legs accepted in the range that have not ended.",
    Found::Items {
        list: "legs",
        time: "accepted",
        columns: &["accepted", "ended"],
        condition: "isNotNull(x_accepted) AND isNull(x_ended)",
    },
);

const NOT_ANSWERED: Exclusion = exclusion(
    "not_answered",
    "Conversations that first asked for a human in the range and that no agent has answered.",
    Found::Conversations("handoff_at", "NOT has(responses.kind, 'first')"),
);
const NO_AGENT: Exclusion = exclusion(
    "no_agent",
    "Conversations started in the range to whose start no agent has responded.",
    Found::Conversations("first_use", "NOT has(responses.kind, 'first_from_start')"),
);
const NOT_CLOSED: Exclusion = exclusion(
    "not_closed",
    "Conversations started in the range that were never closed.",
    Found::Conversations("first_use", "empty(closes.at)"),
);

impl Source {
    /// What figures of this source leave out, beside what all do.
    fn exclusions(self) -> &'static [Exclusion] {
        match self {
            Source::Messages | Source::Minutes | Source::Talk | Source::Active => &[NO_MESSAGES, EDITS],
            Source::Started => &[NEVER_USED],
            Source::StartedPeople | Source::LastConversations => &[NEVER_USED, STARTED_BY_NOBODY],
            Source::Opportunities => &[NEVER_OPENED],
            Source::Chats | Source::StartFlows => &[BOT_ONLY],
            Source::Ended | Source::ChatWaits => &[BOT_ONLY, OPEN_CHATS],
            Source::Requests => &[TICKETS],
            Source::People | Source::Visitors | Source::PeopleMessages => &[NOBODY],
            Source::PeopleRequests => &[NOBODY, REQUESTS_OF_NOBODY],
            Source::PeopleChats => &[NOBODY, CHATS_OF_NOBODY, BOT_ONLY],
            Source::Intents => &[LOST_INTENTS],
            Source::Ratings | Source::Opinions => &[NOT_CUSTOMERS],
            Source::Reviewables => &[NOT_REVIEWABLE, NOT_CUSTOMERS],
            Source::Votes => &[OTHER_SURVEYS, OFF_SCALE],
            Source::Surveys => &[OTHER_SURVEYS],
            Source::ToolCalls => &[TOKEN_RECORDS],
            Source::ModelCalls | Source::ContainedCalls => &[UNREPORTED],
            Source::EndedOfSomeone => &[BOT_ONLY, OPEN_CHATS, CHATS_OF_NOBODY],
            Source::ActiveDays | Source::WeeksSince => &[NOBODY],
            Source::FirstResponses => &[NOT_ANSWERED],
            Source::FirstResponsesFromStart => &[NO_AGENT],
            Source::FirstCloses | Source::LastCloses => &[NOT_CLOSED],
            Source::LegsAccepted => &[NOT_ACCEPTED],
            Source::LegsReplied => &[NOT_REPLIED],
            Source::LegsEnded => &[NOT_ACCEPTED, STILL_SERVED],
            Source::AgentTime | Source::AgentBusy => &[STILL_SERVED],
            _ => &[],
        }
    }
}

impl Metric {
    /// What the metric leaves out: what all do, what its source does, and what its own condition does.
    pub fn exclusions(&self) -> impl Iterator<Item = Exclusion> {
        let named = BY_METRIC.iter().find(|(id, _)| *id == self.id).map_or(OTHERS, |(_, exclusion)| *exclusion);
        let others = self.figure.filter.map(|_| named);
        let of_money: &[Exclusion] = if self.unit == Unit::Money { &[OTHER_CURRENCY] } else { &[] };
        ALWAYS.iter().chain(self.figure.source.exclusions()).chain(of_money).copied().chain(others)
    }
}
