//! What several forms ask for.

use serde::Deserialize;

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::{AdminId, EmailAddress, PersonName};
use crate::web::pages::layout::text::sentence;
use crate::web::pages::paths::{ACCOUNT, SERVER_ADMINS};

/// A person's name and address as they were entered, and what is wrong with them.
#[derive(Default, Deserialize)]
pub(crate) struct PersonFields {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) email: String,
    #[serde(skip)]
    pub(crate) name_error: Option<String>,
    #[serde(skip)]
    pub(crate) email_error: Option<String>,
    /// The Server Admin who has the address already.
    #[serde(skip)]
    pub(crate) holder: Option<Holder>,
}

/// What can be done for a Server Admin instead of inviting them again.
pub(crate) struct Holder {
    pub(crate) href: String,
    pub(crate) text: &'static str,
}

impl Holder {
    /// For the reader `me`.
    pub(crate) fn new(holder: &ServerAdmin, me: AdminId) -> Self {
        let page = format!("{SERVER_ADMINS}/{}", holder.id.0);
        match () {
            () if holder.id == me => Self { href: ACCOUNT.to_owned(), text: "Your account" },
            () if holder.active => {
                Self { href: format!("{page}#password-h"), text: "Send a password link" }
            }
            () => Self { href: format!("{page}/reactivate"), text: "Reactivate" },
        }
    }
}

impl PersonFields {
    /// What is stored about an admin.
    pub(crate) fn of(admin: &ServerAdmin) -> Self {
        Self { name: admin.name.to_string(), email: admin.email.to_string(), ..Self::default() }
    }

    /// Whether nothing was entered, and nothing was wrong.
    pub(crate) const fn is_empty(&self) -> bool {
        let was_refused = self.name_error.is_some() || self.email_error.is_some();
        self.name.is_empty() && self.email.is_empty() && !was_refused
    }

    /// Name and address; notes what is wrong if they are not both good.
    pub(crate) fn parse(&mut self) -> Option<(PersonName, EmailAddress)> {
        match (self.name.parse(), self.email.parse()) {
            (Ok(name), Ok(email)) => Some((name, email)),
            (name, email) => {
                self.name_error = name.err().map(sentence);
                self.email_error = email.err().map(sentence);
                None
            }
        }
    }
}

/// Which session or invitation a button is about.
#[derive(Deserialize)]
pub(crate) struct DigestField {
    #[serde(default)]
    pub(crate) digest: String,
}
