//! Tests of brands on a real journal.

use chrono_tz::UTC;

use crate::{
    Brand, Colour, LOGO_BYTES_MAX, Logo, LogoKind,
    brand::{DARK, LIGHT},
    tests::{journal, open},
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

fn colour(text: &str) -> Option<Colour> {
    Some(text.parse().unwrap())
}

#[tokio::test]
async fn a_brand_is_known_to_every_process_and_its_logo_stays_when_it_changes() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    control.change_logo("shop", Some(&Logo::new(PNG).unwrap())).await.unwrap();
    let brand = Brand {
        name: Some(" Acme ".into()),
        accent: colour("#7a1fa2"),
        domain: Some("Figures.Shop.example".into()),
        sender: Some("Reports@shop.example".into()),
        ..Brand::default()
    };
    control.change_brand("shop", brand).await.unwrap();
    for control in [&control, &open(&journal).await] {
        let project = control.project("shop").unwrap();
        assert_eq!(
            (project.brand.name.as_deref(), project.brand.domain.as_deref()),
            (Some("Acme"), Some("figures.shop.example"))
        );
        assert_eq!(project.brand.sender.as_deref(), Some("reports@shop.example"));
        assert_eq!(project.logo.as_ref().map(|logo| (logo.kind, &*logo.bytes)), Some((LogoKind::Png, PNG)));
    }
    control.change_logo("shop", None).await.unwrap();
    assert_eq!(control.project("shop").unwrap().logo, None);
    assert_eq!(control.change_logo("bank", None).await.unwrap_err().code(), "unknown_project");
    assert_eq!(control.change_brand("bank", Brand::default()).await.unwrap_err().code(), "unknown_project");
}

#[tokio::test]
async fn a_colour_that_is_not_seen_is_refused_with_its_contrast_and_the_nearest_that_is() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    let purple = colour("#7a1fa2");
    let brand =
        |accent, accent_dark, chart, chart_dark| Brand { accent, accent_dark, chart, chart_dark, ..Brand::default() };
    for (wrong, field, needed) in [
        (brand(colour("#ffcc00"), None, None, None), "accent #ffcc00", "4.5:1"),
        (brand(purple, purple, None, None), "accent_dark #7a1fa2", "4.5:1"),
        (brand(purple, None, colour("#ffcc00"), None), "chart #ffcc00", "3:1"),
        (brand(purple, None, None, colour("#301040")), "chart_dark #301040", "3:1"),
    ] {
        let said = control.change_brand("shop", wrong.clone()).await.unwrap_err().to_string();
        assert!(said.starts_with(field) && said.contains(needed), "{said}");
        let near = colour(said.rsplit(' ').next().unwrap());
        let swap = |own: Option<Colour>, name: &str| if field.starts_with(&format!("{name} ")) { near } else { own };
        let mended = brand(
            swap(wrong.accent, "accent"),
            swap(wrong.accent_dark, "accent_dark"),
            swap(wrong.chart, "chart"),
            swap(wrong.chart_dark, "chart_dark"),
        );
        control.change_brand("shop", mended).await.unwrap();
    }
    let alone = control.change_brand("shop", brand(None, None, purple, None)).await.unwrap_err();
    assert_eq!(alone.code(), "invalid_brand");
    // 3:1 is enough for charts, and not for text.
    let orange = colour("#c8670a");
    assert!(control.change_brand("shop", brand(orange, None, None, None)).await.is_err());
    control.change_brand("shop", brand(purple, None, orange, None)).await.unwrap();
}

#[test]
fn the_colours_of_the_dark_theme_follow_where_none_are_given_and_are_seen() {
    for accent in ["#7a1fa2", "#000000", "#1d55c4", "#8a0020"] {
        let brand = Brand { accent: colour(accent), ..Brand::default() };
        let (light, dark) = brand.palettes().unwrap();
        assert!(light.accent.least_contrast(&LIGHT).unwrap().0 >= 4.5, "{accent}");
        assert!(dark.accent.least_contrast(&DARK).unwrap().0 >= 4.5, "{accent}");
        assert!(dark.chart.least_contrast(&DARK).unwrap().0 >= 3.0, "{accent}");
    }
    assert_eq!(Brand::default().palettes(), None);
}

#[tokio::test]
async fn what_is_no_domain_or_address_is_refused() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    for domain in ["shop", "shop..example", "-a.example", "a.example/path", "https://a.example", "a b.example"] {
        let brand = Brand { domain: Some(domain.into()), ..Brand::default() };
        assert_eq!(control.change_brand("shop", brand).await.unwrap_err().code(), "invalid_brand", "{domain}");
    }
    let sender = Brand { sender: Some("nobody".into()), ..Brand::default() };
    assert_eq!(control.change_brand("shop", sender).await.unwrap_err().code(), "invalid_member");
    let name = Brand { name: Some("a\u{202e}b".into()), ..Brand::default() };
    assert_eq!(control.change_brand("shop", name).await.unwrap_err().code(), "invalid_name");
}

#[test]
fn a_logo_is_a_small_picture_by_its_bytes() {
    assert_eq!(Logo::new(b"\xff\xd8\xff\xe0").unwrap().kind, LogoKind::Jpeg);
    assert_eq!(Logo::new(b"RIFF\0\0\0\0WEBPVP8 ").unwrap().kind, LogoKind::Webp);
    let mut large = PNG.to_vec();
    large.resize(LOGO_BYTES_MAX, 0);
    assert!(Logo::new(&large).is_ok());
    large.push(0);
    for wrong in
        [&b""[..], b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", b"<html>", b"GIF89a", b"RIFF\0\0\0\0WAVE", &large]
    {
        assert_eq!(Logo::new(wrong).unwrap_err().code(), "invalid_brand");
    }
}
