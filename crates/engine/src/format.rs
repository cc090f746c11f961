//! Which answers can be sent piece by piece, and how the pieces are joined.
//!
//! The engine renders each piece of a stream as a result of its own. For formats without a header the pieces can be
//! joined as they are; for those with one, the header is at the front of every piece and is cut off all but the first.
//! Every other format is rendered whole.

/// How the pieces of an answer are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pieces {
    /// Put one after the other.
    Plain,
    /// Each begins with this many lines of header.
    HeaderLines(usize),
    /// Each begins with the names and types of `RowBinaryWithNamesAndTypes`.
    HeaderBinary,
}

/// How a format is streamed; `None` when it must be rendered whole.
pub(crate) fn pieces(format: &str) -> Option<Pieces> {
    Some(match format {
        "TSV" | "TabSeparated" | "TSVRaw" | "TabSeparatedRaw" | "RowBinary" | "Native" | "JSONEachRow"
        | "JSONLines" | "NDJSON" => Pieces::Plain,
        "TSVWithNames" | "TabSeparatedWithNames" => Pieces::HeaderLines(1),
        "TSVWithNamesAndTypes" | "TabSeparatedWithNamesAndTypes" => Pieces::HeaderLines(2),
        "RowBinaryWithNamesAndTypes" => Pieces::HeaderBinary,
        _ => return None,
    })
}

impl Pieces {
    /// The length of the header at the front of a piece; `None` when it is cut off.
    pub(crate) fn header_length(self, piece: &[u8]) -> Option<usize> {
        match self {
            Self::Plain => Some(0),
            Self::HeaderLines(lines) => {
                let mut feeds = piece.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
                feeds.nth(lines - 1)
            }
            Self::HeaderBinary => {
                let mut at = 0;
                let columns = variable_length(piece, &mut at)?;
                for _ in 0..columns.checked_mul(2)? {
                    let length = variable_length(piece, &mut at)?;
                    at = at.checked_add(length).filter(|end| *end <= piece.len())?;
                }
                Some(at)
            }
        }
    }
}

/// Reads a LEB128 number.
fn variable_length(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0_usize;
    for shift in (0..63).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The content type of a format.
pub(crate) fn content_type(format: &str) -> &'static str {
    match format {
        "JSON" | "JSONCompact" | "JSONStrings" | "JSONColumnsWithMetadata" => "application/json; charset=UTF-8",
        "JSONEachRow" | "JSONLines" | "NDJSON" | "JSONCompactEachRow" => "application/x-ndjson; charset=UTF-8",
        "CSV" | "CSVWithNames" | "CSVWithNamesAndTypes" => "text/csv; charset=UTF-8; header=absent",
        "Native" | "RowBinary" | "RowBinaryWithNames" | "RowBinaryWithNamesAndTypes" | "Parquet" | "Arrow" => {
            "application/octet-stream"
        }
        name if name.starts_with("TSV") || name.starts_with("TabSeparated") => {
            "text/tab-separated-values; charset=UTF-8"
        }
        _ => "text/plain; charset=UTF-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_measured() {
        assert_eq!(Pieces::HeaderBinary.header_length(b"\x01\x06number\x06UInt64\x07\x00"), Some(15));
        assert_eq!(Pieces::HeaderBinary.header_length(b"\x01\x06num"), None);
        assert_eq!(Pieces::HeaderLines(2).header_length(b"a\tb\nX\tY\n1\t2\n"), Some(8));
        assert_eq!(Pieces::HeaderLines(2).header_length(b"a\tb\n"), None);
        assert_eq!(Pieces::Plain.header_length(b"anything"), Some(0));
    }
}
