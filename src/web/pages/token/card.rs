//! What the card `SCIM Token` says about the newest token.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::state::TokenState;
use crate::domain::admin::actor::Actor;
use crate::domain::mail::milestone::Milestone;
use crate::domain::sync::SyncHealth;
use crate::domain::token::Token;
use crate::service::mails::BannerFacts;
use crate::web::pages::layout::Badge;
use crate::web::pages::layout::text::count;
use crate::web::pages::layout::time::{Moment, ago, countdown, utc_date, utc_text};
use crate::web::pages::mails::card::MailCard;
use crate::web::pages::names::Names;
use crate::web::pages::sync::live::Watch;
use crate::web::pages::sync::notes::{SyncNotes, last_used};
use crate::web::pages::sync::way::Way;

/// The card.
pub(crate) struct TokenCard {
    pub(crate) badge: Badge,
    pub(crate) token: Option<TokenDetails>,
    /// Whether there is something to revoke.
    pub(crate) can_revoke: bool,
}

/// What is shown of a token.
pub(crate) struct TokenDetails {
    /// `Expires`, `Expired` or `Revoked`: what the instant is.
    pub(crate) label: &'static str,
    pub(crate) instant: Moment,
    pub(crate) relative: String,
    pub(crate) tone: &'static str,
    pub(crate) bar: Option<LifetimeBar>,
    pub(crate) generated: Moment,
    pub(crate) generated_by: String,
    pub(crate) generated_from: Option<String>,
    pub(crate) lifespan: String,
    /// The expiry that a revoked token had.
    pub(crate) would_have_expired: Option<String>,
    pub(crate) last_used: String,
    pub(crate) last_used_note: String,
    pub(crate) id: String,
    pub(crate) sync: Option<SyncNotes>,
    /// How far the identity provider has come on the way to this token.
    pub(crate) way: Option<Way>,
    pub(crate) watch: Option<Watch>,
}

/// How much of the lifetime is over.
pub(crate) struct LifetimeBar {
    pub(crate) label: String,
    /// Per cent with two decimals, without the sign.
    pub(crate) used: String,
    pub(crate) ticks: Vec<MailMark>,
    /// What stands at the right end.
    pub(crate) end: String,
}

/// A mail before the expiry, as a mark on the bar.
pub(crate) struct MailMark {
    pub(crate) at: String,
    pub(crate) done: bool,
}

impl TokenCard {
    /// The card at `now`, with these names.
    pub(crate) fn new(known: &BannerFacts, mails: &MailCard, names: &Names, zone: Tz) -> Self {
        let BannerFacts { history, sync, now, .. } = known;
        let state = TokenState::of(history.newest.as_ref(), *now, zone);
        let facts = Facts { known, state, zone };
        let details = |token| TokenDetails::new(token, &facts, mails, names);
        Self {
            badge: badge(state, sync.health),
            token: history.newest.as_ref().map(details),
            can_revoke: state.is_live(),
        }
    }
}

/// What the card is made from.
struct Facts<'a> {
    known: &'a BannerFacts,
    state: TokenState,
    zone: Tz,
}

/// Green only while sync works.
fn badge(state: TokenState, health: Option<SyncHealth>) -> Badge {
    match state {
        TokenState::Never => Badge::new("neutral", "circle-slash", "No token"),
        TokenState::Active if health == Some(SyncHealth::Working) => {
            Badge::new("success", "check-circle-fill", "Active")
        }
        TokenState::Active => Badge::new("neutral", "check", "Active"),
        TokenState::Expiring { .. } => Badge::new("attention", "clock", "Expires soon"),
        TokenState::Today => Badge::new("attention", "alert", "Expires today"),
        TokenState::Expired => Badge::new("danger", "x-circle-fill", "Expired"),
        TokenState::Revoked => Badge::new("danger", "circle-slash", "Revoked"),
    }
}

impl TokenDetails {
    fn new(token: &Token, facts: &Facts<'_>, mails: &MailCard, names: &Names) -> Self {
        let Facts { known, state, zone } = *facts;
        let BannerFacts { history, sync, now, .. } = known;
        let now = *now;
        let revoked = token.revocation.as_ref();
        let (label, instant) = match (revoked, state) {
            (Some(revocation), _) => ("Revoked", revocation.at),
            (None, TokenState::Expired) => ("Expired", token.expires_at),
            (None, _) => ("Expires", token.expires_at),
        };
        let relative = match revoked {
            Some(revocation) => {
                format!("{}, by {}", ago(now, revocation.at), name(&revocation.by, names))
            }
            None => countdown(now, token.expires_at, zone),
        };
        let (last_used, last_used_note) = last_used(token, history, &sync.connection, now);
        let by = if names.is_me(&token.generated_by) {
            "you".to_owned()
        } else {
            names.text(&token.generated_by)
        };
        Self {
            label,
            instant: Moment::new(instant),
            relative,
            tone: state.tone(),
            bar: revoked.is_none().then(|| LifetimeBar::new(token, mails, now)),
            generated: Moment::day(token.generated_at),
            generated_by: name(&token.generated_by, names),
            generated_from: token.generated_from.address_text(),
            lifespan: token.lifespan.to_string(),
            would_have_expired: revoked.map(|_| utc_text(token.expires_at)),
            last_used,
            last_used_note,
            id: token.id.to_string(),
            sync: SyncNotes::new(token, history, sync, now),
            way: Way::new(token, &by, known, now),
            watch: Watch::new(token, now),
        }
    }
}

/// How somebody is named to the reader.
fn name(actor: &Actor, names: &Names) -> String {
    if names.is_me(actor) { format!("{} (you)", actor.name()) } else { names.text(actor) }
}

impl LifetimeBar {
    fn new(token: &Token, mails: &MailCard, now: DateTime<Utc>) -> Self {
        let whole = (token.expires_at - token.generated_at).num_seconds().max(1);
        let used = (now.min(token.expires_at) - token.generated_at).num_seconds().clamp(0, whole);
        let per_cent = |seconds: i64| {
            let share = seconds * 10_000 / whole;
            format!("{}.{:02}", share / 100, share % 100)
        };
        let day = 24 * 60 * 60;
        let mark = |days: i64, when| MailMark {
            at: per_cent((whole - days * day).max(0)),
            done: mails.is_sent(when),
        };
        let verb = if now >= token.expires_at { "Expired" } else { "Expires" };
        Self {
            label: format!("{} of {} used", used / day, count(whole / day, "day")),
            used: per_cent(used),
            ticks: vec![mark(15, Milestone::FifteenDaysBefore), mark(1, Milestone::OneDayBefore)],
            end: format!("{verb} {}", utc_date(token.expires_at)),
        }
    }
}

/// What the confirmations say about the current token.
pub(crate) fn in_one_line(token: &Token, now: DateTime<Utc>) -> String {
    let last_used = match &token.last_use {
        Some(last) => format!("last used {}", ago(now, last.at)),
        None => "never used".to_owned(),
    };
    format!("{}, expires {}, {last_used}", token.id, utc_date(token.expires_at))
}
