//! One connection to a mail server, over which one mail after the other is handed in (RFC 5321).
//!
//! lettre speaks the protocol; this file adds what it leaves open: time limits for every step, a
//! connection that survives a refused recipient, and the difference between a server that refuses a
//! mail and one that cannot be talked to.

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;

use super::Undelivered;
use super::message::Wrapped;
use super::smtp_url::{MailServer, Security};

/// How long to wait for a mail server. Together they are less than the time for which a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Connecting, encrypting, greeting and signing in together.
    opening: Duration,
    /// Connecting to one of several addresses of the server.
    connecting: Duration,
    /// The answer to a command.
    command: Duration,
    /// The answer to the mail itself: servers may scan it first.
    content: Duration,
}

impl Limits {
    pub(super) const PRODUCTION: Self = Self {
        opening: Duration::from_secs(45),
        connecting: Duration::from_secs(15),
        command: Duration::from_secs(30),
        content: Duration::from_mins(1),
    };
}

/// A farewell.
const QUITTING: Duration = Duration::from_secs(5);
const SILENCE: &str = "The mail server did not answer in time.";
/// The longest answer that is kept, in characters.
const ANSWER_LENGTH: usize = 400;

/// An open connection.
pub(super) struct Conversation {
    connection: AsyncSmtpConnection,
    limits: Limits,
    is_usable: bool,
}

/// Why a mail was not handed in.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server would not even begin, whoever the recipient.
    NotBegun(String),
    /// The recipient or the mail was answered with 4xx, or the connection broke.
    ForNow(String),
    /// The recipient or the mail was answered with 5xx.
    ForGood(String),
}

impl From<Trouble> for Undelivered {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::NotBegun(answer) | Trouble::ForNow(answer) => Self::ForNow(answer),
            Trouble::ForGood(answer) => Self::ForGood(answer),
        }
    }
}

/// Connects and signs in. `own_host` is how scimward names itself.
///
/// # Errors
/// The server's answer or what went wrong. A refusal here is about the configuration, which somebody
/// may mend, and never about a recipient.
pub(super) async fn open(server: &MailServer, own_host: &str) -> Result<Conversation, String> {
    let limits = server.limits;
    let connection = limit(limits.opening, connect(server, &client_id(own_host))).await?;
    Ok(Conversation { connection, limits, is_usable: true })
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
    let mut connection = connection
        .await
        .map_err(|error| format!("{server} cannot be reached: {}", answer_of(&error)))?;
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
    if let Some((user, password)) = server.credentials() {
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        let signed_in = connection.auth(&mechanisms, &Credentials::new(user, password)).await;
        signed_in.map_err(|error| format!("{server} refused the login: {}", answer_of(&error)))?;
    }
    Ok(connection)
}

fn client_id(host: &str) -> ClientId {
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}

impl Conversation {
    /// Hands a mail in and returns the server's answer.
    pub(super) async fn deliver(&mut self, mail: &Wrapped) -> Result<String, Trouble> {
        let result = self.hand_in(mail).await;
        if result.is_err() && self.is_usable && self.command(&Rset).await.is_err() {
            self.is_usable = false;
        }
        result
    }

    /// Whether the next mail can go over this connection.
    pub(super) const fn is_usable(&self) -> bool {
        self.is_usable
    }

    /// Says goodbye.
    pub(super) async fn quit(mut self) {
        let farewell = tokio::time::timeout(QUITTING, self.connection.command(Quit)).await;
        drop(farewell);
    }

    async fn hand_in(&mut self, mail: &Wrapped) -> Result<String, Trouble> {
        let parameters = self.parameters(mail)?;
        let begun = self.command(&Mail::new(Some(mail.from.clone()), parameters)).await;
        // Neither a refused sender nor a wish for more protection is the recipient's fault.
        begun.map_err(|refusal| Trouble::NotBegun(refusal.into_answer()))?;
        self.command(&Rcpt::new(mail.to.clone(), Vec::new()))
            .await
            .map_err(Refusal::into_trouble)?;
        self.command(&Data).await.map_err(Refusal::into_trouble)?;
        let limit = self.limits.content;
        let content = tokio::time::timeout(limit, self.connection.message(&mail.bytes)).await;
        let accepted = self.judge(content).map_err(Refusal::into_trouble)?;
        Ok(answer(&accepted.code().to_string(), &lines(&accepted)))
    }

