//! Who takes part: Server Admins, the identity provider and strangers, with addresses reserved for
//! documentation (RFC 5737).

use std::net::{IpAddr, Ipv4Addr};

use crate::domain::network::source::Source;

/// The password of every Server Admin of the demo.
pub const PASSWORD: &str = "lantern walnut orbit tundra";

/// A Server Admin of the demo.
pub struct Person {
    /// The name.
    pub name: &'static str,
    /// The address, also for logging in.
    pub email: &'static str,
    pub(super) client: Client,
}

/// What requests come from.
pub(super) struct Client {
    pub(super) address: IpAddr,
    pub(super) agent: &'static str,
}

impl Client {
    const fn new(address: [u8; 4], agent: &'static str) -> Self {
        let [a, b, c, d] = address;
        Self { address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), agent }
    }

    pub(super) fn source(&self) -> Source {
        Source::new(self.address, Some(self.agent))
    }
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
    (KHTML, like Gecko) Version/18.6 Safari/605.1.15";

/// The first Server Admin, and the one that visitors log in as.
pub const ADA: Person = Person {
    name: "Ada Lovelace",
    email: "ada@example.com",
    client: Client::new([198, 51, 100, 7], FIREFOX),
};

pub(super) const GRACE: Person = Person {
    name: "Grace Hopper",
    email: "grace@example.com",
    client: Client::new([198, 51, 100, 12], SAFARI),
};

pub(super) const KATHERINE: Person = Person {
    name: "Katherine Johnson",
    email: "katherine@example.com",
    client: Client::new([198, 51, 100, 30], FIREFOX),
};

/// Invited by mistake.
pub(super) const ALAN: Person = Person {
    name: "Alan Turing",
    email: "alan@example.com",
    client: Client::new([198, 51, 100, 77], FIREFOX),
};

/// What Katherine's address is changed to by mistake: the mail server does not know it.
pub(super) const MISTYPED: &str = "katherine.jonson@example.com";

pub(super) const PROVIDER: Client = Client::new([203, 0, 113, 24], "Okta SCIM Client 1.0.0");
pub(super) const SCANNER: Client = Client::new([192, 0, 2, 61], "Go-http-client/2.0");
/// What uses API keys.
pub(super) const PIPELINE: Client = Client::new([203, 0, 113, 140], "Terraform/1.13.2");
pub(super) const MONITORING: Client = Client::new([203, 0, 113, 141], "Grafana/12.1.1");
pub(super) const SCRIPT: Client = Client::new([203, 0, 113, 77], "curl/8.14.1");
