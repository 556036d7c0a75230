//! HTTP: the one route table, and serving it.
//!
//! `api` answers clients, proxies and applications; `pages` answers browsers. A route of `api` has
//! no session and no middleware: it must cost little more than a bare handler.

pub mod api;
mod assets;
mod client;
mod connections;
mod csrf;
mod error;
mod forwarded;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod headers;
mod health;
pub mod healthcheck;
pub mod metrics;
mod now;
mod pages;
mod session;
mod site;
mod spelling;
pub mod tls;

use std::io;
use std::net::TcpListener;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use actix_web::web;
use rustls::ServerConfig;

pub use self::connections::Limits;
use self::connections::Listener;
pub use self::site::{Shared, Site};

/// Serves on `socket` until `shutdown` ends, by HTTPS if `tls` is given; requests in flight are
/// finished.
///
/// # Errors
/// When the socket cannot be used.
pub async fn serve(
    socket: TcpListener,
    tls: Option<ServerConfig>,
    limits: Limits,
    shared: Arc<Shared>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let trusted_proxies = shared.site.trusted_proxies.clone();
    let access_log = shared.site.access_log;
    let is_https = shared.site.public_url.is_https();
    let label = shared.services.label();
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let listener =
        Listener { socket, tls, limits, trusted_proxies, is_https, access_log, label, threads };
    let shared = web::Data::from(shared);
    let configure = move |config: &mut web::ServiceConfig| {
        config
            .app_data(shared.clone())
            // One for each thread: requests on a thread share reads without locking.
            .app_data(api::ApiState::new(&shared))
            .configure(routes)
            .default_service(web::to(api::unmatched));
    };
    listener.serve(configure, shutdown).await
}

/// Every route. The pages take all paths that are not those of `api`.
fn routes(config: &mut web::ServiceConfig) {
    config.configure(health::routes).configure(api::routes).configure(pages::routes);
}
