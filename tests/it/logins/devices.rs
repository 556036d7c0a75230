//! A browser in which somebody has logged in before is counted apart from strangers.

use chrono::TimeDelta;
use scimward::domain::admin::link::LinkPurpose;

use super::*;
use crate::support::actors::PASSWORD;
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(
    strangers_do_not_delay_a_known_device,
    a_known_device_is_slowed_down_by_its_own_failures,
    a_mark_is_good_for_one_account_and_one_password,
    the_mark_is_a_cookie_that_nothing_else_can_read,
    a_device_in_which_a_form_signs_in_is_known,
);

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";
const MARK: &str = "scimward_device";
const NEW_PASSWORD: &str = "eleven quiet tulip engines";

fn status(browser: &Visitor, from: &str, email: &str, password: &str) -> u16 {
    browser.send(login(browser, from, email, password)).status
}

/// The value of a cookie that the browser keeps.
fn cookie(browser: &Visitor, name: &str) -> Option<String> {
    let cookies = browser.cookie_header();
    let mut pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
    pairs.find(|(other, _)| *other == name).map(|(_, value)| value.to_owned())
}

/// A login in another browser that has nothing but this mark.
fn with_mark(app: &TestApp, mark: &str, from: &str, email: &str, password: &str) -> Response {
    let browser = app.visitor();
    let request = login(&browser, from, email, password);
    browser.send(request.header("Cookie", &format!("{MARK}={mark}")))
}

/// Strangers fail so often that the next one has to wait.
fn attack(app: &TestApp, email: &str) {
    for n in 0..8 {
        let answer = log_in(app, &format!("198.51.100.{n}"), email, WRONG);
        assert!([422, 429].contains(&answer.status), "{}", answer.status);
    }
    assert_eq!(log_in(app, "203.0.113.99", email, PASSWORD).status, 429);
}

fn strangers_do_not_delay_a_known_device(database: &Database) {
    let app = behind_proxy(database);
    let second = app.second_instance(database);
    app.add_admin("Ada");
    let known = app.visitor();
    assert_eq!(status(&known, "192.0.2.1", ADA, PASSWORD), 303);
    let mark = cookie(&known, MARK).expect("a mark");
    attack(&app, ADA);
    for n in 0..20 {
        log_in(&app, "192.0.2.1", &format!("person{n}@example.com"), WRONG).expect(422);
    }

    assert_eq!(with_mark(&app, &mark, "192.0.2.1", ADA, WRONG).status, 422);
    assert_eq!(with_mark(&app, &mark, "192.0.2.1", ADA, PASSWORD).status, 303);
    assert_eq!(status(&known, "192.0.2.1", ADA, PASSWORD), 303);
    assert_eq!(cookie(&known, MARK).as_ref(), Some(&mark), "it is still the same device");
    let elsewhere = Visitor::new(second.address);
    let request = login(&elsewhere, "192.0.2.1", ADA, PASSWORD);
    let request = request.header("Cookie", &format!("{MARK}={mark}"));
    assert_eq!(elsewhere.send(request).status, 303, "another instance knows it too");
    assert_eq!(log_in(&app, "203.0.113.99", ADA, PASSWORD).status, 429, "strangers still wait");
}

fn a_known_device_is_slowed_down_by_its_own_failures(database: &Database) {
    let app = behind_proxy(database);
    app.add_admin("Ada");
    let known = app.visitor();
    assert_eq!(status(&known, "192.0.2.1", ADA, PASSWORD), 303);
    let mark = cookie(&known, MARK).expect("a mark");
    for n in 0..5 {
        assert_eq!(with_mark(&app, &mark, &format!("192.0.2.{n}"), ADA, WRONG).status, 422);
    }

    assert_eq!(with_mark(&app, &mark, "192.0.2.77", ADA, PASSWORD).status, 429);
    assert_eq!(log_in(&app, "192.0.2.1", ADA, PASSWORD).status, 303, "others are not delayed");
    let other = app.visitor();
    assert_eq!(status(&other, "192.0.2.1", ADA, PASSWORD), 303);
    assert_eq!(status(&other, "192.0.2.1", ADA, PASSWORD), 303, "nor is another device");
    assert_eq!(with_mark(&app, &mark, "192.0.2.77", ADA, PASSWORD).status, 429);
    app.advance(TimeDelta::seconds(1));
    assert_eq!(with_mark(&app, &mark, "192.0.2.77", ADA, PASSWORD).status, 303);
    assert_eq!(with_mark(&app, &mark, "192.0.2.77", ADA, WRONG).status, 422, "it begins anew");
}

