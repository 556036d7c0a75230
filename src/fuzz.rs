//! Functions for fuzzing: each takes any bytes, and panics when what reads them breaks a rule that
//! holds for all of them.
//!
//! They are built for tests and for cargo-fuzz alone (`fuzz`), and stand where what they call can be
//! reached: no name is public for their sake. `fuzz/corpus` keeps inputs for each of them.

use std::net::{IpAddr, Ipv4Addr};

pub use crate::config::fuzz::configuration;
use crate::config::fuzz::password_in;
use crate::domain::admin::code::SecretCode;
use crate::domain::admin::device::DeviceMark;
use crate::domain::masking::{fit_for_log, path_fit_for_log, without_tokens};
use crate::domain::network::public_url::PublicUrl;
use crate::domain::network::source::clean_agent;
use crate::domain::network::{Networks, UNKNOWN, client_address, networks_around, request_id};
use crate::domain::token::secret::{PREFIX, PresentedToken, TokenId};
use crate::mail::MailServer;
use crate::store::DatabaseUrl;
pub use crate::web::fuzz::{form, header};

/// The length of a token, as it is published.
const LENGTH: usize = 63;

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// All of them, by the names of their folders in `fuzz/corpus`.
pub const TARGETS: [(&str, Target); 5] = [
    ("header", header),
    ("token", token),
    ("form", form),
    ("configuration", configuration),
    ("urls", urls),
];

/// The text of a token, wherever it is read, and what keeps tokens out of the log.
///
/// # Panics
/// If it is taken for another one, or left in a text for the log.
pub fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(token) = PresentedToken::parse(&text) {
        assert_eq!(token.expose(), text);
        assert_eq!((text.len(), text.get(6..14)), (LENGTH, Some(token.id().as_str())));
        assert!(
            text.starts_with(PREFIX) && text.bytes().skip(6).all(|b| b.is_ascii_alphanumeric())
        );
        assert!(!format!("{token:?}").contains(text.get(14..).unwrap_or(&text)));
        for place in 0..LENGTH {
            let mut changed = text.clone().into_owned().into_bytes();
            changed.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1);
            let changed = String::from_utf8_lossy(&changed).into_owned();
            assert!(PresentedToken::parse(&changed).is_err(), "{changed:?} is accepted too");
        }
    }
    for shown in [
        without_tokens(&text).into_owned(),
        fit_for_log(&text),
        path_fit_for_log(&text),
        clean_agent(&text),
    ] {
        assert!(!holds_token(&shown), "{text:?} is shown as {shown:?}");
    }
    assert!(fit_for_log(&text).chars().all(|c| !c.is_control()));
    if let Ok(id) = TokenId::parse(&text) {
        assert_eq!(id.as_str(), text);
    }
    assert_eq!(SecretCode::presented(&text).expose(), text);
    if let Some(mark) = DeviceMark::presented(&text) {
        assert_eq!(mark.expose(), text);
    }
}

/// Whether a whole token stands somewhere in a text.
fn holds_token(text: &str) -> bool {
    let places = text.match_indices(PREFIX).map(|(place, _)| place);
    let mut found = places.filter_map(|place| text.get(place..place + LENGTH));
    found.any(|text| PresentedToken::parse(text).is_ok())
}

