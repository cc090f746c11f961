//! The addresses of the pages.

use std::{net::IpAddr, sync::Arc};

use api::Questions;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use control::{Control, Grant, Project, Tokens};
use maud::html;
use service::lifecycle::Shutdown;

use crate::{
    access::{self, Closed},
    address, admin,
    asset::{SCRIPT, STYLE},
    brand, conversation, conversations,
    desk::{Desk, Turns},
    dictionary, drawing, explain, explore,
    form::Form,
    health, join, live, look,
    manner::{self, manner},
    pages::page,
    panel::{Room, drawn},
    refused::{self, Missing, Refused},
    session::{Session, Sessions},
    settings, shared,
    shell::{Shell, Theme},
    view::{Filter, Notice, Op, RangeChoice, View, decoded},
    words::Words,
};

/// What pages may do: show and run what this server sends, ask this server, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

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
    pub(crate) sessions: Sessions,
    pub(crate) turns: Turns,
    pub(crate) presents: live::Presents,
    pub(crate) streams: live::Streams,
    pub(crate) shared: shared::Bounds,
}

impl Door {
    fn new(deps: Deps) -> Door {
        let sessions = Sessions::new(Tokens::new(Arc::clone(&deps.questions.deps().position_secret)));
        let (presents, streams) = (live::Presents::default(), live::Streams::default());
        Door { deps, sessions, turns: Turns::default(), presents, streams, shared: shared::Bounds::default() }
    }
}

impl Door {
    pub(crate) fn control(&self) -> &Control {
        &self.deps.questions.deps().control
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.deps.questions.deps().now)()
    }

    /// The session of a request.
    pub(crate) fn session(&self, headers: &HeaderMap) -> Option<Session> {
        self.sessions.of(self.control(), headers, self.now())
    }

    /// The session of a request that needs one.
    pub(crate) fn signed_in(&self, headers: &HeaderMap) -> Result<Session, Refused> {
        self.session(headers).ok_or(Refused::Closed(Closed::NoDemo))
    }

    /// The session of a form that changes something: sent by a page of ours, which carried the session's token.
    pub(crate) fn changing(&self, headers: &HeaderMap, form: &Form) -> Result<Session, Refused> {
        own(headers)?;
        let session = self.signed_in(headers)?;
        if self.sessions.is_form(&session, form.text("token")) { Ok(session) } else { Err(Refused::Foreign) }
    }
}

/// The pages' routes.
pub fn router(deps: Deps) -> Router {
    Router::new()
        .route("/", get(first))
        .route("/p/{project}", get(project))
        .route("/p/{project}/settings", get(settings::page).post(settings::change))
        .route("/p/{project}/{page}", get(shown))
        .route("/p/{project}/conversations/{id}", get(one))
        .route("/p/{project}/{page}/{drawing}", get(drawing::file))
        .route("/p/{project}/live/events", get(live_events))
        .route("/p/{project}/settings/look", post(look::change).layer(DefaultBodyLimit::max(look::FORM_BYTES_MAX)))
        .route("/brand/{file}", get(brand::file))
        .route("/s/{token}", get(shared::page))
        .route("/admin", get(admin::page).post(admin::change))
        .route("/theme", post(manner::theme))
        .route("/language", post(manner::language))
        .route("/sign-in", get(join::sign_in_form).post(join::sign_in))
        .route("/sign-out", post(join::sign_out))
        .route("/sign-out/everywhere", post(join::sign_out_everywhere))
        .route("/join/{token}", get(join::join_form).post(join::join))
        .route("/account", get(join::account))
        .route("/account/password", post(join::password))
        .route(STYLE.path(), get(async || STYLE.answer()))
        .route(SCRIPT.path(), get(async || SCRIPT.answer()))
        .with_state(Arc::new(Door::new(deps)))
        .layer(axum::middleware::from_fn(refused::spoken))
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

/// Who asks for a page, and how it is shown to them.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) desk: Desk,
    pub(crate) theme: Theme,
    pub(crate) words: Words,
    pub(crate) notices: Vec<Notice>,
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
            words: self.words,
            notices: &self.notices,
            fresh_to: None,
            has_range: true,
            projects: &self.projects,
        }
    }
}

/// What a visitor may see: a reader's access to the project of an id, or to the first there is.
fn admitted(door: &Door, headers: &HeaderMap, project: Option<&str>) -> Result<(Grant, Vec<Arc<Project>>), Refused> {
    let visitor = door.session(headers).map(|session| session.visitor);
    let demo = door.deps.demo.as_ref();
    if visitor.is_none() {
        access::open(demo.map(|demo| demo.listens), headers).map_err(Refused::Closed)?;
    }
    let reader = |id: &str| match &visitor {
        Some(visitor) => visitor.reader(id),
        None => demo.filter(|demo| demo.project == id).map(|_| Grant::reader("demo", id)),
    };
    let mut seen: Vec<Arc<Project>> =
        door.control().projects().into_iter().filter(|one| reader(&one.id).is_some()).collect();
    // The one that is meant comes first.
    if let Some(project) = project {
        let at = seen.iter().position(|one| one.id == project);
        let at = at.ok_or(Refused::Nothing(Missing::Project))?;
        seen.swap(0, at);
    }
    let first = seen.first().and_then(|first| reader(&first.id));
    Ok((first.ok_or(Refused::Nothing(Missing::AnyProject))?, seen))
}

/// A visit to a page of a project.
pub(crate) fn visit(door: &Door, headers: &HeaderMap, project: &str, query: Option<&str>) -> Result<Visit, Refused> {
    let (reader, seen) = admitted(door, headers, Some(project))?;
    let (view, notices) = View::read(query.unwrap_or_default());
    let questions = &door.deps.questions;
    let now = (questions.deps().now)();
    let desk = Desk::new((questions.clone(), door.turns.clone(), reader), Arc::clone(&seen[0]), view, now)?;
    let projects = seen.iter().map(|one| (one.id.clone(), one.name.clone())).collect();
    let (theme, words) = manner(headers, seen[0].settings.language.as_deref());
    Ok(Visit { desk, theme, words, notices, projects })
}

/// Whether a page is closed to the role of its visitor. What a page may not show is refused by the API besides.
pub(crate) fn closed_to(reader: &Grant, page: &str) -> Result<(), Refused> {
    match page {
        "agents" if !reader.may_single_out_agents() => Err(Refused::Forbidden(Words::agents_are_for)),
        "conversations" if !reader.may_read_conversations() => Err(Refused::Forbidden(Words::conversations_are_for)),
        _ => Ok(()),
    }
}

/// Whether a form is one of ours.
pub(crate) fn own(headers: &HeaderMap) -> Result<(), Refused> {
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
    closed_to(&visit.desk.reader, &id)?;
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
            let page = page(other).ok_or(Refused::Nothing(Missing::Page))?;
            let room = Room { desk: &visit.desk, page, words: visit.words };
            let panels = futures_util::future::join_all(page.panels.iter().map(|panel| drawn(room, panel)));
            let panels = visit.desk.gathering(Box::pin(panels)).await;
            let fresh_to = panels.iter().filter_map(|(_, fresh_to)| *fresh_to).min();
            let body = html! { div .grid { @for (panel, _) in &panels { (panel) } } };
            Shell { fresh_to, ..visit.shell(page.id, (page.title)(visit.words)) }.around(&body)
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
    closed_to(&visit.desk.reader, "conversations")?;
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
}
