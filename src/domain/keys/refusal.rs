//! Why a presented API key is not accepted.

use chrono::{DateTime, Utc};

use super::secret::PresentedKey;
use super::{ApiKey, KeyStatus};

/// Why a presented API key is not accepted: for the log, not for clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRefusal {
    /// No key has this id, or its row was removed.
    Unknown,
    /// A key has this id, but another secret.
    WrongSecret,
    /// Its maker is deactivated.
    Stopped,
    /// Its time is over.
    Expired,
    /// It was revoked. Its digest is erased, so only the id is known to be right.
    Revoked,
}

impl KeyRefusal {
    /// What the log calls it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::WrongSecret => "wrong_secret",
            Self::Stopped => "maker_deactivated",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// Decides about a presented key by the row that has its id.
///
/// # Errors
/// [`KeyRefusal`].
pub fn decide(
    stored: Option<ApiKey>,
    presented: &PresentedKey,
    now: DateTime<Utc>,
) -> Result<ApiKey, KeyRefusal> {
    let key = stored.ok_or(KeyRefusal::Unknown)?;
    let Some(digest) = &key.digest else { return Err(KeyRefusal::Revoked) };
    if !digest.matches(presented) {
        return Err(KeyRefusal::WrongSecret);
    }
    match key.status(now) {
        KeyStatus::Active => Ok(key),
        KeyStatus::Stopped => Err(KeyRefusal::Stopped),
        KeyStatus::Expired => Err(KeyRefusal::Expired),
        KeyStatus::Revoked => Err(KeyRefusal::Revoked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::admin::actor::Actor;
    use crate::domain::keys::KeyRevocation;
    use crate::domain::keys::scope::Scope;
    use crate::domain::keys::secret::{KeyDigest, PlainKey};

    #[test]
    fn a_key_is_accepted_while_nothing_speaks_against_it() {
        let plain = PlainKey::generate(|bytes| bytes.fill(3));
        let other = PlainKey::generate(|bytes| bytes.fill(4));
        let now = DateTime::UNIX_EPOCH;
        let key = ApiKey {
            id: plain.id().clone(),
            digest: Some(KeyDigest::of(plain.expose())),
            name: "Terraform".parse().unwrap(),
            scope: Scope::Read,
            created_at: now,
            created_by: Actor::CommandLine,
            maker_is_active: true,
            expires_at: now + chrono::TimeDelta::seconds(1),
            revocation: None,
            last_use: None,
        };
        let revocation = Some(KeyRevocation { at: now, by: Actor::CommandLine });
        let stopped = ApiKey { maker_is_active: false, ..key.clone() };
        let expired = ApiKey { expires_at: now, ..key.clone() };
        let kept = ApiKey { revocation: revocation.clone(), ..key.clone() };
        let revoked = ApiKey { revocation, digest: None, ..key.clone() };
        for (stored, presented, refusal) in [
            (Some(key.clone()), &plain, None),
            (None, &plain, Some(KeyRefusal::Unknown)),
            (Some(key), &other, Some(KeyRefusal::WrongSecret)),
            (Some(stopped), &plain, Some(KeyRefusal::Stopped)),
            (Some(expired), &plain, Some(KeyRefusal::Expired)),
            (Some(kept), &plain, Some(KeyRefusal::Revoked)),
            (Some(revoked), &plain, Some(KeyRefusal::Revoked)),
        ] {
            let presented = PresentedKey::parse(presented.expose()).unwrap();
            assert_eq!(decide(stored, &presented, now).err(), refusal);
        }
    }
}
