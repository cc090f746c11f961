//! The addresses of the pages.

use std::{net::IpAddr, sync::Arc};

use api::{Questions, Told};
use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chart::Locale;
use control::{Grant, Project};
use maud::{Markup, html};
use service::lifecycle::Shutdown;

use crate::{
    access::{self, Closed},
    address,
    asset::{SCRIPT, STYLE},
    conversation, conversations,
    desk::{Desk, Turns},
    dictionary, explain, explore, health, live,
    pages::page,
    panel::{Room, drawn},
    session::{Sessions, cookie},
    shell::{Shell, Theme, document},
    view::{Filter, Op, RangeChoice, View, decoded},
};

/// What pages may do: show and run what this server sends, ask this server, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";
/// The cookie that remembers the theme.
const THEME: &str = "rapport_theme";

/// What the pages need.
#[derive(Debug, Clone)]
pub struct Deps {
    /// Where all figures come from.
    pub questions: Questions,
    /// The demo's project and the address that it listens on; None where this is no demo.
    pub demo: Option<Demo>,
    /// Live pages are let go when this is triggered.
    pub closing: Shutdown,
}

/// What a demo shows to who sits at its machine.
#[derive(Debug, Clone)]
pub struct Demo {
    /// The address that the server listens on.
    pub listens: IpAddr,
    /// The id of its project.
    pub project: String,
}

/// The state of the routes.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) deps: Deps,
    sessions: Sessions,
    turns: Turns,
    pub(crate) presents: live::Presents,
    pub(crate) streams: live::Streams,
}

impl Door {
    fn new(deps: Deps) -> Door {
        let (presents, streams) = (live::Presents::default(), live::Streams::default());
        Door { deps, sessions: Sessions::default(), turns: Turns::default(), presents, streams }
    }
}

/// The pages' routes.
pub fn router(deps: Deps) -> Router {
    Router::new()
        .route("/", get(first))
        .route("/p/{project}", get(project))
        .route("/p/{project}/{page}", get(shown))
        .route("/p/{project}/conversations/{id}", get(one))
        .route("/p/{project}/live/events", get(live_events))
        .route("/theme", post(theme))
        .route("/sign-in", get(async || sign_in_form(None)).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route(STYLE.path(), get(async || STYLE.answer()))
        .route(SCRIPT.path(), get(async || SCRIPT.answer()))
        .with_state(Arc::new(Door::new(deps)))
        .layer(axum::middleware::map_response(guarded))
}

/// Every answer says what it may do.
async fn guarded(mut response: Response) -> Response {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    let kept = response.headers_mut().entry(header::CACHE_CONTROL);
    kept.or_insert(HeaderValue::from_static("private, no-store"));
    response
}

/// Why a page is not shown.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Nobody may look here without signing in.
    Closed(Closed),
    /// A form of another page.
    Foreign,
    /// There is no such page, project or conversation.
    Nothing(String),
    /// The question was not answered.
    Told(StatusCode, Told),
}

impl From<api::Error> for Refused {
    fn from(error: api::Error) -> Refused {
        match error {
            api::Error::NotFound { .. } | api::Error::NoConversation(_) => Refused::Nothing(error.to_string()),
            other => Refused::Told(other.status(), other.told()),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, head, text): (StatusCode, &str, Markup) = match self {
            Refused::Closed(why) => (
                StatusCode::FORBIDDEN,
                "Sign in",
                html! { (why.says()) " " a href="/sign-in" { "Sign in with a key" } "." },
            ),
            Refused::Foreign => {
                (StatusCode::FORBIDDEN, "Not from here", html! { "This form was sent by another page." })
            }
            Refused::Nothing(what) => {
                (StatusCode::NOT_FOUND, "Nothing here", html! { (what) ". " a href="/" { "Go to the overview" } "." })
            }
            Refused::Told(status, told) => {
                let id = told.id.map(|id| html! { " Error " code { (id) } "." });
                (
                    status,
                    "This page did not load",
                    html! { (told.message) ". " (told.hint) "." (id.unwrap_or_default()) },
                )
            }
        };
        let body = html! { main .alone { h1 { (head) } p { (text) } } };
        (status, Html(document(head, Theme::System, &body).into_string())).into_response()
    }
}

/// Who asks for a page, and how it is shown to them.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) desk: Desk,
    pub(crate) theme: Theme,
    pub(crate) locale: Locale,
    pub(crate) notices: Vec<String>,
    /// The projects that the visitor may see: ids and names.
    pub(crate) projects: Vec<(String, String)>,
}

