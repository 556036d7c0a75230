//! What an API key may do.

use std::fmt;
use std::str::FromStr;

/// What an API key may do; each scope includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Read when the token expires, when it was used and whether sync works.
    Read,
    /// Generate and revoke the token too.
    Replace,
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the scope must be read or replace")]
pub struct UnknownScope;

impl Scope {
    /// Every scope, the smallest first.
    pub const ALL: [Self; 2] = [Self::Read, Self::Replace];

    /// The stored form, which forms, the command line and answers use too.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Replace => "replace",
        }
    }

    /// What pages and mails call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "Read status",
            Self::Replace => "Replace the token",
        }
    }

    /// Whether it allows what needs `wanted`.
    pub fn allows(self, wanted: Self) -> bool {
        self >= wanted
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_replace_may_read_and_not_the_other_way_round() {
        assert!(Scope::Replace.allows(Scope::Read) && Scope::Replace.allows(Scope::Replace));
        assert!(Scope::Read.allows(Scope::Read) && !Scope::Read.allows(Scope::Replace));
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        for text in ["", "Read", "write", "read "] {
            assert_eq!(text.parse::<Scope>(), Err(UnknownScope), "{text:?}");
        }
    }
}
