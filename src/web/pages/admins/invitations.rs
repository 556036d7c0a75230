//! The card `Open invitations`.

use crate::domain::admin::link::OneTimeLink;
use crate::web::pages::layout::Badge;
use crate::web::pages::layout::time::Moment;

/// Invitations on the card; the others are shown on demand.
const SHOWN: usize = 25;

/// Invitations that nobody has accepted yet.
pub(super) struct OpenInvitations {
    pub(super) count: usize,
    pub(super) shown: Vec<InvitationLine>,
    pub(super) more: usize,
}

/// One of them.
pub(super) struct InvitationLine {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) until: Moment,
    pub(super) digest: String,
    /// That no mail has brought it.
    pub(super) badge: Option<Badge>,
    /// What the mail server said.
    pub(super) answer: Option<String>,
}

impl OpenInvitations {
    /// Those that were not delivered come first.
    pub(super) fn new(mut open: Vec<OneTimeLink>, shows_all: bool) -> Self {
        open.sort_by_key(|link| link.undelivered.is_none());
        let (count, limit) = (open.len(), if shows_all { open.len() } else { SHOWN });
        let shown: Vec<_> = open.into_iter().take(limit).map(InvitationLine::from).collect();
        Self { count, more: count - shown.len(), shown }
    }
}

impl From<OneTimeLink> for InvitationLine {
    fn from(open: OneTimeLink) -> Self {
        let answer = open.undelivered.clone().filter(|answer| !answer.is_empty());
        let badge = open.undelivered.map(|answer| match answer.as_str() {
            "" => Badge::new("attention", "mail", "No mail sent"),
            _ => Badge::new("danger", "alert", "Mail failed"),
        });
        Self {
            name: open.name.unwrap_or_default(),
            email: open.email.unwrap_or_default(),
            until: Moment::new(open.expires_at),
            digest: open.digest.as_str().to_owned(),
            badge,
            answer,
        }
    }
}
