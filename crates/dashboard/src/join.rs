//! How people get in and out: the link of an invitation, signing in and out, and what members change of themselves.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use control::{Error, Invitation, Joining};
use maud::{Markup, html};

use crate::{
    form::Form,
    manner::{Manner, manner},
    refused::{Missing, Refused},
    router::{Door, own},
    session::{Session, Sessions, Visitor},
    shell::{document, language_form},
    words::{Words, marked},
};

/// A page that belongs to no project.
pub(crate) fn alone(
    (theme, words): Manner,
    (title, back): (&str, &str),
    wrong: Option<&str>,
    body: &Markup,
) -> Html<String> {
    let main = html! {
        main .alone {
            h1 { (title) }
            @if let Some(wrong) = wrong { p .ban role="alert" { (wrong) } }
            (body)
            nav .alone-languages aria-label=(words.language()) { (language_form(words, back)) }
        }
    };
    Html(document(title, (theme, words), &main).into_string())
}

/// The form of signing in.
pub(crate) async fn sign_in_form(headers: HeaderMap) -> Html<String> {
    signing_in(manner(&headers, None), None)
}

fn signing_in(manner: Manner, wrong: Option<&str>) -> Html<String> {
    let words = manner.1;
    let body = html! {
        form .pop method="post" action="/sign-in" {
            label { (words.email()) input type="email" name="email" required maxlength="254" autocomplete="username"; }
            label { (words.password()) input type="password" name="password" required maxlength="200" autocomplete="current-password"; }
            button .btn .pri type="submit" { (words.sign_in()) }
        }
        h2 .sub { (words.or_with_key()) }
        form .pop method="post" action="/sign-in" {
            label { (words.key_that_reads()) input type="password" name="key" required maxlength="200" autocomplete="off"; }
            button .btn type="submit" { (words.sign_in_with_key()) }
        }
        p .note { (marked(words.makes_a_key(html! { code { "rapport key create --project NAME --role read" } }.into_string()))) }
    };
    alone(manner, (words.sign_in(), "/sign-in"), wrong, &body)
}

