//! A server to look around in: made-up months on a database that is thrown away.
//!
//! Nothing here is a second mechanism. The story runs through the same services as production, with
//! a clock that is moved; then the same server serves its result. The configuration of the machine
//! is not read: the demo writes one of its own into its folder.

mod clock;
mod company;
mod folder;
mod mail_server;
mod people;
mod story;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use self::clock::StoryClock;
use self::company::Company;
use self::folder::Folder;
use crate::config::{self, Flags, Settings};
use crate::domain::token::secret::PlainToken;
use crate::server::Server;
use crate::server::app::{App, Platform};

pub use self::people::{ADA, PASSWORD, Person};

/// A demo that is ready to be visited.
pub struct Demo {
    /// The token that the identity provider of the story uses.
    pub token: PlainToken,
    server: Server,
    folder: Folder,
}

impl Demo {
    /// Plays the story up to the present. The server will be reached through `listener`.
    ///
    /// # Errors
    /// What could not be done and why.
    pub async fn prepare(listener: TcpListener) -> Result<Self, String> {
        Box::pin(Self::play(listener))
            .await
            .map_err(|error| format!("the demo cannot be made: {error:#}"))
    }

    async fn play(listener: TcpListener) -> anyhow::Result<Self> {
        let platform = Platform::server();
        let folder = Folder::make(&*platform.entropy).context("a temporary folder")?;
        let settings = settings(folder.path(), listener.local_addr()?, mail_server::start()?)?;
        let clock = StoryClock::default();
        let platform = Platform { clock: Arc::new(clock.clone()), ..platform };
        let app = App::build(settings, platform).await.map_err(anyhow::Error::msg)?;
        let company = Company::new(app.services.clone(), clock.clone());
        let token = Box::pin(story::play(company)).await?;
        clock.release();
        let server = Box::pin(Server::prepare(app, listener)).await;
        let server = server.map_err(anyhow::Error::msg)?;
        Ok(Self { token, server, folder })
    }

    /// Where everything is kept until the end.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Serves until `shutdown` ends, then removes everything.
    ///
    /// # Errors
    /// A sentence that names the cause.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), String> {
        self.server.run(shutdown).await
    }
}

/// The settings of the demo, from a file of its own, so that neither the usual one nor the
/// environment is read.
fn settings(folder: &Path, listen: SocketAddr, mail_port: u16) -> anyhow::Result<Settings> {
    let texts = [
        ("listen", listen.to_string()),
        ("database_url", format!("sqlite:{}", folder.join("scimward.db").display())),
        ("smtp_url", format!("smtp://127.0.0.1:{mail_port}?tls=none")),
        ("mail_from", "scim@catalog.example.com".to_owned()),
        ("mail_dir", folder.join("mail").display().to_string()),
        ("scim_base_url", "https://scim.catalog.example.com/scim/v2".to_owned()),
        ("product_name", "Acme Catalog".to_owned()),
    ];
    let texts = texts.map(|(name, text)| (name.to_owned(), toml::Value::from(text)));
    let file = folder.join("scimward.toml");
    std::fs::write(&file, toml::Table::from_iter(texts).to_string())?;
    let flags = Flags { config: Some(file), ..Flags::default() };
    Ok(config::load_from(&flags, std::iter::empty()).0?)
}
