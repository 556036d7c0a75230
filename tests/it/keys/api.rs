//! `/v1/admin/token`.

use chrono::TimeDelta;
use scimward::domain::keys::scope::Scope;
use scimward::domain::keys::secret::PlainKey;

use super::pages::make_on_page;
use super::{TOKEN, ask, asked, make};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::Request;
use crate::support::on_each_database;

on_each_database!(
    a_key_reads_what_the_command_line_shows,
    nothing_else_opens_the_interface,
    a_key_that_has_ended_opens_nothing,
    guessing_is_slowed_down_and_says_nothing_about_sync,
);

fn a_key_reads_what_the_command_line_shows(database: &Database) {
    let app = TestApp::start(database);
    let key = make(&app, Scope::Read);
    let read = || ask(&app, "GET", key.plain.expose()).expect(200);
    assert_eq!(read().json()["status"], "none");
    let token = app.generate(3);
    assert!(app.scim(token.plain.expose()).is_accepted());
    app.upkeep();

    let answer = read();

    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(body["status"], "active");
    assert_eq!(body["token_id"], token.token.id.as_str());
    assert_eq!(body["expires_at"], "2027-02-22T14:03:00Z");
    assert_eq!(body["expires_in"], 92 * 86_400);
    assert_eq!((&body["sync"]["state"], &body["sync"]["refused"]), (&"working".into(), &0.into()));
    assert_eq!(body["last_used_from"], "127.0.0.1");
    assert!(!answer.text().contains(token.plain.expose()));
    app.advance(TimeDelta::minutes(7));
    read();
    app.upkeep();
    let listed = app.wait(app.services().keys.list()).unwrap().remove(0);
    let last = listed.last_use.expect("a use");
    assert_eq!((last.at, last.agent.as_deref()), (app.services().now(), Some("Terraform/1.9")));

    app.revoke();
    assert_eq!(read().json()["status"], "revoked");
    let head = ask(&app, "HEAD", key.plain.expose()).expect(200);
    assert_eq!(head.text(), "");
    let options = Request::new("OPTIONS", TOKEN).send(app.address).expect(204);
    assert!(options.header("Allow").is_some_and(|allow| allow.starts_with("GET, HEAD")));
    for method in ["PUT", "PATCH", "BREW"] {
        let wrong = ask(&app, method, key.plain.expose()).expect(405);
        assert_eq!(wrong.header("Allow"), options.header("Allow"), "{method}");
    }
}

fn nothing_else_opens_the_interface(database: &Database) {
    let app = TestApp::start(database);
    let token = app.generate(1);
    let key = make(&app, Scope::Replace);
    let key = key.plain.expose();
    let stranger = PlainKey::generate(|bytes| bytes.fill(9));
    let admin = app.admin("Ada");
    let bearer = |text: &str| asked("GET", &format!("Bearer {text}"));
    let mut answers = Vec::new();
    for (request, status) in [
        (admin.with_cookies(Request::new("GET", TOKEN)), 401),
        (bearer(token.plain.expose()), 401),
        (bearer(stranger.expose()), 401),
        (bearer(&key[..62]), 401),
        (bearer(&format!("Bearer {key}")), 401),
        (asked("GET", key), 401),
        (asked("GET", &format!("Basic {key}")), 401),
        (Request::new("GET", &format!("{TOKEN}?access_token={key}")), 401),
        (bearer(key).header("Authorization", &format!("Bearer {key}")), 400),
        (bearer(key), 200),
    ] {
        let answer = request.send(app.address).expect(status);
        let challenge = answer.header("WWW-Authenticate").map(str::to_owned);
        assert_eq!(challenge.is_some(), status != 200, "{}", answer.text());
        assert!(answer.header("Set-Cookie").is_none());
        answers.push(answer.text().to_owned());
    }
    // An unknown key, the SCIM token and one that is cut off: nobody learns which it was.
    assert!(answers[1..=4].iter().all(|answer| *answer == answers[1]), "{answers:#?}");

    // And a key opens nothing else.
    for path in ["/v1/token/validate", "/scim/v2/Users", "/forward-auth"] {
        let answer = Request::new("GET", path).header("Authorization", &format!("Bearer {key}"));
        answer.send(app.address).expect(401);
    }
    for path in ["/admin/authentication", "/admin/api-keys", "/admin/activity/export.json"] {
        let answer = Request::new("GET", path).header("Authorization", &format!("Bearer {key}"));
        answer.send(app.address).expect(303);
    }
}

