//! Which parameters each route takes.

/// A parameter, for the reader and for the OpenAPI document.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) repeatable: bool,
    pub(crate) says: &'static str,
}

/// The parameters of a route, in groups that routes share.
pub(crate) type Table = &'static [&'static [Parameter]];

const fn parameter(name: &'static str, says: &'static str) -> Parameter {
    Parameter { name, required: false, repeatable: false, says }
}

const fn repeatable(name: &'static str, says: &'static str) -> Parameter {
    Parameter { name, required: false, repeatable: true, says }
}

/// Which figures.
const METRIC: &[Parameter] = &[Parameter {
    name: "metric",
    required: true,
    repeatable: true,
    says: "Metric id; GET /api/v1/metrics lists them.",
}];
/// Over which time.
const RANGE: &[Parameter] = &[
    parameter("from", "First local date or instant of the range."),
    parameter("to", "First local date or instant after the range."),
    parameter(
        "r",
        "Instead of from and to: today, yesterday, 7d, 28d … (local days, today included), 12m, wtd, mtd, qtd, ytd, lastweek, \
         lastmonth, lastquarter, or a first and a last day: 2026-03-01..2026-03-31.",
    ),
    parameter("tz", "IANA zone of days and hours; the project's by default."),
];
/// By which rows.
const ROWS: &[Parameter] = &[
    parameter("g", "Rows by none, auto, minute, hour, day, week (from Monday) or month."),
    parameter("by", "Rows by dimensions, separated by commas; trait:NAME is a trait of users."),
    parameter(
        "cmp",
        "Compare with prev (the calendar unit before; of a range that is not over, its elapsed part), yoy (a year before) or off.",
    ),
];
/// Durations of which hours.
const HOURS: &[Parameter] =
    &[parameter("hours", "all (the default), or business: durations are kept to the project's business hours.")];
/// Kept to what.
const FILTER: &[Parameter] =
    &[repeatable("f", "Filter: DIMENSION:is, isnot or contains:VALUE,VALUE… (a comma in a value is written \\,).")];
/// Of which project and environment, as it is when.
const WHERE: &[Parameter] = &[
    parameter("env", "Environment; production by default."),
    repeatable("position", "Position of an answer of POST /v1/batch: wait until it is in, at most 10 s."),
    parameter("project", "Project id, for an administrator's key."),
];
/// A part of a long list.
const PAGE: &[Parameter] = &[
    parameter("limit", "Most items of the page; the route says the default and the most."),
    parameter("cursor", "The next_cursor of the page before."),
];
const FORMAT: &[Parameter] = &[parameter("format", "csv (the default), json or parquet.")];
const CONDITIONS: &[Parameter] = &[
    parameter("state", "open, closed, test (which is in no figure) or all (what counts; the default)."),
    parameter("csat", "Score of a vote, 1 to 5 rounded down, or a range of scores: 1-2."),
    parameter("csat_comment", "true: with a comment in a survey."),
    parameter("feedback", "more_positive, more_negative, only_positive, only_negative, or any."),
    parameter("workflow", "One of these workflows was seen, separated by commas."),
    parameter("intent", "One of these intents, separated by commas."),
    parameter("outcome", "A leg came to one of these: handled, missed, rerouted, pending."),
    parameter("tool", "One of these tools was called, separated by commas."),
    repeatable("metadata", "PATH:VALUE, as in plan.tier:gold: an event's metadata says so."),
    parameter("q", "Text that a message contains, in any case; 2 to 200 characters."),
    parameter("needs_support", "true: a human was asked for, and no leg accepted and no close came since."),
    parameter("marked", "true or false: whether the conversation is marked."),
];

/// `GET /api/v1/query`.
pub(crate) const QUERY: Table = &[METRIC, RANGE, ROWS, HOURS, FILTER, WHERE];
/// `GET /api/v1/explain`.
pub(crate) const EXPLAIN: Table = &[METRIC, RANGE, ROWS, HOURS, FILTER, WHERE, PAGE];
/// `GET /api/v1/export`.
pub(crate) const EXPORT: Table = &[METRIC, RANGE, ROWS, HOURS, FILTER, WHERE, FORMAT];
/// `GET /api/v1/conversations`.
pub(crate) const CONVERSATIONS: Table = &[RANGE, FILTER, CONDITIONS, WHERE, PAGE];
/// `GET /api/v1/conversations/{id}`.
pub(crate) const CONVERSATION: Table =
    &[&[parameter("tz", "IANA zone of times; the project's by default.")], WHERE, PAGE];
/// `GET /api/v1/live`.
pub(crate) const LIVE: Table = &[WHERE];
/// `GET /api/v1/dead-letters`.
pub(crate) const DEAD_LETTERS: Table = &[RANGE, &[parameter("project", "Project id, for an administrator's key.")]];
