//! What Prometheus reads, and the rules and the dashboard that are built on it.

mod promtool;

use chrono::TimeDelta;
use scimward::domain::admin::actor::Author;
use scimward::domain::keys::scope::Scope;
use scimward::service::keys::{CreatedKey, NewKey};
use scimward::web::metrics;

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::Request;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::process::Scimward;
use crate::support::proxy::free_address;
use crate::support::smtp::MailServer;

on_each_database!(
    metrics_say_what_was_decided,
    metrics_tell_of_api_keys,
    metrics_say_how_mails_stand,
    metrics_count_sessions_that_have_not_ended,
    metrics_are_served_while_the_database_is_broken,
);

fn with_metrics(database: &Database) -> TestApp {
    TestApp::with(database, &[("SCIMWARD_METRICS_LISTEN", "127.0.0.1:0")])
}

fn scrape(app: &TestApp) -> String {
    let address = app.metrics_address.expect("an address of its own");
    let answer = Request::new("GET", "/metrics").send(address).expect(200);
    assert!(answer.header("Content-Type").unwrap().starts_with("text/plain; version=0.0.4"));
    answer.text().to_owned()
}

fn assert_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|found| found == *line), "{line}:\n{text}");
    }
}

/// The value of a sample.
fn value(text: &str, sample: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{sample}:\n{text}")).parse().expect("a number")
}

fn metrics_say_what_was_decided(database: &Database) {
    let app = with_metrics(database);
    assert!(!scrape(&app).contains("token_id"), "there is no token yet");
    let old = app.generate(1);
    let token = app.generate(6);
    app.scim(token.plain.expose()).get("/v1/token/validate").expect(200);
    app.scim(token.plain.expose()).get("/forward-auth").expect(200);
    app.scim(old.plain.expose()).get("/v1/token/validate").expect(401);
    app.scim("nonsense").get("/v1/token/validate").expect(401);

    let text = scrape(&app);

    let expiry = token.token.expires_at.timestamp();
    assert_lines(
        &text,
        &[
            "scimward_decisions_total{result=\"accepted\"} 2",
            "scimward_decisions_total{result=\"refused\"} 2",
            "scimward_decisions_total{result=\"undecided\"} 0",
            "scimward_refusals_total{reason=\"replaced\"} 1",
            "scimward_refusals_total{reason=\"expired\"} 0",
            // Nonsense is refused without asking anybody.
            "scimward_validation_duration_seconds_bucket{le=\"+Inf\"} 3",
            "scimward_validation_duration_seconds_count 3",
            "scimward_argon2_runs_total{secret=\"token\"} 2",
            "scimward_argon2_waiting{secret=\"token\"} 0",
            "scimward_argon2_turned_away_total{secret=\"password\"} 0",
            "scimward_database_up 1",
            &format!(
                "scimward_token_expiry_timestamp_seconds{{token_id=\"{}\"}} {expiry}",
                token.token.id
            ),
        ],
    );
    assert!(value(&text, "scimward_validation_duration_seconds_sum") > 0.0, "{text}");
    assert!(!text.contains(&token.plain.expose()[14..]), "{text}");
    Request::new("GET", "/").send(app.metrics_address.unwrap()).expect(404);
    Request::new("GET", "/metrics").send(app.address).expect(404);
}

fn metrics_tell_of_api_keys(database: &Database) {
    let app = with_metrics(database);
    let key = |scope, months: &str| {
        let (name, validity) = ("Terraform".parse().unwrap(), months.parse().unwrap());
        let new = NewKey { name, scope, validity, request: None };
        app.wait(app.services().keys.create(new, Author::CommandLine)).expect("a key")
    };
    let next = "scimward_api_key_expiry_timestamp_seconds";
    let text = scrape(&app);
    assert_lines(&text, &["scimward_api_keys{scope=\"read\"} 0"]);
    assert!(!text.contains(next), "there is no key yet");
    let (first, second) = (key(Scope::Read, "1"), key(Scope::Replace, "2"));
    let revoked = key(Scope::Read, "1");
    let id = revoked.key.id.clone();
    app.wait(app.services().keys.revoke(id, Author::CommandLine)).expect("a key");
    for (method, key, status) in [
        ("GET", &first, 200),
        ("DELETE", &first, 403),
        ("GET", &revoked, 401),
        ("GET", &second, 200),
    ] {
        Request::new(method, "/v1/admin/token")
            .header("Authorization", &format!("Bearer {}", key.plain.expose()))
            .send(app.address)
            .expect(status);
    }

    let text = scrape(&app);

    let expiry = |key: &CreatedKey| {
        format!("{next}{{key_id=\"{}\"}} {}", key.key.id, key.key.expires_at.timestamp())
    };
    assert_lines(
        &text,
        &[
            "scimward_api_keys{scope=\"read\"} 1",
            "scimward_api_keys{scope=\"replace\"} 1",
            "scimward_api_key_decisions_total{result=\"accepted\"} 2",
            "scimward_api_key_decisions_total{result=\"refused\"} 2",
            // None of them says anything about the token.
            "scimward_decisions_total{result=\"refused\"} 0",
            &expiry(&first),
        ],
    );
    app.clock.set(first.key.expires_at);
    let text = scrape(&app);
    assert_lines(&text, &["scimward_api_keys{scope=\"read\"} 0", &expiry(&second)]);
    assert_eq!(text.matches(&format!("\n{next}")).count(), 1, "{text}");
}

