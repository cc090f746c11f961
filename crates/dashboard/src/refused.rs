//! Pages that are not shown, and why: said in the language of who asked.

use std::sync::Arc;

use api::Told;
use axum::{
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use maud::{Markup, html};

use crate::{
    access::Closed,
    manner::manner,
    shell::document,
    words::{Say, Words},
};

/// Why a page is not shown.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Nobody may look here without signing in.
    Closed(Closed),
    /// A form of another page.
    Foreign,
    /// The visitor's role does not allow it; says who may.
    Forbidden(Say),
    /// There is no such page, project or conversation.
    Nothing(Missing),
    /// The question was not answered.
    Told(StatusCode, Told),
}

impl From<api::Error> for Refused {
    fn from(error: api::Error) -> Refused {
        match error {
            api::Error::NotFound { .. } | api::Error::NoConversation(_) => {
                Refused::Nothing(Missing::Told(error.to_string()))
            }
            other => Refused::Told(other.status(), other.told()),
        }
    }
}

/// What is not there.
#[derive(Debug)]
pub(crate) enum Missing {
    /// A project that the visitor may see.
    Project,
    /// Any such project.
    AnyProject,
    Page,
    /// A change that a form asks for.
    Change,
    /// A drawing of a panel.
    Drawing,
    /// Anything that a panel could draw in the range.
    Drawable,
    /// A metric, by the name that was asked for.
    Metric(String),
    /// The password of a key.
    Password,
    /// What the API says is not there.
    Told(String),
}

impl Missing {
    fn says(&self, words: Words) -> String {
        match self {
            Missing::Project => words.no_such_project().to_owned(),
            Missing::AnyProject => words.no_project_yet().to_owned(),
            Missing::Page => words.no_such_page().to_owned(),
            Missing::Change => words.no_such_change().to_owned(),
            Missing::Drawing => words.no_such_drawing().to_owned(),
            Missing::Drawable => words.nothing_to_draw().to_owned(),
            Missing::Metric(name) => words.no_metric(name),
            Missing::Password => words.key_has_no_password().to_owned(),
            Missing::Told(message) => words.missing(message),
        }
    }
}

/// A refusal on its way to who can say it in the visitor's language: `spoken`.
#[derive(Debug, Clone)]
struct Unspoken(Arc<Refused>);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Unspoken(Arc::new(self)));
        response
    }
}

/// Says what was refused in the visitor's language. A project's language is not looked at: whether there is one of that name is none of
/// the business of somebody who was refused.
pub(crate) async fn spoken(request: Request, next: Next) -> Response {
    let (theme, words) = manner(request.headers(), None);
    let mut response = next.run(request).await;
    let Some(Unspoken(refused)) = response.extensions_mut().remove() else { return response };
    let (head, text) = refused.says(words);
    let body = html! { main .alone { h1 { (head) } p { (text) } } };
    (refused.status(), Html(document(head, (theme, words), &body).into_string())).into_response()
}

impl Refused {
    fn status(&self) -> StatusCode {
        match self {
            Refused::Closed(_) | Refused::Foreign | Refused::Forbidden(_) => StatusCode::FORBIDDEN,
            Refused::Nothing(_) => StatusCode::NOT_FOUND,
            Refused::Told(status, _) => *status,
        }
    }

    /// A head, and what is to be said below it.
    fn says(&self, words: Words) -> (&'static str, Markup) {
        let overview = html! { a href="/" { (words.to_the_overview()) } "." };
        match self {
            Refused::Closed(why) => {
                (words.sign_in(), html! { (why.says(words)) " " a href="/sign-in" { (words.sign_in()) } "." })
            }
            Refused::Foreign => (words.not_from_here(), html! { (words.form_of_another()) }),
            Refused::Forbidden(who) => (words.not_for_role(), html! { (who(words)) " " (overview) }),
            Refused::Nothing(what) => (words.nothing_here(), html! { (what.says(words)) ". " (overview) }),
            Refused::Told(_, told) => {
                let id = told.id.as_ref().map(|id| html! { (words.error_id()) code { (id) } "." });
                (words.page_did_not_load(), html! { (words.told(told)) (id.unwrap_or_default()) })
            }
        }
    }
}
