//! Which database a URL names.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::postgres::PgUrl;

/// Which database to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The embedded database in this file.
    Sqlite(PathBuf),
    /// A PostgreSQL server.
    Postgres(PgUrl),
}

/// The text names no database that scimward can use. The text itself is not repeated: it may hold
/// a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// Neither `sqlite:` nor `postgres://`.
    #[error("the scheme is not known: write sqlite:PATH or postgres://USER@HOST/DATABASE")]
    UnknownScheme,
    /// `sqlite:` without a path.
    #[error("the path is missing: write sqlite:PATH, for example sqlite:data/scimward.db")]
    NoPath,
    /// Something around the path of `sqlite:` that would become part of it, and so name another file.
    #[error(
        "write the path after sqlite: as it is, without quotation marks, blanks, ?options or a \
         user: for example sqlite:data/scimward.db"
    )]
    NotAPath,
    /// A `postgres://` URL that cannot be read.
    #[error("{0}")]
    Postgres(String),
}

impl DatabaseUrl {
    /// Whether it is another program, which may start later than this one.
    pub const fn is_server(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// What an attacker on the network can do with the connection that it asks for, if anything.
    pub fn danger(&self) -> Option<&str> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(url) => url.encryption.danger.as_deref(),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let (scheme, rest) = text.split_once(':').ok_or(InvalidDatabaseUrl::UnknownScheme)?;
        match scheme {
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() || path == ":memory:" {
                    return Err(InvalidDatabaseUrl::NoPath);
                }
                if !is_plain(path) {
                    return Err(InvalidDatabaseUrl::NotAPath);
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            // Anything else is read as another form, of which an error repeats a part.
            "postgres" | "postgresql" if rest.starts_with("//") => {
                PgUrl::parse(text).map(Self::Postgres).map_err(InvalidDatabaseUrl::Postgres)
            }
            _ => Err(InvalidDatabaseUrl::UnknownScheme),
        }
    }
}

/// Other programs understand more than a path here. SQLite itself reads `file:` as a URL.
fn is_plain(path: &str) -> bool {
    let has_login = path.split_once('@').is_some_and(|(login, _)| login.contains(':'));
    !has_login
        && !path.contains("://")
        && !path.contains('?')
        && !path.starts_with("file:")
        && !path.starts_with(['"', '\''])
        && path.trim() == path
}

impl fmt::Display for DatabaseUrl {
    /// Writes the URL without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_database_or_is_refused() {
        assert_eq!("sqlite:a/b.db".parse(), Ok(DatabaseUrl::Sqlite("a/b.db".into())));
        assert_eq!("sqlite:///a/b.db".parse(), Ok(DatabaseUrl::Sqlite("/a/b.db".into())));
        for (text, error) in [
            ("data/scimward.db", InvalidDatabaseUrl::UnknownScheme),
            ("postgers://localhost/x", InvalidDatabaseUrl::UnknownScheme),
            ("mysql://localhost/x", InvalidDatabaseUrl::UnknownScheme),
            ("postgres:://ward:secret@localhost/x", InvalidDatabaseUrl::UnknownScheme),
            ("postgres:ward:secret@localhost", InvalidDatabaseUrl::UnknownScheme),
            ("postgresql:/localhost/x", InvalidDatabaseUrl::UnknownScheme),
            ("", InvalidDatabaseUrl::UnknownScheme),
            ("sqlite:", InvalidDatabaseUrl::NoPath),
            ("sqlite::memory:", InvalidDatabaseUrl::NoPath),
            ("sqlite:\"a/b.db\"", InvalidDatabaseUrl::NotAPath),
            ("sqlite: a/b.db", InvalidDatabaseUrl::NotAPath),
            ("sqlite:a/b.db?mode=rwc", InvalidDatabaseUrl::NotAPath),
            ("sqlite:file:a/b.db", InvalidDatabaseUrl::NotAPath),
            ("sqlite://ward:secret@localhost/b", InvalidDatabaseUrl::NotAPath),
            ("sqlite:x@y://ward:secret@localhost/b", InvalidDatabaseUrl::NotAPath),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: DatabaseUrl = "postgres://ward:hunter2@db.example/scim".parse().unwrap();

        assert!(!format!("{url} {url:?}").contains("hunter2"));
    }
}
