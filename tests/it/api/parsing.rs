//! Generated `Authorization` values: never a failure, never another answer than the rules say.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use super::*;

const VALUES: usize = 20_000;

/// The throttle is out of the way: each value seems to come from an address of its own.
#[test]
fn no_generated_value_is_answered_otherwise_than_by_the_rules() {
    let contract = Contract::start(&[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    let mut stream = TcpStream::connect(contract.app.address).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut seed = 0x5eed;
    let mut accepted = 0;
    for number in 0..VALUES {
        if number % 5000 == 0 {
            // Sources beyond ten thousand share a count; a quiet hour forgets them all.
            contract.app.advance(chrono::TimeDelta::hours(1));
        }
        let value = generate(&mut seed, &contract.token);
        let path = ENDPOINTS[number % ENDPOINTS.len()];
        let from = std::net::Ipv4Addr::from(u32::try_from(number).unwrap() + 0x0b00_0000);
        let mut request =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {from}\r\n").into_bytes();
        request.extend_from_slice(b"Authorization: ");
        request.extend_from_slice(&value);
        request.extend_from_slice(b"\r\n\r\n");
        stream.write_all(&request).unwrap();

        let response = read_one(&mut reader);

        let passes = has_right_form(&value, &contract.token);
        let shown = value.escape_ascii();
        assert_eq!(response.status, if passes { 200 } else { 401 }, "{shown}");
        let challenge = response.header("WWW-Authenticate");
        assert!(passes || [Some(NO_TOKEN), Some(INVALID_TOKEN)].contains(&challenge), "{shown}");
        accepted += usize::from(passes);
    }
    assert!(accepted > 50, "the values are too wild to prove anything: {accepted}");
}

fn generate(seed: &mut u64, token: &str) -> Vec<u8> {
    let (head, tail) = token.split_at(20);
    let pieces: [&[u8]; 20] = [
        b"Bearer",
        b"bearer",
        b"BEARER",
        b" ",
        b" ",
        b" ",
        b"  ",
        b"\t",
        b",",
        b"=",
        b":",
        b"\"",
        b"\xff\xfe",
        b"Basic",
        b"scimw_",
        token.as_bytes(),
        token.as_bytes(),
        head.as_bytes(),
        tail.as_bytes(),
        b"a=b/+.~-_",
    ];
    // Every second value begins well, else hardly one would pass.
    let begins_well = next(seed).is_multiple_of(2);
    let (start, most): (&[u8], usize) = if begins_well { (b"Bearer ", 3) } else { (b"", 6) };
    let count = next(seed) % most;
    let rest = (0..count).flat_map(|_| pieces[next(seed) % pieces.len()].iter().copied());
    start.iter().copied().chain(rest).collect()
}

/// Written independently of the rules in the product: `Bearer`, blanks and the token, nothing else.
fn has_right_form(value: &[u8], token: &str) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let text = text.trim_matches([' ', '\t']);
    let Some(scheme) = text.strip_suffix(token) else { return false };
    scheme.ends_with(' ') && scheme.trim_end_matches(' ').eq_ignore_ascii_case("Bearer")
}

/// A linear congruential generator: the same values in every run.
fn next(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap()
}

/// Reads one answer of a connection that stays open.
pub(super) fn read_one(reader: &mut impl BufRead) -> Response {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        assert_ne!(reader.read_until(b'\n', &mut bytes).unwrap(), 0, "the connection was closed");
    }
    let head = Response::parse(&bytes);
    let length = head.header("Content-Length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Response { body, ..head }
}
