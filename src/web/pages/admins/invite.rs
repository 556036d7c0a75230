//! Inviting a Server Admin, by mail or by a link that the page shows once, and withdrawing it.

use actix_web::{HttpResponse, web};

use super::fields::{DigestField, Holder, PersonFields};
use super::list;
use super::one_time_link::{ForPerson, deliver};
use super::search::ListQuery;
use crate::domain::admin::code::Digest;
use crate::service::admins::{InviteError, InvitedAgain};
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
            Err(error) => {
                me.leave(&refused(error)?);
                return Ok(go_to(SERVER_ADMINS));
            }
        }
    }
    let answer = HttpResponse::UnprocessableEntity();
    list::show(&shared, &me, &ListQuery::default(), fields, answer).await
}

/// `POST /admin/server-admins/invite-again`.
pub(crate) async fn invite_again(
    shared: web::Data<Shared>,
    form: SignedInForm<DigestField>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields: DigestField { digest } } = form;
    match shared.services.admins.invite_again(Digest::new(digest), me.author()).await {
        Ok(Some(InvitedAgain { name, email, link: issued })) => {
            let new = ForPerson { name: name.as_str(), email: &email, admin: None, issued };
            return deliver(&shared, &me, new).await;
        }
        Ok(None) => me.leave(&not_open()),
        Err(error) => me.leave(&refused(error)?),
    }
    Ok(go_to(SERVER_ADMINS))
}

/// The message that no invitation was made.
fn refused(error: InviteError) -> Result<Flash, PageError> {
    Ok(match error {
        InviteError::EmailTaken(holder) => {
            let why = format!("{} with this address exists already.", holder.name);
            Flash::warning(NOT_INVITED, why)
        }
        InviteError::HourlyLimit(limit) => limited(NOT_INVITED, limit),
        InviteError::TooManyOpen { limit, until } => {
            let until = utc_text(until);
            let why = format!(
                "{limit} invitations are open. Withdraw one, or wait until {until}, when the first \
                 of them ends."
            );
            Flash::warning(NOT_INVITED, why)
        }
        InviteError::Failed(failure) => return Err(failure.into()),
    })
}

/// The message about an invitation that has ended meanwhile.
fn not_open() -> Flash {
    Flash::warning(
        "This invitation was not open any more.",
        "It was used, withdrawn or has expired. Nothing was changed.",
    )
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
        not_open()
    });
    Ok(go_to(SERVER_ADMINS))
}
