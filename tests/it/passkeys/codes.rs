//! Recovery codes: each works once, beside the password, and guessing them is slowed down.

use super::*;
use crate::support::page;

on_each_database!(
    a_code_works_once_and_only_after_the_password,
    guessing_codes_is_slowed_down,
    a_second_step_ends_with_time_and_password,
);

fn use_code(browser: &Visitor, code: &str) -> Response {
    browser.submit("/login/second", "/login/second", &[("code", code)])
}

fn a_code_works_once_and_only_after_the_password(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, phone) = (app.admin("Ada"), Device::new("phone"));
    let first = codes(&phone.add(&ada, "Phone").expect(200));
    let stored = database.ask("SELECT code_hash FROM recovery_codes");
    assert!(stored.len() == 8 && stored.iter().all(|hash| hash.starts_with("$argon2id$")));
    let direct = app.visitor().post("/login/second", &[("code", &first[0])]);
    leads_to(&direct, "/login?next=/admin/authentication");

    let browser = app.visitor();
    enter_password(&browser, "ada").expect(303);
    leads_to(&use_code(&browser, &first[0].to_lowercase()), "/admin/authentication");
    assert!(browser.get(ACCOUNT).text().contains("with a password and a recovery code"));
    assert!(browser.get(ACCOUNT).text().contains("7 of 8 left"));
    assert_eq!(browser.get("/login/second").status, 303, "the second step is over");

    let again = app.visitor();
    enter_password(&again, "ada").expect(303);
    let refused = use_code(&again, &first[0]).expect(422);
    assert!(refused.text().contains("This code is not correct or was used before."));
    assert!(!refused.text().contains(&first[0]), "a code is never sent back");
    assert!(!is_signed_in(&again));
    assert_eq!(recorded(&app, Kind::LoginFailed), 1);
    assert_eq!(recorded(&app, Kind::RecoveryCodeUsed), 1);

    let csrf = page::hidden_fields(ada.get(ACCOUNT).text(), "/logout").remove(0).1;
    let fresh = ada.post("/admin/account/recovery-codes", &[("csrf", &csrf)]).expect(200);
    let fresh = codes(&fresh);
    use_code(&again, &first[1]).expect(422);
    leads_to(&use_code(&again, &fresh[7]), "/admin/authentication");
    let graces = app.admin("Grace");
    let csrf = page::hidden_fields(graces.get(ACCOUNT).text(), "/logout").remove(0).1;
    let none = graces.post("/admin/account/recovery-codes", &[("csrf", &csrf)]);
    leads_to(&none, ACCOUNT);
    assert!(graces.get(ACCOUNT).text().contains("No codes were made."));
}

fn guessing_codes_is_slowed_down(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, phone) = (app.admin("Ada"), Device::new("phone"));
    let codes = codes(&phone.add(&ada, "Phone").expect(200));
    for round in 0..5 {
        // Neither another login nor another browser is a fresh start.
        let browser = app.visitor();
        enter_password(&browser, "ada").expect(303);
        let wrong = if round % 2 == 0 { "2222-2222-2222" } else { "no code" };
        use_code(&browser, wrong).expect(422);
    }
    let browser = app.visitor();
    enter_password(&browser, "ada").expect(303);

    let slowed = use_code(&browser, &codes[0]).expect(429);
    assert_eq!(slowed.header("Retry-After"), Some("1"));
    assert!(slowed.text().contains("Too many attempts. Try again in 1 second."));
    app.advance(TimeDelta::seconds(1));
    leads_to(&use_code(&browser, &codes[0]), "/admin/authentication");
}

fn a_second_step_ends_with_time_and_password(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, phone) = (app.admin("Ada"), Device::new("phone"));
    let codes = codes(&phone.add(&ada, "Phone").expect(200));
    let post = |browser: &Visitor, code: &str| browser.post("/login/second", &[("code", code)]);
    let login = "/login?next=/admin/authentication";

    let slow = app.visitor();
    enter_password(&slow, "ada").expect(303);
    app.advance(TimeDelta::minutes(10) - TimeDelta::seconds(1));
    slow.get("/login/second").expect(200);
    app.advance(TimeDelta::seconds(1));
    leads_to(&post(&slow, &codes[0]), login);
    leads_to(&slow.get("/login/second"), login);

    let admin = app.add_admin("Ada");
    let other = app.visitor();
    enter_password(&other, "ada").expect(303);
    let fresh = "eleven comets under granite";
    let changed = app.services().admins.set_password(&admin, fresh.into(), Author::CommandLine);
    app.wait(changed).unwrap();
    leads_to(&post(&other, &codes[0]), login);

    let third = app.visitor();
    let fields = [("email", "ada@example.com"), ("password", fresh)];
    third.submit("/login", "/login", &fields).expect(303);
    app.add_admin("Grace");
    app.wait(app.services().admins.set_active(admin.id, false, Author::CommandLine)).unwrap();
    leads_to(&post(&third, &codes[0]), login);
    app.wait(app.services().admins.set_active(admin.id, true, Author::CommandLine)).unwrap();
    leads_to(&post(&third, &codes[0]), login);
    app.advance(TimeDelta::days(2));
    app.upkeep();
    // Nothing is removed before the clock has been steady for an hour.
    app.advance(TimeDelta::hours(1));
    app.upkeep();
    for table in ["second_steps", "used_challenges"] {
        assert_eq!(database.ask(&format!("SELECT count(*) FROM {table}")), ["0"], "{table}");
    }
}
