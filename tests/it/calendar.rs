//! The entry for calendars that mails about a new and about a revoked token carry.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use scimward::domain::admin::actor::Author;
use scimward::domain::token::Token;
use scimward::domain::token::lifespan::Lifespan;
use scimward::service::tokens::{CurrentToken, Generate};

use crate::support::database::{Database, Engine};
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::process::Scimward;
use crate::support::smtp::{Fault, MailServer, Received};
use crate::sync::{accept, minute, wait, working};

on_each_database!(
    every_renewal_moves_the_entry_and_a_revocation_removes_it,
    a_mail_that_is_tried_again_says_the_same,
    an_overlap_has_the_entry_of_the_new_token,
    a_token_from_before_there_were_entries_has_none,
);

const PRODUCT: &str = r#"Größe; \ "Süd", 名前名前名前名前名前名前名前名前名前名前 😀😀"#;

/// What a mail tells calendars.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    method: String,
    /// As it is attached.
    file: String,
    /// Its lines as they were before they were folded.
    lines: Vec<String>,
}

impl Entry {
    /// The one in a mail, if there is one.
    fn of(mail: &Received) -> Option<Self> {
        let (_, part) = mail.content.split_once("Content-Type: text/calendar; charset=utf-8; ")?;
        let (head, body) = part.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("Content-Disposition: attachment; filename=\"scim-token.ics\""));
        assert!(mail.header("Content-Type").starts_with("multipart/mixed;"), "{}", mail.content);
        let method = head.lines().next().unwrap().strip_prefix("method=").unwrap();
        let file = unquoted(body.split("\r\n--").next().unwrap());
        let unfolded = file.replace("\r\n ", "");
        let lines = unfolded.lines().map(str::to_owned).collect();
        Some(Self { method: method.to_owned(), file, lines })
    }

    fn value(&self, name: &str) -> &str {
        let found = self.lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        found.unwrap_or_else(|| panic!("no {name} in {}", self.file))
    }

    fn sequence(&self) -> i64 {
        self.value("SEQUENCE").parse().expect("a number")
    }

    /// It is about this token, for people, and nobody is invited.
    fn must_be_about(&self, token: &Token) {
        let expires_at: DateTime<Utc> = token.expires_at;
        assert_eq!(self.value("DTSTART"), expires_at.format("%Y%m%dT%H%M%SZ").to_string());
        assert_eq!(self.value("METHOD"), self.method);
        assert!(self.value("SUMMARY").starts_with("SCIM token expires: "), "{self:?}");
        assert!(self.value("URL").ends_with("/admin/authentication"), "{self:?}");
        for absent in ["ATTENDEE", "RSVP", "scimw_", token.id.as_str()] {
            assert!(!self.file.contains(absent), "{absent}: {self:?}");
        }
        assert!(self.file.split("\r\n").all(|line| line.len() <= 75), "{self:?}");
    }
}

