//! `scimward token verify`: what people enter, and a machine that is busy.

use std::io::Write;

use super::generate;
use crate::support::database::{Database, Engine};
use crate::support::http::Request;
use crate::support::process::Scimward;

#[test]
fn what_stands_around_a_token_is_named_and_not_repeated() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let token = generate(&scimward);
    for (entered, part) in [
        (format!("Bearer {token}"), "Authorization: Bearer"),
        (format!("Authorization: Bearer {token}"), "Authorization: Bearer"),
        (format!("\"{token}\""), "quotation marks"),
        (format!("\u{201c}{token}\u{201d}"), "quotation marks"),
        (format!("\u{feff}{token}\r\n"), "byte order mark"),
        (format!("{token}\n{token}\n"), "line end"),
        (format!("{token}\u{200b}"), "invisible"),
        (String::new(), "nothing was entered"),
        (token[..62].to_owned(), "checksum"),
    ] {
        let ended = scimward.run_with_input(&["token", "verify"], &entered);

        assert_eq!((ended.code, &*ended.stderr), (1, ""), "{entered:?}: {ended:?}");
        assert!(ended.stdout.starts_with("malformed: "), "{entered:?}: {ended:?}");
        assert!(ended.stdout.contains(part) && !ended.stdout.contains(&token[6..]), "{ended:?}");
    }
    for entered in [format!("\n  {token}\r\n\n"), format!("{token} ")] {
        let ended = scimward.run_with_input(&["token", "verify"], &entered);
        assert_eq!(ended.code, 0, "{entered:?}: {ended:?}");
    }
    // As PowerShell redirects it.
    let utf16: Vec<u8> =
        format!("\u{feff}{token}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(database.folder().join("utf16"), utf16).unwrap();
    let ended =
        scimward.clone().through_shell("exec \"$0\" \"$@\" <utf16").run(&["token", "verify"]);
    assert!(ended.code == 1 && ended.stderr.contains("UTF-16"), "{ended:?}");
}

#[test]
fn a_command_waits_for_a_hash_that_takes_long() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let token = generate(&scimward);
    // Some seconds of work on a machine that has nothing else to do: the most that is computed.
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    let slow = format!("$argon2id$v=19$m=65536,t=100,p=1${salt}${hash}");
    database.ask(&format!("UPDATE tokens SET hash = '{slow}'"));

    let server = scimward.serve();
    let request = Request::new("GET", "/v1/token/validate");
    let request = request.header("Authorization", &format!("Bearer {token}"));
    let mut verifying = scimward.spawn(&["token", "verify"]);
    verifying.stdin.take().expect("a pipe").write_all(token.as_bytes()).expect("it reads");
    request.send(server.address).expect(503);
    drop(server);

    let ended = verifying.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(said.starts_with("unknown: ") && ended.status.code() == Some(1), "{ended:?}");
}
