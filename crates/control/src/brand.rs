//! How a project's pages look: the name, logo and colours of whoever shows them, the domain of its links, and the sender of its mails.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::{Colour, Control, Error, control::now as stamp, member::email, name, record::Change};

/// Largest logo, bytes.
pub const LOGO_BYTES_MAX: usize = 64 << 10;
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Longest domain, in bytes, as of DNS.
const DOMAIN_BYTES_MAX: usize = 253;
/// What text needs on its ground, and what graphics do (WCAG 2.2, 1.4.3 and 1.4.11).
const TEXT: f64 = 4.5;
const GRAPHICS: f64 = 3.0;

/// The grounds that pages have in the light theme, the surface of panels first; the stylesheet of pages has them too.
pub const LIGHT: [Colour; 3] = [Colour([255; 3]), Colour([0xf7, 0xf7, 0xf4]), Colour([0xf1, 0xf1, 0xed])];
/// The same in the dark one.
pub const DARK: [Colour; 4] =
    [Colour([0x17, 0x1a, 0x1e]), Colour([0x10, 0x12, 0x15]), Colour([0x12, 0x14, 0x17]), Colour([0x1e, 0x22, 0x27])];

/// How a project's pages look. What is absent is as this program has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// What stands instead of this program's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Colour of links, buttons and values in the light theme: 4.5:1 on every ground.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<Colour>,
    /// The same in the dark theme; without it the nearest of `accent` that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent_dark: Option<Colour>,
    /// Colour of charts in the light theme, 3:1 on every ground; without it `accent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<Colour>,
    /// The same in the dark theme; without it the nearest of `chart` that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart_dark: Option<Colour>,
    /// Where the links of its shares lead, as `figures.shop.example`: a name of this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The address that its mails come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
}

/// The two colours of a theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// Of text, links and buttons.
    pub accent: Colour,
    /// Of charts.
    pub chart: Colour,
}

impl Brand {
    /// Its colours in the light and the dark theme; None where it has none of its own.
    pub fn palettes(&self) -> Option<(Palette, Palette)> {
        let accent = self.accent?;
        let chart = self.chart.unwrap_or(accent);
        let dark = |own: Option<Colour>, light: Colour, contrast| {
            own.unwrap_or_else(|| light.nearest(Colour::WHITE, &DARK, contrast))
        };
        let light = Palette { accent, chart };
        let dark =
            Palette { accent: dark(self.accent_dark, accent, TEXT), chart: dark(self.chart_dark, chart, GRAPHICS) };
        Some((light, dark))
    }

    /// As it can be kept.
    fn checked(mut self) -> Result<Brand, Error> {
        let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        self.name = given(self.name)
            .map(|text| name::checked("a brand's name", &text, NAME_CHARS_MAX).map(str::to_owned))
            .transpose()?;
        self.domain = given(self.domain).map(|text| domain(&text)).transpose()?;
        self.sender = given(self.sender).map(|text| email(&text)).transpose()?;
        if self.accent.is_none() && (self.accent_dark.is_some() || self.chart.is_some() || self.chart_dark.is_some()) {
            return Err(Error::InvalidBrand("give accent too: the other colours go with it".into()));
        }
        for (what, colour, grounds, contrast) in [
            ("accent", self.accent, &LIGHT[..], TEXT),
            ("accent_dark", self.accent_dark, &DARK[..], TEXT),
            ("chart", self.chart, &LIGHT[..], GRAPHICS),
            ("chart_dark", self.chart_dark, &DARK[..], GRAPHICS),
        ] {
            if let Some(colour) = colour {
                seen(what, colour, grounds, contrast)?;
            }
        }
        Ok(self)
    }
}

