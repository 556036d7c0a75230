//! How tokens are presented, which ones, and what the answers say of them.

use scimward::domain::token::secret::PlainToken;
use scimward::entropy::Entropy;

use crate::support::doubles::SeededEntropy;
use crate::support::http::{Request, Response};

/// Where a token is presented.
#[derive(Debug, Clone, Copy)]
pub(super) enum Endpoint {
    Validate,
    ForwardAuth,
    Scim,
    Introspection,
}

impl Endpoint {
    pub(super) const ALL: [Self; 4] =
        [Self::Validate, Self::ForwardAuth, Self::Scim, Self::Introspection];

    /// The request that presents `token`. It comes from one of many addresses, so that refusals
    /// are not slowed down.
    pub(super) fn question(self, token: &str, dice: &mut Dice) -> Request {
        let get =
            |path| Request::new("GET", path).header("Authorization", &format!("Bearer {token}"));
        let request = match self {
            Self::Validate => get("/v1/token/validate"),
            Self::ForwardAuth => get("/forward-auth"),
            Self::Scim => get("/scim/v2/Users"),
            Self::Introspection => Request::new("POST", "/oauth2/introspect")
                .form(&[("token", token)])
                .header("Authorization", "Basic YXBwOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm"),
        };
        request.header("X-Forwarded-For", &format!("10.0.{}.1", dice.below(250)))
    }

    /// Whether the token was accepted; none if that could not be decided.
    pub(super) fn decision(self, answer: &Response) -> Option<bool> {
        match (self, answer.status) {
            (Self::Introspection, 200) => Some(answer.json()["active"] == true),
            (Self::Validate | Self::ForwardAuth | Self::Scim, 200) => Some(true),
            (Self::Validate | Self::ForwardAuth | Self::Scim, 401) => Some(false),
            (_, 503) => None,
            (_, other) => panic!("{self:?} answers {other}: {}", answer.text()),
        }
    }
}

/// Choices that repeat.
pub(super) struct Dice(SeededEntropy);

impl Dice {
    /// Begins the sequence that belongs to `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        usize::try_from(u32::from_le_bytes(bytes)).unwrap() % limit
    }

    /// The newest of these tokens, one of those before it, or one that nobody generated.
    pub(super) fn token(&mut self, known: &[String]) -> String {
        let newest = known.len() - 1;
        match self.below(20) {
            0 => PlainToken::generate(|bytes| self.0.fill(bytes)).expose().to_owned(),
            1..4 => known[self.below(known.len())].clone(),
            4..10 => known[newest.saturating_sub(1)].clone(),
            _ => known[newest].clone(),
        }
    }
}
