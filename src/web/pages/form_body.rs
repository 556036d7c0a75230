//! Forms are read before anything is decided about them.
//!
//! A client may take its time over a body. Whatever is known when the head arrives, above all whose
//! session the cookie names, would be old by the end of it.

use std::future::ready;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::Method;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, web};
use futures_util::stream;

use super::paths::{ADMIN, CONFIRM, CONFIRM_PASSKEY, safe_path};
use crate::web::error::PageError;
use crate::web::session::{KeptForm, draft};

/// More than any of our forms needs.
const LONGEST: usize = 16 * 1024;

/// The fields into which people enter passwords and recovery codes.
const PASSWORDS: [&str; 4] = ["password", "present", "fresh", "code"];

/// The fields that a page fills in itself.
const OF_PAGE: [&str; 7] =
    ["csrf", "request_id", "replaces", "used", "confirm", "signed", "answer"];

/// Marks a request whose form holds a password.
struct HoldsPassword;

/// The fields of a form without a password, as they were sent.
struct Fields(Bytes);

/// Reads the body of a request that may be a form and puts it back, for its handler.
pub(super) async fn read(request: &mut ServiceRequest) -> Result<(), PageError> {
    if request.method() != Method::POST || request.match_pattern().is_none() {
        return Ok(());
    }
    let broken = |_| PageError::BadRequest("The form did not arrive whole.");
    let body = request.extract::<web::Payload>().await.map_err(broken)?;
    let body = body.to_bytes_limited(LONGEST).await.map_err(|_longer| PageError::TooLarge)?;
    let body = body.map_err(broken)?;
    let mut fields = form_urlencoded::parse(&body);
    if fields.any(|(name, value)| PASSWORDS.contains(&&*name) && !value.is_empty()) {
        request.extensions_mut().insert(HoldsPassword);
    } else {
        request.extensions_mut().insert(Fields(body.clone()));
    }
    if request.path().starts_with(ADMIN)
        && let Some(kept) = draft(request.path(), &body)
    {
        request.extensions_mut().insert(kept);
    }
    let payload = Box::pin(stream::once(ready(Ok(body))));
    request.set_payload(Payload::Stream { payload });
    Ok(())
}

/// What is worth keeping of a form. One that gives a proof holds the form that asked for it.
fn draft(path: &str, body: &[u8]) -> Option<KeptForm> {
    if path != CONFIRM && path != CONFIRM_PASSKEY {
        return draft::of(path, body);
    }
    let field = |wanted: &str| {
        let found = form_urlencoded::parse(body).find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.into_owned())
    };
    draft::of(safe_path(&field("action")?)?, field("fields")?.as_bytes())
}

/// The fields of the form that was read, as in a URL: without what belongs to the page that it stood
/// on, and nothing of one that holds a password.
pub(super) fn fields(request: &HttpRequest) -> String {
    let extensions = request.extensions();
    let body = extensions.get::<Fields>().map_or(&[][..], |fields| &fields.0);
    let entered = form_urlencoded::parse(body).filter(|(name, _)| !OF_PAGE.contains(&&**name));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(entered).finish()
}

/// Whether the form that was read holds a password.
pub(super) fn holds_password(request: &HttpRequest) -> bool {
    request.extensions().contains::<HoldsPassword>()
}
