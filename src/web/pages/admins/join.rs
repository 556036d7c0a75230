//! Becoming a Server Admin by a one-time link: the first one by the set-up link, others by
//! invitation.
//!
//! The code is in the URL once, when the link is opened; the form sends it in its body.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::code::SecretCode;
use crate::domain::admin::person::{EmailAddress, PersonName};
use crate::service::admins::{AdminError, NewAdmin};
use crate::web::Shared;
use crate::web::client::source;
use crate::web::error::PageError;
use crate::web::now::Now;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::{Layout, page};
use crate::web::pages::paths::{HOME, INVITATION, SETUP, go_to};
use crate::web::session::{self, Flash};

#[derive(Template)]
#[template(path = "admins/join.html")]
struct JoinPage {
    layout: Layout,
    title: &'static str,
    intro: String,
    action: &'static str,
    button: &'static str,
    code: String,
    name: String,
    email: String,
    email_is_fixed: bool,
    focus: &'static str,
    errors: Errors,
}

#[derive(Default)]
struct Errors {
    form: Option<String>,
    name: Option<String>,
    email: Option<String>,
    password: Option<String>,
}

/// The one-time code of a link.
#[derive(Deserialize)]
pub(crate) struct Query {
    #[serde(default)]
    code: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct Fields {
    #[serde(default)]
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: SecretString,
}

/// Which of the two links it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Setup,
    Invitation,
}

/// `GET /setup?code=...`.
pub(crate) async fn setup_form(
    shared: web::Data<Shared>,
    query: web::Query<Query>,
    now: web::ReqData<Now>,
) -> Result<HttpResponse, PageError> {
    let code = SecretCode::presented(&query.code);
    let layout = Layout::plain(&shared, now.0);
    if shared.services.admins.is_setup_code(&code).await? {
        let fields = Fields { code: query.into_inner().code, ..Fields::empty() };
        Ok(page(HttpResponse::Ok(), &view(layout, Link::Setup, fields, Errors::default())))
    } else {
        Ok(dead_link(layout, Link::Setup))
    }
}

/// `GET /invitation?code=...`.
pub(crate) async fn invitation_form(
    shared: web::Data<Shared>,
    query: web::Query<Query>,
    now: web::ReqData<Now>,
) -> Result<HttpResponse, PageError> {
    let code = SecretCode::presented(&query.code);
    let layout = Layout::plain(&shared, now.0);
    match shared.services.admins.invitation(&code).await? {
        Some(invitation) => {
            let fields = Fields {
                code: query.into_inner().code,
                name: invitation.name.unwrap_or_default(),
                email: invitation.email.unwrap_or_default(),
                ..Fields::empty()
            };
            let view = view(layout, Link::Invitation, fields, Errors::default());
            Ok(page(HttpResponse::Ok(), &view))
        }
        None => Ok(dead_link(layout, Link::Invitation)),
    }
}

/// `POST /setup`.
pub(crate) async fn set_up(
    shared: web::Data<Shared>,
    request: HttpRequest,
    session: Session,
    now: web::ReqData<Now>,
    form: web::Form<Fields>,
) -> Result<HttpResponse, actix_web::Error> {
    let layout = Layout::plain(&shared, now.0);
    join(Link::Setup, &shared, layout, &request, &session, form.into_inner()).await
}

/// `POST /invitation`.
pub(crate) async fn accept(
    shared: web::Data<Shared>,
    request: HttpRequest,
    session: Session,
    now: web::ReqData<Now>,
    form: web::Form<Fields>,
) -> Result<HttpResponse, actix_web::Error> {
    let layout = Layout::plain(&shared, now.0);
    join(Link::Invitation, &shared, layout, &request, &session, form.into_inner()).await
}

