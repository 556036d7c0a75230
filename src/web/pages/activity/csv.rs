//! An export as comma-separated values (RFC 4180) that a spreadsheet can open without harm.

use super::record::Record;

/// It begins with a byte order mark, or Excel would not read it as UTF-8.
pub(super) const HEAD: &str = "\u{feff}id,time,kind,description,actor,address,user_agent,token_id,subject,detail,count,actor_id,\
     actor_email\r\n";

/// Adds an entry.
pub(super) fn add(text: &mut String, record: &Record<'_>) {
    let Record { id, time, kind, description, actor, .. } = record;
    let (id, count) = (id.to_string(), record.count.to_string());
    let actor_id = record.actor_id.map(|id| id.to_string()).unwrap_or_default();
    let fields = [
        id.as_str(),
        time,
        kind,
        description,
        actor,
        record.address.as_deref().unwrap_or_default(),
        record.user_agent.unwrap_or_default(),
        record.token_id.unwrap_or_default(),
        record.subject.unwrap_or_default(),
        record.detail.unwrap_or_default(),
        count.as_str(),
        actor_id.as_str(),
        record.actor_email.unwrap_or_default(),
    ];
    for (index, field) in fields.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_field(text, field);
    }
    text.push_str("\r\n");
}

/// Adds a field. A user agent or an address that was tried is chosen by strangers: what a
/// spreadsheet would take for a formula gets an apostrophe in front, which makes it text.
fn write_field(text: &mut String, field: &str) {
    let field = without_formulas(field);
    let needs_quotes = field.contains(['"', ',', ';', '\t', '\r', '\n']) || field.trim() != field;
    if needs_quotes {
        text.push('"');
    }
    text.push_str(&field.replace('"', "\"\""));
    if needs_quotes {
        text.push('"');
    }
}

/// The field with an apostrophe wherever a cell could begin with a formula. Where the list separator
/// is a semicolon or a tab, a cell begins after each of them, whatever quotes stand around: those
/// are quotes only at the start of a cell.
fn without_formulas(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let (mut rest, mut starts) = (field, true);
    if field.starts_with(['\t', '\r', '\n']) {
        text.push('\'');
    }
    while let Some(c) = rest.chars().next() {
        if starts && rest.trim_start_matches(before_formula).starts_with(FORMULA) {
            text.push('\'');
        }
        text.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        starts = matches!(c, ';' | '\t' | '\n') || (c == '\r' && !rest.starts_with('\n'));
    }
    text
}

/// What formulas begin with, also as wide characters.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// What may stand before a formula in a cell: a doubled quote is an empty text.
fn before_formula(c: char) -> bool {
    c.is_whitespace() || c == '"'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be_and_are_never_formulas() {
        for (field, expected) in [
            ("", ""),
            ("Ada Lovelace", "Ada Lovelace"),
            ("山田, 太郎", "\"山田, 太郎\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" =1", "' =1"),
            ("\t=1", "\"''\t'=1\""),
            ("a;=1", "\"a;'=1\""),
            ("a; +1;b", "\"a;' +1;b\""),
            ("a;\"=1", "\"a;'\"\"=1\""),
            ("a\t@x", "\"a\t'@x\""),
            ("a\r\n-1", "\"a\r\n'-1\""),
            ("a;b=1", "\"a;b=1\""),
            ("＝1", "'＝1"),
            ("a=b", "a=b"),
        ] {
            let mut text = String::new();

            write_field(&mut text, field);

            assert_eq!(text, expected);
        }
    }
}
