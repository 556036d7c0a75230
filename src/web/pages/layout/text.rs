//! Words as pages put them.

use std::fmt::Display;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

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

/// `Ada`, `Ada and Grace`, `Ada, Grace and Alan`.
pub(crate) fn enumerated(names: impl IntoIterator<Item = String>) -> String {
    let mut names: Vec<String> = names.into_iter().collect();
    match (names.pop(), names.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", names.join(", ")),
    }
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

/// The first letters of the first and the last word that begin with a letter; nothing if none does.
pub(crate) fn initials(name: &str) -> String {
    let letters = name.split_whitespace().filter_map(|word| word.chars().next());
    let mut letters = letters.filter(|first| first.is_alphabetic());
    letters.next().into_iter().chain(letters.next_back()).map(capital).collect()
}

/// The capital of a letter, if it is one letter: that of `ß` is two.
fn capital(letter: char) -> char {
    let mut capital = letter.to_uppercase();
    match (capital.next(), capital.next()) {
        (Some(capital), None) => capital,
        _ => letter,
    }
}

/// A text in the form in which it is searched: without case, and without marks on letters.
pub(crate) fn folded(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
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
    use super::{digits, enumerated, folded, initials, pieces, unindented};

    #[test]
    fn numbers_have_a_comma_before_every_three_digits() {
        for (number, text) in [(0, "0"), (999, "999"), (1_204, "1,204"), (1_000_000, "1,000,000")] {
            assert_eq!(digits(number), text);
        }
    }

    #[test]
    fn names_are_joined_as_people_do() {
        let joined = |names: &[&str]| enumerated(names.iter().map(ToString::to_string));
        let all =
            [joined(&[]), joined(&["Ada"]), joined(&["Ada", "Grace"]), joined(&["a", "b", "c"])];
        assert_eq!(all, ["", "Ada", "Ada and Grace", "a, b and c"]);
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
    fn initials_are_those_of_the_first_and_the_last_word_that_have_some() {
        for (name, expected) in [
            ("Ada Lovelace", "AL"),
            ("ada", "A"),
            ("Juan Carlos de la Cruz", "JC"),
            ("山田 太郎", "山太"),
            ("محمد علي", "مع"),
            ("иван петров", "ИП"),
            ("山田太郎", "山"),
            ("ßen", "ß"),
            ("Admin Number 117", "AN"),
            ("3M", ""),
            ("007 🚀", ""),
            ("🚀 Rocket (Dr.) Man", "RM"),
            ("", ""),
        ] {
            assert_eq!(initials(name), expected);
        }
    }

    #[test]
    fn a_search_finds_letters_whatever_their_case_and_marks() {
        for (name, expected) in
            [("Zoë ÅNGSTRÖM", "zoe angstrom"), ("Иван", "иван"), ("山田", "山田"), ("ﬁ", "fi")]
        {
            assert_eq!(folded(name), expected);
        }
    }
}
