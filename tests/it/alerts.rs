//! Everybody is told who was let in, kept out, renamed or given another password, once and by address.

use chrono::TimeDelta;
use scimward::domain::admin::ServerAdmin;
use scimward::domain::admin::actor::Author;
use scimward::service::admins::NewAdmin;
use scimward::store;

use crate::support::actors::PASSWORD;
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::process::Scimward;
use crate::support::smtp::{Fault, MailServer, Received};

on_each_database!(
    everybody_is_told_of_each_change,
    nobody_is_told_of_the_first_server_admin_or_of_nothing,
    who_is_kept_out_or_readdressed_meanwhile_is_told_all_the_same,
    each_recipient_is_told_once_whatever_fails,
    an_invitation_names_who_sent_it,
    a_change_at_the_command_line_is_told_by_the_server,
    the_page_lists_the_mails_about_changes,
    mails_about_changes_are_removed_with_the_activity,
);

const TEAM: [(&str, &str); 1] = [("SCIMWARD_MAIL_TO_EXTRA", "team@example.com")];

/// Ada and Grace, and a team's mailbox.
fn company(database: &Database, server: &MailServer) -> MailApp {
    let app = MailApp::with(database, server, &TEAM);
    app.add_admin("Ada");
    app.add_admin("Grace");
    app
}

fn add(app: &MailApp, name: &str, email: &str) -> ServerAdmin {
    let new = NewAdmin {
        name: name.parse().unwrap(),
        email: email.parse().unwrap(),
        password: PASSWORD.into(),
    };
    app.wait(app.services().admins.add(new, Author::CommandLine)).expect("the admin is added")
}

fn set_active(app: &MailApp, admin: &ServerAdmin, active: bool) {
    let done = app.services().admins.set_active(admin.id, active, Author::CommandLine);
    app.wait(done).expect("done");
}

fn rename(app: &MailApp, admin: &ServerAdmin, name: &str, email: &str) {
    let (name, email) = (name.parse().unwrap(), email.parse().unwrap());
    let done = app.services().admins.set_profile(admin.id, name, email, Author::CommandLine);
    app.wait(done).expect("done");
}

fn set_password(app: &MailApp, admin: &ServerAdmin) {
    let done = app.services().admins.set_password(admin, PASSWORD.into(), Author::CommandLine);
    app.wait(done).expect("done");
}

/// Sends what is due, and returns the subjects and who got them.
fn told(app: &MailApp, server: &MailServer) -> Vec<(String, Vec<String>)> {
    app.send_due();
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for mail in server.take() {
        let subject = mail.header("Subject").trim_start_matches("[scimward] ").to_owned();
        match told.iter_mut().find(|(known, _)| *known == subject) {
            Some((_, recipients)) => recipients.push(mail.to),
            None => told.push((subject, vec![mail.to])),
        }
    }
    for (_, recipients) in &mut told {
        recipients.sort_unstable();
    }
    told
}

fn expect(told: &[(String, Vec<String>)], subject: &str, recipients: &[&str]) {
    let recipients = recipients.iter().map(|name| format!("{name}@example.com")).collect();
    assert_eq!(told, [(subject.to_owned(), recipients)]);
}

