//! The page of a share: what whoever has its link sees. Read-only, kept to what was settled with the share, and with no way out of it.
//! Nothing in its address counts but the token, and the range where the share lets it be changed.

use std::{fmt, sync::Arc};

use axum::{
    extract::{Path, RawQuery, State, rejection::PathRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use control::{Grant, Project, Share};
use maud::{Markup, html};
use tokio::sync::Semaphore;

use crate::{
    brand::sign,
    desk::{Desk, Turns},
    icon::icon,
    manner::{Manner, manner},
    pages::{Page, page as page_of},
    panel::{Room, drawn},
    router::Door,
    shell::{Head, Shell, days_of, document_of, told},
    view::{Filter, PRESETS, Pairs, RangeChoice, View, decoded, encoded},
};

/// What a shared page may do: show what this server sends. It runs and sends nothing; `ancestors` may show it in a frame.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors ";
/// Shared pages that are drawn at once, and whose questions are: whoever has a link does not keep members waiting.
const DRAWN_AT_ONCE: usize = 16;
const ASKED_AT_ONCE: usize = 2;

/// The bounds of shared pages.
pub(crate) struct Bounds {
    drawn: Semaphore,
    turns: Turns,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { drawn: Semaphore::new(DRAWN_AT_ONCE), turns: Turns::of(ASKED_AT_ONCE) }
    }
}

impl fmt::Debug for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounds").finish_non_exhaustive()
    }
}

/// `GET /s/{token}`.
pub(crate) async fn page(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    token: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some((share, desk, page)) = admitted(&door, token, query.as_deref()) else {
        // Whether there is a project behind the link is not told, nor is its language.
        return gone(manner(&headers, None));
    };
    let (theme, words) = manner(&headers, desk.project.settings.language.as_deref());
    let Ok(_permit) = door.shared.drawn.try_acquire() else { return busy((theme, words)) };
    let room = Room { desk: &desk, page, words };
    let panels = futures_util::future::join_all(page.panels.iter().map(|panel| drawn(room, panel)));
    let panels = desk.gathering(Box::pin(panels)).await;
    let fresh_to = panels.iter().filter_map(|(_, fresh_to)| *fresh_to).min();
    let body = html! { div .grid { @for (panel, _) in &panels { (panel) } } };
    let title = share.shown.title.as_deref().unwrap_or((page.title)(words));
    let shell = Shell {
        desk: &desk,
        page: page.id,
        title,
        theme,
        words,
        notices: &[],
        fresh_to,
        has_range: true,
        projects: &[],
    };
    let ancestors = if share.shown.origins.is_empty() { "'none'".into() } else { share.shown.origins.join(" ") };
    answer(StatusCode::OK, &shell.shared(&share, &body), &ancestors)
}

/// The share of a token, as it is looked at. None whatever is wrong: who has no good link is not told why.
fn admitted(
    door: &Door,
    token: Result<Path<String>, PathRejection>,
    query: Option<&str>,
) -> Option<(Arc<Share>, Desk, &'static Page)> {
    let Path(token) = token.ok()?;
    let now = door.now();
    let share = door.control().shared(&door.sessions.tokens, &token, now)?;
    let project = door.control().project(&share.project)?;
    let page = page_of(&share.shown.page)?;
    let view = view(&share, &decoded(query.unwrap_or_default()))?;
    let asking = (door.deps.questions.clone(), door.shared.turns.clone(), Grant::share(&share));
    let desk = Desk::new(asking, project, view, now).ok()?;
    Some((share, desk, page))
}

/// The state that a share is looked at in: its own, and of an address the range where that may be changed. None where the share says
/// what this release does not understand: showing more than was meant is worse than nothing.
fn view(share: &Share, sent: &Pairs) -> Option<View> {
    let shown = &share.shown;
    let own = RangeChoice::read(&shown.range)?;
    let asked = sent.iter().find(|(name, _)| name == "r" && shown.may_change_range);
    let range = asked.and_then(|(_, range)| RangeChoice::read(range)).unwrap_or(own);
    let filters: Option<Vec<Filter>> = shown.filters.iter().map(|filter| Filter::read(filter)).collect();
    Some(View { range, filters: filters?, environment: shown.environment.clone(), ..View::default() })
}

/// What is answered to every link that is none, is over, or was revoked.
fn gone(manner: Manner) -> Response {
    let (_, words) = manner;
    let body = html! { main .alone { h1 { (words.shows_nothing()) } p { (words.over_or_taken_back()) } } };
    answer(StatusCode::NOT_FOUND, &instead(words.nothing_here(), manner, &body), "'none'")
}

