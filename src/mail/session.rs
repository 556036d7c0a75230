//! Sends one mail after the other over one connection.

use super::echo::without_codes;
use super::message::Message;
use super::smtp::SmtpConnection;
use super::{Letterhead, MailServer, Mailer, SendError, directory};

/// A series of mails that are sent one after the other.
pub struct MailSession<'a> {
    mailer: &'a Mailer,
    letterhead: &'a Letterhead,
    connection: Option<SmtpConnection>,
    /// Set once the server was unavailable. The mails that follow are not tried one by one, or a
    /// silent server would cost every recipient the whole time limit.
    unavailable: Option<SendError>,
}

impl<'a> MailSession<'a> {
    /// Prepares to send. Nothing is connected before the first mail.
    pub const fn new(mailer: &'a Mailer, letterhead: &'a Letterhead) -> Self {
        Self { mailer, letterhead, connection: None, unavailable: None }
    }

    /// Sends a mail and returns the mail server's answer, or a sentence that names the file.
    pub async fn send(&mut self, message: &Message) -> Result<String, SendError> {
        let encoded = message.encode(self.letterhead)?;
        match self.mailer {
            Mailer::Directory(path) => {
                directory::write(path.clone(), message.id.clone(), encoded.formatted()).await
            }
            Mailer::Server(server) => {
                let cleaned = |answer: String| without_codes(&answer, &message.letter);
                let result = self.send_to(server, &encoded).await;
                result.map(cleaned).map_err(|error| error.map(cleaned))
            }
        }
    }

    /// Ends the connection politely.
    pub async fn close(self) {
        if let Some(connection) = self.connection {
            connection.quit().await;
        }
    }

    async fn send_to(
        &mut self,
        server: &MailServer,
        message: &lettre::Message,
    ) -> Result<String, SendError> {
        if let Some(error) = &self.unavailable {
            return Err(error.clone());
        }
        if let Some(connection) = self.connection.take() {
            match self.send_over(connection, message).await {
                // Servers end connections that have carried enough mails: one more is opened.
                Err(SendError::Unavailable(_)) => {}
                result => return result,
            }
        }
        let opened = SmtpConnection::open(server, self.letterhead.public_url.host()).await;
        let result = match opened {
            Ok(connection) => self.send_over(connection, message).await,
            Err(error) => Err(error),
        };
        if let Err(error @ SendError::Unavailable(_)) = &result {
            self.unavailable = Some(error.clone());
        }
        result
    }

    /// Keeps the connection unless it broke.
    async fn send_over(
        &mut self,
        mut connection: SmtpConnection,
        message: &lettre::Message,
    ) -> Result<String, SendError> {
        let result = connection.send(message).await;
        self.connection = connection.is_usable().then_some(connection);
        result
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;
    use crate::mail::message::tests::message;
    use crate::mail::smtp_url::TimeLimits;

    /// A server that sends its lines, one after each line it receives, and then stays silent.
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
            TimeLimits { opening: short, connecting: short, command: short, content: short };
        Mailer::Server(Box::new(server))
    }

    async fn send(mailer: &Mailer) -> Vec<SendError> {
        let letterhead = Letterhead {
            product: "Acme".to_owned(),
            public_url: "http://127.0.0.1:8080".parse().unwrap(),
            from: "scim@example.com".parse().unwrap(),
            provider: None,
            team: Vec::new(),
        };
        let mut session = MailSession::new(mailer, &letterhead);
        let mut results = Vec::new();
        for address in ["ada@example.com", "grace@example.com"] {
            results.push(session.send(&message("Ada", address, "Hello")).await.unwrap_err());
        }
        results
    }

    #[tokio::test]
    async fn a_silent_server_holds_nobody_up_for_long() {
        let silence = || "The mail server did not answer in time.".to_owned();
        let unavailable = SendError::Unavailable(silence());
        let transient = SendError::Transient(silence());
        for (lines, error) in [
            (&[][..], &unavailable),
            (&["220 hello"][..], &unavailable),
            (&["220 hello", "250 mail"][..], &unavailable),
            (&["220 hello", "250 mail", "250 sender"][..], &transient),
            (&["220 hello", "250 mail", "250 sender", "250 recipient"][..], &transient),
            (
                &["220 hello", "250 mail", "250 sender", "250 recipient", "354 go on"][..],
                &transient,
            ),
        ] {
            assert_eq!(send(&server(lines)).await, [error.clone(), error.clone()], "{lines:?}");
        }
    }

    #[tokio::test]
    async fn a_server_that_wants_no_mail_from_us_is_asked_once() {
        for (lines, answer) in [
            (&["554 5.7.1 go away"][..], "554 5.7.1 go away"),
            (&["220 hello", "250 mail", "530 5.7.0 sign in first"][..], "530 5.7.0 sign in first"),
        ] {
            for result in send(&server(lines)).await {
                let SendError::Unavailable(text) = result else { panic!("{result:?}") };
                assert!(text.ends_with(answer), "{text}");
            }
        }
    }
}