fn metrics_say_how_mails_stand(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    let text = || app.wait(metrics::write(app.services(), 0));
    app.add_admin("Ada");
    app.add_admin("Grace");
    let token = app.generate_and_send(1);
    let oldest = "scimward_mail_oldest_undelivered_timestamp_seconds";
    assert_lines(
        &text(),
        &[
            "scimward_mails{kind=\"minus15\",state=\"planned\"} 2",
            "scimward_mails{kind=\"generated\",state=\"sent\"} 2",
            "scimward_mail_reaches_admins 1",
        ],
    );
    assert!(!text().contains(oldest), "everything is delivered");

    server.set_down(true);
    app.clock.set(token.expires_at - TimeDelta::days(14));
    app.send_due();

    let schedule = app.services().mails.schedule();
    let milestone = scimward::domain::mail::milestone::Milestone::FifteenDaysBefore;
    let due = schedule.due_at(milestone, token.expires_at).timestamp();
    assert_lines(
        &text(),
        &[
            "scimward_mails{kind=\"minus15\",state=\"retrying\"} 2",
            "scimward_mails{kind=\"minus15\",state=\"planned\"} 0",
            &format!("{oldest} {due}"),
        ],
    );

    server.set_down(false);
    app.send_now();

    assert_lines(&text(), &["scimward_mails{kind=\"minus15\",state=\"sent\"} 2"]);
    assert!(!text().contains(oldest), "everything is delivered");
}

fn metrics_count_sessions_that_have_not_ended(database: &Database) {
    let app = with_metrics(database);
    let sessions = || value(&scrape(&app), "scimward_sessions");
    assert!(sessions() < 1.0);
    let _ada = app.admin("Ada");
    let _grace = app.admin("Grace");
    assert!((sessions() - 2.0).abs() < 0.5);

    app.advance(TimeDelta::minutes(31));

    assert!(sessions() < 1.0);
}

fn metrics_are_served_while_the_database_is_broken(database: &Database) {
    use diesel::connection::SimpleConnection;

    let app = with_metrics(database);
    let break_it = "ALTER TABLE tokens RENAME TO lost";
    app.wait(app.store().read(|conn| Ok(conn.batch_execute(break_it)?))).unwrap();

    let text = scrape(&app);

    assert_lines(
        &text,
        &["scimward_database_up 0", "scimward_decisions_total{result=\"accepted\"} 0"],
    );
    assert!(!text.contains("scimward_sessions"), "{text}");
}

/// The process may not be read by others of its user, and must still see itself.
#[test]
fn metrics_tell_what_the_process_takes_up() {
    let database = Database::fresh(Engine::Sqlite);
    let free = free_address();
    let scimward = Scimward::on(&database).with("SCIMWARD_METRICS_LISTEN", &free.to_string());
    let server = scimward.serve();

    let text = Request::new("GET", "/metrics").send(free).expect(200).text().to_owned();

    assert!(value(&text, "process_resident_memory_bytes") > 1e6, "{text}");
    assert!(value(&text, "process_virtual_memory_bytes") > 1e6, "{text}");
    assert!(value(&text, "process_cpu_seconds_total") > 0.0, "{text}");
    let (open, most) = (value(&text, "process_open_fds"), value(&text, "process_max_fds"));
    assert!(5.0 < open && open < most, "{text}");
    assert!(value(&text, "process_start_time_seconds") > 1.7e9, "{text}");
    assert_eq!(server.stop().code, 0);
}
