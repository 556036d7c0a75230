//! What a standard asks for and no other test shows: `docs/asvs.md` names these.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use chrono::TimeDelta;
use scimward::domain::admin::code::{SecretCode, SessionId};
use scimward::domain::token::secret::PlainToken;
use scimward::entropy::{Entropy, OsEntropy};

use crate::support::actors::{PASSWORD, Visitor};
use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::{self, Request};
use crate::support::passkey::{Device, PUBLIC_URL};
use crate::support::{headers, on_each_database, page};

on_each_database!(
    a_field_that_comes_twice_is_refused,
    fields_that_a_form_does_not_have_change_nothing,
    there_is_no_account_before_somebody_makes_one,
    reading_changes_nothing,
    nobody_ends_the_session_of_another,
    a_password_does_not_wear_out,
);

const GENERATE: &str = "/admin/authentication/scim-token";
const INVITED: [(&str, &str); 2] = [("name", "Heidi"), ("email", "heidi@example.com")];
const ACCOUNT: &str = "/admin/account";

/// Where pages stand behind the login.
const PAGES: [&str; 7] = [
    "/admin/authentication",
    "/admin/authentication/revoke",
    "/admin/requests",
    "/admin/server-admins",
    "/admin/notifications",
    "/admin/activity",
    ACCOUNT,
];

fn start(settings: &[(&str, &str)]) -> (TestApp, Database) {
    let database = Database::fresh(Engine::Sqlite);
    (TestApp::with(&database, settings), database)
}

fn a_field_that_comes_twice_is_refused(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let csrf = page::hidden_fields(ada.get(ACCOUNT).text(), "/logout").remove(0).1;
    let token = app.generate(1);
    let (csrf, other) = (("csrf", &*csrf), ("csrf", "x"));
    for fields in [
        &[csrf, ("months", "6"), ("months", "1"), ("confirm", "replace")][..],
        &[csrf, other, ("months", "6"), ("confirm", "replace")],
        &[other, csrf, ("months", "6"), ("confirm", "replace")],
    ] {
        let answer = ada.post(GENERATE, fields);
        assert_eq!(answer.status, 400, "{fields:?}: {}", answer.text());
    }
    let twice = [("email", "ada@example.com"), ("email", "eve@example.com"), ("password", "x")];
    assert_eq!(Visitor::new(app.address).post("/login", &twice).status, 400);

    assert!(app.scim(token.plain.expose()).is_accepted(), "nothing was replaced");
}

fn fields_that_a_form_does_not_have_change_nothing(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let row = || {
        database.ask(
            "SELECT id || ' ' || password_hash || ' ' || created_at || ' ' ||
             active || ' ' || password_generation FROM server_admins WHERE email = 'ada@example.com'",
        )
    };
    let before = row();
    let form = ada.get(ACCOUNT).text().to_owned();
    let own = form.split("action=\"/admin/server-admins/").nth(1).expect("a form");
    let own = format!("/admin/server-admins/{}", own.split(['"', '/']).next().unwrap());

    let fields = [
        ("name", "Ada Lovelace"),
        ("email", "ada@example.com"),
        ("id", "99"),
        ("active", "false"),
        ("password_hash", "x"),
        ("password", "another password of mine"),
        ("created_at", "0"),
        ("role", "owner"),
    ];
    ada.submit(ACCOUNT, &own, &fields).expect(303);

    assert_eq!(row(), before);
    assert_eq!(ada.get(ACCOUNT).status, 200);
    assert_eq!(grace.get(ACCOUNT).status, 200);
}

fn there_is_no_account_before_somebody_makes_one(database: &Database) {
    let app = TestApp::start(database);
    assert_eq!(database.ask("SELECT count(*) FROM server_admins"), ["0"]);
    for email in ["admin", "root", "admin@example.com", "admin@localhost", "scimward@localhost"] {
        for password in ["", "admin", "password", "scimward", "changeme"] {
            let browser = Visitor::new(app.address);
            let answer = browser.post("/login", &[("email", email), ("password", password)]);
            assert!([422, 429].contains(&answer.status), "{email}: {}", answer.status);
            app.advance(TimeDelta::hours(1));
        }
    }
    let page = Visitor::new(app.address).get("/admin/authentication");
    assert_eq!(page.status, 303);
}

