//! Inviting a Server Admin, by mail or by a link that the page shows once, and withdrawing it.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::fields::{DigestField, PersonFields};
use super::list;
use crate::domain::admin::code::Digest;
use crate::domain::admin::person::{EmailAddress, PersonName};
use crate::service::admins::{InviteError, IssuedLink};
use crate::service::mails::{Delivery, InvitationMail};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::time::utc_text;
use crate::web::pages::layout::{self, Layout, Section, limited};
use crate::web::pages::paths::{INVITATION, SERVER_ADMINS, go_to};
use crate::web::session::{Flash, SignedIn, SignedInForm};

const NOT_INVITED: &str = "No invitation was made.";

#[derive(Template)]
#[template(path = "admins/invited.html")]
struct InvitedPage {
    layout: Layout,
    name: String,
    email: String,
    why: String,
    link: String,
    until: String,
}

/// `POST /admin/server-admins/invite`.
pub(crate) async fn invite(
    shared: web::Data<Shared>,
    form: SignedInForm<PersonFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, mut fields } = form;
    if let Some((name, email)) = fields.parse() {
        let admins = &shared.services.admins;
        match admins.invite(name.clone(), email.clone(), me.author()).await {
            Ok(link) => return deliver(&shared, &me, &name, &email, &link).await,
            Err(InviteError::EmailTaken(taken)) => fields.email_error = Some(sentence(taken)),
            Err(InviteError::HourlyLimit(limit)) => {
                me.leave(&limited(NOT_INVITED, limit));
                return Ok(go_to(SERVER_ADMINS));
            }
            Err(InviteError::TooManyOpen { limit, until }) => {
                let until = utc_text(until);
                let why = format!(
                    "{limit} invitations are open. Withdraw one, or wait until {until}, when the \
                     first of them ends."
                );
                me.leave(&Flash::warning(NOT_INVITED, why));
                return Ok(go_to(SERVER_ADMINS));
            }
            Err(InviteError::Failed(failure)) => return Err(failure.into()),
        }
    }
    list::show(&shared, &me, 1, fields, HttpResponse::UnprocessableEntity()).await
}

/// Mails the link. Where that is not possible the answer shows it, once.
async fn deliver(
    shared: &Shared,
    me: &SignedIn,
    name: &PersonName,
    email: &EmailAddress,
    invitation: &IssuedLink,
) -> Result<HttpResponse, PageError> {
    let IssuedLink { code, expires_at } = invitation;
    let link = shared.site.public_url.join(&format!("{INVITATION}?code={}", code.expose()));
    let until = utc_text(*expires_at);
    let why = if shared.services.mails.reaches_people() {
        let mail = InvitationMail {
            name: name.as_str(),
            address: email.clone(),
            by: me.admin.name.as_str(),
            link: &link,
            expires_at: *expires_at,
        };
        match shared.services.mails.invite(mail).await? {
            Delivery::Accepted(_) => {
                let title = format!("The invitation was sent to {email}.");
                me.leave(&Flash::done(title, format!("Its link works once, until {until}.")));
                return Ok(go_to(SERVER_ADMINS));
            }
            Delivery::WrittenToFile(answer) | Delivery::Refused(answer) => {
                format!("The mail was not delivered: {answer}")
            }
        }
    } else {
        "No mail server is configured, so no mail was sent.".to_owned()
    };
    let view = InvitedPage {
        layout: Layout::load(shared, me, Section::ServerAdmins).await?,
        name: name.to_string(),
        email: email.to_string(),
        why,
        link,
        until,
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

/// `POST /admin/server-admins/withdraw`.
pub(crate) async fn withdraw(
    shared: web::Data<Shared>,
    form: SignedInForm<DigestField>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields: DigestField { digest } } = form;
    let digest = Digest::new(digest);
    me.leave(&if shared.services.admins.withdraw(digest, me.author()).await? {
        Flash::done("The invitation was withdrawn.", "Its link does not work any more.")
    } else {
        Flash::warning(
            "This invitation was not open any more.",
            "It was used, withdrawn or has expired. Nothing was changed.",
        )
    });
    Ok(go_to(SERVER_ADMINS))
}
