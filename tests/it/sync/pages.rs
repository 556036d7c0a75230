//! What pages, metrics and commands say.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;

use crate::support::actors::Admin;
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::Request;
use crate::support::on_each_database;
use crate::support::page;
use crate::support::process::Scimward;

on_each_database!(
    a_token_that_works_is_green_and_one_that_waits_is_not,
    refusals_are_told_on_every_page,
    what_looks_like_a_token_counts_from_anywhere_and_a_scanner_does_not,
    an_older_token_is_told_at_once_after_closing_without_copying,
    the_state_is_read_without_extending_the_session,
    the_first_refusal_and_the_first_use_are_seen_by_every_instance,
    an_expired_token_that_nobody_used_waits_for_nothing,
    a_revoked_token_says_who_and_since_when,
    requests_that_name_the_old_token_are_told_as_a_claim,
    a_network_of_version_six_is_one_source,
);

const PAGE: &str = "/admin/authentication";
const STATE: &str = "/admin/authentication/state";

fn title(html: &str) -> &str {
    let (_, rest) = html.split_once("<title>").unwrap();
    rest.split_once("</title>").unwrap().0
}

fn show(admin: &Admin) -> String {
    admin.get(PAGE).expect(200).text().to_owned()
}

#[track_caller]
fn assert_says(html: &str, expected: &[&str]) {
    for text in expected {
        assert!(html.contains(text), "{text:?} is missing in\n{html}");
    }
}

fn a_token_that_works_is_green_and_one_that_waits_is_not(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    assert!(!show(&admin).contains("sync-word"), "there is no sync before the first token");
    let token = app.generate(6);
    let html = show(&admin);
    assert_eq!(title(&html), "Authentication · Admin Settings · scimward");
    assert_says(
        &html,
        &[
            "badge badge-neutral",
            "For the first request.",
            "Waiting for the first request…",
            "waiting for the first request",
            "Refresh to see whether it is used",
        ],
    );
    assert!(!html.contains("new token."), "{html}");

    assert!(app.scim(token.plain.expose()).is_accepted());
    app.upkeep();

    let html = show(&admin);
    assert_says(
        &html,
        &["badge badge-success", "<span>Working</span>", "Last request just now", "In use since"],
    );
    assert_says(&html, &["Done: your identity provider uses the new token"]);
}

fn refusals_are_told_on_every_page(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let token = app.generate(6);
    assert!(app.scim(token.plain.expose()).is_accepted());
    app.upkeep();
    app.advance(TimeDelta::minutes(20));
    for _ in 0..3 {
        assert!(!app.scim("scimw_mistyped").is_accepted());
    }
    app.upkeep();

    let html = show(&admin);
    assert_eq!(title(&html), "Sync refused · Authentication · Admin Settings · scimward");
    assert_says(
        &html,
        &[
            "role=\"alert\"",
            "SCIM requests are refused: the token is mistyped or cut off",
            "3 requests refused since 14:23 UTC, the last one just now",
            "Sync last worked 20 minutes ago.",
            "3 since 14:23 UTC",
            "Copy all 63 characters again.",
        ],
    );
    let elsewhere = admin.get("/admin/activity").expect(200).text().to_owned();
    assert!(title(&elsewhere).starts_with("Sync refused · "), "{}", title(&elsewhere));
    assert_says(&elsewhere, &["Go to SCIM Token", "notice-danger"]);
    assert!(!elsewhere.contains("role=\"alert\""), "this session has been told");

    // A scanner alone does not matter, once the faults are over.
    assert!(app.scim(token.plain.expose()).is_accepted());
    app.upkeep();
    app.advance(TimeDelta::minutes(16));
    Request::new("GET", "/scim/v2/Users").send(app.address).expect(401);
    app.upkeep();
    // The scanner has the address of the provider here: it is a fault of the sync.
    assert!(title(&show(&admin)).starts_with("Sync refused"));
}

