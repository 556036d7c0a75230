//! A bare HTTP client: it sends what it is told, adds nothing and follows nothing.
//!
//! A client library would merge repeated headers, refuse malformed ones and hide what came back.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A request, built header by header.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request without a body.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let headers = Vec::new();
        Self { method: method.to_owned(), target: target.to_owned(), headers, body: Vec::new() }
    }

    /// Adds a header line, also if there is one with this name.
    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body and says what it is.
    #[must_use]
    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("Content-Type", content_type)
    }

    /// Sets a form as the body.
    #[must_use]
    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", percent_encoded(name), percent_encoded(value)))
            .collect();
        self.body("application/x-www-form-urlencoded", fields.join("&"))
    }

    /// The path and query.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// Sends it over a connection of its own.
    pub(crate) fn send(&self, to: SocketAddr) -> Response {
        raw(to, &self.bytes(to))
    }

    /// What is sent: asks the server to close the connection unless a header says otherwise.
    pub(crate) fn bytes(&self, to: SocketAddr) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let named = |name: &str| self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        if !named("host") {
            let _ = write!(text, "Host: {to}\r\n");
        }
        if !named("connection") {
            text.push_str("Connection: close\r\n");
        }
        for (name, value) in &self.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        if !self.body.is_empty() || self.method == "POST" {
            let _ = write!(text, "Content-Length: {}\r\n", self.body.len());
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Sends these bytes and reads until the server closes the connection.
pub(crate) fn raw(to: SocketAddr, bytes: &[u8]) -> Response {
    exchange(connect(to), bytes)
}

/// A connection on which a read does not wait for ever.
pub(crate) fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).expect("the server accepts connections");
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Sends these bytes on a connection and reads until the server closes it.
pub(crate) fn exchange(mut stream: impl Read + Write, bytes: &[u8]) -> Response {
    // A server that has seen enough may answer and close before everything is sent.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    Response::parse(&answer)
}

/// A connection that stays open between requests, as that of a busy client does.
pub(crate) struct Connection {
    to: SocketAddr,
    stream: TcpStream,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_nodelay(true)?;
        Ok(Self { to, stream })
    }

    /// Sends a request and reads its answer, which must say how long it is. After an error the
    /// connection is of no use.
    pub(crate) fn send(&mut self, request: Request) -> io::Result<Response> {
        let request = request.header("Connection", "keep-alive");
        exchange_on(&mut self.stream, &request.bytes(self.to))
    }
}

/// Sends these bytes and reads an answer, which must say how long it is.
pub(crate) fn exchange_on(stream: &mut (impl Read + Write), bytes: &[u8]) -> io::Result<Response> {
    stream.write_all(bytes)?;
    stream.flush()?;
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut part)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(&part[..read]);
        if !answer.windows(4).any(|window| window == b"\r\n\r\n") {
            continue;
        }
        let response = Response::parse(&answer);
        let length = response.header("content-length").expect("the answer says its length");
        if response.body.len() >= length.parse::<usize>().expect("a number") {
            return Ok(response);
        }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    /// The status code.
    pub(crate) status: u16,
    /// The header lines in their order.
    pub(crate) headers: Vec<(String, String)>,
    /// The body without its transfer coding.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// Reads an answer that has arrived whole.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
        let headers = lines
            .map(|line| line.split_once(':').expect("a header line"))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        let status = status.parse().expect("a status code");
        let mut response = Self { status, headers, body: bytes[end + 4..].to_vec() };
        if response.header("transfer-encoding") == Some("chunked") {
            response.body = unchunked(&response.body);
        }
        response
    }

    /// The value of a header that occurs at most once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} occurs twice: {:?}", self.headers);
        value
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Asserts the status, showing the body otherwise.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|window| window == b"\r\n").expect("a chunk's size");
        let size = std::str::from_utf8(&body[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).expect("a chunk's size");
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[line + 2..line + 2 + size]);
        body = &body[line + 2 + size + 2..];
    }
}

/// A text as it stands in a form or a query.
pub(crate) fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
