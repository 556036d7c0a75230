//! What receivers are told, each thing once.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use scimward::domain::admin::actor::Author;
use sha2::Sha256;
use tokio::sync::Notify;

use super::{HIDDEN, SECRET, body, header, json_to, types};
use crate::support::database::Database;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::smtp::MailServer;
use crate::support::upstream::{Received, Upstream};

on_each_database!(
    a_receiver_is_told_of_the_life_of_a_token,
    every_format_tells_the_same_and_nothing_about_people,
    two_instances_tell_each_thing_once,
    a_call_that_was_cut_off_comes_again_under_the_same_name,
    a_webhook_is_nobody_who_can_be_reached,
);

/// Whether a receiver takes the signature for ours.
fn is_signed(request: &Received, secret: &str) -> bool {
    let key = STANDARD.decode(&secret["whsec_".len()..]).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let (id, at) = (header(request, "webhook-id"), header(request, "webhook-timestamp"));
    mac.update(format!("{id}.{at}.{}", request.body).as_bytes());
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    header(request, "webhook-signature").split(' ').any(|signature| signature == expected)
}

fn a_receiver_is_told_of_the_life_of_a_token(database: &Database) {
    let server = MailServer::start();
    let receiver = Upstream::deciding(|_| Some("200 OK".to_owned()));
    let old = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let setting = format!("{} {old}", json_to(&receiver));
    let app = MailApp::with(database, &server, &[("SCIMWARD_WEBHOOKS", &setting)]);
    app.add_admin("Ada");

    let token = app.generate(1);
    let mut told = Vec::new();
    for day in 0..=32 {
        for _ in 0..2 {
            app.send_due();
            app.call_webhooks();
        }
        told.extend(receiver.received().into_iter().map(|request| (day, request)));
        app.advance(TimeDelta::days(1));
    }
    app.wait(app.services().tokens.revoke(None, Author::CommandLine)).expect("a token");
    app.call_webhooks();
    told.extend(receiver.received().into_iter().map(|request| (99, request)));

    let requests: Vec<Received> = told.iter().map(|(_, request)| request.clone()).collect();
    assert_eq!(
        types(&requests),
        [
            "scim_token.generated",
            "scim_token.expiring",
            "scim_token.expiring",
            "scim_token.expired",
            "scim_token.expired",
            "scim_token.revoked",
        ]
    );
    let days = [1, 2, 3, 4].map(|at| body(&requests[at])["data"]["days"].clone());
    assert_eq!(days, [15, 1, 0, -1]);
    for request in &requests {
        assert!(is_signed(request, SECRET) && is_signed(request, old), "{request:?}");
        assert!(!is_signed(request, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        let data = body(request)["data"].clone();
        assert_eq!(data["product"], "scimward");
        assert_eq!(data["token"]["token_id"], token.id.as_str());
        assert_eq!(data["token"]["expires_at"], "2026-12-22T14:03:00Z");
        assert_eq!(data["link"], "http://127.0.0.1:8080/admin/authentication");
        assert!(request.line.starts_with("POST /hooks/"), "{}", request.line);
        assert!(!request.body.contains("scimw_"), "{}", request.body);
    }
    let mut names: Vec<String> = requests.iter().map(|told| header(told, "webhook-id")).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), requests.len());
    assert!(names.iter().all(|name| !name.contains(['.', ' '])), "{names:?}");
}

