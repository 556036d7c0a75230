//! Whether a login comes from where its Server Admin has logged in before.
//!
//! Browsers are compared by their short names, so that an update makes none a stranger, and addresses by
//! their networks: those of homes and offices change within them.

use std::net::IpAddr;

use chrono::TimeDelta;

use super::agent::short_name;
use super::networks_around;
use super::source::Source;

/// A login is compared with those of so long.
pub const COMPARED: TimeDelta = TimeDelta::days(90);

/// Whether both are of the same browser in the same network.
pub fn are_alike(one: &Source, other: &Source) -> bool {
    let browser = |source: &Source| short_name(source.agent.as_deref());
    browser(one) == browser(other) && one.address.map(site) == other.address.map(site)
}

/// The network of a site: of IPv4 24 bits, of IPv6 48.
fn site(address: IpAddr) -> IpAddr {
    let [_, v6, v4, _] = networks_around(address);
    if v6.is_ipv6() { v6 } else { v4 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::network::UNKNOWN;

    fn source(address: &str, agent: Option<&str>) -> Source {
        Source::new(address.parse().unwrap(), agent)
    }

    #[test]
    fn a_login_is_alike_in_the_same_browser_and_the_same_network() {
        let firefox = |version: u8, system: &str| {
            format!("Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0")
        };
        let known = firefox(133, "Windows NT 10.0");
        for (address, agent, other_address, other_agent, alike) in [
            ("203.0.113.1", &known, "203.0.113.254", &known, true),
            ("203.0.113.1", &known, "::ffff:203.0.113.9", &known, true),
            ("203.0.113.1", &known, "203.0.113.1", &firefox(134, "Windows NT 10.0"), true),
            ("203.0.113.1", &known, "203.0.113.1", &firefox(133, "X11; Linux x86_64"), false),
            ("203.0.113.1", &known, "203.0.114.1", &known, false),
            ("203.0.113.1", &known, "2001:db8:1::1", &known, false),
            ("2001:db8:1:2::3", &known, "2001:db8:1:ffff::9", &known, true),
            ("2001:db8:1:2::3", &known, "2001:db8:2:2::3", &known, false),
        ] {
            let one = source(address, Some(agent));
            let other = source(other_address, Some(other_agent));
            assert_eq!(are_alike(&one, &other), alike, "{one:?} {other:?}");
            assert_eq!(are_alike(&other, &one), alike, "{other:?} {one:?}");
        }
        let unknown = Source::new(UNKNOWN, None);
        assert!(are_alike(&unknown, &unknown.clone()));
        assert!(!are_alike(&unknown, &source("203.0.113.1", None)));
        assert!(!are_alike(&Source::command_line(), &unknown));
    }
}