    /// Addresses outside ASCII need a server that understands them (RFC 6531).
    fn parameters(&self, mail: &Wrapped) -> Result<Vec<MailParameter>, Trouble> {
        let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        if is_ascii(&mail.from) && is_ascii(&mail.to) {
            return Ok(Vec::new());
        }
        if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Trouble::ForGood(
                "The mail server takes no addresses with characters outside ASCII (SMTPUTF8)."
                    .to_owned(),
            ));
        }
        Ok(vec![MailParameter::SmtpUtfEight, MailParameter::Body(MailBodyParameter::EightBitMime)])
    }

    async fn command<C: std::fmt::Display + Sync>(
        &mut self,
        command: &C,
    ) -> Result<Response, Refusal> {
        let limit = self.limits.command;
        let result = tokio::time::timeout(limit, self.connection.command(command)).await;
        self.judge(result)
    }

    fn judge(
        &mut self,
        result: Result<Result<Response, Error>, tokio::time::error::Elapsed>,
    ) -> Result<Response, Refusal> {
        let refusal = match result {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(error)) if error.is_permanent() => Refusal::ForGood(answer_of(&error)),
            Ok(Err(error)) => {
                // 421: the server closes the connection (RFC 5321 section 3.8).
                let answered = error.status().is_some_and(|code| code.to_string() != "421");
                self.is_usable &= answered;
                Refusal::ForNow(answer_of(&error))
            }
            Err(_elapsed) => {
                self.is_usable = false;
                Refusal::ForNow(SILENCE.to_owned())
            }
        };
        Err(refusal)
    }
}

/// A command that was not answered with success.
enum Refusal {
    ForNow(String),
    ForGood(String),
}

impl Refusal {
    fn into_answer(self) -> String {
        match self {
            Self::ForNow(answer) | Self::ForGood(answer) => answer,
        }
    }

    fn into_trouble(self) -> Trouble {
        match self {
            Self::ForNow(answer) => Trouble::ForNow(answer),
            Self::ForGood(answer) => Trouble::ForGood(answer),
        }
    }
}

async fn limit<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_elapsed| Err(SILENCE.to_owned()))
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

fn lines(response: &Response) -> String {
    response.message().collect::<Vec<_>>().join(" ")
}

/// Code and text in one line of bounded length without control characters: it is stored and shown.
fn answer(code: &str, text: &str) -> String {
    let cleaned = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let joined = code.chars().chain([' ']).chain(cleaned).collect::<String>();
    joined.trim().chars().take(ANSWER_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::mail::{Letterhead, Mailer};

    /// A server that says its lines, one after each line it hears, and then nothing more.
    fn server(lines: &'static [&'static str]) -> Mailer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut heard = BufReader::new(stream.try_clone().unwrap()).lines();
                for line in lines {
                    stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
                    heard.next();
                }
                while let Some(Ok(_)) = heard.next() {}
            }
        });
        let mut server: MailServer = format!("smtp://127.0.0.1:{port}?tls=none").parse().unwrap();
        let short = Duration::from_millis(200);
        server.limits =
            Limits { opening: short, connecting: short, command: short, content: short };
        Mailer::Server(Box::new(server))
    }

    async fn send(mailer: &Mailer) -> Vec<Undelivered> {
        let letterhead = Letterhead {
            product: "Acme".to_owned(),
            public_url: "http://127.0.0.1:8080".parse().unwrap(),
            from: "scim@example.com".parse().unwrap(),
        };
        let mut session = mailer.session(&letterhead);
        let mut results = Vec::new();
        for address in ["ada@example.com", "grace@example.com"] {
            let mail = crate::mail::message::tests::outgoing("Ada", address, "Hello");
            results.push(session.send(&mail).await.unwrap_err());
        }
        results
    }

    #[tokio::test]
    async fn a_silent_server_holds_nobody_up_for_long() {
        let silence = || Undelivered::ForNow("The mail server did not answer in time.".to_owned());
        for lines in [
            &[][..],
            &["220 hello"][..],
            &["220 hello", "250 mail"][..],
            &["220 hello", "250 mail", "250 sender"][..],
            &["220 hello", "250 mail", "250 sender", "250 recipient"][..],
            &["220 hello", "250 mail", "250 sender", "250 recipient", "354 go on"][..],
        ] {
            assert_eq!(send(&server(lines)).await, [silence(), silence()], "{lines:?}");
        }
    }

    #[tokio::test]
    async fn a_server_that_wants_no_mail_from_us_is_asked_once() {
        for (lines, answer) in [
            (&["554 5.7.1 go away"][..], "554 5.7.1 go away"),
            (&["220 hello", "250 mail", "530 5.7.0 sign in first"][..], "530 5.7.0 sign in first"),
        ] {
            for result in send(&server(lines)).await {
                let Undelivered::ForNow(text) = result else { panic!("{result:?}") };
                assert!(text.ends_with(answer), "{text}");
            }
        }
    }

    #[test]
    fn an_answer_is_one_short_line() {
        assert_eq!(answer("550", "5.1.1 no\r\nsuch\u{7}user"), "550 5.1.1 no  such user");
        assert_eq!(answer("", &"x".repeat(9999)).chars().count(), ANSWER_LENGTH);
    }
}
