//! Reaching a database: URLs, connections to both kinds, the pool, locks and migrations.

pub(super) mod connection;
pub(super) mod files;
pub(super) mod in_use;
pub(super) mod locks;
pub(super) mod migrate;
pub(super) mod pool;
pub(super) mod postgres;
pub(super) mod recovery;
pub(super) mod sqlite;
pub(super) mod url;
