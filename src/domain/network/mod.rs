//! Where requests come from and which address they see, and how often one source may fail.

pub mod agent;
pub mod familiar;
pub mod login;
pub mod public_url;
pub mod request_id;
pub mod source;
pub mod throttle;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

/// The bits before an IPv4 address that is written as IPv6, `::ffff:` (RFC 4291 section 2.5.5.2).
const MAPPED_BITS: u8 = 96;

/// The address of a client whose address cannot be told. No client has it, and no network.
pub const UNKNOWN: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

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
    /// counts as the IPv4 address. An unknown address belongs to none, not even to all there is.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        !address.is_unspecified() && self.0.iter().any(|network| network.contains(&address))
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
/// `forwarded_for` yields the values of the `X-Forwarded-For` lines from first to last. If a proxy
/// sends a hop that cannot be read, the client is [`UNKNOWN`], and never the proxy itself.
pub fn client_address<'a>(
    peer: IpAddr,
    forwarded_for: impl DoubleEndedIterator<Item = &'a [u8]>,
    trusted: &Networks,
) -> IpAddr {
    let mut client = peer;
    let hops = forwarded_for.rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    for hop in hops {
        if !trusted.contains(client) {
            break;
        }
        client = parse_hop(hop.trim_ascii()).unwrap_or(UNKNOWN);
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

/// The networks that an address is in, from the widest to what one client has to itself: about what
/// registries give to a provider, a provider to a site, and a site to a client.
pub fn networks_around(address: IpAddr) -> [IpAddr; 4] {
    match source_network(address) {
        IpAddr::V4(address) => [8, 16, 24, 32].map(|length| {
            let mask = u32::MAX << (u32::BITS - length);
            IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
        }),
        IpAddr::V6(address) => [32, 48, 56, 64].map(|length| {
            let mask = u128::MAX << (u128::BITS - length);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }),
    }
}

/// An address, with or without a port and brackets.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?;
    let address: Option<IpAddr> = hop
        .parse()
        .ok()
        .or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| {
            hop.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
        });
    address.map(|address| address.to_canonical()).filter(|address| !address.is_unspecified())
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
            ("127.0.0.1", &["203.0.113.1:4711"], "203.0.113.1"),
            ("127.0.0.1", &["[2001:db8::1]:80"], "2001:db8::1"),
            ("127.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            ("127.0.0.1", &["[::ffff:203.0.113.1]:80"], "203.0.113.1"),
            ("127.0.0.1", &["::ffff:10.0.0.1"], "10.0.0.1"),
            ("127.0.0.1", &["203.0.113.1, ::ffff:10.0.0.1"], "203.0.113.1"),
            ("127.0.0.1", &["\t203.0.113.1 \t"], "203.0.113.1"),
            ("127.0.0.1", &["nonsense, 203.0.113.1"], "203.0.113.1"),
            ("127.0.0.1", &["nonsense", "203.0.113.1"], "203.0.113.1"),
        ] {
            let lines_read = lines.iter().map(|line| line.as_bytes());
            let result = client_address(peer.parse().unwrap(), lines_read, &trusted);

            assert_eq!(result, client.parse::<IpAddr>().unwrap(), "{peer} {lines:?}");
        }
    }

    #[test]
    fn a_hop_that_cannot_be_read_makes_the_client_unknown() {
        let trusted = Networks::parse("127.0.0.1, 10.0.0.0/8, ::/0, 0.0.0.0/0").unwrap();
        let near = Networks::parse("127.0.0.1, 10.0.0.0/8").unwrap();
        for hop in [
            &b""[..],
            b" ",
            b"nonsense",
            b"unknown",
            b"_hidden",
            b"203.0.113.1\xff",
            b"\xff",
            b"203.0.113.1 10.0.0.1",
            b"203.0.113.1:",
            b"203.0.113.1:x",
            b"[203.0.113.1]",
            b"[2001:db8::1",
            b"2001:db8::1]",
            b"fe80::1%eth0",
            b"203.0.113",
            b"203.0.113.0/24",
            b"for=203.0.113.1",
            b"\"203.0.113.1\"",
            b"0.0.0.0",
            b"::",
            b"[::]:80",
            b"::ffff:0.0.0.0",
            b"203.0.113.1;",
            b"203.0.113.01",
            "203.0.113.1\u{a0}".as_bytes(),
        ] {
            let before: [&[u8]; 2] = [b"10.0.0.9, 6.6.6.6", b"10.0.0.8,"];
            let after = [hop, b", 10.1.1.1"].concat();
            for lines in
                [vec![hop], vec![before[0], hop], vec![before[0], &after], vec![hop, b"10.1.1.1"]]
            {
                for trusted in [&near, &trusted] {
                    let client =
                        client_address([127, 0, 0, 1].into(), lines.iter().copied(), trusted);
                    assert_eq!(client, UNKNOWN, "{}", hop.escape_ascii());
                }
            }
        }
        assert!(!trusted.contains(UNKNOWN));
        let many = b"10.0.0.1,".repeat(5000);
        let line: &[u8] = &[&many[..], b"10.0.0.2"].concat();
        let client = client_address([127, 0, 0, 1].into(), [line].into_iter(), &near);
        assert_eq!(client, IpAddr::from([10, 0, 0, 1]));
    }

    #[test]
    fn an_address_is_in_wide_and_narrow_networks() {
        for (address, networks) in [
            ("203.0.113.7", ["203.0.0.0", "203.0.0.0", "203.0.113.0", "203.0.113.7"]),
            ("::ffff:203.0.113.7", ["203.0.0.0", "203.0.0.0", "203.0.113.0", "203.0.113.7"]),
            (
                "2001:db8:1:2345:6::7",
                ["2001:db8::", "2001:db8:1::", "2001:db8:1:2300::", "2001:db8:1:2345::"],
            ),
        ] {
            let expected = networks.map(|network| network.parse::<IpAddr>().unwrap());
            assert_eq!(networks_around(address.parse().unwrap()), expected);
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
