//! Verifies passkeys (WebAuthn): what a browser is asked, and whether its answer proves something.
//!
//! A user must have been verified by their device, on a page of our own origin, with a key that
//! their device finds by itself. Of attestation nothing is asked: it says who made a device, and no
//! Server Admin is kept out for theirs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey as Key, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::passkey::{Credential, Passkey};
use crate::domain::admin::person::AdminId;
use crate::domain::network::public_url::PublicUrl;

/// What separates the names of users from other uses of the hash.
const CONTEXT: &str = "scimward 2026-11-26 user handles of passkeys";

/// Who asks for passkeys: the host and the origin of our pages; cheap to clone.
#[derive(Clone)]
pub struct RelyingParty {
    webauthn: Arc<Webauthn>,
    host: String,
}

/// What a browser is asked, and what is needed to look at its answer.
#[derive(Debug)]
pub struct Question {
    /// For the script of the page.
    pub options: Value,
    /// Holds the challenge. A browser may carry it only if it cannot change it, and answers it once.
    pub state: String,
}

/// Why an answer proves nothing. The words are for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Its counter did not grow: somebody else has a copy of the key.
    #[error("the passkey may have been copied: its counter did not grow")]
    Copied,
    /// It was made on a page of another origin.
    #[error("it was made for another origin")]
    OtherOrigin,
    /// It was made for another host.
    #[error("it was made for another relying party")]
    OtherRelyingParty,
    /// The device did not verify its user.
    #[error("the user was not verified")]
    UserNotVerified,
    /// It answers another challenge.
    #[error("it answers another challenge")]
    OtherChallenge,
    /// The signature is not one of the key.
    #[error("the signature is wrong")]
    WrongSignature,
    /// It belongs to another Server Admin.
    #[error("it belongs to another Server Admin")]
    OtherUser,
    /// It cannot be understood.
    #[error("it cannot be understood")]
    Malformed,
}

impl RelyingParty {
    /// For pages under `url`. Browsers know passkeys only under the name of a host, and only where
    /// nobody can listen: not under an IP address, and without HTTPS only on their own machine.
    pub fn of(url: &PublicUrl, product: &str, timeout: Duration) -> Option<Self> {
        let host = url.host();
        if !url.is_https() && host != "localhost" {
            return None;
        }
        let origin = Url::parse(url.as_str()).ok()?;
        let builder = WebauthnBuilder::new(host, &origin).ok()?;
        let webauthn = builder.rp_name(product).timeout(timeout).build().ok()?;
        Some(Self { webauthn: Arc::new(webauthn), host: host.to_owned() })
    }

