//! One Server Admin: name and address, and for oneself the password and the sessions.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::code::Digest;
use crate::domain::admin::person::{AdminId, EmailAddress, PersonName};
use crate::service::admins::{PasswordError, ProfileError};
use crate::service::sessions::Session;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::time::{Moment, ago, wait};
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::pages::paths::{ACCOUNT, SERVER_ADMINS, go_to, parse_id};
use crate::web::session::{Flash, SignedIn, SignedInForm};

#[derive(Template)]
#[template(path = "admins/account.html")]
struct Page {
    layout: Layout,
    /// The name as it is stored.
    title: String,
    intro: &'static str,
    id: i64,
    name: String,
    email: String,
    complete_name: &'static str,
    complete_email: &'static str,
    name_error: Option<String>,
    email_error: Option<String>,
    own: Option<Own>,
}

/// What only oneself sees.
struct Own {
    present_error: Option<String>,
    fresh_error: Option<String>,
    sessions: Vec<SessionView>,
}

struct SessionView {
    address: String,
    agent: String,
    since: Moment,
    last_used: String,
    is_this: bool,
    digest: String,
}

/// What was wrong with what was entered.
#[derive(Default)]
struct Errors {
    name: Option<String>,
    email: Option<String>,
    present: Option<String>,
    fresh: Option<String>,
}

/// Whom a page is about, with name and address as they were entered.
struct Subject {
    id: AdminId,
    /// The name as it is stored.
    title: String,
    name: String,
    email: String,
}

impl Subject {
    fn of(admin: &ServerAdmin) -> Self {
        let name = admin.name.to_string();
        Self { id: admin.id, title: name.clone(), name, email: admin.email.to_string() }
    }
}

/// `GET /admin/account`.
pub(crate) async fn own(
    shared: web::Data<Shared>,
    me: SignedIn,
) -> Result<HttpResponse, PageError> {
    show(&shared, &me, Subject::of(&me.admin), Errors::default(), HttpResponse::Ok()).await
}

/// `GET /admin/server-admins/{id}`.
pub(crate) async fn other(
    shared: web::Data<Shared>,
    me: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let id = parse_id(&path)?;
    let admin = shared.services.admins.by_id(id).await?.ok_or(PageError::NotFound)?;
    show(&shared, &me, Subject::of(&admin), Errors::default(), HttpResponse::Ok()).await
}

async fn show(
    shared: &Shared,
    me: &SignedIn,
    subject: Subject,
    errors: Errors,
    answer: HttpResponseBuilder,
) -> Result<HttpResponse, PageError> {
    let is_me = subject.id == me.admin.id;
    let own = if is_me {
        let sessions = shared.services.sessions.of_admin(subject.id).await?;
        Some(Own {
            present_error: errors.present,
            fresh_error: errors.fresh,
            sessions: sessions.iter().map(|session| session_view(session, me)).collect(),
        })
    } else {
        None
    };
    let section = if is_me { Section::Account } else { Section::ServerAdmins };
    let view = Page {
        layout: Layout::load(shared, me, section).await?,
        title: subject.title,
        intro: if is_me {
            "Your name, address, password and sessions."
        } else {
            "Name and address of a Server Admin."
        },
        id: subject.id.0,
        name: subject.name,
        email: subject.email,
        complete_name: if is_me { "name" } else { "off" },
        complete_email: if is_me { "email" } else { "off" },
        name_error: errors.name,
        email_error: errors.email,
        own,
    };
    Ok(layout::page(answer, &view))
}

fn session_view(session: &Session, me: &SignedIn) -> SessionView {
    let address = session.address.map(|address| address.to_string());
    SessionView {
        address: address.unwrap_or_else(|| "unknown address".to_owned()),
        agent: session.agent.clone().unwrap_or_else(|| "unknown browser".to_owned()),
        since: Moment::new(session.created_at),
        last_used: ago(me.now, session.last_seen_at),
        is_this: session.digest == me.digest,
        digest: session.digest.as_str().to_owned(),
    }
}

