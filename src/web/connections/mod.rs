//! Listening, and the life of connections.
//!
//! Anybody can open a connection, so none may cost others anything: their number is bounded in all
//! and by source, every step of a request has a deadline, and at the bound the oldest connection
//! that has shown neither a valid token nor a valid session makes room. `docs/limits.md` lists the
//! limits.

mod access_log;
mod connection;
mod conversation;
mod deadlines;
mod framing;
mod library_answer;
mod limits;
mod offers;
mod protection;
mod registry;
mod request_ids;
mod requests;
mod state;
mod stream;

use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;

use actix_server::{Server, ServerBuilder};
use actix_service::fn_factory;
use actix_web::{HttpRequest, web};
use rustls::ServerConfig;
use tokio::time::timeout;

use self::connection::Connection;
use self::conversation::Host;
pub use self::limits::Limits;
use self::registry::Registry;
use crate::domain::network::Networks;
use crate::domain::network::request_id::RequestId;

/// Connections that the system keeps until they are accepted.
const BACKLOG: i32 = 1024;

/// Where and how connections are accepted.
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    pub(super) tls: Option<ServerConfig>,
    pub(super) limits: Limits,
    /// Not counted by source: many clients are behind them.
    pub(super) trusted_proxies: Networks,
    /// Whether people and clients reach it over TLS, its own or that of a proxy.
    pub(super) is_https: bool,
    /// Whether every request is logged.
    pub(super) access_log: bool,
    /// What request ids begin with: no other listener has it.
    pub(super) label: String,
    /// Threads that answer.
    pub(super) threads: usize,
}

impl Listener {
    /// Serves until `shutdown` ends and requests in flight are finished. Every thread makes an
    /// application of its own by `configure`.
    ///
    /// # Errors
    /// When the socket cannot be used.
    pub(super) async fn serve(
        self,
        configure: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        rustix::net::listen(&self.socket, BACKLOG)?;
        let limits = self.limits;
        let registry = Arc::new(Registry::new(limits, self.trusted_proxies, self.label));
        let tls = self.tls.map(|mut tls| {
            // HTTP/2 would need limits of its own.
            tls.alpn_protocols = vec![b"http/1.1".to_vec()];
            Arc::new(tls).into()
        });
        let (is_https, access_log) = (self.is_https, self.access_log);
        let host = Host { registry: Arc::clone(&registry), tls, is_https, access_log };
        let server = ServerBuilder::default()
            .workers(self.threads)
            // Room for connections that are accepted before others are closed for them.
            .max_concurrent_connections((limits.total + limits.total / 8) / self.threads + 1)
            .shutdown_timeout(limits.grace.as_secs() + 2)
            .disable_signals()
            .listen("http", self.socket, move || {
                let (host, configure) = (host.clone(), configure.clone());
                fn_factory(move || host.clone().service(configure.clone()))
            })?
            .run();
        tokio::select! {
            never = registry.watch() => match never {},
            result = until(shutdown, server, &registry) => result,
        }
    }
}

/// Runs a server until `shutdown` ends and its requests in flight are finished or have had the time
/// they may take.
async fn until(
    shutdown: impl Future<Output = ()>,
    mut server: Server,
    registry: &Registry,
) -> io::Result<()> {
    let handle = server.handle();
    tokio::select! {
        result = &mut server => return result,
        () = shutdown => {}
    }
    registry.stop();
    let mut stopped = pin!(async { tokio::join!(server, handle.stop(true)).0 });
    match timeout(registry.limits().grace, &mut stopped).await {
        Ok(result) => result,
        Err(_elapsed) => {
            registry.kill_all();
            stopped.await
        }
    }
}

/// The client behind a request has shown a valid token or session.
pub(super) fn prove(request: &HttpRequest) {
    let connection = request.conn_data::<Arc<Connection>>();
    if let Some(connection) = connection.filter(|connection| connection.prove())
        && let Some(registry) = request.conn_data::<Arc<Registry>>()
    {
        registry.is_proven(connection);
    }
}

/// The id of a request.
pub(super) fn request_id(request: &HttpRequest) -> Option<RequestId> {
    let connection = request.conn_data::<Arc<Connection>>()?;
    Some(connection.ids.current(request.headers(), connection.is_of_proxy()))
}

/// Whether the body of a request has not arrived in time: whatever the answer, it will be 408.
pub(super) fn is_late(request: &HttpRequest) -> bool {
    request.conn_data::<Arc<Connection>>().is_some_and(|connection| connection.is_late())
}
