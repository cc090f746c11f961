//! Pages by their path alone (D-26).

/// The path of an address: no scheme, host, query, fragment or trailing slash; `/` where nothing is left.
pub(crate) fn path(url: &str) -> String {
    let after_scheme = match url.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => rest.split_once('/').map_or("", |(_, path)| path),
        _ => return trimmed(url.strip_prefix("//").map_or(url, |rest| rest.find('/').map_or("", |at| &rest[at..]))),
    };
    trimmed(&format!("/{after_scheme}"))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn trimmed(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    if path.is_empty() { "/".to_owned() } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_its_path() {
        let table = [
            ("/pricing?utm=mail", "/pricing"),
            ("https://shop.example/help/", "/help"),
            ("https://shop.example", "/"),
            ("https://shop.example?a=1", "/"),
            ("https://shop.example/a?b=/c", "/a"),
            ("//shop.example/help", "/help"),
            ("/help#top", "/help"),
            ("/", "/"),
            ("pricing", "pricing"),
        ];
        for (url, expected) in table {
            assert_eq!(path(url), expected, "{url}");
        }
    }
}