fn reading_changes_nothing(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let token = app.generate(3);
    let link =
        ada.submit("/admin/server-admins", "/admin/server-admins/invite", &INVITED).expect(200);
    let link = link_in(link.text());
    let kept = || {
        // Mails leave by themselves.
        let people = "activity WHERE kind NOT LIKE 'mail_%'";
        let tables = ["tokens", "server_admins", "one_time_links", people, "mails"];
        let all = tables.map(|table| database.ask(&format!("SELECT count(*) FROM {table}")));
        let own = "SELECT name || email || password_hash FROM server_admins ORDER BY id";
        (all, database.ask(own), database.ask("SELECT count(*) FROM sessions"))
    };
    let before = kept();
    let forms = [
        GENERATE,
        "/logout",
        "/admin/authentication/scim-token/closed",
        "/admin/server-admins/invite",
        "/admin/server-admins/withdraw",
        "/admin/server-admins/1/deactivate",
        "/admin/account/password?present=x&fresh=y",
        "/admin/account/sessions",
        "/admin/notifications/test",
        &link,
    ];
    for path in PAGES.iter().chain(&forms) {
        for method in ["GET", "HEAD", "OPTIONS"] {
            ada.send(Request::new(method, path).header("Sec-Fetch-Site", "cross-site"));
        }
    }

    assert_eq!(kept(), before);
    assert_eq!(ada.get(ACCOUNT).status, 200);
    assert!(app.scim(token.plain.expose()).is_accepted());
}

/// The path of the invitation that a page shows.
fn link_in(page: &str) -> String {
    let link = page.split("/invitation?code=").nth(1).expect("a link");
    format!("/invitation?code={}", link.split(['<', '"']).next().unwrap())
}

fn nobody_ends_the_session_of_another(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let own =
        |browser: &Visitor| page::hidden_fields(browser.get(ACCOUNT).text(), "/logout").remove(0).1;
    let csrf = own(&ada);
    let digests = database.ask("SELECT id_hash FROM sessions");
    let hers = "SELECT id_hash FROM sessions s JOIN server_admins a ON a.id = s.admin_id
                WHERE a.email = 'grace@example.com'";
    let [hers] = &*database.ask(hers) else { panic!("one session: {digests:?}") };

    ada.post("/admin/account/sessions", &[("csrf", &csrf), ("digest", hers)]);

    assert_eq!(grace.get(ACCOUNT).status, 200, "she is still signed in");
    assert_eq!(database.ask("SELECT id_hash FROM sessions").len(), digests.len());
}

fn a_password_does_not_wear_out(database: &Database) {
    let app = TestApp::start(database);
    drop(app.admin("Ada"));
    app.advance(TimeDelta::days(3 * 365));

    let ada = Visitor::signed_in(app.address, "Ada");

    let page = ada.get("/admin/authentication").expect(200);
    assert!(!page.text().contains("fresh"), "nobody is asked for a new one");
}

#[test]
fn the_token_opens_no_page_and_a_session_no_endpoint() {
    let (app, _database) = start(&[]);
    let token = app.generate(3);
    let (scim, ada) = (app.scim(token.plain.expose()), app.admin("Ada"));
    for path in PAGES {
        let answer = scim.get(path);
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.header("Location").unwrap().starts_with("/login"), "{path}");
    }
    for path in ["/v1/token/validate", "/scim/v2/Users", "/forward-auth"] {
        assert_eq!(ada.get(path).status, 401, "{path}");
    }
}

