//! A server that is ready to run: everything that can fail at the start is done.

pub mod app;
pub mod mail_loop;
mod memory_loop;
mod open_files;
mod upkeep_loop;

use std::net::{SocketAddr, TcpListener};

use tokio::sync::watch;

use self::app::App;
use crate::service::Services;
use crate::web::tls::TlsFiles;
use crate::web::{self, Limits, Shared};

/// A server that only has to be run.
pub struct Server {
    shared: Shared,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    tls: Option<rustls::ServerConfig>,
    limits: Limits,
}

impl Server {
    /// Prepares to serve `app` on `listener`.
    pub async fn prepare(app: App, listener: TcpListener) -> Result<Self, String> {
        let tls = app.settings.tls.as_ref().map(TlsFiles::load).transpose()?;
        let Limits { total, per_source, .. } = app.limits;
        tracing::debug!(open_files = open_files::allowed(), total, per_source, "connections");
        let metrics = app.settings.metrics_listen.map(listen_for_metrics).transpose()?;
        let cookie_key = app.services.sessions.cookie_key().await;
        let cookie_key = cookie_key.map_err(|error| error.to_string())?;
        let shared = Shared {
            services: app.services,
            site: app.settings.site.clone(),
            cookie_key: cookie_key.into(),
        };
        Ok(Self { shared, listener, metrics, tls, limits: app.limits })
    }

    /// Where metrics are served, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Serves until `shutdown` ends; then finishes requests in flight and writes what is still in
    /// memory.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), String> {
        let Self { shared, listener, metrics, tls, limits } = self;
        let services = shared.services.clone();
        let (running, stopped) = watch::channel(());
        let notifier = mail_loop::run(services.mails.clone(), dropped(stopped.clone()));
        let memory = memory_loop::run(dropped(stopped.clone()));
        // The upkeep ends after the last answer: it writes what that one has done.
        let (answering, answered) = watch::channel(());
        let upkeep = upkeep_loop::run(services.upkeep.clone(), dropped(answered));
        let metrics = serve_metrics(metrics, services, limits, dropped(stopped));
        let serve = async {
            let shutdown = async {
                shutdown.await;
                drop(running);
            };
            let result = web::serve(listener, tls, limits, shared, shutdown).await;
            drop(answering);
            result.map_err(|error| format!("the server ended: {error}"))
        };
        tokio::join!(serve, upkeep, notifier, metrics, memory).0
    }
}

fn listen_for_metrics(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).map_err(|error| {
        format!("cannot listen on {address}: {error}; choose another SCIMWARD_METRICS_LISTEN")
    })
}

async fn serve_metrics(
    listener: Option<TcpListener>,
    services: Services,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let Some(listener) = listener else { return };
    if let Err(error) = web::metrics::serve(listener, services, limits, stop).await {
        tracing::error!(%error, "metrics are not served any more");
    }
}

/// Ends when the sender is dropped.
async fn dropped(mut receiver: watch::Receiver<()>) {
    while receiver.changed().await.is_ok() {}
}
