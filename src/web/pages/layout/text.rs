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

/// `1,204`
pub(crate) fn digits(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The pieces of an address between which a line may end: never inside of a group.
pub(crate) fn pieces(address: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut colons) = (0, 0);
    for (place, _) in address.match_indices(':') {
        colons += 1;
        if colons % 2 == 0 {
            pieces.extend(address.get(start..=place));
            start = place + 1;
        }
    }
    pieces.extend(address.get(start..).filter(|rest| !rest.is_empty()));
    pieces
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
    use super::{digits, initials, pieces, unindented};

    #[test]
    fn numbers_have_a_comma_before_every_three_digits() {
        for (number, text) in [(0, "0"), (999, "999"), (1_204, "1,204"), (1_000_000, "1,000,000")] {
            assert_eq!(digits(number), text);
        }
    }

    #[test]
    fn addresses_break_after_every_second_colon() {
        for (address, expected) in [
            ("203.0.113.24", &["203.0.113.24"][..]),
            (
                "2001:db8:85a3:8d3:1319:8a2e:370:7348",
                &["2001:db8:", "85a3:8d3:", "1319:8a2e:", "370:7348"],
            ),
            ("::1", &["::", "1"]),
            ("fe80::", &["fe80::"]),
            ("unknown", &["unknown"]),
        ] {
            assert_eq!(pieces(address), expected);
        }
    }

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
