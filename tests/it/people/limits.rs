//! What one Server Admin may do in an hour: a stolen session floods nobody's mailbox.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;
use scimward::domain::admin::code::SecretCode;
use scimward::domain::admin::link::{LinkPurpose, OneTimeLink};
use scimward::store::people::links;
use scimward::store::{Lock, StoreError, Transaction};

use super::{INVITE, LIST, WITHDRAW, follow, path_of, recorded};
use crate::support::actors::Admin;
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(
    an_admin_makes_twenty_invitations_in_an_hour,
    two_hundred_invitations_are_open_at_most,
    an_admin_sends_ten_test_mails_in_an_hour,
    an_admin_makes_thirty_changes_in_an_hour,
    a_clock_that_ran_ahead_leaves_no_limit_behind,
);

const AGAIN: &str = "It is possible again from 22 Nov 2026, 15:03 UTC.";
const TEST: &str = "/admin/notifications/test";

fn invite(admin: &Admin, number: usize) -> bool {
    let email = format!("person{number}@example.com");
    admin.submit(LIST, INVITE, &[("name", "Somebody"), ("email", &email)]).status == 200
}

fn an_admin_makes_twenty_invitations_in_an_hour(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    assert!(invite(&ada, 0));
    app.advance(TimeDelta::minutes(15));
    for number in 1..20 {
        assert!(invite(&ada, number), "{number}");
    }

    let fields = [("name", "Somebody"), ("email", "one-more@example.com")];
    let page = follow(&ada, &ada.submit(LIST, INVITE, &fields));
    assert!(page.contains("No invitation was made."), "{page}");
    assert!(page.contains("20 times in the last hour") && page.contains(AGAIN), "{page}");
    assert!(!page.contains("one-more@example.com"));
    assert!(invite(&app.admin("Grace"), 20), "others are not held up");

    app.advance(TimeDelta::minutes(45));
    let ada = app.admin("Ada");
    assert!(invite(&ada, 21));
    assert!(!invite(&ada, 22));
    assert_eq!(recorded(&app, Kind::AdminInvited), 22);
}

fn two_hundred_invitations_are_open_at_most(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let now = app.services().now();
    let fill = move |conn: &mut Transaction| {
        (0..200_i32).try_for_each(|number| {
            let link = OneTimeLink {
                digest: SecretCode::presented(&format!("code {number}")).digest(),
                name: Some("Somebody".to_owned()),
                email: Some(format!("open{number}@example.com")),
                admin: None,
                created_at: now,
                expires_at: now + TimeDelta::hours(12),
                undelivered: None,
            };
            links::insert(conn, LinkPurpose::Invitation, &link, None)
        })
    };
    app.wait(app.store().write::<_, StoreError, _>(Lock::Admins, fill)).unwrap();

    let fields = [("name", "Somebody"), ("email", "one-more@example.com")];
    let page = follow(&ada, &ada.submit(LIST, INVITE, &fields));
    for part in ["No invitation was made.", "200 invitations are open", "23 Nov 2026, 02:03 UTC"] {
        assert!(page.contains(part), "{part}");
    }
    let again = [("name", "Somebody"), ("email", "OPEN7@example.com")];
    ada.submit(LIST, INVITE, &again).expect(200);
    let page = ada.get(LIST).text().to_owned();
    let digest = page.split("name=\"digest\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    follow(&ada, &ada.submit(LIST, WITHDRAW, &[("digest", digest)]));
    assert!(invite(&ada, 1));
}

fn an_admin_sends_ten_test_mails_in_an_hour(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let test = |admin: &Admin| follow(admin, &admin.submit("/admin/notifications", TEST, &[]));
    for _ in 0..10 {
        assert!(test(&ada).contains("The test mail was written to a file"));
    }

    let page = test(&ada);
    assert!(page.contains("No test mail was sent."), "{page}");
    assert!(page.contains("10 times in the last hour") && page.contains(AGAIN), "{page}");
    assert!(test(&app.admin("Grace")).contains("The test mail was written"));
    let command = Scimward::on(database).run(&["mail", "test", "ada@example.com"]);
    assert!(!command.stderr.contains("limit"), "{command:?}");

    app.advance(TimeDelta::hours(1));
    assert!(test(&app.admin("Ada")).contains("The test mail was written"));
}

fn an_admin_makes_thirty_changes_in_an_hour(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    app.add_silently("Grace");
    let (off, on) = (
        path_of(&app, "grace@example.com", "/deactivate"),
        path_of(&app, "grace@example.com", "/reactivate"),
    );
    let profile = path_of(&app, "grace@example.com", "");
    for _ in 0..15 {
        assert!(follow(&ada, &ada.submit(&off, &off, &[])).contains("was deactivated."));
        assert!(follow(&ada, &ada.submit(&on, &on, &[])).contains("was reactivated."));
    }

    let page = follow(&ada, &ada.submit(&off, &off, &[]));
    assert!(page.contains("30 times in the last hour") && page.contains(AGAIN), "{page}");
    let renamed = [("name", "Eve"), ("email", "grace@example.com")];
    let page = follow(&ada, &ada.submit(&profile, &profile, &renamed));
    assert!(page.contains("Nothing was changed.") && page.contains(AGAIN), "{page}");
    let command = Scimward::on(database).run(&["admin", "deactivate", "grace@example.com"]);
    assert_eq!(command.code, 0, "{command:?}");
    assert_eq!(recorded(&app, Kind::AdminDeactivated), 16);
}

fn a_clock_that_ran_ahead_leaves_no_limit_behind(database: &Database) {
    let app = TestApp::start(database);
    app.advance(TimeDelta::days(20));
    let ada = app.admin("Ada");
    for number in 0..20 {
        assert!(invite(&ada, number));
    }
    for _ in 0..10 {
        ada.submit("/admin/notifications", TEST, &[]);
    }

    app.advance(TimeDelta::days(-20));
    let ada = app.admin("Ada");
    assert!(invite(&ada, 21));
    let page = follow(&ada, &ada.submit("/admin/notifications", TEST, &[]));
    assert!(page.contains("The test mail was written to a file"), "{page}");
}
