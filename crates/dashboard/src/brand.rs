//! The look of a project's pages: its name and logo, and a stylesheet of its colours, which comes after the program's own. The policy of
//! pages allows no style in line, so colours are a file, at an address of its content.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use control::{Colour, DARK, LIGHT, Palette, Project};
use maud::{Markup, html};
use sha2::{Digest, Sha256};

use crate::{icon::mark, router::Door};

/// What text needs on its ground, and what graphics do.
const TEXT: f64 = 4.5;
const GRAPHICS: f64 = 3.0;
/// How much of the colour of charts is in each step of a ramp, light and dark.
const RAMP: [(&str, f64, f64); 4] = [("q1", 0.14, 0.18), ("q2", 0.3, 0.36), ("q3", 0.5, 0.55), ("q4", 0.75, 0.78)];

/// The name on a project's pages.
pub(crate) fn name(project: &Project) -> &str {
    project.brand.name.as_deref().unwrap_or("Rapport")
}

/// What stands for whose pages these are: the logo, or a name.
pub(crate) fn sign(project: &Project) -> Markup {
    let own = project.brand.name.as_deref();
    html! {
        @match logo_path(project) {
            Some(path) => { img .logo src=(path) alt=(own.unwrap_or(&project.name)); }
            None if own.is_some() => { (name(project)) }
            None => { (mark()) "Rapport" }
        }
    }
}

/// The address of a project's stylesheet; None where it has no colours of its own.
pub(crate) fn sheet_path(project: &Project) -> Option<String> {
    sheet(project).map(|sheet| format!("/brand/{}.css", hash(sheet.as_bytes())))
}

fn logo_path(project: &Project) -> Option<String> {
    project.logo.as_ref().map(|logo| format!("/brand/{}", hash(&logo.bytes)))
}

/// `GET /brand/{file}`: a stylesheet or a logo of some project. Addresses are hashes of what they give, so that who has one has seen it on
/// a page.
pub(crate) async fn file(State(door): State<Arc<Door>>, Path(file): Path<String>) -> Response {
    let forever = (header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    for project in door.control().projects() {
        if let Some(logo) = project.logo.as_ref().filter(|logo| hash(&logo.bytes) == file) {
            return ([(header::CONTENT_TYPE, logo.kind.media_type()), forever], logo.bytes.to_vec()).into_response();
        }
        let Some(wanted) = file.strip_suffix(".css") else { continue };
        if let Some(sheet) = sheet(&project).filter(|sheet| hash(sheet.as_bytes()) == wanted) {
            return ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), forever], sheet).into_response();
        }
    }
    StatusCode::NOT_FOUND.into_response()
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A project's colours in place of the program's.
fn sheet(project: &Project) -> Option<String> {
    let (light, dark) = project.brand.palettes()?;
    let pairs = tokens(light, dark).into_iter();
    let declared: Vec<String> =
        pairs.map(|(token, light, dark)| format!("--{token}:light-dark({light},{dark})")).collect();
    Some(format!(":root{{{}}}\n", declared.join(";")))
}

/// Tokens of the stylesheet with their colours in the light and the dark theme.
pub(crate) fn tokens(light: Palette, dark: Palette) -> Vec<(&'static str, Colour, Colour)> {
    let (day, night) = (LIGHT[0], DARK[0]);
    let mut all = vec![
        ("accent", light.accent, dark.accent),
        ("accent-tint", tint(light.accent, day), tint(dark.accent, night)),
        ("on-accent", on(light.accent), on(dark.accent)),
        ("chart", light.chart, dark.chart),
        ("c1", light.accent, dark.accent),
    ];
    for (token, of_day, of_night) in RAMP {
        let step = |ground: Colour, chart: Colour, share: f64| ground.mixed(chart, share);
        let (mut lit, mut dim) = (step(day, light.chart, of_day), step(night, dark.chart, of_night));
        if token == "q4" {
            // It stands alone as a layer of bars.
            (lit, dim) = (lit.nearest(light.chart, &[day], GRAPHICS), dim.nearest(dark.chart, &[night], GRAPHICS));
        }
        all.push((token, lit, dim));
    }
    all.push(("q5", light.chart, dark.chart));
    all.push(("q6", light.chart.mixed(Colour::BLACK, 0.4), dark.chart.mixed(Colour::WHITE, 0.5)));
    all
}

/// A ground on which text of the accent is still read.
fn tint(accent: Colour, ground: Colour) -> Colour {
    let shares = (0..=12u8).rev().map(|share| ground.mixed(accent, f64::from(share) / 100.0));
    shares.into_iter().find(|tint| accent.contrast(*tint) >= TEXT).unwrap_or(ground)
}

/// What is read on the accent.
fn on(accent: Colour) -> Colour {
    if accent.contrast(Colour::WHITE) >= TEXT { Colour::WHITE } else { Colour::BLACK }
}

#[cfg(test)]
mod tests {
    use control::Brand;

    use super::*;

    const TOKENS: &str = include_str!("../style/tokens.css");

    /// The colours of a token in the program's own stylesheet.
    fn own(token: &str) -> [Colour; 2] {
        let rest = TOKENS.split(&format!("--{token}:light-dark(")).nth(1).unwrap_or_else(|| panic!("{token}"));
        let pair = rest.split(')').next().unwrap().split(',').map(|colour| {
            let long = if colour.len() == 4 {
                colour.chars().flat_map(|c| if c == '#' { vec![c] } else { vec![c, c] }).collect()
            } else {
                colour.to_owned()
            };
            long.parse().unwrap()
        });
        pair.collect::<Vec<Colour>>().try_into().unwrap()
    }

    #[test]
    fn the_grounds_that_brands_are_checked_on_are_those_of_the_stylesheet() {
        for token in ["surface", "paper", "sunken", "raised"] {
            let [light, dark] = own(token);
            assert!(LIGHT.contains(&light) && DARK.contains(&dark), "{token}");
        }
        assert_eq!([LIGHT[0], DARK[0]], own("surface"));
    }

    #[test]
    fn every_token_of_a_brand_is_one_of_the_stylesheet_and_is_seen() {
        for accent in ["#7a1fa2", "#000000", "#0b6e4f", "#9c4a00"] {
            let brand = Brand { accent: Some(accent.parse().unwrap()), ..Brand::default() };
            let (light, dark) = brand.palettes().unwrap();
            let all = tokens(light, dark);
            for (token, ..) in &all {
                assert!(TOKENS.contains(&format!("--{token}:")), "{token}");
            }
            let of = |token: &str| {
                all.iter().find(|(name, ..)| *name == token).map(|(_, light, dark)| [*light, *dark]).unwrap()
            };
            for theme in 0..2 {
                assert!(of("accent")[theme].contrast(of("on-accent")[theme]) >= TEXT, "{accent}");
                assert!(of("accent")[theme].contrast(of("accent-tint")[theme]) >= TEXT, "{accent}");
                assert!(of("q4")[theme].contrast([LIGHT[0], DARK[0]][theme]) >= GRAPHICS, "{accent}");
            }
        }
    }
}
