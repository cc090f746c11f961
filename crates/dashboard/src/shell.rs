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
    manner::Manner,
    pages::GROUPS,
    view::{Compare, Filter, Notice, Op, PRESETS, RangeChoice, View},
    words::Words,
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
    pub(crate) manner: Manner,
    /// Whether the script adds to it.
    pub(crate) has_script: bool,
}

/// A whole document of this program.
pub(crate) fn document(title: &str, manner: Manner, body: &Markup) -> Markup {
    document_of(&Head { title, of: "Rapport", sheet: None, manner, has_script: true }, body)
}

/// A whole document.
pub(crate) fn document_of(head: &Head<'_>, body: &Markup) -> Markup {
    let (theme, words) = head.manner;
    html! {
        (DOCTYPE)
        html lang=(words.tag()) data-theme=[theme.name()] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (head.title) " · " (head.of) }
                link rel="stylesheet" href=(STYLE.path());
                @if let Some(sheet) = head.sheet { link rel="stylesheet" href=(sheet); }
                link rel="icon" href="data:,";
                @if head.has_script { script src=(SCRIPT.path()) defer {} }
            }
            body data-says=[head.has_script.then(|| words.script())] {
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
    pub(crate) words: Words,
    pub(crate) notices: &'a [Notice],
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
            a .skip href="#main" { (self.words.skip()) }
            div .shell {
                (self.sidebar())
                main #main .main {
                    div .top {
                        h1 { (self.title) }
                        @if self.has_range { (self.range()) (self.compare()) }
                        (language_menu(self.words, &self.link(&self.desk.view)))
                        (self.theme_button())
                    }
                    @if self.has_range { (self.second_row()) }
                    @for notice in self.notices { p .ban .info role="status" { (icon("info")) span { (notice.says(self.words)) } } }
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
            manner: (self.theme, self.words),
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
            nav aria-label=(self.words.pages()) {
                @for (group, pages) in GROUPS {
                    @if let Some(group) = group { p .gl { (group(self.words)) } }
                    ul {
                        @for (id, title) in *pages {
                            li { a href=(elsewhere.link(&self.desk.project.id, id)) aria-current=[(*id == self.page).then_some("page")] { (title(self.words)) } }
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
                details .menu .narrow { summary .btn .ico title=(self.words.pages()) { (icon("menu")) span .vh { (self.words.pages()) } } (pages) }
            }
        }
    }

    fn range(&self) -> Markup {
        let (view, range, words) = (&self.desk.view, &self.desk.range, self.words);
        let days = days_of(range);
        let step = |forward: bool| {
            let length = Days::new((days.1 - days.0).num_days().unsigned_abs() + 1);
            let (first, last) =
                if forward { (days.0 + length, days.1 + length) } else { (days.0 - length, days.1 - length) };
            RangeChoice::days(first, last).map(|range| self.link(&View { range, ..view.clone() }))
        };
        let is_open = range.to_us > self.desk.now.timestamp_micros();
        let name = view.range.name(words).unwrap_or_else(|| words.custom().to_owned());
        html! {
            div .seg {
                @if let Some(link) = step(false) { a .btn .ico href=(link) title=(words.earlier()) { (icon("left")) span .vh { (words.earlier()) } } }
                details .menu .range {
                    summary .btn { (icon("calendar")) b { (name) } span .hide-s { (told(days, self.words)) } }
                    div .pop {
                        ul .presets {
                            @for id in PRESETS {
                                @let choice = RangeChoice::Preset(id);
                                li { a aria-current=[(choice == view.range).then_some("true")] href=(self.link(&View { range: choice.clone(), ..view.clone() })) { (choice.name(words).unwrap_or_default()) } }
                            }
                        }
                        form method="get" action=(self.link(&View::default())) {
                            (hidden(&View { range: RangeChoice::default(), ..view.clone() }))
                            label { (words.first_day()) input type="date" name="first" value=(days.0) required; }
                            label { (words.last_day()) input type="date" name="last" value=(days.1) required; }
                            button .btn .pri type="submit" { (words.show_days()) }
                        }
                    }
                }
                @match step(true).filter(|_| !is_open) {
                    Some(link) => a .btn .ico href=(link) title=(words.later()) { (icon("right")) span .vh { (words.later()) } },
                    None => span .btn .ico .off aria-hidden="true" { (icon("right")) },
                }
            }
        }
    }

    fn compare(&self) -> Markup {
        let (view, words) = (&self.desk.view, self.words);
        let name = |compare: Compare| match compare {
            Compare::Previous => words.previous_range(),
            Compare::Year => words.year_before(),
            Compare::Off => words.nothing(),
        };
        html! {
            details .menu {
                summary .btn { (words.compared_with(name(view.compare))) }
                ul {
                    @for compare in Compare::ALL {
                        li { a aria-current=[(compare == view.compare).then_some("true")] href=(self.link(&View { compare, ..view.clone() })) { (name(compare)) } }
                    }
                    @if let Some(before) = &self.desk.before { li .mut { (told(days_of(before), self.words)) } }
                }
            }
        }
    }

    fn theme_button(&self) -> Markup {
        let (next, says) = match self.theme {
            Theme::Dark => ("light", self.words.use_light()),
            Theme::Light | Theme::System => ("dark", self.words.use_dark()),
        };
        html! {
            form .inline method="post" action="/theme" {
                input type="hidden" name="back" value=(self.link(&self.desk.view));
                button .btn .ico type="submit" name="theme" value=(next) title=(says) { (icon("moon")) span .vh { (says) } }
            }
        }
    }

    /// Environment, filters, zone and freshness.
    fn second_row(&self) -> Markup {
        let (view, words) = (&self.desk.view, self.words);
        let week = self.words.weekday(
            chrono::Weekday::try_from(self.desk.project.settings.week_start.saturating_sub(1))
                .unwrap_or(chrono::Weekday::Mon),
        );
        html! {
            div .bar2 {
                span .chip .lock { (icon("lock")) span { (words.environment_is()) b { (view.environment) } } }
                @for (at, filter) in view.filters.iter().enumerate() { (self.chip(at, filter)) }
                (self.add_filter())
                span .sec { (words.week_starts(self.desk.range.tz.name(), week)) }
                @if let Some(fresh) = self.fresh_to { (self.fresh(fresh)) }
            }
        }
    }

    fn chip(&self, at: usize, filter: &Filter) -> Markup {
        let mut without = self.desk.view.clone();
        without.filters.remove(at);
        let values: Vec<String> = filter.values.iter().map(|value| self.words.named(filter.dimension, value)).collect();
        html! {
            span .chip {
                span { (self.words.dimension_of(filter.dimension)) " " (filter.op.says(self.words)) " " b { (values.join(self.words.or())) } }
                a .x href=(self.link(&without)) title=(self.words.remove_filter()) { (icon("close")) span .vh { (self.words.remove_filter()) } }
            }
        }
    }

    fn add_filter(&self) -> Markup {
        let words = self.words;
        html! {
            details .menu {
                summary .chip .new { (icon("plus")) (words.filter()) }
                form .pop method="get" action=(self.link(&View::default())) {
                    (hidden(&self.desk.view))
                    label { (words.dimension()) select name="fd" { @for of in Dimension::OF_CONVERSATIONS { option value=(of.name()) { (words.dimension_of(of.name())) } } } }
                    label { (words.comparison()) select name="fo" { @for op in Op::ALL { option value=(op.name()) { (op.says(words)) } } } }
                    label { (words.values_by_commas()) input type="text" name="fv" required maxlength="400" autocomplete="off"; }
                    button .btn .pri type="submit" { (words.add_filter()) }
                }
            }
        }
    }

    pub(crate) fn fresh(&self, fresh: DateTime<FixedOffset>) -> Markup {
        let lag = (self.desk.now - fresh.with_timezone(&Utc)).num_seconds();
        let local = fresh.with_timezone(&self.desk.range.tz);
        html! { span .fresh { span .dot .late[lag > 60] {} (self.words.complete_to()) time datetime=(fresh.to_rfc3339()) { (local.format("%H:%M:%S")) } } }
    }

    /// A banner when figures are behind by more than a minute.
    pub(crate) fn late(&self) -> Markup {
        let lag = self.fresh_to.map_or(0, |fresh| (self.desk.now - fresh.with_timezone(&Utc)).num_seconds());
        #[allow(clippy::cast_precision_loss, reason = "written to the second")]
        let behind = self.words.duration(lag as f64);
        html! {
            @if lag > 60 {
                p .ban role="status" { (icon("warn")) span { b { (self.words.behind_by(behind)) } " " (self.words.not_in_figures_yet()) } }
            }
        }
    }

    fn foot(&self) -> Markup {
        let (now, words) = (self.desk.now.with_timezone(&self.desk.range.tz), self.words);
        html! {
            footer .foot {
                span { (words.figures_as_of(words.date(now.date_naive()), now.format("%H:%M:%S"), self.desk.range.tz.name())) }
                span { (words.same_figures()) a href="/openapi.json" { (words.the_api()) } "." }
                span { a href="/account" { (words.your_account()) } }
                span { (words.sources()) }
            }
        }
    }
}

/// The menu of languages at the top of a page, which leads back to its address.
pub(crate) fn language_menu(words: Words, back: &str) -> Markup {
    let says = words.language();
    html! {
        details .menu .languages {
            summary .btn title=(says) { (icon("globe")) span .vh { (says) ": " } span .tongue { (words.tag()) } }
            (language_form(words, back))
        }
    }
}

/// The choice of a language, which leads back to an address of ours.
pub(crate) fn language_form(words: Words, back: &str) -> Markup {
    html! {
        form .choices method="post" action="/language" {
            input type="hidden" name="back" value=(back);
            ul { @for locale in Locale::ALL {
                li { button type="submit" name="language" value=(locale.tag()) lang=(locale.tag()) aria-current=[(locale == words.0).then_some("true")] { (locale.endonym()) } }
            } }
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
pub(crate) fn told((first, last): (NaiveDate, NaiveDate), words: Words) -> String {
    use chrono::Datelike as _;
    if first == last {
        words.date(first)
    } else if first.year() == last.year() {
        format!("{} – {}", words.day(first), words.date(last))
    } else {
        format!("{} – {}", words.date(first), words.date(last))
    }
}
