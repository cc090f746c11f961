//! The pages, as data: which panels show which metrics.

/// A page of a project.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its name in the address.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) panels: &'static [Panel],
}

/// A panel.
#[derive(Debug)]
pub(crate) struct Panel {
    /// Its name in the address; unique on its page.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// Unit and scope, in a line.
    pub(crate) scope: &'static str,
    /// Columns of twelve.
    pub(crate) width: u8,
    pub(crate) kind: Kind,
    /// Identities and exceptions, under the panel.
    pub(crate) note: &'static str,
}

/// What a panel shows. Metrics are ids of the registry; a test holds them against it.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Figures in tiles.
    Kpis(&'static [Kpi]),
    /// Series by time, under each other.
    Trend(&'static [Series]),
    /// A metric by a dimension, the greatest first, with further metrics as columns.
    Ranking(Ranking),
    /// The same by countries, with a map.
    Countries(&'static str),
    /// Weekdays by hours.
    Hours(&'static str),
    /// The largest shifts against the comparison, among these metrics.
    Changes(&'static [&'static str]),
    /// A metric by time, in layers by a dimension: value, name and class of each.
    Stack(&'static str, &'static str, &'static [(&'static str, &'static str, &'static str)]),
    /// Percentiles of metrics of time.
    Percentiles(&'static [(&'static str, &'static str)]),
    /// Steps of which each is a part of the first.
    Funnel(&'static [(&'static str, &'static str)]),
}

/// A tile.
#[derive(Debug)]
pub(crate) struct Kpi {
    pub(crate) metric: &'static str,
    pub(crate) label: &'static str,
    /// Whether the median is shown in place of the mean.
    pub(crate) is_median: bool,
    /// The metric that the figure is a part of.
    pub(crate) of: Option<&'static str>,
}

/// A series of a trend.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) metric: &'static str,
    pub(crate) label: &'static str,
    pub(crate) draw: chart::Kind,
    pub(crate) height: f64,
}

/// A metric by a dimension.
#[derive(Debug)]
pub(crate) struct Ranking {
    pub(crate) metric: &'static str,
    pub(crate) by: &'static str,
    pub(crate) more: &'static [&'static str],
    /// Class of its bars.
    pub(crate) class: &'static str,
    /// Most rows.
    pub(crate) rows: usize,
}

const fn kpi(metric: &'static str, label: &'static str) -> Kpi {
    Kpi { metric, label, is_median: false, of: None }
}

const fn median(metric: &'static str, label: &'static str) -> Kpi {
    Kpi { metric, label, is_median: true, of: None }
}

const fn part(metric: &'static str, label: &'static str, of: &'static str) -> Kpi {
    Kpi { metric, label, is_median: false, of: Some(of) }
}

const fn area(metric: &'static str, label: &'static str) -> Series {
    Series { metric, label, draw: chart::Kind::Area, height: 150.0 }
}

const fn line(metric: &'static str, label: &'static str) -> Series {
    Series { metric, label, draw: chart::Kind::Line, height: 110.0 }
}

const fn bars(metric: &'static str, label: &'static str) -> Series {
    Series { metric, label, draw: chart::Kind::Bars, height: 84.0 }
}

const fn ranking(metric: &'static str, by: &'static str, more: &'static [&'static str]) -> Kind {
    Kind::Ranking(Ranking { metric, by, more, class: "b1", rows: 12 })
}

const fn panel(id: &'static str, title: &'static str, width: u8, kind: Kind) -> Panel {
    Panel { id, title, scope: "", width, kind, note: "" }
}

impl Panel {
    const fn scope(self, scope: &'static str) -> Panel {
        Panel { scope, ..self }
    }

    const fn note(self, note: &'static str) -> Panel {
        Panel { note, ..self }
    }
}

/// The page of an id.
pub(crate) fn page(id: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.id == id)
}

