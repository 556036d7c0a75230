//! The card `Server Admins` on the Authentication page.

use chrono::{DateTime, Utc};

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::AdminId;
use crate::service::mails::MailHealth;
use crate::web::pages::layout::Badge;
use crate::web::pages::layout::text::{enumerated, initials};
use crate::web::pages::layout::time::last_login;

/// Lines on the card; the others are on the page of the list.
const SHOWN: usize = 5;

/// The first few active Server Admins.
pub(crate) struct AdminsCard {
    pub(crate) active: usize,
    pub(crate) first: Vec<AdminLine>,
    pub(crate) more: usize,
    /// Who gets the mails.
    pub(crate) foot: String,
}

/// A Server Admin in a list.
pub(crate) struct AdminLine {
    pub(crate) id: i64,
    pub(crate) initials: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) is_me: bool,
    pub(crate) active: bool,
    pub(crate) last_login: String,
    /// Says that mails do not arrive, or are not sent.
    pub(crate) badge: Option<Badge>,
}

impl AdminsCard {
    /// The card for the reader `me`.
    pub(crate) fn new(
        admins: &[ServerAdmin],
        health: &MailHealth,
        me: AdminId,
        extra: Vec<String>,
        now: DateTime<Utc>,
    ) -> Self {
        let mut active: Vec<&ServerAdmin> = admins.iter().filter(|admin| admin.active).collect();
        // Stable: by name, but for those who have to be told something.
        active.sort_by_key(|admin| !health.unreachable.contains(&admin.id));
        let first = active.iter().take(SHOWN);
        Self {
            first: first.map(|admin| AdminLine::new(admin, health, me, now)).collect(),
            more: active.len().saturating_sub(SHOWN),
            foot: recipients(active.len(), extra),
            active: active.len(),
        }
    }
}

/// Who gets the mails besides the Server Admins.
fn recipients(active: usize, extra: Vec<String>) -> String {
    let extra = match extra.len() {
        0..=2 => extra,
        more => vec![format!("{more} team addresses")],
    };
    let is_alone = extra.is_empty();
    let all = |first: &str| enumerated([first.to_owned()].into_iter().chain(extra));
    match active {
        1 => format!("{} receive the mails. Invite a second Server Admin.", all("Only you")),
        _ if is_alone => "Every Server Admin receives the mails.".to_owned(),
        _ => format!("{} receive the mails.", all("Every Server Admin")),
    }
}

impl AdminLine {
    /// The line for the reader `me`.
    pub(crate) fn new(
        admin: &ServerAdmin,
        health: &MailHealth,
        me: AdminId,
        now: DateTime<Utc>,
    ) -> Self {
        let badge = if !admin.active {
            Some(Badge::new("neutral", "circle-slash", "Deactivated"))
        } else if health.unreachable.contains(&admin.id) {
            Some(Badge::new("danger", "alert", "Mail failed"))
        } else {
            None
        };
        Self {
            id: admin.id.0,
            initials: initials(admin.name.as_str()),
            name: admin.name.to_string(),
            email: admin.email.to_string(),
            is_me: admin.id == me,
            active: admin.active,
            last_login: last_login(admin.last_login_at, now),
            badge,
        }
    }
}
