//! What somebody reads on a page of HTML.

/// Attributes whose text is read out or shown.
const READ_OUT: [&str; 4] = ["title", "aria-label", "placeholder", "label"];
/// Elements whose text is no prose: what stands in them is the same in every language.
const VERBATIM: [&str; 4] = ["code", "pre", "script", "textarea"];

/// The texts of a page: those between its tags and those of attributes that are read out; without what stands as code, and without
/// quotations that are marked as another language's. Only for pages of our own making: every element that is opened is closed.
pub fn visible(html: &str) -> Vec<String> {
    let page_language = attribute(html.split("<html").nth(1).unwrap_or_default(), "lang").unwrap_or_default();
    let mut texts = Vec::new();
    // The element that hides what is in it, and how many of its name are open.
    let mut hidden: Option<(String, usize)> = None;
    for part in html.split('<').skip(1) {
        let Some((tag, text)) = split_tag(part) else { continue };
        let name = tag.trim_start_matches('/').split([' ', '>']).next().unwrap_or_default();
        match &mut hidden {
            Some((hiding, open)) if hiding == name => {
                if tag.starts_with('/') {
                    *open -= 1
                } else {
                    *open += 1
                }
                if *open == 0 {
                    hidden = None;
                }
            }
            Some(_) => {}
            None if !tag.starts_with('/') => {
                texts.extend(READ_OUT.iter().filter_map(|read| attribute(tag, read)));
                let is_quotation =
                    name != "html" && attribute(tag, "lang").is_some_and(|language| language != page_language);
                if VERBATIM.contains(&name) || is_quotation {
                    hidden = Some((name.to_owned(), 1));
                }
            }
            None => {}
        }
        if hidden.is_none() {
            texts.push(unescaped(text));
        }
    }
    texts.into_iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// A tag and the text after it; a `>` within quotes does not end the tag.
fn split_tag(part: &str) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    let end = part.char_indices().find(|(_, letter)| {
        is_quoted ^= *letter == '"';
        *letter == '>' && !is_quoted
    })?;
    Some((&part[..end.0], &part[end.0 + 1..]))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    Some(unescaped(value))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_found_and_code_and_quotations_are_not() {
        let page = "<html lang=\"es\"><p title=\"Uno &gt; dos\">Tres <b>cuatro</b></p><code>five <b>six</b></code>\
                    <span lang=\"en\">seven <span>eight</span></span><input placeholder=\"nueve\"></html>";
        assert_eq!(visible(page), ["Uno > dos", "Tres", "cuatro", "nueve"]);
    }
}
