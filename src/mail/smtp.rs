//! One connection to a mail server, which takes one mail after the other (RFC 5321).
//!
//! lettre speaks the protocol; this file adds what it leaves open: time limits for every step, a
//! connection that survives a refused recipient, and the difference between a server that refuses
//! one mail and one that accepts none.

use std::error::Error as _;
use std::fmt::Display;
use std::net::IpAddr;
use std::time::Duration;

use lettre::Message;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::SendError;
use super::echo::without_login;
use super::smtp_url::{MailServer, Security, TimeLimits};
use crate::domain::visible::is_invisible;

/// The longest wait for the answer to `QUIT`.
const QUITTING: Duration = Duration::from_secs(5);
const SILENCE: &str = "The mail server did not answer in time.";
/// The longest answer that is kept, in characters.
const ANSWER_LENGTH: usize = 400;

/// An open connection, signed in.
pub(super) struct SmtpConnection {
    connection: AsyncSmtpConnection,
    limits: TimeLimits,
    is_usable: bool,
}

impl SmtpConnection {
    /// Connects and signs in. `own_host` is how scimward names itself. Whatever the server answers
    /// here is about the configuration, which can be corrected, and never about a recipient: every
    /// error is [`SendError::Unavailable`].
    pub(super) async fn open(server: &MailServer, own_host: &str) -> Result<Self, SendError> {
        let limits = server.limits;
        let own = client_id(own_host);
        let connection = timeout(limits.opening, connect(server, &own)).await;
        let connection = connection.unwrap_or_else(|_elapsed| Err(SILENCE.to_owned()));
        let connection = connection.map_err(SendError::Unavailable)?;
        Ok(Self { connection, limits, is_usable: true })
    }

    /// Sends a mail and returns the server's answer.
    pub(super) async fn send(&mut self, message: &Message) -> Result<String, SendError> {
        let result = self.transact(message).await;
        if result.is_err() && self.is_usable && self.command(&Rset).await.is_err() {
            self.is_usable = false;
        }
        result
    }

    /// Whether the next mail can go over this connection.
    pub(super) const fn is_usable(&self) -> bool {
        self.is_usable
    }

    /// Ends the connection.
    pub(super) async fn quit(mut self) {
        let _ = timeout(QUITTING, self.connection.command(Quit)).await;
    }

    /// One mail transaction (RFC 5321 section 3.3).
    async fn transact(&mut self, message: &Message) -> Result<String, SendError> {
        let envelope = message.envelope();
        let parameters = self.parameters(envelope)?;
        let begun = self.command(&Mail::new(envelope.from().cloned(), parameters)).await;
        // Neither a refused sender nor a demand for more protection is the recipient's fault.
        begun.map_err(|error| SendError::Unavailable(error.to_string()))?;
        for recipient in envelope.to() {
            self.command(&Rcpt::new(recipient.clone(), Vec::new())).await?;
        }
        self.command(&Data).await?;
        let content = message.formatted();
        let result = timeout(self.limits.content, self.connection.message(&content)).await;
        let accepted = self.judge(result)?;
        let text = accepted.message().collect::<Vec<_>>().join(" ");
        Ok(answer(&accepted.code().to_string(), &text))
    }