/// The text of a mail in one line, without the encoding of its transport.
fn words(mail: &Received) -> String {
    let text = mail.content.split("text/html").next().unwrap();
    let text = text.replace("=\r\n", "").replace("=3D", "=");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn everybody_is_told_of_each_change(database: &Database) {
    let server = MailServer::start();
    let app = company(database, &server);

    let alan = add(&app, "Alan Turing", "alan@example.com");
    let subject = "New Server Admin: Alan Turing";
    expect(&told(&app, &server), subject, &["ada", "alan", "grace", "team"]);

    set_active(&app, &alan, false);
    let subject = "Server Admin deactivated: Alan Turing";
    expect(&told(&app, &server), subject, &["ada", "alan", "grace", "team"]);

    set_active(&app, &alan, true);
    let subject = "Server Admin reactivated: Alan Turing";
    expect(&told(&app, &server), subject, &["ada", "alan", "grace", "team"]);

    set_password(&app, &alan);
    let subject = "Password changed: Alan Turing";
    expect(&told(&app, &server), subject, &["ada", "alan", "grace", "team"]);

    rename(&app, &alan, "Alan Turing", "turing@example.com");
    let subject = "Name or address of a Server Admin changed: Alan Turing";
    expect(&told(&app, &server), subject, &["ada", "alan", "grace", "team", "turing"]);

    rename(&app, &alan, "A. Turing", "turing@example.com");
    let subject = "Name or address of a Server Admin changed: A. Turing";
    expect(&told(&app, &server), subject, &["ada", "grace", "team", "turing"]);
    assert!(told(&app, &server).is_empty());
}

fn nobody_is_told_of_the_first_server_admin_or_of_nothing(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::with(database, &server, &TEAM);

    let ada = add(&app, "Ada", "ada@example.com");
    set_active(&app, &ada, true);
    rename(&app, &ada, "Ada", "ada@example.com");

    assert!(told(&app, &server).is_empty());
    set_password(&app, &ada);
    expect(&told(&app, &server), "Password changed: Ada", &["ada", "team"]);
}

fn who_is_kept_out_or_readdressed_meanwhile_is_told_all_the_same(database: &Database) {
    let server = MailServer::start();
    let app = company(database, &server);
    let grace = app.admin("Grace");
    server.set_down(true);
    add(&app, "Eve", "eve@example.com");
    assert!(told(&app, &server).is_empty());

    // A thief hurries to keep the mail from Grace.
    rename(&app, &grace, "Grace", "thief@example.com");
    set_active(&app, &grace, false);
    server.mend();
    app.advance(TimeDelta::minutes(3));
    let told = told(&app, &server);

    let of = |subject: &str| {
        let found = told.iter().find(|(known, _)| known.starts_with(subject));
        found.map(|(_, recipients)| recipients.join(" ")).unwrap_or_default()
    };
    let all = "ada@example.com eve@example.com grace@example.com team@example.com";
    assert_eq!(of("New Server Admin"), all);
    assert_eq!(of("Name or address"), format!("{all} thief@example.com"));
    assert!(of("Server Admin deactivated").contains("thief@example.com"));
    assert_eq!(told.len(), 3);
}

fn each_recipient_is_told_once_whatever_fails(database: &Database) {
    let server = MailServer::start();
    let app = company(database, &server);
    let second = app.second_instance(database, &server);
    server.fault("ada@example.com", Fault::Recipient("450 4.2.1 later"));
    server.fault("grace@example.com", Fault::DropAnswer);

    let alan = add(&app, "Alan", "alan@example.com");
    app.send_due();
    second.send_due();
    server.mend();
    let first = server.take();
    app.advance(TimeDelta::minutes(10));
    second.send_due();
    app.send_due();
    let later = server.take();

    let got = |mails: &[Received], name: &str| -> Vec<String> {
        let own = mails.iter().filter(|mail| mail.to == format!("{name}@example.com"));
        own.map(|mail| mail.header("Message-ID")).collect()
    };
    assert_eq!((got(&first, "alan").len(), got(&later, "alan").len()), (1, 0));
    assert_eq!((got(&first, "ada").len(), got(&later, "ada").len()), (0, 1));
    assert_eq!(got(&first, "grace"), got(&later, "grace"), "recognised by its Message-ID");

    // The same once more is another event.
    set_password(&app, &alan);
    app.send_due();
    let before = got(&server.take(), "alan");
    set_password(&app, &alan);
    app.send_due();
    let after = got(&server.take(), "alan");
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);
}