fn busy(manner: Manner) -> Response {
    let (_, words) = manner;
    let body = html! { main .alone { h1 { (words.too_many_look()) } p { (words.load_in_seconds()) } } };
    let document = instead(words.one_moment(), manner, &body);
    let mut response = answer(StatusCode::SERVICE_UNAVAILABLE, &document, "'none'");
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// What is shown in place of a shared page.
fn instead(title: &str, manner: Manner, body: &Markup) -> Markup {
    document_of(&Head { title, of: manner.1.shared_figures(), sheet: None, manner, has_script: false }, body)
}

/// A page whose address is a secret: it is named to nobody, and no search engine lists it.
fn answer(status: StatusCode, document: &Markup, ancestors: &str) -> Response {
    let mut response = (status, Html(document.clone().into_string())).into_response();
    let headers = response.headers_mut();
    // Origins were checked when the share was made: what could not stand in a header cannot be one.
    let policy = HeaderValue::from_str(&format!("{POLICY}{ancestors}"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.unwrap_or(HeaderValue::from_static("default-src 'none'")));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    response
}

impl Shell<'_> {
    /// The document of a share.
    fn shared(&self, share: &Share, body: &Markup) -> Markup {
        let words = self.words;
        let inner = html! {
            a .skip href="#main" { (words.skip()) }
            main #main .main .shared {
                div .top {
                    div .by { p { (whose(&self.desk.project)) } h1 { (self.title) } }
                    (self.shared_range(share))
                }
                div .bar2 {
                    @if share.shown.environment != "production" { (locked(words.environment(), words.is(), &share.shown.environment)) }
                    @for filter in &self.desk.view.filters {
                        @let values: Vec<String> = filter.values.iter().map(|value| words.named(filter.dimension, value)).collect();
                        (locked(&words.dimension_of(filter.dimension), filter.op.says(words), &values.join(words.or())))
                    }
                    span .sec { (self.desk.range.tz.name()) }
                    @if let Some(fresh) = self.fresh_to { (self.fresh(fresh)) }
                }
                (self.late())
                (body)
                (self.shared_foot())
            }
        };
        self.document(&inner, false)
    }

    /// The range: a menu where the share lets it be changed.
    fn shared_range(&self, share: &Share) -> Markup {
        let view = &self.desk.view;
        let days = told(days_of(&self.desk.range), self.words);
        let name = view.range.name(self.words);
        let says = html! { (icon("calendar")) @if let Some(name) = &name { b { (name) } } span .hide-s[name.is_some()] { (days) } };
        if !share.shown.may_change_range {
            return html! { span .chip .range-shown { (says) } };
        }
        html! {
            details .menu .range {
                summary .btn { (says) }
                ul {
                    @for id in PRESETS {
                        @let choice = RangeChoice::Preset(id);
                        // Relative to the page: its address need not be known here.
                        li { a aria-current=[(view.range == choice).then_some("true")] href={"?" (encoded(&[("r".into(), id.into())]))} { (choice.name(self.words).unwrap_or_default()) } }
                    }
                }
            }
        }
    }

    fn shared_foot(&self) -> Markup {
        let (now, words) = (self.desk.now.with_timezone(&self.desk.range.tz), self.words);
        html! {
            footer .foot {
                span { (words.figures_as_of(words.date(now.date_naive()), now.format("%H:%M:%S"), self.desk.range.tz.name())) }
                span { (words.sources()) }
            }
        }
    }
}

/// Whose figures these are: the brand with its logo, or the project.
fn whose(project: &Project) -> Markup {
    let is_branded = project.logo.is_some() || project.brand.name.is_some();
    html! { @if is_branded { (sign(project)) } @else { (project.name) } }
}

/// A condition that stays.
fn locked(what: &str, says: &str, value: &str) -> Markup {
    html! { span .chip .lock { (icon("lock")) span { (what) " " (says) " " b { (value) } } } }
}

#[cfg(test)]
mod tests {
    use control::SHARED_PAGES;

    use super::*;

    #[test]
    fn pages_that_can_be_shared_are_pages_of_panels_without_persons_agents_or_texts() {
        for id in SHARED_PAGES {
            let page = page_of(id).unwrap_or_else(|| panic!("{id}"));
            for panel in page.panels {
                let by = panel.kind.by();
                assert!(!by.iter().any(|by| ["agent", "user", "question"].contains(by)), "{id}/{}", panel.id);
            }
        }
    }
}
