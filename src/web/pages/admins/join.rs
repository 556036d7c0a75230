//! Becoming a Server Admin by a one-time link: the first one by the set-up link, others by
//! invitation.
//!
//! The code is in the URL once, when the link is opened; the form sends it in its body.

use actix_session::SessionExt;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use super::fields::PersonFields;
use crate::domain::admin::code::SecretCode;
use crate::domain::admin::link::LinkPurpose;
use crate::domain::network::source::Source;
use crate::service::admins::{AddError, NewAdmin};
use crate::web::Shared;
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
    person: PersonFields,
    email_is_fixed: bool,
    password_error: Option<String>,
    focus: &'static str,
}

#[derive(Template)]
#[template(path = "admins/dead_link.html")]
pub(super) struct DeadLinkPage {
    pub(super) layout: Layout,
    pub(super) what: &'static str,
    pub(super) remedy: &'static str,
}

/// The one-time code of a link.
#[derive(Deserialize)]
pub(crate) struct CodeQuery {
    #[serde(default)]
    pub(super) code: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct JoinFields {
    #[serde(default)]
    code: String,
    #[serde(flatten)]
    person: PersonFields,
    #[serde(default)]
    password: SecretString,
}

/// `GET /setup?code=...` and `GET /invitation?code=...`.
pub(crate) async fn form(
    shared: web::Data<Shared>,
    request: HttpRequest,
    query: web::Query<CodeQuery>,
    now: web::ReqData<Now>,
) -> Result<HttpResponse, PageError> {
    let (purpose, layout) = (purpose(&request), Layout::plain(&shared, now.0));
    let CodeQuery { code } = query.into_inner();
    let link = shared.services.admins.link(purpose, &SecretCode::presented(&code)).await?;
    let Some(link) = link else { return Ok(dead_link(layout, purpose)) };
    let person = PersonFields {
        name: link.name.unwrap_or_default(),
        email: link.email.unwrap_or_default(),
        ..PersonFields::default()
    };
    Ok(page(HttpResponse::Ok(), &view(layout, purpose, code, person, None)))
}

/// `POST /setup` and `POST /invitation`. The new Server Admin is signed in at once.
pub(crate) async fn join(
    shared: web::Data<Shared>,
    request: HttpRequest,
    now: web::ReqData<Now>,
    source: web::ReqData<Source>,
    form: web::Form<JoinFields>,
) -> Result<HttpResponse, actix_web::Error> {
    let (purpose, layout) = (purpose(&request), Layout::plain(&shared, now.0));
    let JoinFields { code, mut person, password } = form.into_inner();
    let mut password_error = None;
    if let Some((name, email)) = person.parse() {
        let title = format!("Welcome, {name}. You are a Server Admin now.");
        let new = NewAdmin { name, email, password };
        let presented = SecretCode::presented(&code);
        match shared.services.admins.join(purpose, &presented, new, source.into_inner()).await {
            Ok(id) => {
                session::begin(&request, id, shared.services.random_text())?;
                if purpose == LinkPurpose::Invitation {
                    Flash::done(title, "").leave(&request.get_session());
                }
                return Ok(go_to(HOME));
            }
            Err(AddError::LinkNotUsable) => return Ok(dead_link(layout, purpose)),
            Err(AddError::EmailTaken(taken)) => person.email_error = Some(sentence(taken)),
            Err(AddError::WeakPassword(weak)) => password_error = Some(sentence(weak)),
            Err(AddError::Failed(failure)) => return Err(PageError::from(failure).into()),
        }
    }
    let view = view(layout, purpose, code, person, password_error);
    Ok(page(HttpResponse::UnprocessableEntity(), &view))
}

/// Which of the two links was opened.
fn purpose(request: &HttpRequest) -> LinkPurpose {
    if request.match_pattern().as_deref() == Some(SETUP) {
        LinkPurpose::Setup
    } else {
        LinkPurpose::Invitation
    }
}

fn view(
    layout: Layout,
    purpose: LinkPurpose,
    code: String,
    person: PersonFields,
    password_error: Option<String>,
) -> JoinPage {
    let product = &layout.product;
    let focus = match () {
        () if person.email_error.is_some() => "email",
        () if password_error.is_some() => "password",
        () if purpose == LinkPurpose::Invitation && person.name_error.is_none() => "password",
        () => "name",
    };
    let (title, intro, action, button) = if purpose == LinkPurpose::Setup {
        (
            "Create the first Server Admin",
            format!(
                "A Server Admin manages the SCIM token of {product} and is warned before it expires."
            ),
            SETUP,
            "Create Server Admin",
        )
    } else {
        (
            "Accept the invitation",
            format!("Choose a password to become a Server Admin of {product}."),
            INVITATION,
            "Become a Server Admin",
        )
    };
    let email_is_fixed = purpose == LinkPurpose::Invitation;
    JoinPage {
        layout,
        title,
        intro,
        action,
        button,
        code,
        person,
        email_is_fixed,
        password_error,
        focus,
    }
}

fn dead_link(layout: Layout, purpose: LinkPurpose) -> HttpResponse {
    let remedy = if purpose == LinkPurpose::Setup {
        "If nobody has set this server up yet, restart it: it prints a new link. Otherwise log in."
    } else {
        "Ask the Server Admin who invited you for a new invitation."
    };
    let what = "It was used already, has expired or was not copied completely.";
    page(HttpResponse::Gone(), &DeadLinkPage { layout, what, remedy })
}
