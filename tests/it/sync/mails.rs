//! The mails about the connection.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;
use scimward::domain::admin::actor::Author;
use scimward::domain::token::refusal::Refusal;
use scimward::store;

use super::{accept, last_use, minute, refuse, subjects, wait, working};
use crate::support::database::Database;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::smtp::{Fault, MailServer};

on_each_database!(
    refusals_of_an_hour_are_mailed_once_and_their_end_too,
    a_short_outage_is_not_reported_and_one_of_a_quarter_of_an_hour_is,
    stray_refusals_are_no_outage,
    a_silence_that_nobody_hears_of_is_noted_once,
    a_revocation_is_mailed_to_everybody,
    every_older_token_that_is_still_sent_is_named,
    a_mail_that_was_sent_as_the_process_died_is_sent_once_more,
);

fn refusals_of_an_hour_are_mailed_once_and_their_end_too(database: &Database) {
    let server = MailServer::start();
    let settings = [("SCIMWARD_MAIL_TO_EXTRA", "team@example.com")];
    let app = MailApp::with(database, &server, &settings);
    let other = app.second_instance(database, &server);
    let token = working(&app);
    server.take();
    wait(&app, 5);

    let mut told = Vec::new();
    for passed in 1..=90 {
        app.advance(TimeDelta::minutes(1));
        refuse(if passed % 2 == 0 { &app } else { &other }, Refusal::NoCredentials, None);
        for instance in [&app, &other] {
            minute(instance);
        }
        told.extend(subjects(&server).into_iter().map(|subject| (passed, subject)));
    }
    let subject = "SCIM requests are refused: the requests carry no token".to_owned();
    // Ada, and the team by the instance that knows it.
    assert_eq!(told, [(61, subject.clone()), (61, subject)]);

    app.advance(TimeDelta::minutes(1));
    accept(&app, &token.id);
    minute(&app);
    minute(&other);
    let mails = server.take();
    let text = mails[0].content.replace("=\r\n", "").replace("\r\n", " ");
    assert_eq!(mails.len(), 2, "{text}");
    assert_eq!(mails[0].header("Subject"), "[scimward] SCIM sync works again after 1 hour");
    for expected in [
        "Refused: 90 requests",
        "The request carries no token: 90",
        "203.0.113.24 (Okta): 90",
        "Restart provisioning",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    wait(&app, 3);
    assert_eq!(subjects(&server), [""; 0]);
    let entries =
        app.store().read(|conn| store::activity::page(conn, None, &[Kind::SyncWorksAgain], 9));
    let entries = app.wait(entries).unwrap();
    let detail = entries[0].event.detail.as_deref().unwrap();
    assert_eq!(
        detail,
        "It had stopped for 1 hour. 90 requests were refused: the requests carry no token."
    );
    assert_eq!(entries.len(), 1);
}

fn a_short_outage_is_not_reported_and_one_of_a_quarter_of_an_hour_is(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    let token = working(&app);
    server.take();
    for (minutes, expected) in
        [(14, vec![]), (15, vec!["SCIM sync works again after 15 minutes".to_owned()])]
    {
        wait(&app, 1);
        refuse(&app, Refusal::BadChecksum, None);
        wait(&app, minutes);
        accept(&app, &token.id);
        minute(&app);

        assert_eq!(subjects(&server), expected, "{minutes}");
    }
}

fn stray_refusals_are_no_outage(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    let token = working(&app);
    server.take();
    // Somebody tries without a token, once, and the identity provider is quiet for hours.
    refuse(&app, Refusal::NoCredentials, None);
    wait(&app, 1);
    app.advance(TimeDelta::hours(8));
    accept(&app, &token.id);
    minute(&app);

    assert_eq!(subjects(&server), [""; 0]);
}

fn a_silence_that_nobody_hears_of_is_noted_once(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::with(database, &server, &[("SCIMWARD_SILENCE_AFTER", "2")]);
    let token = app.generate(6);
    let noted = || {
        let kinds = [Kind::SyncSilent];
        let found = app.store().read(move |conn| store::activity::page(conn, None, &kinds, 10));
        app.wait(found).unwrap().len()
    };
    for pauses in 1..=2 {
        accept(&app, &token.id);
        minute(&app);
        app.advance(TimeDelta::days(3));
        wait(&app, 3);
        assert_eq!(noted(), pauses);
    }
    assert!(app.send_due().nobody_to_tell);

    // A Server Admin who comes later hears of it.
    app.add_admin("Ada");
    minute(&app);
    assert_eq!(subjects(&server), ["Nothing heard from the identity provider for 3 days"]);
    assert_eq!(noted(), 2);
}

fn a_revocation_is_mailed_to_everybody(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    app.add_admin("Grace");
    let token = working(&app);
    server.take();
    wait(&app, 2);

    app.wait(app.services().tokens.revoke(None, Author::CommandLine)).unwrap();
    wait(&app, 3);

    let mails = server.take();
    let mut to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["ada@example.com", "grace@example.com"]);
    assert_eq!(
        mails[0].header("Subject"),
        "[scimward] SCIM token revoked at the command line, SCIM sync has stopped"
    );
    let text = mails[0].content.replace("=\r\n", "").replace("\r\n", " ");
    assert!(text.contains("Okta, from 203.0.113.24"), "{text}");

    // Another one after five minutes: still the end of what the mail told of.
    let next = app.generate(6);
    accept(&app, &next.id);
    minute(&app);
    let told = subjects(&server);
    assert!(told.contains(&"SCIM sync works again after 3 minutes".to_owned()), "{told:?}");
    assert_ne!(token.id, next.id);
}

fn every_older_token_that_is_still_sent_is_named(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    let first = working(&app);
    wait(&app, 5);
    // Closed without copying, and generated again.
    let second = app.generate(6);
    wait(&app, 2);
    let third = app.generate(6);
    server.take();
    assert!(last_use(&app).is_none());

    let mut told = Vec::new();
    for _ in 0..20 {
        refuse(&app, Refusal::Replaced, Some(&first.id));
        wait(&app, 1);
        told.extend(server.take());
    }

    let mails: Vec<_> = told
        .iter()
        .filter(|mail| mail.header("Subject").contains("still name the replaced"))
        .collect();
    assert_eq!(mails.len(), 1);
    let text = mails[0].content.replace("=\r\n", "").replace("\r\n", " ");
    assert!(text.contains(first.id.as_str()) && text.contains(third.id.as_str()), "{text}");
    assert!(!text.contains(second.id.as_str()), "{text}");

    accept(&app, &third.id);
    minute(&app);
    assert_eq!(subjects(&server), ["SCIM sync works again after 20 minutes"]);
}

/// What a crash between sending and confirming costs: one duplicate to one recipient.
fn a_mail_that_was_sent_as_the_process_died_is_sent_once_more(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    let token = working(&app);
    app.add_admin("Grace");
    server.take();
    wait(&app, 1);
    refuse(&app, Refusal::BadChecksum, None);
    wait(&app, 20);
    accept(&app, &token.id);
    app.wait(app.services().upkeep.run_once()).unwrap();
    server.fault("ada@example.com", Fault::DropAnswer);
    app.send_due();
    drop(app);
    server.mend();

    let next = MailApp::start(database, &server);
    next.advance(TimeDelta::minutes(40));
    next.send_due();
    next.send_due();

    let mut to: Vec<_> = server.take().into_iter().map(|mail| mail.to).collect();
    to.sort_unstable();
    assert_eq!(to, ["ada@example.com", "ada@example.com", "grace@example.com"]);
}
