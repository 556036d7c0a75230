//! Metrics for Prometheus, in its text format, on an address of their own.

mod process;
mod requests;
mod stored;
mod text;

use std::io;
use std::net::TcpListener;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};

use self::text::Text;
use super::connections::{Limits, Listener};
use super::spelling::plain;
use crate::domain::network::Networks;
use crate::service::Services;

/// More connections than ever scrape, and few enough to cost nothing.
const CONNECTIONS: usize = 64;

/// What a scrape is answered with.
struct Shown {
    services: Services,
    /// In seconds since 1970.
    started_at: i64,
}

/// Serves `/metrics` on `socket` until `shutdown` ends.
///
/// # Errors
/// When the socket cannot be used.
pub async fn serve(
    socket: TcpListener,
    services: Services,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let label = services.label();
    let started_at = services.now().timestamp();
    let shown = web::Data::new(Shown { services, started_at });
    let limits = Limits { total: CONNECTIONS, per_source: CONNECTIONS / 2, ..limits };
    let listener = Listener {
        socket,
        tls: None,
        limits,
        trusted_proxies: Networks::default(),
        is_https: false,
        access_log: false,
        label,
        threads: 1,
    };
    let configure = move |config: &mut web::ServiceConfig| {
        config.app_data(shown.clone()).route("/metrics", web::get().guard(plain()).to(show));
    };
    listener.serve(configure, shutdown).await
}

async fn show(shown: web::Data<Shown>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(write(&shown.services, shown.started_at).await)
}

/// All metrics of a process that started at an instant, in seconds since 1970.
pub async fn write(services: &Services, started_at: i64) -> String {
    let mut text = Text::default();
    let name = "scimward_build_info";
    text.metric(name, "gauge", "The version that runs.");
    text.sample(name, &[("version", env!("CARGO_PKG_VERSION"))], 1);
    if let Some(certificate) = services.certificate.get() {
        let name = "scimward_certificate_expiry_timestamp_seconds";
        text.metric(name, "gauge", "When the certificate that this process serves expires.");
        text.sample(name, &[], certificate.expires_at.timestamp());
    }
    requests::show(&mut text, services);
    stored::show(&mut text, services).await;
    process::show(&mut text, started_at);
    text.0
}
