//! Where requests come from and which address they see, and how often one source may fail.

pub mod login;
pub mod public_url;
pub mod source;
pub mod throttle;

use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

/// The bits before an IPv4 address that is written as IPv6, `::ffff:` (RFC 4291 section 2.5.5.2).
const MAPPED_BITS: u8 = 96;

/// A list of networks, such as the trusted proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

/// The text is not a list of networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address nor a network such as 10.0.0.0/8")]
pub struct InvalidNetwork(String);

impl Networks {
    /// Reads addresses and networks separated by commas; empty text is an empty list.
    ///
    /// # Errors
    /// [`InvalidNetwork`] with the part that cannot be read.
    pub fn parse(text: &str) -> Result<Self, InvalidNetwork> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(parse_network).collect::<Result<_, _>>().map(Self)
    }

    /// Whether `address` belongs to one of the networks; an IPv4 address that is written as IPv6
    /// counts as the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether one of them is all there is, of IPv4 or IPv6.
    pub fn is_everywhere(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0)
    }

    /// Whether there is no network in the list.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn parse_network(part: &str) -> Result<IpNet, InvalidNetwork> {
    let network = part.parse::<IpNet>().ok();
    let network = network.or_else(|| part.parse::<IpAddr>().ok().map(IpNet::from));
    network.map(canonical).ok_or_else(|| InvalidNetwork(part.to_owned()))
}

/// An IPv4 network that is written as IPv6 is the IPv4 network: addresses are compared in that form.
fn canonical(network: IpNet) -> IpNet {
    let mapped = network.prefix_len().checked_sub(MAPPED_BITS);
    match (network.network().to_canonical(), mapped) {
        (IpAddr::V4(address), Some(length)) if matches!(network, IpNet::V6(_)) => {
            Ipv4Net::new(address, length).map_or(network, IpNet::V4)
        }
        _ => network,
    }
}

/// The address of the client: the peer, unless the peer is a trusted proxy; then the right-most
/// address in `forwarded_for` that is not a trusted proxy itself.
///
/// `forwarded_for` yields the values of the `X-Forwarded-For` lines from first to last. An entry
/// that cannot be read ends the search at the last address that a trusted proxy vouched for.
pub fn client_address<'a>(
    peer: IpAddr,
    forwarded_for: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &Networks,
) -> IpAddr {
    let mut client = peer;
    let hops = forwarded_for.rev().flat_map(|line| line.rsplit(','));
    for hop in hops {
        if !trusted.contains(client) {
            break;
        }
        match parse_hop(hop.trim()) {
            Some(address) => client = address,
            None => break,
        }
    }
    client.to_canonical()
}

/// The part of an address that one client has to itself: of IPv6 the first 64 bits, for it can take
/// any address that begins with them.
pub fn source_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// An address, with or without a port and brackets.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    hop.parse()
        .ok()
        .or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_most_untrusted_hop_is_the_client() {
        let trusted = Networks::parse("127.0.0.1, 10.0.0.0/8").unwrap();
        for (peer, lines, client) in [
            ("192.0.2.9", &["203.0.113.1"][..], "192.0.2.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.1"], "203.0.113.1"),
            ("::ffff:127.0.0.1", &["203.0.113.1"], "203.0.113.1"),
            ("127.0.0.1", &["6.6.6.6, 203.0.113.1, 10.1.1.1"], "203.0.113.1"),
            ("127.0.0.1", &["6.6.6.6", "203.0.113.1"], "203.0.113.1"),
            ("127.0.0.1", &["6.6.6.6, nonsense"], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.1:4711"], "203.0.113.1"),
            ("127.0.0.1", &["[2001:db8::1]:80"], "2001:db8::1"),
            ("127.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
        ] {
            let result = client_address(peer.parse().unwrap(), lines.iter().copied(), &trusted);

            assert_eq!(result, client.parse::<IpAddr>().unwrap(), "{peer} {lines:?}");
        }
    }

    #[test]
    fn a_list_of_networks_is_read_or_refused() {
        assert!(Networks::parse("").unwrap().is_empty());
        assert!(Networks::parse("10.0.0.0/8,::1").unwrap().contains("::1".parse().unwrap()));
        for (mapped, plain) in [
            ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7/128", "203.0.113.7/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
        ] {
            assert_eq!(Networks::parse(mapped), Networks::parse(plain), "{mapped}");
        }
        assert!(Networks::parse("::ffff:0:0/96").unwrap().is_everywhere());
        assert!(!Networks::parse("::/96").unwrap().contains("0.0.0.1".parse().unwrap()));
        assert_eq!(
            Networks::parse("10.0.0.0/8, ten").unwrap_err().to_string(),
            "\"ten\" is neither an address nor a network such as 10.0.0.0/8"
        );
    }
}
