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

/// The fewest characters of a secret: nobody guesses 32 that were drawn at random.
const SHORTEST_SECRET: usize = 32;

/// The text is not a list of clients. It is not repeated, because it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIntrospectionClients {
    /// A part of the list has no id or no secret.
    #[error("write id:secret pairs separated by commas")]
    NotPairs,
    /// The secret of the pair with this number could be guessed.
    #[error(
        "the secret of pair {0} has fewer than {SHORTEST_SECRET} characters: make one with \
         `openssl rand -hex 32`"
    )]
    ShortSecret(usize),
}

impl IntrospectionClients {
    /// Reads `id:secret` pairs separated by commas; empty text is an empty list.
    ///
    /// # Errors
    /// [`InvalidIntrospectionClients`] if a pair has no id, or no secret that is long enough.
    pub fn parse(text: &str) -> Result<Self, InvalidIntrospectionClients> {
        let mut all = Self::default();
        let pairs = text.split(',').map(str::trim);
        for (pair, number) in pairs.filter(|pair| !pair.is_empty()).zip(1..) {
            let (id, secret) = pair.split_once(':').ok_or(InvalidIntrospectionClients::NotPairs)?;
            if id.is_empty() || secret.is_empty() {
                return Err(InvalidIntrospectionClients::NotPairs);
            }
            if secret.chars().count() < SHORTEST_SECRET {
                return Err(InvalidIntrospectionClients::ShortSecret(number));
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

    /// The id as it was configured, if there is a client with it.
    pub fn known_id(&self, id: &str) -> Option<&str> {
        self.ids.iter().map(String::as_str).find(|known| *known == id)
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

    const LONG: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn each_client_is_known_by_its_own_secret() {
        let (first, second) = (format!("first secret {LONG}"), format!("a:{LONG}"));
        let text = format!("wiki:{first}, shop:{second},");
        let all = IntrospectionClients::parse(&text).unwrap();

        assert_eq!(format!("{all:?}"), r#"["wiki", "shop"]"#);
        for (id, secret, known) in [
            ("wiki", &*first, true),
            ("shop", &second, true),
            ("wiki", &second, false),
            ("shop", &first, false),
            ("wiki", "", false),
            ("", "", false),
            ("wik", &format!("i{first}"), false),
        ] {
            assert_eq!(all.recognise(id, secret), known, "{id} {secret}");
        }
        assert!(!format!("{all:?}").contains("secret"));
        assert_eq!((all.known_id("shop"), all.known_id("Shop")), (Some("shop"), None));
    }

    #[test]
    fn an_incomplete_pair_is_refused() {
        assert!(IntrospectionClients::parse(" ").unwrap().is_empty());
        assert!(!IntrospectionClients::default().recognise("", ""));
        let (nameless, half) = (format!(":{LONG}"), format!("wiki:{LONG},shop"));
        for text in ["wiki", "wiki:", &nameless, &half] {
            let error = IntrospectionClients::parse(text).unwrap_err();
            assert_eq!(error, InvalidIntrospectionClients::NotPairs, "{text}");
        }
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_refused_and_not_repeated() {
        let text = format!("wiki:{LONG}, shop:{}", &LONG[1..]);

        let error = IntrospectionClients::parse(&text).unwrap_err();

        assert_eq!(error, InvalidIntrospectionClients::ShortSecret(2));
        assert!(error.to_string().contains("openssl rand -hex 32"));
        assert!(!error.to_string().contains(&LONG[1..]));
    }
}
