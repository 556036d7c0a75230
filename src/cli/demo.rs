//! `scimward demo`: a server with made-up data, to look around in.

use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tracing::Level;

use super::error::CommandError;
use super::output::{note, say};
use super::serve;
use crate::config::Flags;
use crate::demo::{ADA, Demo, PASSWORD};
use crate::telemetry::{self, LogFormat, LogSettings};

const USUAL: &str = "127.0.0.1:8080";

/// Serves made-up data until SIGTERM, Ctrl+C or the end of the terminal; then nothing of it is left.
pub(super) async fn run(flags: &Flags) -> Result<ExitCode, CommandError> {
    let listener = listen(flags)?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let mut shutdown = pin!(shutdown()?);
    note("Making up several months of data ...");
    let demo = tokio::select! {
        demo = Box::pin(Demo::prepare(listener)) => demo?,
        () = &mut shutdown => return Ok(ExitCode::SUCCESS),
    };
    // Not before: what happens in the story is not news.
    telemetry::start(&LogSettings { level: Level::WARN, format: LogFormat::Text })?;
    announce(&demo, address)?;
    Box::pin(demo.run(shutdown)).await?;
    Ok(ExitCode::SUCCESS)
}

/// Everybody knows the password, so the demo is for this machine alone.
fn listen(flags: &Flags) -> Result<TcpListener, CommandError> {
    let Flags { config, listen, database_url, public_url, log } = flags;
    if config.is_some() || database_url.is_some() || public_url.is_some() || log.is_some() {
        return Err(CommandError::usage(
            "the demo has a configuration of its own; only --listen can be chosen",
        ));
    }
    let cannot = |error| format!("cannot listen: {error}; choose another address with --listen");
    let Some(listen) = listen else {
        let usual = TcpListener::bind(USUAL).or_else(|_taken| TcpListener::bind("127.0.0.1:0"));
        return Ok(usual.map_err(cannot)?);
    };
    let address = listen.parse::<SocketAddr>().ok();
    let address = address.filter(|address| address.ip().to_canonical().is_loopback());
    let loopback = "the demo listens on this machine only: write --listen 127.0.0.1:PORT";
    let address = address.ok_or_else(|| CommandError::usage(loopback))?;
    Ok(TcpListener::bind(address).map_err(cannot)?)
}

fn announce(demo: &Demo, address: SocketAddr) -> Result<(), CommandError> {
    say(&format!(
        "The demo runs at http://{address}

  email     {email}
  password  {PASSWORD}

Ask whether its token is valid, as an application does:

  curl -i -H \"Authorization: Bearer {token}\" http://{address}/v1/token/validate

No mail leaves this machine. Ctrl+C ends the demo and removes {folder}.",
        email = ADA.email,
        token = demo.token.expose(),
        folder = demo.folder().display(),
    ))
}

fn shutdown() -> Result<impl Future<Output = ()>, String> {
    let usual = serve::shutdown()?;
    let mut hangup = signal(SignalKind::hangup())
        .map_err(|error| format!("signals cannot be received: {error}"))?;
    Ok(async move {
        tokio::select! {
            () = usual => {}
            _ = hangup.recv() => {}
        }
    })
}
