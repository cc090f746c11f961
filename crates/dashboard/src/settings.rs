//! The page on which owners change a project: its settings, its keys, its members. Whatever is changed goes the way of the API's routes.

use std::sync::Arc;

use api::Management;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use control::{Grant, MemberRole, NewKey, Role};
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    fields::{self, Wrong},
    form::Form,
    look,
    router::{Door, Refused, Visit, visit},
    session::{Session, is_https},
    shares,
};

/// What was done, or why it was not.
#[derive(Debug, Default)]
struct Outcome {
    /// A secret that is shown this once: what it is, and itself.
    secret: Option<(&'static str, String)>,
    /// What is wrong with a form.
    refused: Option<Refusal>,
    /// What is wrong with a field of the settings, and all of them as they were typed.
    typed: Option<(Form, Wrong)>,
}

/// What is wrong with a form.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The form's name.
    pub(crate) form: &'static str,
    pub(crate) says: String,
    /// What was typed, where the form shows it again.
    pub(crate) typed: Option<Form>,
}

/// The page.
pub(crate) async fn page(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Path(project): Path<String>,
) -> Result<Response, Refused> {
    let visit = visit(&door, &headers, &project, None)?;
    let session = door.session(&headers);
    let Some((session, manager)) = session.and_then(|session| managing(session, &visit)) else {
        return Ok((StatusCode::FORBIDDEN, Html(forbidden(&visit).into_string())).into_response());
    };
    Ok(Html(drawn(&door, &visit, (&session, &manager), &Outcome::default())?.into_string()).into_response())
}

pub(crate) fn managing(session: Session, visit: &Visit) -> Option<(Session, Grant)> {
    let manager = session.visitor.manager(&visit.desk.project.id)?;
    Some((session, manager))
}

fn forbidden(visit: &Visit) -> Markup {
    let body = html! {
        section .panel { div .state {
            h2 { "Only owners of this project see its settings" }
            p { "Settings, keys and members are changed by members of role owner, by administrators, and with a key of role admin. Ask one of them." }
        } }
    };
    around(visit, &body)
}

fn around(visit: &Visit, body: &Markup) -> Markup {
    let mut shell = visit.shell("settings", "Settings");
    shell.has_range = false;
    shell.around(body)
}

/// Changes what a form of the page says.
pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Path(project): Path<String>,
    body: String,
) -> Result<Response, Refused> {
    let form = Form::read(&body);
    let session = door.changing(&headers, &form)?;
    let visit = visit(&door, &headers, &project, None)?;
    let Some((session, manager)) = managing(session, &visit) else {
        return Ok((StatusCode::FORBIDDEN, Html(forbidden(&visit).into_string())).into_response());
    };
    let management = visit.desk.questions.management();
    let (name, done) = match form.text("do") {
        "settings" => return settings(&door, &visit, (&session, &manager), form).await,
        "key" => ("keys", key(&management, &manager, &visit, &form).await.map(Some)),
        "revoke" => ("keys", management.revoke_key(&manager, form.text("id")).await.map(|()| None)),
        "invite" => ("members", invitation(&management, &manager, (&visit, &headers), &form).await.map(Some)),
        "role" => ("members", role(&management, &manager, &visit, &form).await.map(|()| None)),
        "share" => ("shares", shares::share(&management, &manager, &visit.desk.project.id, &form).await.map(|()| None)),
        "unshare" => {
            let place = (visit.desk.project.id.as_str(), form.text("id"));
            ("shares", management.revoke_share(&manager, place).await.map(|()| None))
        }
        "remove" => {
            let place = (Some(visit.desk.project.id.as_str()), form.text("id"));
            ("members", management.remove_member(&manager, place).await.map(|()| None))
        }
        _ => return Err(Refused::Nothing("There is no such change".into())),
    };
    let outcome = match done {
        Ok(None) => return Ok(back(&visit)),
        Ok(secret) => Outcome { secret, ..Outcome::default() },
        Err(error) => {
            let refusal = Refusal { form: name, says: sentence(&error), typed: None };
            return again(&door, &visit, (&session, &manager), (error.status(), refusal));
        }
    };
    Ok(Html(drawn(&door, &visit, (&session, &manager), &outcome)?.into_string()).into_response())
}

/// The page again, with what is wrong with one of its forms.
pub(crate) fn again(
    door: &Door,
    visit: &Visit,
    who: (&Session, &Grant),
    (status, refusal): (StatusCode, Refusal),
) -> Result<Response, Refused> {
    let outcome = Outcome { refused: Some(refusal), ..Outcome::default() };
    Ok((status, Html(drawn(door, visit, who, &outcome)?.into_string())).into_response())
}

