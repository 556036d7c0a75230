//! The setting: one webhook after the other, `FORMAT URL [SECRET [OLD_SECRET]]`.

use url::{Host, Url};

use super::secret::{self, InvalidSecret, SigningSecret};
use super::{Format, TIME_LIMIT, Webhook};
use crate::domain::mail::recipient::WebhookId;

/// So many webhooks have room.
const MOST: usize = 20;
/// A secret, and the one that it replaces.
const MOST_SECRETS: usize = 2;

/// What is wrong with the webhook of this number, or with all. No text is repeated: it may hold a
/// secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWebhooks {
    /// It does not begin with a format.
    #[error(
        "webhook {0} does not begin with json, slack or teams: write FORMAT URL, and a secret for \
         json, one webhook in each line; a comma in a URL is written as %2C"
    )]
    Format(usize),
    /// The second word is no URL.
    #[error("webhook {0} has no URL after its format, such as https://ops.example.com/scimward")]
    Url(usize),
    /// It is neither HTTPS nor on this machine.
    #[error("webhook {0} must be reached by https://; http:// is for this machine alone")]
    Encryption(usize),
    /// The URL has a user, a password or a fragment.
    #[error("the URL of webhook {0} must not have a user, a password or a #")]
    Decoration(usize),
    /// JSON is signed.
    #[error("webhook {0} has no secret, and json is signed with one: {reason}", reason = InvalidSecret::Malformed)]
    NoSecret(usize),
    /// The other formats are not.
    #[error("webhook {0} has a secret, but only json is signed: leave it out")]
    NotSigned(usize),
    /// Two are enough.
    #[error("webhook {0} has more than two secrets: the present one and the one before")]
    TooManySecrets(usize),
    /// A secret cannot be used.
    #[error("a secret of webhook {0} cannot be used: {1}")]
    Secret(usize, InvalidSecret),
    /// The same URL is there twice.
    #[error("webhook {0} has the same URL as one before")]
    Twice(usize),
    /// There are too many.
    #[error("there are more than {MOST} webhooks")]
    TooMany,
}

/// Reads webhooks that are separated by commas.
///
/// # Errors
/// [`InvalidWebhooks`], which repeats neither a URL nor a secret.
pub fn parse(text: &str) -> Result<Vec<Webhook>, InvalidWebhooks> {
    let mut webhooks: Vec<Webhook> = Vec::new();
    for (words, number) in entries(text).iter().zip(1..) {
        let webhook = webhook(words, number)?;
        if webhooks.iter().any(|known| known.id == webhook.id) {
            return Err(InvalidWebhooks::Twice(number));
        }
        webhooks.push(webhook);
    }
    if webhooks.len() > MOST {
        return Err(InvalidWebhooks::TooMany);
    }
    Ok(webhooks)
}

/// The words of each webhook. Secrets may have a comma between them too.
fn entries(text: &str) -> Vec<Vec<&str>> {
    let mut entries: Vec<Vec<&str>> = Vec::new();
    for part in text.split(',') {
        let mut words: Vec<&str> = part.split_whitespace().collect();
        match entries.last_mut() {
            Some(last) if words.first().is_some_and(|word| word.starts_with(secret::PREFIX)) => {
                last.append(&mut words);
            }
            _ if words.is_empty() => {}
            _ => entries.push(words),
        }
    }
    entries
}

fn webhook(words: &[&str], number: usize) -> Result<Webhook, InvalidWebhooks> {
    let mut words = words.iter();
    let format = words.next().map(|word| word.to_ascii_lowercase());
    let format = Format::ALL.into_iter().find(|known| format.as_deref() == Some(known.as_str()));
    let format = format.ok_or(InvalidWebhooks::Format(number))?;
    let url = words.next().and_then(|word| word.parse::<Url>().ok());
    let url = url.ok_or(InvalidWebhooks::Url(number))?;
    let host = check(&url, number)?;
    let secrets = words.map(|word| SigningSecret::parse(word));
    let secrets = secrets.collect::<Result<Vec<_>, _>>();
    let secrets = secrets.map_err(|error| InvalidWebhooks::Secret(number, error))?;
    match (format, secrets.len()) {
        (Format::Json, 0) => return Err(InvalidWebhooks::NoSecret(number)),
        (Format::Slack | Format::Teams, 1..) => return Err(InvalidWebhooks::NotSigned(number)),
        (_, count) if count > MOST_SECRETS => return Err(InvalidWebhooks::TooManySecrets(number)),
        _ => {}
    }
    let url = String::from(url);
    let id = WebhookId::of_url(&url);
    Ok(Webhook { id, format, host, url: url.into(), secrets, time_limit: TIME_LIMIT })
}

