//! Who is asking is a type: somebody with a browser, a Server Admin, an identity provider.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use scimward::domain::admin::password::HashedPassword;
use scimward::domain::token::secret::PhcString;

use super::app::TestApp;
use super::headers;
use super::http::{Request, Response};
use super::page;

/// The password of every Server Admin in the tests.
pub(crate) const PASSWORD: &str = "seven lanterns over harbour";

/// The password of a Server Admin who cannot log in.
pub(crate) fn no_password() -> HashedPassword {
    HashedPassword { hash: PhcString::new(String::new()), generation: String::new() }
}

/// A browser without a session; keeps cookies and does not follow redirects.
pub(crate) struct Visitor {
    address: SocketAddr,
    cookies: RefCell<BTreeMap<String, String>>,
}

impl Visitor {
    /// Opens a new browser.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, cookies: RefCell::default() }
    }

    /// A browser in which the Server Admin of this name signs in through the login page.
    pub(crate) fn signed_in(address: SocketAddr, name: &str) -> Self {
        let browser = Self::new(address);
        let email = format!("{}@example.com", name.to_lowercase());
        let fields = [("email", &*email), ("password", PASSWORD)];
        browser.submit("/login", "/login", &fields).expect(303);
        browser
    }

    /// Another browser with the same cookies.
    pub(crate) fn copy(&self) -> Self {
        Self { address: self.address, cookies: self.cookies.clone() }
    }

    /// Opens a page.
    pub(crate) fn get(&self, path: &str) -> Response {
        self.send(Request::new("GET", path).header("Sec-Fetch-Site", "same-origin"))
    }

    /// Sends a form as the page it stands on would.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.send(self.form(path, fields))
    }

    /// A form that a test changes before it is sent.
    pub(crate) fn form(&self, path: &str, fields: &[(&str, &str)]) -> Request {
        Request::new("POST", path)
            .header("Origin", &format!("http://{}", self.address))
            .header("Sec-Fetch-Site", "same-origin")
            .form(fields)
    }

    /// Opens `page`, fills in the form that is sent to `action` and sends it: hidden fields keep
    /// their values, `fields` are what a person enters.
    pub(crate) fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Response {
        let opened = self.get(page).expect(200);
        let hidden = page::hidden_fields(opened.text(), action);
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let entered = |name: &str| fields.iter().any(|(entered, _)| *entered == name);
        let all: Vec<_> = hidden.filter(|(name, _)| !entered(name)).collect();
        self.post(action, &[&all, fields].concat())
    }

    /// Sends a request with this browser's cookies and keeps those of the answer.
    pub(crate) fn send(&self, request: Request) -> Response {
        let request = self.with_cookies(request);
        let response = request.send(self.address);
        headers::check(&request, &response);
        self.keep_cookies(&response);
        response
    }

    /// The request with this browser's cookies.
    pub(crate) fn with_cookies(&self, request: Request) -> Request {
        let cookies = self.cookie_header();
        if cookies.is_empty() { request } else { request.header("Cookie", &cookies) }
    }

    /// The cookies as they are sent, also for another browser that has stolen them.
    pub(crate) fn cookie_header(&self) -> String {
        let cookies = self.cookies.borrow();
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep_cookies(&self, response: &Response) {
        let lines = response.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case("set-cookie"));
        for (_, line) in lines {
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').expect("name=value");
            if value.is_empty() || attributes.to_ascii_lowercase().contains("max-age=0") {
                self.cookies.borrow_mut().remove(name);
            } else {
                self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// A browser in which a Server Admin is signed in.
pub(crate) struct Admin {
    browser: Visitor,
    /// The address.
    pub(crate) email: String,
}

impl Admin {
    /// Adds the admin if there is none of this name, and signs in through the login page.
    pub(crate) fn signed_in(app: &TestApp, name: &str) -> Self {
        let email = app.add_admin(name).email.as_str().to_owned();
        Self { browser: Visitor::signed_in(app.address, name), email }
    }
}

impl std::ops::Deref for Admin {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.browser
    }
}

/// An identity provider or application that holds a token.
pub(crate) struct ScimClient {
    address: SocketAddr,
    authorization: String,
}

impl ScimClient {
    /// Holds this token.
    pub(crate) fn new(address: SocketAddr, token: &str) -> Self {
        Self { address, authorization: format!("Bearer {token}") }
    }

    /// Asks with the token.
    pub(crate) fn get(&self, path: &str) -> Response {
        self.send(Request::new("GET", path))
    }

    /// Sends a request with the token.
    pub(crate) fn send(&self, request: Request) -> Response {
        let request = request.header("Authorization", &self.authorization);
        let response = request.send(self.address);
        headers::check(&request, &response);
        response
    }

    /// Whether `GET /v1/token/validate` accepts the token.
    pub(crate) fn is_accepted(&self) -> bool {
        let response = self.get("/v1/token/validate");
        match response.status {
            200 => true,
            401 => false,
            other => panic!("neither 200 nor 401 but {other}"),
        }
    }
}
