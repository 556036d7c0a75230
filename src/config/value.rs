//! How the text of a setting may be written, whatever the setting is and wherever it was found.
//!
//! Shells, editors and templates leave traces around a text: a line end, a byte order mark,
//! quotation marks. Taken literally, a path with such a trace names another file, and the start
//! would make a new, empty database there.

use std::borrow::Cow;

/// What a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One value.
    Value,
    /// Values that commas or line ends separate.
    List,
    /// Words that people read: quotation marks may belong to them.
    Words,
}

/// The text cannot be meant as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it begins with a byte order mark: save it as UTF-8 without one")]
    ByteOrderMark,
    #[error("the quotation marks around it would be part of the value: write it without them")]
    Quoted,
    #[error("it goes on after the end of the line: write it in one line")]
    SeveralLines,
    #[error("the list is empty: name at least one value, or leave the setting out")]
    EmptyList,
    #[error("it holds the invisible character U+{:04X}: write it without", u32::from(*.0))]
    Invisible(char),
}

/// Without the blanks and line ends around it.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| matches!(c, '\r' | '\n') || (c.is_whitespace() && !c.is_control()))
}

/// A trimmed text as its parser takes it: the values of a list are separated by commas alone.
pub(super) fn read(text: &str, form: Form) -> Result<Cow<'_, str>, Unreadable> {
    let text = match form {
        Form::List if text.contains(LINE_ENDS) => Cow::Owned(one_line(text)),
        _ => Cow::Borrowed(text),
    };
    if text.starts_with(BYTE_ORDER_MARK) {
        return Err(Unreadable::ByteOrderMark);
    }
    if text.contains(LINE_ENDS) {
        return Err(Unreadable::SeveralLines);
    }
    if let Some(character) = text.chars().find(|c| is_invisible(*c)) {
        return Err(Unreadable::Invisible(character));
    }
    if form != Form::Words && is_quoted(&text) {
        return Err(Unreadable::Quoted);
    }
    // Taken for a list that was not set, it would let everybody in.
    if form == Form::List && text.split(',').all(|value| trim(value).is_empty()) {
        return Err(Unreadable::EmptyList);
    }
    Ok(text)
}

const LINE_ENDS: [char; 2] = ['\r', '\n'];
const BYTE_ORDER_MARK: char = '\u{feff}';

fn one_line(text: &str) -> String {
    let values = text.split(LINE_ENDS).map(|line| trim(line).trim_end_matches(','));
    values.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(",")
}

/// Control characters, and marks that people paste without seeing them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{2069}' | BYTE_ORDER_MARK)
}

fn is_quoted(text: &str) -> bool {
    [('"', '"'), ('\'', '\''), ('\u{201c}', '\u{201d}')]
        .iter()
        .any(|(first, last)| text.strip_prefix(*first).is_some_and(|rest| rest.ends_with(*last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_around_a_value_are_trimmed_or_refused() {
        for (written, meant) in [
            ("sqlite:a.db\r", "sqlite:a.db"),
            ("\r\nsqlite:a.db\r\n\n", "sqlite:a.db"),
            (" sqlite:a.db \u{a0}", "sqlite:a.db"),
            ("sqlite:it's a \"db\"", "sqlite:it's a \"db\""),
            ("\"", "\""),
            ("\r\n", ""),
        ] {
            assert_eq!(read(trim(written), Form::Value).as_deref(), Ok(meant), "{written:?}");
        }
        for (written, mistake) in [
            ("\u{feff}sqlite:a.db", Unreadable::ByteOrderMark),
            ("\"sqlite:a.db\"\n", Unreadable::Quoted),
            ("'sqlite:a.db'", Unreadable::Quoted),
            ("\u{201c}sqlite:a.db\u{201d}", Unreadable::Quoted),
            ("\"\"", Unreadable::Quoted),
            ("sqlite:a.db\nsqlite:b.db", Unreadable::SeveralLines),
            ("sqlite:a\rb.db", Unreadable::SeveralLines),
            ("sqlite:a.db\t", Unreadable::Invisible('\t')),
            ("sqlite:a.db\0", Unreadable::Invisible('\0')),
            ("sqlite:a.db\u{85}", Unreadable::Invisible('\u{85}')),
            ("sqlite:\u{1b}[31ma.db", Unreadable::Invisible('\u{1b}')),
            ("sqlite:a.db\u{200b}", Unreadable::Invisible('\u{200b}')),
            ("sqlite:a\u{feff}.db", Unreadable::Invisible('\u{feff}')),
        ] {
            assert_eq!(read(trim(written), Form::Value), Err(mistake), "{written:?}");
        }
        assert_eq!(read("\"Gate\"", Form::Words).as_deref(), Ok("\"Gate\""));
    }

    #[test]
    fn a_list_may_have_lines() {
        for (written, meant) in [
            ("a:1\nb:2\n", "a:1,b:2"),
            ("a:1,\r\n  b:2,\r\n\r\nc:3", "a:1,b:2,c:3"),
            ("a:1, b:2", "a:1, b:2"),
            (",a:1,,", ",a:1,,"),
        ] {
            assert_eq!(read(trim(written), Form::List).as_deref(), Ok(meant), "{written:?}");
        }
        assert_eq!(read("\u{feff}a:1\nb:2", Form::List), Err(Unreadable::ByteOrderMark));
        assert_eq!(read("a:1\n\tb:2", Form::List), Err(Unreadable::Invisible('\t')));
        for empty in [",", ", ,", ",\n,", ",\r\n \r\n,,"] {
            assert_eq!(read(trim(empty), Form::List), Err(Unreadable::EmptyList), "{empty:?}");
        }
    }
}
