//! Whether mails reach the Server Admins.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{MailSettings, Mails};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::AdminId;
use crate::domain::certificate::Certificate;
use crate::domain::identity_provider::{Choice, IdentityProvider};
use crate::domain::mail::MailState;
use crate::domain::token::TokenHistory;
use crate::service::Failure;
use crate::service::sync::SyncState;
use crate::store::mails::LastResults;
use crate::store::{self, Conn, StoreError};

/// An admin counts as unreachable after so many failed tries in a row, a quarter of an hour.
const FAILED_TRIES: u64 = 5;

/// How mails fare.
#[derive(Debug, Clone)]
pub struct MailHealth {
    /// The folder that mails are written to, if no mail server is configured.
    pub directory: Option<PathBuf>,
    /// When a mail was last accepted and when one last failed.
    pub last: LastResults,
    /// How many Server Admins are active.
    pub active_admins: usize,
    /// Those of them whose mails fail.
    pub unreachable: Vec<AdminId>,
}

impl MailHealth {
    /// Whether no active Server Admin can be reached by mail.
    pub fn reaches_nobody(&self) -> bool {
        self.directory.is_some() || self.unreachable.len() >= self.active_admins
    }

    pub(super) fn load(
        conn: &mut Conn,
        admins: &[ServerAdmin],
        settings: &MailSettings,
    ) -> Result<Self, StoreError> {
        let newest = store::mails::newest_of_admins(conn)?;
        let is_failing = |id: &AdminId| {
            let mail = newest.iter().find(|mail| mail.recipient.admin() == Some(*id));
            mail.is_some_and(|mail| match mail.state {
                MailState::Failed { .. } => true,
                MailState::Retrying { .. } => mail.attempts >= FAILED_TRIES,
                MailState::Waiting | MailState::Sent { .. } => false,
            })
        };
        let active = admins.iter().filter(|admin| admin.active).map(|admin| admin.id);
        Ok(Self {
            directory: settings.mailer.directory().cloned(),
            last: store::mails::last_results(conn)?,
            active_admins: active.clone().count(),
            unreachable: active.filter(is_failing).collect(),
        })
    }
}

/// What the banners at the top of every page depend on.
#[derive(Debug, Clone)]
pub struct BannerFacts {
    /// The instant for which this is true.
    pub now: DateTime<Utc>,
    /// The tokens.
    pub history: TokenHistory,
    /// Whether sync works.
    pub sync: SyncState,
    /// How mails fare.
    pub health: MailHealth,
    /// The certificate that this process serves.
    pub certificate: Option<Certificate>,
    /// The identity provider that was chosen.
    pub chosen: Option<Choice>,
}

impl BannerFacts {
    /// The identity provider of which texts speak.
    pub fn provider(&self) -> Option<IdentityProvider> {
        self.chosen.as_ref().map(|choice| choice.provider)
    }
}

impl Mails {
    /// What the banners at the top of every page depend on.
    pub async fn banner_facts(&self) -> Result<BannerFacts, Failure> {
        let now = self.resources.clock.now();
        let (settings, certificate) = (Arc::clone(&self.settings), self.certificate.get());
        let read = move |conn: &mut Conn| {
            let history = store::tokens::history(conn)?;
            let sync = SyncState::load(conn, &history, &settings.silence, now)?;
            let admins = store::people::admins::list(conn)?;
            let health = MailHealth::load(conn, &admins, &settings)?;
            let (certificate, chosen) = (certificate.clone(), store::identity_provider::get(conn)?);
            Ok(BannerFacts { now, history, sync, health, certificate, chosen })
        };
        Ok(self.resources.store.read(read).await?)
    }
}
