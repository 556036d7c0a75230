//! What a receiver's answer does, and that no receiver holds up another.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;
use scimward::domain::mail::kind::MailKind;
use scimward::service::mails::MailStatus;
use scimward::store;

use super::{HIDDEN, header, json_to, types};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::smtp::MailServer;
use crate::support::upstream::Upstream;

on_each_database!(
    the_answer_decides,
    a_receiver_that_is_gone_is_left_alone,
    a_silent_receiver_holds_up_nobody,
);

/// How the one notice to the webhook stands: its state, the minutes to the next try, the answer.
fn standing(app: &MailApp) -> (&'static str, i64, String) {
    let overview = app.overview();
    let generated = overview.mails.iter().filter(|mail| mail.kind == MailKind::Generated);
    let notice = generated.clone().find(|mail| mail.is_for_webhook()).expect("a notice");
    let now = overview.banner.now;
    match &notice.status {
        MailStatus::Retrying { answer, next_try_at } => {
            ("retrying", (*next_try_at - now).num_seconds(), answer.clone())
        }
        MailStatus::Failed { answer, .. } => ("failed", 0, answer.clone()),
        status => (status.as_str(), 0, String::new()),
    }
}

fn the_answer_decides(database: &Database) {
    let server = MailServer::start();
    let elsewhere = Upstream::deciding(|_| Some("200 OK".to_owned()));
    let redirect = format!("302 Found\r\nLocation: http://{}/\r\n", elsewhere.address);
    let (date, soon) = ("429 Busy\r\nRetry-After: Sun, 22 Nov 2026 14:13:00 GMT\r\n", 600);
    for (answer, state, seconds, kept) in [
        ("202 Accepted", "sent", 0, ""),
        (&redirect, "failed", 0, "302 Found: redirects are not followed"),
        ("404 Not Found", "failed", 0, "404 Not Found"),
        ("408 Request Timeout", "retrying", 60, "408 Request Timeout"),
        ("429 Too Many Requests", "retrying", 60, "429 Too Many Requests"),
        ("429 Busy\r\nRetry-After: 1200\r\n", "retrying", 1200, "429 Too Many Requests"),
        (date, "retrying", soon, "429 Too Many Requests"),
        ("503 Service Unavailable", "retrying", 60, "503 Service Unavailable"),
    ] {
        let database = Database::fresh(database.engine());
        let answers = [answer.to_owned(), "200 OK".to_owned()];
        let mut answers = answers.into_iter();
        let receiver = Upstream::deciding(move |_| answers.next());
        let setting = json_to(&receiver);
        let app = MailApp::with(&database, &server, &[("SCIMWARD_WEBHOOKS", &setting)]);
        app.add_admin("Ada");
        app.generate(1);

        app.call_webhooks();

        let (found, wait, text) = standing(&app);
        assert_eq!((found, wait), (state, seconds), "{answer}: {text}");
        assert!(text.starts_with(kept) && !text.contains(HIDDEN), "{text}");
        app.call_webhooks();
        let first = receiver.received();
        assert_eq!(first.len(), 1, "{answer}");
        let is_failed = u64::from(state == "failed");
        let entries = app.wait(app.store().read(|conn| store::activity::page(conn, None, &[], 50)));
        let failed = entries.unwrap().into_iter().filter(|e| e.event.kind == Kind::WebhookFailed);
        assert_eq!(failed.map(|entry| entry.event.count).sum::<u64>(), is_failed, "{answer}");
        if state == "retrying" {
            app.advance(TimeDelta::seconds(seconds));
            app.call_webhooks();
            let again = receiver.received();
            assert_eq!(standing(&app).0, "sent", "{answer}");
            assert_eq!(header(&again[0], "webhook-id"), header(&first[0], "webhook-id"));
        }
    }
    assert_eq!(elsewhere.received().len(), 0, "a redirect was followed");
}

fn a_receiver_that_is_gone_is_left_alone(database: &Database) {
    let server = MailServer::start();
    let mut answers = ["410 Gone", "200 OK", "200 OK"].into_iter().map(str::to_owned);
    let receiver = Upstream::deciding(move |_| answers.next());
    let setting = json_to(&receiver);
    let settings = [("SCIMWARD_WEBHOOKS", setting.as_str())];
    let app = MailApp::with(database, &server, &settings);
    app.add_admin("Ada");
    for _ in 0..3 {
        app.generate(1);
        app.call_webhooks();
    }

    assert_eq!(receiver.received().len(), 1);
    let mails = &app.services().mails;
    assert!(app.wait(mails.webhook_overview()).unwrap()[0].is_stopped);
    let entries = app.wait(app.store().read(|conn| store::activity::page(conn, None, &[], 50)));
    let about_webhooks = entries.unwrap().into_iter().map(|entry| entry.event);
    let about_webhooks = about_webhooks.filter(|event| event.kind.as_str().starts_with("webhook"));
    let told: Vec<_> = about_webhooks.map(|event| (event.kind, event.count)).collect();
    assert_eq!(told, [(Kind::WebhookStopped, 1)]);
    let restarted = app.second_with(database, &server, &settings);
    restarted.generate(1);
    restarted.call_webhooks();
    assert_eq!(types(&receiver.received()), ["scim_token.generated"], "what was missed is over");
}

/// With the loops of the server: mails and another webhook arrive while one keeps silent.
fn a_silent_receiver_holds_up_nobody(database: &Database) {
    let server = MailServer::start();
    let silent = Upstream::deciding(|_| None);
    let lively = Upstream::deciding(|_| Some("200 OK".to_owned()));
    let settings = format!("{},{}", json_to(&silent), json_to(&lively));
    let url = server.url();
    let settings = [("SCIMWARD_WEBHOOKS", settings.as_str()), ("SCIMWARD_SMTP_URL", &url)];
    let app = TestApp::with(database, &settings);
    app.add_silently("Ada");

    for _ in 0..3 {
        app.generate(1);
        lively.wait();
        server.wait();
        server.take();
    }

    silent.wait();
    assert_eq!(silent.received().len(), 1, "one at a time");
    drop(silent);
}
