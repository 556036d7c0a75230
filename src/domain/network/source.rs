//! Where a request came from.

use std::net::IpAddr;

use super::request_id::RequestId;
use crate::domain::masking::without_tokens;

/// The longest user agent that is kept, in characters.
const AGENT_LENGTH: usize = 200;

/// The address and the program behind a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// The address; none for the command line.
    pub address: Option<IpAddr>,
    /// The user agent as the client names itself, cleaned for display.
    pub agent: Option<String>,
    /// The request's id, where there is one and as long as it is being answered: it is not stored.
    pub request_id: Option<RequestId>,
}

impl Source {
    /// A request from `address` by a client that calls itself `agent`.
    ///
    /// Control characters in the agent become spaces and a long one is cut, so that a client cannot
    /// forge a line of a log or a mail.
    pub fn new(address: IpAddr, agent: Option<&str>) -> Self {
        let agent = agent.map(clean_agent).filter(|agent| !agent.is_empty());
        Self { address: Some(address.to_canonical()), agent, request_id: None }
    }

    /// The command line.
    pub const fn command_line() -> Self {
        Self { address: None, agent: None, request_id: None }
    }

    /// Names the request.
    #[must_use]
    pub fn with_request(mut self, id: Option<RequestId>) -> Self {
        self.request_id = id;
        self
    }

    /// The address as text.
    pub fn address_text(&self) -> Option<String> {
        self.address.map(address_text)
    }
}

/// An address that cannot be told, as it is stored and shown.
pub const UNKNOWN_TEXT: &str = "unknown";

/// An address as it is stored and shown.
pub fn address_text(address: IpAddr) -> String {
    if address.is_unspecified() { UNKNOWN_TEXT.to_owned() } else { address.to_string() }
}

/// The user agent as it is stored and shown. Some clients put a token into it by mistake.
pub fn clean_agent(agent: &str) -> String {
    let kept = agent.chars().take(AGENT_LENGTH);
    let kept: String = kept.map(|c| if c.is_control() { ' ' } else { c }).collect();
    without_tokens(kept.trim()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::network::UNKNOWN;

    #[test]
    fn an_agent_cannot_forge_a_line_or_grow() {
        let source = Source::new([192, 0, 2, 1].into(), Some("Okta\r\nX: y"));

        assert_eq!(source.agent.as_deref(), Some("Okta  X: y"));
        assert_eq!(clean_agent(&"é".repeat(999)).chars().count(), AGENT_LENGTH);
    }

    #[test]
    fn an_agent_gives_no_token_away() {
        for (agent, expected) in [
            ("Okta SCIM Client 1.0.0", "Okta SCIM Client 1.0.0"),
            ("sync/2 (scimw_W8pG2wXc0123)", "sync/2 (***)"),
            ("Bearer scimw_", "Bearer ***"),
        ] {
            assert_eq!(clean_agent(agent), expected);
        }
        let cut = clean_agent(&format!("{} scimw_W8pG2wXc0123", "x".repeat(AGENT_LENGTH - 9)));
        assert!(!cut.contains("W8"), "{cut}");
    }

    #[test]
    fn a_mapped_address_is_shown_as_the_address_it_maps() {
        let source = Source::new("::ffff:192.0.2.1".parse().unwrap(), Some(" "));

        assert_eq!(source.address_text().as_deref(), Some("192.0.2.1"));
        assert_eq!(source.agent, None);
        assert_eq!(Source::new(UNKNOWN, None).address_text().as_deref(), Some("unknown"));
    }
}
