//! Webhooks: receivers of the configuration that get what Server Admins get by mail.
//!
//! Their URLs can be secrets, as those of chat services are, so nothing here shows more of them than
//! the host: no log, no error, no page, and the database knows them by a digest.

mod answer;
mod body;
mod client;
mod list;
mod secret;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

pub use self::answer::Outcome;
pub use self::body::Notice;
pub use self::list::{InvalidWebhooks, parse};
pub use self::secret::{InvalidSecret, SigningSecret};
use crate::domain::mail::recipient::WebhookId;
use crate::mail::echo::GIVEN_AWAY;

/// How long a receiver may take, from the look-up of its name to the end of its answer.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// What a receiver understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Signed JSON, as Standard Webhooks describe it.
    Json,
    /// The messages of Slack, which Mattermost takes too.
    Slack,
    /// An Adaptive Card for a workflow of Microsoft Teams.
    Teams,
}

/// A receiver.
#[derive(Clone)]
pub struct Webhook {
    /// Names it in the database.
    pub id: WebhookId,
    /// What it understands.
    pub format: Format,
    /// Host, and port unless it is the usual one: what is shown of the URL.
    pub host: String,
    url: SecretString,
    /// What JSON is signed with: one, or two while one replaces the other.
    secrets: Vec<SigningSecret>,
    time_limit: Duration,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Json, Self::Slack, Self::Teams];

    /// Its name in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Slack => "slack",
            Self::Teams => "teams",
        }
    }
}

impl fmt::Display for Format {
    /// Writes what people call it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "JSON, signed",
            Self::Slack => "Slack",
            Self::Teams => "Teams",
        })
    }
}

impl Webhook {
    /// Tells the receiver, once. `message` names the notice on every try, `now` is the instant of this
    /// one.
    pub async fn call(&self, message: &str, notice: &Notice, now: DateTime<Utc>) -> Outcome {
        let body = notice.body(self.format);
        let mut headers = Vec::new();
        if self.format == Format::Json {
            let seconds = now.timestamp().to_string();
            let sign = |secret: &SigningSecret| secret.sign(message, &seconds, &body);
            let signatures: Vec<String> = self.secrets.iter().map(sign).collect();
            headers.push(("webhook-id", message.to_owned()));
            headers.push(("webhook-timestamp", seconds));
            headers.push(("webhook-signature", signatures.join(" ")));
        }
        match client::post(self.url.expose_secret(), &headers, body, self.time_limit).await {
            Ok(received) => answer::judge(&received, &self.spoken(), now),
            Err(why) => Outcome::Later { answer: format!("{} {why}", self.host), wait: None },
        }
    }

    /// Parts of the URL, the longest first: a receiver may repeat them.
    fn spoken(&self) -> Vec<String> {
        let url = self.url.expose_secret();
        let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        let parts = path.unwrap_or_default().split(['/', '?', '&', '=']);
        let decoded = |part| [Cow::Borrowed(part), percent_decode_str(part).decode_utf8_lossy()];
        let parts = parts.flat_map(decoded).filter(|part| part.len() >= GIVEN_AWAY);
        let mut parts: Vec<String> = parts.map(Cow::into_owned).collect();
        parts.sort_by_key(|part| Reverse(part.len()));
        parts
    }
}

impl fmt::Display for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("host", &self.host)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use serde_json::Map;

    use super::*;
    use crate::domain::mail::webhook_event::WebhookEvent;
    use crate::mail::letter::Outline;

    /// What becomes of a call of a receiver that answers with these bytes and then says nothing more.
    async fn answered(answer: &'static str) -> Outcome {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let receiver = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            stream.write_all(answer.as_bytes()).unwrap();
            // Until the other side gives up.
            while let Some(Ok(_)) = lines.next() {}
        });
        let text = format!("slack http://127.0.0.1:{port}/services/T0SECRET1");
        let mut webhook = parse(&text).unwrap().remove(0);
        webhook.time_limit = Duration::from_millis(300);
        let notice = Notice {
            event: WebhookEvent::Test,
            at: DateTime::UNIX_EPOCH,
            product: "Acme".to_owned(),
            outline: Outline::default(),
            data: Map::new(),
        };
        let outcome = webhook.call("name", &notice, DateTime::UNIX_EPOCH).await;
        receiver.join().unwrap();
        outcome
    }

    #[tokio::test]
    async fn a_receiver_has_to_begin_its_answer_in_time_and_not_to_end_it() {
        let delivered = Outcome::Delivered("200 OK".to_owned());
        let endless = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n...";
        assert_eq!(answered(endless).await, delivered);
        let endless = "HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\nno T0SECRET1";
        assert_eq!(answered(endless).await, Outcome::Refused("404 Not Found: no ***".to_owned()));
        for (answer, why) in [
            ("", "did not answer in time"),
            ("HTTP/1.1 200 OK\r\nX: y", "did not answer in time"),
            ("SSH-2.0-OpenSSH_9.6\r\n\r\n", "answered something else than HTTP"),
        ] {
            let outcome = answered(answer).await;
            let Outcome::Later { answer: found, wait: None } = &outcome else {
                panic!("{outcome:?}")
            };
            assert!(found.starts_with("127.0.0.1:") && found.ends_with(why), "{found}");
        }
    }

    #[test]
    fn parts_of_the_url_are_known_as_they_are_and_decoded() {
        let webhooks = parse("slack https://a.example/hooks/name%2Bpart?v=1&key=hidden-word");

        let spoken = webhooks.unwrap().remove(0).spoken();

        // The longest first: none is left over behind a shorter one.
        assert_eq!(spoken, ["name%2Bpart", "hidden-word", "hidden-word", "name+part"]);
    }
}