pub(crate) fn back(visit: &Visit) -> Response {
    Redirect::to(&address(visit)).into_response()
}

fn address(visit: &Visit) -> String {
    crate::view::View::default().link(&visit.desk.project.id, "settings")
}

pub(crate) fn sentence(error: &api::Error) -> String {
    let told = error.told();
    format!("{}: {}.", told.message, told.hint)
}

/// Changes the settings that were typed.
async fn settings(
    door: &Door,
    visit: &Visit,
    (session, manager): (&Session, &Grant),
    form: Form,
) -> Result<Response, Refused> {
    let project = &visit.desk.project;
    let changed = match fields::changes(&held(visit), &form) {
        Ok(changes) => {
            let names: Vec<String> = changes.keys().cloned().collect();
            let management = visit.desk.questions.management();
            let changed = management.change_settings(manager, &project.id, changes).await;
            changed.map_err(|error| (error.status(), fields::blamed(error.told().message, &names)))
        }
        Err(wrong) => Err((StatusCode::UNPROCESSABLE_ENTITY, wrong)),
    };
    let (status, wrong) = match changed {
        Ok(_) => return Ok(back(visit)),
        Err(refused) => refused,
    };
    let outcome = Outcome { typed: Some((form, wrong)), ..Outcome::default() };
    Ok((status, Html(drawn(door, visit, (session, manager), &outcome)?.into_string())).into_response())
}

async fn key(
    management: &Management,
    manager: &Grant,
    visit: &Visit,
    form: &Form,
) -> Result<(&'static str, String), api::Error> {
    let role: Role = form.text("role").parse()?;
    let new = NewKey {
        project: visit.desk.project.id.clone(),
        environment: form.text("environment").trim().to_owned(),
        role,
        bot_id: Some(form.text("bot").trim()).filter(|bot| !bot.is_empty()).map(str::to_owned),
        origins: form.text("origins").split_whitespace().map(str::to_owned).collect(),
    };
    let created = management.create_key(manager, new).await?;
    Ok(("The new key", created.key.reveal().to_owned()))
}

async fn invitation(
    management: &Management,
    manager: &Grant,
    (visit, headers): (&Visit, &HeaderMap),
    form: &Form,
) -> Result<(&'static str, String), api::Error> {
    let role: MemberRole = form.text("role").parse()?;
    let place = (Some(visit.desk.project.id.as_str()), role);
    let invited = management.invite(manager, form.text("email"), place).await?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if is_https(headers) { "https" } else { "http" };
    Ok(("The link of the invitation, to be handed on", format!("{scheme}://{host}{}", invited.link)))
}

async fn role(management: &Management, manager: &Grant, visit: &Visit, form: &Form) -> Result<(), api::Error> {
    let role: MemberRole = form.text("role").parse()?;
    management.change_role(manager, (&visit.desk.project.id, form.text("id")), role).await
}

