//! Every event from the outside: the real server, its log at the finest level.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use scimward::domain::activity::{Attempt, Kind};

use super::{CLIENTS, PROXIES, audit, one, search};
use crate::memory::open_sockets;
use crate::support::actors::{PASSWORD, ScimClient, Visitor};
use crate::support::database::{Database, Engine};
use crate::support::http::{Request, Response};
use crate::support::passkey::{self, Device, PASSKEYS, PUBLIC_URL};
use crate::support::process::{Scimward, ServerProcess};
use crate::support::proxy::free_address;
use crate::support::smtp::{Fault, MailServer, Protection, Received};
use crate::support::upstream::Upstream;
use crate::support::{on_each_database, page};

on_each_database!(every_event_is_one_line_and_no_line_holds_a_secret);

const LIST: &str = "/admin/server-admins";
const ACCOUNT: &str = "/admin/account";
const FRESH: &str = "eleven comets under granite";
const WRONG: &str = "nine wrong badgers somewhere";
const WRONG_CODE: &str = "7KQ4-M2XP-9TRD";

/// What only days or months bring.
const NEEDS_TIME: [Kind; 6] = [
    Kind::TokenExpired,
    Kind::SyncSilent,
    Kind::SyncWorksAgain,
    Kind::OldTokenEnded,
    Kind::OldTokenEndedUnswitched,
    Kind::ApiKeyExpired,
];

/// Parts of the setting of a webhook that nobody is to see.
const HIDDEN: &str = "T0HIDDENx1";
const SIGNING: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The product in use, and everything that must stay secret in it.
struct Scene<'a> {
    scimward: Scimward,
    server: ServerProcess,
    smtp: &'a MailServer,
    secrets: Vec<String>,
    /// Those of the secrets that are CSRF tokens: they stand in the page and the session they are of.
    csrf: Vec<String>,
    /// Those that are codes of links.
    codes: Vec<String>,
    /// Those that are tokens, keys, whole sessions, challenges and passwords: gone from memory when they
    /// were used.
    used: Vec<String>,
    mails: Vec<Received>,
}

fn every_event_is_one_line_and_no_line_holds_a_secret(database: &Database) {
    let smtp = MailServer::with(Protection::StartTls);
    std::fs::write(database.folder().join("own.pem"), &smtp.certificate).unwrap();
    smtp.fault("extra@example.com", Fault::Recipient("550 5.1.1 no such mailbox"));
    let url = database.url().replace("scimward@", "scimward:the-password-of-the-database@");
    let settings = Scimward::at(&url, database.folder())
        .with("SCIMWARD_LOG", "trace")
        .with("SCIMWARD_ACCESS_LOG", "true")
        .with(CLIENTS.0, CLIENTS.1)
        .with(PUBLIC_URL.0, PUBLIC_URL.1)
        .with(PROXIES.0, PROXIES.1);
    let metrics = free_address().to_string();
    let first = settings.serve().stop();
    let code = first.stdout.split("code=").nth(1).expect("a link").trim().to_owned();
    let receivers = receivers();
    let scimward = settings
        .clone()
        .with("SCIMWARD_MAIL_FROM", "scim@example.com")
        .with("SCIMWARD_METRICS_LISTEN", &metrics)
        .with("SCIMWARD_WEBHOOKS", &webhooks(&receivers))
        .with("SCIMWARD_SMTP_URL", &smtp.url_of_user())
        .with("SCIMWARD_MAIL_TO_EXTRA", "extra@example.com");
    let server = scimward.serve();
    Request::new("GET", "/healthz").send(server.address).expect(200);
    let sockets = open_sockets(&server);
    let mut scene = Scene::new(scimward, server, &smtp, &code);
    scene.secrets.extend([HIDDEN.to_owned(), SIGNING.to_owned()]);
    let ada = set_up(&mut scene, &code);
    let grace = invite_and_join(&mut scene, &ada);
    refuse_forms(&mut scene, &ada);
    fail_to_confirm(&ada);
    use_key(&mut scene, &ada);
    use_token(&mut scene, &ada);
    change_people(&mut scene, &ada, &grace);
    receivers.iter().for_each(Upstream::wait);
    let tried = scene.scimward.run(&["webhook", "test"]);
    let written = settings.run(&["mail", "test", "ada@example.com"]);
    use_passkeys(&mut scene);
    search_everywhere(&mut scene, database, &metrics, sockets);
    let reset = scene.scimward.run(&["admin", "reset-passkeys", "ada@example.com"]);
    let ended = scene.scimward.run(&["admin", "end-sessions"]);
    scene.keep_cookies(&[&ada, &grace]);

    let Scene { server, secrets, .. } = scene;
    let log = server.stop().stderr;
    let commands = settings.with("SCIMWARD_LOG_FORMAT", "json");
    let deactivated = commands.run(&["admin", "deactivate", "grace@example.com"]);
    let commands = [ended, tried, written, deactivated].map(|ended| ended.stderr).concat();
    let logs = [log, first.stderr, reset.stderr, commands].concat();
    check_events(&logs);
    check_secrets(&logs, &secrets);
}

