//! What the tests have in common: a running application, its database, and those who use it.

pub(crate) mod actors;
pub(crate) mod app;
pub(crate) mod cluster;
pub(crate) mod database;
pub(crate) mod doubles;
pub(crate) mod headers;
pub(crate) mod http;
pub(crate) mod mail_app;
pub(crate) mod page;
pub(crate) mod passkey;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod refusals;
pub(crate) mod relay;
pub(crate) mod smtp;
pub(crate) mod upstream;

/// Turns each of these functions into two tests, `NAME::sqlite` and `NAME::postgres`. The function
/// takes a fresh database.
macro_rules! on_each_database {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            use crate::support::database::{Database, Engine};

            #[test]
            fn sqlite() {
                super::$name(&Database::fresh(Engine::Sqlite));
            }

            #[test]
            fn postgres() {
                super::$name(&Database::fresh(Engine::Postgres));
            }
        })+
    };
}
pub(crate) use on_each_database;
