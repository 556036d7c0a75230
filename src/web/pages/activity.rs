//! `Admin Settings → Activity`: what happened, page by page.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::PageError;
use super::feed::{self, Entry};
use super::shell::{self, Frame, Place, Shell};
use crate::domain::activity::Kind;
use crate::web::Shared;
use crate::web::session::SignedIn;

/// Entries on a page.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "admin/activity.html")]
struct Page {
    shell: Shell,
    admin: Frame,
    /// What is shown.
    shown: &'static str,
    kinds: Vec<KindOption>,
    /// The filter as a further parameter, or nothing.
    filter: String,
    feed: Vec<Entry>,
    newest: Option<String>,
    older: Option<String>,
}

struct KindOption {
    value: &'static str,
    text: &'static str,
    selected: bool,
}

/// What the address of the page says.
#[derive(Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    before: String,
}

/// Reads a filter; an empty one lets everything through.
pub(super) fn parse_kind(text: &str) -> Result<Option<Kind>, PageError> {
    match text {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_unknown| PageError::BadRequest("There is no such kind of activity.")),
    }
}

/// `GET /admin/activity`.
pub(super) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, PageError> {
    let kind = parse_kind(&query.kind)?;
    let before = match &*query.before {
        "" => None,
        key => Some(key.parse::<i64>().map_err(|_malformed| {
            PageError::BadRequest("The address names no entry of the list.")
        })?),
    };
    let kinds: Vec<Kind> = kind.into_iter().collect();
    // One more than is shown tells whether there is another page.
    let mut recorded = shared
        .services
        .activity
        .page(before, &kinds, i64::try_from(SHOWN + 1).unwrap_or(51))
        .await?;
    let has_more = recorded.len() > SHOWN;
    recorded.truncate(SHOWN);
    let filter = kind.map(|kind| format!("&kind={kind}")).unwrap_or_default();
    let older = recorded.last().filter(|_| has_more);
    let now = shared.services.tokens.now();
    let view = Page {
        shell: Shell::new(&shared),
        admin: Frame::load(&shared, &me, Place::Activity).await?,
        shown: kind.map_or("Everything", kind_text),
        kinds: Kind::ALL.iter().map(|&of| option(of, kind)).collect(),
        older: older.map(|last| format!("/admin/activity?before={}{filter}", last.id)),
        newest: before.map(|_| format!("/admin/activity?{}", filter.trim_start_matches('&'))),
        filter,
        feed: feed::entries(&recorded, me.admin.id, now),
    };
    Ok(shell::page(HttpResponse::Ok(), &view))
}

fn option(kind: Kind, chosen: Option<Kind>) -> KindOption {
    KindOption { value: kind.as_str(), text: kind_text(kind), selected: chosen == Some(kind) }
}

/// What a kind is called in the filter.
const fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::TokenGenerated => "Tokens generated",
        Kind::TokenRevoked => "Tokens revoked without replacement",
        Kind::TokenFirstUsed => "First uses of a token",
        Kind::TokenExpired => "Tokens expired",
        Kind::RequestsRefused => "SCIM requests refused",
        Kind::LoggedIn => "Logins",
        Kind::LoginFailed => "Failed logins",
        Kind::LoggedOut => "Logouts",
        Kind::SessionEnded => "Sessions ended",
        Kind::AdminAdded => "Server Admins added",
        Kind::AdminInvited => "Server Admins invited",
        Kind::AdminDeactivated => "Server Admins deactivated",
        Kind::AdminReactivated => "Server Admins reactivated",
        Kind::AdminChanged => "Names and addresses changed",
        Kind::PasswordChanged => "Passwords changed",
        Kind::MailSent => "Mails sent",
        Kind::MailFailed => "Mails failed",
    }
}
