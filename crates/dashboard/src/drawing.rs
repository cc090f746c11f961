//! A panel's drawing as a file of its own: the very SVG of the page, with what it is, its range and zone, and its colours as colours.

use std::sync::{Arc, LazyLock};

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use control::Project;
use maud::{Markup, PreEscaped, html};

use crate::{
    brand,
    pages::{Kind, Page, Panel, page as page_of},
    panel::{Room, drawn},
    refused::{Missing, Refused},
    router::{Door, Visit, closed_to, visit},
    shell::{days_of, told},
    words::Words,
};

/// Size of the file's drawing without what stands around it, pixels.
const WIDTH: f64 = 800.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 140.0;
const TOP: f64 = 88.0;
const BOTTOM: f64 = 40.0;
const TOKENS: &str = include_str!("../style/tokens.css");
const CHARTS: &str = include_str!("../style/charts.css");

/// `GET /p/{project}/{page}/{panel}.svg`.
pub(crate) async fn file(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Path((project, page, file)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let nothing = || Refused::Nothing(Missing::Drawing);
    let mut visit = visit(&door, &headers, &project, query.as_deref())?;
    closed_to(&visit.desk.reader, &page)?;
    let page = page_of(&page).ok_or_else(nothing)?;
    let is_meant = |panel: &&Panel| file.strip_suffix(".svg") == Some(panel.id) && panel.kind.has_drawing();
    let panel = page.panels.iter().find(is_meant).ok_or_else(nothing)?;
    visit.desk.view.table = false;
    let room = Room { desk: &visit.desk, page, words: visit.words };
    let (markup, _) = visit.desk.gathering(Box::pin(drawn(room, panel))).await;
    let markup = markup.into_string();
    let own = cut(&markup).ok_or(Refused::Nothing(Missing::Drawable))?;
    let (first, last) = days_of(&visit.desk.range);
    let name = format!("attachment; filename=\"{}-{}-{first}-{last}.svg\"", page.id, panel.id);
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        // What is opened from this address runs and loads nothing.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'".into(),
        ),
    ];
    Ok((headers, whole(&visit, (page, panel), own).into_string()).into_response())
}

/// The first drawing of a panel's markup, from its tag to its end.
fn cut(markup: &str) -> Option<&str> {
    let starts = ["<svg class=\"chart\"", "<svg class=\"map\""].into_iter().filter_map(|start| markup.find(start));
    let rest = &markup[starts.min()?..];
    let mut open = 0_usize;
    let mut tags = rest.match_indices("<svg").chain(rest.match_indices("</svg>")).collect::<Vec<_>>();
    tags.sort_by_key(|(at, _)| *at);
    let end = tags.into_iter().find(|(_, tag)| {
        open = if tag.starts_with("</") { open - 1 } else { open + 1 };
        open == 0
    })?;
    Some(&rest[..end.0 + end.1.len()])
}

/// The height of a drawing, as its tag says it.
fn height(own: &str) -> f64 {
    let tag = own.split('>').next().unwrap_or_default();
    let said = |name: &str| tag.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
    let of_box = || {
        let sides: Vec<f64> = said("viewBox")?.split(' ').filter_map(|side| side.parse().ok()).collect();
        Some(WIDTH * sides.get(3)? / sides.get(2)?)
    };
    said("height").and_then(|height| height.parse().ok()).or_else(of_box).unwrap_or(WIDTH / 2.0)
}

/// The file: the drawing between what it is and where it is from.
fn whole(visit: &Visit, (page, panel): (&Page, &'static Panel), own: &str) -> Markup {
    let (desk, words) = (&visit.desk, visit.words);
    let title = (panel.title)(words);
    let tall = height(own);
    let size = (LEFT + WIDTH + RIGHT, TOP + tall + BOTTOM);
    let mut kept = vec![told(days_of(&desk.range), words), desk.range.tz.name().to_owned()];
    if desk.view.environment != "production" {
        kept.push(desk.view.environment.clone());
    }
    kept.extend(desk.view.filters.iter().map(|filter| {
        let values: Vec<String> = filter.values.iter().map(|value| words.named(filter.dimension, value)).collect();
        format!("{} {} {}", words.dimension_of(filter.dimension), filter.op.says(words), values.join(words.or()))
    }));
    let now = desk.now.with_timezone(&desk.range.tz);
    let from = words.drawn_as_of(
        brand::name(&desk.project),
        &desk.project.name,
        (page.title)(words),
        format!("{}, {}", words.date(now.date_naive()), now.format("%H:%M")),
    );
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(size.0) height=(size.1) viewBox={"0 0 " (size.0) " " (size.1)} role="img" lang=(words.tag()) aria-label=(title) {
            style { (PreEscaped(style(&desk.project))) }
            defs { (PreEscaped("<pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect class=\"hatch0\" width=\"5\" height=\"5\"></rect><rect class=\"hatch1\" width=\"1.5\" height=\"5\"></rect></pattern>")) }
            rect .ground width="100%" height="100%" {}
            text .head x="20" y="32" { (title) }
            text .says x="20" y="52" { (kept.join(" · ")) }
            (key(&panel.kind, words))
            svg x=(LEFT) y=(TOP) width=(WIDTH) height=(tall) overflow="visible" { (PreEscaped(own)) }
            text .says x="20" y=(size.1 - 14.0) { (from) }
        }
    }
}