fn every_format_tells_the_same_and_nothing_about_people(database: &Database) {
    let server = MailServer::start();
    let receivers = [0; 3].map(|_| Upstream::deciding(|_| Some("204 No Content".to_owned())));
    let [first, second, third] = &receivers;
    let setting = format!(
        "{}\nslack http://{}/{HIDDEN}\nteams http://{}/{HIDDEN}?sig=1",
        json_to(first),
        second.address,
        third.address
    );
    let app = MailApp::with(database, &server, &[("SCIMWARD_WEBHOOKS", &setting)]);
    app.add_admin("Ada");
    app.add_admin("Grace");
    let grace = app.admin("Grace").id;
    let admins = &app.services().admins;
    app.wait(admins.set_active(grace, false, Author::CommandLine)).expect("a change");

    app.generate(1);
    app.call_webhooks();

    let told = receivers.each_ref().map(Upstream::received);
    assert!(told.iter().all(|told| told.len() == 1), "{told:?}");
    let [json, slack, teams] = told.map(|mut told| told.remove(0));
    let summary = "New SCIM token generated at the command line";
    assert_eq!(body(&json)["data"]["summary"], summary);
    assert!(body(&slack)["text"].as_str().unwrap().starts_with(&format!("*[scimward] {summary}*")));
    let card = body(&teams)["attachments"][0]["content"].clone();
    assert_eq!(card["type"], "AdaptiveCard");
    assert_eq!(card["body"][0]["inlines"][0]["text"], format!("[scimward] {summary}"));
    assert!(header(&slack, "webhook-signature").is_empty());
    assert_eq!(teams.line, format!("POST /{HIDDEN}?sig=1 HTTP/1.1"));
    for stored in database.ask("SELECT address FROM mails WHERE admin_id IS NULL") {
        assert!(stored.starts_with("webhook:") && !stored.contains(HIDDEN), "{stored}");
    }
}

fn two_instances_tell_each_thing_once(database: &Database) {
    let server = MailServer::start();
    let receiver = Upstream::deciding(|_| Some("200 OK".to_owned()));
    let setting = [("SCIMWARD_WEBHOOKS", json_to(&receiver))];
    let setting = setting.each_ref().map(|(name, value)| (*name, value.as_str()));
    let first = MailApp::with(database, &server, &setting);
    let second = first.second_with(database, &server, &setting);
    first.add_admin("Ada");

    first.generate(1);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| second.call_webhooks());
        first.call_webhooks();
        other.join().unwrap();
    });
    first.set("2026-12-21T10:00:00Z");
    for app in [&second, &first] {
        app.send_due();
        app.call_webhooks();
    }

    let told = types(&receiver.received());
    assert_eq!(told, ["scim_token.generated", "scim_token.expiring"]);
}

fn a_call_that_was_cut_off_comes_again_under_the_same_name(database: &Database) {
    let server = MailServer::start();
    let arrived = Arc::new(Notify::new());
    let receiver = Upstream::deciding({
        let (arrived, mut calls) = (Arc::clone(&arrived), 0);
        move |_| {
            arrived.notify_one();
            calls += 1;
            (calls > 1).then(|| "200 OK".to_owned())
        }
    });
    let app = MailApp::with(database, &server, &[("SCIMWARD_WEBHOOKS", &json_to(&receiver))]);
    app.add_admin("Ada");
    app.generate(1);
    let turn = app.services().mails.turns().remove(1);

    // The receiver has it, and its answer never comes: the process ends.
    app.wait(async {
        tokio::select! {
            report = app.services().mails.take_turn(&turn, || false) => panic!("{report:?}"),
            () = arrived.notified() => {}
        }
    });
    app.call_webhooks();
    let cut_off = receiver.received();
    assert_eq!(cut_off.len(), 1, "another instance could still be at it");
    app.advance(TimeDelta::minutes(5));
    app.call_webhooks();
    app.call_webhooks();

    let again = receiver.received();
    assert_eq!(types(&again), ["scim_token.generated"]);
    assert_eq!(header(&again[0], "webhook-id"), header(&cut_off[0], "webhook-id"));
    assert_ne!(header(&again[0], "webhook-timestamp"), header(&cut_off[0], "webhook-timestamp"));
}

fn a_webhook_is_nobody_who_can_be_reached(database: &Database) {
    let server = MailServer::start();
    let receiver = Upstream::deciding(|_| Some("200 OK".to_owned()));
    let app = MailApp::with(database, &server, &[("SCIMWARD_WEBHOOKS", &json_to(&receiver))]);
    app.generate(1);
    app.set("2026-12-21T10:00:00Z");

    for _ in 0..2 {
        assert!(app.send_due().nobody_to_tell);
        app.call_webhooks();
    }

    let overview = app.overview();
    assert!(overview.banner.health.reaches_nobody());
    assert_eq!(overview.banner.health.last.sent_at, None);
    let told = types(&receiver.received());
    assert_eq!(told, ["scim_token.generated", "scim_token.expiring"]);
    app.add_admin("Ada");
    app.send_due();
    app.call_webhooks();
    assert_eq!(server.take().len(), 1, "who is added gets what waits for somebody");
    assert_eq!(types(&receiver.received()), [""; 0]);
}
