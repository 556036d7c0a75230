//! Inviting, and joining by invitation.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;

use super::{INVITE, LIST, WITHDRAW, accept, follow, invite, is_signed_in, path_of, recorded};
use crate::support::actors::PASSWORD;
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_each_database;
use crate::support::smtp::{Fault, MailServer};

on_each_database!(
    an_invited_person_becomes_a_server_admin_once,
    an_invitation_ends_after_a_day_or_when_it_is_withdrawn_or_repeated,
    a_refused_form_keeps_what_was_entered_and_says_what_is_wrong,
    names_in_any_script_and_long_addresses_are_kept,
    a_deactivated_admin_leaves_no_invitation_behind,
    a_mail_server_that_repeats_an_invitation_gives_no_code_away,
);

fn an_invited_person_becomes_a_server_admin_once(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let link = invite(&ada, "Grace Hopper", "grace@example.com");
    assert!(ada.get(LIST).text().contains("Open invitations"));

    let grace = app.visitor();
    let form = grace.get(&link).expect(200);
    assert!(form.text().contains("value=\"Grace Hopper\""));
    assert!(form.text().contains("value=\"grace@example.com\""));
    let weak = accept(&grace, &link, "grace@example.com", "grace@example.com").expect(422);
    assert!(weak.text().contains("easy to guess"), "{}", weak.text());
    let welcome = follow(&grace, &accept(&grace, &link, "grace@example.com", PASSWORD));

    assert!(welcome.contains("You are a Server Admin now"), "{welcome}");
    assert!(is_signed_in(&grace));
    assert_eq!((recorded(&app, Kind::AdminInvited), recorded(&app, Kind::AdminAdded)), (1, 2));
    let late = app.visitor().get(&link).expect(410);
    assert!(late.text().contains("This link does not work any more"));
    let list = ada.get(LIST);
    assert!(list.text().contains("grace@example.com"));
    assert!(!list.text().contains("Open invitations"));
}

fn an_invitation_ends_after_a_day_or_when_it_is_withdrawn_or_repeated(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let first = invite(&ada, "Grace", "grace@example.com");
    let second = invite(&ada, "Grace", "Grace@example.com");
    app.visitor().get(&first).expect(410);
    app.visitor().get(&second).expect(200);

    let page = ada.get(LIST).text().to_owned();
    let digest = page.split("name=\"digest\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let done = follow(&ada, &ada.submit(LIST, WITHDRAW, &[("digest", digest)]));
    assert!(done.contains("The invitation was withdrawn."), "{done}");
    app.visitor().get(&second).expect(410);
    let third = invite(&ada, "Grace", "grace@example.com");
    let again = ada.submit(LIST, WITHDRAW, &[("digest", digest)]);
    assert!(follow(&ada, &again).contains("was not open any more"));
    assert_eq!(recorded(&app, Kind::InvitationWithdrawn), 1);

    let grace = app.visitor();
    app.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    let opened = grace.get(&third).expect(200);
    app.advance(TimeDelta::seconds(1));
    grace.get(&third).expect(410);
    let code = third.split('=').nth(1).unwrap();
    let fields =
        [("code", code), ("name", "Grace"), ("email", "grace@example.com"), ("password", PASSWORD)];
    grace.post("/invitation", &fields).expect(410);
    assert!(opened.text().contains(code));
}

fn a_refused_form_keeps_what_was_entered_and_says_what_is_wrong(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");

    for (name, email, problem) in [
        ("", "grace@example.com", "id=\"name-error\""),
        (&*"x".repeat(101), "grace@example.com", "The name must have 1 to 100 characters"),
        ("Grace", "grace", "That is not an e-mail address"),
        ("Grace", "ADA@example.com", "Ada with this address exists already."),
    ] {
        let page = ada.submit(LIST, INVITE, &[("name", name), ("email", email)]).expect(422);
        assert!(page.text().contains(problem), "{problem}: {}", page.text());
        assert!(page.text().contains(&format!("value=\"{name}\"")), "{name}");
        assert!(page.text().contains(&format!("value=\"{email}\"")), "{email}");
        assert!(page.text().contains("aria-invalid=\"true\""));
    }
    assert_eq!(recorded(&app, Kind::AdminInvited), 0);
    ada.get(INVITE).expect(303);
}

fn names_in_any_script_and_long_addresses_are_kept(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let domain = format!("{}.{}.{}.com", "b".repeat(61), "c".repeat(61), "d".repeat(61));
    let long = format!("{}@{}", "a".repeat(254 - domain.len() - 1), domain);
    assert_eq!(long.len(), 254);

    for (name, email) in [
        ("محمد الفارسي", "m@example.com"),
        ("山田 太郎", "y@example.com"),
        ("O'Neil & <Sons>", &*long),
    ] {
        let link = invite(&ada, name, email);
        accept(&app.visitor(), &link, email, PASSWORD).expect(303);
        let admins = app.wait(app.services().admins.list()).unwrap();
        assert!(admins.iter().any(|admin| admin.email.as_str() == email));
        let path = path_of(&app, email, "");
        let renamed = ada.submit(&path, &path, &[("name", name), ("email", email)]);
        assert!(follow(&ada, &renamed).contains("saved"));
    }
    let list = ada.get(LIST).text().to_owned();
    for name in ["<bdi>محمد الفارسي</bdi>", "<bdi>山田 太郎</bdi>", "&#60;Sons&#62;"]
    {
        assert!(list.contains(name), "{name}");
    }
}

fn a_deactivated_admin_leaves_no_invitation_behind(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let theirs = invite(&grace, "Eve", "eve@example.com");
    let ours = invite(&ada, "Bob", "bob@example.com");

    let off = path_of(&app, "grace@example.com", "/deactivate");
    ada.submit(&off, &off, &[]).expect(303);

    app.visitor().get(&theirs).expect(410);
    app.visitor().get(&ours).expect(200);
}

fn a_mail_server_that_repeats_an_invitation_gives_no_code_away(database: &Database) {
    let server = MailServer::start();
    let url = server.url();
    let app = TestApp::with(database, &[("SCIMWARD_SMTP_URL", url.as_str())]);
    let ada = app.admin("Ada");
    server.fault("grace@example.com", Fault::Repeat("554"));
    server.fault("alan@example.com", Fault::Repeat("250"));

    let fields = [("name", "Grace"), ("email", "grace@example.com")];
    let page = ada.submit(LIST, INVITE, &fields).expect(200).text().to_owned();
    let (_, code) = page.rsplit_once("/invitation?code=").expect("a link");
    let code = code.get(..22).expect("a code");
    let shown = ada.get("/admin/activity").expect(200).text().to_owned();
    let stored = database.ask("SELECT answer FROM mails WHERE answer IS NOT NULL").join("\n");
    for text in [&shown, &stored] {
        assert!(text.contains("as you said"), "{text}");
        for part in 0..=code.len() - 6 {
            let part = &code[part..part + 6];
            assert!(!text.contains(part), "{part}: {text}");
        }
    }

    let fields = [("name", "Alan"), ("email", "alan@example.com")];
    let page = follow(&ada, &ada.submit(LIST, INVITE, &fields));
    assert!(page.contains("The invitation was sent to alan@example.com."), "{page}");
    let stored = database.ask("SELECT answer FROM mails WHERE answer LIKE '250%said'");
    assert!(stored.join(" ").contains("invitation?code="), "{stored:?}");
    assert!(stored.join(" ").contains("***"), "{stored:?}");
}
