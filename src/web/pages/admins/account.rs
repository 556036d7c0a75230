//! One Server Admin: name and address, and for oneself the password and the sessions.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use super::fields::{DigestField, PersonFields};
use super::sign_in::{MailFacts, SignInCard};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::code::Digest;
use crate::domain::network::agent::short_name;
use crate::domain::network::source::address_text;
use crate::service::admins::{PasswordError, ProfileError};
use crate::service::sessions::Session;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::time::{Moment, ago, wait};
use crate::web::pages::layout::{self, Layout, Section, limited};
use crate::web::pages::passkeys::card::{PasskeyCards, device_icon};
use crate::web::pages::paths::{ACCOUNT, SERVER_ADMINS, go_to, parse_id};
use crate::web::session::{self, Flash, SignedIn, SignedInForm};

#[derive(Template)]
#[template(path = "admins/account.html")]
struct AccountPage {
    layout: Layout,
    /// The name as it is stored.
    title: String,
    id: i64,
    person: PersonFields,
    own: Option<OwnCards>,
    help: Option<Help>,
    sign_in: Option<SignInCard>,
}

/// How somebody else who can log in no more is helped.
struct Help {
    /// The address as it is stored.
    email: String,
    has_passkeys: bool,
}

/// The cards that only oneself sees.
struct OwnCards {
    passkeys: PasskeyCards,
    password: PasswordErrors,
    sessions: Vec<SessionLine>,
}

/// What is wrong with the passwords that were entered.
#[derive(Default)]
struct PasswordErrors {
    present: Option<String>,
    fresh: Option<String>,
}

struct SessionLine {
    address: String,
    browser: String,
    icon: &'static str,
    /// How the login was proved: `with a passkey`.
    proof: String,
    /// When and how it was proved again.
    confirmed: Option<String>,
    since: Moment,
    last_used: String,
    is_this: bool,
    digest: String,
}

/// `GET /admin/account`.
pub(crate) async fn own(
    shared: web::Data<Shared>,
    me: SignedIn,
) -> Result<HttpResponse, PageError> {
    let fields = entered(&me, &me.admin);
    show(HttpResponse::Ok(), &shared, &me, &me.admin, fields, PasswordErrors::default()).await
}

/// `GET /admin/server-admins/{id}`.
pub(crate) async fn other(
    shared: web::Data<Shared>,
    me: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let admin = find(&shared, &path).await?;
    let fields = entered(&me, &admin);
    show(HttpResponse::Ok(), &shared, &me, &admin, fields, PasswordErrors::default()).await
}

/// What was entered before, or is stored.
fn entered(me: &SignedIn, admin: &ServerAdmin) -> PersonFields {
    let kept = me.take_kept(&format!("{SERVER_ADMINS}/{}", admin.id.0));
    kept.unwrap_or_else(|| PersonFields::of(admin))
}

async fn find(shared: &Shared, id: &str) -> Result<ServerAdmin, PageError> {
    shared.services.admins.by_id(parse_id(id)?).await?.ok_or(PageError::NotFound)
}

async fn show(
    answer: HttpResponseBuilder,
    shared: &Shared,
    me: &SignedIn,
    admin: &ServerAdmin,
    person: PersonFields,
    password: PasswordErrors,
) -> Result<HttpResponse, PageError> {
    let (section, own) = if admin.id == me.admin.id {
        let sessions = shared.services.sessions.of_admin(admin.id).await?;
        let passkeys = PasskeyCards::load(shared, me).await?;
        let line = |session: &Session| session_line(session, &passkeys, me);
        let sessions = sessions.iter().map(line).collect();
        (Section::Account, Some(OwnCards { passkeys, password, sessions }))
    } else {
        (Section::ServerAdmins, None)
    };
    let layout = Layout::load(shared, me, section).await?;
    let (title, id) = (admin.name.to_string(), admin.id.0);
    let sign_in = match own {
        None => Some(SignInCard::load(shared, admin).await?),
        Some(_) => None,
    };
    let help = sign_in
        .as_ref()
        .filter(|_| admin.active)
        .map(|known| Help { email: admin.email.to_string(), has_passkeys: known.passkeys > 0 });
    let view = AccountPage { layout, title, id, person, own, help, sign_in };
    Ok(layout::page(answer, &view))
}

