//! A letter as a message on the wire: headers, two bodies, one recipient.

use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::address::AddressError;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, HeaderName, HeaderValue, Headers,
};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use url::Host;

use super::letter::Letter;
use super::{Letterhead, Undelivered};
use crate::domain::admin::person::EmailAddress;
use crate::domain::mail::Occasion;

/// A letter with its recipient.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The recipient's name.
    pub name: Option<String>,
    /// The recipient's address.
    pub address: EmailAddress,
    /// What the mail is about.
    pub occasion: Occasion,
    /// What tells this mail from others about the same: token id, or a random text.
    pub about: String,
    /// What tells this recipient from others, the same on every try.
    pub recipient_key: String,
    /// The date in the header.
    pub date: DateTime<Utc>,
    /// What it says.
    pub letter: Letter,
}

/// A message ready to be sent.
#[derive(Debug)]
pub(super) struct Wrapped {
    pub(super) from: Address,
    pub(super) to: Address,
    /// The local part of its `Message-ID`: unique, and safe as a file's name.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Makes the message. The same mail gets the same `Message-ID` on every try, so that a mailbox
/// recognises a mail that was sent twice after a lost answer.
///
/// # Errors
/// [`Undelivered::ForGood`] when an address cannot be written in a header.
pub(super) fn wrap(letterhead: &Letterhead, mail: &Outgoing) -> Result<Wrapped, Undelivered> {
    let unusable =
        |error: AddressError| Undelivered::ForGood(format!("The address cannot be used: {error}."));
    let from = address(&letterhead.from).map_err(unusable)?;
    let to = address(&mail.address).map_err(unusable)?;
    let digest = blake3::hash(mail.recipient_key.as_bytes()).to_hex();
    let recipient: String = digest.chars().take(12).collect();
    let name = format!("scim-token.{}.{}.{recipient}", mail.about, mail.occasion.as_str());
    let message = Message::builder()
        .from(Mailbox::new(Some(one_line(&letterhead.product)), from.clone()))
        .to(Mailbox::new(mail.name.as_deref().map(one_line), to.clone()))
        .subject(one_line(&mail.letter.subject))
        .date(mail.date.into())
        .message_id(Some(format!("<{name}@{}>", from.domain())))
        .multipart(bodies(&mail.letter));
    let mut message = message
        .map_err(|error| Undelivered::ForGood(format!("The mail cannot be made: {error}")))?;
    add_headers(message.headers_mut(), letterhead);
    Ok(Wrapped { from, to, name, bytes: message.formatted() })
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
        }
    }

    pub(crate) fn outgoing(name: &str, address: &str, subject: &str) -> Outgoing {
        let letter =
            Letter {
                subject: subject.to_owned(), text: "é\n".to_owned(), html: "<p>é".to_owned()
            };
        Outgoing {
            name: Some(name.to_owned()),
            address: address.parse().unwrap(),
            occasion: "minus15".parse().unwrap(),
            about: "M2C8RDxx".to_owned(),
            recipient_key: "admin 1".to_owned(),
            date: "2026-11-19T09:00:00Z".parse().unwrap(),
            letter,
        }
    }

    fn written(product: &str, mail: &Outgoing) -> String {
        String::from_utf8(wrap(&letterhead(product), mail).unwrap().bytes).unwrap()
    }

    #[test]
    fn the_headers_are_for_one_person_and_for_programs() {
        let text = written("Acme Catalog", &outgoing("Ada Lovelace", "ada@example.com", "Hello"));

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
        let id = |key: &str| {
            let mut mail = outgoing("Ada", "ada@example.com", "x");
            mail.recipient_key = key.to_owned();
            let text = written("Acme", &mail);
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
        let text = written(evil, &outgoing(evil, "ada@example.com", evil));

        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("\r\nBcc:"), "{head}");
        assert_eq!(text.matches("\r\nTo:").count(), 1);
    }

    #[test]
    fn names_and_addresses_outside_ascii_are_written() {
        let wrapped = wrap(
            &letterhead("Grüße & Söhne"),
            &outgoing("山田 \"太郎\" <x@y>", "ada@exämple.de", "Grüße €"),
        );

        let wrapped = wrapped.unwrap();
        assert_eq!(wrapped.to.to_string(), "ada@xn--exmple-cua.de");
        assert!(wrapped.bytes.is_ascii());
        let local = wrap(&letterhead("x"), &outgoing("x", "grüße@exämple.de", "x")).unwrap();
        assert_eq!(local.to.to_string(), "grüße@xn--exmple-cua.de");
    }
}