fn a_mark_is_good_for_one_account_and_one_password(database: &Database) {
    let app = behind_proxy(database);
    app.add_admin("Ada");
    app.add_admin("Grace");
    let (ada, grace) = (app.visitor(), app.visitor());
    assert_eq!(status(&ada, "192.0.2.1", ADA, PASSWORD), 303);
    assert_eq!(status(&grace, "192.0.2.2", GRACE, PASSWORD), 303);
    let (adas, graces) = (cookie(&ada, MARK).unwrap(), cookie(&grace, MARK).unwrap());
    attack(&app, ADA);
    attack(&app, "nobody@example.com");
    let status =
        |mark: &str, password: &str| with_mark(&app, mark, "192.0.2.1", ADA, password).status;

    let mut touched = adas.clone().into_bytes();
    touched[30] = if touched[30] == b'0' { b'1' } else { b'0' };
    let touched = String::from_utf8(touched).unwrap();
    for worthless in [&graces, &touched, &adas[1..], "x", ""] {
        assert_eq!(status(worthless, PASSWORD), 429, "{worthless}");
    }
    let nobody = with_mark(&app, &adas, "192.0.2.1", "nobody@example.com", PASSWORD);
    assert_eq!(nobody.status, 429);
    assert_eq!(status(&adas, PASSWORD), 303);

    let page = "/admin/account";
    let fields = [("present", PASSWORD), ("fresh", NEW_PASSWORD)];
    ada.submit(page, "/admin/account/password", &fields).expect(303);
    let fresh = cookie(&ada, MARK).unwrap();
    assert_eq!(status(&adas, NEW_PASSWORD), 429);
    assert_eq!(status(&fresh, NEW_PASSWORD), 303, "the browser that changed it is known");
    let set = ["admin", "password", ADA, "--password-stdin"];
    assert_eq!(Scimward::on(database).run_with_input(&set, PASSWORD).code, 0);
    attack(&app, ADA);
    for old in [&adas, &fresh] {
        assert_eq!(status(old, PASSWORD), 429);
    }
}

fn the_mark_is_a_cookie_that_nothing_else_can_read(database: &Database) {
    let https = [("SCIMWARD_PUBLIC_URL", "https://scim.example.com")];
    for (settings, name, secure) in
        [(&[][..], MARK, ""), (&https, "__Host-scimward_device", " Secure;")]
    {
        let app = TestApp::with(database, settings);
        app.add_admin("Ada");
        let form = |password: &str| {
            let fields = [("email", ADA), ("password", password)];
            Request::new("POST", "/login").form(&fields).header("Sec-Fetch-Site", "same-origin")
        };
        let marks = |answer: &Response| {
            let cookies =
                answer.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case("set-cookie"));
            let cookies = cookies.filter(|(_, cookie)| cookie.starts_with(&format!("{name}=")));
            cookies.map(|(_, cookie)| cookie.clone()).collect::<Vec<_>>()
        };
        let refused = form(WRONG).send(app.address).expect(422);
        assert_eq!(marks(&refused), [""; 0]);

        let answer = form(PASSWORD).send(app.address).expect(303);

        let marks = marks(&answer);
        assert_eq!(marks.len(), 1);
        let (mark, attributes) = marks[0].split_once(';').unwrap();
        let mut attributes: Vec<_> = attributes.split(';').map(str::trim).collect();
        attributes.sort_unstable();
        let mut expected = vec![
            "HttpOnly",
            "Max-Age=34560000",
            "Path=/",
            "SameSite=Strict",
            secure.trim().trim_end_matches(';'),
        ];
        expected.retain(|attribute| !attribute.is_empty());
        assert_eq!(attributes, expected);
        // It signs nobody in.
        let account = Request::new("GET", "/admin/account").header("Cookie", mark);
        assert_eq!(account.send(app.address).status, 303);
    }
}

fn a_device_in_which_a_form_signs_in_is_known(database: &Database) {
    let app = behind_proxy(database);
    let code = app.wait(app.services().admins.setup_code()).unwrap().expect("a code");
    let link = app.wait(app.services().admins.link(LinkPurpose::Setup, &code)).unwrap();
    assert!(link.is_some());
    let browser = app.visitor();
    let fields = [("code", code.expose()), ("name", "Ada"), ("email", ADA), ("password", PASSWORD)];
    browser.post("/setup", &fields).expect(303);
    let mark = cookie(&browser, MARK).expect("a mark");
    attack(&app, ADA);

    assert_eq!(with_mark(&app, &mark, "192.0.2.1", ADA, PASSWORD).status, 303);
}
