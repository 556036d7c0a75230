//! Deactivating and reactivating a Server Admin, each after a confirmation.

use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::AdminId;
use crate::domain::keys::KeyStatus;
use crate::domain::token::TokenHistory;
use crate::service::admins::ActivationError;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::time::Moment;
use crate::web::pages::layout::{self, Layout, Section, limited};
use crate::web::pages::paths::{LOGIN, SCIM_TOKEN, SERVER_ADMINS, go_to, parse_id};
use crate::web::session::{Flash, Link, NoFields, SignedIn, SignedInForm};

/// The last part of the path.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Change {
    Deactivate,
    Reactivate,
}

#[derive(Template)]
#[template(path = "admins/activation.html")]
struct ActivationPage {
    layout: Layout,
    id: i64,
    name: String,
    email: String,
    is_me: bool,
    /// Whether it is about deactivating rather than reactivating.
    off: bool,
    is_last: bool,
    /// The token that they generated and may have kept.
    token: Option<KeptToken>,
    /// The names of the API keys that stop with them, or work again.
    keys: Vec<String>,
}

/// A token that is accepted, whatever becomes of those who generated it.
struct KeptToken {
    id: String,
    generated: Moment,
    is_current: bool,
}

impl KeptToken {
    /// The one that `admin` generated, if it is still accepted.
    fn of(admin: AdminId, history: &TokenHistory, now: DateTime<Utc>) -> Option<Self> {
        let current = history.unrevoked().filter(|token| token.expires_at > now);
        let both = [(current, true), (history.old(now), false)];
        let mut theirs = both.into_iter().filter_map(|(token, is_current)| {
            let token = token.filter(|token| token.generated_by.admin_id() == Some(admin))?;
            let (id, generated) = (token.id.as_str().to_owned(), Moment::day(token.generated_at));
            Some(Self { id, generated, is_current })
        });
        theirs.next()
    }
}

/// `GET /admin/server-admins/{id}/{change}`.
pub(crate) async fn confirm(
    shared: web::Data<Shared>,
    me: SignedIn,
    path: web::Path<(String, Change)>,
) -> Result<HttpResponse, PageError> {
    let (id, change) = path.into_inner();
    let id = parse_id(&id)?;
    let admins = shared.services.admins.list().await?;
    let admin = admins.iter().find(|admin| admin.id == id).ok_or(PageError::NotFound)?;
    let off = change == Change::Deactivate;
    if admin.active != off {
        return Ok(go_to(SERVER_ADMINS));
    }
    let banner = shared.services.mails.banner_facts().await?;
    let view = ActivationPage {
        layout: Layout::with(&shared, &me, Section::ServerAdmins, &banner),
        token: KeptToken::of(id, &banner.history, me.now).filter(|_| off),
        id: admin.id.0,
        name: admin.name.to_string(),
        email: admin.email.to_string(),
        is_me: admin.id == me.admin.id,
        off,
        is_last: off && admins.iter().filter(|admin| admin.active).count() == 1,
        keys: keys_of(&shared, id, me.now).await?,
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

/// The names of the API keys that a Server Admin has made and that have not ended.
async fn keys_of(
    shared: &Shared,
    maker: AdminId,
    now: DateTime<Utc>,
) -> Result<Vec<String>, PageError> {
    let mut keys = shared.services.keys.list().await?;
    keys.retain(|key| {
        key.created_by.admin_id() == Some(maker)
            && matches!(key.status(now), KeyStatus::Active | KeyStatus::Stopped)
    });
    Ok(keys.into_iter().map(|key| key.name.to_string()).collect())
}

/// `POST /admin/server-admins/{id}/{change}`.
pub(crate) async fn change(
    shared: web::Data<Shared>,
    path: web::Path<(String, Change)>,
    form: SignedInForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields: NoFields {} } = form;
    let (id, change) = path.into_inner();
    let (id, active) = (parse_id(&id)?, change == Change::Reactivate);
    me.leave(&match shared.services.admins.set_active(id, active, me.author()).await {
        Ok(admin) if active => Flash::done(
            format!("{} was reactivated.", admin.name),
            "They can log in again and receive the mails.",
        ),
        Ok(admin) if admin.id == me.admin.id => {
            me.end();
            return Ok(go_to(LOGIN));
        }
        Ok(admin) => deactivated(&shared, &admin, me.now).await?,
        Err(ActivationError::UnknownAdmin(_)) => return Err(PageError::NotFound),
        Err(error @ ActivationError::LastActive) => {
            Flash::warning(sentence(error), "Nothing was changed.")
        }
        Err(ActivationError::HourlyLimit(limit)) => limited("Nothing was changed.", limit),
        Err(ActivationError::Failed(failure)) => return Err(failure.into()),
    });
    Ok(go_to(SERVER_ADMINS))
}

/// What to say, and what to do about a token that they may have kept.
async fn deactivated(
    shared: &Shared,
    admin: &ServerAdmin,
    now: DateTime<Utc>,
) -> Result<Flash, PageError> {
    let history = shared.services.tokens.history().await?;
    let kept = KeptToken::of(admin.id, &history, now);
    let told = "All of their sessions have ended, and they receive no more mails.";
    let told = match &kept {
        Some(KeptToken { id, .. }) => {
            format!("{told} The token {id}, which they generated, is still valid.")
        }
        None => told.to_owned(),
    };
    let flash = Flash::done(format!("{} was deactivated.", admin.name), told);
    Ok(match kept {
        Some(KeptToken { is_current: true, .. }) => {
            flash.with_link(Link::new(SCIM_TOKEN, "Replace the token"))
        }
        Some(_) => flash.with_link(Link::new(SCIM_TOKEN, "Revoke the old token")),
        None => flash,
    })
}
