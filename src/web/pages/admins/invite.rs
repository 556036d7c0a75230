//! Inviting a Server Admin, by mail or by a link that the page shows once, and withdrawing it.

use actix_web::{HttpResponse, web};

use super::fields::{DigestField, Holder, PersonFields};
use super::list;
use super::one_time_link::{ForPerson, deliver};
use crate::domain::admin::code::Digest;
use crate::service::admins::InviteError;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::limited;
use crate::web::pages::layout::time::utc_text;
use crate::web::pages::paths::{SERVER_ADMINS, go_to};
use crate::web::session::{Flash, SignedInForm};

const NOT_INVITED: &str = "No invitation was made.";

/// `POST /admin/server-admins/invite`.
pub(crate) async fn invite(
    shared: web::Data<Shared>,
    form: SignedInForm<PersonFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, mut fields } = form;
    if let Some((name, email)) = fields.parse() {
        let admins = &shared.services.admins;
        match admins.invite(name.clone(), email.clone(), me.author()).await {
            Ok(issued) => {
                let new = ForPerson { name: name.as_str(), email: &email, admin: None, issued };
                return deliver(&shared, &me, new).await;
            }
            Err(InviteError::EmailTaken(holder)) => {
                fields.email_error =
                    Some(format!("{} with this address exists already.", holder.name));
                fields.holder = Some(Holder::new(&holder, me.admin.id));
            }
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
