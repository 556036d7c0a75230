//! Sending a one-time link: by mail, or where that is not possible on a page that shows it once.

use actix_web::HttpResponse;
use askama::Template;

use crate::domain::admin::person::{AdminId, EmailAddress};
use crate::service::admins::IssuedLink;
use crate::service::mails::{Delivery, LinkMail};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::time::utc_text;
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::pages::paths::{INVITATION, NEW_PASSWORD, SERVER_ADMINS, go_to};
use crate::web::session::{self, Flash, SignedIn};

/// What kind of link it is.
struct Words {
    title: &'static str,
    icon: &'static str,
    label: &'static str,
}

const INVITED: Words =
    Words { title: "Invitation", icon: "paper-airplane", label: "Invitation link" };
const PASSWORD: Words = Words { title: "Password link", icon: "lock", label: "Password link" };

#[derive(Template)]
#[template(path = "admins/link.html")]
struct LinkPage {
    layout: Layout,
    what: &'static Words,
    name: String,
    email: String,
    /// That the mail was refused, and what the mail server said.
    refused: Option<String>,
    /// What the link is worth.
    meaning: String,
    link: String,
    until: String,
    done: &'static str,
}

/// A new link, and who it is for.
pub(super) struct ForPerson<'a> {
    pub(super) name: &'a str,
    pub(super) email: &'a EmailAddress,
    /// Whose password it is for; nobody's if it invites.
    pub(super) admin: Option<AdminId>,
    pub(super) issued: IssuedLink,
}

/// Mails the link. Where that is not possible the answer shows it, once.
pub(super) async fn deliver(
    shared: &Shared,
    me: &SignedIn,
    new: ForPerson<'_>,
) -> Result<HttpResponse, PageError> {
    let ForPerson { name, email, admin, issued: IssuedLink { code, expires_at } } = new;
    let path = if admin.is_some() { NEW_PASSWORD } else { INVITATION };
    let link = shared.site.public_url.join(&format!("{path}?code={}", code.expose()));
    let (until, mails) = (utc_text(expires_at), &shared.services.mails);
    let mail = LinkMail {
        name,
        admin,
        address: email.clone(),
        by: me.admin.name.as_str(),
        link: &link,
        digest: code.digest(),
        expires_at,
    };
    let delivery = match admin {
        Some(_) => mails.send_password_link(mail).await?,
        None => mails.invite(mail).await?,
    };
    let refused = match delivery {
        Delivery::Accepted(_) => {
            let title = match admin {
                Some(_) => format!("Password link sent to {email}."),
                None => format!("The invitation was sent to {email}."),
            };
            me.leave(&Flash::done(title, format!("Its link works once, until {until}.")));
            return Ok(go_to(SERVER_ADMINS));
        }
        Delivery::WrittenToFile(answer) | Delivery::Refused(answer) => {
            mails.reaches_people().then(|| format!("The mail was refused: {answer}"))
        }
    };
    let (what, meaning) = match admin {
        Some(_) => (&PASSWORD, format!("Whoever opens the link can choose the password of {name}")),
        None => (&INVITED, "Whoever opens the link becomes a Server Admin".to_owned()),
    };
    let view = LinkPage {
        layout: Layout::load(shared, me, Section::ServerAdmins).await?,
        what,
        name: name.to_owned(),
        email: email.to_string(),
        refused,
        meaning,
        link,
        until,
        done: SERVER_ADMINS,
    };
    let mut answer = HttpResponse::Ok();
    session::shows_secret(&mut answer, shared);
    Ok(layout::page(answer, &view))
}