/// URLs of the configuration, paths of requests, and the addresses that proxies name.
///
/// # Panics
/// If one is shown with its password, or a client can choose its address.
pub fn urls(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(url) = text.parse::<PublicUrl>() {
        assert_eq!(url.to_string().parse().as_ref(), Ok(&url));
        assert!(url.as_str().bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\@?#".contains(&b)));
        assert!(url.as_str().ends_with(url.authority()) && url.authority().starts_with(url.host()));
        assert!(url.is_https() || url.as_str().starts_with("http://"));
    }
    let password = password_in(&text);
    for shown in [
        text.parse::<MailServer>().map_or_else(|e| e.to_string(), |url| format!("{url} {url:?}")),
        text.parse::<DatabaseUrl>().map_or_else(|e| e.to_string(), |url| format!("{url} {url:?}")),
    ] {
        assert!(password.is_none_or(|password| !shown.contains(password)), "{text:?}: {shown:?}");
    }
    crate::web::fuzz::path(&text);
    addresses(data, &text);
}

/// `X-Forwarded-For`, `X-Request-Id`, and the networks of trusted proxies.
fn addresses(data: &[u8], text: &str) {
    let lines = || data.split(|byte| *byte == b'\n');
    let peer = IpAddr::from(Ipv4Addr::new(192, 0, 2, 9));
    let near = IpAddr::from(Ipv4Addr::LOCALHOST);
    let trusted = Networks::parse("127.0.0.0/8, 10.0.0.0/8").unwrap_or_default();
    assert_eq!(client_address(peer, lines(), &trusted), peer, "nobody trusts this peer");
    let client = client_address(near, lines(), &trusted);
    // One that is written as IPv6 has many spellings.
    let name = client.to_string();
    let is_named = text.split(['\n', ',']).any(|hop| hop.contains(&name) || hop.contains(':'))
        || client == UNKNOWN
        || client == near;
    assert!(is_named, "{text:?}: {client}");
    assert!(client != UNKNOWN || !trusted.contains(client));
    assert!(networks_around(client).iter().all(|network| network.is_ipv4() == client.is_ipv4()));
    if let Ok(networks) = Networks::parse(text) {
        assert!(!networks.contains(UNKNOWN), "{text:?}");
    }
    if let Some(id) = request_id::given(data) {
        assert!(id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(!id.contains(PREFIX) && !id.contains(['<', '>', '"', '\'', '&']));
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::path::Path;
    use std::{fs, str};

    use super::*;

    /// Mutations of each target's inputs: enough to reach most branches, in a few seconds.
    const ROUNDS: usize = 3000;

    /// What readers of headers, forms, URLs and settings look for.
    const PIECES: [&str; 24] = [
        "Bearer ",
        "scimw_",
        "\n",
        "\r\n",
        ":",
        "//",
        "@",
        "%",
        "%2F",
        "%00",
        "=",
        "&",
        "+",
        ",",
        "?",
        "#",
        "[::1]",
        "\u{0}",
        "\u{e9}",
        "\u{202e}",
        "\"",
        "access_token=",
        "token=",
        "0",
    ];

    #[test]
    fn header_holds_for_all_bytes() {
        holds("header");
    }

    #[test]
    fn token_holds_for_all_bytes() {
        holds("token");
    }

    #[test]
    fn form_holds_for_all_bytes() {
        holds("form");
    }

    #[test]
    fn configuration_holds_for_all_bytes() {
        holds("configuration");
    }

    #[test]
    fn urls_hold_for_all_bytes() {
        holds("urls");
    }

    /// Tries what is kept, and what comes of it by chance: the same in every run.
    fn holds(name: &str) {
        let (_, target) = TARGETS.iter().find(|(target, _)| *target == name).expect("a target");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let mut files: Vec<_> =
            fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        let kept: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
        assert!(kept.len() >= 5, "{name}: {}", kept.len());
        for input in &kept {
            target(input);
        }
        let mut dice = Dice(0x5eed);
        for _ in 0..ROUNDS {
            let mut input = dice.pick(&kept).clone();
            for _ in 0..=dice.below(4) {
                mutate(&mut input, &kept, &mut dice);
            }
            let outcome = catch_unwind(AssertUnwindSafe(|| target(&input)));
            assert!(outcome.is_ok(), "{name} fails for b\"{}\"", input.escape_ascii());
        }
    }

    fn mutate(input: &mut Vec<u8>, kept: &[Vec<u8>], dice: &mut Dice) {
        let (from, to) = (dice.below(input.len() + 1), dice.below(input.len() + 1));
        let (from, to) = (from.min(to), from.max(to));
        match dice.below(7) {
            0 => input.truncate(from),
            1 => drop(input.drain(from..to)),
            2 => {
                let piece = input[from..to].to_vec();
                input.splice(to..to, piece);
            }
            3 => {
                let bits = 1 << dice.below(8);
                input.iter_mut().skip(from).take(1).for_each(|byte| *byte ^= bits);
            }
            4 => {
                let other = dice.pick(kept);
                input.splice(from.., other[dice.below(other.len() + 1)..].iter().copied());
            }
            _ => drop(input.splice(from..from, dice.pick(&PIECES).bytes())),
        }
        input.truncate(64 * 1024);
    }

    /// A linear congruential generator.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, limit: usize) -> usize {
            let Self(seed) = self;
            *seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(*seed >> 33).unwrap() % limit
        }

        fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
            &from[self.below(from.len())]
        }
    }

    #[test]
    fn a_target_notices_a_rule_that_is_broken() {
        assert!(holds_token(&format!("x {} y", plain())));
        assert_eq!(password_in("smtp://u:0123456789ab@h"), Some("0123456789ab"));
        assert_eq!(password_in("smtp://u:0123456789ab@h/0123456789ab"), None);
        let outcome = catch_unwind(|| assert!(!holds_token(&plain())));
        assert!(outcome.is_err());
    }

    fn plain() -> String {
        crate::domain::token::secret::PlainToken::generate(|bytes| bytes.fill(7))
            .expose()
            .to_owned()
    }
}
