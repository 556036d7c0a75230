//! A login from where somebody has not logged in lately is told to them, and to nobody else.

use chrono::TimeDelta;

use super::*;
use crate::support::actors::PASSWORD;
use crate::support::http::Request;
use crate::support::on_each_database;
use crate::support::page;
use crate::support::passkey::{Device, PUBLIC_URL, codes};
use crate::support::smtp::{MailServer, Received};

on_each_database!(
    a_new_login_is_told_to_the_person_alone,
    joining_makes_a_browser_known,
    a_new_login_says_how_it_was_proved,
);

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; rv:133.0) Gecko/20100101 Firefox/133.0";
const UPDATED: &str = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0";
const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36";
const SETTINGS: [(&str, &str); 3] = [
    ("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1"),
    ("SCIMWARD_MAIL_TO_EXTRA", "team@example.com"),
    PUBLIC_URL,
];

/// Recipients of the mails about new logins, the oldest first.
fn told(database: &Database) -> Vec<String> {
    let ask = "SELECT address FROM mails WHERE occasion = 'new-login' ORDER BY id";
    database.ask(ask)
}

fn enter(to: &Visitor, from: &str, agent: &str, name: &str) -> Response {
    let request = login(to, from, &format!("{name}@example.com"), PASSWORD);
    to.send(request.header("User-Agent", agent))
}

fn a_new_login_is_told_to_the_person_alone(database: &Database) {
    let app = TestApp::with(database, &SETTINGS);
    let second = app.second_with(database, &SETTINGS);
    app.add_admin("ada");
    app.add_admin("grace");
    let mut expected = Vec::new();
    let mut log_in = |to: &TestApp, from: &str, agent: &str, name: &str, is_new: bool| {
        enter(&to.visitor(), from, agent, name).expect(303);
        if is_new {
            expected.push(format!("{name}@example.com"));
        }
        assert_eq!(told(database), expected, "{name} from {from}, {agent}");
    };
    // Address, browser, who, and whether they are told.
    for (from, agent, name, is_new) in [
        ("203.0.113.5", FIREFOX, "ada", false),
        ("203.0.113.250", UPDATED, "ada", false),
        ("198.51.100.5", FIREFOX, "ada", true),
        ("198.51.100.6", FIREFOX, "ada", false),
        ("203.0.113.5", CHROME, "ada", true),
        ("2001:db8:1:2::3", CHROME, "ada", true),
        ("2001:db8:1:9::4", CHROME, "ada", false),
        ("2001:db8:2:2::3", CHROME, "ada", true),
        // What one is known by says nothing about another.
        ("198.51.100.5", FIREFOX, "grace", false),
        ("203.0.113.5", FIREFOX, "grace", true),
    ] {
        log_in(&app, from, agent, name, is_new);
    }
    // Failed logins make nothing known.
    log_in(&app, "192.0.2.1", FIREFOX, "grace", true);
    let wrong = app.visitor();
    let failed = login(&wrong, "192.0.2.200", "ada@example.com", WRONG);
    wrong.send(failed.header("User-Agent", FIREFOX)).expect(422);
    log_in(&second, "192.0.2.200", FIREFOX, "ada", true);
    log_in(&app, "192.0.2.200", FIREFOX, "ada", false);

    app.advance(TimeDelta::days(90) - TimeDelta::seconds(1));
    log_in(&second, "192.0.2.200", FIREFOX, "ada", false);
    app.advance(TimeDelta::seconds(1));
    log_in(&app, "192.0.2.1", FIREFOX, "grace", true);
    log_in(&app, "198.51.100.5", FIREFOX, "ada", true);
    log_in(&app, "192.0.2.200", FIREFOX, "ada", false);
}

fn joining_makes_a_browser_known(database: &Database) {
    let app = TestApp::with(database, &SETTINGS);
    let code = app.wait(app.services().admins.setup_code()).unwrap().expect("a code");
    let ada = app.visitor();
    let fields = [
        ("code", code.expose()),
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    let joined = ada.form("/setup", &fields).header("X-Forwarded-For", "203.0.113.5");
    ada.send(joined.header("User-Agent", FIREFOX)).expect(303);
    enter(&app.visitor(), "203.0.113.6", UPDATED, "ada").expect(303);
    assert_eq!(told(database), [""; 0]);
    enter(&app.visitor(), "203.0.113.6", CHROME, "ada").expect(303);
    assert_eq!(told(database), ["ada@example.com"]);
}

fn a_new_login_says_how_it_was_proved(database: &Database) {
    let server = MailServer::start();
    let url = server.url();
    let settings = [&SETTINGS[..], &[("SCIMWARD_SMTP_URL", url.as_str())]].concat();
    let app = TestApp::with(database, &settings);
    let ada = app.admin("ada");
    let phone = Device::new("phone");
    let codes = codes(&phone.add(&ada, "Phone").expect(200));
    phone.log_in(&app.visitor()).expect(303);
    let by_code = app.visitor();
    enter(&by_code, "192.0.2.1", FIREFOX, "ada").expect(303);
    let shown = by_code.get("/login/second").expect(200);
    let hidden = page::hidden_fields(shown.text(), "/login/second");
    let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = hidden.chain([("code", codes[0].as_str())]).collect();
    let form = by_code.form("/login/second", &fields);
    let form: Request = form.header("X-Forwarded-For", "192.0.2.1").header("User-Agent", FIREFOX);
    by_code.send(form).expect(303);

    let mut told: Vec<Received> = Vec::new();
    while told.len() < 2 {
        server.wait();
        let arrived = server.take().into_iter();
        told.extend(arrived.filter(|mail| mail.header("Subject").contains("New login to your")));
    }
    for (mail, parts) in told.iter().zip([
        ["from an unnamed browser", "203.0.113.7", "with a passkey"],
        ["from Firefox on Windows", "192.0.2.1", "with a password and a recovery code"],
    ]) {
        assert_eq!(mail.to, "ada@example.com");
        let text = mail.content.replace("=\r\n", "").replace("\r\n", " ");
        for part in parts {
            assert!(mail.header("Subject").contains(part) || text.contains(part), "{part}: {text}");
        }
    }
}
