//! What is behind a figure: the sum that makes it, what it leaves out, how it reconciles, and its conversations.

use maud::{Markup, html};
use serde_json::Value;
use warehouse::registry::{Metric, Polarity, Unit};

use crate::{
    desk::{Desk, Figure, Wish, figure, instant, pair},
    icon::icon,
    refused::{Missing, Refused},
    router::Visit,
    shell::{days_of, told},
    view::{View, encoded},
    words::Words,
    write::Writer,
};

/// Conversations of a page.
const CONVERSATIONS: &str = "20";

/// The page of a metric's explanation.
pub(crate) async fn page(visit: &Visit) -> Result<Markup, Refused> {
    let desk = &visit.desk;
    let id = desk.view.own("metric").unwrap_or_default();
    let shown: String = id.chars().take(60).collect();
    let metric = Metric::by_id(id).ok_or(Refused::Nothing(Missing::Metric(shown)))?;
    let explained = async {
        let mut parameters = desk.parameters(Wish::of(metric));
        parameters.push(pair("r", desk.view.range.to_string()));
        parameters.push(pair("limit", CONVERSATIONS));
        if let Some(cursor) = desk.view.own("cursor") {
            parameters.push(pair("cursor", cursor));
        }
        desk.questions.explain(&desk.reader, parameters).await.map_err(Refused::from)
    };
    let wish = Wish { grain: Some(desk.grain()), ..Wish::of(metric) };
    let told = |told| Refused::Told(axum::http::StatusCode::SERVICE_UNAVAILABLE, told);
    let trend = async { desk.figure(wish).await.map_err(told) };
    let earlier = async { desk.earlier(wish).await.map_err(told) };
    let (answer, trend, earlier) = tokio::try_join!(explained, trend, earlier)?;
    let sheet = Sheet { visit, metric, answer: &answer, trend: &trend, earlier: earlier.as_ref() };
    let body = html! { div .explain { (sheet.body()) } };
    Ok(visit.shell("explain", visit.words.metric_name(metric)).around(&body))
}

/// What an explanation is drawn from.
struct Sheet<'a> {
    visit: &'a Visit,
    metric: &'static Metric,
    answer: &'a Value,
    trend: &'a Figure,
    earlier: Option<&'a Figure>,
}

