//! Where a passkey is required, nothing else opens without one.

use super::*;
use crate::support::page;

on_each_database!(nothing_opens_before_a_passkey_is_there, a_lost_passkey_locks_nobody_else_out);

const REQUIRED: (&str, &str) = ("SCIMWARD_REQUIRE_PASSKEY", "true");
const ENROL: &str = "/login/enrol";

fn nothing_opens_before_a_passkey_is_there(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL, REQUIRED]);
    let ada = app.admin("Ada");
    for path in [
        "/admin/authentication",
        "/admin/authentication/state",
        "/admin/authentication/revoke",
        "/admin/requests",
        "/admin/server-admins",
        "/admin/server-admins/1",
        "/admin/server-admins/1/deactivate",
        "/admin/account",
        "/admin/account/passkeys/1/rename",
        "/admin/notifications",
        "/admin/activity",
        "/admin/activity/export.csv",
        "/admin/activity/export.json",
    ] {
        leads_to(&ada.get(path), ENROL);
    }
    let csrf = page::hidden_fields(ada.get(ENROL).expect(200).text(), "/logout").remove(0).1;
    for path in [
        "/admin/authentication/scim-token",
        "/admin/server-admins/invite",
        "/admin/account/password",
        "/admin/account/recovery-codes",
        "/admin/notifications/test",
    ] {
        leads_to(&ada.post(path, &[("csrf", &csrf)]), ENROL);
        let form = ada.form(path, &[("csrf", &csrf)]).header("Accept", "application/json");
        assert_eq!(ada.send(form).expect(403).json()["error"], "passkey_required");
    }
    let phone = Device::new("phone");
    phone.verifies.set(false);
    let refused = phone.add(&ada, "Phone").expect(422);
    assert!(refused.text().contains("No passkey was added. Try again."));
    phone.verifies.set(true);
    phone.add(&ada, "Phone").expect(200);
    assert!(is_signed_in(&ada));
    leads_to(&ada.get(ENROL), "/admin/authentication");

    let id = database.ask("SELECT id FROM passkeys").remove(0);
    let path = format!("{PASSKEYS}/{id}/remove");
    assert!(ada.get(&path).expect(200).text().contains("The last passkey cannot be removed"));
    leads_to(&ada.post(&path, &[("csrf", &csrf)]), ACCOUNT);
    assert_eq!(database.ask("SELECT count(*) FROM passkeys"), ["1"]);
}

fn a_lost_passkey_locks_nobody_else_out(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL, REQUIRED]);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let (phone, key) = (Device::new("phone"), Device::new("key"));
    phone.add(&ada, "Phone").expect(200);
    key.add(&grace, "Key").expect(200);

    // Ada has lost phone and codes.
    let admin = app.add_admin("Ada");
    app.wait(app.services().passkeys.reset(&admin, Author::CommandLine)).unwrap();
    assert!(!is_signed_in(&ada) && is_signed_in(&grace));
    let again = app.visitor();
    leads_to(&enter_password(&again, "ada"), "/admin/authentication");
    leads_to(&again.get("/admin/authentication"), ENROL);
    Device::new("new phone").add(&again, "New phone").expect(200);
    assert!(is_signed_in(&again));
    let browser = app.visitor();
    enter_password(&browser, "grace").expect(303);
    leads_to(&key.second_step(&browser), "/admin/authentication");
}