impl Visit {
    /// The frame of a page.
    pub(crate) fn shell<'a>(&'a self, page: &'a str, title: &'a str) -> Shell<'a> {
        Shell {
            desk: &self.desk,
            page,
            title,
            theme: self.theme,
            locale: self.locale,
            notices: &self.notices,
            fresh_to: None,
            has_range: true,
            projects: &self.projects,
        }
    }
}

/// What a visitor may see: a reader's access to the project of an id, or to the first there is.
fn admitted(door: &Door, headers: &HeaderMap, project: Option<&str>) -> Result<(Grant, Vec<Arc<Project>>), Refused> {
    let control = &door.deps.questions.deps().control;
    let (id, own) = if let Some(grant) = door.sessions.grant(control, headers) {
        (grant.key_id, grant.project)
    } else {
        let demo = door.deps.demo.as_ref();
        access::open(demo.map(|demo| demo.listens), headers).map_err(Refused::Closed)?;
        ("demo".into(), demo.map(|demo| demo.project.as_str().into()))
    };
    let mut seen: Vec<Arc<Project>> =
        control.projects().into_iter().filter(|one| own.as_deref().is_none_or(|own| own == one.id)).collect();
    // The one that is meant comes first.
    if let Some(project) = project {
        let at = seen.iter().position(|one| one.id == project);
        let at = at.ok_or_else(|| Refused::Nothing("There is no such project for you".into()))?;
        seen.swap(0, at);
    }
    let first = seen.first().ok_or_else(|| Refused::Nothing("There is no project yet".into()))?;
    Ok((Grant::reader(&id, &first.id), seen))
}

/// A visit to a page of a project.
pub(crate) fn visit(door: &Door, headers: &HeaderMap, project: &str, query: Option<&str>) -> Result<Visit, Refused> {
    let (reader, seen) = admitted(door, headers, Some(project))?;
    let (view, notices) = View::read(query.unwrap_or_default());
    let questions = &door.deps.questions;
    let now = (questions.deps().now)();
    let desk = Desk::new((questions.clone(), door.turns.clone(), reader), Arc::clone(&seen[0]), view, now)?;
    let projects = seen.iter().map(|one| (one.id.clone(), one.name.clone())).collect();
    Ok(Visit { desk, theme: theme_of(headers), locale: Locale::En, notices, projects })
}

/// The form that asks for a key.
fn sign_in_form(wrong: Option<&str>) -> Html<String> {
    let body = html! {
        main .alone {
            h1 { "Sign in" }
            @if let Some(wrong) = wrong { p .ban role="alert" { (wrong) } }
            form .pop method="post" action="/sign-in" {
                label { "Key that may read" input type="password" name="key" required maxlength="200" autocomplete="off"; }
                button .btn .pri type="submit" { "Sign in" }
            }
            p .note { code { "rapport key create --project NAME --role read" } " makes one. A session lasts twelve hours, or until its key is revoked." }
        }
    };
    Html(document("Sign in", Theme::System, &body).into_string())
}

async fn sign_in(State(door): State<Arc<Door>>, headers: HeaderMap, body: String) -> Result<Response, Refused> {
    own(&headers)?;
    let fields = decoded(&body);
    let key = fields.iter().find(|(name, _)| name == "key").map_or("", |(_, value)| value.trim());
    let is_https = headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    let begun = door.sessions.begin(&door.deps.questions.deps().control, key, is_https);
    Ok(match begun {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
        None => {
            let form = sign_in_form(Some("This is no key that may read here."));
            (StatusCode::FORBIDDEN, form).into_response()
        }
    })
}

async fn sign_out(State(door): State<Arc<Door>>, headers: HeaderMap) -> Result<Response, Refused> {
    own(&headers)?;
    Ok(([(header::SET_COOKIE, door.sessions.end(&headers))], Redirect::to("/sign-in")).into_response())
}

/// Whether a form is one of ours.
fn own(headers: &HeaderMap) -> Result<(), Refused> {
    if access::is_own(headers) { Ok(()) } else { Err(Refused::Foreign) }
}

async fn first(State(door): State<Arc<Door>>, headers: HeaderMap) -> Result<Redirect, Refused> {
    let (_, seen) = admitted(&door, &headers, None)?;
    Ok(Redirect::to(&View::default().link(&seen[0].id, "overview")))
}

async fn project(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Path(project): Path<String>,
) -> Result<Redirect, Refused> {
    visit(&door, &headers, &project, None)?;
    Ok(Redirect::to(&View::default().link(&project, "overview")))
}

