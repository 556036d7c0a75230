//! Where secrets could be left besides the log: what the product has stored, sent and shown, and the
//! memory of the server.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;
use rustix::process::geteuid;

use crate::memory;
use crate::support::actors::Visitor;
use crate::support::database::{Database, Engine};
use crate::support::http::Request;
use crate::support::process::{Scimward, ServerProcess};
use crate::support::smtp::Received;

/// What a Server Admin can open, and what they can take away.
const SHOWN: [&str; 12] = [
    "/admin/authentication",
    "/admin/authentication/state",
    "/admin/requests",
    "/admin/identity-provider",
    "/admin/server-admins",
    "/admin/server-admins/1",
    "/admin/api-keys",
    "/admin/account",
    "/admin/notifications",
    "/admin/activity",
    "/admin/activity/export.csv",
    "/admin/activity/export.json",
];
const COMMANDS: [&[&str]; 9] = [
    &["token", "show"],
    &["token", "show", "--json"],
    &["admin", "list"],
    &["admin", "list", "--json"],
    &["key", "list"],
    &["key", "list", "--json"],
    &["notify", "--dry-run"],
    &["config", "check"],
    &["config", "check", "--json"],
];
/// Stands in all that is stored, sent and shown: where it is not found, nothing was looked at.
const KNOWN: &str = "ada@example.com";

/// A name and what stands there.
type Place = (String, Vec<u8>);

/// What was stored: of SQLite every file, so that what was removed counts too; of PostgreSQL every
/// row of every table. With it come all other files that commands have written.
pub(super) fn stored(database: &Database, scimward: &Scimward) -> Vec<Place> {
    if database.engine() == Engine::Sqlite {
        let backup = scimward.run(&["backup", "copy.db"]);
        assert_eq!(backup.code, 0, "{backup:?}");
    }
    let mut places = files(database.folder());
    if database.engine() == Engine::Postgres {
        let tables = database
            .ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'");
        assert!(tables.len() > 10, "{tables:?}");
        for table in tables {
            let rows = database.ask(&format!("SELECT t::text FROM {table} t"));
            places.push((format!("table {table}"), rows.join("\n").into_bytes()));
        }
    }
    places
}

fn files(folder: &Path) -> Vec<Place> {
    let mut places = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            places.extend(files(&path));
        } else {
            places.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    places
}

/// What pages, exports, metrics and commands show.
pub(super) fn shown(browser: &Visitor, metrics: &str, scimward: &Scimward) -> Vec<Place> {
    let mut places = Vec::new();
    for path in SHOWN {
        let answer = browser.get(path).expect(200);
        let head: Vec<_> =
            answer.headers.iter().map(|(n, value)| format!("{n}: {value}")).collect();
        places.push((path.to_owned(), [head.join("\n").as_bytes(), &answer.body].concat()));
    }
    let answer = Request::new("GET", "/metrics").send(metrics.parse().unwrap()).expect(200);
    places.push(("/metrics".to_owned(), answer.body));
    for command in COMMANDS {
        let ended = scimward.run(command);
        assert_eq!(ended.code, 0, "{ended:?}");
        places.push((command.join(" "), (ended.stdout + &ended.stderr).into_bytes()));
    }
    places
}

/// Mails as they were sent, and as they are read. Where a link belongs, its code is left out.
pub(super) fn sent(mails: &[Received], codes: &[String]) -> Vec<Place> {
    let place = |mail: &Received| {
        let read = mail.content.replace("=\r\n", "").replace("=3D", "=");
        let mut content = [&*mail.content, &*read].join("\n");
        let has_link = ["/invitation?code=", "/password?code="].iter().any(|l| read.contains(l));
        for code in codes.iter().filter(|_| has_link && mail.to != KNOWN) {
            content = content.replace(&**code, "");
        }
        (format!("the mail to {}: {}", mail.to, mail.header("Subject")), content.into_bytes())
    };
    mails.iter().map(place).collect()
}

/// Asserts that none of the secrets stands in any of the places, in any form.
#[track_caller]
pub(super) fn find_none(secrets: &[String], places: &[Place]) {
    assert!(!found(&[KNOWN.to_owned()], places).is_empty(), "nothing was looked at");
    let found = found(secrets, places);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Which of these stand where.
pub(super) fn found(secrets: &[String], places: &[Place]) -> Vec<String> {
    let mut found = Vec::new();
    for secret in secrets {
        for form in forms(secret) {
            let places = places.iter().filter(|(_, content)| holds(content, &form));
            found.extend(places.map(|(name, _)| format!("{name}: {secret}")));
        }
    }
    found
}

fn holds(content: &[u8], part: &[u8]) -> bool {
    memmem::find(content, part).is_some()
}

/// A secret as it is, as forms and URLs write it, and in base 64, wherever it begins.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_owned(), secret.replace(' ', "+"), secret.replace(' ', "%20")];
    for before in 0..3 {
        let encoded = STANDARD.encode([&b"xxx"[..before], secret.as_bytes()].concat());
        let encoded = encoded.trim_end_matches('=');
        // The first and the last digits depend on what stands around.
        forms.push(encoded[4.min(encoded.len())..encoded.len().saturating_sub(2)].to_owned());
    }
    forms.into_iter().map(String::into_bytes).filter(|form| form.len() > 5).collect()
}

/// Asserts that nothing of these is left in the memory of the server, once it has nothing to do; and
/// that this looks where they would be. `sockets` are those of a server that nobody talks to.
pub(super) fn find_none_in_memory(server: &ServerProcess, sockets: usize, secrets: &[String]) {
    if !geteuid().is_root() {
        return;
    }
    memory::wait_for_quiet(server, sockets);
    let named: Vec<(&str, String)> =
        secrets.iter().map(|secret| (secret.as_str(), secret.clone())).collect();
    let traces = memory::traces(server, &named);
    assert!(traces.is_empty(), "{}", traces.join("\n"));
    // The settings are kept.
    let (_, client) = super::CLIENTS;
    assert!(!memory::traces(server, &[("a setting", client.to_owned())]).is_empty());
}

#[test]
fn what_is_hidden_is_found_in_every_form() {
    let secret = "seven lanterns over harbour";
    let encoded = STANDARD.encode(format!("\0ada\0{secret}"));
    for content in [
        format!("{KNOWN} x{secret}y"),
        format!("{KNOWN} password=seven+lanterns+over+harbour&x"),
        format!("{KNOWN} AUTH PLAIN {encoded}"),
    ] {
        let places = [("a place".to_owned(), content.clone().into_bytes())];
        let secrets = [secret.to_owned()];
        let outcome = std::panic::catch_unwind(|| find_none(&secrets, &places));
        assert!(outcome.is_err(), "{content}");
    }
    find_none(&["another".to_owned()], &[("a place".to_owned(), KNOWN.into())]);
}
