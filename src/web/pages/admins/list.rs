//! `Admin Settings → Server Admins`: who they are, and who is invited.

use actix_web::{HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use serde::Deserialize;

use super::card::AdminLine;
use super::fields::PersonFields;
use crate::domain::admin::link::OneTimeLink;
use crate::service::mails::MailHealth;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::time::Moment;
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::session::SignedIn;

/// People on a page.
const SHOWN: usize = 25;

#[derive(Template)]
#[template(path = "admins/list.html")]
struct ListPage {
    layout: Layout,
    total: usize,
    people: Vec<AdminLine>,
    previous: Option<usize>,
    next: Option<usize>,
    mails: &'static str,
    invite: PersonFields,
    invitations: Vec<InvitationLine>,
}

/// An invitation that nobody has accepted yet.
struct InvitationLine {
    name: String,
    email: String,
    until: Moment,
    digest: String,
}

/// Which page of the list.
#[derive(Deserialize)]
pub(crate) struct PageQuery {
    #[serde(default)]
    page: Option<usize>,
}

/// `GET /admin/server-admins`.
pub(crate) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, PageError> {
    show(&shared, &me, query.page.unwrap_or(1), PersonFields::default(), HttpResponse::Ok()).await
}

/// The page with this number, or the nearest that there is.
pub(crate) async fn show(
    shared: &Shared,
    me: &SignedIn,
    number: usize,
    invite: PersonFields,
    answer: HttpResponseBuilder,
) -> Result<HttpResponse, PageError> {
    let admins = shared.services.admins.list().await?;
    let invitations = shared.services.admins.invitations().await?;
    let banner = shared.services.mails.banner_facts().await?;
    let number = number.clamp(1, admins.len().div_ceil(SHOWN).max(1));
    let skipped = (number - 1) * SHOWN;
    let shown = admins.iter().skip(skipped).take(SHOWN);
    let view = ListPage {
        layout: Layout::with(shared, me, Section::ServerAdmins, &banner),
        total: admins.len(),
        people: shown
            .map(|admin| AdminLine::new(admin, &banner.health, me.admin.id, me.now))
            .collect(),
        previous: (number > 1).then(|| number - 1),
        next: (admins.len() > skipped + SHOWN).then(|| number + 1),
        mails: recipients(&banner.health),
        invite,
        invitations: invitations.into_iter().map(invitation).collect(),
    };
    Ok(layout::page(answer, &view))
}

/// Who receives the mails about the expiry.
const fn recipients(health: &MailHealth) -> &'static str {
    if health.directory.is_some() {
        "Outgoing mail is not set up. Nobody will be notified."
    } else if health.active_admins == 1 {
        "Only one person receives the expiry mails. Add a second Server Admin."
    } else {
        "Every active Server Admin receives the expiry mails."
    }
}

fn invitation(open: OneTimeLink) -> InvitationLine {
    InvitationLine {
        name: open.name.unwrap_or_default(),
        email: open.email.unwrap_or_default(),
        until: Moment::new(open.expires_at),
        digest: open.digest.as_str().to_owned(),
    }
}
