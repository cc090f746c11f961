//! Long lists as parameters, in pieces.

/// Most bytes of one parameter: a ClickHouse server takes no field above 128 KiB.
pub(super) const PARAMETER_BYTES_MAX: usize = 100_000;

/// A list in pieces that fit a parameter each; `bytes` is how long the text of an item is.
pub(crate) fn pieces<T>(items: impl IntoIterator<Item = T>, bytes: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut pieces: Vec<Vec<T>> = Vec::new();
    let mut room = 0;
    for item in items {
        // Quotes and a comma; escaping doubles a byte at most, twice over.
        let need = 4 * bytes(&item) + 4;
        if pieces.is_empty() || need > room {
            pieces.push(Vec::new());
            room = PARAMETER_BYTES_MAX;
        }
        room = room.saturating_sub(need);
        if let Some(piece) = pieces.last_mut() {
            piece.push(item);
        }
    }
    pieces
}
