//! A device with a passkey: answers what a page asks, and can be made to cheat.

use std::cell::{Cell, RefCell};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::actors::Visitor;
use super::http::{Request, Response};
use super::page;

/// Under which name people reach the server in tests with passkeys.
pub(crate) const PUBLIC_URL: (&str, &str) = ("SCIMWARD_PUBLIC_URL", "https://scim.example.com");
pub(crate) const ACCOUNT: &str = "/admin/account";
pub(crate) const PASSKEYS: &str = "/admin/account/passkeys";

/// What a browser asks, as the page has it from the server.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    options: Value,
    pub(crate) signed: String,
}

/// A device with one key.
pub(crate) struct Device {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    /// By what name the server calls its user.
    pub(crate) user: RefCell<Vec<u8>>,
    pub(crate) host: RefCell<String>,
    pub(crate) origin: RefCell<String>,
    /// Whether it recognises its user.
    pub(crate) verifies: Cell<bool>,
    /// How often it has signed.
    pub(crate) counter: Cell<u32>,
}

impl Device {
    /// A device whose key has this id.
    pub(crate) fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).expect("a key");
        Self {
            key,
            id: id.as_bytes().to_vec(),
            user: RefCell::default(),
            host: RefCell::new("scim.example.com".to_owned()),
            origin: RefCell::new("https://scim.example.com".to_owned()),
            verifies: Cell::new(true),
            counter: Cell::new(0),
        }
    }

    /// Adds its key to the account of `browser`.
    pub(crate) fn add(&self, browser: &Visitor, name: &str) -> Response {
        let asked = ask_for_new(browser);
        self.add_as(browser, name, &asked)
    }

    /// The same, as the answer to what was asked before.
    pub(crate) fn add_as(&self, browser: &Visitor, name: &str, asked: &Asked) -> Response {
        let answer = self.new_key(asked);
        let csrf = csrf_of(browser);
        let fields =
            [("csrf", &*csrf), ("name", name), ("signed", &asked.signed), ("answer", &answer)];
        send(browser, browser.form(PASSKEYS, &fields))
    }

    /// Logs in with its key alone.
    pub(crate) fn log_in(&self, browser: &Visitor) -> Response {
        let asked = ask(browser, "/login/passkey/begin", &[]);
        self.answer(browser, "/login/passkey", &asked)
    }

    /// Logs in after the password.
    pub(crate) fn second_step(&self, browser: &Visitor) -> Response {
        let asked = ask(browser, "/login/second/begin", &[]);
        self.answer(browser, "/login/second/passkey", &asked)
    }

    /// Sends its answer to what was asked.
    pub(crate) fn answer(&self, browser: &Visitor, path: &str, asked: &Asked) -> Response {
        let fields = [("signed", &*asked.signed), ("answer", &self.signature(asked))];
        send(browser, browser.form(path, &fields))
    }

    /// Proves who is behind the session of `browser`, as the script of a dialog does.
    pub(crate) fn prove(&self, browser: &Visitor) -> Response {
        let asked = ask_for_proof(browser);
        self.prove_as(browser, &asked)
    }

    /// The same, as the answer to what was asked before.
    pub(crate) fn prove_as(&self, browser: &Visitor, asked: &Asked) -> Response {
        let (csrf, answer) = (csrf_of(browser), self.signature(asked));
        let fields = [("csrf", &*csrf), ("signed", &asked.signed), ("answer", &answer)];
        let form = browser.form("/admin/confirm/passkey", &fields);
        send(browser, form.header("Accept", "application/json"))
    }

    fn new_key(&self, asked: &Asked) -> String {
        let user = asked.options["user"]["id"].as_str().expect("a user");
        *self.user.borrow_mut() = BASE64.decode(user).expect("base64url");
        let mut data = self.data(0x40);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        // The public key in COSE: EC2, ES256, P-256, x, y.
        let point = self.key.public_key().as_ref();
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[33..65]);
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(&data);
        self.wrapped(&json!({
            "attestationObject": BASE64.encode(object),
            "clientDataJSON": BASE64.encode(self.client_data("webauthn.create", asked)),
        }))
    }

    pub(crate) fn signature(&self, asked: &Asked) -> String {
        self.counter.set(self.counter.get() + 1);
        let data = self.data(0);
        let client_data = self.client_data("webauthn.get", asked);
        let message = [&data, digest(&SHA256, client_data.as_bytes()).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &message).expect("a signature");
        self.wrapped(&json!({
            "authenticatorData": BASE64.encode(data),
            "clientDataJSON": BASE64.encode(client_data),
            "signature": BASE64.encode(signature.as_ref()),
            "userHandle": BASE64.encode(&*self.user.borrow()),
        }))
    }

    /// Host, flags and counter.
    fn data(&self, flags: u8) -> Vec<u8> {
        let verified = if self.verifies.get() { 0x04 } else { 0 };
        let mut data = digest(&SHA256, self.host.borrow().as_bytes()).as_ref().to_vec();
        data.push(0x01 | verified | flags);
        data.extend(self.counter.get().to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, asked: &Asked) -> String {
        let (challenge, origin) = (&asked.options["challenge"], &*self.origin.borrow());
        let data = json!({ "type": kind, "challenge": challenge, "origin": origin });
        data.to_string()
    }

    fn wrapped(&self, response: &Value) -> String {
        let id = BASE64.encode(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response }).to_string()
    }
}

/// Asks the server what to ask for a new key.
pub(crate) fn ask_for_new(browser: &Visitor) -> Asked {
    ask(browser, "/admin/account/passkeys/begin", &[("csrf", &csrf_of(browser))])
}

/// Asks the server what to ask for a proof.
pub(crate) fn ask_for_proof(browser: &Visitor) -> Asked {
    ask(browser, "/admin/confirm/begin", &[("csrf", &csrf_of(browser))])
}

/// Asks the server what to ask a device.
pub(crate) fn ask(browser: &Visitor, path: &str, fields: &[(&str, &str)]) -> Asked {
    let request = browser.form(path, fields).header("Accept", "application/json");
    let asked = send(browser, request).expect(200).json();
    let signed = asked["signed"].as_str().expect("a challenge").to_owned();
    Asked { options: asked["options"]["publicKey"].clone(), signed }
}

/// Sends a request that has come through a proxy, where one is trusted.
fn send(browser: &Visitor, request: Request) -> Response {
    browser.send(request.header("X-Forwarded-For", "203.0.113.7"))
}

fn csrf_of(browser: &Visitor) -> String {
    // Where a passkey is required, that is what the account page leads to.
    let shown = browser.get(ACCOUNT);
    let shown = if shown.status == 303 { browser.get("/login/enrol") } else { shown };
    page::hidden_fields(shown.expect(200).text(), "/logout").remove(0).1
}

/// The recovery codes on a page.
pub(crate) fn codes(shown: &Response) -> Vec<String> {
    let list = shown.text().split("<ol class=\"codes\"").nth(1).expect("codes");
    let list = list.split("</ol>").next().unwrap_or_default();
    let items = list.split("<li>").skip(1);
    items.map(|item| item.split("</li>").next().unwrap_or_default().trim().to_owned()).collect()
}
