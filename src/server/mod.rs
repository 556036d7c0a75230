//! A server that is ready to run: everything that can fail at the start is done.

pub mod app;
pub mod mail_loop;
mod upkeep_loop;

use std::net::{SocketAddr, TcpListener};

use tokio::sync::watch;

use self::app::App;
use crate::service::Services;
use crate::web::tls::TlsFiles;
use crate::web::{self, Shared};

/// A server that only has to be run.
pub struct Server {
    shared: Shared,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    tls: Option<rustls::ServerConfig>,
}

impl Server {
    /// Prepares to serve `app` on `listener`.
    pub async fn prepare(app: App, listener: TcpListener) -> Result<Self, String> {
        let tls = app.settings.tls.as_ref().map(TlsFiles::load).transpose()?;
        let metrics = app.settings.metrics_listen.map(listen_for_metrics).transpose()?;
        let cookie_key = app.services.sessions.cookie_key().await;
        let cookie_key = cookie_key.map_err(|error| error.to_string())?;
        let shared = Shared {
            services: app.services,
            site: app.settings.site.clone(),
            cookie_key: cookie_key.into(),
        };
        Ok(Self { shared, listener, metrics, tls })
    }

    /// Where metrics are served, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Serves until `shutdown` ends; then finishes requests in flight and writes what is still in
    /// memory.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), String> {
        let services = self.shared.services.clone();
        // The work in the background ends after the last answer: it writes what that one has done.
        let (served, stopped) = watch::channel(());
        let notifier = mail_loop::run(services.mails.clone(), dropped(stopped.clone()));
        let upkeep = upkeep_loop::run(services.upkeep.clone(), dropped(stopped.clone()));
        let metrics = serve_metrics(self.metrics, services, dropped(stopped));
        let serve = async {
            let result = web::serve(self.listener, self.tls, self.shared, shutdown).await;
            drop(served);
            result.map_err(|error| format!("the server ended: {error}"))
        };
        tokio::join!(serve, upkeep, notifier, metrics).0
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
    stop: impl Future<Output = ()>,
) {
    let Some(listener) = listener else { return };
    if let Err(error) = web::metrics::serve(listener, services, stop).await {
        tracing::error!(%error, "metrics are not served any more");
    }
}

/// Ends when the sender is dropped.
async fn dropped(mut receiver: watch::Receiver<()>) {
    while receiver.changed().await.is_ok() {}
}
