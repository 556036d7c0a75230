//! Signing in while others try to: nobody is kept out, and nothing grows without a bound.

use crate::support::actors::Visitor;
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::{Request, Response};

mod devices;
mod floods;
mod new_logins;
mod passwords;
mod rows;

const WRONG: &str = "a wrong password here";

/// A login from an address that the trusted proxy tells.
fn login(browser: &Visitor, from: &str, email: &str, password: &str) -> Request {
    let fields = [("email", email), ("password", password)];
    browser.form("/login", &fields).header("X-Forwarded-For", from)
}

/// A login of somebody without cookies.
fn log_in(app: &TestApp, from: &str, email: &str, password: &str) -> Response {
    let browser = app.visitor();
    browser.send(login(&browser, from, email, password))
}

/// An application behind a proxy.
fn behind_proxy(database: &Database) -> TestApp {
    TestApp::with(database, &[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")])
}

/// What is counted about failed attempts.
fn counted(database: &Database) -> Vec<String> {
    database.ask("SELECT subject || ' ' || failures FROM login_failures ORDER BY subject")
}