fn a_key_that_has_ended_opens_nothing(database: &Database) {
    let app = TestApp::start(database);
    let grace = app.admin("Grace");
    app.add_admin("Ada");
    let hers = make_on_page(&grace, "read");
    let (revoked, kept) = (make(&app, Scope::Read), make(&app, Scope::Read));
    let other_instance = app.second_instance(database);
    let status = |key: &str| ask(&other_instance, "GET", key).status;
    for key in [&hers, revoked.plain.expose(), kept.plain.expose()] {
        assert_eq!(status(key), 200);
    }

    let by = || scimward::domain::admin::actor::Author::CommandLine;
    app.wait(app.services().keys.revoke(revoked.key.id.clone(), by())).unwrap();
    assert_eq!((status(revoked.plain.expose()), status(&hers)), (401, 200));
    let id = app.add_admin("Grace").id;
    app.wait(app.services().admins.set_active(id, false, by())).unwrap();
    assert_eq!((status(&hers), status(kept.plain.expose())), (401, 200));
    app.wait(app.services().admins.set_active(id, true, by())).unwrap();
    assert_eq!(status(&hers), 200);

    app.advance(kept.key.expires_at - app.services().now() - TimeDelta::seconds(1));
    assert_eq!(status(kept.plain.expose()), 200);
    app.advance(TimeDelta::seconds(1));
    assert_eq!((status(kept.plain.expose()), status(&hers)), (401, 401));
    app.upkeep();
    other_instance.upkeep();
    let said: Vec<_> = app.activity().iter().map(|entry| entry.event.kind.as_str()).collect();
    let count = |kind: &str| said.iter().filter(|known| **known == kind).count();
    assert_eq!((count("api_key_created"), count("api_key_revoked")), (3, 1));
    assert_eq!(count("api_key_expired"), 2, "the one that was revoked does not expire");

    assert_eq!(app.wait(app.services().keys.list()).unwrap().len(), 3);
    for passed in [TimeDelta::days(30), TimeDelta::hours(1)] {
        app.advance(passed);
        app.upkeep();
    }
    assert_eq!(app.wait(app.services().keys.list()).unwrap(), []);
}

fn guessing_is_slowed_down_and_says_nothing_about_sync(database: &Database) {
    let app = TestApp::with(database, &[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    let token = app.generate(1);
    assert!(app.scim(token.plain.expose()).is_accepted());
    let key = make(&app, Scope::Read);
    let from = |address: &str, key: &str| {
        asked("GET", &format!("Bearer {key}")).header("X-Forwarded-For", address).send(app.address)
    };
    for number in 0..500_u16 {
        let guess = PlainKey::generate(|bytes| bytes.fill(u8::try_from(number % 200).unwrap()));
        assert_eq!(from("192.0.2.1", guess.expose()).status, 401, "{number}");
    }

    let slowed = from("192.0.2.1", "scimk_x").expect(429);

    let wait = slowed.header("Retry-After").expect("how long").parse::<u32>();
    assert!(wait.is_ok_and(|seconds| (1..=120).contains(&seconds)));
    from("192.0.2.1", key.plain.expose()).expect(200);
    from("192.0.2.2", "scimk_x").expect(401);
    app.upkeep();
    let body = from("192.0.2.3", key.plain.expose()).expect(200).json();
    assert_eq!((&body["sync"]["state"], &body["sync"]["refused"]), (&"working".into(), &0.into()));
    assert!(!app.activity().iter().any(|e| e.event.kind.as_str() == "requests_refused"));
}
