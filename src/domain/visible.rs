//! Which characters people can see.
//!
//! Two names that look the same must be the same, and no name may hide a line or turn the text
//! around it.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// Whether a character can neither be seen nor stands for a space: controls, format characters
/// (zero width and bidirectional ones among them), separators of lines, what Unicode has not
/// assigned or leaves to private use, and the letters and marks that fonts show as nothing.
pub fn is_invisible(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Other
        || matches!(c, '\u{2028}' | '\u{2029}')
        || is_shown_as_nothing(c)
}

/// The text with single spaces between its words, if it has 1 to `longest` characters and all of them
/// can be seen: the rules for the names of people and of API keys.
pub fn one_line(text: &str, longest: usize) -> Option<String> {
    let text = text.trim();
    let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (1..=longest).contains(&spaced.chars().count());
    (fits && !text.chars().any(is_invisible)).then_some(spaced)
}

/// What is no format character but is not shown either (`Default_Ignorable_Code_Point` in UAX #44),
/// and two symbols that are blank.
const fn is_shown_as_nothing(c: char) -> bool {
    matches!(
        c,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{1d159}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_invisible() {
        for c in [
            '\0',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{2029}',
            '\u{202e}',
            '\u{2060}',
            '\u{2069}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0041}',
            '\u{e000}',
            '\u{f0000}',
            '\u{378}',
            '\u{ffff}',
            '\u{3164}',
            '\u{fe0f}',
        ] {
            assert!(is_invisible(c), "{c:?}");
        }
        for c in "Ada O’Neil-Söhne, Jr. (2) e\u{301} \u{a0}\u{3000}محمد 山田 हिन्दी ไทย 😀€".chars()
        {
            assert!(!is_invisible(c), "{c:?}");
        }
    }
}