fn session_line(session: &Session, passkeys: &PasskeyCards, me: &SignedIn) -> SessionLine {
    let agent = session.agent.as_deref();
    let address = session.address.map(address_text);
    SessionLine {
        address: address.unwrap_or_else(|| "unknown address".to_owned()),
        browser: agent.map_or_else(|| "unknown browser".to_owned(), |_| short_name(agent)),
        icon: device_icon(agent),
        proof: passkeys.words(session.proof),
        confirmed: (session.proven_at > session.created_at).then(|| {
            let passed = ago(me.now, session.proven_at);
            format!("confirmed {passed} {}", passkeys.words(session.proven_by))
        }),
        since: Moment::new(session.created_at),
        last_used: ago(me.now, session.last_seen_at),
        is_this: session.digest == me.digest,
        digest: session.digest.as_str().to_owned(),
    }
}

/// `POST /admin/server-admins/{id}`.
pub(crate) async fn save(
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: SignedInForm<PersonFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields: mut person } = form;
    let admin = find(&shared, &path).await?;
    if let Some((name, email)) = person.parse() {
        match shared.services.admins.set_profile(admin.id, name, email, me.author()).await {
            Ok(()) => {
                me.leave(&Flash::done("Name and address were saved.", ""));
                return Ok(go_to(if admin.id == me.admin.id { ACCOUNT } else { SERVER_ADMINS }));
            }
            Err(ProfileError::EmailTaken(taken)) => person.email_error = Some(sentence(taken)),
            Err(ProfileError::UnknownAdmin(_)) => return Err(PageError::NotFound),
            Err(ProfileError::HourlyLimit(limit)) => {
                me.leave(&limited("Nothing was changed.", limit));
                return Ok(go_to(if admin.id == me.admin.id { ACCOUNT } else { SERVER_ADMINS }));
            }
            Err(ProfileError::Failed(failure)) => return Err(failure.into()),
        }
    }
    let answer = HttpResponse::UnprocessableEntity();
    show(answer, &shared, &me, &admin, person, PasswordErrors::default()).await
}

/// What the form for the password sends.
#[derive(Deserialize)]
pub(crate) struct PasswordFields {
    #[serde(default)]
    present: SecretString,
    #[serde(default)]
    fresh: SecretString,
}

/// `POST /admin/account/password`.
pub(crate) async fn change_password(
    shared: web::Data<Shared>,
    request: HttpRequest,
    form: SignedInForm<PasswordFields>,
) -> Result<HttpResponse, actix_web::Error> {
    let SignedInForm { me, fields: PasswordFields { present, fresh } } = form;
    let changed = shared.services.admins.change_own_password(present, fresh, me.author());
    let mut errors = PasswordErrors::default();
    match changed.await {
        Ok(id) => {
            session::begin(&request, id, shared.services.random_text())?;
            me.leave(&Flash::done(
                "Your password was changed.",
                "All of your other sessions and the open invitations you made have ended.",
            ));
            return Ok(go_to(ACCOUNT));
        }
        Err(error @ PasswordError::WrongPassword) => errors.present = Some(sentence(error)),
        Err(PasswordError::Throttled { until }) => {
            let wait = wait((until - me.now).num_seconds().max(1));
            errors.present = Some(format!("Too many attempts. Try again in {wait}."));
        }
        Err(PasswordError::WeakPassword(weak)) => errors.fresh = Some(sentence(weak)),
        Err(PasswordError::Failed(failure)) => return Err(PageError::from(failure).into()),
    }
    let fields = PersonFields::of(&me.admin);
    let answer = HttpResponse::UnprocessableEntity();
    Ok(show(answer, &shared, &me, &me.admin, fields, errors).await?)
}

/// `POST /admin/account/sessions`.
pub(crate) async fn end_session(
    shared: web::Data<Shared>,
    form: SignedInForm<DigestField>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields: DigestField { digest } } = form;
    let digest = Digest::new(digest);
    me.leave(&if shared.services.sessions.end_own(digest, me.author()).await? {
        Flash::done("The session was ended.", "")
    } else {
        Flash::warning("This session had ended already.", "Nothing was changed.")
    });
    Ok(go_to(ACCOUNT))
}