/// What the form for name and address sends.
#[derive(Deserialize)]
pub(crate) struct Profile {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
}

/// `POST /admin/server-admins/{id}`.
pub(crate) async fn save(
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: SignedInForm<Profile>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields: Profile { name, email } } = form;
    let id = parse_id(&path)?;
    let stored = shared.services.admins.by_id(id).await?.ok_or(PageError::NotFound)?;
    let mut errors = Errors::default();
    match (name.parse::<PersonName>(), email.parse::<EmailAddress>()) {
        (Ok(name), Ok(email)) => {
            let from = me.source.clone();
            let admins = &shared.services.admins;
            match admins.set_profile(id, name, email, me.admin.actor(), from).await {
                Ok(()) => {
                    me.leave(&Flash::done("Name and address were saved.", ""));
                    return Ok(go_to(if id == me.admin.id { ACCOUNT } else { SERVER_ADMINS }));
                }
                Err(ProfileError::Failed(failure)) => return Err(failure.into()),
                Err(ProfileError::UnknownAdmin(_)) => return Err(PageError::NotFound),
                Err(ProfileError::EmailTaken(taken)) => errors.email = Some(sentence(taken)),
            }
        }
        (name, email) => {
            errors.name = name.err().map(sentence);
            errors.email = email.err().map(sentence);
        }
    }
    let subject = Subject { id, title: stored.name.to_string(), name, email };
    refuse(&shared, &me, subject, errors).await
}

async fn refuse(
    shared: &Shared,
    me: &SignedIn,
    subject: Subject,
    errors: Errors,
) -> Result<HttpResponse, PageError> {
    let answer = HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY);
    show(shared, me, subject, errors, answer).await
}

/// What the form for the password sends.
#[derive(Deserialize)]
pub(crate) struct Passwords {
    #[serde(default)]
    present: SecretString,
    #[serde(default)]
    fresh: SecretString,
}

/// `POST /admin/account/password`.
pub(crate) async fn change_password(
    shared: web::Data<Shared>,
    form: SignedInForm<Passwords>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields: Passwords { present, fresh } } = form;
    let from = me.source.clone();
    let admins = &shared.services.admins;
    let kept = me.digest.clone();
    let mut errors = Errors::default();
    match admins.change_own_password(&me.admin, present, fresh, kept, from).await {
        Ok(()) => {
            me.leave(&Flash::done(
                "Your password was changed.",
                "All of your other sessions have ended.",
            ));
            return Ok(go_to(ACCOUNT));
        }
        Err(PasswordError::Failed(failure)) => return Err(failure.into()),
        Err(error @ PasswordError::WrongPassword) => {
            errors.present = Some(sentence(error));
        }
        Err(PasswordError::Throttled { until }) => {
            let seconds = (until - me.now).num_seconds().max(1);
            let wait = wait(seconds);
            errors.present = Some(format!("Too many attempts. Try again in {wait}."));
        }
        Err(PasswordError::WeakPassword(weak)) => errors.fresh = Some(sentence(weak)),
    }
    refuse(&shared, &me, Subject::of(&me.admin), errors).await
}

/// What a button in the list of sessions sends.
#[derive(Deserialize)]
pub(crate) struct EndedSession {
    #[serde(default)]
    digest: String,
}

/// `POST /admin/account/sessions`.
pub(crate) async fn end_session(
    shared: web::Data<Shared>,
    form: SignedInForm<EndedSession>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields } = form;
    let from = me.source.clone();
    let digest = Digest::new(fields.digest);
    me.leave(&if shared.services.sessions.end_own(&me.admin, digest, from).await? {
        Flash::done("The session was ended.", "")
    } else {
        Flash::warning("This session had ended already.", "Nothing was changed.")
    });
    Ok(go_to(ACCOUNT))
}
