//! The part of the settings page where a project's name, logo and colours are changed. A file can be sent with its form, so it has an
//! address of its own.

use std::sync::Arc;

use api::Told;
use axum::{
    body::{Body, Bytes},
    extract::{Path, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use control::{Brand, Colour, LOGO_BYTES_MAX, Project};
use maud::{Markup, html};

use crate::{
    brand::sign,
    form::Form,
    refused::Refused,
    router::{Door, visit},
    settings::{self, Refusal},
    view::View,
    words::Words,
};

/// Largest form, bytes: a logo with what stands around it.
pub(crate) const FORM_BYTES_MAX: usize = LOGO_BYTES_MAX + (16 << 10);
/// Most fields of the form.
const FIELDS_MAX: usize = 20;
/// Colours that may be given. What they are of, `words::shares` says.
const COLOURS: [&str; 4] = ["accent", "accent_dark", "chart", "chart_dark"];
/// Most of a colour that is none is said again, in characters.
const COLOUR_CHARS_MAX: usize = 20;

/// `POST /p/{project}/settings/look`.
pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Path(project): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    let body = body.map_err(|rejected| too_large(rejected.status()))?;
    let (form, file) = read(&headers, body).await.ok_or(Refused::Foreign)?;
    let session = door.changing(&headers, &form)?;
    let visit = visit(&door, &headers, &project, None)?;
    let (session, manager) = settings::managing(session, &visit).ok_or(Refused::Forbidden(Words::look_is_for))?;
    let management = visit.desk.questions.management();
    let id = &visit.desk.project.id;
    let done = async {
        let brand = brand(&form, visit.words)?;
        let failed = |error: api::Error| (error.status(), settings::sentence(&error, visit.words));
        if !file.is_empty() {
            management.change_logo(&manager, id, Some(&file)).await.map_err(failed)?;
        } else if form.get("no_logo").is_some() {
            management.change_logo(&manager, id, None).await.map_err(failed)?;
        }
        management.change_brand(&manager, id, brand).await.map_err(failed)
    };
    match done.await {
        Ok(_) => Ok(settings::back(&visit)),
        Err((status, says)) => {
            let refusal = Refusal { form: "look", says, typed: Some(form) };
            settings::again(&door, &visit, (&session, &manager), (status, refusal))
        }
    }
}

/// What is larger than a logo with its form may be.
fn too_large(status: StatusCode) -> Refused {
    let message = format!("a logo has at most {} KiB", LOGO_BYTES_MAX >> 10);
    Refused::Told(status, Told { code: "invalid_brand", message, hint: "Send a smaller one".into(), id: None })
}

/// The fields of a form with a file, and the file. None for what is no such form.
async fn read(headers: &HeaderMap, body: Bytes) -> Option<(Form, Bytes)> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let boundary = multer::parse_boundary(kind).ok()?;
    let mut parts = multer::Multipart::new(Body::from(body).into_data_stream(), boundary);
    let (mut fields, mut file) = (Vec::new(), Bytes::new());
    while let Some(part) = parts.next_field().await.ok()? {
        let name = part.name()?.to_owned();
        if name == "logo" {
            file = part.bytes().await.ok()?;
        } else if fields.len() < FIELDS_MAX {
            fields.push((name, part.text().await.ok()?));
        }
    }
    Some((Form::of(fields), file))
}

/// What the fields say; which one is wrong, and why.
fn brand(form: &Form, words: Words) -> Result<Brand, (StatusCode, String)> {
    let text = |name: &str| Some(form.text(name).trim()).filter(|text| !text.is_empty()).map(str::to_owned);
    let colour = |name: &str| {
        let Some(text) = text(name) else { return Ok(None) };
        let wrong = || format!("{:?}", text.chars().take(COLOUR_CHARS_MAX).collect::<String>());
        let says = |_| (StatusCode::UNPROCESSABLE_ENTITY, words.is_no_colour(name, wrong()));
        text.parse::<Colour>().map(Some).map_err(says)
    };
    Ok(Brand {
        name: text("name"),
        accent: colour("accent")?,
        accent_dark: colour("accent_dark")?,
        chart: colour("chart")?,
        chart_dark: colour("chart_dark")?,
        domain: text("domain"),
        sender: text("sender"),
    })
}

/// The form, with what was typed where that was refused.
pub(crate) fn drawn((project, words): (&Project, Words), start: &Markup, typed: Option<&Form>) -> Markup {
    let brand = &*project.brand;
    let held = serde_json::to_value(brand).unwrap_or_default();
    let value = |name: &str| {
        let held = held[name].as_str().unwrap_or_default();
        typed.map_or(held, |typed| typed.text(name)).to_owned()
    };
    let action = format!("{}/look", View::default().link(&project.id, "settings"));
    html! {
        form .pop .look method="post" action=(action) enctype="multipart/form-data" {
            (start)
            label { (words.name_instead()) input type="text" name="name" maxlength="60" value=(value("name")) autocomplete="off"; }
            @for name in COLOURS {
                label { (words.colour_says(name).unwrap_or(name)) input type="text" name=(name) value=(value(name)) maxlength="7" pattern="#[0-9a-fA-F]{6}" spellcheck="false" autocomplete="off"; }
            }
            label { (words.logo_file()) input type="file" name="logo" accept="image/png,image/jpeg,image/webp"; }
            @if project.logo.is_some() {
                p .logo-now { (sign(project)) }
                label .check { input type="checkbox" name="no_logo" value="1"; span { (words.no_logo()) } }
            }
            label { (words.domain_of_shares()) input type="text" name="domain" maxlength="253" value=(value("domain")) placeholder="figures.shop.example" spellcheck="false" autocomplete="off"; }
            label { (words.sender_of_mails()) input type="email" name="sender" maxlength="254" value=(value("sender")) autocomplete="off"; }
            button .btn .pri type="submit" { (words.save_look()) }
        }
        p .note { (words.look_note()) }
    }
}
