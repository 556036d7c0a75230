//! The card `Server Admins` on the Authentication page.

use chrono::{DateTime, Utc};

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::AdminId;
use crate::service::mails::Health;
use crate::web::pages::layout::Badge;
use crate::web::pages::layout::text::initials;
use crate::web::pages::layout::time::last_login;

/// People on the card; the others are on their own page.
const SHOWN: usize = 5;

/// The first few active Server Admins.
pub(crate) struct PeopleCard {
    pub(crate) active: usize,
    pub(crate) first: Vec<Person>,
    pub(crate) more: usize,
}

/// A line of the card.
pub(crate) struct Person {
    pub(crate) initials: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) is_me: bool,
    pub(crate) last_login: String,
    /// Says that mails do not arrive.
    pub(crate) badge: Option<Badge>,
}

impl PeopleCard {
    /// The card for the reader `me`.
    pub(crate) fn new(
        admins: &[ServerAdmin],
        health: &Health,
        me: AdminId,
        now: DateTime<Utc>,
    ) -> Self {
        let active: Vec<&ServerAdmin> = admins.iter().filter(|admin| admin.active).collect();
        let person = |admin: &&ServerAdmin| Person {
            initials: initials(admin.name.as_str()),
            name: admin.name.to_string(),
            email: admin.email.to_string(),
            is_me: admin.id == me,
            last_login: last_login(admin.last_login_at, now),
            badge: health
                .unreachable
                .contains(&admin.id)
                .then(|| Badge::new("danger", "alert", "Mail failed")),
        };
        Self {
            first: active.iter().take(SHOWN).map(person).collect(),
            more: active.len().saturating_sub(SHOWN),
            active: active.len(),
        }
    }
}