/// The text that is quoted-printable.
fn unquoted(text: &str) -> String {
    let text = text.replace("=\r\n", "");
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// Sends what is due, and reads the entries of the mails that arrive, in their order.
fn sent(app: &MailApp, server: &MailServer) -> Vec<Option<Entry>> {
    app.send_due();
    server.take().iter().map(Entry::of).collect()
}

/// The entry in the mails that are sent now, the same for everybody.
fn only(app: &MailApp, server: &MailServer) -> Entry {
    let mut entries = sent(app, server);
    entries.dedup();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.remove(0).expect("an entry")
}

fn revoke(app: &MailApp) {
    app.wait(app.services().tokens.revoke(None, Author::CommandLine)).expect("a token");
}

fn every_renewal_moves_the_entry_and_a_revocation_removes_it(database: &Database) {
    let server = MailServer::start();
    let settings =
        [("SCIMWARD_PRODUCT_NAME", PRODUCT), ("SCIMWARD_MAIL_TO_EXTRA", "team@example.com")];
    let app = MailApp::with(database, &server, &settings);
    app.add_admin("Ada");
    let elsewhere = [settings[0], settings[1], ("SCIMWARD_PUBLIC_URL", "https://scim.example.com")];
    let other = app.second_with(database, &server, &elsewhere);

    let mut tokens = Vec::new();
    let mut entries = Vec::new();
    // In the same second, and by a clock that is behind.
    for (instance, now) in [
        (&app, "2026-11-22T14:03:00Z"),
        (&app, "2026-11-22T14:03:00Z"),
        (&other, "2026-11-21T14:03:00Z"),
        (&app, "2026-11-25T14:03:00Z"),
    ] {
        app.set(now);
        tokens.push(instance.generate(6));
        entries.push(only(instance, &server));
    }
    revoke(&other);
    let ended = sent(&other, &server);
    assert!(ended.len() == 2 && ended[0] == ended[1], "the team is told the same: {ended:?}");
    entries.extend(ended.into_iter().take(1).flatten());
    tokens.push(tokens[3].clone());
    tokens.push(app.generate(1));
    entries.push(only(&app, &server));

    let methods: Vec<_> = entries.iter().map(|entry| entry.method.as_str()).collect();
    assert_eq!(methods, ["PUBLISH", "PUBLISH", "PUBLISH", "PUBLISH", "CANCEL", "PUBLISH"]);
    for (entry, token) in entries.iter().zip(&tokens) {
        entry.must_be_about(token);
        let product = PRODUCT.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,");
        assert_eq!(entry.value("SUMMARY"), format!("SCIM token expires: {product}"));
        let alarms = entry.lines.iter().filter_map(|line| line.strip_prefix("TRIGGER:"));
        let is_published = entry.method == "PUBLISH";
        let expected: &[_] = if is_published { &["-P15D", "-P1D"] } else { &[] };
        assert_eq!(alarms.collect::<Vec<_>>(), expected);
        assert_eq!(entry.value("STATUS"), if is_published { "CONFIRMED" } else { "CANCELLED" });
    }
    let uids: BTreeSet<_> = entries.iter().map(|entry| entry.value("UID")).collect();
    assert_eq!(uids.len(), 1, "{uids:?}");
    let sequences: Vec<_> = entries.iter().map(Entry::sequence).collect();
    assert!(sequences.is_sorted_by(|before, after| before < after), "{sequences:?}");

    // The mails about the expiry move nothing.
    app.set("2026-12-25T14:03:00Z");
    assert_eq!(sent(&app, &server), [None, None]);
}

fn a_mail_that_is_tried_again_says_the_same(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    app.add_admin("Ada");
    let first = app.generate(1);
    // It arrives, and its sender does not learn of it.
    server.fault("ada@example.com", Fault::DropAnswer);
    let arrived = only(&app, &server);
    app.advance(TimeDelta::minutes(5));
    server.mend();
    assert_eq!(only(&app, &server), arrived);
    arrived.must_be_about(&first);

    // What could bring an older state back arrives without an entry.
    server.fault("ada@example.com", Fault::Content("451 4.7.1 later"));
    let second = app.generate(1);
    assert!(sent(&app, &server).is_empty());
    let third = app.generate(1);
    server.mend();
    let entries = sent(&app, &server);
    assert_eq!(entries.len(), 1, "the second mail waits");
    entries[0].as_ref().expect("an entry").must_be_about(&third);
    app.advance(TimeDelta::minutes(5));
    assert_eq!(sent(&app, &server), [None]);
    assert_ne!(second.id, third.id);

    // In one go and in their order each mail has its own.
    let fourth = app.generate(1);
    revoke(&app);
    let entries = sent(&app, &server);
    let methods: Vec<_> = entries.iter().flatten().map(|entry| entry.method.as_str()).collect();
    assert_eq!(methods, ["PUBLISH", "CANCEL"]);
    entries.iter().flatten().for_each(|entry| entry.must_be_about(&fourth));
}

fn an_overlap_has_the_entry_of_the_new_token(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    working(&app);
    let mut last = Entry::of(&server.take()[0]).expect("an entry").sequence();
    let mut keep = |months: i64| {
        let (lifespan, by) = (Lifespan::try_from(months).unwrap(), Author::CommandLine);
        let wanted = Generate { lifespan, by, current: CurrentToken::Keep, form: None };
        let new = app.wait(app.services().tokens.generate(wanted)).expect("a token").token;
        let entry = only(&app, &server);
        entry.must_be_about(&new);
        assert!(entry.method == "PUBLISH" && entry.sequence() > last, "{entry:?}");
        last = entry.sequence();
        new
    };

    // The old token ends by itself, later by hand: the entry of the new one stays.
    let new = keep(1);
    accept(&app, &new.id);
    minute(&app);
    wait(&app, 61);
    let mut told = server.take();
    let new = keep(2);
    app.wait(app.services().tokens.revoke_old(None, Author::CommandLine)).expect("an old token");
    accept(&app, &new.id);
    wait(&app, 1);
    told.extend(server.take());
    assert_eq!(told.len(), 2, "two mails about old tokens");
    assert!(told.iter().all(|mail| Entry::of(mail).is_none()));

    // Both are revoked.
    let newest = keep(3);
    revoke(&app);
    let entry = only(&app, &server);
    entry.must_be_about(&newest);
    assert!(entry.method == "CANCEL" && entry.sequence() > last, "{entry:?}");
}

fn a_token_from_before_there_were_entries_has_none(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    app.add_admin("Ada");
    app.generate_and_send(1);
    server.take();
    database.ask("UPDATE tokens SET calendar_sequence = NULL");

    revoke(&app);

    app.send_due();
    let mail = server.take().remove(0);
    assert!(Entry::of(&mail).is_none() && !mail.content.contains("scim-token.ics"), "{mail:?}");
    let next = app.generate(1);
    only(&app, &server).must_be_about(&next);
}

#[test]
fn what_follows_a_restored_backup_supersedes_what_calendars_know() {
    let database = Database::fresh(Engine::Sqlite);
    let server = MailServer::start();
    let app = MailApp::start(&database, &server);
    app.add_admin("Ada");
    let kept = app.generate(1);
    only(&app, &server).must_be_about(&kept);
    let scimward = Scimward::on(&database);
    assert_eq!(scimward.run(&["backup", "backup.db"]).code, 0);
    app.advance(TimeDelta::minutes(1));
    app.generate(2);
    let lost = only(&app, &server);
    drop(app);
    let restored = scimward.run(&["restore", "backup.db"]);
    assert_eq!(restored.code, 0, "{restored:?}");

    let app = MailApp::start(&database, &server);
    // Draws other tokens than the one that is lost.
    let app = app.second_instance(&database, &server);
    app.advance(TimeDelta::minutes(2));
    revoke(&app);
    let ended = only(&app, &server);
    app.advance(TimeDelta::minutes(1));
    let token = app.generate(3);
    let next = only(&app, &server);

    ended.must_be_about(&kept);
    next.must_be_about(&token);
    for entry in [&ended, &next] {
        assert_eq!(entry.value("UID"), lost.value("UID"));
    }
    let sequences = [&lost, &ended, &next].map(Entry::sequence);
    assert!(sequences.is_sorted_by(|before, after| before < after), "{sequences:?}");
}
