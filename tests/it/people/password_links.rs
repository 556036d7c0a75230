//! Choosing a new password with a link that another Server Admin has sent.

use std::thread;

use chrono::TimeDelta;
use scimward::domain::activity::Kind;

use super::{ACCOUNT, LIST, csrf_of, follow, invite, is_signed_in, path_of, recorded};
use crate::support::actors::{Admin, PASSWORD, Visitor};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::{Request, Response};
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::process::Scimward;
use crate::support::smtp::{Fault, MailServer};

on_each_database!(
    a_link_lets_its_owner_choose_a_password_once,
    opening_a_link_changes_nothing,
    what_makes_a_link_doubtful_ends_it,
    nobody_is_sent_a_link_who_cannot_use_it,
    an_admin_sends_twenty_links_in_an_hour,
    of_twenty_clicks_at_once_one_wins,
    a_link_goes_to_its_owner_alone,
);

const GRACE: &str = "grace@example.com";
const FRESH: &str = "eleven comets under granite";

/// Sends Grace a link and returns its path, which the page shows.
fn link(app: &TestApp, sender: &Admin) -> String {
    let answer = send(app, sender, GRACE).expect(200);
    link_in(answer.text())
}

fn send(app: &TestApp, sender: &Admin, email: &str) -> Response {
    let (page, action) = (path_of(app, email, ""), path_of(app, email, "/password-link"));
    sender.submit(&page, &action, &[])
}

fn link_in(text: &str) -> String {
    let start = text.find("/password?code=").expect("a link");
    let (path, code) = text[start..].split_once('=').expect("a code");
    let code: String = code.chars().take_while(char::is_ascii_alphanumeric).collect();
    format!("{path}={code}")
}

fn choose(browser: &Visitor, link: &str, fresh: &str) -> Response {
    let code = link.split('=').nth(1).unwrap();
    browser.post("/password", &[("code", code), ("fresh", fresh)])
}

fn logs_in(app: &TestApp, password: &str) -> bool {
    app.visitor().post("/login", &[("email", GRACE), ("password", password)]).status == 303
}

fn a_link_lets_its_owner_choose_a_password_once(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let theirs = invite(&grace, "Eve", "eve@example.com");
    let link = link(&app, &ada);
    assert!(!ada.get(LIST).text().contains(&link), "the link is displayed once");
    let phone = app.visitor();
    let page = phone.get(&link).expect(200);
    assert!(page.text().contains("For grace@example.com. This link works once, until"));

    let weak = choose(&phone, &link, GRACE).expect(422);
    assert!(weak.text().contains("easy to guess"), "{}", weak.text());
    assert!(is_signed_in(&grace), "nothing has happened");
    let welcome = follow(&phone, &choose(&phone, &link, FRESH));

    assert!(welcome.contains("Your password was changed."), "{welcome}");
    assert!(is_signed_in(&phone) && is_signed_in(&ada));
    assert!(!is_signed_in(&grace), "sessions of the old password end");
    app.visitor().get(&theirs).expect(410);
    assert!(logs_in(&app, FRESH) && !logs_in(&app, PASSWORD));
    let late = app.visitor().get(&link).expect(410);
    assert!(late.text().contains("This link was used, replaced or is older than 24 hours."));
    choose(&app.visitor(), &link, PASSWORD).expect(410);
    assert!(logs_in(&app, FRESH));
    let kinds = [Kind::PasswordLinkSent, Kind::PasswordLinkUsed, Kind::PasswordChanged];
    assert_eq!(kinds.map(|kind| recorded(&app, kind)), [1, 1, 0]);
    let told = ada.get("/admin/activity").text().to_owned();
    let by = "sent by Ada &#60;ada@example.com&#62; on 22 Nov 2026, 14:03 UTC";
    assert!(told.contains(by), "{told}");
}

