//! The activity list as a file: CSV for spreadsheets, JSON for programs.
//!
//! It is read and sent in pieces, so that a million entries need no memory.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;

use super::PageError;
use super::activity::parse_kind;
use super::time::Moment;
use crate::domain::activity::{Kind, Recorded};
use crate::domain::secret::TokenId;
use crate::service::Failure;
use crate::service::activity::Activity;
use crate::web::Shared;
use crate::web::session::SignedIn;

/// Entries that are read at once.
const PIECE: i64 = 1000;

/// What the address says.
#[derive(Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    format: String,
    #[serde(default)]
    kind: String,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Csv,
    Json,
}

/// `GET /admin/activity/export`.
pub(super) async fn export(
    shared: web::Data<Shared>,
    _me: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, PageError> {
    let (format, content_type, name) = match &*query.format {
        "csv" => (Format::Csv, "text/csv; charset=utf-8", "activity.csv"),
        "json" => (Format::Json, "application/json", "activity.json"),
        _ => return Err(PageError::BadRequest("The list is exported as csv or json.")),
    };
    let kinds = parse_kind(&query.kind)?.into_iter().collect();
    let activity = shared.services.activity.clone();
    let start = Some(Reading { activity, kinds, format, before: None });
    Ok(HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(stream::try_unfold(start, next_piece)))
}

/// How far the list has been read.
struct Reading {
    activity: Activity,
    kinds: Vec<Kind>,
    format: Format,
    before: Option<i64>,
}

async fn next_piece(reading: Option<Reading>) -> Result<Option<(Bytes, Option<Reading>)>, Failure> {
    let Some(reading) = reading else { return Ok(None) };
    let entries = reading.activity.page(reading.before, &reading.kinds, PIECE).await?;
    let is_first = reading.before.is_none();
    let last = entries.last().map(|entry| entry.id);
    let text = match reading.format {
        Format::Csv => csv_piece(&entries, is_first),
        Format::Json => json_piece(&entries, is_first),
    };
    let rest = last.map(|last| Reading { before: Some(last), ..reading });
    Ok(Some((Bytes::from(text), rest)))
}

const COLUMNS: &str = "id,time,kind,actor,address,user_agent,token_id,subject,detail,count\r\n";

/// Rows by RFC 4180; an empty piece is the end.
fn csv_piece(entries: &[Recorded], is_first: bool) -> String {
    let mut text = if is_first { COLUMNS.to_owned() } else { String::new() };
    for Recorded { id, event } in entries {
        let cells = [
            id.to_string(),
            Moment::new(event.at).iso,
            event.kind.to_string(),
            event.actor.name().to_owned(),
            event.source.address_text().unwrap_or_default(),
            event.source.agent.clone().unwrap_or_default(),
            event.token.as_ref().map(TokenId::to_string).unwrap_or_default(),
            event.subject.clone().unwrap_or_default(),
            event.detail.clone().unwrap_or_default(),
            event.count.to_string(),
        ];
        text.push_str(&cells.map(|cell| csv_cell(&cell)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// A quoted cell. What a spreadsheet would take for a formula gets an apostrophe in front: names
/// and user agents are chosen by others.
fn csv_cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Elements of one array; an empty piece closes it.
fn json_piece(entries: &[Recorded], is_first: bool) -> String {
    let mut text = String::new();
    for (index, Recorded { id, event }) in entries.iter().enumerate() {
        let before = if is_first && index == 0 { "[\n" } else { ",\n" };
        let object = json!({
            "id": id,
            "time": Moment::new(event.at).iso,
            "kind": event.kind.as_str(),
            "actor": event.actor.name(),
            "address": event.source.address_text(),
            "user_agent": event.source.agent,
            "token_id": event.token.as_ref().map(TokenId::as_str),
            "subject": event.subject,
            "detail": event.detail,
            "count": event.count,
        });
        text.push_str(before);
        text.push_str(&object.to_string());
    }
    match (entries.is_empty(), is_first) {
        (true, true) => "[]\n".to_owned(),
        (true, false) => "\n]\n".to_owned(),
        (false, _) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::activity::{Actor, Event};
    use crate::domain::source::Source;

    fn recorded(id: i64, agent: &str) -> Recorded {
        let at = "2026-11-22T09:38:00Z".parse().unwrap();
        let source = Source::new([203, 0, 113, 24].into(), Some(agent));
        let event = Event::new(at, Kind::LoginFailed, Actor::System, source);
        Recorded { id, event: event.about("ada@example.com") }
    }

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (text, cell) in [
            ("a, b", "\"a, b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
        ] {
            assert_eq!(csv_cell(text), cell);
        }
        let rows = csv_piece(&[recorded(7, "=cmd|' /C calc'!A0")], true);
        let row = rows.lines().nth(1).unwrap();
        assert!(row.starts_with("\"7\",\"2026-11-22T09:38:00Z\",\"login_failed\""), "{row}");
        assert!(row.contains("\"'=cmd|"), "{row}");
    }

    #[test]
    fn pieces_make_one_array() {
        let whole = json_piece(&[recorded(9, "a"), recorded(8, "b")], true)
            + &json_piece(&[recorded(7, "c")], false)
            + &json_piece(&[], false);

        let entries: Vec<serde_json::Value> = serde_json::from_str(&whole).unwrap();
        assert_eq!(entries.len(), 3);
        assert_eq!(entries[2]["user_agent"], "c");
        assert_eq!(json_piece(&[], true), "[]\n");
    }
}
