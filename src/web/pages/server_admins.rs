//! `Admin Settings → Server Admins`: who they are, inviting, deactivating and reactivating.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::PageError;
use super::join::sentence;
use super::login::go_to;
use super::people_card::last_login;
use super::shell::{self, Badge, Frame, Place, Shell, initials};
use super::time::{Moment, utc_text};
use crate::domain::admin::{AdminId, EmailAddress, PersonName, ServerAdmin};
use crate::domain::one_time::Digest;
use crate::service::admins::{AdminError, LINK_LIFETIME};
use crate::web::session::{Flash, SignedForm, SignedIn};
use crate::web::{Shared, source};

/// Where this page is.
pub(super) const PATH: &str = "/admin/server-admins";

/// People on a page.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "admin/server_admins.html")]
struct Page {
    shell: Shell,
    admin: Frame,
    total: usize,
    active: usize,
    people: Vec<Person>,
    previous: Option<usize>,
    next: Option<usize>,
    deactivated: Badge,
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
    last_login: String,
}

struct Invitation {
    name: String,
    email: String,
    until: Moment,
    digest: String,
}

/// The form for an invitation as it is shown again.
#[derive(Default)]
struct Invite {
    name: String,
    email: String,
    name_error: Option<String>,
    email_error: Option<String>,
}

/// Which page of the list.
#[derive(Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    page: Option<usize>,
}

/// `GET /admin/server-admins`.
pub(super) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, PageError> {
    let number = query.page.unwrap_or(1).max(1);
    show(&shared, &me, number, Invite::default(), HttpResponse::Ok()).await
}

async fn show(
    shared: &Shared,
    me: &SignedIn,
    number: usize,
    invite: Invite,
    answer: HttpResponseBuilder,
) -> Result<HttpResponse, PageError> {
    let admins = shared.services.admins.list().await?;
    let invitations = shared.services.admins.invitations().await?;
    let now = shared.services.tokens.now();
    let skipped = (number - 1).saturating_mul(SHOWN);
    let view = Page {
        shell: Shell::new(shared),
        admin: Frame::load(shared, me, Place::ServerAdmins).await?,
        total: admins.len(),
        active: admins.iter().filter(|admin| admin.active).count(),
        people: admins.iter().skip(skipped).take(SHOWN).map(|a| person(a, me, now)).collect(),
        previous: (number > 1).then(|| number - 1),
        next: (admins.len() > skipped.saturating_add(SHOWN)).then(|| number + 1),
        deactivated: Badge::new("neutral", "circle-slash", "Deactivated"),
        invite,
        invitations: invitations
            .into_iter()
            .map(|link| Invitation {
                name: link.name.unwrap_or_default(),
                email: link.email.unwrap_or_default(),
                until: Moment::new(link.expires_at),
                digest: link.digest.as_str().to_owned(),
            })
            .collect(),
    };
    Ok(shell::page(answer, &view))
}

fn person(admin: &ServerAdmin, me: &SignedIn, now: DateTime<Utc>) -> Person {
    Person {
        id: admin.id.0,
        initials: initials(admin.name.as_str()),
        name: admin.name.to_string(),
        email: admin.email.to_string(),
        is_me: admin.id == me.admin.id,
        active: admin.active,
        last_login: last_login(admin, now),
    }
}

/// What the buttons of the list send: exactly one of them is pressed.
#[derive(Deserialize)]
pub(super) struct Change {
    #[serde(default)]
    deactivate: String,
    #[serde(default)]
    reactivate: String,
    #[serde(default)]
    withdraw: String,
}

