//! The page of the mails, and what `notify --dry-run` lists.

use chrono::TimeDelta;
use scimward::domain::token::refusal::Refusal;

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::process::Scimward;
use crate::support::smtp::{Fault, MailServer};
use crate::sync::{minute, refuse, wait, working};

on_each_database!(
    settings_are_shown_with_their_names_and_without_a_login,
    a_mail_to_many_lists_twenty_and_on_request_all,
    mails_about_silence_and_outages_are_listed_before_they_are_due,
);

const PAGE: &str = "/admin/notifications";

#[track_caller]
fn assert_says(html: &str, expected: &[&str]) {
    for expected in expected {
        assert!(html.contains(expected), "{expected:?} is missing in\n{html}");
    }
}

fn settings_are_shown_with_their_names_and_without_a_login(database: &Database) {
    let server = MailServer::start();
    let url = format!("smtp://ward:hunter2@localhost:{}?tls=none", server.port);
    let settings = [
        ("SCIMWARD_SMTP_URL", url.as_str()),
        ("SCIMWARD_MAIL_FROM", "scim@example.com"),
        ("SCIMWARD_MAIL_TO_EXTRA", "scim-team@example.com"),
        ("SCIMWARD_TIMEZONE", "Europe/Berlin"),
        ("SCIMWARD_NOTIFY_AT", "08:30"),
    ];
    let app = TestApp::with(database, &settings);
    let admin = app.admin("Ada");
    app.generate(6);

    let html = admin.get(PAGE).expect(200).text().to_owned();

    let port = format!("localhost, port {}, not encrypted", server.port);
    assert_says(
        &html,
        &[
            "SCIMWARD_SMTP_URL",
            &port,
            "SCIMWARD_MAIL_FROM",
            "scim@example.com",
            "SCIMWARD_MAIL_TO_EXTRA",
            "All active Server Admins (1) and scim-team@example.com",
            "08:30 in Europe/Berlin",
            "today 07:30 UTC",
            "team address",
            "7 May 2027, 08:30 CEST (06:30 UTC)",
            "to ada@example.com",
        ],
    );
    assert!(!html.contains("hunter2") && !html.contains("ward:"), "{html}");
    assert_says(
        admin.get("/admin/authentication").text(),
        &["Only you and scim-team@example.com receive the mails. Invite a second Server Admin."],
    );
    app.add_silently("Grace");
    assert_says(
        admin.get("/admin/authentication").text(),
        &["Every Server Admin and scim-team@example.com receive the mails."],
    );
}

fn a_mail_to_many_lists_twenty_and_on_request_all(database: &Database) {
    let server = MailServer::start();
    let mails = MailApp::start(database, &server);
    for number in 0..30 {
        mails.add_admin(&format!("Person{number:02}"));
    }
    server.fault("person25@example.com", Fault::Recipient("550 5.1.1 no such mailbox"));
    mails.generate_and_send(6);
    let app = TestApp::start(database);
    let admin = app.admin("Zoe");

    let html = admin.get(PAGE).expect(200).text().to_owned();
    let generated = |html: &str| {
        let (_, group) = html.split_once("id=\"generated\"").expect("the group");
        group.split("</section>").next().unwrap().to_owned()
    };
    let group = generated(&html);
    assert_eq!(group.matches("<li>").count(), 20);
    let first = group.split("<li>").nth(1).unwrap();
    assert!(first.contains("person25@example.com") && first.contains("no such mailbox"), "{first}");
    assert_says(&group, &["?mail=generated#generated", "and 10 more", "Sent 29 of 30"]);

    let all = admin.get("/admin/notifications?mail=generated").expect(200).text().to_owned();
    assert_eq!(generated(&all).matches("<li>").count(), 30);
    assert!(!generated(&all).contains("more</a>"));
    admin.get("/admin/notifications?mail=%3Cx%3E").expect(200);

    let home = admin.get("/admin/authentication").expect(200).text().to_owned();
    let (_, card) = home.split_once("id=\"ppl-h\"").expect("the card");
    assert!(card.split("<li>").nth(1).unwrap().contains("person25@example.com"), "{card}");
}

fn mails_about_silence_and_outages_are_listed_before_they_are_due(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::with(database, &server, &[("SCIMWARD_SILENCE_AFTER", "3")]);
    working(&app);
    let listed = || {
        let next = app.overview().next;
        let listed = next.iter().map(|mail| {
            let hours = (mail.due_at - app.services().now()).num_hours();
            format!("{} {} {hours} {}", mail.kind, mail.status.word(), mail.address)
        });
        listed.collect::<Vec<_>>()
    };
    assert_eq!(listed(), ["Nothing heard Scheduled 72 ada@example.com"]);
    wait(&app, 1);
    for _ in 0..30 {
        refuse(&app, Refusal::BadChecksum, None);
        wait(&app, 1);
    }
    assert_eq!(listed(), ["Requests refused Scheduled 0 ada@example.com"]);
    for _ in 0..29 {
        refuse(&app, Refusal::BadChecksum, None);
        wait(&app, 1);
    }
    app.advance(TimeDelta::minutes(1));
    app.wait(app.services().upkeep.run_once()).unwrap();
    refuse(&app, Refusal::BadChecksum, None);
    app.wait(app.services().upkeep.run_once()).unwrap();
    assert_eq!(listed(), ["Requests refused Sending 0 ada@example.com"]);
    minute(&app);
    assert_eq!(listed(), [""; 0]);
}

#[test]
fn a_dry_run_has_the_words_of_the_page() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    scimward.add_admin("ada");
    assert_eq!(scimward.run(&["token", "generate"]).code, 0);
    assert_eq!(scimward.run(&["notify"]).code, 0);

    let text = scimward.run(&["notify", "--dry-run"]).stdout;
    let json = scimward.run(&["notify", "--dry-run", "--json"]).stdout;

    assert_says(
        &text,
        &["Will reach nobody  15 days before", "Written to a file  Token generated"],
    );
    assert_says(
        &json,
        &["\"state\": \"planned\"", "\"state\": \"written\"", "\"written_at\": \"2"],
    );
    let late = scimward.run(&["notify", "--dry-run", "--at", "2099-01-01T00:00:00Z"]).stdout;
    assert_says(&late, &["Superseded"]);
}