/// What layers and steps of colour are, which the page says beside the drawing.
fn key(kind: &Kind, words: Words) -> Markup {
    match kind {
        Kind::Stack(_, _, layers) => html! {
            @for (at, (_, name, class)) in layers.iter().enumerate() {
                @let x = 20 + at * 170;
                rect .(class) x=(x) y="64" width="12" height="12" {}
                text .says x=(x + 18) y="74" { (name(words)) }
            }
        },
        Kind::Hours(_) => html! {
            text .says x="20" y="74" { (words.fewer()) }
            @for (at, class) in ["q1", "q2", "q3", "q4", "q5", "q6"].into_iter().enumerate() { rect .(class) x=(64 + at * 24) y="65" width="20" height="10" rx="2" {} }
            text .says x="212" y="74" { (words.more()) }
        },
        _ => Markup::default(),
    }
}

/// The rules of drawings with every token as its colour in the light theme, a project's own first.
fn style(project: &Project) -> String {
    let own = project.brand.palettes().map(|(light, dark)| brand::tokens(light, dark)).unwrap_or_default();
    let mut rules = RULES.clone();
    for (token, light, _) in own {
        rules = rules.replace(&format!("var(--{token})"), &light.to_string());
    }
    for (token, value) in VALUES.iter() {
        rules = rules.replace(&format!("var(--{token})"), value);
    }
    rules
}

/// The rules of drawings without those of narrow windows, and of what stands around.
static RULES: LazyLock<String> = LazyLock::new(|| {
    let charts = CHARTS.split("@media").next().unwrap_or_default();
    let around = ".ground{fill:var(--surface)}.head{font:650 16px/1 var(--font);fill:var(--ink)}.says{font:400 12px/1 var(--font);fill:var(--ink-3)}";
    lit(&format!("{charts}{around}"))
});

/// The tokens and their values in the light theme.
static VALUES: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
    let declared =
        TOKENS.split(['{', ';', '\n', '}']).filter_map(|line| line.trim().strip_prefix("--")?.split_once(':'));
    declared.map(|(token, value)| (token, lit(value))).collect()
});

/// A text of the stylesheet as the light theme has it.
fn lit(text: &str) -> String {
    let mut parts = text.split("light-dark(");
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (pair, rest) = part.split_once(')').unwrap_or((part, ""));
        all.push_str(pair.split(',').next().unwrap_or_default());
        all.push_str(rest);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_cut_at_its_own_end() {
        let markup = "<div><svg class=\"i\"></svg><svg class=\"chart\" width=\"100%\" height=\"90\"><svg class=\"nss\"></svg><g></g></svg><p></p><svg></svg>";
        let own = cut(markup).unwrap();
        assert_eq!(own, "<svg class=\"chart\" width=\"100%\" height=\"90\"><svg class=\"nss\"></svg><g></g></svg>");
        assert_eq!(height(own), 90.0);
        assert_eq!(height("<svg class=\"map\" viewBox=\"0 0 200 100\" width=\"100%\">"), WIDTH / 2.0);
        assert_eq!(cut("<svg class=\"i\"></svg>"), None);
        assert_eq!(cut("<svg class=\"chart\"><g>"), None);
    }

    #[test]
    fn no_colour_of_a_file_is_left_to_the_reader() {
        let mut project = Project::new("shop", "Shop", chrono_tz::UTC);
        for text in [style(&project), {
            project.brand =
                std::sync::Arc::new(control::Brand { accent: "#7a1fa2".parse().ok(), ..Default::default() });
            style(&project)
        }] {
            assert!(!text.contains("var(") && !text.contains("light-dark") && !text.contains('<'), "{text}");
            assert!(!text.contains("@import"), "{text}");
        }
        assert!(style(&project).contains(".b1{fill:#7a1fa2}"), "{}", style(&project));
        assert!(style(&Project::new("a", "A", chrono_tz::UTC)).contains(".b1{fill:#1d55c4}"));
    }
}
