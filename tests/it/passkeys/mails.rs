//! Who is told by mail about passkeys and recovery codes.

use super::*;
use crate::support::page;

on_each_database!(a_holder_is_told_of_every_change_and_everybody_of_what_calls_for_help);

const TEAM: (&str, &str) = ("SCIMWARD_MAIL_TO_EXTRA", "team@example.com");

fn a_holder_is_told_of_every_change_and_everybody_of_what_calls_for_help(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL, TEAM]);
    let (ada, _grace) = (app.admin("Ada"), app.admin("Grace"));
    let told = |kind: &str| {
        let ask = format!("SELECT address FROM mails WHERE occasion = '{kind}' ORDER BY address");
        database.ask(&ask)
    };
    let everybody = ["ada@example.com", "grace@example.com", "team@example.com"];
    let phone = Device::new("phone");
    let codes = codes(&phone.add(&ada, "Phone").expect(200));
    assert_eq!(told("passkey-added"), ["ada@example.com"]);

    let browser = app.visitor();
    enter_password(&browser, "ada").expect(303);
    browser.submit("/login/second", "/login/second", &[("code", &codes[0])]).expect(303);
    assert_eq!(told("code-used"), ["ada@example.com"]);
    let csrf = page::hidden_fields(ada.get(ACCOUNT).text(), "/logout").remove(0).1;
    ada.post("/admin/account/recovery-codes", &[("csrf", &csrf)]).expect(200);
    assert_eq!(told("codes-made"), ["ada@example.com"]);

    phone.log_in(&app.visitor()).expect(303);
    phone.counter.set(0);
    for _ in 0..3 {
        phone.counter.set(0);
        phone.log_in(&app.visitor()).expect(422);
    }
    assert_eq!(recorded(&app, Kind::PasskeyCopied), 3);
    assert_eq!(told("passkey-copied"), everybody, "once in an hour");
    app.advance(TimeDelta::hours(1));
    phone.counter.set(0);
    phone.log_in(&app.visitor()).expect(422);
    assert_eq!(told("passkey-copied").len(), 6);

    let ada = app.visitor();
    phone.counter.set(9);
    phone.log_in(&ada).expect(303);
    let id = database.ask("SELECT id FROM passkeys").remove(0);
    let path = format!("{PASSKEYS}/{id}/remove");
    ada.submit(&path, &path, &[]).expect(303);
    assert_eq!(told("passkey-removed"), ["ada@example.com"]);
    let admin = app.add_admin("Ada");
    app.wait(app.services().passkeys.reset(&admin, Author::CommandLine)).unwrap();
    assert_eq!(told("passkeys-reset"), everybody);
    let events = app.wait(app.services().mails.overview(None)).expect("the overview").events;
    assert!(events.iter().any(|event| event.kind.as_str() == "passkeys-reset"), "{events:?}");
}