/// The host as it is shown, if the URL may be called.
fn check(url: &Url, number: usize) -> Result<String, InvalidWebhooks> {
    let host = url.host().ok_or(InvalidWebhooks::Url(number))?;
    let is_here = match &host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.to_canonical().is_loopback(),
    };
    match url.scheme() {
        "https" => {}
        "http" if is_here => {}
        _ => return Err(InvalidWebhooks::Encryption(number)),
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(InvalidWebhooks::Decoration(number));
    }
    Ok(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    #[test]
    fn webhooks_are_read_and_show_their_host_alone() {
        let text = format!(
            "json https://ops.example.com/hidden {SECRET} {OLD},slack https://hooks.slack.com:443/services/T0/B0/x,\
             TEAMS https://prod.logic.azure.com:8443/workflows/1?sig=abc,\
             json http://127.0.0.1:9000/hidden {SECRET},{OLD},json http://[::1]/ {SECRET},"
        );

        let webhooks = parse(&text).unwrap();

        let shown = format!("{webhooks:?}");
        let facts: Vec<_> =
            webhooks.iter().map(|w| (w.format, w.host.as_str(), w.secrets.len())).collect();
        assert_eq!(
            facts,
            [
                (Format::Json, "ops.example.com", 2),
                (Format::Slack, "hooks.slack.com", 0),
                (Format::Teams, "prod.logic.azure.com:8443", 0),
                (Format::Json, "127.0.0.1:9000", 2),
                (Format::Json, "[::1]", 1),
            ]
        );
        for hidden in ["hidden", "services", "sig", "MfKQ"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_and_not_repeated() {
        use InvalidWebhooks::{
            Decoration, Encryption, Format, NoSecret, NotSigned, Secret, TooMany, TooManySecrets,
            Twice, Url,
        };
        let twice =
            format!("slack https://a.example/hidden,json https://A.example/hidden {SECRET}");
        let many: Vec<_> = (0..21).map(|n| format!("slack https://a.example/{n}")).collect();
        let many = many.join(",");
        for (text, error) in [
            ("https://a.example/hidden", Format(1)),
            ("xml https://a.example/hidden", Format(1)),
            ("slack https://a.example/hidden,hidden", Format(2)),
            ("slack", Url(1)),
            ("slack hidden", Url(1)),
            ("slack https:///", Url(1)),
            ("slack http://a.example/hidden", Encryption(1)),
            ("slack http://127.0.0.1.example/hidden", Encryption(1)),
            ("slack ftp://a.example/hidden", Encryption(1)),
            ("slack https://hidden@a.example/", Decoration(1)),
            ("slack https://u:hidden@a.example/", Decoration(1)),
            ("slack https://a.example/#hidden", Decoration(1)),
            ("json https://a.example/hidden", NoSecret(1)),
            (&format!("slack https://a.example/hidden {SECRET}"), NotSigned(1)),
            (
                &format!("json https://a.example/hidden {SECRET} {SECRET} {SECRET}"),
                TooManySecrets(1),
            ),
            ("json https://a.example/hidden hidden", Secret(1, InvalidSecret::Malformed)),
            ("json https://a.example/hidden whsec_aGlkZGVu", Secret(1, InvalidSecret::Length)),
            (&twice, Twice(2)),
            (&many, TooMany),
        ] {
            let found = parse(text).unwrap_err();

            assert_eq!(found, error, "{text}");
            assert!(!found.to_string().contains("hidden"), "{found}");
        }
    }
}
