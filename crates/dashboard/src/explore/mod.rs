//! The explorer: any metric by any dimension that it has, in any shape that fits, and the question as a client would ask it. A plain
//! form builds it, so that it works without scripts.

mod choice;
mod shapes;

use api::{Parameters, Told};
use maud::{Markup, html};
use warehouse::registry::{Dimension, Metric, SUBJECTS};

pub(crate) use choice::submitted;
use choice::{BY_MAX, Choice, Shape, has_week};
use shapes::Shown;

use crate::{
    desk::{Figure, Wish, pair},
    icon::icon,
    pages::Page,
    panel::Room,
    router::Visit,
    view::{GRAINS, Notice, View, encoded},
    words::{Words, marked},
};

/// The page, for what draws in it.
pub(crate) const PAGE: Page = Page { id: "explore", title: Words::explore, panels: &[] };

/// The page; `server` is where the visitor reached it, with its scheme.
pub(crate) async fn page(visit: &Visit, server: &str) -> Markup {
    let choice = Choice::read(&visit.desk.view);
    let room = Room { desk: &visit.desk, page: &PAGE, words: visit.words };
    let question = Question { room, choice: &choice };
    let answer = visit.desk.gathering(Box::pin(question.drawn())).await;
    let notices: Vec<Notice> = visit.notices.iter().chain(&choice.notice).cloned().collect();
    let body = html! {
        div .grid {
            section .panel .w12 aria-label=(visit.words.the_question()) { (form(question)) }
            (result(question, &answer))
            (asked(question, server))
        }
    };
    let mut shell = visit.shell(PAGE.id, visit.words.explore());
    shell.notices = &notices;
    shell.fresh_to = answer.as_ref().ok().and_then(|shown| shown.figure.fresh_to);
    shell.around(&body)
}

/// What is asked, and for whom.
#[derive(Debug, Clone, Copy)]
struct Question<'a> {
    room: Room<'a>,
    choice: &'a Choice,
}

impl Question<'_> {
    /// The parameters as the API takes them.
    fn parameters(self) -> Parameters {
        self.of((self.is_by_time(), &self.choice.by()))
    }

    fn of(self, (is_by_time, by): (bool, &[&str])) -> Parameters {
        let desk = self.room.desk;
        let mut parameters = vec![pair("metric", self.choice.id.as_str()), pair("r", desk.view.range.to_string())];
        if is_by_time {
            parameters.push(pair("g", desk.grain()));
        }
        if !by.is_empty() {
            parameters.push(pair("by", by.join(",")));
        }
        parameters.extend(self.choice.metric().into_iter().flat_map(|metric| desk.filters(metric)));
        parameters.extend(desk.place());
        parameters
    }

    fn is_by_time(self) -> bool {
        self.choice.is_by_time(&self.room.desk.view)
    }

    /// The answer to it.
    async fn answer(self) -> Result<Figure, Told> {
        self.room.desk.answered(self.parameters(), &self.choice.by()).await
    }

    /// The same by time alone.
    async fn whole(self) -> Result<Figure, Told> {
        self.room.desk.answered(self.of((true, &[])), &[]).await
    }

    /// The same by dimensions alone.
    async fn parts(self) -> Result<Figure, Told> {
        let by = self.choice.by();
        self.room.desk.answered(self.of((false, &by)), &by).await
    }

    /// What the range is compared with, by time.
    async fn before(self, metric: &'static Metric) -> Result<Option<Figure>, Told> {
        let grain = Some(self.room.desk.grain());
        self.room.desk.earlier(Wish { grain, ..Wish::of(metric) }).await
    }

    async fn drawn(self) -> Result<Shown, Told> {
        match self.choice.metric() {
            Some(metric) => shapes::shown(self, metric).await,
            // The API says what is wrong with the name, and what may have been meant.
            None => self.answer().await.map(|figure| Shown { figure, body: Markup::default(), note: String::new() }),
        }
    }
}

fn form(question: Question<'_>) -> Markup {
    let Question { room, choice } = question;
    let view = &room.desk.view;
    let rest = ["metric", "by", "shape"].iter().fold(view.clone(), |view, name| view.with(name, None));
    let rest = View { grain: GRAINS[0], table: false, panel: None, ..rest };
    let (metric, words) = (choice.metric(), room.words);
    let subject_of = |subject: &'static str| words.subject_name(subject).unwrap_or(subject);
    html! {
        form .build method="get" action=(View::default().link(&room.desk.project.id, PAGE.id)) {
            @for (name, value) in rest.pairs() { input type="hidden" name=(name) value=(value); }
            label .most { (words.metric())
                select name="metric" {
                    @if metric.is_none() { option value=(choice.id) selected { (choice.id) } }
                    @for (subject, metrics) in SUBJECTS {
                        optgroup label=(subject_of(subject)) {
                            @for one in *metrics { option value=(one.id) selected[one.id == choice.id] { (words.metric_name(one)) } }
                        }
                    }
                }
            }
            @for at in 0..BY_MAX { (dimensions(question, metric, at)) }
            label { (words.shape())
                select name="shape" {
                    @for shape in Shape::ALL {
                        @if shape != Shape::Heatmap || shape == choice.shape || metric.is_some_and(has_week) {
                            option value=(shape.name()) selected[shape == choice.shape] { (shape.says(words)) }
                        }
                    }
                }
            }
            label { (words.buckets_of_time())
                select name="g" { @for grain in GRAINS { option value=(grain) selected[grain == view.grain] { (grain_name(grain, words)) } } }
            }
            button .btn .pri type="submit" { (words.show_answer()) }
        }
        p .note { (words.form_note()) }
    }
}

