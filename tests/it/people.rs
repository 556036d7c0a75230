//! Server Admins, through the pages.

use scimward::domain::activity::Kind;

use crate::support::actors::{Admin, PASSWORD, Visitor};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::Response;
use crate::support::on_each_database;

mod account;
mod activation;
mod clocks;
mod drafts;
mod invitations;
mod limits;
mod list;
mod names;
mod password_links;

on_each_database!(
    every_form_asks_for_the_token_of_the_session,
    two_hundred_admins_are_listed_by_pages,
);

const LIST: &str = "/admin/server-admins";
const INVITE: &str = "/admin/server-admins/invite";
const WITHDRAW: &str = "/admin/server-admins/withdraw";
const ACCOUNT: &str = "/admin/account";

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

/// What people have done: mails leave by themselves.
fn actions(app: &TestApp) -> usize {
    let is_mail = |kind| matches!(kind, Kind::MailSent | Kind::MailWritten | Kind::MailFailed);
    app.activity().iter().filter(|entry| !is_mail(entry.event.kind)).count()
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
    let graces_link = path_of(&app, "grace@example.com", "/password-link");
    let before = actions(&app);

    for path in [
        INVITE,
        "/admin/server-admins/invite-again",
        WITHDRAW,
        &*grace_off,
        &*grace_on,
        &*graces,
        &*graces_link,
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
    assert_eq!(actions(&app), before, "nothing was changed");
}

fn two_hundred_admins_are_listed_by_pages(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    for number in 0..199 {
        app.add_silently(&format!("Person{number}"));
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