/// Whether a colour is seen on every ground; says how far it is from it, and what would be.
fn seen(what: &str, colour: Colour, grounds: &[Colour], needed: f64) -> Result<(), Error> {
    let Some((least, ground)) = colour.least_contrast(grounds).filter(|(least, _)| *least < needed) else {
        return Ok(());
    };
    let towards =
        if ground.contrast(Colour::BLACK) > ground.contrast(Colour::WHITE) { Colour::BLACK } else { Colour::WHITE };
    let near = colour.nearest(towards, grounds, needed);
    // Rounded down: 4.49 is not 4.5.
    let least = (least * 100.0).floor() / 100.0;
    Err(Error::InvalidBrand(format!(
        "{what} {colour} has a contrast of {least:.2}:1 on {ground}, and needs {needed}:1; the nearest colour that passes is {near}"
    )))
}

/// A name of DNS, in lower case.
fn domain(text: &str) -> Result<String, Error> {
    let text = text.to_ascii_lowercase();
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    if text.len() > DOMAIN_BYTES_MAX || !text.contains('.') || !text.split('.').all(is_label) {
        let shown: String = text.chars().take(80).collect();
        return Err(Error::InvalidBrand(format!("{shown:?} is no domain: write it as figures.shop.example")));
    }
    Ok(text)
}

/// What kind of picture a logo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogoKind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

impl LogoKind {
    /// What bytes are by how they begin, whatever they are called. SVG is none: it could run scripts.
    pub fn of(bytes: &[u8]) -> Option<LogoKind> {
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(LogoKind::Png)
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            Some(LogoKind::Jpeg)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(LogoKind::Webp)
        } else {
            None
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            LogoKind::Png => "image/png",
            LogoKind::Jpeg => "image/jpeg",
            LogoKind::Webp => "image/webp",
        }
    }
}

/// A logo.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    /// What it is.
    pub kind: LogoKind,
    /// The file.
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for Logo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logo").field("kind", &self.kind).field("bytes", &self.bytes.len()).finish()
    }
}

impl Logo {
    /// A file as a logo.
    ///
    /// # Errors
    /// `InvalidBrand` when it is too large, or no picture of a kind that is taken.
    pub fn new(bytes: &[u8]) -> Result<Logo, Error> {
        if bytes.len() > LOGO_BYTES_MAX {
            let (size, most) = (bytes.len(), LOGO_BYTES_MAX >> 10);
            return Err(Error::InvalidBrand(format!("a logo has at most {most} KiB; this has {size} bytes")));
        }
        let kind = LogoKind::of(bytes)
            .ok_or_else(|| Error::InvalidBrand("a logo is a PNG, JPEG or WebP file; this is none".into()))?;
        Ok(Logo { kind, bytes: bytes.into() })
    }

    /// One that stands on the topic; None where it could not have been taken.
    pub(crate) fn stored(base64: &str) -> Option<Logo> {
        Logo::new(&STANDARD.decode(base64).ok()?).ok()
    }
}

impl Control {
    /// Changes how a project's pages look, but for the logo. Resolves when this handle knows it.
    ///
    /// # Errors
    /// `UnknownProject`; `InvalidBrand` for colours that are not seen, with the nearest that are, and for what is no domain; `Invalid` and
    /// `InvalidMember` for what is no name or address; `Journal` if it could not be written.
    pub async fn change_brand(&self, project: &str, brand: Brand) -> Result<(), Error> {
        let brand = brand.checked()?;
        self.known(project).await?;
        let change = Change::BrandChanged { project: project.to_owned(), brand: Box::new(brand), changed_at: stamp() };
        self.write(project, &change).await.map(drop)
    }

    /// Gives a project another logo, or none.
    ///
    /// # Errors
    /// `UnknownProject`; `Journal` if it could not be written.
    pub async fn change_logo(&self, project: &str, logo: Option<&Logo>) -> Result<(), Error> {
        self.known(project).await?;
        let base64 = logo.map(|logo| STANDARD.encode(&logo.bytes));
        let change = Change::LogoChanged { project: project.to_owned(), base64, changed_at: stamp() };
        self.write(project, &change).await.map(drop)
    }

    async fn known(&self, project: &str) -> Result<(), Error> {
        self.learn().await?;
        self.project(project).map(drop).ok_or_else(|| Error::UnknownProject(project.to_owned()))
    }
}
