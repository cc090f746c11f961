//! Finding the end of a plain stretch of text, eight bytes at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// How many bytes come before the first quote, backslash or control character.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(chunk) = bytes[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        // The lowest marked byte is always right: a borrow can only mark bytes above a true one.
        let marked = (below_space(word) | equals(word, b'"') | equals(word, b'\\')) & HIGH;
        if marked != 0 {
            return at + (marked.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = &bytes[at..];
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len())
}

fn below_space(word: u64) -> u64 {
    word.wrapping_sub(ONES * 0x20) & !word
}

fn equals(word: u64, byte: u8) -> u64 {
    let difference = word ^ (ONES * u64::from(byte));
    difference.wrapping_sub(ONES) & !difference
}

#[cfg(test)]
mod tests {
    use super::plain_length;

    #[test]
    fn every_byte_is_judged_right_at_every_place_whatever_its_neighbours() {
        for byte in 0..=u8::MAX {
            let special = matches!(byte, b'"' | b'\\' | 0..=0x1f);
            for filler in [b' ', b'!', b'#', b'[', b']', b'a', 0x7f, 0x80, 0xff] {
                for at in 0..20 {
                    let mut text = [filler; 21];
                    text[at] = byte;
                    assert_eq!(plain_length(&text), if special { at } else { 21 }, "{byte:#x} at {at} in {filler:#x}");
                }
            }
        }
        assert_eq!(plain_length(b"12345678\"\\"), 8);
        assert_eq!(plain_length(b""), 0);
    }
}