/// The pages in their groups, as the sidebar lists them; with those that are no lists of panels.
pub(crate) const GROUPS: &[(&str, &[(&str, &str)])] = &[
    ("", &[("overview", "Overview"), ("live", "Live"), ("conversations", "Conversations")]),
    ("Audience", &[("users", "Users"), ("engagement", "Engagement")]),
    ("Bot", &[("chatbot", "Chatbot"), ("handover", "Handover"), ("feedback", "Feedback"), ("clicks", "Clicks")]),
    ("People", &[("contact-center", "Contact center"), ("agents", "Agents")]),
    ("Work", &[("cost", "Cost"), ("explore", "Explore")]),
    ("Trust", &[("metrics", "Metrics"), ("health", "Health")]),
    ("Project", &[("settings", "Settings")]),
];

/// Every page of panels.
pub(crate) const PAGES: &[Page] = &[
    Page {
        id: "overview",
        title: "Overview",
        panels: &[
            panel("kpis", "Key figures", 12, Kind::Kpis(&[
                kpi("messages_total", "Messages"),
                kpi("conversations_started", "Conversations started"),
                kpi("users_active", "Active users"),
                kpi("users_new", "New users"),
                median("bot_response_time", "Bot response, p50"),
                kpi("escalation_rate", "Escalation rate"),
                kpi("csat_avg", "CSAT, mean (1–5)"),
                part("cc_missed", "Missed legs", "cc_total_conversations"),
            ])),
            panel("daily", "Messages and conversations", 8, Kind::Trend(&[
                area("messages_total", "Messages"),
                bars("conversations_started", "Conversations started"),
            ]))
            .scope("Local time. Both axes start at zero; one scale each."),
            panel("changes", "What changed", 4, Kind::Changes(&[
                "messages_total",
                "conversations_started",
                "users_active",
                "bot_response_time",
                "escalation_rate",
                "csat_avg",
                "cc_missed",
            ]))
            .scope("Largest shifts against the comparison"),
            panel("hours", "Peak hours", 7, Kind::Hours("peak_hours"))
                .scope("By weekday and local hour, sums over the range"),
            panel("countries", "Countries", 5, Kind::Countries("users_by_country"))
                .scope("Active users by country of the conversation’s start"),
        ],
    },
    Page {
        id: "users",
        title: "Users",
        panels: &[
            panel("kpis", "Key figures", 12, Kind::Kpis(&[
                kpi("users_active", "Active users"),
                kpi("users_new", "New users"),
                kpi("users_returning", "Returning users"),
                kpi("users_identified", "Identified users"),
            ])),
            panel("daily", "Active and new users", 8, Kind::Trend(&[
                area("users_active", "Active users"),
                bars("users_new", "New users"),
            ]))
            .scope("Distinct people. A person active on two days counts once in the range."),
            panel("languages", "Languages", 4, ranking("users_by_language", "language", &[]))
                .scope("Active users by language of the conversation"),
            panel("countries", "Countries", 7, Kind::Countries("users_by_country"))
                .scope("Active users by country of the conversation’s start"),
            panel("devices", "Devices", 5, ranking("device_usage", "device", &[])).scope("Conversations started by device"),
        ],
    },
    Page {
        id: "engagement",
        title: "Engagement",
        panels: &[
            panel("kpis", "Key figures", 12, Kind::Kpis(&[
                kpi("opportunities", "Opportunities"),
                kpi("interactions", "Interactions"),
                kpi("interaction_rate", "Interaction rate"),
                kpi("page_abandonment", "Page abandonment"),
            ])),
            panel("funnel", "From opportunity to conversation", 5, Kind::Funnel(&[
                ("opportunities", "Shown to a visitor"),
                ("interactions", "Used"),
            ]))
            .scope("Conversations initialised in the range"),
            panel("daily", "Interaction rate", 7, Kind::Trend(&[line("interaction_rate", "Interaction rate")]))
                .scope("Share of opportunities that were used; hatched days can still rise"),
            panel("pages", "Pages", 12, ranking("engagement_by_page", "page", &[]))
                .scope("Interaction rate by path of the page"),
        ],
    },
    Page {
        id: "chatbot",
        title: "Chatbot",
        panels: &[
            panel("kpis", "Key figures", 12, Kind::Kpis(&[
                median("bot_response_time", "Bot response, p50"),
                kpi("tool_calls", "Tool calls"),
                kpi("tool_error_rate", "Tool errors"),
                kpi("workflow_views", "Workflow views"),
            ])),
            panel("intents", "Intents", 7, ranking("intents_top", "intent", &[])).scope("User messages by their primary intent"),
            panel("response", "Bot response", 5, Kind::Percentiles(&[("bot_response_time", "All turns")]))
                .scope("From the last user message of a turn to the bot’s first reply"),
            panel("workflows", "Workflows", 6, ranking("workflow_views", "workflow", &["workflow_thumbs_up", "workflow_thumbs_down"]))
                .scope("Views, and ratings of their messages"),
            panel("tools", "Tools", 6, ranking("tool_calls", "tool", &["tool_duration", "tool_error_rate"]))
                .scope("Calls, their mean time, and the share that failed"),
        ],
    },
    Page {
        id: "handover",
        title: "Handover",
        panels: &[
            panel("kpis", "Key figures", 12, Kind::Kpis(&[
                kpi("escalation_rate", "Escalation rate"),
                kpi("handoff_requests", "Requests for a human"),
                kpi("cc_total_conversations", "Legs opened"),
                part("cc_handled", "Handled legs", "cc_total_conversations"),
            ])),
            panel("daily", "Escalation rate", 8, Kind::Trend(&[line("escalation_rate", "Escalation rate")]))
                .scope("Share of conversations started that asked for a human; hatched days can still rise"),
            panel("causes", "Causes", 4, ranking("handoff_requests", "trigger", &[])).scope("Requests by what triggered them"),
            panel("channels", "Channels", 6, ranking("escalation_rate", "channel", &[])).scope("Escalation rate by channel"),
            panel("funnel", "From request to handled", 6, Kind::Funnel(&[
                ("cc_total_conversations", "Legs opened"),
                ("cc_handled", "Handled"),
            ]))
            .scope("Hands to a human opened in the range"),
        ],
    },
    Page {
        id: "feedback",
        title: "Feedback",
        panels: &[
            panel("kpis", "Key figures", 12, Kind::Kpis(&[
                kpi("csat_avg", "CSAT, mean (1–5)"),
                kpi("csat_pct", "Satisfied (4 and 5)"),
                kpi("csat_response_rate", "Surveys answered"),
                kpi("csat_votes", "Votes"),
            ])),
            panel("daily", "CSAT", 8, Kind::Trend(&[line("csat_avg", "Mean score"), bars("csat_votes", "Votes")]))
                .scope("Mean of the last vote of each survey"),
            panel("scores", "Scores", 4, ranking("csat_votes", "score", &[])).scope("Votes by score, rounded down"),
            panel("ratings", "Ratings of conversations", 6, ranking("conversation_feedback", "rating", &[]))
                .scope("By customers; of each person and conversation the last"),
            panel("workflows", "Ratings by workflow", 6, ranking("workflow_thumbs_up", "workflow", &["workflow_thumbs_down"]))
                .scope("Messages whose last rating is positive, and negative"),
        ],
    },
    Page {
        id: "clicks",
        title: "Clicks",
        panels: &[
            panel("kpis", "Key figures", 12, Kind::Kpis(&[kpi("clicks", "Clicks"), kpi("ctr", "Click-through rate")])),
            panel("daily", "Clicks", 7, Kind::Trend(&[area("clicks", "Clicks")])).scope("On buttons, links and cards"),
            panel("types", "Kinds", 5, ranking("clicks", "click_type", &[])).scope("Clicks by what was clicked on"),
            panel("titles", "What was clicked", 7, ranking("clicks", "title", &["ctr"])).scope("Clicks and click-through rate by title"),
            panel("destinations", "Destinations", 5, ranking("clicks", "destination", &[])).scope("Clicks by where they lead"),
        ],
    },
    Page {
        id: "contact-center",
        title: "Contact center",
        panels: &[
            panel("kpis", "Key figures", 12, Kind::Kpis(&[
                kpi("cc_total_conversations", "Legs opened"),
                part("cc_handled", "Handled", "cc_total_conversations"),
                part("cc_missed", "Missed", "cc_total_conversations"),
                median("cc_wait_time", "Wait to reply, p50"),
                kpi("cc_conversation_time", "Conversation, mean"),
                kpi("cc_unique_users", "Users served"),
            ])),
            panel("outcomes", "Handled and missed", 7, Kind::Stack("handled_vs_missed", "outcome", &[
                ("handled", "Handled", "h1"),
                ("missed", "Missed", "bx"),
                ("rerouted", "Rerouted", "b8"),
                ("pending", "Pending, may still change", "bh"),
            ]))
            .scope("Legs by time of opening. A leg is one hand-over to a human target."),
            panel("wait", "Waiting and serving", 5, Kind::Percentiles(&[
                ("cc_wait_to_accept", "Wait to accept"),
                ("cc_wait_time", "Wait to reply"),
                ("cc_conversation_time", "Conversation"),
                ("resolution_time", "Resolution"),
            ]))
            .scope("Served legs only, at the moment of the reply")
            .note("Percentiles hold only legs that got a reply: those missed and those still waiting are not in them."),
            panel("missed", "Why legs were missed", 6, Kind::Ranking(Ranking {
                metric: "cc_missed",
                by: "reason",
                more: &[],
                class: "bx",
                rows: 8,
            }))
            .scope("Missed legs by reason"),
            panel("closing", "Closing reasons", 6, ranking("closing_reasons", "reason", &[])).scope("Closes; closed again counts again"),
            panel("queues", "Queues", 12, ranking("cc_total_conversations", "queue", &["cc_handled", "cc_missed", "cc_wait_time"]))
                .scope("Legs opened by queue"),
        ],
    },
    Page {
        id: "agents",
        title: "Agents",
        panels: &[
            panel("kpis", "Key figures", 12, Kind::Kpis(&[
                kpi("agent_conversations", "Conversations"),
                kpi("agent_minutes", "Leg minutes"),
                kpi("agent_connection_hours", "Hours connected"),
                median("first_response_time", "First reply, p50"),
            ])),
            panel("agents", "Agents", 12, ranking("agent_conversations", "agent", &[
                "agent_minutes",
                "agent_busy_minutes",
                "agent_connection_hours",
                "occupancy",
                "first_response_time",
                "csat_avg",
                "agent_missed_offers",
            ]))
            .scope("By agent")
            .note("Conversations do not add up: one conversation can meet two agents. Leg minutes overlap when chats run in parallel; busy minutes count each minute once."),
            panel("daily", "Conversations and first reply", 12, Kind::Trend(&[
                Series { metric: "agent_conversations", label: "Conversations", draw: chart::Kind::Curve, height: 120.0 },
                line("first_response_time", "First reply, mean"),
            ])),
        ],
    },
    Page {
        id: "cost",
        title: "Cost",
        panels: &[
            panel("kpis", "Key figures", 12, Kind::Kpis(&[
                kpi("cost", "Cost"),
                kpi("cost_per_conversation", "Cost per conversation"),
                kpi("tokens_input", "Tokens read"),
                kpi("tokens_output", "Tokens written"),
            ])),
            panel("daily", "Tokens", 8, Kind::Trend(&[area("tokens_input", "Tokens read"), bars("tokens_output", "Tokens written")]))
                .scope("Of language models, at the time of each call"),
            panel("calls", "Calls", 4, Kind::Percentiles(&[("llm_latency", "Time of a call"), ("ttft", "Time to first token")]))
                .scope("Of calls whose time is known"),
            panel("models", "Models", 12, ranking("llm_calls", "model", &["tokens_input", "tokens_output", "cost", "llm_latency", "llm_error_rate"]))
                .scope("Calls by model")
                .note("A call that does not say what it cost, and whose model has no price, has no cost: it is unknown, not zero."),
        ],
    },
];

