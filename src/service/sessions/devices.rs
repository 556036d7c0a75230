//! Marks of devices in which Server Admins have logged in before.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::Sessions;
use crate::domain::admin::code::SessionId;
use crate::domain::admin::device::{DeviceKey, DeviceMark};
use crate::service::{Failure, Resources};
use crate::store;

/// Makes and recognises marks of devices.
#[derive(Clone)]
pub struct Devices {
    resources: Resources,
    key: Arc<OnceCell<DeviceKey>>,
}

impl Devices {
    /// Works on `resources`.
    pub fn new(resources: Resources) -> Self {
        Self { resources, key: Arc::default() }
    }

    /// The mark for the browser in which this session was begun: the one that it presented, if it is
    /// good for the same Server Admin. None if the session has ended already.
    pub async fn mark(
        &self,
        session: &SessionId,
        presented: Option<DeviceMark>,
    ) -> Result<Option<DeviceMark>, Failure> {
        let key = self.key().await?;
        let digest = session.digest();
        let find = move |conn: &mut _| store::people::sessions::with_admin(conn, &digest);
        let Some((_, admin)) = self.resources.store.read(find).await? else { return Ok(None) };
        let known = presented.filter(|mark| key.recognise(mark, &admin).is_some());
        let fresh = || key.mark(&admin, |bytes| self.resources.entropy.fill(bytes));
        Ok(Some(known.unwrap_or_else(fresh)))
    }

    /// The key, which is read once.
    pub(super) async fn key(&self) -> Result<DeviceKey, Failure> {
        let read = || async {
            let cookie_key = Sessions::new(self.resources.clone()).cookie_key().await?;
            Ok(DeviceKey::derive(&cookie_key))
        };
        self.key.get_or_try_init(read).await.cloned()
    }
}
