//! The identity provider that was chosen, and where the product then uses its words.

use chrono::TimeDelta;
use scimward::domain::admin::actor::Author;
use scimward::domain::identity_provider::IdentityProvider;
use scimward::domain::token::refusal::Refusal;

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::Request;
use crate::support::mail_app::MailApp;
use crate::support::process::Scimward;
use crate::support::smtp::MailServer;
use crate::support::{on_each_database, page};
use crate::sync::{accept, minute, refuse, wait, working};

on_each_database!(
    a_choice_is_one_for_the_installation,
    a_new_token_comes_with_the_words_of_the_identity_provider,
    notices_name_the_identity_provider,
    mails_use_the_words_of_the_identity_provider,
);

const PAGE: &str = "/admin/identity-provider";
const HOME: &str = "/admin/authentication";
const GENERATE: &str = "/admin/authentication/scim-token";
const BASE_URL: &str = "https://scim.example.com/scim/v2";

/// The text of a page without its tags, with single blanks.
fn text_of(html: &str) -> String {
    let main = html.split("<main").last().unwrap_or_default();
    let without_tags =
        main.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text));
    let text = without_tags.collect::<Vec<_>>().join(" ").replace("&#39;", "'");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn assert_says(text: &str, expected: &[&str]) {
    for expected in expected {
        assert!(text.contains(expected), "{expected:?} is missing in\n{text}");
    }
}

fn chosen_entries(app: &TestApp) -> Vec<Option<String>> {
    let entries = app.activity().into_iter();
    let chosen = entries.filter(|entry| entry.event.kind.as_str() == "identity_provider_chosen");
    chosen.map(|entry| entry.event.subject).collect()
}

fn a_choice_is_one_for_the_installation(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let before = text_of(ada.get(PAGE).expect(200).text());
    assert_says(
        &before,
        &[
            "Choose…",
            "Two values are needed, whatever it is",
            "Not set",
            "The choice is remembered",
        ],
    );
    // The address of scimward is no base URL.
    assert!(!before.contains("/scim/v2"), "{before}");

    for (code, kept) in [("", None), ("Okta", None), ("<b>", None), ("entra", Some("Entra"))] {
        ada.submit(PAGE, PAGE, &[("idp", code)]).expect(303);
        let told = text_of(ada.get(PAGE).expect(200).text());
        assert_eq!(told.contains("Nothing was changed."), kept.is_none(), "{code}: {told}");
    }
    ada.submit(PAGE, PAGE, &[("idp", "entra")]).expect(303);
    assert_says(&text_of(ada.get(PAGE).text()), &["Microsoft Entra ID was chosen already."]);
    assert_eq!(chosen_entries(&app), [Some("Microsoft Entra ID".to_owned())]);

    assert_says(&text_of(ada.get(PAGE).text()), &["You chose this on 22 Nov 2026"]);
    let shown = grace.get(PAGE).expect(200);
    assert!(shown.text().contains("<option value=\"entra\" selected>"), "{}", shown.text());
    assert_says(
        &text_of(shown.text()),
        &[
            "Ada chose this on",
            "Enter these values in Microsoft Entra ID",
            "Tenant URL",
            "Restart provisioning",
            "Microsoft Entra ID adds it: enter the token alone.",
        ],
    );
    grace.submit(PAGE, PAGE, &[("idp", "jumpcloud")]).expect(303);
    assert_says(
        &text_of(ada.get(PAGE).text()),
        &["Grace chose this on", "JumpCloud tests by creating"],
    );
    let names = ["JumpCloud", "Microsoft Entra ID"].map(|name| Some(name.to_owned()));
    assert_eq!(chosen_entries(&app), names);
}

fn a_new_token_comes_with_the_words_of_the_identity_provider(database: &Database) {
    let app = TestApp::with(database, &[("SCIMWARD_SCIM_BASE_URL", BASE_URL)]);
    let admin = app.admin("Ada");
    for (code, form, window, flash) in [
        (
            None,
            "For identity providers that ask for the whole",
            "SCIM base URL https://scim.example.com/scim/v2 Copy",
            "Now enter it in the SCIM application of your identity provider and test the \
             connection. Show me where",
        ),
        (
            Some("entra"),
            "Microsoft Entra ID takes the token alone.",
            "Tenant URL https://scim.example.com/scim/v2 Copy",
            "Now enter it in Microsoft Entra ID: Provisioning → Admin Credentials , paste it into \
             Secret Token . Then Test Connection , Save , Restart provisioning . All steps for \
             Microsoft Entra ID",
        ),
        (
            Some("okta-header"),
            "Okta takes the whole header value",
            "Base URL https://scim.example.com/scim/v2 Copy",
            "Then Dashboard → Tasks : select the failed tasks, Retry Selected . All steps for Okta",
        ),
    ] {
        if let Some(code) = code {
            admin.submit(PAGE, PAGE, &[("idp", code)]).expect(303);
            let shown = text_of(admin.get(PAGE).text());
            assert_says(&shown, &[BASE_URL]);
            assert!(!shown.contains("Not set"), "{shown}");
        }
        let dialog = admin.get(HOME).expect(200).text().to_owned();
        let (_, dialog) = dialog.split_once("data-step=\"token\"").expect("the window");
        let (dialog, _) = dialog.split_once("</section>").expect("its end");
        let shown = text_of(&format!("<p {dialog}"));
        assert!(shown.to_lowercase().contains(&form.to_lowercase()), "{shown}");
        assert_says(&shown, &[window]);
        assert_eq!(dialog.matches("btn-primary").count(), 1, "{dialog}");

        let filled = [("months", "1"), ("confirm", "replace")];
        let shown = text_of(admin.submit(HOME, GENERATE, &filled).expect(200).text());
        assert_says(&shown, &[window]);
        let fields = page::hidden_fields(admin.get(HOME).text(), GENERATE);
        let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let sent = admin.form(GENERATE, &[&fields, &[("months", "1")][..]].concat());
        admin.send(sent.header("Accept", "application/json")).expect(201);
        let page = admin.get(HOME);
        assert_says(&text_of(page.text()), &[flash]);
        let stands_out = page.text().contains("<strong>Provisioning → Admin Credentials</strong>");
        assert_eq!(stands_out, code == Some("entra"), "{}", page.text());
    }
}

