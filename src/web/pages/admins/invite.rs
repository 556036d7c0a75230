//! Inviting a Server Admin: by mail, or by a link that the page shows once.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::list::{self, Invite};
use crate::domain::admin::person::{EmailAddress, PersonName};
use crate::service::admins::{InviteError, IssuedLink};
use crate::service::mails::{Delivery, Invited};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::time::utc_text;
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::pages::paths::{INVITATION, SERVER_ADMINS, go_to};
use crate::web::session::{Flash, SignedIn, SignedInForm};

#[derive(Template)]
#[template(path = "admins/invited.html")]
struct LinkPage {
    layout: Layout,
    name: String,
    email: String,
    why: String,
    link: String,
    until: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct Fields {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
}

/// `POST /admin/server-admins/invite`.
pub(crate) async fn invite(
    shared: web::Data<Shared>,
    form: SignedInForm<Fields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields } = form;
    let parsed = (fields.name.parse::<PersonName>(), fields.email.parse::<EmailAddress>());
    let (name, email) = match parsed {
        (Ok(name), Ok(email)) => (name, email),
        (name, email) => {
            let name_error = name.err().map(sentence);
            let email_error = email.err().map(sentence);
            return show_again(&shared, &me, fields, name_error, email_error).await;
        }
    };
    let from = me.source.clone();
    let invited = shared.services.admins.invite(name.clone(), email.clone(), &me.admin, from).await;
    match invited {
        Ok(invitation) => deliver(&shared, &me, &name, &email, &invitation).await,
        Err(InviteError::Failed(failure)) => Err(failure.into()),
        Err(error @ InviteError::EmailTaken(_)) => {
            let error = sentence(error);
            show_again(&shared, &me, fields, None, Some(error)).await
        }
    }
}

/// Mails the link. Where that is not possible the answer shows it, to the one who invites and once.
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
        let mail = Invited {
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
    let view = LinkPage {
        layout: Layout::load(shared, me, Section::ServerAdmins).await?,
        name: name.to_string(),
        email: email.to_string(),
        why,
        link,
        until,
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

async fn show_again(
    shared: &Shared,
    me: &SignedIn,
    fields: Fields,
    name_error: Option<String>,
    email_error: Option<String>,
) -> Result<HttpResponse, PageError> {
    let Fields { name, email } = fields;
    let invite = Invite { name, email, name_error, email_error };
    let answer = HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY);
    list::show(shared, me, 1, invite, answer).await
}
