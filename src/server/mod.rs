//! A server that is ready to run: everything that can fail at the start is done, but for the
//! database, which may come later.

pub mod app;
mod certificate_loop;
pub mod mail_loop;
mod open_files;
mod upkeep_loop;
mod waiting;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock};

use futures_util::future::join_all;
use tokio::sync::watch;

use self::app::App;
use self::certificate_loop::Renewal;
use crate::memory;
use crate::service::Services;
use crate::service::mails::Mails;
use crate::web::{self, Limits, Shared};

/// A server that only has to be run.
pub struct Server {
    app: App,
    shared: Arc<Shared>,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    certificate: Option<Renewal>,
}

impl Server {
    /// Prepares to serve `app`, whose database is up to date, on `listener`.
    pub async fn prepare(app: App, listener: TcpListener) -> Result<Self, String> {
        let server = Self::wire(app, listener)?;
        Box::pin(server.starter().open()).await?;
        Ok(server)
    }

    /// Prepares to serve `app` on `listener`. Requests are refused until the database is ready.
    pub fn wire(app: App, listener: TcpListener) -> Result<Self, String> {
        let (known, clock) = (&app.services.certificate, &app.resources.clock);
        let load = |files| Renewal::load(files, known.clone(), Arc::clone(clock));
        let certificate = app.settings.tls.clone().map(load).transpose()?;
        let Limits { total, per_source, .. } = app.limits;
        tracing::debug!(open_files = open_files::allowed(), total, per_source, "connections");
        let metrics = app.settings.metrics_listen.map(listen_for_metrics).transpose()?;
        let (services, site) = (app.services.clone(), app.settings.site.clone());
        let shared = Arc::new(Shared { services, site, cookie_key: OnceLock::new() });
        Ok(Self { app, shared, listener, metrics, certificate })
    }

    /// What makes the database ready.
    pub fn starter(&self) -> Starter {
        Starter { app: self.app.clone(), shared: Arc::clone(&self.shared) }
    }

    /// Where metrics are served, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Serves until `shutdown` ends; then finishes requests in flight and writes what is still in
    /// memory.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), String> {
        self.run_when(async { Ok(()) }, shutdown).await
    }

    /// The same from before the database is ready, which it is when `ready` ends. If that fails, the
    /// server ends with its error.
    pub async fn run_when<E: From<String>>(
        self,
        ready: impl Future<Output = Result<(), E>>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), E> {
        let Self { app, shared, listener, metrics, certificate } = self;
        let tls = certificate.as_ref().map(|renewal| renewal.served.config()).transpose()?;
        let (services, limits) = (app.services, app.limits);
        let (running, stopped) = watch::channel(());
        // The upkeep ends after the last answer: it writes what that one has done.
        let (answering, answered) = watch::channel(());
        let (failing, failed) = watch::channel(());
        let work = async {
            tokio::select! {
                result = ready => result?,
                () = dropped(stopped.clone()) => return Ok(()),
            }
            let senders = send_mails(&services.mails, &stopped);
            let upkeep = upkeep_loop::run(services.upkeep.clone(), dropped(answered));
            let work = async { tokio::join!(senders, upkeep) };
            tokio::select! {
                ((), ()) = work => Ok(()),
                never = memory::look() => match never {},
                never = memory::give_back() => match never {},
            }
        };
        let work = async {
            let result = work.await;
            drop(failing);
            result
        };
        let hangups = certificate_loop::hangups()?;
        let renewal = certificate_loop::run(
            certificate,
            certificate_loop::EVERY,
            hangups,
            dropped(stopped.clone()),
        );
        let metrics = serve_metrics(metrics, services.clone(), limits, dropped(stopped.clone()));
        let serve = async {
            let shutdown = async {
                tokio::select! {
                    () = shutdown => {}
                    () = dropped(failed) => {}
                }
                drop(running);
            };
            let result = web::serve(listener, tls, limits, shared, shutdown).await;
            drop(answering);
            result.map_err(|error| E::from(format!("the server ended: {error}")))
        };
        let (worked, served, (), ()) = tokio::join!(work, serve, metrics, renewal);
        worked.and(served)
    }
}

/// Makes the database ready while the server already answers.
pub struct Starter {
    app: App,
    shared: Arc<Shared>,
}

impl Starter {
    /// Waits for the database, brings it up to date and lets requests in.
    ///
    /// # Errors
    /// A sentence, when the database cannot be used or was not reached in time.
    pub async fn start(self) -> Result<(), String> {
        waiting::for_database(&self.app).await?;
        Box::pin(self.open()).await
    }

    async fn open(self) -> Result<(), String> {
        let cookie_key = self.app.services.sessions.cookie_key().await;
        let cookie_key = cookie_key.map_err(|error| error.to_string())?;
        self.shared.cookie_key.get_or_init(|| cookie_key.into());
        Ok(())
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

/// Sends mails and calls webhooks, each turn by itself, until `stopped` is dropped.
async fn send_mails(mails: &Mails, stopped: &watch::Receiver<()>) {
    let run = |turn| mail_loop::run(mails.clone(), turn, dropped(stopped.clone()));
    join_all(mails.turns().into_iter().map(run)).await;
}

/// Ends when the sender is dropped.
async fn dropped(mut receiver: watch::Receiver<()>) {
    while receiver.changed().await.is_ok() {}
}
