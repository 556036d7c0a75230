//! `Admin Settings → Server Admins`: who they are, and who is invited.

use actix_web::{HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::code::Digest;
use crate::domain::admin::link::OneTimeLink;
use crate::service::mails::Health;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::text::initials;
use crate::web::pages::layout::time::{Moment, last_login};
use crate::web::pages::layout::{self, Badge, Layout, Section};
use crate::web::pages::paths::{SERVER_ADMINS, go_to};
use crate::web::session::{Flash, SignedIn, SignedInForm};

/// People on a page.
const SHOWN: usize = 25;

#[derive(Template)]
#[template(path = "admins/list.html")]
struct Page {
    layout: Layout,
    total: usize,
    people: Vec<Person>,
    previous: Option<usize>,
    next: Option<usize>,
    mails: &'static str,
    invite: Invite,
    invitations: Vec<Invitation>,
}

struct Person {
    id: i64,
    initials: String,
    name: String,
    email: String,
    is_me: bool,
    active: bool,
    badge: Option<Badge>,
    last_login: String,
}

struct Invitation {
    name: String,
    email: String,
    until: Moment,
    digest: String,
}

/// The form for an invitation, empty or as it was sent.
#[derive(Default)]
pub(crate) struct Invite {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) name_error: Option<String>,
    pub(crate) email_error: Option<String>,
}

/// Which page of the list.
#[derive(Deserialize)]
pub(crate) struct Query {
    #[serde(default)]
    page: Option<usize>,
}

/// `GET /admin/server-admins`.
pub(crate) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, PageError> {
    show(&shared, &me, query.page.unwrap_or(1), Invite::default(), HttpResponse::Ok()).await
}

/// The page with this number, or the nearest that there is.
pub(crate) async fn show(
    shared: &Shared,
    me: &SignedIn,
    number: usize,
    invite: Invite,
    answer: HttpResponseBuilder,
) -> Result<HttpResponse, PageError> {
    let admins = shared.services.admins.list().await?;
    let invitations = shared.services.admins.invitations().await?;
    let banner = shared.services.mails.banner().await?;
    let number = number.clamp(1, admins.len().div_ceil(SHOWN).max(1));
    let skipped = (number - 1) * SHOWN;
    let person = |admin: &ServerAdmin| person(admin, me, &banner.health);
    let view = Page {
        layout: Layout::with(shared, me, Section::ServerAdmins, &banner),
        total: admins.len(),
        people: admins.iter().skip(skipped).take(SHOWN).map(person).collect(),
        previous: (number > 1).then(|| number - 1),
        next: (admins.len() > skipped + SHOWN).then(|| number + 1),
        mails: mails(&banner.health),
        invite,
        invitations: invitations.into_iter().map(invitation).collect(),
    };
    Ok(layout::page(answer, &view))
}

fn person(admin: &ServerAdmin, me: &SignedIn, health: &Health) -> Person {
    let badge = if !admin.active {
        Some(Badge::new("neutral", "circle-slash", "Deactivated"))
    } else if health.unreachable.contains(&admin.id) {
        Some(Badge::new("danger", "alert", "Mail failed"))
    } else {
        None
    };
    Person {
        id: admin.id.0,
        initials: initials(admin.name.as_str()),
        name: admin.name.to_string(),
        email: admin.email.to_string(),
        is_me: admin.id == me.admin.id,
        active: admin.active,
        badge,
        last_login: last_login(admin.last_login_at, me.now),
    }
}

/// Who is told about the expiry.
const fn mails(health: &Health) -> &'static str {
    if health.directory.is_some() {
        "Outgoing mail is not set up. Nobody will be notified."
    } else if health.active_admins == 1 {
        "Only one person receives the expiry mails. Add a second Server Admin."
    } else {
        "Every active Server Admin receives the expiry mails."
    }
}

fn invitation(open: OneTimeLink) -> Invitation {
    Invitation {
        name: open.name.unwrap_or_default(),
        email: open.email.unwrap_or_default(),
        until: Moment::new(open.expires_at),
        digest: open.digest.as_str().to_owned(),
    }
}

/// What the button beside an invitation sends.
#[derive(Deserialize)]
pub(crate) struct Withdrawn {
    #[serde(default)]
    digest: String,
}

/// `POST /admin/server-admins/withdraw`.
pub(crate) async fn withdraw(
    shared: web::Data<Shared>,
    form: SignedInForm<Withdrawn>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields } = form;
    let from = me.source.clone();
    let digest = Digest::new(fields.digest);
    me.leave(&if shared.services.admins.withdraw(digest, me.admin.actor(), from).await? {
        Flash::done("The invitation was withdrawn.", "Its link does not work any more.")
    } else {
        Flash::warning(
            "This invitation was not open any more.",
            "It was used, withdrawn or has expired. Nothing was changed.",
        )
    });
    Ok(go_to(SERVER_ADMINS))
}
