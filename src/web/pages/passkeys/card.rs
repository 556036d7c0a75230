//! The cards of passkeys and recovery codes on the account page.

use chrono::{DateTime, Utc};

use crate::domain::admin::passkey::{Passkey, Proof};
use crate::domain::admin::recovery::{CODES, FEW};
use crate::domain::network::agent::short_name;
use crate::service::passkeys::CodesLeft;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::Badge;
use crate::web::pages::layout::time::{Moment, ago};
use crate::web::pages::passkeys::account::NameFields;
use crate::web::pages::paths::PASSKEYS;
use crate::web::session::SignedIn;

/// What the cards show.
pub(crate) struct PasskeyCards {
    /// Whether browsers know passkeys under the address of this server.
    pub(crate) possible: bool,
    /// That address.
    pub(crate) url: String,
    /// Whether every Server Admin must have one.
    pub(crate) required: bool,
    pub(crate) badge: Badge,
    pub(crate) lines: Vec<PasskeyLine>,
    pub(crate) codes: Option<CodesCard>,
    /// The name of a new one, unless it is changed.
    pub(crate) name: String,
}

/// One passkey.
pub(crate) struct PasskeyLine {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) icon: &'static str,
    pub(crate) added: Moment,
    pub(crate) browser: String,
    pub(crate) last_used: String,
}

/// The recovery codes.
pub(crate) struct CodesCard {
    pub(crate) badge: Badge,
    pub(crate) made: Moment,
    pub(crate) last_used: Option<Moment>,
}

impl PasskeyCards {
    /// Those of the reader.
    pub(crate) async fn load(shared: &Shared, me: &SignedIn) -> Result<Self, PageError> {
        let passkeys = &shared.services.passkeys;
        let own = passkeys.of_admin(me.admin.id).await?;
        let codes = passkeys.codes_of(me.admin.id).await?;
        let badge = match own.as_slice() {
            [] => Badge::new("neutral", "circle-slash", "Off"),
            _ => Badge::new("success", "check", "On"),
        };
        let name = if own.is_empty() { me.browser() } else { String::new() };
        let name = me.take_kept(PASSKEYS).map_or(name, |NameFields { name }| name);
        Ok(Self {
            possible: passkeys.are_possible(),
            url: shared.site.public_url.to_string(),
            required: passkeys.are_required(),
            badge,
            lines: own.iter().map(|passkey| line(passkey, me.now)).collect(),
            codes: codes.map(card),
            name,
        })
    }
}

impl PasskeyCards {
    /// How a login was proved, with the name of the passkey if it is still there: `with the passkey
    /// “Phone”`.
    pub(crate) fn words(&self, proof: Proof) -> String {
        let key = proof.passkey().and_then(|id| self.lines.iter().find(|line| line.id == id.0));
        match (proof, key) {
            (Proof::Passkey(_), Some(key)) => {
                format!("with the passkey \u{201c}{}\u{201d}", key.name)
            }
            (Proof::PasswordAndPasskey(_), Some(key)) => {
                format!("with a password and the passkey \u{201c}{}\u{201d}", key.name)
            }
            (proof, _) => proof.words().to_owned(),
        }
    }
}

fn line(passkey: &Passkey, now: DateTime<Utc>) -> PasskeyLine {
    let last_used = passkey.last_used_at.map(|at| format!("Last used {}", ago(now, at)));
    PasskeyLine {
        id: passkey.id.0,
        name: passkey.name.to_string(),
        icon: device_icon(passkey.agent.as_deref()),
        added: Moment::day(passkey.created_at),
        browser: short_name(passkey.agent.as_deref()),
        last_used: last_used.unwrap_or_else(|| "Not used yet".to_owned()),
    }
}

fn card(codes: CodesLeft) -> CodesCard {
    let CodesLeft { left, made_at, last_used_at } = codes;
    let words = format!("{left} of {CODES} left");
    let badge = if left <= FEW {
        Badge::new("attention", "alert", words)
    } else {
        Badge::new("neutral", "check", words)
    };
    CodesCard { badge, made: Moment::day(made_at), last_used: last_used_at.map(Moment::day) }
}

/// A picture of the device that a browser runs on.
pub(crate) fn device_icon(agent: Option<&str>) -> &'static str {
    let is_phone = |agent: &str| ["Mobile", "Android", "iPhone"].iter().any(|w| agent.contains(w));
    if agent.is_some_and(is_phone) { "device-mobile" } else { "device-desktop" }
}
