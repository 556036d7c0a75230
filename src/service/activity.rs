//! Reading the activity list.

use crate::domain::activity::{Kind, Recorded};
use crate::service::{Failure, World};
use crate::store;

/// The activity list.
#[derive(Clone)]
pub struct Activity {
    world: World,
}

impl Activity {
    /// Works on `world`.
    pub const fn new(world: World) -> Self {
        Self { world }
    }

    /// At most `limit` entries, newest first: those before the entry with the key `before`, and of
    /// these kinds only unless there are none.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn page(
        &self,
        before: Option<i64>,
        kinds: &[Kind],
        limit: i64,
    ) -> Result<Vec<Recorded>, Failure> {
        let kinds = kinds.to_vec();
        let page =
            self.world.store.read(move |conn| store::activity::page(conn, before, &kinds, limit));
        Ok(page.await?)
    }
}
