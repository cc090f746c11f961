//! Identities: how figures reconcile with their neighbours, whatever the events were.

use super::{Dimension, Figure, Metric, Scope, statement};

/// Two ways to one number.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// The identity in words.
    pub says: &'static str,
    /// One side.
    pub left: Term,
    /// The other: terms that are added up.
    pub right: &'static [Term],
    /// Whether it holds of everything alone: filters keep its sides to different things.
    pub unfiltered: bool,
}

impl Identity {
    /// All its terms, the left one first.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        std::iter::once(&self.left).chain(self.right)
    }

    /// Whether it is about a metric.
    pub fn is_about(&self, metric: &Metric) -> bool {
        self.terms().any(|term| term.metric == metric.id)
    }
}

/// A number in an identity.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    /// Id of the metric.
    pub metric: &'static str,
    /// The term in words.
    pub says: &'static str,
    /// Dimensions whose rows are added up; none for the total.
    cells: &'static [Dimension],
    /// A condition on the source's rows, for what has no metric of its own.
    kept: Option<&'static str>,
    /// Whether the number is that of the entities and not the value.
    is_n: bool,
}

impl Term {
    /// The metric's declaration; None only for a term that names no metric, which a test forbids.
    pub fn declaration(&self) -> Option<&'static Metric> {
        Metric::by_id(self.metric)
    }

    fn sql(&self, figure: &Figure, scope: &Scope<'_>) -> String {
        let figure = Figure { filter: self.kept.or(figure.filter), ..*figure };
        let scope = Scope { by: self.cells, ..*scope };
        let number = if self.is_n { "toFloat64(n)" } else { "ifNull(value, 0)" };
        format!("SELECT sum({number}) AS number FROM ({})", statement::rows(&figure, &scope))
    }
}

/// The statement that works out terms: columns `at` (place in the list) and `number`.
pub(crate) fn terms(terms: &[&Term], scope: &Scope<'_>) -> String {
    let parts = terms.iter().enumerate().filter_map(|(at, term)| {
        let figure = term.declaration()?.figure;
        Some(format!("SELECT toUInt64({at}) AS at, toFloat64(number) AS number FROM ({})", term.sql(&figure, scope)))
    });
    parts.collect::<Vec<_>>().join(" UNION ALL ")
}

const fn total(metric: &'static str) -> Term {
    Term { metric, says: metric, cells: &[], kept: None, is_n: false }
}

const fn cells(metric: &'static str, cells: &'static [Dimension], says: &'static str) -> Term {
    Term { cells, says, ..total(metric) }
}

const fn kept(metric: &'static str, condition: &'static str, says: &'static str) -> Term {
    Term { kept: Some(condition), says, ..total(metric) }
}

const fn n_of(metric: &'static str, says: &'static str) -> Term {
    Term { is_n: true, says, ..total(metric) }
}

const fn n_kept(metric: &'static str, condition: &'static str, says: &'static str) -> Term {
    Term { is_n: true, ..kept(metric, condition, says) }
}

const fn identity(says: &'static str, left: Term, right: &'static [Term]) -> Identity {
    Identity { says, left, right, unfiltered: false }
}

/// The identity, which does not hold of what filters keep.
const fn unfiltered(identity: Identity) -> Identity {
    Identity { unfiltered: true, ..identity }
}

