//! Answers to SCIM clients, reverse proxies and applications.

use actix_web::{HttpRequest, HttpResponse, web};

/// The routes for machines.
pub fn routes(_config: &mut web::ServiceConfig) {}

/// Whether a path belongs to machines, so that they never get a page.
pub fn owns(path: &str) -> bool {
    let first = path.split('/').find(|segment| !segment.is_empty());
    matches!(first, Some("scim" | "v1" | "oauth2" | "forward-auth"))
}

/// A path of ours that no route matched.
pub async fn unmatched(_request: HttpRequest) -> HttpResponse {
    HttpResponse::NotFound().finish()
}
