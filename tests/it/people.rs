//! Server Admins, invitations, passwords and sessions, through the pages.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;

use crate::support::actors::{Admin, PASSWORD, Visitor};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::Response;
use crate::support::on_each_database;

on_each_database!(
    an_invited_person_becomes_a_server_admin_once,
    an_invitation_ends_after_a_day_or_when_it_is_withdrawn_or_repeated,
    a_refused_form_keeps_what_was_entered_and_says_what_is_wrong,
    names_in_any_script_and_long_addresses_are_kept,
    a_deactivated_admin_is_out_at_once_and_can_come_back,
    nobody_can_deactivate_the_last_active_admin,
    deactivating_oneself_ends_the_session,
    a_deactivated_admin_leaves_no_invitation_behind,
    a_new_password_needs_the_present_one_and_ends_other_sessions,
    guessing_the_present_password_is_slowed_down,
    a_session_can_be_ended_from_another_one,
    name_and_address_can_be_changed,
    every_form_asks_for_the_token_of_the_session,
    two_hundred_admins_are_listed_by_pages,
);

const LIST: &str = "/admin/server-admins";
const INVITE: &str = "/admin/server-admins/invite";
const WITHDRAW: &str = "/admin/server-admins/withdraw";
const ACCOUNT: &str = "/admin/account";
const NEW_PASSWORD: &str = "eleven quiet tulip engines";

/// The page that a form leads to, with its one-time notice.
fn follow(browser: &Visitor, answer: &Response) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let to = answer.header("Location").expect("where to go").to_owned();
    browser.get(&to).expect(200).text().to_owned()
}

/// Invites somebody and returns the path of the link that the page shows.
fn invite(admin: &Admin, name: &str, email: &str) -> String {
    let answer = admin.submit(LIST, INVITE, &[("name", name), ("email", email)]).expect(200);
    let page = answer.text();
    let start = page.find("/invitation?code=").expect("a link");
    page[start..].split(['<', '"']).next().unwrap().to_owned()
}

fn accept(browser: &Visitor, link: &str, email: &str, password: &str) -> Response {
    let fields = [("name", "Grace"), ("email", email), ("password", password)];
    browser.submit(link, "/invitation", &fields)
}

fn is_signed_in(browser: &Visitor) -> bool {
    browser.get(ACCOUNT).status == 200
}

fn path_of(app: &TestApp, email: &str, what: &str) -> String {
    let admins = app.wait(app.services().admins.list()).unwrap();
    let admin = admins.iter().find(|admin| admin.email.as_str() == email).unwrap();
    format!("{LIST}/{}{what}", admin.id.0)
}

fn recorded(app: &TestApp, kind: Kind) -> usize {
    app.activity().iter().filter(|entry| entry.event.kind == kind).count()
}

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
        ("Grace", "ADA@example.com", "There is a Server Admin with this e-mail address already"),
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

fn a_deactivated_admin_is_out_at_once_and_can_come_back(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let other_instance = app.second_instance(database);
    let off = path_of(&app, "grace@example.com", "/deactivate");
    let on = path_of(&app, "grace@example.com", "/reactivate");

    let asked = ada.get(&off).expect(200);
    assert!(asked.text().contains("All of their sessions end at once"));
    assert!(is_signed_in(&grace));
    let done = follow(&ada, &ada.submit(&off, &off, &[]));

    assert!(done.contains("Grace was deactivated."), "{done}");
    assert!(!is_signed_in(&grace));
    let login = [("email", "grace@example.com"), ("password", PASSWORD)];
    other_instance.visitor().submit("/login", "/login", &login).expect(422);
    // A second click changes nothing.
    ada.get(&off).expect(303);
    assert_eq!(recorded(&app, Kind::AdminDeactivated), 1);

    let done = follow(&ada, &ada.submit(&on, &on, &[]));
    assert!(done.contains("Grace was reactivated."), "{done}");
    app.visitor().submit("/login", "/login", &login).expect(303);
    for unknown in ["/admin/server-admins/9999/deactivate", "/admin/server-admins/x/reactivate"] {
        ada.get(unknown).expect(404);
    }
}

