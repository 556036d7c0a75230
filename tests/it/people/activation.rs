//! Deactivating and reactivating.

use scimward::domain::activity::Kind;

use super::{csrf_of, follow, is_signed_in, path_of, recorded};
use crate::support::actors::PASSWORD;
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_each_database;

on_each_database!(
    a_deactivated_admin_is_out_at_once_and_can_come_back,
    nobody_can_deactivate_the_last_active_admin,
    deactivating_oneself_ends_the_session,
);

fn a_deactivated_admin_is_out_at_once_and_can_come_back(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let other_instance = app.second_instance(database);
    let off = path_of(&app, "grace@example.com", "/deactivate");
    let on = path_of(&app, "grace@example.com", "/reactivate");

    let asked = ada.get(&off).expect(200);
    assert!(asked.text().contains("All of their sessions end at once"));
    assert!(is_signed_in(&grace));
    let done = follow(&ada, &ada.submit(&off, &off, &[]));

    assert!(done.contains("Grace was deactivated."), "{done}");
    assert!(!is_signed_in(&grace));
    let login = [("email", "grace@example.com"), ("password", PASSWORD)];
    other_instance.visitor().submit("/login", "/login", &login).expect(422);
    // A second click changes nothing.
    ada.get(&off).expect(303);
    assert_eq!(recorded(&app, Kind::AdminDeactivated), 1);

    let done = follow(&ada, &ada.submit(&on, &on, &[]));
    assert!(done.contains("Grace was reactivated."), "{done}");
    app.visitor().submit("/login", "/login", &login).expect(303);
    for unknown in ["/admin/server-admins/9999/deactivate", "/admin/server-admins/x/reactivate"] {
        ada.get(unknown).expect(404);
    }
}

fn nobody_can_deactivate_the_last_active_admin(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let off = path_of(&app, "grace@example.com", "/deactivate");
    ada.submit(&off, &off, &[]).expect(303);
    let own = path_of(&app, "ada@example.com", "/deactivate");

    let page = ada.get(&own).expect(200);
    assert!(page.text().contains("The last active Server Admin cannot be deactivated"));
    assert!(!page.text().contains("type=\"submit\">Deactivate"));
    let csrf = csrf_of(&ada);
    let refused = follow(&ada, &ada.post(&own, &[("csrf", &csrf)]));

    assert!(refused.contains("cannot be deactivated. Nothing") || refused.contains("Nothing was"));
    assert!(is_signed_in(&ada) && !is_signed_in(&grace));
}

fn deactivating_oneself_ends_the_session(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let own = path_of(&app, "ada@example.com", "/deactivate");

    let gone = ada.submit(&own, &own, &[]).expect(303);

    assert_eq!(gone.header("Location"), Some("/login"));
    assert!(!is_signed_in(&ada) && is_signed_in(&grace));
}
