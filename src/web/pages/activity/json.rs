//! An export as a JSON array, one entry in a line.

use super::record::Record;

pub(super) const HEAD: &str = "[";
pub(super) const FOOT: &str = "\n]\n";

/// Adds an entry.
pub(super) fn add(text: &mut String, record: &Record<'_>, is_first: bool) {
    // A record has text keys and plain values: writing it cannot fail.
    if let Ok(json) = serde_json::to_string(record) {
        text.push_str(if is_first { "\n" } else { ",\n" });
        text.push_str(&json);
    }
}
