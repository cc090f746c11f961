//! What all pages have around them: head, sidebar, range picker and filters. Everything is a link or a form, so that it works
//! without scripts.

use chart::Locale;
use chrono::{DateTime, Days, FixedOffset, NaiveDate, Utc};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use warehouse::{query::Range, registry::Dimension};

use crate::{
    asset::{SCRIPT, STYLE},
    brand,
    desk::Desk,
    icon::icon,
    pages::GROUPS,
    view::{Compare, Filter, Op, PRESETS, RangeChoice, View},
    write::{dimension, named},
};

/// How the page looks, as its reader chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system says.
    System,
    Light,
    Dark,
}

impl Theme {
    pub(crate) fn of_name(name: &str) -> Theme {
        match name {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }

    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }
}

/// What the head of a document says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) title: &'a str,
    /// Whose page it is.
    pub(crate) of: &'a str,
    /// The address of a stylesheet after the program's own.
    pub(crate) sheet: Option<&'a str>,
    pub(crate) theme: Theme,
    /// Whether the script adds to it.
    pub(crate) has_script: bool,
}

/// A whole document of this program.
pub(crate) fn document(title: &str, theme: Theme, body: &Markup) -> Markup {
    document_of(&Head { title, of: "Rapport", sheet: None, theme, has_script: true }, body)
}

/// A whole document.
pub(crate) fn document_of(head: &Head<'_>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[head.theme.name()] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (head.title) " · " (head.of) }
                link rel="stylesheet" href=(STYLE.path());
                @if let Some(sheet) = head.sheet { link rel="stylesheet" href=(sheet); }
                link rel="icon" href="data:,";
                @if head.has_script { script src=(SCRIPT.path()) defer {} }
            }
            body {
                (PATTERNS)
                (body)
            }
        }
    }
}

/// Patterns that drawings of the page refer to.
const PATTERNS: PreEscaped<&str> = PreEscaped(
    "<svg class=\"vh\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>\
     <pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
     <rect class=\"hatch0\" width=\"5\" height=\"5\"/><rect class=\"hatch1\" width=\"1.5\" height=\"5\"/></pattern></defs></svg>",
);

/// A page of a project: what stands around `body`.
pub(crate) struct Shell<'a> {
    pub(crate) desk: &'a Desk,
    /// Its name in the address, also of what belongs to it.
    pub(crate) page: &'a str,
    pub(crate) title: &'a str,
    pub(crate) theme: Theme,
    pub(crate) locale: Locale,
    pub(crate) notices: &'a [String],
    /// Up to when its figures are complete.
    pub(crate) fresh_to: Option<DateTime<FixedOffset>>,
    /// Whether it is about a range, and can be kept to filters.
    pub(crate) has_range: bool,
    pub(crate) projects: &'a [(String, String)],
}

