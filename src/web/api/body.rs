//! Bodies of requests: read to their end, within a limit.

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Payload;
use futures_util::StreamExt;

/// Why a body cannot be read.
pub(crate) enum BodyError {
    /// It is longer than allowed.
    TooLarge,
    /// It ended early.
    Broken,
}

/// Whether the body is said to be of this media type, whatever its parameters.
pub(crate) fn is_of_type(request: &HttpRequest, media_type: &str) -> bool {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(media_type)
}

/// The whole body, of at most `longest` bytes.
pub(crate) async fn read(mut payload: Payload, longest: usize) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(part) = payload.next().await {
        let part = part.map_err(|_broken| BodyError::Broken)?;
        if body.len() + part.len() > longest {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}
