//! What can be asked of the token, what came of it, and why nothing did.

use crate::domain::admin::actor::Author;
use crate::domain::admin::code::SecretCode;
use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::secret::{PlainToken, TokenId};
use crate::domain::token::{Token, TokenHistory};
use crate::service::Failure;
use crate::service::failure::change_errors;

/// What to generate.
#[derive(Debug)]
pub struct Generate {
    /// How long the token lives.
    pub lifespan: Lifespan,
    /// What becomes of the current token.
    pub current: CurrentToken,
    /// Who asks.
    pub by: Author,
    /// Present if a form asks.
    pub form: Option<Form>,
}

/// What becomes of the current token when another one is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CurrentToken {
    /// It is revoked at once.
    #[default]
    Revoke,
    /// It is kept until the new one is in use. It must be valid and have been used. A token that is
    /// kept already beside it ends at once: two are enough.
    Keep,
}

/// What works once.
#[derive(Debug)]
pub struct Form {
    /// The single-use id: of the form, or of a program's request.
    pub request: SecretCode,
    /// What the one who asks takes for the current token.
    pub replaces: Expected,
    /// Whether they know that it may be in use. Otherwise a use since then lets them decide anew.
    pub knows_of_use: bool,
}

/// Which token is expected to be the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Whichever there is.
    Any,
    /// The one that was shown, or none.
    Exactly(Option<TokenId>),
}

impl Expected {
    /// Whether it is this token.
    pub fn is(&self, current: Option<&TokenId>) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(expected) => expected.as_ref() == current,
        }
    }
}

/// A token that was just generated: shown once, then dropped.
#[derive(Debug)]
pub struct Generated {
    /// The token in full.
    pub plain: PlainToken,
    /// Its record.
    pub token: Token,
    /// The token that was the current one and is revoked.
    pub replaced: Option<TokenId>,
    /// The old token that stays valid beside it for a while.
    pub old: Option<Token>,
    /// The old token that was valid beside the one before and is revoked.
    pub ended: Option<TokenId>,
}

/// What was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The current token.
    pub token: TokenId,
    /// The old one that was valid beside it.
    pub old: Option<TokenId>,
}

/// The old token that was revoked, and the one that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedOld {
    /// The old token.
    pub old: TokenId,
    /// The new one.
    pub new: Token,
}

/// Why no token was generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Someone else generated or revoked a token after the page was shown.
    #[error("somebody else changed the token in the meantime")]
    TokenChanged {
        /// The state now.
        history: Box<TokenHistory>,
    },
    /// The token was used for the first time after the page was shown, which said that nothing breaks.
    #[error("the token was used in the meantime")]
    UsedMeanwhile,
    /// This form has generated a token before; it cannot be shown again.
    #[error("this request was already completed")]
    RequestAlreadyUsed(
        /// The token.
        TokenId,
    ),
    /// The current token is to be kept, and there is none that sync could go on with.
    #[error("there is no live token that has been used: nothing to keep")]
    NothingToKeep,
    /// Twenty tokens in the last hour.
    #[error("too many tokens were generated in the last hour")]
    RateLimited,
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why no token was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// No token is unrevoked.
    #[error("there is no token to revoke")]
    NoToken,
    /// There is no old token beside the current one.
    #[error("there is no old token to revoke")]
    NoOldToken,
    /// The page showed another token than the one that is unrevoked now.
    #[error("somebody else changed the token in the meantime")]
    TokenChanged,
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

change_errors!(GenerateError, RevokeError);
