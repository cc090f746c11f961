//! Every page of panels.

use super::{Kind, Page, Ranking, Series, area, bars, kpi, line, median, panel, part, ranking};
use crate::words::Words;

/// Every page of panels.
pub(crate) const PAGES: &[Page] = &[
    Page {
        id: "overview",
        title: Words::overview,
        panels: &[
            panel(
                "kpis",
                Words::key_figures,
                12,
                Kind::Kpis(&[
                    kpi("messages_total", Words::messages),
                    kpi("conversations_started", Words::conversations_started),
                    kpi("users_active", Words::active_users),
                    kpi("users_new", Words::new_users),
                    median("bot_response_time", Words::bot_response_p50),
                    kpi("escalation_rate", Words::escalation_rate),
                    kpi("csat_avg", Words::csat_mean),
                    part("cc_missed", Words::missed_legs, "cc_total_conversations"),
                ]),
            ),
            panel(
                "daily",
                Words::messages_and_conversations,
                8,
                Kind::Trend(&[
                    area("messages_total", Words::messages),
                    bars("conversations_started", Words::conversations_started),
                ]),
            )
            .scope(Words::local_time_axes),
            panel(
                "changes",
                Words::what_changed,
                4,
                Kind::Changes(&[
                    "messages_total",
                    "conversations_started",
                    "users_active",
                    "bot_response_time",
                    "escalation_rate",
                    "csat_avg",
                    "cc_missed",
                ]),
            )
            .scope(Words::largest_shifts),
            panel("hours", Words::peak_hours, 7, Kind::Hours("peak_hours")).scope(Words::weekday_hour_sums),
            panel("countries", Words::countries, 5, Kind::Countries("users_by_country")).scope(Words::users_by_country),
        ],
    },
    Page {
        id: "users",
        title: Words::users,
        panels: &[
            panel(
                "kpis",
                Words::key_figures,
                12,
                Kind::Kpis(&[
                    kpi("users_active", Words::active_users),
                    kpi("users_new", Words::new_users),
                    kpi("users_returning", Words::returning_users),
                    kpi("users_identified", Words::identified_users),
                ]),
            ),
            panel(
                "daily",
                Words::active_and_new_users,
                8,
                Kind::Trend(&[area("users_active", Words::active_users), bars("users_new", Words::new_users)]),
            )
            .scope(Words::distinct_people),
            panel("languages", Words::languages, 4, ranking("users_by_language", "language", &[]))
                .scope(Words::users_by_language),
            panel("countries", Words::countries, 7, Kind::Countries("users_by_country")).scope(Words::users_by_country),
            panel("devices", Words::devices, 5, ranking("device_usage", "device", &[]))
                .scope(Words::conversations_by_device),
        ],
    },
    Page {
        id: "engagement",
        title: Words::engagement,
        panels: &[
            panel(
                "kpis",
                Words::key_figures,
                12,
                Kind::Kpis(&[
                    kpi("opportunities", Words::opportunities),
                    kpi("interactions", Words::interactions),
                    kpi("interaction_rate", Words::interaction_rate),
                    kpi("page_abandonment", Words::page_abandonment),
                ]),
            ),
            panel(
                "funnel",
                Words::opportunity_to_conversation,
                5,
                Kind::Funnel(&[("opportunities", Words::shown_to_visitor), ("interactions", Words::used)]),
            )
            .scope(Words::conversations_initialised),
            panel(
                "daily",
                Words::interaction_rate,
                7,
                Kind::Trend(&[line("interaction_rate", Words::interaction_rate)]),
            )
            .scope(Words::share_of_opportunities),
            panel("pages", Words::pages_of_engagement, 12, ranking("engagement_by_page", "page", &[]))
                .scope(Words::rate_by_path),
        ],
    },
    Page {
        id: "chatbot",
        title: Words::chatbot,
        panels: &[
            panel(
                "kpis",
                Words::key_figures,
                12,
                Kind::Kpis(&[
                    median("bot_response_time", Words::bot_response_p50),
                    kpi("tool_calls", Words::tool_calls),
                    kpi("tool_error_rate", Words::tool_errors),
                    kpi("workflow_views", Words::workflow_views),
                ]),
            ),
            panel("intents", Words::intents, 7, ranking("intents_top", "intent", &[])).scope(Words::primary_intents),
            panel("response", Words::bot_response, 5, Kind::Percentiles(&[("bot_response_time", Words::all_turns)]))
                .scope(Words::turn_to_reply),
            panel(
                "workflows",
                Words::workflows,
                6,
                ranking("workflow_views", "workflow", &["workflow_thumbs_up", "workflow_thumbs_down"]),
            )
            .scope(Words::views_and_ratings),
            panel("tools", Words::tools, 6, ranking("tool_calls", "tool", &["tool_duration", "tool_error_rate"]))
                .scope(Words::calls_time_failed),
        ],
    },
    Page {
        id: "handover",
        title: Words::handover,
        panels: &[
            panel(
                "kpis",
                Words::key_figures,
                12,
                Kind::Kpis(&[
                    kpi("escalation_rate", Words::escalation_rate),
                    kpi("handoff_requests", Words::requests_for_human),
                    kpi("cc_total_conversations", Words::legs_opened),
                    part("cc_handled", Words::handled_legs, "cc_total_conversations"),
                ]),
            ),
            panel("daily", Words::escalation_rate, 8, Kind::Trend(&[line("escalation_rate", Words::escalation_rate)]))
                .scope(Words::asked_for_human),
            panel("causes", Words::causes, 4, ranking("handoff_requests", "trigger", &[]))
                .scope(Words::requests_by_trigger),
            panel("channels", Words::channels, 6, ranking("escalation_rate", "channel", &[]))
                .scope(Words::escalation_by_channel),
            panel(
                "funnel",
                Words::request_to_handled,
                6,
                Kind::Funnel(&[("cc_total_conversations", Words::legs_opened), ("cc_handled", Words::handled)]),
            )
            .scope(Words::hands_opened),
        ],
    },
    Page {
        id: "feedback",
        title: Words::feedback,
        panels: &[
            panel(
                "kpis",
                Words::key_figures,
                12,
                Kind::Kpis(&[
                    kpi("csat_avg", Words::csat_mean),
                    kpi("csat_pct", Words::satisfied),
                    kpi("csat_response_rate", Words::surveys_answered),
                    kpi("csat_votes", Words::votes),
                ]),
            ),
            panel(
                "daily",
                Words::csat,
                8,
                Kind::Trend(&[line("csat_avg", Words::mean_score), bars("csat_votes", Words::votes)]),
            )
            .scope(Words::last_votes),
            panel("scores", Words::scores, 4, ranking("csat_votes", "score", &[])).scope(Words::votes_by_score),
            panel("ratings", Words::conversation_ratings, 6, ranking("conversation_feedback", "rating", &[]))
                .scope(Words::last_ratings),
            panel(
                "workflows",
                Words::ratings_by_workflow,
                6,
                ranking("workflow_thumbs_up", "workflow", &["workflow_thumbs_down"]),
            )
            .scope(Words::positive_and_negative),
        ],
    },
    Page {
        id: "clicks",
        title: Words::clicks,
        panels: &[
            panel(
                "kpis",
                Words::key_figures,
                12,
                Kind::Kpis(&[kpi("clicks", Words::clicks), kpi("ctr", Words::click_through_rate)]),
            ),
            panel("daily", Words::clicks, 7, Kind::Trend(&[area("clicks", Words::clicks)]))
                .scope(Words::buttons_links_cards),
            panel("types", Words::kinds, 5, ranking("clicks", "click_type", &[])).scope(Words::clicks_by_kind),
            panel("titles", Words::what_was_clicked, 7, ranking("clicks", "title", &["ctr"]))
                .scope(Words::clicks_by_title),
            panel("destinations", Words::destinations, 5, ranking("clicks", "destination", &[]))
                .scope(Words::clicks_by_destination),
        ],
    },
    Page {
        id: "contact-center",
        title: Words::contact_center,
        panels: &[
            panel(
                "kpis",
                Words::key_figures,
                12,
                Kind::Kpis(&[
                    kpi("cc_total_conversations", Words::legs_opened),
                    part("cc_handled", Words::handled, "cc_total_conversations"),
                    part("cc_missed", Words::missed, "cc_total_conversations"),
                    median("cc_wait_time", Words::wait_to_reply_p50),
                    kpi("cc_conversation_time", Words::conversation_mean),
                    kpi("cc_unique_users", Words::users_served),
                ]),
            ),
            panel(
                "outcomes",
                Words::handled_and_missed,
                7,
                Kind::Stack(
                    "handled_vs_missed",
                    "outcome",
                    &[
                        ("handled", Words::handled, "h1"),
                        ("missed", Words::missed, "bx"),
                        ("rerouted", Words::rerouted, "b8"),
                        ("pending", Words::pending, "bh"),
                    ],
                ),
            )
            .scope(Words::legs_by_opening),
            panel(
                "wait",
                Words::waiting_and_serving,
                5,
                Kind::Percentiles(&[
                    ("cc_wait_to_accept", Words::wait_to_accept),
                    ("cc_wait_time", Words::wait_to_reply),
                    ("cc_conversation_time", Words::conversation),
                    ("resolution_time", Words::resolution),
                ]),
            )
            .scope(Words::served_legs_alone)
            .note(Words::percentiles_of_served),
            panel(
                "missed",
                Words::why_missed,
                6,
                Kind::Ranking(Ranking { metric: "cc_missed", by: "reason", more: &[], class: "bx", rows: 8 }),
            )
            .scope(Words::missed_by_reason),
            panel("closing", Words::closing_reasons, 6, ranking("closing_reasons", "reason", &[]))
                .scope(Words::closes_count_again),
            panel(
                "queues",
                Words::queues,
                12,
                ranking("cc_total_conversations", "queue", &["cc_handled", "cc_missed", "cc_wait_time"]),
            )
            .scope(Words::legs_by_queue),
        ],
    },
    Page {
        id: "agents",
        title: Words::agents,
        panels: &[
            panel(
                "kpis",
                Words::key_figures,
                12,
                Kind::Kpis(&[
                    kpi("agent_conversations", Words::conversations),
                    kpi("agent_minutes", Words::leg_minutes),
                    kpi("agent_connection_hours", Words::hours_connected),
                    median("first_response_time", Words::first_reply_p50),
                ]),
            ),
            panel(
                "agents",
                Words::agents,
                12,
                ranking(
                    "agent_conversations",
                    "agent",
                    &[
                        "agent_minutes",
                        "agent_busy_minutes",
                        "agent_connection_hours",
                        "occupancy",
                        "first_response_time",
                        "csat_avg",
                        "agent_missed_offers",
                    ],
                ),
            )
            .scope(Words::by_agent)
            .note(Words::agents_do_not_add_up),
            panel(
                "daily",
                Words::conversations_and_first_reply,
                12,
                Kind::Trend(&[
                    Series {
                        metric: "agent_conversations",
                        label: Words::conversations,
                        draw: chart::Kind::Curve,
                        height: 120.0,
                    },
                    line("first_response_time", Words::first_reply_mean),
                ]),
            ),
        ],
    },
    Page {
        id: "cost",
        title: Words::cost,
        panels: &[
            panel(
                "kpis",
                Words::key_figures,
                12,
                Kind::Kpis(&[
                    kpi("cost", Words::cost),
                    kpi("cost_per_conversation", Words::cost_per_conversation),
                    kpi("tokens_input", Words::tokens_read),
                    kpi("tokens_output", Words::tokens_written),
                ]),
            ),
            panel(
                "daily",
                Words::tokens,
                8,
                Kind::Trend(&[area("tokens_input", Words::tokens_read), bars("tokens_output", Words::tokens_written)]),
            )
            .scope(Words::at_each_call),
            panel(
                "calls",
                Words::calls,
                4,
                Kind::Percentiles(&[("llm_latency", Words::time_of_call), ("ttft", Words::time_to_first_token)]),
            )
            .scope(Words::calls_of_known_time),
            panel(
                "models",
                Words::models,
                12,
                ranking(
                    "llm_calls",
                    "model",
                    &["tokens_input", "tokens_output", "cost", "llm_latency", "llm_error_rate"],
                ),
            )
            .scope(Words::calls_by_model)
            .note(Words::unknown_cost),
        ],
    },
];
