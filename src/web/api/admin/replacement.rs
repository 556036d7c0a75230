//! What a program asks for that generates a token: the body and the `Idempotency-Key`.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde::Deserialize;

use super::problem::Problem;
use crate::domain::admin::code::SecretCode;
use crate::domain::keys::ApiKey;
use crate::domain::token::lifespan::Lifespan;
use crate::service::tokens::CurrentToken;
use crate::web::api::body::{self, BodyError};
use crate::web::api::state::ApiState;

/// The longest body, in bytes.
const LONGEST_BODY: usize = 4 * 1024;
/// The longest `Idempotency-Key`, in characters.
const LONGEST_KEY: usize = 255;
/// So much of what is wrong with a body is answered.
const LONGEST_REASON: usize = 200;

/// A request that can be acted on.
pub(super) struct Replacement {
    pub(super) lifespan: Lifespan,
    pub(super) current: CurrentToken,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    months: i64,
    #[serde(default)]
    keep_current: bool,
}

impl Replacement {
    /// Reads the body: `{"months": 3, "keep_current": true}`.
    pub(super) async fn read(request: &HttpRequest, payload: Payload) -> Result<Self, Problem> {
        if !body::is_of_type(request, "application/json") {
            return Err(Problem::WrongMediaType);
        }
        let body = body::read(payload, LONGEST_BODY).await.map_err(|error| match error {
            BodyError::TooLarge => Problem::TooLarge,
            BodyError::Broken => malformed("The body ended early."),
        })?;
        // A list of values would be read in the order of the fields.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(malformed(
                r#"Send a JSON object such as {"months": 3, "keep_current": true}."#,
            ));
        }
        let fields: Fields = serde_json::from_slice(&body).map_err(|error| {
            let reason: String = error.to_string().chars().take(LONGEST_REASON).collect();
            let text = r#"Send JSON such as {"months": 3, "keep_current": true}"#;
            Problem::Malformed(Cow::Owned(format!("{text}: {reason}.")))
        })?;
        let lifespan = Lifespan::try_from(fields.months)
            .map_err(|_invalid| malformed("months must be a whole number from 1 to 6."))?;
        let current = if fields.keep_current { CurrentToken::Keep } else { CurrentToken::Revoke };
        Ok(Self { lifespan, current })
    }
}

/// The single-use id of a request: by its `Idempotency-Key`, which belongs to the API key that sends
/// it. Without one a request can be used once too, but nobody can repeat it.
pub(super) fn single_use_id(
    api: &ApiState,
    request: &HttpRequest,
    key: &ApiKey,
) -> Result<SecretCode, Problem> {
    let mut lines = request.headers().get_all("idempotency-key");
    let text = match (lines.next(), lines.next()) {
        (None, _) => return Ok(SecretCode::presented(&api.services().random_text())),
        (Some(line), None) => line.as_bytes(),
        (Some(_), Some(_)) => return Err(malformed("Send one Idempotency-Key.")),
    };
    let text = std::str::from_utf8(text).unwrap_or_default();
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_visible || !(1..=LONGEST_KEY).contains(&text.len()) {
        return Err(malformed(
            "The Idempotency-Key must have 1 to 255 visible ASCII characters and no spaces.",
        ));
    }
    Ok(SecretCode::presented(&format!("{}:{text}", key.id)))
}

const fn malformed(why: &'static str) -> Problem {
    Problem::Malformed(Cow::Borrowed(why))
}
