//! Words as pages put them.

use std::fmt::Display;

/// What an error says, as a sentence.
pub(crate) fn sentence(error: impl Display) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).chain(['.']).collect()
}

/// `1 day`, `2 days`.
pub(crate) fn count(number: i64, unit: &str) -> String {
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// The first letters of the first and the last word.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// HTML without the indentation of templates. Pages are sent without compression, which could give
/// away what they hold (BREACH); no page has text in which a space at the start of a line counts.
pub(crate) fn unindented(html: &str) -> String {
    let mut lines = String::with_capacity(html.len());
    for line in html.lines().map(|line| line.trim_start_matches(' ')) {
        if !line.is_empty() {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{initials, unindented};

    #[test]
    fn indentation_and_empty_lines_are_left_out() {
        let html = "<ul>\n  \n  <li>\n    one  two\n  </li>\n\n</ul>\n";
        assert_eq!(unindented(html), "<ul>\n<li>\none  two\n</li>\n</ul>\n");
    }

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        for (name, expected) in [
            ("Ada Lovelace", "AL"),
            ("ada", "A"),
            ("Juan Carlos de la Cruz", "JC"),
            ("山田 太郎", "山太"),
            ("محمد علي", "مع"),
            ("", ""),
        ] {
            assert_eq!(initials(name), expected);
        }
    }
}