async fn join(
    link: Link,
    shared: &Shared,
    layout: Layout,
    request: &HttpRequest,
    session: &Session,
    fields: Fields,
) -> Result<HttpResponse, actix_web::Error> {
    let name = fields.name.parse::<PersonName>();
    let email = fields.email.parse::<EmailAddress>();
    let (Ok(name), Ok(email)) = (name, email) else {
        let errors =
            Errors { name: name_error(&fields), email: email_error(&fields), ..Errors::default() };
        return Ok(refuse(layout, link, fields, errors));
    };
    let code = SecretCode::presented(&fields.code);
    let source = source(request, &shared.site.trusted_proxies);
    let new = NewAdmin { name, email, password: fields.password.clone() };
    let admins = &shared.services.admins;
    let joined = match link {
        Link::Setup => admins.set_up(&code, new, source.clone()).await,
        Link::Invitation => admins.accept(&code, new, source.clone()).await,
    };
    match joined {
        Ok(admin) => welcome(link, shared, session, &admin, &source),
        Err(error) => Ok(explain(error, layout, link, fields)?),
    }
}

/// The new Server Admin is signed in at once.
fn welcome(
    link: Link,
    shared: &Shared,
    session: &Session,
    admin: &ServerAdmin,
    source: &crate::domain::network::source::Source,
) -> Result<HttpResponse, actix_web::Error> {
    session::begin(session, admin, source, shared.services.random_text())?;
    if link == Link::Invitation {
        let title = format!("Welcome, {}. You are a Server Admin now.", admin.name);
        session::leave(session, &Flash::done(title, ""));
    }
    Ok(go_to(HOME))
}

fn explain(
    error: AdminError,
    layout: Layout,
    link: Link,
    fields: Fields,
) -> Result<HttpResponse, PageError> {
    let errors = match error {
        AdminError::LinkNotUsable => return Ok(dead_link(layout, link)),
        AdminError::WeakPassword(weak) => {
            Errors { password: Some(sentence(weak)), ..Errors::default() }
        }
        AdminError::EmailTaken => Errors { email: Some(sentence(error)), ..Errors::default() },
        AdminError::Failed(failure) => return Err(failure.into()),
        AdminError::WrongPassword
        | AdminError::Throttled { .. }
        | AdminError::NotFound
        | AdminError::LastActive => Errors { form: Some(sentence(error)), ..Errors::default() },
    };
    Ok(refuse(layout, link, fields, errors))
}

fn refuse(layout: Layout, link: Link, fields: Fields, errors: Errors) -> HttpResponse {
    let answer = HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY);
    page(answer, &view(layout, link, fields, errors))
}

fn name_error(fields: &Fields) -> Option<String> {
    fields.name.parse::<PersonName>().err().map(sentence)
}

fn email_error(fields: &Fields) -> Option<String> {
    fields.email.parse::<EmailAddress>().err().map(sentence)
}

impl Fields {
    fn empty() -> Self {
        Self {
            code: String::new(),
            name: String::new(),
            email: String::new(),
            password: SecretString::default(),
        }
    }
}

fn view(layout: Layout, link: Link, fields: Fields, errors: Errors) -> JoinPage {
    let product = &layout.product;
    let focus = match () {
        () if errors.email.is_some() => "email",
        () if errors.password.is_some() => "password",
        () if link == Link::Invitation && errors.name.is_none() => "password",
        () => "name",
    };
    let (title, intro, action, button) = match link {
        Link::Setup => (
            "Create the first Server Admin",
            format!(
                "A Server Admin manages the SCIM token of {product} and is warned before it expires."
            ),
            SETUP,
            "Create Server Admin",
        ),
        Link::Invitation => (
            "Accept the invitation",
            format!("Choose a password to become a Server Admin of {product}."),
            INVITATION,
            "Become a Server Admin",
        ),
    };
    JoinPage {
        layout,
        title,
        intro,
        action,
        button,
        code: fields.code,
        name: fields.name,
        email: fields.email,
        email_is_fixed: link == Link::Invitation,
        focus,
        errors,
    }
}

#[derive(Template)]
#[template(path = "admins/dead_link.html")]
struct DeadLink {
    layout: Layout,
    remedy: &'static str,
}

fn dead_link(layout: Layout, link: Link) -> HttpResponse {
    let remedy = match link {
        Link::Setup => {
            "If nobody has set this server up yet, restart it: it prints a new link. Otherwise log in."
        }
        Link::Invitation => "Ask the Server Admin who invited you for a new invitation.",
    };
    let view = DeadLink { layout, remedy };
    page(HttpResponse::build(StatusCode::GONE), &view)
}
