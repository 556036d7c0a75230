//! The kinds of activity: one table that holds everything about each.

use std::fmt;
use std::str::FromStr;

/// What the activity list says about a kind.
#[derive(Debug)]
pub struct KindInfo {
    /// The stored form, also used in filters and exports: it never changes.
    pub code: &'static str,
    /// What the filter calls it.
    pub name: &'static str,
    /// The icon.
    pub icon: &'static str,
    /// `success`, `accent`, `attention` or `danger`; empty for everyday matters.
    pub tone: &'static str,
    /// What happened, with names in braces for what the entry fills in. The second sentence, if there
    /// is one, is for what Server Admins do to themselves.
    pub sentences: &'static [&'static str],
}

/// Kinds that belong together.
#[derive(Debug)]
pub struct Topic {
    /// What stands in the URL.
    pub code: &'static str,
    /// What the filter calls it.
    pub name: &'static str,
    /// Its kinds.
    pub kinds: &'static [Kind],
}

macro_rules! kinds {
    ($($topic:literal, $topic_name:literal {
        $($(#[$doc:meta])* $kind:ident: $code:literal, $name:literal, $icon:literal, $tone:literal,
            [$($sentence:literal),+];)*
    })*) => {
        /// The kinds of things that happen.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($($(#[$doc])* $kind,)*)* }

        /// Every topic, in the order in which the filter lists them.
        pub const TOPICS: &[Topic] = &[$(Topic {
            code: $topic,
            name: $topic_name,
            kinds: &[$(Kind::$kind,)*],
        },)*];

        impl Kind {
            /// Every kind, in the order of the topics.
            pub const ALL: &[Self] = &[$($(Self::$kind,)*)*];

            /// What the activity list says about it.
            pub const fn info(self) -> &'static KindInfo {
                match self {
                    $($(Self::$kind => &KindInfo {
                        code: $code,
                        name: $name,
                        icon: $icon,
                        tone: $tone,
                        sentences: &[$($sentence),+],
                    },)*)*
                }
            }
        }

        impl FromStr for Kind {
            type Err = UnknownKind;

            fn from_str(text: &str) -> Result<Self, UnknownKind> {
                match text { $($($code => Ok(Self::$kind),)*)* _ => Err(UnknownKind) }
            }
        }
    };
}

