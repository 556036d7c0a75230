//! The banners of every page behind the login: while sync does not work, from fifteen days before the
//! token or the certificate expires, and while nobody can be reached by mail.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::navigation::Section;
use super::notice::Notice;
use super::text::count;
use super::time::{countdown, utc_text};
use crate::domain::admin::person::AdminId;
use crate::domain::certificate::Certificate;
use crate::domain::identity_provider::{self, named};
use crate::domain::sync::SyncHealth;
use crate::service::mails::{BannerFacts, MailHealth};
use crate::web::pages::paths;
use crate::web::pages::sync::notice::{SyncNotice, notice};
use crate::web::pages::token::state::TokenState;
use crate::web::session::Link;

const TO_TOKEN: &str = "Go to SCIM Token";

/// The banner about the sync, for the reader `me`; `is_new` says whether they have not seen it yet.
pub(crate) fn sync(
    known: &BannerFacts,
    section: Section,
    me: AdminId,
    is_new: bool,
) -> Option<Notice> {
    let SyncNotice { tone, icon, title, text } =
        notice(&known.history, &known.sync, known.provider(), me, known.now)?;
    let provider = identity_provider::name(known.provider());
    let link = match known.sync.health {
        _ if section != Section::Authentication => Link::new(paths::SCIM_TOKEN, TO_TOKEN),
        Some(SyncHealth::Silent) => {
            Link::new(paths::IDENTITY_PROVIDER_LOOK, format!("Where to look in {provider}"))
        }
        _ => Link::new(paths::IDENTITY_PROVIDER_STEPS, format!("Steps for {provider}")),
    };
    let role = (is_new && tone == "danger").then_some("alert");
    Some(Notice {
        tone,
        icon,
        role,
        takes_focus: false,
        title,
        text,
        marked: false,
        link: Some(link),
    })
}

/// The banner about the newest token, if there is something to say.
pub(crate) fn expiry(known: &BannerFacts, section: Section, zone: Tz) -> Option<Notice> {
    let (newest, now) = (known.history.newest.as_ref(), known.now);
    let token = newest?;
    let expiry = utc_text(token.expires_at);
    let (tone, icon, title, text) = match TokenState::of(newest, now, zone) {
        TokenState::Never | TokenState::Active | TokenState::Expired | TokenState::Revoked => {
            return None;
        }
        TokenState::Expiring { days } => (
            "attention",
            "clock",
            format!("The SCIM token expires in {}, on {expiry}", count(days, "day")),
            "Generate a new token and enter it in your identity provider before then. When the \
             token expires, SCIM sync stops.",
        ),
        TokenState::Today => (
            "attention",
            "alert",
            format!(
                "The SCIM token expires today at {}, {}",
                token.expires_at.format("%H:%M UTC"),
                countdown(now, token.expires_at, zone)
            ),
            "Generate a new token and enter it in your identity provider now to keep SCIM sync \
             running.",
        ),
    };
    let link = (section != Section::Authentication).then(|| Link::new(paths::SCIM_TOKEN, TO_TOKEN));
    let text = named(text, known.provider());
    Some(Notice { tone, icon, role: None, takes_focus: false, title, text, marked: false, link })
}

/// The banner about the certificate that is served, if there is something to say.
pub(crate) fn certificate(
    certificate: Option<&Certificate>,
    now: DateTime<Utc>,
    zone: Tz,
) -> Option<Notice> {
    let certificate = certificate?;
    let days = certificate.days_left(zone, now)?;
    let expiry = utc_text(certificate.expires_at);
    let has_expired = certificate.has_expired(now);
    let title = match days {
        _ if has_expired => format!("The HTTPS certificate expired on {expiry}"),
        ..=0 => format!("The HTTPS certificate expires today, {expiry}"),
        days => format!("The HTTPS certificate expires in {}, on {expiry}", count(days, "day")),
    };
    let text = if has_expired {
        "Identity providers refuse it, so SCIM sync has stopped. Have it renewed and replace its \
         files: they are read within a minute."
    } else {
        "When it expires, SCIM sync stops: identity providers refuse an expired certificate. Have \
         it renewed and replace its files before then; they are read within a minute."
    };
    Some(Notice {
        tone: if has_expired { "danger" } else { "attention" },
        icon: if has_expired { "stop" } else { "clock" },
        role: None,
        takes_focus: false,
        title,
        text: text.to_owned(),
        marked: false,
        link: None,
    })
}

/// The banner while no Server Admin can be reached by mail.
pub(crate) fn no_mail(health: &MailHealth, section: Section) -> Option<Notice> {
    if !health.reaches_nobody() {
        return None;
    }
    let text = if health.directory.is_some() {
        "No mail server is set up. Whoever runs this server names one in SCIMWARD_SMTP_URL."
    } else {
        "The last mails to all active Server Admins have failed, so nobody will be warned."
    };
    let link = (section != Section::Notifications)
        .then(|| Link::new(paths::NOTIFICATIONS, "Go to Notifications"));
    Some(Notice {
        tone: "attention",
        icon: "mail",
        role: None,
        takes_focus: false,
        title: "No Server Admin can be reached by mail".to_owned(),
        text: text.to_owned(),
        marked: false,
        link,
    })
}
