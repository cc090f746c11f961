//! Parts of long lists: how many items, and after which.

use super::{Sent, bad, short};
use crate::Error;

/// The number of items of a page: as sent, within bounds.
pub(crate) fn paged(sent: &Sent, default: usize, most: usize) -> Result<usize, Error> {
    let Some(text) = sent.one("limit") else { return Ok(default) };
    let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
    limit.ok_or_else(|| {
        let message = format!("limit=`{}` is no number of items", short(text));
        bad("bad_limit", message, format!("use 1 to {most}; {default} is the default"))
    })
}

/// The cursor of an item: what it is sorted by, and its id. Opaque to clients.
pub(crate) fn cursor_of(numbers: &[i64], id: &str) -> String {
    let numbers: String = numbers.iter().map(|number| format!("{number}:")).collect();
    (numbers + id).bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The item after which a page begins, of a list sorted by so many numbers.
pub(crate) fn placed<const N: usize>(sent: &Sent) -> Result<Option<([i64; N], String)>, Error> {
    let Some(text) = sent.one("cursor") else { return Ok(None) };
    let place = read(text).ok_or_else(|| {
        let hint = "send the next_cursor of the page before as it is, or leave it out".into();
        bad("bad_cursor", "a cursor is not one that this route gave".into(), hint)
    })?;
    Ok(Some(place))
}

fn read<const N: usize>(text: &str) -> Option<([i64; N], String)> {
    let digits = text.as_bytes().chunks(2);
    let bytes = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let text = String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()?;
    let mut parts = text.splitn(N + 1, ':');
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = parts.next()?.parse().ok()?;
    }
    Some((numbers, parts.next()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_says_the_place_and_nothing_else_is_one() {
        let cursor = cursor_of(&[-5, 7], "a:ö");
        assert_eq!(read::<2>(&cursor), Some(([-5, 7], "a:ö".to_owned())));
        for wrong in ["", "zz", "3", "ff", &cursor_of(&[1], "x"), "é1"] {
            assert_eq!(read::<2>(wrong), None, "{wrong}");
        }
    }
}