impl Kind {
    /// The metrics that it shows, the one that the panel is about first.
    pub(crate) fn metrics(&self) -> Vec<&'static str> {
        match self {
            Kind::Kpis(kpis) => kpis.iter().map(|kpi| kpi.metric).collect(),
            Kind::Trend(series) => series.iter().map(|series| series.metric).collect(),
            Kind::Ranking(ranking) => std::iter::once(ranking.metric).chain(ranking.more.iter().copied()).collect(),
            Kind::Countries(metric) | Kind::Hours(metric) | Kind::Stack(metric, ..) => vec![metric],
            Kind::Percentiles(metrics) | Kind::Funnel(metrics) => metrics.iter().map(|(metric, _)| *metric).collect(),
            Kind::Changes(metrics) => metrics.to_vec(),
        }
    }

    /// The dimensions that its rows are by.
    pub(crate) fn by(&'static self) -> &'static [&'static str] {
        match self {
            Kind::Ranking(ranking) => std::slice::from_ref(&ranking.by),
            Kind::Countries(_) => &["country"],
            Kind::Hours(_) => &["weekday", "hour"],
            Kind::Stack(_, by, _) => std::slice::from_ref(by),
            _ => &[],
        }
    }

    /// Whether its rows are by time.
    pub(crate) fn is_by_time(&self) -> bool {
        matches!(self, Kind::Trend(_) | Kind::Stack(..) | Kind::Kpis(_))
    }

    /// Whether its drawing can be had as a file.
    pub(crate) fn has_drawing(&self) -> bool {
        self.is_chart() || matches!(self, Kind::Countries(_))
    }

    /// Whether it has another form as a table.
    pub(crate) fn is_chart(&self) -> bool {
        matches!(self, Kind::Trend(_) | Kind::Stack(..) | Kind::Hours(_))
    }
}