/// `POST /admin/server-admins`.
pub(super) async fn change(
    shared: web::Data<Shared>,
    request: HttpRequest,
    form: SignedForm<Change>,
) -> Result<HttpResponse, PageError> {
    let SignedForm { me, fields } = form;
    let Change { deactivate, reactivate, withdraw } = fields;
    let (admins, actor) = (&shared.services.admins, me.admin.actor());
    let from = source(&request, &shared.site.trusted_proxies);
    if !withdraw.is_empty() {
        admins.withdraw(Digest::new(withdraw)).await?;
        me.leave(&Flash::done("The invitation was withdrawn.", "Its link does not work any more."));
        return Ok(go_to(PATH));
    }
    let off = !deactivate.is_empty();
    let id = parse_id(if off { &deactivate } else { &reactivate })?;
    let done = if off {
        admins.deactivate(id, actor, from).await
    } else {
        admins.reactivate(id, actor, from).await
    };
    let name = admins.by_id(id).await?.map(|admin| admin.name.to_string()).unwrap_or_default();
    me.leave(&match done {
        Ok(()) if off => Flash::done(
            format!("{name} was deactivated."),
            "All of their sessions have ended, and they receive no more mails.",
        ),
        Ok(()) => Flash::done(
            format!("{name} was reactivated."),
            "They can log in again and receive mails.",
        ),
        Err(error) => refusal(error)?,
    });
    Ok(go_to(PATH))
}

fn refusal(error: AdminError) -> Result<Flash, PageError> {
    match error {
        AdminError::Failed(failure) => Err(failure.into()),
        AdminError::NotFound => Err(PageError::NotFound),
        error => Ok(Flash::warning(sentence(&error.to_string()), "Nothing was changed.")),
    }
}

/// The key of a Server Admin in a form or an address.
pub(super) fn parse_id(text: &str) -> Result<AdminId, PageError> {
    text.parse()
        .map(AdminId)
        .map_err(|_malformed| PageError::BadRequest("The form names no Server Admin."))
}

/// What the form for an invitation sends.
#[derive(Deserialize)]
pub(super) struct Invited {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
}

#[derive(Template)]
#[template(path = "admin/invited.html")]
struct LinkPage {
    shell: Shell,
    admin: Frame,
    name: String,
    email: String,
    why: &'static str,
    link: String,
    until: String,
}

/// `POST /admin/server-admins/invite`: the answer shows the link, once.
pub(super) async fn invite(
    shared: web::Data<Shared>,
    request: HttpRequest,
    form: SignedForm<Invited>,
) -> Result<HttpResponse, PageError> {
    let SignedForm { me, fields } = form;
    let (name, email) = (fields.name.parse::<PersonName>(), fields.email.parse::<EmailAddress>());
    let (name, email) = match (name, email) {
        (Ok(name), Ok(email)) => (name, email),
        (name, email) => {
            let name_error = name.err().map(|error| sentence(&error.to_string()));
            let email_error = email.err().map(|error| sentence(&error.to_string()));
            return show_again(&shared, &me, fields, name_error, email_error).await;
        }
    };
    let from = source(&request, &shared.site.trusted_proxies);
    let invited = shared.services.admins.invite(name.clone(), email.clone(), &me.admin, from).await;
    let code = match invited {
        Ok(code) => code,
        Err(AdminError::Failed(failure)) => return Err(failure.into()),
        Err(error) => {
            let error = sentence(&error.to_string());
            return show_again(&shared, &me, fields, None, Some(error)).await;
        }
    };
    let view = LinkPage {
        shell: Shell::new(&shared),
        admin: Frame::load(&shared, &me, Place::ServerAdmins).await?,
        name: name.to_string(),
        email: email.to_string(),
        why: "No mail server is configured, so no mail was sent.",
        link: shared.site.public_url.join(&format!("/invitation?code={}", code.expose())),
        until: utc_text(shared.services.tokens.now() + LINK_LIFETIME),
    };
    Ok(shell::page(HttpResponse::Ok(), &view))
}

async fn show_again(
    shared: &Shared,
    me: &SignedIn,
    fields: Invited,
    name_error: Option<String>,
    email_error: Option<String>,
) -> Result<HttpResponse, PageError> {
    let Invited { name, email } = fields;
    let invite = Invite { name, email, name_error, email_error };
    show(shared, me, 1, invite, HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY)).await
}