fn nobody_can_deactivate_the_last_active_admin(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let off = path_of(&app, "grace@example.com", "/deactivate");
    ada.submit(&off, &off, &[]).expect(303);
    let own = path_of(&app, "ada@example.com", "/deactivate");

    let page = ada.get(&own).expect(200);
    assert!(page.text().contains("The last active Server Admin cannot be deactivated"));
    assert!(!page.text().contains("type=\"submit\">Deactivate"));
    let csrf = csrf_of(&ada);
    let refused = follow(&ada, &ada.post(&own, &[("csrf", &csrf)]));

    assert!(refused.contains("cannot be deactivated. Nothing") || refused.contains("Nothing was"));
    assert!(is_signed_in(&ada) && !is_signed_in(&grace));
}

fn deactivating_oneself_ends_the_session(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let own = path_of(&app, "ada@example.com", "/deactivate");

    let gone = ada.submit(&own, &own, &[]).expect(303);

    assert_eq!(gone.header("Location"), Some("/login"));
    assert!(!is_signed_in(&ada) && is_signed_in(&grace));
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

fn a_new_password_needs_the_present_one_and_ends_other_sessions(database: &Database) {
    let app = TestApp::start(database);
    let (ada, elsewhere) = (app.admin("Ada"), app.admin("Ada"));
    let change = |present: &str, fresh: &str| {
        let fields = [("present", present), ("fresh", fresh)];
        ada.submit(ACCOUNT, "/admin/account/password", &fields)
    };

    let wrong = change("seven lanterns", NEW_PASSWORD).expect(422);
    assert!(wrong.text().contains("The current password is not correct."));
    let weak = change(PASSWORD, "too short").expect(422);
    assert!(weak.text().contains("The password is too short"));
    assert!(!weak.text().contains("too short\""), "a password is never sent back");
    assert!(is_signed_in(&elsewhere));
    let done = follow(&ada, &change(PASSWORD, NEW_PASSWORD));

    assert!(done.contains("Your password was changed."), "{done}");
    assert!(is_signed_in(&ada) && !is_signed_in(&elsewhere));
    let login = |password| {
        let fields = [("email", "ada@example.com"), ("password", password)];
        app.visitor().submit("/login", "/login", &fields).status
    };
    assert_eq!((login(PASSWORD), login(NEW_PASSWORD)), (422, 303));
}

fn guessing_the_present_password_is_slowed_down(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let change = |present: &str| {
        let fields = [("present", present), ("fresh", NEW_PASSWORD)];
        ada.submit(ACCOUNT, "/admin/account/password", &fields)
    };
    for _ in 0..5 {
        change("a wrong password here").expect(422);
    }

    let slowed = change(PASSWORD).expect(422);
    assert!(slowed.text().contains("Too many attempts. Try again in 1 second."));
    app.advance(TimeDelta::seconds(1));
    change(PASSWORD).expect(303);
}

fn a_session_can_be_ended_from_another_one(database: &Database) {
    let app = TestApp::start(database);
    let (here, there, grace) = (app.admin("Ada"), app.admin("Ada"), app.admin("Grace"));
    let end = |digest: &str| here.submit(ACCOUNT, "/admin/account/sessions", &[("digest", digest)]);
    let page = here.get(ACCOUNT).text().to_owned();
    assert_eq!(page.matches("name=\"digest\"").count(), 1, "one's own session has no button");
    let digest = page.split("name=\"digest\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let graces = app.wait(app.services().admins.list()).unwrap();
    let graces = graces.iter().find(|admin| admin.name.as_str() == "Grace").unwrap().id;
    let graces = app.wait(app.services().sessions.of_admin(graces)).unwrap();

    assert!(follow(&here, &end(digest)).contains("The session was ended."));
    assert!(is_signed_in(&here) && !is_signed_in(&there));
    let csrf = csrf_of(&here);
    for other in [digest, graces[0].digest.as_str(), ""] {
        let again = here.post("/admin/account/sessions", &[("csrf", &csrf), ("digest", other)]);
        assert!(follow(&here, &again).contains("had ended already"));
    }
    assert!(is_signed_in(&grace));
    assert_eq!(recorded(&app, Kind::SessionEnded), 1);
}

fn name_and_address_can_be_changed(database: &Database) {
    let app = TestApp::start(database);
    let (ada, _grace) = (app.admin("Ada"), app.admin("Grace"));
    let own = path_of(&app, "ada@example.com", "");
    let save =
        |name: &str, email: &str| ada.submit(&own, &own, &[("name", name), ("email", email)]);

    let taken = save("Ada", "GRACE@example.com").expect(422);
    assert!(taken.text().contains("There is a Server Admin with this e-mail address already"));
    assert!(taken.text().contains("value=\"GRACE@example.com\""));
    let saved = follow(&ada, &save("Ada King", "countess@example.com"));

    assert!(saved.contains("Name and address were saved."), "{saved}");
    let login = [("email", "countess@example.com"), ("password", PASSWORD)];
    app.visitor().submit("/login", "/login", &login).expect(303);
    let changed = app.activity();
    let changed = changed.iter().find(|entry| entry.event.kind == Kind::AdminChanged).unwrap();
    assert_eq!(changed.event.detail.as_deref(), Some("was Ada <ada@example.com>"));
    ada.get("/admin/server-admins/9999").expect(404);
}

fn csrf_of(browser: &Visitor) -> String {
    let page = browser.get(ACCOUNT).text().to_owned();
    page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn every_form_asks_for_the_token_of_the_session(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let foreign = csrf_of(&grace);
    let grace_off = path_of(&app, "grace@example.com", "/deactivate");
    let grace_on = path_of(&app, "grace@example.com", "/reactivate");
    let graces = path_of(&app, "grace@example.com", "");
    let before = app.activity().len();

    for path in [
        INVITE,
        WITHDRAW,
        &*grace_off,
        &*grace_on,
        &*graces,
        "/admin/account/password",
        "/admin/account/sessions",
    ] {
        let fields = [("name", "Eve"), ("email", "eve@example.com"), ("present", PASSWORD)];
        ada.post(path, &fields).expect(403);
        ada.post(path, &[&fields[..], &[("csrf", &foreign)]].concat()).expect(403);
        let cross = ada.form(path, &fields).header("Sec-Fetch-Site", "cross-site");
        assert!([400, 403].contains(&ada.send(cross).status), "{path}");
        let nobody = app.visitor().post(path, &fields).expect(303);
        assert!(nobody.header("Location").unwrap().starts_with("/login?next=/admin/"), "{path}");
    }
    assert_eq!(app.activity().len(), before, "nothing was changed");
}

fn two_hundred_admins_are_listed_by_pages(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    for number in 0..199 {
        app.add_admin(&format!("Person{number}"));
    }
    let mut seen = Vec::new();
    let mut page = 1;
    loop {
        let answer = ada.get(&format!("{LIST}?page={page}")).expect(200);
        assert!(answer.body.len() < 60_000, "page {page} is {} bytes long", answer.body.len());
        let text = answer.text();
        let mails = text.split("<p class=\"muted small\">").skip(1);
        seen.extend(mails.filter_map(|rest| rest.split_once("</p>")).map(|(m, _)| m.to_owned()));
        if !text.contains("rel=\"next\"") {
            break;
        }
        page += 1;
    }

    let found = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((found, seen.len()), (200, 200));
    assert!(page > 1);
    assert!(ada.get(&format!("{LIST}?page=99999999")).expect(200).text().contains("Person"));
    ada.get(&format!("{LIST}?page=x")).expect(400);
}
