//! The activity list as a file. It is sent while it is read, so that its length costs no memory.

use actix_web::http::Method;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::feed;
use super::page::Filter;
use crate::domain::activity::timeline::Position;
use crate::domain::activity::{Kind, Recorded};
use crate::domain::calendar::rfc3339;
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
    let format = if request.path() == ACTIVITY_CSV { Format::Csv } else { Format::Json };
    let kinds = Filter::parse(&query.kind)?.kinds;
    let day = me.now.date_naive();
    let name = format!("attachment; filename=\"activity-{day}.{}\"", format.extension());
    let mut answer = HttpResponse::Ok();
    answer.content_type(format.content_type()).insert_header((CONTENT_DISPOSITION, name));
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
    before: Option<Position>,
    has_begun: bool,
}

impl File {
    /// The next part, and whether it is the last.
    async fn next(&mut self) -> Result<(Bytes, bool), Failure> {
        let rows = self.activity.rows(self.before, &self.kinds).await?;
        let mut text = String::new();
        if self.before.is_none() {
            text.push_str(self.format.head());
        }
        for row in &rows {
            let record = Record::new(row);
            match self.format {
                Format::Csv => super::csv::write(&mut text, &record),
                Format::Json => super::json::write(&mut text, &record, !self.has_begun),
            }
            self.has_begun = true;
        }
        self.before = rows.last().map(Position::from);
        let is_whole = rows.is_empty();
        if is_whole {
            text.push_str(self.format.foot());
        }
        Ok((Bytes::from(text), is_whole))
    }
}

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

impl Format {
    const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
        }
    }

    const fn head(self) -> &'static str {
        match self {
            Self::Csv => super::csv::HEAD,
            Self::Json => super::json::HEAD,
        }
    }

    const fn foot(self) -> &'static str {
        match self {
            Self::Csv => "",
            Self::Json => super::json::FOOT,
        }
    }
}

/// An entry as it stands in a file.
#[derive(Debug, Serialize)]
pub(super) struct Record<'a> {
    pub(super) id: i64,
    /// RFC 3339, in UTC.
    pub(super) time: String,
    pub(super) kind: &'static str,
    pub(super) description: String,
    pub(super) actor: &'a str,
    pub(super) address: Option<String>,
    pub(super) user_agent: Option<&'a str>,
    pub(super) token_id: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
    pub(super) detail: Option<&'a str>,
    pub(super) count: u64,
}

impl<'a> Record<'a> {
    fn new(recorded: &'a Recorded) -> Self {
        let event = &recorded.event;
        Self {
            id: recorded.id,
            time: rfc3339(event.at),
            kind: event.kind.as_str(),
            description: feed::description(event),
            actor: event.actor.name(),
            address: event.source.address_text(),
            user_agent: event.source.agent.as_deref(),
            token_id: event.token.as_ref().map(crate::domain::token::secret::TokenId::as_str),
            subject: event.subject.as_deref(),
            detail: event.detail.as_deref(),
            count: event.count,
        }
    }
}
