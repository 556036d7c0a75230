//! The mails while two tokens are valid: each once, over two instances.

use scimward::domain::token::Token;

use super::*;
use crate::support::database::Database;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::smtp::MailServer;

on_each_database!(
    the_mails_tell_how_the_old_token_ends,
    who_revokes_the_old_token_is_told_to_everybody,
);

const NEW: &str = "New SCIM token generated at the command line, the old one still valid";
const SOON: &str = "SCIM sync stops at 14:03 UTC unless the new token is entered";
const STOPPED: &str = "SCIM sync has stopped: the old token ended, the new one was not used";
const ENDED: &str = "Old SCIM token ended, the new one is in use";

struct Scene {
    app: MailApp,
    other: MailApp,
    server: MailServer,
}

impl Scene {
    fn start(database: &Database) -> Self {
        let server = MailServer::start();
        let app = MailApp::start(database, &server);
        let other = app.second_instance(database, &server);
        app.add_admin("Ada");
        Self { app, other, server }
    }

    fn accept(&self, token: &Token) {
        let from = [203, 0, 113, 24].into();
        let agent = Some("Okta SCIM Client 1.0.0");
        self.app.services().usage.accepted(&token.id, from, agent, self.app.services().now());
    }

    /// A token that is in use, and one that it is kept beside.
    fn keep(&self) -> (Token, Token) {
        let old = self.app.generate(6);
        self.accept(&old);
        self.minute();
        self.server.take();
        let (lifespan, by) = (Lifespan::DEFAULT, Author::CommandLine);
        let wanted = Generate { lifespan, current: CurrentToken::Keep, by, form: None };
        let new = self.app.wait(self.app.services().tokens.generate(wanted)).expect("a token");
        (old, new.token)
    }

    /// What both instances do every minute; the mails that arrived.
    fn minute(&self) -> Vec<String> {
        for app in [&self.other, &self.app, &self.other] {
            app.wait(app.services().upkeep.run_once()).expect("upkeep succeeds");
            app.send_due();
        }
        let mails = self.server.take();
        let subject = |mail: &str| mail.replace("[scimward] ", "");
        mails.iter().map(|mail| subject(&mail.header("Subject"))).collect()
    }

    /// The mails that have arrived after this much time.
    fn after(&self, passed: TimeDelta) -> Vec<String> {
        self.app.advance(passed);
        self.minute()
    }
}

fn the_mails_tell_how_the_old_token_ends(database: &Database) {
    let scene = Scene::start(database);
    // Nobody enters the new one.
    let (old, _) = scene.keep();
    assert_eq!(scene.minute(), [NEW]);
    scene.app.advance(hours(19));
    scene.accept(&old);
    assert!(scene.after(TimeDelta::minutes(59)).is_empty());
    assert_eq!(scene.after(TimeDelta::minutes(1)), [SOON]);
    assert!(scene.after(hours(3)).is_empty());
    assert_eq!(scene.after(hours(1)), [STOPPED]);
    assert!(scene.after(hours(1)).is_empty());

    // It is entered.
    let (_, new) = scene.keep();
    assert_eq!(scene.minute(), [NEW]);
    scene.accept(&new);
    assert!(scene.minute().is_empty());
    assert!(scene.after(TimeDelta::minutes(59)).is_empty());
    assert_eq!(scene.after(TimeDelta::minutes(1)), [ENDED]);
    assert!(scene.after(hours(23)).is_empty());
    let overview = scene.app.overview();
    let events = overview.events.iter().filter(|event| event.kind.as_str() == "old-token-ended");
    assert_eq!(events.count(), 1);

    // It is entered shortly before the end: no warning, and nothing has stopped.
    let (_, new) = scene.keep();
    assert_eq!(scene.minute(), [NEW]);
    assert!(scene.after(hours(19)).is_empty());
    scene.accept(&new);
    assert!(scene.minute().is_empty());
    assert_eq!(scene.after(hours(1)), [ENDED]);
}

fn who_revokes_the_old_token_is_told_to_everybody(database: &Database) {
    let scene = Scene::start(database);
    for is_in_use in [false, true] {
        let (_, new) = scene.keep();
        if is_in_use {
            scene.accept(&new);
        }
        assert_eq!(scene.minute(), [NEW]);
        let revoked = scene.app.services().tokens.revoke_old(None, Author::CommandLine);
        scene.app.wait(revoked).expect("an old token");

        for app in [&scene.app, &scene.other] {
            app.send_due();
        }
        let mails = scene.server.take();
        assert_eq!(mails.len(), 1);
        let subject = mails[0].header("Subject");
        assert_eq!(subject, "[scimward] Old SCIM token revoked at the command line");
        let text = mails[0].content.replace("=\r\n", "").replace("\r\n", " ");
        let expected = if is_in_use { "works." } else { "SCIM sync stops until it is entered." };
        assert!(text.contains(expected), "{text}");
        assert!(scene.after(hours(2)).is_empty());
    }
}