/// A size of buckets for people.
fn grain_name(grain: &str, words: Words) -> &'static str {
    match grain {
        "minute" => words.minute_grain(),
        "hour" => words.hour_grain(),
        "day" => words.day_grain(),
        "week" => words.week_grain(),
        "month" => words.month_grain(),
        _ => words.by_the_range(),
    }
}

/// The choice of one dimension: those that the metric has.
fn dimensions(question: Question<'_>, metric: Option<&'static Metric>, at: usize) -> Markup {
    let (choice, words) = (question.choice, question.room.words);
    let chosen = choice.by.get(at).map(String::as_str);
    let known: Vec<&str> = metric.map(|metric| metric.dimensions().map(Dimension::name).collect()).unwrap_or_default();
    html! {
        label { (if at == 0 { words.by() } else { words.and_by() })
            select name="by" {
                option value="" { (words.nothing()) }
                @if let Some(odd) = chosen.filter(|name| !known.contains(name)) { option value=(odd) selected { (words.dimension_name(odd).unwrap_or(odd)) } }
                @for name in &known { option value=(name) selected[chosen == Some(*name)] { (words.dimension_of(name)) } }
            }
        }
    }
}

fn result(question: Question<'_>, answer: &Result<Shown, Told>) -> Markup {
    let Question { room, choice } = question;
    let metric = choice.metric();
    let words = room.words;
    let title = metric.map_or(choice.id.as_str(), |metric| words.metric_name(metric));
    html! {
        section .panel .w12 #answer aria-labelledby="t-answer" {
            div .ph {
                div { h2 #t-answer { (title) } @if let Some(metric) = metric { p { (words.formula(metric)) } } }
                @if let Some(metric) = metric { (tools(question, metric)) }
            }
            @match answer {
                Ok(shown) => {
                    @if let Some(metric) = metric.filter(|_| shown.figure.total.n > 0) {
                        p .figure data-metric=(metric.id) data-value=[shown.figure.total.value] {
                            (room.writer().maybe(metric.unit, shown.figure.total.value)) " " small { (words.over_whole_range(words.unit_of(metric.unit.name()))) }
                        }
                    }
                    (shown.body)
                    @if !shown.note.is_empty() { p .note { (shown.note) } }
                }
                Err(told) => (refused(question, told)),
            }
            @if let Some(metric) = metric.filter(|metric| !room.desk.is_kept(metric)) {
                p .note { (words.not_kept_one(words.metric_name(metric))) }
            }
        }
    }
}

/// What the API says is wrong with the question.
fn refused(question: Question<'_>, told: &Told) -> Markup {
    let Question { room, .. } = question;
    let bare = room.desk.view.with("by", None).with("shape", None);
    html! {
        div .state role="alert" {
            (icon("warn"))
            h3 { (room.words.not_answered()) }
            p { (room.words.told(told)) }
            p .mut { code { (told.code) } @if let Some(id) = &told.id { "," (room.words.error_id()) code { (id) } } }
            div .ways { a .btn href=(bare.link(&room.desk.project.id, PAGE.id)) { (room.words.ask_total()) } }
        }
    }
}

fn tools(question: Question<'_>, metric: &'static Metric) -> Markup {
    let room = question.room;
    let (words, name) = (room.words, room.words.metric_name(metric));
    let file = |format: &str| {
        let mut parameters = question.parameters();
        parameters.push(pair("format", format));
        format!("{}?{}", View::default().link(&room.desk.project.id, "export"), encoded(&parameters))
    };
    html! {
        div .tools {
            a .btn .ico href=[room.explain(metric.id)] title=(words.explain()) { (icon("info")) span .vh { (words.explain_what(name)) } }
            details .menu {
                summary .btn .ico title=(words.export()) { (icon("down")) span .vh { (words.export_what(name)) } }
                ul { @for (format, name) in [("csv", "CSV"), ("json", "JSON"), ("parquet", "Parquet")] { li { a href=(file(format)) { (name) } } } }
            }
        }
    }
}

/// The question as a client asks it. The project is named, which an administrator's key has to do; a key never stands here.
fn asked(question: Question<'_>, server: &str) -> Markup {
    let mut parameters = question.parameters();
    parameters.push(pair("project", question.room.desk.project.id.as_str()));
    let words = question.room.words;
    let address = format!("{server}/api/v1/query?{}", encoded(&parameters));
    html! {
        section .panel .w12 aria-labelledby="t-api" {
            div .ph { div { h2 #t-api { (words.same_by_api()) } p { (marked(words.key_is_yours(html! { code { "$KEY" } }.into_string()))) } } }
            h3 .sub { (words.address()) }
            pre .copy tabindex="0" { code #copy-api { (address) } }
            h3 .sub { "curl" }
            pre .copy tabindex="0" { code #copy-curl { "curl -H \"Authorization: Bearer $KEY\" '" (address) "'" } }
        }
    }
}
