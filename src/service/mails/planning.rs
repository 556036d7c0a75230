//! Making the mails of an occasion, one row for each recipient.

use chrono::{DateTime, Utc};

use super::situation::{Situation, everybody};
use super::{MailSettings, Mails};
use crate::domain::mail::Occasion;
use crate::domain::token::secret::TokenId;
use crate::service::Failure;
use crate::store::{self, Conn, Lock, StoreError};

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Made {
    /// An occasion has come and there is nobody to tell.
    pub(crate) for_nobody: bool,
}

impl Mails {
    /// Makes the mails of every occasion that has come and has none yet. Who is a recipient is
    /// decided here, once: somebody who is added later gets the next mail.
    pub(crate) async fn make(&self, now: DateTime<Utc>) -> Result<Made, Failure> {
        let configured = self.configured.clone();
        let missing =
            self.resources.store.read(move |conn| missing(conn, &configured, now)).await?;
        if missing.is_empty() {
            return Ok(Made::default());
        }
        let configured = self.configured.clone();
        self.resources
            .store
            .write(Lock::Mails, move |conn| make(conn, &configured, now))
            .await
            .map_err(|error: StoreError| error.into())
    }
}

/// Occasions that have come and of which no mail was made.
fn missing(
    conn: &mut Conn,
    configured: &MailSettings,
    now: DateTime<Utc>,
) -> Result<Vec<(Occasion, TokenId, DateTime<Utc>)>, StoreError> {
    let situation = Situation::load(conn, configured.schedule, now)?;
    let Some(token) = situation.history.unrevoked() else { return Ok(Vec::new()) };
    let mut missing = Vec::new();
    for occasion in situation.occasions() {
        if !store::mails::exists(conn, occasion, &token.id)? {
            let due_at = occasion
                .milestone()
                .map_or(now, |milestone| configured.schedule.due_at(milestone, token.expires_at));
            missing.push((occasion, token.id.clone(), due_at));
        }
    }
    Ok(missing)
}

fn make(
    conn: &mut Conn,
    configured: &MailSettings,
    now: DateTime<Utc>,
) -> Result<Made, StoreError> {
    let mut made = Made::default();
    // Asked again under the lock: another instance may have been faster.
    for (occasion, token, due_at) in missing(conn, configured, now)? {
        let mut count = store::mails::insert_for_admins(conn, occasion, &token, due_at)?;
        for person in everybody(&store::people::admins::list(conn)?, configured) {
            if person.recipient.admin.is_none() {
                store::mails::insert(conn, occasion, Some(&token), &person.recipient, due_at)?;
                count += 1;
            }
        }
        made.for_nobody |= count == 0;
        tracing::info!(mail.occasion = occasion.as_str(), token.id = %token, recipients = count, "mails are due");
    }
    Ok(made)
}