/// Programs that scan mails open every link, more than once, and follow what they find.
fn opening_a_link_changes_nothing(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let link = link(&app, &ada);
    let before = database.ask("SELECT code_hash FROM one_time_links WHERE used_at IS NULL");
    let scanner = app.visitor();

    for method in ["GET", "HEAD", "OPTIONS", "GET"] {
        scanner.send(Request::new(method, &link));
    }

    assert_eq!(scanner.cookie_header(), "");
    let after = database.ask("SELECT code_hash FROM one_time_links WHERE used_at IS NULL");
    assert_eq!((before.len(), &before), (1, &after));
    assert!(!after[0].contains(link.split('=').nth(1).unwrap()), "the code is not stored");
    assert!(is_signed_in(&grace) && logs_in(&app, PASSWORD));
    choose(&app.visitor(), &link, FRESH).expect(303);
}

/// Ends a link to Grace that the admin has sent.
type End = fn(&TestApp, &Database, &Admin);

const ENDS: [(&str, End); 8] = [
    ("another link", |app, _, _| drop(link(app, &app.admin("Katherine")))),
    ("her deactivation", |app, _, _| {
        for what in ["/deactivate", "/reactivate"] {
            let path = path_of(app, GRACE, what);
            app.admin("Katherine").submit(&path, &path, &[]).expect(303);
        }
    }),
    ("another address", |app, _, _| {
        for (email, next) in [(GRACE, "hopper@example.com"), ("hopper@example.com", GRACE)] {
            let page = path_of(app, email, "");
            let fields = [("name", "Grace"), ("email", next)];
            app.admin("Katherine").submit(&page, &page, &fields).expect(303);
        }
    }),
    ("a new password", |app, _, _| {
        let fields = [("present", PASSWORD), ("fresh", FRESH)];
        let change = "/admin/account/password";
        app.admin("Grace").submit(ACCOUNT, change, &fields).expect(303);
    }),
    ("a password of the command line", |_, database, _| {
        let set = ["admin", "password", GRACE, "--password-stdin"];
        assert_eq!(Scimward::on(database).run_with_input(&set, PASSWORD).code, 0);
    }),
    ("the sender's new password", |_, _, sender| {
        let fields = [("present", PASSWORD), ("fresh", FRESH)];
        sender.submit(ACCOUNT, "/admin/account/password", &fields).expect(303);
    }),
    ("the sender's deactivation", |app, _, sender| {
        let path = path_of(app, &sender.email, "/deactivate");
        app.admin("Katherine").submit(&path, &path, &[]).expect(303);
    }),
    ("the end of all sessions", |_, database, _| {
        assert_eq!(Scimward::on(database).run(&["admin", "end-sessions"]).code, 0);
    }),
];

fn what_makes_a_link_doubtful_ends_it(database: &Database) {
    let app = TestApp::start(database);
    app.add_admin("Grace");
    for (number, (what, end)) in ENDS.into_iter().enumerate() {
        let sender = app.admin(&format!("Sender{number}"));
        let link = link(&app, &sender);
        let renamed = [("name", &*format!("Grace {number}")), ("email", GRACE)];
        let page = path_of(&app, GRACE, "");
        sender.submit(&page, &page, &renamed).expect(303);
        app.visitor().get(&link).expect(200);

        end(&app, database, &sender);

        assert_eq!(app.visitor().get(&link).status, 410, "{what}");
        let late = choose(&app.visitor(), &link, "nine marbles beneath the orchard");
        assert_eq!((late.status, recorded(&app, Kind::PasswordLinkUsed)), (410, 0), "{what}");
        let set = ["admin", "password", GRACE, "--password-stdin"];
        assert_eq!(Scimward::on(database).run_with_input(&set, PASSWORD).code, 0);
    }
    let link = link(&app, &app.admin("Katherine"));
    app.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    app.visitor().get(&link).expect(200);
    app.advance(TimeDelta::seconds(1));
    choose(&app.visitor(), &link, FRESH).expect(410);
}