/// Signs somebody in, by address and password or by a key.
pub(crate) async fn sign_in(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Refused> {
    own(&headers)?;
    let (form, control) = (Form::read(&body), door.control());
    let manner = manner(&headers, None);
    let refused = |status: StatusCode, wrong: &str| (status, signing_in(manner, Some(wrong))).into_response();
    let visitor = match form.get("email") {
        Some(email) => match control.sign_in(email, form.text("password"), door.now()).await {
            Ok(member) => Visitor::Member(member),
            Err(error) => return Ok(refused(status(&error), &said(&error, manner.1))),
        },
        None => match Visitor::of_key(control, form.text("key").trim()) {
            Some(visitor) => visitor,
            None => return Ok(refused(StatusCode::FORBIDDEN, manner.1.no_key_here())),
        },
    };
    Ok(begun(&door, &headers, &visitor, "/"))
}

/// Leads to a page with a session that begins.
fn begun(door: &Door, headers: &HeaderMap, visitor: &Visitor, to: &str) -> Response {
    match door.sessions.begin(door.control(), visitor, headers, door.now()) {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response(),
        None => Redirect::to("/sign-in").into_response(),
    }
}

/// The page that an invitation's link leads to.
pub(crate) async fn join_form(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Response {
    let manner = manner(&headers, None);
    match door.control().invited(&door.sessions.tokens, &token, door.now()) {
        Some(invitation) => joining(&door, manner, (&invitation, &token), None).into_response(),
        None => over(manner),
    }
}

fn over(manner: Manner) -> Response {
    let words = manner.1;
    let body = html! { p { (words.ask_for_another()) " " a href="/sign-in" { (words.sign_in()) } "." } };
    (StatusCode::NOT_FOUND, alone(manner, (words.link_is_over(), "/sign-in"), None, &body)).into_response()
}

fn joining(door: &Door, manner: Manner, (invitation, token): (&Invitation, &str), wrong: Option<&str>) -> Html<String> {
    let words = manner.1;
    let role = invitation.role.name();
    let role = words.member_role(role).unwrap_or(role);
    let project = invitation.project.as_deref();
    let name =
        project.map(|id| door.control().project(id).map_or_else(|| id.to_owned(), |project| project.name.clone()));
    let is_member = invitation.email.as_deref().is_some_and(|email| door.control().is_member(email));
    let body = html! {
        p { @match &name { Some(name) => (marked(words.invited(html! { b { (name) } }.into_string(), role))), None => (words.owns_everything()) } }
        form .pop method="post" {
            @match &invitation.email {
                Some(email) => label { (words.email()) input type="email" name="email" value=(email) readonly autocomplete="username"; },
                None => label { (words.email()) input type="email" name="email" required maxlength="254" autocomplete="username"; },
            }
            @if is_member {
                label { (words.password_here()) input type="password" name="password" required maxlength="200" autocomplete="current-password"; }
            } @else {
                label { (words.new_password_here()) input type="password" name="password" required minlength="10" maxlength="200" autocomplete="new-password"; }
            }
            button .btn .pri type="submit" { (words.join()) }
        }
    };
    alone(manner, (words.join(), &format!("/join/{token}")), wrong, &body)
}

/// Takes an invitation.
pub(crate) async fn join(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Path(token): Path<String>,
    body: String,
) -> Result<Response, Refused> {
    own(&headers)?;
    let manner = manner(&headers, None);
    let Some(invitation) = door.control().invited(&door.sessions.tokens, &token, door.now()) else {
        return Ok(over(manner));
    };
    let form = Form::read(&body);
    let joiner = Joining { email: form.text("email").to_owned(), password: form.text("password").to_owned() };
    Ok(match door.control().join(&invitation.id, joiner, door.now()).await {
        Ok(member) => begun(&door, &headers, &Visitor::Member(member), "/"),
        Err(Error::InvitationOver) => over(manner),
        Err(error) => (status(&error), joining(&door, manner, (&invitation, &token), Some(&said(&error, manner.1))))
            .into_response(),
    })
}

/// Ends the session at this browser.
pub(crate) async fn sign_out(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Refused> {
    door.changing(&headers, &Form::read(&body))?;
    Ok(ended())
}

/// Ends all sessions of a member.
pub(crate) async fn sign_out_everywhere(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Refused> {
    let session = door.changing(&headers, &Form::read(&body))?;
    if let Visitor::Member(member) = &session.visitor {
        door.control().end_sessions(&member.id).await.map_err(api::Error::from)?;
    }
    Ok(ended())
}

fn ended() -> Response {
    ([(header::SET_COOKIE, Sessions::end())], Redirect::to("/sign-in")).into_response()
}

/// What somebody who signed in changes of themselves.
pub(crate) async fn account(State(door): State<Arc<Door>>, headers: HeaderMap) -> Result<Html<String>, Refused> {
    Ok(account_of(&door, manner(&headers, None), &door.signed_in(&headers)?, None))
}

fn account_of(door: &Door, manner: Manner, session: &Session, wrong: Option<&str>) -> Html<String> {
    let words = manner.1;
    let token = html! { input type="hidden" name="token" value=(door.sessions.form_token(session)); };
    let body = html! {
        @match &session.visitor {
            Visitor::Key(grant) => p { (marked(words.signed_in_with_key(html! { code { (grant.key_id) } }.into_string()))) },
            Visitor::Member(member) => {
                p { (marked(words.signed_in_as(html! { b { (member.email) } }.into_string()))) }
                form .pop method="post" action="/account/password" {
                    (token)
                    label { (words.your_password()) input type="password" name="password" required maxlength="200" autocomplete="current-password"; }
                    label { (words.new_password()) input type="password" name="new" required minlength="10" maxlength="200" autocomplete="new-password"; }
                    button .btn .pri type="submit" { (words.change_password()) }
                }
                p .note { (words.changing_ends()) }
                form .pop method="post" action="/sign-out/everywhere" { (token) button .btn type="submit" { (words.sign_out_everywhere()) } }
            }
        }
        form .pop method="post" action="/sign-out" { (token) button .btn type="submit" { (words.sign_out()) } }
        @if matches!(&session.visitor, Visitor::Member(member) if member.is_administrator) { p .note { a href="/admin" { (words.projects_and_administrators()) } } }
        p .note { a href="/" { (words.back_to_figures()) } }
    };
    alone(manner, (words.your_account(), "/account"), wrong, &body)
}

/// Changes a member's password; the session goes on, their others end.
pub(crate) async fn password(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Refused> {
    let form = Form::read(&body);
    let session = door.changing(&headers, &form)?;
    let Visitor::Member(member) = &session.visitor else {
        return Err(Refused::Nothing(Missing::Password));
    };
    let manner = manner(&headers, None);
    let passwords = (form.text("password"), form.text("new"));
    Ok(match door.control().change_password(&member.id, passwords, door.now()).await {
        Ok(member) => begun(&door, &headers, &Visitor::Member(member), "/account"),
        Err(error) => {
            (status(&error), account_of(&door, manner, &session, Some(&said(&error, manner.1)))).into_response()
        }
    })
}

/// The status of what the control log refuses, as the API has it.
fn status(error: &Error) -> StatusCode {
    api::status_of(error)
}

/// A refusal as a sentence.
fn said(error: &Error, words: Words) -> String {
    if words.0 != chart::Locale::En {
        return words.of_code(error.code());
    }
    let text = match error {
        Error::Journal(_) => "the journal does not answer at present: try again in a moment".to_owned(),
        Error::TooManyTries => format!("{error}: try again in ten minutes"),
        Error::Busy => format!("{error}: try again in a moment"),
        told => told.to_string(),
    };
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}