fn drawn(
    door: &Door,
    visit: &Visit,
    (session, manager): (&Session, &Grant),
    outcome: &Outcome,
) -> Result<Markup, Refused> {
    let management = visit.desk.questions.management();
    let project = &visit.desk.project;
    let token = door.sessions.form_token(session);
    let start = |action: &str| html! { input type="hidden" name="token" value=(token); input type="hidden" name="do" value=(action); };
    let typed = outcome.typed.as_ref().map(|(form, wrong)| (form, wrong));
    let body = html! {
        @if let Some((what, secret)) = &outcome.secret {
            p .ban .info role="status" { span { (what) ", shown this once: " code .break { (secret) } } }
        }
        div .grid {
            section .panel .w12 aria-labelledby="own" {
                div .ph { div { h2 #own { "What this project decides about its figures" } p { "A change applies to the past, too. An empty field is the default." } } }
                form .pop method="post" action=(address(visit)) { (start("settings")) (fields::drawn(&held(visit), typed)) button .btn .pri type="submit" { "Save" } }
            }
            section .panel .w12 aria-labelledby="keys" {
                div .ph { h2 #keys { "Keys" } }
                (refusal(outcome, "keys"))
                (keys(&management.keys(manager, &project.id)?, &start, visit))
            }
            section .panel .w12 aria-labelledby="members" {
                div .ph { h2 #members { "Members" } }
                (refusal(outcome, "members"))
                (members(&management, manager, &start, visit)?)
            }
            section .panel .w12 aria-labelledby="look" {
                div .ph { div { h2 #look { "Look" } p { "Name, logo and colours of the pages of this project and of its shares" } } }
                (refusal(outcome, "look"))
                (look::drawn(project, &start("look"), outcome.refused.as_ref().and_then(|refusal| refusal.typed.as_ref())))
            }
            section .panel .w12 aria-labelledby="shares" {
                div .ph { h2 #shares { "Shares and embeds" } }
                (refusal(outcome, "shares"))
                (shares::drawn(&management.shares(manager, &project.id)?, &start, (visit, &address(visit))))
            }
        }
    };
    Ok(around(visit, &body))
}

/// The settings in force, as the API tells them.
fn held(visit: &Visit) -> Value {
    serde_json::to_value(&*visit.desk.project.settings).unwrap_or_default()
}

fn refusal(outcome: &Outcome, form: &str) -> Markup {
    html! { @if let Some(refusal) = outcome.refused.as_ref().filter(|refusal| refusal.form == form) { p .ban role="alert" { (refusal.says) } } }
}

fn keys(keys: &[Grant], start: &dyn Fn(&str) -> Markup, visit: &Visit) -> Markup {
    html! {
        div .tw { table .t {
            thead { tr { th scope="col" { "Id" } th scope="col" { "Role" } th scope="col" { "Environment" } th scope="col" { "Bot" } th scope="col" { "Origins" } th scope="col" { span .vh { "To change it" } } } }
            tbody { @for key in keys { tr {
                th scope="row" .mono { (key.key_id) }
                td { (key.role) } td { (key.environment) } td { (key.bot_id.as_deref().unwrap_or_default()) } td { (key.origins.join(" ")) }
                td .num { form .inline method="post" action=(address(visit)) { (start("revoke")) input type="hidden" name="id" value=(key.key_id); button .btn type="submit" { "Revoke" } } }
            } } }
        } }
        form .pop method="post" action=(address(visit)) {
            (start("key"))
            label { "Role" select name="role" { @for role in Role::ALL { option value=(role) selected[role == Role::Write] { (role) } } } }
            label { "Environment" input type="text" name="environment" value="production" required maxlength="40"; }
            label { "Bot, if it is one bot's key" input type="text" name="bot" maxlength="255"; }
            label { "Origins of the pages that may send with it, separated by spaces; for role browser" input type="text" name="origins" placeholder="https://shop.example"; }
            button .btn .pri type="submit" { "Create a key" }
        }
    }
}

fn roles(chosen: Option<MemberRole>) -> Markup {
    html! { @for role in MemberRole::ALL { option value=(role) selected[chosen == Some(role)] { (role) } } }
}

fn members(
    management: &Management,
    manager: &Grant,
    start: &dyn Fn(&str) -> Markup,
    visit: &Visit,
) -> Result<Markup, Refused> {
    let project = visit.desk.project.id.as_str();
    let (members, invitations) = management.members(manager, Some(project))?;
    let remove = |id: &str, says: &str| {
        html! { form .inline method="post" action=(address(visit)) { (start("remove")) input type="hidden" name="id" value=(id); button .btn type="submit" { (says) } } }
    };
    Ok(html! {
        div .tw { table .t {
            thead { tr { th scope="col" { "E-mail address" } th scope="col" { "Role" } th scope="col" { span .vh { "To change it" } } } }
            tbody {
                @for member in &members { tr {
                    th scope="row" { (member.email) }
                    td { form .inline method="post" action=(address(visit)) {
                        (start("role")) input type="hidden" name="id" value=(member.id);
                        select name="role" aria-label={"Role of " (member.email)} { (roles(member.roles.get(project).copied())) }
                        " " button .btn type="submit" { "Change" }
                    } }
                    td .num { (remove(&member.id, "Remove")) }
                } }
                @for invitation in &invitations { tr {
                    th scope="row" { (invitation.email.as_deref().unwrap_or_default()) " " span .tag { "invited" } }
                    td { (invitation.role) }
                    td .num { (remove(&invitation.id, "Withdraw")) }
                } }
            }
        } }
        form .pop method="post" action=(address(visit)) {
            (start("invite"))
            label { "E-mail address" input type="email" name="email" required maxlength="254" autocomplete="off"; }
            label { "Role" select name="role" { (roles(Some(MemberRole::Analyst))) } }
            button .btn .pri type="submit" { "Invite" }
        }
        p .note { "Owners change settings, keys and members. Analysts read everything. Agents read everything but the figures of single agents. Clients read figures and no conversations. Administrators own every project and are not listed." }
    })
}