// Each kind: stored form, name, icon, tone, sentences.
kinds! {
    "tokens", "SCIM tokens" {
        /// A token was generated; `subject` is the id of the token that was revoked for it, `detail` the
        /// lifespan and which old token stays valid.
        TokenGenerated: "token_generated", "Token generated", "key", "success",
            ["{who} generated token {token}"];
        /// A token was revoked without a replacement.
        TokenRevoked: "token_revoked", "Token revoked", "circle-slash", "danger",
            ["{who} revoked token {token} without replacing it"];
        /// An old token was revoked that was valid beside a new one; `subject` is the new one's id, unless
        /// that was revoked too.
        OldTokenRevoked: "old_token_revoked", "Old token revoked", "circle-slash", "attention",
            ["{who} revoked the old token {token}"];
        /// An old token ended by itself, and the new one is in use; `subject` says why.
        OldTokenEnded: "old_token_ended", "Old token ended", "check-circle-fill", "success",
            ["Old token {token} ended{why}"];
        /// An old token ended by itself, and the new one was never used; `subject` says why.
        OldTokenEndedUnswitched: "old_token_ended_unswitched", "Old token ended, new one not used", "alert",
            "danger", ["Old token {token} ended{why}. The new token has not been used."];
        /// A token was accepted for the first time.
        TokenFirstUsed: "token_first_used", "Token used for the first time", "plug", "accent",
            ["{user} started to use token {token}"];
        /// A caller that had not used the live token before was accepted.
        NewCaller: "new_caller", "New caller accepted", "plug", "attention",
            ["A new caller was accepted: {caller}"];
        /// A token reached its expiry.
        TokenExpired: "token_expired", "Token expired", "clock", "danger",
            ["Token {token} expired"];
        /// A request was accepted after an outage; `detail` says how long it was and what was refused.
        SyncWorksAgain: "sync_works_again", "SCIM sync works again", "check-circle-fill", "success",
            ["SCIM sync works again"];
        /// Nothing was heard for longer than usual; `subject` is for how long.
        SyncSilent: "sync_silent", "Nothing heard", "clock", "attention",
            ["Nothing heard from the identity provider for {subject}"];
        /// The identity provider was chosen; `subject` is its name.
        IdentityProviderChosen: "identity_provider_chosen", "Identity provider chosen", "plug", "",
            ["{who} chose the identity provider {subject}"];
        /// Requests were refused; `subject` is the reason's code, `count` how many.
        RequestsRefused: "requests_refused", "SCIM requests refused", "x-circle-fill", "danger",
            ["{requests} refused"];
    }

    "logins", "Logins" {
        /// A Server Admin logged in.
        LoggedIn: "logged_in", "Logged in", "sign-in", "",
            ["{who} logged in{times}"];
        /// Logins from a source failed within an hour; `subject` names the e-mail addresses that were
        /// tried, `count` is how many.
        LoginFailed: "login_failed", "Login failed", "alert", "attention",
            ["{logins} failed for {subject}"];
        /// A Server Admin proved again in a session who they are; `detail` says how.
        ProofGiven: "proof_given", "Identity confirmed", "shield-check", "",
            ["{who} confirmed {their} identity"];
        /// Somebody in a session did not prove to be its Server Admin; `detail` says what was wrong.
        ProofFailed: "proof_failed", "Confirmation failed", "alert", "attention",
            ["A confirmation failed in {session}"];
        /// A Server Admin logged out.
        LoggedOut: "logged_out", "Logged out", "sign-out", "",
            ["{who} logged out"];
        /// A session was ended from the list of sessions.
        SessionEnded: "session_ended", "Session ended", "sign-out", "",
            ["{who} ended another of {their} sessions"];
        /// All sessions and links were ended; `detail` says why, if it was not a person's wish.
        AllSessionsEnded: "all_sessions_ended", "All sessions ended", "sign-out", "attention",
            ["{who} ended all sessions, invitations and links"];
    }

    "admins", "Server Admins" {
        /// A Server Admin was added; `subject` is the e-mail address.
        AdminAdded: "admin_added", "Server Admin added", "person", "",
            ["{who} added the Server Admin {subject}",
             "{who} became a Server Admin with the address {subject}"];
        /// A Server Admin was invited; `subject` is the e-mail address.
        AdminInvited: "admin_invited", "Server Admin invited", "paper-airplane", "",
            ["{who} invited {subject}"];
        /// An invitation was withdrawn; `subject` is the e-mail address.
        InvitationWithdrawn: "invitation_withdrawn", "Invitation withdrawn", "x", "",
            ["{who} withdrew the invitation of {subject}"];
        /// A Server Admin was deactivated; `subject` is the e-mail address.
        AdminDeactivated: "admin_deactivated", "Server Admin deactivated", "circle-slash", "attention",
            ["{who} deactivated {subject}"];
        /// A Server Admin was reactivated; `subject` is the e-mail address.
        AdminReactivated: "admin_reactivated", "Server Admin reactivated", "person", "",
            ["{who} reactivated {subject}"];
        /// A Server Admin's name or address was changed; `subject` is the e-mail address.
        AdminChanged: "admin_changed", "Name or address changed", "person", "",
            ["{who} changed the name or address of {subject}"];
        /// A Server Admin's password was changed; `subject` is the e-mail address.
        PasswordChanged: "password_changed", "Password changed", "lock", "",
            ["{who} changed the password of {subject}",
             "{who} changed {their} password"];
        /// A Server Admin was sent a link to choose a new password; `subject` is the e-mail address.
        PasswordLinkSent: "password_link_sent", "Password link sent", "paper-airplane", "attention",
            ["{who} sent a password link to {subject}"];
        /// Such a link was used; `subject` is the e-mail address, `detail` says who sent it and when.
        PasswordLinkUsed: "password_link_used", "Password link used", "lock", "attention",
            ["{who} chose a new password with a link"];
        /// A Server Admin added a passkey; `subject` is the e-mail address, `detail` its name.
        PasskeyAdded: "passkey_added", "Passkey added", "passkey-fill", "",
            ["{who} added a passkey to the account of {subject}",
             "{who} added a passkey to {their} account"];
        /// A passkey was given another name; `subject` is the e-mail address, `detail` both names.
        PasskeyRenamed: "passkey_renamed", "Passkey renamed", "passkey-fill", "",
            ["{who} renamed a passkey of {subject}",
             "{who} renamed one of {their} passkeys"];
        /// A passkey was removed; `subject` is the e-mail address, `detail` its name.
        PasskeyRemoved: "passkey_removed", "Passkey removed", "passkey-fill", "attention",
            ["{who} removed a passkey of {subject}",
             "{who} removed one of {their} passkeys"];
        /// All passkeys and recovery codes of somebody who lost them were removed; `subject` is the
        /// e-mail address.
        PasskeysReset: "passkeys_reset", "Passkeys reset", "passkey-fill", "attention",
            ["{who} removed all passkeys and recovery codes of {subject}"];
        /// A passkey was refused because its counter did not grow; `subject` is the e-mail address,
        /// `detail` the passkey.
        PasskeyCopied: "passkey_copied", "Copied passkey refused", "alert", "danger",
            ["A passkey of {subject} was refused: the passkey may have been copied"];
        /// New recovery codes were made; `subject` is the e-mail address.
        RecoveryCodesMade: "recovery_codes_made", "Recovery codes made", "lock", "",
            ["{who} made new recovery codes for {subject}",
             "{who} made new recovery codes"];
        /// A recovery code was used; `subject` is the e-mail address, `detail` how many are left.
        RecoveryCodeUsed: "recovery_code_used", "Recovery code used", "lock", "attention",
            ["{who} used a recovery code of {subject}",
             "{who} used a recovery code"];
    }

    "keys", "API keys" {
        /// An API key was made; `subject` is its name, `detail` its id, scope and validity.
        ApiKeyCreated: "api_key_created", "API key created", "terminal", "",
            ["{who} created the API key {subject}"];
        /// An API key was revoked; `subject` is its name, `detail` its id.
        ApiKeyRevoked: "api_key_revoked", "API key revoked", "terminal", "attention",
            ["{who} revoked the API key {subject}"];
        /// An API key reached its expiry; `subject` is its name, `detail` its id.
        ApiKeyExpired: "api_key_expired", "API key expired", "terminal", "attention",
            ["The API key {subject} expired"];
    }

    "mails", "Mails" {
        /// A mail was accepted by the mail server; `subject` is the kind of mail, `count` how many.
        MailSent: "mail_sent", "Mail sent", "mail", "",
            ["{mail} sent to {recipients}"];
        /// A mail was written to a file, because no mail server is configured; as for a sent one.
        MailWritten: "mail_written", "Mail written to a file", "mail", "attention",
            ["{mail} written to a file for {recipients}"];
        /// A mail was refused for good; `subject` is the kind of mail, `detail` the server's answer.
        MailFailed: "mail_failed", "Mail failed", "mail", "attention",
            ["{mail} could not be delivered"];
        /// A webhook took a notice; `subject` is the name of the event, `detail` the host.
        WebhookSent: "webhook_sent", "Webhook called", "webhook", "",
            ["{subject} sent to the webhook {recipients}"];
        /// A webhook refused a notice for good; `detail` is its host and its answer.
        WebhookFailed: "webhook_failed", "Webhook failed", "webhook", "attention",
            ["{subject} could not be delivered to a webhook"];
        /// A webhook answered that it is gone; `detail` is its host.
        WebhookStopped: "webhook_stopped", "Webhook stopped", "webhook", "attention",
            ["A webhook answered that it is gone (410). It is called again after the next start"];
        /// A notice was asked for to try a webhook; `subject` is its host.
        WebhookTested: "webhook_tested", "Webhook tested", "webhook", "",
            ["{who} sent a test to the webhook {subject}"];
    }
}

