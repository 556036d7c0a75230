//! Forms that came when the session had ended: nothing is sent, and what was typed comes back.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;

use super::{ACCOUNT, INVITE, LIST, path_of, recorded};
use crate::support::actors::{Admin, PASSWORD, Visitor};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::{Request, Response};
use crate::support::{on_each_database, page};

on_each_database!(
    a_form_that_came_too_late_comes_back_as_it_was_filled_in,
    passwords_are_not_kept_and_nothing_forged_is_believed,
);

const GENERATE: &str = "/admin/authentication/scim-token";
const KEEPS: &str = "what you typed is kept";

/// Opens a page, lets the session end, and sends the form on it.
fn send_too_late(
    app: &TestApp,
    admin: &Admin,
    (page, action): (&str, &str),
    fields: &[(&str, &str)],
) -> Response {
    let opened = admin.get(page).expect(200);
    let hidden = page::hidden_fields(opened.text(), action);
    let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let hidden: Vec<_> = hidden.collect();
    app.advance(TimeDelta::minutes(31));
    admin.post(action, &[&hidden, fields].concat()).expect(303)
}

/// Logs in on the page that an answer leads to, and returns the path that follows.
fn log_in(browser: &Visitor, email: &str, answer: &Response) -> String {
    let login = answer.header("Location").expect("the login").to_owned();
    let wrong = [("email", email), ("password", "not this one at all")];
    browser.submit(&login, "/login", &wrong).expect(422);
    let right = [("email", email), ("password", PASSWORD)];
    let answer = browser.submit(&login, "/login", &right).expect(303);
    answer.header("Location").expect("a page").to_owned()
}

fn a_form_that_came_too_late_comes_back_as_it_was_filled_in(database: &Database) {
    let app = TestApp::start(database);
    app.add_admin("Grace");
    let edit = path_of(&app, "grace@example.com", "");
    let person = [("name", "Grace \"H\""), ("email", "hopper@example.com")];
    let kept = ["value=\"Grace &#34;H&#34;\"", "value=\"hopper@example.com\""];
    let key = [("name", "Grace \"H\""), ("months", "9"), ("scope", "replace")];
    for (page, action, fields, parts) in [
        (
            LIST,
            INVITE,
            &person[..],
            &[kept[0], kept[1], "<details class=\"card\" id=\"invite\" open"][..],
        ),
        (&edit, &edit, &person, &kept),
        ("/admin/api-keys", "/admin/api-keys", &key, &[kept[0], "value=\"9\" selected"]),
        ("/admin/authentication", GENERATE, &[("months", "2")], &["value=\"2\" selected"]),
    ] {
        let ada = app.admin("Ada");
        let late = send_too_late(&app, &ada, (page, action), fields);
        let cookie = late.header("Set-Cookie").expect("a cookie").to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("Max-Age=900"), "{cookie}");
        assert!(!cookie.contains("hopper"), "{cookie}");
        let to = late.header("Location").expect("the login").to_owned();
        assert!(to.ends_with("&form=refused"), "{to}");
        let login = ada.get(&to).expect(200).text().to_owned();
        assert!(login.contains("Nothing was sent.") && login.contains(KEEPS), "{login}");

        let next = log_in(&ada, "ada@example.com", &late);

        assert_eq!(next, page);
        let shown = ada.get(&next).expect(200).text().to_owned();
        assert!(shown.contains("Nothing was sent"), "{shown}");
        for part in parts {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let again = ada.get(&next).expect(200).text().to_owned();
        assert!(!again.contains("Nothing was sent") && !again.contains(parts[0]), "{again}");
    }
    let kinds = [Kind::AdminInvited, Kind::AdminChanged, Kind::TokenGenerated];
    assert_eq!(kinds.map(|kind| recorded(&app, kind)), [0, 0, 0], "nothing is sent by itself");
}

fn passwords_are_not_kept_and_nothing_forged_is_believed(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let change = "/admin/account/password";
    let passwords = [("present", PASSWORD), ("fresh", "eleven comets under granite")];
    let late = send_too_late(&app, &ada, (ACCOUNT, change), &passwords);
    assert!(!format!("{late:?}").contains("scimward_draft"), "{late:?}");
    let login = ada.get(late.header("Location").unwrap()).expect(200).text().to_owned();
    assert!(login.contains("Nothing was sent.") && !login.contains(KEEPS), "{login}");

    // The script's form keeps its choice, too.
    let ada = app.admin("Ada");
    app.advance(TimeDelta::minutes(31));
    let json = ada.form(GENERATE, &[("months", "3")]).header("Accept", "application/json");
    ada.send(json).expect(401);
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    ada.submit("/login", "/login", &fields).expect(303);
    let elsewhere = ada.get(LIST).expect(200).text().to_owned();
    assert!(!elsewhere.contains("Nothing was sent"), "another page shows nothing of it");
    assert!(ada.get("/admin/authentication").text().contains("value=\"3\" selected"));

    // Who logs out leaves nothing for the next one.
    let late = send_too_late(&app, &ada, (LIST, INVITE), &[("name", "Eve")]);
    log_in(&ada, "ada@example.com", &late);
    ada.submit(ACCOUNT, "/logout", &[]).expect(303);
    assert!(!ada.cookie_header().contains("scimward_draft"));

    let grace = app.admin("Grace");
    let forged = r#"{"path":"/admin/server-admins/invite","fields":[["name","Mallory"]]}"#;
    let cookies = format!("{}; scimward_draft={forged}", grace.cookie_header());
    let page = Request::new("GET", LIST).header("Cookie", &cookies).send(app.address).expect(200);
    assert!(!page.text().contains("Mallory"), "{}", page.text());
}