/// Everything that opens something, as the operating system's generator makes it.
#[test]
fn what_must_not_be_guessed_is_long_and_never_the_same() {
    let fill = |bytes: &mut [u8]| OsEntropy.fill(bytes);
    for (name, made) in [
        ("a code", thousand(|| SecretCode::generate(fill).expose().to_owned())),
        ("a session", thousand(|| SessionId::generate(fill).expose().to_owned())),
        ("a secret", thousand(|| PlainToken::generate(fill).expose()[14..57].to_owned())),
    ] {
        assert_eq!(made.len(), 1000, "{name}");
        for text in &made {
            // A digit of base 62 has 5.95 bits; 22 of them have 130.
            assert!(text.len() >= 22 && text.bytes().all(|b| b.is_ascii_alphanumeric()), "{name}");
        }
        let letters: BTreeSet<u8> = made.iter().flat_map(|text| text.bytes()).collect();
        assert_eq!(letters.len(), 62, "{name}");
    }
}

fn thousand(make: impl Fn() -> String) -> BTreeSet<String> {
    (0..1000).map(|_| make()).collect()
}

#[test]
fn nothing_but_the_files_of_the_pages_is_served() {
    let (app, database) = start(&[]);
    std::fs::create_dir_all(database.folder().join("static")).unwrap();
    std::fs::write(database.folder().join("static/x"), "a file in the working directory").unwrap();
    let login = Request::new("GET", "/login").send(app.address).expect(200);
    let (_, asset) = login.text().split_once("href=\"/static/").expect("a style sheet");
    let digest = asset.split('/').next().unwrap();
    let own = format!("/static/{digest}");
    for name in ["app.css", "app.js", "tokens.css", "icon.svg"] {
        Request::new("GET", &format!("{own}/{name}")).send(app.address).expect(200);
    }
    for path in [
        "/.git/config",
        "/.git/",
        "/.svn/entries",
        "/.env",
        "/Cargo.toml",
        "/scimward.toml",
        "/scimward.db",
        "/data/scimward.db",
        "/static",
        "/static/",
        "/static/x",
        "/backup.db",
        "/server-status",
        "/debug/pprof",
        "/phpinfo.php",
        "/swagger",
        "/metrics",
        "/console",
        "/static/../Cargo.toml",
        "//etc/passwd",
        "/robots.txt",
        "/.well-known/openid-configuration",
        &own,
        &format!("{own}/"),
        &format!("{own}/../scimward.db"),
        &format!("{own}//etc/passwd"),
        &format!("{own}/%2e%2e/Cargo.toml"),
        &format!("{own}/.."),
        &format!("{own}/app.rs"),
    ] {
        let answer = Request::new("GET", path).send(app.address);
        assert_eq!(answer.status, 404, "{path}");
        for word in ["Index of", "[package]", "root:", "app.css</a>", "a file in the working"] {
            assert!(!answer.text().contains(word), "{path}: {word}");
        }
    }
}

#[test]
fn no_method_repeats_a_request() {
    let (app, _database) = start(&[("SCIMWARD_METRICS_LISTEN", "127.0.0.1:0")]);
    let metrics = app.metrics_address.expect("metrics");
    for (address, path) in [
        (app.address, "/"),
        (app.address, "/login"),
        (app.address, "/admin/authentication"),
        (app.address, "/static/x/app.css"),
        (app.address, "/healthz"),
        (app.address, "/v1/token/validate"),
        (app.address, "/scim/v2/Users"),
        (app.address, "/forward-auth"),
        (app.address, "/nowhere"),
        (metrics, "/metrics"),
    ] {
        for method in ["TRACE", "TRACK", "DEBUG"] {
            let answer = Request::new(method, path).header("X-Probe", "repeat-me").send(address);
            assert!((400..500).contains(&answer.status), "{method} {path}: {}", answer.status);
            assert!(!answer.text().contains("repeat-me"), "{method} {path}");
        }
    }
}

