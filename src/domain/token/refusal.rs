//! Why a request with, or without, a token was refused.
//!
//! The reason reaches the Server Admins only. A client gets the same answer for every reason after
//! parsing, so that it cannot learn which tokens exist.

use std::str::FromStr;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $what:literal, $reason:literal, $remedy:literal;)*) => {
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

            /// The same as a part of a sentence: `SCIM requests are refused: ...`.
            pub const fn reason(self) -> &'static str {
                match self { $(Self::$name => $reason,)* }
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
        "the requests carry no token",
        "Enter the SCIM token in the identity provider, and check that a proxy in between passes the Authorization header on.";
    /// A scheme other than `Bearer`, or the token without a scheme.
    WrongScheme = "wrong_scheme",
        "The Authorization header does not begin with \u{201c}Bearer\u{201d}",
        "the Authorization header does not begin with \u{201c}Bearer\u{201d}",
        "Choose bearer token (or OAuth bearer token) as the method, or enter \u{201c}Bearer \u{201d} and the token where the identity provider asks for the whole header.";
    /// `Bearer Bearer ...`.
    DoubledBearer = "doubled_bearer",
        "The header carries \u{201c}Bearer\u{201d} twice",
        "\u{201c}Bearer\u{201d} stands there twice",
        "The identity provider adds \u{201c}Bearer\u{201d} by itself: enter the token alone.";
    /// `Bearer: ...`.
    ColonAfterBearer = "colon_after_bearer",
        "The header carries a colon after \u{201c}Bearer\u{201d}",
        "there is a colon after \u{201c}Bearer\u{201d}",
        "Write \u{201c}Bearer\u{201d}, one space and the token, without a colon.";
    /// More than one `Authorization` header, or a header and a query parameter.
    DuplicateHeader = "duplicate_header",
        "The request carries more than one token",
        "the requests carry more than one token",
        "Send exactly one token, in one Authorization header; look for a proxy that adds a second one.";
    /// Text that cannot be a bearer token at all.
    Malformed = "malformed",
        "The header does not hold a well-formed token",
        "the header holds no well-formed token",
        "Copy the token again without quotation marks, spaces or line breaks.";
    /// Prefix, length or checksum is wrong.
    BadChecksum = "bad_checksum",
        "The token is mistyped, cut off or not one of ours",
        "the token is mistyped or cut off",
        "Copy all 63 characters again. If nobody has saved them, generate a new token.";
    /// No token has this id, or the secret is not the right one.
    Unknown = "unknown",
        "The token is not known here",
        "the token is not known here",
        "Check that the identity provider and this server belong together, then generate a new token and enter it there.";
    /// The token was revoked because another one replaced it.
    Replaced = "replaced",
        "The token was replaced",
        "the token was replaced",
        "Enter the newest token in the identity provider.";
    /// The token was revoked without a replacement.
    Revoked = "revoked",
        "The token was revoked",
        "the token was revoked",
        "Enter the newest token in the identity provider.";
    /// The token has expired.
    Expired = "expired",
        "The token has expired",
        "the token has expired",
        "Generate a new token and enter it in the identity provider.";
    /// A token in the query of the URL.
    TokenInUrl = "token_in_url",
        "The token was sent in the URL",
        "the token is sent in the URL",
        "Send it in the Authorization header. URLs are written to logs: generate a new token.";
    /// Too many failures from one source.
    Throttled = "throttled",
        "Too many refused requests from one address",
        "too many requests with a wrong token",
        "Correct the token in the client; the limit lifts by itself.";
    /// Introspection without the application's own credential.
    UnknownApplication = "unknown_application",
        "An application asked about a token without a credential of its own",
        "an application has no credential of its own",
        "Enter an id and its secret from SCIMWARD_INTROSPECTION_CLIENTS in the application.";
    /// A valid token from a network that is not allowed.
    WrongNetwork = "wrong_network",
        "A valid token came from a network that is not allowed",
        "the network is not allowed",
        "If the address is the identity provider's, add it to SCIMWARD_CLIENT_NETWORKS; otherwise generate a new token at once.";
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
