//! Somebody who tries to sign in.

use super::failures::Counters;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::device::{DeviceDigest, DeviceKey, DeviceMark};
use crate::domain::admin::person::EmailAddress;
use crate::domain::network::source::Source;
use crate::store::people::admins;
use crate::store::{Conn, StoreError};

/// Who tries to sign in.
#[derive(Debug, Clone)]
pub(crate) struct LoginAttempt {
    pub(super) email: Option<EmailAddress>,
    pub(super) source: Source,
    pub(super) device: Option<DeviceMark>,
    pub(super) key: DeviceKey,
}

impl LoginAttempt {
    /// The Server Admin with the address, and the device if it is known as theirs.
    pub(super) fn find(
        &self,
        conn: &mut Conn,
    ) -> Result<(Option<ServerAdmin>, Option<DeviceDigest>), StoreError> {
        let Some(email) = &self.email else { return Ok((None, None)) };
        let found = admins::by_email(conn, email)?;
        let mark = self.device.as_ref();
        let device =
            found.as_ref().and_then(|admin| mark.and_then(|mark| self.key.recognise(mark, admin)));
        Ok((found, device))
    }

    /// What failures are counted for: what others do to the account is nothing to a known device.
    pub(super) fn counters(&self, device: Option<&DeviceDigest>) -> Counters {
        device.map_or_else(
            || Counters::of_login(self.email.as_ref(), &self.source),
            Counters::of_device,
        )
    }
}
