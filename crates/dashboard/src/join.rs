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
    router::{Door, Refused, own},
    session::{Session, Sessions, Visitor},
    shell::{Theme, document},
};

/// A page that belongs to no project.
pub(crate) fn alone(title: &str, wrong: Option<&str>, body: &Markup) -> Html<String> {
    let main = html! {
        main .alone {
            h1 { (title) }
            @if let Some(wrong) = wrong { p .ban role="alert" { (wrong) } }
            (body)
        }
    };
    Html(document(title, Theme::System, &main).into_string())
}

/// The form of signing in.
pub(crate) async fn sign_in_form() -> Html<String> {
    signing_in(None)
}

fn signing_in(wrong: Option<&str>) -> Html<String> {
    let body = html! {
        form .pop method="post" action="/sign-in" {
            label { "E-mail address" input type="email" name="email" required maxlength="254" autocomplete="username"; }
            label { "Password" input type="password" name="password" required maxlength="200" autocomplete="current-password"; }
            button .btn .pri type="submit" { "Sign in" }
        }
        h2 .sub { "Or with a key" }
        form .pop method="post" action="/sign-in" {
            label { "Key that may read" input type="password" name="key" required maxlength="200" autocomplete="off"; }
            button .btn type="submit" { "Sign in with the key" }
        }
        p .note { code { "rapport key create --project NAME --role read" } " makes one. A session lasts twelve hours, or until its key is revoked." }
    };
    alone("Sign in", wrong, &body)
}

/// Signs somebody in, by address and password or by a key.
pub(crate) async fn sign_in(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Refused> {
    own(&headers)?;
    let (form, control) = (Form::read(&body), door.control());
    let refused = |status: StatusCode, wrong: &str| (status, signing_in(Some(wrong))).into_response();
    let visitor = match form.get("email") {
        Some(email) => match control.sign_in(email, form.text("password"), door.now()).await {
            Ok(member) => Visitor::Member(member),
            Err(error) => return Ok(refused(status(&error), &said(&error))),
        },
        None => match Visitor::of_key(control, form.text("key").trim()) {
            Some(visitor) => visitor,
            None => return Ok(refused(StatusCode::FORBIDDEN, "This is no key that may read here.")),
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
pub(crate) async fn join_form(State(door): State<Arc<Door>>, Path(token): Path<String>) -> Response {
    match door.control().invited(&door.sessions.tokens, &token, door.now()) {
        Some(invitation) => joining(&door, &invitation, None).into_response(),
        None => over(),
    }
}

fn over() -> Response {
    let body = html! { p { "It was taken, withdrawn or replaced, or more than 24 hours have passed. Ask whoever gave it to you for another one. " a href="/sign-in" { "Sign in" } "." } };
    (StatusCode::NOT_FOUND, alone("This link is over", None, &body)).into_response()
}

fn joining(door: &Door, invitation: &Invitation, wrong: Option<&str>) -> Html<String> {
    let project = invitation.project.as_deref();
    let name =
        project.map(|id| door.control().project(id).map_or_else(|| id.to_owned(), |project| project.name.clone()));
    let is_member = invitation.email.as_deref().is_some_and(|email| door.control().is_member(email));
    let body = html! {
        p { @match &name { Some(name) => { "You are invited to " b { (name) } " as " (invitation.role) "." }, None => "You will own every project here." } }
        form .pop method="post" {
            @match &invitation.email {
                Some(email) => label { "E-mail address" input type="email" name="email" value=(email) readonly autocomplete="username"; },
                None => label { "E-mail address" input type="email" name="email" required maxlength="254" autocomplete="username"; },
            }
            @if is_member {
                label { "The password that you have here" input type="password" name="password" required maxlength="200" autocomplete="current-password"; }
            } @else {
                label { "Password, at least 10 characters" input type="password" name="password" required minlength="10" maxlength="200" autocomplete="new-password"; }
            }
            button .btn .pri type="submit" { "Join" }
        }
    };
    alone("Join", wrong, &body)
}

/// Takes an invitation.
pub(crate) async fn join(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Path(token): Path<String>,
    body: String,
) -> Result<Response, Refused> {
    own(&headers)?;
    let Some(invitation) = door.control().invited(&door.sessions.tokens, &token, door.now()) else { return Ok(over()) };
    let form = Form::read(&body);
    let joiner = Joining { email: form.text("email").to_owned(), password: form.text("password").to_owned() };
    Ok(match door.control().join(&invitation.id, joiner, door.now()).await {
        Ok(member) => begun(&door, &headers, &Visitor::Member(member), "/"),
        Err(Error::InvitationOver) => over(),
        Err(error) => (status(&error), joining(&door, &invitation, Some(&said(&error)))).into_response(),
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
    Ok(account_of(&door, &door.signed_in(&headers)?, None))
}

fn account_of(door: &Door, session: &Session, wrong: Option<&str>) -> Html<String> {
    let token = html! { input type="hidden" name="token" value=(door.sessions.form_token(session)); };
    let body = html! {
        @match &session.visitor {
            Visitor::Key(grant) => p { "You signed in with the key " code { (grant.key_id) } "." },
            Visitor::Member(member) => {
                p { "You signed in as " b { (member.email) } "." }
                form .pop method="post" action="/account/password" {
                    (token)
                    label { "Your password" input type="password" name="password" required maxlength="200" autocomplete="current-password"; }
                    label { "New password, at least 10 characters" input type="password" name="new" required minlength="10" maxlength="200" autocomplete="new-password"; }
                    button .btn .pri type="submit" { "Change the password" }
                }
                p .note { "Changing it ends your sessions at all other browsers." }
                form .pop method="post" action="/sign-out/everywhere" { (token) button .btn type="submit" { "Sign out everywhere" } }
            }
        }
        form .pop method="post" action="/sign-out" { (token) button .btn type="submit" { "Sign out" } }
        @if matches!(&session.visitor, Visitor::Member(member) if member.is_administrator) { p .note { a href="/admin" { "All projects and administrators" } } }
        p .note { a href="/" { "Back to the figures" } }
    };
    alone("Your account", wrong, &body)
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
        return Err(Refused::Nothing("A key has no password".into()));
    };
    let passwords = (form.text("password"), form.text("new"));
    Ok(match door.control().change_password(&member.id, passwords, door.now()).await {
        Ok(member) => begun(&door, &headers, &Visitor::Member(member), "/account"),
        Err(error) => (status(&error), account_of(&door, &session, Some(&said(&error)))).into_response(),
    })
}

/// The status of what the control log refuses, as the API has it.
fn status(error: &Error) -> StatusCode {
    api::status_of(error)
}

/// A refusal as a sentence.
fn said(error: &Error) -> String {
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