fn nobody_is_sent_a_link_who_cannot_use_it(database: &Database) {
    let app = TestApp::start(database);
    let (ada, _) = (app.admin("Ada"), app.admin("Grace"));
    let off = path_of(&app, GRACE, "/deactivate");
    ada.submit(&off, &off, &[]).expect(303);
    let csrf = csrf_of(&ada);
    let asked = |email: &str| {
        let page = ada.get(&path_of(&app, email, "")).expect(200).text().to_owned();
        assert!(!page.contains("Send a password link"), "{page}");
        let path = path_of(&app, email, "/password-link");
        follow(&ada, &ada.post(&path, &[("csrf", &csrf)]))
    };

    assert!(asked(GRACE).contains("Grace is deactivated"));
    assert!(asked("ada@example.com").contains("A password link is for somebody else"));
    ada.post(&format!("{LIST}/9999/password-link"), &[("csrf", &csrf)]).expect(404);
    ada.get(&path_of(&app, GRACE, "/password-link")).expect(303);

    assert_eq!(recorded(&app, Kind::PasswordLinkSent), 0);
    assert_eq!(database.ask("SELECT code_hash FROM one_time_links"), [""; 0]);
}

fn an_admin_sends_twenty_links_in_an_hour(database: &Database) {
    let app = TestApp::start(database);
    let (ada, _) = (app.admin("Ada"), app.admin("Grace"));
    let mut last = String::new();
    for _ in 0..20 {
        last = link(&app, &ada);
    }

    let page = follow(&ada, &send(&app, &ada, GRACE));

    assert!(page.contains("No password link was sent."), "{page}");
    assert!(page.contains("20 times in the last hour"), "{page}");
    app.visitor().get(&last).expect(200);
    link(&app, &app.admin("Katherine"));
    app.visitor().get(&last).expect(410);
}

fn of_twenty_clicks_at_once_one_wins(database: &Database) {
    let app = TestApp::start(database);
    let (ada, _) = (app.admin("Ada"), app.admin("Grace"));
    let link = link(&app, &ada);

    let answers: Vec<u16> = thread::scope(|scope| {
        let click = |_| scope.spawn(|| choose(&app.visitor(), &link, FRESH).status);
        let all: Vec<_> = (0..20).map(click).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });

    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| [303, 410, 503].contains(status)), "{answers:?}");
    assert_eq!(recorded(&app, Kind::PasswordLinkUsed), 1);
    let id = "SELECT id FROM server_admins WHERE email = 'grace@example.com'";
    let sessions = format!("SELECT id_hash FROM sessions WHERE admin_id = ({id})");
    assert_eq!(database.ask(&sessions).len(), 1);
}

fn a_link_goes_to_its_owner_alone(database: &Database) {
    let server = MailServer::start();
    let url = server.url();
    let settings =
        [("SCIMWARD_SMTP_URL", url.as_str()), ("SCIMWARD_MAIL_TO_EXTRA", "team@example.com")];
    let app = TestApp::with(database, &settings);
    let (ada, _) = (app.admin("Ada"), app.admin("Grace"));
    let mails = |subject: &str| {
        let subject = format!("[scimward] {subject}");
        let mut mails = server.take();
        mails.retain(|mail| mail.header("Subject") == subject);
        mails.sort_by(|a, b| a.to.cmp(&b.to));
        mails
    };

    server.fault(GRACE, Fault::Recipient("550 5.1.1 no such mailbox"));
    let page = send(&app, &ada, GRACE).expect(200).text().to_owned();
    assert!(page.contains("The mail was refused: ") && page.contains("no such mailbox"), "{page}");
    app.visitor().get(&link_in(&page)).expect(200);
    server.mend();

    let sent = follow(&ada, &send(&app, &ada, GRACE));
    assert!(sent.contains("Password link sent to grace@example.com."), "{sent}");
    let brought = mails("Choose a new password");
    assert_eq!(brought.iter().map(|mail| &mail.to).collect::<Vec<_>>(), [GRACE]);
    let link = link_in(&brought[0].content.replace("=\r\n", "").replace("=3D", "="));
    choose(&app.visitor(), &link, FRESH).expect(303);

    drop(app);
    MailApp::with(database, &server, &settings[1..]).send_due();
    let told = mails("Password of Grace was changed with a link");
    let to: Vec<_> = told.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["ada@example.com", GRACE, "team@example.com"]);
    let content = told[0].content.replace("=\r\n", "");
    assert!(content.contains("sent by Ada <ada@example.com> on 22 Nov 2026, 14:03 UTC"));
    assert!(!told.iter().any(|mail| mail.content.contains("code=")), "no link that does something");
}
