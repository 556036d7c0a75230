//! A letter as a message for one recipient: envelope, headers, two bodies and an attachment (RFC 5322).

use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::address::{AddressError, Envelope};
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue, Headers,
};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use url::Host;

use super::letter::Letter;
use super::{Letterhead, SendError, calendar_entry};
use crate::domain::admin::person::EmailAddress;
use crate::domain::mail::calendar_entry::CalendarEntry;
use crate::domain::mail::kind::MailKind;

/// A letter to one recipient.
#[derive(Debug, Clone)]
pub struct Message {
    /// See [`message_id`].
    pub id: String,
    /// The recipient's name.
    pub name: Option<String>,
    /// The recipient's address.
    pub address: EmailAddress,
    /// The date in the header.
    pub date: DateTime<Utc>,
    /// What it says.
    pub letter: Letter,
}

/// The local part of the `Message-ID`, and the name of the file where mails are written to files.
///
/// The same mail gets the same on every try, so that a mailbox recognises a mail that was sent twice
/// after a lost answer. `about` tells the mail from others of its kind, `recipient` this recipient
/// from others.
pub fn message_id(kind: MailKind, about: &str, recipient: &str) -> String {
    let digest = blake3::hash(recipient.as_bytes()).to_hex();
    let recipient: String = digest.chars().take(12).collect();
    format!("scim-token.{about}.{}.{recipient}", kind.as_str())
}

impl Message {
    /// The message on the wire; an address that no header can hold is a permanent error.
    pub(super) fn encode(&self, letterhead: &Letterhead) -> Result<lettre::Message, SendError> {
        let unusable = |error: AddressError| {
            SendError::Permanent(format!("The address cannot be used: {error}."))
        };
        let unmade = |error: lettre::error::Error| {
            SendError::Permanent(format!("The mail cannot be made: {error}"))
        };
        let from = address(&letterhead.from).map_err(unusable)?;
        let to = address(&self.address).map_err(unusable)?;
        let parts = match &self.letter.entry {
            Some(entry) => with_entry(bodies(&self.letter), entry, letterhead, &from)?,
            None => bodies(&self.letter),
        };
        let envelope = Envelope::new(Some(from.clone()), vec![to.clone()]).map_err(unmade)?;
        let message = lettre::Message::builder()
            // Otherwise it is read back from the headers, where names stand beside the addresses.
            .envelope(envelope)
            .from(Mailbox::new(Some(one_line(&letterhead.product)), from.clone()))
            .to(Mailbox::new(self.name.as_deref().map(one_line), to))
            .subject(one_line(&self.letter.subject))
            .date(self.date.into())
            .message_id(Some(format!("<{}@{}>", self.id, from.domain())))
            .multipart(parts);
        let mut message = message.map_err(unmade)?;
        add_headers(message.headers_mut(), letterhead);
        Ok(message)
    }
}

/// The domain in its ASCII form, so that only a local part outside ASCII needs a server with SMTPUTF8.
fn address(address: &EmailAddress) -> Result<Address, AddressError> {
    let (local, domain) = address.as_str().rsplit_once('@').ok_or(AddressError::MissingParts)?;
    let domain = Host::parse(domain).map_err(|_unusable| AddressError::InvalidDomain)?;
    Address::new(local, domain.to_string())
}

fn bodies(letter: &Letter) -> MultiPart {
    let part = |kind: ContentType, text: &str| {
        SinglePart::builder()
            .header(kind)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(text.to_owned())
    };
    MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, &letter.text))
        .singlepart(part(ContentType::TEXT_HTML, &letter.html))
}

/// The bodies and a file for calendars; what it is for is in its type too (RFC 6047 section 2.4).
fn with_entry(
    bodies: MultiPart,
    entry: &CalendarEntry,
    letterhead: &Letterhead,
    from: &Address,
) -> Result<MultiPart, SendError> {
    let method = calendar_entry::method(entry);
    let kind = ContentType::parse(&format!("text/calendar; charset=utf-8; method={method}"));
    let kind = kind.map_err(|error| {
        SendError::Permanent(format!("The calendar entry cannot be attached: {error}"))
    })?;
    let file = SinglePart::builder()
        .header(kind)
        .header(ContentDisposition::attachment(calendar_entry::FILE))
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(calendar_entry::file(entry, letterhead, from));
    Ok(MultiPart::mixed().multipart(bodies).singlepart(file))
}

