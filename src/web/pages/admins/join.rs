//! Becoming a Server Admin by a one-time link: the first one by the set-up link, others by
//! invitation.
//!
//! The code is in the URL once, when the link is opened; the form sends it in its body.

use actix_session::SessionExt;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::code::SecretCode;
use crate::domain::admin::link::LinkPurpose;
use crate::domain::admin::person::{EmailAddress, PersonName};
use crate::domain::network::source::Source;
use crate::service::admins::{AddError, NewAdmin};
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

/// `GET /setup?code=...`.
pub(crate) async fn setup_form(
    shared: web::Data<Shared>,
    query: web::Query<Query>,
    now: web::ReqData<Now>,
) -> Result<HttpResponse, PageError> {
    let code = SecretCode::presented(&query.code);
    let layout = Layout::plain(&shared, now.0);
    if shared.services.admins.link(LinkPurpose::Setup, &code).await?.is_some() {
        let fields = Fields { code: query.into_inner().code, ..Fields::empty() };
        Ok(page(HttpResponse::Ok(), &view(layout, LinkPurpose::Setup, fields, Errors::default())))
    } else {
        Ok(dead_link(layout, LinkPurpose::Setup))
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
    match shared.services.admins.link(LinkPurpose::Invitation, &code).await? {
        Some(invitation) => {
            let fields = Fields {
                code: query.into_inner().code,
                name: invitation.name.unwrap_or_default(),
                email: invitation.email.unwrap_or_default(),
                ..Fields::empty()
            };
            let view = view(layout, LinkPurpose::Invitation, fields, Errors::default());
            Ok(page(HttpResponse::Ok(), &view))
        }
        None => Ok(dead_link(layout, LinkPurpose::Invitation)),
    }
}

/// `POST /setup`.
pub(crate) async fn set_up(
    shared: web::Data<Shared>,
    request: HttpRequest,
    now: web::ReqData<Now>,
    form: web::Form<Fields>,
) -> Result<HttpResponse, actix_web::Error> {
    let layout = Layout::plain(&shared, now.0);
    join(LinkPurpose::Setup, &shared, layout, &request, form.into_inner()).await
}

/// `POST /invitation`.
pub(crate) async fn accept(
    shared: web::Data<Shared>,
    request: HttpRequest,
    now: web::ReqData<Now>,
    form: web::Form<Fields>,
) -> Result<HttpResponse, actix_web::Error> {
    let layout = Layout::plain(&shared, now.0);
    join(LinkPurpose::Invitation, &shared, layout, &request, form.into_inner()).await
}

async fn join(
    purpose: LinkPurpose,
    shared: &Shared,
    layout: Layout,
    request: &HttpRequest,
    fields: Fields,
) -> Result<HttpResponse, actix_web::Error> {
    let name = fields.name.parse::<PersonName>();
    let email = fields.email.parse::<EmailAddress>();
    let (Ok(name), Ok(email)) = (name, email) else {
        let errors =
            Errors { name: name_error(&fields), email: email_error(&fields), ..Errors::default() };
        return Ok(refuse(layout, purpose, fields, errors));
    };
    let code = SecretCode::presented(&fields.code);
    let source = source(request, &shared.site.trusted_proxies);
    let new = NewAdmin { name, email, password: fields.password.clone() };
    match shared.services.admins.join(purpose, &code, new, source.clone()).await {
        Ok(admin) => welcome(purpose, shared, request, &admin, source),
        Err(error) => Ok(explain(error, layout, purpose, fields)?),
    }
}

/// The new Server Admin is signed in at once.
fn welcome(
    purpose: LinkPurpose,
    shared: &Shared,
    request: &HttpRequest,
    admin: &ServerAdmin,
    source: Source,
) -> Result<HttpResponse, actix_web::Error> {
    session::begin(request, admin, source, shared.services.random_text())?;
    if purpose == LinkPurpose::Invitation {
        let title = format!("Welcome, {}. You are a Server Admin now.", admin.name);
        Flash::done(title, "").leave(&request.get_session());
    }
    Ok(go_to(HOME))
}

fn explain(
    error: AddError,
    layout: Layout,
    purpose: LinkPurpose,
    fields: Fields,
) -> Result<HttpResponse, PageError> {
    let errors = match error {
        AddError::LinkNotUsable => return Ok(dead_link(layout, purpose)),
        AddError::WeakPassword(weak) => {
            Errors { password: Some(sentence(weak)), ..Errors::default() }
        }
        AddError::EmailTaken(_) => Errors { email: Some(sentence(error)), ..Errors::default() },
        AddError::Failed(failure) => return Err(failure.into()),
    };
    Ok(refuse(layout, purpose, fields, errors))
}

fn refuse(layout: Layout, purpose: LinkPurpose, fields: Fields, errors: Errors) -> HttpResponse {
    let answer = HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY);
    page(answer, &view(layout, purpose, fields, errors))
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

fn view(layout: Layout, purpose: LinkPurpose, fields: Fields, errors: Errors) -> JoinPage {
    let product = &layout.product;
    let focus = match () {
        () if errors.email.is_some() => "email",
        () if errors.password.is_some() => "password",
        () if purpose == LinkPurpose::Invitation && errors.name.is_none() => "password",
        () => "name",
    };
    let (title, intro, action, button) = match purpose {
        LinkPurpose::Setup => (
            "Create the first Server Admin",
            format!(
                "A Server Admin manages the SCIM token of {product} and is warned before it expires."
            ),
            SETUP,
            "Create Server Admin",
        ),
        LinkPurpose::Invitation => (
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
        email_is_fixed: purpose == LinkPurpose::Invitation,
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

fn dead_link(layout: Layout, purpose: LinkPurpose) -> HttpResponse {
    let remedy = match purpose {
        LinkPurpose::Setup => {
            "If nobody has set this server up yet, restart it: it prints a new link. Otherwise log in."
        }
        LinkPurpose::Invitation => "Ask the Server Admin who invited you for a new invitation.",
    };
    let view = DeadLink { layout, remedy };
    page(HttpResponse::build(StatusCode::GONE), &view)
}
