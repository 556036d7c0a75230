//! The card `Sign-in` on the page of another Server Admin: how they log in, and whether mails reach them.

use crate::domain::activity::{Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::passkey::Proof;
use crate::domain::admin::recovery::CODES;
use crate::domain::network::agent::short_name;
use crate::service::mails::MailStatus;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::Badge;
use crate::web::pages::layout::time::Moment;
use crate::web::pages::mails::card::badge;

/// What the card shows.
pub(super) struct SignInCard {
    pub(super) last_login: Option<Moment>,
    /// From where and how, as long as the activity list knows it.
    pub(super) login: Option<LoginFacts>,
    pub(super) passkeys: usize,
    /// `6 of 8 recovery codes left`
    pub(super) codes: Option<String>,
    pub(super) mail: Option<MailFacts>,
}

/// From where somebody has logged in, and how.
pub(super) struct LoginFacts {
    pub(super) address: String,
    /// `Firefox on Windows, with a password`
    pub(super) how: String,
}

/// How the last mail to somebody stands.
pub(super) enum MailFacts {
    /// The mail server has accepted it.
    Delivered(Moment),
    /// What else has become of it, and why.
    Other(Badge, Option<String>),
}

impl SignInCard {
    pub(super) async fn load(shared: &Shared, admin: &ServerAdmin) -> Result<Self, PageError> {
        let services = &shared.services;
        let login = services.activity.last_login(admin).await?;
        let codes = services.passkeys.codes_of(admin.id).await?;
        Ok(Self {
            last_login: admin.last_login_at.map(Moment::new),
            login: login.as_ref().and_then(LoginFacts::of),
            passkeys: services.passkeys.of_admin(admin.id).await?.len(),
            codes: codes.map(|codes| format!("{} of {CODES} recovery codes left", codes.left)),
            mail: services.mails.last_to(admin.id).await?.map(MailFacts::of),
        })
    }
}

impl LoginFacts {
    fn of(event: &Event) -> Option<Self> {
        let address = event.source.address_text()?;
        let browser = short_name(event.source.agent.as_deref());
        let proof = match event.kind {
            Kind::AdminAdded if event.detail.is_none() => "with the set-up link",
            Kind::AdminAdded => "with an invitation",
            Kind::PasswordLinkUsed => "with a password link",
            _ => event.detail.as_deref().unwrap_or(Proof::Password.words()),
        };
        Some(Self { address, how: format!("{browser}, {proof}") })
    }
}

impl MailFacts {
    fn of(status: MailStatus) -> Self {
        match status {
            MailStatus::Sent { at } => Self::Delivered(Moment::day(at)),
            MailStatus::Failed { ref answer, .. } => {
                Self::Other(Badge::new("danger", "alert", "Mail failed"), Some(answer.clone()))
            }
            MailStatus::Retrying { ref answer, .. } => {
                Self::Other(badge(&status), Some(answer.clone()))
            }
            other => Self::Other(badge(&other), None),
        }
    }
}
