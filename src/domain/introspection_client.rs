//! Who may use the introspection endpoint: applications with credentials of their own, which
//! RFC 7662 calls protected resources (section 2.1).

use std::fmt;

use subtle::{Choice, ConstantTimeEq};

/// The clients of the introspection endpoint; of their secrets only digests are kept.
#[derive(Clone, Default)]
pub struct IntrospectionClients {
    ids: Vec<String>,
    credentials: Vec<[u8; 32]>,
}

/// The text is not a list of clients. It is not repeated, because it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write id:secret pairs separated by commas")]
pub struct InvalidIntrospectionClients;

impl IntrospectionClients {
    /// Reads `id:secret` pairs separated by commas; empty text is an empty list.
    ///
    /// # Errors
    /// [`InvalidIntrospectionClients`] if a pair has no id or no secret.
    pub fn parse(text: &str) -> Result<Self, InvalidIntrospectionClients> {
        let mut all = Self::default();
        let pairs = text.split(',').map(str::trim);
        for pair in pairs.filter(|pair| !pair.is_empty()) {
            let (id, secret) = pair.split_once(':').ok_or(InvalidIntrospectionClients)?;
            if id.is_empty() || secret.is_empty() {
                return Err(InvalidIntrospectionClients);
            }
            all.ids.push(id.to_owned());
            all.credentials.push(digest(id, secret));
        }
        Ok(all)
    }

    /// Whether a client has this id and this secret; takes equally long for every client.
    pub fn recognise(&self, id: &str, secret: &str) -> bool {
        let presented = digest(id, secret);
        let none = Choice::from(0);
        self.credentials.iter().fold(none, |found, known| found | known.ct_eq(&presented)).into()
    }

    /// Whether no client is configured.
    pub const fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// The id's length keeps `ab:c` and `a:bc` apart.
fn digest(id: &str, secret: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&id.len().to_le_bytes()).update(id.as_bytes()).update(secret.as_bytes());
    *hasher.finalize().as_bytes()
}

impl fmt::Debug for IntrospectionClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.ids).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_is_known_by_its_own_secret() {
        let all = IntrospectionClients::parse("wiki:first secret, shop:a:b,").unwrap();

        assert_eq!(format!("{all:?}"), r#"["wiki", "shop"]"#);
        for (id, secret, known) in [
            ("wiki", "first secret", true),
            ("shop", "a:b", true),
            ("wiki", "a:b", false),
            ("shop", "first secret", false),
            ("wiki", "", false),
            ("", "", false),
            ("wik", "ifirst secret", false),
        ] {
            assert_eq!(all.recognise(id, secret), known, "{id} {secret}");
        }
        assert!(!format!("{all:?}").contains("secret"));
    }

    #[test]
    fn an_incomplete_pair_is_refused() {
        assert!(IntrospectionClients::parse(" ").unwrap().is_empty());
        assert!(!IntrospectionClients::default().recognise("", ""));
        for text in ["wiki", "wiki:", ":secret", "wiki:secret,shop"] {
            assert_eq!(
                IntrospectionClients::parse(text).unwrap_err(),
                InvalidIntrospectionClients,
                "{text}"
            );
        }
    }
}