#[test]
fn every_answer_says_what_it_is() {
    let (app, _database) = start(&[]);
    let ada = app.admin("Ada");
    let (html, mut wrong) = ("text/html; charset=utf-8", Vec::new());
    let login = ada.get("/admin/account").expect(200);
    let (_, asset) = login.text().split_once("href=\"/static/").expect("a style sheet");
    let asset = |name: &str| format!("/static/{}/{name}", asset.split('/').next().unwrap());
    for (path, expected) in [
        ("/login?next=/", ""),
        (ACCOUNT, html),
        ("/nowhere", html),
        ("/admin/activity/export.csv", "text/csv; charset=utf-8; header=present"),
        ("/admin/activity/export.json", "application/json"),
        ("/admin/authentication/state", "application/json"),
        (&asset("app.css"), "text/css; charset=utf-8"),
        (&asset("app.js"), "text/javascript; charset=utf-8"),
        (&asset("icon.svg"), "image/svg+xml"),
        ("/healthz", "text/plain; charset=utf-8"),
        ("/v1/openapi.json", "application/json"),
        ("/v1/token/validate", "application/scim+json"),
        ("/scim/v2/Users", "application/scim+json"),
    ] {
        let answer = ada.get(path);
        let kind = answer.header("Content-Type").unwrap_or_default().to_owned();
        if kind != expected || (kind.is_empty() && !answer.body.is_empty()) {
            wrong.push(format!("{path}: {kind:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Over https, where people reach scimward as they should.
#[test]
fn every_cookie_is_kept_from_scripts_and_other_hosts() {
    let (app, _database) = start(&[("SCIMWARD_PUBLIC_URL", "https://scim.example.com")]);
    let ada = app.admin("Ada");
    let mut seen = Vec::new();
    let browser = Visitor::new(app.address);
    let fields = [("email", &*ada.email), ("password", PASSWORD)];
    let mut answers = vec![browser.submit("/login", "/login", &fields).expect(303)];
    let generate = [("months", "1"), ("confirm", "replace")];
    answers.push(browser.submit("/admin/authentication", GENERATE, &generate).expect(200));
    answers.push(browser.submit(ACCOUNT, "/logout", &[]).expect(303));
    for (_, line) in answers
        .iter()
        .flat_map(|answer| &answer.headers)
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
    {
        let mut parts = line.split(';').map(str::trim);
        seen.push(parts.next().unwrap().split('=').next().unwrap().to_owned());
        assert!(line.starts_with("__Host-"), "{line}");
        let parts: Vec<_> = parts.map(str::to_ascii_lowercase).collect();
        for part in ["secure", "httponly", "path=/"] {
            assert!(parts.iter().any(|found| found == part), "{part}: {line}");
        }
        let is_kept = |part: &String| matches!(&**part, "samesite=lax" | "samesite=strict");
        assert!(parts.iter().any(is_kept), "{line}");
        assert!(!parts.iter().any(|part| part.starts_with("domain")), "{line}");
    }
    for name in ["__Host-scimward", "__Host-scimward_device", "__Host-scimward_page"] {
        assert!(seen.iter().any(|seen| seen == name), "{name}: {seen:?}");
    }
}

#[test]
fn an_answer_that_shows_a_secret_ends_its_connection_and_is_kept_by_no_browser() {
    let (app, _database) = start(&[PUBLIC_URL]);
    let ada = app.admin("Ada");
    let grace = app.add_admin("Grace").id.0;
    Device::new("phone").add(&ada, "Phone").expect(200);
    let (keys, list) = ("/admin/api-keys", "/admin/server-admins");
    let of_grace = format!("{list}/{grace}");
    for (page, action, fields) in [
        ("/admin/authentication", GENERATE, &[("months", "1"), ("confirm", "replace")][..]),
        (keys, keys, &[("name", "Terraform"), ("scope", "read"), ("months", "1")]),
        (list, "/admin/server-admins/invite", &[("name", "Eve"), ("email", "eve@example.com")]),
        (&of_grace, &format!("{of_grace}/password-link"), &[]),
        (ACCOUNT, "/admin/account/recovery-codes", &[]),
    ] {
        let shown = ada.get(page).expect(200);
        let hidden = page::hidden_fields(shown.text(), action);
        let entered = |name: &str| fields.iter().any(|(entered, _)| *entered == name);
        let hidden = hidden.iter().filter(|(name, _)| !entered(name));
        let hidden = hidden.map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<_> = hidden.chain(fields.iter().copied()).collect();
        let answer =
            ada.send(ada.form(action, &all).header("Connection", "keep-alive")).expect(200);
        let cookies = answer.headers.iter();
        let cookies = cookies.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let mut cookies = cookies.map(|(_, line)| line.as_str());
        assert_eq!(answer.header("Connection"), Some("close"), "{action}");
        assert!(cookies.any(|line| line.starts_with("__Host-scimward_page=")), "{action}");
    }
}

#[test]
fn every_page_behind_the_login_offers_to_log_out() {
    let (app, _database) = start(&[]);
    app.generate(3);
    let ada = app.admin("Ada");
    for path in PAGES {
        let page = ada.get(path).expect(200);
        let form = page.text().split("action=\"/logout\"").nth(1);
        let form = form.unwrap_or_else(|| panic!("{path} does not"));
        assert!(form.split("</form>").next().unwrap().contains("<button"), "{path}");
    }
}

#[test]
fn passwords_are_entered_unseen_and_may_be_pasted() {
    let (app, _database) = start(&[]);
    let ada = app.admin("Ada");
    let invite = "/admin/server-admins/invite";
    let link = link_in(ada.submit("/admin/server-admins", invite, &INVITED).expect(200).text());
    let visitor = Visitor::new(app.address);
    let mut fields = 0;
    for page in [visitor.get("/login"), visitor.get(&link), ada.get(ACCOUNT)] {
        let page = page.expect(200);
        for input in page.text().split("<input").skip(1) {
            let tag = input.split('>').next().unwrap();
            assert!(!tag.contains("onpaste"), "{tag}");
            let is_password = ["\"password\"", "\"present\"", "\"fresh\""]
                .iter()
                .any(|name| tag.contains(&format!("name={name}")));
            if is_password {
                fields += 1;
                assert!(tag.contains("type=\"password\""), "{tag}");
                assert!(
                    tag.contains("autocomplete=\"current-password\"")
                        || tag.contains("autocomplete=\"new-password\""),
                    "{tag}"
                );
            }
        }
    }
    assert!(fields >= 4, "{fields}");
}

/// A hello of TLS 1.1 as OpenSSL once sent it: with its version, two of its ciphers, and no extension.
#[test]
fn older_versions_of_tls_are_refused() {
    let database = Database::fresh(Engine::Sqlite);
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = |name: &str| database.folder().join(name).display().to_string();
    std::fs::write(file("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(file("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let (cert, key) = (file("cert.pem"), file("key.pem"));
    let app =
        TestApp::with(&database, &[("SCIMWARD_TLS_CERT", &*cert), ("SCIMWARD_TLS_KEY", &*key)]);
    for minor in [0, 1, 2] {
        let body = [&[3, minor][..], &[7; 32], &[0, 0, 4, 0xc0, 0x14, 0x00, 0x35, 1, 0]].concat();
        let length = u8::try_from(body.len()).unwrap();
        let hello = [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &body].concat();
        let mut stream = http::connect(app.address);
        stream.write_all(&hello).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        // A fatal alert alone, and no hello of the server.
        assert_eq!((answer.first(), answer.get(5), answer.len()), (Some(&21), Some(&2), 7));
    }
}

/// What `headers::check` asserts about every answer that a browser of a test gets, for those that
/// no browser asks for.
#[test]
fn answers_of_every_kind_carry_the_headers() {
    let (app, _database) = start(&[("SCIMWARD_METRICS_LISTEN", "127.0.0.1:0")]);
    for path in
        ["/healthz", "/readyz", "/static/x/app.css", "/static/x/no", "/v1/openapi.json", "/"]
    {
        for method in ["GET", "HEAD", "PUT"] {
            let request = Request::new(method, path);
            headers::check(&request, &request.send(app.address));
        }
    }
    let broken = http::raw(app.address, b"GET / HTTP/1.1\r\nno colon\r\n\r\n");
    assert_eq!(broken.status, 400);
    headers::check(&Request::new("GET", "/healthz"), &broken);
    let metrics = Request::new("GET", "/metrics");
    headers::check(&metrics, &metrics.send(app.metrics_address.expect("metrics")));
}