async fn shown(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Path((project, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let visit = visit(&door, &headers, &project, query.as_deref())?;
    let sent = submitted(&visit.desk.view);
    if let Some(view) = sent.or_else(|| explore::submitted(&visit.desk.view).filter(|_| id == explore::PAGE.id)) {
        return Ok(Redirect::to(&view.link(&project, &id)).into_response());
    }
    let markup = match id.as_str() {
        "explain" => visit.desk.gathering(Box::pin(explain::page(&visit))).await?,
        "conversations" => conversations::page(&visit).await?,
        "metrics" => dictionary::page(&visit),
        "health" => health::page(&visit).await,
        "live" => live::page(&visit, &door.presents).await,
        "explore" => explore::page(&visit, &address::server(&headers)).await,
        "export" => {
            // As it was sent: the API says what is wrong with it.
            let parameters = decoded(query.as_deref().unwrap_or_default());
            return Ok(door.deps.questions.export(&visit.desk.reader, parameters).await?);
        }
        other => {
            let page = page(other).ok_or_else(|| Refused::Nothing("There is no such page".into()))?;
            let room = Room { desk: &visit.desk, page, locale: visit.locale };
            let panels = futures_util::future::join_all(page.panels.iter().map(|panel| drawn(room, panel)));
            let panels = visit.desk.gathering(Box::pin(panels)).await;
            let fresh_to = panels.iter().filter_map(|(_, fresh_to)| *fresh_to).min();
            let body = html! { div .grid { @for (panel, _) in &panels { (panel) } } };
            Shell { fresh_to, ..visit.shell(page.id, page.title) }.around(&body)
        }
    };
    Ok(Html(markup.into_string()).into_response())
}

async fn one(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Path((project, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Html<String>, Refused> {
    let visit = visit(&door, &headers, &project, query.as_deref())?;
    Ok(Html(conversation::page(&visit, &id).await?.into_string()))
}

async fn live_events(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Path(project): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    live::events(door, headers, (project, query))
}

/// The state that a form asked for, where one was sent.
fn submitted(view: &View) -> Option<View> {
    let own = |name: &str| view.own(name);
    let bare = || ["fd", "fo", "fv", "first", "last"].iter().fold(view.clone(), |view, name| view.with(name, None));
    if let Some((first, last)) = own("first").zip(own("last")) {
        let range = RangeChoice::read(&format!("{first}..{last}")).unwrap_or_default();
        return Some(View { range, ..bare() });
    }
    let (dimension, values) = own("fd").zip(own("fv"))?;
    let op = Op::ALL.into_iter().find(|op| Some(op.name()) == own("fo")).unwrap_or(Op::Is);
    let values = api::values_of(values).into_iter().map(|value| value.trim().to_owned()).collect();
    let filter = Filter::new(dimension, op, values);
    Some(filter.map_or_else(bare, |filter| bare().filtered(filter)))
}

/// Remembers a theme, and goes back.
async fn theme(State(door): State<Arc<Door>>, headers: HeaderMap, body: String) -> Result<Response, Refused> {
    own(&headers)?;
    admitted(&door, &headers, None)?;
    let fields = decoded(&body);
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let name = Theme::of_name(field("theme")).name().unwrap_or("system");
    // Only to a page of ours: an address that begins with two slashes is another server's.
    let back = Some(field("back")).filter(|back| back.starts_with("/p/")).unwrap_or("/");
    let cookie = format!("{THEME}={name}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(back)).into_response())
}

fn theme_of(headers: &HeaderMap) -> Theme {
    cookie(headers, THEME).map_or(Theme::System, |name| Theme::of_name(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_become_states() {
        let sent = |query: &str| submitted(&View::read(query).0).map(|view| view.query());
        assert_eq!(sent("r=7d&first=2026-03-01&last=2026-03-31").unwrap(), "r=2026-03-01..2026-03-31");
        assert_eq!(sent("fd=channel&fo=isnot&fv=web, app").unwrap(), "f=channel:isnot:app,web");
        assert_eq!(sent("cmp=off&fd=nonsense&fo=is&fv=web").unwrap(), "cmp=off");
        assert_eq!(sent("r=7d"), None);
    }

    #[test]
    fn the_theme_is_read_from_its_cookie_alone() {
        let of = |cookie: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
            theme_of(&headers)
        };
        assert_eq!(of("a=b; rapport_theme=dark"), Theme::Dark);
        assert_eq!(of("rapport_theme=<script>"), Theme::System);
        assert_eq!(theme_of(&HeaderMap::new()), Theme::System);
    }
}
