//! What receivers are told of the connection and of the certificate.

use chrono::TimeDelta;
use scimward::domain::admin::actor::Author;
use scimward::domain::certificate::Certificate;
use scimward::domain::token::lifespan::Lifespan;
use scimward::domain::token::refusal::Refusal;
use scimward::service::tokens::{CurrentToken, Generate};
use serde_json::Value;

use super::{body, json_to};
use crate::support::database::Database;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::smtp::MailServer;
use crate::support::upstream::Upstream;
use crate::sync::{accept, minute, refuse, working};

on_each_database!(
    a_receiver_is_told_of_the_connection,
    a_receiver_is_told_of_an_overlap_and_of_the_certificate,
);

/// An application, and the receiver that it tells.
struct Scene {
    app: MailApp,
    receiver: Upstream,
}

impl Scene {
    fn start(database: &Database) -> Self {
        let receiver = Upstream::deciding(|_| Some("200 OK".to_owned()));
        let setting = json_to(&receiver);
        let settings = [("SCIMWARD_WEBHOOKS", setting.as_str()), ("SCIMWARD_SILENCE_AFTER", "2")];
        Self { app: MailApp::with(database, &MailServer::start(), &settings), receiver }
    }

    /// Time passes in which something happens each time, and the receiver is told: type and data.
    fn pass(
        &self,
        times: usize,
        step: TimeDelta,
        happens: impl Fn(&MailApp),
    ) -> Vec<(String, Value)> {
        for _ in 0..times {
            self.app.advance(step);
            happens(&self.app);
            minute(&self.app);
            self.app.call_webhooks();
        }
        let told = self.receiver.received();
        let told = told.iter().map(body).map(|mut body| {
            (body["type"].as_str().expect("a type").to_owned(), body["data"].take())
        });
        told.collect()
    }

    /// The same, and the receiver is told one thing of this type.
    fn tells(
        &self,
        expected: &str,
        times: usize,
        step: TimeDelta,
        happens: impl Fn(&MailApp),
    ) -> Value {
        let mut told = self.pass(times, step, happens);
        let types: Vec<_> = told.iter().map(|(told, _)| told.as_str()).collect();
        assert_eq!(types, [expected]);
        told.remove(0).1
    }
}

fn a_receiver_is_told_of_the_connection(database: &Database) {
    let scene = Scene::start(database);
    let app = &scene.app;
    let (minutes, nothing) = (TimeDelta::minutes(1), |_: &MailApp| {});
    let first = working(app);
    scene.tells("scim_token.generated", 1, minutes, nothing);
    let second = app.generate(6);
    let data = scene.tells("scim_token.generated", 1, minutes, nothing);
    assert_eq!(data["replaced_token_id"], first.id.as_str());

    // The identity provider goes on with the old one, and then switches.
    let old = |app: &MailApp| refuse(app, Refusal::Replaced, Some(&first.id));
    let data = scene.tells("scim_token.old_still_used", 20, minutes, old);
    assert_eq!(data["old_tokens"][0]["token_id"], first.id.as_str());
    assert_eq!(data["state"], "not_switched");
    let switched = |app: &MailApp| accept(app, &second.id);
    let data = scene.tells("sync.resumed", 1, minutes, switched);
    assert!(data["stopped_at"].as_str() < data["resumed_at"].as_str(), "{data}");
    assert_eq!(data["state"], "working");

    // It sends nothing that could be accepted, and then nothing at all.
    let bare = |app: &MailApp| refuse(app, Refusal::NoCredentials, None);
    let data = scene.tells("sync.stopped", 70, minutes, bare);
    assert_eq!(
        (&data["state"], &data["sync"]["refused_reason"]),
        (&"refused".into(), &"no_credentials".into())
    );
    scene.tells("sync.resumed", 1, minutes, switched);
    let (hours, days) = (TimeDelta::hours(6), TimeDelta::days(1));
    let data = scene.tells("sync.silent", 9, hours, nothing);
    assert_eq!(data["state"], "silent");
    scene.tells("sync.silent", 7, days, nothing);
    assert_eq!(scene.pass(7, days, nothing), [], "twice is enough");
    scene.tells("sync.resumed", 1, minutes, switched);
}

fn a_receiver_is_told_of_an_overlap_and_of_the_certificate(database: &Database) {
    let scene = Scene::start(database);
    let app = &scene.app;
    let (minutes, hours, days) = (TimeDelta::minutes(1), TimeDelta::hours(6), TimeDelta::days(1));
    let nothing = |_: &MailApp| {};
    let old = working(app);
    let goes_on = |app: &MailApp| accept(app, &old.id);
    scene.tells("scim_token.generated", 1, minutes, nothing);

    // A new token is kept beside the old one, and nobody enters it.
    let (lifespan, by) = (Lifespan::try_from(6).unwrap(), Author::CommandLine);
    let wanted = Generate { lifespan, by, current: CurrentToken::Keep, form: None };
    let new = app.wait(app.services().tokens.generate(wanted)).expect("a token").token;
    scene.tells("scim_token.generated", 3, hours, goes_on);
    let data = scene.tells("sync.stopped", 2, hours, nothing);
    assert_eq!(data["token"]["token_id"], new.id.as_str());
    let switched = |app: &MailApp| accept(app, &new.id);
    scene.tells("sync.resumed", 1, minutes, switched);

    // The certificate of the server expires, and the token is revoked.
    app.set("2026-11-24T10:00:00Z");
    let now = app.services().now();
    app.services().certificate.set(Certificate {
        fingerprint: "0a1b".to_owned(),
        valid_from: now - TimeDelta::days(75),
        expires_at: now + TimeDelta::days(15),
    });
    for (days_left, step) in [(15, minutes), (1, days * 14)] {
        let data = scene.tells("certificate.expiring", 1, step, switched);
        assert_eq!(data["days"], days_left);
        assert_eq!(data["certificate"]["host"], "127.0.0.1:8080");
    }
    app.wait(app.services().tokens.revoke(None, Author::CommandLine)).expect("a token");
    let data = scene.tells("scim_token.revoked", 1, minutes, nothing);
    assert_eq!((&data["state"], &data["token"]["status"]), (&"stopped".into(), &"revoked".into()));
}
