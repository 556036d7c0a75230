//! A fresh proof of who is behind the session, before what matters: one calm step that keeps what was
//! filled in.
//!
//! A use case that asks for it has changed nothing. The script of a page asks for the proof in its
//! dialog and sends the same form again; without the script this page leads back to the form.

pub(super) mod confirm;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::json;

use super::error_page::wants_json;
use super::form_body;
use super::layout::time::ago;
use super::layout::{self, Layout};
use super::paths;
use crate::service::Failure;
use crate::web::Shared;
use crate::web::session::{KeptForm, SignedIn};

#[derive(Template)]
#[template(path = "proof/page.html")]
struct ProofPage {
    layout: Layout,
    email: String,
    why: String,
    /// Whether the reader has a passkey: then the password alone is no proof.
    has_passkey: bool,
    /// Whether browsers know passkeys under this address.
    possible: bool,
    error: Option<String>,
    /// The form that was not acted on.
    form: KeptForm,
    back: String,
}

/// Answers a request whose change asks for a proof.
pub(super) async fn ask(
    shared: &Shared,
    request: &HttpRequest,
) -> Result<Option<HttpResponse>, Failure> {
    let Some(me) = SignedIn::find(request) else { return Ok(None) };
    let action = request.path().to_owned();
    let mut answer = HttpResponse::Forbidden();
    if wants_json(request.headers()) {
        let has_passkey = has_passkey(shared, &me).await?;
        return Ok(Some(answer.json(json!({
            "error": "proof_required",
            "generated": false,
            "message": why(&me, &action),
            "passkey": has_passkey,
        }))));
    }
    let form = KeptForm { action, fields: form_body::fields(request) };
    Ok(Some(layout::page(answer, &ProofPage::load(shared, &me, form, None).await?)))
}

async fn has_passkey(shared: &Shared, me: &SignedIn) -> Result<bool, Failure> {
    Ok(!shared.services.passkeys.of_admin(me.admin.id).await?.is_empty())
}

impl ProofPage {
    async fn load(
        shared: &Shared,
        me: &SignedIn,
        form: KeptForm,
        error: Option<String>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            layout: Layout { csrf: me.csrf.clone(), ..Layout::plain(shared, me.now) },
            email: me.admin.email.to_string(),
            why: why(me, &form.action),
            has_passkey: has_passkey(shared, me).await?,
            possible: shared.services.passkeys.are_possible(),
            error,
            back: paths::page_of(&form.action).to_owned(),
            form,
        })
    }
}

/// `You logged in 42 minutes ago. Generating a token asks for ...`
fn why(me: &SignedIn, action: &str) -> String {
    let did = if me.proven_at > me.began_at { "last confirmed it" } else { "logged in" };
    let passed = ago(me.now, me.proven_at);
    let what = what(action);
    format!(
        "You {did} {passed}. {what} asks for a proof that is not older than 15 minutes. Nothing \
         has changed yet."
    )
}

/// What a form does that is sent to this path.
fn what(action: &str) -> &'static str {
    let name = action.rsplit('/').next().unwrap_or_default();
    match action {
        paths::GENERATE => "Generating a token",
        paths::REVOKE => "Revoking the token",
        paths::REVOKE_OLD => "Revoking the old token",
        paths::INVITE => "Inviting somebody",
        paths::API_KEYS => "Creating an API key",
        paths::RECOVERY_CODES => "Making recovery codes",
        paths::SESSIONS => "Ending a session",
        paths::PASSWORD => "Changing your password",
        paths::ENROL | paths::ACCOUNT | paths::PASSKEYS => "Adding a passkey",
        _ if action.starts_with(paths::PASSKEYS) => "Removing a passkey",
        _ if action.starts_with(paths::API_KEYS) => "Revoking an API key",
        _ if name == "password-link" => "Sending a link to choose a new password",
        _ if name == "deactivate" => "Deactivating somebody",
        _ if name == "reactivate" => "Reactivating somebody",
        _ if action.starts_with(paths::SERVER_ADMINS) => "Changing a name or an address",
        _ => "What you are about to do",
    }
}