    /// Addresses outside ASCII need a server that understands them (RFC 6531).
    fn parameters(&self, envelope: &Envelope) -> Result<Vec<MailParameter>, SendError> {
        let mut addresses = envelope.from().into_iter().chain(envelope.to());
        if addresses.all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
            return Ok(Vec::new());
        }
        if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(SendError::Permanent(
                "The mail server takes no addresses with characters outside ASCII (SMTPUTF8)."
                    .to_owned(),
            ));
        }
        Ok(vec![MailParameter::SmtpUtfEight, MailParameter::Body(MailBodyParameter::EightBitMime)])
    }

    async fn command(&mut self, command: &(impl Display + Sync)) -> Result<Response, SendError> {
        let result = timeout(self.limits.command, self.connection.command(command)).await;
        self.judge(result)
    }

    /// Tells transient from permanent, and whether the connection can go on.
    fn judge(
        &mut self,
        result: Result<Result<Response, Error>, Elapsed>,
    ) -> Result<Response, SendError> {
        match result {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) if error.is_permanent() => Err(SendError::Permanent(answer_of(&error))),
            Ok(Err(error)) => {
                // 421: the server closes the connection (RFC 5321 section 3.8).
                let answered = error.status().is_some_and(|code| code.to_string() != "421");
                self.is_usable &= answered;
                Err(SendError::Transient(answer_of(&error)))
            }
            Err(_elapsed) => {
                self.is_usable = false;
                Err(SendError::Transient(SILENCE.to_owned()))
            }
        }
    }
}

async fn connect(server: &MailServer, own: &ClientId) -> Result<AsyncSmtpConnection, String> {
    let tls = match server.security {
        Security::None => None,
        Security::StartTls | Security::Implicit => Some(server.tls()?),
    };
    let (implicit, upgrade) = match server.security {
        Security::Implicit => (tls, None),
        _ => (None, tls),
    };
    let address = (server.host.as_str(), server.port);
    let connection = AsyncSmtpConnection::connect_tokio1(
        address,
        Some(server.limits.connecting),
        own,
        implicit,
        None,
    );
    let mut connection = connection.await.map_err(|error| {
        let hint = if is_no_tls(&error) { "; write smtp:// if it begins without TLS" } else { "" };
        format!("{server} cannot be reached: {}{hint}", answer_of(&error))
    })?;
    if let Some(tls) = upgrade {
        if !connection.can_starttls() {
            return Err(format!(
                "{server} does not offer STARTTLS, so nothing was sent. If the network between is \
                 trusted, add ?tls=none to the URL"
            ));
        }
        let upgraded = connection.starttls(tls, own).await;
        upgraded.map_err(|error| format!("{server} cannot encrypt: {}", answer_of(&error)))?;
    }
    if server.security != Security::None {
        let trust = server.trust()?;
        let shown = connection.certificate_chain().map_err(|error| answer_of(&error))?;
        let checked = trust.check(&shown, &server.host);
        checked.map_err(|error| format!("{server} is not trusted: {error}"))?;
    }
    if let Some((user, password)) = server.credentials() {
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        let login = Credentials::new(user.clone(), password.clone());
        connection.auth(&mechanisms, &login).await.map_err(|error| {
            let answer = without_login(&answer_of(&error), &user, &password);
            format!("{server} refused the login: {answer}")
        })?;
    }
    Ok(connection)
}

/// What came first was nothing of TLS.
fn is_no_tls(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = io.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if matches!(tls, Some(rustls::Error::InvalidMessage(_))) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn client_id(host: &str) -> ClientId {
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}

/// The server's own words where there are any: `550 5.1.1 no such user`.
fn answer_of(error: &Error) -> String {
    let cause = error.source().map(ToString::to_string);
    match (error.status(), cause) {
        (Some(code), cause) => answer(&code.to_string(), &cause.unwrap_or_default()),
        (None, Some(cause)) if cause == "incomplete response" => {
            "The mail server closed the connection.".to_owned()
        }
        (None, Some(cause)) => answer("", &cause),
        (None, None) => answer("", &error.to_string()),
    }
}

/// Code and text in one line of bounded length without characters that cannot be seen: it is stored
/// and shown.
fn answer(code: &str, text: &str) -> String {
    let cleaned = text.chars().map(|c| if is_invisible(c) { ' ' } else { c });
    let joined = code.chars().chain([' ']).chain(cleaned).collect::<String>();
    joined.trim().chars().take(ANSWER_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_short_line() {
        assert_eq!(answer("550", "5.1.1 no\r\nsuch\u{7}user"), "550 5.1.1 no  such user");
        assert_eq!(answer("", &"x".repeat(9999)).chars().count(), ANSWER_LENGTH);
    }
}
