//! Offers to speak another protocol, such as `Upgrade: h2c`, taken out of request heads.
//!
//! A server may ignore them (RFC 9110 section 7.8). The HTTP library does not: it answers
//! `connection: upgrade` and closes the connection, or takes everything that follows for the other
//! protocol. So one letter of the offer is replaced before the library reads it.

use memchr::memchr;

use super::framing::{Body, Length};

/// Reads the bytes of a connection as they arrive.
#[derive(Debug, Default)]
pub(super) struct Offers {
    place: Place,
    /// Whether the head has had a line; empty ones before it do not count (RFC 9112 section 2.2).
    has_line: bool,
    /// What the head says about the body behind it.
    length: Length,
}

#[derive(Debug, Clone, Copy, Default)]
enum Place {
    #[default]
    LineStart,
    /// So many letters of a field's name match.
    Name(Field, usize),
    /// So many letters of what is looked for in the field's value match.
    Value(Field, usize),
    /// Among the digits of a body's length.
    Digits,
    /// In a line without interest.
    Skipping,
    Body(Body),
}

#[derive(Debug, Clone, Copy)]
enum Field {
    Connection,
    Upgrade,
    ContentLength,
    TransferEncoding,
}

impl Field {
    /// Name and colon.
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Connection => b"connection:",
            Self::Upgrade => b"upgrade:",
            Self::ContentLength => b"content-length:",
            Self::TransferEncoding => b"transfer-encoding:",
        }
    }

    /// What is looked for in its value. No first letter occurs twice, so a search never steps back.
    const fn sought(self) -> &'static [u8] {
        match self {
            Self::Connection => b"upgrade",
            Self::Upgrade => b"websocket",
            Self::TransferEncoding => b"chunked",
            Self::ContentLength => b"",
        }
    }
}

impl Offers {
    /// Makes offers unreadable in the next bytes of a connection.
    pub(super) fn withdraw(&mut self, bytes: &mut [u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let read = self.read(rest);
            rest = std::mem::take(&mut rest).get_mut(read..).unwrap_or_default();
        }
    }

    /// Reads some bytes and tells how many.
    fn read(&mut self, bytes: &mut [u8]) -> usize {
        match self.place {
            Place::Skipping => match memchr(b'\n', bytes) {
                Some(end) => {
                    self.place = Place::LineStart;
                    end + 1
                }
                None => bytes.len(),
            },
            Place::Body(body) => {
                let (read, next) = body.read(bytes);
                self.place = next.map_or(Place::LineStart, Place::Body);
                read
            }
            _ => {
                if let Some(byte) = bytes.first_mut() {
                    self.place = self.step(byte);
                }
                1
            }
        }
    }

    fn step(&mut self, byte: &mut u8) -> Place {
        let letter = byte.to_ascii_lowercase();
        match (self.place, letter) {
            (Place::LineStart, b'\n') if self.has_line => self.end_head(),
            (Place::LineStart, b'\r') | (_, b'\n') => Place::LineStart,
            (Place::LineStart, _) => {
                self.has_line = true;
                match letter {
                    b'c' => Place::Name(Field::Connection, 1),
                    b't' => Place::Name(Field::TransferEncoding, 1),
                    b'u' => Place::Name(Field::Upgrade, 1),
                    _ => Place::Skipping,
                }
            }
            (Place::Name(Field::Connection, 3), b't') => Place::Name(Field::ContentLength, 4),
            (Place::Name(field, matching), _) => match field.name().get(matching..) {
                Some([next, ..]) if *next != letter => Place::Skipping,
                Some([_]) => self.begin_value(field),
                _ => Place::Name(field, matching + 1),
            },
            (Place::Value(field, matching), _) => match field.sought().get(matching..) {
                Some([last]) if *last == letter => self.find(field, byte),
                Some([next, ..]) if *next == letter => Place::Value(field, matching + 1),
                _ => Place::Value(field, usize::from(field.sought().first() == Some(&letter))),
            },
            (Place::Digits, _) => {
                self.length.add_digit(letter);
                Place::Digits
            }
            (Place::Skipping | Place::Body(_), _) => self.place,
        }
    }

    fn begin_value(&mut self, field: Field) -> Place {
        if let Field::ContentLength = field {
            self.length = Length::Sized(0);
            return Place::Digits;
        }
        Place::Value(field, 0)
    }

    /// What was looked for ends with this byte.
    const fn find(&mut self, field: Field, byte: &mut u8) -> Place {
        match field {
            Field::TransferEncoding => self.length = Length::Chunked,
            _ => *byte = b'-',
        }
        Place::Value(field, 0)
    }

    /// A client may send the next request ahead.
    fn end_head(&mut self) -> Place {
        self.has_line = false;
        let body = std::mem::take(&mut self.length).body();
        body.map_or(Place::LineStart, Place::Body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a head that arrives in parts of this size.
    fn withdrawn(head: &str, size: usize) -> String {
        let mut bytes = head.as_bytes().to_vec();
        let mut offers = Offers::default();
        bytes.chunks_mut(size).for_each(|part| offers.withdraw(part));
        String::from_utf8(bytes).unwrap_or_default()
    }

    #[test]
    fn offers_are_withdrawn_and_nothing_else_is_touched() {
        let line = "GET /upgrade:websocket HTTP/1.1\r\nHost: upgrade\r\n";
        for (fields, left) in [
            ("Connection: Upgrade, HTTP2-Settings\r\n", "Connection: Upgrad-, HTTP2-Settings\r\n"),
            ("connection:keep-alive,uPGRADE\r\n", "connection:keep-alive,uPGRAD-\r\n"),
            ("CONNECTION: uupgrade\nX: y\n", "CONNECTION: uupgrad-\nX: y\n"),
            ("Upgrade: WebSocket\r\n", "Upgrade: WebSocke-\r\n"),
            ("Upgrade: h2c, websocket\r\n", "Upgrade: h2c, websocke-\r\n"),
            ("Upgrade-Insecure-Requests: 1\r\n", "Upgrade-Insecure-Requests: 1\r\n"),
            (
                "Connections: upgrade\r\nU: websocket\r\n",
                "Connections: upgrade\r\nU: websocket\r\n",
            ),
            (
                "Connection: close\r\nCookie: upgrade\r\n",
                "Connection: close\r\nCookie: upgrade\r\n",
            ),
        ] {
            let body = "Connection: upgrade\r\n\r\nUpgrade: websocket\r\n";
            let chunked = "1B;upgrade\r\n\nConnection: upgrade\r\n\r\n123\r\n\
                           0016\r\nUpgrade: websocket\r\n\r\n\r\n\
                           0\r\nUpgrade: websocket\r\n\r\n";
            for size in [1, 2, 7, 1000] {
                for (length, body) in [
                    (format!("content-length: {}", body.len()), body.to_owned()),
                    ("CONTENT-LENGTH:0".to_owned(), String::new()),
                    ("TRANSFER-ENCODING:chunked".to_owned(), chunked.to_owned()),
                ] {
                    // Whatever is in a body is left alone, and what follows it is a head again.
                    let all = |fields| {
                        let next = format!("{line}{fields}\r\n");
                        format!("\r\n{line}{fields}{length}\r\n\r\n{body}{next}\r\n{next}")
                    };
                    assert_eq!(withdrawn(&all(fields), size), all(left), "{size} {length}");
                }
                let heads = |fields| format!("{line}{fields}\r\n{line}{fields}\r\n");
                assert_eq!(withdrawn(&heads(fields), size), heads(left), "{size}");
            }
        }
    }
}