/// The text names no kind of activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such kind of activity")]
pub struct UnknownKind;

impl Kind {
    /// Those that say how somebody came to a session.
    pub const LOGINS: [Self; 3] = [Self::LoggedIn, Self::AdminAdded, Self::PasswordLinkUsed];

    /// Whether anybody can make it happen as often as they like: the log counts it when it happens.
    pub const fn is_repeatable(self) -> bool {
        matches!(self, Self::LoginFailed | Self::RequestsRefused)
    }

    /// Whether a change of this kind asks for a fresh proof of who makes it, if it comes from a
    /// session.
    pub const fn asks_for_proof(self) -> bool {
        matches!(
            self,
            Self::TokenGenerated
                | Self::TokenRevoked
                | Self::OldTokenRevoked
                | Self::SessionEnded
                | Self::AdminAdded
                | Self::AdminInvited
                | Self::AdminDeactivated
                | Self::AdminReactivated
                | Self::AdminChanged
                | Self::PasswordLinkSent
                | Self::PasskeyAdded
                | Self::PasskeyRemoved
                | Self::RecoveryCodesMade
                | Self::ApiKeyCreated
                | Self::ApiKeyRevoked
        )
    }

    /// Whether a change of this kind asks for the password itself. That is proof enough, but for
    /// somebody who has a passkey.
    pub const fn asks_for_password(self) -> bool {
        matches!(self, Self::PasswordChanged)
    }

    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        self.info().code
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_from_its_stored_form() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert_eq!("".parse::<Kind>(), Err(UnknownKind));
    }

    #[test]
    fn every_kind_belongs_to_one_topic() {
        for kind in Kind::ALL {
            let topics = TOPICS.iter().filter(|topic| topic.kinds.contains(kind));
            assert_eq!(topics.count(), 1, "{kind}");
        }
    }
}
