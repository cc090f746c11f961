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
    refused::{Missing, Refused},
    router::{Door, Visit, visit},
    session::{Session, is_https},
    shares,
    words::{Say, Words},
};

/// What was done, or why it was not.
#[derive(Debug, Default)]
struct Outcome {
    /// A secret that is shown this once: what it is, and itself.
    secret: Option<(Say, String)>,
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
            h2 { (visit.words.owners_alone()) }
            p { (visit.words.who_may_change()) }
        } }
    };
    around(visit, &body)
}

fn around(visit: &Visit, body: &Markup) -> Markup {
    let mut shell = visit.shell("settings", visit.words.settings());
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
        _ => return Err(Refused::Nothing(Missing::Change)),
    };
    let outcome = match done {
        Ok(None) => return Ok(back(&visit)),
        Ok(secret) => Outcome { secret, ..Outcome::default() },
        Err(error) => {
            let refusal = Refusal { form: name, says: sentence(&error, visit.words), typed: None };
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

pub(crate) fn sentence(error: &api::Error, words: Words) -> String {
    let told = error.told();
    if words.0 != chart::Locale::En {
        return words.told(&told);
    }
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
    let changed = match fields::changes(&held(visit), &form, visit.words) {
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
) -> Result<(Say, String), api::Error> {
    let role: Role = form.text("role").parse()?;
    let new = NewKey {
        project: visit.desk.project.id.clone(),
        environment: form.text("environment").trim().to_owned(),
        role,
        bot_id: Some(form.text("bot").trim()).filter(|bot| !bot.is_empty()).map(str::to_owned),
        origins: form.text("origins").split_whitespace().map(str::to_owned).collect(),
    };
    let created = management.create_key(manager, new).await?;
    Ok((Words::new_key, created.key.reveal().to_owned()))
}

async fn invitation(
    management: &Management,
    manager: &Grant,
    (visit, headers): (&Visit, &HeaderMap),
    form: &Form,
) -> Result<(Say, String), api::Error> {
    let role: MemberRole = form.text("role").parse()?;
    let place = (Some(visit.desk.project.id.as_str()), role);
    let invited = management.invite(manager, form.text("email"), place).await?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if is_https(headers) { "https" } else { "http" };
    Ok((Words::invitation_link, format!("{scheme}://{host}{}", invited.link)))
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
    let words = visit.words;
    let typed = outcome.typed.as_ref().map(|(form, wrong)| (form, wrong));
    let body = html! {
        @if let Some((what, secret)) = &outcome.secret {
            p .ban .info role="status" { span { (words.shown_once(what(words))) code .break { (secret) } } }
        }
        div .grid {
            section .panel .w12 aria-labelledby="own" {
                div .ph { div { h2 #own { (words.project_decides()) } p { (words.past_too()) } } }
                form .pop method="post" action=(address(visit)) { (start("settings")) (fields::drawn(&held(visit), typed, words)) button .btn .pri type="submit" { (words.save()) } }
            }
            section .panel .w12 aria-labelledby="keys" {
                div .ph { h2 #keys { (words.keys()) } }
                (refusal(outcome, "keys"))
                (keys(&management.keys(manager, &project.id)?, &start, visit))
            }
            section .panel .w12 aria-labelledby="members" {
                div .ph { h2 #members { (words.members()) } }
                (refusal(outcome, "members"))
                (members(&management, manager, &start, visit)?)
            }
            section .panel .w12 aria-labelledby="look" {
                div .ph { div { h2 #look { (words.look()) } p { (words.look_says()) } } }
                (refusal(outcome, "look"))
                (look::drawn((project, words), &start("look"), outcome.refused.as_ref().and_then(|refusal| refusal.typed.as_ref())))
            }
            section .panel .w12 aria-labelledby="shares" {
                div .ph { h2 #shares { (words.shares_and_embeds()) } }
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
    let words = visit.words;
    html! {
        div .tw { table .t {
            thead { tr { th scope="col" { (words.id()) } th scope="col" { (words.role()) } th scope="col" { (words.environment()) } th scope="col" { (words.bot()) } th scope="col" { (words.origins()) } th scope="col" { span .vh { (words.to_change_it()) } } } }
            tbody { @for key in keys { tr {
                th scope="row" .mono { (key.key_id) }
                td { (key.role) } td { (key.environment) } td { (key.bot_id.as_deref().unwrap_or_default()) } td { (key.origins.join(" ")) }
                td .num { form .inline method="post" action=(address(visit)) { (start("revoke")) input type="hidden" name="id" value=(key.key_id); button .btn type="submit" { (words.revoke()) } } }
            } } }
        } }
        form .pop method="post" action=(address(visit)) {
            (start("key"))
            label { (words.role()) select name="role" { @for role in Role::ALL { option value=(role) selected[role == Role::Write] { (role) } } } }
            label { (words.environment()) input type="text" name="environment" value="production" required maxlength="40"; }
            label { (words.bot_of_key()) input type="text" name="bot" maxlength="255"; }
            label { (words.origins_of_key()) input type="text" name="origins" placeholder="https://shop.example"; }
            button .btn .pri type="submit" { (words.create_key()) }
        }
    }
}

fn roles(chosen: Option<MemberRole>, words: Words) -> Markup {
    html! { @for role in MemberRole::ALL { option value=(role) selected[chosen == Some(role)] { (role_name(role, words)) } } }
}

fn role_name(role: MemberRole, words: Words) -> &'static str {
    words.member_role(role.name()).unwrap_or(role.name())
}

fn members(
    management: &Management,
    manager: &Grant,
    start: &dyn Fn(&str) -> Markup,
    visit: &Visit,
) -> Result<Markup, Refused> {
    let (project, words) = (visit.desk.project.id.as_str(), visit.words);
    let (members, invitations) = management.members(manager, Some(project))?;
    let remove = |id: &str, says: &str| {
        html! { form .inline method="post" action=(address(visit)) { (start("remove")) input type="hidden" name="id" value=(id); button .btn type="submit" { (says) } } }
    };
    Ok(html! {
        div .tw { table .t {
            thead { tr { th scope="col" { (words.email()) } th scope="col" { (words.role()) } th scope="col" { span .vh { (words.to_change_it()) } } } }
            tbody {
                @for member in &members { tr {
                    th scope="row" { (member.email) }
                    td { form .inline method="post" action=(address(visit)) {
                        (start("role")) input type="hidden" name="id" value=(member.id);
                        select name="role" aria-label=(words.role_of(&member.email)) { (roles(member.roles.get(project).copied(), words)) }
                        " " button .btn type="submit" { (words.change_role()) }
                    } }
                    td .num { (remove(&member.id, words.remove())) }
                } }
                @for invitation in &invitations { tr {
                    th scope="row" { (invitation.email.as_deref().unwrap_or_default()) " " span .tag { (words.invited_tag()) } }
                    td { (role_name(invitation.role, words)) }
                    td .num { (remove(&invitation.id, words.withdraw())) }
                } }
            }
        } }
        form .pop method="post" action=(address(visit)) {
            (start("invite"))
            label { (words.email()) input type="email" name="email" required maxlength="254" autocomplete="off"; }
            label { (words.role()) select name="role" { (roles(Some(MemberRole::Analyst), words)) } }
            button .btn .pri type="submit" { (words.invite()) }
        }
        p .note { (words.roles_note()) }
    })
}