/// Receivers of webhooks: one that takes everything, one that does not, and one that is gone.
fn receivers() -> [Upstream; 3] {
    ["200 OK", "404 Not Found", "410 Gone"]
        .map(|status| Upstream::deciding(move |_| Some(status.to_owned())))
}

/// Their setting.
fn webhooks(receivers: &[Upstream; 3]) -> String {
    let one = |receiver: &Upstream| format!("json http://{}/{HIDDEN} {SIGNING}", receiver.address);
    receivers.each_ref().map(one).join(",")
}

fn check_events(logs: &str) {
    let lines = audit(logs);
    let text_lines = logs.lines().filter(|line| line.contains(" scimward::audit: "));
    let mut seen: BTreeSet<String> =
        lines.iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect();
    for line in text_lines {
        let event = line.split("event=\"").nth(1).and_then(|rest| rest.split('"').next());
        seen.insert(event.expect("an event").to_owned());
    }
    let kinds = Kind::ALL.iter().filter(|kind| !NEEDS_TIME.contains(kind));
    let expected = kinds.map(|kind| kind.as_str());
    let expected = expected.chain(Attempt::ALL.iter().map(|attempt| attempt.as_str()));
    let missing: Vec<_> = expected.filter(|event| !seen.contains(*event)).collect();
    assert!(missing.is_empty(), "no line about {missing:?} in\n{logs}");
    for line in &lines {
        for field in ["event", "outcome", "actor", "message"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
        if line["actor"] == "admin" {
            assert!(line["actor.id"].is_i64() && line["source"] == "203.0.113.7", "{line}");
            assert!(line["actor.email"].as_str().unwrap().ends_with("@example.com"), "{line}");
            assert!(line["request.id"].is_string() || line["count"] != 1, "{line}");
        }
    }
}

#[track_caller]
fn check_secrets(logs: &str, secrets: &[String]) {
    assert!(logs.contains("TRACE") || logs.contains("DEBUG"), "the log is on");
    let constant = ["query-value", "$argon2id$", "scimw_", "scimk_"].map(str::to_owned);
    let secrets = [secrets, &constant].concat();
    let lines = logs.lines().map(|line| (line.to_owned(), line.as_bytes().to_vec()));
    search::find_none(&secrets, &lines.collect::<Vec<_>>());
}

/// Sends a request from a browser behind a proxy.
fn send(browser: &Visitor, request: Request) -> Response {
    browser.send(request.header("X-Forwarded-For", "203.0.113.7"))
}

/// Opens a page and sends the form on it, as a person does.
fn submit(by: &Visitor, page: &str, action: &str, fields: &[(&str, &str)]) -> Response {
    let shown = by.get(page).expect(200);
    let hidden = page::hidden_fields(shown.text(), action);
    let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let filled_in = |name: &str| fields.iter().any(|(filled_in, _)| *filled_in == name);
    let hidden: Vec<_> = hidden.filter(|(name, _)| !filled_in(name)).collect();
    send(by, by.form(action, &[&hidden, fields].concat()))
}

/// All that is not the log. Another Server Admin looks at the pages.
fn search_everywhere(scene: &mut Scene<'_>, database: &Database, metrics: &str, sockets: usize) {
    let passwords = [PASSWORD, FRESH, WRONG].map(str::to_owned);
    let settings = ["the-password-of-the-", "application-secret"].map(str::to_owned);
    scene.secrets.extend([&passwords[..], &settings].concat());
    scene.scimward.add_admin("olga");
    let olga = Visitor::new(scene.server.address);
    let fields = [("email", "olga@example.com"), ("password", PASSWORD)];
    submit(&olga, "/login", "/login", &fields).expect(303);
    search::find_none(&scene.secrets, &search::shown(&olga, metrics, &scene.scimward));
    scene.keep_cookies(&[&olga]);
    let open = scene.csrf(&olga);
    scene.mails.extend(scene.smtp.take());
    search::find_none(&scene.secrets, &search::sent(&scene.mails, &scene.codes));
    let whole = search::sent(&scene.mails, &[]);
    assert!(!search::found(&scene.codes, &whole).is_empty(), "links are found in their mails");
    // The CSRF token of a session is stored with it, and so it is in what SQLite remembers of its
    // file, and in memory: without the cookie it is worth nothing.
    let stored = search::stored(database, &scene.scimward);
    let not_stored = scene.secrets.iter().filter(|secret| !scene.csrf.contains(secret));
    search::find_none(&not_stored.cloned().collect::<Vec<_>>(), &stored);
    assert!(!search::found(&[open], &stored).is_empty(), "what is stored is found");
    submit(&olga, ACCOUNT, "/logout", &[]).expect(303);
    if database.engine() == Engine::Sqlite {
        let used = [&scene.used[..], &scene.codes, &passwords].concat();
        search::find_none_in_memory(&scene.server, sockets, &used);
    }
}

impl<'a> Scene<'a> {
    fn new(scimward: Scimward, server: ServerProcess, smtp: &'a MailServer, code: &str) -> Self {
        let codes = vec![code.to_owned()];
        let (csrf, used, mails) = (Vec::new(), Vec::new(), Vec::new());
        Self { scimward, server, smtp, secrets: codes.clone(), csrf, codes, used, mails }
    }

    fn log_in(&self, password: &str) -> (Visitor, Response) {
        let browser = Visitor::new(self.server.address);
        let fields = [("email", "ada@example.com"), ("password", password)];
        let answer = submit(&browser, "/login?next=query-value", "/login", &fields);
        (browser, answer)
    }

    /// Cookies and CSRF tokens of sessions that are still open are secrets.
    fn keep_cookies(&mut self, browsers: &[&Visitor]) {
        for browser in browsers {
            for pair in browser.cookie_header().split("; ").filter(|pair| !pair.is_empty()) {
                let (_, value) = pair.split_once('=').expect("name=value");
                // A session is signed, so its id stands at the end.
                self.secrets.push(value.chars().take(20).collect());
                self.secrets.push(value[value.len().saturating_sub(20)..].to_owned());
                self.used.push(value.to_owned());
            }
        }
    }

    /// What was shown once, or entered once.
    fn keep_used(&mut self, secret: &str) {
        self.secrets.push(secret.to_owned());
        self.used.push(secret.to_owned());
    }

    /// Recovery codes, as they are shown and as they are hashed.
    fn keep_codes(&mut self, codes: Vec<String>) {
        for code in codes {
            self.keep_used(&code.replace('-', ""));
            self.keep_used(&code);
        }
    }

    /// Logs in with a passkey, as the script of a page does; the signature of what was asked is enough
    /// to answer it.
    fn log_in_with(&mut self, device: &Device) -> (Visitor, Response) {
        let browser = Visitor::new(self.server.address);
        let asked = passkey::ask(&browser, "/login/passkey/begin", &[]);
        self.keep_used(&asked.signed[..64]);
        let answer = device.answer(&browser, "/login/passkey", &asked);
        (browser, answer)
    }

    fn csrf(&mut self, browser: &Visitor) -> String {
        let shown = browser.get(ACCOUNT).expect(200);
        let csrf = page::hidden_fields(shown.text(), "/logout").remove(0).1;
        self.secrets.push(csrf.clone());
        self.csrf.push(csrf.clone());
        csrf
    }
}

/// The first Server Admin, by the link; a second use of it is refused.
fn set_up(scene: &mut Scene<'_>, code: &str) -> Visitor {
    let ada = Visitor::new(scene.server.address);
    let fields = [("name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
    let path = format!("/setup?code={code}");
    submit(&ada, &path, "/setup", &fields).expect(303);
    let again = [&fields[..], &[("code", code)]].concat();
    let late = Visitor::new(scene.server.address);
    send(&late, late.form("/setup", &again)).expect(410);
    scene.keep_cookies(&[&ada]);
    scene.csrf(&ada);
    ada
}

fn invite_and_join(scene: &mut Scene<'_>, ada: &Visitor) -> Visitor {
    let invited = [("name", "Heidi"), ("email", "heidi@example.com")];
    submit(ada, LIST, "/admin/server-admins/invite", &invited).expect(303);
    let list = ada.get(LIST).text().to_owned();
    let digest = list.split("name=\"digest\" value=\"").nth(1).expect("an open invitation");
    let digest = digest.split('"').next().unwrap();
    let withdraw = "/admin/server-admins/withdraw";
    submit(ada, LIST, withdraw, &[("digest", digest)]).expect(303);
    let page = "/admin/identity-provider";
    submit(ada, page, page, &[("idp", "entra")]).expect(303);
    let invited = [("name", "Grace"), ("email", "grace@example.com")];
    submit(ada, LIST, "/admin/server-admins/invite", &invited).expect(303);
    let mails = scene.smtp.take();
    scene.mails.extend(mails.clone());
    let mail = mails.iter().rev().find(|mail| mail.to == "grace@example.com").expect("a mail");
    let mail = mail.content.replace("=\r\n", "").replace("=3D", "=");
    let code: String = mail.split("invitation?code=").nth(1).expect("a link").to_owned();
    let code: String = code.chars().take_while(char::is_ascii_alphanumeric).collect();
    scene.secrets.push(code.clone());
    scene.codes.push(code.clone());
    let grace = Visitor::new(scene.server.address);
    let fields = [("email", "grace@example.com"), ("name", "Grace"), ("password", PASSWORD)];
    let path = format!("/invitation?code={code}");
    submit(&grace, &path, "/invitation", &fields).expect(303);
    grace
}

/// What comes from elsewhere, and what comes too often.
fn refuse_forms(scene: &mut Scene<'_>, ada: &Visitor) {
    let foreign =
        Request::new("POST", "/admin/account").header("Origin", "https://elsewhere.example");
    send(&Visitor::new(scene.server.address), foreign).expect(403);
    send(ada, ada.form("/admin/account/password", &[("csrf", "query-value")])).expect(403);
    let nobody = Visitor::new(scene.server.address);
    send(&nobody, nobody.form("/admin/notifications/test", &[])).expect(303);
    let invited = [("name", "Ivan"), ("email", "ivan@example.com")];
    send(&nobody, nobody.form("/admin/server-admins/invite", &invited)).expect(303);
    scene.keep_cookies(&[&nobody]);
    for attempt in 0..8 {
        let (_, answer) = scene.log_in(WRONG);
        assert!([422, 429].contains(&answer.status), "{attempt}: {}", answer.status);
    }
}

/// A token is kept beside a new one, and revoked.
fn switch(scene: &mut Scene<'_>, ada: &Visitor, fields: &[(&str, &str)]) {
    let page = "/admin/authentication";
    // The first use is written in the background.
    let is_used = (0..2_000).any(|_| ada.get(page).expect(200).text().contains("value=\"keep\""));
    assert!(is_used, "the token is in use");
    let keep = [fields, &[("current", "keep")]].concat();
    let shown = submit(ada, page, "/admin/authentication/scim-token", &keep).expect(200);
    let token = shown.text().split("scimw_").nth(1).expect("a token");
    scene.secrets.push(token[8..51].to_owned());
    let revoke = "/admin/authentication/revoke-old";
    submit(ada, revoke, revoke, &[]).expect(303);
}

/// An API key that is made, revoked and sent all the same.
fn use_key(scene: &mut Scene<'_>, ada: &Visitor) {
    let page = "/admin/api-keys";
    let fields = [("name", "Terraform"), ("scope", "read"), ("months", "1")];
    let shown = submit(ada, page, page, &fields).expect(200);
    let key = shown.text().split("scimk_").nth(1).expect("a key");
    let key: String = key.chars().take_while(char::is_ascii_alphanumeric).collect();
    scene.keep_used(&key[8..51]);
    let header = format!("Bearer scimk_{key}");
    let ask = || Request::new("GET", "/v1/admin/token").header("Authorization", &header);
    assert_ne!(ask().send(scene.server.address).status, 401, "it works");
    let revoke = format!("{page}/{}/revoke", &key[..8]);
    submit(ada, &revoke, &revoke, &[]).expect(303);
    ask().send(scene.server.address).expect(401);
    let made = ["key", "add", "--name", "Pipeline", "--scope", "replace", "--months", "1"];
    let made = scene.scimward.run(&made);
    assert_eq!(made.code, 0, "{made:?}");
    let key = made.stdout.trim();
    scene.keep_used(&key[14..57]);
    let generated = Request::new("POST", "/v1/admin/token")
        .header("Authorization", &format!("Bearer {key}"))
        .header("Idempotency-Key", "first")
        .body("application/json", "{\"months\": 1}")
        .send(scene.server.address)
        .expect(201);
    let token = generated.json()["token"].as_str().expect("a token").to_owned();
    scene.keep_used(&token[14..57]);
}

/// Wrong passwords in a session, until they are not looked at any more.
fn fail_to_confirm(ada: &Visitor) {
    let csrf = page::hidden_fields(ada.get(ACCOUNT).expect(200).text(), "/logout").remove(0).1;
    let fields = [("password", WRONG), ("csrf", &csrf)];
    let mut attempts = (0..30).map(|_| send(ada, ada.form("/admin/confirm", &fields)).status);
    assert!(attempts.any(|status| status == 429), "nothing slows it down");
}

/// A token from its generation to its end.
fn use_token(scene: &mut Scene<'_>, ada: &Visitor) {
    let fields = [("months", "1"), ("confirm", "replace")];
    let page = "/admin/authentication";
    let shown = submit(ada, page, "/admin/authentication/scim-token", &fields).expect(200);
    let token = shown.text().split("scimw_").nth(1).expect("a token");
    let token: String = token.chars().take_while(char::is_ascii_alphanumeric).collect();
    scene.secrets.push(token[8..51].to_owned());
    scene.used.push(token[8..51].to_owned());
    let token = format!("scimw_{token}");
    let client = ScimClient::new(scene.server.address, &token);
    for agent in ["Okta SCIM Client 1.0", "curl/8.5.0", &format!("leaky {token}")] {
        client.send(Request::new("GET", "/scim/v2/Users").header("User-Agent", agent)).expect(200);
    }
    let path = format!("/v1/token/validate?access_token={token}&filter=query-value");
    Request::new("GET", &path).send(scene.server.address).expect(401);
    for path in [format!("/nowhere/{token}"), format!("/%73cimw_{}", &token[6..])] {
        Request::new("GET", &path).send(scene.server.address).expect(404);
    }
    switch(scene, ada, &fields);
    let wrong = STANDARD.encode("app:a-wrong-application-secret");
    scene.secrets.push(wrong.clone());
    Request::new("POST", "/oauth2/introspect")
        .header("Authorization", &format!("Basic {wrong}"))
        .form(&[("token", &token)])
        .send(scene.server.address)
        .expect(401);
    let revoked = scene.scimward.run(&["token", "revoke"]);
    assert_eq!(revoked.code, 0, "{revoked:?}");
    let lines: Vec<_> = revoked.stderr.lines().collect();
    assert!(lines.iter().any(|line| line.contains("event=\"token_revoked\"")), "{lines:?}");
    submit(ada, page, "/admin/authentication/scim-token", &fields).expect(200);
    submit(ada, "/admin/authentication/revoke", "/admin/authentication/revoke", &[]);
}

fn change_people(scene: &mut Scene<'_>, ada: &Visitor, grace: &Visitor) {
    let name = [("name", "Grace Hopper"), ("email", "grace@example.com")];
    let own = |text: &str| {
        let id = text.split("action=\"/admin/server-admins/").nth(1).expect("a form");
        format!("{LIST}/{}", id.split(['"', '/']).next().unwrap())
    };
    let path = own(grace.get(ACCOUNT).expect(200).text());
    submit(grace, ACCOUNT, &path, &name).expect(303);
    let change = "/admin/account/password";
    let wrong = [("present", WRONG), ("fresh", FRESH)];
    submit(grace, ACCOUNT, change, &wrong).expect(422);
    let right = [("present", PASSWORD), ("fresh", FRESH)];
    submit(grace, ACCOUNT, change, &right).expect(303);
    for what in ["deactivate", "reactivate"] {
        let path = format!("{path}/{what}");
        submit(ada, &path, &path, &[]).expect(303);
    }
    let csrf = scene.csrf(ada);
    let mine = own(ada.get(ACCOUNT).expect(200).text());
    let other = format!("{path}/deactivate");
    send(ada, ada.form(&other, &[("csrf", &csrf)])).expect(303);
    send(ada, ada.form(&format!("{mine}/deactivate"), &[("csrf", &csrf)]));
    let reactivate = format!("{path}/reactivate");
    send(ada, ada.form(&reactivate, &[("csrf", &csrf)])).expect(303);
    send_password_link(scene, ada, &path);
    sign_in_and_out(scene, ada);
}

/// Grace chooses a new password with a link; a second use of it is refused.
fn send_password_link(scene: &mut Scene<'_>, ada: &Visitor, path: &str) {
    submit(ada, path, &format!("{path}/password-link"), &[]).expect(303);
    let mails = scene.smtp.take();
    let mail = mails.iter().rev().find(|mail| mail.content.contains("password?code"));
    let mail = mail.expect("a link").content.replace("=\r\n", "").replace("=3D", "=");
    let code = mail.split("password?code=").nth(1).expect("a link");
    let code: String = code.chars().take_while(char::is_ascii_alphanumeric).collect();
    scene.secrets.push(code.clone());
    scene.codes.push(code.clone());
    scene.mails.extend(mails);
    let grace = Visitor::new(scene.server.address);
    let link = format!("/password?code={code}");
    submit(&grace, &link, "/password", &[("fresh", FRESH)]).expect(303);
    scene.keep_cookies(&[&grace]);
    let late = Visitor::new(scene.server.address);
    send(&late, late.form("/password", &[("code", &code), ("fresh", FRESH)])).expect(410);
}

/// The delay after the failed logins has not passed; the command line ends it.
fn sign_in_and_out(scene: &mut Scene<'_>, ada: &Visitor) {
    let set = ["admin", "password", "ada@example.com", "--password-stdin"];
    let changed = scene.scimward.run_with_input(&set, FRESH);
    assert_eq!(changed.code, 0, "{changed:?}");
    let (first, answer) = scene.log_in(FRESH);
    answer.expect(303);
    let (second, answer) = scene.log_in(FRESH);
    answer.expect(303);
    let account = first.get(ACCOUNT).expect(200).text().to_owned();
    let digests = account.split("name=\"digest\" value=\"").skip(1);
    let digests: Vec<_> = digests.map(|rest| rest.split('"').next().unwrap()).collect();
    for digest in digests {
        submit(&first, ACCOUNT, "/admin/account/sessions", &[("digest", digest)]);
    }
    scene.keep_cookies(&[&first, &second]);
    submit(&first, ACCOUNT, "/logout", &[]).expect(303);
    assert_eq!(ada.get(ACCOUNT).status, 303, "the password ended the session");
}

/// Ada uses passkeys and recovery codes.
fn use_passkeys(scene: &mut Scene<'_>) {
    let (ada, answer) = scene.log_in(FRESH);
    answer.expect(303);
    let (phone, key) = (Device::new("phone"), Device::new("key"));
    let asked = passkey::ask_for_new(&ada);
    scene.keep_used(&asked.signed[..64]);
    let shown = phone.add_as(&ada, "Phone", &asked).expect(200);
    scene.keep_codes(passkey::codes(&shown));
    key.add(&ada, "Key").expect(303);
    let (rename, remove) = (format!("{PASSKEYS}/2/rename"), format!("{PASSKEYS}/2/remove"));
    submit(&ada, &rename, &rename, &[("name", "Stick")]).expect(303);
    submit(&ada, &remove, &remove, &[]).expect(303);
    let made = submit(&ada, ACCOUNT, "/admin/account/recovery-codes", &[]).expect(200);
    let codes = passkey::codes(&made);
    let (again, answer) = scene.log_in(FRESH);
    answer.expect(303);
    scene.keep_cookies(&[&again]);
    submit(&again, "/login/second", "/login/second", &[("code", WRONG_CODE)]).expect(422);
    submit(&again, "/login/second", "/login/second", &[("code", &codes[0])]).expect(303);
    scene.keep_codes(codes);
    scene.keep_codes(vec![WRONG_CODE.to_owned()]);
    let (third, answer) = scene.log_in_with(&phone);
    answer.expect(303);
    phone.prove(&third).expect(204);
    for (device, counter) in [(&phone, 0), (&key, 9)] {
        device.counter.set(counter);
        scene.log_in_with(device).1.expect(422);
    }
    scene.keep_cookies(&[&ada, &again, &third]);
}

#[test]
fn a_line_says_who_did_what_from_where_in_which_request() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database).with(PROXIES.0, PROXIES.1);
    scimward.add_admin("ada");
    let server = scimward.serve();
    let ada = Visitor::signed_in(server.address, "ada");
    let shown = ada.get("/admin/authentication").expect(200);
    let generate = "/admin/authentication/scim-token";
    let mut fields = page::hidden_fields(shown.text(), generate);
    fields.push(("months".to_owned(), "3".to_owned()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    let request = ada
        .form(generate, &fields)
        .header("X-Forwarded-For", "2001:db8::7")
        .header("X-Request-Id", "given-4711")
        .header("User-Agent", "Browser/1.0 \"\\ evil=1");
    let again = request.clone().header("Accept", "application/json");
    let answer = ada.send(request).expect(200);
    let refused = ada.send(again).expect(409);
    let token = answer.text().split("scimw_").nth(1).expect("a token")[..8].to_owned();

    let lines = audit(&server.stop().stderr);

    let line = one(&lines, "token_generated");
    let expected = serde_json::json!({
        "message": "Token generated",
        "event": "token_generated",
        "outcome": "success",
        "actor": "admin",
        "actor.id": 1,
        "actor.email": "ada@example.com",
        "source": "2001:db8::7",
        "agent": "Browser 1",
        "request.id": "given-4711",
        "token.id": token,
        "detail": "3 months",
    });
    assert_eq!(line, &expected);
    let line = one(&lines, "change_refused");
    assert_eq!(refused.header("X-Request-Id"), line["request.id"].as_str());
    for (field, value) in [
        ("subject", "token_generated"),
        ("detail", "this request was already completed"),
        ("outcome", "refused"),
        ("actor.email", "ada@example.com"),
    ] {
        assert_eq!(line[field], value, "{line}");
    }
    one(&lines, "logged_in");
}
