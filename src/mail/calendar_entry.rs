//! The expiry of the token as a file for calendars (RFC 5545). It is no invitation: nobody is asked to
//! come, and nobody answers.

use chrono::{DateTime, TimeDelta, Utc};
use lettre::Address;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Letterhead;
use crate::domain::mail::calendar_entry::CalendarEntry;
use crate::domain::visible::is_invisible;

/// The name of the file.
pub(super) const FILE: &str = "scim-token.ics";
/// Calendars remind so many days before the expiry.
const REMINDERS: [i64; 2] = [15, 1];
/// How long the entry is. The expiry is an instant, but what programs make of an entry without an
/// end is nothing, an hour or a day.
const LENGTH: TimeDelta = TimeDelta::minutes(15);
/// The longest line, in bytes without its end (section 3.1).
const LONGEST_LINE: usize = 75;
/// What an address may not hold in a URL (RFC 6068 section 2).
const UNSAFE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@').remove(b'+');

/// What calendars do with an entry (RFC 5546).
pub(super) const fn method(entry: &CalendarEntry) -> &'static str {
    if entry.is_cancelled { "CANCEL" } else { "PUBLISH" }
}

/// The file. `from` is the sender of the mail.
pub(super) fn file(entry: &CalendarEntry, letterhead: &Letterhead, from: &Address) -> String {
    let Letterhead { product, public_url, .. } = letterhead;
    let title = text(&format!("SCIM token expires: {product}"));
    let link = public_url.join("/admin/authentication");
    let todo = format!(
        "Users and groups of {product} are not synced from then on, unless a new token was generated \
         and entered in the identity provider: {link}"
    );
    let organizer = from.to_string();
    let organizer = utf8_percent_encode(&organizer, UNSAFE);
    let status = if entry.is_cancelled { "CANCELLED" } else { "CONFIRMED" };
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//scimward//SCIM token//EN".to_owned(),
        format!("METHOD:{}", method(entry)),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", entry.uid),
        format!("SEQUENCE:{}", entry.sequence),
        format!("DTSTAMP:{}", instant(entry.changed_at)),
        format!("DTSTART:{}", instant(entry.expires_at)),
        format!("DTEND:{}", instant(entry.expires_at + LENGTH)),
        format!("SUMMARY:{title}"),
        format!("DESCRIPTION:{}", text(&todo)),
        format!("URL:{link}"),
        // Whoever publishes has to be named (RFC 5546 section 3.2.1).
        format!("ORGANIZER;CN=\"{}\":mailto:{organizer}", parameter(product)),
        format!("STATUS:{status}"),
        // Nobody is busy because a token expires.
        "TRANSP:TRANSPARENT".to_owned(),
    ];
    if !entry.is_cancelled {
        lines.extend(REMINDERS.iter().flat_map(|days| reminder(*days, &title)));
    }
    lines.extend(["END:VEVENT".to_owned(), "END:VCALENDAR".to_owned()]);
    lines.iter().map(|line| folded(line)).collect()
}

fn reminder(days: i64, title: &str) -> [String; 5] {
    [
        "BEGIN:VALARM".to_owned(),
        "ACTION:DISPLAY".to_owned(),
        format!("DESCRIPTION:{title}"),
        format!("TRIGGER:-P{days}D"),
        "END:VALARM".to_owned(),
    ]
}

fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Text as a value (section 3.3.11).
fn text(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars().map(seen) {
        if matches!(c, '\\' | ';' | ',') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Text between quotation marks, where there is no way to write one (section 3.2).
fn parameter(text: &str) -> String {
    text.chars().map(|c| if c == '"' { '\'' } else { seen(c) }).collect()
}

/// A line break could forge a property.
fn seen(c: char) -> char {
    if is_invisible(c) { ' ' } else { c }
}

/// A line with its end, broken where it is too long, and never inside a character.
fn folded(line: &str) -> String {
    let mut folded = String::new();
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > LONGEST_LINE {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(c);
        length += c.len_utf8();
    }
    folded + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(is_cancelled: bool) -> CalendarEntry {
        CalendarEntry {
            uid: "scim-token-0a1b".to_owned(),
            sequence: 28_000_000,
            changed_at: "2026-11-22T14:03:00Z".parse().unwrap(),
            expires_at: "2026-12-22T14:03:00Z".parse().unwrap(),
            is_cancelled,
        }
    }

    fn written(product: &str, is_cancelled: bool) -> String {
        let letterhead = Letterhead {
            product: product.to_owned(),
            public_url: "https://catalog.example.com".parse().unwrap(),
            from: "scim@example.com".parse().unwrap(),
            provider: None,
            team: Vec::new(),
        };
        file(&entry(is_cancelled), &letterhead, &"s%?c=im+x@example.com".parse().unwrap())
    }

    #[test]
    fn calendars_are_told_what_expires_when_and_remind_twice() {
        let file = written("Acme", false);

        let unfolded = file.replace("\r\n ", "");
        let expected = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//scimward//SCIM token//EN\r\n\
            METHOD:PUBLISH\r\nBEGIN:VEVENT\r\nUID:scim-token-0a1b\r\nSEQUENCE:28000000\r\n\
            DTSTAMP:20261122T140300Z\r\nDTSTART:20261222T140300Z\r\nDTEND:20261222T141800Z\r\n\
            SUMMARY:SCIM token expires: Acme\r\nDESCRIPTION:Users and groups of Acme are not synced \
            from then on\\, unless a new token was generated and entered in the identity provider: \
            https://catalog.example.com/admin/authentication\r\n\
            URL:https://catalog.example.com/admin/authentication\r\n\
            ORGANIZER;CN=\"Acme\":mailto:s%25%3Fc%3Dim+x@example.com\r\nSTATUS:CONFIRMED\r\n\
            TRANSP:TRANSPARENT\r\n\
            BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:SCIM token expires: Acme\r\n\
            TRIGGER:-P15D\r\nEND:VALARM\r\n\
            BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:SCIM token expires: Acme\r\n\
            TRIGGER:-P1D\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(unfolded, expected);
        let cancelled = written("Acme", true);
        assert!(cancelled.contains("METHOD:CANCEL\r\n"), "{cancelled}");
        assert!(cancelled.contains("STATUS:CANCELLED\r\n"), "{cancelled}");
        assert!(!cancelled.contains("VALARM"), "{cancelled}");
    }

    #[test]
    fn no_name_breaks_a_line_or_forges_one() {
        let evil = "a;b,c\\d\"e\r\nATTENDEE:mailto:x@y\u{2028}\u{202e}";
        let long = ["名前", "é", "😀", "x"].map(|part| part.repeat(60));
        for product in long.iter().map(String::as_str).chain([evil]) {
            let file = written(product, false);

            for line in file.strip_suffix("\r\n").unwrap().split("\r\n") {
                assert!(line.len() <= LONGEST_LINE, "{line}");
                assert!(!line.contains(['\r', '\n', '\u{2028}']), "{line:?}");
            }
            let unfolded = file.replace("\r\n ", "");
            assert_eq!(
                unfolded.lines().count(),
                written("x", false).replace("\r\n ", "").lines().count()
            );
            assert!(!unfolded.contains("\nATTENDEE"), "{unfolded}");
        }
        let unfolded = written(evil, false).replace("\r\n ", "");
        let expected = "SUMMARY:SCIM token expires: a\\;b\\,c\\\\d\"e  ATTENDEE:mailto:x@y  \r\n";
        assert!(unfolded.contains(expected), "{unfolded}");
        assert!(
            unfolded.contains("CN=\"a;b,c\\d'e  ATTENDEE:mailto:x@y  \":mailto:"),
            "{unfolded}"
        );
    }
}
