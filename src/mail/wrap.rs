//! Lines that fit a mail: 72 columns.

/// Where a line of text ends at the latest.
const WIDTH: usize = 72;

/// Breaks `text` at spaces; further lines begin with `indent`, which is also the room that the first
/// line leaves. A word that is too long, such as a URL, keeps a line of its own.
pub(super) fn wrap(text: &str, indent: &str) -> String {
    let mut lines = String::new();
    let mut length = indent.chars().count();
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if lines.is_empty() {
            length += width;
        } else if length + 1 + width > WIDTH {
            lines.push('\n');
            lines.push_str(indent);
            length = indent.chars().count() + width;
        } else {
            lines.push(' ');
            length += 1 + width;
        }
        lines.push_str(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_keep_their_indent() {
        let text =
            "Enter it in the SCIM application of your identity provider and test the connection.";

        assert_eq!(
            wrap(text, "     "),
            "Enter it in the SCIM application of your identity provider and test\n     \
             the connection."
        );
        let long = "x".repeat(100);
        assert_eq!(wrap(&format!("a {long} b"), ""), format!("a\n{long}\nb"));
        assert_eq!(wrap("", ""), "");
    }
}
