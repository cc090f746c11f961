//! The page of administrators: every project of the installation beside the others, and who administrates.

use std::sync::Arc;

use api::{Management, Told};
use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Redirect, Response},
};
use chart::Locale;
use chrono::{DateTime, FixedOffset, Utc};
use control::{Grant, MemberRole, Project};
use futures_util::future::try_join_all;
use maud::{Markup, html};
use serde_json::Value;
use warehouse::registry::{METRICS, Metric};

use crate::{
    address,
    desk::{Cell, Desk, Wish, instant, pair},
    form::Form,
    router::{Door, Refused, theme_of},
    session::{Session, Visitor},
    settings::sentence,
    shell::document,
    view::{PRESETS, RangeChoice, View},
    write::Writer,
};

/// Projects of a page.
const PROJECTS_MAX: usize = 50;
/// Projects that are asked for at once.
const AT_ONCE: usize = 4;
/// What is compared, and over which range, unless the address says something else.
const METRIC: &str = "conversations_started";
const RANGE: &str = "7d";
/// Figures that are behind by more are late, seconds.
const LATE_S: f64 = 60.0;

/// What somebody may do who administrates everything; None for everybody else.
fn administrator(session: &Session) -> Option<Grant> {
    match &session.visitor {
        Visitor::Member(member) => {
            member.is_administrator.then(|| Grant::administrator(&format!("member {}", member.id)))
        }
        Visitor::Key(grant) => (grant.project.is_none() && grant.role.may_manage()).then(|| grant.clone()),
    }
}

/// The session of an administrator.
fn admitted(session: Session) -> Result<(Session, Grant), Refused> {
    let who = "Administrators see all projects of this installation.";
    let grant = administrator(&session).ok_or(Refused::Forbidden(who))?;
    Ok((session, grant))
}

/// `GET /admin`.
pub(crate) async fn page(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let who = admitted(door.signed_in(&headers)?)?;
    drawn(&door, &headers, who, (query.as_deref(), &Outcome::default())).await
}

/// What was done, or why it was not.
#[derive(Debug, Default)]
struct Outcome {
    /// The link of an invitation.
    link: Option<String>,
    refused: Option<String>,
    status: StatusCode,
}

/// `POST /admin`: invites or removes an administrator.
pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Refused> {
    let form = Form::read(&body);
    let who = admitted(door.changing(&headers, &form)?)?;
    let management = door.deps.questions.management();
    let done = match form.text("do") {
        "invite" => {
            let invited = management.invite(&who.1, form.text("email"), (None, MemberRole::Owner)).await;
            invited.map(|invited| Some(format!("{}{}", address::server(&headers), invited.link)))
        }
        "remove" => management.remove_member(&who.1, (None, form.text("id"))).await.map(|()| None),
        _ => return Err(Refused::Nothing("There is no such change".into())),
    };
    let outcome = match done {
        Ok(None) => return Ok(Redirect::to("/admin").into_response()),
        Ok(link) => Outcome { link, ..Outcome::default() },
        Err(error) => Outcome { refused: Some(sentence(&error)), status: error.status(), ..Outcome::default() },
    };
    drawn(&door, &headers, who, (None, &outcome)).await
}

/// What the page compares.
#[derive(Debug)]
struct Compared {
    metric: &'static Metric,
    view: View,
    notices: Vec<String>,
}

impl Compared {
    fn read(query: Option<&str>) -> Compared {
        let (mut view, notices) = View::read(query.unwrap_or_default());
        if view.range == RangeChoice::default() {
            view.range = RangeChoice::read(RANGE).unwrap_or_default();
        }
        let asked = view.own("metric").and_then(Metric::by_id);
        let metric = asked.or_else(|| Metric::by_id(METRIC)).unwrap_or(&METRICS[0]);
        let view = View { range: view.range, compare: view.compare, ..View::default() };
        Compared { metric, view, notices }
    }
}

/// A project as the page shows it.
struct Seen {
    project: Arc<Project>,
    messages: Result<(Cell, Vec<chart::Point>), Told>,
    compared: Result<(Cell, Option<Cell>), Told>,
    live: Result<Value, Told>,
    letters: Result<Value, Told>,
    members: usize,
}

