//! Whether the process serves and whether it can reach its database: no details, no credentials.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, HttpResponseBuilder, web};

use super::Shared;
use super::spelling::plain;

/// `/healthz` and `/readyz`.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/healthz", web::get().guard(plain()).to(healthz))
        .route("/healthz", web::head().guard(plain()).to(healthz))
        .route("/readyz", web::get().guard(plain()).to(readyz))
        .route("/readyz", web::head().guard(plain()).to(readyz));
}

async fn healthz() -> HttpResponse {
    answer(HttpResponse::Ok(), "ok\n")
}

async fn readyz(shared: web::Data<Shared>) -> HttpResponse {
    if shared.is_ready() && shared.services.tokens.history().await.is_ok() {
        answer(HttpResponse::Ok(), "ready\n")
    } else {
        answer(HttpResponse::ServiceUnavailable(), "not ready\n")
    }
}

fn answer(mut builder: HttpResponseBuilder, body: &'static str) -> HttpResponse {
    let kind = "text/plain; charset=utf-8";
    builder.insert_header((CACHE_CONTROL, "no-store")).content_type(kind).body(body)
}
