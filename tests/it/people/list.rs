//! Finding people among many, and what the list says about them.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;
use scimward::domain::admin::actor::Author;
use scimward::service::admins::NewAdmin;

use super::{INVITE, LIST, WITHDRAW, follow, path_of, recorded};
use crate::support::actors::{Admin, PASSWORD};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::page;
use crate::support::passkey::{Device, PUBLIC_URL, codes};
use crate::support::smtp::{Fault, MailServer};

on_each_database!(
    people_are_found_by_name_address_and_state,
    who_cannot_be_reached_comes_first,
    who_generated_the_token_is_named_before_they_are_deactivated,
    an_undelivered_invitation_looks_undelivered,
    a_new_link_ends_the_one_that_was_sent,
    who_has_no_passkey_is_found_and_their_page_says_how_they_sign_in,
);

/// The addresses on a page of the list, in their order.
fn listed(page: &str) -> Vec<String> {
    let (_, list) = page.split_once("id=\"ppl-h\"").expect("the list");
    let mails = list.split("<p class=\"muted small\">").skip(1);
    mails.filter_map(|rest| rest.split_once('@').map(|(name, _)| name.to_owned())).collect()
}

fn people_are_found_by_name_address_and_state(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    for name in ["Zoë", "Иван", "山田太郎", "Grace", "Edith", "Alan", "Barbara"] {
        app.add_silently(name);
    }
    let few = ada.get(LIST).expect(200).text().to_owned();
    assert!(!few.contains("role=\"search\""), "eight are seen at a glance");
    app.add_silently("Katherine");
    let off = path_of(&app, "alan@example.com", "/deactivate");
    ada.submit(&off, &off, &[]).expect(303);

    let page = ada.get(LIST).expect(200).text().to_owned();
    assert!(page.contains("role=\"search\"") && page.contains("<option value=\"active\""));
    assert!(page.contains("<span class=\"badge badge-neutral\">8</span>"), "those who are active");
    assert_eq!(listed(&page).len(), 9);
    for (query, expected) in [
        ("q=zoe", &["zoë"][..]),
        ("q=%D0%98%D0%92%D0%90", &["иван"]),
        ("q=%E5%B1%B1", &["山田太郎"]),
        ("q=GRACE%40example", &["grace"]),
        ("q=example+edith", &["edith"]),
        ("show=deactivated", &["alan"]),
        ("q=a&show=deactivated", &["alan"]),
        ("q=%26%3Cb%3E", &[]),
        ("q=grace&show=deactivated", &[]),
        ("show=mail-failed", &[]),
    ] {
        let page = ada.get(&format!("{LIST}?{query}")).expect(200).text().to_owned();
        assert_eq!(listed(&page), expected, "{query}");
        assert_eq!(page.contains("Show everyone"), expected.is_empty(), "{query}");
    }
    let page = ada.get(&format!("{LIST}?q=%26%3Cb%3E")).expect(200).text().to_owned();
    assert!(page.contains("Nobody matches “&#38;&#60;b&#62;”."), "{page}");
    assert_eq!(listed(ada.get(&format!("{LIST}?show=active")).text()).len(), 8);
    assert_eq!(listed(ada.get(&format!("{LIST}?show=nonsense")).text()).len(), 9);

    for number in 0..60 {
        app.add_silently(&format!("Person{number}"));
    }
    let page = ada.get(&format!("{LIST}?q=person&page=2")).expect(200).text().to_owned();
    assert_eq!(listed(&page).len(), 25);
    for part in [
        "26 to 50 of 60",
        "href=\"/admin/server-admins?q=person&#38;page=1\" rel=\"prev\">Previous 25<",
        "href=\"/admin/server-admins?q=person&#38;page=3\" rel=\"next\">Next 10<",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

fn who_cannot_be_reached_comes_first(database: &Database) {
    let server = MailServer::start();
    let before = MailApp::start(database, &server);
    for name in ["Bob", "Carol", "Dave", "Erin", "Frank", "Zoe"] {
        before.add_admin(name);
    }
    let ada = NewAdmin {
        name: "Ada".parse().unwrap(),
        email: "ada@example.com".parse().unwrap(),
        password: PASSWORD.into(),
    };
    before.wait(before.services().admins.add(ada, Author::CommandLine)).expect("an admin");
    server.fault("zoe@example.com", Fault::Recipient("550 5.1.1 no such user"));
    before.generate(1);
    before.send_due();
    let url = server.url();
    let extra =
        [("SCIMWARD_SMTP_URL", url.as_str()), ("SCIMWARD_MAIL_TO_EXTRA", "team@example.com")];
    let app = TestApp::with(database, &extra);
    let ada = app.admin("Ada");

    let page = ada.get(LIST).expect(200).text().to_owned();

    assert_eq!(listed(&page)[..3], ["zoe", "ada", "bob"]);
    assert!(page.contains("Every Server Admin and team@example.com receive the mails."), "{page}");
    let page = ada.get("/admin/authentication").expect(200).text().to_owned();
    let (_, card) = page.split_once("id=\"ppl-h\"").unwrap();
    assert!(card.find("zoe@example.com") < card.find("ada@example.com"), "{card}");
    assert!(card.contains("Mail failed") && card.contains("and 2 more"), "{card}");
}

fn who_generated_the_token_is_named_before_they_are_deactivated(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let generate = "/admin/authentication/scim-token";
    grace.submit("/admin/authentication", generate, &[("months", "1")]).expect(200);
    let id = database.ask("SELECT id FROM tokens").remove(0);
    let off = path_of(&app, "grace@example.com", "/deactivate");
    let on = path_of(&app, "grace@example.com", "/reactivate");
    assert!(ada.get(LIST).text().contains("Generated the current token"));

    let asked = ada.get(&off).expect(200).text().to_owned();
    for part in [
        "and may have kept a copy",
        &format!("Deactivating does not end the token <code>{id}</code>"),
        "Replace it afterwards.",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    let done = follow(&ada, &ada.submit(&off, &off, &[]));
    assert!(done.contains("href=\"/admin/authentication#scim-token\">Replace the token</a>"));
    let list = ada.get(LIST).expect(200).text().to_owned();
    assert!(!list.contains("/deactivate\""), "the only active one is not offered to leave");
    assert!(ada.get(&on).text().contains("Forgot it? Send a password link"));
    ada.submit(&on, &on, &[]).expect(303);

    // Nothing is said of a token that is not accepted.
    app.revoke();
    assert!(!ada.get(&off).expect(200).text().contains("may have kept"));
    grace.get("/admin/account").expect(303);
    let fresh = app.admin("Grace");
    fresh.submit("/admin/authentication", generate, &[("months", "1")]).expect(200);
    app.advance(TimeDelta::days(31));
    let ada = app.admin("Ada");
    assert!(!ada.get(&off).expect(200).text().contains("may have kept"));
    assert!(!follow(&ada, &ada.submit(&off, &off, &[])).contains("Replace the token"));
}

fn an_undelivered_invitation_looks_undelivered(database: &Database) {
    let server = MailServer::start();
    let url = server.url();
    let app = TestApp::with(database, &[("SCIMWARD_SMTP_URL", url.as_str())]);
    let ada = app.admin("Ada");
    server.fault("radia@example.com", Fault::Recipient("550 5.1.1 no such user"));
    for (name, email) in [("Radia", "radia@example.com"), ("Barbara", "barbara@example.com")] {
        ada.submit(LIST, INVITE, &[("name", name), ("email", email)]);
    }

    let page = ada.get(LIST).expect(200).text().to_owned();
    let (_, open) = page.split_once("id=\"open-h\"").expect("open invitations");
    let (open, _) = open.split_once("id=\"ppl-h\"").unwrap();
    let (radia, barbara) = open.split_once("<bdi>Barbara</bdi>").expect("the failed one first");
    assert!(radia.contains("Mail failed") && radia.contains("550 5.1.1 no such user"), "{radia}");
    assert!(!barbara.contains("Mail failed") && !barbara.contains("No mail sent"), "{barbara}");
    drop(ada);
    drop(app);

    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    ada.submit(LIST, INVITE, &[("name", "Alan"), ("email", "alan@example.com")]).expect(200);
    assert!(ada.get(LIST).text().contains("No mail sent"));
}

/// The first open invitation.
fn digest(admin: &Admin) -> String {
    let page = admin.get(LIST).expect(200).text().to_owned();
    let rest = page.split("name=\"digest\" value=\"").nth(1).expect("an invitation");
    rest.split('"').next().unwrap().to_owned()
}

fn a_new_link_ends_the_one_that_was_sent(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let first = super::invite(&ada, "Grace", "grace@example.com");
    app.advance(TimeDelta::hours(20));
    let ada = app.admin("Ada");
    let again = "/admin/server-admins/invite-again";
    let page = |digest: &str| ada.submit(LIST, again, &[("digest", digest)]);
    let before = digest(&ada);
    let shown = page(&before).expect(200).text().to_owned();
    let start = shown.find("/invitation?code=").expect("a link");
    let second = shown[start..].split(['<', '"']).next().unwrap().to_owned();

    assert_ne!(first, second);
    app.visitor().get(&first).expect(410);
    let form = app.visitor().get(&second).expect(200);
    assert!(form.text().contains("value=\"Grace\""));
    assert_eq!(recorded(&app, Kind::AdminInvited), 2);
    ada.submit(LIST, WITHDRAW, &[("digest", &digest(&ada))]).expect(303);
    super::invite(&ada, "Heidi", "heidi@example.com");
    let late = follow(&ada, &page(&before));
    assert!(late.contains("This invitation was not open any more."), "{late}");
}

/// The facts on the card `Sign-in`, as text.
fn sign_in(page: &str) -> String {
    let (_, card) = page.split_once("id=\"sign-in-h\"").expect("the card");
    let (card, _) = card.split_once("</section>").unwrap();
    page::text(card)
}

fn who_has_no_passkey_is_found_and_their_page_says_how_they_sign_in(database: &Database) {
    let server = MailServer::start();
    let url = server.url();
    let app = TestApp::with(database, &[PUBLIC_URL, ("SCIMWARD_SMTP_URL", &url)]);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    app.add_silently("Edith");
    app.add_silently("Alan");
    let off = path_of(&app, "alan@example.com", "/deactivate");
    ada.submit(&off, &off, &[]).expect(303);
    let phone = Device::new("phone");
    let codes = codes(&phone.add(&grace, "Phone").expect(200));

    let page = ada.get(&format!("{LIST}?show=without-passkey")).expect(200).text().to_owned();
    assert!(page.contains("<option value=\"without-passkey\" selected>Without a passkey</option>"));
    assert_eq!(listed(&page), ["ada", "edith"], "who is active and has none");

    let of_grace = path_of(&app, "grace@example.com", "");
    let facts = || sign_in(ada.get(&of_grace).expect(200).text());
    for part in ["22 Nov 2026, 14:03 UTC", "from 127.0.0.1, unnamed, with a password", "8 of 8"] {
        assert!(facts().contains(part), "{part}: {}", facts());
    }
    app.advance(TimeDelta::minutes(7));
    phone.log_in(&app.visitor()).expect(303);
    assert!(facts().contains("22 Nov 2026, 14:10 UTC"), "{}", facts());
    assert!(facts().contains("from 127.0.0.1, unnamed, with a passkey"), "{}", facts());
    let by_code = app.visitor();
    let fields = [("email", "grace@example.com"), ("password", PASSWORD)];
    by_code.submit("/login", "/login", &fields).expect(303);
    by_code.submit("/login/second", "/login/second", &[("code", &codes[0])]).expect(303);
    let how = "with a password and a recovery code Passkeys 1 7 of 8 recovery codes left Mails";
    assert!(facts().contains(how), "{}", facts());
    // Mails leave in the background.
    let appears = |part: &str| (0..2_000).any(|_| facts().contains(part));
    assert!(appears("Mails Delivered last on 22 Nov 2026"), "{}", facts());
    server.fault("grace@example.com", Fault::Recipient("550 5.1.1 no such user"));
    app.generate(1);
    app.wait(app.services().mails.send_now()).expect("the mails are sent");
    assert!(appears("Mails Mail failed"), "{}", facts());
    assert!(facts().contains("550 5.1.1 no such user"), "{}", facts());
    let text = ada.get(&of_grace).expect(200).text().to_owned();
    assert!(text.contains("scimward admin reset-passkeys grace@example.com"), "{text}");
    assert!(page::text(&text).contains("all Server Admins get a mail. Passkeys stay."), "{text}");

    app.add_silently("Zoe");
    for (who, expected) in [
        ("zoe", "Last login Never Passkeys None Mails None sent yet"),
        ("alan", "Last login Never Passkeys None Mails"),
    ] {
        let page = ada.get(&path_of(&app, &format!("{who}@example.com"), "")).expect(200);
        assert!(sign_in(page.text()).contains(expected), "{who}: {}", sign_in(page.text()));
        assert!(!page.text().contains("reset-passkeys"), "{who}");
    }
    assert!(!ada.get("/admin/account").expect(200).text().contains("sign-in-h"));
}
