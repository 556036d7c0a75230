//! Who may change something is decided where it is changed: a session that has ended, in whatever
//! way, changes nothing, also by a form that was begun before.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::support::actors::{PASSWORD, Visitor};
use crate::support::database::{Database, Engine};
use crate::support::http::{Request, Response, connect, exchange};
use crate::support::page;

mod parked;
mod passwords;
mod proofs;
mod races;
mod services;
mod through_proxies;

const PAGE: &str = "/admin/authentication";
const GENERATE: &str = "/admin/authentication/scim-token";
const CLOSED: &str = "/admin/authentication/scim-token/closed";
const REVOKE: &str = "/admin/authentication/revoke";
const REVOKE_OLD: &str = "/admin/authentication/revoke-old";
const LIST: &str = "/admin/server-admins";
const INVITE: &str = "/admin/server-admins/invite";
const INVITE_AGAIN: &str = "/admin/server-admins/invite-again";
const WITHDRAW: &str = "/admin/server-admins/withdraw";
const ACCOUNT: &str = "/admin/account";
const SESSIONS: &str = "/admin/account/sessions";
const CHANGE_PASSWORD: &str = "/admin/account/password";
const IDENTITY_PROVIDER: &str = "/admin/identity-provider";
const CONFIRM: &str = "/admin/confirm";
const CONFIRM_BEGIN: &str = "/admin/confirm/begin";
const CONFIRM_PASSKEY: &str = "/admin/confirm/passkey";
const PASSKEYS: &str = "/admin/account/passkeys";
const PASSKEYS_BEGIN: &str = "/admin/account/passkeys/begin";
const RECOVERY_CODES: &str = "/admin/account/recovery-codes";
const TEST_MAIL: &str = "/admin/notifications/test";
const API_KEYS: &str = "/admin/api-keys";
const TEST_WEBHOOK: &str = "/admin/notifications/webhooks/test";
const NEXT_PASSWORD: &str = "eleven comets under granite";

/// What every form of the product has something to do about: a token, an open invitation, an admin
/// who was deactivated.
fn prepare(grace: &Visitor, database: &Database) {
    grace.send(generation(grace)).expect(200);
    let invited = [("name", "Heidi"), ("email", "heidi@example.com")];
    grace.submit(LIST, INVITE, &invited).expect(200);
    let off = path_of(database, "kurt", "/deactivate");
    grace.submit(&off, &off, &[]).expect(303);
    grace.submit(API_KEYS, API_KEYS, &API_KEY).expect(200);
}

/// What makes an API key.
const API_KEY: [(&str, &str); 3] = [("name", "Terraform"), ("scope", "replace"), ("months", "3")];

/// One of every form that changes something, filled in and not yet sent.
fn every_form(admin: &Visitor, name: &str, database: &Database) -> Vec<Request> {
    let csrf = csrf_of(admin);
    let own_session = sessions_of(database, name).remove(0);
    let invitation = "SELECT code_hash FROM one_time_links WHERE purpose = 'invitation' \
                      AND used_at IS NULL";
    let invitation = database.ask(invitation).remove(0);
    let key = database.ask("SELECT id FROM api_keys WHERE revoked_at IS NULL").remove(0);
    let person = [("name", "Mallory"), ("email", "mallory@example.com")];
    let passwords = [("present", PASSWORD), ("fresh", NEXT_PASSWORD)];
    let form = |path: &str, fields: &[(&str, &str)]| {
        admin.form(path, &[fields, &[("csrf", &csrf)]].concat())
    };
    let of = |name: &str, what: &str| path_of(database, name, what);
    vec![
        generation(admin),
        generation(admin).header("Accept", "application/json"),
        form(CLOSED, &[("request_id", "of-no-form"), ("copied", "false")]),
        hidden_form(admin, REVOKE, REVOKE, &[]),
        form(REVOKE_OLD, &[("token", "00000000")]),
        form(INVITE, &person),
        // Refused for what it says, it would be answered with the page that it stands on.
        form(INVITE, &[]),
        form(INVITE_AGAIN, &[("digest", "of-no-invitation")]),
        form(WITHDRAW, &[("digest", &invitation)]),
        form(&of("grace", ""), &person),
        form(&of(name, ""), &person),
        form(&of("grace", "/deactivate"), &[]),
        form(&of(name, "/deactivate"), &[]),
        form(&of(name, "/reactivate"), &[]),
        form(&of("kurt", "/reactivate"), &[]),
        form(&of("grace", "/password-link"), &[]),
        form(PASSKEYS_BEGIN, &[]),
        form(PASSKEYS, &[("name", "Phone"), ("signed", ""), ("answer", "")]),
        form(&format!("{PASSKEYS}/1/rename"), &[("name", "Phone")]),
        form(&format!("{PASSKEYS}/1/rename"), &[]),
        form(&format!("{PASSKEYS}/1/remove"), &[]),
        form(RECOVERY_CODES, &[]),
        form(TEST_MAIL, &[]),
        hidden_form(admin, API_KEYS, API_KEYS, &API_KEY),
        hidden_form(admin, API_KEYS, API_KEYS, &API_KEY).header("Accept", "application/json"),
        form(&format!("{API_KEYS}/{key}/revoke"), &[]),
        form(IDENTITY_PROVIDER, &[("idp", "okta")]),
        form(CONFIRM, &[("password", PASSWORD)]),
        form(CONFIRM_BEGIN, &[]),
        form(CONFIRM_PASSKEY, &[("signed", ""), ("answer", "")]),
        form(TEST_WEBHOOK, &[("webhook", "0123456789abcdef")]),
        // These end the session.
        form(SESSIONS, &[("digest", &own_session)]),
        form(CHANGE_PASSWORD, &passwords),
        form("/logout", &[]),
    ]
}

