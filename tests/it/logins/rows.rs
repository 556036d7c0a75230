//! What failed logins leave behind.

use chrono::TimeDelta;
use scimward::domain::activity::{Event, Kind};

use super::*;
use crate::support::actors::PASSWORD;
use crate::support::on_each_database;

on_each_database!(
    failures_of_one_source_and_hour_are_one_entry,
    failures_of_very_many_sources_are_counted_together,
    failures_of_a_network_of_version_six_count_as_those_of_one_source,
    counts_are_bounded_and_those_with_most_failures_stay,
    a_password_that_cannot_be_checked_is_not_counted,
);

/// The entries about failed logins, newest first.
fn entries(app: &TestApp) -> Vec<Event> {
    let entries = app.activity().into_iter().map(|entry| entry.event);
    entries.filter(|event| event.kind == Kind::LoginFailed).collect()
}

fn fail(app: &TestApp, from: &str, email: &str) {
    log_in(app, from, email, WRONG).expect(422);
}

fn failures_of_one_source_and_hour_are_one_entry(database: &Database) {
    let app = behind_proxy(database);
    let ada = app.admin("Ada");
    for n in 0..4 {
        fail(&app, "192.0.2.7", "ada@example.com");
        fail(&app, "192.0.2.7", &format!("person{}@example.com", n % 2));
    }
    fail(&app, "192.0.2.8", "no address");

    let told: Vec<_> = entries(&app)
        .into_iter()
        .map(|event| (event.source.address_text().unwrap(), event.count, event.subject.unwrap()))
        .collect();
    let all = "ada@example.com, person0@example.com, person1@example.com";
    assert_eq!(
        told,
        [
            ("192.0.2.8".to_owned(), 1, "an unreadable address".to_owned()),
            ("192.0.2.7".to_owned(), 8, all.to_owned()),
        ]
    );
    let page = ada.get("/admin/activity").expect(200).text().to_owned();
    assert!(page.contains(&format!("8 logins failed for <bdi>{all}</bdi>")), "{page}");
    let csv = ada.get("/admin/activity/export.csv?kind=login_failed").expect(200);
    assert!(csv.text().contains("8 logins failed for ada@example.com"), "{}", csv.text());

    app.advance(TimeDelta::hours(1));
    fail(&app, "192.0.2.7", "grace@example.com");
    app.advance(TimeDelta::hours(-1));
    fail(&app, "192.0.2.7", "grace@example.com");
    let counts: Vec<_> = entries(&app).iter().map(|event| event.count).collect();
    assert_eq!(counts, [1, 1, 9]);
}

fn failures_of_very_many_sources_are_counted_together(database: &Database) {
    let app = behind_proxy(database);
    let ada = app.admin("Ada");
    for n in 0..260 {
        fail(&app, &format!("10.0.{}.{}", n / 256, n % 256), &format!("person{n}@example.com"));
    }
    fail(&app, "10.0.0.1", "ada@example.com");

    let rows = database.ask("SELECT count(*) FROM activity WHERE kind = 'login_failed'");
    assert_eq!(rows, ["201"]);
    let rest = "SELECT count || ' ' || subject FROM activity \
                WHERE kind = 'login_failed' AND address IS NULL";
    let named: Vec<_> = (200..205).map(|n| format!("person{n}@example.com")).collect();
    assert_eq!(database.ask(rest), [format!("60 {} and others", named.join(", "))]);
    let again = "SELECT count || ' ' || subject FROM activity WHERE address = '10.0.0.1'";
    assert_eq!(database.ask(again), ["2 person1@example.com, ada@example.com"]);
    let page = ada.get("/admin/activity").expect(200).text().to_owned();
    assert!(page.contains("60 logins failed for") && page.contains("from various addresses"));
}

fn failures_of_a_network_of_version_six_count_as_those_of_one_source(database: &Database) {
    let app = behind_proxy(database);
    app.add_admin("Ada");
    for n in 0..20 {
        fail(&app, &format!("2001:db8:0:7::{n:x}"), &format!("person{n}@example.com"));
    }

    let neighbour = log_in(&app, "2001:db8:0:7:ffff::1", "ada@example.com", PASSWORD);
    assert_eq!(neighbour.status, 429);
    assert_eq!(log_in(&app, "2001:db8:0:8::1", "ada@example.com", PASSWORD).status, 303);
    let told: Vec<_> = entries(&app).iter().map(|event| event.count).collect();
    assert_eq!(told, [20]);
}

fn counts_are_bounded_and_those_with_most_failures_stay(database: &Database) {
    let app = behind_proxy(database);
    app.add_admin("Ada");
    let now = app.services().now().timestamp();
    for n in 0..5 {
        fail(&app, &format!("192.0.2.{n}"), "ada@example.com");
    }
    let fill = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9994) \
         INSERT INTO login_failures (subject, failures, last_at) \
         SELECT 'source:' || i, 2, {now} + i FROM n"
    );
    assert_eq!(database.ask(&fill), [""; 0]);

    fail(&app, "198.51.100.7", "grace@example.com");

    let rows: u32 = database.ask("SELECT count(*) FROM login_failures")[0].parse().unwrap();
    assert!((9_000..=10_000).contains(&rows), "{rows}");
    assert_eq!(log_in(&app, "198.51.100.8", "ada@example.com", PASSWORD).status, 429);
    let newest = "SELECT count(*) FROM login_failures WHERE subject = 'source:9994'";
    assert_eq!(database.ask(newest), ["1"]);
}

fn a_password_that_cannot_be_checked_is_not_counted(database: &Database) {
    let app = behind_proxy(database);
    let ada = app.admin("Ada");
    fail(&app, "192.0.2.1", "ada@example.com");
    let before = counted(database);
    let broken = "UPDATE server_admins SET password_hash = 'no hash'";
    assert_eq!(database.ask(broken), [""; 0]);

    for _ in 0..30 {
        log_in(&app, "192.0.2.1", "ada@example.com", PASSWORD).expect(500);
        let fields = [("present", PASSWORD), ("fresh", "eleven comets under granite")];
        ada.submit("/admin/account", "/admin/account/password", &fields).expect(500);
    }

    assert_eq!(counted(database), before);
    assert_eq!(entries(&app).len(), 1);
}