impl Shell<'_> {
    /// The document.
    pub(crate) fn around(&self, body: &Markup) -> Markup {
        let inner = html! {
            a .skip href="#main" { "Skip to the figures" }
            div .shell {
                (self.sidebar())
                main #main .main {
                    div .top {
                        h1 { (self.title) }
                        @if self.has_range { (self.range()) (self.compare()) }
                        (self.theme_button())
                    }
                    @if self.has_range { (self.second_row()) }
                    @for notice in self.notices { p .ban .info role="status" { (icon("info")) span { (notice) } } }
                    (self.late())
                    (body)
                    (self.foot())
                }
            }
        };
        self.document(&inner, true)
    }

    /// A document that looks as the project's pages do.
    pub(crate) fn document(&self, inner: &Markup, has_script: bool) -> Markup {
        let project = &self.desk.project;
        let sheet = brand::sheet_path(project);
        let head = Head {
            title: self.title,
            of: brand::name(project),
            sheet: sheet.as_deref(),
            theme: self.theme,
            has_script,
        };
        document_of(&head, inner)
    }

    fn link(&self, view: &View) -> String {
        view.link(&self.desk.project.id, self.page)
    }

    fn sidebar(&self) -> Markup {
        let elsewhere = self.desk.view.elsewhere();
        let pages = html! {
            nav aria-label="Pages" {
                @for (group, pages) in GROUPS {
                    @if !group.is_empty() { p .gl { (group) } }
                    ul {
                        @for (id, title) in *pages {
                            li { a href=(elsewhere.link(&self.desk.project.id, id)) aria-current=[(*id == self.page).then_some("page")] { (title) } }
                        }
                    }
                }
            }
        };
        html! {
            header .side {
                a .brand href=(elsewhere.link(&self.desk.project.id, "overview")) { (brand::sign(&self.desk.project)) }
                details .menu .projects {
                    summary .proj { span { (self.desk.project.name) small { (self.desk.project.id) } } (icon("open")) }
                    ul { @for (id, name) in self.projects { li { a href=(View::default().link(id, "overview")) { (name) } } } }
                }
                div .wide { (pages) }
                details .menu .narrow { summary .btn .ico title="Pages" { (icon("menu")) span .vh { "Pages" } } (pages) }
            }
        }
    }

    fn range(&self) -> Markup {
        let (view, range) = (&self.desk.view, &self.desk.range);
        let days = days_of(range);
        let step = |forward: bool| {
            let length = Days::new((days.1 - days.0).num_days().unsigned_abs() + 1);
            let (first, last) =
                if forward { (days.0 + length, days.1 + length) } else { (days.0 - length, days.1 - length) };
            RangeChoice::days(first, last).map(|range| self.link(&View { range, ..view.clone() }))
        };
        let is_open = range.to_us > self.desk.now.timestamp_micros();
        let name = view.range.name().unwrap_or_else(|| "Custom".into());
        html! {
            div .seg {
                @if let Some(link) = step(false) { a .btn .ico href=(link) title="Earlier" { (icon("left")) span .vh { "Earlier" } } }
                details .menu .range {
                    summary .btn { (icon("calendar")) b { (name) } span .hide-s { (told(days, self.locale)) } }
                    div .pop {
                        ul .presets {
                            @for (id, says) in PRESETS {
                                @let choice = RangeChoice::Preset(id);
                                li { a aria-current=[(choice == view.range).then_some("true")] href=(self.link(&View { range: choice, ..view.clone() })) { (says) } }
                            }
                        }
                        form method="get" action=(self.link(&View::default())) {
                            (hidden(&View { range: RangeChoice::default(), ..view.clone() }))
                            label { "First day" input type="date" name="first" value=(days.0) required; }
                            label { "Last day" input type="date" name="last" value=(days.1) required; }
                            button .btn .pri type="submit" { "Show these days" }
                        }
                    }
                }
                @match step(true).filter(|_| !is_open) {
                    Some(link) => a .btn .ico href=(link) title="Later" { (icon("right")) span .vh { "Later" } },
                    None => span .btn .ico .off aria-hidden="true" { (icon("right")) },
                }
            }
        }
    }

    fn compare(&self) -> Markup {
        let view = &self.desk.view;
        let name = |compare: Compare| match compare {
            Compare::Previous => "previous range",
            Compare::Year => "a year before",
            Compare::Off => "nothing",
        };
        html! {
            details .menu {
                summary .btn { "vs " (name(view.compare)) }
                ul {
                    @for compare in Compare::ALL {
                        li { a aria-current=[(compare == view.compare).then_some("true")] href=(self.link(&View { compare, ..view.clone() })) { (name(compare)) } }
                    }
                    @if let Some(before) = &self.desk.before { li .mut { (told(days_of(before), self.locale)) } }
                }
            }
        }
    }

    fn theme_button(&self) -> Markup {
        let next = if self.theme == Theme::Dark { "light" } else { "dark" };
        html! {
            form .inline method="post" action="/theme" {
                input type="hidden" name="back" value=(self.link(&self.desk.view));
                button .btn .ico type="submit" name="theme" value=(next) title={"Use the " (next) " theme"} { (icon("moon")) span .vh { "Use the " (next) " theme" } }
            }
        }
    }

    /// Environment, filters, zone and freshness.
    fn second_row(&self) -> Markup {
        let view = &self.desk.view;
        let week = self.locale.weekday(
            chrono::Weekday::try_from(self.desk.project.settings.week_start.saturating_sub(1))
                .unwrap_or(chrono::Weekday::Mon),
        );
        html! {
            div .bar2 {
                span .chip .lock { (icon("lock")) span { "Environment is " b { (view.environment) } } }
                @for (at, filter) in view.filters.iter().enumerate() { (self.chip(at, filter)) }
                (self.add_filter())
                span .sec { (self.desk.range.tz.name()) ", week starts " (week) }
                @if let Some(fresh) = self.fresh_to { (self.fresh(fresh)) }
            }
        }
    }

    fn chip(&self, at: usize, filter: &Filter) -> Markup {
        let mut without = self.desk.view.clone();
        without.filters.remove(at);
        let values: Vec<String> =
            filter.values.iter().map(|value| named(filter.dimension, value, self.locale)).collect();
        html! {
            span .chip {
                span { (dimension(filter.dimension)) " " (filter.op.says()) " " b { (values.join(" or ")) } }
                a .x href=(self.link(&without)) title="Remove the filter" { (icon("close")) span .vh { "Remove the filter" } }
            }
        }
    }

    fn add_filter(&self) -> Markup {
        html! {
            details .menu {
                summary .chip .new { (icon("plus")) "Filter" }
                form .pop method="get" action=(self.link(&View::default())) {
                    (hidden(&self.desk.view))
                    label { "Dimension" select name="fd" { @for of in Dimension::OF_CONVERSATIONS { option value=(of.name()) { (dimension(of.name())) } } } }
                    label { "Comparison" select name="fo" { @for op in Op::ALL { option value=(op.name()) { (op.says()) } } } }
                    label { "Values, separated by commas" input type="text" name="fv" required maxlength="400" autocomplete="off"; }
                    button .btn .pri type="submit" { "Add the filter" }
                }
            }
        }
    }

    pub(crate) fn fresh(&self, fresh: DateTime<FixedOffset>) -> Markup {
        let lag = (self.desk.now - fresh.with_timezone(&Utc)).num_seconds();
        let local = fresh.with_timezone(&self.desk.range.tz);
        html! { span .fresh { span .dot .late[lag > 60] {} "Complete to " time datetime=(fresh.to_rfc3339()) { (local.format("%H:%M:%S")) } } }
    }

    /// A banner when figures are behind by more than a minute.
    pub(crate) fn late(&self) -> Markup {
        let lag = self.fresh_to.map_or(0, |fresh| (self.desk.now - fresh.with_timezone(&Utc)).num_seconds());
        #[allow(clippy::cast_precision_loss, reason = "written to the second")]
        let behind = self.locale.duration(lag as f64);
        html! {
            @if lag > 60 {
                p .ban role="status" { (icon("warn")) span { b { "Behind by " (behind) "." } " What came since is not in these figures yet." } }
            }
        }
    }

    fn foot(&self) -> Markup {
        let now = self.desk.now.with_timezone(&self.desk.range.tz);
        html! {
            footer .foot {
                span { "Figures as of " (self.locale.date(now.date_naive())) ", " (now.format("%H:%M:%S")) " " (self.desk.range.tz.name()) "." }
                span { "The same figures: " a href="/openapi.json" { "the API" } "." }
                span { a href="/account" { "Your account" } }
                span { "Places: IP Geolocation by DB-IP. Map: Natural Earth." }
            }
        }
    }
}

/// The state as fields of a form that adds to it.
fn hidden(view: &View) -> Markup {
    html! { @for (name, value) in view.pairs() { input type="hidden" name=(name) value=(value); } }
}

/// The first and last local day of a range.
pub(crate) fn days_of(range: &Range) -> (NaiveDate, NaiveDate) {
    let date = |us: i64| DateTime::from_timestamp_micros(us).unwrap_or_default().with_timezone(&range.tz).date_naive();
    (date(range.from_us), date(range.to_us - 1))
}

/// Two days as people say them.
pub(crate) fn told((first, last): (NaiveDate, NaiveDate), locale: Locale) -> String {
    use chrono::Datelike as _;
    if first == last {
        locale.date(first)
    } else if first.year() == last.year() {
        format!("{} – {}", locale.day(first), locale.date(last))
    } else {
        format!("{} – {}", locale.date(first), locale.date(last))
    }
}