/// The form that generates a token as the page shows it, confirmed.
fn generation(admin: &Visitor) -> Request {
    hidden_form(admin, PAGE, GENERATE, &[("months", "1"), ("confirm", "replace")])
}

/// The form with its hidden fields, unless they are filled in.
fn hidden_form(admin: &Visitor, page: &str, action: &str, fields: &[(&str, &str)]) -> Request {
    let shown = admin.get(page).expect(200);
    let hidden = page::hidden_fields(shown.text(), action);
    let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let filled_in = |name: &str| fields.iter().any(|(filled_in, _)| *filled_in == name);
    let hidden: Vec<_> = hidden.filter(|(name, _)| !filled_in(name)).collect();
    admin.form(action, &[&hidden, fields].concat())
}

/// A form whose head and first three bytes were sent.
struct Parked {
    stream: TcpStream,
    request: Request,
    rest: Vec<u8>,
}

impl Parked {
    /// Sends the beginning and waits until the server asks for the rest.
    fn at(server: SocketAddr, admin: &Visitor, request: &Request) -> Self {
        let request = admin.with_cookies(request.clone());
        let mut parked = Self::begin(server, request.header("Expect", "100-continue"));
        let mut line = [0; 25];
        parked.stream.read_exact(&mut line).expect("the server has read the head");
        assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
        parked
    }

    /// Sends the beginning to a proxy.
    fn through(proxy: SocketAddr, admin: &Visitor, request: &Request) -> Self {
        Self::begin(proxy, admin.with_cookies(request.clone()))
    }

    fn begin(to: SocketAddr, request: Request) -> Self {
        let mut bytes = request.bytes(to);
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
        let rest = bytes.split_off((head + 3).min(bytes.len()));
        let mut stream = connect(to);
        stream.write_all(&bytes).expect("the server reads");
        Self { stream, request, rest }
    }

    /// Sends the rest and asserts that it is answered as what came too late.
    fn expect_too_late(self) {
        let (path, answer) = self.finish();
        expect_session_ended(&answer, &path);
    }

    /// Sends the rest; returns the path and its answer.
    fn finish(self) -> (String, Response) {
        (self.request.target().to_owned(), exchange(self.stream, &self.rest))
    }
}

/// Asserts that the answer says that the session has ended and leads to the login.
fn expect_session_ended(answer: &Response, path: &str) {
    if answer.header("Content-Type") == Some("application/json") {
        assert_eq!(answer.status, 401, "{path}: {}", answer.text());
        assert_eq!(answer.json()["error"], "session_ended");
        assert_eq!(answer.json()["generated"], false);
    } else {
        assert_eq!(answer.status, 303, "{path}: {}", answer.text());
        let to = answer.header("Location").expect("where to go");
        assert!(to.starts_with("/login?next=/admin/") && to.ends_with("&form=refused"), "{to}");
    }
}

/// All that a form can change, but for what the server does by itself.
fn state(database: &Database) -> Vec<String> {
    let rows = |table: &str, columns: &str, which: &str| {
        let columns = match (columns, database.engine()) {
            ("*", Engine::Postgres) => format!("{table}::text"),
            _ => columns.to_owned(),
        };
        let mut rows = database.ask(&format!("SELECT {columns} FROM {table} WHERE {which}"));
        rows.sort_unstable();
        rows
    };
    [
        rows("server_admins", "*", "true"),
        rows("one_time_links", "*", "true"),
        rows("sessions", "id_hash", "true"),
        rows("login_failures", "*", "true"),
        rows("tokens", "*", "true"),
        rows("identity_provider", "*", "true"),
        rows("used_requests", "*", "true"),
        rows("api_keys", "*", "true"),
        rows("mails", "*", "occasion IN ('test', 'invitation', 'password-link')"),
        rows(
            "activity",
            "*",
            "kind NOT LIKE 'mail_%' OR subject IN ('test', 'invitation', 'password-link')",
        ),
    ]
    .concat()
}

fn sessions_of(database: &Database, name: &str) -> Vec<String> {
    let id = id_of(database, name);
    database.ask(&format!("SELECT id_hash FROM sessions WHERE admin_id = {id}"))
}

fn id_of(database: &Database, name: &str) -> String {
    let by_email = format!("SELECT id FROM server_admins WHERE email = '{name}@example.com'");
    database.ask(&by_email).remove(0)
}

fn path_of(database: &Database, name: &str, what: &str) -> String {
    format!("{LIST}/{}{what}", id_of(database, name))
}

fn csrf_of(browser: &Visitor) -> String {
    let page = browser.get(ACCOUNT).expect(200);
    page::hidden_fields(page.text(), "/logout").remove(0).1
}