fn notices_name_the_identity_provider(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let token = app.generate(6);
    assert!(app.scim(token.plain.expose()).is_accepted());
    app.upkeep();
    app.revoke();
    assert_says(&text_of(admin.get(HOME).text()), &["Steps for your identity provider"]);
    let choose =
        app.services().identity_provider.choose(IdentityProvider::Okta, Author::CommandLine);
    app.wait(choose).unwrap();

    let shown = admin.get(HOME).expect(200);
    assert_says(
        &text_of(shown.text()),
        &["Generate a new token and enter it in Okta. Steps for Okta"],
    );
    assert!(shown.text().contains("href=\"/admin/identity-provider#replaced\""));
    assert!(admin.get(PAGE).text().contains("id=\"replaced\""));
    assert_says(&text_of(admin.get(PAGE).text()), &["Go to SCIM Token"]);

    let token = app.generate(6);
    Request::new("GET", "/scim/v2/Users").send(app.address).expect(401);
    app.upkeep();
    let way = text_of(admin.get(HOME).text());
    assert_says(&way, &["Enter the SCIM token in Okta, and check"]);
    assert!(app.scim(token.plain.expose()).is_accepted());
    app.upkeep();
    assert_says(&text_of(admin.get(HOME).text()), &["Done: Okta uses the new token"]);
    app.generate(6);
    app.advance(TimeDelta::hours(25));
    let silent = app.admin("Ada").get(HOME).expect(200);
    assert_says(&text_of(silent.text()), &["Where to look in Okta"]);
    assert!(silent.text().contains("href=\"/admin/identity-provider#look\""));
}

fn mails_use_the_words_of_the_identity_provider(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    let choose =
        app.services().identity_provider.choose(IdentityProvider::Okta, Author::CommandLine);
    app.wait(choose).unwrap();
    let token = working(&app);
    let text = |subject: &str| {
        let mails = server.take();
        let mail = mails.iter().find(|mail| mail.header("Subject").contains(subject));
        let mail = mail.unwrap_or_else(|| panic!("{subject} is missing"));
        let text = mail.content.replace("=\r\n", "").replace("=E2=86=92", "→");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_says(&text("New SCIM token"), &["once it is entered in Okta."]);

    wait(&app, 1);
    for _ in 0..20 {
        refuse(&app, Refusal::NoCredentials, None);
        wait(&app, 1);
    }
    accept(&app, &token.id);
    minute(&app);
    assert_says(
        &text("SCIM sync works again"),
        &["In Okta, open Dashboard → Tasks, select the failed tasks and choose Retry Selected."],
    );
    app.advance(token.expires_at - TimeDelta::hours(1) - app.services().now());
    minute(&app);
    assert_says(
        &text("SCIM token expires"),
        &[
            "enter the new token in Okta.",
            "In Okta, Provisioning → Integration → Edit: paste it into",
        ],
    );
}

#[test]
fn a_base_url_is_what_identity_providers_take_and_a_mail_server_needs_a_sender() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let smtp = "smtp://user:secret@mail.example.com:587";
    let file = database.folder().join("smtp");
    std::fs::write(&file, smtp).unwrap();
    let file = file.display().to_string();
    for (name, value, what) in [
        ("SCIMWARD_SCIM_BASE_URL", "http://scim.example.com/v2", "use https"),
        ("SCIMWARD_SCIM_BASE_URL", "https://scim.example.com/v2/", "slash at the end"),
        ("SCIMWARD_SCIM_BASE_URL", "https://scim.example.com/v2?a=b", "without a user"),
        ("SCIMWARD_SCIM_BASE_URL", "scim.example.com", "write https://"),
        ("SCIMWARD_SMTP_URL", smtp, "SCIMWARD_MAIL_FROM is missing"),
        ("SCIMWARD_SMTP_URL_FILE", &file, "SCIMWARD_MAIL_FROM is missing"),
    ] {
        let ended = scimward.clone().with(name, value).run(&["serve"]);
        assert_eq!(ended.code, 2, "{value}: {ended:?}");
        assert!(ended.stderr.contains(what), "{value}: {ended:?}");
        assert!(!ended.stderr.contains("secret"), "{ended:?}");
    }
    for (name, value) in [
        ("SCIMWARD_SCIM_BASE_URL", BASE_URL),
        ("SCIMWARD_SCIM_BASE_URL", "http://127.0.0.1:9000/scim"),
        ("SCIMWARD_MAIL_FROM", "scim@example.com"),
    ] {
        let ended = scimward.clone().with(name, value).run(&["config", "check"]);
        assert_eq!(ended.code, 0, "{value}: {ended:?}");
    }
}
