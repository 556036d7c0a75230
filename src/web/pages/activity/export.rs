//! The activity list as a file. It is sent while it is read, so that its length costs no memory.

use actix_web::http::Method;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;

use super::filter::Filter;
use super::record::Record;
use super::{csv, json};
use crate::domain::activity::Kind;
use crate::domain::activity::timeline::Cursor;
use crate::service::Failure;
use crate::service::activity::Activity;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::paths::ACTIVITY_CSV;
use crate::web::session::SignedIn;

/// What the address says.
#[derive(Deserialize)]
pub(crate) struct Query {
    #[serde(default)]
    kind: String,
}

/// `GET /admin/activity/export.csv?kind=...` and `export.json`.
pub(crate) async fn export(
    shared: web::Data<Shared>,
    request: HttpRequest,
    me: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, PageError> {
    let format = if request.path() == ACTIVITY_CSV { CSV } else { JSON };
    let kinds = Filter::parse(&query.kind)?.kinds;
    let day = me.now.date_naive();
    let name = format!("attachment; filename=\"activity-{day}.{}\"", format.extension);
    let mut answer = HttpResponse::Ok();
    answer.content_type(format.content_type).insert_header((CONTENT_DISPOSITION, name));
    if request.method() == Method::HEAD {
        return Ok(answer.finish());
    }
    let activity = shared.services.activity.clone();
    let mut file = File { activity, kinds, format, before: None, has_begun: false };
    // A failure at the beginning is an error page; later ones break the transfer off.
    let (first, is_whole) = file.next().await?;
    let rest = stream::try_unfold((!is_whole).then_some(file), |file| async move {
        let Some(mut file) = file else { return Ok(None) };
        let (part, is_whole) = file.next().await?;
        Ok::<_, Failure>(Some((part, (!is_whole).then_some(file))))
    });
    let parts = stream::once(async { Ok::<_, Failure>(first) }).chain(rest);
    Ok(answer.streaming(parts.map(|part| {
        part.map_err(|failure| {
            tracing::error!(error = %failure, "an export broke off");
            std::io::Error::other("the rest cannot be read")
        })
    })))
}

/// A file that is being sent.
struct File {
    activity: Activity,
    kinds: Vec<Kind>,
    format: Format,
    before: Option<Cursor>,
    has_begun: bool,
}

impl File {
    /// The next part, and whether it is the last.
    async fn next(&mut self) -> Result<(Bytes, bool), Failure> {
        let rows = self.activity.rows(self.before, &self.kinds).await?;
        let mut text = String::new();
        if self.before.is_none() {
            text.push_str(self.format.head);
        }
        for row in &rows {
            (self.format.add)(&mut text, &Record::from(row), !self.has_begun);
            self.has_begun = true;
        }
        self.before = rows.last().map(Cursor::from);
        let is_whole = rows.is_empty();
        if is_whole {
            text.push_str(self.format.foot);
        }
        Ok((Bytes::from(text), is_whole))
    }
}

/// How a file is written.
struct Format {
    extension: &'static str,
    content_type: &'static str,
    head: &'static str,
    foot: &'static str,
    /// Adds an entry; the last argument says whether it is the first.
    add: fn(&mut String, &Record<'_>, bool),
}

const CSV: Format = Format {
    extension: "csv",
    content_type: "text/csv; charset=utf-8; header=present",
    head: csv::HEAD,
    foot: "",
    add: |text, record, _is_first| csv::add(text, record),
};

const JSON: Format = Format {
    extension: "json",
    content_type: "application/json",
    head: json::HEAD,
    foot: json::FOOT,
    add: json::add,
};
