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
    view::{GRAINS, View, encoded},
    write::dimension,
};

/// The page, for what draws in it.
pub(crate) const PAGE: Page = Page { id: "explore", title: "Explore", panels: &[] };

/// The page; `server` is where the visitor reached it, with its scheme.
pub(crate) async fn page(visit: &Visit, server: &str) -> Markup {
    let choice = Choice::read(&visit.desk.view);
    let room = Room { desk: &visit.desk, page: &PAGE, locale: visit.locale };
    let question = Question { room, choice: &choice };
    let answer = visit.desk.gathering(Box::pin(question.drawn())).await;
    let notices: Vec<String> = visit.notices.iter().chain(&choice.notice).cloned().collect();
    let body = html! {
        div .grid {
            section .panel .w12 aria-label="The question" { (form(question)) }
            (result(question, &answer))
            (asked(question, server))
        }
    };
    let mut shell = visit.shell(PAGE.id, PAGE.title);
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
    let metric = choice.metric();
    html! {
        form .build method="get" action=(View::default().link(&room.desk.project.id, PAGE.id)) {
            @for (name, value) in rest.pairs() { input type="hidden" name=(name) value=(value); }
            label .most { "Metric"
                select name="metric" {
                    @if metric.is_none() { option value=(choice.id) selected { (choice.id) } }
                    @for (subject, metrics) in SUBJECTS {
                        optgroup label=(subject) {
                            @for one in *metrics { option value=(one.id) selected[one.id == choice.id] { (one.name) } }
                        }
                    }
                }
            }
            @for at in 0..BY_MAX { (dimensions(choice, metric, at)) }
            label { "Shape"
                select name="shape" {
                    @for shape in Shape::ALL {
                        @if shape != Shape::Heatmap || shape == choice.shape || metric.is_some_and(has_week) {
                            option value=(shape.name()) selected[shape == choice.shape] { (shape.says()) }
                        }
                    }
                }
            }
            label { "Buckets of time"
                select name="g" { @for grain in GRAINS { option value=(grain) selected[grain == view.grain] { @if grain == "auto" { "By the range" } @else { (dimension(grain)) } } } }
            }
            button .btn .pri type="submit" { "Show" }
        }
        p .note { "Range, comparison and filters are those of the page. A metric has the dimensions of what it counts: choose it first, then by what." }
    }
}

/// The choice of one dimension: those that the metric has.
fn dimensions(choice: &Choice, metric: Option<&'static Metric>, at: usize) -> Markup {
    let chosen = choice.by.get(at).map(String::as_str);
    let known: Vec<&str> = metric.map(|metric| metric.dimensions().map(Dimension::name).collect()).unwrap_or_default();
    html! {
        label { (if at == 0 { "By" } else { "and by" })
            select name="by" {
                option value="" { "nothing" }
                @if let Some(odd) = chosen.filter(|name| !known.contains(name)) { option value=(odd) selected { (odd) } }
                @for name in &known { option value=(name) selected[chosen == Some(*name)] { (dimension(name)) } }
            }
        }
    }
}

fn result(question: Question<'_>, answer: &Result<Shown, Told>) -> Markup {
    let Question { room, choice } = question;
    let metric = choice.metric();
    let title = metric.map_or(choice.id.as_str(), |metric| metric.name);
    html! {
        section .panel .w12 #answer aria-labelledby="t-answer" {
            div .ph {
                div { h2 #t-answer { (title) } @if let Some(metric) = metric { p { (metric.formula) } } }
                @if let Some(metric) = metric { (tools(question, metric)) }
            }
            @match answer {
                Ok(shown) => {
                    @if let Some(metric) = metric.filter(|_| shown.figure.total.n > 0) {
                        p .figure data-metric=(metric.id) data-value=[shown.figure.total.value] {
                            (room.writer().maybe(metric.unit, shown.figure.total.value)) " " small { (metric.unit.name()) ", over the whole range" }
                        }
                    }
                    (shown.body)
                    @if !shown.note.is_empty() { p .note { (shown.note) } }
                }
                Err(told) => (refused(question, told)),
            }
            @if let Some(metric) = metric.filter(|metric| !room.desk.is_kept(metric)) {
                p .note { "Not kept to every filter: " (metric.name) " does not have the dimension." }
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
            h3 { "The API does not answer this question" }
            p { (told.message) "." @if !told.hint.is_empty() { " " (told.hint) "." } }
            p .mut { code { (told.code) } @if let Some(id) = &told.id { ", error " code { (id) } } }
            div .ways { a .btn href=(bare.link(&room.desk.project.id, PAGE.id)) { "Ask for the total by time" } }
        }
    }
}

fn tools(question: Question<'_>, metric: &'static Metric) -> Markup {
    let room = question.room;
    let file = |format: &str| {
        let mut parameters = question.parameters();
        parameters.push(pair("format", format));
        format!("{}?{}", View::default().link(&room.desk.project.id, "export"), encoded(&parameters))
    };
    html! {
        div .tools {
            a .btn .ico href=[room.explain(metric.id)] title="Explain" { (icon("info")) span .vh { "Explain " (metric.name) } }
            details .menu {
                summary .btn .ico title="Export" { (icon("down")) span .vh { "Export " (metric.name) } }
                ul { @for (format, name) in [("csv", "CSV"), ("json", "JSON"), ("parquet", "Parquet")] { li { a href=(file(format)) { (name) } } } }
            }
        }
    }
}

/// The question as a client asks it. The project is named, which an administrator's key has to do; a key never stands here.
fn asked(question: Question<'_>, server: &str) -> Markup {
    let mut parameters = question.parameters();
    parameters.push(pair("project", question.room.desk.project.id.as_str()));
    let address = format!("{server}/api/v1/query?{}", encoded(&parameters));
    html! {
        section .panel .w12 aria-labelledby="t-api" {
            div .ph { div { h2 #t-api { "The same by the API" } p { "The answer has the same figures. " code { "$KEY" } " is a key that may read: it is yours to fill in." } } }
            h3 .sub { "Address" }
            pre .copy tabindex="0" { code #copy-api { (address) } }
            h3 .sub { "curl" }
            pre .copy tabindex="0" { code #copy-curl { "curl -H \"Authorization: Bearer $KEY\" '" (address) "'" } }
        }
    }
}
