//! The path of every page, and answers that lead to one.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;

use crate::domain::admin::person::AdminId;
use crate::web::error::PageError;

pub(crate) const LOGIN: &str = "/login";
/// Logging in with a passkey; `begin` asks for one.
pub(crate) const PASSKEY_LOGIN: &str = "/login/passkey";
pub(crate) const PASSKEY_LOGIN_BEGIN: &str = "/login/passkey/begin";
/// What follows a right password of somebody who has a passkey.
pub(crate) const SECOND_STEP: &str = "/login/second";
pub(crate) const SECOND_STEP_BEGIN: &str = "/login/second/begin";
pub(crate) const SECOND_STEP_PASSKEY: &str = "/login/second/passkey";
/// What comes before every other page where a passkey is required and missing.
pub(crate) const ENROL: &str = "/login/enrol";
pub(crate) const LOGOUT: &str = "/logout";
pub(crate) const SETUP: &str = "/setup";
pub(crate) const INVITATION: &str = "/invitation";
/// Where a password link leads.
pub(crate) const NEW_PASSWORD: &str = "/password";

/// What the paths of Admin Settings begin with.
pub(crate) const ADMIN: &str = "/admin/";

/// Where people arrive after the login.
pub(crate) const HOME: &str = AUTHENTICATION;

pub(crate) const AUTHENTICATION: &str = "/admin/authentication";
/// The card with the token.
pub(crate) const SCIM_TOKEN: &str = "/admin/authentication#scim-token";
pub(crate) const GENERATE: &str = "/admin/authentication/scim-token";
/// What the script tells when the window with a new token is closed.
pub(crate) const CLOSED: &str = "/admin/authentication/scim-token/closed";
/// What the page of the token asks while somebody watches it.
pub(crate) const STATE: &str = "/admin/authentication/state";
pub(crate) const REVOKE: &str = "/admin/authentication/revoke";
pub(crate) const REVOKE_OLD: &str = "/admin/authentication/revoke-old";

pub(crate) const IDENTITY_PROVIDER: &str = "/admin/identity-provider";
/// What to do there after the token was replaced.
pub(crate) const IDENTITY_PROVIDER_STEPS: &str = "/admin/identity-provider#replaced";
/// Where to look there when nothing arrives.
pub(crate) const IDENTITY_PROVIDER_LOOK: &str = "/admin/identity-provider#look";

pub(crate) const REQUESTS: &str = "/admin/requests";

pub(crate) const SERVER_ADMINS: &str = "/admin/server-admins";
pub(crate) const INVITE: &str = "/admin/server-admins/invite";
pub(crate) const INVITE_AGAIN: &str = "/admin/server-admins/invite-again";
pub(crate) const WITHDRAW: &str = "/admin/server-admins/withdraw";
pub(crate) const SERVER_ADMIN: &str = "/admin/server-admins/{id:[1-9][0-9]*}";
pub(crate) const ACTIVATION: &str =
    "/admin/server-admins/{id:[1-9][0-9]*}/{change:deactivate|reactivate}";
pub(crate) const PASSWORD_LINK: &str = "/admin/server-admins/{id:[1-9][0-9]*}/password-link";

pub(crate) const API_KEYS: &str = "/admin/api-keys";
pub(crate) const REVOKE_KEY: &str = "/admin/api-keys/{id:[0-9A-Za-z]{8}}/revoke";

pub(crate) const ACCOUNT: &str = "/admin/account";
pub(crate) const PASSWORD: &str = "/admin/account/password";
pub(crate) const SESSIONS: &str = "/admin/account/sessions";
pub(crate) const PASSKEYS: &str = "/admin/account/passkeys";
pub(crate) const PASSKEYS_BEGIN: &str = "/admin/account/passkeys/begin";
pub(crate) const PASSKEY_NAME: &str = "/admin/account/passkeys/{id:[1-9][0-9]*}/rename";
pub(crate) const PASSKEY_REMOVAL: &str = "/admin/account/passkeys/{id:[1-9][0-9]*}/remove";
pub(crate) const RECOVERY_CODES: &str = "/admin/account/recovery-codes";

/// Where somebody proves again who they are.
pub(crate) const CONFIRM: &str = "/admin/confirm";
pub(crate) const CONFIRM_BEGIN: &str = "/admin/confirm/begin";
pub(crate) const CONFIRM_PASSKEY: &str = "/admin/confirm/passkey";

pub(crate) const NOTIFICATIONS: &str = "/admin/notifications";
pub(crate) const TEST_MAIL: &str = "/admin/notifications/test";
pub(crate) const TEST_WEBHOOK: &str = "/admin/notifications/webhooks/test";

pub(crate) const ACTIVITY: &str = "/admin/activity";
pub(crate) const ACTIVITY_CSV: &str = "/admin/activity/export.csv";
pub(crate) const ACTIVITY_JSON: &str = "/admin/activity/export.json";

/// An answer that leads to a page.
pub(crate) fn go_to(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// The login that comes back to `path`; it says if a form was refused.
pub(crate) fn login_after(path: &str, form_was_refused: bool) -> String {
    let form = if form_was_refused { "&form=refused" } else { "" };
    format!("{LOGIN}?next={}{form}", encode(path))
}

/// The page on which the form stands that is sent to `action`.
pub(crate) fn page_of(action: &str) -> &str {
    match action {
        GENERATE => AUTHENTICATION,
        INVITE | WITHDRAW => SERVER_ADMINS,
        PASSWORD | PASSKEYS | RECOVERY_CODES => ACCOUNT,
        other => other,
    }
}

/// One of our paths, as a form or a query names it, never another site's.
pub(crate) fn safe_path(path: &str) -> Option<&str> {
    let rest = path.strip_prefix('/')?;
    let is_ours = !rest.starts_with(['/', '\\'])
        && path.len() <= 500
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_ours && path != "/").then_some(path)
}

/// The path to go to after the login.
pub(crate) fn path_after(next: &str) -> &str {
    safe_path(next).unwrap_or(HOME)
}

/// The second step of a login that goes on to `next`.
pub(crate) fn second_step(next: &str) -> String {
    format!("{SECOND_STEP}?next={}", encode(next))
}

/// Whether forms are sent to this path without a session, and so without a token.
pub(crate) fn has_no_token(path: &str) -> bool {
    path == LOGIN || path.strip_prefix(LOGIN).is_some_and(|rest| rest.starts_with('/'))
}

/// The `{id}` of a path.
pub(crate) fn parse_id(text: &str) -> Result<AdminId, PageError> {
    parse_number(text).map(AdminId)
}

/// A number in a path.
pub(crate) fn parse_number(text: &str) -> Result<i64, PageError> {
    text.parse().map_err(|_malformed| PageError::NotFound)
}

/// A path as a value in a query.
fn encode(path: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    path.bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_the_query() {
        let login = login_after("/admin/activity?kind=a b&x", false);
        assert_eq!(login, "/login?next=/admin/activity%3Fkind%3Da%20b%26x");
    }

    #[test]
    fn only_paths_of_our_own_are_gone_to() {
        for path in ["/admin/activity", "/admin/activity?kind=logged_in&before=7"] {
            assert_eq!(path_after(path), path);
        }
        for path in [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "/a\\b",
            "/a\r\nSet-Cookie: x",
            "/\u{9}/evil.example",
        ] {
            assert_eq!(path_after(path), HOME, "{path:?}");
        }
    }
}
