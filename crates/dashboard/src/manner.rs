//! How pages are shown to somebody: in which theme and which language. Both are chosen by a form that needs no script, and kept in a
//! cookie; a language that nobody chose is the project's, else what the browser asks for.

use axum::{
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use chart::Locale;

use crate::{form::Form, refused::Refused, router::own, session::cookie, shell::Theme, words::Words};

/// The cookie that remembers the theme.
const THEME: &str = "rapport_theme";
/// The cookie that remembers the language.
const LANGUAGE: &str = "rapport_language";
/// How the addresses of pages begin that a form may lead back to: one that begins with two slashes is another server's.
const BACK: [&str; 5] = ["/p/", "/sign-in", "/join/", "/account", "/admin"];

/// A theme and a language.
pub(crate) type Manner = (Theme, Words);

/// How pages are shown to who sent this, of a project with that language if it has one.
pub(crate) fn manner(headers: &HeaderMap, of_project: Option<&str>) -> Manner {
    let theme = cookie(headers, THEME).map_or(Theme::System, |name| Theme::of_name(&name));
    let chosen = cookie(headers, LANGUAGE).and_then(|tag| Locale::of_tag(&tag));
    let accepted = || headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok().and_then(Locale::accepted);
    let locale = chosen.or_else(|| of_project.and_then(Locale::of_tag)).or_else(accepted);
    (theme, Words(locale.unwrap_or_default()))
}

/// Remembers a theme, and goes back.
pub(crate) async fn theme(headers: HeaderMap, body: String) -> Result<Response, Refused> {
    own(&headers)?;
    let form = Form::read(&body);
    let name = Theme::of_name(form.text("theme")).name().unwrap_or("system");
    Ok(kept(THEME, name, form.text("back")))
}

/// Remembers a language, and goes back.
pub(crate) async fn language(headers: HeaderMap, body: String) -> Result<Response, Refused> {
    own(&headers)?;
    let form = Form::read(&body);
    let locale = Locale::of_tag(form.text("language")).unwrap_or_default();
    Ok(kept(LANGUAGE, locale.tag(), form.text("back")))
}

/// Keeps a choice for a year.
fn kept(cookie: &str, value: &str, back: &str) -> Response {
    let back = if BACK.iter().any(|start| back.starts_with(start)) { back } else { "/" };
    let cookie = format!("{cookie}={value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
    ([(header::SET_COOKIE, cookie)], Redirect::to(back)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(cookie: &'static str, accepted: &'static str, project: Option<&str>) -> (Theme, Locale) {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepted));
        let (theme, words) = manner(&headers, project);
        (theme, words.0)
    }

    #[test]
    fn the_theme_is_read_from_its_cookie_alone() {
        assert_eq!(of("a=b; rapport_theme=dark", "", None).0, Theme::Dark);
        assert_eq!(of("rapport_theme=<script>", "", None).0, Theme::System);
        assert_eq!(manner(&HeaderMap::new(), None), (Theme::System, Words(Locale::En)));
    }

    #[test]
    fn a_language_is_the_persons_else_the_projects_else_the_browsers_else_english() {
        assert_eq!(of("rapport_language=it", "es", Some("pt")).1, Locale::It);
        assert_eq!(of("rapport_language=<b>", "es", Some("pt")).1, Locale::Pt);
        assert_eq!(of("", "fr, es;q=0.5", None).1, Locale::Es);
        assert_eq!(of("", "fr", None).1, Locale::En);
    }
}