    /// Asks for a new passkey of `admin`, who has `present` ones already.
    pub fn ask_for_new(
        &self,
        admin: &ServerAdmin,
        present: &[Passkey],
    ) -> Result<Question, Rejected> {
        let known = present.iter().filter_map(|passkey| key(&passkey.credential).ok());
        let known = known.map(|key| key.cred_id().clone()).collect();
        let (email, name) = (admin.email.as_str(), admin.name.as_str());
        let user = Uuid::from_bytes(self.handle(admin.id));
        let started = self.webauthn.start_passkey_registration(user, email, name, Some(known));
        let (options, state) = started.map_err(|error| rejected(&error))?;
        let mut options = serde_json::to_value(options).map_err(|_never| Rejected::Malformed)?;
        if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection") {
            // The library leaves it to the device. A key that only answers when it is named would
            // not be offered at the login.
            *selection = json!({
                "residentKey": "required", "requireResidentKey": true,
                "userVerification": "required",
            });
        }
        Question::new(options, &state)
    }

    /// The new passkey, if `answer` is one to the question with this state.
    pub fn take_new(&self, answer: &str, state: &str) -> Result<Credential, Rejected> {
        let answer: RegisterPublicKeyCredential = parse(answer)?;
        let state: PasskeyRegistration = parse(state)?;
        let key = self.webauthn.finish_passkey_registration(&answer, &state);
        credential(&key.map_err(|error| rejected(&error))?)
    }

    /// Asks for a login with one of the `known` passkeys, or with any if none is known yet.
    pub fn ask_for_login(&self, known: &[Passkey]) -> Result<Question, Rejected> {
        let started = self.webauthn.start_discoverable_authentication();
        let (options, state) = started.map_err(|error| rejected(&error))?;
        let mut options = serde_json::to_value(options).map_err(|_never| Rejected::Malformed)?;
        if let Some(allowed) = options.pointer_mut("/publicKey/allowCredentials") {
            let ids = known.iter().map(|passkey| &passkey.credential.id);
            *allowed = ids.map(|id| json!({ "type": "public-key", "id": id })).collect();
        }
        Question::new(options, &state)
    }

    /// Which passkey an answer to [`Self::ask_for_login`] is made with: only a claim.
    pub fn claimed(answer: &str) -> Result<String, Rejected> {
        let answer: PublicKeyCredential = parse(answer)?;
        Ok(URL_SAFE_NO_PAD.encode(answer.get_credential_id()))
    }

    /// The credential with its new counter, if `answer` is one of this passkey to the question with
    /// this state.
    pub fn verify_login(
        &self,
        answer: &str,
        state: &str,
        passkey: &Passkey,
    ) -> Result<Credential, Rejected> {
        let answer: PublicKeyCredential = parse(answer)?;
        let state: DiscoverableAuthentication = parse(state)?;
        let user = answer.get_user_unique_id();
        if user.is_some_and(|user| user != self.handle(passkey.admin).as_slice()) {
            return Err(Rejected::OtherUser);
        }
        let mut key = key(&passkey.credential)?;
        let verified = self.webauthn.finish_discoverable_authentication_v2(&answer, state, &key);
        let verified = verified.map_err(|error| rejected(&error))?;
        if !verified.user_verified() {
            return Err(Rejected::UserNotVerified);
        }
        let _changed = key.update_credential(&verified);
        credential(&key)
    }

    /// The name by which devices know a Server Admin; it tells nothing about them.
    fn handle(&self, admin: AdminId) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(&admin.0.to_le_bytes()).update(self.host.as_bytes());
        let mut handle = [0; 16];
        hasher.finalize_xof().fill(&mut handle);
        handle
    }
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelyingParty({})", self.host)
    }
}

impl Question {
    fn new(options: Value, state: &impl serde::Serialize) -> Result<Self, Rejected> {
        let state = serde_json::to_string(state).map_err(|_never| Rejected::Malformed)?;
        Ok(Self { options, state })
    }
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Rejected> {
    serde_json::from_str(text).map_err(|_malformed| Rejected::Malformed)
}

fn key(credential: &Credential) -> Result<Key, Rejected> {
    parse(&credential.text)
}

fn credential(key: &Key) -> Result<Credential, Rejected> {
    let text = serde_json::to_string(key).map_err(|_never| Rejected::Malformed)?;
    Ok(Credential { id: URL_SAFE_NO_PAD.encode(key.cred_id()), text })
}

const fn rejected(error: &WebauthnError) -> Rejected {
    match error {
        WebauthnError::CredentialPossibleCompromise => Rejected::Copied,
        WebauthnError::InvalidRPOrigin => Rejected::OtherOrigin,
        WebauthnError::InvalidRPIDHash => Rejected::OtherRelyingParty,
        WebauthnError::UserNotVerified | WebauthnError::UserNotPresent => Rejected::UserNotVerified,
        WebauthnError::MismatchedChallenge => Rejected::OtherChallenge,
        WebauthnError::AuthenticationFailure => Rejected::WrongSignature,
        _ => Rejected::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_the_name_of_a_host_and_no_listeners() {
        for (url, possible) in [
            ("https://scim.example.com", true),
            ("https://scim.example.com:8443", true),
            ("https://intranet", true),
            ("http://localhost:8080", true),
            ("http://scim.example.com", false),
            ("http://127.0.0.1:8080", false),
            ("https://192.0.2.1", false),
            ("https://[2001:db8::1]:8443", false),
        ] {
            let party = RelyingParty::of(&url.parse().unwrap(), "scimward", Duration::from_mins(5));
            assert_eq!(party.is_some(), possible, "{url}");
        }
    }
}