/// Every identity that is declared.
pub const IDENTITIES: &[Identity] = &[
    identity(
        "Messages are those of users, bots and agents.",
        total("messages_total"),
        &[cells("messages_total", &[Dimension::Role], "messages_total by role, added up")],
    ),
    identity(
        "The cells of the heatmap are all messages.",
        total("messages_total"),
        &[cells("peak_hours", &[Dimension::Weekday, Dimension::Hour], "peak_hours by weekday and hour, added up")],
    ),
    identity(
        "The traffic's cells are all messages.",
        total("messages_total"),
        &[cells(
            "traffic_heatmap",
            &[Dimension::Weekday, Dimension::Hour],
            "traffic_heatmap by weekday and hour, added up",
        )],
    ),
    identity(
        "Incoming messages are those of users.",
        total("messages_incoming"),
        &[kept("messages_total", "role = 'user'", "messages_total of role user")],
    ),
    identity(
        "Conversations started were opened first, or came directly.",
        total("conversations_started"),
        &[
            total("direct_conversations"),
            kept("conversations_started", "opened = 1", "conversations_started that were initialised"),
        ],
    ),
    identity(
        "Conversations started are identified or not.",
        total("conversations_started"),
        &[
            total("unidentified_conversations"),
            kept("conversations_started", "identified = 1", "conversations_started with a user id"),
        ],
    ),
    identity(
        "Every conversation started has one language, of which unknown is one.",
        total("conversations_started"),
        &[cells("language_breakdown", &[Dimension::Language], "language_breakdown by language, added up")],
    ),
    identity(
        "Every conversation started has one device, of which unknown is one.",
        total("conversations_started"),
        &[cells("device_usage", &[Dimension::Device], "device_usage by device, added up")],
    ),
    identity(
        "Every conversation started has one channel.",
        total("conversations_started"),
        &[cells("source_breakdown", &[Dimension::Channel], "source_breakdown by channel, added up")],
    ),
    identity(
        "Active users are new or returning.",
        total("users_active"),
        &[total("users_new"), total("users_returning")],
    ),
    // Of somebody's conversations one in the country is enough, but the last one has to be in the language.
    unfiltered(identity(
        "Users by country and by language are the same people.",
        total("users_by_country"),
        &[total("users_by_language")],
    )),
    identity(
        "Everybody has one language: that of the last conversation.",
        total("users_by_language"),
        &[cells("users_by_language", &[Dimension::Language], "users_by_language by language, added up")],
    ),
    identity(
        "Chats have requests or have none.",
        total("chats"),
        &[total("chats_with_requests"), total("chats_without_requests")],
    ),
    identity(
        "Every chat is on exactly one way.",
        total("chats"),
        &[cells(
            "start_flows",
            &[Dimension::Entry, Dimension::Workflow, Dimension::Intent],
            "start_flows by entry, workflow and intent, added up",
        )],
    ),
    identity(
        "Chats are rated better, worse, or evenly.",
        total("chats"),
        &[
            total("chats_more_positive"),
            total("chats_more_negative"),
            kept("chats", "positive = negative", "chats with as many positive as negative ratings"),
        ],
    ),
    identity(
        "Chats that ended were contained or not.",
        n_of("conversation_duration", "chats that ended (n of conversation_duration)"),
        &[
            total("automated_resolutions"),
            kept("automated_resolutions", "contained = 0", "chats that ended with a leg or a request"),
        ],
    ),
    identity(
        "Bot replies came in time or late.",
        n_of("fallback_rate", "bot replies (n of fallback_rate)"),
        &[n_of("bot_response_time", "replies within ten minutes (n of bot_response_time)"), total("bot_no_reply")],
    ),
    identity(
        "The bot had no answer in the turns in which it fell back.",
        total("unanswered_questions"),
        &[n_kept("fallback_rate", "fallback = 1", "bot replies after a fallback")],
    ),
    identity(
        "Both figures of true containment look at the same chats.",
        n_of("true_containment_24h", "chats looked at (n of true_containment_24h)"),
        &[n_of("true_containment_72h", "chats looked at (n of true_containment_72h)")],
    ),
    identity(
        "Requests have one trigger each.",
        total("handoff_requests"),
        &[
            total("requests_direct"),
            total("requests_after_fallback"),
            total("requests_after_operator_button"),
            kept(
                "handoff_requests",
                "trigger NOT IN ('direct', 'after_fallback', 'operator_button')",
                "handoff_requests with another trigger",
            ),
        ],
    ),
    identity(
        "Opportunities were used or abandoned.",
        total("opportunities"),
        &[total("interactions"), total("page_abandonment")],
    ),
    identity(
        "Reviewable answers were rated positive, negative or neutral, or not at all.",
        total("reviewable_requests"),
        &[total("feedback_positive"), total("feedback_negative"), total("feedback_neutral"), total("feedback_none")],
    ),
    identity(
        "Ratings of conversations are positive, neutral or negative.",
        total("conversation_feedback"),
        &[cells("conversation_feedback", &[Dimension::Rating], "conversation_feedback by rating, added up")],
    ),
    identity(
        "Every vote has one score.",
        total("csat_votes"),
        &[cells("csat_votes", &[Dimension::Score], "csat_votes by score, added up")],
    ),
    identity(
        "The mean satisfaction is that of all votes.",
        n_of("csat_avg", "votes in the mean (n of csat_avg)"),
        &[total("csat_votes")],
    ),
    identity(
        "Every message has one primary intent at most.",
        total("intents_top"),
        &[cells("intents_top", &[Dimension::Intent], "intents_top by intent, added up")],
    ),
    identity(
        "Every view is of one workflow.",
        total("workflow_views"),
        &[cells("workflow_views", &[Dimension::Workflow], "workflow_views by workflow, added up")],
    ),
    identity(
        "Every click is of one type.",
        total("clicks"),
        &[cells("clicks", &[Dimension::ClickType], "clicks by click_type, added up")],
    ),
    identity(
        "Calls of tools take a known time or an unknown one.",
        total("tool_calls"),
        &[
            n_of("tool_duration", "calls whose time is known (n of tool_duration)"),
            kept("tool_calls", "isNull(ms)", "tool_calls whose time is not known"),
        ],
    ),
    identity(
        "Every call is of one tool.",
        total("tool_calls"),
        &[cells("tool_calls", &[Dimension::Tool], "tool_calls by tool, added up")],
    ),
    identity(
        "Every call is of one model.",
        total("llm_calls"),
        &[cells("llm_calls", &[Dimension::Model], "llm_calls by model, added up")],
    ),
    identity("Calls failed or did not.", n_of("llm_error_rate", "calls (n of llm_error_rate)"), &[total("llm_calls")]),
    identity(
        "Input tokens are those of all models.",
        total("tokens_input"),
        &[cells("tokens_input", &[Dimension::Model], "tokens_input by model, added up")],
    ),
    identity(
        "Output tokens are those of all models.",
        total("tokens_output"),
        &[cells("tokens_output", &[Dimension::Model], "tokens_output by model, added up")],
    ),
    identity(
        "Every file is of one type.",
        total("attachments"),
        &[cells("attachments", &[Dimension::Kind], "attachments by kind, added up")],
    ),
    identity(
        "Assignments are handled, missed, rerouted or pending.",
        total("cc_total_conversations"),
        &[total("cc_handled"), total("cc_missed"), total("cc_rerouted"), total("cc_pending")],
    ),
    identity(
        "The agents' handled legs, and those that nobody handled, are all assignments.",
        total("cc_total_conversations"),
        &[
            cells("cc_handled", &[Dimension::Agent], "cc_handled by agent, added up"),
            total("cc_missed"),
            total("cc_rerouted"),
            total("cc_pending"),
        ],
    ),
    identity(
        "The bars are all assignments.",
        total("cc_total_conversations"),
        &[cells("handled_vs_missed", &[Dimension::Outcome], "handled_vs_missed by outcome, added up")],
    ),
    identity(
        "Closes have one reason each, of which unspecified is one.",
        total("closing_reasons"),
        &[cells("closing_reasons", &[Dimension::Reason], "closing_reasons by reason, added up")],
    ),
    identity(
        "Every assignment is accepted in time or not.",
        n_of("service_level", "legs opened (n of service_level)"),
        &[total("cc_total_conversations")],
    ),
    identity(
        "Every assignment is abandoned or not.",
        n_of("abandon_rate", "legs opened (n of abandon_rate)"),
        &[total("cc_total_conversations")],
    ),
    identity("The speed of answer is the wait to accept.", total("asa"), &[total("cc_wait_to_accept")]),
    identity(
        "Every close is reopened or not.",
        n_of("reopen_rate", "closes (n of reopen_rate)"),
        &[total("closing_reasons")],
    ),
    identity(
        "Messages with humans are those of users and of agents.",
        total("cc_messages"),
        &[cells("cc_messages", &[Dimension::Role], "cc_messages by role, added up")],
    ),
    identity(
        "Offers were accepted or missed, or are open.",
        total("agent_offers"),
        &[
            total("agent_missed_offers"),
            kept("agent_offers", "outcome != 'missed'", "agent_offers that were not missed"),
        ],
    ),
    identity(
        "Minutes are those of all agents.",
        total("agent_minutes"),
        &[cells("agent_minutes", &[Dimension::Agent], "agent_minutes by agent, added up")],
    ),
    identity(
        "Connection hours are those of all agents.",
        total("agent_connection_hours"),
        &[cells("agent_connection_hours", &[Dimension::Agent], "agent_connection_hours by agent, added up")],
    ),
    identity(
        "Available hours are those of all agents.",
        total("available_hours"),
        &[cells("available_hours", &[Dimension::Agent], "available_hours by agent, added up")],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_is_of_a_metric_and_its_cells_are_dimensions_of_it() {
        for term in IDENTITIES.iter().flat_map(Identity::terms) {
            let metric = term.declaration().unwrap_or_else(|| panic!("{}", term.metric));
            assert!(term.cells.iter().all(|cell| metric.dimensions().any(|d| d == *cell)), "{}", term.says);
            assert!(term.says.contains(term.metric) || term.kept.is_some(), "{}", term.says);
        }
        assert!(IDENTITIES.iter().all(|identity| identity.says.ends_with('.') && !identity.right.is_empty()));
    }
}
