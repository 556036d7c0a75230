//! Pages from the outside: generating through the form, whose form it is, and how long a session
//! lasts.

use std::thread;

use chrono::TimeDelta;

use crate::support::actors::{Admin, PASSWORD, Visitor};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::{Request, Response};
use crate::support::{on_each_database, page};

const HOME: &str = "/admin/authentication";
const GENERATE: &str = "/admin/authentication/scim-token";
const REVOKE: &str = "/admin/authentication/revoke";

on_each_database!(
    a_token_is_in_the_answer_to_its_form_and_nowhere_else,
    a_form_generates_one_token,
    of_two_admins_the_second_is_told,
    of_fifty_generations_at_once_one_succeeds,
    twenty_tokens_an_hour_are_enough,
    bad_input_changes_nothing,
    a_form_of_another_site_is_refused,
    a_form_of_another_session_is_refused,
    a_session_ends_on_the_server,
    a_session_ends_when_it_is_idle_and_after_a_day_of_work,
    a_deactivated_admin_is_out_at_once,
    somebody_who_is_not_signed_in_is_led_to_the_login,
    a_page_has_one_spelling,
);

/// The form on the Authentication page, as the script sends it.
struct GenerateForm {
    fields: Vec<(String, String)>,
}

impl GenerateForm {
    fn of(browser: &Visitor) -> Self {
        let opened = browser.get(HOME).expect(200);
        let mut fields = page::hidden_fields(opened.text(), GENERATE);
        fields.push(("months".to_owned(), "6".to_owned()));
        Self { fields }
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn request(&self, browser: &Visitor) -> Request {
        let fields: Vec<_> = self.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        browser.form(GENERATE, &fields)
    }

    fn send(&self, browser: &Visitor) -> Response {
        browser.send(self.request(browser).header("Accept", "application/json"))
    }
}

fn generated(app: &TestApp) -> usize {
    app.activity().iter().filter(|entry| entry.event.kind.as_str() == "token_generated").count()
}

fn a_token_is_in_the_answer_to_its_form_and_nowhere_else(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");

    let answer = GenerateForm::of(&admin).set("months", "3").send(&admin).expect(201);

    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert_eq!(answer.header("Referrer-Policy"), Some("no-referrer"));
    let body = answer.json();
    let token = body["token"].as_str().unwrap();
    assert_eq!(body["token_id"], token[6..14]);
    assert_eq!(body["expires_at"], "2027-02-22T14:03:00Z");
    assert_eq!(body["expires_text"], "22 Feb 2027, 14:03 UTC");
    assert!(app.scim(token).is_accepted());
    for path in [HOME, "/admin/activity", "/admin/activity/export.json", "/admin/server-admins"] {
        assert!(!admin.get(path).expect(200).text().contains(token), "{path}");
    }
}

fn a_form_generates_one_token(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let form = GenerateForm::of(&admin);
    let token = form.send(&admin).expect(201).json()["token"].as_str().unwrap().to_owned();

    let again = form.send(&admin).expect(409).json();
    let without_script = admin.send(form.request(&admin)).expect(303);

    assert_eq!(again["error"], "request_already_used");
    assert_eq!(again["generated"], true);
    assert_eq!(without_script.header("Location"), Some(HOME));
    assert!(admin.get(HOME).text().contains("This request was already completed."));
    assert_eq!(generated(&app), 1);
    assert!(app.scim(&token).is_accepted());
}

fn of_two_admins_the_second_is_told(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let (first, second) = (GenerateForm::of(&ada), GenerateForm::of(&grace));
    let token = first.send(&ada).expect(201).json()["token"].as_str().unwrap().to_owned();
    app.advance(TimeDelta::minutes(2));

    let told = second.send(&grace).expect(409).json();

    assert_eq!(told["error"], "token_changed");
    assert_eq!(told["generated"], false);
    assert_eq!(
        (&told["by"], &told["at_text"]),
        (&"Ada".into(), &"14:03 UTC, 2 minutes ago".into())
    );
    assert!(app.scim(&token).is_accepted());
    GenerateForm::of(&grace).send(&grace).expect(201);
    assert!(!app.scim(&token).is_accepted());
}

fn of_fifty_generations_at_once_one_succeeds(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let cookies = admin.cookie_header();
    let prepare = |_| {
        let request = GenerateForm::of(&admin).request(&admin);
        request.header("Accept", "application/json").header("Cookie", &cookies)
    };
    let requests: Vec<Request> = (0..50).map(prepare).collect();

    let address = app.address;
    let answers: Vec<Response> = thread::scope(|scope| {
        let send = |request: &Request| request.send(address);
        let all: Vec<_> = requests.iter().map(|one| scope.spawn(move || send(one))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });

    let tokens: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(tokens.len(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(refused.status, 409, "{}", refused.text());
        assert_eq!(refused.json()["error"], "token_changed");
    }
    assert_eq!(generated(&app), 1);
    assert!(app.scim(tokens[0].json()["token"].as_str().unwrap()).is_accepted());
}

fn twenty_tokens_an_hour_are_enough(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    for _ in 0..20 {
        GenerateForm::of(&admin).send(&admin).expect(201);
    }

    let refused = GenerateForm::of(&admin).send(&admin).expect(429).json();

    assert_eq!((&refused["error"], &refused["generated"]), (&"rate_limited".into(), &false.into()));
    assert_eq!(generated(&app), 20);
    app.advance(TimeDelta::hours(1));
    let admin = app.admin("Ada");
    GenerateForm::of(&admin).send(&admin).expect(201);
}

fn bad_input_changes_nothing(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let token = GenerateForm::of(&admin).send(&admin).expect(201).json();
    let token = token["token"].as_str().unwrap().to_owned();

    for months in ["abc", "7", "0", "", "-1", "6.0", "06"] {
        let form = GenerateForm::of(&admin).set("months", months);
        let answer = form.send(&admin).expect(400).json();
        assert_eq!(answer["error"], "invalid_lifespan", "{months}");
        assert_eq!(answer["generated"], false, "{months}");
        admin.send(form.request(&admin)).expect(400);
    }
    for (name, value) in [("request_id", ""), ("request_id", "short"), ("replaces", "no id")] {
        let form = GenerateForm::of(&admin).set(name, value);
        let answer = form.send(&admin).expect(400).json();
        assert_eq!(answer["generated"], false, "{name}={value}");
    }
    let csrf = GenerateForm::of(&admin).fields[0].1.clone();
    admin.post(REVOKE, &[("csrf", &csrf), ("token", "")]).expect(400);
    let long = "x".repeat(100_000);
    admin.post(GENERATE, &[("csrf", &csrf), ("months", &long)]).expect(413);
    let answer = admin.send(Request::new("DELETE", HOME).header("Sec-Fetch-Site", "same-origin"));
    assert_eq!(answer.expect(405).header("Allow"), Some("GET, HEAD"));

    assert_eq!(generated(&app), 1);
    assert!(app.scim(&token).is_accepted());
}

fn a_form_of_another_site_is_refused(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let form = GenerateForm::of(&admin);
    let plain = |header: &str, value: &str| {
        let fields: Vec<_> = form.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let request = Request::new("POST", GENERATE).form(&fields).header(header, value);
        admin.send(request.header("Accept", "application/json"))
    };

    for site in ["cross-site", "same-site", "none"] {
        let answer = plain("Sec-Fetch-Site", site).expect(403).json();
        assert_eq!((&answer["error"], &answer["generated"]), (&"forbidden".into(), &false.into()));
    }
    plain("Origin", "https://evil.example").expect(403);
    assert_eq!(generated(&app), 0);

    let origin = format!("http://{}", app.address);
    plain("Origin", &origin).expect(201);
    let login = [("email", admin.email.as_str()), ("password", PASSWORD)];
    for origin in ["https://evil.example", "null"] {
        let request = Request::new("POST", "/login").form(&login).header("Origin", origin);
        app.visitor().send(request).expect(403);
    }
}

fn a_form_of_another_session_is_refused(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let form = GenerateForm::of(&grace);

    let answer = form.send(&ada).expect(403).json();
    assert_eq!((&answer["error"], &answer["generated"]), (&"csrf".into(), &false.into()));
    form.set("csrf", "").send(&grace).expect(403);

    assert_eq!(generated(&app), 0);
}

fn a_session_ends_on_the_server(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let stolen = admin.cookie_header();
    let with_stolen =
        |path: &str| app.visitor().send(Request::new("GET", path).header("Cookie", &stolen));
    with_stolen(HOME).expect(200);

    let left = admin.submit(HOME, "/logout", &[]).expect(303);

    assert_eq!(left.header("Clear-Site-Data"), Some("\"cache\""));
    assert_eq!(
        with_stolen(HOME).expect(303).header("Location"),
        Some(&*format!("/login?next={HOME}"))
    );
    admin
        .submit("/login", "/login", &[("email", &admin.email), ("password", PASSWORD)])
        .expect(303);
    assert_ne!(admin.cookie_header(), stolen);
    with_stolen(HOME).expect(303);
}

fn a_session_ends_when_it_is_idle_and_after_a_day_of_work(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    app.advance(TimeDelta::minutes(29));
    admin.get(HOME).expect(200);
    app.advance(TimeDelta::minutes(30));
    admin.get(HOME).expect(303);

    let admin = app.admin("Ada");
    for _ in 0..28 {
        app.advance(TimeDelta::minutes(25));
        admin.get(HOME).expect(200);
    }
    app.advance(TimeDelta::minutes(20));
    admin.get(HOME).expect(303);
}

fn a_deactivated_admin_is_out_at_once(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let form = GenerateForm::of(&grace);
    let listed = app.wait(app.services().admins.list()).unwrap();
    let id = listed.iter().find(|admin| admin.name.as_str() == "Grace").unwrap().id.0;

    let path = format!("/admin/server-admins/{id}/deactivate");
    ada.submit(&path, &path, &[]).expect(303);

    let answer = form.send(&grace).expect(401).json();
    assert_eq!((&answer["error"], &answer["generated"]), (&"session_ended".into(), &false.into()));
    let login = [("email", grace.email.as_str()), ("password", PASSWORD)];
    let refused = app.visitor().submit("/login", "/login", &login).expect(422);
    assert!(refused.text().contains("The email or password is not correct."));
    assert_eq!(generated(&app), 0);
}

fn somebody_who_is_not_signed_in_is_led_to_the_login(database: &Database) {
    let app = TestApp::start(database);
    let _: Admin = app.admin("Ada");
    let visitor = app.visitor();

    for (path, next) in [
        (HOME, "/admin/authentication"),
        ("/admin/activity?kind=logged_in", "/admin/activity%3Fkind%3Dlogged_in"),
        ("/admin/account", "/admin/account"),
    ] {
        let answer = visitor.get(path).expect(303);
        assert_eq!(answer.header("Location"), Some(&*format!("/login?next={next}")), "{path}");
    }
    assert_eq!(visitor.get("/").expect(303).header("Location"), Some(HOME));
    visitor.get("/nothing/here").expect(404);
    for evil in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("next", evil)];
        let answer = app.visitor().submit("/login", "/login", &fields).expect(303);
        assert_eq!(answer.header("Location"), Some(HOME), "{evil}");
    }
    let cookies = visitor.cookie_header();
    assert_eq!(cookies, "", "only signed-in people have a session");
}

fn a_page_has_one_spelling(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    for path in [
        "/%61dmin/authentication",
        "/admin/authenticatio%6E",
        "/admin%2fauthentication",
        "/admin/authentication%2F",
        "/admin/authentication%3f",
        "/%2561dmin/authentication",
        "/admin/server-admins/%31",
        "/%6cogin",
        "/%2flogin",
        "/login%00",
        "/login%",
        "/%",
        "/%2e",
        "/%6Cogout",
        "/%73etup",
    ] {
        let browsers: [&Visitor; 2] = [&admin, &app.visitor()];
        for browser in browsers {
            let answer = browser.get(path).expect(404);
            assert_eq!(answer.header("Location"), None, "{path}");
            assert!(answer.header("Content-Type").unwrap().starts_with("text/html"), "{path}");
        }
    }
    let escaped = GENERATE.replace("scim", "%73cim");
    let form = GenerateForm::of(&admin);
    let fields: Vec<_> = form.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    admin.send(admin.form(&escaped, &fields)).expect(404);
    assert_eq!(generated(&app), 0);
    assert_eq!(form.send(&admin).status, 201);
}