fn an_invitation_names_who_sent_it(database: &Database) {
    let server = MailServer::start();
    let url = server.url();
    let app = TestApp::with(database, &[("SCIMWARD_SMTP_URL", url.as_str())]);
    let ada = app.admin("Ada");
    let fields = [("name", "Grace Hopper"), ("email", "grace@example.com")];
    ada.submit("/admin/server-admins", "/admin/server-admins/invite", &fields).expect(303);
    let invitation = server.take().pop().expect("the invitation");
    let content = invitation.content.replace("=\r\n", "").replace("=3D", "=");
    let (_, code) = content.split_once("/invitation?code=").expect("a link");
    let code: String = code.chars().take_while(char::is_ascii_alphanumeric).collect();
    let grace = app.visitor();
    let fields = [("name", "Grace Hopper"), ("email", "grace@example.com"), ("password", PASSWORD)];
    grace.submit(&format!("/invitation?code={code}"), "/invitation", &fields).expect(303);
    drop(app);
    MailApp::start(database, &server).send_due();

    let mut mails = server.take();
    mails.sort_by(|a, b| a.to.cmp(&b.to));
    let recipients: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(recipients, ["ada@example.com", "grace@example.com"]);
    let text = words(&mails[0]);
    for part in [
        "Grace Hopper (grace@example.com) became a Server Admin of scimward, invited by Ada \
         <ada@example.com>",
        "By: Grace Hopper (grace@example.com)",
        "From: 127.0.0.1",
        "If nobody on your team knows this person: deactivate the new account",
        "/admin/server-admins",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!mails[0].content.contains(&code));
}

fn a_change_at_the_command_line_is_told_by_the_server(database: &Database) {
    let server = MailServer::start();
    let app = company(database, &server);
    let [(name, value)] = TEAM;
    let scimward = Scimward::on(database).with(name, value);

    let ended = scimward.run_with_input(
        &["admin", "password", "grace@example.com", "--password-stdin"],
        "eleven quiet tulip engines\n",
    );
    assert_eq!(ended.code, 0, "{ended:?}");
    app.send_due();

    let mails = server.take();
    assert_eq!(mails.len(), 3);
    let text = words(&mails[0]);
    for part in [
        "Somebody at the command line of the server changed the password of Grace \
         (grace@example.com)",
        "By: Command line on the server",
        "check who has access to the server",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

fn the_page_lists_the_mails_about_changes(database: &Database) {
    let server = MailServer::start();
    let before = company(database, &server);
    let grace = before.admin("Grace");
    server.fault("grace@example.com", Fault::Recipient("550 5.1.1 no such user"));
    set_password(&before, &grace);
    before.send_due();
    before.advance(TimeDelta::minutes(1));
    rename(&before, &grace, "Grace", "hopper@example.com");
    before.send_due();
    let url = server.url();
    let app = TestApp::with(database, &[("SCIMWARD_SMTP_URL", url.as_str())]);
    let kim = app.admin("Kim");

    let page = kim.get("/admin/notifications").expect(200).text().to_owned();
    for part in [
        "Name or address changed: 22 Nov 2026, <bdi>hopper@example.com</bdi>",
        "Password changed: 22 Nov 2026, <bdi>grace@example.com</bdi>",
        "550 5.1.1 no such user",
        "Sent 2 of 3",
        "Sent 3 of 4",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("Outgoing mail works."), "an address that is gone breaks nothing");
    let page = kim.get("/admin/activity").expect(200).text().to_owned();
    for part in [
        "Mail about a changed name or address sent to 3 recipients",
        "Mail about a changed password",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

fn mails_about_changes_are_removed_with_the_activity(database: &Database) {
    let server = MailServer::start();
    let app = company(database, &server);
    add(&app, "Alan", "alan@example.com");
    let token = app.generate(1);
    app.send_due();
    app.advance(TimeDelta::days(401));
    for _ in 0..2 {
        // Nothing is removed before the clock has been steady for an hour.
        app.wait(app.services().upkeep.run_once()).unwrap();
        app.advance(TimeDelta::hours(1));
    }

    let left = app.store().read(move |conn| {
        let about_token = store::mails::of_token(conn, &token.id)?;
        let latest = store::mails::newest_of_admins(conn)?;
        Ok::<_, store::StoreError>((about_token.len(), latest))
    });
    let (about_token, latest) = app.wait(left).unwrap();
    assert_eq!(about_token, 4);
    assert!(latest.iter().all(|mail| mail.about.event().is_none()), "{latest:?}");
}