#[cfg(test)]
mod tests {
    use warehouse::registry::{Dimension, Metric};

    use super::*;

    #[test]
    fn every_panel_is_of_metrics_and_dimensions_that_exist() {
        for (page, panel) in PAGES.iter().flat_map(|page| page.panels.iter().map(move |panel| (page, panel))) {
            for id in panel.kind.metrics() {
                let metric = Metric::by_id(id).unwrap_or_else(|| panic!("{}/{}: {id}", page.id, panel.id));
                for by in panel.kind.by() {
                    let has = metric.dimensions().map(Dimension::name).any(|name| name == *by);
                    assert!(has, "{}/{}: {id} by {by}", page.id, panel.id);
                }
            }
            if let Kind::Kpis(kpis) = &panel.kind {
                assert!(kpis.iter().filter_map(|kpi| kpi.of).all(|id| Metric::by_id(id).is_some()), "{}", page.id);
            }
        }
    }

    #[test]
    fn every_page_is_in_the_sidebar_and_panels_have_names_of_their_own() {
        let listed = || GROUPS.iter().flat_map(|(_, pages)| pages.iter().map(|(id, _)| *id));
        for page in PAGES {
            assert!(listed().any(|id| id == page.id), "{}", page.id);
            let ids: Vec<&str> = page.panels.iter().map(|panel| panel.id).collect();
            assert!(ids.iter().all(|id| ids.iter().filter(|other| *other == id).count() == 1), "{ids:?}");
            assert!(page.panels.iter().all(|panel| (1..=12).contains(&panel.width)));
        }
    }
}
