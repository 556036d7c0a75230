//! Answers that prove nothing: from devices that cheat, to challenges that are over.

use super::*;

on_each_database!(
    a_device_that_cheats_opens_nothing,
    a_device_that_cheats_is_no_second_step,
    a_challenge_is_answered_once_and_in_time,
    a_challenge_ends_with_what_it_would_open,
);

fn begin(app: &TestApp) -> Asked {
    ask(&app.visitor(), "/login/passkey/begin", &[])
}

fn refused(what: &str, told: &str, answer: &Response) {
    assert_eq!(answer.status, 422, "{what}: {}", answer.text());
    assert!(answer.text().contains(told), "{what}: {}", answer.text());
}

fn a_device_that_cheats_opens_nothing(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, phone) = (app.admin("Ada"), Device::new("phone"));
    phone.add(&ada, "Phone").expect(200);
    let cheat = |what: &str, told: &str, device: &Device| {
        let browser = app.visitor();
        refused(what, told, &device.log_in(&browser));
        assert!(!is_signed_in(&browser), "{what}");
    };

    cheat("a key that nobody has", UNKNOWN, &Device::new("other"));
    cheat("another key of the same name", UNUSED, &Device::new("phone"));
    for (what, field, value) in [
        ("another host", &phone.host, "example.com"),
        ("another origin", &phone.origin, "https://scim.example.com.evil.example"),
        ("a subdomain", &phone.origin, "https://www.scim.example.com"),
        ("another port", &phone.origin, "https://scim.example.com:8443"),
        ("plain http", &phone.origin, "http://scim.example.com"),
    ] {
        let genuine = field.replace(value.to_owned());
        cheat(what, UNUSED, &phone);
        field.replace(genuine);
    }
    phone.verifies.set(false);
    cheat("no user verification", UNUSED, &phone);
    phone.verifies.set(true);
    let user = phone.user.replace(vec![0; 16]);
    cheat("another user", UNUSED, &phone);
    phone.user.replace(user);
}

fn a_device_that_cheats_is_no_second_step(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, phone) = (app.admin("Ada"), Device::new("phone"));
    phone.add(&ada, "Phone").expect(200);
    let browser = app.visitor();
    leads_to(&enter_password(&browser, "ada"), "/login/second?next=/admin/authentication");
    let cheat = |what: &str| {
        refused(what, UNUSED, &phone.second_step(&browser));
        assert!(!is_signed_in(&browser), "{what}");
    };

    let host = phone.host.replace("example.com".to_owned());
    cheat("another relying party");
    phone.host.replace(host);
    phone.verifies.set(false);
    cheat("no user verification");
    phone.verifies.set(true);
    leads_to(&phone.second_step(&browser), "/admin/authentication");
    let copy = app.visitor();
    leads_to(&enter_password(&copy, "ada"), "/login/second?next=/admin/authentication");
    phone.counter.set(0);
    refused("a copy", UNUSED, &phone.second_step(&copy));
    assert!(!is_signed_in(&copy));
    assert_eq!(recorded(&app, Kind::PasskeyCopied), 1);
}

fn a_challenge_is_answered_once_and_in_time(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, phone) = (app.admin("Ada"), Device::new("phone"));
    phone.add(&ada, "Phone").expect(200);
    let browser = app.visitor();
    let (mut mixed, old) = (begin(&app), begin(&app));
    mixed.signed.clone_from(&old.signed);
    refused("another challenge", UNUSED, &phone.answer(&browser, "/login/passkey", &mixed));
    for (what, signed) in [
        ("nothing", String::new()),
        ("no signature", old.signed.split_once('.').unwrap().1.to_owned()),
        ("a touched state", old.signed.replacen("\"at\":1", "\"at\":2", 1)),
    ] {
        let mut touched = old.clone();
        touched.signed = signed;
        refused(what, UNUSED, &phone.answer(&browser, "/login/passkey", &touched));
    }
    app.advance(TimeDelta::minutes(5));
    refused("too late", UNUSED, &phone.answer(&browser, "/login/passkey", &old));

    let once = begin(&app);
    let answer = phone.signature(&once);
    let post = |signed: &str| {
        app.visitor().post("/login/passkey", &[("signed", signed), ("answer", &answer)])
    };
    leads_to(&post(&once.signed), "/admin/authentication");
    phone.counter.set(0);
    refused("twice", UNUSED, &post(&once.signed));
    let (hash, rest) = once.signed.split_once('.').unwrap();
    refused("twice, in capitals", UNUSED, &post(&format!("{}.{rest}", hash.to_uppercase())));
    assert_eq!(recorded(&app, Kind::PasskeyCopied), 0, "a replay is no copy");
}

fn a_challenge_ends_with_what_it_would_open(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, phone) = (app.admin("Ada"), Device::new("phone"));
    phone.add(&ada, "Phone").expect(200);
    let browser = app.visitor();
    let before = begin(&app);
    app.wait(app.services().sessions.end_all(false, Author::CommandLine)).unwrap();
    refused("all were ended", UNUSED, &phone.answer(&browser, "/login/passkey", &before));
    let id = app.add_admin("Ada").id;
    app.add_admin("Grace");
    let before = begin(&app);
    app.wait(app.services().admins.set_active(id, false, Author::CommandLine)).unwrap();
    refused("deactivated", UNKNOWN, &phone.answer(&browser, "/login/passkey", &before));
    assert!(!is_signed_in(&browser));
}
