//! Where the identity provider sends its requests: to the SCIM service, or to the proxy before it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::Url;

/// `https://scim.example.com/scim/v2`, as it is entered in the identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimUrl(String);

/// The text cannot be entered in an identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScimUrl {
    /// Not a URL with a host.
    #[error(
        "write https://, a host name and the path of the SCIM service, such as https://scim.example.com/scim/v2"
    )]
    Malformed,
    /// The token would cross the network in the clear.
    #[error("use https: over http the token would cross the network unencrypted")]
    Plain,
    /// Identity providers append `/Users`.
    #[error("write it without a slash at the end")]
    SlashAtEnd,
    /// A user, a password, a query or a fragment.
    #[error(
        "write it without a user, a password, a query and a fragment: only host, port and path"
    )]
    TooMuch,
    /// `0.0.0.0` and `[::]` mean every address of a machine.
    #[error("nobody can reach this address: name the host of the SCIM service")]
    NoOnesAddress,
}

impl FromStr for ScimUrl {
    type Err = InvalidScimUrl;

    fn from_str(text: &str) -> Result<Self, InvalidScimUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidScimUrl::Malformed)?;
        // A parser of URLs would mend these silently.
        let is_mended =
            rest.starts_with('/') || rest.contains(|c: char| c == '\\' || c.is_whitespace());
        let url = Url::parse(text).ok().filter(|_| !is_mended).ok_or(InvalidScimUrl::Malformed)?;
        let host = url.host_str().unwrap_or_default();
        if !matches!(url.scheme(), "http" | "https") || host.is_empty() || url.port() == Some(0) {
            return Err(InvalidScimUrl::Malformed);
        }
        if rest.contains(['?', '#', '@']) {
            return Err(InvalidScimUrl::TooMuch);
        }
        if text.ends_with('/') {
            return Err(InvalidScimUrl::SlashAtEnd);
        }
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
        if ip.is_some_and(|ip| ip.is_unspecified()) {
            return Err(InvalidScimUrl::NoOnesAddress);
        }
        let is_local = ip.map_or(host == "localhost", |ip| ip.is_loopback());
        if scheme.eq_ignore_ascii_case("http") && !is_local {
            return Err(InvalidScimUrl::Plain);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl ScimUrl {
    /// The URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Okta refuses it.
    pub fn has_underscore(&self) -> bool {
        self.0.contains('_')
    }
}

impl fmt::Display for ScimUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::InvalidScimUrl::{Malformed, NoOnesAddress, Plain, SlashAtEnd, TooMuch};
    use super::*;

    #[test]
    fn it_is_what_an_identity_provider_takes() {
        for (text, url) in [
            ("https://scim.example.com/scim/v2", "https://scim.example.com/scim/v2"),
            ("HTTPS://SCIM.example.com:443/Tenant-A", "https://scim.example.com/Tenant-A"),
            ("https://scim.example.com", "https://scim.example.com"),
            ("https://[2001:db8::7]:8443/v2", "https://[2001:db8::7]:8443/v2"),
            ("http://127.0.0.1:8080/scim/v2", "http://127.0.0.1:8080/scim/v2"),
            ("http://localhost/scim", "http://localhost/scim"),
            ("http://[::1]:80/scim", "http://[::1]/scim"),
        ] {
            assert_eq!(text.parse::<ScimUrl>().unwrap().as_str(), url);
        }
        for (text, mistake) in [
            ("", Malformed),
            ("scim.example.com/scim/v2", Malformed),
            ("https:scim.example.com", Malformed),
            ("https:///scim.example.com", Malformed),
            ("https://", Malformed),
            ("https://scim.example.com:0/v2", Malformed),
            ("https://scim.example.com\\v2", Malformed),
            ("https://scim.example.com/a b", Malformed),
            ("ftp://scim.example.com", Malformed),
            ("http://scim.example.com/scim/v2", Plain),
            ("http://10.0.0.7/scim/v2", Plain),
            ("https://scim.example.com/", SlashAtEnd),
            ("https://scim.example.com/scim/v2/", SlashAtEnd),
            ("https://scim.example.com/scim/v2?tenant=a", TooMuch),
            ("https://scim.example.com/scim/v2?", TooMuch),
            ("https://scim.example.com/scim/v2#a", TooMuch),
            ("https://ada@scim.example.com/scim/v2", TooMuch),
            ("https://ada:secret@scim.example.com/scim/v2", TooMuch),
            ("https://0.0.0.0/scim/v2", NoOnesAddress),
            ("https://[::]/scim/v2", NoOnesAddress),
        ] {
            assert_eq!(text.parse::<ScimUrl>(), Err(mistake), "{text}");
        }
    }

    #[test]
    fn an_underscore_is_noticed_wherever_it_is() {
        for (text, has_one) in [
            ("https://scim_a.example.com/v2", true),
            ("https://scim.example.com/scim_v2", true),
            ("https://scim.example.com/scim/v2", false),
        ] {
            assert_eq!(text.parse::<ScimUrl>().unwrap().has_underscore(), has_one, "{text}");
        }
    }
}
