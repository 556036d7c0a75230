//! HTTP: the one route table, and serving it.
//!
//! `api` answers clients, proxies and applications; `pages` answers browsers. A route of `api` has
//! no session and no middleware: it must cost little more than a bare handler.

pub mod api;
mod assets;
mod client;
mod csrf;
mod error;
mod headers;
mod health;
pub mod metrics;
mod now;
mod pages;
mod session;
mod site;
pub mod tls;

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use rustls::ServerConfig;

pub use self::client::source;
pub use self::site::{Shared, Site};

/// Requests in flight are given this long when the server stops.
const GRACE: u64 = 10;

/// Serves on `listener` until `shutdown` ends, by HTTPS if `tls` is given; requests in flight are
/// finished.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(
    listener: TcpListener,
    tls: Option<ServerConfig>,
    shared: Shared,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let shared = web::Data::new(shared);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            // One for each worker thread: requests on a thread share reads without locking.
            .app_data(api::ApiState::new(&shared))
            .configure(routes)
            .default_service(web::to(api::unmatched))
    })
    .client_request_timeout(Duration::from_secs(10))
    .shutdown_timeout(GRACE)
    .disable_signals();
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls)?,
        None => server.listen(listener)?,
    };
    until(shutdown, server.run()).await
}

/// Runs a server until `shutdown` ends and its requests in flight are finished.
async fn until(shutdown: impl Future<Output = ()>, mut server: Server) -> io::Result<()> {
    let handle = server.handle();
    tokio::select! {
        result = &mut server => return result,
        () = shutdown => {}
    }
    let (result, ()) = tokio::join!(server, handle.stop(true));
    result
}

/// Every route. The pages take all paths that are not those of `api`.
fn routes(config: &mut web::ServiceConfig) {
    config.configure(health::routes).configure(api::routes).configure(pages::routes);
}
