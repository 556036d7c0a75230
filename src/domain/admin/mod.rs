//! Server Admins: who may sign in and gets mails.

pub mod actor;
pub mod code;
pub mod device;
pub mod guessing;
pub mod link;
pub mod passkey;
pub mod password;
pub mod person;
pub mod recovery;

use chrono::{DateTime, Utc};

use self::actor::Actor;
use self::password::HashedPassword;
use self::person::{AdminId, EmailAddress, PersonName};

/// A Server Admin as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAdmin {
    /// The key.
    pub id: AdminId,
    /// The name that pages and mails show.
    pub name: PersonName,
    /// The address that mails go to and that is used to sign in.
    pub email: EmailAddress,
    /// The password.
    pub password: HashedPassword,
    /// Whether the admin may sign in and gets mails.
    pub active: bool,
    /// When the admin was added.
    pub created_at: DateTime<Utc>,
    /// The last successful login.
    pub last_login_at: Option<DateTime<Utc>>,
}

/// The address belongs to a Server Admin already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is a Server Admin with this e-mail address already")]
pub struct EmailTaken;

/// No Server Admin has this key or address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such Server Admin")]
pub struct UnknownAdmin;

impl ServerAdmin {
    /// The admin as the one who does something.
    pub fn actor(&self) -> Actor {
        let (name, email) = (self.name.to_string(), Some(self.email.to_string()));
        Actor::Admin { id: self.id, name, email }
    }
}