async fn seen(door: &Door, project: Arc<Project>, compared: &Compared) -> Result<Seen, Refused> {
    let reader = Grant::reader("administrator", &project.id);
    let asking = (door.deps.questions.clone(), door.turns.clone(), reader);
    let desk = Desk::new(asking.clone(), Arc::clone(&project), compared.view.clone(), door.now())?;
    // Volume is always that of the last seven days, whatever is compared.
    let week = View { range: RangeChoice::read(RANGE).unwrap_or_default(), ..View::default() };
    let of_week = Desk::new(asking, Arc::clone(&project), week, door.now())?;
    let volume = Metric::by_id("messages_total").unwrap_or(&METRICS[0]);
    let messages = async {
        let wish = Wish { grain: Some("day"), ..Wish::of(volume) };
        let figure = of_week.gathering(Box::pin(of_week.figure(wish))).await?;
        let point = |row: &crate::desk::Row| chart::Point { value: row.cell.value, state: row.state };
        Ok((figure.total, figure.rows.iter().map(point).collect()))
    };
    let both = async {
        let wish = Wish::of(compared.metric);
        let asked = async { tokio::try_join!(desk.figure(wish), desk.earlier(wish)) };
        let (now, before) = desk.gathering(Box::pin(asked)).await?;
        Ok((now.total, before.map(|before| before.total)))
    };
    let place = vec![pair("env", "production")];
    let (messages, compared, live, letters) = tokio::join!(
        messages,
        both,
        async { desk.questions.live(&desk.reader, place).await.map_err(|error| error.told()) },
        async {
            let range = vec![pair("r", RANGE)];
            desk.questions.dead_letters(&desk.reader, range).await.map_err(|error| error.told())
        },
    );
    let members = door.control().members(Some(&project.id)).len();
    Ok(Seen { project, messages, compared, live, letters, members })
}

