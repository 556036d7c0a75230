//! Renaming and removing passkeys, and new recovery codes.

use super::enrolment::{check_changes, quoted};
use super::{PasskeyError, Passkeys};
use crate::domain::activity::Kind;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Author;
use crate::domain::admin::passkey::{Passkey, PasskeyId, PasskeyName};
use crate::domain::admin::recovery::RecoveryCode;
use crate::service::authority::Authorized;
use crate::service::sessions::failures::Counters;
use crate::store::people::{passkeys, recovery_codes, second_steps, sessions};
use crate::store::{Conn, StoreError, Transaction, activity};

impl Passkeys {
    /// Gives one's own passkey another name.
    pub async fn rename(
        &self,
        id: PasskeyId,
        name: PasskeyName,
        by: Author,
    ) -> Result<(), PasskeyError> {
        self.write_as(by, Kind::PasskeyRenamed, move |conn, by| {
            let (passkey, _) = own(conn, by, id)?;
            if passkey.name == name {
                return Ok(());
            }
            passkeys::rename(conn, id, &name)?;
            let detail = format!("{}, was {}", quoted(&name), quoted(&passkey.name));
            let (_, admin) = by.session()?;
            let event = by.event(Kind::PasskeyRenamed).about(admin.email.as_str());
            Ok(activity::record(conn, &event.with_detail(detail))?)
        })
        .await
    }

    /// Removes one's own passkey and ends the other sessions that it has begun. The recovery codes
    /// end with the last one.
    pub async fn remove(&self, id: PasskeyId, by: Author) -> Result<Passkey, PasskeyError> {
        let (alerts, required) = (self.alerts.clone(), self.required);
        self.write_as(by, Kind::PasskeyRemoved, move |conn, by| {
            let (passkey, is_last) = own(conn, by, id)?;
            if is_last && required {
                return Err(PasskeyError::LastRequired);
            }
            check_changes::<PasskeyError>(conn, by)?;
            let (session, admin) = by.session()?;
            passkeys::delete(conn, id)?;
            sessions::forget_passkey(conn, id, session)?;
            if is_last {
                recovery_codes::delete_of_admin(conn, admin.id)?;
                second_steps::delete_of_admin(conn, admin.id)?;
            }
            let event = by.event(Kind::PasskeyRemoved).about(admin.email.as_str());
            alerts.record(conn, &event.with_detail(quoted(&passkey.name)), None)?;
            Ok(passkey)
        })
        .await
    }

    /// Makes new recovery codes, which are shown once, and ends the old ones.
    pub async fn make_codes(&self, by: Author) -> Result<Vec<RecoveryCode>, PasskeyError> {
        let (codes, hashes) = self.draw_codes().await?;
        let alerts = self.alerts.clone();
        self.write_as(by, Kind::RecoveryCodesMade, move |conn, by| {
            let (_, admin) = by.session()?;
            if !passkeys::any_of(conn, admin.id)? {
                return Err(PasskeyError::NoPasskey);
            }
            check_changes::<PasskeyError>(conn, by)?;
            recovery_codes::replace(conn, admin.id, &hashes, by.now)?;
            let event = by.event(Kind::RecoveryCodesMade).about(admin.email.as_str());
            Ok(alerts.record(conn, &event, None)?)
        })
        .await?;
        Ok(codes)
    }

    /// Removes all passkeys and recovery codes of somebody who has lost them, and ends their
    /// sessions; returns how many passkeys there were.
    pub async fn reset(&self, admin: &ServerAdmin, by: Author) -> Result<usize, PasskeyError> {
        let (id, email, alerts) = (admin.id, admin.email.clone(), self.alerts.clone());
        self.write_as(by, Kind::PasskeysReset, move |conn, by| {
            let removed = passkeys::delete_of_admin(conn, id)?;
            recovery_codes::delete_of_admin(conn, id)?;
            second_steps::delete_of_admin(conn, id)?;
            sessions::delete_of_admin(conn, id)?;
            Counters::of_codes(id).clear(conn)?;
            let event = by.event(Kind::PasskeysReset).about(email.as_str());
            alerts.record(conn, &event, None)?;
            Ok(removed)
        })
        .await
    }
}

/// The passkey of the author with this key, and whether it is their last one.
fn own(
    conn: &mut Transaction,
    by: &Authorized,
    id: PasskeyId,
) -> Result<(Passkey, bool), PasskeyError> {
    let (_, admin) = by.session()?;
    let mut all = of(conn, admin)?;
    let is_last = all.len() == 1;
    let place = all.iter().position(|passkey| passkey.id == id).ok_or(PasskeyError::Unknown)?;
    Ok((all.swap_remove(place), is_last))
}

fn of(conn: &mut Conn, admin: &ServerAdmin) -> Result<Vec<Passkey>, StoreError> {
    passkeys::of_admin(conn, admin.id)
}
