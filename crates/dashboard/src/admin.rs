//! The page of administrators: every project of the installation beside the others, and who administrates.

use std::sync::Arc;

use api::{Management, Told};
use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Redirect, Response},
};
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
    manner::manner,
    refused::{Missing, Refused},
    router::Door,
    session::{Session, Visitor},
    settings::sentence,
    shell::{document, language_menu},
    view::{Notice, PRESETS, RangeChoice, View},
    words::Words,
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
    let grant = administrator(&session).ok_or(Refused::Forbidden(Words::administrators_see))?;
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
        _ => return Err(Refused::Nothing(Missing::Change)),
    };
    let outcome = match done {
        Ok(None) => return Ok(Redirect::to("/admin").into_response()),
        Ok(link) => Outcome { link, ..Outcome::default() },
        Err(error) => {
            let (_, words) = manner(&headers, None);
            Outcome { refused: Some(sentence(&error, words)), status: error.status(), ..Outcome::default() }
        }
    };
    drawn(&door, &headers, who, (None, &outcome)).await
}

/// What the page compares.
#[derive(Debug)]
struct Compared {
    metric: &'static Metric,
    view: View,
    notices: Vec<Notice>,
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
    let (theme, words) = manner(headers, None);
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
        a .skip href="#main" { (words.skip_to_projects()) }
        main #main .main .shared {
            div .top { h1 { (words.all_projects()) } a .btn href="/" { (words.back_to_figures()) } (language_menu(words, "/admin")) }
            @for notice in &compared.notices { p .ban .info role="status" { (notice.says(words)) } }
            @if let Some(link) = &outcome.link { p .ban .info role="status" { span { (words.shown_once(words.invitation_link())) code .break { (link) } } } }
            div .grid {
                section .panel .w12 aria-labelledby="projects" {
                    div .ph { div { h2 #projects { (words.projects()) } p { (words.projects_held(held)) @if held > PROJECTS_MAX { (words.the_first(PROJECTS_MAX)) } } } }
                    (choice(&compared, words))
                    (table(&seen, &compared, (door.now(), words)))
                    p .note { (words.compared_as_they_are()) }
                }
                section .panel .w12 aria-labelledby="administrators" {
                    div .ph { div { h2 #administrators { (words.administrators()) } p { (words.they_own_everything()) } } }
                    @if let Some(wrong) = &outcome.refused { p .ban role="alert" { (wrong) } }
                    (administrators(&management, &grant, (&start, words))?)
                }
            }
        }
    };
    let document = document(words.all_projects(), (theme, words), &body);
    Ok((outcome.status, Html(document.into_string())).into_response())
}

/// What is compared, as a form.
fn choice(compared: &Compared, words: Words) -> Markup {
    let range = compared.view.range.to_string();
    html! {
        form .search method="get" action="/admin" {
            label { (words.compare()) select name="metric" { @for metric in METRICS.iter() { option value=(metric.id) selected[metric.id == compared.metric.id] { (words.metric_name(metric)) } } } }
            label { (words.over_range()) select name="r" { @for id in PRESETS.into_iter().filter(|id| *id != "28d") { option value=(id) selected[id == range] { (RangeChoice::Preset(id).name(words).unwrap_or_default()) } } } }
            button .btn .pri type="submit" { (words.compare()) }
        }
    }
}

fn table(seen: &[Seen], compared: &Compared, (now, words): (DateTime<Utc>, Words)) -> Markup {
    let values = seen.iter().filter_map(|one| one.compared.as_ref().ok()?.0.value);
    let most = values.fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    html! {
        div .tw tabindex="0" { table .t .list .all {
            thead { tr {
                th scope="col" { (words.project()) } th scope="col" { (words.figures_head()) } th scope="col" .num { (words.messages()) } th scope="col" .spark-head { (words.by_day()) }
                th scope="col" .num { (words.metric_name(compared.metric)) } th scope="col" .barcol aria-hidden="true" {} th scope="col" { (words.against_before()) }
                th scope="col" { (words.last_event()) } th scope="col" .num { (words.letters_head()) } th scope="col" .num { (words.members()) }
            } }
            tbody { @for one in seen { (row(one, compared, (most, now, words))) } }
        } }
    }
}

fn row(one: &Seen, compared: &Compared, (most, now, words): (f64, DateTime<Utc>, Words)) -> Markup {
    let project = &one.project;
    let writer = Writer { words, currency: &project.settings.currency };
    let link = |page: &str| View::default().link(&project.id, page);
    let letters = one.letters.as_ref().ok().map(letters);
    html! {
        tr {
            th scope="row" { a href=(link("overview")) { (project.name) } }
            td .nowrap { (health(&one.live, words)) }
            @match &one.messages {
                Ok((total, points)) => {
                    td .num { (words.count(total.value.unwrap_or_default())) }
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
            td .nowrap { (last(&one.live, (project, now), words)) }
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
fn health(live: &Result<Value, Told>, words: Words) -> Markup {
    let behind = live.as_ref().ok().and_then(|live| live["behind"]["seconds"].as_f64());
    html! {
        @match behind {
            None => span .tag .w { (words.no_answer()) },
            Some(behind) if behind > LATE_S => span .tag .w { (words.is_behind(words.duration(behind))) },
            Some(_) => span .tag .b { (words.up_to_date()) },
        }
    }
}

/// When the last event arrived, in the project's zone. The present reaches back a day.
fn last(live: &Result<Value, Told>, (project, now): (&Project, DateTime<Utc>), words: Words) -> Markup {
    let arrived = |live: &Value| -> Option<DateTime<FixedOffset>> { instant(&live["events"].get(0)?["arrived_at"]) };
    html! {
        @match live.as_ref().map(arrived) {
            Err(_) => span .mut { "–" },
            Ok(None) => span .mut { (words.none_for_a_day()) },
            Ok(Some(at)) => {
                @let local = at.with_timezone(&project.timezone);
                @let is_today = local.date_naive() == now.with_timezone(&project.timezone).date_naive();
                time datetime=(at.to_rfc3339()) { @if is_today { (local.format("%H:%M:%S")) } @else { (words.day(local.date_naive())) ", " (local.format("%H:%M")) } }
            }
        }
    }
}

fn administrators(
    management: &Management,
    grant: &Grant,
    (start, words): (&dyn Fn(&str) -> Markup, Words),
) -> Result<Markup, Refused> {
    let (members, invitations) = management.members(grant, None)?;
    let remove = |id: &str, says: &str| {
        html! { form .inline method="post" action="/admin" { (start("remove")) input type="hidden" name="id" value=(id); button .btn type="submit" { (says) } } }
    };
    Ok(html! {
        @if members.is_empty() { p .sec { (words.nobody_yet()) } }
        @if members.len() + invitations.len() > 0 { div .tw tabindex="0" { table .t {
            thead { tr { th scope="col" { (words.email()) } th scope="col" { span .vh { (words.to_change_it()) } } } }
            tbody {
                @for member in &members { tr { th scope="row" { (member.email) } td .num { (remove(&member.id, words.remove())) } } }
                @for invitation in &invitations { tr {
                    th scope="row" { (invitation.email.as_deref().unwrap_or_default()) " " span .tag { (words.invited_tag()) } }
                    td .num { (remove(&invitation.id, words.withdraw())) }
                } }
            }
        } } }
        form .pop method="post" action="/admin" {
            (start("invite"))
            label { (words.email()) input type="email" name="email" required maxlength="254" autocomplete="off"; }
            button .btn .pri type="submit" { (words.invite_administrator()) }
        }
    })
}