impl Sheet<'_> {
    fn desk(&self) -> &Desk {
        &self.visit.desk
    }

    fn writer(&self) -> Writer<'_> {
        Writer { words: self.visit.words, currency: &self.desk().project.settings.currency }
    }

    fn count(&self, value: f64) -> String {
        self.visit.words.count(value)
    }

    fn cases(&self, n: u64) -> String {
        #[allow(clippy::cast_precision_loss, reason = "written with six digits at most")]
        let n = n as f64;
        self.count(n)
    }

    fn body(&self) -> Markup {
        html! {
            div .grid {
                section .panel .w8 aria-label=(self.visit.words.the_figure()) { (self.headline()) (self.drawing()) (self.behind()) }
                div .w4 .stack {
                    (self.excluded())
                    (self.identities())
                    (self.source())
                }
                (self.conversations())
            }
        }
    }

    fn headline(&self) -> Markup {
        let total = figure(self.answer, &[]).total;
        let (metric, writer, words) = (self.metric, self.writer(), self.visit.words);
        let days = told(days_of(&self.desk().range), self.visit.words);
        let quantiles = [("p50", total.p50), ("p90", total.p90), ("p95", total.p95)];
        html! {
            p .figure data-value=[total.value] {
                (writer.maybe(metric.unit, total.value))
                @if metric.unit.is_of_cases() { " " small { (words.of_cases(self.cases(total.n))) } }
            }
            @if let Some(earlier) = self.earlier {
                p .kd { (writer.change(metric, earlier.total.value, total.value)) (words.from_before(writer.maybe(metric.unit, earlier.total.value))) }
            }
            p .definition { (words.formula(metric)) " " span .mut { (days) "." } }
            @if total.p50.is_some() {
                dl .facts3 { @for (name, value) in quantiles { div { dt { (name) } dd .fig { (writer.maybe(metric.unit, value)) } } } }
            }
        }
    }

    fn drawing(&self) -> Markup {
        let (metric, writer) = (self.metric, self.writer());
        let points: Vec<chart::Point> =
            self.trend.rows.iter().map(|row| chart::Point { value: row.cell.value, state: row.state }).collect();
        let before: Vec<Option<f64>> =
            self.earlier.map(|earlier| earlier.rows.iter().map(|row| row.cell.value).collect()).unwrap_or_default();
        let starts: Vec<_> = self.trend.rows.iter().filter_map(|row| row.bucket).collect();
        let slots = chart::slots(&starts, self.desk().project.settings.week_start, self.visit.words.0);
        let write = |value: f64| writer.tick(metric.unit, value);
        let band = chart::Band {
            title: "",
            kind: if metric.figure.zero { chart::Kind::Area } else { chart::Kind::Line },
            points: &points,
            before: &before,
            height: 120.0,
            is_whole: matches!(metric.unit, Unit::Count(_)),
            is_time: metric.unit == Unit::Seconds,
            locale: self.visit.words.0,
            write: &write,
            end: "",
            before_end: "",
        };
        let summary = self.visit.words.metric_by_time(self.visit.words.metric_name(metric));
        let data = chart::Chart { bands: &[band], slots: &slots, markers: &[], summary: &summary };
        html! { @if points.len() > 1 { div .gut .right { (chart::chart(&data)) } } }
    }

    fn behind(&self) -> Markup {
        let (behind, words) = (&self.answer["behind"], self.visit.words);
        let unit = self.metric.figure.entities.name(self.metric);
        let number = |name: &str| self.count(behind[name].as_f64().unwrap_or_default());
        html! {
            h2 .sub { (words.how_it_comes()) }
            table .t .c {
                tbody {
                    tr { th scope="row" { (words.conversations_behind()) } td .num { (number("conversations")) } }
                    tr { th scope="row" { (words.counted_in_them(words.unit_of(unit))) } td .num { (number("entities")) } }
                    tr { th scope="row" { (words.come_to_figure()) } td .num { (verdict(behind["holds"].as_bool(), words)) } }
                }
            }
        }
    }

    fn excluded(&self) -> Markup {
        let (all, words) =
            (self.answer["excluded"].as_array().map(Vec::as_slice).unwrap_or_default(), self.visit.words);
        let of = |one: &Value| {
            let of = one["of"].as_str().unwrap_or_default();
            words.extent_name(of).unwrap_or(of).to_owned()
        };
        html! {
            section .panel aria-labelledby="left-out" {
                h2 .sub #left-out { (words.left_out()) }
                @if all.is_empty() { p .sec { (words.nothing_left_out()) } }
                table .t .c { tbody {
                    @for one in all {
                        tr .oth[one["count"] == 0] {
                            th scope="row" { (words.sentence(one["says"].as_str().unwrap_or_default())) " " span .mut { "(" (of(one)) ")" } }
                            td .num { (self.count(one["count"].as_f64().unwrap_or_default())) }
                        }
                    }
                } }
            }
        }
    }

    fn identities(&self) -> Markup {
        let all = self.answer["identities"].as_array().map(Vec::as_slice).unwrap_or_default();
        html! {
            @if !all.is_empty() {
                section .panel aria-labelledby="reconcile" {
                    h2 .sub #reconcile { (self.visit.words.reconcile()) }
                    ul .checks { @for one in all { (self.identity(one)) } }
                }
            }
        }
    }

    fn identity(&self, one: &Value) -> Markup {
        let words = self.visit.words;
        let value = |term: &Value| self.count(term["value"].as_f64().unwrap_or_default());
        let said = |term: &Value| words.sentence(term["says"].as_str().unwrap_or_default());
        let right = one["right"].as_array().map(Vec::as_slice).unwrap_or_default();
        let holds = one["holds"].as_bool() == Some(true);
        html! {
            li .bad[!holds] {
                (icon(if holds { "check" } else { "warn" }))
                div {
                    p { (words.sentence(one["says"].as_str().unwrap_or_default())) }
                    p .mut {
                        (value(&one["left"])) " " (said(&one["left"])) " = "
                        @for (at, term) in right.iter().enumerate() { @if at > 0 { " + " } (value(term)) " " (said(term)) }
                        @if !holds { " " (words.come_to(self.count(one["sum"].as_f64().unwrap_or_default()))) }
                    }
                }
            }
        }
    }

    fn source(&self) -> Markup {
        let (metric, words) = (self.metric, self.visit.words);
        let counted = metric.attribution.name();
        let fresh = instant(&self.answer["fresh_to"]).map(|fresh| fresh.with_timezone(&self.desk().range.tz));
        let polarity = match metric.polarity {
            Polarity::Up => words.more_is_better(),
            Polarity::Down => words.less_is_better(),
            Polarity::Neutral => words.neither_is_better(),
        };
        html! {
            section .panel aria-labelledby="source" {
                h2 .sub #source { (words.source()) }
                dl .facts {
                    dt { (words.definition()) } dd { a href=(self.desk().view.elsewhere().link(&self.desk().project.id, "metrics").to_owned() + "#" + metric.id) { code { (metric.id) } } " v" (metric.version) }
                    dt { (words.counted()) } dd { (words.attribution_name(counted).unwrap_or(counted)) }
                    dt { (words.direction()) } dd { (polarity) }
                    @if let Some(fresh) = fresh { dt { (words.complete()) } dd { (fresh.format("%H:%M:%S")) " " (self.desk().range.tz.name()) } }
                    dt { (words.ask_the_api()) } dd { code .break { (self.api("query")) } }
                }
                p .ways { a .btn href={"/p/" (self.desk().project.id) "/export?" (self.query(&[("format", "csv")]))} { (icon("down")) "CSV" } }
            }
        }
    }

    fn query(&self, more: &[(&str, &str)]) -> String {
        let mut parameters = self.desk().parameters(Wish { grain: Some(self.desk().grain()), ..Wish::of(self.metric) });
        parameters.push(pair("r", self.desk().view.range.to_string()));
        parameters.extend(more.iter().map(|(name, value)| pair(name, *value)));
        encoded(&parameters)
    }

    fn api(&self, route: &str) -> String {
        format!("/api/v1/{route}?{}", self.query(&[]))
    }

    fn conversations(&self) -> Markup {
        let all = self.answer["conversations"].as_array().map(Vec::as_slice).unwrap_or_default();
        let (desk, writer) = (self.desk(), self.writer());
        let (next, words) = (self.answer["next_cursor"].as_str(), self.visit.words);
        let view = &desk.view;
        html! {
            section .panel .w12 aria-labelledby="rows" {
                div .ph { div { h2 #rows { (words.conversations()) } p { (words.newest_first()) } } }
                @if all.is_empty() { p .sec { (words.none()) } }
                div .tw tabindex="0" { table .t {
                    thead { tr { th scope="col" { (words.first_in_figure()) } th scope="col" { (words.conversation()) } th scope="col" { (words.dimension_of("channel")) } th scope="col" { (words.dimension_of("language")) } th scope="col" .num { (words.its_figure()) } } }
                    tbody { @for one in all { tr {
                        td { @if let Some(at) = instant(&one["first_at"]) { (self.visit.words.day(at.date_naive())) " " (at.format("%H:%M")) } }
                        th scope="row" {
                            @match one["conversation_id"].as_str() {
                                Some(id) => a href=(conversation_link(desk, id)) { (id) },
                                None => span .mut { (words.without_conversation()) },
                            }
                        }
                        td { (words.named("channel", one["channel"].as_str().unwrap_or_default())) }
                        td { (words.named("language", one["language"].as_str().unwrap_or_default())) }
                        td .num { (writer.maybe(self.metric.unit, one["value"].as_f64())) }
                    } } }
                } }
                p .ways {
                    @if view.own("cursor").is_some() { a .btn href=(view.with("cursor", None).link(&desk.project.id, "explain")) { (words.newest()) } }
                    @if let Some(next) = next { a .btn href=(view.with("cursor", Some(next)).link(&desk.project.id, "explain")) { (words.older()) (icon("right")) } }
                }
            }
        }
    }
}

/// The address of one conversation.
pub(crate) fn conversation_link(desk: &Desk, id: &str) -> String {
    let view = View { environment: desk.view.environment.clone(), tz: desk.view.tz, ..View::default() };
    let id = encoded(&[(String::new(), id.to_owned())]);
    // One segment of the address, whatever the id holds.
    let id = id.trim_start_matches('=').replace('/', "%2F");
    let page = view.link(&desk.project.id, "conversations");
    let (path, query) =
        page.split_once('?').map_or((page.as_str(), String::new()), |(path, query)| (path, format!("?{query}")));
    format!("{path}/{id}{query}")
}

fn verdict(holds: Option<bool>, words: Words) -> Markup {
    match holds {
        Some(true) => html! { span .d .up { (icon("check")) (words.yes()) } },
        Some(false) => html! { span .d .dn { (icon("warn")) (words.no()) } },
        None => html! { "–" },
    }
}

/// What a value is of.
trait Cases {
    fn is_of_cases(&self) -> bool;
}

impl Cases for Unit {
    fn is_of_cases(&self) -> bool {
        !matches!(self, Unit::Count(_))
    }
}
