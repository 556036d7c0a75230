//! How a database is reached: connections of both kinds, the pool, migrations and locks.

pub(super) mod connection;
pub(super) mod locks;
pub(super) mod migrate;
pub(super) mod pool;
pub(super) mod postgres;
pub(super) mod sqlite;
pub(super) mod url;
