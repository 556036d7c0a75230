//! `scimward serve`.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use super::error::CommandError;
use super::open::open_server;
use super::output::say;
use crate::config::Flags;
use crate::server::app::App;
use crate::server::{Server, Starter};

/// A database that is ready sooner is not worth a line in the log.
const UNNOTICED: Duration = Duration::from_millis(500);

/// Serves until SIGTERM or Ctrl+C.
pub(super) async fn run(flags: &Flags) -> Result<ExitCode, CommandError> {
    let app = open_server(flags)?;
    let listen = app.settings.listen;
    let listener = TcpListener::bind(listen).map_err(|error| {
        format!("cannot listen on {listen}: {error}; choose another address with SCIMWARD_LISTEN")
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let server = Server::wire(app.clone(), listener)?;
    if let Some(address) = server.metrics_address() {
        tracing::info!(%address, "serving metrics");
    }
    let ready = begin(&app, server.starter(), address);
    Box::pin(server.run_when(ready, shutdown()?)).await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn begin(app: &App, starter: Starter, address: SocketAddr) -> Result<(), CommandError> {
    let mut ready = Box::pin(starter.start());
    if let Ok(result) = timeout(UNNOTICED, &mut ready).await {
        result?;
    } else {
        tracing::info!(%address, "answering with 503 until the database is ready");
        ready.await?;
    }
    announce(app, address).await
}

async fn announce(app: &App, address: SocketAddr) -> Result<(), CommandError> {
    let code = app.services.admins.setup_code().await?;
    if let Some(code) = code {
        let link = app.settings.site.public_url.join(&format!("/setup?code={}", code.expose()));
        say(&format!(
            "No Server Admin exists yet. Open this link within 24 hours to create the first one:\n\n  {link}\n"
        ))?;
    }
    // Last: by then the link is printed, for those who wait for this line.
    tracing::info!(%address, public_url = %app.settings.site.public_url, "listening");
    Ok(())
}

/// Ends when the process is asked to stop.
pub(super) fn shutdown() -> Result<impl Future<Output = ()>, String> {
    let listen =
        |kind| signal(kind).map_err(|error| format!("signals cannot be received: {error}"));
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: requests in flight are finished first");
    })
}
