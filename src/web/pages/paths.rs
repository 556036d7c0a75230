//! The path of every page, and answers that lead to one.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;

use crate::domain::admin::person::AdminId;
use crate::web::error::PageError;

pub(crate) const LOGIN: &str = "/login";
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

/// Where somebody proves again who they are.
pub(crate) const CONFIRM: &str = "/admin/confirm";

pub(crate) const NOTIFICATIONS: &str = "/admin/notifications";
pub(crate) const TEST_MAIL: &str = "/admin/notifications/test";

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

/// The `{id}` of a path.
pub(crate) fn parse_id(text: &str) -> Result<AdminId, PageError> {
    text.parse().map(AdminId).map_err(|_malformed| PageError::NotFound)
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
    use super::login_after;

    #[test]
    fn a_path_survives_the_query() {
        let login = login_after("/admin/activity?kind=a b&x", false);
        assert_eq!(login, "/login?next=/admin/activity%3Fkind%3Da%20b%26x");
    }
}
