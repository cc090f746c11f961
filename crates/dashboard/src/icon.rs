//! Small drawings of 16 by 16, in the colour of the text beside them.

use maud::{Markup, html};

/// Names and the data of their paths.
const ICONS: [(&str, &str); 18] = [
    ("table", "M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 3.5v9"),
    ("chart", "M2.5 2.5v11h11M5 10l3-3 2 2 3.5-4"),
    ("info", "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M8 7.5v3.2M8 5.2v.1"),
    ("down", "M8 2.5v8M4.8 7.5L8 10.7l3.2-3.2M2.5 13.5h11"),
    ("left", "M10 3.5L5.5 8l4.5 4.5"),
    ("right", "M6 3.5L10.5 8L6 12.5"),
    ("open", "M4 6l4 4 4-4"),
    ("calendar", "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.5V5M10.5 2.5V5"),
    ("filter", "M2.5 3.5h11L9.5 8.5v4l-3 1v-5z"),
    ("plus", "M8 3v10M3 8h10"),
    ("close", "M4 4l8 8M12 4l-8 8"),
    ("lock", "M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5"),
    ("moon", "M12.8 9.6A5.2 5.2 0 0 1 6.4 3.2a5.2 5.2 0 1 0 6.4 6.4z"),
    ("globe", "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M2.5 8h11M8 2.5c-4 3.5-4 7.5 0 11M8 2.5c4 3.5 4 7.5 0 11"),
    ("warn", "M8 2.5l6 11H2zM8 6.5v3.4M8 11.7v.1"),
    ("code", "M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5"),
    ("menu", "M2.5 4.5h11M2.5 8h11M2.5 11.5h11"),
    ("check", "M3 8.5l3.2 3.2L13 4.8"),
];

/// The icon of a name; nothing for a name that has none.
pub(crate) fn icon(name: &str) -> Markup {
    let path = ICONS.iter().find(|(known, _)| *known == name).map(|(_, path)| *path);
    html! { @if let Some(path) = path { svg .i viewBox="0 0 16 16" aria-hidden="true" { path d=(path) {} } } }
}

/// The mark of the program.
pub(crate) fn mark() -> Markup {
    html! {
        svg viewBox="0 0 22 22" width="22" height="22" aria-hidden="true" {
            path .m1 d="M3 2h11a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H8l-4 3.5V13H3a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2z" {}
            path .m2 d="M18 6.5a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2h-.5V20l-3.6-3.5H9.5V15H14a4 4 0 0 0 4-4z" {}
        }
    }
}
