//! The address under which people and clients reach scimward.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// `https://scim.example.com` or `http://127.0.0.1:8080`: scheme, host and port, nothing else.
///
/// Links, cookies, HSTS and SCIM locations are built from it, never from a request's `Host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// The text cannot be used as a public URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPublicUrl {
    /// Something is missing or too much.
    #[error(
        "the URL must be http:// or https://, a host name and perhaps a port, such as https://scim.example.com, without a path"
    )]
    Malformed,
    /// `0.0.0.0` and `[::]` mean every address of a machine.
    #[error("nobody can reach this address: name a host, such as https://scim.example.com")]
    NoOnesAddress,
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let (scheme, authority) = text.split_once("://").ok_or(InvalidPublicUrl::Malformed)?;
        let scheme = scheme.to_ascii_lowercase();
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
        let (host, port) = split_port(authority);
        let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        if !matches!(&*scheme, "http" | "https")
            || host.is_empty()
            || !port_fits
            || !authority.chars().all(is_allowed)
        {
            return Err(InvalidPublicUrl::Malformed);
        }
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
        if ip.is_ok_and(|ip| ip.to_canonical().is_unspecified()) {
            return Err(InvalidPublicUrl::NoOnesAddress);
        }
        Ok(Self(format!("{scheme}://{}", authority.to_ascii_lowercase())))
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

impl PublicUrl {
    /// The URL of a listener that is reached directly.
    pub fn of_listener(address: SocketAddr, is_https: bool) -> Self {
        let scheme = if is_https { "https" } else { "http" };
        // Without the scope of a link-local address: only this machine knows its meaning.
        Self(format!("{scheme}://{}", SocketAddr::new(address.ip(), address.port())))
    }

    /// The URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether people reach scimward over TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether it leads to the machine that opens it.
    pub fn is_local(&self) -> bool {
        let host = self.host();
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
        ip.map_or(host == "localhost", |ip| ip.to_canonical().is_loopback())
    }

    /// Host and port, as in a `Host` header.
    pub fn authority(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, authority)| authority)
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        split_port(self.authority()).0
    }

    /// The URL of a path that begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_host_and_port_are_a_public_url() {
        for (text, authority, host) in [
            ("https://SCIM.example.com/", "scim.example.com", "scim.example.com"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:8080", "[::1]:8080", "[::1]"),
            ("https://[::1]", "[::1]", "[::1]"),
        ] {
            let url: PublicUrl = text.parse().unwrap();

            assert_eq!((url.authority(), url.host()), (authority, host));
        }
        for text in [
            "",
            "example.com",
            "ftp://x",
            "https://",
            "https://x/path",
            "https://u:p@x",
            "http://x:y",
            "http://x:0",
            "http://0.0.0.0:8080",
            "https://[::]",
            "https://[::ffff:0.0.0.0]:8080",
            "https://x?y",
            "https://a b",
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
