//! Name and address, one's own password and sessions.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;

use super::{ACCOUNT, csrf_of, follow, is_signed_in, path_of, recorded};
use crate::support::actors::PASSWORD;
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_each_database;

on_each_database!(
    a_new_password_needs_the_present_one_and_ends_other_sessions,
    guessing_the_present_password_is_slowed_down,
    a_session_can_be_ended_from_another_one,
    name_and_address_can_be_changed,
);

const NEW_PASSWORD: &str = "eleven quiet tulip engines";

fn a_new_password_needs_the_present_one_and_ends_other_sessions(database: &Database) {
    let app = TestApp::start(database);
    let (ada, elsewhere) = (app.admin("Ada"), app.admin("Ada"));
    let change = |present: &str, fresh: &str| {
        let fields = [("present", present), ("fresh", fresh)];
        ada.submit(ACCOUNT, "/admin/account/password", &fields)
    };

    let wrong = change("seven lanterns", NEW_PASSWORD).expect(422);
    assert!(wrong.text().contains("The current password is not correct."));
    let weak = change(PASSWORD, "too short").expect(422);
    assert!(weak.text().contains("The password is too short"));
    assert!(!weak.text().contains("too short\""), "a password is never sent back");
    assert!(is_signed_in(&elsewhere));
    let done = follow(&ada, &change(PASSWORD, NEW_PASSWORD));

    assert!(done.contains("Your password was changed."), "{done}");
    assert!(is_signed_in(&ada) && !is_signed_in(&elsewhere));
    let login = |password| {
        let fields = [("email", "ada@example.com"), ("password", password)];
        app.visitor().submit("/login", "/login", &fields).status
    };
    assert_eq!((login(PASSWORD), login(NEW_PASSWORD)), (422, 303));
}

fn guessing_the_present_password_is_slowed_down(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let change = |present: &str| {
        let fields = [("present", present), ("fresh", NEW_PASSWORD)];
        ada.submit(ACCOUNT, "/admin/account/password", &fields)
    };
    for _ in 0..5 {
        change("a wrong password here").expect(422);
    }

    let slowed = change(PASSWORD).expect(422);
    assert!(slowed.text().contains("Too many attempts. Try again in 1 second."));
    app.advance(TimeDelta::seconds(1));
    change(PASSWORD).expect(303);
}

fn a_session_can_be_ended_from_another_one(database: &Database) {
    let app = TestApp::start(database);
    let (here, there, grace) = (app.admin("Ada"), app.admin("Ada"), app.admin("Grace"));
    let end = |digest: &str| here.submit(ACCOUNT, "/admin/account/sessions", &[("digest", digest)]);
    let page = here.get(ACCOUNT).text().to_owned();
    assert_eq!(page.matches("name=\"digest\"").count(), 1, "one's own session has no button");
    let digest = page.split("name=\"digest\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let graces = app.wait(app.services().admins.list()).unwrap();
    let graces = graces.iter().find(|admin| admin.name.as_str() == "Grace").unwrap().id;
    let graces = app.wait(app.services().sessions.of_admin(graces)).unwrap();

    assert!(follow(&here, &end(digest)).contains("The session was ended."));
    assert!(is_signed_in(&here) && !is_signed_in(&there));
    let csrf = csrf_of(&here);
    for other in [digest, graces[0].digest.as_str(), ""] {
        let again = here.post("/admin/account/sessions", &[("csrf", &csrf), ("digest", other)]);
        assert!(follow(&here, &again).contains("had ended already"));
    }
    assert!(is_signed_in(&grace));
    assert_eq!(recorded(&app, Kind::SessionEnded), 1);
}

fn name_and_address_can_be_changed(database: &Database) {
    let app = TestApp::start(database);
    let (ada, _grace) = (app.admin("Ada"), app.admin("Grace"));
    let own = path_of(&app, "ada@example.com", "");
    let save =
        |name: &str, email: &str| ada.submit(&own, &own, &[("name", name), ("email", email)]);

    let taken = save("Ada", "GRACE@example.com").expect(422);
    assert!(taken.text().contains("There is a Server Admin with this e-mail address already"));
    assert!(taken.text().contains("value=\"GRACE@example.com\""));
    let saved = follow(&ada, &save("Ada King", "countess@example.com"));

    assert!(saved.contains("Name and address were saved."), "{saved}");
    let login = [("email", "countess@example.com"), ("password", PASSWORD)];
    app.visitor().submit("/login", "/login", &login).expect(303);
    let changed = app.activity();
    let changed = changed.iter().find(|entry| entry.event.kind == Kind::AdminChanged).unwrap();
    assert_eq!(changed.event.detail.as_deref(), Some("was Ada <ada@example.com>"));
    ada.get("/admin/server-admins/9999").expect(404);
}