/// For programs: nobody answers automatically (RFC 3834), rules can filter by list (RFC 2919).
fn add_headers(headers: &mut Headers, letterhead: &Letterhead) {
    let host = letterhead.public_url.host().trim_matches(['[', ']']).replace(':', "-");
    let list = format!("SCIM token notifications <scim-token.{host}>");
    for (name, value) in [
        (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()),
        (HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All".to_owned()),
        (HeaderName::new_from_ascii_str("List-Id"), list),
    ] {
        headers.insert_raw(HeaderValue::new(name, value));
    }
}

/// Without line breaks and other control characters, which could forge a header.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn letterhead(product: &str) -> Letterhead {
        Letterhead {
            product: product.to_owned(),
            public_url: "https://catalog.example.com".parse().unwrap(),
            from: "scim@catalog.example.com".parse().unwrap(),
            provider: None,
            team: Vec::new(),
        }
    }

    pub(crate) fn message(name: &str, address: &str, subject: &str) -> Message {
        let letter = Letter {
            subject: subject.to_owned(),
            text: "é\n".to_owned(),
            html: "<p>é".to_owned(),
            ..Letter::default()
        };
        Message {
            id: message_id("minus15".parse().unwrap(), "M2C8RDxx", "admin 1"),
            name: Some(name.to_owned()),
            address: address.parse().unwrap(),
            date: "2026-11-19T09:00:00Z".parse().unwrap(),
            letter,
        }
    }

    fn written(product: &str, message: &Message) -> String {
        let encoded = message.encode(&letterhead(product)).unwrap();
        String::from_utf8(encoded.formatted()).unwrap()
    }

    #[test]
    fn the_headers_are_for_one_person_and_for_programs() {
        let text = written("Acme Catalog", &message("Ada Lovelace", "ada@example.com", "Hello"));

        for line in [
            "From: \"Acme Catalog\" <scim@catalog.example.com>\r\n",
            "To: \"Ada Lovelace\" <ada@example.com>\r\n",
            "Subject: Hello\r\n",
            "Date: Thu, 19 Nov 2026 09:00:00 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "X-Auto-Response-Suppress: All\r\n",
            "List-Id: SCIM token notifications <scim-token.catalog.example.com>\r\n",
            "MIME-Version: 1.0\r\n",
            "Content-Type: multipart/alternative;",
            "Content-Transfer-Encoding: quoted-printable\r\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        for absent in ["Cc:", "Bcc:", "List-Unsubscribe", "Precedence", "X-Priority", "References"]
        {
            assert!(!text.contains(absent), "{absent}");
        }
        assert!(text.lines().all(|line| line.len() <= 78), "{text}");
    }

    #[test]
    fn a_mail_keeps_its_message_id_and_recipients_have_their_own() {
        let id = |recipient: &str| {
            let mut message = message("Ada", "ada@example.com", "x");
            message.id = message_id("minus15".parse().unwrap(), "M2C8RDxx", recipient);
            let text = written("Acme", &message);
            text.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned()
        };

        assert!(id("admin 1").starts_with("Message-ID: <scim-token.M2C8RDxx.minus15."));
        assert!(id("admin 1").ends_with("@catalog.example.com>"));
        assert_eq!(id("admin 1"), id("admin 1"));
        assert_ne!(id("admin 1"), id("admin 2"));
    }

    #[test]
    fn no_text_forges_a_header() {
        let evil = "x\r\nBcc: eve@example.com\r\n\r\nbody";
        let text = written(evil, &message(evil, "ada@example.com", evil));

        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("\r\nBcc:"), "{head}");
        assert_eq!(text.matches("\r\nTo:").count(), 1);
    }

    #[test]
    fn names_and_addresses_outside_ascii_are_written() {
        let encode = |name: &str, address: &str, subject: &str| {
            message(name, address, subject).encode(&letterhead("Grüße & Söhne")).unwrap()
        };
        let to = |message: &lettre::Message| message.envelope().to()[0].to_string();

        let domain = encode("山田 \"太郎\" <x@y>", "ada@exämple.de", "Grüße €");
        assert_eq!(to(&domain), "ada@xn--exmple-cua.de");
        assert!(domain.formatted().is_ascii());
        let local = encode("x", "grüße@exämple.de", "x");
        assert_eq!(to(&local), "grüße@xn--exmple-cua.de");
    }
}