fn what_looks_like_a_token_counts_from_anywhere_and_a_scanner_does_not(database: &Database) {
    let app = TestApp::with(database, &[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    let admin = app.admin("Ada");
    let token = app.generate(6);
    let ask = |authorization: Option<&str>, from: &str| {
        let request = Request::new("GET", "/scim/v2/Users").header("X-Forwarded-For", from);
        let request = match authorization {
            Some(line) => request.header("Authorization", line),
            None => request,
        };
        request.send(app.address).status
    };
    assert_eq!(ask(Some(&format!("Bearer {}", token.plain.expose())), "203.0.113.24"), 200);
    app.upkeep();
    for (line, is_fault) in [
        (None, false),
        (Some("Bearer eyJhbGciOiJub25lIn0"), false),
        (Some("Basic c2NpbXdfOng="), false),
        (Some("Bearer scimw_cut"), true),
        (Some("scimw_cut"), true),
        (Some("Bearer Bearer scimw_cut"), true),
        (Some("Bearer: \"scimw_cut\""), true),
    ] {
        app.advance(TimeDelta::minutes(20));
        assert_eq!(ask(line, "198.51.100.77"), 401, "{line:?}");
        app.upkeep();

        let html = show(&admin);
        assert_eq!(title(&html).starts_with("Sync refused"), is_fault, "{line:?}");
    }
}

fn an_older_token_is_told_at_once_after_closing_without_copying(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let old = app.generate(6);
    assert!(app.scim(old.plain.expose()).is_accepted());
    app.upkeep();
    app.advance(TimeDelta::minutes(5));
    let form = show(&admin);
    let mut fields = page::hidden_fields(&form, "/admin/authentication/scim-token");
    fields.retain(|(name, _)| name != "confirm");
    let value = |name: &str| {
        fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap()
    };
    let (csrf, request_id) = (value("csrf"), value("request_id"));
    let generate = [
        ("csrf", &*csrf),
        ("request_id", &*request_id),
        ("replaces", old.token.id.as_str()),
        ("months", "1"),
        ("confirm", "replace"),
    ];
    let request = admin.form("/admin/authentication/scim-token", &generate);
    admin.send(request.header("Accept", "application/json")).expect(201);

    let closed = [("csrf", &*csrf), ("request_id", &*request_id), ("copied", "false")];
    admin.post("/admin/authentication/scim-token/closed", &closed).expect(204);
    assert!(!app.scim(old.plain.expose()).is_accepted());
    app.upkeep();

    let html = show(&admin);
    assert_says(
        &html,
        &[
            "The window was closed before the new token was copied",
            "Generate another token",
            "Not copied",
            "Not switched",
            "The replaced token",
        ],
    );
    assert!(!html.contains("New SCIM token generated."), "{html}");
    assert_eq!(title(&html), "Not switched · Authentication · Admin Settings · scimward");
}

fn the_state_is_read_without_extending_the_session(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    show(&admin);
    let token = app.generate(6);
    let ask = || admin.send(Request::new("GET", STATE).header("Accept", "application/json"));

    let waiting = ask().expect(200);
    assert_eq!(waiting.header("Cache-Control"), Some("no-store"));
    let json = waiting.json();
    assert_eq!(json["state"], "waiting");
    assert_eq!(json["steps"][1]["what"], "Waiting for the first request…");

    assert!(app.scim(token.plain.expose()).is_accepted());
    app.upkeep();
    let json = ask().json();
    assert_eq!((&json["state"], &json["badge"]), (&"working".into(), &"success".into()));
    assert!(json["steps"][1]["what"].as_str().unwrap().starts_with("In use since 14:03 UTC"));
    assert_eq!(json["notice"]["tone"], "success");

    for _ in 0..29 {
        app.advance(TimeDelta::minutes(1));
        ask().expect(200);
    }
    app.advance(TimeDelta::minutes(1));
    let ended = ask().expect(401);
    assert_eq!(ended.json()["error"], "session_ended");
}

fn the_first_refusal_and_the_first_use_are_seen_by_every_instance(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    let admin = Admin::signed_in(&other, "Ada");
    let token = app.generate(6);
    let until = |expected: &str| {
        for _ in 0..2_000 {
            if admin.get(STATE).expect(200).text().contains(expected) {
                return;
            }
        }
        panic!("{expected} is not seen");
    };

    assert!(!app.scim("scimw_mistyped").is_accepted());
    until("1 request refused: the token is mistyped or cut off");

    assert!(app.scim(token.plain.expose()).is_accepted());
    until("In use since");
}

fn an_expired_token_that_nobody_used_waits_for_nothing(database: &Database) {
    let app = TestApp::start(database);
    app.generate(1);
    app.advance(TimeDelta::days(40));
    let admin = app.admin("Ada");

    let html = show(&admin);

    assert!(!html.contains("waiting for"), "{html}");
    assert_says(&html, &["SCIM sync has stopped.", "No request since.", "<span>Stopped</span>"]);
    assert_eq!(title(&html), "Sync stopped · Authentication · Admin Settings · scimward");
}

fn a_revoked_token_says_who_and_since_when(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let token = app.generate(6);
    assert!(app.scim(token.plain.expose()).is_accepted());
    app.upkeep();
    admin.submit("/admin/authentication/revoke", "/admin/authentication/revoke", &[]).expect(303);
    app.advance(TimeDelta::minutes(21));
    assert!(!app.scim(token.plain.expose()).is_accepted());
    app.upkeep();

    let html = show(&admin);

    assert_says(
        &html,
        &[
            "SCIM sync has stopped: the token was revoked",
            "Ada (you) revoked it on 22 Nov 2026, 14:03 UTC, 21 minutes ago. 1 request refused",
            "The revoked token",
            "There is no valid token.",
        ],
    );
    assert!(!html.contains("replaced or revoked"), "{html}");
}

fn requests_that_name_the_old_token_are_told_as_a_claim(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let old = app.generate(6);
    assert!(app.scim(old.plain.expose()).is_accepted());
    app.upkeep();
    let new = app.generate(6);
    app.advance(TimeDelta::minutes(16));
    for _ in 0..2 {
        assert!(!app.scim(old.plain.expose()).is_accepted());
    }
    app.upkeep();

    let html = show(&admin);
    let enter = format!(
        "If they come from your identity provider, enter the new token {} there.",
        new.token.id
    );
    assert_eq!(title(&html), "Not switched · Authentication · Admin Settings · scimward");
    assert_says(
        &html,
        &[
            "SCIM sync has stopped: requests still name the old token",
            "2 requests refused since 14:19 UTC, the last one just now",
            &enter,
            "The new token has never been used.",
            "A request last named the old one just now.",
        ],
    );
    assert!(!html.contains("identity provider still"), "{html}");
    let activity = admin.get("/admin/activity").expect(200).text().to_owned();
    assert_says(&activity, &["Requests still name the replaced token"]);

    let shown = Scimward::on(database).run(&["token", "show"]).stdout;
    for line in ["Sync:         not switched", "Refused:      2 since 2", "the token was replaced"]
    {
        assert!(shown.contains(line), "{line:?} is missing in\n{shown}");
    }
    let shown = Scimward::on(database).run(&["token", "show", "--json"]).stdout;
    let sync = serde_json::from_str::<serde_json::Value>(&shown).unwrap()["sync"].clone();
    assert_eq!((&sync["state"], &sync["refused"]), (&"not_switched".into(), &2.into()), "{sync}");
    let metrics = app.wait(scimward::web::metrics::write(app.services(), 0));
    for sample in [
        "scimward_sync_state{state=\"not_switched\"} 1",
        "scimward_sync_state{state=\"working\"} 0",
        "scimward_sync_silent 0",
    ] {
        assert!(metrics.lines().any(|line| line == sample), "{sample} is missing in\n{metrics}");
    }
}

fn a_network_of_version_six_is_one_source(database: &Database) {
    let app = TestApp::with(database, &[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    let admin = app.admin("Ada");
    let token = app.generate(6);
    let ask = |token: &str, from: &str| {
        let request = Request::new("GET", "/scim/v2/Users").header("X-Forwarded-For", from);
        request.header("Authorization", &format!("Bearer {token}")).send(app.address).status
    };
    assert_eq!(ask(token.plain.expose(), "2001:db8::1"), 200);
    app.upkeep();
    app.advance(TimeDelta::minutes(20));
    for host in 2..302 {
        assert_eq!(ask("another", &format!("2001:db8::{host:x}")), 401);
    }
    assert_eq!(ask("another", "2001:db8:0:1::1"), 401);
    app.upkeep();
    for _ in 0..2 {
        assert_eq!(ask("another", "2001:db8::ffff"), 401);
        app.upkeep();
    }

    // The provider has another address of its network today: it is a fault of the sync.
    let html = show(&admin);
    assert!(title(&html).starts_with("Sync refused"), "{}", title(&html));
    assert_says(&html, &["302 times", "once"]);
    let refused: Vec<_> = app
        .activity()
        .into_iter()
        .filter(|entry| entry.event.kind == Kind::RequestsRefused)
        .map(|entry| entry.event.count)
        .collect();
    assert_eq!(refused.iter().sum::<u64>(), 303);
    assert_eq!(refused.len(), 2, "{refused:?}");
}
