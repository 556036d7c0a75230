//! Pages for Server Admins.

use actix_web::{HttpRequest, HttpResponse, web};

/// The routes for browsers.
pub fn routes(_config: &mut web::ServiceConfig) {}

/// A path that no route matched.
pub async fn unmatched(_request: HttpRequest) -> HttpResponse {
    HttpResponse::NotFound().finish()
}