async fn drawn(
    door: &Door,
    headers: &HeaderMap,
    (session, grant): (Session, Grant),
    (query, outcome): (Option<&str>, &Outcome),
) -> Result<Response, Refused> {
    let compared = Compared::read(query);
    let mut projects = door.control().projects();
    let held = projects.len();
    projects.truncate(PROJECTS_MAX);
    let mut seen = Vec::with_capacity(projects.len());
    for some in projects.chunks(AT_ONCE) {
        let asked = some.iter().map(|project| Box::pin(self::seen(door, Arc::clone(project), &compared)));
        seen.extend(try_join_all(asked).await?);
    }
    let start = |action: &str| html! { input type="hidden" name="token" value=(door.sessions.form_token(&session)); input type="hidden" name="do" value=(action); };
    let management = door.deps.questions.management();
    let body = html! {
        a .skip href="#main" { "Skip to the projects" }
        main #main .main .shared {
            div .top { h1 { "All projects" } a .btn href="/" { "Back to the figures" } }
            @for notice in &compared.notices { p .ban .info role="status" { (notice) } }
            @if let Some(link) = &outcome.link { p .ban .info role="status" { span { "The link of the invitation, to be handed on, shown this once: " code .break { (link) } } } }
            div .grid {
                section .panel .w12 aria-labelledby="projects" {
                    div .ph { div { h2 #projects { "Projects" } p { (held) " in this installation; messages and dead letters of the last seven days" @if held > PROJECTS_MAX { ", the first " (PROJECTS_MAX) " of them" } } } }
                    (choice(&compared))
                    (table(&seen, &compared, door.now()))
                    p .note { "Each project has its own zone and currency: amounts of money are compared as they are." }
                }
                section .panel .w12 aria-labelledby="administrators" {
                    div .ph { div { h2 #administrators { "Administrators" } p { "They own every project, those to come too" } } }
                    @if let Some(wrong) = &outcome.refused { p .ban role="alert" { (wrong) } }
                    (administrators(&management, &grant, &start)?)
                }
            }
        }
    };
    let document = document("All projects", theme_of(headers), &body);
    Ok((outcome.status, Html(document.into_string())).into_response())
}

/// What is compared, as a form.
fn choice(compared: &Compared) -> Markup {
    let range = compared.view.range.to_string();
    html! {
        form .search method="get" action="/admin" {
            label { "Compare" select name="metric" { @for metric in METRICS.iter() { option value=(metric.id) selected[metric.id == compared.metric.id] { (metric.name) } } } }
            label { "Over" select name="r" { @for (id, says) in PRESETS.iter().filter(|(id, _)| *id != "28d") { option value=(id) selected[*id == range] { (says) } } } }
            button .btn .pri type="submit" { "Compare" }
        }
    }
}

fn table(seen: &[Seen], compared: &Compared, now: DateTime<Utc>) -> Markup {
    let values = seen.iter().filter_map(|one| one.compared.as_ref().ok()?.0.value);
    let most = values.fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    html! {
        div .tw tabindex="0" { table .t .list .all {
            thead { tr {
                th scope="col" { "Project" } th scope="col" { "Figures" } th scope="col" .num { "Messages" } th scope="col" .spark-head { "By day" }
                th scope="col" .num { (compared.metric.name) } th scope="col" .barcol aria-hidden="true" {} th scope="col" { "Against before" }
                th scope="col" { "Last event" } th scope="col" .num { "Dead letters" } th scope="col" .num { "Members" }
            } }
            tbody { @for one in seen { (row(one, compared, (most, now))) } }
        } }
    }
}

fn row(one: &Seen, compared: &Compared, (most, now): (f64, DateTime<Utc>)) -> Markup {
    let project = &one.project;
    let locale = Locale::En;
    let writer = Writer { locale, currency: &project.settings.currency };
    let link = |page: &str| View::default().link(&project.id, page);
    let letters = one.letters.as_ref().ok().map(letters);
    html! {
        tr {
            th scope="row" { a href=(link("overview")) { (project.name) } }
            td .nowrap { (health(&one.live)) }
            @match &one.messages {
                Ok((total, points)) => {
                    td .num { (locale.count(total.value.unwrap_or_default())) }
                    td .spark-cell { @if points.len() > 1 { (chart::sparkline(points, &[])) } }
                }
                Err(_) => { td .num .mut { "–" } td {} }
            }
            @match &one.compared {
                Ok((total, before)) => {
                    td .num { (writer.maybe(compared.metric.unit, total.value)) }
                    td .barcol { (chart::bar(total.value.unwrap_or_default() / most, "b1")) }
                    td .nowrap { @if let Some(before) = before { (writer.change(compared.metric, before.value, total.value)) } }
                }
                Err(_) => { td .num .mut { "–" } td {} td {} }
            }
            td .nowrap { (last(&one.live, (project, now))) }
            td .num { @match letters { Some(0) => "0", Some(count) => a href=(link("health")) { (count) }, None => span .mut { "–" } } }
            td .num { (one.members) }
        }
    }
}

fn letters(answer: &Value) -> u64 {
    let reasons = answer["reasons"].as_array().map(Vec::as_slice).unwrap_or_default();
    reasons.iter().filter_map(|reason| reason["count"].as_u64()).sum()
}

/// Whether figures are up to date.
fn health(live: &Result<Value, Told>) -> Markup {
    let behind = live.as_ref().ok().and_then(|live| live["behind"]["seconds"].as_f64());
    html! {
        @match behind {
            None => span .tag .w { "no answer" },
            Some(behind) if behind > LATE_S => span .tag .w { (Locale::En.duration(behind)) " behind" },
            Some(_) => span .tag .b { "up to date" },
        }
    }
}

/// When the last event arrived, in the project's zone. The present reaches back a day.
fn last(live: &Result<Value, Told>, (project, now): (&Project, DateTime<Utc>)) -> Markup {
    let arrived = |live: &Value| -> Option<DateTime<FixedOffset>> { instant(&live["events"].get(0)?["arrived_at"]) };
    html! {
        @match live.as_ref().map(arrived) {
            Err(_) => span .mut { "–" },
            Ok(None) => span .mut { "none for a day" },
            Ok(Some(at)) => {
                @let local = at.with_timezone(&project.timezone);
                @let is_today = local.date_naive() == now.with_timezone(&project.timezone).date_naive();
                time datetime=(at.to_rfc3339()) { @if is_today { (local.format("%H:%M:%S")) } @else { (Locale::En.day(local.date_naive())) ", " (local.format("%H:%M")) } }
            }
        }
    }
}

fn administrators(management: &Management, grant: &Grant, start: &dyn Fn(&str) -> Markup) -> Result<Markup, Refused> {
    let (members, invitations) = management.members(grant, None)?;
    let remove = |id: &str, says: &str| {
        html! { form .inline method="post" action="/admin" { (start("remove")) input type="hidden" name="id" value=(id); button .btn type="submit" { (says) } } }
    };
    Ok(html! {
        @if members.is_empty() { p .sec { "Nobody yet. Whoever opens the link that the server printed when it started is the first, or invite somebody here." } }
        @if members.len() + invitations.len() > 0 { div .tw tabindex="0" { table .t {
            thead { tr { th scope="col" { "E-mail address" } th scope="col" { span .vh { "To change it" } } } }
            tbody {
                @for member in &members { tr { th scope="row" { (member.email) } td .num { (remove(&member.id, "Remove")) } } }
                @for invitation in &invitations { tr {
                    th scope="row" { (invitation.email.as_deref().unwrap_or_default()) " " span .tag { "invited" } }
                    td .num { (remove(&invitation.id, "Withdraw")) }
                } }
            }
        } } }
        form .pop method="post" action="/admin" {
            (start("invite"))
            label { "E-mail address" input type="email" name="email" required maxlength="254" autocomplete="off"; }
            button .btn .pri type="submit" { "Invite an administrator" }
        }
    })
}
