//! Why a request with, or without, a token was refused.
//!
//! The reason reaches the Server Admins only. A client gets the same answer for every reason after
//! parsing, so that it cannot learn which tokens exist.

use std::collections::HashMap;
use std::net::IpAddr;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::secret::TokenId;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $what:literal, $remedy:literal;)*) => {
        /// Why a request was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Refusal { $($(#[$doc])* $name,)* }

        impl Refusal {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stored form, also used in exports and metrics.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What was wrong, for Server Admins.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$name => $what,)* }
            }

            /// What to do about it, for Server Admins.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }

        impl FromStr for Refusal {
            type Err = UnknownRefusal;

            fn from_str(code: &str) -> Result<Self, UnknownRefusal> {
                match code { $($code => Ok(Self::$name),)* _ => Err(UnknownRefusal) }
            }
        }
    };
}

refusals! {
    /// No `Authorization` header.
    NoCredentials = "no_credentials",
        "The request carries no token",
        "Enter the SCIM token in the identity provider, and check that a proxy in between passes the Authorization header on.";
    /// A scheme other than `Bearer`, or the token without a scheme.
    WrongScheme = "wrong_scheme",
        "The Authorization header does not begin with \u{201c}Bearer\u{201d}",
        "Choose bearer token (or OAuth bearer token) as the method, or enter \u{201c}Bearer \u{201d} and the token where the identity provider asks for the whole header.";
    /// `Bearer Bearer ...`.
    DoubledBearer = "doubled_bearer",
        "The header carries \u{201c}Bearer\u{201d} twice",
        "The identity provider adds \u{201c}Bearer\u{201d} by itself: enter the token alone.";
    /// `Bearer: ...`.
    ColonAfterBearer = "colon_after_bearer",
        "The header carries a colon after \u{201c}Bearer\u{201d}",
        "Write \u{201c}Bearer\u{201d}, one space and the token, without a colon.";
    /// More than one `Authorization` header, or a header and a query parameter.
    DuplicateHeader = "duplicate_header",
        "The request carries more than one token",
        "Send exactly one token, in one Authorization header; look for a proxy that adds a second one.";
    /// Text that cannot be a bearer token at all.
    Malformed = "malformed",
        "The header does not hold a well-formed token",
        "Copy the token again without quotation marks, spaces or line breaks.";
    /// Prefix, length or checksum is wrong.
    BadChecksum = "bad_checksum",
        "The token is mistyped, cut off or not one of ours",
        "Copy the whole token again; if it is lost, generate a new one.";
    /// No token has this id, or the secret is not the right one.
    Unknown = "unknown",
        "The token is not known here",
        "Check that the identity provider and this server belong together, then generate a new token and enter it there.";
    /// The token was revoked or replaced.
    Revoked = "revoked",
        "The token was replaced or revoked",
        "Enter the newest token in the identity provider.";
    /// The token has expired.
    Expired = "expired",
        "The token has expired",
        "Generate a new token and enter it in the identity provider.";
    /// A token in the query of the URL.
    TokenInUrl = "token_in_url",
        "The token was sent in the URL",
        "Send it in the Authorization header. URLs are written to logs: generate a new token.";
    /// Too many failures from one source.
    Throttled = "throttled",
        "Too many refused requests from one address",
        "Correct the token in the client; the limit lifts by itself.";
    /// Introspection without the application's own credential.
    UnknownApplication = "unknown_application",
        "An application asked about a token without a credential of its own",
        "Enter an id and its secret from SCIMWARD_INTROSPECTION_CLIENTS in the application.";
    /// A valid token from a network that is not allowed.
    WrongNetwork = "wrong_network",
        "A valid token came from a network that is not allowed",
        "If the address is the identity provider's, add it to SCIMWARD_CLIENT_NETWORKS; otherwise generate a new token at once.";
}

/// Refused requests that have reason, token and address in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalGroup {
    /// Why they were refused.
    pub reason: Refusal,
    /// The token they carried, if it is a known one.
    pub token: Option<TokenId>,
    /// Where they came from; none for various addresses.
    pub from: Option<IpAddr>,
    /// What one of the clients calls itself.
    pub agent: Option<String>,
    /// How many there were.
    pub count: u64,
    /// When the latest was refused.
    pub last_at: DateTime<Utc>,
}

/// What was refused lately.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecentRefusals {
    /// The group with the latest request first.
    pub groups: Vec<RefusalGroup>,
    /// Where the groups begin, if older ones were left out.
    pub cut_at: Option<DateTime<Utc>>,
}

impl RecentRefusals {
    /// Merges entries of the activity list, newest first, of which at most `limit` were read.
    pub fn of(entries: Vec<RefusalGroup>, limit: usize) -> Self {
        let cut_at = entries.get(limit.saturating_sub(1)).map(|oldest| oldest.last_at);
        let mut groups: Vec<RefusalGroup> = Vec::new();
        let mut places = HashMap::new();
        for entry in entries {
            let key = (entry.reason, entry.token.clone(), entry.from);
            let place = *places.entry(key).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.count = group.count.saturating_add(entry.count),
                None => groups.push(entry),
            }
        }
        Self { groups, cut_at }
    }
}

/// The text names no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such reason")]
pub struct UnknownRefusal;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_read_back_from_its_code() {
        for reason in Refusal::ALL {
            assert_eq!(reason.code().parse(), Ok(*reason));
        }
        assert_eq!("other".parse::<Refusal>(), Err(UnknownRefusal));
    }
}
